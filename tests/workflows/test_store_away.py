"""The store is away: events are accepted, the caller is told so, and each arrives once when it is back."""

from __future__ import annotations

import asyncio

from client import pathways
from contracts.messages import StateView
from store import queries
from tests.databases import Database
from tests.workflows.conftest import House, mrd, until, weight


async def settled(handle: pathways.Handle) -> StateView:
    """Wait until the store has everything."""

    async def has_all() -> bool:
        state = await pathways.state(handle)
        return not state.unrecorded and state.revision == state.published

    await until(has_all)
    return await pathways.state(handle)


async def test_events_are_accepted_while_the_store_is_away_and_recorded_once_when_it_is_back(
    stepped: House, database: Database
) -> None:
    handle = await stepped.enrol()
    with database.held():
        first = await pathways.submit(handle, mrd())
        assert first.accepted
        assert not first.recorded
        assert [change.id for change in first.changes if change.kind == "decision"] == [
            "risk",
            "AFTER_INDUCTION",
        ]
        # From now on nobody is kept waiting: three who were would need fifteen seconds.
        async with asyncio.timeout(12):
            receipts = [await pathways.submit(handle, weight(number)) for number in range(3)]
        assert not any(receipt.recorded for receipt in receipts)
        state = await pathways.state(handle)
        assert state.store_away
        assert state.unrecorded == 4
    await settled(handle)
    assert await stepped.stored(handle) == ["m1", "w0", "w1", "w2"]
    again = await pathways.submit(handle, mrd())
    assert again.recorded
    async with stepped.store.reading() as session:
        stored = await queries.timeline(session, handle.id)
    assert list(stored) == list((await pathways.timeline(handle)).entries)


async def test_a_store_that_is_away_does_not_keep_a_pathway_from_continuing_as_new(
    stepped: House, database: Database
) -> None:
    handle = await stepped.enrol(continue_after=3)
    await pathways.submit(handle, mrd())
    with database.held():
        for number in range(9):
            await pathways.submit(handle, weight(number))
        state = await pathways.state(handle)
        assert state.runs >= 2
        assert state.unrecorded == 9
    state = await settled(handle)
    assert not state.store_away
    assert await stepped.stored(handle) == ["m1", *(f"w{number}" for number in range(9))]


async def test_an_archived_pathway_stays_until_the_store_has_everything(
    stepped: House, database: Database
) -> None:
    handle = await stepped.enrol()
    with database.held():
        await pathways.submit(handle, weight(1))
        receipt = await pathways.archive(handle, "operations", "test")
        assert not receipt.recorded
        again = await pathways.archive(handle, "operations", "another reason")
        assert again.archived == receipt.archived
    end = await handle.result()
    assert end.events == 1
    assert await stepped.stored(handle) == ["w1"]


async def test_a_store_that_was_restored_from_an_old_copy_catches_up(
    stepped: House, database: Database
) -> None:
    handle = await stepped.enrol()
    await pathways.submit(handle, mrd())
    restore = database.backup()
    for number in range(3):
        await pathways.submit(handle, weight(number))
    restore()
    assert await stepped.stored(handle) == ["m1"]
    await pathways.submit(handle, weight(9))
    await settled(handle)
    assert await stepped.stored(handle) == ["m1", "w0", "w1", "w2", "w9"]
    assert (await pathways.submit(handle, weight(9))).recorded
