"""A visit to the pages of a patient, subtrial or meeting: who looks, and at whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from contracts.messages import Receipt
from pathway.events import Report
from pathway.refusal import Refused
from people.errors import NotAllowed
from store.queries import Pathway
from web.access import Viewer
from web.addresses import address_of
from web.forms import HouseOf, Signed
from web.governors import Governed, found_governor, see_governor
from web.house import WebHouse
from web.patients import Seen, found, hand_in, see, sign_for
from web.render import page

Typed = dict[str, str]
"""What was typed into a form that comes again, and under `problem` why it was not taken."""
Again = Callable[[Typed], Awaitable[Response]]
Then = Callable[[Receipt], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request about one patient, by somebody who may see them; or about a subtrial or meeting."""

    request: Request
    house: WebHouse
    viewer: Viewer
    row: Pathway

    @property
    def address(self) -> str:
        """The page of whom it is about."""
        return address_of(self.row.kind, self.row.trial, self.row.subject)

    async def see(self, note: str = "read") -> Seen:
        """The patient as they stand; `note` for the audit trail."""
        return await see(self.house, self.viewer, self.row, note=note)

    async def see_governor(self, note: str) -> Governed:
        """The subtrial or meeting as it stands; `note` for the audit trail."""
        return await see_governor(self.house, self.viewer, self.row, note)

    def may(self, what: str) -> bool:
        """Whether the viewer may do it at the patient's site."""
        return self.viewer.may(what, self.row.site)

    @property
    def roles(self) -> tuple[str, ...]:
        """The viewer's roles at the patient's site."""
        return self.viewer.roles(self.row.site)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page about the patient."""
        return page(self.request, template, status=status, **values)

    async def hand_in(
        self, report: Report, form: FormData, again: Again, then: Then | None = None
    ) -> Response:
        """Record a report. Where it is refused the page comes again, as things stand now, with what was typed and why.

        `then`: what is done once it is accepted, for another answer than the page of whom it is about.
        """
        if report.role not in self.roles:
            held = ", ".join(self.roles)
            raise NotAllowed(
                f"{self.viewer.code} holds {held} here; this needs {report.role or 'another role'}"
            )
        try:
            receipt = await hand_in(self.house, self.viewer, self.row, report)
        except Refused as error:
            return await come_again(again, form, str(error), 409)
        return self.told(receipt, report) if then is None else await then(receipt)

    async def hand_in_signed(
        self, report: Report, form: FormData, again: Again, then: Then | None = None
    ) -> Response:
        """Record an answer that is signed with the password; `then` as for `hand_in`."""
        password = form.get("password", "")
        try:
            await sign_for(self.house, self.viewer, password if isinstance(password, str) else "")
        except NotAllowed as error:
            return await come_again(again, form, str(error), 403)
        return await self.hand_in(report, form, again, then)

    def told(self, receipt: Receipt, report: Report) -> Response:
        """Back to the patient, with what became of the report."""
        return RedirectResponse(f"{self.address}?told={told_word(receipt, report)}", 303)


def told_word(receipt: Receipt, report: Report) -> str:
    """What became of a report, in the word of an address."""
    if receipt.event_id != report.id:
        return "known"
    return "recorded" if receipt.recorded else "accepted"


async def come_again(again: Again, form: FormData, problem: str, status: int) -> Response:
    """The page of a form again, with what was typed and why it was not taken."""
    typed = {key: value for key, value in form.items() if isinstance(value, str)}
    for secret in ("password", "csrf", "id"):
        typed.pop(secret, None)
    response = await again(typed | {"problem": problem})
    response.status_code = status
    return response


def _visit(what: str) -> Any:
    async def visit(request: Request, house: HouseOf, viewer: Signed, trial: str, subject: str) -> Visit:
        return Visit(request, house, viewer, await found(house, viewer, trial, subject, what))

    return Depends(visit)


def _subtrial(what: str) -> Any:
    async def visit(request: Request, house: HouseOf, viewer: Signed, trial: str, subtrial: str) -> Visit:
        row = await found_governor(house, viewer, "subtrial", trial, subtrial)
        return _allowed(Visit(request, house, viewer, row), what)

    return Depends(visit)


def _meeting(what: str) -> Any:
    async def visit(request: Request, house: HouseOf, viewer: Signed, trial: str) -> Visit:
        row = await found_governor(house, viewer, "meeting", trial)
        return _allowed(Visit(request, house, viewer, row), what)

    return Depends(visit)


def _allowed(visit: Visit, what: str) -> Visit:
    if what != "governor" and not visit.may(what):
        held = ", ".join(visit.roles) or "no role"
        raise NotAllowed(
            f"{visit.viewer.code} holds {held} at {visit.row.site}; this needs another role there"
        )
    return visit


Looks = Annotated[Visit, _visit("patient")]
Answers = Annotated[Visit, _visit("answer")]
TakesNote = Annotated[Visit, _visit("acknowledge")]
Records = Annotated[Visit, _visit("record")]
Corrects = Annotated[Visit, _visit("correct")]
LooksAtSubtrial = Annotated[Visit, _subtrial("governor")]
AnswersSubtrial = Annotated[Visit, _subtrial("answer")]
NotesSubtrial = Annotated[Visit, _subtrial("acknowledge")]
LooksAtMeeting = Annotated[Visit, _meeting("governor")]
NotesMeeting = Annotated[Visit, _meeting("acknowledge")]
