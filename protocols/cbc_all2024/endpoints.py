"""Times to event. The trial's own questions are `flow_endpoint` and `ngs_endpoint`; secondary endpoints are not published."""

from pathway.language import Endpoint, assumption

CENSOR = ("WITHDRAWAL", "LOSS", "STUDY_CLOSED", "LAST_SEEN")

ENDPOINTS = (
    Endpoint(
        "EFS",
        "Event-free survival",
        "DIAGNOSIS",
        events=(("RELAPSE", "RELAPSE_DAY"), ("SECOND_CANCER", "SECOND_CANCER"), ("DEATH", "DEATH_DAY")),
        source=assumption("usual; start and events: assumption"),
        censor=CENSOR,
    ),
    Endpoint(
        "OS", "Overall survival", "DIAGNOSIS", (("DEATH", "DEATH_DAY"),), assumption("usual"), censor=CENSOR
    ),
)
