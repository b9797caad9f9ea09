"""The key file of the payload encryption.

One key a line, `<id> <base64 of 32 bytes>`; the last one encrypts, all decrypt. So a key is rotated by adding a line,
and stays as long as a history written with it. The id is derived from the key, which shows a damaged line.
"""

import base64
import binascii
import hashlib
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runtime.errors import KeyFileError

KEY_BYTES = 32


@dataclass(frozen=True)
class KeyRing:
    """Keys by their id, and the id of the one that encrypts. Its representation shows no key."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)


def key_id(key: bytes) -> str:
    """Return the public id of a key: the start of its hash."""
    return hashlib.sha256(b"allpath key id\0" + key).hexdigest()[:12]


def load_keys(path: Path) -> KeyRing:
    """Read the key file. It is never made here: with a new key nothing that is there could be read.

    Raises `KeyFileError` if it is not there, cannot be read, is open to other users, or holds no valid key.
    """
    try:
        return _parse(path, _read_private(path))
    except FileNotFoundError:
        raise KeyFileError(
            f"there is no payload key at {path}. Restore it from its backup, or copy it from the machine of the worker; "
            "ALLPATH_KEY_FILE may be mistyped. Only a house that is new gets one: by its first "
            "`allpath server` or `allpath worker`, or by `allpath keys new`"
        ) from None
    except OSError as error:
        raise KeyFileError(f"payload key file {path}: {error.strerror or error}") from error


def make_keys(path: Path) -> KeyRing:
    """The keys of a house that is new: a file with a fresh key, unless there is one already. Of two who do so at once, both
    get the same. Raises `KeyFileError` as `load_keys` does.
    """
    try:
        _write_new(path, _line(secrets.token_bytes(KEY_BYTES)))
    except OSError as error:
        raise KeyFileError(f"payload key file {path}: {error.strerror or error}") from error
    return load_keys(path)


def check_ring(path: Path, known: Sequence[str]) -> None:
    """Raise `KeyFileError` if the file holds none of the keys with which a house has written."""
    ring = load_keys(path)
    if known and not {*known} & {*ring.keys}:
        raise KeyFileError(_wrong(path, ring.current, known))


def check_key(path: Path, known: Sequence[str]) -> None:
    """Raise `KeyFileError` if the key that encrypts is none with which a worker of the house has begun."""
    ring = load_keys(path)
    if known and ring.current not in known:
        raise KeyFileError(_wrong(path, ring.current, known))


def _wrong(path: Path, has: str, known: Sequence[str]) -> str:
    return (
        f"the payload key {has} in {path} is not of this house, which writes with {', '.join(known)}; nothing was "
        "started or sent. Copy the key file of the worker's machine, or restore it from its backup. After `allpath keys rotate` "
        "a worker starts first"
    )


def rotate_key(path: Path) -> str:
    """Add a fresh key, which encrypts from now on in processes started afterwards; return its id.

    Every process needs the new file before any of them uses the new key: copy it, then restart them one by one.
    Raises `KeyFileError` as `load_keys` does.
    """
    load_keys(path)
    key = secrets.token_bytes(KEY_BYTES)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write_private(temporary, _read_private(path).rstrip("\n") + "\n" + _line(key))
        temporary.replace(path)
    except OSError as error:
        raise KeyFileError(f"payload key file {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return key_id(key)


def _line(key: bytes) -> str:
    return f"{key_id(key)} {base64.b64encode(key).decode()}\n"


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _write_new(path: Path, text: str) -> None:
    """Make the file whole or not at all. Of two processes that do so at once, both end up with the same key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write_private(temporary, text)
        # Unlike a rename, a link fails when the name is taken, so the second one keeps the first one's key.
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        temporary.unlink(missing_ok=True)


def _read_private(path: Path) -> str:
    with path.open(encoding="ascii", errors="replace") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise KeyFileError(f"payload key file {path} is not a regular file")
        if stat.S_IMODE(mode) & 0o077:
            raise KeyFileError(
                f"payload key file {path} is open to other users (mode {stat.S_IMODE(mode):04o}); "
                f"close it with: chmod 600 {path}"
            )
        return file.read()


def _parse(path: Path, text: str) -> KeyRing:
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, encoded = line.strip().partition(" ")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES or key_id(key) != name:
            raise KeyFileError(
                f"payload key file {path}, line {number}: not a key; restore the file from its backup. "
                "Without it the histories in the Temporal server cannot be read."
            )
        keys[name] = key
    if not keys:
        raise KeyFileError(f"payload key file {path} holds no key; restore it from its backup")
    return KeyRing(current=list(keys)[-1], keys=keys)
