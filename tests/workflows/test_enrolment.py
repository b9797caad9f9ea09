"""What becomes of an enrolment, through the real server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from client import listing, pathways
from pathway.events import Report
from pathway.refusal import Refused
from store import queries
from store.schema import OutboxRow
from tests.workflows.conftest import House, action, until, weight, wish
from tests.workflows.stories import answered
from tests.workflows.toy_platform import FULL


def annulment(id_: str = "x1") -> Report:
    return Report(id_, "annulment", datetime.now(UTC), "coordinator", reason="enrolled twice")


async def test_an_annulled_pathway_ends_takes_nothing_more_and_stays_readable(real: House) -> None:
    handle = await real.enrol()
    receipt = await pathways.submit(handle, annulment())
    assert receipt.recorded
    end = await handle.result()
    assert (end.archived.role, end.archived.reason) == ("coordinator", "enrolled twice")
    with pytest.raises((Refused, pathways.PathwayClosed)):
        await pathways.submit(handle, weight(1, at=datetime.now(UTC)))
    view = await pathways.plan(handle)
    assert {track["phase"] for track in view.plan["tracks"]} == {"ANNULLED"}
    async with real.store.reading() as session:
        row = await queries.pathway(session, handle.id)
        (event,) = await queries.events(session, handle.id)
    assert row is not None
    assert (row.archived, dict(row.phases), row.open, row.late, row.next_at) == (
        True,
        {"treatment": "ANNULLED"},
        0,
        0,
        None,
    )
    assert (event.kind, event.reason) == ("annulment", "enrolled twice")


async def test_an_annulled_patient_gives_the_slot_back_to_whoever_waits(real: House) -> None:
    first, second = [await real.patient(subject) for subject in ("P1", "P2")]
    await pathways.submit(first, wish("ask", "A", datetime.now(UTC)))
    await until(lambda: answered(first, "RESERVED"))
    await pathways.submit(second, wish("ask", "A", datetime.now(UTC)))
    await until(lambda: answered(second, FULL))
    await pathways.submit(first, annulment())
    await first.result()
    await until(lambda: answered(second, "RESERVED"))


def transfer(day: date, id_: str = "t1") -> Report:
    details = (("country", "AU"), ("from", day.isoformat()), ("zone", "Australia/Sydney"))
    return Report(
        id_, "transfer", datetime.now(UTC), "coordinator", "S02", details=details, reason="the family moves"
    )


async def test_after_a_transfer_what_is_told_is_told_at_the_new_site(real: House) -> None:
    handle = await real.enrol(continue_after=2)
    now = datetime.now(UTC)
    today = now.astimezone(ZoneInfo("Australia/Sydney")).date()
    await pathways.submit(handle, transfer(today))
    state = await pathways.state(handle)
    assert (state.site, state.place is not None and state.place.zone) == ("S02", "Australia/Sydney")
    # The first dose was two hours ago and nobody has come: that is told at once.
    started = replace(action("e1", "therapy_started", at=now), occurred=now - timedelta(hours=2))
    receipt = await pathways.submit(handle, started)
    assert "NO-VISIT" in {each.id for each in receipt.changes}
    async with real.store.reading() as session:
        row = await queries.pathway(session, handle.id)
        sites = (await session.scalars(select(OutboxRow.site).where(OutboxRow.id == "NO-VISIT"))).all()
    assert row is not None
    assert (row.site, row.zone, set(sites)) == ("S02", "Australia/Sydney", {"S02"})
    assert row.protocol_hash

    async def listed() -> bool:
        found = listing.pathways(real.client, site="S02")
        return handle.id in [each.workflow_id async for each in found]

    await until(listed)


async def test_a_transfer_that_is_to_come_changes_nothing_before_its_day(real: House) -> None:
    handle = await real.enrol()
    await pathways.submit(handle, transfer(datetime.now(UTC).date() + timedelta(days=5)))
    state = await pathways.state(handle)
    assert state.site == "S01"
    assert state.next_at is not None
