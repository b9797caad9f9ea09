"""Numbers, days and moments of a definition, compiled to functions of the evaluation; nothing here asks a predicate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import ceil

from pathway.clock import add_months, at_hour, close_of, local_day, same_clock
from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.language import Day, Moment, Param, Reading

Instant = Callable[[Evaluation], datetime | None]


def compile_number(number: int | Param, linker: Linker) -> Callable[[Evaluation], int | None]:
    """A whole number, or a profile key's; None when the key is not set."""
    if isinstance(number, int):
        return lambda ctx: number
    key = linker.param(number.key, ("days", "months", "study_day"))

    def read(ctx: Evaluation) -> int | None:
        value = ctx.params[key]
        return value if isinstance(value, int) else None

    return read


def compile_day(day: Day, linker: Linker) -> Callable[[Evaluation], tuple[date | None, int | None]]:
    """A day as (day or None, index of the slot that it waits for or None). A NEVER gives (None, None)."""
    if day.plus is not None:
        return _plus(compile_day(replace(day, plus=None), linker), day.plus, linker)
    months, days = compile_number(day.months, linker), compile_number(day.days, linker)
    if isinstance(day.of, Reading):
        index = linker.reading(day.of)

        def of_fact(ctx: Evaluation) -> tuple[date | None, int | None]:
            value = ctx.reading(index)
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
    anchor = linker.anchor(day.of)

    def of_anchor(ctx: Evaluation) -> tuple[date | None, int | None]:
        point = ctx.anchor(anchor)
        n, m = days(ctx), months(ctx)
        if point is None or n is None or m is None:
            return None, -1
        return add_months(point.day, m) + timedelta(days=n), None

    return of_anchor


def _plus(
    base: Callable[[Evaluation], tuple[date | None, int | None]], plus: tuple[Reading, int], linker: Linker
) -> Callable[[Evaluation], tuple[date | None, int | None]]:
    """A day moved on by a multiple of a number fact in days; a part of a day counts as a whole one."""
    index, times = linker.reading(plus[0], "number"), plus[1]

    def later(ctx: Evaluation) -> tuple[date | None, int | None]:
        day, waits = base(ctx)
        if day is None:
            return day, waits
        length = ctx.reading(index)
        if length.state != "known" or length.event is None or length.high.is_infinite():
            return None, index
        return day + timedelta(days=min(ceil(length.high * times), 36_500)), None

    return later


def compile_moment(moment: Moment, linker: Linker) -> Instant:
    """The instant of a moment, None while its anchor or a profile key is not known."""
    base = linker.anchor(moment.anchor)
    days, months = compile_number(moment.days, linker), compile_number(moment.months, linker)
    if moment.hours is not None:
        hours = compile_number(moment.hours, linker)

        def elapsed(ctx: Evaluation) -> datetime | None:
            point, n = ctx.anchor(base), hours(ctx)
            if point is None or n is None:
                return None
            return (point.instant or at_hour(point.day, 0, ctx.tz)) + timedelta(hours=n)

        return elapsed
    at = moment.at

    def instant(ctx: Evaluation) -> datetime | None:
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


def compile_moment_day(moment: Moment, linker: Linker) -> Callable[[Evaluation], date | None]:
    """The site-local day of a moment."""
    if moment.hours is not None:
        instant = compile_moment(moment, linker)

        def day_of(ctx: Evaluation) -> date | None:
            at = instant(ctx)
            return None if at is None else local_day(at, ctx.tz)

        return day_of
    base = linker.anchor(moment.anchor)
    days, months = compile_number(moment.days, linker), compile_number(moment.months, linker)

    def day(ctx: Evaluation) -> date | None:
        point, n, m = ctx.anchor(base), days(ctx), months(ctx)
        return (
            None if point is None or n is None or m is None else add_months(point.day, m) + timedelta(days=n)
        )

    return day
