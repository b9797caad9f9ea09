"""Predicates over facts: values, dates, courses of a medicine, freshness."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from math import prod

from pathway.clock import add_months, at_hour, close_of, local_day
from pathway.engine.context import Evaluation, Test
from pathway.engine.linker import Linker
from pathway.engine.results import Result
from pathway.engine.times import compile_day, compile_number
from pathway.engine.values import Val, holds, holds_of_all, observed, qualifier_of
from pathway.engine.windows import belonging
from pathway.language import (
    Compare,
    Dates,
    Exposure,
    Fresh,
    Is,
    Known,
    Limit,
    NotObtainable,
    Param,
    Products,
    Reading,
    Rose,
)
from pathway.language.parsing import bound_of

FactPredicate = Is | Compare | Dates | Exposure | Rose | Products | Fresh | Known | NotObtainable


def of_fact(node: FactPredicate, linker: Linker) -> Test:
    """The function of a predicate over facts. Raises ProtocolError on an unknown name or a value that can never be."""
    match node:
        case Is(reading, values):
            return _is(reading, values, linker)
        case Compare(reading, limit):
            return _compare(reading, limit, linker)
        case Dates():
            return _dates(node, linker)
        case Exposure():
            return _exposure(node, linker)
        case Rose(reading, factor):
            return _rose(reading, factor, linker)
        case Products():
            return _products(node, linker)
        case Fresh(reading, days, before, hours):
            if hours is not None:
                return _fresh_hours(reading, hours, before, linker)
            return _fresh(reading, days, before, linker)
        case Known(reading):
            return _known(linker.reading(reading))
        case NotObtainable(reading):
            return _not_obtainable(reading, linker)


def _waiting(value: Val, index: int) -> Result | None:
    if value.state == "known":
        return None
    return Result("PENDING", None, (index,)) if value.state == "missing" else Result("REVIEW", value.since)


def _is(reading: Reading, values: tuple[str, ...], linker: Linker) -> Test:
    index = linker.reading(reading)
    linker.check_values(reading, values)
    fact = linker.fact(reading.fact)

    def test(ctx: Evaluation) -> Result:
        value = ctx.reading(index)
        waiting = _waiting(value, index)
        if waiting is not None:
            return waiting
        measured = fact.qualifiers and value.event is not None
        if measured and bound_of(value.event.value or "") is not None:  # type: ignore[union-attr]
            # "<1e-4" leaves open whether nothing was detected, or too little to be counted.
            return Result("REVIEW", value.since)
        text = qualifier_of(fact, value.event) if fact.qualifiers and value.event is not None else value.text
        return Result("PASS" if text in values else "FAIL", value.since)

    return test


def _compare(reading: Reading, limit: Limit | Param, linker: Linker) -> Test:
    index = linker.reading(reading, "number")
    read = linker.limit(limit)
    linker.divides(reading, read)

    def test(ctx: Evaluation) -> Result:
        bound = read(ctx)
        if bound is None:
            return ctx.never
        value = ctx.reading(index)
        answer = holds_of_all(bound[0], value, bound[1])
        if answer is None and (waiting := _waiting(value, index)) is not None:
            return waiting
        if answer is None:
            return Result("REVIEW", value.since)
        return Result("PASS" if answer else "FAIL", value.since)

    return test


def _dates(node: Dates, linker: Linker) -> Test:
    left, right = compile_day(node.left, linker), compile_day(node.right, linker)
    readings = [linker.reading(d.of) for d in (node.left, node.right) if isinstance(d.of, Reading)]
    op, never = node.op, node.never

    def test(ctx: Evaluation) -> Result:
        (a, wait_a), (b, wait_b) = left(ctx), right(ctx)
        since = max((s for i in readings if (s := ctx.reading(i).since) is not None), default=ctx.start)
        if (a is None and wait_a is None) or (b is None and wait_b is None):
            return Result(never, since)
        if a is None or b is None:
            if any(i is not None and i >= 0 and ctx.reading(i).state == "review" for i in (wait_a, wait_b)):
                return Result("REVIEW", since)
            return Result("PENDING", None, tuple(i for i in (wait_a, wait_b) if i is not None and i >= 0))
        answer = {"<": a < b, "<=": a <= b, "=": a == b, ">=": a >= b, ">": a > b}[op]
        return Result("PASS" if answer else "FAIL", since)

    return test


def _exposure(node: Exposure, linker: Linker) -> Test:
    reading = node.reading
    index = linker.reading(reading, "number")
    before = compile_day(node.before, linker)
    dose, count = linker.limit(node.dose), linker.limit(node.days)
    name, left_out = node.unless
    fact = linker.fact(reading.fact)
    samples = belonging(reading, linker)

    def test(ctx: Evaluation) -> Result:
        courses = samples(ctx)
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
            if value.state == "review" or not value.exact:
                return Result("REVIEW", value.since)
            if (name and event.detail(name) == left_out) or not value.high:
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


def _rose(reading: Reading, factor: str, linker: Linker) -> Test:
    index = linker.reading(reading, "number")
    fact = linker.fact(reading.fact)
    times = Decimal(factor)
    samples = belonging(reading, linker)

    def test(ctx: Evaluation) -> Result:
        found = [(e, v) for e in samples(ctx) if (v := observed(fact, e)).state == "known"]
        if len(found) < 2:
            return Result("FAIL", ctx.reading(index).since or ctx.start)
        (_, before), (event, after) = found[-2], found[-1]
        detected = qualifier_of(fact, event) != "not-detected"
        if before.event is not None and qualifier_of(fact, before.event) == "not-detected":
            answer = detected
        else:
            answer = before.high > 0 and after.low >= before.high * times
        return Result("PASS" if answer else "FAIL", event.recorded)

    return test


def _products(node: Products, linker: Linker) -> Test:
    left = [linker.reading(reading, "number") for reading in node.left]
    right = [linker.reading(reading, "number") for reading in node.right]
    times, op = Decimal(node.times), node.op

    def test(ctx: Evaluation) -> Result:
        values = [ctx.reading(i) for i in (*left, *right)]
        missing = tuple(i for i, v in zip((*left, *right), values, strict=True) if v.state == "missing")
        if missing:
            return Result("PENDING", None, missing)
        since = max((v.since for v in values if v.since is not None), default=None)
        if any(v.state == "review" or not v.exact for v in values):
            return Result("REVIEW", since)
        a = prod((v.low for v in values[: len(left)]), start=Decimal(1))
        b = prod((v.low for v in values[len(left) :]), start=times)
        answer = holds(op, Val("known", None, "", None, a, a), b)
        return Result("PASS" if answer else "FAIL", since)

    return test


def _fresh(reading: Reading, days: int | Param, before: str, linker: Linker) -> Test:
    index = linker.reading(reading)
    number = compile_number(days, linker)
    anchor = linker.anchor(before) if before else None

    def test(ctx: Evaluation) -> Result:
        value = ctx.reading(index)
        length = number(ctx)
        if value.event is None:
            return _waiting(value, index) or ctx.never
        if length is None:
            return ctx.never
        last = local_day(value.event.occurred, ctx.tz) + timedelta(days=length)
        point = ctx.anchor(anchor) if anchor is not None else None
        if point is not None:
            return Result(
                "PASS" if point.day <= last else "FAIL", max(value.event.recorded, point.since or ctx.start)
            )
        end = close_of(last, ctx.tz)
        return Result("FAIL", end) if ctx.passed(end) else Result("PASS", value.event.recorded)

    return test


def _fresh_hours(reading: Reading, hours: int | Param, before: str, linker: Linker) -> Test:
    index = linker.reading(reading)
    number = compile_number(hours, linker)
    anchor = linker.anchor(before) if before else None

    def test(ctx: Evaluation) -> Result:
        value = ctx.reading(index)
        length = number(ctx)
        if value.event is None:
            return _waiting(value, index) or ctx.never
        if length is None:
            return ctx.never
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
    def test(ctx: Evaluation) -> Result:
        value = ctx.reading(index)
        known = value.state != "missing" and value.belongs
        return Result("PASS", value.since) if known else ctx.never

    return test


def _not_obtainable(reading: Reading, linker: Linker) -> Test:
    index = linker.reading(reading)
    points = reading.points or (reading.point,)
    fact = reading.fact

    def test(ctx: Evaluation) -> Result:
        declared = [ctx.record.unobtainable.get((fact, p)) for p in points]
        if ctx.reading(index).state != "missing" or not all(declared):
            return ctx.never
        return Result("PASS", max(e.recorded for found in declared for e in (found or ())[:1]))

    return test
