"""The inbox: what people are asked and told, over all patients, subtrials and meetings, in the order of what it asks of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from pathway.plan import DecisionState, Obligation
from store import queries
from store.queries import Pathway
from web.access import Viewer, may_see
from web.addresses import address_of
from web.forms import HouseOf, Signed
from web.governors import masks_of
from web.house import WebHouse
from web.masking import Mask
from web.render import page
from web.words import question_of

router = APIRouter()

ORDER: Final = {"critical": 0, "major": 2, "minor": 3, "info": 4}
MOST: Final = 150
"""Letters that are shown at once."""
QUESTION: Final = 1
"""A question stands behind a critical notice, and before every other one."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing in the inbox. `mine`: whether a role of the viewer's is asked, or was told."""

    row: Pathway
    rank: int
    since: datetime | None
    mine: bool
    decision: DecisionState | None = None
    notice: Obligation | None = None
    question: str = ""
    link: str = ""
    """The key of the question or notice, for an address."""

    @property
    def address(self) -> str:
        """The page of the patient, subtrial or meeting."""
        return address_of(self.row.kind, self.row.trial, self.row.subject)

    @property
    def name(self) -> str:
        """How it is called: the pseudonym, the subtrial, the meeting."""
        return {"subtrial": f"Subtrial {self.row.subject}", "meeting": "Meeting"}.get(
            self.row.kind, self.row.subject
        )


@router.get("/inbox")
async def inbox(
    request: Request, house: HouseOf, viewer: Signed, whose: str = "mine", everything: bool = False
) -> Response:
    """Proposals, choices and notices that nobody has answered yet."""
    letters = await letters_of(house, viewer)
    shown = [each for each in letters if whose == "all" or each.mine]
    return page(
        request,
        "inbox.html",
        letters=shown,
        whose=whose,
        others=len(letters) - len(shown),
        most=None if everything else MOST,
        away=not await house.is_server_there(),
    )


async def letters_of(house: WebHouse, viewer: Viewer) -> list[Letter]:
    """Everything open at the sites where the viewer may see patients, and of the subtrials and meetings of offices there; most
    pressing first."""
    rehearsals = bool(house.demo)
    async with house.store.reading() as session:
        questions = await queries.asked(session, kind=None, rehearsals=rehearsals, sites=viewer.sites)
        notices = await queries.raised(session, kind=None, rehearsals=rehearsals, sites=viewer.sites)
    rows = [row for row, _ in (*questions, *notices)]
    masks = await masks_of(house, viewer, {row.trial for row in rows if row.kind != "patient"})
    found = [
        Letter(
            row,
            QUESTION,
            state.since,
            (state.role or "clinician") in viewer.roles(row.site),
            decision=state,
            question=question_of(row.protocol, state.id),
            link=_link(masks, row, state.key),
        )
        for row, state in questions
        if may_see(viewer, row.kind, row.site)
    ]
    found += [
        Letter(
            row,
            ORDER[each.severity],
            each.since,
            not {each.to, *each.notified}.isdisjoint(viewer.roles(row.site)),
            notice=each if row.kind == "patient" else replace(each, text=masks[row.trial].of(each.text)),
            link=_link(masks, row, each.key),
        )
        for row, each in notices
        # The question itself says the same.
        if each.id not in ("DECISION-OPEN", "REOPENED") and may_see(viewer, row.kind, row.site)
    ]
    return sorted(found, key=lambda each: (each.rank, str(each.since or ""), each.row.subject))


def _link(masks: dict[str, Mask], row: Pathway, key: str) -> str:
    return key if row.kind == "patient" else masks[row.trial].link(key)
