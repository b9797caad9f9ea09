"""Who is signed in on this machine, and the connection by which they ask: every request is signed on its way."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from people.errors import NotSignedIn

if TYPE_CHECKING:
    from temporalio.client import Client

    from pathway.events import Report
    from runtime.settings import Settings


async def connected(settings: Settings, identity: str) -> Client:
    """The connection of a command: what it asks for is signed for who is signed in, where roles are held.

    Raises `NotSignedIn`, `HouseKeyError`, `StoreAway`, `ServerUnreachable`.
    """
    from runtime.connection import connect

    if settings.identity == "claimed":
        return await connect(settings, identity=identity)
    from people.house import open_house
    from people.sign_in import who
    from people.signer import Signer
    from people.signing import Signing
    from store.engine import Store, require

    token = kept_token(settings.sign_in_file)
    require(settings.database_url)
    store = Store(settings.database_url)
    found = await who(store, token)
    signer = Signer(open_house(settings.house_key), store, found)
    return await connect(settings, identity=identity, interceptors=[Signing(signer)])


def by_words(report: Report) -> str:
    """By whom a report is: as claimed, or by whom it was signed."""
    from runtime.settings import load_settings

    who = f"the {report.role}{f' ({report.person})' if report.person else ''}"
    return f"{'' if load_settings().identity == 'held' else 'as claimed '}by {who}"


def kept_token(path: Path) -> str:
    """The token of this machine. Raises `NotSignedIn`."""
    return _kept(path)[1]


def signed_in_code(path: Path) -> str:
    """The code of who is signed in on this machine. Raises `NotSignedIn`."""
    return _kept(path)[0]


def _kept(path: Path) -> tuple[str, str]:
    try:
        code, token = path.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        raise NotSignedIn("nobody is signed in here; sign in with: allpath login CODE") from None
    return code, token


def keep_token(path: Path, code: str, token: str) -> None:
    """Keep a token and whose it is, closed to other users."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{code} {token}\n")
    temporary.replace(path)
