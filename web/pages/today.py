"""Today: what is needed now, over all patients whom the viewer sees, and of subtrials and meetings of their offices.

The counts are those of `allpath due`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response

from pathway.closed_days import closed_note
from pathway.site import zone
from store import queries
from store.queries import kind_of
from store.work_list import Bucket, Due, due
from web.access import Viewer, may_see
from web.addresses import address_of, item_address
from web.forms import HouseOf, Signed
from web.governors import masks_of
from web.house import WebHouse, now_of
from web.masking import Mask
from web.render import page
from web.words import asked_words

router = APIRouter()

MOST: Final = 150
"""Lines of a part of the list that are shown at once; the counts are always of all."""
BUCKETS: Final[tuple[tuple[Bucket, str], ...]] = (("late", "Late"), ("today", "Today"), ("week", "This week"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as it is shown: whose it is with their page, what, and where that is done."""

    name: str
    address: str
    text: str
    to: str
    key: str


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
    lines = await seen_lines(house, viewer, kind=None)
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
        rows = await queries.pathways(session, kind=None, rehearsals=bool(house.demo), sites=viewer.sites)
        now = await now_of(house, session)
    masks = await masks_of(
        house, viewer, {each.trial for each in lines if kind_of(each.pathway_id) != "patient"}
    )
    newest = max((row.stored for row in rows), default=None)
    days = {row.pathway_id: now.astimezone(zone(row.zone)).date() for row in rows}
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
        shown=partial(_shown, masks),
        closed=partial(_closed, house),
        today=now.date(),
        away=not await house.is_server_there(),
    )


async def seen_lines(house: WebHouse, viewer: Viewer, kind: str | None = "patient") -> list[Due]:
    """The lines of the work list at the sites where the viewer may see patients; of subtrials and meetings, too, where `kind` is
    None."""
    async with house.store.reading() as session:
        lines: Iterable[Due] = await due(
            session, await now_of(house, session), kind=kind, rehearsals=bool(house.demo), sites=viewer.sites
        )
        return [line for line in lines if may_see(viewer, kind_of(line.pathway_id), line.site)]


def _shown(masks: dict[str, Mask], line: Due) -> Shown:
    """How a line looks: of a subtrial or meeting without the names that the viewer may not see."""
    kind = kind_of(line.pathway_id)
    at, text = address_of(kind, line.trial, line.subject), asked_words(line)
    if kind == "patient":
        return Shown(line.subject, at, text, item_address(at, line.kind, line.key), line.key)
    mask = masks[line.trial]
    to = item_address(at, line.kind, mask.link(line.key))
    week = re.search(r"\[week=(\d{4}-W\d\d)", line.key)
    if kind == "meeting" and to == at and week is not None:
        to = f"{at}?week={week[1]}"
    name = "Meeting" if kind == "meeting" else f"Subtrial {line.subject}"
    return Shown(name, at, mask.of(text), to, mask.of(line.key))


def _closed(house: WebHouse, line: Due, today: date) -> str:
    return closed_note(line.due, line.window, house.closed_days(line.site), today) if line.due else ""
