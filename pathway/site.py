"""A site: where local days are counted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pathway.errors import UnknownName


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

    @property
    def tz(self) -> ZoneInfo:
        """The site's time zone."""
        return zone(self.zone)
