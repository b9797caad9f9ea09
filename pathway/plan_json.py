"""How the parts of a plan are written as JSON, whoever the plan is of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from pathway.clock import BEGINNING
from pathway.plan import Item, Obligation


def instant_text(instant: datetime | None) -> str | None:
    """UTC ISO text of an instant, to the second; None for what holds since before the record began."""
    if instant is None or instant == BEGINNING:
        return None
    return f"{instant.astimezone(UTC).isoformat()[:19]}Z"


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def item_json(item: Item) -> dict[str, Any]:
    """An item of a plan as data."""
    return {
        "id": item.id,
        "key": item.key,
        "kind": item.kind,
        "state": item.state,
        "text": item.text,
        "due": _day(item.due),
        "window": [_day(item.window[0]), _day(item.window[1])] if item.window else ["", ""],
        "owner": item.owner,
        "since": instant_text(item.since),
        "blocked_by": item.blocked_by,
        "late_from": instant_text(item.late_from),
        **({"due_at": instant_text(item.due_at)} if item.due_at is not None else {}),
    }


def obligation_json(o: Obligation) -> dict[str, Any]:
    """A deviation or alert of a plan as data."""
    return {
        "id": o.id,
        "key": o.key,
        "severity": o.severity,
        "state": o.state,
        "text": o.text,
        "to": list(o.notified),
        "since": instant_text(o.since),
        "rung": o.rung,
        "next_rung": instant_text(o.next_rung),
    }
