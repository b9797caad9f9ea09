"""A small made-up protocol that has one of everything a scenario can speak of."""

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
    Endpoint,
    Exit,
    Fact,
    Infusion,
    Input,
    Is,
    Known,
    LedgerPoint,
    Limit,
    Milestone,
    Moment,
    Not,
    Outcome,
    Phase,
    ProfileKey,
    Protocol,
    Reached,
    Reading,
    Recorded,
    Restart,
    Rung,
    StudyDay,
    Track,
    Unit,
    Version,
    all_of,
    assumption,
    row,
)

A = assumption()
MRD = Reading("mrd", point="EOI")
CYCLES = (("cycle", ("1", "2")),)
FIRST = (("cycle", "1"),)

TOY = Protocol(
    name="toy",
    title="A made-up trial",
    registry=(),
    version=Version("1", "2025-01-01", "first"),
    profile_name="TOY-0",
    references=(),
    profile=(
        ProfileKey("eoi_day", "study_day", "D33", "end of induction", A),
        ProfileKey("good", "limit", "< 5e-4", "good response", A),
        ProfileKey("course", "choice", "IB", "course", A, options=("IB", "ADE")),
        ProfileKey("length_IB", "days", "42", "length of IB", A, simulation=True),
    ),
    facts=(
        Fact("birth_date", "date", "date of birth", "coordinator", A),
        Fact("consent", "choice", "consent", "coordinator", A, values=("YES", "NO"), cardinality="latest"),
        Fact("vaccine", "date", "live vaccine", "clinician", A, never=True, cardinality="ever"),
        Fact(
            "wbc",
            "number",
            "white cells",
            "laboratory",
            A,
            units=(Unit("10^9/L"), Unit("/uL", "0.001")),
            possible=("0", "5000"),
            plausible=("0.1", "2000"),
            cardinality="max",
        ),
        Fact(
            "mrd",
            "number",
            "residual disease",
            "laboratory",
            A,
            units=(Unit("fraction"), Unit("%", "0.01")),
            points=("EOI", "END"),
            possible=("0", "1"),
            qualifiers=True,
            details=("assay", "sensitivity"),
        ),
    ),
    actions=(
        Action("first_prednisone", "first dose of prednisone", A),
        Action("infusion_started", "infusion started", A, scopes=CYCLES, details=("dose",)),
        Action("infusion_paused", "infusion paused", A, scopes=CYCLES, details=("cause",)),
        Action("infusion_resumed", "infusion resumed", A, scopes=CYCLES, details=("dose",)),
        Action("infusion_stopped", "infusion stopped", A, scopes=CYCLES, details=("cause",)),
        Action("infusion_ended", "infusion ended", A, scopes=CYCLES),
        Action("relapse", "relapse", A, role="clinician", ends="treatment"),
        Action("death", "death", A, ends="life"),
    ),
    adverse_events=(
        AdverseEventType("CRS", "cytokine release", A, scales=("ASTCT", "CTCAE")),
        AdverseEventType("SEIZURE", "seizure", A, occurrences=True),
    ),
    anchors=(
        Anchor("D1", "first day", (Done("first_prednisone"),)),
        Anchor("EOI", "end of induction", (), (StudyDay("D1", 33),)),
        Anchor("START1", "b1", (LedgerPoint("blina[cycle=1]", "start"),)),
        Anchor("END1", "end of infusion", (LedgerPoint("blina[cycle=1]", "end"),)),
        Anchor("RELAPSE", "relapse", (Done("relapse"),)),
    ),
    criteria=(Criterion("I1", "consent given", "inclusion", Is(Reading("consent"), ("YES",)), A),),
    decisions=(
        Decision(
            "risk",
            "risk group",
            (
                Input(
                    "wbc",
                    Reading("wbc"),
                    (Band("low", (Limit("<", "300"),)), Band("high", (Limit(">=", "300"),))),
                ),
            ),
            (row("MR", A, "W1", wbc="low"), row("HR", A, "W2", wbc="high")),
            ("MR", "HR"),
            A,
        ),
        Decision(
            "response",
            "response",
            (
                Input(
                    "mrd",
                    MRD,
                    (
                        Band("good", (Limit("<", "5e-4"),)),
                        Band("equal", (Limit("=", "5e-4"),)),
                        Band("poor", (Limit(">", "5e-4"),)),
                    ),
                ),
            ),
            (
                row("GOOD", A, mrd="good"),
                row("POOR", A, mrd="equal"),
                row(Choice(("POOR", "GOOD")), A, mrd="poor"),
            ),
            ("GOOD", "POOR"),
            A,
            confirm="clinician",
            boundary=Compare(MRD, Limit("=", "5e-4")),
            on_reopen="keep",
        ),
    ),
    tracks=(
        Track(
            "treatment",
            "treatment",
            (
                Phase(
                    "SCREENING",
                    "screening",
                    A,
                    exits=(
                        Exit("TREATMENT", all_of(Crit("I1"), Known(Reading("wbc"))), A),
                        Exit("OUT", Is(Reading("consent"), ("NO",)), A),
                    ),
                ),
                Phase(
                    "TREATMENT",
                    "treatment",
                    A,
                    exits=(Exit("INFUSION", Outcome("response", ("GOOD", "POOR")), A),),
                ),
                Phase(
                    "INFUSION", "infusion", A, started_by=(Done("infusion_started", FIRST),), terminal=True
                ),
                Phase("OUT", "screen failure", A, terminal=True),
            ),
        ),
    ),
    ledgers=(
        Infusion(
            "blina",
            "infusion",
            FIRST,
            28,
            "15",
            "5",
            "ug/m2/day",
            (
                AdverseEventRule(
                    "CRS3", "CRS", (3, 3), "interrupt", "interrupt", A, restart=Restart(1, 0, 7)
                ),
                AdverseEventRule("CRS4", "CRS", (4, 4), "stop", "stop", A),
            ),
            A,
            7,
            4,
        ),
    ),
    assessments=(
        Assessment(
            "EOI-MRD",
            "marrow at the end of induction",
            Moment("EOI"),
            Known(MRD),
            "laboratory",
            A,
            window=(-2, 7),
        ),
    ),
    milestones=(
        Milestone("EOI-DONE", "end of induction reached", Reached("D1"), A),
        Milestone("MRD-KNOWN", "MRD", Known(MRD), A, value=MRD),
    ),
    deviations=(
        Deviation(
            "EOI-MRD-MISSING",
            "end-of-induction MRD missing",
            all_of(Recorded("first_prednisone"), Not(Known(MRD))),
            (Rung("minor", Moment("EOI", days=3)), Rung("major", Moment("EOI", days=8))),
            A,
        ),
    ),
    endpoints=(Endpoint("EFS", "event-free survival", "D1", (("relapse", "RELAPSE"),), A),),
)
