"""Short texts that the store keeps and only whoever has the key ring reads: addresses of people, which are personal data.

AES-256-GCM with a random nonce. What the text belongs to is bound to it, so that a row copied to somebody else does not open.
"""

import base64
import binascii
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.errors import KeyFileError
from runtime.keys import KeyRing

_NONCE: Final = 12
_USE: Final = b"allpath way of a person\0"


class Sealer:
    """Seals with the current key of the ring and opens with any of them."""

    def __init__(self, ring: KeyRing) -> None:
        self._current = ring.current
        self._ciphers = {name: AESGCM(key) for name, key in ring.keys.items()}

    def seal(self, text: str, owner: str) -> str:
        """The text as it may be kept, for that owner."""
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._current].encrypt(nonce, text.encode(), _USE + owner.encode())
        return f"{self._current} {base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, owner: str) -> str:
        """The text. Raises `KeyFileError` where the ring lacks the key, or what is kept was changed."""
        name, _, content = sealed.partition(" ")
        if name not in self._ciphers:
            raise KeyFileError(f"an address was sealed with key {name!r}, which the key file lacks")
        try:
            both = base64.b64decode(content, validate=True)
            return self._ciphers[name].decrypt(both[:_NONCE], both[_NONCE:], _USE + owner.encode()).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise KeyFileError(f"an address sealed with key {name!r} was changed or damaged") from None
