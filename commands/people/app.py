"""`allpath people`: who may sign in, and which roles they hold at which sites."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import JsonOption
from commands.people.acting import administrator, signed_in, with_store
from commands.people.login import StdinOption, typed
from commands.people.notify import notify
from commands.screen import make_console, print_json, table
from people.errors import NotAllowed

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from runtime.settings import Settings
    from store.engine import Store

app = typer.Typer(help="Who may sign in, and which roles they hold at which sites.", no_args_is_help=True)

CodeArgument = Annotated[
    str, typer.Argument(metavar="CODE", help="Code of the person, such as KM or staff-12. Never a name.")
]
HeldOption = Annotated[
    list[str] | None,
    typer.Option("--role", metavar="ROLE[@SITE]", help="A role, at one site or at all. May be repeated."),
]
HeldArgument = Annotated[str, typer.Argument(metavar="ROLE[@SITE]", help="A role, at one site or at all.")]


@app.command()
def add(code: CodeArgument, role: HeldOption = None, password_stdin: StdinOption = False) -> None:
    """Add a person. The first one of a house says who may do what: `operations` at all sites is given to them, too."""
    from people import accounts
    from people.house import make_house_key
    from people.passwords import check_password, hashed
    from runtime.settings import make_data_dir

    held = {accounts.held_from(text) for text in role or ()}
    accounts.check_code(code)
    password = typed(f"Password of {code}", password_stdin, twice=True)
    check_password(password, code)

    async def work(settings: Settings, store: Store) -> None:
        async with store.reading() as session:
            first = await accounts.nobody_yet(session)
        by = code if first else (await administrator(settings, store)).code
        kept = await asyncio.to_thread(hashed, password)
        if first:
            make_data_dir(settings)
            make_house_key(settings.house_key)
            held.add(accounts.Held(accounts.ADMINISTRATOR))
        async with store.writing() as session:
            await accounts.add(session, by, code, kept, held)
        make_console().print(f"added  {code}: {', '.join(map(str, sorted(held))) or 'no role yet'}")
        if first:
            make_console().print(
                f"{code} is the first one here, and says who may do what. The house signs with {settings.house_key}: keep a "
                "copy, and let nobody read it. With ALLPATH_IDENTITY=held for worker and commands, roles are no longer claimed."
            )

    with_store(work, made=True)


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """Everybody: code, roles, whether they may sign in."""
    from people import accounts

    async def work(settings: Settings, store: Store) -> None:
        async with store.reading() as session:
            everybody = await accounts.people(session)
        if as_json:
            print_json(
                [{"code": p.code, "held": list(map(str, p.held)), "disabled": p.disabled} for p in everybody]
            )
            return
        rows = [
            (each.code, ", ".join(map(str, each.held)), "disabled" if each.disabled else "")
            for each in everybody
        ]
        found = table(["Code", "Roles", ""], rows)
        make_console().print(found if everybody else "Nobody yet: allpath people add CODE --role ROLE@SITE")

    with_store(work, quiet=as_json)


@app.command()
def give(code: CodeArgument, role: HeldArgument) -> None:
    """Let a person hold a role."""
    from people import accounts

    held = accounts.held_from(role)
    _change(f"{code} holds {held}", lambda session, by: accounts.give(session, by, code, held))


@app.command()
def take(code: CodeArgument, role: HeldArgument) -> None:
    """Let a person hold a role no longer. It counts from the next request on."""
    from people import accounts

    held = accounts.held_from(role)
    _change(f"{code} no longer holds {held}", lambda session, by: accounts.take(session, by, code, held))


@app.command()
def disable(code: CodeArgument) -> None:
    """Let a person sign in no longer; every sign-in of theirs ends at once. What they did stays theirs."""
    from people import accounts

    _change(
        f"{code} cannot sign in", lambda session, by: accounts.set_disabled(session, by, code, disabled=True)
    )


@app.command()
def enable(code: CodeArgument) -> None:
    """Let a person sign in again."""
    from people import accounts

    _change(
        f"{code} can sign in", lambda session, by: accounts.set_disabled(session, by, code, disabled=False)
    )


@app.command()
def password(code: CodeArgument, password_stdin: StdinOption = False) -> None:
    """Give a new password: one's own, or as administrator anybody's. Every sign-in of theirs ends."""
    from people import accounts
    from people.passwords import check_password, hashed

    new = typed(f"New password of {code}", password_stdin, twice=True)
    check_password(new, code)

    async def work(settings: Settings, store: Store) -> None:
        who = await signed_in(settings, store)
        if who.code != code and not who.is_administrator:
            raise NotAllowed(f"{who.code} can give {code} no password; that needs operations at all sites")
        kept = await asyncio.to_thread(hashed, new)
        async with store.writing() as session:
            await accounts.set_password(session, who.code, code, kept)
        make_console().print(f"{code} has a new password")

    with_store(work)


def _change(said: str, change: Callable[[AsyncSession, str], Awaitable[None]]) -> None:
    async def work(settings: Settings, store: Store) -> None:
        by = await administrator(settings, store)
        async with store.writing() as session:
            await change(session, by.code)
        make_console().print(said)

    with_store(work)


app.command("notify")(notify)
