"""What lists show of a plan: what is open, what is late, what is due next, where the patient is."""

from __future__ import annotations

from datetime import datetime

from pathway.clock import at_hour
from pathway.language.profile import Profile
from pathway.plan import Item, Obligation, Plan
from pathway.site import Site


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
