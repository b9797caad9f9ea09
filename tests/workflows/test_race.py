"""Two hundred patients race for the last slots of four subtrials, while workers and the server are killed: no level is
over-filled, nobody is lost, and what was decided is what the recorded order of arrival says."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from temporalio.client import Client

from client import pathways
from contracts import search_attributes as attributes
from contracts.messages import PlanView, pathway_id
from contracts.subtrial_start import subtrial_id
from pathway.events import Event
from pathway.language import SLOT_FACT
from pathway.language.profile import make_profile
from pathway.record import Record
from pathway.site import Site
from pathway.subtrial.govern import govern, subtrial_json
from pathway.subtrial.plan import Governor, SubtrialPlan
from protocols import compiled
from runtime.connection import connect
from runtime.keys import make_keys
from runtime.server import LocalServer, free_ports, local_server
from runtime.settings import Settings
from store import queries
from store.engine import Store
from store.schema import EventRow
from tests.workflows.conftest import until, wish
from tests.workflows.test_crashes import closed, worker_process
from tests.workflows.toy_platform import FULL, SLOTS, SUBTRIALS

OFFICE = Site("OFFICE", "Europe/Berlin")
PATIENTS = 200
CLIENTS = 20
PATIENCE = timedelta(seconds=120)
KILLED = ("worker", "server", "worker", "server")
"""What is killed, one after the other, each time some more of the patients have asked."""


class Machine:
    """A server and two workers that can be killed, and are started again."""

    def __init__(self, settings: Settings, folder: Path, port: int, ui_port: int) -> None:
        self.settings = settings
        self._folder = folder
        self._ports = port, ui_port
        self._server = AsyncExitStack()
        self._running: LocalServer | None = None
        self._workers = [AsyncExitStack(), AsyncExitStack()]
        self._processes: list[asyncio.subprocess.Process | None] = [None, None]

    async def start(self) -> None:
        """Start all of it."""
        await self._start_server()
        await asyncio.gather(*(self._start_worker(number) for number in range(len(self._workers))))

    async def stop(self) -> None:
        """Stop all of it."""
        for stack in (*self._workers, self._server):
            await stack.aclose()

    async def kill_worker(self, number: int) -> None:
        """SIGKILL, and start another."""
        process = self._processes[number]
        assert process is not None
        process.send_signal(signal.SIGKILL)
        await self._workers[number].aclose()
        await self._start_worker(number)

    async def kill_server(self) -> None:
        """SIGKILL, and start it again on the same files and port."""
        assert self._running is not None
        os.kill(self._running.pid, signal.SIGKILL)
        await until(lambda: closed(self._ports[0]))
        (self._folder / "temporal.json").unlink()
        await self._start_server()

    async def _start_server(self) -> None:
        port, ui_port = self._ports
        self._running = await self._server.enter_async_context(
            local_server(self._folder, search_attributes=attributes.ALL, port=port, ui_port=ui_port)
        )

    async def _start_worker(self, number: int) -> None:
        self._processes[number] = await self._workers[number].enter_async_context(
            worker_process(self.settings)
        )


@asynccontextmanager
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    port, ui_port = free_ports(2)
    settings = Settings(data_dir=tmp_path, temporal_address=f"127.0.0.1:{port}", task_queue="race")
    make_keys(settings.key_file)
    running = Machine(settings, tmp_path / "temporal", port, ui_port)
    try:
        await running.start()
        yield running
    finally:
        await running.stop()


def asked_for(number: int) -> str:
    """The subtrial that a patient asks for."""
    return SUBTRIALS[number % len(SUBTRIALS)]


async def ask(client: Client, queue: str, number: int) -> None:
    """Enrol a patient, and ask for a slot."""
    start = pathways.new_start("platform", f"P{number:03}", Site(f"S{number % 7}"))
    handle = await pathways.start_pathway(client, start, queue=queue, patience=PATIENCE)
    await pathways.submit(handle, wish("wish", asked_for(number), datetime.now(UTC)), patience=PATIENCE)


async def test_nobody_is_lost_and_no_subtrial_overfilled_while_everything_is_killed(tmp_path: Path) -> None:
    chance = random.Random(5)
    async with machine(tmp_path) as running:
        settings = running.settings
        clients = [await connect(settings) for _ in range(CLIENTS)]
        order = list(range(PATIENTS))
        chance.shuffle(order)
        await race(running, clients, order, chance)
        async with Store(settings.database_url) as store:
            told = await answers(store)
            records = {each: await record_of(store, subtrial_id("platform", each)) for each in SUBTRIALS}
        plans = {each: await plan_of(clients[0], each) for each in SUBTRIALS}

    for subtrial in SUBTRIALS:
        wishers = {f"P{number:03}" for number in range(PATIENTS) if asked_for(number) == subtrial}
        governor = Governor(
            compiled("platform"), subtrial, make_profile(compiled("platform").protocol, {}, False), OFFICE
        )
        events, view = records[subtrial], plans[subtrial]
        # Never over-filled: not after any event.
        so_far = Record.of(())
        for event in events:
            so_far.append(event)
            plan = govern(governor, so_far, event.recorded)
            assert len(taken(plan)) <= SLOTS[subtrial]
        # Nobody lost: everyone who asked has a slot, or waits for one, and knows it.
        plan = govern(governor, so_far, datetime.fromisoformat(view.plan["at"]))
        granted, waiting = taken(plan), {each.subject for each in plan.waiting}
        assert len(granted) == SLOTS[subtrial]
        assert granted | waiting == wishers
        assert granted.isdisjoint(waiting)
        assert {subject for subject in wishers if told[subject] == "RESERVED"} == granted
        assert {subject for subject in wishers if told[subject] == FULL} == waiting
        # First come, first served, by the recorded order of arrival: the same as one after the other, to the last word.
        arrived = list(dict.fromkeys(dict(event.scope)["subject"] for event in events))
        assert granted == set(arrived[: SLOTS[subtrial]])
        assert [each.subject for each in plan.waiting] == arrived[SLOTS[subtrial] :]
        assert json.dumps(view.plan) == json.dumps(subtrial_json(governor, so_far, plan))


async def race(running: Machine, clients: list[Client], order: list[int], chance: random.Random) -> None:
    """Let everybody ask, and kill something now and then; come back when everybody has been answered."""
    turns = {PATIENTS * (n + 1) // (len(KILLED) + 1): what for n, what in enumerate(KILLED)}
    asked = 0
    kills: asyncio.Queue[str | None] = asyncio.Queue()

    async def one_after_the_other(client: Client, numbers: list[int]) -> None:
        nonlocal asked
        for number in numbers:
            await ask(client, running.settings.task_queue, number)
            asked += 1
            if asked in turns:
                kills.put_nowait(turns[asked])

    async def kill() -> None:
        while (what := await kills.get()) is not None:
            if what == "server":
                await running.kill_server()
            else:
                await running.kill_worker(chance.randrange(2))

    killer = asyncio.create_task(kill())
    await asyncio.gather(
        *(one_after_the_other(client, order[n::CLIENTS]) for n, client in enumerate(clients))
    )
    kills.put_nowait(None)
    await killer

    async def everybody_answered() -> bool:
        if not set((await answers(store)).values()) <= {"RESERVED", FULL}:
            return False
        governors = [pathways.subtrial_handle(clients[0], "platform", each) for each in SUBTRIALS]
        states = [await pathways.state(governor, patience=PATIENCE) for governor in governors]
        return not any(state.messages_waiting or state.unrecorded for state in states)

    async with Store(running.settings.database_url) as store:
        await until(everybody_answered, seconds=120)


async def answers(store: Store) -> dict[str, str]:
    """What each patient was last told, by their own record; "" nothing yet."""
    told = select(EventRow.pathway_id, EventRow.content).where(EventRow.name == SLOT_FACT)
    async with store.reading() as session:
        rows = (await session.execute(told.order_by(EventRow.seq))).all()
    last = {pathway: str(json.loads(content)["value"]) for pathway, content in rows}
    patients = [f"P{number:03}" for number in range(PATIENTS)]
    return {each: last.get(pathway_id("platform", each), "") for each in patients}


async def record_of(store: Store, workflow_id: str) -> tuple[Event, ...]:
    """The record of a governor, in the order in which its messages arrived."""
    async with store.reading() as session:
        return await queries.events(session, workflow_id)


async def plan_of(client: Client, subtrial: str) -> PlanView:
    """What a governor shows."""
    return await pathways.plan(pathways.subtrial_handle(client, "platform", subtrial), patience=PATIENCE)


def taken(plan: SubtrialPlan) -> set[str]:
    """Who has a slot."""
    return {slot.subject for slot in plan.slots if slot.state in ("RESERVED", "ENROLLED")}
