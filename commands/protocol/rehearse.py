"""Rehearsals: scenarios on a virtual clock, in this process or through the production workflows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from commands.errors import UsageError
from commands.known_trials import protocol_text
from commands.options import JsonOption
from commands.screen import KIND_STYLES, make_console, notice, print_json, warn
from commands.session import run
from pathway.engine.context import Compiled
from pathway.errors import UnknownName
from pathway.rehearsal.rehearse import Rehearsed
from pathway.rehearsal.rehearse import rehearse as play
from pathway.rehearsal.scenario import Scenario, read_scenario
from pathway.rehearsal.story import MARKS, Line, tell
from pathway.rehearsal.tree import Malformed

SEVERITIES: Final = {"minor": "yellow", "major": "bold red", "critical": "bold white on red"}


def rehearse(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Scenario files, or folders of them.", show_default=False),
    ],
    definition: Annotated[
        str | None,
        typer.Option(
            "--protocol",
            metavar="PATH",
            help="Play them against the protocol in this file or folder, such as one that is being written.",
        ),
    ] = None,
    durable: Annotated[
        bool,
        typer.Option(
            "--durable",
            help="Through the production workflows, on the server that runs or on one started for this.",
        ),
    ] = False,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="With --durable: in memory too, and stop at the first difference."),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Tell also what was merely planned.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="One line a file, and what is not as expected.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Play scenarios on a virtual clock and tell the story of the patients, day by day.

    The protocol that a scenario names is one of the program's (`allpath protocol list`), or that in the file named by --protocol.
    Status 0: all is as the file expects; 1: something is not; 2: a file is malformed, and nothing was played.
    --json prints the result, in the format allpath.rehearsal/1; for several files a list of results, in their order.
    """
    if compare and not durable:
        raise UsageError("--compare belongs to --durable")
    if definition is not None and durable:
        raise UsageError(
            "--protocol is for rehearsals in this process; a worker knows the protocols of the program only"
        )
    scenarios = read_all(files, _texts(definition))
    played = run(_durably(scenarios, compare=compare)) if durable else [play(each) for each in scenarios]
    if as_json:
        results = [rehearsed.json() for rehearsed in played]
        print_json(results if len(files) > 1 or len(results) > 1 else results[0])
    else:
        _print(played, verbose=verbose, quiet=quiet)
    raise typer.Exit(max((rehearsed.exit_status for rehearsed in played), default=0))


def _texts(definition: str | None) -> Callable[[str], Compiled]:
    """Where scenarios find their protocol: in the program, or in a file. Raises `UsageError`, and `BrokenProtocol`."""
    if definition is None:
        return protocol_text
    from commands.protocol_files import compiled_in

    text = compiled_in(definition)

    def in_the_file(name: str) -> Compiled:
        version = f"{text.protocol.name}@{text.protocol.version.number}"
        if name not in (text.protocol.name, version):
            raise UnknownName(f"{definition} defines {version}, and the scenario is about {name}")
        return text

    return in_the_file


def read_all(paths: Sequence[Path], texts: Callable[[str], Compiled] = protocol_text) -> list[Scenario]:
    """The scenarios of files and folders, in their order. Raises one `Malformed` for all mistakes of all files."""
    scenarios: list[Scenario] = []
    wrong: list[Malformed] = []
    for path in _files(paths):
        try:
            scenarios.append(read(path, texts))
        except Malformed as malformed:
            wrong.append(malformed)
    if wrong:
        raise UsageError("\n".join(str(each) for each in wrong))
    return scenarios


def read(path: Path, texts: Callable[[str], Compiled] = protocol_text) -> Scenario:
    """The scenario in a file. Raises `Malformed`, or `UsageError` if there is no such file."""
    from runtime.yaml_tree import load

    try:
        tree = load(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or 'cannot be read'}; expected a scenario file") from None
    return read_scenario(tree, texts)


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml") and p.is_file())
        if not inside:
            raise UsageError(f"{path}: no scenario files (*.yaml) in this folder")
        found += inside
    return found


# --- through the workflows --------------------------------------------------------------------------------------


async def _durably(scenarios: Sequence[Scenario], *, compare: bool) -> list[Rehearsed]:
    from client.durable_rehearsal import rehearse_durably

    async with _server_and_worker() as (client, queue):
        return await rehearse_durably(client, scenarios, queue=queue, compare=compare)


@asynccontextmanager
async def _server_and_worker() -> AsyncIterator[tuple[Any, str]]:
    """A client of the settings' server, or of one started for this; and a worker of our own for the rehearsal queue.

    A server that we start keeps nothing of the patients': it has a folder, a store and ports of its own.
    """
    from activities.publish import Publisher
    from contracts import search_attributes as attributes
    from runtime.connection import connect
    from runtime.errors import ServerUnreachable
    from runtime.server import local_server
    from runtime.settings import load_settings, make_data_dir
    from store.engine import Store, upgrade
    from worker import build_worker, queue_for

    settings = load_settings()
    async with AsyncExitStack() as stack:
        try:
            client = await connect(settings, identity="allpath rehearse")
        except ServerUnreachable:
            if not settings.uses_local_server:
                raise
            folder = make_data_dir(settings) / "rehearsals"
            server = await stack.enter_async_context(
                local_server(folder, search_attributes=attributes.ALL, options=())
            )
            warn(
                f"no server runs; started one for this rehearsal at {server.address} (UI {server.ui_address})"
            )
            own = {
                "temporal_address": server.address,
                "database_url": f"sqlite+aiosqlite:///{folder / 'allpath.db'}",
            }
            settings = load_settings(**own)
            client = await connect(settings, identity="allpath rehearse")
        await upgrade(settings.database_url)
        store = await stack.enter_async_context(Store(settings.database_url))
        queue = queue_for(settings, "stepped")
        await stack.enter_async_context(build_worker(client, Publisher(store), queue=queue, clock="stepped"))
        yield client, queue


# --- the story --------------------------------------------------------------------------------------------------


def _print(played: Sequence[Rehearsed], *, verbose: bool, quiet: bool) -> None:
    console = make_console()
    for rehearsed in played:
        if not quiet:
            _print_story(console, rehearsed, verbose=verbose)
        _print_verdict(console, rehearsed, with_unmet=quiet)
    if len(played) > 1:
        met = sum(rehearsed.ok for rehearsed in played)
        console.print(
            Text(
                f"{met} of {len(played)} as expected",
                style="bold green" if met == len(played) else "bold red",
            )
        )
    notice(console)


def _print_story(console: Console, rehearsed: Rehearsed, *, verbose: bool) -> None:
    story = tell(rehearsed, verbose=verbose)
    console.print(Text(story.title, style="bold"))
    day: date | None = None
    for page in story.pages:
        if page.date != day:
            console.print()
        day = page.date
        console.print(Text(page.heading, style="bold underline"))
        console.print(_lines(page.lines))
    console.print()
    for unmet in story.unmet:
        console.print(Text(f"not as expected: {unmet}", style="red"))


def _lines(lines: Sequence[Line]) -> Table:
    """The lines of a day under their times; a long one goes on under its own beginning."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(min_width=5, no_wrap=True, style="dim")
    grid.add_column(min_width=1, no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for line in lines:
        reported = line.kind in ("event", "confirmed")
        text = Text()
        match line.kind:
            case "event":
                text.append(line.text, style="bold")
            case "confirmed":
                text.append(line.text, style="cyan")
            case _:
                text.append(f"{MARKS.get(line.severity, '')} ".lstrip(), style="bold")
                text.append(line.text, style=SEVERITIES.get(line.severity) or KIND_STYLES.get(line.kind, ""))
        if line.by:
            text.append(f"  [{line.by}, {line.ref}]", style="dim")
        grid.add_row(line.time, "" if reported else "→", text)
    return grid


def _print_verdict(console: Console, rehearsed: Rehearsed, *, with_unmet: bool) -> None:
    scenario = rehearsed.scenario
    expected = len(scenario.expectations) + len(scenario.refusals)
    if rehearsed.ok:
        console.print(
            Text.assemble(
                ("as expected ", "bold green"),
                f"{scenario.file}: {expected} expectations, {len(rehearsed.timeline)} entries",
            ),
            soft_wrap=True,
        )
    else:
        console.print(
            Text.assemble(
                ("not as expected ", "bold red"),
                f"{scenario.file}: {len(rehearsed.unmet)} unmet of {expected} expectations",
            ),
            soft_wrap=True,
        )
        for unmet in tell(rehearsed).unmet if with_unmet else ():
            console.print(Text(f"  {unmet}", style="red"))
