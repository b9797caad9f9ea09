"""What is due when: assessments with their windows, series, and tasks. No window is public; all are engineering defaults."""

from pathway.language import (
    Assessment,
    Compare,
    Directed,
    Fresh,
    InPhase,
    Is,
    Known,
    LedgerFlag,
    LedgerIs,
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
    Series,
    Taken,
    Task,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    without,
)
from protocols.interfant21.anchors import course, point
from protocols.interfant21.blinatumomab import stop_decided, stopped
from protocols.interfant21.choices import AFTER_CYCLE_1, FRESH_MARROW
from protocols.interfant21.criteria import VACCINE_PASSES
from protocols.interfant21.facts import BL1_MRD, CNS_COUNTS, COURSES, EOI_MRD, LATEST_MRD, SAFETY
from protocols.interfant21.risk import WITHOUT_BLINATUMOMAB

CHEMOTHERAPY = ("INDUCTION", "EOI_DECISION", "POST_BLINA1_DECISION", "CONSOLIDATION", "MARMA", "OCTADAD")
BEFORE_CONSOLIDATION = ("PREPHASE", "INDUCTION", "EOI_DECISION", "BLINA_1", "POST_BLINA1_DECISION")
# Said by what it is not: so it holds since the beginning, and no notice is dated anew when the phase changes.
ACTIVE = Not(InPhase("treatment", ("NOT_STARTED", "END_OF_TREATMENT", "HSCT", "OFF_TREATMENT")))
CONDITIONING_PLANNED = all_of(
    Outcome("hsct_indication", ("INDICATED",)), Known(Reading("conditioning_planned"))
)
WITH_BLINATUMOMAB = VerdictIs(WITHOUT_BLINATUMOMAB, ("FAIL", "PENDING", "REVIEW"))


def treatment(*phases: str) -> Predicate:
    """The treatment track is in one of the phases."""
    return InPhase("treatment", phases)


def marrow(at: str) -> Predicate:
    """The marrow of a time point has been taken."""
    return any_of(
        Recorded("marrow_sampled", point(at)),
        Known(Reading("marrow_blasts", point=at)),
        Known(Reading("mrd", point=at)),
    )


def echo_before(anchor: str) -> Predicate:
    """An echocardiogram of the last 28 days before the anchor."""
    return Fresh(Reading("echo_clearance"), 28, before=anchor)


def lumbar_puncture(name: str, start: str, last: int) -> Assessment:
    """The lumbar puncture with a course's intrathecal chemotherapy."""
    return Assessment(f"LP-{name}", f"Lumbar puncture with intrathecal chemotherapy, {name}", Moment(start),
                      Recorded("it_given", course(name)), "clinician", public("P4", note="window: assumption"),
                      window=(0, last), asked=treatment(name))  # fmt: skip


ASSESSMENTS = (
    Assessment("DIAGNOSIS-WORKUP", "Work-up at diagnosis: marrow, blood, CSF; lineage, KMT2A, CD19, WBC, CNS status",
               Moment("D1"),
               all_of(Known(Reading("lineage")), Known(Reading("cd19")), Known(Reading("wbc")), Known(Reading("cns", point="DIAGNOSIS"))),
               "clinician", registry("criteria; window: assumption"), window=(-7, 0),
               asked=InPhase("registration", ("SCREENING", "ENROLLED"))),
    Assessment("MRD-MARKER", "MRD marker with a sensitivity of at least 1e-4, result by D28", Moment("D1"),
               Known(Reading("marker_sensitivity")), "laboratory", assumption(), window=(0, 27), asked=ACTIVE),
    Assessment("D8-COUNT", "Blood blasts, prednisone response", Moment("D8"), Known(Reading("blood_blasts", point="D8")),
               "laboratory", public("P6", note="window: assumption"), window=(0, 1), asked=treatment("PREPHASE", "INDUCTION")),
    Assessment("EOI-MARROW", "End-of-induction marrow: morphology and MRD by PCR; may be postponed for pancytopenia",
               Moment("EOI"), Reached("EOI_SAMPLE"), "clinician", registry("day ~33; window: assumption"), window=(-2, 7),
               asked=treatment("PREPHASE", "INDUCTION", "EOI_DECISION")),
    Assessment("EOI-LP", "End-of-induction lumbar puncture, before b1", Moment("EOI"), Known(Reading("cns", point="EOI")),
               "clinician", registry("window: assumption"), window=(-2, 3),
               asked=treatment("PREPHASE", "INDUCTION", "EOI_DECISION")),
    Assessment("EOI-MRD", "End-of-induction MRD, result", Moment("EOI_SAMPLE", days=Param("result_turnaround")),
               any_of(Known(EOI_MRD), NotObtainable(EOI_MRD)), "laboratory", assumption(),
               asked=all_of(ACTIVE, Reached("EOI_SAMPLE"))),
    Assessment("BLINA1-WAIT", "Wait until this day: then a live vaccine does not exclude from blinatumomab any more (X4)", Moment("BLINA1_FREE"),
               Reached("BLINA1_START"), "clinician", assumption("inside the window to D47"), asked=all_of(treatment("INDUCTION", "EOI_DECISION"), VACCINE_PASSES)),
    Assessment("BL1-D15-MARROW", "Marrow in mid-cycle 1, optional: information only", Moment("BLINA1_START", days=14),
               marrow("BL1-D15"), "clinician", public("P8", note="pilot; optional here: assumption"), window=(-2, 2),
               asked=treatment("BLINA_1")),
    Assessment("BL1-END-MARROW", "Marrow on the day of bag off: MRD by PCR", Moment("BL1_OFF"), Reached("BL1_SAMPLE"),
               "clinician", registry("window: assumption"), window=(-1, 4),
               asked=all_of(treatment(*BEFORE_CONSOLIDATION, "CONSOLIDATION"), WITH_BLINATUMOMAB, without(stopped("1")),
                            Not(LedgerIs("blina[cycle=1]", ("paused",))))),
    Assessment("BL1-STOP-MARROW", "BL1-END marrow after a permanent stop", Moment("BL1_OFF", days=1), Reached("BL1_SAMPLE"),
               "clinician", assumption("stop + 1..7 d"), window=(0, 6),
               asked=all_of(treatment(*BEFORE_CONSOLIDATION, "CONSOLIDATION"), stopped("1"))),
    Assessment("BL1-END-MRD", "BL1-END MRD, result", Moment("BL1_SAMPLE", days=Param("result_turnaround")),
               any_of(Known(BL1_MRD), NotObtainable(BL1_MRD)), "laboratory", assumption(),
               asked=all_of(ACTIVE, Reached("BL1_SAMPLE"))),
    Assessment("EOC-MARROW", "Marrow at the end of consolidation", Moment("CONSOLIDATION_END"), marrow("EOC"), "clinician",
               public("P11", note="Interfant-06; window: assumption"), window=(-7, 7),
               asked=treatment("CONSOLIDATION", "BLINA_2", "MARMA")),
    Assessment("BL2-END-MARROW", "Marrow after blinatumomab cycle 2", Moment("BL2_OFF"), marrow("BL2-END"), "clinician",
               assumption(), window=(-1, 4),
               asked=all_of(treatment("BLINA_2", "OCTADAD"), Not(LedgerIs("blina[cycle=2]", ("not_started",))))),
    Assessment("PRE-OCTADAD-MARROW", "Marrow before OCTADAD: patients without blinatumomab only", Moment("OCTADAD_START"),
               marrow("PRE-OCTADAD"), "clinician", public("P3", "P4", note="used for these patients only: assumption"),
               window=(-7, 0), asked=all_of(treatment("MARMA", "OCTADAD"), WITHOUT_BLINATUMOMAB)),
    Assessment("PRE-HSCT-MARROW", "Marrow of at most 14 days before conditioning", Moment("CONDITIONING"), FRESH_MARROW,
               "clinician", registry("threshold; window: assumption"), window=(-14, 0),
               asked=all_of(any_of(InPhase("transplant", ("HSCT_ELIGIBLE",)), CONDITIONING_PLANNED), ACTIVE)),
    lumbar_puncture("PREPHASE", "D1", 6),
    lumbar_puncture("INDUCTION", "D8", 24),
    lumbar_puncture("CONSOLIDATION", "CONSOLIDATION_START", 27),
    lumbar_puncture("MARMA", "MARMA_START", 27),
    lumbar_puncture("OCTADAD", "OCTADAD_START", 27),
    Assessment("ECHO-INDUCTION", "Echocardiogram before induction", Moment("D8"), echo_before("D8"), "clinician",
               assumption(), window=(-28, 0), asked=treatment("PREPHASE", "INDUCTION")),
    Assessment("ECHO-ADE", "Echocardiogram before ADE", Moment("CONSOLIDATION_START"), echo_before("CONSOLIDATION_START"),
               "clinician", assumption(), window=(-28, 0),
               asked=all_of(treatment("EOI_DECISION", "POST_BLINA1_DECISION", "CONSOLIDATION"),
                            Taken("consolidation", ("ADE_MAE",)))),
    Assessment("ECHO-OCTADAD", "Echocardiogram before OCTADAD", Moment("OCTADAD_START"), echo_before("OCTADAD_START"),
               "clinician", assumption(), window=(-28, 0), asked=treatment("BLINA_2", "MARMA", "OCTADAD")),
    Assessment("ECHO-HSCT", "Echocardiogram before transplant", Moment("CONDITIONING"), echo_before("CONDITIONING"),
               "clinician", assumption(), window=(-28, 0), asked=all_of(InPhase("transplant", ("HSCT_ELIGIBLE",)), ACTIVE)),
)  # fmt: skip

TWICE_A_WEEK = (0, 1, 2, 5, 9, 12, 16, 19, 23, 26)
"""b1 to b3 daily, then twice a week, as days after b1."""

NOT_RECOVERED = VerdictIs(Is(Reading("b_cells_recovered"), ("YES",)), ("FAIL", "PENDING", "REVIEW"))
IN_FOLLOW_UP = InPhase("follow_up", ("FOLLOW_UP",))

SERIES = (
    Series("COUNTS-BLINA1", "Blood count, chemistry: b1 to b3 daily, then twice a week", Moment("BLINA1_START"), "clinician",
           assumption(), days=4, pattern=TWICE_A_WEEK, window=(0, 1), fact="neutrophils", while_=treatment("BLINA_1"),
           until=Moment("BL1_OFF", at="close")),
    Series("COUNTS-BLINA2", "Blood count, chemistry: b1 to b3 daily, then twice a week", Moment("BLINA2_START"), "clinician",
           assumption(), days=4, pattern=TWICE_A_WEEK, window=(0, 1), fact="neutrophils", while_=treatment("BLINA_2"),
           until=Moment("BL2_OFF", at="close")),
    Series("COUNTS-CHEMO", "Blood count, chemistry: weekly", Moment("D1"), "clinician", assumption(), days=7, window=(-1, 1),
           fact="neutrophils", while_=treatment(*CHEMOTHERAPY)),
    Series("COUNTS-MAINTENANCE", "Blood count, chemistry: every 2 weeks", Moment("MAINTENANCE_START"), "clinician",
           assumption(), days=14, window=(-3, 3), fact="neutrophils", while_=treatment("MAINTENANCE")),
    Series("EOI-POSTPONED", "End-of-induction marrow is postponed: still pancytopenic?", Moment("EOI_POSTPONED", days=7),
           "coordinator", public("P9", note="re-asked every 7 d: assumption"), days=7, action="eoi_postponed",
           while_=all_of(Reached("EOI_POSTPONED"), Not(Reached("EOI_SAMPLE")), ACTIVE)),
    Series("B-CELLS-1", "Immunoglobulin, B cells after cycle 1, then every 3 months until recovered", Moment("BL1_OFF"),
           "laboratory", assumption(), months=3, window=(-14, 14), fact="b_cells_recovered",
           while_=all_of(Reached("BL1_OFF"), NOT_RECOVERED, LedgerIs("blina[cycle=2]", ("not_started",)),
                         any_of(ACTIVE, treatment("END_OF_TREATMENT", "HSCT"), IN_FOLLOW_UP))),
    Series("B-CELLS-2", "Immunoglobulin, B cells after cycle 2, then every 3 months until recovered", Moment("BL2_OFF"),
           "laboratory", assumption(), months=3, window=(-14, 14), fact="b_cells_recovered",
           while_=all_of(Reached("BL2_OFF"), NOT_RECOVERED,
                         any_of(ACTIVE, treatment("END_OF_TREATMENT", "HSCT"), IN_FOLLOW_UP))),
    Series("FOLLOW-UP-1-2", "Follow-up every 3 months, years 1 and 2", Moment("OFF_TREATMENT_DAY", months=3), "coordinator",
           assumption(), months=3, window=(-14, 14), fact="survival", count=8, while_=IN_FOLLOW_UP),
    Series("FOLLOW-UP-3-5", "Follow-up every 6 months, years 3 to 5", Moment("OFF_TREATMENT_DAY", months=30), "coordinator",
           assumption(), months=6, window=(-14, 14), fact="survival", count=6, while_=IN_FOLLOW_UP),
    Series("FOLLOW-UP-LATER", "Follow-up yearly, survival until the study's end", Moment("OFF_TREATMENT_DAY", months=72),
           "coordinator", assumption(), months=12, window=(-30, 30), fact="survival", while_=IN_FOLLOW_UP),
)  # fmt: skip

INDICATED = all_of(
    Outcome("hsct_indication", ("INDICATED",)),
    Not(InPhase("treatment", ("END_OF_TREATMENT", "OFF_TREATMENT"))),
    Not(InPhase("registration", ("SCREEN_FAILURE", "OFF_STUDY"))),
)


def cycle_tasks(number: str, hospital_days: int, wait: str) -> tuple[Task, ...]:
    """What a cycle asks of pharmacy and ward."""
    start, ledger, phase = f"BLINA{number}_START", f"blina[cycle={number}]", f"BLINA_{number}"
    first = (
        "dexamethasone 5 mg/m2 (max 20 mg) before the first dose"
        if number == "1"
        else "none by the label before cycle 2"
    )
    again = "; pre-medicate again" if number == "1" else ""
    open_ = any_of(
        all_of(treatment(phase), Not(Directed(ledger, ("stop",)))),
        all_of(
            treatment(wait),
            LedgerIs(ledger, ("not_started",)),
            Outcome(
                "blina_status" if number == "1" else "blina2_planned",
                ("eligible",) if number == "1" else ("YES",),
            ),
        ),
    )
    last_day = Moment(start, days=hospital_days - 1, at="close")
    running = LedgerIs(ledger, ("running", "end_expected", "paused"))
    return (
        Task(f"PREMEDICATION-BLINA{number}",
             f"Pre-medication: {first}. EU-type text: 10 mg/m2 6 to 12 h before and 5 mg/m2 within 30 min; the site's label "
             "edition decides (G9)", open_, Reached(start), "clinician", public("B2", "B7"), due=Moment(start)),
        Task(f"BAGS-BLINA{number}",
             "Bags: 24 or 48 h without preservative; 72 h, 96 h or 7 days with it, not below 5.4 kg. Constant rate, locked pump "
             "with alarm; never flush the line. Storage limits: the pharmacy's", open_,
             LedgerIs(ledger, ("complete", "stopped", "short")), "clinician", public("B1", "B5", "B8b")),
        Task(f"HOSPITAL-BLINA{number}", f"In hospital for the first {hospital_days} days of cycle {number}",
             all_of(treatment(phase), Reached(start), Not(Passed(last_day))), Recorded("discharged", (("cycle", number),)), "clinician", public("B1"), due=last_day),
        Task(f"SUPERVISED-RESTART-BLINA{number}", f"Paused for 4 hours or more: restart under supervision{again}",
             all_of(LedgerFlag(ledger, "long_pause"), running), LedgerFlag(ledger, "supervised_restart"), "clinician",
             public("B1", "B2"), ends_with="treatment"),
        Task(f"STOP-BLINA{number}", "The stop for good is decided: disconnect and record infusion_stopped",
             all_of(stop_decided(number), any_of(running, LedgerIs(ledger, ("stopped",)))), LedgerIs(ledger, ("stopped",)),
             "clinician", public("B3"), ends_with="study"),
    )  # fmt: skip


TASKS = (
    *(
        Task(f"REPORT-{name}-START", f"{name} is expected to have begun: report its start, or that it has not", treatment(name),
             Recorded("course_started", course(name)), "coordinator", assumption("a planned day is no report"))
        for name in COURSES
    ),
    Task("WEIGH", "Weigh before blinatumomab: below 5.4 kg there are no bags with preservative", treatment("EOI_DECISION"),
         Known(Reading("weight")), "clinician", assumption("the limit of the label cannot be looked at without a weight")),
    *cycle_tasks("1", 3, wait="EOI_DECISION"),
    *cycle_tasks("2", 2, wait="CONSOLIDATION"),
    Task("DONOR-SEARCH", "Start the donor search", INDICATED, Recorded("donor_search_started"), "coordinator", assumption()),
    Task("FAMILY-TYPING", "Type the family within 14 days", INDICATED, Recorded("family_typed"), "coordinator", assumption(),
         due=Moment("HSCT_INDICATED", days=14)),
    Task("BRIDGE", "MRD not yet < 1e-4: experimental therapy, such as CAR-T, possibly in another trial, as a bridge",
         all_of(INDICATED, VerdictIs(AFTER_CYCLE_1, ("PASS",)), VerdictIs(Compare(LATEST_MRD, Param("hsct_mrd")), ("FAIL",))),
         Outcome("hsct_eligible", ("ELIGIBLE",)), "clinician", public("P1")),
    Task("REPEAT-MARROW", "Suspected relapse: repeat the marrow with two tests",
         Outcome("relapse_marrow", ("REPEAT_MARROW",)), Known(Reading("relapse_repeat_tests")), "clinician", public("P13b"),
         ends_with="treatment"),
    *CNS_COUNTS.tasks,
    *SAFETY.tasks,
)  # fmt: skip
