"""A small made-up protocol without mistakes, for tests that seed one."""

from pathway.language import (
    Action,
    AdverseEventRule,
    AdverseEventType,
    Anchor,
    Assessment,
    Band,
    Choice,
    Compare,
    Crit,
    Criterion,
    Decision,
    Deviation,
    Done,
    Exit,
    Fact,
    Infusion,
    Input,
    Is,
    Known,
    LedgerFlag,
    LedgerIs,
    LedgerPoint,
    Limit,
    Milestone,
    Moment,
    Not,
    NotObtainable,
    Outcome,
    Param,
    Passed,
    Phase,
    ProfileKey,
    Protocol,
    Reached,
    Reading,
    Recorded,
    Rung,
    Task,
    TimePoint,
    Track,
    Unit,
    Version,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    row,
)

A, R = assumption(), registry()
MRD, WBC, MARKER = Reading("mrd", point="EOI"), Reading("wbc"), Reading("marker")
CYCLES = (("cycle", ("1",)),)
FIRST = (("cycle", "1"),)
YOUNG = Compare(Reading("age"), Limit("<", "180"))
SCHEMES = ("A", "B")

RISK = Decision(
    "risk", "risk group",
    (
        Input("young", YOUNG),
        Input("wbc", WBC, (Band("low", (Limit("<", "300"),)), Band("high", (Limit(">=", "300"),)))),
    ),
    (
        row("MR", R, "R1", young="no"),
        row("MR", R, "R2", young="yes", wbc="low"),
        row("HR", R, "R3", young="yes", wbc="high"),
    ),
    ("MR", "HR"), R,
)  # fmt: skip

RESPONSE = Decision(
    "response", "response by MRD",
    (
        Input("mrd", MRD, (
            Band("good", (Param("good"),)),
            Band("at_limit", (Limit("=", "1e-4"),)),
            Band("poor", (Limit(">", "1e-4"),)),
        ), closed=("unobtainable", NotObtainable(MRD))),
    ),
    (row("GOOD", R, mrd="good"), row("POOR", A, mrd=("at_limit", "unobtainable")), row("POOR", R, mrd="poor")),
    ("GOOD", "POOR"), R,
)  # fmt: skip

COURSE = Decision(
    "course", "which course",
    (Input("risk", "risk"), Input("response", "response")),
    (
        row(Choice(SCHEMES), A, risk="MR", response="GOOD"),
        row("B", R, risk="MR", response="POOR"),
        row("A", R, risk="HR"),
    ),
    SCHEMES, R, confirm="clinician",
)  # fmt: skip

OUTSIDE = any_of(Recorded("death"), Recorded("withdrawn"))

SOUND = Protocol(
    name="sound",
    title="A made-up trial without mistakes",
    registry=("NCT00000000",),
    version=Version("1", "2025-01-01", "first"),
    profile_name="SOUND-0",
    references=(("P1", "a paper"),),
    profile=(ProfileKey("good", "limit", "< 1e-4", "good response", A),),
    facts=(
        Fact("age", "number", "age at diagnosis", "coordinator", R, units=(Unit("days"),), possible=("0", "365")),
        Fact("consent", "choice", "consent", "coordinator", R, values=("YES", "NO"), cardinality="latest"),
        Fact("wbc", "number", "white cells", "laboratory", R, units=(Unit("10^9/L"),), possible=("0", "5000")),
        Fact("marker", "choice", "marker", "laboratory", R, values=("POSITIVE", "NEGATIVE")),
        Fact("mrd", "number", "residual disease", "laboratory", R, units=(Unit("fraction"),), points=("EOI",),
             possible=("0", "1"), qualifiers=True, details=("sensitivity", "quantifiable_limit")),
    ),
    actions=(
        Action("first_dose", "first dose", R),
        Action("infusion_started", "infusion started", R, scopes=CYCLES, details=("dose",)),
        Action("infusion_stopped", "infusion stopped for good", R, scopes=CYCLES),
        Action("infusion_ended", "infusion ended", R, scopes=CYCLES),
        Action("course_ended", "course ended", R),
        Action("death", "death", R, ends="life"),
        Action("withdrawn", "consent withdrawn", R, ends="study"),
    ),
    adverse_events=(AdverseEventType("CRS", "cytokine release", R, grades=(0, 4)),),
    anchors=(
        Anchor("D1", "first day", (Done("first_dose"),), source=R),
        Anchor("BAG_OFF", "end of infusion", (LedgerPoint("blina[cycle=1]", "end"),), source=R),
    ),
    criteria=(
        Criterion("I1", "consent given", "inclusion", Is(Reading("consent"), ("YES",)), R),
        Criterion("I2", "marker positive", "inclusion", Is(MARKER, ("POSITIVE",)), R),
    ),
    decisions=(RISK, RESPONSE, COURSE),
    points=(TimePoint("EOI", "end of induction", R, of="D1", first=30, last=45),),
    tracks=(
        Track("treatment", "treatment", (
            Phase("SCREENING", "screening", R, exits=(
                Exit("INDUCTION", all_of(Crit("I1"), Crit("I2")), R),
                Exit("OUT", Not(all_of(Crit("I1"), Crit("I2"))), R),
            )),
            Phase("INDUCTION", "induction", R, exits=(
                Exit("INFUSION", Outcome("course", ("A",)), R), Exit("CHEMO", Outcome("course", ("B",)), R),
            )),
            Phase("INFUSION", "infusion", R, started_by=(LedgerPoint("blina[cycle=1]", "start"),), exits=(
                Exit("DONE", Reached("BAG_OFF"), R),
            )),
            Phase("CHEMO", "chemotherapy", R, exits=(Exit("DONE", Recorded("course_ended"), R),)),
            Phase("DONE", "done", R, terminal=True),
            Phase("OUT", "off study", R, terminal=True),
        ), anywhere=(Exit("OUT", OUTSIDE, R),)),
    ),
    ledgers=(
        Infusion("blina", "infusion", FIRST, 28, "15", "5", "ug/m2/day", (
            AdverseEventRule("CRS-LOW", "CRS", (1, 2), "continue", "continue", R),
            AdverseEventRule("CRS-3", "CRS", (3, 3), "interrupt", "interrupt", R),
            AdverseEventRule("CRS-4", "CRS", (4, 4), "stop", "stop", public("P1")),
        ), R, 7, 4),
    ),
    assessments=(
        Assessment("MARROW", "marrow at the end of induction", Moment("D1", days=32), Known(MRD), "laboratory",
                   R, window=(-2, 7)),
    ),
    tasks=(
        Task("BAG", "prepare the bag", Outcome("course", ("A",)),
             LedgerIs("blina[cycle=1]", ("running", "complete")), "clinician", R),
    ),
    milestones=(Milestone("BEGUN", "treatment begun", Reached("D1"), R),),
    deviations=(
        Deviation("ODD", "the infusion is not as it was ordered",
                  any_of(*(LedgerFlag("blina[cycle=1]", f) for f in ("dose_differs", "pause_over_limit", "started_twice"))),
                  (Rung("major"),), R),
        Deviation("LATE", "no MRD",
                  all_of(Passed(Moment("D1", days=40)), Not(Known(MRD)), Not(NotObtainable(MRD))), (Rung("major"),), R),
    ),
)  # fmt: skip
