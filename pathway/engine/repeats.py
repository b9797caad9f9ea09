"""Repeat samples of one time point, each of its own day: the latest counts while all are on the same side of every limit."""

from __future__ import annotations

from collections.abc import Callable

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.linker import Bound, Linker
from pathway.engine.values import INFINITY, ZERO, Val, holds, numbers_apart
from pathway.events import Event
from pathway.language import Fact, Reading
from pathway.language.implied_orders import declared

SIDES = "repeat samples are not on the same side of every limit"

Pick = Callable[[list[Event]], Val]


def compile_repeats(
    reading: Reading, fact: Fact, linker: Linker, one: Pick
) -> Callable[[Evaluation, list[Event]], Val] | None:
    """The function that gives the value of a slot whose point allows repeats, of samples in the order of their days; None if it
    allows none. `one`: the value of the samples of a day, on which a different result is a conflict as ever.

    Must be compiled after everything that compares the slot with a limit.
    """
    point = declared(fact.id, reading.point, linker.protocol) if not reading.points else None
    if point is None or not point.repeats:
        return None
    limits = tuple(linker.limits.get((fact.id, reading.point), ()))

    def value(ctx: Evaluation, found: list[Event]) -> Val:
        by_day: dict[object, list[Event]] = {}
        for event in found:
            by_day.setdefault(local_day(event.occurred, ctx.tz), []).append(event)
        values = [one(events) for events in by_day.values()]
        # What could not be read leaves what was; an unsettled day is settled first.
        readable = [v for v in values if v.event is None or v.event.value != "not-evaluable"] or values[-1:]
        doubtful = next((v for v in readable if v.state != "known"), None)
        if doubtful is not None:
            return doubtful
        last = readable[-1]
        if all(_agree(ctx, fact, earlier, last, limits) for earlier in readable[:-1]):
            return last
        return _told_apart(ctx, fact, readable)

    return value


def _agree(ctx: Evaluation, fact: Fact, earlier: Val, later: Val, limits: tuple[Bound, ...]) -> bool:
    """Whether a later sample says the same as an earlier one of every limit, or says what that one left open."""
    if fact.type != "number":
        return earlier.text == later.text
    for read in limits:
        bound = read(ctx)
        before = holds(bound[0], earlier, bound[1]) if bound is not None else None
        if bound is not None and before is not None and holds(bound[0], later, bound[1]) != before:
            return False
    return True


def _told_apart(ctx: Evaluation, fact: Fact, values: list[Val]) -> Val:
    last = values[-1]
    days = [f"{v.text} of {local_day(v.event.occurred, ctx.tz)}" for v in values if v.event is not None]
    note = f"{SIDES}: {', '.join(days)}. A clinician says which counts"
    since = max(v.since for v in values if v.since is not None)
    text = "conflict: " + " / ".join(dict.fromkeys(v.text for v in values))
    apart = numbers_apart(fact, values)
    return Val("review", last.event, text, since, ZERO, INFINITY, note=note, apart=apart)
