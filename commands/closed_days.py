"""What is said of items that are due while their site is closed: from the settings, for people who look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from pathway.closed_days import closed_note


def calendar_of(site: str) -> tuple[str, ...]:
    """The closed days of a site, with those of every site (`*`)."""
    from runtime.settings import load_settings

    closed = load_settings().closed_days
    return (*closed.get("*", ()), *closed.get(site, ()))


def closed_of(item: dict[str, Any], calendar: Sequence[str], today: date) -> str:
    """The note of an item of a plan as JSON; empty if it is open on that day, or nothing is left to do."""
    if not item["due"] or item["state"] not in ("due", "planned", "blocked", "late"):
        return ""
    window = item.get("window")
    days = (date.fromisoformat(window[0]), date.fromisoformat(window[1])) if window and all(window) else None
    return closed_note(date.fromisoformat(item["due"]), days, calendar, today)


def with_note(words: str, note: str) -> str:
    """A due day in words, with what is said of it."""
    return f"{words}, {note}" if note else words
