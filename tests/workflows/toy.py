"""A small made-up protocol for tests of the shell: its text never changes, so that recorded histories
keep their hash.
"""

from pathway.language import (
    Action,
    Anchor,
    Assessment,
    Band,
    Compare,
    Criterion,
    Decision,
    Deviation,
    Done,
    Exit,
    Fact,
    Input,
    Known,
    Limit,
    Moment,
    Not,
    Passed,
    Phase,
    Protocol,
    Reading,
    Recorded,
    Rung,
    Track,
    Unit,
    Version,
    all_of,
    assumption,
    row,
)

A = assumption("made up for tests")
MRD = Reading("mrd", "EOI")

TOY = Protocol(
    name="toy",
    title="A made-up protocol",
    registry=(),
    version=Version("1", "2026-01-01", "the only one"),
    profile_name="TOY-0",
    references=(),
    profile=(),
    facts=(
        Fact(
            id="mrd",
            type="number",
            text="measurable residual disease",
            supplier="laboratory",
            source=A,
            units=(Unit("fraction"), Unit("percent", "0.01")),
            points=("EOI", "EOC"),
            possible=("0", "1"),
        ),
        Fact(
            id="weight",
            type="number",
            text="weight",
            supplier="coordinator",
            source=A,
            units=(Unit("kg"),),
            cardinality="latest",
        ),
    ),
    actions=(
        Action("therapy_started", "first dose", A),
        Action("visit", "a visit", A),
    ),
    anchors=(Anchor("D1", "first day of therapy", (Done("therapy_started"),), source=A),),
    criteria=(Criterion("NEGATIVE", "MRD below 1e-4", "response", Compare(MRD, Limit("<", "1e-4")), A),),
    decisions=(
        Decision(
            id="risk",
            text="risk group",
            inputs=(
                Input("mrd", MRD, (Band("low", (Limit("<", "1e-4"),)), Band("high", (Limit(">=", "1e-4"),)))),
            ),
            rules=(row("MR", A, "T1", "low", mrd="low"), row("HR", A, "T2", "high", mrd="high")),
            options=("MR", "HR"),
            source=A,
        ),
    ),
    tracks=(
        Track(
            "treatment",
            "treatment",
            (
                Phase("INDUCTION", "induction", A, (Exit("CONSOLIDATION", Known(MRD), A),)),
                Phase("CONSOLIDATION", "consolidation", A, terminal=True),
            ),
        ),
    ),
    assessments=(
        Assessment(
            "MARROW", "marrow day 33", Moment("D1", days=33), Known(MRD), "coordinator", A, window=(-2, 7)
        ),
    ),
    deviations=(
        Deviation(
            "NO-VISIT",
            "nobody has come an hour after the first dose",
            all_of(Passed(Moment("D1", hours=1)), Not(Recorded("visit"))),
            (Rung("major"),),
            A,
        ),
        Deviation(
            "MRD-MISSING",
            "the marrow result is missing",
            all_of(Passed(Moment("D1", days=40)), Not(Known(MRD))),
            (Rung("critical"),),
            A,
        ),
    ),
    enrolled_group="risk",
)
