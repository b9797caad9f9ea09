"""The coordinating meetings: the agenda of a week, decided in it, what became of it, its minutes.

Everything is of all sites. A patient whom the viewer may not see is there without a name, and without anything of theirs.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from client.minutes import stored_meetings
from contracts.messages import Receipt
from pathway.events import Report
from pathway.language import ROLES
from pathway.meeting.admission import RECORDERS
from pathway.refusal import Refused
from pathway.site import Site
from people.errors import NotAllowed
from store import queries
from web.answering import InMeeting, decision_page, decision_report, notice_page, notice_report
from web.forms import BadForm, HouseOf, Signed, SignedForm, text
from web.governors import check_may_look, found_governor
from web.house import WebHouse
from web.meetings import TAKES_DECISIONS, checked_week, convened, stored_one
from web.moments import moment
from web.patients import clock, found, hand_in, new_id
from web.render import page
from web.visit import LooksAtMeeting, NotesMeeting, Typed, Visit, come_again, told_word

router = APIRouter(prefix="/meeting")

ACTS: Final = {
    "held": "it was held",
    "postponed": "it is postponed",
    "cancelled": "it is cancelled",
    "noted": "a note",
}
"""What is recorded of a meeting."""


@router.get("")
async def meetings(request: Request, house: HouseOf, viewer: Signed) -> Response:
    """The meetings of every trial."""
    check_may_look(viewer)
    async with house.store.reading() as session:
        every = await stored_meetings(session, house.demo or None, None)
    return page(request, "meetings.html", meetings=every, away=not await house.is_server_there())


@router.get("/{trial}")
async def agenda(visit: LooksAtMeeting, week: str = "", live: bool = False, told: str = "") -> Response:
    """The agenda of a week as it was frozen, before that as things stand, and what became of the meeting."""
    return await _agenda(visit, week, {}, live=live, told=told)


@router.post("/{trial}")
async def record(visit: LooksAtMeeting, form: SignedForm) -> Response:
    """Record what became of the meeting of a week: held, postponed, cancelled; or minute a note."""
    week = checked_week(text(form, "week")) or (await stored_one(visit)).whole.focus.week
    again = partial(_agenda, visit, week)
    try:
        report = await _report(visit, form, week)
    except BadForm as error:
        return await come_again(again, form, str(error), 422)

    async def then(receipt: Receipt) -> Response:
        return RedirectResponse(f"{visit.address}?week={week}&told={told_word(receipt, report)}", 303)

    return await visit.hand_in(report, form, again, then)


@router.get("/{trial}/minutes")
async def minutes(visit: LooksAtMeeting, week: str = "") -> Response:
    """What was decided in the meeting of a week, by whom and when; to be printed."""
    seen = await convened(visit, week, "read minutes")
    away = not await visit.house.is_server_there()
    return visit.page(
        "minutes.html", status=503 if away else 200, row=visit.row, at=visit.address, seen=seen, away=away
    )


@router.get("/{trial}/decisions/{who}/{key}")
async def decision(visit: LooksAtMeeting, who: str, key: str, week: str = "") -> Response:
    """What the meeting is asked of a patient or subtrial, with its reasons, and the form that answers it in the meeting."""
    target = await _target(visit, who)
    return await decision_page(target, key, {}, await _in_meeting(visit, week))


@router.post("/{trial}/decisions/{who}/{key}")
async def decide(visit: LooksAtMeeting, form: SignedForm, who: str, key: str, week: str = "") -> Response:
    """Decide it in the meeting: signed with the password, bound to what the page showed, and noted in the minutes."""
    target, meeting = await _target(visit, who), await _in_meeting(visit, week)
    for each in (target, visit):
        if "meeting" not in each.roles:
            held = ", ".join(each.roles) or "no role"
            raise NotAllowed(f"{visit.viewer.code} holds {held} at {each.row.site}; this needs meeting there")
    again = partial(decision_page, target, key, meeting=meeting)
    if not meeting.is_on:
        return await come_again(again, form, f"the meeting of {meeting.week} takes no decisions", 409)
    report = await decision_report(target, key, form, meeting)

    async def then(receipt: Receipt) -> Response:
        return await _minuted(target, meeting, report, receipt)

    return await target.hand_in_signed(report, form, again, then)


@router.get("/{trial}/notices/{key}")
async def notice(visit: LooksAtMeeting, key: str) -> Response:
    """A notice of the meeting, and the form that takes note of it."""
    return await notice_page(visit, key, {})


@router.post("/{trial}/notices/{key}")
async def acknowledge(visit: NotesMeeting, form: SignedForm, key: str) -> Response:
    """Take note of it, which stops its reminders."""
    report = await notice_report(visit, key, form)
    return await visit.hand_in(report, form, partial(notice_page, visit, key))


# --- inside ---------------------------------------------------------------------------------------


async def _agenda(visit: Visit, week: str, typed: Typed, *, live: bool = False, told: str = "") -> Response:
    seen = await convened(visit, week, "read an agenda", live=live)
    away = not await visit.house.is_server_there()
    open_ = not away and not visit.row.archived
    if "problem" in typed:
        typed = {**typed, "problem": seen.mask.of(typed["problem"])}
    return visit.page(
        "meeting.html",
        status=503 if away else 200,
        row=visit.row,
        at=visit.address,
        seen=seen,
        live=live,
        told=told,
        typed=typed,
        form_id=new_id(),
        away=away,
        acts={act: words for act, words in ACTS.items() if open_ and _role(visit, act)},
        roles=ROLES,
        may_decide=open_ and seen.is_on and "meeting" in visit.roles,
    )


def _role(visit: Visit, act: str) -> str:
    """In which role the viewer records it; empty if in none."""
    return next(
        (each for each in (RECORDERS if act != "noted" else (*RECORDERS, *ROLES)) if each in visit.roles), ""
    )


async def _report(visit: Visit, form: SignedForm, week: str) -> Report:
    """What the form says became of the meeting. Raises `BadForm`, `NotAllowed`."""
    act = text(form, "act")
    if act not in ACTS:
        raise BadForm(f"say what is recorded: {', '.join(ACTS.values())}")
    role = _role(visit, act)
    if not role:
        raise NotAllowed(
            f"{visit.viewer.code} holds {', '.join(visit.roles) or 'no role'} at {visit.row.site}; what becomes of a meeting is "
            f"recorded by {', '.join(RECORDERS)} there"
        )
    given = {
        "held": {"attended": ",".join(each for each in ROLES if text(form, f"attended.{each}"))},
        "postponed": {"to": text(form, "to").replace("T", " ")},
        "noted": {"text": text(form, "note"), "subject": text(form, "subject").upper()},
    }.get(act, {})
    site = Site(visit.row.site, visit.row.zone)
    now = await clock(visit.house, visit.row)
    return Report(
        text(form, "id") or new_id(),
        "action",
        now,
        role,
        act,
        scope=(("week", week),),
        occurred=moment(text(form, "at"), site, now) if act == "held" else None,
        details=tuple(sorted((name, said) for name, said in given.items() if said)),
        reason=text(form, "reason"),
    )


async def _in_meeting(visit: Visit, week: str) -> InMeeting:
    found_ = (await stored_one(visit)).week(checked_week(week))
    return InMeeting(visit, found_.week, found_.state in TAKES_DECISIONS)


async def _target(visit: Visit, who: str) -> Visit:
    """The subtrial or patient of whom something is asked. Raises `NotHere`."""
    house, viewer, trial = visit.house, visit.viewer, visit.row.trial
    if await _is_subtrial(house, trial, who):
        row = await found_governor(house, viewer, "subtrial", trial, who)
    else:
        row = await found(house, viewer, trial, who, "patient")
    return Visit(visit.request, house, viewer, row)


async def _is_subtrial(house: WebHouse, trial: str, who: str) -> bool:
    async with house.store.reading() as session:
        rows = await queries.pathways(
            session, trial=trial, subject=who, kind="subtrial", rehearsals=bool(house.demo), archived=True
        )
    return bool(rows)


async def _minuted(target: Visit, meeting: InMeeting, report: Report, receipt: Receipt) -> Response:
    """The decision noted in the minutes, and back to the agenda. Sent again, both are on record once."""
    who = target.row.subject
    said = {"decision": report.name, "event": receipt.event_id, "option": str(report.value), "subject": who}
    noted = Report(
        f"decided:{who}:{receipt.event_id}"[:128],
        "action",
        await clock(meeting.visit.house, meeting.visit.row),
        "meeting",
        "decided",
        scope=(("week", meeting.week),),
        details=tuple(sorted(said.items())),
        reason=report.reason,
    )
    try:
        await hand_in(meeting.visit.house, meeting.visit.viewer, meeting.visit.row, noted)
    except Refused as error:
        words = f"It is decided and recorded ({receipt.event_id}), and is not in the minutes of {meeting.week}: {error}."
        return page(target.request, "told.html", status=409, title="Recorded, not minuted", words=words)
    return RedirectResponse(f"{meeting.address}&told={told_word(receipt, report)}", 303)
