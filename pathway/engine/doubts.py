"""Doubts about what is on record: days in an order that cannot be, numbers that change more than they can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
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
    jump = compile_jump(fact)

    def believed(ctx: Evaluation) -> list[Event]:
        doubted = jump(ctx) if jump is not None else {}
        found = [e for e in _every(ctx, fact) if e.id not in doubted]
        return [e for e in found if observed(fact, e).state == "known"]

    return believed


def _every(ctx: Evaluation, fact: Fact) -> list[Event]:
    by_point = ctx.record.observations.get(fact.id, {})
    found = [e for events in by_point.values() for e in events]
    return sorted(found, key=lambda e: (e.occurred, e.recorded, e.id))


def compile_jump(fact: Fact) -> Callable[[Evaluation], dict[str, str]] | None:
    """The function that names every value that changed more than it can, by event; None if the fact declares no change."""
    change = fact.change
    if change is None:
        return None
    factor = Decimal(change.factor)

    def jumps(ctx: Evaluation) -> dict[str, str]:
        notes: dict[str, str] = {}
        believed: tuple[Event, Decimal] | None = None
        for event in _every(ctx, fact):
            value = observed(fact, event)
            if value.state != "known" or value.open_high:
                continue
            if believed is not None and event.detail("checked") != "yes":
                before, number = believed
                days = (local_day(event.occurred, ctx.tz) - local_day(before.occurred, ctx.tz)).days
                if days <= change.days and not (
                    number <= value.low * factor and value.low <= number * factor
                ):
                    notes[event.id] = (
                        f"{decimal_text(number)} -> {decimal_text(value.low)} within {days} days: "
                        "correct it or confirm it as checked"
                    )
                    continue
            believed = event, value.low
        return notes

    return jumps
