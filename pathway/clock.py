"""Calendar arithmetic in a site's time zone. Days are site-local calendar days, instants aware UTC."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

BEGINNING: Final = datetime(1900, 1, 1, tzinfo=UTC)
"""What holds before anything is on record has held since then."""


@lru_cache(maxsize=65536)
def local_day(instant: datetime, tz: ZoneInfo) -> date:
    """The site-local calendar day of an instant."""
    return instant.astimezone(tz).date()


@lru_cache(maxsize=65536)
def at_hour(day: date, hour: int, tz: ZoneInfo, minute: int = 0) -> datetime:
    """The instant (UTC) at which the clock at the site shows that time on that day.

    A time that the clock skips in spring is taken at the offset before the change; one that comes twice in autumn
    at its first.
    """
    return datetime.combine(day, time(hour, minute), tzinfo=tz).astimezone(UTC)


def close_of(day: date, tz: ZoneInfo) -> datetime:
    """The end of a site-local day: the first instant of the next."""
    return at_hour(day + timedelta(days=1), 0, tz)


def add_months(day: date, months: int) -> date:
    """The day that many calendar months later, clipped to the end of the month (31 January + 1 month = 28 or 29
    February)."""
    if not months:
        return day
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def days_later(instant: datetime, days: int, tz: ZoneInfo) -> datetime:
    """So many days later by the calendar: the same clock time at the site, whether or not the clocks were changed meanwhile."""
    return same_clock(instant, local_day(instant, tz) + timedelta(days=days), tz)


def same_clock(instant: datetime, day: date, tz: ZoneInfo) -> datetime:
    """The instant on `day` at which the site's clock shows what it showed at `instant`."""
    local = instant.astimezone(tz)
    return datetime.combine(day, local.timetz().replace(tzinfo=tz)).astimezone(UTC)
