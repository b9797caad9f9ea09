"""The subtrials of a platform: levels, slots, DLT windows, who waits and why. To be read; the meeting decides elsewhere.

What a subtrial decides is of all sites. Whoever does not hold a role at a patient's site is told that there is one, and not who.
"""

from __future__ import annotations

import re
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from client import pathways
from client.retry import NoAnswer, PathwayStalled
from contracts.subtrial_start import SubtrialEnd, subtrial_id
from people import audit
from people.errors import NotAllowed
from runtime.errors import ServerUnreachable
from store import queries
from web.access import MAY, Viewer
from web.forms import HouseOf, NotHere, Signed
from web.house import WebHouse
from web.patients import SOON
from web.render import page

router = APIRouter(prefix="/subtrials")

ELSEWHERE: Final = "a patient of another site"
_WHOLE: Final = r"(?<![A-Za-z0-9-]){}(?![A-Za-z0-9-])"
"""A pseudonym, and not the beginning or end of another."""


@router.get("")
async def boards(request: Request, house: HouseOf, viewer: Signed) -> Response:
    """Every subtrial that has a governor."""
    _check(viewer)
    async with house.store.reading() as session:
        rows = await queries.pathways(session, kind="subtrial", rehearsals=bool(house.demo), archived=True)
    return page(request, "boards.html", rows=rows, away=not await house.is_server_there())


@router.get("/{trial}/{subtrial}")
async def board(request: Request, house: HouseOf, viewer: Signed, trial: str, subtrial: str) -> Response:
    """One subtrial as its governor has it now."""
    _check(viewer)
    id_ = subtrial_id(trial, subtrial, rehearsal=bool(house.demo), label=house.demo)
    async with house.store.reading() as session:
        row = await queries.pathway(session, id_)
    if row is None:
        raise NotHere
    async with house.store.writing() as session:
        await audit.append(session, audit.Line(viewer.code, "", row.site, "read a subtrial", id_, "done"))
    plan, why = await _plan(house, id_)
    shown = None if plan is None else _masked(plan, viewer)
    return page(
        request,
        "board.html",
        status=200 if shown is not None else 503,
        row=row,
        plan=shown,
        why=why,
    )


def _check(viewer: Viewer) -> None:
    if not viewer.may_somewhere("patient"):
        held = ", ".join(viewer.held) or "no role"
        raise NotAllowed(f"{viewer.code} holds {held}; this needs one of {', '.join(sorted(MAY['patient']))}")


async def _plan(house: WebHouse, id_: str) -> tuple[dict[str, Any] | None, str]:
    """What the governor answers; or None, and why it does not."""
    try:
        client = await house.client()
        handle = client.get_workflow_handle(id_, result_type=SubtrialEnd)
        return (await pathways.plan(handle, patience=SOON)).plan, ""
    except (ServerUnreachable, NoAnswer, PathwayStalled) as error:
        return None, str(error)


def _masked(plan: dict[str, Any], viewer: Viewer) -> dict[str, Any]:
    """The plan with the pseudonyms of those patients only whom the viewer may see: in slots, queue and every text."""
    entered = (*plan["slots"], *plan["waiting"])
    hidden = {each["subject"] for each in entered if not viewer.may("patient", each["site"])}

    def named(each: dict[str, Any]) -> dict[str, Any]:
        return {**each, "subject": "", "site": ""} if each["subject"] in hidden else each

    shown = {
        **plan,
        "slots": [named(each) for each in plan["slots"]],
        "waiting": [named(each) for each in plan["waiting"]],
    }
    return (
        _without(shown, re.compile("|".join(_WHOLE.format(re.escape(each)) for each in sorted(hidden))))
        if hidden
        else shown
    )


def _without(node: Any, names: re.Pattern[str]) -> Any:
    """The same with every name in every text replaced, keys included."""
    if isinstance(node, str):
        return names.sub(ELSEWHERE, node)
    if isinstance(node, dict):
        return {_without(key, names): _without(value, names) for key, value in node.items()}
    return [_without(each, names) for each in node] if isinstance(node, list | tuple) else node
