"""A patient's page, and the pages on which a question is answered, a notice taken note of, an entry put right."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from contracts.messages import Receipt
from pathway.events import Report
from pathway.patient.needed import needed_now, waiting
from pathway.refusal import Refused
from people.errors import NotAllowed
from store import queries
from store.queries import Pathway
from web.access import Viewer
from web.drawing.track import drawn
from web.forms import HouseOf, NotHere, Signed, SignedForm, text
from web.house import WebHouse
from web.patients import Seen, clock, found, hand_in, new_id, see, sign_for, why
from web.render import page
from web.words import link_of, question_of

router = APIRouter(prefix="/patients/{trial}/{subject}")


@router.get("", include_in_schema=False)
async def patient(request: Request, house: HouseOf, viewer: Signed, trial: str, subject: str, told: str = "") -> Response:
    """What is needed now and how it is settled, what is asked, the timeline, what comes, what was entered."""
    row = await found(house, viewer, trial, subject, "patient")
    seen = await see(house, viewer, row)
    if seen.patient is None:
        return await _only_stored(request, house, seen)
    pressing = needed_now(seen.patient)
    now, later = waiting(seen.patient, pressing)
    plan = seen.patient.plan
    return page(
        request, "patient.html",
        seen=seen, patient=seen.patient, plan=plan, pressing=pressing, waits=now, later=later, link=link_of, told=told,
        question=lambda id_: question_of(row.protocol, id_), drawing=drawn(seen.patient, seen.events),
        may=lambda what: viewer.may(what, row.site), events=seen.events[::-1],
    )  # fmt: skip


@router.get("/decisions/{key}", include_in_schema=False)
async def decision(request: Request, house: HouseOf, viewer: Signed, trial: str, subject: str, key: str) -> Response:
    """A decision with its reasons, and the form that answers it."""
    row = await found(house, viewer, trial, subject, "patient")
    return await _decision(request, house, viewer, row, key, {})


@router.post("/decisions/{key}", include_in_schema=False)
async def decide(
    request: Request, house: HouseOf, viewer: Signed, form: SignedForm, trial: str, subject: str, key: str
) -> Response:
    """Take what is proposed or something else, signed with the password and bound to what the page showed."""
    row = await found(house, viewer, trial, subject, "answer")
    report = Report(
        text(form, "id") or new_id(),
        "decision",
        await clock(house, row),
        text(form, "role"),
        key,
        value=text(form, "option"),
        expected=text(form, "seen"),
        override=text(form, "option") not in text(form, "offered").split("|"),
        reason=text(form, "reason"),
    )
    return await _answer(request, house, viewer, row, report, form, lambda typed: _decision(request, house, viewer, row, key, typed))


@router.get("/criteria/{name}", include_in_schema=False)
async def criterion(request: Request, house: HouseOf, viewer: Signed, trial: str, subject: str, name: str) -> Response:
    """A criterion that a clinician judges."""
    row = await found(house, viewer, trial, subject, "patient")
    return await _criterion(request, house, viewer, row, name, {})


@router.post("/criteria/{name}", include_in_schema=False)
async def judge(
    request: Request, house: HouseOf, viewer: Signed, form: SignedForm, trial: str, subject: str, name: str
) -> Response:
    """Judge it, signed with the password and bound to the values that the page showed."""
    row = await found(house, viewer, trial, subject, "answer")
    report = Report(
        text(form, "id") or new_id(), "judgement", await clock(house, row), "clinician", name,
        value=text(form, "option"), expected=text(form, "seen"), reason=text(form, "reason"),
    )  # fmt: skip
    return await _answer(request, house, viewer, row, report, form, lambda typed: _criterion(request, house, viewer, row, name, typed))


@router.get("/notices/{key}", include_in_schema=False)
async def notice(request: Request, house: HouseOf, viewer: Signed, trial: str, subject: str, key: str) -> Response:
    """A deviation or alert, why it was raised, and the form that takes note of it."""
    row = await found(house, viewer, trial, subject, "patient")
    return await _notice(request, house, viewer, row, key, {})


@router.post("/notices/{key}", include_in_schema=False)
async def acknowledge(
    request: Request, house: HouseOf, viewer: Signed, form: SignedForm, trial: str, subject: str, key: str
) -> Response:
    """Take note of it, which stops its reminders."""
    row = await found(house, viewer, trial, subject, "acknowledge")
    role = viewer.role_for("acknowledge", row.site, [text(form, "role")])
    report = Report(
        text(form, "id") or new_id(), "acknowledgement", await clock(house, row), role, key, reason=text(form, "reason")
    )  # fmt: skip
    return await _hand_in(request, house, viewer, row, report, form, lambda typed: _notice(request, house, viewer, row, key, typed))


@router.get("/events/{id}", include_in_schema=False)
async def entry(
    request: Request, house: HouseOf, viewer: Signed, trial: str, subject: str, id: str, act: str = "correct"
) -> Response:
    """An entry with all that is known of it, and the forms that put it right."""
    row = await found(house, viewer, trial, subject, "patient")
    return await _entry(request, house, viewer, row, id, {"act": act})


@router.post("/events/{id}", include_in_schema=False)
async def put_right(
    request: Request, house: HouseOf, viewer: Signed, form: SignedForm, trial: str, subject: str, id: str
) -> Response:
    """Correct an entry, or say that it does not count. What was entered stays on record."""
    row = await found(house, viewer, trial, subject, "correct")
    role = viewer.role_for("correct", row.site, [text(form, "role")])
    at = await clock(house, row)
    event = text(form, "id") or new_id()
    if text(form, "act") == "void":
        report = Report(event, "void", at, role, target=id, reason=text(form, "reason"))
    else:
        report = Report(
            event, "correction", at, role, target=id, value=text(form, "value") or None, unit=text(form, "unit"),
            reason=text(form, "reason"),
        )  # fmt: skip
    return await _hand_in(request, house, viewer, row, report, form, lambda typed: _entry(request, house, viewer, row, id, typed))


# --- what the pages show --------------------------------------------------------------------------


async def _only_stored(request: Request, house: WebHouse, seen: Seen) -> Response:
    async with house.store.reading() as session:
        id_ = seen.row.pathway_id
        return page(
            request, "stored.html", status=503, seen=seen,
            items=await queries.items(session, id_), notices=await queries.obligations(session, id_),
            decisions=await queries.decisions(session, id_),
        )  # fmt: skip


async def _decision(
    request: Request, house: WebHouse, viewer: Viewer, row: Pathway, key: str, typed: dict[str, str], words: str = "", status: int = 200
) -> Response:
    seen = await see(house, viewer, row, note="read a decision")
    states = seen.patient.plan["decisions"] if seen.patient else []
    state = next((each for each in states if each["key"] == key), None) or next(
        (each for each in states if each["id"] == key), None
    )
    if state is None or seen.patient is None:
        raise NotHere
    role = state["role"] or "clinician"
    return page(
        request, "decision.html", status=status,
        seen=seen, patient=seen.patient, state=state, role=role, told=await why(house, seen, state["key"]),
        question=question_of(row.protocol, state["id"]), form_id=new_id(), typed=typed, words=words,
        may_answer=viewer.may("answer", row.site) and role in viewer.roles(row.site) and not seen.why, link=link_of,
    )  # fmt: skip


async def _criterion(
    request: Request, house: WebHouse, viewer: Viewer, row: Pathway, name: str, typed: dict[str, str], words: str = "", status: int = 200
) -> Response:
    seen = await see(house, viewer, row, note="read a criterion")
    states = seen.patient.plan["criteria"] if seen.patient else []
    state = next((each for each in states if each["id"] == name), None)
    if state is None or seen.patient is None:
        raise NotHere
    return page(
        request, "criterion.html", status=status,
        seen=seen, patient=seen.patient, state=state, told=await why(house, seen, name), form_id=new_id(), typed=typed, words=words,
        may_answer=(state["judged"] or state["verdict"] == "REVIEW") and "clinician" in viewer.roles(row.site) and not seen.why,
        link=link_of,
    )  # fmt: skip


async def _notice(
    request: Request, house: WebHouse, viewer: Viewer, row: Pathway, key: str, typed: dict[str, str], words: str = "", status: int = 200
) -> Response:
    seen = await see(house, viewer, row, note="read a notice")
    plan = seen.patient.plan if seen.patient else {"deviations": [], "alerts": []}
    state = next((each for each in (*plan["deviations"], *plan["alerts"]) if key in (each["key"], each["id"])), None)
    if state is None or seen.patient is None:
        raise NotHere
    return page(
        request, "notice.html", status=status,
        seen=seen, patient=seen.patient, state=state, told=await why(house, seen, state["key"]), form_id=new_id(), typed=typed,
        words=words, link=link_of,
        may_answer=state["state"] == "raised" and viewer.may("acknowledge", row.site) and not seen.why,
    )  # fmt: skip


async def _entry(
    request: Request, house: WebHouse, viewer: Viewer, row: Pathway, id: str, typed: dict[str, str], words: str = "", status: int = 200
) -> Response:
    seen = await see(house, viewer, row, note="read an entry")
    event = next((each for each in seen.events if each.id == id), None)
    if event is None:
        raise NotHere
    return page(
        request, "entry.html", status=status,
        seen=seen, event=asdict(event), later=[each for each in seen.events if each.target == id], form_id=new_id(), typed=typed,
        words=words, may_correct=viewer.may("correct", row.site) and not seen.why,
    )  # fmt: skip


# --- what the forms do ----------------------------------------------------------------------------


async def _answer(
    request: Request, house: WebHouse, viewer: Viewer, row: Pathway, report: Report, form: Any, again: Any
) -> Response:
    """Hand in an answer that is signed with the password."""
    password = form.get("password", "")
    try:
        await sign_for(house, viewer, password if isinstance(password, str) else "")
    except NotAllowed as error:
        response: Response = await again(_typed(form) | {"problem": str(error)})
        response.status_code = 403
        return response
    return await _hand_in(request, house, viewer, row, report, form, again)


async def _hand_in(
    request: Request, house: WebHouse, viewer: Viewer, row: Pathway, report: Report, form: Any, again: Any
) -> Response:
    """Hand in a report; where it is refused the page comes again, as it is now, with what was typed and why it was not taken."""
    if report.role not in viewer.roles(row.site):
        raise NotAllowed(f"{viewer.code} holds {', '.join(viewer.roles(row.site))} here; this needs {report.role or 'a role'}")
    try:
        receipt: Receipt = await hand_in(house, viewer, row, report)
    except Refused as error:
        response: Response = await again(_typed(form) | {"problem": f"{error}"})
        response.status_code = 409
        return response
    told = "recorded" if receipt.recorded else "accepted"
    return RedirectResponse(f"/patients/{row.trial}/{row.subject}?told={told}", 303)


def _typed(form: Any) -> dict[str, str]:
    """What was typed, without the password."""
    return {key: value for key, value in form.items() if isinstance(value, str) and key not in ("password", "csrf", "id")}
