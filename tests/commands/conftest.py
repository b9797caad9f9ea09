"""The command line as people call it: in this process for what needs no server, as a process of its own for the rest."""

import asyncio
import json
import os
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from typer.testing import CliRunner

from commands.app import build, shielded
from pathway.errors import AllpathError
from runtime.settings import Settings, make_data_dir
from tests.databases import migrated
from worker import running

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Its JSON."""
        return json.loads(self.out)


class Allpath:
    """Runs commands in this process, with the ends that `starter.main` gives them."""

    def __call__(self, *arguments: str | Path) -> Said:
        result = CliRunner().invoke(build(), shielded([str(argument) for argument in arguments]))
        error = result.exception
        if isinstance(error, AllpathError):
            return Said(error.exit_status, result.stdout, f"allpath: {error}\n")
        if error is not None and not isinstance(error, SystemExit):
            raise error
        return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def allpath() -> Allpath:
    """The program, in this process."""
    return Allpath()


class Forks:
    """The process that commands are forked from: started when it is first needed, one for each test process."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[str, asyncio.Future[int]] = {}

    async def run(self, arguments: list[str], environment: Mapping[str, str], folder: Path) -> Said:
        """Run a command in a process of its own, and wait for it."""
        async with self._starting:
            if self._process is None:
                await self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        id_ = uuid.uuid4().hex
        ended = self._waiting[id_] = asyncio.get_running_loop().create_future()
        with tempfile.TemporaryDirectory() as said:
            out, err = Path(said) / "out", Path(said) / "err"
            request = {
                "id": id_,
                "arguments": arguments,
                "environment": dict(environment),
                "folder": str(folder),
                "out": str(out),
                "err": str(err),
            }
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            await self._process.stdin.drain()
            return Said(await ended, out.read_text(), err.read_text())

    async def stop(self) -> None:
        """End it, if it was started."""
        if self._process is not None and self._process.stdin is not None and self._reading is not None:
            self._process.stdin.close()
            await self._process.wait()
            await self._reading

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.commands.fork_server",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            answer = json.loads(line)
            self._waiting.pop(answer["id"]).set_result(answer["status"])
        for waiting in self._waiting.values():
            waiting.set_exception(RuntimeError("the process that commands are forked from has ended"))


FORKS = Forks()


@pytest.fixture(scope="session", autouse=True)
async def _forks_end() -> AsyncIterator[None]:
    yield
    await FORKS.stop()


class Process:
    """Runs commands as processes, with the given environment."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.environment = {**environment, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        self.folder = folder

    async def __call__(self, *arguments: str | Path) -> Said:
        said = await FORKS.run([str(argument) for argument in arguments], self.environment, self.folder)
        assert "Traceback" not in said.err, said.err
        return said


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment of a process with these settings, and nothing of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ALLPATH_")}
    return kept | {
        "ALLPATH_DATA_DIR": str(settings.data_dir),
        "ALLPATH_KEY_FILE": str(settings.key_file),
        "ALLPATH_DATABASE_URL": settings.database_url,
        "ALLPATH_TEMPORAL_ADDRESS": settings.temporal_address,
        "ALLPATH_UI_ADDRESS": settings.ui_address,
        "ALLPATH_TASK_QUEUE": settings.task_queue,
        "ALLPATH_REHEARSAL_TASK_QUEUE": settings.rehearsal_task_queue,
    }


@pytest.fixture
def own_settings(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with queues of the test's own, so that no other test's worker takes its work."""
    name = tmp_path.name
    return settings.model_copy(update={"task_queue": f"q-{name}", "rehearsal_task_queue": f"r-{name}"})


@pytest.fixture
async def clinic(own_settings: Settings, temporal_client: Client, tmp_path: Path) -> AsyncIterator[Process]:
    """The command line of a clinic whose server and worker run."""
    make_data_dir(own_settings)
    await migrated(own_settings.database_url)
    async with running(temporal_client, own_settings):
        yield Process(environment_of(own_settings), tmp_path)
