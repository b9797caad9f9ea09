"""What is told of doubts: samples outside their point, values not to be believed, acts reported twice, orders that cannot be.

A doubt is keyed by what it speaks of (fact or action, point, scope), never by the event or its day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from pathway.clock import local_day
from pathway.engine.adverse_events import occurrences_of
from pathway.engine.conflict_notices import can_conflict, compile_conflicts
from pathway.engine.context import Evaluation
from pathway.engine.doubts import compile_jump
from pathway.engine.linker import Linker
from pathway.engine.obligations import oblige
from pathway.engine.orders import compile_order, order_words
from pathway.engine.values import observed, of_another_kind, value_text
from pathway.engine.windows import Window, window_of
from pathway.events import Event
from pathway.language import Act, Action, AdverseEventType, AnchorDay, Done, Fact, Order, Role, Scope
from pathway.language.details import POINT
from pathway.language.implied_orders import implied_orders, orders_of_death
from pathway.language.points import stated_words
from pathway.language.terms import key_of
from pathway.language.walk import atoms
from pathway.plan import Obligation

Doubts = Callable[[Evaluation], list[Obligation]]
_MOST_SCOPES = 64


def compile_doubts(linker: Linker) -> Iterator[tuple[str, Callable[[], Doubts]]]:
    """The name of each thing that can be in doubt, and what compiles its notices."""
    protocol = linker.protocol
    for fact in protocol.facts:
        if fact.window is not None or (fact.points and protocol.points):
            yield f"samples of {fact.id}", lambda f=fact: _of_samples(f, linker)  # type: ignore[misc]
        if can_conflict(fact):
            yield f"results of {fact.id}", lambda f=fact: compile_conflicts(f, linker)  # type: ignore[misc]
        if fact.type == "number" and (
            fact.plausible != (None, None) or fact.change or fact.specimens or fact.assays
        ):
            yield f"values of {fact.id}", lambda f=fact: _of_values(f, linker)  # type: ignore[misc]
    vital = {done.action for done in atoms(protocol.anchors, Done)}
    for action in protocol.actions:
        points = dict(action.scopes).get(POINT, ())
        if points and protocol.points:
            yield f"times of {action.id}", lambda a=action: _of_acts(a, linker)  # type: ignore[misc]
        if not action.repeats:
            severity = "critical" if action.id in vital else "major"
            yield f"reports of {action.id}", lambda a=action, s=severity: _twice(a, s, linker)  # type: ignore[misc]
    for kind in protocol.adverse_events:
        yield f"occurrences of {kind.id}", lambda k=kind: _of_events(k, linker)  # type: ignore[misc]
    for order in protocol.orders:
        names = f"{stated_words(order.earlier)} and {stated_words(order.later)}"
        yield f"order of {names}", lambda o=order: _of_orders((o,), linker)  # type: ignore[misc]
    deaths = orders_of_death(protocol)
    yield "order of death", lambda: _of_orders(deaths, linker, first_only=True)
    for about, orders in _implied(linker).items():
        yield f"order of {about}", lambda o=orders: _of_orders(o, linker)  # type: ignore[misc]


def _windows(name: str, points: tuple[str, ...], linker: Linker) -> dict[str, Window]:
    found = {p: w for p in points or ("",) if (w := window_of(name, p, linker)) is not None}
    for notice, kind, point in product(
        ("SAMPLE-OUTSIDE", "SAMPLE-WAITS", "SAMPLE-OFF-SCHEDULE"), ("fact", "action"), found
    ):
        linker.recorded(_sample_key(notice, kind, name, point))
    return found


def _sample_key(notice: str, kind: str, name: str, point: str) -> str:
    return key_of(notice, ((kind, name), *(((POINT, point),) if point else ())))


def _of_samples(fact: Fact, linker: Linker) -> Doubts:
    linker.fact(fact.id)
    windows = _windows(fact.id, fact.points, linker)

    def doubts(ctx: Evaluation) -> list[Obligation]:
        by_point = ctx.record.observations.get(fact.id)
        if not by_point:
            return []
        return [
            o
            for point, window in windows.items()
            if (events := by_point.get(point))
            for o in _placed(ctx, "fact", fact.id, fact.supplier, window, events)
        ]

    return doubts


def _of_acts(action: Action, linker: Linker) -> Doubts:
    linker.action(action.id, ())
    windows = _windows(action.id, dict(action.scopes)[POINT], linker)

    def doubts(ctx: Evaluation) -> list[Obligation]:
        events = ctx.record.actions.get(action.id)
        if not events:
            return []
        return [
            o
            for point, window in windows.items()
            for o in _placed(
                ctx,
                "action",
                action.id,
                action.role,
                window,
                [e for e in events if dict(e.scope).get(POINT) == point],
            )
        ]

    return doubts


def _placed(
    ctx: Evaluation, kind: str, name: str, supplier: Role, window: Window, events: list[Event]
) -> Iterator[Obligation]:
    """What is told of the samples of a point: the first that does not belong, that waits, that is off schedule."""
    point = window.point.id
    told: dict[str, tuple[Event, str]] = {}
    for event in events:
        place = window.place(ctx, event)
        if place == "outside":
            told.setdefault("SAMPLE-OUTSIDE", (event, (
                f"does not belong to it, which accepts {window.accepted(ctx)}. It does not count: correct its date"
                f"{' or label' if point else ''}, or say that it belongs"
            )))  # fmt: skip
        elif place == "waits":
            if not window.foreseen(ctx, event):
                told.setdefault(
                    "SAMPLE-WAITS", (event, f"is on record and waits for: {window.bounds(ctx)[2]}")
                )
        elif (days := window.off_schedule(ctx, event)) is not None:
            told.setdefault(
                "SAMPLE-OFF-SCHEDULE", (event, f"counts, though it was scheduled from {days[0]} to {days[1]}")
            )
    for notice, (event, text) in told.items():
        deviation = notice == "SAMPLE-OFF-SCHEDULE"
        severity = "major" if notice == "SAMPLE-OUTSIDE" else "minor"
        day = local_day(event.occurred, ctx.tz)
        yield oblige(
            ctx, notice, _sample_key(notice, kind, name, point), "deviation" if deviation else "alert",
            f"{f'{name} {point}'.strip()} of {day} {text}", "coordinator", [(severity, event.recorded)],
            also=supplier if notice == "SAMPLE-OUTSIDE" else "",
        )  # fmt: skip


def _of_values(fact: Fact, linker: Linker) -> Doubts:
    linker.fact(fact.id)
    jump = compile_jump(fact)
    points = fact.points or ("",)
    for notice, point in product(("IMPLAUSIBLE", "NOT-COUNTED"), points):
        linker.recorded(_sample_key(notice, "fact", fact.id, point))

    def doubts(ctx: Evaluation) -> list[Obligation]:
        by_point = ctx.record.observations.get(fact.id)
        if not by_point:
            return []
        jumps = jump(ctx) if jump is not None else {}
        return [o for point in points for o in _doubted(ctx, fact, point, by_point.get(point, ()), jumps)]

    return doubts


def _doubted(
    ctx: Evaluation, fact: Fact, point: str, events: Sequence[Event], jumps: dict[str, str]
) -> Iterator[Obligation]:
    """The first value of a point that cannot be believed, and the first that is none of the fact."""
    told: set[str] = set()
    for event in events:
        value, other = observed(fact, event), of_another_kind(fact, event)
        doubted = value.state == "review" and event.value != "not-evaluable"
        note, notice = (
            value.note if doubted else jumps.get(event.id, ""),
            "NOT-COUNTED" if other else "IMPLAUSIBLE",
        )
        if not note or notice in told:
            continue
        told.add(notice)
        name, day = f"{fact.id} {point}".strip(), local_day(event.occurred, ctx.tz)
        text = f"{name} {value_text(event)} of {day} {'does not count' if other else 'is in doubt'}: {note}"
        key = _sample_key(notice, "fact", fact.id, point)
        yield oblige(ctx, notice, key, "alert", text, fact.supplier, [("major", event.recorded)])


def _twice(action: Action, severity: str, linker: Linker) -> Doubts:
    linker.action(action.id, ())
    keyed = bool(_scopes(action)) and not action.ends
    for scope in _scopes(action) if keyed else ((),):
        linker.recorded(key_of("REPORTED-TWICE", (("action", action.id), *scope)))

    def doubts(ctx: Evaluation) -> list[Obligation]:
        events = ctx.record.actions.get(action.id, ())
        if len(events) < 2:
            return []
        by_scope: dict[Scope, list[Event]] = {}
        for event in events:
            # Treatment, study and life end once, whatever for.
            by_scope.setdefault(() if action.ends else event.scope, []).append(event)
        told: dict[str, Obligation] = {}
        for scope, reports in by_scope.items():
            if len({(e.occurred, tuple(sorted(e.details)), e.scope) for e in reports}) > 1:
                key = key_of("REPORTED-TWICE", (("action", action.id), *(scope if keyed else ())))
                told.setdefault(key, _contested(ctx, action, scope, key, reports, severity))
        return list(told.values())

    return doubts


def _contested(
    ctx: Evaluation, action: Action, scope: Scope, key: str, reports: list[Event], severity: str
) -> Obligation:
    apart = len({e.scope for e in reports}) > 1
    times = " and ".join(dict.fromkeys(_when(ctx, e, apart) for e in reports))
    text = (
        f"{key_of(action.id, scope)} can be done only once and is reported for {times}: correct or void all but one; "
        "until then the earliest counts"
    )
    second = sorted(e.recorded for e in reports)[1]
    return oblige(ctx, "REPORTED-TWICE", key, "alert", text, "coordinator", [(severity, second)])


def _when(ctx: Evaluation, event: Event, scoped: bool = False) -> str:
    labels = event.scope if scoped else ()
    details = ", ".join(f"{k} {v}" for k, v in (*labels, *event.details))
    return f"{event.occurred.astimezone(ctx.tz):%Y-%m-%d %H:%M}" + (f" ({details})" if details else "")


def _scopes(action: Action) -> tuple[Scope, ...]:
    """Every scope of an action in the order of its labels' names; () where a label may have any value."""
    labels = sorted(action.scopes)
    if any(not values for _, values in labels):
        return ()
    found = tuple(product(*([(label, value) for value in values] for label, values in labels)))
    return found if len(found) <= _MOST_SCOPES else ()


def _of_events(kind: AdverseEventType, linker: Linker) -> Doubts:
    """The ends of an adverse event of which several are open, and nobody said which of them is over."""
    key = key_of("WHICH-EVENT", (("event", kind.id),))
    name = linker.adverse_event(kind.id)
    linker.recorded(key)

    def doubts(ctx: Evaluation) -> list[Obligation]:
        if len(ctx.record.adverse.get(name, ())) < 3:
            return []
        unsaid = [e.recorded for e in occurrences_of(ctx.record, name)[1]]
        if not unsaid:
            return []
        text = (
            f"{kind.text} is reported as over, and several are on record: say which by the report that it continues; until then "
            "none of them is over"
        )
        rung = [("major", min(unsaid))]
        return [oblige(ctx, "WHICH-EVENT", key, "alert", text, "clinician", rung, times=unsaid)]

    return doubts


def _of_orders(orders: tuple[Order, ...], linker: Linker, *, first_only: bool = False) -> Doubts:
    """The breaches of orders; `first_only`: one says it of all of them."""
    tests = []
    for order in orders:
        acted = order.later.action if isinstance(order.later, Act) else order.later
        if not order.counts and acted not in linker.actions:
            raise linker.error(
                f"counts=False of {stated_words(order.later)!r}: only an action can count or not"
            )
        names = (("earlier", stated_words(order.earlier)), ("later", stated_words(order.later)))
        key = key_of("IMPOSSIBLE-ORDER", names)
        linker.recorded(key)
        tests.append((order, key, compile_order(order, linker)))

    def doubts(ctx: Evaluation) -> list[Obligation]:
        told = []
        for order, key, test in tests:
            breach = next(test(ctx), None)
            if breach is not None:
                since = max(said.known for said in breach)
                text = order_words(order, breach, ctx)
                rung = [("major", since)]
                told.append(oblige(ctx, "IMPOSSIBLE-ORDER", key, "alert", text, "coordinator", rung))
                if first_only:
                    break
        return told

    return doubts


def _implied(linker: Linker) -> dict[str, tuple[Order, ...]]:
    """The orders that need no saying, by what they are about; what a protocol says itself is not told twice."""
    said = {(o.earlier, o.later) for o in linker.protocol.orders}
    for anchor in linker.protocol.anchors:
        first = anchor.actual[0] if len(anchor.actual) == 1 else None
        if isinstance(first, Done):
            acts = (Act(first.action, first.scope), first.action)
            said |= {(AnchorDay(anchor.id), later) for earlier, later in said if earlier in acts}
    found: dict[str, tuple[Order, ...]] = {}
    for order in implied_orders(linker.protocol):
        if (order.earlier, order.later) not in said:
            about = stated_words(order.later)
            found[about] = (*found.get(about, ()), order)
    return found
