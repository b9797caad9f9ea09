"""Findings of the prover that were looked at and accepted."""

from pathway.language import Waiver

DATABASE = "answers go to the trial's own quality-of-life database; whether they came is told in treatment"

WAIVERS = (
    Waiver("unknown-as-no:decision:DLT_JUDGEMENT[event=COUNTS]:anc EOC1|OTHER+platelets EOC1|OTHER",
           "A marrow of which nobody has shown by day 49 that it has recovered has not: counts that are low, missing or contradictory "
           "put the same question to the meeting, whether this is dose-limiting"),
    Waiver("result-unread:series:QOL-FOLLOW-UP", DATABASE),
    Waiver("result-unread:series:QOL-FOLLOW-UP-PROXY", DATABASE),
)  # fmt: skip
