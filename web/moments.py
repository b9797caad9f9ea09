"""Days and hours as forms have them."""

from __future__ import annotations

from datetime import datetime

from pathway.site import Site
from web.forms import BadForm


def moment(typed: str, site: Site) -> datetime | None:
    """When it happened: a day (which means 09:00), or a day and an hour, in site time. None for nothing. Raises `BadForm`."""
    if not typed:
        return None
    try:
        at = datetime.fromisoformat(typed if "T" in typed or " " in typed else f"{typed}T09:00")
    except ValueError:
        raise BadForm(
            f"{typed[:40]!r} is no day and no moment; accepted: 2025-03-07 or 2025-03-07 14:30, in site time"
        ) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=site.tz)
