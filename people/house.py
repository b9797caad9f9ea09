"""The house: the one key by which it says who somebody is.

Whoever can read the key file can speak for anybody: it belongs to the account of the operating system that the house runs under,
and to nobody else.
"""

from __future__ import annotations

import base64
import os
import secrets
import stat
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from contracts.base import Message
from contracts.statement import HOUSE, Statement, Strength, signed_bytes
from people.errors import HouseKeyError


class House:
    """Signs statements, and knows its own."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._public = key.public_key()
        # The library loads its errors when it first raises them. In a workflow's sandbox that load is refused, and ends the
        # process: whoever sends a forged signature would stop the worker. A thread is outside of every sandbox.
        self._outside = ThreadPoolExecutor(1, thread_name_prefix="allpath-house")

    @classmethod
    def made_up(cls) -> House:
        """A house with a key of its own that nobody else has."""
        return cls(Ed25519PrivateKey.generate())

    def statement(
        self,
        person: str,
        held: Iterable[str],
        strength: Strength,
        *,
        workflow_id: str,
        update: str,
        request: Message,
    ) -> Statement:
        """A signed statement for one request to one workflow."""
        said = Statement(person=person, held=tuple(sorted(held)), strength=strength, at=datetime.now(UTC))
        signature = self._key.sign(signed_bytes(said, workflow_id, update, request))
        return said.model_copy(update={"signature": base64.b64encode(signature).decode()})

    async def own(self, workflow_id: str, update: str, request: Message) -> Statement:
        """The statement with what a process of the house does by itself: messages between workflows."""
        return self.statement(HOUSE, (), "house", workflow_id=workflow_id, update=update, request=request)

    def is_ours(self, statement: Statement, workflow_id: str, update: str, request: Message) -> bool:
        """Whether the house has signed this statement for this request."""
        return self._outside.submit(self._is_ours, statement, workflow_id, update, request).result()

    def _is_ours(self, statement: Statement, workflow_id: str, update: str, request: Message) -> bool:
        try:
            signature = base64.b64decode(statement.signature, validate=True)
            self._public.verify(signature, signed_bytes(statement, workflow_id, update, request))
        except (InvalidSignature, ValueError):
            return False
        return True


def open_house(path: Path) -> House:
    """The house whose key the file holds. Raises `HouseKeyError` saying what to do."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise HouseKeyError(
                    f"house key {path} is open to other users (mode {mode:04o}); close it with: chmod 600 {path}"
                )
            key = load_pem_private_key(file.read(), password=None)
    except FileNotFoundError:
        raise HouseKeyError(
            f"there is no house key {path}: restore it from its backup. The first `allpath people add` makes one"
        ) from None
    except OSError as error:
        raise HouseKeyError(f"house key {path}: {error.strerror or error}") from error
    except ValueError:
        raise HouseKeyError(f"house key {path} is damaged; restore it from its backup") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise HouseKeyError(f"house key {path} is no Ed25519 key; restore it from its backup")
    return House(key)


def make_house_key(path: Path) -> None:
    """Make the key, whole or not at all; one that is there stays. Raises `HouseKeyError`."""
    text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)  # unlike a rename it fails when the name is taken: the first key stays
    except FileExistsError:
        return
    except OSError as error:
        raise HouseKeyError(f"house key {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
