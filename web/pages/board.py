"""The subtrials of a platform: levels, slots, DLT windows, who waits and why, what is asked, told and due.

What a subtrial decides is of all sites. Whoever does not hold a role at a patient's site is told that there is one, and not who.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from pathway.events import Event
from pathway.subtrial.action_rules import ACTION_ROLES
from store import queries
from web.forms import HouseOf, Signed
from web.governors import check_may_look
from web.masking import Mask
from web.render import page
from web.visit import LooksAtSubtrial

router = APIRouter(prefix="/subtrials")

NEWEST: Final = 40
"""Entries that the board shows."""


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
    async with visit.house.store.reading() as session:
        events = await queries.events(session, visit.row.pathway_id)
    may_report = any(role in roles for roles in ACTION_ROLES.values() for role in visit.roles)
    return visit.page(
        "board.html",
        status=503 if seen.why else 200,
        seen=seen,
        row=visit.row,
        plan=seen.shown,
        told=told,
        entries=[_entry(seen.mask, each) for each in events[: -NEWEST - 1 : -1]],
        may_report=may_report and not seen.why and not visit.row.archived,
        sees=lambda site: visit.viewer.may("patient", site),
    )


def _entry(mask: Mask, event: Event) -> dict[str, Any]:
    """An entry for the viewer; `link` is empty for one of a patient whom they may not see."""
    shown: dict[str, Any] = mask.of(asdict(event))
    plain = (event.id, event.name, *(text for pair in event.scope for text in pair))
    return {**shown, "link": event.id if all(mask.of(each) == each for each in plain) else ""}
