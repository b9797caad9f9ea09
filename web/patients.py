"""Finding a patient for whoever looks, asking their pathway, and handing in what is reported."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from client import pathways
from client.pathways import Handle
from client.retry import PathwayError
from client.stored import computed, pinned_text
from contracts.messages import ExplanationView, PathwayEnd, Receipt, pathway_id
from pathway.errors import UnknownName
from pathway.events import Event, Report
from pathway.patient.explain import explain as reasons
from pathway.patient.needed import Patient
from pathway.patient.output import plan_json
from pathway.site import Site
from people import audit, ways
from people.errors import NotAllowed
from people.sign_in import recognise
from people.signer import Signer
from runtime.errors import ServerUnreachable
from store import queries
from store.queries import Pathway
from web.access import Viewer
from web.addresses import address_of
from web.forms import NotHere
from web.house import SIGNER, WebHouse, utc_now

SOON: Final = timedelta(seconds=3)
"""How long a page waits for a pathway to answer before it takes what the store has."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A patient as a page shows them.

    `why`: why their pathway was not asked, empty where it was; the plan is then of the events in the store, and None where this
    program cannot compute one. `unrecorded`: accepted events that the store does not have yet.
    """

    row: Pathway
    patient: Patient | None
    events: tuple[Event, ...]
    why: str = ""
    unrecorded: int = 0

    @property
    def address(self) -> str:
        """The page of the patient."""
        return address_of(self.row.kind, self.row.trial, self.row.subject)


async def found(house: WebHouse, viewer: Viewer, trial: str, subject: str, what: str) -> Pathway:
    """The pathway of a subject for somebody who may do `what` with it. Raises `NotHere`, which tells nothing."""
    id_ = pathway_id(trial, subject, rehearsal=bool(house.demo), label=house.demo)
    async with house.store.reading() as session:
        row = await queries.pathway(session, id_)
    if row is None or row.kind != "patient" or not viewer.may("patient", row.site):
        if row is not None:
            await _note(house, viewer, row, what, "refused")
        raise NotHere
    if not viewer.may(what, row.site):
        await _note(house, viewer, row, what, "refused")
        raise NotAllowed(
            f"{viewer.code} holds {', '.join(viewer.roles(row.site))} here; this needs another role"
        )
    return row


async def see(house: WebHouse, viewer: Viewer, row: Pathway, *, note: str = "read") -> Seen:
    """The patient as they stand. That they were looked at is in the audit trail before the page is."""
    await _note(house, viewer, row, note, "done")
    async with house.store.reading() as session:
        events = await queries.events(session, row.pathway_id)
        newest = (await queries.timeline(session, row.pathway_id))[-1:]
    compiled, why_not = pinned_text(row)
    site = Site(row.site, row.zone)
    calendar = house.closed_days(row.site)
    try:
        handle = await handle_of(house, row)
        view = await pathways.plan(handle, patience=SOON)
        state = await pathways.state(handle, patience=SOON)
    except (ServerUnreachable, PathwayError) as error:
        why = f"The pathway does not answer ({error}), so this is computed from what the store has."
        if compiled is None:
            return Seen(row, None, events, f"{why} {why_not}.")
        now = datetime.fromisoformat(newest[0].at) if row.rehearsal and newest else utc_now()
        plan = plan_json(computed(row, compiled, events, now))
        return Seen(row, _patient(row, site, now, plan, compiled, calendar), events, why)
    now = state.now if row.rehearsal else utc_now()
    site = state.place or site
    return Seen(row, _patient(row, site, now, view.plan, compiled, calendar), events, "", state.unrecorded)


async def why(house: WebHouse, seen: Seen, name: str) -> ExplanationView | None:
    """Why something of a patient is as it is, in words; None for what is not known."""
    try:
        if not seen.why:
            return await pathways.explain(await handle_of(house, seen.row), name, patience=SOON)
        compiled, _ = pinned_text(seen.row)
        if compiled is None or seen.patient is None:
            return None
        made = computed(seen.row, compiled, seen.events, seen.patient.now)
        told = reasons(made, name, seen.row.subject)
        return ExplanationView(text="\n".join(told.lines()), data=told.to_dict())
    except UnknownName:
        return None


async def handle_of(house: WebHouse, row: Pathway) -> Handle:
    """The handle of a pathway. Raises `ServerUnreachable`."""
    client = await house.client()
    return client.get_workflow_handle(row.pathway_id, result_type=PathwayEnd)


async def clock(house: WebHouse, row: Pathway) -> datetime:
    """The pathway's clock: in a rehearsal it stands where it was set."""
    if not row.rehearsal:
        return utc_now()
    return (await pathways.state(await handle_of(house, row), patience=SOON)).now


async def hand_in(house: WebHouse, viewer: Viewer, row: Pathway, report: Report) -> Receipt:
    """Record a report by whoever is signed in. Sent again under the same id it is recorded once. Raises `Refused`, and what says
    that the server is away."""
    return await pathways.submit(await handle_of(house, row), replace(report, person=viewer.code))


async def sign_for(house: WebHouse, viewer: Viewer, password: str) -> None:
    """Recognise who is signed in once more, for this very act. Raises `NotAllowed`."""
    if not await recognise(house.store, viewer.code, password):
        raise NotAllowed("the password is wrong: this answer is signed with it. Nothing was recorded")
    if house.key is not None:
        SIGNER.set(Signer(house.key, house.store, replace(viewer.signed, strength="signature")))


def new_id() -> str:
    """The id of what a form reports: it goes out with the form, so that one form is one event however often it is sent."""
    return f"w{uuid.uuid4().hex[:12]}"


def _patient(
    row: Pathway, site: Site, now: datetime, plan: dict[str, Any], compiled: Any, calendar: tuple[str, ...]
) -> Patient:
    return Patient(
        row.subject, row.protocol, site, row.rehearsal, row.archived, now, plan, compiled, calendar
    )


async def _note(house: WebHouse, viewer: Viewer, row: Pathway, act: str, outcome: str) -> None:
    roles = ", ".join(viewer.roles(row.site))[:60]
    async with house.store.writing() as session:
        await audit.append(session, audit.Line(viewer.code, roles, row.site, act, row.pathway_id, outcome))
        if outcome == "done":
            await ways.opened(session, viewer.code, viewer.roles(row.site), row.pathway_id)


__all__ = ["Seen", "clock", "found", "hand_in", "handle_of", "new_id", "see", "sign_for", "why"]
