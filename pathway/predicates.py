"""Predicates, compiled to functions of the evaluation.

Four-valued; PENDING ranks over REVIEW, so De Morgan's laws hold.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import prod
from typing import TYPE_CHECKING

from pathway.anchors import compile_day, compile_moment, compile_number
from pathway.clock import add_months, at_hour, close_of, local_day
from pathway.dosing import DOSE_FLAGS
from pathway.language import (
    AllOf,
    Always,
    AnyOf,
    AtLeast,
    Compare,
    Crit,
    Dates,
    Directed,
    Entered,
    Exposure,
    Fresh,
    Graded,
    InPhase,
    Is,
    Known,
    Ledger,
    LedgerFlag,
    Limit,
    Not,
    NotObtainable,
    Outcome,
    Param,
    Passed,
    Predicate,
    Products,
    Reached,
    Recorded,
    ReviewIf,
    Rose,
    Setting,
    Slot,
    State,
    Taken,
)
from pathway.ledger import FLAGS
from pathway.plan import Verdict
from pathway.slots import samples
from pathway.state import Context, Result
from pathway.values import Val, holds, nearest, observed

if TYPE_CHECKING:
    from pathway.builder import Builder

Test = Callable[[Context], Result]


def compile_predicate(node: Predicate, builder: Builder) -> Test:
    """The function of a predicate.

    References are checked here: raises ProtocolError on an unknown name or a forbidden one.
    """
    match node:
        case Always():
            return lambda ctx: Result("PASS", ctx.start)
        case Setting(key, values):
            return _setting(builder.param(key, ("choice",)), values, builder)
        case AllOf(parts):
            return _all([builder.predicate(p) for p in parts])
        case AnyOf(parts):
            return _any([builder.predicate(p) for p in parts])
        case AtLeast(n, parts):
            return _at_least(n, [builder.predicate(p) for p in parts])
        case Not(part):
            return _not(builder.predicate(part))
        case ReviewIf(part, _):
            return _review_if(builder.predicate(part))
        case State(part, verdicts):
            return _state(builder.predicate(part), verdicts)
        case Is(slot, values):
            return _is(slot, values, builder)
        case Compare(slot, limit):
            return _compare(slot, limit, builder)
        case Dates():
            return _dates(node, builder)
        case Exposure():
            return _exposure(node, builder)
        case Rose(slot, factor):
            return _rose(slot, factor, builder)
        case Products():
            return _products(node, builder)
        case Fresh(slot, days, before, hours):
            if hours is not None:
                return _fresh_hours(slot, hours, before, builder)
            return _fresh(slot, days, before, builder)
        case Known(slot):
            return _known(builder.slot(slot))
        case NotObtainable(slot):
            return _not_obtainable(slot, builder)
        case Recorded(action, scope, where):
            return _recorded(builder.action(action, scope), scope, where)
        case Graded():
            return _graded(node, builder)
        case Passed(moment):
            return _passed(compile_moment(moment, builder))
        case Reached(anchor):
            return _reached(builder.anchor(anchor))
        case Ledger(ledger, states):
            return _ledger(builder.ledger(ledger), states)
        case Directed(ledger, actions, rules):
            return _directed(builder.ledger(ledger), actions, rules)
        case LedgerFlag(ledger, flag):
            if flag not in (*FLAGS, *DOSE_FLAGS):
                raise builder.error(
                    f"no ledger has the flag {flag!r}; {nearest(flag, (*FLAGS, *DOSE_FLAGS))}"
                )
            return _flag(builder.ledger(ledger), flag)
        case Crit(id):
            index = builder.criterion(id)
            return lambda ctx: ctx.criterion(index)
        case Outcome(decision, options):
            return _outcome(builder.decision(decision, options), options, builder.is_computed(decision))
        case Taken(decision, options):
            return _taken(builder.decision(decision, options), options)
        case InPhase(track, phases):
            return _in_phase(*builder.phases(track, phases))
        case Entered(track, phase):
            return _entered(*builder.phases(track, (phase,)))


def _setting(key: str, values: tuple[str, ...], builder: Builder) -> Test:
    for value in values:
        if value not in builder.keys[key].options:
            raise builder.error(f"profile key {key} can never be {value!r}")
    return lambda ctx: Result("PASS" if ctx.params[key] in values else "FAIL", ctx.start)


def _unsettled(results: list[Result], pending: bool) -> Result:
    """PENDING with all that is waited for, else REVIEW: pending ranks over review."""
    if pending:
        missing = dict.fromkeys(i for r in results if r.verdict == "PENDING" for i in r.missing)
        return Result("PENDING", None, tuple(missing))
    return Result(
        "REVIEW", max((r.since for r in results if r.verdict == "REVIEW" and r.since), default=None)
    )


def _latest(results: list[Result]) -> datetime | None:
    return max((r.since for r in results if r.since is not None), default=None)


def _all(tests: list[Test]) -> Test:
    return _settle(tests, "FAIL", "PASS")


def _any(tests: list[Test]) -> Test:
    return _settle(tests, "PASS", "FAIL")


def _settle(tests: list[Test], strong: Verdict, weak: Verdict) -> Test:
    """`strong` if one part says so, since the earliest of them; `weak` if all do, since the latest."""

    def test(ctx: Context) -> Result:
        results: list[Result] = []
        first = last = None
        decided = pending = review = False
        for part in tests:
            result = part(ctx)
            verdict, since = result.verdict, result.since
            if verdict == strong:
                decided = True
                if since is not None and (first is None or since < first):
                    first = since
            elif verdict == weak:
                if since is not None and (last is None or since > last):
                    last = since
            else:
                results.append(result)
                pending = pending or verdict == "PENDING"
                review = True
        if decided:
            return Result(strong, first)
        if review:
            return _unsettled(results, pending)
        return Result(weak, last)

    return test


def gate(parts: list[Test]) -> Test:
    """All of the parts, for places that use `since` only when it passes: stops at the first that fails."""

    def test(ctx: Context) -> Result:
        open_: list[Result] = []
        last: datetime | None = None
        pending = False
        for part in parts:
            result = part(ctx)
            if result.verdict == "FAIL":
                return result
            if result.verdict == "PASS":
                if result.since is not None and (last is None or result.since > last):
                    last = result.since
            else:
                open_.append(result)
                pending = pending or result.verdict == "PENDING"
        return _unsettled(open_, pending) if open_ else Result("PASS", last)

    return test


def _at_least(n: int, tests: list[Test]) -> Test:
    def test(ctx: Context) -> Result:
        results = [t(ctx) for t in tests]
        passing = [r for r in results if r.verdict == "PASS"]
        if len(passing) >= n:
            ordered = sorted(r.since for r in passing if r.since is not None)
            return Result("PASS", ordered[n - 1] if len(ordered) >= n else None)
        failing = [r for r in results if r.verdict == "FAIL"]
        if len(results) - len(failing) < n:
            return Result("FAIL", _latest(failing))
        pending = any(r.verdict == "PENDING" for r in results)
        return _unsettled(results, pending)

    return test


def _not(test: Test) -> Test:
    def negated(ctx: Context) -> Result:
        result = test(ctx)
        if result.verdict == "PASS":
            return Result("FAIL", result.since)
        if result.verdict == "FAIL":
            return Result("PASS", result.since)
        return result

    return negated


def _review_if(test: Test) -> Test:
    def review(ctx: Context) -> Result:
        result = test(ctx)
        if result.verdict == "PASS":
            return Result("REVIEW", result.since)
        return Result("PASS", result.since) if result.verdict == "FAIL" else result

    return review


def _state(test: Test, verdicts: tuple[str, ...]) -> Test:
    def state(ctx: Context) -> Result:
        result = test(ctx)
        return Result("PASS" if result.verdict in verdicts else "FAIL", result.since or ctx.start)

    return state


def _waiting(value: Val, index: int) -> Result | None:
    if value.state == "known":
        return None
    return Result("PENDING", None, (index,)) if value.state == "missing" else Result("REVIEW", value.since)


def _is(slot: Slot, values: tuple[str, ...], builder: Builder) -> Test:
    index = builder.slot(slot)
    builder.check_values(slot, values)
    measured = builder.fact(slot.fact).qualifiers

    def test(ctx: Context) -> Result:
        value = ctx.slots[index] or ctx.slot(index)
        waiting = _waiting(value, index)
        if waiting is not None:
            return waiting
        text = value.event.value if measured and value.event is not None else value.text
        return Result("PASS" if text in values else "FAIL", value.since)

    return test


def _compare(slot: Slot, limit: Limit | Param, builder: Builder) -> Test:
    index = builder.slot(slot, "number")
    read = builder.limit(limit)

    def test(ctx: Context) -> Result:
        bound = read(ctx)
        if bound is None:
            return Result("FAIL", ctx.start)
        value = ctx.slots[index] or ctx.slot(index)
        waiting = _waiting(value, index)
        if waiting is not None:
            return waiting
        answer = holds(bound[0], value, bound[1])
        if answer is None:
            return Result("REVIEW", value.since)
        return Result("PASS" if answer else "FAIL", value.since)

    return test


def _dates(node: Dates, builder: Builder) -> Test:
    left, right = compile_day(node.left, builder), compile_day(node.right, builder)
    slots = [builder.slot(d.of) for d in (node.left, node.right) if isinstance(d.of, Slot)]
    op, never = node.op, node.never

    def test(ctx: Context) -> Result:
        (a, wait_a), (b, wait_b) = left(ctx), right(ctx)
        since = max((s for i in slots if (s := ctx.slot(i).since) is not None), default=ctx.start)
        if (a is None and wait_a is None) or (b is None and wait_b is None):
            return Result(never, since)
        if a is None or b is None:
            if any(i is not None and i >= 0 and ctx.slot(i).state == "review" for i in (wait_a, wait_b)):
                return Result("REVIEW", since)
            return Result("PENDING", None, tuple(i for i in (wait_a, wait_b) if i is not None and i >= 0))
        answer = {"<": a < b, "<=": a <= b, "=": a == b, ">=": a >= b, ">": a > b}[op]
        return Result("PASS" if answer else "FAIL", since)

    return test


def _exposure(node: Exposure, builder: Builder) -> Test:
    slot = node.slot
    index = builder.slot(slot, "number")
    before = compile_day(node.before, builder)
    dose, count = builder.limit(node.dose), builder.limit(node.days)
    name, wanted = node.where
    fact = builder.fact(slot.fact)

    def test(ctx: Context) -> Result:
        courses = samples(ctx, slot)
        end, waits = before(ctx)
        if not courses:
            return Result("PENDING", None, (index,))
        since = max(e.recorded for e in courses)
        if end is None:
            return Result("PENDING", None, (waits,) if waits is not None and waits >= 0 else ())
        bound, number = dose(ctx), count(ctx)
        assert bound is not None
        assert number is not None
        doses: dict[date, Decimal] = {}
        for event in courses:
            value = observed(fact, event)
            if value.state == "review":
                return Result("REVIEW", value.since)
            if (name and event.detail(name) not in (None, wanted)) or not value.high:
                continue
            length = event.detail("days")
            if length is None or (name and event.detail(name) is None):
                return Result("REVIEW", event.recorded)
            first = local_day(event.occurred, ctx.tz)
            opens = add_months(end, -node.window_months) - timedelta(days=node.window_days)
            for n in range(min(int(length), 10_000)):
                day = first + timedelta(days=n)
                if opens <= day < end:
                    doses[day] = doses.get(day, Decimal(0)) + value.low
        total = Decimal(
            sum(1 for d in doses.values() if holds(bound[0], Val("known", None, "", None, d, d), bound[1]))
        )
        answer = holds(number[0], Val("known", None, "", None, total, total), number[1])
        return Result("PASS" if answer else "FAIL", since)

    return test


def _rose(slot: Slot, factor: str, builder: Builder) -> Test:
    index = builder.slot(slot, "number")
    fact = builder.fact(slot.fact)
    times = Decimal(factor)

    def test(ctx: Context) -> Result:
        found = [(e, v) for e in samples(ctx, slot) if (v := observed(fact, e)).state == "known"]
        if len(found) < 2:
            return Result("FAIL", ctx.slot(index).since or ctx.start)
        (_, before), (event, after) = found[-2], found[-1]
        detected = event.value != "not-detected"
        if before.event is not None and before.event.value == "not-detected":
            answer = detected
        else:
            answer = not after.open_high and before.high > 0 and after.low >= before.high * times
        return Result("PASS" if answer else "FAIL", event.recorded)

    return test


def _products(node: Products, builder: Builder) -> Test:
    left = [builder.slot(slot, "number") for slot in node.left]
    right = [builder.slot(slot, "number") for slot in node.right]
    times, op = Decimal(node.times), node.op

    def test(ctx: Context) -> Result:
        values = [ctx.slots[i] or ctx.slot(i) for i in (*left, *right)]
        missing = tuple(i for i, v in zip((*left, *right), values, strict=True) if v.state == "missing")
        if missing:
            return Result("PENDING", None, missing)
        since = max((v.since for v in values if v.since is not None), default=None)
        if any(v.state == "review" or v.open_high for v in values):
            return Result("REVIEW", since)
        a = prod((v.low for v in values[: len(left)]), start=Decimal(1))
        b = prod((v.low for v in values[len(left) :]), start=times)
        answer = holds(op, Val("known", None, "", None, a, a), b)
        return Result("PASS" if answer else "FAIL", since)

    return test


def _fresh(slot: Slot, days: int | Param, before: str, builder: Builder) -> Test:
    index = builder.slot(slot)
    number = compile_number(days, builder)
    anchor = builder.anchor(before) if before else None

    def test(ctx: Context) -> Result:
        value = ctx.slots[index] or ctx.slot(index)
        length = number(ctx)
        if value.event is None:
            return Result("PENDING", None, (index,))
        if length is None:
            return Result("FAIL", ctx.start)
        last = local_day(value.event.occurred, ctx.tz) + timedelta(days=length)
        point = ctx.anchor(anchor) if anchor is not None else None
        if point is not None:
            return Result(
                "PASS" if point.day <= last else "FAIL", max(value.event.recorded, point.since or ctx.start)
            )
        end = close_of(last, ctx.tz)
        return Result("FAIL", end) if ctx.passed(end) else Result("PASS", value.event.recorded)

    return test


def _fresh_hours(slot: Slot, hours: int | Param, before: str, builder: Builder) -> Test:
    index = builder.slot(slot)
    number = compile_number(hours, builder)
    anchor = builder.anchor(before) if before else None

    def test(ctx: Context) -> Result:
        value = ctx.slots[index] or ctx.slot(index)
        length = number(ctx)
        if value.event is None:
            return Result("PENDING", None, (index,))
        if length is None:
            return Result("FAIL", ctx.start)
        end = value.event.occurred + timedelta(hours=length)
        point = ctx.anchor(anchor) if anchor is not None else None
        if point is not None:
            instant = point.instant or at_hour(point.day, 0, ctx.tz)
            since = max(value.event.recorded, point.since or ctx.start)
            if instant > end:
                return Result("FAIL", since)
            if point.actual:
                return Result("PASS", since)
        # The last hour itself still counts: it is over a second later.
        over = end + timedelta(seconds=1)
        return Result("FAIL", over) if ctx.passed(over) else Result("PASS", value.event.recorded)

    return test


def _known(index: int) -> Test:
    def test(ctx: Context) -> Result:
        value = ctx.slots[index] or ctx.slot(index)
        return Result("FAIL", ctx.start) if value.state == "missing" else Result("PASS", value.since)

    return test


def _not_obtainable(slot: Slot, builder: Builder) -> Test:
    index = builder.slot(slot)
    points = slot.points or (slot.point,)
    fact = slot.fact

    def test(ctx: Context) -> Result:
        declared = [ctx.record.unobtainable.get((fact, p)) for p in points]
        if ctx.slot(index).state != "missing" or not all(declared):
            return Result("FAIL", ctx.start)
        return Result("PASS", max(e.recorded for found in declared for e in (found or ())[:1]))

    return test


def _recorded(action: str, scope: tuple[tuple[str, str], ...], where: tuple[str, str]) -> Test:
    name, wanted = where

    def test(ctx: Context) -> Result:
        for event in ctx.record.actions.get(action, ()):
            if (not scope or event.scope == scope) and (not name or event.detail(name) == wanted):
                return Result("PASS", event.recorded)
        return Result("FAIL", ctx.start)

    return test


def _graded(node: Graded, builder: Builder) -> Test:
    name = builder.adverse_event(node.event)
    since = builder.anchor(node.since) if node.since else None
    until = builder.anchor(node.until) if node.until else None

    def test(ctx: Context) -> Result:
        reports = [
            e for e in ctx.record.adverse.get(name, ()) if not node.scale or e.detail("scale") == node.scale
        ]
        if reports and since is not None and (first := ctx.anchor(since)) is not None:
            reports = [e for e in reports if local_day(e.occurred, ctx.tz) >= first.day]
        if reports and until is not None and (last := ctx.anchor(until)) is not None:
            reports = [e for e in reports if local_day(e.occurred, ctx.tz) <= last.day]
        for event in reports[-1:] if node.current else reports:
            if int(event.value or 0) >= node.at_least:
                return Result("PASS", event.recorded)
        return Result("FAIL", reports[-1].recorded if reports else ctx.start)

    return test


def _passed(moment: Callable[[Context], datetime | None]) -> Test:
    def test(ctx: Context) -> Result:
        instant = moment(ctx)
        if instant is None or not ctx.passed(instant):
            return Result("FAIL", ctx.start)
        return Result("PASS", instant)

    return test


def _reached(index: int) -> Test:
    def test(ctx: Context) -> Result:
        point = ctx.anchor(index)
        if point is None or not point.actual:
            return Result("FAIL", ctx.start)
        instant = point.instant or at_hour(point.day, 0, ctx.tz)
        return (
            Result("PASS", max(instant, point.since or instant))
            if ctx.passed(instant)
            else Result("FAIL", ctx.start)
        )

    return test


def _ledger(index: int, states: tuple[str, ...]) -> Test:
    def test(ctx: Context) -> Result:
        run = ctx.ledger(index)
        return Result(
            "PASS" if run.state in states else "FAIL",
            run.end if run.state in ("complete", "stopped", "short") else run.as_of or ctx.start,
        )

    return test


def _directed(index: int, actions: tuple[str, ...], rules: tuple[str, ...]) -> Test:
    def test(ctx: Context) -> Result:
        for directive in ctx.ledger(index).directives:
            if (
                directive.action in actions
                and directive.until is None
                and (not rules or directive.rule.id in rules)
            ):
                return Result("PASS", directive.since)
        return Result("FAIL", ctx.start)

    return test


def _flag(index: int, flag: str) -> Test:
    def test(ctx: Context) -> Result:
        at = ctx.ledger(index).flags.get(flag)
        return Result("FAIL", ctx.start) if at is None else Result("PASS", at)

    return test


def _outcome(index: int, options: tuple[str, ...], computed: bool) -> Test:
    def test(ctx: Context) -> Result:
        resolved = ctx.decision(index)
        if resolved.outcome is not None:
            return Result("PASS" if resolved.outcome in options else "FAIL", resolved.since)
        if not resolved.asked or resolved.none:
            return Result("FAIL", resolved.since or ctx.start)
        # What a table rules out is out; what a person decides is open until they have, for they may override.
        if computed and resolved.possible and not any(o in options for o in resolved.possible):
            return Result("FAIL", resolved.since or ctx.start)
        if resolved.state == "review":
            return Result("REVIEW", resolved.since)
        return Result("PENDING", None, resolved.missing)

    return test


def _taken(index: int, options: tuple[str, ...]) -> Test:
    def test(ctx: Context) -> Result:
        resolved = ctx.decision(index)
        taken = resolved.outcome is not None and resolved.outcome in options
        return Result("PASS" if taken else "FAIL", resolved.since or ctx.start)

    return test


def _in_phase(track: str, phases: tuple[str, ...]) -> Test:
    def test(ctx: Context) -> Result:
        state = ctx.tracks.get(track)
        if state is None or state.phase not in phases:
            return Result("FAIL", ctx.start)
        return Result("PASS", state.since)

    return test


def _entered(track: str, phases: tuple[str, ...]) -> Test:
    def test(ctx: Context) -> Result:
        state = ctx.tracks.get(track)
        for phase, at, _ in state.path if state is not None else ():
            if phase == phases[0]:
                return Result("PASS", at)
        return Result("FAIL", ctx.start)

    return test


__all__ = ["Test", "compile_predicate", "gate"]
