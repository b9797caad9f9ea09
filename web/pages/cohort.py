"""All patients whom the viewer sees: a list, and how they stand together."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter, Request, Response

from store import queries
from store.queries import Pathway
from web.access import Viewer
from web.forms import HouseOf, Signed
from web.house import WebHouse
from web.pages.today import seen_lines
from web.render import page

router = APIRouter()


@router.get("/patients")
async def patients(request: Request, house: HouseOf, viewer: Signed, archived: bool = False) -> Response:
    """Every patient, with phase, group, what is open and late."""
    rows = await seen_patients(house, viewer, archived=archived)
    return page(
        request, "patients.html", rows=rows, archived=archived, may_enrol=viewer.may_somewhere("enrol")
    )


@router.get("/cohort")
async def cohort(request: Request, house: HouseOf, viewer: Signed) -> Response:
    """Who is where by trial, phase and group; what is late by item and site; open notices."""
    rows = await seen_patients(house, viewer, archived=False)
    lines = await seen_lines(house, viewer)
    where = Counter((row.trial, _phase(row), row.group or "not known yet") for row in rows)
    late = Counter((line.trial, line.site, line.id) for line in lines if line.bucket == "late")
    raised = [line for line in lines if line.kind in ("deviation", "alert")]
    notices = Counter((line.trial, line.site, line.severity, line.id) for line in raised)
    return page(
        request, "cohort.html", rows=rows, where=sorted(where.items()), late=late.most_common(), notices=notices.most_common(),
        away=not await house.is_server_there(),
    )  # fmt: skip


async def seen_patients(house: WebHouse, viewer: Viewer, *, archived: bool) -> list[Pathway]:
    """The patients of the sites where the viewer may see them."""
    async with house.store.reading() as session:
        rows = await queries.pathways(session, rehearsals=bool(house.demo), archived=archived)
    return [row for row in rows if viewer.may("patient", row.site)]


def _phase(row: Pathway) -> str:
    """The phase of treatment, or of the first track."""
    phases = dict(row.phases)
    return phases.get("treatment") or next(iter(phases.values()), "")
