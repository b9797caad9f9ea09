"""Doubts about what is on record: days in an order that cannot be, numbers that change more than they can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.engine.values import observed
from pathway.events import Event
from pathway.language import Fact, Order, Scope
from pathway.language.parsing import decimal_text

Days = Callable[[Evaluation], list[tuple[date, Scope, Event]]]
Breach = tuple[tuple[date, Event], tuple[date, Event]]


def compile_breach(fact: Fact, linker: Linker) -> Callable[[Evaluation], str] | None:
    """The function that says which order a date breaches ("": none); None if it stands in no order."""
    found = [(o, compile_order(o, linker)) for o in linker.protocol.orders if fact.id in (o.earlier, o.later)]
    if not found:
        return None

    def breach(ctx: Evaluation) -> str:
        for order, test in found:
            broken = next(test(ctx), None)
            if broken is not None:
                return order_words(order, broken)
        return ""

    return breach


def compile_order(order: Order, linker: Linker) -> Callable[[Evaluation], Iterator[Breach]]:
    """The function that gives the pairs of days that breach an order."""
    earlier, later = _days(order.earlier, linker), _days(order.later, linker)

    def breaches(ctx: Evaluation) -> Iterator[Breach]:
        seconds = later(ctx)
        for first, scope, event in earlier(ctx) if seconds else ():
            for second, other, follower in seconds:
                if (first > second or (order.strictly and first == second)) and _agree(scope, other):
                    yield (first, event), (second, follower)

    return breaches


def order_words(order: Order, breach: Breach) -> str:
    """A breach with both days."""
    (first, _), (second, _) = breach
    return f"{order.text}: {order.earlier} {first}, {order.later} {second}; one of them is wrong, correct it"


def _agree(scope: Scope, other: Scope) -> bool:
    known = dict(scope)
    return all(known.get(label, value) == value for label, value in other)


def _days(name: str, linker: Linker) -> Days:
    """The days of a date fact or action."""
    if name in linker.actions:
        linker.recorded(name)
        return lambda ctx: [
            (local_day(e.occurred, ctx.tz), e.scope, e) for e in ctx.record.actions.get(name, ())
        ]
    fact = linker.fact(name)
    if fact.type != "date":
        raise linker.error(f"{name!r} is a {fact.type}: an order needs date facts and actions")

    def stated(ctx: Evaluation) -> list[tuple[date, Scope, Event]]:
        found = [e for events in ctx.record.observations.get(name, {}).values() for e in events]
        found = found if fact.cardinality in ("one", "series") else found[-1:]
        return [(day, (), e) for e in found if (day := observed(fact, e).day) is not None]

    return stated


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
