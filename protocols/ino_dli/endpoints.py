"""Endpoints over 2 years. Progression and death without it compete: whoever dies after a progression has progressed."""

from pathway.language import Endpoint, registry

ASSESSED = ("LAST_ASSESSED",)
ALIVE = ("LAST_SEEN", "LAST_ASSESSED", "LOSS", "WITHDRAWAL")
PROGRESSION, DEATH = ("PROGRESSION", "PROGRESSION_DAY"), ("DEATH", "DEATH_DAY")

ENDPOINTS = (
    Endpoint("OS", "Overall survival, from the first infusion", "DAY0", (DEATH,), registry("last known alive: assumption"), censor=ALIVE,
             horizon="CUT_OFF"),
    Endpoint("PFS", "Progression-free survival", "DAY0", (PROGRESSION, DEATH), registry(), censor=ASSESSED, horizon="CUT_OFF"),
    Endpoint("DOR", "Duration of response, from the first CR; not defined for CRi", "CR_DAY", (PROGRESSION, DEATH), registry(), censor=ASSESSED,
             horizon="CUT_OFF"),
    Endpoint("CIR", "Cumulative incidence of relapse or progression", "DAY0", (PROGRESSION,), registry(), competing=(DEATH,), censor=ASSESSED,
             horizon="CUT_OFF"),
    Endpoint("NRM", "Death without progression; on the same day it is a relapse", "DAY0", (DEATH,), registry("ties: assumption"),
             competing=(PROGRESSION,), censor=ASSESSED, competing_first=True, horizon="CUT_OFF"),
)  # fmt: skip
