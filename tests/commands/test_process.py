"""`allpath server` and `allpath worker` in the foreground."""

import asyncio
import signal
import sys
from pathlib import Path

from runtime.server import free_ports
from runtime.settings import Settings
from tests.commands.conftest import ROOT, Process, environment_of


async def started(
    environment: dict[str, str], folder: Path, sign: str, *arguments: str
) -> asyncio.subprocess.Process:
    """The process of a command, once it has said the sign on standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "starter", *arguments,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stderr is not None
    said = ""
    async for line in process.stderr:
        said += line.decode()
        if sign in said:
            return process
    raise AssertionError(said)


async def ended(process: asyncio.subprocess.Process) -> int:
    """The status of a process that was told to stop."""
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    rest = (await process.stderr.read()).decode()
    assert "Traceback" not in rest
    return await process.wait()


async def test_server_and_worker_run_until_interrupted_and_keep_what_was_recorded(
    own_settings: Settings, tmp_path: Path
) -> None:
    port, ui_port = free_ports(2)
    mine = own_settings.model_copy(
        update={
            "data_dir": tmp_path / "data",
            "temporal_address": f"127.0.0.1:{port}",
            "ui_address": f"http://127.0.0.1:{ui_port}",
        }
    )
    environment = environment_of(mine)
    allpath = Process(environment, tmp_path)
    for _ in range(2):
        server = await started(environment, tmp_path, "not a medical device", "server")
        # A second one finds the first, says so and leaves it alone.
        second = await allpath("server")
        assert (second.status, "runs already" in second.err) == (0, True)
        worker = await started(environment, tmp_path, "worker serves", "worker")
        enrolment = await allpath("enrol", "STAYS", "--protocol", "interfant-21", "--site", "S01")
        assert enrolment.status in (0, 3)
        assert await ended(worker) == 0
        assert await ended(server) == 0
    assert "already enrolled" in enrolment.err


async def test_without_a_worker_a_command_says_so_with_status_4(
    own_settings: Settings, tmp_path: Path
) -> None:
    lonely = own_settings.model_copy(update={"task_queue": f"nobody-{tmp_path.name}"})
    allpath = Process(environment_of(lonely), tmp_path)
    enrolled = await allpath("enrol", "LONELY", "--protocol", "interfant-21", "--site", "S01")
    assert enrolled.status == 0
    assert "no worker has taken the pathway up" in enrolled.err
    said = await allpath("record", "LONELY", "wbc", "85", "--unit", "10^9/L")
    assert said.status == 4
    assert "worker" in said.err
