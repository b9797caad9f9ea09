"""Holds: episodes that open and close as checks come in, read in the order of clinical time.

A sign that cannot be told (its value is missing, under review, or on no side of its limit) neither opens nor closes a hold.
Before a dose it must be known: until then the dose waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from pathway.engine.adverse_events import of_that_day
from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.engine.predicates import predicate
from pathway.engine.results import Episode
from pathway.engine.values import Val, holds, observed
from pathway.engine.windows import samples
from pathway.events import Event
from pathway.language import Fact, Hold, Reading, Sign

Episodes = Callable[[Evaluation, datetime | None], list[Episode]]
Open = Callable[[Evaluation, datetime | None, datetime | None, Callable[[Event], bool]], tuple[str, ...]]
_Met = Callable[[Evaluation, "_Seen"], bool | None]


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
    signs = _Signs(rule, linker)
    lifts = bool(rule.lifted_by)
    if lifts:
        linker.action(rule.lifted_by, ())

    def episodes(ctx: Evaluation, first: datetime | None) -> list[Episode]:
        if not signs.apply(ctx):
            return []
        checks = signs.checks(ctx)
        checks += [e for e in ctx.record.actions.get(rule.lifted_by, ()) if lifts]
        checks.sort(key=_order)
        seen = _Seen({}, {}, {})
        found: list[Episode] = []
        is_open = was_met = False
        for n, check in enumerate(checks):
            if check.kind == "action":
                if is_open:
                    found[-1].closed, is_open = check.occurred, False
                continue
            _take_in(ctx, check, signs.facts, seen, first)
            if n + 1 < len(checks) and checks[n + 1].occurred == check.occurred:
                continue
            met = signs.met(ctx, seen)
            if met and not is_open and not (lifts and was_met):
                found.append(Episode(rule, check.occurred))
                is_open = True
            elif is_open and met is False and not lifts:
                found[-1].closed, is_open = check.occurred, False
            was_met = bool(met)
        return found

    return episodes


def compile_open(rule: Hold, linker: Linker) -> Open:
    """The facts on which it hangs whether the hold is met, and which are not known.

    The arguments: the first dose ever, None before it; the instant of a dose that was given, None for one to come; whether a
    sample is new enough to say anything about this dose.
    """
    signs = _Signs(rule, linker)

    def unknown(
        ctx: Evaluation, first: datetime | None, at: datetime | None, fresh: Callable[[Event], bool]
    ) -> tuple[str, ...]:
        if not signs.apply(ctx):
            return ()
        seen = _Seen({}, {}, {})
        for check in sorted(signs.checks(ctx), key=_order):
            if at is None or check.occurred <= at:
                _take_in(ctx, check, signs.facts, seen, first)
        seen.values = {
            name: value
            for name, value in seen.values.items()
            if name in signs.lasting or (value.event is not None and fresh(value.event))
        }
        return () if signs.met(ctx, seen) is not None else signs.missing(ctx, seen)

    return unknown


class _Signs:
    """The signs of a hold, compiled."""

    def __init__(self, rule: Hold, linker: Linker) -> None:
        signs = [sign for group in rule.signs for sign in group]
        self.groups = [[(sign.fact, _sign(sign, linker)) for sign in group] for group in rule.signs]
        self.facts = {name: linker.fact(name) for name in dict.fromkeys(s.fact for s in signs if s.fact)}
        self.readings = [_every(fact) for fact in self.facts.values()]
        self.events = [
            linker.adverse_event(name) for name in dict.fromkeys(s.event for s in signs if s.event)
        ]
        for reading in self.readings:
            linker.reading(reading)
        # What a clinician says of the signs is no measurement that grows old.
        self.lasting = {s.fact for s in signs if s.unless}
        self.when = predicate(rule.when, linker) if rule.when is not None else None

    def apply(self, ctx: Evaluation) -> bool:
        """Whether the hold is for this patient, or may be."""
        return self.when is None or self.when(ctx).verdict != "FAIL"

    def checks(self, ctx: Evaluation) -> list[Event]:
        """Every report of the signs."""
        found = [e for reading in self.readings for e in samples(ctx, reading)]
        return found + [e for name in self.events for e in ctx.record.adverse.get(name, ())]

    def met(self, ctx: Evaluation, seen: _Seen) -> bool | None:
        """Whether every group has a sign; None if that hangs on what is not known."""
        return _every_one(_one(sign(ctx, seen) for _, sign in group) for group in self.groups)

    def missing(self, ctx: Evaluation, seen: _Seen) -> tuple[str, ...]:
        """The facts that cannot be told, of the groups that hang on them."""
        open_ = [group for group in self.groups if _one(sign(ctx, seen) for _, sign in group) is None]
        names = [name for group in open_ for name, sign in group if sign(ctx, seen) is None]
        return tuple(dict.fromkeys(names))


def _one(verdicts: Iterable[bool | None]) -> bool | None:
    found = list(verdicts)
    return True if True in found else None if None in found else False


def _every_one(verdicts: Iterable[bool | None]) -> bool | None:
    found = list(verdicts)
    return False if False in found else None if None in found else True


def _order(check: Event) -> tuple[datetime, datetime, str]:
    return check.occurred, check.recorded, check.id


def _every(fact: Fact) -> Reading:
    return Reading(fact.id, points=fact.points)


def _take_in(
    ctx: Evaluation, check: Event, facts: dict[str, Fact], seen: _Seen, first: datetime | None
) -> None:
    if check.kind == "observation":
        if check.value != "not-evaluable":
            seen.values[check.name] = _newest(facts[check.name], check, seen.values.get(check.name))
        return
    chain = ctx.record.root.get(check.target, check.target) or check.id
    for _ in range(len(ctx.record.adverse.get(check.name, ()))):
        earlier = ctx.record.by_id.get(chain)
        if earlier is None or not earlier.target or earlier.kind != "adverse_event":
            break
        chain = ctx.record.root.get(earlier.target, earlier.target)
    seen.grades.setdefault(check.name, {})[chain] = int(check.value or 0)
    if first is None or (check.occurred < first and not of_that_day(check, first, ctx.tz)):
        seen.before[check.name] = seen.grade(check.name)


def _newest(fact: Fact, check: Event, before: Val | None) -> Val:
    """The value of a check; two that differ at the same instant are a conflict, and neither of them is gone by."""
    value = observed(fact, check)
    same = before is not None and before.event is not None and before.event.occurred == check.occurred
    if before is not None and same and before.text != value.text:
        return replace(value, state="review")
    return value


def _sign(sign: Sign, linker: Linker) -> _Met:
    if sign.event:
        event, grade = sign.event, sign.at_least
        return lambda ctx, seen: (now := seen.grade(event)) >= grade and now > seen.before.get(event, 0)
    name = sign.fact
    if sign.values or sign.unless:
        linker.check_values(_every(linker.fact(name)), (*sign.values, *sign.unless))
        values, unless = sign.values, sign.unless

        def chosen(ctx: Evaluation, seen: _Seen) -> bool | None:
            value = seen.values.get(name)
            if value is None or value.state != "known":
                return None if values else True
            return value.text in values if values else value.text not in unless

        return chosen
    if sign.below is not None:
        index = linker.reading(sign.below, "number")

        def below(ctx: Evaluation, seen: _Seen) -> bool | None:
            base = ctx.reading(index)
            known = base.state == "known" and base.exact
            return _holds("<", seen.values.get(name), base.low) if known else None

        return below
    if sign.limit is None:
        raise linker.error(f"a sign of {name} says neither limit nor values")
    read = linker.limit(sign.limit)

    def limited(ctx: Evaluation, seen: _Seen) -> bool | None:
        bound = read(ctx)
        return False if bound is None else _holds(bound[0], seen.values.get(name), bound[1])

    return limited


def _holds(op: str, value: Val | None, limit: Decimal) -> bool | None:
    return None if value is None or value.state != "known" else holds(op, value, limit)
