"""Who acts on people from this machine, and the store that they act on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from commands.screen import make_console, notice
from commands.session import run
from commands.signed_in import kept_token
from commands.store_reading import opened
from people.errors import NotAllowed

if TYPE_CHECKING:
    from people.accounts import Person
    from runtime.settings import Settings
    from store.engine import Store


def with_store(
    work: Callable[[Settings, Store], Awaitable[None]], *, quiet: bool = False, made: bool = False
) -> None:
    """Do it with the store, which is `made` if it may be missing. `quiet`: for programs."""
    from runtime.settings import load_settings

    settings = load_settings()

    async def whole() -> None:
        async with opened(settings, made=made) as store:
            await work(settings, store)

    run(whole())
    if not quiet:
        notice(make_console())


async def signed_in(settings: Settings, store: Store) -> Person:
    """Who is signed in on this machine. Raises `NotSignedIn`."""
    from people.sign_in import who

    return (await who(store, kept_token(settings.sign_in_file))).person


async def administrator(settings: Settings, store: Store) -> Person:
    """The same, where they say who may do what. Raises `NotAllowed` too."""
    found = await signed_in(settings, store)
    if not found.is_administrator:
        raise NotAllowed(f"{found.code} cannot say who may do what; that needs operations at all sites")
    return found
