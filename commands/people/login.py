"""Signing in and out on this machine."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from commands.errors import UsageError
from commands.screen import make_console, notice
from commands.session import run
from commands.signed_in import keep_token, kept_token
from commands.store_reading import opened

StdinOption = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it."),
]


def login(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Your code, such as KM.")],
    password_stdin: StdinOption = False,
) -> None:
    """Sign in on this machine: for an hour without use, twelve hours at most."""
    from people.sign_in import sign_in, who
    from runtime.settings import load_settings

    settings = load_settings()
    password = typed("Password", password_stdin)

    async def work() -> None:
        async with opened(settings) as store:
            token = await sign_in(store, code, password)
            found = await who(store, token)
        keep_token(settings.sign_in_file, code, token)
        held = ", ".join(map(str, found.person.held)) or "no role"
        make_console().print(
            f"signed in  {code}: {held}; at the latest until {found.until:%Y-%m-%d %H:%M} UTC"
        )
        if settings.identity == "claimed":
            make_console().print(
                "Roles are still claimed in this house: set ALLPATH_IDENTITY=held for worker and commands."
            )

    run(work())
    notice(make_console())


def logout() -> None:
    """Sign out on this machine."""
    from people.sign_in import sign_out
    from runtime.settings import load_settings

    settings = load_settings()
    token = kept_token(settings.sign_in_file)

    async def work() -> None:
        async with opened(settings) as store:
            await sign_out(store, token)

    run(work())
    settings.sign_in_file.unlink(missing_ok=True)
    make_console().print("signed out")
    notice(make_console())


def whoami() -> None:
    """Who is signed in on this machine, and what they may do."""
    from people.sign_in import who
    from runtime.settings import load_settings

    settings = load_settings()
    token = kept_token(settings.sign_in_file)

    async def work() -> None:
        async with opened(settings) as store:
            found = await who(store, token)
        held = ", ".join(map(str, found.person.held)) or "no role"
        make_console().print(
            f"{found.person.code}: {held}; at the latest until {found.until:%Y-%m-%d %H:%M} UTC"
        )

    run(work())
    notice(make_console())


def typed(prompt: str, from_stdin: bool, *, twice: bool = False) -> str:
    """A password, unseen. Raises `UsageError` where nobody can be asked."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked for a password here; use --password-stdin")
    text: str = typer.prompt(prompt, hide_input=True, confirmation_prompt=twice)
    return text
