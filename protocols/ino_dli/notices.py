"""Milestones that clinicians hear of, and deviations that coordinators are warned of. Which and how severe: assumption."""

from pathway.language import (
    Always,
    Choice,
    Compare,
    Decision,
    Deviation,
    Graded,
    Input,
    Is,
    Known,
    LedgerFlag,
    LedgerIs,
    Limit,
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
    Taken,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    row,
    without,
)
from protocols.ino_dli.facts import CYCLES, DOSES, EVALUATIONS, PUNCTURES, SAFETY, marrow
from protocols.ino_dli.inotuzumab import STOP_RECORDED, STOPPED, ledger
from protocols.ino_dli.phases import FREE, ON_STUDY
from protocols.ino_dli.places import slot
from protocols.ino_dli.response import C2_BEGUN, responded
from protocols.ino_dli.schedule import tested
from protocols.shared import gvhd
from protocols.shared.consent import REFUSED_LATER, refused_after

# --- the number of lumbar punctures ---------------------------------------------------------------------------------------

LP_EXTEND = Decision(
    "LP_EXTEND",
    "4 to 6 lumbar punctures: after the fourth, how many in all? Who decides is not stated",
    inputs=(Input("asked", Always()),),
    rules=(row(Choice(("FOUR", "FIVE", "SIX")), registry(), asked="yes"),),
    options=("FOUR", "FIVE", "SIX"),
    source=registry("4-6; who decides: assumption"),
    confirm="clinician",
    asked=Recorded("lp_given", (("k", "4"),)),
    on_reopen="keep",
)

# --- milestones -----------------------------------------------------------------------------------------------------------


def cycle_milestones(number: str) -> tuple[Milestone, ...]:
    """What is told of a cycle."""
    key, name, scope = ledger(number), f"Inotuzumab ozogamicin cycle {number}", (("cycle", number),)
    return (
        Milestone("CYCLE-START", f"{name} started", Not(LedgerIs(key, ("not_started",))), registry(), scope=scope),
        Milestone("CYCLE-DONE", f"{name}: all doses given or omitted", LedgerIs(key, ("complete",)), registry(), scope=scope),
        Milestone("DOSE-HELD", f"{name}: a dose is held", LedgerFlag(key, "held"), public("L3"), scope=scope),
        Milestone("DOSE-OMITTED", f"{name}: a dose held for 7 days or more is omitted", LedgerFlag(key, "held_to_omit"), assumption(), scope=scope),
        Milestone("DOSE-REDUCED", f"{name}: lowered after a hold of 14 days or more; it is not raised again", LedgerFlag(key, "reduced"),
                  assumption(), scope=scope),
        Milestone("HELD-14-DAYS", f"{name}: held for 14 days or more, the next cycle is lowered by 25 %", LedgerFlag(key, "held_to_reduce"),
                  assumption(), scope=scope),
    )  # fmt: skip


MILESTONES = (
    Milestone("ELIGIBILITY", "Eligibility", Outcome("eligibility", ("ELIGIBLE", "NOT_ELIGIBLE")), registry(), "eligibility"),
    *(m for c in CYCLES for m in cycle_milestones(c)),
    *(
        Milestone("RESPONSE", f"Response, {at}", responded(at, "CR", "CRi", "NOT_CRi", "NONE"), registry(), f"response[eval={at}]",
                  scope=(("eval", at),))
        for at in EVALUATIONS
    ),
    *(
        Milestone("MARROW_CLEAR_NOT_CRi", "Marrow clear, but platelets <= 50 or neutrophils <= 0.5: neither CR nor CRi",
                  responded(at, "NOT_CRi"), registry(), scope=(("eval", at),))
        for at in EVALUATIONS
    ),
    Milestone("CRR", "Response at 1 month", Outcome("crr", ("CR", "CRi", "NON_RESPONDER")), registry(), "crr"),
    Milestone("C2-DOSES", "Doses of cycle 2", Taken("c2_plan", ("REDUCED", "FULL")), registry(), "c2_plan"),
    Milestone("VOD-HIGH-RISK", "High risk of VOD: every patient of this trial has had a transplant", Reached("DAY0"), public("L6")),
    Milestone("VOD", "VOD; of special interest, a candidate for a serious adverse event", any_of(Graded("VOD", 1), Outcome("vod", ("VOD",))),
              public("L3", "L6")),
    Milestone("VOD-SEVERITY-GRADE", "Severity of VOD", Outcome("vod_severity", ("MILD", "MODERATE", "SEVERE", "VERY_SEVERE")), public("V10"),
              "vod_severity"),
    Milestone("INO-STOPPED", "Inotuzumab ozogamicin stopped for good", STOPPED, public("L3")),
    Milestone("DLI-CHECK", "Donor lymphocytes", all_of(Reached("REMISSION"), Taken("dli", ("ELIGIBLE", "HOLD", "NOT_INDICATED"))),
              registry(), "dli"),
    Milestone("DLI-GIVEN", "Donor lymphocytes given", Recorded("dli_given"), registry()),
    Milestone("LP-SERIES-CANCELLED", "Lumbar punctures end with the progression",
              all_of(Reached("REMISSION"), Reached("PROGRESSION_DAY"), Not(Recorded("lp_given", (("k", "4"),)))), registry()),
    Milestone("PROGRESSION", "Progression", Recorded("progression"), registry()),
    Milestone("SECOND-HSCT", "Another transplant: not censored, shown", Recorded("hsct_done"), assumption("G6")),
    Milestone("DEATH", "Death", Recorded("death"), registry()),
)  # fmt: skip

# --- deviations -------------------------------------------------------------------------------------------------------------

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


def cycle_deviations(number: str) -> tuple[Deviation, ...]:
    """What can go wrong with the doses of a cycle."""
    key, scope = ledger(number), (("cycle", number),)
    return (
        deviation("DOSE-DIFFERS", f"Cycle {number}: a dose differs by more than 5 % from the planned one", LedgerFlag(key, "dose_differs"), MAJOR,
                  scope=scope),
        deviation("DOSES-TOO-CLOSE", f"Cycle {number}: fewer than 6 days between two doses", LedgerFlag(key, "too_close"), MAJOR, scope=scope),
        deviation("GIVEN-WHILE-HELD", f"Cycle {number}: a dose was given while it was to be held", LedgerFlag(key, "given_while_held"), CRITICAL,
                  scope=scope),
        deviation("GIVEN-AFTER-OMISSION", f"Cycle {number}: a dose was given after it had been omitted", LedgerFlag(key, "given_after_omission"),
                  MAJOR, scope=scope),
        deviation("GIVEN-AFTER-STOP", f"Cycle {number}: a dose was given after the stop for good", LedgerFlag(key, "given_after_stop"), CRITICAL,
                  scope=scope),
        alert("HOLD-DOSE", f"Cycle {number}: hold the dose; check again", LedgerFlag(key, "held"), MAJOR, scope=scope),
        alert("HELD-28-DAYS", f"Cycle {number}: held for more than 28 days: consider stopping for good", LedgerFlag(key, "held_to_review"),
              CRITICAL, scope=scope),
    )  # fmt: skip


def puncture(k: str) -> Deviation:
    """A lumbar puncture that was not done."""
    scope = (("k", k),)
    return deviation("LP-MISSED", f"Lumbar puncture {k} not done", all_of(FREE, Reached("REMISSION"), Not(Recorded("lp_given", scope))),
                     Rung("minor", Moment("REMISSION", months=Param(f"lp{k}_months"), days=4)), scope=scope)  # fmt: skip


DEVIATIONS = (
    *(d for c in CYCLES for d in cycle_deviations(c)),
    *SAFETY.deviations,
    *gvhd.differs(public("G36", "G38"), Reading("agvhd"), "NONE", ("PRESENT",), Reading("cgvhd")),
    *(puncture(k) for k in PUNCTURES[:4]),
    deviation("GIVEN-NOT-ELIGIBLE", "Given before eligibility was established",
              all_of(Reached("DAY0"), VerdictIs(Outcome("eligibility", ("ELIGIBLE",)), ("FAIL", "PENDING", "REVIEW"))), CRITICAL),
    deviation("C2-WITHOUT-PLAN", "Cycle 2 begun before its doses were decided", all_of(C2_BEGUN, without(Taken("c2_plan", ("REDUCED", "FULL")))),
              MAJOR),
    deviation("EVALUATION-MISSING", "No evaluation 1 month after the first dose",
              all_of(ON_STUDY, Reached("DAY0"), Not(Known(marrow("C1-EVAL"))), Not(NotObtainable(marrow("C1-EVAL")))),
              Rung("minor", Moment("C1_EVAL", days=Param("evaluation_window"), at="close")), Rung("major", Moment("C1_EVAL", days=14))),
    *(
        deviation("LIVER-TESTS-MISSING", f"{label} of cycle {c} was given without liver tests of the last 3 days",
                  all_of(Reached(f"C{c}_{label.upper()}"), without(tested(f"C{c}_{label.upper()}"))), MINOR,
                  scope=(("cycle", c), ("dose", label)))
        for c in CYCLES for label in DOSES
    ),
    deviation("DLI-DOSE-DIFFERS", "Donor lymphocytes: the dose differs by more than 5 % from the planned one",
              LedgerFlag("dli", "dose_differs"), MAJOR),
    deviation("DLI-NOT-ALLOWED", "Donor lymphocytes given although a condition was not met, or not settled",
              all_of(Recorded("dli_given"), without(Taken("dli", ("ELIGIBLE",)))), CRITICAL),
    alert("CONSENT-REFUSED", REFUSED_LATER, refused_after(Reached("DAY0")), CRITICAL),
    alert("ENROLMENT_COMPLETE", "All 23 places of the trial are taken: the patient cannot be enrolled",
          all_of(Outcome("eligibility", ("ELIGIBLE",)), slot("ENROLMENT_COMPLETE")), MAJOR),
    alert("STOP-INO-NOW", "Stop inotuzumab ozogamicin for good", all_of(Taken("INO_STOP", ("STOP",)), Not(STOP_RECORDED)), CRITICAL),
    alert("REACTION", "Infusion reaction: interrupt and treat", Graded("INFUSION_REACTION", 1), MAJOR),
    alert("RESPONSE-AT-LIMIT", "Response at a limit: blasts of exactly 5 %, platelets of exactly 100, or neutrophils of exactly 1",
          any_of(Compare(marrow("C1-EVAL"), Limit("=", "5")), Compare(Reading("platelets", point="C1-EVAL"), Limit("=", "100")),
                 Compare(Reading("anc", point="C1-EVAL"), Limit("=", "1"))), MINOR),
    alert("GVHD-AFTER-DLI", "GvHD after donor lymphocytes",
          all_of(Recorded("dli_given"), any_of(Is(Reading("agvhd", since="DLI_PLANNED"), ("PRESENT",)), gvhd.ACUTE_FOUND, gvhd.CHRONIC_FOUND,
                                               Is(Reading("cgvhd", since="DLI_PLANNED"), ("MILD", "MODERATE", "SEVERE")))), MAJOR),
)  # fmt: skip
