"""The subtrials: drugs, registry numbers, what sources said of their status and when, dose levels and stages. A status opens nothing."""

from pathway.language import (
    DoseLevel,
    Param,
    PhaseOne,
    RollingSix,
    SimonTwoStage,
    StatusNote,
    Subtrial,
    SubtrialStatus,
    assumption,
    public,
    registry,
)

TRIAL_DESIGN = registry("phase I rolling six, phase II Simon two-stage")


def phase_one(subtrial: str) -> PhaseOne:
    """Dose finding over the three levels, begun at 1."""
    what = "venetoclax " if subtrial == "B" else ""
    source = public("P2") if subtrial == "B" else assumption("three levels as in B")
    return PhaseOne(
        RollingSix(Param(f"rolling6_table_{subtrial.lower()}")),
        (
            DoseLevel("-1", f"lower {what}dose", source),
            DoseLevel("1", "starting dose", source),
            DoseLevel("2", f"higher {what}dose", source),
        ),
        start="1",
        window_days=Param("dlt_window"),
        source=TRIAL_DESIGN,
    )


def phase_two(subtrial: str) -> SimonTwoStage:
    """Two stages; nothing is set unless a team or a rehearsal sets it."""
    low = subtrial.lower()
    return SimonTwoStage(
        Param(f"simon_p0_{low}"),
        Param(f"simon_p1_{low}"),
        Param(f"simon_alpha_{low}"),
        Param(f"simon_beta_{low}"),
        Param(f"simon_kind_{low}"),
        TRIAL_DESIGN,
        phase_one_counts=Param(f"simon_phase1_counts_{low}"),
    )


def subtrial(
    id: str, text: str, begins: SubtrialStatus, numbers: tuple[str, ...], notes: tuple[StatusNote, ...]
) -> Subtrial:
    """A subtrial with both phases; activation per country and site is recorded, never read off a note."""
    days = Param(f"reservation_{id.lower()}")
    return Subtrial(
        id, text, registry(), days, numbers, notes, begins, phase_one=phase_one(id), phase_two=phase_two(id)
    )


SUBTRIALS = (
    Subtrial("A", "Decitabine, venetoclax and navitoclax: withdrawn, never enrolled; the letter stays reserved", public("P7"), 0,
             ("NCT05740449",), (StatusNote("withdrawn, enrolment 0; absent from the registry text", "2025-11-21", public("P7")),),
             begins="WITHDRAWN"),
    subtrial("B", "Dasatinib, venetoclax, dexamethasone, cyclophosphamide, cytarabine: ABL1-fusion driven; 26 patients planned to 2032-02", "APPROVED",
             ("2022-501866-22-00", "NCT05751044"), (
                 StatusNote("approved, activation planned for Q3 2025", "2025-11-21", registry("as of the abstract")),
                 StatusNote("recruiting; start 2025-10-01, estimated", "2025-09-16", public("P2")),
             )),
    subtrial("C", "Ruxolitinib, venetoclax, dexamethasone, cyclophosphamide, cytarabine: IL7R-mutant and JAK/STAT driven", "APPROVED",
             ("2022-501867-42-01", "NCT05745714"), (
                 StatusNote("approved, activation planned for Q3 2025", "2025-11-21", registry("as of the abstract")),
                 StatusNote("not yet recruiting", "2025-07-27", public("P5")),
             )),
    subtrial("D", "Trametinib, dexamethasone, cyclophosphamide, cytarabine, no venetoclax: Ras/MAPK driven; 26 patients planned to 2029-04", "APPROVED",
             ("2022-501869-41-00", "NCT05658640"), (
                 StatusNote("recruiting; 3 enrolled: 2 B-ALL, 1 T-ALL", "2025-11-21", registry("as of the abstract")),
                 StatusNote("recruiting since 2023-11-14", "2025-11-21", public("P4", note="day of the record not seen")),
             )),
    subtrial("E", "Capivasertib, venetoclax, dexamethasone, no chemotherapy: PI3K/AKT/mTOR driven, or molecularly unselected; 42 patients "
             "planned to 2032-10", "SUBMITTED", ("2025-523132-39-00", "NCT07175415"), (
                 StatusNote("in regulatory submission", "2025-11-21", registry("as of the abstract")),
                 StatusNote("not yet recruiting, start 2026-10-01", "2025-11-21", public("P6", note="day of the record not seen")),
             )),
)  # fmt: skip
