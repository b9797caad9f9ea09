"""The places of the trial: 23 patients. Its governor gives them out; a plain cap, without dose levels or stages."""

from pathway.language import (
    Cap,
    Crit,
    Enrolment,
    Is,
    Not,
    Outcome,
    Param,
    Reached,
    Reading,
    Subtrial,
    all_of,
    any_of,
    assumption,
    registry,
    slot_fact,
)

INO = "INO"
SLOT = slot_fact(INO, source=registry("slot of 23"))
OFF_STUDY = any_of(Reached("DEATH_DAY"), Reached("WITHDRAWAL"), Reached("LOSS"))


def slot(*states: str) -> Is:
    """What the governor answered last."""
    return Is(Reading("slot", INO), states)


HAS_PLACE = slot("RESERVED", "ENROLLED")
NO_PLACE = slot("ENROLMENT_COMPLETE", "CLOSED")

SUBTRIALS = (
    Subtrial(
        INO,
        "Inotuzumab ozogamicin with or without donor lymphocytes",
        registry("one arm, one site"),
        reservation_days=Param("slot_days"),
        registry=("NCT06861348",),
        begins="ACTIVATED",
        activation=False,
        cap=Cap(23, registry("n = 23")),
    ),
)
ENROLMENTS = (
    Enrolment(
        INO,
        watch=all_of(Crit("CONSENT"), Not(OFF_STUDY)),
        ask=all_of(Outcome("eligibility", ("ELIGIBLE",)), Not(OFF_STUDY)),
        started="DAY0",
        source=assumption("a place is asked for once the patient is eligible; the first dose takes it up"),
    ),
)
