"""Where the patient is (section 4). Cycles are entered only when their first dose is recorded."""

from pathway.language import (
    Done,
    Exit,
    InPhase,
    Is,
    Known,
    Moment,
    Not,
    Outcome,
    Passed,
    Phase,
    Predicate,
    Reached,
    Reading,
    Taken,
    Track,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    without,
)
from protocols.hem_ismart.allocation import ALLOCATED, IN, NOT_ALLOCATED, slot_is
from protocols.hem_ismart.anchors import FOLLOW_UP_OVER
from protocols.hem_ismart.criteria import GIVEN
from protocols.hem_ismart.cycles import OFF_REASON, OVER, RECOVERED
from protocols.hem_ismart.facts import CYCLES, cycle
from protocols.hem_ismart.moves import CONFIRMED_FOR, HELD, MOVED_TO
from protocols.hem_ismart.profile import SUBTRIALS
from protocols.hem_ismart.response import response

CONSENT = GIVEN
NO_MORE = {"1": ("MR", "NR", "PD"), "2": ("PR", "MR", "NR", "PD"), "3": ("NR", "PD")}
"""Responses after which no cycle follows: nobody waits for counts then."""
REFUSED = any_of(
    VerdictIs(Is(Reading("consent"), ("REFUSED",)), ("PASS",)),
    VerdictIs(Is(Reading("assent"), ("REFUSED",)), ("PASS",)),
)
PROFILED = all_of(Known(Reading("molecular_report")), Known(Reading("flow_report")))
GONE = any_of(Reached("DEATH_DAY"), Reached("WITHDRAWAL"), Reached("LOSS"))


def answered(*states: str) -> Predicate:
    """What the governor of the patient's subtrial has answered."""
    return any_of(*(all_of(IN[s], slot_is(s, *states)) for s in SUBTRIALS))


PLANNED = all_of(Known(Reading("c1d1_planned")), Not(Passed(Moment("C1D1_PLANNED", at="close"))))
"""A day of the first dose is planned that is still to come."""


def planned_since(subtrial: str) -> Predicate:
    """A day has been planned since the reservation expired."""
    return Known(Reading("c1d1_planned", since=f"EXPIRED_{subtrial}"))


TO_PLAN = any_of(
    Not(PLANNED), *(all_of(IN[s], slot_is(s, "EXPIRED"), Not(planned_since(s))) for s in SUBTRIALS)
)
"""Somebody must plan the day of the first dose, for the first time or again."""
QUEUED = answered(*HELD)
"""Laboratory values that grow old while a patient waits are drawn again before the first dose; the place is kept. After a
reservation has expired the next request needs a new day and valid values."""
UNCONFIRMED_MOVE = any_of(*(all_of(MOVED_TO[s], without(CONFIRMED_FOR[s])) for s in SUBTRIALS))
AGAIN = Exit(
    "MOVED_SCREENING",
    UNCONFIRMED_MOVE,
    assumption("a screening confirmation holds for the subtrial it was given for"),
)
NOT_ELIGIBLE = Exit(
    "SCREEN_FAILURE", all_of(Not(GONE), Outcome("screening", ("NOT_ELIGIBLE",))), public("P2")
)


def treated(number: str) -> tuple[Phase, ...]:
    """The phases of a cycle; the last one is left by a clinician's word."""
    k, gate = number, {"1": "C2_GATE", "2": "C3_GATE"}.get(number)
    if gate is not None:
        following = str(int(k) + 1)
        ways = (
            Exit(f"CYCLE_{following}", Outcome(gate, ("ALLOWED",)), public("P8"), planned=f"C{following}D1"),
            Exit("OFF_TREATMENT", Outcome(gate, ("CLOSED",)), public("P8")),
        )
    else:
        ways = (
            Exit("LATER_CYCLES", Taken("FURTHER_CYCLES", ("CONTINUE",)), assumption()),
            Exit("OFF_TREATMENT", Taken("FURTHER_CYCLES", ("END",)), assumption()),
        )
    return (
        Phase(f"CYCLE_{k}", f"Cycle {k}, days 1 to 28", public("P2"), started_by=(Done("cycle_started", cycle(k)),), only_when_started=True,
              confirm=None, exits=(Exit(f"RECOVERY_{k}", Passed(Moment(f"C{k}D28", at="close")), public("P2")),)),
        Phase(f"RECOVERY_{k}", f"Recovery after cycle {k}, to day 49 at the latest", public("P8"), confirm=None, exits=(
            Exit(f"RESPONSE_EVAL_{k}",
                 any_of(RECOVERED[k], response(k, *NO_MORE[k]), Passed(Moment(f"C{k}D49", at="close"))), public("P8")),
        )),
        Phase(f"RESPONSE_EVAL_{k}", f"Evaluation of cycle {k}: marrow, MRD, CNS, imaging", public("P8"), exits=ways,
              confirm="clinician" if gate else None),
    )  # fmt: skip


TREATMENT = Track(
    "treatment",
    "From referral to the end of follow-up",
    phases=(
        Phase("REFERRED", "Referred; nothing of the study before consent", public("P2"), confirm=None, hit="priority", exits=(
            Exit("PROFILING", CONSENT, public("P2")),
            Exit("SCREEN_FAILURE", REFUSED, public("P2")),
        )),
        Phase("PROFILING", "Molecular profiling and flow", public("P2"), confirm=None, lasts=True, exits=(Exit("ALLOCATION_REVIEW", PROFILED, public("P2")),)),
        Phase("ALLOCATION_REVIEW", "Candidate subtrials; one is proposed, among several the meeting decides", assumption(), confirm=None,
              hit="priority", exits=(
            Exit("SUBTRIAL_SCREENING", ALLOCATED, assumption()),
            Exit("NOT_ALLOCATED", NOT_ALLOCATED, assumption()),
            Exit("WAITLIST", Taken("allocation", ("WAITLIST",)), assumption()),
        )),
        Phase("WAITLIST", "Waits for a subtrial to open, or for a slot; looked at again on every answer", assumption(), confirm=None,
              hit="priority", exits=(
            NOT_ELIGIBLE,
            Exit("SLOT_RESERVED", answered("RESERVED", "ENROLLED"), assumption()),
            Exit("SUBTRIAL_SCREENING", all_of(ALLOCATED, without(answered("WAITING"))), assumption()),
            Exit("NOT_ALLOCATED", NOT_ALLOCATED, assumption()),
            Exit("ALLOCATION_REVIEW", all_of(without(ALLOCATED), Taken("allocation", ("ONE", "SEVERAL", "NOT_ALLOCATED"))), assumption()),
        )),
        Phase("NOT_ALLOCATED", "No subtrial; a new report or a subtrial that opens begins it again", assumption(), confirm=None, exits=(
            Exit("SUBTRIAL_SCREENING", ALLOCATED, assumption()),
        )),
        Phase("SUBTRIAL_SCREENING", "Screening for the subtrial: every criterion on the planned day of the first dose", public("P2"), hit="priority",
              exits=(
            NOT_ELIGIBLE,
            Exit("SLOT_REQUESTED", any_of(Outcome("screening", ("READY",)), QUEUED), public("P2")),
        )),
        Phase("SLOT_REQUESTED", "Screened: a slot is asked for, as long as a day of the first dose is planned", assumption(), confirm=None, hit="priority", exits=(
            Exit("SLOT_RESERVED", answered("RESERVED", "ENROLLED"), assumption()),
            Exit("WAITLIST", answered("WAITING"), assumption()),
            NOT_ELIGIBLE,
            AGAIN,
        )),
        Phase("SLOT_RESERVED", "A slot is reserved until its day", assumption(), confirm=None, hit="priority", exits=(
            NOT_ELIGIBLE,
            AGAIN,
            Exit("CYCLE_1", answered("RESERVED", "ENROLLED"), public("P2"), planned="C1D1"),
        )),
        Phase("MOVED_SCREENING", "Moved to another subtrial: a clinician confirms the screening for this one before a slot is asked for", assumption(),
              confirm=None, hit="priority", exits=(
            NOT_ELIGIBLE,
            Exit("SLOT_REQUESTED", any_of(*(all_of(IN[s], any_of(CONFIRMED_FOR[s], slot_is(s, *HELD))) for s in SUBTRIALS)), assumption()),
            Exit("ALLOCATION_REVIEW", without(ALLOCATED), assumption("the move is taken back")),
        )),
        *(phase for k in CYCLES for phase in treated(k)),
        Phase("LATER_CYCLES", "Cycles after the third, by the sponsor's word", assumption(), confirm=None, exits=(
            Exit("OFF_TREATMENT", OVER, assumption()),
        )),
        Phase("OFF_TREATMENT", "Protocol treatment has ended; its reason", public("P8"), confirm=None, hit="priority", exits=(
            Exit("ENDED", GONE, public("P2")),
            Exit("FOLLOW_UP", Taken("off_reason", OFF_REASON.options), public("P2")),
        )),
        Phase("FOLLOW_UP", "Follow-up to 7 years: OS, EFS and relapse go on", public("P2"), confirm=None, exits=(
            Exit("ENDED", any_of(GONE, FOLLOW_UP_OVER), public("P2")),
        )),
        Phase("SCREEN_FAILURE", "Not eligible, or consent refused", public("P2"), terminal=True),
        Phase("ENDED", "Death, withdrawal, lost, or 7 years", public("P2"), terminal=True),
    ),
    anywhere=(
        Exit("OFF_TREATMENT", all_of(Reached("C1D1"), Reached("OFF_DAY")), public("P8")),
        Exit("ENDED", GONE, public("P2")),
    ),
)  # fmt: skip

# A region of its own: the window runs whatever the phase.
WINDOW = Track(
    "dlt_window",
    "DLT window",
    phases=(
        Phase("NOT_OPEN", "Before the first dose", registry(), confirm=None, exits=(Exit("OPEN", Reached("C1D1"), registry()),)),
        Phase("OPEN", "C1D1 to C1D28, counts to day 49", assumption(), confirm=None, exits=(
            Exit("CLOSED", Taken("dlt", ("YES", "NO", "INEVALUABLE")), assumption("the meeting has given its verdict")),
        )),
        Phase("CLOSED", "The verdict is there; what is reported late can change it", assumption(), terminal=True),
    ),
)  # fmt: skip

TRACKS = (TREATMENT, WINDOW)


def treatment(*phases: str) -> InPhase:
    """The patient is in one of the phases."""
    return InPhase("treatment", phases)


ON_CYCLES = treatment(
    *(f"{p}_{k}" for k in CYCLES for p in ("CYCLE", "RECOVERY", "RESPONSE_EVAL")), "LATER_CYCLES"
)
BEFORE = treatment("REFERRED", "PROFILING", "ALLOCATION_REVIEW", "WAITLIST", "NOT_ALLOCATED", "SUBTRIAL_SCREENING", "SLOT_REQUESTED",
                   "SLOT_RESERVED", "MOVED_SCREENING")  # fmt: skip
FOLLOWED = treatment("OFF_TREATMENT", "FOLLOW_UP")
