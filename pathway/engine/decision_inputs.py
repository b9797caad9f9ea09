"""The inputs of decision tables: what each reads, and the cells that it can have."""

from __future__ import annotations

from collections.abc import Callable

from pathway.engine.context import Evaluation
from pathway.engine.linker import Bound, Linker
from pathway.engine.predicates import predicate
from pathway.engine.results import Cell, Result
from pathway.engine.size_seen import sized
from pathway.engine.values import Val, holds
from pathway.language import Crit, Input, Reading
from pathway.language.walk import atoms

YES_NO = ("yes", "no")


def compile_input(item: Input, linker: Linker) -> tuple[Callable[[Evaluation], Cell], tuple[str, ...]]:
    """An input's function and all the cells that it can have."""
    names: tuple[str, ...]
    if isinstance(item.of, str):
        read, names = _of_decision(item.of, linker)
    elif isinstance(item.of, Reading):
        read, names = _of_slot(item, item.of, linker)
    else:
        names = YES_NO
        read = _of_predicate(predicate(item.of, linker), judged=_reads_criteria(item.of))
        if item.bound_to_size:
            read = with_size(item.of, read, linker)
    if item.closed is None:
        return read, names
    band, closes = item.closed[0], predicate(item.closed[1], linker)
    names = names if band in names else (*names, band)
    every = names

    def closed(ctx: Evaluation) -> Cell:
        cell = read(ctx)
        if not cell.missing:
            return cell
        over = closes(ctx)
        if over.verdict == "PASS":
            return Cell((band,), over.since, closed=True)
        return Cell(every, cell.since, cell.missing, cell.review, doubt=cell.doubt)

    return closed, names


def _reads_criteria(node: object) -> bool:
    """Whether a predicate rests on criteria: then a review is settled by judging them, not here."""
    return bool(atoms(node, Crit))


def _of_predicate(test: Callable[[Evaluation], Result], *, judged: bool) -> Callable[[Evaluation], Cell]:
    def read(ctx: Evaluation) -> Cell:
        result = test(ctx)
        if result.verdict == "PASS":
            return Cell(("yes",), result.since)
        if result.verdict == "FAIL":
            return Cell(("no",), result.since)
        if result.verdict == "REVIEW" and not judged:
            return Cell(YES_NO, result.since, review=True, doubt=True)
        doubt = result.doubt or result.verdict == "REVIEW"
        return Cell(YES_NO, result.since, result.missing or (-1,), doubt=doubt)

    return read


def _of_decision(id: str, linker: Linker) -> tuple[Callable[[Evaluation], Cell], tuple[str, ...]]:
    index = linker.decision(id, ())
    names = (*linker.options(id), "none")
    computed = linker.is_computed(id)

    def read(ctx: Evaluation) -> Cell:
        upstream = ctx.decision(index)
        if upstream.outcome is not None:
            return Cell((upstream.outcome,), upstream.since)
        if upstream.closed:
            return Cell(names, upstream.since, (-1,))
        if not upstream.asked or upstream.none:
            return Cell(("none",), upstream.since)
        left = (upstream.possible if computed else ()) or names
        if upstream.may_be_none and "none" not in left:
            left = (*left, "none")
        if upstream.state == "review":
            return Cell(left, upstream.since, (), True, doubt=True)
        return Cell(left, upstream.since, upstream.missing or (-1,), doubt=upstream.doubt)

    return read, names


def with_size(of: object, read: Callable[[Evaluation], Cell], linker: Linker) -> Callable[[Evaluation], Cell]:
    """The same cell with the size of what passed: a confirmation does not cover more than was seen."""
    size = sized(of, linker)

    def measured(ctx: Evaluation) -> Cell:
        cell = read(ctx)
        if cell.possible == ("yes",):
            cell.size = size(ctx)
        return cell

    return measured


def _of_slot(
    item: Input, reading: Reading, linker: Linker
) -> tuple[Callable[[Evaluation], Cell], tuple[str, ...]]:
    index = linker.reading(reading)
    if not item.bands:
        values = linker.fact(reading.fact).values

        def chosen(ctx: Evaluation) -> Cell:
            value = ctx.reading(index)
            if value.state == "known":
                return Cell((value.text,), value.since)
            return (
                Cell(values, value.since, (index,))
                if value.state == "missing"
                else Cell(values, value.since, review=True, doubt=True)
            )

        return chosen, values
    bands = [(b.name, [linker.limit(x) for x in b.limits]) for b in item.bands]
    names = tuple(b.name for b in item.bands)
    for _, limits in bands:
        for limit in limits:
            linker.divides(reading, limit)

    def banded(ctx: Evaluation) -> Cell:
        value = ctx.reading(index)
        if value.state == "missing":
            return Cell(names, None, (index,))
        if value.state == "review" and not value.apart:
            return Cell(names, value.since, review=True, doubt=True)
        each = value.apart or (value,)
        possible = tuple(name for name, limits in bands if any(_may_be(v, limits, ctx) for v in each))
        return Cell(possible or names, value.since, review=len(possible) != 1, doubt=len(possible) != 1)

    return banded, names


def _may_be(value: Val, limits: list[Bound], ctx: Evaluation) -> bool:
    for read in limits:
        bound = read(ctx)
        if bound is None or holds(bound[0], value, bound[1]) is False:
            return False
    return True
