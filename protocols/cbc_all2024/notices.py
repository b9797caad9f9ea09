"""Milestones that clinicians hear of, and deviations that coordinators are warned of (section 7). Which and when: assumption."""

from dataclasses import replace

from pathway.language import (
    Crit,
    Dates,
    Day,
    Deviation,
    Directed,
    Entered,
    Graded,
    InPhase,
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
    Passed,
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
    without,
)
from protocols.cbc_all2024 import methotrexate
from protocols.cbc_all2024.anchors import course
from protocols.cbc_all2024.blinatumomab import FOUND_LATE, STARTED, STOP_DECIDED, STOPPED_FOR_GOOD
from protocols.cbc_all2024.criteria import BIRTH, CRITERIA, DIAGNOSED, START_WAS_CLEAR
from protocols.cbc_all2024.facts import (
    AFTER_INDUCTION,
    CNS_COUNTS,
    CRS_SIGNS,
    D19_FLOW,
    D46_FLOW,
    D46_NGS,
    ICANS_SIGNS,
    LATEST_FLOW,
    RISK,
    SAFETY,
)
from protocols.cbc_all2024.marrow import PRE_BLINA_MARROW
from protocols.cbc_all2024.response import D46_HIGH, REMISSION
from protocols.cbc_all2024.schedule import ACTIVE, TO_START, treatment
from protocols.shared import mrd
from protocols.shared.consent import REFUSED_LATER, refused_after

REAPPEARED = mrd.newly_positive(LATEST_FLOW, [Reading("mrd_flow", point=p) for p in AFTER_INDUCTION])
"""A marrow of 1e-4 or more after one below it."""


def decided(decision: str, *options: str) -> Predicate:
    """The decision has one of these outcomes."""
    return Outcome(decision, options)


def study_day(n: int) -> Moment:
    """08:00 of a study day."""
    return Moment("D1", days=n - 1)


# --- milestones ---------------------------------------------------------------------------------------------------------


def started(id: str, name: str, phase: str, reported: Predicate) -> tuple[Milestone, Milestone]:
    """A part of the treatment has begun: reported, or its day has come after a clinician's confirmation."""
    return (
        Milestone(f"{id}-START", f"{name} started", reported, assumption()),
        Milestone(f"{id}-START-EXPECTED", f"{name} started", all_of(Entered("treatment", phase), Not(reported)), assumption(),
                  to="coordinator", expected=True),
    )  # fmt: skip


MILESTONES = (
    Milestone("PROVISIONAL-RISK", "Provisional risk", Known(RISK), registry(), RISK),
    Milestone("D19-RESULT", "D19 MRD", Known(D19_FLOW), registry(), D19_FLOW),
    Milestone("D19-VERDICT", "D19 gate", decided("d19_entry", "MAY_ENTER", "BACKBONE_ONLY"), registry(), "d19_entry", ends_with="treatment"),
    Milestone("ELIGIBILITY", "Eligibility", decided("eligibility", "ELIGIBLE", "NOT_ELIGIBLE"), registry(), "eligibility"),
    *(
        Milestone("EXCLUDED", f"Not eligible by {c.id}: {c.text}", VerdictIs(Crit(c.id), ("FAIL",)), registry(),
                  scope=(("criterion", c.id),))
        for c in CRITERIA if c.group in ("inclusion", "exclusion")
    ),
    Milestone("CONSENT", "Consent", Known(Reading("consent")), registry(), Reading("consent")),
    Milestone("PRE-BLINA-READY", "Checks before blinatumomab complete", all_of(PRE_BLINA_MARROW, START_WAS_CLEAR), registry()),
    Milestone("BLINA-START", "Blinatumomab started", Reached("BLINA_START"), registry()),
    Milestone("BLINA-DAY3", "End of day 3: hospital days over, discharge possible",
              all_of(Reached("BLINA_START"), Passed(Moment("BLINA_START", days=2, at="close"))), public("B1")),
    Milestone("BLINA-BAG-MISSED", "Bag change missed by more than 4 h", LedgerFlag("blina", "bag_missed"), assumption()),
    Milestone("BLINA-DOSE-STEP", "The days at the low dose are over, back to the full dose is due", LedgerFlag("blina", "dose_step"), public("B3")),
    Milestone("BLINA-STEP-PUT-OFF", "It came again at the low dose: the days at it count anew from its end", LedgerFlag("blina", "step_put_off"),
              public("B3", note="by how long: assumption")),
    Milestone("BLINA-INTERRUPTED", "Blinatumomab interrupted", LedgerFlag("blina", "was_interrupted"), public("B3")),
    Milestone("BLINA-RESTARTED", "Blinatumomab restarted", LedgerFlag("blina", "restarted"), public("B3")),
    Milestone("BLINA-STOPPED", "Blinatumomab stopped for good", STOPPED_FOR_GOOD, public("B3")),
    Milestone("BLINA-DONE", "14th infusion day complete, by its hours", all_of(LedgerIs("blina", ("end_expected", "complete")), Not(STOP_DECIDED)), registry()),
    Milestone("CRS-GRADE-2", "Cytokine release syndrome of grade 2 or more", Graded("CRS", 2), public("B8")),
    Milestone("ICANS-GRADE-2", "Neurotoxicity of grade 2 or more", Graded("NEUROTOXICITY", 2), public("B9")),
    Milestone("D46-FLOW", "End of induction, flow MRD", Known(D46_FLOW), registry(), D46_FLOW),
    Milestone("D46-NGS-RESULT", "End of induction, NGS MRD", Known(D46_NGS), registry(), D46_NGS),
    Milestone("FLOW-ENDPOINT", "Flow endpoint", decided("flow_endpoint", "MET", "NOT_MET", "NOT_EVALUABLE"), registry(),
              "flow_endpoint"),
    Milestone("NGS-ENDPOINT", "NGS endpoint", decided("ngs_endpoint", "MET", "NOT_MET", "NOT_EVALUABLE"), registry(), "ngs_endpoint"),
    Milestone("REMISSION", "Remission at the end of induction", REMISSION, public("B13")),
    Milestone("FINAL-RISK", "Risk for further chemotherapy", decided("final_risk", "LR", "IR", "HR"), assumption(), "final_risk", ends_with="treatment"),
    Milestone("PERSISTENT-MRD", "Persistent MRD: 1e-4 to < 1e-2 at the end of induction", decided("d46_response", "POSITIVE"),
              assumption()),
    Milestone("WITHDRAWN-E11", "Withdrawn from the trial by E11", Entered("registration", "TRIAL_WITHDRAWN"), registry()),
    Milestone("HDMTX-DOSE", "High-dose methotrexate in g/m2", decided("hdmtx_dose", "3", "5"), public("C5"), "hdmtx_dose", ends_with="treatment"),
    *started("CONSOLIDATION", "Consolidation", "CONSOLIDATION", Reached("CONSOLIDATION_START")),
    *methotrexate.MILESTONES,
    *started("MAINTENANCE-1", "Maintenance 1", "MAINTENANCE_1", Recorded("course_started", course("MAINTENANCE_1"))),
    *started("REINDUCTION-1", "Reinduction 1", "REINDUCTION", Recorded("course_started", course("REINDUCTION_1"))),
    Milestone("REINDUCTION-2-START", "Reinduction 2 started", Recorded("course_started", course("REINDUCTION_2")), assumption()),
    *started("MAINTENANCE-2", "Maintenance 2", "MAINTENANCE_2", Recorded("course_started", course("MAINTENANCE_2"))),
    Milestone("END-OF-TREATMENT", "End of treatment", Entered("treatment", "END_OF_TREATMENT"), assumption()),
    Milestone("HSCT-INDICATED", "Transplant indicated", decided("hsct_indication", "INDICATED"), assumption()),
    Milestone("HSCT-ELIGIBLE", "Eligible for transplant", decided("hsct_eligible", "ELIGIBLE"), assumption()),
    Milestone("HSCT-DONE", "Transplanted", Recorded("hsct_done"), assumption()),
    Milestone("MRD-REAPPEARED", "MRD of 1e-4 or more after it had been below", REAPPEARED, assumption(), LATEST_FLOW),
    Milestone("RELAPSE", "Relapse", Recorded("relapse"), public("B14")),
    Milestone("DEATH", "Death", Recorded("death"), assumption()),
)  # fmt: skip

# --- deviations ---------------------------------------------------------------------------------------------------------


def deviation(id: str, text: str, when: Predicate, *rungs: Rung, blocks: tuple[str, ...] = ()) -> Deviation:
    """A deviation for the coordinator."""
    return Deviation(id, text, when, rungs, assumption(), blocks=blocks)


def of_care(notice: Deviation) -> Deviation:
    """The same, told to whoever treats a patient who has left the study, too."""
    return replace(notice, ends_with="life")


def alert(id: str, text: str, when: Predicate, severity: Rung) -> Deviation:
    """A notice for the clinician to act on."""
    return Deviation(id, text, when, (severity,), assumption(), to="clinician", kind="alert")


MINOR, MAJOR, CRITICAL = Rung("minor"), Rung("major"), Rung("critical")
RUNNING = LedgerIs("blina", ("running", "end_expected"))
NOT_MET = ("FAIL", "PENDING", "REVIEW")

START = (
    deviation("D19-MARROW-MISSING", "D19 marrow not done",
              all_of(ACTIVE, Not(Reached("D19_SAMPLE")), Not(NotObtainable(D19_FLOW))), Rung("minor", study_day(20)),
              Rung("major", study_day(21))),
    deviation("D19-RESULT-MISSING", "No D19 result: no enrolment; plan backbone part 2 in parallel",
              all_of(InPhase("registration", ("AWAIT_D19",)), Not(Known(D19_FLOW)), Not(NotObtainable(D19_FLOW))),
              Rung("minor", study_day(24)), Rung("major", study_day(27)), blocks=("ENROLLED",)),
    deviation("PROVISIONAL-RISK-MISSING", "No provisional risk by D19", all_of(ACTIVE, Not(Known(RISK))), Rung("major", study_day(19))),
    deviation("CONSENT-MISSING", "May enter by D19, and no consent",
              all_of(InPhase("registration", ("SCREENING",)), Not(Known(Reading("consent")))), Rung("major", study_day(26)),
              blocks=("ENROLLED",)),
    deviation("PRE-BLINA-MARROW-MISSING", "No marrow before blinatumomab", all_of(TO_START, Not(PRE_BLINA_MARROW)),
              Rung("major", study_day(29)), blocks=("BLINA_14",)),
    deviation("NGS-CLONE-MISSING", "No clone for NGS by D28: the NGS endpoint will not be evaluable",
              all_of(TO_START, Not(Known(Reading("ngs_clone")))), Rung("minor", study_day(29))),
    deviation("BLINA-NOT-IN-TIME", "Blinatumomab not started within D29 +- 3; latest D36, then backbone part 2",
              all_of(TO_START, LedgerIs("blina", ("not_started",))), Rung("major", Moment("BLINA_IN_TIME", days=1)), blocks=("BLINA_14",)),
    deviation("CONSOLIDATION-TOO-EARLY", "Consolidation is dated before the end of induction could be assessed: is its day right?",
              all_of(Reached("CONSOLIDATION_START"), VerdictIs(Dates(Day("CONSOLIDATION_START"), "<", Day("D46_OPENS")), ("PASS",))), CRITICAL),
    deviation("BLINA-OUT-OF-TIME", "Blinatumomab was started outside D29 +- 3",
              all_of(Reached("BLINA_START"),
                     any_of(Dates(Day("BLINA_START"), ">", Day("BLINA_IN_TIME")),
                            Dates(Day("BLINA_START", days=Param("start_tolerance")), "<", Day("BLINA_SLOT")))), MAJOR),
    deviation("BLINA-NOT-ELIGIBLE", "Blinatumomab started for a patient who is not eligible or has not consented",
              all_of(Reached("BLINA_START"), VerdictIs(Outcome("eligibility", ("ELIGIBLE",)), NOT_MET)), CRITICAL),
    deviation("BLINA-NOT-CHECKED", "Blinatumomab started before the checks allowed it",
              all_of(Reached("BLINA_START"), VerdictIs(START_WAS_CLEAR, NOT_MET)), CRITICAL),
    deviation("WEIGHT-MISSING", "Blinatumomab started without a weight: the dose for less than 45 kg is assumed",
              all_of(Reached("BLINA_START"), Not(Known(Reading("weight")))), MAJOR),
    deviation("CONVULSION-FOUND-LATE", "A convulsion history came to light after the start: go on or stop?", FOUND_LATE, CRITICAL),
    alert("CONSENT-REFUSED", REFUSED_LATER, refused_after(Reached("BLINA_BEGUN")), CRITICAL),
    alert("AGE-AT-LIMIT", "Exactly 1 month old at diagnosis: excluded, though the registry's field reads 1 month (H10)",
          all_of(Known(DIAGNOSED), Dates(Day(DIAGNOSED), "=", Day(BIRTH, months=Param("age_over_months")))), MINOR),
    alert("AIRWAY-RADIOTHERAPY", "Emergency radiotherapy for airway compression: it does not exclude (E9c)",
          VerdictIs(Is(Reading("airway_radiotherapy"), ("NEVER",)), ("FAIL",)), Rung("info")),
)  # fmt: skip

COURSE = (
    deviation("BLINA-SHORT", "Fewer than 336 infusion hours without a logged pause", LedgerIs("blina", ("short",)), CRITICAL),
    deviation("BLINA-PAUSE-OVER-7D", "Paused for more than 7 days: stop and go to the end-of-induction marrow?",
              LedgerFlag("blina", "pause_over_limit"), CRITICAL),
    alert("BLINA-RESUMED-UNDECIDED", "Runs again after a pause of more than 7 days, and nobody has decided that it may: decide, or pause it",
          all_of(RUNNING, LedgerFlag("blina", "pause_over_limit"), without(Taken("BLINA_PAUSE", ("COMPLETE", "STOP")))), CRITICAL),
    alert("BLINA-INTERRUPT", "The adverse-event table says interrupt", all_of(RUNNING, Directed("blina", ("interrupt",))), CRITICAL),
    alert("BLINA-HOLD", "Hold the infusion until a clinician has decided",
          all_of(RUNNING, any_of(Directed("blina", ("review",)), FOUND_LATE), without(Taken("BLINA_REVIEW", ("CONTINUE",)))), CRITICAL),
    alert("BLINA-STOP-NOW", "Stop for good: the infusion is still recorded as running",
          all_of(RUNNING, any_of(Directed("blina", ("stop",)), STOP_DECIDED)), CRITICAL),
    alert("BLINA-CONSIDER-PAUSE", "Consider interruption", all_of(RUNNING, Directed("blina", ("consider_pause",))), MINOR),
    alert("REDUCED-DOSE-INTENSITY", "Part of the course is given at the low dose; the ledger's steps say on which days",
          LedgerFlag("blina", "low_dose"), MINOR),
    alert("BLINA-DOSE-DIFFERS", "Reported dose and protocol dose differ", LedgerFlag("blina", "dose_differs"), MAJOR),
    deviation("BLINA-STARTED-TWICE", "The course was recorded as started again while it ran: the first start counts",
              LedgerFlag("blina", "started_twice"), MAJOR),
)  # fmt: skip

END = (
    of_care(deviation("D46-MARROW-MISSING", "End-of-induction marrow not done; it never counts as negative",
                      all_of(ACTIVE, Not(Reached("D46_SAMPLE")), Not(NotObtainable(D46_FLOW))), Rung("major", study_day(51)),
                      blocks=("CONSOLIDATION",))),
    of_care(deviation("D46-RESULT-MISSING", "No flow result of the end-of-induction marrow on the day of consolidation",
                      all_of(ACTIVE, Reached("D46_SAMPLE"), Not(Known(D46_FLOW)), Not(NotObtainable(D46_FLOW))),
                      Rung("major", Moment("CONSOLIDATION_START")), blocks=("CONSOLIDATION",))),
    deviation("D46-TOO-EARLY", "End-of-induction marrow taken less than 24 h after bag off",
              all_of(STARTED, Reached("D46_SAMPLE"), Reached("BLINA_OFF_24H"),
                     any_of(*(Known(Reading(fact, point="D46", until="BLINA_OFF_24H", strictly=True)) for fact in ("mrd_flow", "mrd_ngs")))),
              MAJOR),
    deviation("D46-OUT-OF-WINDOW", "End-of-induction marrow outside D43 to D50",
              all_of(Reached("D46_SAMPLE"), any_of(Dates(Day("D46_SAMPLE"), "<", Day("D46_OPENS")),
                                                   Dates(Day("D46_SAMPLE"), ">", Day("D46_CLOSES")))), MAJOR),
    deviation("NGS-MISSING", "No NGS result 21 days after the end of induction; it blocks nothing",
              all_of(STARTED, Not(Known(D46_NGS)), Not(NotObtainable(D46_NGS)), without(Is(Reading("ngs_clone"), ("NONE",)))),
              Rung("minor", study_day(67))),
    deviation("E11-STILL-ON-TRIAL", "D46 MRD of 1e-2 or more, and the patient is still on trial",
              all_of(InPhase("registration", ("ENROLLED",)), STARTED, VerdictIs(D46_HIGH, ("PASS",))), CRITICAL),
    deviation("CONSOLIDATION-BEFORE-D46", "Consolidation started before the D46 result",
              all_of(Reached("CONSOLIDATION_START"), Not(Known(D46_FLOW)), without(Taken("D46_UNAVAILABLE", ("IR", "HR")))), CRITICAL),
    *methotrexate.DEVIATIONS,
    deviation("DONOR-SEARCH-NOT-STARTED", "Transplant indicated, and no donor search started",
              all_of(decided("hsct_indication", "INDICATED"), Not(Recorded("donor_search_started")),
                     Not(InPhase("transplant", ("TRANSPLANTED", "CLOSED")))), Rung("major", Moment("HSCT_INDICATED", days=7))),
    alert("ECHO-NOT-CLEARED", "Echocardiogram not cleared: hold anthracyclines and transplant",
          all_of(ACTIVE, Is(Reading("echo_clearance"), ("NOT_CLEARED",))), MAJOR),
    alert("RELAPSE-WATCH", "MRD positive after it had been below 1e-4: watch for relapse", REAPPEARED, MAJOR),
    alert("RELAPSE-CRITERIA", "Relapse criteria met: the team states the relapse or says why not",
          all_of(decided("relapse_marrow", "RELAPSE"), Not(Recorded("relapse")), Not(treatment("OFF_TREATMENT"))), CRITICAL),
)  # fmt: skip

SHARED = (*CRS_SIGNS.deviations, *ICANS_SIGNS.deviations, *CNS_COUNTS.deviations, *SAFETY.deviations)

DEVIATIONS = (*START, *COURSE, *END, *SHARED)
