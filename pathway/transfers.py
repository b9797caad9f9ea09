"""Patients who move to another site: recorded transfers, and where a patient is at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from operator import itemgetter

from pathway.clock import BEGINNING, at_hour
from pathway.events import Event
from pathway.site import Site, zone


def begins(transfer: Event) -> datetime:
    """The instant (UTC) from which a transfer counts: the beginning of its day, by the clock of the new site."""
    return at_hour(date.fromisoformat(transfer.detail("from") or ""), 0, zone(transfer.detail("zone") or ""))


def placed(site: Site, transfers: Sequence[Event], now: datetime) -> Site:
    """Where a patient is now who began at `site`, with every zone that days are counted in, past and to come.

    Where the transfers themselves say where the patient came from, that counts: a store knows the present site alone.
    """
    if not transfers:
        return site
    moves = sorted(((begins(each), each) for each in transfers), key=itemgetter(0))
    first = min(transfers, key=lambda each: each.recorded)
    came_from = _site(first.detail("was") or "", site)
    at = came_from
    zones = [(BEGINNING, came_from.zone)]
    for since, each in moves:
        there = Site(
            each.name, each.detail("zone") or "", each.detail("country") or "", each.detail("label") or ""
        )
        zones.append((since, there.zone))
        at = there if since <= now else at
    return Site(at.id, at.zone, at.country, at.label, tuple(zones))


def written(site: Site) -> str:
    """A site as a transfer names the one before."""
    return " ".join((site.id, site.zone, site.country, site.label))


def _site(text: str, otherwise: Site) -> Site:
    parts = text.split(" ")
    return Site(parts[0], parts[1], parts[2], parts[3]) if len(parts) == 4 else otherwise
