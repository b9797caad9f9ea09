"""A sitting through the real server: one evaluation, one batch, and a durable timer for the one that has no end."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from client import pathways
from client.retry import update
from contracts.sitting import RecordManyReceipt, RecordManyRequest
from pathway.events import Report
from pathway.refusal import Refused
from pathway.site import Site
from tests.workflows.conftest import START, House, action, later, mrd, until, weight


async def begun(home: House, *, continue_after: int = 20) -> pathways.Handle:
    """A pathway that begins with a sitting."""
    start = pathways.new_start(
        "toy",
        f"P{uuid.uuid4().hex[:8]}",
        Site("S01"),
        started_at=START + timedelta(days=60) if home.clock == "stepped" else None,
        sitting="s1",
    )
    start = start.model_copy(update={"continue_after": continue_after})
    return await pathways.start_pathway(home.client, start, queue=home.queue)


def backlog(now: datetime, first: datetime) -> tuple[Report, ...]:
    """The first dose, a visit and the marrow, as they happened."""
    return (
        replace(action("d1", "therapy_started", now), occurred=first),
        replace(action("v1", "visit", now), occurred=first + timedelta(minutes=20)),
        replace(mrd("m1", now, "2e-5"), occurred=first + timedelta(days=33)),
    )


async def part(handle: pathways.Handle, *reports: Report, more: bool) -> RecordManyReceipt:
    """One part of a sitting."""
    request = RecordManyRequest(sitting="s1", reports=reports, more=more)
    return await update(handle, "record_many", request, RecordManyReceipt)


async def test_a_sitting_is_on_record_in_the_store_and_told_once(stepped: House) -> None:
    handle = await begun(stepped)
    receipt = await pathways.submit_many(handle, "s1", backlog(later(days=60), START))
    assert (receipt.new, receipt.events, receipt.recorded) == (3, ("d1", "v1", "m1"), True)
    assert await stepped.stored(handle) == ["d1", "v1", "m1"]
    entries = (await pathways.timeline(handle)).entries
    assert {each.cause for each in entries} == {"sitting s1"}
    assert not {each.id for each in entries} & {"NO-VISIT", "MRD-MISSING"}


async def test_a_sitting_goes_on_in_the_next_run_and_may_be_sent_again(stepped: House) -> None:
    handle = await begun(stepped, continue_after=1)
    first, second, third = backlog(later(days=60), START)
    assert (await part(handle, first, more=True)).changes == ()
    last = await part(handle, second, third, more=False)
    assert last.changes[-1].text.startswith("3 entries in one sitting")
    again = await part(handle, second, third, more=False)
    assert (again.new, again.events) == (0, ("v1", "m1"))
    assert (await pathways.state(handle)).events == 3


async def test_a_sitting_that_is_refused_leaves_nothing_in_the_record(stepped: House) -> None:
    handle = await begun(stepped)
    good, *_ = backlog(later(days=60), START)
    with pytest.raises(Refused, match="1 of 2 entries cannot be recorded, so none is"):
        await pathways.submit_many(handle, "s1", (good, replace(good, id="x1", name="visti")))
    assert (await pathways.state(handle)).events == 0


async def test_on_a_stepped_clock_a_sitting_without_an_end_closes_at_its_hour(stepped: House) -> None:
    handle = await begun(stepped)
    await part(handle, *backlog(later(days=60), START), more=True)
    receipt = await pathways.step(handle, later(days=60) + timedelta(minutes=5))
    assert (receipt.changes[-1].kind, receipt.changes[-1].state) == ("sitting", "closed")


async def test_a_durable_timer_closes_a_sitting_that_broke_down(
    real: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.durable.state.SITTING_OPEN", timedelta(seconds=3))
    handle = await begun(real, continue_after=1)
    now = datetime.now(UTC)
    await part(handle, *backlog(now, now - timedelta(days=60)), more=True)

    async def closed() -> bool:
        return any(each.kind == "sitting" for each in (await pathways.timeline(handle)).entries)

    await until(closed)
    (line,) = (each for each in (await pathways.timeline(handle)).entries if each.kind == "sitting")
    assert (line.state, line.to[-1], "closed by itself" in line.text) == ("closed", "coordinator", True)
    # It speaks again.
    await pathways.submit(handle, weight(1, at=datetime.now(UTC)))
    assert (await pathways.state(handle)).unrecorded == 0
