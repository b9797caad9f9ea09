"""The subtrials of a platform: levels, slots, DLT windows, who waits and why, what is asked, told and due.

What a subtrial decides is of all sites. Whoever does not hold a role at a patient's site is told that there is one, and not who.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from pathway.subtrial.action_rules import ACTION_ROLES
from store import queries
from web.forms import HouseOf, Signed
from web.governors import check_may_look
from web.render import page
from web.visit import LooksAtSubtrial

router = APIRouter(prefix="/subtrials")


@router.get("")
async def boards(request: Request, house: HouseOf, viewer: Signed) -> Response:
    """Every subtrial that has a governor."""
    check_may_look(viewer)
    async with house.store.reading() as session:
        rows = await queries.pathways(session, kind="subtrial", rehearsals=bool(house.demo), archived=True)
    return page(request, "boards.html", rows=rows, away=not await house.is_server_there())


@router.get("/{trial}/{subtrial}")
async def board(visit: LooksAtSubtrial, told: str = "") -> Response:
    """One subtrial as its governor has it now; while that does not answer, as the store has it, and it says so."""
    seen = await visit.see_governor("read a subtrial")
    may_report = any(role in roles for roles in ACTION_ROLES.values() for role in visit.roles)
    return visit.page(
        "board.html",
        status=503 if seen.why else 200,
        seen=seen,
        row=visit.row,
        plan=seen.shown,
        told=told,
        may_report=may_report and not seen.why and not visit.row.archived,
        sees=lambda site: visit.viewer.may("patient", site),
    )
