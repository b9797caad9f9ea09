"""Slots: which observation counts for a fact at a point, and when two of them are a conflict."""

from __future__ import annotations

from collections.abc import Callable

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.engine.occurrences import of_newest
from pathway.engine.results import Point
from pathway.engine.values import MISSING, Val, observed, value_text
from pathway.events import Event
from pathway.language import SLOT_FACT, Fact, Reading


def samples(ctx: Evaluation, reading: Reading) -> list[Event]:
    """The effective observations of a slot in order of their sample time, limits not applied."""
    by_point = ctx.record.observations.get(reading.fact)
    if not by_point:
        return []
    if reading.points:
        found = [e for point in reading.points for e in by_point.get(point, ())]
        found.sort(key=lambda e: (e.occurred, e.recorded, e.id))
    else:
        found = by_point.get(reading.point, [])
    return [e for e in found if e.scope == reading.scope] if reading.scope else found


def compile_reading(reading: Reading, fact: Fact, linker: Linker) -> Callable[[Evaluation], Val]:
    """The function that picks the value of a slot by the fact's cardinality."""
    until = linker.anchor(reading.until) if reading.until else None
    since = linker.anchor(reading.since) if reading.since else None
    newest = of_newest(fact, reading.points or (reading.point,), linker)
    latest = fact.cardinality in ("latest", "series") or bool(reading.points)

    def value(ctx: Evaluation) -> Val:
        found = samples(ctx, reading)
        if newest is not None:
            found = newest(ctx, found)
        if until is not None:
            found = _before(found, ctx.anchor(until), reading.strictly, ctx)
        if since is not None:
            found = _after(found, ctx.anchor(since), ctx)
        if not found:
            return MISSING
        if fact.id == SLOT_FACT:
            # A governor's later answer replaces the one before, whenever it came.
            return observed(fact, found[-1])
        if fact.cardinality == "max":
            return _highest(fact, found)
        if latest:
            return _latest(fact, found, ctx)
        return _only(fact, found)

    return value


def _before(found: list[Event], limit: Point | None, strictly: bool, ctx: Evaluation) -> list[Event]:
    if limit is None or not limit.actual:
        return found
    if limit.instant is not None:
        at = limit.instant
        return [e for e in found if e.occurred < at or (e.occurred == at and not strictly)]
    return [
        e
        for e in found
        if local_day(e.occurred, ctx.tz) < limit.day
        or (local_day(e.occurred, ctx.tz) == limit.day and not strictly)
    ]


def _after(found: list[Event], limit: Point | None, ctx: Evaluation) -> list[Event]:
    return found if limit is None else [e for e in found if local_day(e.occurred, ctx.tz) >= limit.day]


def _highest(fact: Fact, found: list[Event]) -> Val:
    values = [observed(fact, e) for e in found]
    doubtful = next((v for v in values if v.state == "review"), None)
    return doubtful or max(values, key=lambda v: (v.high, v.low))


def _latest(fact: Fact, found: list[Event], ctx: Evaluation) -> Val:
    last = found[-1]
    day = local_day(last.occurred, ctx.tz)
    same = [
        e
        for e in found
        if e.occurred == last.occurred
        or (fact.cardinality == "one" and local_day(e.occurred, ctx.tz) == day and e.point == last.point)
    ]
    return _only(fact, same)


def _only(fact: Fact, found: list[Event]) -> Val:
    """The one value that all evaluable results agree on; else a conflict for a person to settle by correcting or
    voiding."""
    evaluable = [e for e in found if e.value != "not-evaluable"] or found[-1:]
    texts = {value_text(e): None for e in evaluable}
    if len(texts) > 1:
        last = max(evaluable, key=lambda e: e.recorded)
        note = "different results for the same sample: correct or void all but one"
        return Val(
            "review",
            last,
            "conflict: " + " / ".join(texts),
            last.recorded,
            observed(fact, last).low,
            observed(fact, last).high,
            note=note,
        )
    return observed(fact, evaluable[-1])
