"""Processes that stay: the local server and the worker, in the foreground."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from commands.errors import UsageError
from commands.screen import make_console, notice

if TYPE_CHECKING:
    from runtime.server import LocalServer
    from runtime.settings import Settings

POLL: float = 0.5
"""Seconds between two looks at whether the server still lives."""


def server(
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=1, max=65535, help="Port of the server. Default: that of the settings, 7233."
        ),
    ] = None,
    ui_port: Annotated[
        int | None,
        typer.Option(
            "--ui-port", min=1, max=65535, help="Port of its UI. Default: that of the settings, 8233."
        ),
    ] = None,
) -> None:
    """Run the local Temporal server with its UI, in the foreground, until Ctrl-C. Its data stay in the data folder."""
    from runtime.logging import configure_logging
    from runtime.settings import load_settings

    settings = load_settings()
    if not settings.uses_local_server and not settings.temporal_address.startswith(
        ("127.", "localhost:", "[::1]:")
    ):
        raise UsageError(
            f"the settings name a server elsewhere ({settings.temporal_address}); "
            "unset ALLPATH_TEMPORAL_ADDRESS to run a local one"
        )
    configure_logging(level=settings.log_level, form=settings.log_format)
    raise typer.Exit(asyncio.run(_serve(settings, port, ui_port)))


async def _serve(settings: Settings, port: int | None, ui_port: int | None) -> int:
    from contracts import search_attributes as attributes
    from runtime.errors import LocalServerError
    from runtime.server import local_server
    from runtime.settings import begin_house

    stop = _stop_on_signals()
    folder = begin_house(settings) / "temporal"
    async with local_server(
        folder,
        search_attributes=attributes.ALL,
        port=port or _port_of(settings.temporal_address),
        ui_port=ui_port or _port_of(settings.ui_address.rstrip("/")),
    ) as running:
        _tell(settings, running)
        if not running.started_here:
            return 0
        while not stop.is_set() and lives(running.pid):
            try:
                async with asyncio.timeout(POLL):
                    await stop.wait()
            except TimeoutError:
                continue
        if not stop.is_set():
            raise LocalServerError(f"the Temporal server has ended by itself; see {running.log_file}")
    make_console(stderr=True).print("server stopped; its data are kept")
    return 0


def _tell(settings: Settings, running: LocalServer) -> None:
    console = make_console(stderr=True)
    verb = "runs" if running.started_here else "runs already, started by another process"
    console.print(Text.assemble(("server ", "bold green"), f"{verb} at {running.address}, pid {running.pid}"))
    console.print(f"UI      {running.ui_address}")
    console.print(f"data    {running.database}")
    console.print(f"log     {running.log_file}")
    if running.address != settings.temporal_address:
        console.print(f"Other commands find it with: export ALLPATH_TEMPORAL_ADDRESS={running.address}")
    if running.started_here:
        console.print("Next, in another terminal: allpath worker. Ctrl-C stops the server; nothing is lost.")
    notice(console)


def _port_of(address: str) -> int:
    """The port at the end of `host:port` or of an http address; 0 (any) if there is none."""
    tail = address.rpartition(":")[2]
    return int(tail) if tail.isdigit() else 0


def lives(pid: int) -> bool:
    """Whether there is a process of that id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    return stop


WithParentOption = Annotated[
    bool,
    typer.Option(
        "--with-parent", hidden=True, help="Stop when standard input ends, as it does when its maker dies."
    ),
]


def worker(
    rehearsals: Annotated[
        bool, typer.Option("--rehearsals", help="Serve the rehearsal queue too, not only production.")
    ] = False,
    only_rehearsals: Annotated[
        bool, typer.Option("--only-rehearsals", help="Serve the rehearsal queue alone.")
    ] = False,
    with_parent: WithParentOption = False,
) -> None:
    """Run a worker in the foreground until Ctrl-C: it carries pathways on and sends notices. Any number may run."""
    import worker as process
    from contracts.base import Clock
    from runtime.logging import configure_logging
    from runtime.settings import load_settings

    settings = load_settings()
    configure_logging(level=settings.log_level, form=settings.log_format)
    clocks: tuple[Clock, ...] = (
        ("stepped",) if only_rehearsals else ("real", "stepped") if rehearsals else ("real",)
    )

    async def serve() -> None:
        stop = asyncio.Event()
        watch = asyncio.create_task(until_input_ends(stop)) if with_parent else None
        queues = " and ".join(process.queue_for(settings, clock) for clock in clocks)

        def ready() -> None:
            make_console(stderr=True).print(
                Text.assemble(
                    ("worker ", "bold green"),
                    f"serves {queues} at {settings.temporal_address}, pid {os.getpid()}",
                )
            )

        await process.serve(settings, clocks=clocks, stop=stop, ready=ready)
        if watch is not None:
            watch.cancel()

    asyncio.run(serve())


async def until_input_ends(stop: asyncio.Event) -> None:
    """Set `stop` when standard input ends: whoever holds its other end has gone."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        continue
    stop.set()
