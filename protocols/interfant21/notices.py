"""Milestones that clinicians hear of, and deviations that coordinators are warned of. Which, when and how severe: assumption."""

from pathway.language import (
    Compare,
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
    Limit,
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
    Rose,
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
from protocols.interfant21.anchors import course
from protocols.interfant21.blinatumomab import CYCLE2_BARRED, stop_decided, stopped
from protocols.interfant21.choices import FRESH_MARROW
from protocols.interfant21.criteria import ALL_MET, LAST_VACCINE
from protocols.interfant21.facts import (
    AFTER_BLINATUMOMAB,
    BL1_MRD,
    CNS_BEFORE_BLINATUMOMAB,
    CNS_COUNTS,
    COURSES,
    CRS_SIGNS,
    EOI_MRD,
    ICANS_SIGNS,
    LATEST_MRD,
    SAFETY,
    WBC_BEFORE_STEROID,
)
from protocols.interfant21.points import EOI_FIRST
from protocols.interfant21.risk import WITHOUT_BLINATUMOMAB, YOUNG
from protocols.interfant21.schedule import ACTIVE, NOT_RECOVERED, treatment
from protocols.shared import mrd
from protocols.shared.consent import REFUSED_LATER, refused_after

POSITIVE = Limit(">=", "1e-4")
NEWLY_POSITIVE = mrd.newly_positive(LATEST_MRD, [Reading("mrd", point=p) for p in AFTER_BLINATUMOMAB])
"""A marrow of 1e-4 or more after one below it."""


def known(decision: str, *options: str) -> Predicate:
    """The decision has one of these outcomes."""
    return Outcome(decision, options)


def study_day(n: int) -> Moment:
    """08:00 of a study day."""
    return Moment("D1", days=n - 1)


# --- milestones -----------------------------------------------------------------------------------------------------------


def cycle_milestones(number: str, hospital_days: int) -> tuple[Milestone, ...]:
    """What is told of a cycle of blinatumomab."""
    name, ledger, start = f"BLINA{number}", f"blina[cycle={number}]", f"BLINA{number}_START"
    cycle = f"Blinatumomab cycle {number}"
    discharged = all_of(Reached(start), Passed(Moment(start, days=hospital_days - 1, at="close")))
    return (
        Milestone(f"{name}-START", f"{cycle} started", Reached(start), registry()),
        Milestone(f"{name}-DAY{hospital_days}", f"{cycle}: hospital days over, discharge possible", discharged, public("B1")),
        Milestone(f"{name}-BAG-MISSED", f"{cycle}: bag change missed by more than 4 h", LedgerFlag(ledger, "bag_missed"),
                  assumption()),
        Milestone(f"{name}-DOSE-STEP", f"{cycle}: the days at the low dose are over, back to the full dose is due", LedgerFlag(ledger, "dose_step"), public("B3")),
        Milestone(f"{name}-STEP-PUT-OFF", f"{cycle}: it came again at the low dose: the days at it count anew from its end",
                  LedgerFlag(ledger, "step_put_off"), public("B3", note="by how long: assumption")),
        Milestone(f"{name}-INTERRUPTED", f"{cycle} interrupted", LedgerFlag(ledger, "was_interrupted"), public("B3")),
        Milestone(f"{name}-RESTARTED", f"{cycle} restarted", LedgerFlag(ledger, "restarted"), public("B3")),
        Milestone(f"{name}-STOPPED", f"{cycle} stopped for good", stopped(number), public("B3")),
        Milestone(f"{name}-DONE", f"{cycle}: 28th infusion day complete, by its hours",
                  all_of(LedgerIs(ledger, ("end_expected", "complete")), Not(stop_decided(number))), public("P7")),
    )  # fmt: skip


def course_milestones(name: str, over: Predicate) -> tuple[Milestone, ...]:
    """Start and end of a course of chemotherapy: as reported, or expected by the calendar."""
    begun, ended = Recorded("course_started", course(name)), Recorded("course_ended", course(name))
    return (
        Milestone(f"{name}-START", f"{name} started", begun, assumption()),
        Milestone(f"{name}-START-EXPECTED", f"{name} started", all_of(Entered("treatment", name), Not(begun)), assumption(),
                  to="coordinator", expected=True),
        Milestone(f"{name}-END", f"{name} ended", ended, assumption()),
        Milestone(f"{name}-END-EXPECTED", f"{name} ended", all_of(over, Not(ended)), assumption(), to="coordinator", expected=True),
    )  # fmt: skip


FOLLOWING = {
    "INDUCTION": ("EOI_DECISION",),
    "CONSOLIDATION": ("BLINA_2", "MARMA"),
    "MARMA": ("OCTADAD",),
    "OCTADAD": ("MAINTENANCE",),
    "MAINTENANCE": ("END_OF_TREATMENT",),
}


def over(name: str) -> Predicate:
    """A course that was entered has come to its end: its time is up, or the next phase has begun. A transplant breaks it off."""
    following = any_of(*(Entered("treatment", phase) for phase in FOLLOWING[name]))
    if name == "INDUCTION":
        return following
    return any_of(all_of(InPhase("treatment", (name,)), Passed(Moment(f"{name}_END", at="same"))), following)


MILESTONES = (
    Milestone("ELIGIBILITY", "Eligibility", known("eligibility", "ELIGIBLE", "NOT_ELIGIBLE"), registry(), "eligibility"),
    Milestone("KMT2A-RESULT", "KMT2A", Known(Reading("kmt2a")), registry(), Reading("kmt2a")),
    Milestone("CD19-RESULT", "CD19", Known(Reading("cd19")), registry(), Reading("cd19")),
    Milestone("D8-RESPONSE", "Prednisone response", known("d8_response", "GOOD", "POOR", "UNKNOWN"), public("P6"),
              "d8_response"),
    Milestone("RISK-GROUP", "Risk group", all_of(known("risk", "HR", "MR"), Is(Reading("kmt2a"), ("REARRANGED",))),
              public("P1", "P2", note="told inside its domain only, KMT2A rearranged: assumption"), "risk", ends_with="treatment"),
    Milestone("EOI-RESULT", "End of induction", known("cr_eoi", "CR", "NO_CR", "NO_CR_CNS_ONLY"), public("P13a"), "cr_eoi"),
    Milestone("EOI-CNS", "End of induction, CNS", Known(CNS_BEFORE_BLINATUMOMAB), registry(), CNS_BEFORE_BLINATUMOMAB),
    Milestone("EOI-MRD-RESULT", "End of induction, MRD", Known(EOI_MRD), public("P1", "P2"), EOI_MRD),
    Milestone("MR-LEVEL", "MRD level of MR", known("mr_level", "MR-low", "MR-high"), public("P1", "P2"), "mr_level"),
    *(
        Milestone("BLINA-EXCLUDED", f"Blinatumomab excluded by {x}", VerdictIs(Crit(x), ("FAIL",)), registry(),
                  scope=(("criterion", x),))
        for x in ("X1", "X2", "X3", "X4", "X5", "X6")
    ),
    *cycle_milestones("1", 3),
    *cycle_milestones("2", 2),
    Milestone("CRS-GRADE-2", "Cytokine release syndrome of grade 2 or more", Graded("CRS", 2), public("B8")),
    Milestone("ICANS-GRADE-2", "Neurotoxicity of grade 2 or more", Graded("NEUROTOXICITY", 2), public("B9")),
    Milestone("BL1-END-RESULT", "MRD after cycle 1", Known(BL1_MRD), registry(), BL1_MRD),
    Milestone("MR-TO-HR", "Reallocated from MR to HR",
              all_of(known("risk_initial", "MR"), any_of(known("risk_eoi", "HR"), known("risk_blina1", "HR"))), public("P1")),
    Milestone("BLINA2-GRANTED", "Cycle 2 planned in place of MARMA", known("blina2_planned", "YES"), registry(), ends_with="treatment"),
    Milestone("BLINA2-REFUSED", "No cycle 2",
              all_of(any_of(Known(BL1_MRD), stopped("1")), known("blina2_planned", "NO")), registry(), ends_with="treatment"),
    Milestone("HSCT-INDICATED", "Transplant indicated", known("hsct_indication", "INDICATED"), registry(), ends_with="treatment"),
    Milestone("HSCT-ELIGIBLE", "Eligible for transplant", known("hsct_eligible", "ELIGIBLE"), registry(), ends_with="treatment"),
    Milestone("MRD-RISE", "MRD has risen by 1 log or is newly positive", any_of(Rose(LATEST_MRD, "10"), NEWLY_POSITIVE),
              assumption(), LATEST_MRD),
    Milestone("DONOR-FOUND", "Donor found", Is(Reading("donor"), ("FOUND", "READY")), assumption()),
    Milestone("HSCT-DONE", "Transplanted", Recorded("hsct_done"), registry()),
    *(milestone for name in COURSES for milestone in course_milestones(name, over(name))),
    Milestone("BLINA2-BARRED", "Cycle 2 was planned and is excluded now: MARMA in its place",
              all_of(known("blina2_planned", "YES"), CYCLE2_BARRED, Not(Reached("BLINA2_START"))), registry()),
    Milestone("END-OF-TREATMENT", "End of treatment", Entered("treatment", "END_OF_TREATMENT"), assumption()),
    Milestone("RELAPSE", "Relapse", Recorded("relapse"), public("P13b")),
    Milestone("DEATH", "Death", Recorded("death"), assumption()),
)  # fmt: skip

# --- deviations -------------------------------------------------------------------------------------------------------------


def deviation(id: str, text: str, when: Predicate, *rungs: Rung, blocks: tuple[str, ...] = ()) -> Deviation:
    """A deviation for the coordinator."""
    return Deviation(id, text, when, rungs, assumption(), blocks=blocks)


def alert(id: str, text: str, when: Predicate, severity: Rung) -> Deviation:
    """A notice for the clinician to act on."""
    return Deviation(id, text, when, (severity,), assumption(), to="clinician", kind="alert")


NOT_POSTPONED = any_of(
    Not(Recorded("eoi_postponed")), Passed(Moment("EOI_POSTPONED_LAST", days=Param("eoi_postponed_for")))
)
"""No postponement of the end of induction was reported in the last 7 days: each one silences the warning for as long, then it asks again."""

MINOR, MAJOR, CRITICAL = Rung("minor"), Rung("major"), Rung("critical")
RAN_LATE = (
    ("PREPHASE", "D8"),
    ("INDUCTION", "EOI"),
    ("EOI_DECISION", "BLINA1_SLOT"),
    ("BLINA_1", "BL1_OFF"),
    ("POST_BLINA1_DECISION", "CONSOLIDATION_START"),
    ("CONSOLIDATION", "CONSOLIDATION_END"),
    ("BLINA_2", "OCTADAD_START"),
    ("MARMA", "MARMA_END"),
    ("OCTADAD", "OCTADAD_END"),
    ("MAINTENANCE", "MAINTENANCE_END"),
)
"""A phase and the planned day of its end."""


def cycle_deviations(number: str) -> tuple[Deviation, ...]:
    """What can go wrong with a cycle."""
    name, ledger, paused = f"BLINA{number}", f"blina[cycle={number}]", f"BL{number}_PAUSED"
    over_limit = all_of(
        LedgerIs(ledger, ("paused",)), Passed(Moment(paused, days=Param("same_cycle_pause_max"), at="close"))
    )
    running = LedgerIs(ledger, ("running", "end_expected"))
    return (
        deviation(f"{name}-SHORT", f"Cycle {number} ended short of 672 infusion hours, logged pauses taken off",
                  all_of(LedgerIs(ledger, ("short",)), without(Taken(f"BLINA_{number}_PAUSE", ("NEW_CYCLE",)))), CRITICAL),
        deviation(f"{name}-DOSE-DIFFERS", f"Cycle {number}: the reported dose is not the one directed",
                  LedgerFlag(ledger, "dose_differs"), CRITICAL),
        deviation(f"{name}-PAUSE-NOT-RECORDED", f"Cycle {number} resumed without a recorded pause: when did it begin?",
                  LedgerFlag(ledger, "resumed_without_pause"), MAJOR),
        deviation(f"{name}-STARTED-TWICE", f"Cycle {number} was recorded as started again while it ran: the first start counts",
                  LedgerFlag(ledger, "started_twice"), MAJOR),
        deviation(f"{name}-PAUSE-OVER-7D", f"Cycle {number} paused for more than 7 days: a new cycle?",
                  any_of(LedgerFlag(ledger, "pause_over_limit"), over_limit), CRITICAL, blocks=(f"BLINA_{number}",)),
        alert(f"{name}-INTERRUPT", f"Cycle {number}: the adverse-event table says interrupt",
              all_of(running, Directed(ledger, ("interrupt",))), CRITICAL),
        alert(f"{name}-HOLD", f"Cycle {number}: hold the infusion until a clinician has decided whether it is stopped for good",
              all_of(running, Directed(ledger, ("review",)), without(Taken(f"BLINA_{number}_STOP", ("STOP",)))), CRITICAL),
        alert(f"{name}-STOP", f"Cycle {number}: stop for good, the infusion is still recorded as running",
              all_of(running, any_of(Directed(ledger, ("stop",)), stop_decided(number))), CRITICAL),
        alert(f"{name}-RESUMED-UNDECIDED", f"Cycle {number} runs again after a pause of more than 7 days, and nobody has decided that it may: decide, or pause it",
              all_of(running, LedgerFlag(ledger, "pause_over_limit"),
                     without(Taken(f"BLINA_{number}_PAUSE", ("COMPLETE_CYCLE", "NEW_CYCLE", "STOP")))), CRITICAL),
        alert(f"{name}-INELIGIBLE", f"Cycle {number} runs, and the patient is off study as not eligible: disconnect, or treat outside of it",
              all_of(LedgerIs(ledger, ("running", "end_expected", "paused")), InPhase("registration", ("SCREEN_FAILURE", "OFF_STUDY")),
                     known("eligibility", "NOT_ELIGIBLE")), CRITICAL),
        alert(f"{name}-CONSIDER-PAUSE", f"Cycle {number}: consider interruption",
              all_of(running, Directed(ledger, ("consider_pause",))), MINOR),
        alert(f"{name}-NEW-CYCLE", f"Cycle {number} is counted anew: report infusion_ended, then infusion_started; a resume goes on counting",
              Taken(f"BLINA_{number}_PAUSE", ("NEW_CYCLE",)), MAJOR),
    )  # fmt: skip


DEVIATIONS = (
    deviation("D8-BLASTS-MISSING", "No blast count on day 8: the risk group falls back to unknown, which counts as good",
              all_of(Not(Known(Reading("blood_blasts", point="D8"))), any_of(ACTIVE, Entered("treatment", "INDUCTION"))),
              Rung("major", study_day(9))),
    deviation("KMT2A-MISSING", "No KMT2A result", all_of(ACTIVE, Not(Known(Reading("kmt2a")))), Rung("minor", study_day(14)),
              Rung("major", study_day(28)), blocks=("BLINA_1",)),
    deviation("MRD-MARKER-MISSING", "No MRD marker by D28", all_of(ACTIVE, Not(Known(Reading("marker_sensitivity")))),
              Rung("minor", study_day(28))),
    deviation("EOI-MARROW-MISSING", "End-of-induction marrow not done",
              all_of(ACTIVE, Not(Reached("EOI_SAMPLE")), NOT_POSTPONED), Rung("minor", study_day(36)),
              Rung("major", study_day(41))),
    deviation("EOI-LP-MISSING", "End-of-induction lumbar puncture not done",
              all_of(ACTIVE, Not(Known(CNS_BEFORE_BLINATUMOMAB)), NOT_POSTPONED), Rung("minor", study_day(36)),
              Rung("major", study_day(41)), blocks=("BLINA_1",)),
    deviation("EOI-MRD-MISSING", "No end-of-induction MRD result",
              all_of(ACTIVE, Reached("EOI_SAMPLE"), Not(Known(EOI_MRD)), Not(NotObtainable(EOI_MRD))),
              Rung("minor", Moment("EOI_SAMPLE", days=Param("result_turnaround"))),
              Rung("major", Moment("CONSOLIDATION_START", days=-7)), blocks=("consolidation", "CONSOLIDATION")),
    *(
        deviation(f"{name}-TOO-EARLY", f"{text} is dated before the end of induction could be assessed: is its day right?",
                  all_of(Reached(anchor), VerdictIs(Dates(Day(anchor), "<", Day("D1", days=EOI_FIRST)), ("PASS",))), CRITICAL)
        for name, text, anchor in (("BLINA1", "Blinatumomab", "BLINA1_START"), ("CONSOLIDATION", "Consolidation", "CONSOLIDATION_START"))
    ),
    deviation("BLINA-NOT-CNS1", "Blinatumomab started although the last lumbar puncture was not CNS1",
              all_of(Reached("BLINA1_START"), VerdictIs(Crit("X2"), ("FAIL", "PENDING", "REVIEW"))), CRITICAL, blocks=("BLINA_1",)),
    deviation("BLINA-EXCLUDED-STARTED", "Blinatumomab started although X1 or X4 excludes it, or is not settled",
              all_of(Reached("BLINA1_START"), any_of(without(Crit("X1")), without(Crit("X4")))), CRITICAL),
    deviation("BLINA2-EXCLUDED-STARTED", "Cycle 2 started although the last lumbar puncture was not CNS1, or X4 excludes it, or is not settled",
              all_of(Reached("BLINA2_START"), any_of(without(Crit("X2-C2")), without(Crit("X4-C2")))), CRITICAL, blocks=("BLINA_2",)),
    alert("CNS-POSITIVE", "CNS2 or CNS3 after CNS1 at the end of induction: relapse?",
          all_of(Is(Reading("cns", point="EOI"), ("CNS1",)), Is(Reading("cns", point="OTHER"), ("CNS2", "CNS3"))), CRITICAL),
    alert("HSCT-GO-LAPSED", "The go to transplant rests on a marrow that is now older than 14 days: a new one is needed",
          all_of(Taken("HSCT_GO", ("GO",)), VerdictIs(FRESH_MARROW, ("FAIL",)), Not(Recorded("conditioning_started"))), CRITICAL),
    alert("CONSENT-REFUSED", REFUSED_LATER, refused_after(Reached("D1")), CRITICAL),
    deviation("BLINA-NOT-ELIGIBLE", "Blinatumomab started before eligibility was established",
              all_of(Reached("BLINA1_START"),
                     VerdictIs(ALL_MET, ("FAIL", "PENDING", "REVIEW"))), CRITICAL),
    deviation("BLINA-NOT-STARTED", "Blinatumomab not started by D47",
              all_of(treatment("INDUCTION", "EOI_DECISION"), Not(Known(BL1_MRD)), LedgerIs("blina[cycle=1]", ("not_started",)),
                     VerdictIs(Outcome("blina_status", ("excluded", "stopped_permanently")), ("FAIL", "PENDING", "REVIEW"))),
              Rung("major", Moment("BLINA1_LATEST", at="close"))),
    *cycle_deviations("1"),
    *cycle_deviations("2"),
    deviation("BL1-END-MARROW-MISSING", "Marrow after cycle 1 not taken",
              all_of(ACTIVE, Reached("BL1_OFF"), Not(Reached("BL1_SAMPLE")), without(stopped("1"))),
              Rung("major", Moment("BL1_OFF", days=4)), blocks=("BLINA_2", "MARMA")),
    deviation("BL1-STOP-MARROW-MISSING", "Marrow after the permanent stop of cycle 1 not taken",
              all_of(ACTIVE, Reached("BL1_OFF"), Not(Reached("BL1_SAMPLE")), stopped("1")),
              Rung("major", Moment("BL1_OFF", days=7)), blocks=("MARMA",)),
    deviation("BL1-END-MRD-MISSING", "No MRD result after cycle 1; never treated as negative",
              all_of(ACTIVE, Reached("BL1_SAMPLE"), Not(Known(BL1_MRD)), without(Taken("BL1_MRD_UNAVAILABLE", ("HR", "MR")))),
              Rung("major", Moment("BL1_SAMPLE", days=Param("result_turnaround"))), blocks=("BLINA_2", "MARMA")),
    deviation("CONSOLIDATION-BEFORE-MRD", "Consolidation started before the MRD after cycle 1 was known",
              all_of(Recorded("course_started", course("CONSOLIDATION")), Reached("BLINA1_START"), Not(Known(BL1_MRD))), MAJOR,
              Rung("critical", Moment("CONSOLIDATION_END")), blocks=("BLINA_2", "MARMA")),
    deviation("CONSOLIDATION-NOT-CHOSEN", "Consolidation reached without a chosen course",
              all_of(treatment("CONSOLIDATION"), without(Taken("consolidation", ("IB", "ADE_MAE")))), MAJOR),
    deviation("DONOR-SEARCH-NOT-STARTED", "High risk, and no donor search started",
              all_of(ACTIVE, known("hsct_indication", "INDICATED"), Not(Recorded("donor_search_started"))),
              Rung("major", Moment("HSCT_INDICATED", days=7))),
    deviation("HSCT-WITHOUT-DATE", "Eligible for transplant for 60 days without a date",
              all_of(ACTIVE, known("hsct_eligible", "ELIGIBLE"), Not(Known(Reading("conditioning_planned")))),
              Rung("minor", Moment("HSCT_ELIGIBLE_FROM", days=60))),
    deviation("HSCT-MRD-STALE", "Transplant planned on a marrow older than 14 days",
              all_of(any_of(Known(Reading("conditioning_planned")), Recorded("conditioning_started")),
                     without(FRESH_MARROW)),
              Rung("critical", Moment("CONDITIONING", days=Param("hsct_mrd_stale"))), blocks=("HSCT",)),
    deviation("HSCT-MRD-POSITIVE", "Transplant planned with an MRD of 1e-4 or more, or with results that disagree",
              all_of(any_of(Known(Reading("conditioning_planned")), Recorded("conditioning_started")),
                     VerdictIs(Compare(LATEST_MRD, Param("hsct_mrd")), ("FAIL", "REVIEW"))), CRITICAL, blocks=("HSCT",)),
    deviation("CYCLE2-NOT-ALLOWED", "Cycle 2 given to a patient with HR, or with an MRD after cycle 1 that is 1e-4 or more or not known",
              all_of(Reached("BLINA2_START"),
                     any_of(VerdictIs(known("risk_blina1", "HR"), ("PASS",)),
                            without(Compare(BL1_MRD, Param("blina1_good"))))), CRITICAL, blocks=("BLINA_2",)),
    deviation("LIVE-VACCINE-AFTER-START", "Live vaccine after the start of blinatumomab and before B-cell recovery",
              all_of(Reached("BLINA1_START"), Dates(Day(LAST_VACCINE), ">=", Day("BLINA1_START")),
                     any_of(NOT_RECOVERED, Dates(Day(LAST_VACCINE), "<", Day("B_CELLS_RECOVERED")))), MAJOR),
    *(
        Deviation("PHASE-LATE", f"{phase} has run more than 14 days beyond its planned end: give the reason",
                  treatment(phase), (Rung("minor", Moment(end, days=15)),), assumption(), scope=(("phase", phase),))
        for phase, end in RAN_LATE
    ),
    alert("WBC-AT-LIMIT", "White cells of exactly 300: HR, though the German page says more than 300",
          all_of(YOUNG, Compare(WBC_BEFORE_STEROID, Limit("=", "300"))), MINOR),
    alert("MRD-MARKER-WEAK", "MRD marker less sensitive than 1e-4: MRD will not be evaluable",
          Compare(Reading("marker_sensitivity"), Limit(">", "1e-4")), MAJOR),
    alert("WEIGHT-UNDER-5.4", "Below 5.4 kg: no bags with preservative, 24 or 48 h only",
          all_of(Compare(Reading("weight"), Limit("<", "5.4")), treatment("EOI_DECISION", "BLINA_1", "BLINA_2")), Rung("info")),
    alert("ECHO-NOT-CLEARED", "Echocardiogram not cleared: hold anthracyclines and transplant",
          all_of(ACTIVE, Is(Reading("echo_clearance"), ("NOT_CLEARED",))), MAJOR),
    alert("PRE-OCTADAD-MRD", "MRD of 1e-4 or more before OCTADAD in a patient without blinatumomab",
          all_of(VerdictIs(WITHOUT_BLINATUMOMAB, ("PASS", "PENDING", "REVIEW")), Compare(Reading("mrd", point="PRE-OCTADAD"), POSITIVE)),
          MAJOR),
    alert("RELAPSE-WATCH", "MRD positive after it had been below 1e-4: watch for relapse", NEWLY_POSITIVE, MAJOR),
    alert("RELAPSE-CRITERIA", "Relapse criteria met: the team states the relapse or says why not",
          all_of(known("relapse_marrow", "RELAPSE"), Not(Recorded("relapse")), Not(treatment("OFF_TREATMENT"))), CRITICAL),
    *CRS_SIGNS.deviations,
    *ICANS_SIGNS.deviations,
    *CNS_COUNTS.deviations,
    *SAFETY.deviations,
)  # fmt: skip
