"""Findings of the prover that were looked at and accepted."""

from pathway.language import Waiver

DATABASE = "answers go to the trial's own quality-of-life database; whether they came is told in treatment"

WAIVERS = (
    Waiver("result-unread:series:QOL-FOLLOW-UP", DATABASE),
    Waiver("result-unread:series:QOL-FOLLOW-UP-PROXY", DATABASE),
)
