"""Slots: which observation counts for a fact at a point, and when two of them are a conflict."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.doubts import compile_jump
from pathway.engine.linker import Linker
from pathway.engine.occurrences import of_newest
from pathway.engine.orders import compile_breach
from pathway.engine.repeats import compile_repeats
from pathway.engine.results import Point
from pathway.engine.values import INFINITY, MISSING, ZERO, Val, observed, value_text
from pathway.engine.windows import Window, sampler
from pathway.events import Event
from pathway.language import SLOT_FACT, Fact, Reading

CONFLICT = "conflict: "
"""Before the results that differ, in the text of a value."""


def compile_reading(reading: Reading, fact: Fact, linker: Linker) -> Callable[[Evaluation], Val]:
    """The function that picks the value of a slot by the fact's cardinality."""
    until = linker.anchor(reading.until) if reading.until else None
    since = linker.anchor(reading.since) if reading.since else None
    newest = of_newest(fact, reading.points or (reading.point,), linker)
    latest = fact.cardinality in ("latest", "series") or bool(reading.points)
    highest = fact.counted(reading.point) in ("max", "ever")
    find = sampler(reading, linker)
    repeats = compile_repeats(reading, fact, linker, lambda found: _only(fact, found))
    breach, jump = compile_breach(fact, reading, linker), compile_jump(fact)

    def limited(found: list[Event], ctx: Evaluation) -> list[Event]:
        if newest is not None:
            found = newest(ctx, found)
        if until is not None:
            found = _before(found, ctx.anchor(until), reading.strictly, ctx)
        return found if since is None else _after(found, ctx.anchor(since), ctx)

    def value(ctx: Evaluation) -> Val:
        slot = find(ctx)
        found = limited(slot.inside, ctx)
        outside = [(e, w) for e, w in slot.outside if limited([e], ctx)] if slot.outside else []
        if not found:
            if outside:
                return _not_belonging(ctx, reading, *outside[-1])
            if not slot.waiting:
                return MISSING
            event, window = slot.waiting[-1]
            day, (_, _, waits) = local_day(event.occurred, ctx.tz), window.bounds(ctx)
            return Val("missing", None, "", None, note=f"sampled {day}, on record; it waits for: {waits}")
        if fact.id == SLOT_FACT:
            # A governor's later answer replaces the one before, whenever it came.
            return observed(fact, found[-1])
        if highest:
            known = _highest(fact, found)
        elif repeats is not None:
            known = repeats(ctx, found)
        elif latest:
            known = _latest(fact, found, ctx)
        else:
            known = _only(fact, found)
        if reading.points and outside and outside[-1][0].recorded > found[-1].recorded:
            # Of several points the latest counts, and this may be the latest: its day is what is in doubt.
            return replace(_not_belonging(ctx, reading, *outside[-1]), event=known.event, belongs=True)
        if known.state != "known":
            return known
        note = breach(ctx, known.event) if breach is not None else ""
        if not note and jump is not None and known.event is not None:
            note = jump(ctx).get(known.event.id, "")
        return replace(known, state="review", note=note) if note else known

    return value


def _not_belonging(ctx: Evaluation, reading: Reading, event: Event, window: Window) -> Val:
    """What stands at a point where no sample belongs: it waits for whoever corrects or judges it."""
    text, day = value_text(event), local_day(event.occurred, ctx.tz)
    note = (
        f"sampled {day}, which does not belong to {event.point or event.name}: it accepts {window.accepted(ctx)}. "
        f"Correct {'date or label' if event.point else 'the date'}, or say that it belongs"
    )
    text = f"{text} outside {event.point or 'its time'}"
    return Val("review", None, text, event.recorded, ZERO, INFINITY, True, note=note, belongs=False)


def _before(found: list[Event], limit: Point | None, strictly: bool, ctx: Evaluation) -> list[Event]:
    if limit is None or not limit.actual:
        return found
    if limit.instant is not None:
        at = limit.instant
        return [e for e in found if e.occurred < at or (e.occurred == at and not strictly)]
    before, near, _ = _around(found, limit.day)
    return [
        *before,
        *(
            e
            for e in near
            if local_day(e.occurred, ctx.tz) < limit.day
            or (local_day(e.occurred, ctx.tz) == limit.day and not strictly)
        ),
    ]


def _after(found: list[Event], limit: Point | None, ctx: Evaluation) -> list[Event]:
    if limit is None:
        return found
    _, near, after = _around(found, limit.day)
    return [*(e for e in near if local_day(e.occurred, ctx.tz) >= limit.day), *after]


def _around(found: list[Event], day: date) -> tuple[list[Event], list[Event], list[Event]]:
    """Samples in the order of their time: of days before this one wherever the clock stands, near it, and of days after it."""
    n = day.toordinal()  # a local day is at most one off that of UTC
    first = bisect_left(found, n - 1, key=lambda e: e.occurred.toordinal())
    last = bisect_right(found, n + 1, key=lambda e: e.occurred.toordinal())
    return found[:first], found[first:last], found[last:]


def _highest(fact: Fact, found: list[Event]) -> Val:
    values = [observed(fact, e) for e in found]
    doubtful = next((v for v in values if v.state == "review"), None)
    return doubtful or max(values, key=lambda v: _height(fact, v))


def _height(fact: Fact, value: Val) -> tuple[Decimal, Decimal]:
    """What the highest of several values is found by."""
    if fact.type == "number":
        return value.high, value.low
    place = fact.values.index(value.text) if fact.type == "choice" else (value.day or date.min).toordinal()
    return Decimal(place), ZERO


def less_than_once(fact: Fact, found: list[Event]) -> tuple[Event, Event] | None:
    """Of what stays once it was so: what was reported, and the last report after it that says less, though nothing had unmade
    it. Of two dates the later counts and the other is no contradiction; that there never was one is."""
    if len(found) < 2 or fact.counted(found[0].point) != "ever":
        return None
    heights = [_height(fact, observed(fact, e)) for e in found]
    if fact.type == "date":
        heights = [min(h, (Decimal(date.min.toordinal() + 1), ZERO)) for h in heights]
    top = heights.index(max(heights))
    once = found[top]
    less = [
        e for e, h in zip(found, heights, strict=True) if h < heights[top] and e.occurred >= once.occurred
    ]
    return (once, less[-1]) if less else None


def _latest(fact: Fact, found: list[Event], ctx: Evaluation) -> Val:
    last = found[-1]
    day = local_day(last.occurred, ctx.tz) if fact.cardinality == "one" else None
    same: list[Event] = []
    for event in reversed(found):  # in the order of their time: those before are earlier still
        together = event.occurred == last.occurred
        if not together and (day is None or local_day(event.occurred, ctx.tz) != day):
            break
        if together or event.point == last.point:
            same.append(event)
    return _only(fact, same[::-1])


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
            CONFLICT + " / ".join(texts),
            last.recorded,
            observed(fact, last).low,
            observed(fact, last).high,
            note=note,
        )
    return observed(fact, evaluable[-1])
