"""Holds: episodes that open and close as checks come in, read in the order of clinical time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.engine.predicates import predicate
from pathway.engine.readings import samples
from pathway.engine.results import Episode
from pathway.engine.values import Val, holds, observed
from pathway.events import Event
from pathway.language import Fact, Hold, Reading, Sign

Episodes = Callable[[Evaluation, datetime | None], list[Episode]]
_Met = Callable[[Evaluation, "_Seen"], bool]


@dataclass(slots=True)
class _Seen:
    """The newest value of each fact, and the grades of each adverse event by its chain, up to a check."""

    values: dict[str, Val]
    grades: dict[str, dict[str, int]]
    before: dict[str, int]

    def grade(self, event: str) -> int:
        """The highest grade now."""
        return max(self.grades.get(event, {}).values(), default=0)


def compile_hold(rule: Hold, linker: Linker) -> Episodes:
    """The episodes of a hold; the second argument is the instant of the first dose ever, None before it."""
    signs = [sign for group in rule.signs for sign in group]
    groups = [[_sign(sign, linker) for sign in group] for group in rule.signs]
    facts = {name: linker.fact(name) for name in dict.fromkeys(s.fact for s in signs if s.fact)}
    readings = {name: _every(fact) for name, fact in facts.items()}
    events = [linker.adverse_event(name) for name in dict.fromkeys(s.event for s in signs if s.event)]
    for reading in readings.values():
        linker.reading(reading)
    when = predicate(rule.when, linker) if rule.when is not None else None
    lifts = bool(rule.lifted_by)
    if lifts:
        linker.action(rule.lifted_by, ())

    def episodes(ctx: Evaluation, first: datetime | None) -> list[Episode]:
        if when is not None and when(ctx).verdict != "PASS":
            return []
        checks = [e for reading in readings.values() for e in samples(ctx, reading)]
        checks += [e for name in events for e in ctx.record.adverse.get(name, ())]
        checks += [e for e in ctx.record.actions.get(rule.lifted_by, ()) if lifts]
        checks.sort(key=lambda e: (e.occurred, e.recorded, e.id))
        seen = _Seen({}, {}, {})
        found: list[Episode] = []
        is_open = was_met = False
        for n, check in enumerate(checks):
            if check.kind == "action":
                if is_open:
                    found[-1].closed, is_open = check.occurred, False
                continue
            _take_in(ctx, check, facts, seen, first)
            if n + 1 < len(checks) and checks[n + 1].occurred == check.occurred:
                continue
            met = all(any(sign(ctx, seen) for sign in group) for group in groups)
            if met and not is_open and not (lifts and was_met):
                found.append(Episode(rule, check.occurred))
                is_open = True
            elif is_open and not met and not lifts:
                found[-1].closed, is_open = check.occurred, False
            was_met = met
        return found

    return episodes


def _every(fact: Fact) -> Reading:
    return Reading(fact.id, points=fact.points)


def _take_in(
    ctx: Evaluation, check: Event, facts: dict[str, Fact], seen: _Seen, first: datetime | None
) -> None:
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


def _sign(sign: Sign, linker: Linker) -> _Met:
    if sign.event:
        event, grade = sign.event, sign.at_least
        return lambda ctx, seen: (now := seen.grade(event)) >= grade and now > seen.before.get(event, 0)
    name = sign.fact
    if sign.values or sign.unless:
        linker.check_values(_every(linker.fact(name)), (*sign.values, *sign.unless))
        values, unless = sign.values, sign.unless

        def chosen(ctx: Evaluation, seen: _Seen) -> bool:
            value = seen.values.get(name)
            return (
                value is not None and value.text in values
                if values
                else value is None or value.text not in unless
            )

        return chosen
    if sign.below is not None:
        index = linker.reading(sign.below, "number")

        def below(ctx: Evaluation, seen: _Seen) -> bool:
            value, base = seen.values.get(name), ctx.reading(index)
            return value is not None and base.state == "known" and _holds("<", value, base.low)

        return below
    if sign.limit is None:
        raise linker.error(f"a sign of {name} says neither limit nor values")
    read = linker.limit(sign.limit)

    def limited(ctx: Evaluation, seen: _Seen) -> bool:
        value, bound = seen.values.get(name), read(ctx)
        return value is not None and bound is not None and _holds(bound[0], value, bound[1])

    return limited


def _holds(op: str, value: Val, limit: Decimal) -> bool:
    return holds(op, value, limit) is True
