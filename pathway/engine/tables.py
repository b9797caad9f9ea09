"""What a table says of the cells as far as they are known: the rules that are left, and since when they say the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from pathway.engine.context import Evaluation
from pathway.engine.results import Cell
from pathway.language import Choice, Decision, Param, Rule

Row = tuple[Rule, tuple[tuple[int, tuple[str, ...]], ...]]
"""A rule, with the cells that it wants by the index of the input."""
Read = tuple[str, Callable[[Evaluation], Cell], tuple[str, ...]]
"""An input: its name, how its cell is found, all the cells that it can have."""
Then = str | tuple[str, ...] | None
OPEN: Final = ""
"""Beside the one outcome that is left: what is not known yet may bring none of the rules about."""


def work_out(
    ctx: Evaluation,
    cells: list[Cell],
    reads: list[Read],
    rules: list[Row],
    decision: Decision,
) -> tuple[list[Row], list[Then], datetime | None]:
    """The rules that are still possible, their outcomes, and since when."""
    live = _live(rules, cells)
    return live, list(_outcomes(ctx, cells, live, decision)), _settled(ctx, cells, reads, rules, decision)


def _settled(
    ctx: Evaluation,
    cells: list[Cell],
    reads: list[Read],
    rules: list[Row],
    decision: Decision,
) -> datetime | None:
    """Since when the outcome has been what it is: an input that came later and changed nothing does not date it.

    An input of which only some cells are left counts too: they may be enough.
    """
    known = sorted(
        (
            (c.since, n)
            for n, c in enumerate(cells)
            if c.since is not None and len(c.possible) < len(reads[n][2])
        ),
        reverse=True,
    )
    wide = list(cells)
    before = _outcomes(ctx, wide, _live(rules, wide), decision)
    for since, n in known:
        wide[n] = Cell(reads[n][2])
        if _outcomes(ctx, wide, _live(rules, wide), decision) != before:
            return since
    return None


def _outcomes(
    ctx: Evaluation,
    cells: list[Cell],
    live: list[Row],
    decision: Decision,
) -> dict[Then, None]:
    """What the rules that are left say; `OPEN` besides where what is still unknown may come out as no rule says."""
    found = dict.fromkeys(_then(ctx, rule, decision) for rule, _ in live)
    if len(found) == 1 and not _covered(live, cells):
        found[OPEN] = None
    return found


def _covered(live: list[Row], cells: list[Cell]) -> bool:
    """Whether some rule is left for every cell that an unknown input may still have."""
    for n, cell in enumerate(cells):
        if len(cell.possible) > 1:
            accepted = {c for _, when in live for c in dict(when).get(n, cell.possible)}
            if not accepted.issuperset(cell.possible):
                return False
    return True


def _live(rules: list[Row], cells: list[Cell]) -> list[Row]:
    """The rules that may still come true."""
    return [each for each in rules if _possible(each[1], cells)]


def _possible(when: tuple[tuple[int, tuple[str, ...]], ...], cells: list[Cell]) -> bool:
    """Whether every cell of a rule may still come true."""
    for n, wanted in when:
        for cell in cells[n].possible:
            if cell in wanted:
                break
        else:
            return False
    return True


def _then(ctx: Evaluation, rule: Rule, decision: Decision) -> Then:
    then = rule.then
    if then is None or type(then) is str:
        return then
    if isinstance(then, Param):
        value = ctx.params[then.key]
        return value if isinstance(value, str) and value in decision.options else decision.options
    return then.options if isinstance(then, Choice) else then


__all__ = ["OPEN", "Read", "Row", "work_out"]
