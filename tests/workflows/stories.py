"""What the recorded histories tell: each story is played on a real server and its runs are kept as files.

Record them anew, when a change to `workflows/pathway.py` is meant to be one that no open run can have met:

    python -m tests.workflows.stories

The payloads are readable (there is nothing but a made-up protocol in them), so that a difference can be read too.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from temporalio.client import Client, WorkflowHandle
from temporalio.converter import DataConverter

from runtime.codec import AllpathPayloadConverter
from runtime.process import run_to_end
from runtime.server import local_server
from runtime.settings import Settings
from tests.workflows.conftest import START, House, action, house, later, mrd, registered, until, weight
from tests.workflows.toy import TOY
from workflows import attributes
from workflows import client as pathways

HISTORIES: Final = Path(__file__).parent / "histories"
READABLE: Final = DataConverter(payload_converter_class=AllpathPayloadConverter)


async def a_rehearsal(home: House, _: Settings) -> pathways.Handle:
    """Reports, refusals, steps of the clock, the same report again, and several runs."""
    handle = await home.enrol(continue_after=4)
    await pathways.submit(handle, action("e1", "therapy_started"))
    await asyncio.gather(*(pathways.submit(handle, weight(number)) for number in range(4)))
    await pathways.step(handle, later(days=41))
    await pathways.submit(handle, mrd(at=later(days=41)))
    await pathways.submit(handle, mrd(at=later(days=41)))
    await pathways.step(handle, later(days=80))
    await pathways.archive(handle, "operations", "the story is over")
    await handle.result()
    return handle


async def a_patient(home: House, _: Settings) -> pathways.Handle:
    """The real clock: a timer that is moved, and one that fires."""
    handle = await home.enrol()
    now = datetime.now(UTC)
    await pathways.submit(handle, weight(1, at=now))
    await pathways.submit(
        handle,
        action("e1", "therapy_started", at=now, occurred=now - timedelta(hours=1) + timedelta(seconds=2)),
    )

    async def raised() -> bool:
        return "NO-VISIT" in [entry.id for entry in (await pathways.timeline(handle)).entries]

    await until(raised)
    await pathways.submit(handle, action("e2", "visit", at=datetime.now(UTC)))
    return handle


async def a_store_that_is_away(home: House, settings: Settings) -> pathways.Handle:
    """The store is away for a while, across a run."""
    handle = await home.enrol(continue_after=3)
    await pathways.submit(handle, mrd())
    connection = sqlite3.connect(settings.database_url.partition("///")[2], isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    for number in range(5):
        await pathways.submit(handle, weight(number, at=START))
    connection.execute("ROLLBACK")
    connection.close()

    async def recorded() -> bool:
        return not (await pathways.state(handle)).unrecorded

    await until(recorded)
    return handle


Story = Callable[[House, Settings], Awaitable[pathways.Handle]]
STORIES: Final[tuple[tuple[Story, str], ...]] = (
    (a_rehearsal, "stepped"),
    (a_patient, "real"),
    (a_store_that_is_away, "stepped"),
)


async def record() -> None:
    """Play every story and keep the history of each of its runs."""
    HISTORIES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with local_server(Path(folder) / "temporal", search_attributes=attributes.ALL) as server:
            client = await Client.connect(server.address, data_converter=READABLE, identity="stories")
            for story, clock in STORIES:
                data = Path(folder) / story.__name__
                data.mkdir()
                settings = Settings(data_dir=data, temporal_address=server.address)
                with registered(TOY):
                    async with house(client, settings, "real" if clock == "real" else "stepped") as home:
                        await keep(client, story.__name__, await story(home, settings))


async def keep(client: Client, name: str, handle: pathways.Handle) -> None:
    """Write the history of every run of a pathway, oldest first."""
    for old in HISTORIES.glob(f"{name}-*.json"):
        old.unlink()
    described = await handle.describe()
    run: WorkflowHandle[object, object] = client.get_workflow_handle(
        handle.id, run_id=described.raw_description.workflow_execution_info.first_run_id
    )
    number = 0
    while True:
        number += 1
        history = await run.fetch_history()
        (HISTORIES / f"{name}-{number}.json").write_text(
            json.dumps({"workflow_id": history.workflow_id, **history.to_json_dict()}, indent=1) + "\n"
        )
        following = history.events[
            -1
        ].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
        if not following:
            print(f"{name}: {number} runs")
            return
        run = client.get_workflow_handle(handle.id, run_id=following)


def main() -> int:
    """Record all stories."""
    asyncio.run(record())
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    run_to_end(main)
