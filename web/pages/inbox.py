"""The inbox: what people are asked and told, over all patients, in the order of what it asks of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from pathway.plan import DecisionState, Obligation
from store import queries
from store.queries import Pathway
from store.schema import DecisionRow, ObligationRow
from web.access import Viewer
from web.forms import HouseOf, Signed
from web.house import WebHouse
from web.render import page
from web.words import question_of

router = APIRouter()

ORDER: Final = {"critical": 0, "major": 2, "minor": 3, "info": 4}
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

    @property
    def address(self) -> str:
        """The page of the patient."""
        return f"/patients/{self.row.trial}/{self.row.subject}"


@router.get("/inbox")
async def inbox(request: Request, house: HouseOf, viewer: Signed, whose: str = "mine") -> Response:
    """Proposals, choices and notices that nobody has answered yet."""
    letters = await letters_of(house, viewer)
    shown = [each for each in letters if whose == "all" or each.mine]
    return page(request, "inbox.html", letters=shown, whose=whose, others=len(letters) - len(shown))


async def letters_of(house: WebHouse, viewer: Viewer) -> list[Letter]:
    """Everything open at the sites where the viewer may see patients."""
    found: list[Letter] = []
    async with house.store.reading() as session:
        rows = await queries.pathways(session, rehearsals=bool(house.demo))
        asked = set((await session.scalars(select(DecisionRow.pathway_id).distinct())).all())
        raised = select(ObligationRow.pathway_id).where(ObligationRow.state == "raised").distinct()
        told = set((await session.scalars(raised)).all())
        for row in rows:
            if not viewer.may("patient", row.site):
                continue
            roles = viewer.roles(row.site)
            if row.pathway_id in asked:
                for state in await queries.decisions(session, row.pathway_id):
                    if state.open:
                        mine = (state.role or "clinician") in roles
                        question = question_of(row.protocol, state.id)
                        found.append(
                            Letter(row, QUESTION, state.since, mine, decision=state, question=question)
                        )
            if row.pathway_id in told:
                for each in await queries.obligations(session, row.pathway_id):
                    if each.state == "raised" and each.id not in ("DECISION-OPEN", "REOPENED"):
                        mine = not {each.to, *each.notified}.isdisjoint(roles)
                        found.append(Letter(row, ORDER[each.severity], each.since, mine, notice=each))
    return sorted(found, key=lambda each: (each.rank, str(each.since or ""), each.row.subject))
