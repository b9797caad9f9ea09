"""Consent that is reported as refused after treatment began: no withdrawal is recorded yet, and nobody may overlook it."""

from pathway.language import Is, Not, Predicate, Reading, Recorded, all_of, any_of

REFUSED_LATER = (
    "Consent is now reported as refused, after treatment began: record consent_withdrawn if the family withdraws; nothing of the trial "
    "is given until that is clear"
)


def refused_after(begun: Predicate, *facts: str) -> Predicate:
    """Treatment has begun, and the consent that was given is reported as refused. `facts`: what is consented to besides."""
    refused = any_of(*(Is(Reading(fact), ("REFUSED",)) for fact in ("consent", *facts)))
    return all_of(begun, refused, Not(Recorded("consent_withdrawn")))
