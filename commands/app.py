"""The program: every command, and what holds for all of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from commands.catalogue import Program
from commands.errors import EPILOG
from pathway.errors import AllpathError

HELP = """Durable patient pathways for childhood-leukaemia trials.

Enrol a patient under a pseudonym, record what happens, confirm what the protocol proposes, and see what is due, late
and waiting for whom. Every change is an event that is kept for good; nothing is overwritten.
"""


def build() -> typer.Typer:
    """The program with all its commands, in the order in which help lists them."""
    app = typer.Typer(
        name="allpath",
        cls=Program,
        help=HELP,
        epilog=EPILOG,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(everywhere)
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
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="CODE",
            envvar="ALLPATH_BY",
            show_envvar=False,
            help="Who you are, by a code such as KM or staff-12: recorded as claimed. Default: ALLPATH_BY.",
        ),
    ] = "",
) -> None:
    """What holds for every command. Its help is that of the program."""
    from commands.options import Target

    called = (*(("--demo",) if demo else ()), *(("--rehearsal", rehearsal) if rehearsal is not None else ()))
    if demo and not ctx.resilient_parsing:
        from commands.demo.folder import LABEL, use_demo_settings

        use_demo_settings()
        rehearsal = rehearsal or LABEL
    ctx.obj = Target(label=rehearsal, by=by, called=called)


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
    for broken in protocols.known_broken() if protocols is not None else ():
        if broken.why not in said:
            from commands.screen import warn

            warn(f"{broken.why}; skipped, all other protocols are in use")


def shielded(arguments: Sequence[str]) -> list[str]:
    """The arguments with negative numbers written with a true minus: `-5` is then a value, not an unknown option."""
    return [_minus() + text[1:] if re.fullmatch(r"-\d.*", text) else text for text in arguments]


def _minus() -> str:
    from commands.options import MINUS

    return MINUS
