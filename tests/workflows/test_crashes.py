"""Kill anything at any moment: what was accepted is there, once, and the pathway goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from client import pathways
from client.pathways import new_start, start_pathway
from contracts import search_attributes as attributes
from contracts.messages import Receipt
from pathway.site import Site
from runtime.connection import connect
from runtime.keys import make_keys
from runtime.server import LocalServer, free_ports, local_server
from runtime.settings import Settings
from store import queries
from store.engine import Store
from tests.workflows.conftest import START, later, until, weight

ROOT = Path(__file__).parents[2]
submit = partial(pathways.submit, patience=timedelta(minutes=2))
"""A worker or server needs its time to start, on a machine that is busy with other work."""


@asynccontextmanager
async def worker_process(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker in a process of its own, ready to work."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.workflows.worker_process",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "ALLPATH_DATA_DIR": str(settings.data_dir),
            "ALLPATH_DATABASE_URL": settings.database_url,
            "ALLPATH_TEMPORAL_ADDRESS": settings.temporal_address,
            "ALLPATH_TASK_QUEUE": settings.task_queue,
            "ALLPATH_REHEARSAL_TASK_QUEUE": settings.rehearsal_task_queue,
        },
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(120):
            assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def own_queues(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with queues that only this test's workers serve."""
    return settings.model_copy(
        update={"task_queue": tmp_path.name, "rehearsal_task_queue": f"{tmp_path.name}-rehearsal"}
    )


async def stored(settings: Settings, handle: pathways.Handle) -> list[str]:
    async with Store(settings.database_url) as store, store.reading() as session:
        return [event.id for event in await queries.events(session, handle.id)]


async def test_a_worker_that_is_killed_at_any_moment_loses_and_doubles_nothing(own_queues: Settings) -> None:
    client = await connect(own_queues)
    start = new_start(
        "toy", "KILLED", Site("S01"), started_at=START, label=own_queues.task_queue.replace("_", "-")
    )
    start = start.model_copy(update={"continue_after": 5})
    handle = await start_pathway(client, start, queue=own_queues.rehearsal_task_queue)
    sent = 0
    burst: list[asyncio.Task[Receipt]] = []
    for _ in range(2):
        # Each worker first answers what the one before it has left, and is killed in the midst of the next burst.
        async with worker_process(own_queues) as process:
            assert all(receipt.accepted for receipt in await asyncio.gather(*burst))
            await submit(handle, weight(sent))
            burst = [asyncio.create_task(submit(handle, weight(sent + n))) for n in range(1, 8)]
            await asyncio.wait(burst, return_when=asyncio.FIRST_COMPLETED)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        sent += 8
    async with worker_process(own_queues):
        assert all(receipt.accepted for receipt in await asyncio.gather(*burst))
        await pathways.step(handle, later(days=1))

        async def recorded() -> bool:
            return (await pathways.state(handle)).unrecorded == 0

        # A batch that died with its worker is tried again when its attempt has timed out.
        await until(recorded)
        state = await pathways.state(handle)
    assert state.events == sent
    assert sorted(await stored(own_queues, handle)) == sorted(f"w{number}" for number in range(sent))


async def test_a_worker_that_is_told_to_stop_finishes_what_it_does(own_queues: Settings) -> None:
    client = await connect(own_queues)
    start = new_start(
        "toy", "STOPPED", Site("S01"), started_at=START, label=own_queues.task_queue.replace("_", "-")
    )
    handle = await start_pathway(client, start, queue=own_queues.rehearsal_task_queue)
    async with worker_process(own_queues) as process:
        assert (await submit(handle, weight(1))).recorded
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        async with asyncio.timeout(60):
            assert await process.stdout.readline() == b"stopped\n"
            assert await process.wait() == 0


async def test_a_server_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    port, ui_port = free_ports(2)
    settings = Settings(data_dir=tmp_path, temporal_address=f"127.0.0.1:{port}", task_queue="killed-server")
    make_keys(settings.key_file)

    def server() -> AbstractAsyncContextManager[LocalServer]:
        return local_server(
            tmp_path / "temporal", search_attributes=attributes.ALL, port=port, ui_port=ui_port
        )

    async with server() as running:
        client = await connect(settings)
        start = new_start("toy", "SERVER", Site("S01"), started_at=START)
        handle = await start_pathway(client, start, queue=settings.rehearsal_task_queue)
        async with worker_process(settings):
            await submit(handle, weight(0))
            burst = [asyncio.create_task(submit(handle, weight(number))) for number in range(1, 10)]
            await asyncio.wait(burst, return_when=asyncio.FIRST_COMPLETED)
            os.kill(running.pid, signal.SIGKILL)
            await until(lambda: closed(port))
            (tmp_path / "temporal" / "temporal.json").unlink()
            async with server():
                receipts = await asyncio.gather(*burst)
                assert {receipt.event_id for receipt in receipts} == {f"w{number}" for number in range(1, 10)}
                again = await submit(handle, weight(0))
                assert again.recorded
                assert (await pathways.state(handle)).events == 10
    assert sorted(await stored(settings, handle)) == sorted(f"w{number}" for number in range(10))


async def closed(port: int) -> bool:
    """Whether nobody listens at a port any more."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return True
    writer.close()
    return False


async def test_a_server_that_is_away_is_named_and_the_report_may_be_sent_again(tmp_path: Path) -> None:
    port, ui_port = free_ports(2)
    settings = Settings(data_dir=tmp_path, temporal_address=f"127.0.0.1:{port}")
    make_keys(settings.key_file)
    async with local_server(
        tmp_path / "temporal", search_attributes=attributes.ALL, port=port, ui_port=ui_port
    ):
        client = await connect(settings)
    handle = pathways.pathway_handle(client, "toy", "P1")
    with pytest.raises(pathways.NoAnswer, match="recorded once") as error:
        await pathways.submit(handle, weight(1), patience=timedelta(seconds=3))
    assert error.value.exit_status == 4
