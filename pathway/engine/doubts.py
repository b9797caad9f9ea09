"""Doubts about numbers on record that change more than they can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.values import observed
from pathway.events import Event
from pathway.language import Fact
from pathway.language.parsing import decimal_text


def compile_believed(fact: Fact) -> Callable[[Evaluation], list[Event]]:
    """The function that gives the values of a fact that nobody has to check, in clinical order: what a dose may rest on."""
    judge = _compile_judged(fact)
    return lambda ctx: judge(ctx).believed


def compile_jump(fact: Fact) -> Callable[[Evaluation], dict[str, str]] | None:
    """The function that names every value that changed more than it can, by event; None if the fact declares no change."""
    if fact.change is None:
        return None
    judge = _compile_judged(fact)
    return lambda ctx: judge(ctx).notes


@dataclass(slots=True)
class _Judged:
    """The values of a fact as they were found and in clinical order, those that are believed, and what is wrong with the others,
    by event. `last`: the number that the next one is compared with."""

    found: list[Event]
    events: list[Event]
    believed: list[Event]
    notes: dict[str, str]
    last: tuple[Event, Decimal] | None = None


def _when(event: Event) -> tuple[datetime, datetime, str]:
    return event.occurred, event.recorded, event.id


def _in_order(found: list[Event], before: _Judged | None) -> list[Event]:
    """Values in clinical order; those that are known to be in order, and stand before the rest, are not sorted again."""
    if before is not None and before.events and before.events == found[: len(before.events)]:
        news = sorted(found[len(before.events) :], key=_when)
        if not news or _when(before.events[-1]) < _when(news[0]):
            return before.events + news
    return sorted(found, key=_when)


def _compile_judged(fact: Fact) -> Callable[[Evaluation], _Judged]:
    change = fact.change
    factor = Decimal(change.factor) if change is not None else Decimal(0)

    def jump(ctx: Evaluation, event: Event, number: Decimal, last: tuple[Event, Decimal] | None) -> str:
        if change is None or last is None or event.detail("checked") == "yes":
            return ""
        before, known = last
        days = (local_day(event.occurred, ctx.tz) - local_day(before.occurred, ctx.tz)).days
        if days > change.days or (known <= number * factor and number <= known * factor):
            return ""
        text = f"{decimal_text(known)} -> {decimal_text(number)} within {days} days"
        return f"{text}: correct it or confirm it as checked"

    def judged(ctx: Evaluation) -> _Judged:
        by_point = ctx.record.observations.get(fact.id, {})
        found = [e for events in by_point.values() for e in events]
        # A value says something of those after it alone: what was judged of the first ones stays.
        kept = ctx.record.kept.setdefault("believed", {})
        before: _Judged | None = kept.get((fact.id, ctx.site))
        if before is not None and before.found == found:
            return before
        events = _in_order(found, before)
        if before is None or before.events != events[: len(before.events)]:
            before = _Judged([], [], [], {})
        now = _Judged(found, events, [*before.believed], dict(before.notes), before.last)
        for event in events[len(before.events) :]:
            value = observed(fact, event)
            if value.state != "known":
                continue
            if not value.open_high and (note := jump(ctx, event, value.low, now.last)):
                now.notes[event.id] = note
                continue
            now.believed.append(event)
            if not value.open_high:
                now.last = event, value.low
        kept[fact.id, ctx.site] = now
        return now

    return judged
