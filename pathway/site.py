"""A site: where local days are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pathway.errors import UnknownName
from pathway.moved_zone import moved_zone


@cache
def zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name. Raises `UnknownName`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownName(
            f"time zone {name!r} is not known; an IANA name such as Europe/Berlin is accepted"
        ) from error


@dataclass(frozen=True, slots=True)
class Site:
    """A trial site, pinned per patient: `zone` an IANA name, `country` ISO 3166 alpha-2, `label` the drug-label
    edition used."""

    id: str
    zone: str = "Europe/Berlin"
    country: str = "DE"
    label: str = "EU"
    zones: tuple[tuple[datetime, str], ...] = ()
    """Of a patient who has moved or will: every zone with the instant (UTC) from which it counts, in order."""

    @property
    def tz(self) -> ZoneInfo:
        """The time zone that days are counted in: the site's, and where a patient has moved the one in force at each instant."""
        if self.zones:
            return moved_zone(tuple((since, zone(name)) for since, name in self.zones))
        return zone(self.zone)
