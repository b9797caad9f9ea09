"""The command line as people call it: in this process for what needs no server, as a process of its own for the rest."""

import asyncio
import json
import os
import sys
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


class Process:
    """Runs commands as processes, with the given environment."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.environment = {**environment, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        self.folder = folder

    async def __call__(self, *arguments: str | Path) -> Said:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "starter",
            *(str(argument) for argument in arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment,
            cwd=self.folder,
        )
        out, err = await process.communicate()
        said = Said(process.returncode or 0, out.decode(), err.decode())
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
    async with running(temporal_client, own_settings):
        yield Process(environment_of(own_settings), tmp_path)
