"""Endpoints: none is public (G1). Transplant is not an event of relapse-free survival."""

from pathway.language import Endpoint, assumption

ALIVE = ("LAST_SEEN", "LAST_ASSESSED", "LOSS", "WITHDRAWAL", "STUDY_CLOSED")
RELAPSE, DEATH = ("RELAPSE", "RELAPSE_DAY"), ("DEATH", "DEATH_DAY")

ENDPOINTS = (
    Endpoint("RFS", "Relapse-free survival, from d1", "C1_START", (RELAPSE, DEATH), assumption(), censor=("LAST_ASSESSED",)),
    Endpoint("OS", "Overall survival, from d1", "C1_START", (DEATH,), assumption(), censor=ALIVE),
    Endpoint("CIR", "Cumulative incidence of relapse, from d1", "C1_START", (RELAPSE,), assumption(), competing=(DEATH,), censor=("LAST_ASSESSED",)),
)  # fmt: skip
