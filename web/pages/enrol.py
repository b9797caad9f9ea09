"""Enrolling a patient: eligibility criterion by criterion while one types, then the pathway begins with what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

import protocols
from client import pathways
from contracts.messages import PathwayStart
from pathway.engine.context import Compiled
from pathway.errors import AllpathError, ProtocolError, UnknownName
from pathway.language.profile import make_profile
from pathway.patient.because import slots_under
from pathway.patient.evaluate import evaluation
from pathway.patient.output import plan_json
from pathway.record import Record
from pathway.refusal import Refused
from pathway.site import Site, zone
from people.errors import NotAllowed
from runtime.keys import check_key
from store.payload_keys import known_keys
from store.renaming import used
from web.access import Viewer
from web.forms import BadForm, HouseOf, Signed, SignedForm, text
from web.grid import Row, asked_for, checked, filled, pasted, reports_of, rows_of
from web.house import WebHouse, utc_now
from web.patients import new_id
from web.render import page

AWAY: Final = 4
"""The exit status of an error that says that something cannot be reached: the same form may be taken later."""

router = APIRouter(prefix="/enrol")

FIRST_ANSWER: Final = timedelta(seconds=8)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a form comes to: its rows with what is wrong with them, the criteria as they stand, and what would be recorded."""

    rows: list[Row]
    criteria: list[dict[str, Any]]
    eligibility: str
    reports: list[Any]
    has_faults: bool


@router.get("")
async def form(request: Request, house: HouseOf, viewer: Signed, trial: str = "") -> Response:
    """The form: first the trial, then its values."""
    if not viewer.may_somewhere("enrol"):
        raise NotAllowed(
            f"{viewer.code} holds {', '.join(viewer.held) or 'no role'}; enrolling needs a coordinator"
        )
    return await _page(request, house, viewer, {"trial": trial})


@router.post("")
async def enter(request: Request, house: HouseOf, viewer: Signed, form: SignedForm) -> Response:
    """Check what was typed, or enrol: the pathway begins with all of it, in one sitting."""
    said = {key: value.strip() for key, value in form.items() if isinstance(value, str)}
    typed = {**said, "id": said.get("id") or f"s-{new_id()}"}
    site = Site(typed.get("site", ""), typed.get("zone") or house.settings.default_site_zone)
    if not viewer.may("enrol", site.id):
        raise NotAllowed(
            f"{viewer.code} is no coordinator at site {site.id or '(none)'}; nothing was enrolled"
        )
    if house.demo and text(form, "act") == "enrol":
        raise NotAllowed("in the demo nobody can be enrolled: its children are made up")
    compiled = _compiled(typed.get("trial", ""))
    if text(form, "act") == "paste":
        try:
            typed |= pasted(compiled, text(form, "table"))
        except BadForm as error:
            return await _page(request, house, viewer, typed, problem=str(error), status=422)
    if text(form, "act") != "enrol":
        return await _page(request, house, viewer, typed, tried=_try(compiled, viewer, site, typed))
    try:
        zone(site.zone)
        tried = _try(compiled, viewer, site, typed)
        if tried.has_faults:
            raise BadForm("Some rows cannot be recorded as they are, so nobody was enrolled. Each says why.")
        start = _start(compiled, typed, site)
        await _check_free(house, start, typed["id"])
    except (AllpathError, BadForm) as error:
        status = 503 if isinstance(error, AllpathError) and error.exit_status == AWAY else 422
        return await _page(
            request, house, viewer, typed, tried=_try(compiled, viewer, site, typed), problem=str(error), status=status
        )  # fmt: skip
    handle = await pathways.start_pathway(
        await house.client(), start, queue=house.settings.task_queue, token=typed["id"]
    )
    if tried.reports:
        await pathways.submit_many(handle, start.sitting, tried.reports)
    else:
        await pathways.state(handle, patience=FIRST_ANSWER)
    return RedirectResponse(f"/patients/{start.trial}/{start.subject}?told=recorded", 303)


def _start(compiled: Compiled, typed: dict[str, str], site: Site) -> PathwayStart:
    """The start that a form asks for. Raises `AllpathError` saying what would be accepted."""
    protocols.check_locked(f"{compiled.protocol.name}@{compiled.protocol.version.number}", compiled.hash)
    values = any(key.startswith("value|") and value for key, value in typed.items())
    return pathways.new_start(
        compiled.protocol.name, typed.get("subject", ""), site, sitting=typed["id"] if values else ""
    )  # fmt: skip


async def _check_free(house: WebHouse, start: PathwayStart, token: str) -> None:
    """Raises `Refused` where the pseudonym is used, unless it was by this very form: then what is missing follows."""
    async with house.store.reading() as session:
        check_key(house.settings.key_file, await known_keys(session))
        found = await used(session, start.trial, start.subject)
    if found is None:
        return
    handle = pathways.pathway_handle(await house.client(), start.trial, start.subject)
    if not await pathways.started_with(handle, token):
        raise Refused(
            pathways.ALREADY_ENROLLED,
            f"{start.subject} was enrolled in {start.trial} before: a pseudonym is used once, for ever",
        )


def _compiled(trial: str) -> Compiled:
    try:
        return protocols.compiled(trial)
    except (UnknownName, ProtocolError) as error:
        raise BadForm(str(error)) from None


def _try(compiled: Compiled, viewer: Viewer, site: Site, typed: dict[str, str]) -> Tried:
    """The criteria with what was typed: nothing of it is recorded."""
    now = utc_now()
    rows = filled(_rows(compiled, typed), typed)
    reports, wrong = reports_of(rows, viewer, site, now, typed["id"], typed.get("day", ""))
    profile = make_profile(compiled.protocol)
    rows, admitted = checked(rows, reports, wrong, compiled, profile, site, Record.of(()), now)
    plan = plan_json(evaluation(compiled, profile, site, Record.of(admitted.events), now))
    decision = next((each for each in plan["decisions"] if each["id"] == "eligibility"), None)
    standing = "" if decision is None else str(decision["proposal"] or decision["state"])
    return Tried(rows, plan["criteria"], standing, reports, any(each.why for each in rows))


def _rows(compiled: Compiled, typed: dict[str, str]) -> list[Row]:
    criteria = [each.holds for each in compiled.protocol.criteria]
    return rows_of(compiled, [*slots_under(compiled, criteria), *asked_for(compiled, typed)])


async def _page(
    request: Request, house: WebHouse, viewer: Viewer, typed: dict[str, str], *, tried: Tried | None = None, problem: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    trial = typed.get("trial", "")
    typed = {"id": f"s-{new_id()}", "zone": house.settings.default_site_zone, **typed}
    rows: list[Row] = []
    if trial and tried is None:
        compiled = _compiled(trial)
        tried = _try(compiled, viewer, Site(typed.get("site") or "S", typed["zone"]), typed)
    if tried is not None:
        rows = tried.rows
    sites = [
        each.site for each in viewer.signed.person.held if each.role == "coordinator" and each.site != "*"
    ]
    return page(
        request, "enrol.html", status=status,
        trials=sorted({each.name for each in protocols.ALL}), trial=trial, typed=typed, rows=rows, tried=tried, problem=problem,
        sites=sites, form_id=typed["id"], demo_only=bool(house.demo),
        away=not await house.is_server_there(),
    )  # fmt: skip
