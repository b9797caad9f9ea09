"""What becomes of an enrolment, through the real server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from client import pathways
from pathway.events import Report
from pathway.refusal import Refused
from store import queries
from tests.workflows.conftest import House, until, weight, wish
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
