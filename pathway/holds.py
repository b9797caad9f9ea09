"""Holds: episodes that open and close as checks come in, read in the order of clinical time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from pathway.dosing import Hold, Sign
from pathway.events import Event
from pathway.language import Fact, Slot
from pathway.slots import samples
from pathway.state import Context
from pathway.values import Val, holds, observed

if TYPE_CHECKING:
    from pathway.builder import Builder


@dataclass(slots=True)
class Episode:
    """A hold from the check that opened it to the one that closed it (None: still open)."""

    rule: Hold
    opened: datetime
    closed: datetime | None = None


Episodes = Callable[[Context, datetime | None], list[Episode]]
_Met = Callable[[Context, "_Seen"], bool]


@dataclass(slots=True)
class _Seen:
    """The newest value of each fact, and the grades of each adverse event by its chain, up to a check."""

    values: dict[str, Val]
    grades: dict[str, dict[str, int]]
    before: dict[str, int]

    def grade(self, event: str) -> int:
        """The highest grade now."""
        return max(self.grades.get(event, {}).values(), default=0)


def compile_hold(rule: Hold, builder: Builder) -> Episodes:
    """The episodes of a hold; the second argument is the instant of the first dose ever, None before it."""
    signs = [sign for group in rule.signs for sign in group]
    groups = [[_sign(sign, builder) for sign in group] for group in rule.signs]
    facts = {name: builder.fact(name) for name in dict.fromkeys(s.fact for s in signs if s.fact)}
    slots = {name: _every(fact) for name, fact in facts.items()}
    events = [builder.adverse_event(name) for name in dict.fromkeys(s.event for s in signs if s.event)]
    for slot in slots.values():
        builder.slot(slot)
    when = builder.predicate(rule.when) if rule.when is not None else None

    def episodes(ctx: Context, first: datetime | None) -> list[Episode]:
        if when is not None and when(ctx).verdict != "PASS":
            return []
        checks = [e for slot in slots.values() for e in samples(ctx, slot)]
        checks += [e for name in events for e in ctx.record.adverse.get(name, ())]
        checks.sort(key=lambda e: (e.occurred, e.recorded, e.id))
        seen = _Seen({}, {}, {})
        found: list[Episode] = []
        is_open = False
        for n, check in enumerate(checks):
            _take_in(ctx, check, facts, seen, first)
            if n + 1 < len(checks) and checks[n + 1].occurred == check.occurred:
                continue
            met = all(any(sign(ctx, seen) for sign in group) for group in groups)
            if met and not is_open:
                found.append(Episode(rule, check.occurred))
            elif is_open and not met:
                found[-1].closed = check.occurred
            is_open = met
        return found

    return episodes


def _every(fact: Fact) -> Slot:
    return Slot(fact.id, points=fact.points)


def _take_in(ctx: Context, check: Event, facts: dict[str, Fact], seen: _Seen, first: datetime | None) -> None:
    if check.kind == "observation":
        if check.value != "not-evaluable":
            seen.values[check.name] = observed(facts[check.name], check)
        return
    chain = ctx.record.root.get(check.target, check.target) or check.id
    for _ in range(len(ctx.record.adverse.get(check.name, ()))):
        earlier = ctx.record.by_id.get(chain)
        if earlier is None or not earlier.target or earlier.kind != "adverse_event":
            break
        chain = ctx.record.root.get(earlier.target, earlier.target)
    seen.grades.setdefault(check.name, {})[chain] = int(check.value or 0)
    if first is None or check.occurred < first:
        seen.before[check.name] = seen.grade(check.name)


def _sign(sign: Sign, builder: Builder) -> _Met:
    if sign.event:
        event, grade = sign.event, sign.at_least
        return lambda ctx, seen: (now := seen.grade(event)) >= grade and now > seen.before.get(event, 0)
    name = sign.fact
    if sign.values or sign.unless:
        builder.check_values(_every(builder.fact(name)), (*sign.values, *sign.unless))
        values, unless = sign.values, sign.unless

        def chosen(ctx: Context, seen: _Seen) -> bool:
            value = seen.values.get(name)
            return (
                value is not None and value.text in values
                if values
                else value is None or value.text not in unless
            )

        return chosen
    if sign.below is not None:
        index = builder.slot(sign.below, "number")

        def below(ctx: Context, seen: _Seen) -> bool:
            value, base = seen.values.get(name), ctx.slot(index)
            return value is not None and base.state == "known" and _holds("<", value, base.low)

        return below
    if sign.limit is None:
        raise builder.error(f"a sign of {name} says neither limit nor values")
    read = builder.limit(sign.limit)

    def limited(ctx: Context, seen: _Seen) -> bool:
        value, bound = seen.values.get(name), read(ctx)
        return value is not None and bound is not None and _holds(bound[0], value, bound[1])

    return limited


def _holds(op: str, value: Val, limit: Decimal) -> bool:
    return holds(op, value, limit) is True
