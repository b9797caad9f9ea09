"""A patient's page, and those on which a question is answered, a notice is taken note of, an entry is put right."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from starlette.datastructures import FormData

from client.stored import pinned_text
from pathway.events import Report
from pathway.language.hours import by_the_hour
from pathway.moments import day_alone
from pathway.patient.needed import needed_now, waiting
from pathway.site import Site
from store import queries
from web.answering import decision_page, decision_report
from web.drawing.track import drawn
from web.forms import BadForm, NotHere, SignedForm, text
from web.moments import moment
from web.patients import Seen, clock, new_id, why
from web.visit import Answers, Corrects, Looks, TakesNote, Typed, Visit, come_again
from web.words import link_of, question_of

router = APIRouter(prefix="/patients/{trial}/{subject}")


@router.get("")
async def patient(visit: Looks, told: str = "", phase: str = "") -> Response:
    """What is needed now and how it is settled, the timeline, what is decided, what was entered."""
    seen = await visit.see()
    if seen.patient is None:
        return await _only_stored(visit, seen)
    pressing = needed_now(seen.patient)
    now, later = waiting(seen.patient, pressing)
    return visit.page(
        "patient.html",
        seen=seen,
        patient=seen.patient,
        plan=seen.patient.plan,
        pressing=pressing,
        waits=now,
        later=later,
        link=link_of,
        told=told,
        question=partial(question_of, visit.row.protocol),
        drawing=drawn(seen.patient, seen.events, phase=phase),
        may=visit.may,
        events=seen.events[::-1],
    )


@router.get("/decisions/{key}")
async def decision(visit: Looks, key: str) -> Response:
    """A decision with its reasons, and the form that answers it."""
    return await decision_page(visit, key, {})


@router.post("/decisions/{key}")
async def decide(visit: Answers, form: SignedForm, key: str) -> Response:
    """Take what is proposed or something else, signed with the password and bound to what the page showed."""
    report = await decision_report(visit, key, form)
    return await visit.hand_in_signed(report, form, partial(decision_page, visit, key))


@router.get("/criteria/{name}")
async def criterion(visit: Looks, name: str) -> Response:
    """A criterion with its reasons, and the form by which a clinician judges it."""
    return await _criterion(visit, name, {})


@router.post("/criteria/{name}")
async def judge(visit: Answers, form: SignedForm, name: str) -> Response:
    """Judge it, signed with the password and bound to the values that the page showed."""
    report = Report(
        text(form, "id") or new_id(),
        "judgement",
        await clock(visit.house, visit.row),
        "clinician",
        name,
        value=text(form, "option"),
        expected=text(form, "seen"),
        reason=text(form, "reason"),
    )
    return await visit.hand_in_signed(report, form, partial(_criterion, visit, name))


@router.get("/notices/{key}")
async def notice(visit: Looks, key: str) -> Response:
    """A deviation or alert, why it was raised, and the form that takes note of it."""
    return await _notice(visit, key, {})


@router.post("/notices/{key}")
async def acknowledge(visit: TakesNote, form: SignedForm, key: str) -> Response:
    """Take note of it, which stops its reminders."""
    role = visit.viewer.role_for("acknowledge", visit.row.site, text(form, "told").split("|"))
    report = Report(
        text(form, "id") or new_id(),
        "acknowledgement",
        await clock(visit.house, visit.row),
        role,
        key,
        reason=text(form, "reason"),
    )
    return await visit.hand_in(report, form, partial(_notice, visit, key))


@router.get("/events/{id}")
async def entry(visit: Looks, id: str) -> Response:
    """An entry with all that is known of it, and the forms that put it right."""
    return await _entry(visit, id, {})


@router.post("/events/{id}")
async def put_right(visit: Corrects, form: SignedForm, id: str) -> Response:
    """Correct an entry, or say that it does not count. What was entered stays on record."""
    is_void, again = text(form, "act") == "void", partial(_entry, visit, id)
    now = await clock(visit.house, visit.row)
    try:
        occurred = None if is_void else _when(visit, form, now)
    except BadForm as error:
        return await come_again(again, form, str(error), 409)
    report = Report(
        text(form, "id") or new_id(),
        "void" if is_void else "correction",
        now,
        visit.viewer.role_for("correct", visit.row.site, [text(form, "role")]),
        target=id,
        value=None if is_void else text(form, "value") or None,
        unit="" if is_void else text(form, "unit"),
        point="" if is_void else text(form, "point"),
        occurred=occurred,
        reason=text(form, "reason"),
    )
    return await visit.hand_in(report, form, again)


def _when(visit: Visit, form: FormData, now: datetime) -> datetime | None:
    """The right moment (UTC) of an entry; None where it stays as it was. Raises `BadForm`."""
    at = text(form, "at")
    if not any(text(form, each) for each in ("value", "point", "at")):
        raise BadForm("the correction changes nothing; say the right value, time point, day or hour")
    compiled, _ = pinned_text(visit.row)
    if day_alone(at) and compiled is not None and text(form, "name") in by_the_hour(compiled.protocol):
        raise BadForm(
            f"{text(form, 'name')} counts by the hour: say at which hour of the day, as in {at} 14:30"
        )
    return moment(at, Site(visit.row.site, visit.row.zone), now)


# --- what the pages show --------------------------------------------------------------------------


async def _only_stored(visit: Visit, seen: Seen) -> Response:
    id_ = seen.row.pathway_id
    async with visit.house.store.reading() as session:
        return visit.page(
            "stored.html",
            status=503,
            seen=seen,
            items=await queries.items(session, id_),
            notices=await queries.obligations(session, id_),
            decisions=await queries.decisions(session, id_),
        )


async def _criterion(visit: Visit, name: str, typed: Typed) -> Response:
    seen = await visit.see("read a criterion")
    state = _named(_plan(seen)["criteria"], name)
    asked = state["judged"] or state["verdict"] == "REVIEW"
    return visit.page(
        "criterion.html",
        seen=seen,
        state=state,
        told=await why(visit.house, seen, name),
        form_id=new_id(),
        typed=typed,
        may_answer=asked and "clinician" in visit.roles and not seen.why,
        link=link_of,
    )


async def _notice(visit: Visit, key: str, typed: Typed) -> Response:
    seen = await visit.see("read a notice")
    plan = _plan(seen)
    state = _named([*plan["deviations"], *plan["alerts"]], key)
    return visit.page(
        "notice.html",
        seen=seen,
        state=state,
        told=await why(visit.house, seen, state["key"]),
        form_id=new_id(),
        typed=typed,
        may_answer=state["state"] == "raised" and visit.may("acknowledge") and not seen.why,
        link=link_of,
    )


async def _entry(visit: Visit, id: str, typed: Typed) -> Response:
    seen = await visit.see("read an entry")
    event = next((each for each in seen.events if each.id == id), None)
    if event is None:
        raise NotHere
    return visit.page(
        "entry.html",
        seen=seen,
        event=asdict(event),
        later=[each for each in seen.events if each.target == id],
        form_id=new_id(),
        typed=typed,
        may_correct=visit.may("correct") and not seen.why,
    )


def _plan(seen: Seen) -> dict[str, Any]:
    if seen.patient is None:
        raise NotHere
    return seen.patient.plan


def _named(states: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The state of that key, or of that id if no key is so called. Raises `NotHere`."""
    found = [s for s in states if s.get("key") == name] or [s for s in states if s["id"] == name]
    if not found:
        raise NotHere
    return found[0]
