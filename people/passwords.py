"""Passwords: Argon2id by `cryptography`, which the house needs anyway.

Costs as RFC 9106 recommends where memory is scarce: 64 MiB, three passes.
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from people.errors import PeopleError

SHORTEST: Final = 12
LONGEST: Final = 256
_MEMORY_KIB: Final = 64 * 1024
_PASSES: Final = 3
_LANES: Final = 4
NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""A hash that no password has: verified for unknown people, so that an answer takes as long as for known ones."""


def check_password(password: str, person: str) -> None:
    """Raise `PeopleError` unless a new password will do. Length is what counts (NIST SP 800-63B)."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PeopleError(f"a password has {SHORTEST} to {LONGEST} characters; a short sentence is easiest")
    if person.lower() in password.lower() or len(set(password)) < 5:
        raise PeopleError("a password neither holds the person's code nor repeats fewer than five characters")


def hashed(password: str) -> str:
    """The hash to be kept, in PHC form; it names its own costs, so that they can be raised later."""
    kdf = Argon2id(
        salt=secrets.token_bytes(16), length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB
    )
    return kdf.derive_phc_encoded(password.encode())


def is_right(password: str, kept: str) -> bool:
    """Whether the password has that hash."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), kept)
    except (InvalidKey, ValueError):
        return False
    return True


def made_up() -> str:
    """A password for somebody who will change it: some 100 bits, easy to type."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))
