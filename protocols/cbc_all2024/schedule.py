"""What is due when (section 3): assessments with their windows, series, and tasks. No window is public; all are defaults."""

from pathway.language import (
    Assessment,
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
    Passed,
    Predicate,
    Reached,
    Reading,
    Recorded,
    Series,
    Task,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
)
from protocols.cbc_all2024 import methotrexate
from protocols.cbc_all2024.anchors import course
from protocols.cbc_all2024.blinatumomab import STARTED, STOP_DECIDED
from protocols.cbc_all2024.criteria import BARRED
from protocols.cbc_all2024.facts import CNS_COUNTS, D19_FLOW, D46_NGS, SAFETY
from protocols.cbc_all2024.marrow import PRE_BLINA_MARROW, taken
from protocols.cbc_all2024.transplant import FRESH_MARROW

# Said by what it is not: so it holds since the beginning, and no notice is dated anew when the phase changes.
ACTIVE = Not(InPhase("treatment", ("NOT_STARTED", "END_OF_TREATMENT", "HSCT", "OFF_TREATMENT")))
TO_START = InPhase("registration", ("SCREENING", "ENROLLED"))
IN_FOLLOW_UP = InPhase("follow_up", ("FOLLOW_UP",))
NOT_RECOVERED = VerdictIs(Is(Reading("b_cells_recovered"), ("YES",)), ("FAIL", "PENDING", "REVIEW"))
BEFORE_B1 = all_of(TO_START, LedgerIs("blina", ("not_started",)))


def treatment(*phases: str) -> Predicate:
    """The treatment track is in one of the phases."""
    return InPhase("treatment", phases)


def begun(name: str) -> Predicate:
    """A course is reported as started."""
    started = Recorded("course_started", course(name))
    return any_of(started, Recorded("hdmtx_started", course("1"))) if name == "CONSOLIDATION" else started


GIVING = all_of(any_of(BEFORE_B1, treatment("BLINA_14")), Not(BARRED), Not(Directed("blina", ("stop",))))
"""Nothing is prepared for whom blinatumomab is barred, or stopped."""

REPORTED = (
    ("CONSOLIDATION", "Consolidation", "CONSOLIDATION"),
    ("MAINTENANCE-1", "Maintenance 1", "MAINTENANCE_1"),
    ("REINDUCTION-1", "Reinduction 1", "REINDUCTION"),
    ("MAINTENANCE-2", "Maintenance 2", "MAINTENANCE_2"),
)
"""Courses that have begun only when somebody says so: id, name, phase."""


def echo_before(anchor: str) -> Predicate:
    """An echocardiogram of the last 28 days before the anchor."""
    return Fresh(Reading("echo_clearance"), 28, before=anchor)


ASSESSMENTS = (
    Assessment("DIAGNOSIS-WORKUP", "Work-up at diagnosis: marrow, blood, CSF; morphology, phenotype, surface IgM, fusion genes, CNS",
               Moment("D1"),
               all_of(Known(Reading("morphology")), Known(Reading("immunophenotype")), Known(Reading("surface_igm")),
                      Known(Reading("cns", point="DIAGNOSIS"))), "clinician", registry("criteria; window: assumption"), window=(-7, 0)),
    Assessment("NGS-CLONE", "Clone for NGS in the diagnosis sample, result by D28", Moment("D1"), Known(Reading("ngs_clone")),
               "laboratory", assumption(), window=(0, 27), asked=ACTIVE),
    Assessment("D19-MARROW", "D19 marrow: MRD by flow", Moment("D19"), any_of(Reached("D19_SAMPLE"), NotObtainable(D19_FLOW)),
               "clinician", registry("window: assumption"), window=(-1, 1), asked=treatment("INDUCTION_1")),
    Assessment("PRE-BLINA-MARROW", "Marrow before blinatumomab, D28: flow and NGS; the D19 marrow may count",
               Moment("BLINA_SLOT", days=-1), PRE_BLINA_MARROW, "clinician", registry("before and after; day: assumption"),
               window=(-2, 1), asked=BEFORE_B1),
    Assessment("NEURO-CHECK", "Neurological examination, seizure history", Moment("BLINA_SLOT", days=-1),
               Known(Reading("neurology_check")), "clinician", assumption("E6"), window=(-3, 0), asked=BEFORE_B1),
    Assessment("WEIGHT", "Weight: below 45 kg 15 ug/m2/day, from 45 kg 28 ug/day", Moment("BLINA_SLOT", days=-1),
               Fresh(Reading("weight"), 14, before="BLINA_START"), "clinician", public("B6"), window=(-3, 0), asked=BEFORE_B1),
    Assessment("D46-MARROW", "End-of-induction marrow: flow, NGS, morphology; never before bag off + 24 h", Moment("D46"),
               Reached("D46_SAMPLE"), "clinician", registry("window: assumption"), window=(-3, 4),
               asked=treatment("INDUCTION_1", "BLINA_14", "INDUCTION_2", "EOI_ASSESSMENT"), ends_with="life"),
    Assessment("D46-NGS", "NGS MRD of the end-of-induction marrow, result", Moment("D46_SAMPLE", days=21),
               any_of(Known(D46_NGS), NotObtainable(D46_NGS)), "laboratory", registry("day: assumption"),
               asked=all_of(ACTIVE, Reached("D46_SAMPLE"), STARTED)),
    *methotrexate.ASSESSMENTS,
    Assessment("WATCH-MARROW", "Watch list: second marrow after two courses of HD-MTX", Moment("HDMTX2_START", days=14),
               taken("WATCH"), "clinician", assumption(), window=(-3, 7), asked=InPhase("transplant", ("WATCH",))),
    Assessment("WEEK-12-16-MARROW", "Later MRD, week 12 to 16: notice only", Moment("D1", days=98), taken("WEEK-12-16"), "clinician",
               assumption(), window=(-14, 14), asked=treatment("CONSOLIDATION", "MAINTENANCE_1")),
    Assessment("EOC-MARROW", "Later MRD, end of consolidation: notice only", Moment("CONSOLIDATION_END"), taken("END-OF-CONSOLIDATION"),
               "clinician", assumption(), window=(-7, 7), asked=treatment("CONSOLIDATION", "MAINTENANCE_1")),
    Assessment("EOT-MARROW", "Later MRD, end of treatment: notice only", Moment("MAINTENANCE_2_END"), taken("END-OF-TREATMENT"),
               "clinician", assumption(), window=(-7, 7), asked=treatment("MAINTENANCE_2", "END_OF_TREATMENT")),
    Assessment("PRE-HSCT-MARROW", "Marrow of at most 14 days before conditioning", Moment("CONDITIONING"), FRESH_MARROW, "clinician",
               assumption(), window=(-14, 0), asked=all_of(InPhase("transplant", ("HSCT_ELIGIBLE",)), ACTIVE)),
    Assessment("ECHO-INDUCTION", "Echocardiogram before the first anthracycline", Moment("INDUCTION_START"),
               echo_before("INDUCTION_START"), "clinician", assumption(), window=(-28, 0), asked=treatment("NOT_STARTED", "INDUCTION_1"), ends_with="life"),
    Assessment("ECHO-HSCT", "Echocardiogram before transplant", Moment("CONDITIONING"), echo_before("CONDITIONING"), "clinician",
               assumption(), window=(-28, 0), asked=all_of(InPhase("transplant", ("HSCT_ELIGIBLE",)), ACTIVE)),
)  # fmt: skip

TWICE_A_WEEK = (0, 1, 2, 5, 9, 12)
"""b1 to b3 daily, then twice a week, as days after b1."""

SERIES = (
    Series("COUNTS-BLINA", "Blood count, chemistry: b1 to b3 daily, then twice a week", Moment("BLINA_START"), "clinician",
           assumption(), days=4, pattern=TWICE_A_WEEK, window=(-1, 1), fact="neutrophils", while_=treatment("BLINA_14"),
           until=Moment("BLINA_OFF", at="close")),
    Series("COUNTS-CHEMO", "Blood count, chemistry: weekly", Moment("D1"), "clinician", assumption(), days=7, window=(-1, 1),
           fact="neutrophils",
           while_=treatment("INDUCTION_1", "INDUCTION_2", "EOI_ASSESSMENT", "CONSOLIDATION", "MAINTENANCE_1", "REINDUCTION"), ends_with="life"),
    Series("B-CELLS", "Immunoglobulins, B cells: after blinatumomab, then every 3 months until recovered", Moment("BLINA_OFF"),
           "laboratory", assumption(), months=3, window=(-14, 14), fact="b_cells_recovered",
           while_=all_of(STARTED, Reached("BLINA_OFF"), NOT_RECOVERED,
                         any_of(ACTIVE, treatment("END_OF_TREATMENT", "HSCT"), IN_FOLLOW_UP))),
    Series("FOLLOW-UP-1-2", "Follow-up every 3 months, years 1 and 2", Moment("OFF_TREATMENT_DAY", months=3), "coordinator",
           assumption(), months=3, window=(-14, 14), fact="survival", count=8, while_=IN_FOLLOW_UP),
    Series("FOLLOW-UP-3-5", "Follow-up every 6 months, years 3 to 5", Moment("OFF_TREATMENT_DAY", months=30), "coordinator",
           assumption(), months=6, window=(-14, 14), fact="survival", count=6, while_=IN_FOLLOW_UP),
    Series("FOLLOW-UP-LATER", "Follow-up yearly, survival to 2030-05-31", Moment("OFF_TREATMENT_DAY", months=72), "coordinator",
           assumption(), months=12, window=(-30, 30), fact="survival", while_=IN_FOLLOW_UP),
)  # fmt: skip

RUNNING = LedgerIs("blina", ("running", "end_expected", "paused"))
LAST_HOSPITAL_DAY = Moment("BLINA_START", days=2, at="close")
INDICATED = all_of(
    Outcome("hsct_indication", ("INDICATED",)),
    Not(InPhase("transplant", ("TRANSPLANTED", "CLOSED"))),
)  # fmt: skip

TASKS = (
    *(
        Task(f"REPORT-{part}-START", f"{name} is expected to have begun: report its start, or that it has not", treatment(phase),
             begun(part.replace("-", "_")), "coordinator", assumption("a planned day is no report"), ends_with="life")
        for part, name, phase in REPORTED
    ),
    Task("ORDER-DRUG", "Enrolled: order drug, pump and bed", InPhase("registration", ("ENROLLED",)),
         any_of(Recorded("drug_ordered"), STARTED), "coordinator", assumption(), due=Moment("BLINA_SLOT", days=-3), ends_with="treatment"),
    Task("PLAN-INDUCTION-2", "No D19 result: plan backbone part 2 in parallel",
         all_of(InPhase("registration", ("AWAIT_D19",)), Not(Known(D19_FLOW)), Passed(Moment("D1", days=23))),
         Recorded("induction_2_planned"), "coordinator", assumption(), due=Moment("BLINA_SLOT"), ends_with="treatment"),
    Task("PREMEDICATION", "Pre-medication: dexamethasone 5 mg/m2 (max 20 mg) before the first dose. EU-type text: 10 mg/m2 6 to 12 h "
         "before and 5 mg/m2 within 30 min; the site's label edition decides (H11)",
         GIVING, Reached("BLINA_START"), "clinician", public("B2", "B7"), due=Moment("BLINA_START"), ends_with="treatment"),
    Task("BAGS", "Bags: 14 of 24 h, 7 of 48 h (no preservative) or 2 of 7 days (with preservative, not below 5.4 kg); 72 and 96 h do "
         "not divide 14 days evenly", GIVING, LedgerIs("blina", ("complete", "stopped", "short")),
         "clinician", public("B1", "B5"), due=Moment("BLINA_OFF"), ends_with="treatment"),
    Task("HOSPITAL", "In hospital for the first 3 days", all_of(treatment("BLINA_14"), Reached("BLINA_START"), Not(Passed(LAST_HOSPITAL_DAY))),
         Recorded("discharged"), "clinician", public("B1"), due=LAST_HOSPITAL_DAY),
    Task("SUPERVISED-RESTART", "Paused for 4 hours or more: restart under supervision; pre-medicate again",
         all_of(LedgerFlag("blina", "long_pause"), RUNNING), LedgerFlag("blina", "supervised_restart"), "clinician",
         public("B1", "B2"), ends_with="treatment"),
    Task("STOP-BLINA", "The stop for good is decided: disconnect and record infusion_stopped",
         all_of(STOP_DECIDED, any_of(RUNNING, LedgerIs("blina", ("stopped",)))), LedgerIs("blina", ("stopped",)), "clinician",
         public("B3"), ends_with="study"),
    *methotrexate.TASKS,
    Task("HLA-TYPING", "Watch list: HLA typing", InPhase("transplant", ("WATCH",)), Recorded("hla_typed"), "coordinator", assumption(), ends_with="study"),
    Task("DONOR-SEARCH", "Start the donor search", INDICATED, Recorded("donor_search_started"), "coordinator", assumption(), ends_with="life"),
    Task("REPEAT-MARROW", "Suspected relapse: repeat the marrow with two tests", Outcome("relapse_marrow", ("REPEAT_MARROW",)),
         Known(Reading("relapse_repeat_tests")), "clinician", public("B14", note="1 to 4 weeks later: assumption"),
         ends_with="treatment"),
    *CNS_COUNTS.tasks,
    *SAFETY.tasks,
)  # fmt: skip
