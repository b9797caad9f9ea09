"""A small made-up platform: four subtrials with a cap each. Its text never changes, so that recorded histories keep
their hash.
"""

from pathway.language import (
    Action,
    Anchor,
    Cap,
    Compare,
    Done,
    Enrolment,
    Exit,
    Fact,
    Is,
    Limit,
    Phase,
    Protocol,
    Reading,
    Subtrial,
    Track,
    Unit,
    Version,
    assumption,
    slot_fact,
)

A = assumption("made up for tests")
SUBTRIALS = ("A", "B", "C", "D")
SLOTS = {"A": 1, "B": 2, "C": 5, "D": 13}
WISH = Reading("wish")
FULL = "ENROLMENT_COMPLETE"
"""What a governor answers who has given all places: the patient waits, in case one is given back."""

PLATFORM = Protocol(
    name="platform",
    title="A made-up platform",
    registry=(),
    version=Version("1", "2026-01-01", "the only one"),
    profile_name="PLATFORM-0",
    references=(),
    profile=(),
    facts=(
        slot_fact(*SUBTRIALS, source=A),
        Fact(
            "wish",
            "choice",
            "the subtrial that is asked for",
            "coordinator",
            A,
            values=(*SUBTRIALS, "NONE"),
            cardinality="latest",
        ),
        Fact("weight", "number", "weight", "coordinator", A, units=(Unit("kg"),), cardinality="latest"),
    ),
    actions=tuple(Action(f"first_dose_{subtrial}", f"first dose in {subtrial}", A) for subtrial in SUBTRIALS),
    anchors=tuple(
        Anchor(f"D1_{subtrial}", f"first day in {subtrial}", (Done(f"first_dose_{subtrial}"),), source=A)
        for subtrial in SUBTRIALS
    ),
    criteria=(),
    decisions=(),
    tracks=(
        Track(
            "treatment",
            "treatment",
            (
                Phase(
                    "SCREENING",
                    "screening",
                    A,
                    (Exit("LIGHT", Compare(Reading("weight"), Limit("<", "1")), A),),
                ),
                Phase("LIGHT", "too light", A, terminal=True),
            ),
        ),
    ),
    subtrials=tuple(
        Subtrial(
            subtrial,
            f"subtrial {subtrial}",
            A,
            reservation_days=14,
            begins="ACTIVATED",
            activation=False,
            cap=Cap(SLOTS[subtrial], A),
        )
        for subtrial in SUBTRIALS
    ),
    enrolments=tuple(
        Enrolment(
            subtrial,
            watch=Is(WISH, (subtrial,)),
            ask=Is(WISH, (subtrial,)),
            started=f"D1_{subtrial}",
            source=A,
        )
        for subtrial in SUBTRIALS
    ),
)
