"""`allpath protocol new`: a small trial to begin with, which loads, rehearses and proves as it is."""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

import typer

from commands.errors import UsageError
from commands.screen import make_console, notice

NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST: Final = 40


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The trial's name: infant-pilot.")],
    folder: Annotated[
        Path, typer.Option("--into", metavar="FOLDER", help="Where the two files go.", file_okay=False)
    ] = Path(),
) -> None:
    """Begin a trial: a small protocol in one file with a scenario, which rehearses and proves as it is, to be changed.

    [dim]allpath protocol new infant-pilot[/dim]
    """
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        raise UsageError(
            f"{name!r} cannot be a trial's name; accepted: up to {LONGEST} small letters and digits, with single dashes between "
            "them, beginning with a letter, such as infant-pilot"
        )
    _refuse_taken(name)
    written = {
        folder / f"{name.replace('-', '_')}.py": "trial.py.txt",
        folder / f"{name}.yaml": "scenario.yaml",
    }
    there = [str(path) for path in written if path.exists()]
    if there:
        raise UsageError(
            f"{', '.join(there)}: there already, and nothing is overwritten; choose another name, or --into FOLDER"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for path, template in written.items():
        text = files("commands.protocol").joinpath("templates", template).read_text(encoding="utf-8")
        path.write_text(
            text.replace("NAME", name)
            .replace("CONSTANT", name.replace("-", "_").upper())
            .replace("TODAY", date.today().isoformat()),  # noqa: DTZ011
            encoding="utf-8",
        )
    from protocols import LOCK

    protocol, scenario = written
    console = make_console()
    for line in (
        f"[bold green]written[/bold green]  {protocol}  the trial, in its own words",
        f"[bold green]written[/bold green]  {scenario}  a made-up patient, with what is expected",
        "",
        "It holds as it is. Change it, and ask again after each change:",
        f"  allpath rehearse --protocol {protocol} {scenario}",
        f"  allpath prove {protocol}",
        f"  allpath protocol show {protocol}",
        "",
        f"When it is yours, move it beside the others, to {LOCK.parent / protocol.name}; enter it with: allpath protocol lock;",
        "and start every worker anew: a worker reads the protocols when it starts. Then patients can be enrolled.",
        "How each part is written: docs/writing-a-protocol.md",
    ):
        console.print(line, soft_wrap=True)
    notice(console)


def _refuse_taken(name: str) -> None:
    """Raises `UsageError` if there is a trial of that name, whose patients would be meant."""
    from commands.known_trials import trial_names

    if name in trial_names():
        raise UsageError(f"there is a trial {name} already; choose another name")
