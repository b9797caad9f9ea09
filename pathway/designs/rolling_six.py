"""Rolling six: up to six patients at once on a dose level, by a published table. See docs/designs.md.

Two versions of the table are known (`TABLES`), which differ in four cells. The trial's own table must be confirmed by its
sponsor; until then P13 is the default and a disputed cell says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Final

from pathway.designs.dose_counts import ADVICE_WORDS, Advice, Advised, Counts, ImpossibleCounts, UnknownTable
from pathway.designs.tables import rolling_six_p13, rolling_six_p14

SIZE: Final = 6
"""Patients evaluable for DLT that a level can have."""
DEFAULT_TABLE: Final = "P13"
LETTERS: Final[Mapping[str, Advice]] = {
    "S": "SAME_LEVEL",
    "E": "ESCALATE",
    "U": "SUSPEND",
    "D": "DE_ESCALATE",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A version of the table: the advice by (n, t, p), in the order of the publication."""

    version: str
    source: str
    cells: Mapping[tuple[int, int, int], Advice]


def _read(version: str, module: ModuleType) -> Table:
    cells: dict[tuple[int, int, int], Advice] = {}
    for line in module.GRID.strip().splitlines():
        n, t, *letters = line.split()
        for p, letter in enumerate(letters):
            if letter != "-":
                cells[int(n), int(t), p] = LETTERS[letter]
    return Table(version, module.SOURCE, cells)


TABLES: Final[Mapping[str, Table]] = {
    "P13": _read("P13", rolling_six_p13),
    "P14": _read("P14", rolling_six_p14),
}
DISPUTED: Final = tuple(
    cell for cell, advice in TABLES["P13"].cells.items() if TABLES["P14"].cells.get(cell, advice) != advice
)
"""The cells in which the versions differ."""


def find_table(version: str) -> Table:
    """The table of that version. Raises `UnknownTable`."""
    if version not in TABLES:
        raise UnknownTable(
            f"no rolling-six table {version!r}; accepted: {', '.join(TABLES)} (P13 is the default)"
        )
    return TABLES[version]


def rule(counts: Counts) -> Advice:
    """The rule in words that table P13 prints in full; a test holds them equal on all 84 states."""
    n, t, p, cleared = counts.n, counts.t, counts.p, counts.cleared
    if t >= 2:
        return "DE_ESCALATE"
    if n == SIZE:
        return "ESCALATE" if cleared == SIZE - 1 or (t == 0 and cleared == SIZE) else "SUSPEND"
    if n >= 3 and t == 0 and p == 0:
        return "ESCALATE"
    return "SAME_LEVEL"


@cache
def advise_rolling_six(counts: Counts, version: str = DEFAULT_TABLE) -> Advised:
    """What the table says of a level. Raises `UnknownTable`, and `ImpossibleCounts` for more than six patients."""
    table = find_table(version)
    if counts.n > SIZE:
        raise ImpossibleCounts(
            f"{counts.row}: {counts.n} evaluable patients on one level; rolling six ends at {SIZE}, and what "
            "follows from more is for the meeting to judge"
        )
    cell = (counts.n, counts.t, counts.p)
    advice = table.cells.get(cell)
    if advice is None:
        # Only P14 comes here, and only with an empty level.
        return Advised(
            "SAME_LEVEL",
            f"{counts.row}: nobody on the level yet. Table {version} has no row for an empty level; the first patient of a "
            "level that is open enters it.",
            f"{table.source}; the empty level is no row of it but follows from the level being open",
        )
    reason = f"{counts.row}: {counts.words}. {_because(counts, advice)}: {ADVICE_WORDS[advice]}."
    disputed = cell in DISPUTED
    if disputed:
        others = (f"{v} says {o.cells[cell]}" for v, o in TABLES.items() if v != version)
        reason += (
            f" Disputed cell: table {version} says {advice}, {', '.join(others)}; "
            "the protocol's own table must be confirmed by the sponsor."
        )
    return Advised(advice, reason, table.source, disputed)


def _because(counts: Counts, advice: Advice) -> str:
    match advice:
        case "DE_ESCALATE":
            pending = ", whatever the patients pending will show" if counts.p else ""
            return f"Two or more DLTs on one level{pending}"
        case "SUSPEND":
            return f"{SIZE} patients are on the level and it is not yet known whether it is tolerable"
        case "ESCALATE" if counts.n == SIZE:
            return f"At most 1 DLT among {SIZE}" + (
                ", and the one pending cannot change that" if counts.p else ""
            )
        case "ESCALATE":
            pending = f" (with {counts.p} pending)" if counts.p else ""
            return f"{counts.cleared} completed without DLT, and nobody had one{pending}"
        case _ if counts.n == 0:
            return "Nobody on the level yet"
        case _:
            room = SIZE - counts.n
            return f"Fewer than two DLTs, and room for {room} more of {SIZE}"
