"""Orders: two things of which one comes first, and the reports that breach that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import assert_never

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.grounds import first_report
from pathway.engine.linker import Linker
from pathway.engine.values import observed
from pathway.events import Event
from pathway.language import Act, AnchorDay, Fact, Onset, Order, Reading, Resolution, Sample, Scope
from pathway.language.points import Stated, stated_words


@dataclass(frozen=True, slots=True)
class Said:
    """A day of something, with its hour where it has one; `labels` that must agree with those of what it is compared with, since
    when it is on record, and the report itself, if it is one."""

    day: date
    at: datetime | None
    labels: Scope
    known: datetime
    event: Event | None


Breach = tuple[Said, Said]
Days = Callable[[Evaluation], list[Said]]
Breaches = Callable[[Evaluation], Iterator[Breach]]


def compile_order(order: Order, linker: Linker) -> Breaches:
    """The function that gives the pairs that breach an order: one for all who ask, each of whom depends on what it reads."""
    earlier, later = _days(order.earlier, linker), _days(order.later, linker)
    known: Breaches | None = linker.breaches.get(order)
    if known is not None:
        return known

    def breaches(ctx: Evaluation) -> Iterator[Breach]:
        seconds = later(ctx)
        for first in earlier(ctx) if seconds else ():
            for second in seconds:
                if _agree(first.labels, second.labels) and _breached(order, first, second):
                    yield first, second

    linker.breaches[order] = breaches
    return breaches


def order_words(order: Order, breach: Breach, ctx: Evaluation) -> str:
    """A breach with both days, or hours where they are of one day."""
    first, second = breach
    hours = first.day == second.day
    words = [
        f"{stated_words(what)} {_when(said, ctx) if hours else said.day}"
        for what, said in ((order.earlier, first), (order.later, second))
    ]
    return f"{order.text}: {', '.join(words)}; one of them is wrong, correct it"


def compile_breach(
    fact: Fact, reading: Reading, linker: Linker
) -> Callable[[Evaluation, Event | None], str] | None:
    """The function that says which order a date, or a sample of a slot, breaches ("": none); None if it stands in no order.

    Both are told. In doubt is, of two samples, the one of which the day was stated last: what the other had settled stays.
    """
    names = (fact.id, *(Sample(fact.id, point) for point in reading.points or (reading.point,) if point))
    wanted = [
        o for o in linker.orders if (o.earlier in names or o.later in names) and not _asked_only(o, linker)
    ]
    found = [(o, compile_order(o, linker)) for o in wanted]
    if not found:
        return None

    def breach(ctx: Evaluation, event: Event | None) -> str:
        for order, test in found:
            for broken in test(ctx):
                if _was_there(event, broken):
                    continue
                # Of a date every statement is in doubt; of samples the one that the slot goes by.
                if fact.type == "date" or (
                    event is not None and any(said.event is event or _same(said, event) for said in broken)
                ):
                    return order_words(order, broken, ctx)
        return ""

    return breach


def _was_there(event: Event | None, breach: Breach) -> bool:
    """Whether a sample was on record, as it is, before the other of the two that are in the wrong order."""
    if event is None or event.kind != "observation":
        return False
    own = [said for said in breach if _same(said, event)]
    others = [said for said in breach if said.event is not None and not _same(said, event)]
    return bool(own) and any(
        said.event.point and event.recorded < said.known for said in others if said.event
    )


def _asked_only(order: Order, linker: Linker) -> bool:
    """Whether what comes later ends treatment, study or life: its day is asked for, and what was settled stays so."""
    acted = order.later.action if isinstance(order.later, Act) else order.later
    action = linker.actions.get(acted) if isinstance(acted, str) else None
    return action is not None and bool(action.ends)


def compile_impossible(actions: list[str], linker: Linker) -> Callable[[Evaluation], set[str]]:
    """The function that gives the reports of these actions that lie, by a declared order, before what must come first."""
    orders = [
        compile_order(order, linker)
        for order in linker.protocol.orders
        if order.later in actions and isinstance(order.earlier, str | Act)
    ]

    def impossible(ctx: Evaluation) -> set[str]:
        pairs = (pair for test in orders for pair in test(ctx))
        return {second.event.id for _, second in pairs if second.event is not None}

    return impossible


def compile_uncounted(action: str, linker: Linker) -> Callable[[Evaluation, list[Event]], list[Event]] | None:
    """The function that leaves out the reports that an order lets not count; None if there is no such order."""
    orders = [
        compile_order(o, linker)
        for o in linker.protocol.orders
        if not o.counts and (o.later == action or (isinstance(o.later, Act) and o.later.action == action))
    ]
    if not orders:
        return None

    def left(ctx: Evaluation, found: list[Event]) -> list[Event]:
        if not found:
            return found
        out = [second.event.id for test in orders for _, second in test(ctx) if second.event is not None]
        return [e for e in found if e.id not in out]

    return left


def _same(said: Said, event: Event) -> bool:
    return said.event is not None and said.event.id == event.id


def _agree(labels: Scope, others: Scope) -> bool:
    known = dict(labels)
    return all(known.get(label, value) == value for label, value in others)


def _breached(order: Order, first: Said, second: Said) -> bool:
    if order.by_hour and first.at is not None and second.at is not None:
        return first.at > second.at
    return first.day > second.day or (order.strictly and first.day == second.day)


def _when(said: Said, ctx: Evaluation) -> str:
    return f"{said.at.astimezone(ctx.tz):%Y-%m-%d %H:%M}" if said.at is not None else said.day.isoformat()


def _days(what: Stated, linker: Linker) -> Days:
    """The days of what an order names. Raises ProtocolError on a name that is not defined, or that has no day."""
    match what:
        case Act(action, scope):
            return _acts(linker.action(action, scope), scope)
        case Sample(fact, point):
            return _samples(linker.fact(fact), point, linker)
        case AnchorDay(anchor):
            return _anchor(linker.anchor(anchor))
        case Onset(event):
            return _occurrences(linker.adverse_event(event), over=False)
        case Resolution(event):
            return _occurrences(linker.adverse_event(event), over=True)
        case str():
            return _acts(linker.action(what, ()), ()) if what in linker.actions else _dates(what, linker)
        case _:
            assert_never(what)


def _of(event: Event, labels: Scope, ctx: Evaluation) -> Said:
    """A report; midnight is the hour of what came with a day only."""
    hour = event.occurred.astimezone(ctx.tz).time()
    at = event.occurred if hour != time(0) else None
    return Said(local_day(event.occurred, ctx.tz), at, labels, event.recorded, event)


def _acts(action: str, scope: Scope) -> Days:
    fixed = dict(scope)

    def acts(ctx: Evaluation) -> list[Said]:
        return [
            _of(e, tuple(each for each in e.scope if each[0] not in fixed), ctx)
            for e in ctx.record.actions.get(action, ())
            if not fixed or fixed.items() <= dict(e.scope).items()
        ]

    return acts


def _samples(fact: Fact, point: str, linker: Linker) -> Days:
    if (point or fact.points) and point not in fact.points:
        raise linker.error(f"{fact.id} has no point {point!r}")
    return lambda ctx: [_of(e, (), ctx) for e in ctx.record.observations.get(fact.id, {}).get(point, ())]


def _anchor(index: int) -> Days:
    def on_record(ctx: Evaluation) -> list[Said]:
        point = ctx.anchor(index)
        if point is None or not point.actual:
            return []
        return [Said(point.day, point.instant, (), point.since or ctx.start, point.event)]

    return on_record


def _occurrences(name: str, *, over: bool) -> Days:
    """Onsets, or ends, of an adverse event. What continues no earlier report ends nothing."""

    def found(ctx: Evaluation) -> list[Said]:
        events = ctx.record.adverse.get(name, ())
        wanted = [e for e in events if bool(e.target) is over and (e.value == "0") is over]
        return [_of(e, (("occurrence", first_report(e, ctx)),), ctx) for e in wanted]

    return found


def _dates(name: str, linker: Linker) -> Days:
    fact = linker.fact(name)
    if fact.type != "date":
        raise linker.error(f"{name!r} is a {fact.type}: an order needs date facts and actions")

    def stated(ctx: Evaluation) -> list[Said]:
        found = [e for events in ctx.record.observations.get(name, {}).values() for e in events]
        found = found if fact.cardinality != "latest" else found[-1:]
        return [
            Said(day, None, (), e.recorded, e) for e in found if (day := observed(fact, e).day) is not None
        ]

    return stated
