"""What a subtrial asks and tells, item by item, and what is reported to it: verdicts, slots, levels, holds, activation."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from fastapi import APIRouter, Response

from client.elsewhere import check_elsewhere
from client.stored import pinned_text
from pathway.events import Report
from pathway.refusal import Refused
from pathway.site import Site
from pathway.subtrial.action_rules import ACTION_DETAILS, ACTION_ROLES, NEED_A_REASON
from pathway.subtrial.messages import SUBJECT
from pathway.subtrial.slots import PATIENT_ACTIONS, VERDICTS
from pathway.subtrial.status import TRIAL_ACTIONS
from people.errors import NotAllowed
from web.answering import decision_page, decision_report, notice_page, notice_report
from web.forms import BadForm, SignedForm, text
from web.governors import mask_of
from web.moments import moment
from web.patients import clock, new_id
from web.visit import AnswersSubtrial, LooksAtSubtrial, NotesSubtrial, Typed, Visit, come_again

router = APIRouter(prefix="/subtrials/{trial}/{subtrial}")

PSEUDONYM: Final = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,31}")
ACTS: Final = {
    "dlt": "DLT verdict",
    "response": "response verdict",
    "slot_asked": "asks for a slot",
    "slot_taken_up": "first dose given: slot taken up",
    "slot_released": "slot given back",
    "suspended": "entry suspended",
    "halted_safety": "halted for safety",
    "resumed": "entry resumed",
    "activated": "activated in a country or at a site",
    "deactivated": "deactivated in a country or at a site",
    "submitted": "submitted",
    "approved": "approved",
    "withdrawn": "withdrawn",
    "closed": "closed",
}
"""What is reported to a subtrial, in words: of a patient whose pathway is elsewhere, and of itself."""


@router.get("/decisions/{key}")
async def decision(visit: LooksAtSubtrial, key: str) -> Response:
    """A question of the subtrial with its reasons, and the form that answers it."""
    return await decision_page(visit, key, {})


@router.post("/decisions/{key}")
async def decide(visit: AnswersSubtrial, form: SignedForm, key: str) -> Response:
    """Take what is proposed or something else, signed with the password and bound to what the page showed."""
    report = await decision_report(visit, key, form)
    return await visit.hand_in_signed(report, form, partial(decision_page, visit, key))


@router.get("/notices/{key}")
async def notice(visit: LooksAtSubtrial, key: str) -> Response:
    """A deviation or alert, and the form that takes note of it."""
    return await notice_page(visit, key, {})


@router.post("/notices/{key}")
async def acknowledge(visit: NotesSubtrial, form: SignedForm, key: str) -> Response:
    """Take note of it, which stops its reminders."""
    report = await notice_report(visit, key, form)
    return await visit.hand_in(report, form, partial(notice_page, visit, key))


@router.get("/record")
async def form(visit: LooksAtSubtrial, name: str = "", subject: str = "") -> Response:
    """The form: first what it is, then its details."""
    _check(visit)
    return await _page(visit, {"name": name, "subject": subject})


@router.post("/record")
async def record(visit: LooksAtSubtrial, form: SignedForm) -> Response:
    """Report it, with the bounds of `allpath subtrial record`, `status` and `activate`."""
    _check(visit)
    again = partial(_page, visit)
    try:
        report = await _report(visit, form)
    except (Refused, BadForm) as error:
        return await come_again(again, form, str(error), 409)
    return await visit.hand_in(report, form, again)


async def _report(visit: Visit, form: SignedForm) -> Report:
    """What the form says. Raises `BadForm`, `Refused`, `NotAllowed`."""
    name, row = text(form, "name"), visit.row
    if name not in ACTS:
        raise BadForm(f"say what is reported: {', '.join(ACTS)}")
    role = next((each for each in ACTION_ROLES[name] if each in visit.roles), "")
    if not role:
        raise NotAllowed(
            f"{name} is reported by the {' or '.join(ACTION_ROLES[name])} of {row.site}; "
            f"{visit.viewer.code} holds {', '.join(visit.roles) or 'no role'} there"
        )
    reason, subject = text(form, "reason"), text(form, "subject").upper()
    if name in NEED_A_REASON and not reason:
        raise Refused("reason_missing", f"{name} needs a reason: it is what every patient who waits is told")
    if name in PATIENT_ACTIONS:
        if not PSEUDONYM.fullmatch(subject):
            raise BadForm("accepted is a pseudonym such as X1, never a name")
        await check_elsewhere(
            await visit.house.client(), row.trial, subject,
            rehearsal=bool(visit.house.demo), label=visit.house.demo,
        )  # fmt: skip
    given = {detail: text(form, detail) for detail in ACTION_DETAILS[name] if detail != "reason"}
    now = await clock(visit.house, row)
    return Report(
        text(form, "id") or new_id(),
        "action",
        now,
        role,
        name,
        scope=((SUBJECT, subject),) if name in PATIENT_ACTIONS else (),
        occurred=moment(text(form, "at"), Site(row.site, row.zone), now),
        details=tuple(sorted((detail, said) for detail, said in given.items() if said)),
        reason=reason,
    )


def _check(visit: Visit) -> None:
    if not any(role in roles for roles in ACTION_ROLES.values() for role in visit.roles):
        held = ", ".join(visit.roles) or "no role"
        raise NotAllowed(
            f"{visit.viewer.code} holds {held} at {visit.row.site}; reporting to a subtrial needs another role there"
        )


async def _page(visit: Visit, typed: Typed) -> Response:
    compiled, _ = pinned_text(visit.row)
    found = (
        next((s for s in compiled.protocol.subtrials if s.id == visit.row.subject), None)
        if compiled
        else None
    )
    phase = found.phase_one if found is not None else None
    name = typed.get("name", "")
    roles = visit.roles
    if "problem" in typed:
        # A refusal may say how a patient is called now.
        mask = await mask_of(visit.house, visit.viewer, visit.row.trial)
        typed = {**typed, "problem": mask.of(typed["problem"])}
    return visit.page(
        "subtrial_record.html",
        row=visit.row,
        at=visit.address,
        acts={key: words for key, words in ACTS.items() if not set(ACTION_ROLES[key]).isdisjoint(roles)},
        name=name if name in ACTS else "",
        details=ACTION_DETAILS.get(name, ()),
        of_patient=name in PATIENT_ACTIONS,
        of_itself=name in TRIAL_ACTIONS,
        needs_reason=name in NEED_A_REASON,
        verdicts=VERDICTS,
        levels=[(level.id, level.text) for level in phase.levels] if phase is not None else [],
        typed=typed,
        form_id=new_id(),
        away=not await visit.house.is_server_there(),
    )
