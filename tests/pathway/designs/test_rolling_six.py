"""Rolling six: every state of the published table, the second version, and what is refused."""

from __future__ import annotations

import re

import pytest

from pathway.designs.dose_finding import Counts, ImpossibleCounts, UnknownTable, advise
from pathway.designs.rolling_six import DISPUTED, TABLES, rule
from pathway.language import RollingSix

SIX = RollingSix()
WORDS = {"S": "SAME_LEVEL", "E": "ESCALATE", "U": "SUSPEND", "D": "DE_ESCALATE"}

# The table of the facts file, typed a second time, with its stars.
PRINTED = """
| 0 | 0 | S | - | - | - | - | - | - |
| 1 | 0 | S | S | - | - | - | - | - |
| 1 | 1 | S | - | - | - | - | - | - |
| 2 | 0 | S | S | S | - | - | - | - |
| 2 | 1 | S | S | - | - | - | - | - |
| 2 | 2 | D | - | - | - | - | - | - |
| 3 | 0 | E | S | S | S | - | - | - |
| 3 | 1 | S | S | S | - | - | - | - |
| 3 | 2 | D | D | - | - | - | - | - |
| 3 | 3 | D | - | - | - | - | - | - |
| 4 | 0 | E | S* | S | S | S | - | - |
| 4 | 1 | S | S | S | S | - | - | - |
| 4 | 2 | D | D | D | - | - | - | - |
| 4 | 3 | D | D | - | - | - | - | - |
| 4 | 4 | D | - | - | - | - | - | - |
| 5 | 0 | E | S* | S* | S | S | S | - |
| 5 | 1 | S | S | S | S | S | - | - |
| 5 | 2 | D | D | D | D | - | - | - |
| 5 | 3 | D | D | D | - | - | - | - |
| 5 | 4 | D | D | - | - | - | - | - |
| 5 | 5 | D | - | - | - | - | - | - |
| 6 | 0 | E | E* | U | U | U | U | U |
| 6 | 1 | E | U | U | U | U | U | - |
| 6 | 2 | D | D | D | D | D | - | - |
| 6 | 3 | D | D | D | D | - | - | - |
| 6 | 4 | D | D | D | - | - | - | - |
| 6 | 5 | D | D | - | - | - | - | - |
| 6 | 6 | D | - | - | - | - | - | - |
"""
CELLS = [
    (int(n), int(t), p, cell)
    for n, t, *cells in (re.findall(r"[^| ]+", line) for line in PRINTED.strip().splitlines())
    for p, cell in enumerate(cells)
]
STATES = [cell for cell in CELLS if cell[3] != "-"]


@pytest.mark.parametrize(("n", "t", "p", "cell"), STATES)
def test_every_state_of_the_published_table(n: int, t: int, p: int, cell: str) -> None:
    advised = advise(SIX, Counts(n, t, p))
    assert advised.advice == WORDS[cell[0]]
    assert advised.disputed == cell.endswith("*")
    assert f"({n}, {t}, {p})" in advised.reason
    assert "P13" in advised.source


@pytest.mark.parametrize(("n", "t", "p", "cell"), STATES)
def test_the_rule_in_words_agrees_with_every_row_of_the_table(n: int, t: int, p: int, cell: str) -> None:
    assert rule(Counts(n, t, p)) == TABLES["P13"].cells[n, t, p] == WORDS[cell[0]]


def test_the_table_has_84_states() -> None:
    found: list[str] = [advise(SIX, Counts(n, t, p)).advice for n, t, p, _ in STATES]
    assert len(found) == 84
    assert {word: found.count(word) for word in WORDS.values()} == {
        "SAME_LEVEL": 33,
        "ESCALATE": 6,
        "SUSPEND": 10,
        "DE_ESCALATE": 35,
    }


@pytest.mark.parametrize(("n", "t", "p", "cell"), [cell for cell in CELLS if cell[3] == "-"])
def test_impossible_states_are_refused(n: int, t: int, p: int, cell: str) -> None:
    with pytest.raises(ImpossibleCounts, match="more than the"):
        Counts(n, t, p)


@pytest.mark.parametrize("counts", [(-1, 0, 0), (3, -1, 0), (3, 0, -1)])
def test_negative_counts_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ImpossibleCounts, match="negative"):
        Counts(*counts)


def test_a_seventh_evaluable_patient_is_beyond_the_table() -> None:
    with pytest.raises(ImpossibleCounts, match="ends at 6"):
        advise(SIX, Counts(7, 1, 0))


@pytest.mark.parametrize("version", TABLES)
@pytest.mark.parametrize(("n", "t", "p", "cell"), STATES)
def test_the_versions_differ_in_four_cells_only(version: str, n: int, t: int, p: int, cell: str) -> None:
    other = {(4, 0, 1): "ESCALATE", (5, 0, 1): "ESCALATE", (5, 0, 2): "ESCALATE", (6, 0, 1): "SUSPEND"}
    advised = advise(SIX, Counts(n, t, p), version)
    expected = other.get((n, t, p)) if version == "P14" else None
    assert advised.advice == (expected or WORDS[cell[0]])
    assert sorted(other) == sorted(DISPUTED)


def test_a_disputed_cell_says_what_the_other_version_says() -> None:
    reason = advise(SIX, Counts(6, 0, 1)).reason
    assert "P13 says ESCALATE" in reason
    assert "P14 says SUSPEND" in reason
    assert "confirmed by the sponsor" in reason


def test_p14_has_no_row_for_an_empty_level_and_the_first_patient_enters_all_the_same() -> None:
    assert len(TABLES["P14"].cells) == 83
    advised = advise(RollingSix(table="P14"), Counts(0, 0, 0))
    assert advised.advice == "SAME_LEVEL"
    assert "no row for an empty level" in advised.reason


def test_the_version_in_force_goes_before_that_of_the_design() -> None:
    assert advise(RollingSix(table="P14"), Counts(4, 0, 1)).advice == "ESCALATE"
    assert advise(RollingSix(table="P14"), Counts(4, 0, 1), "P13").advice == "SAME_LEVEL"


def test_an_unknown_version_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownTable, match="P13, P14"):
        advise(SIX, Counts(1, 0, 1), "P15")
