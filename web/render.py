"""Pages from templates: everything escaped, times in the site's zone."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pathway.words import due_words, instant
from web.access import Viewer

NOTICE: Final = "Research software, not a medical device."


def _words(text: object) -> str:
    return str(text).replace("_", " ")


def _site_time(at: datetime | str | None, zone: str | ZoneInfo) -> str:
    return instant(at, ZoneInfo(zone) if isinstance(zone, str) else zone)


def _near(day: date | None, today: date, hour: str = "") -> str:
    return due_words(day, today, hour)


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(words=_words, site_time=_site_time, near=_near)


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page by its template. `viewer` is who looks, None where nobody is signed in."""
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    demo = bool(request.app.state.house.demo)
    if "typed" in values:
        values["typed"] = defaultdict(str, values["typed"])
    text = _ENVIRONMENT.get_template(template).render(
        viewer=viewer,
        path=request.url.path,
        notice=NOTICE,
        demo=demo,
        state_before=getattr(request.state, "seen", ""),
        **values,
    )
    return HTMLResponse(text, status)
