"""Days and hours as forms have them."""

from __future__ import annotations

from datetime import datetime

from pathway.moments import BadMoment, reported
from pathway.site import Site
from web.forms import BadForm


def moment(typed: str, site: Site, now: datetime) -> datetime | None:
    """When it happened (UTC): a day, or a day and an hour, in site time. None for nothing. Raises `BadForm`."""
    if not typed:
        return None
    try:
        return reported(typed[:60], site.tz, now)
    except BadMoment as error:
        raise BadForm(str(error)) from None
