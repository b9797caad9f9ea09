"""Recording one thing: a result, something done, an adverse event, or that a value cannot be had."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from client.stored import pinned_text
from pathway.engine.context import Compiled
from pathway.events import Report
from pathway.refusal import Refused
from pathway.site import Site
from people.errors import NotAllowed
from store.queries import Pathway
from web.access import Viewer
from web.forms import BadForm, HouseOf, Signed, SignedForm, text
from web.house import WebHouse
from web.patients import clock, found, hand_in, new_id
from web.render import page

router = APIRouter(prefix="/patients/{trial}/{subject}/record")

KINDS: Final = {
    "observation": "a result",
    "action": "something done",
    "adverse_event": "an adverse event",
    "not_obtainable": "that a value cannot be had",
}


@router.get("", include_in_schema=False)
async def form(request: Request, house: HouseOf, viewer: Signed, trial: str, subject: str) -> Response:
    """The form; what the address names is filled in."""
    row = await found(house, viewer, trial, subject, "record")
    return _page(request, house, row, dict(request.query_params))


@router.post("", include_in_schema=False)
async def enter(
    request: Request, house: HouseOf, viewer: Signed, form: SignedForm, trial: str, subject: str
) -> Response:
    """Record it. Where it is refused the form comes again with what was typed, and why."""
    row = await found(house, viewer, trial, subject, "record")
    typed = {key: value.strip() for key, value in form.items() if isinstance(value, str) and key != "csrf"}
    try:
        report = reported(await clock(house, row), row, viewer, typed)
        receipt = await hand_in(house, viewer, row, report)
    except (Refused, BadForm) as error:
        return _page(request, house, row, typed, problem=str(error), status=409)
    told = "recorded" if receipt.event_id == report.id and receipt.recorded else "accepted"
    if receipt.event_id != report.id:
        told = "known"
    return RedirectResponse(f"/patients/{row.trial}/{row.subject}?told={told}", 303)


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
    role = viewer.role_for("record", row.site, _roles(compiled, kind, name))
    if not role:
        raise NotAllowed("recording needs a coordinator, a clinician or the laboratory of this site")
    scope = tuple(sorted((k.removeprefix("scope."), v) for k, v in typed.items() if k.startswith("scope.") and v))
    details = tuple(sorted((k.removeprefix("with."), v) for k, v in typed.items() if k.startswith("with.") and v))
    value = typed.get("value") or None
    if kind == "adverse_event":
        details = tuple(sorted((*details, *_scale(compiled, name, typed.get("scale", "")))))
    return Report(
        typed.get("id") or new_id(), kind, now, role, name,  # type: ignore[arg-type]  # one of KINDS
        point=typed.get("point", ""), scope=scope, value=None if kind in ("action", "not_obtainable") else value,
        unit=typed.get("unit", "") if kind == "observation" else "",
        occurred=_moment(typed.get("at", ""), Site(row.site, row.zone)),
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


def _moment(typed: str, site: Site) -> datetime | None:
    """When it happened, as the form has it: a day, or a day and an hour, in site time. A day alone means 09:00."""
    if not typed:
        return None
    try:
        at = datetime.fromisoformat(typed if "T" in typed or " " in typed else f"{typed}T09:00")
    except ValueError:
        raise BadForm(f"{typed[:40]!r} is no day and no moment; accepted: 2025-03-07 or 2025-03-07 14:30, in site time") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=site.tz)


def _page(
    request: Request, house: WebHouse, row: Pathway, typed: dict[str, str], problem: str = "", status: int = 200
) -> Response:
    compiled, why = pinned_text(row)
    if compiled is None:
        return page(request, "told.html", status=503, title="Not available now", words=why)
    kind, name = typed.get("kind", "observation"), typed.get("name", "")
    return page(
        request, "record.html", status=status,
        row=row, kinds=KINDS, kind=kind, name=name, typed=typed, problem=problem, form_id=typed.get("id") or new_id(),
        **_choices(compiled, kind, name),
    )  # fmt: skip


def _choices(compiled: Compiled, kind: str, name: str) -> dict[str, Any]:
    """What may be chosen of a kind: names with their words; of one name its points, units, values, labels and details."""
    fact = compiled.facts.get(name) if kind in ("observation", "not_obtainable") else None
    action = compiled.actions.get(name) if kind == "action" else None
    event = compiled.adverse_events.get(name) if kind == "adverse_event" else None
    known: dict[str, Any] = {
        "action": compiled.actions, "adverse_event": compiled.adverse_events
    }.get(kind, compiled.facts)  # fmt: skip
    texts = {each.id: each.text for each in compiled.protocol.points}
    return {
        "names": [(each.id, each.text) for each in known.values()],
        "fact": fact,
        "action": action,
        "event": event,
        "points": [(p, texts.get(p, p)) for p in (fact.points if fact else ())],
    }
