"""The local server: it starts, keeps, stops, and never touches what it did not start."""

import asyncio
import os
import socket
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from contracts import search_attributes as attributes
from runtime.connection import connect
from runtime.errors import LocalServerError, ServerUnreachable
from runtime.keys import make_keys
from runtime.server import RETENTION, LocalServer, free_ports, local_server, temporal_binary
from runtime.settings import Settings


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_it_knows_every_search_attribute_and_keeps_closed_workflows(temporal_client: Client) -> None:
    known = await temporal_client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace="default")
    )
    assert {key.name for key in attributes.ALL} <= set(known.custom_attributes)
    described = await temporal_client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace="default")
    )
    kept = timedelta(seconds=described.config.workflow_execution_retention_ttl.seconds)
    assert kept == RETENTION


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's list of sockets")
async def test_it_listens_on_the_loopback_interface_only(temporal_server: LocalServer) -> None:
    assert temporal_server.address.startswith("127.0.0.1:")
    listening = {
        socket.inet_ntoa(bytes.fromhex(local.split(":")[0])[::-1])
        for local, state in (
            (line.split()[1], line.split()[3]) for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        )
        if state == "0A" and int(local.split(":")[1], 16) == int(temporal_server.address.split(":")[1])
    }
    assert listening == {"127.0.0.1"}


async def test_what_it_was_told_is_there_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "temporal"
    async with local_server(folder, search_attributes=attributes.ALL) as server:
        settings = Settings(data_dir=tmp_path, temporal_address=server.address)
        make_keys(settings.key_file)
        client = await connect(settings)
        await client.start_workflow(
            "Nobody",
            "born 2024-06-08",
            id="kept",
            task_queue="nobody-listens",
            search_attributes=TypedSearchAttributes([SearchAttributePair(attributes.LATE, 3)]),
        )
        first = server.pid
    assert not alive(first)
    async with local_server(folder, search_attributes=attributes.ALL) as server:
        client = await connect(Settings(data_dir=tmp_path, temporal_address=server.address))
        found = await client.get_workflow_handle("kept").describe()
        assert found.workflow_type == "Nobody"
        assert found.typed_search_attributes[attributes.LATE] == 3
    database = b"".join(file.read_bytes() for file in folder.glob("temporal.db*"))
    assert b"Nobody" in database
    assert b"2024-06-08" not in database


async def test_a_server_that_runs_on_the_same_data_is_shared_and_left_running(tmp_path: Path) -> None:
    async with local_server(tmp_path) as owner:
        async with local_server(tmp_path) as guest:
            assert (guest.pid, guest.address) == (owner.pid, owner.address)
            assert owner.started_here
            assert not guest.started_here
        assert alive(owner.pid)
        await Client.connect(owner.address)
    assert not alive(owner.pid)
    assert not (tmp_path / "temporal.json").exists()


async def test_a_note_of_a_server_that_died_is_no_hindrance(tmp_path: Path) -> None:
    async with local_server(tmp_path, in_memory=True) as first:
        note = (tmp_path / "temporal.json").read_text()
    (tmp_path / "temporal.json").write_text(note)
    async with local_server(tmp_path, in_memory=True) as second:
        assert second.started_here
        assert second.pid != first.pid


async def test_it_is_stopped_when_the_work_inside_fails_or_is_cancelled(tmp_path: Path) -> None:
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def work() -> None:
        async with local_server(tmp_path, in_memory=True) as server:
            started.set_result(server.pid)
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    pid = await started
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(pid)


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LocalServerError, match=f"port {port} is in use"):
            async with local_server(tmp_path, port=port):
                pass


async def test_a_server_that_ends_at_once_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(LocalServerError, match=r"ended with status 1.*no-such-option"):
        async with local_server(tmp_path, options=["--no-such-option"]):
            pass


def test_a_missing_program_tells_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(LocalServerError, match=r"allpath\[local\].*ALLPATH_TEMPORAL_ADDRESS"):
        temporal_binary()


async def test_nobody_at_the_address_is_said_plainly(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    settings = Settings(data_dir=tmp_path, temporal_address=f"127.0.0.1:{port}")
    make_keys(settings.key_file)
    with pytest.raises(ServerUnreachable, match=rf"127\.0\.0\.1:{port}.*ALLPATH_TEMPORAL_ADDRESS") as refused:
        await connect(settings)
    assert refused.value.exit_status == 4
