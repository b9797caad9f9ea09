"""The page of a question and of a notice, of patients, subtrials and meetings alike, and what their forms report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Response
from starlette.datastructures import FormData

from pathway.events import Report
from web.forms import NotHere, text
from web.governors import Governed
from web.patients import Seen, clock, new_id, why
from web.visit import Typed, Visit
from web.words import link_of, question_of


@dataclass(frozen=True, slots=True)
class InMeeting:
    """The meeting in which a question is answered: whose meeting, of which week, and whether it takes decisions now."""

    visit: Visit
    week: str
    is_on: bool

    @property
    def address(self) -> str:
        """The page of that meeting."""
        return f"{self.visit.address}?week={self.week}"


async def decision_page(visit: Visit, key: str, typed: Typed, meeting: InMeeting | None = None) -> Response:
    """A question with its reasons, and the form that answers it. Raises `NotHere`."""
    seen, state = await _decision(visit, key)
    role = state["role"] or "clinician"
    is_put = bool(state["open"] or (state["role"] and state["in_force"]))  # not what is only worked out
    holds = role in visit.roles
    if meeting is not None:
        holds = holds and role == "meeting" and "meeting" in meeting.visit.roles and meeting.is_on
    question, told = state.get("text", ""), None
    if isinstance(seen, Governed):
        state, question = seen.mask.of(state), seen.mask.of(question)
        typed = _masked(seen, typed)
    else:
        question = question_of(visit.row.protocol, state["id"])
        told = await why(visit.house, seen, state["key"])
    return visit.page(
        "decision.html",
        seen=seen,
        state=state,
        role=role,
        told=told,
        question=question,
        form_id=new_id(),
        typed=typed,
        is_put=is_put,
        may_answer=is_put and visit.may("answer") and holds and not seen.why,
        link=link_of,
        meeting=meeting,
    )


async def decision_report(visit: Visit, key: str, form: FormData, meeting: InMeeting | None = None) -> Report:
    """The answer that a form gives, bound to what the page showed. Raises `NotHere`."""
    if visit.row.kind == "subtrial":
        key = (await _decision(visit, key))[1]["key"]
    option = text(form, "option")
    return Report(
        text(form, "id") or new_id(),
        "decision",
        await clock(visit.house, visit.row),
        text(form, "role"),
        key,
        value=option,
        expected=text(form, "seen"),
        override=option not in text(form, "offered").split("|"),
        reason=text(form, "reason"),
        details=(("meeting", meeting.week),) if meeting is not None else (),
    )


async def notice_page(visit: Visit, key: str, typed: Typed) -> Response:
    """A notice of a subtrial or meeting, and the form that takes note of it. Raises `NotHere`."""
    seen = await visit.see_governor("read a notice")
    state = seen.named(("deviations", "alerts"), key)
    return visit.page(
        "notice.html",
        seen=seen,
        state=seen.mask.of(state),
        told=None,
        form_id=new_id(),
        typed=_masked(seen, typed),
        may_answer=state["state"] == "raised" and visit.may("acknowledge") and not seen.why,
        link=link_of,
    )


async def notice_report(visit: Visit, key: str, form: FormData) -> Report:
    """That somebody takes note of a notice of a subtrial or meeting. Raises `NotHere`."""
    seen = await visit.see_governor("take note of a notice")
    state = seen.named(("deviations", "alerts"), key)
    return Report(
        text(form, "id") or new_id(),
        "acknowledgement",
        await clock(visit.house, visit.row),
        visit.viewer.role_for("acknowledge", visit.row.site, state["to"]),
        state["key"],
        reason=text(form, "reason"),
    )


def _masked(seen: Governed, typed: Typed) -> Typed:
    """What was typed, and why it was not taken without the names that the viewer may not see."""
    return {**typed, "problem": seen.mask.of(typed["problem"])} if "problem" in typed else typed


async def _decision(visit: Visit, key: str) -> tuple[Seen | Governed, dict[str, Any]]:
    if visit.row.kind == "subtrial":
        governed = await visit.see_governor("read a decision")
        return governed, governed.named(("decisions",), key)
    seen = await visit.see("read a decision")
    if seen.patient is None:
        raise NotHere
    states = seen.patient.plan["decisions"]
    found = [s for s in states if s["key"] == key] or [s for s in states if s["id"] == key]
    if not found:
        raise NotHere
    return seen, found[0]
