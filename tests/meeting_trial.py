"""A small made-up trial with a decision that the coordinating meeting takes."""

from pathway.language import (
    Action,
    AdverseEventType,
    Anchor,
    Assessment,
    Choice,
    Decision,
    Done,
    Exit,
    Fact,
    Input,
    Known,
    Milestone,
    Moment,
    Phase,
    Protocol,
    Reading,
    Recorded,
    Track,
    Version,
    assumption,
    row,
)

A = assumption("made up for tests")
LESION = Reading("lesion")
LESIONS = ("ABL1", "RAS", "BOTH")

TRIAL = Protocol(
    name="meet",
    title="A made-up platform with a meeting",
    registry=(),
    version=Version("1", "2026-01-01", "the only one"),
    profile_name="MEET-0",
    references=(),
    profile=(),
    facts=(
        Fact("lesion", "choice", "what drives the leukaemia", "laboratory", A, values=LESIONS, cardinality="latest"),
    ),
    actions=(Action("first_dose", "first dose", A), Action("stopped", "treatment has ended", A)),
    anchors=(Anchor("D1", "first day of therapy", (Done("first_dose"),), source=A),),
    criteria=(),
    decisions=(
        Decision(
            id="ALLOCATION",
            text="which subtrial takes the patient",
            inputs=(Input("lesion", LESION),),
            rules=(
                row("B", A, "A1", "a fusion of ABL1", lesion="ABL1"),
                row("D", A, "A2", "a mutation of the Ras pathway", lesion="RAS"),
                row(Choice(("B", "D")), A, "A3", "both", lesion="BOTH"),
            ),
            options=("B", "D"),
            source=A,
            confirm="meeting",
        ),
    ),
    tracks=(
        Track(
            "treatment",
            "treatment",
            (
                Phase("SCREENING", "screening", A, (Exit("CYCLE_1", Recorded("first_dose"), A),), confirm=None),
                Phase("CYCLE_1", "cycle 1", A, (Exit("DONE", Recorded("stopped"), A),), confirm=None),
                Phase("DONE", "off treatment", A, terminal=True),
            ),
        ),
    ),
    adverse_events=(AdverseEventType("SEPSIS", "sepsis", A),),
    assessments=(
        Assessment("MARROW", "marrow day 15", Moment("D1", days=15), Recorded("stopped"), "coordinator", A, window=(0, 1)),
    ),
    milestones=(Milestone("LESION-KNOWN", "the lesion is known", Known(LESION), A),),
)  # fmt: skip
