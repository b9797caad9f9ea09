"""All patients whom the viewer sees: a list, and how they stand together."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from client.stored import computed, pinned_text
from pathway.events import Event
from pathway.patient.needed import Patient
from pathway.patient.output import plan_json
from pathway.site import Site
from store import queries
from store.queries import Pathway
from web.access import Viewer
from web.drawing.swimmers import Swimmer, swimmer_of, swimmers
from web.forms import HouseOf, Signed
from web.house import WebHouse, utc_now
from web.pages.today import seen_lines
from web.render import page

router = APIRouter()

MOST_DRAWN: Final = 60
"""Of more patients than these a plot tells nothing, and takes seconds."""


@router.get("/patients")
async def patients(request: Request, house: HouseOf, viewer: Signed, archived: bool = False) -> Response:
    """Every patient, with phase, group, what is open and late."""
    rows = await seen_patients(house, viewer, archived=archived)
    return page(
        request, "patients.html", rows=rows, archived=archived, may_enrol=viewer.may_somewhere("enrol"),
        away=not await house.is_server_there(),
    )  # fmt: skip


@router.get("/cohort")
async def cohort(request: Request, house: HouseOf, viewer: Signed, trial: str = "") -> Response:
    """Who is where by trial, phase and group; a swimmer plot; what is late by item and site; open notices."""
    rows = await seen_patients(house, viewer, archived=False)
    trials = sorted({row.trial for row in rows})
    rows = [row for row in rows if trial in ("", row.trial)]
    lines = [line for line in await seen_lines(house, viewer) if trial in ("", line.trial)]
    raised = [line for line in lines if line.kind in ("deviation", "alert")]
    return page(
        request,
        "cohort.html",
        rows=rows,
        trials=trials,
        trial=trial,
        where=sorted(Counter((row.trial, _phase(row), row.group or "not known yet") for row in rows).items()),
        late=Counter(
            (line.trial, line.site, line.id) for line in lines if line.bucket == "late"
        ).most_common(),
        notices=Counter((line.trial, line.site, line.severity, line.id) for line in raised).most_common(),
        plot=await _plot(house, rows) if len(rows) <= MOST_DRAWN else None,
        most=MOST_DRAWN,
        away=not await house.is_server_there(),
    )


async def _plot(house: WebHouse, rows: Sequence[Pathway]) -> Markup:
    """The swimmer plot, of the events that the store has. What this program has no text for has no bar, and is named below."""
    found: list[Swimmer] = []
    for row in rows:
        async with house.store.reading() as session:
            events = await queries.events(session, row.pathway_id)
            newest = (await queries.timeline(session, row.pathway_id))[-1:] if row.rehearsal else ()
        now = datetime.fromisoformat(newest[0].at) if newest else utc_now()
        # Beside the loop: an evaluation of a long record takes a tenth of a second.
        found.append(await asyncio.to_thread(_swimmer, row, events, now))
    return swimmers(found)


def _swimmer(row: Pathway, events: Sequence[Event], now: datetime) -> Swimmer:
    compiled, _ = pinned_text(row)
    if compiled is None:
        return Swimmer(row.subject, None, now.date())
    plan = plan_json(computed(row, compiled, events, now))
    site = Site(row.site, row.zone)
    return swimmer_of(
        Patient(row.subject, row.protocol, site, row.rehearsal, row.archived, now, plan, compiled)
    )


async def seen_patients(house: WebHouse, viewer: Viewer, *, archived: bool) -> list[Pathway]:
    """The patients of the sites where the viewer may see them."""
    async with house.store.reading() as session:
        rows = await queries.pathways(
            session, rehearsals=bool(house.demo), archived=archived, sites=viewer.sites
        )
    return [row for row in rows if viewer.may("patient", row.site)]


def _phase(row: Pathway) -> str:
    """The phase of treatment, or of the first track."""
    phases = dict(row.phases)
    return phases.get("treatment") or next(iter(phases.values()), "")
