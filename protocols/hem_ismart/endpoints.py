"""Endpoints of a patient. Rates (response, DLT, transplant) are counted over patients, from `responder`, `dlt` and `hsct_done`."""

from pathway.language import Endpoint, public

DEATH, RELAPSE = ("DEATH", "DEATH_DAY"), ("RELAPSE", "RELAPSE_DAY")
MOLECULAR = ("MOLECULAR_RELAPSE", "MOLECULAR_RELAPSE")
ALIVE = ("LAST_SEEN", "LOSS", "WITHDRAWAL")

ENDPOINTS = (
    Endpoint("OS", "Overall survival, from C1D1", "C1D1", (DEATH,), public("P2"), censor=ALIVE, horizon="CUT_OFF"),
    Endpoint("EFS", "Event-free survival, from C1D1: relapse (molecular reappearance included), death, failure to remit, second malignancy", "C1D1",
             (RELAPSE, MOLECULAR, ("FAILURE", "FAILURE"), ("SECOND_MALIGNANCY", "SECOND_CANCER"), DEATH),
             public("P2", note="date of failure: assumption"), censor=ALIVE, horizon="CUT_OFF"),
    Endpoint("CIR", "Cumulative incidence of relapse, from the first remission", "REMISSION", (RELAPSE, MOLECULAR),
             public("P2", note="start: assumption"), competing=(DEATH, ("SECOND_MALIGNANCY", "SECOND_CANCER")), censor=ALIVE, horizon="CUT_OFF"),
    Endpoint("HSCT", "Time to transplant", "C1D1", (("HSCT", "HSCT_DAY"),), public("P2", note="rate; death and relapse compete: assumption"),
             competing=(DEATH, RELAPSE), censor=ALIVE, horizon="CUT_OFF"),
)  # fmt: skip
