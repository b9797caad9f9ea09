"""However workflow tasks come to be grouped, a pathway does the same, and what it did replays: through the real server, with
tasks in between that lead to nothing. Without a cache each task of these begins with a replay, which tells two of them as one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, RPCError, WorkflowExecution
from temporalio.worker import Replayer

from client import pathways, renaming
from runtime.settings import Settings
from tests.databases import Database
from tests.workflows.conftest import House, house, until, weight
from tests.workflows.stories import STORIES, Story
from tests.workflows.test_rename import back, new_name
from workflows.guard import OnlyClock
from workflows.meeting import CoordinatingMeeting
from workflows.pathway import PatientPathway
from workflows.sandbox import runner
from workflows.subtrial import Subtrial


async def runs(home: House) -> list[WorkflowExecution]:
    """Every run of every workflow on a queue, as the server lists them."""
    return [each async for each in home.client.list_workflows(f'TaskQueue = "{home.queue}"')]


@asynccontextmanager
async def disturbed(home: House) -> AsyncIterator[None]:
    """Every open workflow is given tasks that lead to nothing, all the time: a signal that it does not know."""

    async def disturb() -> None:
        while True:
            for each in await runs(home):
                if each.close_time is None:
                    with suppress(RPCError):  # it has ended meanwhile
                        await home.client.get_workflow_handle(each.id).signal("nothing")
            await asyncio.sleep(0.03)

    task = asyncio.create_task(disturb())
    try:
        yield
        assert not task.done(), task
    finally:
        task.cancel()


async def replayed(home: House) -> int:
    """Replay every run on the queue; how many."""
    replayer = Replayer(
        workflows=[PatientPathway, Subtrial, CoordinatingMeeting],
        data_converter=home.client.data_converter,
        workflow_runner=runner(),
        interceptors=[OnlyClock(home.clock)],
    )
    found = await runs(home)
    for each in found:
        run = home.client.get_workflow_handle(each.id, run_id=each.run_id)
        await replayer.replay_workflow(await run.fetch_history())
    return len(found)


@pytest.mark.parametrize(("story", "clock"), STORIES, ids=[story.__name__ for story, _ in STORIES])
async def test_a_story_that_is_disturbed_replays(
    story: Story, clock: str, temporal_client: Client, settings: Settings
) -> None:
    own = house(temporal_client, settings, "real" if clock == "real" else "stepped", cached=0)
    async with own as home, disturbed(home):
        await story(home, settings)
        assert await replayed(home)


@pytest.mark.parametrize("what", ["record", "rename"])
async def test_what_follows_a_store_that_came_back_finds_it_back(
    real: House, database: Database, what: str
) -> None:
    handle = await real.enrol(subject=f"JM-{real.queue}")
    await pathways.submit(handle, weight(1, at=datetime.now(UTC)))
    with database.held():
        assert not (await pathways.submit(handle, weight(2, at=datetime.now(UTC)))).recorded
        await handle.signal("nothing")
        await until(lambda: handled(handle))
    await until(lambda: back(handle))
    if what == "record":
        assert (await pathways.submit(handle, weight(3, at=datetime.now(UTC)))).recorded
    else:
        await renaming.rename(handle, new_name(f"P-{real.queue}"))
    assert await replayed(real)


async def handled(handle: pathways.Handle) -> bool:
    """Whether the newest signal has been seen by a task that is done with it."""
    kinds = [EventType.Name(event.event_type) async for event in handle.fetch_history_events()]
    return (
        "EVENT_TYPE_WORKFLOW_TASK_COMPLETED" in kinds[kinds.index("EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED") :]
    )
