"""Milestones that clinicians hear of, and deviations that coordinators are warned of. Which and how severe: assumption."""

from pathway.language import (
    Crit,
    Deviation,
    Entered,
    Graded,
    Is,
    Known,
    LedgerFlag,
    LedgerIs,
    Milestone,
    Moment,
    Not,
    NotObtainable,
    Outcome,
    Param,
    Predicate,
    Reached,
    Reading,
    Recorded,
    Rung,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
)
from protocols.dara_tall.daratumumab import STOP_RECORDED, STOPPED, ledger
from protocols.dara_tall.facts import COURSES, EVALUATIONS, SAFETY, mrd
from protocols.dara_tall.phases import ON_STUDY
from protocols.dara_tall.response import CLASSES, found
from protocols.shared.consent import REFUSED_LATER, refused_after


def course_milestones(number: str) -> tuple[Milestone, ...]:
    """What is told of a course."""
    key, name, scope = ledger(number), f"Daratumumab course {number}", (("course", number),)
    return (
        Milestone("COURSE-START", f"{name} started", Not(LedgerIs(key, ("not_started",))), assumption(), scope=scope),
        Milestone("COURSE-DONE", f"{name}: all doses given or omitted", LedgerIs(key, ("complete",)), assumption(), scope=scope),
        Milestone("SECOND-INFUSION-1000", f"{name}: a reaction in the first 3 hours, the second infusion stays at 1000 mL",
                  LedgerFlag(key, "second_slow"), public("R7", "R10"), scope=scope),
        Milestone("LATER-INFUSIONS-SLOW", f"{name}: a reaction at 100 mL/h or more, later infusions start at 50 mL/h",
                  LedgerFlag(key, "later_slow"), public("R7", "R10"), scope=scope),
    )  # fmt: skip


MILESTONES = (
    Milestone("ELIGIBILITY", "Eligibility", Outcome("eligibility", ("ELIGIBLE", "NOT_ELIGIBLE")), registry(), "eligibility"),
    *(m for c in COURSES for m in course_milestones(c)),
    *(Milestone("MRD-RESULT", f"MRD, {at}", found(at, *CLASSES), registry(), f"mrd_result[eval={at}]", scope=(("eval", at),)) for at in EVALUATIONS),
    Milestone("PRIMARY", "Primary endpoint", Outcome("primary", ("SUCCESS", "FAILURE")), assumption(), "primary"),
    Milestone("DARA-STOPPED", "Daratumumab stopped for good", STOPPED, public("R12")),
    Milestone("HSCT", "Transplanted", Recorded("hsct_done"), assumption()),
    Milestone("RELAPSE", "Relapse", Reached("RELAPSE_DAY"), assumption()),
    Milestone("DEATH", "Death", Recorded("death"), assumption()),
)  # fmt: skip

MINOR, MAJOR, CRITICAL = Rung("minor"), Rung("major"), Rung("critical")


def deviation(
    id: str, text: str, when: Predicate, *rungs: Rung, scope: tuple[tuple[str, str], ...] = ()
) -> Deviation:
    """A deviation for the coordinator."""
    return Deviation(id, text, when, rungs, assumption(), scope=scope)


def alert(
    id: str, text: str, when: Predicate, severity: Rung, scope: tuple[tuple[str, str], ...] = ()
) -> Deviation:
    """A notice for the clinician to act on."""
    return Deviation(id, text, when, (severity,), assumption(), to="clinician", kind="alert", scope=scope)


def course_deviations(number: str) -> tuple[Deviation, ...]:
    """What can go wrong with the infusions of a course."""
    key, scope = ledger(number), (("course", number),)
    return (
        alert("REACTION-RUNNING", f"Course {number}: reaction, the infusion is still recorded as running: interrupt",
              LedgerFlag(key, "reaction_running"), CRITICAL, scope=scope),
        deviation("RESUMED-TOO-FAST", f"Course {number}: resumed at more than half the rate of the reaction", LedgerFlag(key, "resumed_too_fast"),
                  MAJOR, scope=scope),
        deviation("RESUMED-UNRESOLVED", f"Course {number}: resumed before the reaction was over", LedgerFlag(key, "resumed_unresolved"), MAJOR,
                  scope=scope),
        deviation("PREMEDICATION-OFF", f"Course {number}: an infusion without premedication 1 to 3 hours before", LedgerFlag(key, "premedication_off"),
                  MAJOR, scope=scope),
        alert("PREMEDICATION-TWICE", f"Course {number}: premedication of a dose on record twice, once in time and once too late: given twice, or "
              "is one of the hours wrong?", LedgerFlag(key, "premedicated_again"), MAJOR, scope=scope),
        deviation("DOSE-DIFFERS", f"Course {number}: a dose differs by more than 5 % from the planned one", LedgerFlag(key, "dose_differs"), MAJOR,
                  scope=scope),
        deviation("GIVEN-WHILE-HELD", f"Course {number}: infused, or resumed, while it was to be held or stopped",
                  LedgerFlag(key, "given_while_held"), CRITICAL, scope=scope),
        deviation("GIVEN-AFTER-STOP", f"Course {number}: infused after the stop for good", LedgerFlag(key, "given_after_stop"), CRITICAL, scope=scope),
    )  # fmt: skip


DEVIATIONS = (
    *(d for c in COURSES for d in course_deviations(c)),
    *SAFETY.deviations,
    deviation("GIVEN-NOT-ENROLLED", "Infused without being enrolled",
              all_of(Reached("C1_START"), Not(Entered("registration", "ENROLLED"))), CRITICAL),
    deviation("GIVEN-NOT-ELIGIBLE", "Infused although a criterion was not met, or not known, on the day of the first infusion",
              all_of(Reached("C1_START"), VerdictIs(Outcome("eligibility", ("ELIGIBLE",)), ("FAIL", "PENDING", "REVIEW"))), CRITICAL),
    deviation("GIVEN-WITHOUT-SCREEN", "First infusion without type and screen before it",
              all_of(Reached("C1_START"), Not(Known(Reading("type_and_screen", until="C1_START")))), CRITICAL),
    deviation("MRD-MISSING", "No MRD at d29", all_of(ON_STUDY, Reached("C1_START"), Not(Known(mrd("C1-D29"))), Not(NotObtainable(mrd("C1-D29")))),
              Rung("minor", Moment("C1_EVAL", days=Param("evaluation_window"), at="close")), Rung("major", Moment("C1_EVAL", days=14))),
    alert("CONSENT-REFUSED", REFUSED_LATER, refused_after(Reached("C1_START")), CRITICAL),
    alert("ENROLMENT-CLOSED", "Eligible, but the trial does not recruit: enrolment refused",
          all_of(Outcome("eligibility", ("ELIGIBLE",)), VerdictIs(Crit("RECRUITING"), ("FAIL",))), MAJOR),
    alert("MRD-INDETERMINATE", "The MRD cannot be read: repeat the sample",
          any_of(found("C1-D29", "INDETERMINATE"), found("C2-D29", "INDETERMINATE")), MAJOR),
    alert("STOP-DARA-NOW", "Stop daratumumab for good", all_of(Outcome("DARA_STOP", ("STOP",)), Not(STOP_RECORDED)), CRITICAL),
    alert("HBV-ACTIVE", "Hepatitis B is active", Is(Reading("hbv"), ("ACTIVE",)), MAJOR),
    alert("OCULAR", "Ocular symptoms: interrupt, an ophthalmologist before the restart", all_of(Graded("OCULAR", 1), Not(Recorded("eye_examined"))), MAJOR),
    alert("INFECTION-3", "Infection of grade 3 or more", Graded("INFECTION", 3), MAJOR),
)  # fmt: skip
