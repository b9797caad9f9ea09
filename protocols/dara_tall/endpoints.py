"""Endpoints: none is public (G1). Transplant is not an event of relapse-free survival. Relapse is looked for in marrow: what rests on it is
censored at the last marrow, survival at the last sign of life."""

from pathway.language import Endpoint, assumption

ALIVE = ("LAST_SEEN", "LAST_ASSESSED", "LAST_MARROW", "LOSS", "WITHDRAWAL", "STUDY_CLOSED")
RELAPSE, DEATH = ("RELAPSE", "RELAPSE_DAY"), ("DEATH", "DEATH_DAY")

ENDPOINTS = (
    Endpoint("RFS", "Relapse-free survival, from d1", "C1_START", (RELAPSE, DEATH), assumption(), censor=("LAST_MARROW",)),
    Endpoint("OS", "Overall survival, from d1", "C1_START", (DEATH,), assumption(), censor=ALIVE),
    Endpoint("CIR", "Cumulative incidence of relapse, from d1", "C1_START", (RELAPSE,), assumption(), competing=(DEATH,), censor=("LAST_MARROW",)),
)  # fmt: skip
