"""The demo's processes: a server, a worker and the pages, that are started again whenever they die."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from commands.demo.folder import LABEL, DemoState, demo_environment, write_config, write_state
from commands.process import lives
from contracts import search_attributes as attributes
from runtime.errors import LocalServerError
from runtime.keys import make_keys
from runtime.server import LOOPBACK, LocalServer, free_ports, local_server
from runtime.settings import Settings, load_settings

ROOT: Final = Path(__file__).resolve().parents[2]
WANTED: Final = (7233, 8233)
"""Ports of server and UI, where nothing else has them."""
PAGES: Final = 8240
"""The port of the pages, where nothing else has it."""
LOOK: Final = 0.2
GRACE: Final = 20.0
"""Seconds that the worker has to finish what it does."""


class Supervisor:
    """The demo's server, worker and pages. `say` is told what happens to them."""

    def __init__(self, folder: Path, ports: tuple[int, int], text: str, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.ports = ports
        self._text = text
        self.restarts = 0
        self.ui_address = f"http://{LOOPBACK}:{ports[1]}"
        self.address = f"{LOOPBACK}:{ports[0]}"
        self.settings: Settings
        self._say = say
        self.pages = f"{LOOPBACK}:{_free_one(PAGES)}"
        self._server: LocalServer | None = None
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._waits: dict[str, float] = {}

    @classmethod
    @asynccontextmanager
    async def open(
        cls, folder: Path, last: DemoState | None, text: str, say: Callable[[str], None]
    ) -> AsyncIterator[Supervisor]:
        """Keep the processes alive while the context lasts. Raises `LocalServerError` if the server cannot be started."""
        household = cls(folder, _ports(last), text, say)
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        keepers = [asyncio.create_task(household._keep_server(ready))]
        try:
            await ready
            keepers += [asyncio.create_task(household._keep(name)) for name in household.programs]
            yield household
        finally:
            # The worker first: it still has something to say to the server.
            for keeper in reversed(keepers):
                keeper.cancel()
                await asyncio.gather(keeper, return_exceptions=True)

    def state(self, *, finished: bool) -> DemoState:
        """What the next demo must know."""
        return DemoState(self.address, self.ui_address, self._text, finished)

    def trouble(self, child: str) -> None:
        """A child waits for the server or the worker."""
        if time.monotonic() - self._waits.get(child, -60) > 10:
            self._say(f"{child} waits for the server and the worker; nothing is lost")
        self._waits[child] = time.monotonic()

    def lines(self) -> list[tuple[str, str]]:
        """The processes, for the display: (words, style)."""
        server = (
            f"server pid {self._server.pid}, log {self._server.log_file}"
            if self._server
            else "server is being started"
        )
        process = self._processes.get("worker")
        alive = process is not None and process.returncode is None
        worker = (
            f"worker pid {process.pid}, log {self._log('worker')}"
            if alive and process
            else "worker is being started"
        )
        found = [
            (server, "dim" if self._server else "bold yellow"),
            (worker, "dim" if alive else "bold yellow"),
        ]
        waiting = [child for child, at in self._waits.items() if time.monotonic() - at < 2]
        if waiting:
            found.append((f"{', '.join(waiting)}: waiting for server and worker; nothing is lost", "yellow"))
        return found

    @property
    def programs(self) -> dict[str, tuple[str, ...]]:
        """The processes beside the server, with their commands; the pages only where they are installed."""
        found: dict[str, tuple[str, ...]] = {"worker": ("worker", "--only-rehearsals", "--with-parent")}
        if find_spec("fastapi") is not None:
            found["pages"] = ("--rehearsal", LABEL, "web", "--with-parent")
        return found

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    # --- the server -----------------------------------------------------------------------------------------------------

    async def _keep_server(self, ready: asyncio.Future[None]) -> None:
        while True:
            try:
                await self._one_server(ready)
            except LocalServerError as error:
                if not ready.done():
                    ready.set_exception(error)
                    return
                self._say(f"the server cannot be started yet: {error}")
                await asyncio.sleep(1)

    async def _one_server(self, ready: asyncio.Future[None]) -> None:
        """Run one server until it dies."""
        async with local_server(
            self.folder, search_attributes=attributes.ALL, port=self.ports[0], ui_port=self.ports[1]
        ) as server:
            self._adopt(server)
            self._say(
                f"server runs at {server.address}, pid {server.pid}, log {server.log_file}; UI {server.ui_address}"
            )
            if not ready.done():
                ready.set_result(None)
            try:
                while lives(server.pid):  # noqa: ASYNC110 (perhaps the child of another)
                    await asyncio.sleep(LOOK)
            except asyncio.CancelledError:
                # One that a killed demo left behind is ours too: this folder is the demo's alone.
                if not server.started_here:
                    with suppress(ProcessLookupError):
                        os.kill(server.pid, signal.SIGTERM)
                raise
            self._server = None
            self.restarts += 1
            self._say(f"server pid {server.pid} has died; starting it again on the same data")

    def _adopt(self, server: LocalServer) -> None:
        """Take the addresses of the server that runs, and write them where the other processes read them."""
        self._server = server
        self.address, self.ui_address = server.address, server.ui_address
        self.ports = (int(server.address.rpartition(":")[2]), int(server.ui_address.rpartition(":")[2]))
        config = write_config(self.folder, self.address, self.ui_address, self.pages)
        os.environ.clear()
        os.environ.update(demo_environment(config))
        self.settings = load_settings()
        if not (self.folder / "allpath.db").exists():
            make_keys(self.settings.key_file)
        write_state(self.folder, self.state(finished=False))

    # --- the others -----------------------------------------------------------------------------------------------------

    async def _keep(self, name: str) -> None:
        pause = 0.2
        try:
            while True:
                process = await self._start(name)
                self._say(
                    f"{name} {'run' if name == 'pages' else 'runs'}, pid {process.pid}, log {self._log(name)}"
                )
                began = time.monotonic()
                status = await process.wait()
                self.restarts += 1
                how = f"was killed (signal {-status})" if status < 0 else f"has ended (status {status})"
                self._say(f"{name} pid {process.pid} {how}; starting another")
                pause = 0.2 if time.monotonic() - began > 5 else min(pause * 2, 5)
                await asyncio.sleep(pause)
        except asyncio.CancelledError:
            await self._stop(name)
            raise

    async def _start(self, name: str) -> asyncio.subprocess.Process:
        environment = demo_environment(self.folder / "allpath.toml")
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))
        with self._log(name).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "starter", *self.programs[name],
                # Its input ends when we die, however we die; then it stops too.
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                # Ctrl-C is for us: we stop it after its work is done.
                start_new_session=True,
            )  # fmt: skip
        self._processes[name] = process
        return process

    async def _stop(self, name: str) -> None:
        process = self._processes.get(name)
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(GRACE):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _ports(last: DemoState | None) -> tuple[int, int]:
    """The ports of the demo that goes on, else the usual ones, else free ones."""
    wanted = WANTED
    if last is not None:
        wanted = (int(last.address.rpartition(":")[2]), int(last.ui_address.rpartition(":")[2]))
    free = free_ports(2)
    return (
        wanted[0] if _is_free(wanted[0]) else free[0],
        wanted[1] if _is_free(wanted[1]) else free[1],
    )


def _free_one(wanted: int) -> int:
    """A port: the wanted one where nothing else has it."""
    return wanted if _is_free(wanted) else free_ports(1)[0]


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are only waiting to expire is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
