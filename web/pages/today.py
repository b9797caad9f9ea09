"""Today: what is needed now, over all patients whom the viewer sees. The counts are those of `allpath due`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response

from pathway.closed_days import closed_note
from pathway.site import zone
from store import queries
from store.work_list import Bucket, Due, due
from web.access import Viewer
from web.forms import HouseOf, Signed
from web.house import WebHouse, utc_now
from web.render import page
from web.words import asked_words

router = APIRouter()

MOST: Final = 150
"""Lines of a part of the list that are shown at once; the counts are always of all."""
BUCKETS: Final[tuple[tuple[Bucket, str], ...]] = (("late", "Late"), ("today", "Today"), ("week", "This week"))


@router.get("/")
async def today(
    request: Request,
    house: HouseOf,
    viewer: Signed,
    site: str = "",
    trial: str = "",
    whose: str = "mine",
    everything: bool = False,
) -> Response:
    """The work list. `whose`: `mine`, what a role of the viewer's is to do, or `all`."""
    lines = await seen_lines(house, viewer)
    sites = sorted({each.site for each in lines})
    trials = sorted({each.trial for each in lines})
    shown = [
        line
        for line in lines
        if (not site or line.site == site)
        and (not trial or line.trial == trial)
        and (whose == "all" or not {line.owner, *line.told}.isdisjoint(viewer.roles(line.site)))
    ]
    async with house.store.reading() as session:
        rows = await queries.pathways(session, rehearsals=bool(house.demo), sites=viewer.sites)
    newest = max((row.stored for row in rows), default=None)
    days = {row.pathway_id: utc_now().astimezone(zone(row.zone)).date() for row in rows}
    buckets = [(key, title, [line for line in shown if line.bucket == key]) for key, title in BUCKETS]
    return page(
        request,
        "today.html",
        buckets=buckets,
        others=len(lines) - len(shown),
        sites=sites,
        trials=trials,
        site=site,
        trial=trial,
        whose=whose,
        days=days,
        newest=newest,
        most=None if everything else MOST,
        asked=asked_words,
        closed=partial(_closed, house),
        today=utc_now().date(),
        away=not await house.is_server_there(),
    )


async def seen_lines(house: WebHouse, viewer: Viewer, kind: str | None = "patient") -> list[Due]:
    """The lines of the work list at the sites where the viewer may see patients."""
    async with house.store.reading() as session:
        lines: Iterable[Due] = await due(
            session, utc_now(), kind=kind, rehearsals=bool(house.demo), sites=viewer.sites
        )
        return [line for line in lines if viewer.may("patient", line.site)]


def _closed(house: WebHouse, line: Due, today: date) -> str:
    return closed_note(line.due, line.window, house.closed_days(line.site), today) if line.due else ""
