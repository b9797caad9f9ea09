"""Recording one thing: a result, something done, an adverse event, or that a value cannot be had."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Response

from client.stored import pinned_text
from pathway.engine.context import Compiled
from pathway.events import Report
from pathway.language.hours import by_the_hour
from pathway.moments import day_alone
from pathway.refusal import Refused
from pathway.site import Site
from people.errors import NotAllowed
from store.queries import Pathway
from web.access import Viewer
from web.forms import BadForm, SignedForm
from web.moments import moment
from web.patients import clock, hand_in, new_id
from web.visit import Records, Visit

router = APIRouter(prefix="/patients/{trial}/{subject}/record")

KINDS: Final = {
    "observation": "a result",
    "action": "something done",
    "adverse_event": "an adverse event",
    "not_obtainable": "that a value cannot be had",
}


@router.get("")
async def form(visit: Records) -> Response:
    """The form; what the address names is filled in."""
    return await _page(visit, dict(visit.request.query_params))


@router.post("")
async def enter(visit: Records, form: SignedForm) -> Response:
    """Record it. Where it is refused the form comes again with what was typed, and why."""
    typed = {key: value.strip() for key, value in form.items() if isinstance(value, str) and key != "csrf"}
    try:
        report = reported(await clock(visit.house, visit.row), visit.row, visit.viewer, typed)
        receipt = await hand_in(visit.house, visit.viewer, visit.row, report)
    except (Refused, BadForm) as error:
        return await _page(visit, typed, problem=str(error), status=409)
    return visit.told(receipt, report)


def reported(now: datetime, row: Pathway, viewer: Viewer, typed: dict[str, str]) -> Report:
    """The report that a form makes. Raises `BadForm`, `NotAllowed`."""
    kind, name = typed.get("kind", ""), typed.get("name", "")
    if kind not in KINDS:
        raise BadForm(f"say what is recorded: {', '.join(KINDS.values())}")
    if not name:
        raise BadForm("say which one it is")
    compiled, why = pinned_text(row)
    if compiled is None:
        raise BadForm(why)
    at = typed.get("at", "")
    if kind == "action" and day_alone(at) and name in by_the_hour(compiled.protocol):
        raise BadForm(f"{name} counts by the hour: say at which hour of the day, as in {at} 14:30")
    role = viewer.role_for("record", row.site, _roles(compiled, kind, name))
    if not role:
        raise NotAllowed("recording needs a coordinator, a clinician or the laboratory of this site")
    scope = tuple(
        sorted((k.removeprefix("scope."), v) for k, v in typed.items() if k.startswith("scope.") and v)
    )
    details = tuple(
        sorted((k.removeprefix("with."), v) for k, v in typed.items() if k.startswith("with.") and v)
    )
    value = typed.get("value") or None
    if kind == "adverse_event":
        details = tuple(sorted((*details, *_scale(compiled, name, typed.get("scale", "")))))
    return Report(
        typed.get("id") or new_id(), kind, now, role, name,  # type: ignore[arg-type]  # one of KINDS
        point=typed.get("point", ""), scope=scope, value=None if kind in ("action", "not_obtainable") else value,
        unit=typed.get("unit", "") if kind == "observation" else "",
        occurred=moment(at, Site(row.site, row.zone), now),
        details=details, target=typed.get("of", ""), reason=typed.get("reason", ""),
    )  # fmt: skip


def _roles(compiled: Compiled, kind: str, name: str) -> list[str]:
    if kind in ("observation", "not_obtainable"):
        fact = compiled.facts.get(name)
        return [fact.supplier] if fact is not None else []
    if kind == "action":
        action = compiled.actions.get(name)
        return [action.role] if action is not None else []
    return ["clinician"]


def _scale(compiled: Compiled, name: str, said: str) -> list[tuple[str, str]]:
    known = compiled.adverse_events.get(name)
    only = known.scales[0] if known is not None and len(known.scales) == 1 else ""
    return [("scale", said or only)] if said or only else []


async def _page(visit: Visit, typed: dict[str, str], problem: str = "", status: int = 200) -> Response:
    compiled, why = pinned_text(visit.row)
    if compiled is None:
        raise BadForm(why)
    kind, name = typed.get("kind", "observation"), typed.get("name", "")
    return visit.page(
        "record.html",
        status=status,
        row=visit.row,
        kinds=KINDS,
        kind=kind,
        name=name,
        typed=typed,
        problem=problem,
        form_id=typed.get("id") or new_id(),
        away=not await visit.house.is_server_there(),
        **_choices(compiled, kind, name),
    )


def _choices(compiled: Compiled, kind: str, name: str) -> dict[str, Any]:
    """What may be chosen of a kind: names with their words; of one name its points, units, values, labels and details."""
    fact = compiled.facts.get(name) if kind in ("observation", "not_obtainable") else None
    action = compiled.actions.get(name) if kind == "action" else None
    event = compiled.adverse_events.get(name) if kind == "adverse_event" else None
    known: Mapping[str, Any] = compiled.facts
    if kind == "action":
        known = compiled.actions
    elif kind == "adverse_event":
        known = compiled.adverse_events
    texts = {each.id: each.text for each in compiled.protocol.points}
    return {
        "names": [(each.id, each.text) for each in known.values()],
        "fact": fact,
        "action": action,
        "event": event,
        "points": [(p, texts.get(p, p)) for p in (fact.points if fact else ())],
    }
