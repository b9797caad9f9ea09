"""A move to another subtrial: whoever was screened for one has not been screened for the other."""

from pathway.language import (
    Crit,
    Decision,
    Input,
    Not,
    Predicate,
    Taken,
    all_of,
    any_of,
    assumption,
    row,
)
from protocols.hem_ismart.allocation import IN, slot_is
from protocols.hem_ismart.criteria import SUBTRIAL_CRITERIA
from protocols.hem_ismart.profile import SUBTRIALS

HELD = ("WAITING", "RESERVED", "ENROLLED", "EXPIRED")
"""Answers of a governor whom the patient has asked."""
SCREENED_FOR = "a screening confirmation holds for the subtrial it was given for"

MOVED_TO: dict[str, Predicate] = {
    s: all_of(
        IN[s],
        Not(slot_is(s, *HELD)),
        any_of(*(slot_is(other, *HELD, "RELEASED") for other in SUBTRIALS if other != s)),
    )
    for s in SUBTRIALS
}
"""The meeting has moved the patient here from a subtrial that had been asked for a slot; nobody has asked here yet."""


def screened(subtrial: str) -> Decision:
    """The clinician's word that screening holds for the subtrial too."""
    return Decision(
        "MOVED_SCREENED",
        f"Moved to subtrial {subtrial}: does the screening hold for it, too?",
        inputs=(Input("own", all_of(*(Crit(c.id) for c in SUBTRIAL_CRITERIA[subtrial]))),),
        rules=(
            row("CONFIRMED", assumption(SCREENED_FOR), own="yes"),
            row(None, assumption("screening says so"), own="no"),
        ),
        options=("CONFIRMED",),
        source=assumption(SCREENED_FOR),
        confirm="clinician",
        asked=MOVED_TO[subtrial],
        enacted=(("CONFIRMED", slot_is(subtrial, *HELD)),),
        scope=(("subtrial", subtrial),),
    )


CONFIRMED_FOR: dict[str, Predicate] = {
    s: Taken(f"MOVED_SCREENED[subtrial={s}]", ("CONFIRMED",)) for s in SUBTRIALS
}

DECISIONS = tuple(screened(s) for s in SUBTRIALS)
