"""Anchors, moments and days, compiled to functions of the evaluation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from pathway.clock import add_months, at_hour, close_of, local_day, same_clock
from pathway.language import (
    Anchor,
    AnchorTime,
    DateOf,
    Day,
    Done,
    Latest,
    LedgerPoint,
    Limit,
    Moment,
    Offset,
    Param,
    Sampled,
    Since,
    Slot,
    StudyDay,
)
from pathway.slots import samples
from pathway.state import Context, Point
from pathway.values import holds as within
from pathway.values import observed

if TYPE_CHECKING:
    from pathway.builder import Builder
    from pathway.predicates import Test

Time = Callable[[Context], Point | None]
Instant = Callable[[Context], datetime | None]


def compile_number(number: int | Param, builder: Builder) -> Callable[[Context], int | None]:
    """A whole number, or a profile key's; None when the key is not set."""
    if isinstance(number, int):
        return lambda ctx: number
    key = builder.param(number.key, ("days", "months", "study_day"))

    def read(ctx: Context) -> int | None:
        value = ctx.params[key]
        return value if isinstance(value, int) else None

    return read


def compile_anchor(anchor: Anchor, builder: Builder) -> Time:
    """The first actual time that is known (or the earliest), else the first planned one."""
    actual = [compile_time(t, builder) for t in anchor.actual]
    planned = [compile_time(t, builder) for t in anchor.planned]
    earliest = anchor.earliest

    def value(ctx: Context) -> Point | None:
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


def compile_time(time: AnchorTime, builder: Builder) -> Time:
    """One way in which an anchor may be known."""
    match time:
        case Done(action, scope):
            return _done(builder.action(action, scope), scope)
        case Sampled(slot, when, beyond):
            index = builder.slot(slot)
            holds = builder.predicate(when) if when is not None else None
            if beyond is not None:
                return _beyond(slot, beyond, holds, builder)

            def sampled(ctx: Context) -> Point | None:
                event = ctx.slot(index).event
                if holds is not None and holds(ctx).verdict != "PASS":
                    return None
                return (
                    None
                    if event is None
                    else Point(local_day(event.occurred, ctx.tz), event.occurred, True, event.recorded, event)
                )

            return sampled
        case DateOf(slot):
            index_ = builder.slot(slot)

            def stated(ctx: Context) -> Point | None:
                value = ctx.slot(index_)
                if value.state != "known" or value.day is None:
                    return None
                return Point(value.day, None, True, value.since, value.event)

            return stated
        case LedgerPoint(ledger, point):
            return _ledger_point(builder.ledger(ledger), point)
        case Since(of):
            predicate = builder.predicate(of)

            def since(ctx: Context) -> Point | None:
                result = predicate(ctx)
                if result.verdict != "PASS" or result.since is None:
                    return None
                return Point(local_day(result.since, ctx.tz), result.since, True, result.since)

            return since
        case StudyDay(anchor, number):
            base, days = builder.anchor(anchor), compile_number(number, builder)
            return _shifted(base, days, lambda ctx: 0, first_is_one=True)
        case Latest(times):
            return _latest([compile_time(t, builder) for t in times])
        case Offset(when=when) if when is not None:
            return _while(builder.predicate(when), compile_time(replace(time, when=None), builder))
        case Offset(anchor, _, _, int() | Param() as hours):
            return _elapsed(builder.anchor(anchor), compile_number(hours, builder))
        case Offset(anchor, number, months):
            return _shifted(
                builder.anchor(anchor),
                compile_number(number, builder),
                compile_number(months, builder),
                first_is_one=False,
            )


def _latest(times: list[Time]) -> Time:
    def latest(ctx: Context) -> Point | None:
        points = [p for time in times if (p := time(ctx)) is not None]
        if len(points) < len(times):
            return None
        last = max(points, key=lambda p: p.instant or at_hour(p.day, 0, ctx.tz))
        actual = all(p.actual for p in points)
        since = max((p.since for p in points if p.since is not None), default=None)
        return Point(last.day, last.instant, actual, since, last.event)

    return latest


def _while(holds: Test, time: Time) -> Time:
    return lambda ctx: time(ctx) if holds(ctx).verdict == "PASS" else None


def _elapsed(base: int, hours: Callable[[Context], int | None]) -> Time:
    def elapsed(ctx: Context) -> Point | None:
        point, n = ctx.anchor(base), hours(ctx)
        if point is None or n is None:
            return None
        instant = (point.instant or at_hour(point.day, 0, ctx.tz)) + timedelta(hours=n)
        return Point(local_day(instant, ctx.tz), instant, point.actual, point.since, point.event)

    return elapsed


def _done(action: str, scope: tuple[tuple[str, str], ...]) -> Time:
    def done(ctx: Context) -> Point | None:
        for event in ctx.record.actions.get(action, ()):
            if not scope or event.scope == scope:
                return Point(local_day(event.occurred, ctx.tz), event.occurred, True, event.recorded, event)
        return None

    return done


def _ledger_point(index: int, point: str) -> Time:
    def at(ctx: Context) -> Point | None:
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
        return None if instant is None else Point(local_day(instant, ctx.tz), instant, True, instant)

    return at


def _shifted(
    base: int,
    days: Callable[[Context], int | None],
    months: Callable[[Context], int | None],
    *,
    first_is_one: bool,
) -> Time:
    def shifted(ctx: Context) -> Point | None:
        point, n, m = ctx.anchor(base), days(ctx), months(ctx)
        if point is None or n is None or m is None:
            return None
        day = add_months(point.day, m) + timedelta(days=n - 1 if first_is_one else n)
        return Point(day, None, point.actual, point.since, point.event)

    return shifted


def compile_day(day: Day, builder: Builder) -> Callable[[Context], tuple[date | None, int | None]]:
    """A day as (day or None, index of the slot that it waits for or None). A NEVER gives (None, None)."""
    if day.plus is not None:
        return _plus(compile_day(replace(day, plus=None), builder), day.plus, builder)
    months, days = compile_number(day.months, builder), compile_number(day.days, builder)
    if isinstance(day.of, Slot):
        index = builder.slot(day.of)

        def of_fact(ctx: Context) -> tuple[date | None, int | None]:
            value = ctx.slot(index)
            if value.state != "known":
                return None, index
            if value.day is None:
                return None, None
            n, m = days(ctx), months(ctx)
            return (
                (None, index)
                if n is None or m is None
                else (add_months(value.day, m) + timedelta(days=n), None)
            )

        return of_fact
    anchor = builder.anchor(day.of)

    def of_anchor(ctx: Context) -> tuple[date | None, int | None]:
        point = ctx.anchor(anchor)
        n, m = days(ctx), months(ctx)
        if point is None or n is None or m is None:
            return None, -1
        return add_months(point.day, m) + timedelta(days=n), None

    return of_anchor


def _plus(
    base: Callable[[Context], tuple[date | None, int | None]], plus: tuple[Slot, int], builder: Builder
) -> Callable[[Context], tuple[date | None, int | None]]:
    """A day moved on by a multiple of a number fact in days; a part of a day counts as a whole one."""
    index, times = builder.slot(plus[0], "number"), plus[1]

    def later(ctx: Context) -> tuple[date | None, int | None]:
        day, waits = base(ctx)
        if day is None:
            return day, waits
        length = ctx.slot(index)
        if length.state != "known" or length.event is None:
            return None, index
        return day + timedelta(days=min(ceil(length.high * times), 36_500)), None

    return later


def compile_moment(moment: Moment, builder: Builder) -> Instant:
    """The instant of a moment, None while its anchor or a profile key is not known."""
    base = builder.anchor(moment.anchor)
    days, months = compile_number(moment.days, builder), compile_number(moment.months, builder)
    if moment.hours is not None:
        hours = compile_number(moment.hours, builder)

        def elapsed(ctx: Context) -> datetime | None:
            point, n = ctx.anchor(base), hours(ctx)
            if point is None or n is None:
                return None
            return (point.instant or at_hour(point.day, 0, ctx.tz)) + timedelta(hours=n)

        return elapsed
    at = moment.at

    def instant(ctx: Context) -> datetime | None:
        point, n, m = ctx.anchor(base), days(ctx), months(ctx)
        if point is None or n is None or m is None:
            return None
        day = add_months(point.day, m) + timedelta(days=n)
        if at == "warn":
            return at_hour(day, ctx.profile.integer("warn_hour"), ctx.tz)
        if at == "close":
            return close_of(day, ctx.tz)
        if at == "same" and point.instant is not None:
            return same_clock(point.instant, day, ctx.tz)
        return at_hour(day, 0, ctx.tz)

    return instant


def compile_moment_day(moment: Moment, builder: Builder) -> Callable[[Context], date | None]:
    """The site-local day of a moment."""
    if moment.hours is not None:
        instant = compile_moment(moment, builder)

        def day_of(ctx: Context) -> date | None:
            at = instant(ctx)
            return None if at is None else local_day(at, ctx.tz)

        return day_of
    base = builder.anchor(moment.anchor)
    days, months = compile_number(moment.days, builder), compile_number(moment.months, builder)

    def day(ctx: Context) -> date | None:
        point, n, m = ctx.anchor(base), days(ctx), months(ctx)
        return (
            None if point is None or n is None or m is None else add_months(point.day, m) + timedelta(days=n)
        )

    return day


def _beyond(slot: Slot, limit: Limit | Param, holds: Test | None, builder: Builder) -> Time:
    builder.slot(slot, "number")
    fact, read = builder.fact(slot.fact), builder.limit(limit)
    since = builder.anchor(slot.since) if slot.since else None

    def first(ctx: Context) -> Point | None:
        bound = read(ctx)
        if bound is None or (holds is not None and holds(ctx).verdict != "PASS"):
            return None
        opened = ctx.anchor(since) if since is not None else None
        if since is not None and opened is None:
            return None
        for event in samples(ctx, slot):
            day = local_day(event.occurred, ctx.tz)
            value = observed(fact, event)
            if opened is not None and day < opened.day:
                continue
            if value.state == "known" and within(bound[0], value, bound[1]) is False:
                return Point(day, event.occurred, True, event.recorded, event)
        return None

    return first
