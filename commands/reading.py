"""What people type: moments in site time, pairs, pseudonyms' trials. Refused with what would be accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from commands.errors import UsageError
from commands.options import MINUS
from pathway.moments import BadMoment, reported


def moment(text: str, tz: ZoneInfo, now: datetime) -> datetime:
    """The instant (UTC) of a day or a date-time in site time. A day alone means 09:00, or its beginning before nine.

    Raises `UsageError`. That it lies in the future is for the pathway to refuse.
    """
    try:
        return reported(text, tz, now)
    except BadMoment as error:
        raise UsageError(str(error)) from None


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
