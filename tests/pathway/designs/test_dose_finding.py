"""3+3 through the same interface, and what follows for a trial of several levels."""

from __future__ import annotations

import pytest

from pathway.designs.dose_finding import Counts, ImpossibleCounts, advise, next_move
from pathway.language import DoseFinding, RollingSix, ThreePlusThree

SIX, THREE = RollingSix(), ThreePlusThree()
State = tuple[int, int, int]


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        ((0, 0, 0), "SAME_LEVEL"),
        ((2, 0, 2), "SAME_LEVEL"),
        ((2, 1, 1), "SAME_LEVEL"),
        ((3, 0, 3), "SUSPEND"),
        ((3, 0, 1), "SUSPEND"),
        ((3, 1, 1), "SUSPEND"),
        ((3, 0, 0), "ESCALATE"),
        ((3, 1, 0), "SAME_LEVEL"),
        ((2, 2, 0), "DE_ESCALATE"),
        ((3, 2, 1), "DE_ESCALATE"),
        ((4, 1, 1), "SAME_LEVEL"),
        ((6, 1, 2), "SUSPEND"),
        ((6, 1, 0), "ESCALATE"),
        ((6, 0, 0), "ESCALATE"),
        ((6, 2, 0), "DE_ESCALATE"),
    ],
)
def test_three_plus_three_waits_for_each_cohort(state: State, advice: str) -> None:
    assert advise(THREE, Counts(*state)).advice == advice


def test_three_plus_three_ends_at_six() -> None:
    with pytest.raises(ImpossibleCounts, match="ends at 6"):
        advise(THREE, Counts(7, 0, 0))


@pytest.mark.parametrize(
    ("case", "levels", "current", "kind", "level"),
    [
        ("R1: the fourth enters the next level", [(0, 0, 0), (3, 0, 0), (0, 0, 0)], 1, "ESCALATE", 2),
        ("R2: one still pending, the fourth stays", [(3, 0, 1), (0, 0, 0)], 0, "ENTER", 0),
        ("R3: two pending of six", [(6, 0, 2), (0, 0, 0)], 0, "WAIT", 0),
        ("R3: one pending of six", [(6, 0, 1), (0, 0, 0)], 0, "ESCALATE", 1),
        ("R3: no rollback after a late first DLT", [(6, 1, 0), (1, 0, 1)], 1, "ENTER", 1),
        ("R4: the second DLT de-escalates at once", [(6, 1, 0), (6, 2, 4)], 1, "DE_ESCALATE", 0),
        ("R5: the lower level already has six", [(6, 1, 0), (3, 2, 0)], 0, "MTD", 0),
        ("the lower level is filled to six first", [(3, 0, 0), (3, 2, 0)], 1, "DE_ESCALATE", 0),
        ("the lower level is filled to six first", [(3, 0, 0), (3, 2, 0)], 0, "ENTER", 0),
        ("it is declared once nobody is pending", [(6, 0, 1), (3, 2, 0)], 0, "WAIT", 0),
        ("R7: the top level is tolerable", [(3, 0, 0), (6, 1, 0)], 1, "TOP", 1),
        ("the top level is filled to six first", [(3, 0, 0), (3, 0, 0)], 1, "ENTER", 1),
        ("R10: no level below the lowest", [(2, 2, 0), (0, 0, 0)], 0, "STOP_TOXIC", -1),
        ("a level that was never given is opened from above", [(0, 0, 0), (2, 2, 0)], 1, "DE_ESCALATE", 0),
        ("a late DLT closes all levels above", [(6, 1, 0), (6, 2, 0), (3, 0, 1)], 2, "DE_ESCALATE", 0),
    ],
)
def test_what_follows_for_the_trial(
    case: str, levels: list[State], current: int, kind: str, level: int
) -> None:
    move = next_move(SIX, [Counts(*each) for each in levels], current)
    assert (move.kind, move.level) == (kind, level), move.reason


@pytest.mark.parametrize("design", [SIX, THREE])
def test_every_state_of_a_level_has_an_advice_with_counts_and_source(design: DoseFinding) -> None:
    for n in range(7):
        for t in range(n + 1):
            for p in range(n - t + 1):
                advised = advise(design, Counts(n, t, p))
                assert f"({n}, {t}, {p})" in advised.reason
                assert advised.source
                assert (advised.advice == "DE_ESCALATE") == (t >= 2)
