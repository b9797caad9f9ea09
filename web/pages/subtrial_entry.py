"""An entry of a subtrial, and the forms that put it right. What was entered stays on record."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

from fastapi import APIRouter, Response

from pathway.events import Event, Report
from pathway.subtrial.action_rules import ACTION_ROLES, CARE
from pathway.subtrial.messages import STANDING, SUBJECT
from pathway.subtrial.slots import VERDICTS
from store import queries
from web.forms import NotHere, SignedForm, text
from web.patients import clock, new_id
from web.visit import LooksAtSubtrial, Typed, Visit

router = APIRouter(prefix="/subtrials/{trial}/{subtrial}")


@router.get("/events/{id}")
async def entry(visit: LooksAtSubtrial, id: str) -> Response:
    """An entry with all that is known of it, for who may see its patient."""
    return await _page(visit, id, {})


@router.post("/events/{id}")
async def put_right(visit: LooksAtSubtrial, form: SignedForm, id: str) -> Response:
    """Correct a verdict, or say that an entry does not count, as `allpath subtrial correct` and `void` do."""
    event = await _found(visit, id)
    is_void = text(form, "act") == "void"
    report = Report(
        text(form, "id") or new_id(),
        "void" if is_void else "correction",
        await clock(visit.house, visit.row),
        _role(visit, event),
        target=id,
        details=() if is_void else (("value", text(form, "value")),),
        reason=text(form, "reason"),
    )
    return await visit.hand_in(report, form, partial(_page, visit, id))


async def _found(visit: Visit, id: str) -> Event:
    """The entry. Raises `NotHere`, also for one of a patient whom the viewer may not see."""
    seen = await visit.see_governor("read an entry")
    async with visit.house.store.reading() as session:
        events = await queries.events(session, visit.row.pathway_id)
    event = next((each for each in events if each.id == id), None)
    if event is None or seen.mask.of([event.name, event.scope, event.id]) != [
        event.name,
        _lists(event),
        event.id,
    ]:
        raise NotHere
    return event


def _lists(event: Event) -> list[list[str]]:
    return [list(pair) for pair in event.scope]


def _role(visit: Visit, event: Event) -> str:
    """In which role the viewer puts it right; empty if in none, which the subtrial's door decides for good."""
    may = ACTION_ROLES.get(event.name, CARE)
    if event.kind == "decision" or event.name in ("suspended", "halted_safety"):
        may = ("meeting", "sponsor")
    return next((each for each in may if each in visit.roles), "")


async def _page(visit: Visit, id: str, typed: Typed) -> Response:
    event = await _found(visit, id)
    seen = await visit.see_governor("read an entry")
    async with visit.house.store.reading() as session:
        events = await queries.events(session, visit.row.pathway_id)
    later = [each for each in events if each.target == id]
    # What a pathway here says of its patient is put right there.
    is_own = event.name != STANDING and event.kind in ("action", "correction", "decision") and not later
    may = is_own and bool(_role(visit, event)) and not seen.why and not visit.row.archived
    if "problem" in typed:
        typed = {**typed, "problem": seen.mask.of(typed["problem"])}
    shown = seen.mask.of(asdict(event))
    return visit.page(
        "subtrial_entry.html",
        seen=seen,
        event=shown,
        later=[seen.mask.of(asdict(each)) for each in later],
        verdicts=VERDICTS,
        typed=typed,
        form_id=new_id(),
        may_correct=may and event.name in ("dlt", "response") and bool(dict(event.scope).get(SUBJECT)),
        may_void=may,
    )
