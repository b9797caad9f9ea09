"""Dose finding: what a design says of one level (`advise`), and what follows for the trial (`next_move`).

Both are pure functions of counts. Another design is one more class in `pathway.language` and one more branch of
`advise`; everything that uses a design, the simulation included, goes through these two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pathway.designs.dose_counts import Advice, Advised, Counts, ImpossibleCounts, UnknownTable
from pathway.designs.rolling_six import DEFAULT_TABLE, SIZE, advise_rolling_six
from pathway.designs.three_plus_three import advise_three_plus_three
from pathway.language import DoseFinding, RollingSix, ThreePlusThree

__all__ = [
    "Advice",
    "Advised",
    "Counts",
    "ImpossibleCounts",
    "Move",
    "UnknownTable",
    "advise",
    "next_move",
]


def advise(design: DoseFinding, counts: Counts, table: str | None = None) -> Advised:
    """What the design says of a level with these counts.

    `table`: the version of the decision table in force (the value of the profile); without it the one that the design names
    itself. Designs without a table ignore it. Raises `ImpossibleCounts`, `UnknownTable`.
    """
    match design:
        case RollingSix():
            named = design.table if isinstance(design.table, str) else DEFAULT_TABLE
            return advise_rolling_six(counts, table or named)
        case ThreePlusThree():
            return advise_three_plus_three(counts)


@dataclass(frozen=True, slots=True)
class Move:
    """What follows for the trial when the next patient asks.

    `kind`: ENTER a patient at `level`; WAIT; ESCALATE or DE_ESCALATE: go on at `level`; MTD: `level` is the maximum tolerated
    dose; TOP: the highest level is tolerable, the MTD was not reached, and it is the recommended dose; STOP_TOXIC:
    no level is tolerable (`level` is -1). `level` counts from 0, the lowest.
    """

    kind: Literal["ENTER", "WAIT", "ESCALATE", "DE_ESCALATE", "MTD", "TOP", "STOP_TOXIC"]
    level: int
    reason: str


def next_move(design: DoseFinding, levels: Sequence[Counts], current: int, table: str | None = None) -> Move:
    """The move of a trial that is at level `current`, with the counts of every level, lowest first.

    A level above a toxic one is closed too. A level below a toxic one, and the highest, is declared only with six patients
    evaluable, nobody pending and at most one DLT; until then it is filled. The tie-breaks are those of docs/designs.md and
    are assumptions of ours where the registry says nothing.
    """
    advised = [advise(design, counts, table) for counts in levels]
    toxic = next((k for k, each in enumerate(advised) if each.advice == "DE_ESCALATE"), len(levels))
    highest = toxic - 1
    if highest < 0:
        return Move("STOP_TOXIC", -1, f"The lowest level is too toxic. {advised[0].reason}")
    if current > highest:
        return Move("DE_ESCALATE", highest, advised[toxic].reason)
    here, counts = advised[current], levels[current]
    match here.advice:
        case "SAME_LEVEL":
            return Move("ENTER", current, here.reason)
        case "SUSPEND":
            return Move("WAIT", current, here.reason)
        case _ if current < highest:
            return Move("ESCALATE", current + 1, here.reason)
    above = "there is no higher level" if toxic == len(levels) else "the next higher level is too toxic"
    if counts.n < SIZE:
        return Move(
            "ENTER",
            current,
            f"{here.reason} But {above}: the level is filled to {SIZE} before it is declared.",
        )
    if counts.p:
        return Move("WAIT", current, f"{here.reason} But {above}: it is declared once nobody is pending.")
    if toxic == len(levels):
        return Move("TOP", current, f"{here.reason} There is no higher level: the MTD was not reached.")
    return Move("MTD", current, f"{here.reason} The next higher level is too toxic: this level is the MTD.")
