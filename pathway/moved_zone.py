"""The time zone of a patient who has moved: days are counted in the zone that was in force at each instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

Zones = tuple[tuple[datetime, ZoneInfo], ...]
"""Zones with the instant (UTC) from which each is in force, in order. The first is in force from the beginning."""


class MovedZone(ZoneInfo):
    """One zone after the other. An instant is shown by the clock of the zone in force then.

    A time that a clock shows names an instant in the newest zone that had begun by that time of its own clock. So a move to the
    east skips the hours between the two clocks, and a move to the west shows some twice: taken are those of the new zone.
    """

    # A kind of `ZoneInfo`, so that whoever counts days need not know that patients move. What it inherits is not used.
    zones: Zones

    @property
    def key(self) -> str:
        """The names of the zones, for messages."""
        return ", then ".join(zone.key for _, zone in self.zones)

    def fromutc(self, dt: datetime, /) -> datetime:
        """See `tzinfo`."""
        instant = dt.replace(tzinfo=UTC)
        zone = next((zone for start, zone in reversed(self.zones[1:]) if start <= instant), self.zones[0][1])
        return instant.astimezone(zone).replace(tzinfo=self)

    def utcoffset(self, dt: datetime | None, /) -> timedelta | None:
        """See `tzinfo`."""
        return None if dt is None else dt.replace(tzinfo=self._shown(dt)).utcoffset()

    def dst(self, dt: datetime | None, /) -> timedelta | None:
        """See `tzinfo`."""
        return None if dt is None else dt.replace(tzinfo=self._shown(dt)).dst()

    def tzname(self, dt: datetime | None, /) -> str | None:
        """See `tzinfo`."""
        return None if dt is None else dt.replace(tzinfo=self._shown(dt)).tzname()

    def _shown(self, dt: datetime) -> tzinfo:
        """The zone whose clock shows that time."""
        wall = dt.replace(tzinfo=None)
        return next(
            (
                zone
                for start, zone in reversed(self.zones[1:])
                if start.astimezone(zone).replace(tzinfo=None) <= wall
            ),
            self.zones[0][1],
        )


@cache
def moved_zone(zones: Zones) -> MovedZone:
    """The zone of somebody who has moved through these zones: one object for each row of zones, as caches go by it."""
    made = MovedZone.no_cache("UTC")
    made.zones = zones
    return made
