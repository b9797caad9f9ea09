"""Anchors, moments and days, compiled to functions of the evaluation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from pathway.clock import add_months, at_hour, local_day
from pathway.engine.context import Evaluation, Test
from pathway.engine.linker import Linker
from pathway.engine.occurrences import Counts, begun, of_newest
from pathway.engine.predicates import predicate
from pathway.engine.results import Point
from pathway.engine.times import compile_number
from pathway.engine.turns import compile_turn
from pathway.engine.values import holds as within
from pathway.engine.values import observed
from pathway.engine.windows import acts, belonging
from pathway.events import Event
from pathway.language import (
    Anchor,
    AnchorTime,
    DateOf,
    Done,
    Fact,
    Latest,
    LedgerPoint,
    Limit,
    Offset,
    Param,
    Reading,
    Recurred,
    Sampled,
    Scope,
    Since,
    StudyDay,
    Unanswered,
)

Time = Callable[[Evaluation], Point | None]


def compile_anchor(anchor: Anchor, linker: Linker) -> Time:
    """The first actual time that is known (or the earliest), else the first planned one."""
    actual = [compile_time(t, linker) for t in anchor.actual]
    planned = [compile_time(t, linker) for t in anchor.planned]
    earliest = anchor.earliest

    def value(ctx: Evaluation) -> Point | None:
        known = [point for time in actual if (point := time(ctx)) is not None]
        if known:
            point = min(known, key=lambda p: p.instant or at_hour(p.day, 0, ctx.tz)) if earliest else known[0]
            if not ctx.passed(point.instant or at_hour(point.day, 0, ctx.tz)):
                return Point(point.day, point.instant, False, point.since, point.event)
            return point
        for time in planned:
            point_ = time(ctx)
            if point_ is not None:
                return Point(point_.day, point_.instant, False, point_.since, point_.event)
        return None

    return value


def compile_time(time: AnchorTime, linker: Linker) -> Time:
    """One way in which an anchor may be known."""
    match time:
        case Done(action, scope, last):
            newest = of_newest(
                linker.actions[linker.action(action, scope)], tuple(v for _, v in scope), linker
            )
            return _done(acts(action, scope, linker), newest, compile_turn(action, scope, linker), last=last)
        case Unanswered(reading, values, action, scope):
            linker.check_values(reading, values)
            return _unanswered(
                linker.fact(reading.fact), reading, values, linker.action(action, scope), scope, linker
            )
        case Recurred(event, action, scope):
            return _recurred(event, linker.action(action, scope), scope, linker)
        case Sampled(reading, when, beyond):
            index = linker.reading(reading)
            holds = predicate(when, linker) if when is not None else None
            if beyond is not None:
                return _beyond(reading, beyond, holds, linker)

            def sampled(ctx: Evaluation) -> Point | None:
                event = ctx.reading(index).event
                if holds is not None and holds(ctx).verdict != "PASS":
                    return None
                return (
                    None
                    if event is None
                    else Point(local_day(event.occurred, ctx.tz), event.occurred, True, event.recorded, event)
                )

            return sampled
        case DateOf(reading):
            index_ = linker.reading(reading)

            def stated(ctx: Evaluation) -> Point | None:
                value = ctx.reading(index_)
                if value.state != "known" or value.day is None:
                    return None
                return Point(value.day, None, True, value.since, value.event)

            return stated
        case LedgerPoint(ledger, point):
            return _ledger_point(linker.ledger(ledger), point)
        case Since(of):
            test = predicate(of, linker)

            def since(ctx: Evaluation) -> Point | None:
                result = test(ctx)
                if result.verdict != "PASS" or result.since is None:
                    return None
                return Point(local_day(result.since, ctx.tz), result.since, True, result.since)

            return since
        case StudyDay(anchor, number):
            base, days = linker.anchor(anchor), compile_number(number, linker)
            return _shifted(base, days, lambda ctx: 0, first_is_one=True)
        case Latest(times):
            return _latest([compile_time(t, linker) for t in times])
        case Offset(when=when) if when is not None:
            return _while(predicate(when, linker), compile_time(replace(time, when=None), linker))
        case Offset(anchor, _, _, int() | Param() as hours):
            return _elapsed(linker.anchor(anchor), compile_number(hours, linker))
        case Offset(anchor, number, months):
            return _shifted(
                linker.anchor(anchor),
                compile_number(number, linker),
                compile_number(months, linker),
                first_is_one=False,
            )


def _latest(times: list[Time]) -> Time:
    def latest(ctx: Evaluation) -> Point | None:
        points = [p for time in times if (p := time(ctx)) is not None]
        if len(points) < len(times):
            return None
        last = max(points, key=lambda p: p.instant or at_hour(p.day, 0, ctx.tz))
        actual = all(p.actual for p in points)
        since = max((p.since for p in points if p.since is not None), default=None)
        return Point(last.day, last.instant, actual, since, last.event, any(p.expected for p in points))

    return latest


def _while(holds: Test, time: Time) -> Time:
    return lambda ctx: time(ctx) if holds(ctx).verdict == "PASS" else None


def _elapsed(base: int, hours: Callable[[Evaluation], int | None]) -> Time:
    def elapsed(ctx: Evaluation) -> Point | None:
        point, n = ctx.anchor(base), hours(ctx)
        if point is None or n is None:
            return None
        instant = (point.instant or at_hour(point.day, 0, ctx.tz)) + timedelta(hours=n)
        return Point(
            local_day(instant, ctx.tz), instant, point.actual, point.since, point.event, point.expected
        )

    return elapsed


def _unanswered(
    fact: Fact, reading: Reading, values: tuple[str, ...], action: str, scope: Scope, linker: Linker
) -> Time:
    newest, samples = of_newest(fact, (reading.point,), linker), belonging(reading, linker)

    def unanswered(ctx: Evaluation) -> Point | None:
        found = samples(ctx)
        here = found if newest is None else newest(ctx, found)
        answers = [e.occurred for e in ctx.record.actions.get(action, ()) if e.scope == scope]
        for event in found:
            if event.value in values and event not in here and not any(t >= event.occurred for t in answers):
                return Point(local_day(event.occurred, ctx.tz), event.occurred, True, event.recorded, event)
        return None

    return unanswered


def _recurred(event: str, action: str, scope: Scope, linker: Linker) -> Time:
    occurrences = begun(event, linker)

    def recurred(ctx: Evaluation) -> Point | None:
        began = occurrences(ctx)
        answers = [e.occurred for e in ctx.record.actions.get(action, ()) if e.scope == scope]
        for one, following in pairwise(began):
            if not any(one.occurred <= t < following.occurred for t in answers):
                return None
        if len(began) < 2:
            return None
        newest = began[-1]
        return Point(local_day(newest.recorded, ctx.tz), newest.recorded, True, newest.recorded, newest)

    return recurred


def _done(
    reports: Callable[[Evaluation], list[Event]],
    newest: Counts | None,
    out_of_turn: Callable[[Evaluation, Event], str] | None,
    *,
    last: bool,
) -> Time:
    def done(ctx: Evaluation) -> Point | None:
        found = reports(ctx)
        counted = found if newest is None else newest(ctx, found)
        # Given out of turn, and not on that day: what is planned for it stands.
        in_turn = (event for event in counted if out_of_turn is None or not out_of_turn(ctx, event))
        for event in list(in_turn)[-1:] if last else in_turn:
            return Point(local_day(event.occurred, ctx.tz), event.occurred, True, event.recorded, event)
        return None

    return done


def _ledger_point(index: int, point: str) -> Time:
    def at(ctx: Evaluation) -> Point | None:
        run = ctx.ledger(index)
        instant: datetime | None
        if point == "last_pause":
            instant = run.pauses[-1].start if run.pauses else None
        elif point == "resume":
            instant = run.resumed
        elif point == "last_dose":
            instant = run.last_dose
        else:
            instant = {"start": run.start, "end": run.end, "stop": run.stop}[point]
        expected = point == "end" and run.state == "end_expected"
        return (
            None
            if instant is None
            else Point(local_day(instant, ctx.tz), instant, True, instant, None, expected)
        )

    return at


def _shifted(
    base: int,
    days: Callable[[Evaluation], int | None],
    months: Callable[[Evaluation], int | None],
    *,
    first_is_one: bool,
) -> Time:
    def shifted(ctx: Evaluation) -> Point | None:
        point, n, m = ctx.anchor(base), days(ctx), months(ctx)
        if point is None or n is None or m is None:
            return None
        day = add_months(point.day, m) + timedelta(days=n - 1 if first_is_one else n)
        return Point(day, None, point.actual, point.since, point.event, point.expected)

    return shifted


def _beyond(reading: Reading, limit: Limit | Param, holds: Test | None, linker: Linker) -> Time:
    linker.reading(reading, "number")
    fact, read = linker.fact(reading.fact), linker.limit(limit)
    since = linker.anchor(reading.since) if reading.since else None
    samples = belonging(reading, linker)

    def first(ctx: Evaluation) -> Point | None:
        bound = read(ctx)
        if bound is None or (holds is not None and holds(ctx).verdict != "PASS"):
            return None
        opened = ctx.anchor(since) if since is not None else None
        if since is not None and opened is None:
            return None
        for event in samples(ctx):
            day = local_day(event.occurred, ctx.tz)
            value = observed(fact, event)
            if opened is not None and day < opened.day:
                continue
            if value.state == "known" and within(bound[0], value, bound[1]) is False:
                return Point(day, event.occurred, True, event.recorded, event)
        return None

    return first
