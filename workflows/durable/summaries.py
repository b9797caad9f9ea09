"""What lists show of a plan: what is open, what is late, what is due next, where the patient is."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from contracts.publish import PublishBatch
from pathway.changes import Change
from pathway.clock import at_hour
from pathway.language.profile import Profile
from pathway.plan import Item, Obligation, Plan
from pathway.site import Site

SUMMARY: Final = 180
"""Letters of the summary of a batch: the server takes some 400 bytes of what it shows beside a task."""


def story(batch: PublishBatch) -> str:
    """What a batch tells, in a line for the Temporal UI: what happened to which ids, and never a value."""
    told: dict[str, dict[str, None]] = {}
    for change in batch.changes:
        told.setdefault(_word(change), {})[change.id] = None
    parts = [f"{word} {', '.join(ids)}" for word, ids in told.items() if word]
    events = f"{len(batch.events)} {'event' if len(batch.events) == 1 else 'events'}"
    line = f"revision {batch.revision}: {'; '.join([events, *parts])}"
    return line if len(line) <= SUMMARY else f"{line[: SUMMARY - 2].rsplit(' ', 1)[0]} …"


def _word(change: Change) -> str:
    match change.kind:
        case "phase":
            return "entered"
        case "milestone":
            return "told"
        case "decision":
            return f"decision {change.state.replace('_', ' ')}"
        case "deviation" | "alert":
            return "raised" if change.state == "raised" else change.state.replace("_", " ")
        case "retraction":
            return "withdrew"
        case "item":
            return "scheduled" if change.state == "planned" else change.state.replace("_", " ")
        case kind:
            return kind


def open_obligations(plan: Plan) -> list[Obligation]:
    """Deviations and alerts that nobody has acknowledged yet."""
    return [each for each in (*plan.deviations, *plan.alerts) if each.state == "raised"]


def late_items(plan: Plan) -> list[Item]:
    """Items that are late."""
    return [each for each in plan.items if each.state == "late"]


def next_due(plan: Plan, profile: Profile, site: Site) -> datetime | None:
    """The instant from which the earliest open item with a date is due, at the hour of day-level warnings."""
    days = [
        each.due for each in plan.items if each.due is not None and each.state in ("planned", "due", "late")
    ]
    return at_hour(min(days), profile.integer("warn_hour"), site.tz) if days else None


def phases(plan: Plan) -> dict[str, str]:
    """The phase of every track."""
    return {each.id: each.phase for each in plan.tracks}
