"""Days and instants as people say them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo


def instant(text: str | datetime | None, tz: ZoneInfo) -> str:
    """An instant in site time, to the minute; empty if there is none."""
    if not text:
        return ""
    at = datetime.fromisoformat(text) if isinstance(text, str) else text
    return f"{at.astimezone(tz):%Y-%m-%d %H:%M}"


def due_words(day: date | None, today: date, hour: str = "") -> str:
    """A due day as people say it: `2025-03-07 (in 3 days)`; `2025-03-07 14:00 (tomorrow)` with an hour."""
    if day is None:
        return "as soon as possible"
    days = (day - today).days
    match days:
        case 0:
            near = "today"
        case 1:
            near = "tomorrow"
        case -1:
            near = "yesterday"
        case _ if days < 0:
            near = f"{-days} days ago"
        case _:
            near = f"in {days} days"
    return f"{day.isoformat()} {hour}".rstrip() + f" ({near})"


def with_note(words: str, note: str) -> str:
    """A due day in words, with what is said of it."""
    return f"{words}, {note}" if note else words
