"""What people type: moments in site time, pairs, pseudonyms' trials. Refused with what would be accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from commands.errors import UsageError
from commands.options import MINUS
from pathway.moments import MORNING, BadMoment, place, read_moment, site_instant

ACCEPTED = "accepted: a day such as 2025-03-10, or '2025-03-10 10:00' in site time"


def moment(text: str, tz: ZoneInfo, now: datetime) -> datetime:
    """The instant (UTC) of a day or a date-time in site time. A day alone means 09:00, or its beginning before nine.

    Raises `UsageError`. That it lies in the future is for the pathway to refuse.
    """
    try:
        when = read_moment(text)
        if when.base != "day" or when.day is None or when.shifts:
            raise UsageError(f"{text!r} is not a moment; {ACCEPTED}")
        if when.clock is not None:
            return place(when, tz, lambda _: now)
        morning = site_instant(when.day, MORNING, tz)
        today = now.astimezone(tz).date() == when.day
        return site_instant(when.day, time(0), tz) if today and morning > now else morning
    except BadMoment as error:
        reason = str(error).partition("; accepted")[0]
        raise UsageError(f"{reason}; {ACCEPTED}") from None


def day_alone(text: str) -> bool:
    """Whether a moment is given as a day without an hour."""
    try:
        when = read_moment(text)
        return when.base == "day" and when.clock is None
    except BadMoment:
        return False


def pairs(option: str, texts: Sequence[str] | None) -> tuple[tuple[str, str], ...]:
    """`NAME=VALUE` pairs, sorted by name. Raises `UsageError` naming the option."""
    found: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise UsageError(f"{option} {text!r}: expected NAME=VALUE, such as {option} cycle=1")
        if name.strip() in found:
            raise UsageError(f"{option} {name.strip()} is given twice")
        found[name.strip()] = value.strip()
    return tuple(sorted(found.items()))


def plain(value: str | None) -> str | None:
    """A value with its minus as the keyboard has it."""
    return None if value is None else value.replace(MINUS, "-")


def utc_now() -> datetime:
    """The real clock, to the second: what is recorded is not finer."""
    return datetime.now(UTC).replace(microsecond=0)
