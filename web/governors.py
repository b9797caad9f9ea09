"""Finding a subtrial or meeting for whoever looks, and asking it how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from client import pathways
from client.minutes import meeting_of
from client.retry import PathwayError
from client.stored import pinned_text, profile_of
from contracts.meeting_start import meeting_id
from contracts.subtrial_start import subtrial_id
from pathway.meeting.output import meeting_json
from pathway.meeting.plan import convene
from pathway.record import Record
from pathway.site import Site
from pathway.subtrial.govern import Governor, govern, subtrial_json
from people import audit
from people.errors import NotAllowed
from runtime.errors import ServerUnreachable
from store import queries
from store.queries import Pathway
from web.access import MAY, Viewer
from web.addresses import address_of
from web.forms import NotHere
from web.house import WebHouse, utc_now
from web.masking import Mask, in_plan, mask_for, token_of
from web.patients import SOON, handle_of


@dataclass(frozen=True, slots=True)
class Governed:
    """A subtrial or meeting as a page shows it.

    `plan`: as it has it, with every name; `mask` leaves out whom the viewer may not see. `why`: why it was not asked, empty
    where it was; the plan is then of the events in the store, and None where this program cannot compute one. `unrecorded`:
    accepted events that the store does not have yet.
    """

    row: Pathway
    plan: dict[str, Any] | None
    mask: Mask
    why: str = ""
    unrecorded: int = 0

    @property
    def address(self) -> str:
        """Its page."""
        return address_of(self.row.kind, self.row.trial, self.row.subject)

    @property
    def shown(self) -> dict[str, Any] | None:
        """The plan for the viewer."""
        return None if self.plan is None else self.mask.plan(self.plan)

    def named(self, parts: tuple[str, ...], key: str) -> dict[str, Any]:
        """What of these parts of the plan has that key or id, or what stands for its key. Raises `NotHere`."""
        states = [state for part in parts for state in (self.plan or {}).get(part, ())]
        found = [s for s in states if key in (s["key"], token_of(s["key"]))] or [
            s for s in states if s["id"] == key
        ]
        if not found:
            raise NotHere
        return next((s for s in found if s.get("open") or s["state"] == "raised"), found[0])


def check_may_look(viewer: Viewer) -> None:
    """Raises `NotAllowed` for who holds no role by which subtrials and meetings are looked at."""
    if not viewer.may_somewhere("governor"):
        held = ", ".join(viewer.held) or "no role"
        raise NotAllowed(
            f"{viewer.code} holds {held}; this needs one of {', '.join(sorted(MAY['governor']))}"
        )


async def found_governor(
    house: WebHouse, viewer: Viewer, kind: str, trial: str, subject: str = ""
) -> Pathway:
    """The subtrial or meeting for somebody who may look. Raises `NotAllowed`, `NotHere`."""
    check_may_look(viewer)
    rehearsal, label = bool(house.demo), house.demo
    id_ = (
        meeting_id(trial, rehearsal=rehearsal, label=label)
        if kind == "meeting"
        else subtrial_id(trial, subject, rehearsal=rehearsal, label=label)
    )
    async with house.store.reading() as session:
        row = await queries.pathway(session, id_)
    if row is None or row.kind != kind:
        raise NotHere
    return row


async def see_governor(house: WebHouse, viewer: Viewer, row: Pathway, note: str) -> Governed:
    """How it stands. That it was looked at is in the audit trail before the page is."""
    await note_look(house, viewer, row, note)
    mask = await mask_of(house, viewer, row.trial)
    why, unrecorded = "", 0
    plan: dict[str, Any] | None
    try:
        handle = await handle_of(house, row)
        plan = (await pathways.plan(handle, patience=SOON)).plan
        unrecorded = (await pathways.state(handle, patience=SOON)).unrecorded
    except (ServerUnreachable, PathwayError) as error:
        plan, why_not = await _stored_plan(house, row)
        so = "so this is computed from what the store has" if plan is not None else why_not
        why = f"The {'meeting' if row.kind == 'meeting' else 'governor'} does not answer ({error}), {so}."
    if plan is not None:
        mask = Mask(mask.names | in_plan(plan, viewer))
    return Governed(row, plan, mask, why, unrecorded)


async def mask_of(house: WebHouse, viewer: Viewer, trial: str) -> Mask:
    """Whom of a trial the viewer may not see."""
    async with house.store.reading() as session:
        return await mask_for(session, viewer, trial, rehearsals=bool(house.demo))


async def masks_of(house: WebHouse, viewer: Viewer, trials: Iterable[str]) -> dict[str, Mask]:
    """The same for several trials."""
    return {trial: await mask_of(house, viewer, trial) for trial in sorted(trials)}


async def note_look(house: WebHouse, viewer: Viewer, row: Pathway, note: str) -> None:
    """A line in the audit trail: who looked at it."""
    roles = ", ".join(viewer.roles(row.site))[:60]
    async with house.store.writing() as session:
        await audit.append(session, audit.Line(viewer.code, roles, row.site, note, row.pathway_id, "done"))


async def _stored_plan(house: WebHouse, row: Pathway) -> tuple[dict[str, Any] | None, str]:
    """The plan of now of the stored events; or None, and why there is none."""
    async with house.store.reading() as session:
        events = await queries.events(session, row.pathway_id)
        newest = (await queries.timeline(session, row.pathway_id))[-1:]
    now, record = utc_now(), Record.of(events)
    if row.rehearsal:
        moments = [datetime.fromisoformat(change.at) for change in newest]
        now = max((*moments, *(event.recorded for event in events)), default=now)
    if row.kind == "meeting":
        meeting = meeting_of(row)
        return meeting_json(meeting, convene(meeting, record, now)), ""
    compiled, why = pinned_text(row)
    if compiled is None:
        return None, why
    governor = Governor(compiled, row.subject, profile_of(row, compiled), Site(row.site, row.zone))
    return subtrial_json(governor, record, govern(governor, record, now)), ""
