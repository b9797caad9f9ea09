"""Endpoints. The primary objective is event-free survival against Interfant-06; secondary endpoints are not public (G8)."""

from pathway.language import Endpoint, assumption, public

CENSOR = ("WITHDRAWAL", "LOSS", "STUDY_CLOSED", "LAST_SEEN")

ENDPOINTS = (
    Endpoint(
        "EFS",
        "Event-free survival",
        "DIAGNOSIS",
        events=(
            ("TREATMENT_FAILURE", "TREATMENT_FAILURE"),
            ("RELAPSE", "RELAPSE_DAY"),
            ("SECOND_MALIGNANCY", "SECOND_MALIGNANCY"),
            ("DEATH", "DEATH_DAY"),
        ),
        source=public("P1", "P20", note="start and events: assumption, the usual ALL set"),
        censor=CENSOR,
    ),
    Endpoint("OS", "Overall survival", "DIAGNOSIS", (("DEATH", "DEATH_DAY"),), assumption(), censor=CENSOR),
)
