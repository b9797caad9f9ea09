"""Moments as people write them in a scenario: `2025-02-03 09:00`, `D33`, `b15 10:00`, `e3 + 4d`, in the site's time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pathway.clock import add_months
from pathway.errors import AllpathError

MORNING = time(9)
"""The hour of a day that is written without one."""

FORMS = "2025-02-03, 2025-02-03 09:00, 2025-10-26 02:30+01:00, D33, D33 10:00, b15, an event's id, or one of these + 4d or - 6h"

REPORTED = "accepted: a day such as 2025-03-10, or '2025-03-10 10:00' in site time"


class BadMoment(AllpathError):
    """A moment that cannot be read, or that the site's clock never shows."""


@dataclass(frozen=True, slots=True)
class Shift:
    """An offset: local calendar days `d`, weeks `w`, months `mo`; elapsed hours `h` and minutes `m`."""

    amount: int
    unit: Literal["mo", "w", "d", "h", "m"]


@dataclass(frozen=True, slots=True)
class When:
    """A moment that has been read but not yet placed.

    `base`: `day` (`day` is set), `study` (`D<number>`), `infusion` (`b<number>` of a cycle), `named` (`name` is an
    event or anchor). `clock`: the site's time of day, if written; it holds for the day that shifts by days lead to. `ahead`: by
    how many minutes that clock is ahead of UTC, if written: which of two, when an hour comes twice.
    """

    base: Literal["day", "study", "infusion", "named"]
    day: date | None = None
    number: int = 0
    name: str = ""
    clock: time | None = None
    shifts: tuple[Shift, ...] = ()
    ahead: int | None = None


_CLOCK = r"(?P<{0}>\d{{1,2}}:\d{{2}})(?P<{0}_ahead>[+-]\d{{2}}:\d{{2}})?"
_SHAPE = re.compile(
    r"(?:(?P<date>\d{4}-\d{2}-\d{2})|(?P<day>[Db])(?P<number>-?\d+)|(?P<name>[A-Za-z_][\w.\[\]=,-]*))"
    + r"(?:(?:\s+|(?<=\d)T)"
    + _CLOCK.format("clock")
    + r")?(?P<shifts>(?:\s*[+-]\s*\d+\s*[A-Za-z]+)*)(?:\s+"
    + _CLOCK.format("last")
    + r")?",
    re.ASCII,
)
_SHIFT = re.compile(r"([+-])\s*(\d+)\s*([A-Za-z]+)", re.ASCII)
_UNITS: dict[str, Literal["mo", "w", "d", "h", "m"]] = {"mo": "mo", "w": "w", "d": "d", "h": "h", "m": "m"}
_GLUED = re.compile(r"(?P<name>.*[^\s-])-(?P<shift>\d+(?:mo|w|d|h|m))", re.ASCII)
RESERVED = re.compile(r"D-?\d+|b\d+", re.ASCII)
"""Names that an event cannot have: they would read as days."""


def read_moment(text: str) -> When:
    """Reads a moment. Raises `BadMoment` that says what would be accepted."""
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        raise BadMoment(f"{text!r} is not a moment; accepted: {FORMS}")
    clocks = [clock for clock in (found["clock"], found["last"]) if clock]
    if len(clocks) > 1:
        raise BadMoment(f"{text!r} has two times of day")
    clock = _clock(clocks[0]) if clocks else None
    ahead = _ahead(found["clock_ahead"] or found["last_ahead"] or "")
    shifts = tuple(_shift(*parts) for parts in _SHIFT.findall(found["shifts"]))
    if found["last"] and any(shift.unit in "hm" for shift in shifts):
        raise BadMoment(f"{text!r}: a time of day does not go with an offset in hours or minutes")
    if found["date"]:
        return When("day", day=_date(found["date"]), clock=clock, shifts=shifts, ahead=ahead)
    if found["day"]:
        number = int(found["number"])
        if found["day"] == "b" and number < 1:
            raise BadMoment(f"{text!r}: infusion days count from b1")
        if abs(number) > 36500:
            raise BadMoment(f"{text!r} is too far away")
        base: Literal["study", "infusion"] = "study" if found["day"] == "D" else "infusion"
        return When(base, number=number, clock=clock, shifts=shifts, ahead=ahead)
    return When("named", name=found["name"], clock=clock, shifts=shifts, ahead=ahead)


def glued(name: str) -> tuple[str, str] | None:
    """(`e3`, `2d`) of `e3-2d`, which reads as one name: for a hint."""
    found = _GLUED.fullmatch(name)
    return (found["name"], found["shift"]) if found else None


def place(when: When, tz: ZoneInfo, base: Callable[[When], date | datetime]) -> datetime:
    """The instant (UTC). `base` gives what a moment counts from: D1 (`study`), b1 (`infusion`), or a name's instant.

    A day without an hour means 09:00. A local time that comes twice (the clock is set back) is its first occurrence, unless the
    moment says how far the clock is ahead of UTC.
    Raises `BadMoment` for a local time that does not exist (the clock is set forward), and whatever `base` raises.
    """
    start: date | datetime = when.day if when.day is not None else base(when)
    try:
        if isinstance(start, datetime):
            local = start.astimezone(tz)
            day, clock, fold = local.date(), local.time().replace(fold=0), local.fold
        else:
            day, clock, fold = start, MORNING, 0
        if when.base in ("study", "infusion"):
            day, clock, fold = day + timedelta(days=when.number - 1), MORNING, 0
        if when.clock is not None:
            clock, fold = when.clock, 0
        if when.ahead is None:
            return _shifted(day, clock, fold, when.shifts, tz)
        days = tuple(s for s in when.shifts if s.unit not in "hm")
        day = _shifted(day, time(12), 0, days, tz).astimezone(tz).date()
        hours = tuple(s for s in when.shifts if s.unit in "hm")
        return _shifted(day, clock, _fold(day, clock, when.ahead, tz), hours, tz)
    except OverflowError:
        raise BadMoment("this moment is beyond the calendar") from None


def reported(text: str, tz: ZoneInfo, now: datetime) -> datetime:
    """The instant (UTC) of a day, or of a day and an hour, as people report what happened, in site time.

    A day alone means 09:00; today, before nine, its beginning: that lies in the past. Raises `BadMoment` with what is accepted.
    """
    try:
        when = read_moment(text)
        if when.base != "day" or when.day is None or when.shifts:
            raise BadMoment(f"{text!r} is not a moment")
        if when.clock is not None:
            return place(when, tz, lambda _: now)
        morning = site_instant(when.day, MORNING, tz)
    except BadMoment as error:
        raise BadMoment(f"{str(error).partition('; accepted')[0]}; {REPORTED}") from None
    is_to_come = morning > now and now.astimezone(tz).date() == when.day
    return datetime.combine(when.day, time(0), tzinfo=tz).astimezone(UTC) if is_to_come else morning


def day_alone(text: str) -> bool:
    """Whether a moment is given as a day without an hour."""
    try:
        when = read_moment(text)
        return when.base == "day" and when.clock is None
    except BadMoment:
        return False


def site_instant(day: date, clock: time, tz: ZoneInfo, fold: int = 0) -> datetime:
    """The instant (UTC) at which the site's clock shows that time on that day: the first, when it comes twice.

    Raises `BadMoment` when the clock skips it.
    """
    local = datetime.combine(day, clock, tzinfo=tz).replace(fold=fold)
    instant = local.astimezone(UTC)
    if instant.astimezone(tz).replace(tzinfo=None, fold=0) != local.replace(tzinfo=None, fold=0):
        shown = f"{day.isoformat()} {clock:%H:%M}"
        raise BadMoment(f"{shown} does not exist in {tz.key}: clocks are set forward over it")
    return instant


def _shifted(day: date, clock: time, fold: int, shifts: tuple[Shift, ...], tz: ZoneInfo) -> datetime:
    """Shifts by days move the calendar day and keep the clock; hours and minutes then pass on real clocks."""
    for shift in shifts:
        if shift.unit == "mo":
            day, fold = add_months(day, shift.amount), 0
        elif shift.unit in ("w", "d"):
            day, fold = day + timedelta(days=shift.amount * (7 if shift.unit == "w" else 1)), 0
    instant = site_instant(day, clock, tz, fold)
    for shift in shifts:
        if shift.unit == "h":
            instant += timedelta(hours=shift.amount)
        elif shift.unit == "m":
            instant += timedelta(minutes=shift.amount)
    return instant


def _ahead(text: str) -> int | None:
    """Minutes of `+01:00`; None of nothing."""
    if not text:
        return None
    hours, minutes = int(text[1:3]), int(text[4:])
    if hours > 14 or minutes > 59:
        raise BadMoment(f"{text!r} is not a time ahead of UTC; accepted: -12:00 to +14:00")
    return (hours * 60 + minutes) * (-1 if text.startswith("-") else 1)


def _fold(day: date, clock: time, ahead: int, tz: ZoneInfo) -> int:
    """Which of the occurrences of a local time is so far ahead of UTC: 0 the first, 1 the second."""
    found = []
    for fold in (0, 1):
        offset = site_instant(day, clock, tz, fold).astimezone(tz).utcoffset() or timedelta(0)
        if offset == timedelta(minutes=ahead):
            return fold
        found.append(f"{offset / timedelta(hours=1):+g}")
    raise BadMoment(
        f"{day.isoformat()} {clock:%H:%M} in {tz.key} is {' or '.join(dict.fromkeys(found))} hours from UTC, not {ahead / 60:+g}"
    )


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadMoment(f"{text!r} is not a day of the calendar") from None
    if not 1900 <= day.year <= 2200:
        raise BadMoment(f"{text!r}: the year must be between 1900 and 2200")
    return day


def _clock(text: str) -> time:
    hour, minute = (int(part) for part in text.split(":"))
    if hour > 23 or minute > 59:
        raise BadMoment(f"{text!r} is not a time of day; accepted: 00:00 to 23:59")
    return time(hour, minute)


def _shift(sign: str, amount: str, unit: str) -> Shift:
    if unit not in _UNITS:
        units = "m (minutes), h (hours), d (days), w (weeks), mo (months)"
        raise BadMoment(f"{amount}{unit}: unknown unit; accepted: {units}")
    if len(amount) > 6:
        raise BadMoment(f"{amount}{unit}: too far away")
    return Shift(int(amount) if sign == "+" else -int(amount), _UNITS[unit])
