"""A visit to a patient's pages: who looks, and at whom."""

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
from web.forms import HouseOf, Signed
from web.house import WebHouse
from web.patients import Seen, found, hand_in, see, sign_for
from web.render import page

Typed = dict[str, str]
"""What was typed into a form that comes again, and under `problem` why it was not taken."""
Again = Callable[[Typed], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request about one patient, by somebody who may see them."""

    request: Request
    house: WebHouse
    viewer: Viewer
    row: Pathway

    @property
    def address(self) -> str:
        """The page of the patient."""
        return f"/patients/{self.row.trial}/{self.row.subject}"

    async def see(self, note: str = "read") -> Seen:
        """The patient as they stand; `note` for the audit trail."""
        return await see(self.house, self.viewer, self.row, note=note)

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

    async def hand_in(self, report: Report, form: FormData, again: Again) -> Response:
        """Record a report. Where it is refused the page comes again, as things stand now, with what was typed and why."""
        if report.role not in self.roles:
            held = ", ".join(self.roles)
            raise NotAllowed(
                f"{self.viewer.code} holds {held} here; this needs {report.role or 'another role'}"
            )
        try:
            receipt = await hand_in(self.house, self.viewer, self.row, report)
        except Refused as error:
            return await come_again(again, form, str(error), 409)
        return self.told(receipt, report)

    async def hand_in_signed(self, report: Report, form: FormData, again: Again) -> Response:
        """Record an answer that is signed with the password."""
        password = form.get("password", "")
        try:
            await sign_for(self.house, self.viewer, password if isinstance(password, str) else "")
        except NotAllowed as error:
            return await come_again(again, form, str(error), 403)
        return await self.hand_in(report, form, again)

    def told(self, receipt: Receipt, report: Report) -> Response:
        """Back to the patient, with what became of the report."""
        word = "recorded" if receipt.recorded else "accepted"
        if receipt.event_id != report.id:
            word = "known"
        return RedirectResponse(f"{self.address}?told={word}", 303)


async def come_again(again: Again, form: FormData, problem: str, status: int) -> Response:
    """The page as things stand now, with what was typed and why it was not taken."""
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


Looks = Annotated[Visit, _visit("patient")]
Answers = Annotated[Visit, _visit("answer")]
TakesNote = Annotated[Visit, _visit("acknowledge")]
Records = Annotated[Visit, _visit("record")]
Corrects = Annotated[Visit, _visit("correct")]
