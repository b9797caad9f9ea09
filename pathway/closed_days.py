"""A site's calendar of closed days: on which open day something can be done that falls on a closed one.

For people only: no window, due day or alarm of a protocol is moved by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

WEEKDAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
"""How a calendar names a day of every week; other entries are single days, `2025-12-25`."""


def is_closed(day: date, calendar: Sequence[str]) -> bool:
    """Whether a site is closed on a local day."""
    return day.isoformat() in calendar or WEEKDAYS[day.weekday()] in calendar


def closed_note(
    due: date | None, window: tuple[date, date] | None, calendar: Sequence[str], today: date
) -> str:
    """What is said of an item that is due on a closed day: the last open day before it within its window and not past, else the
    next one after it. Empty where the site is open on that day. Without a window only the due day is allowed."""
    if due is None or not calendar or due < today or not is_closed(due, calendar):
        return ""
    first, last = window or (due, due)
    before = _open(due, max(first, today), -1, calendar)
    if before is not None:
        return f"closed; last open day before it in the window: {before.isoformat()}"
    after = _open(due, last, 1, calendar)
    if after is not None:
        return f"closed; next open day in the window: {after.isoformat()}"
    return "closed; no open day in the window"


def closed_of(item: dict[str, Any], calendar: Sequence[str], today: date) -> str:
    """The note of an item of a plan as JSON; empty if it is open on that day, or nothing is left to do."""
    if not item["due"] or item["state"] not in ("due", "planned", "blocked", "late"):
        return ""
    window = item.get("window")
    days = (date.fromisoformat(window[0]), date.fromisoformat(window[1])) if window and all(window) else None
    return closed_note(date.fromisoformat(item["due"]), days, calendar, today)


def _open(day: date, end: date, step: int, calendar: Sequence[str]) -> date | None:
    while day != end and (end - day).days * step > 0:
        day += timedelta(days=step)
        if not is_closed(day, calendar):
            return day
    return None
