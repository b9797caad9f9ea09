"""The program: every command, and what holds for all of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from commands.options import EPILOG, MINUS, Target
from commands.screen import warn
from pathway.errors import AllpathError

HELP = """Durable patient pathways for childhood-leukaemia trials.

Enrol a patient under a pseudonym, record what happens, confirm what the protocol proposes, and see what is due, late
and waiting for whom. Every change is an event that is kept for good; nothing is overwritten.
"""


def build() -> typer.Typer:
    """The program with all its commands, in the order in which help lists them."""
    from commands import endpoints, process
    from commands.demo import app as demo
    from commands.design import app as design
    from commands.meeting import app as meeting
    from commands.patient import decide, due, enrol, explain, record, show, timeline
    from commands.protocol import app as protocol
    from commands.protocol import prove, rehearse
    from commands.subtrial import app as subtrial

    app = typer.Typer(
        name="allpath",
        help=HELP,
        epilog=EPILOG,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(everywhere)
    panels: tuple[tuple[str, list[Callable[..., Any]]], ...] = (
        ("Patients", [enrol.enrol, show.show, due.due, due.list_, timeline.timeline, explain.explain]),
        ("What happened", [record.record, record.correct, record.void, record.judge, record.unobtainable]),
        ("Decisions", [decide.confirm, decide.override, decide.acknowledge, decide.withdraw]),
        ("Protocols and rehearsals", [rehearse.rehearse, prove.prove]),
        ("Processes", [process.server, process.worker, demo.demo]),
    )
    for panel, commands in panels:
        for command in commands:
            name = command.__name__.rstrip("_")
            app.command(name, rich_help_panel=panel, epilog=EPILOG)(command)
        if panel == "Decisions":
            app.add_typer(subtrial.app, name="subtrial", rich_help_panel=panel, epilog=EPILOG)
            app.add_typer(meeting.app, name="meeting", rich_help_panel=panel, epilog=EPILOG)
        if panel.startswith("Protocols"):
            app.add_typer(protocol.app, name="protocol", rich_help_panel=panel, epilog=EPILOG)
            app.add_typer(design.app, name="design", rich_help_panel=panel, epilog=EPILOG)
            app.add_typer(endpoints.app, name="endpoints", rich_help_panel=panel, epilog=EPILOG)
    return app


def everywhere(
    ctx: typer.Context,
    demo: Annotated[
        bool, typer.Option("--demo", help="Talk to the demo of this machine instead of the patients.")
    ] = False,
    rehearsal: Annotated[
        str | None,
        typer.Option(metavar="LABEL", help="Talk to the rehearsals with this label instead of the patients."),
    ] = None,
) -> None:
    """What holds for every command. Its help is that of the program."""
    if demo and not ctx.resilient_parsing:
        from commands.demo.folder import LABEL, use_demo_settings

        use_demo_settings()
        rehearsal = rehearsal or LABEL
    ctx.obj = Target(label=rehearsal)


def run(arguments: Sequence[str]) -> None:
    """Carry out a command line. Raises SystemExit with the status, or an `AllpathError`."""
    said = ""
    try:
        build()(shielded(arguments))
    except AllpathError as error:
        said = str(error)
        raise
    finally:
        tell_skipped(said)


def tell_skipped(said: str = "") -> None:
    """One line for each file of protocols that this command could do without, unless it was `said` already."""
    protocols = sys.modules.get("protocols")
    for broken in getattr(protocols, "BROKEN", ()):
        if broken.why not in said:
            warn(f"{broken.why}; skipped, all other protocols are in use")


def shielded(arguments: Sequence[str]) -> list[str]:
    """The arguments with negative numbers written with a true minus: `-5` is then a value, not an unknown option."""
    return [MINUS + text[1:] if re.fullmatch(r"-\d.*", text) else text for text in arguments]
