"""What the recorded histories tell: each story is played on a real server and its runs are kept as files.

Record them anew, when a change to `workflows/pathway.py` is meant to be one that no open run can have met:

    python -m tests.workflows.stories [STORY ...]

The payloads are readable (there is nothing but a made-up protocol in them), so that a difference can be read too.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from temporalio.client import Client, WorkflowHandle
from temporalio.converter import DataConverter

from client import pathways
from client.meetings import new_meeting_start, start_meeting
from contracts import search_attributes as attributes
from pathway.events import Report
from pathway.site import Site
from runtime.codec import AllpathPayloadConverter
from runtime.keys import make_keys
from runtime.process import run_to_end
from runtime.server import local_server
from runtime.settings import Settings
from tests.workflows.conftest import START, House, action, house, later, mrd, registered, until, weight, wish
from tests.workflows.toy import TOY
from tests.workflows.toy_platform import FULL, PLATFORM

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
    """The real clock: a timer that an earlier first dose brings nearer, and one that fires."""
    handle = await home.enrol()
    now = datetime.now(UTC)
    await pathways.submit(handle, weight(1, at=now))
    await pathways.submit(handle, action("e0", "therapy_started", at=now))
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


async def a_store_that_comes_back(home: House, settings: Settings) -> pathways.Handle:
    """The store is away, comes back when nothing else happens, and then there is something to bring to it."""
    handle = await home.enrol()
    await pathways.submit(handle, weight(1, at=datetime.now(UTC)))
    connection = sqlite3.connect(settings.database_url.partition("///")[2], isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    assert not (await pathways.submit(handle, weight(2, at=datetime.now(UTC)))).recorded
    connection.execute("ROLLBACK")
    connection.close()

    async def recorded() -> bool:
        return not (await pathways.state(handle)).unrecorded

    await until(recorded)
    assert (await pathways.submit(handle, weight(3, at=datetime.now(UTC)))).recorded
    return handle


async def a_governor(home: House, _: Settings) -> pathways.AnyHandle:
    """Three patients ask for the only slot of a subtrial; it is given back, and goes to the next. Several runs."""
    governor = await home.govern("A", continue_after=3)
    await three_want_one_slot(home, continue_after=20)
    return governor


async def a_patient_of_a_platform(home: House, _: Settings) -> pathways.AnyHandle:
    """One of those who ask, from enrolment to the end, in several runs."""
    await home.govern("A")
    first = await three_want_one_slot(home, continue_after=2)
    await pathways.archive(first, "operations", "the story is over")
    await first.result()
    return first


async def a_governor_that_is_rehearsed(home: House, _: Settings) -> pathways.AnyHandle:
    """The stepped clock: messages go when the driver says so, and reservations run out."""
    governor = await home.govern("A", continue_after=3)
    patients = [await home.patient(subject) for subject in ("P1", "P2")]
    for number, patient in enumerate(patients):
        await pathways.submit(patient, wish(f"e{number}", "A"))
        await pathways.deliver(patient)
        await pathways.deliver(governor)
    await pathways.step(governor, later(days=20))
    await pathways.deliver(governor)
    await pathways.archive(governor, "operations", "the story is over")
    await governor.result()
    return governor


async def a_meeting(home: House, _: Settings) -> pathways.AnyHandle:
    """Three weeks: one held, one postponed, one that nobody records; agendas frozen and closed. Several runs."""
    start = new_meeting_start(home.platform, Site("OFFICE"), START, label="", continue_after=3)
    handle = await start_meeting(home.client, start, queue=home.queue)
    await pathways.step(handle, later(days=5, hours=5))
    await pathways.submit(handle, became("held", "2025-W06", days=5))
    await pathways.step(handle, later(days=12, hours=5))
    moved = became("postponed", "2025-W07", days=12, reason="r", details=(("to", "2025-02-15 10:00"),))
    await pathways.submit(handle, moved)
    await pathways.step(handle, later(days=25))
    await pathways.archive(handle, "operations", "the story is over")
    await handle.result()
    return handle


def became(name: str, week: str, *, days: int, **fields: Any) -> Report:
    """What became of a meeting."""
    at = later(days=days, hours=5)
    return Report(f"{name}-{week}", "action", at, "coordinator", name, scope=(("week", week),), **fields)


async def three_want_one_slot(home: House, *, continue_after: int) -> pathways.Handle:
    """The first of three patients, who has the slot of subtrial A, then gives it back to the second."""
    first, *others = [
        await home.patient(subject, continue_after=continue_after) for subject in ("P1", "P2", "P3")
    ]
    await pathways.submit(first, wish("e1", "A", datetime.now(UTC)))
    await until(lambda: answered(first, "RESERVED"))
    for other in others:
        await pathways.submit(other, wish("e1", "A", datetime.now(UTC)))
        await until(lambda other=other: answered(other, FULL))  # type: ignore[misc]
    await pathways.submit(first, wish("e2", "NONE", datetime.now(UTC)))
    await until(lambda: answered(others[0], "RESERVED"))
    await until(lambda: answered(first, "RELEASED"))
    return first


async def answered(handle: pathways.Handle, state: str) -> bool:
    """Whether a patient's pathway has heard that of its request in subtrial A."""
    (standing, *_) = (await pathways.plan(handle)).plan["standings"]
    return bool(standing["slot"] == state)


Story = Callable[[House, Settings], Awaitable[pathways.AnyHandle]]
STORIES: Final[tuple[tuple[Story, str], ...]] = (
    (a_rehearsal, "stepped"),
    (a_patient, "real"),
    (a_store_that_is_away, "stepped"),
    (a_store_that_comes_back, "real"),
    (a_governor, "real"),
    (a_patient_of_a_platform, "real"),
    (a_governor_that_is_rehearsed, "stepped"),
    (a_meeting, "stepped"),
)


async def record(names: Collection[str]) -> None:
    """Play every story, or those named, and keep the history of each of its runs."""
    HISTORIES.mkdir(exist_ok=True)
    for story, clock in STORIES:
        if names and story.__name__ not in names:
            continue
        with tempfile.TemporaryDirectory() as folder, registered(TOY, PLATFORM):
            async with local_server(Path(folder) / "temporal", search_attributes=attributes.ALL) as server:
                client = await Client.connect(server.address, data_converter=READABLE, identity="stories")
                settings = Settings(data_dir=Path(folder), temporal_address=server.address)
                make_keys(settings.key_file)
                own = house(client, settings, "real" if clock == "real" else "stepped", platform=PLATFORM)
                async with own as home:
                    await keep(client, story.__name__, await story(home, settings))


async def keep(client: Client, name: str, handle: pathways.AnyHandle) -> None:
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
    """Record all stories, or those named."""
    asyncio.run(record(sys.argv[1:]))
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    run_to_end(main)
