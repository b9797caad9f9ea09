"""Options that many commands share, and the words in which they are explained."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from commands.errors import UsageError
from pathway.language import ROLES
from pathway.language.parsing import one_of

MINUS: Final = "\N{MINUS SIGN}"
PSEUDONYM: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}")


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a command talks to: patients (`label` None), or the rehearsals with a label; and who talks."""

    label: str | None = None
    by: str = ""
    """Who enters, as claimed; empty if nobody says."""
    called: tuple[str, ...] = ()
    """The options by which it was said whom to talk to."""

    @property
    def person(self) -> str:
        """Who enters: as claimed, or where roles are held, who is signed in."""
        from commands.signed_in import signed_in_code
        from runtime.settings import load_settings

        if self.by or self.rehearsal:
            return self.by
        settings = load_settings()
        return signed_in_code(settings.sign_in_file) if settings.identity == "held" else ""

    @property
    def rehearsal(self) -> bool:
        """Whether no patient is behind what is shown."""
        return self.label is not None

    def typed(self, command: str) -> str:
        """A command (`allpath show P1`) as it must be typed to talk to the same ones: what is copied from a rehearsal must never
        be recorded for a patient of the same pseudonym.
        """
        return shlex.join(("allpath", *self.called)) + command.removeprefix("allpath")


def where(ctx: typer.Context) -> Target:
    """Whom this command talks to."""
    return ctx.obj if isinstance(ctx.obj, Target) else Target()


def pseudonym(text: str) -> str:
    """A pseudonym as it was typed. Raises `UsageError` for anything that could be a name."""
    if not PSEUDONYM.fullmatch(text):
        raise UsageError(
            f"{text!r} is not a pseudonym: 2 to 32 capital letters, digits and dashes, such as P1 or DE-017. "
            "Names and dates of birth must never be used: pseudonyms are not encrypted"
        )
    return text


def role(text: str | None) -> str | None:
    """A role as it was typed. Raises `UsageError`."""
    if text is not None and text not in ROLES:
        raise UsageError(f"role {text!r} is not known; {one_of(text, ROLES)}")
    return text


def _roles(incomplete: str) -> list[str]:
    return [name for name in ROLES if name.startswith(incomplete)]


def checked(check: Callable[[str], str | None]) -> Callable[[typer.Context, str | None], str | None]:
    """The check as typer calls it: not while a shell completes, nor for an option that was not given."""

    def callback(ctx: typer.Context, text: str | None) -> str | None:
        return text if text is None or ctx.resilient_parsing else check(text)

    return callback


SubjectArgument = Annotated[
    str,
    typer.Argument(
        metavar="SUBJECT",
        callback=checked(pseudonym),
        help="The patient's pseudonym, such as P1. Never a name or a date of birth.",
    ),
]
RoleOption = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="ROLE",
        callback=checked(role),
        autocompletion=_roles,
        help=f"On whose behalf, recorded as claimed: {', '.join(ROLES)}. Default: whose task it is.",
    ),
]
IdOption = Annotated[
    str | None,
    typer.Option(
        "--id", metavar="ID", help="Id of the event: sent again under the same id, it is recorded once."
    ),
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]
AtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="WHEN",
        help="When it happened, in site time: 2025-03-10 or '2025-03-10 10:00'. Default: now.",
    ),
]
SampledOption = Annotated[
    str | None,
    typer.Option(
        "--sampled", metavar="WHEN", help="When the sample was taken, in site time; a day alone means 09:00."
    ),
]
UnitOption = Annotated[
    str, typer.Option("--unit", metavar="UNIT", help="Unit of the value; a number is refused without one.")
]
PointOption = Annotated[
    str, typer.Option("--point", metavar="POINT", help="Time point of the result, such as EOI.")
]
ScopeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--scope", metavar="NAME=VALUE", help="What it belongs to, such as cycle=1. May be repeated."
    ),
]
WithOption = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="NAME=VALUE", help="A detail, such as assay=PCR. May be repeated."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what it would change, and record nothing.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="One JSON document on standard output, for programs.")
]
