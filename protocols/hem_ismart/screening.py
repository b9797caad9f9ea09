"""Screening for the allocated subtrial, and how the patient stands towards each: who watches, who asks, who has begun."""

from pathway.language import (
    Crit,
    Decision,
    Enrolment,
    Input,
    Not,
    Outcome,
    Predicate,
    all_of,
    any_of,
    public,
    registry,
    row,
)
from protocols.hem_ismart.allocation import ALLOCATED, IN, WATCHED, slot_is
from protocols.hem_ismart.criteria import MASTER_CHANGING, MASTER_LASTING, SUBTRIAL_CRITERIA
from protocols.hem_ismart.phases import BEFORE, PLANNED, planned_since, treatment
from protocols.hem_ismart.profile import SUBTRIALS

OWN: Predicate = any_of(
    *(all_of(IN[s], *(Crit(c.id) for c in SUBTRIAL_CRITERIA[s])) for s in SUBTRIALS),
)
"""The allocated subtrial's own criteria."""

SCREENING = Decision(
    "screening",
    "Screening: every shared criterion and those of the subtrial, on the planned day of the first dose",
    inputs=(
        Input("lasting", MASTER_LASTING),
        Input("own", OWN),
        Input("changing", MASTER_CHANGING),
    ),
    rules=(
        row(
            "NOT_ELIGIBLE",
            public("P2"),
            "",
            "a criterion that neither time nor treatment changes",
            lasting="no",
        ),
        row("NOT_ELIGIBLE", public("P2", "P4"), "", "a criterion of the subtrial", lasting="yes", own="no"),
        row(
            "NOT_YET",
            public("P2"),
            "",
            "something to be measured again, treated, or waited for",
            lasting="yes",
            own="yes",
            changing="no",
        ),
        row("READY", public("P2"), lasting="yes", own="yes", changing="yes"),
    ),
    options=("READY", "NOT_YET", "NOT_ELIGIBLE"),
    source=public("P2", note="that these rows are the master protocol's: assumption"),
    asked=ALLOCATED,
)

ASKING = treatment("SLOT_REQUESTED", "WAITLIST", "SLOT_RESERVED")
WATCHING = all_of(BEFORE, Not(treatment("REFERRED")))


def enrolment(subtrial: str) -> Enrolment:
    """A candidate hears of slots, and who is allocated of those of every subtrial that they had none in: a further finding then
    opens the meeting's question at once, without waiting for an answer of that subtrial. Who is allocated and screened asks for
    one, for a day that is still to come.

    A place in the queue is kept whatever became of the day. After a reservation has expired the patient asks anew when a day
    has been planned since, and until then hears of nothing else: the slot reads EXPIRED.
    """
    expired = slot_is(subtrial, "EXPIRED")
    had = slot_is(subtrial, "WAITING", "RESERVED", "ENROLLED", "EXPIRED", "RELEASED")
    return Enrolment(
        subtrial,
        watch=all_of(
            any_of(WATCHED[subtrial], all_of(ALLOCATED, Not(had))),
            WATCHING,
            Not(all_of(IN[subtrial], expired)),
        ),
        ask=all_of(
            IN[subtrial],
            ASKING,
            any_of(
                slot_is(subtrial, "RESERVED", "WAITING"),
                all_of(
                    PLANNED, Outcome("screening", ("READY",)), any_of(Not(expired), planned_since(subtrial))
                ),
            ),
        ),
        started=f"STARTED_{subtrial}",
        source=registry("slots by rolling six: assumption"),
        dlt="dlt",
        response="responder",
    )


ENROLMENTS = tuple(enrolment(s) for s in SUBTRIALS)
