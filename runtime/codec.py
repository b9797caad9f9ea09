"""What the Temporal server gets to see: ciphertext, and the few strings that are marked as clear.

AES-256-GCM with a random nonce for each payload. The whole payload is encrypted, its metadata included; what remains
outside is that it is encrypted, and with which key. Large payloads are compressed first, because the events that a
pathway carries from run to run repeat themselves. A key is good for 2^32 payloads; rotate it long before.
"""

import json
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from pydantic_core import SchemaSerializer, core_schema
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
    PayloadCodec,
)

from contracts.clear import Clear
from runtime import dictionary
from runtime.errors import PayloadError
from runtime.keys import KeyRing, load_keys

ENCODING: Final = b"binary/encrypted"
REFUSED: Final = b"binary/refused"
KEY_ID: Final = "encryption-key-id"
CLEAR: Final = "allpath-clear"
DETAILS: Final = b"temporal.api.sdk.v1.WorkflowMetadata"
"""What the Temporal UI asks a workflow for: its current details, which `workflows.durable.details` makes from the
allow-list, and the names of its updates and queries. Left in the clear on its way out; nothing that comes in is read from
it."""
COMPRESS_FROM: Final = 64
"""Bytes from which compression is tried. Below it gains nothing worth its time."""

SMALL: Final = 4096
"""Bytes up to which content and dictionary fit into a small window. Most payloads are that short, and making ready the tables
of a large one takes four times as long as packing them. Whoever reads needs not know."""

_SMALL, _LARGE = (13, 6), (15, 8)
"""Bits of the window, and zlib's level of memory."""
_NONCE_BYTES: Final = 12
_PLAIN: Final = b"\0"
_DICTIONARIES: Final = {b"\2": dictionary.FIRST}
"""The forms of compressed content, with what each takes as known. Forms are only ever added."""
_NEWEST: Final = b"\2"


class ClearPayloadConverter(EncodingPayloadConverter):
    """Mark exactly `Clear` as readable, and leave every other type to the next converter."""

    @property
    def encoding(self) -> str:
        """The name that no payload has: reading goes by the usual `json/plain`, which the Temporal UI shows."""
        return "json/plain+clear"

    def to_payload(self, value: Any) -> Payload | None:
        """Return a marked JSON string for a `Clear`, None for anything else, subclasses included."""
        if type(value) is not Clear:
            return None
        return Payload(metadata={"encoding": b"json/plain", CLEAR: b"1"}, data=json.dumps(value).encode())

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """Return the string of a marked payload."""
        return json.loads(payload.data)


class RefusedPayloadConverter(EncodingPayloadConverter):
    """The end of a payload that nobody encrypted: whoever wants its value gets an error instead."""

    @property
    def encoding(self) -> str:
        """The encoding that the codec gives to such payloads."""
        return REFUSED.decode()

    def to_payload(self, value: Any) -> Payload | None:
        """Write nothing: the others do."""
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """Raise `PayloadError`."""
        raise PayloadError(
            "a payload was sent unencrypted; only programs that hold the payload key may write"
        )


class LeanPayloadConverter(PydanticJSONPlainPayloadConverter):
    """JSON of pydantic models without what equals its default: who reads it has the same default.

    So the default of a field in `contracts` is a promise: it is never changed, a new field gets the other one.
    """

    def to_payload(self, value: Any) -> Payload | None:
        """Return the value as JSON."""
        return Payload(
            metadata={"encoding": b"json/plain"}, data=_WRITER.to_json(value, exclude_defaults=True)
        )


_WRITER: Final = SchemaSerializer(core_schema.any_schema())
_LEAN: Final = LeanPayloadConverter()
"""One for all: it keeps the readers of every type, which are not made anew for each workflow."""


class AllpathPayloadConverter(CompositePayloadConverter):
    """Clear strings first, then pydantic models and everything that pydantic knows."""

    def __init__(self) -> None:
        """Take no argument, as the SDK makes an instance for each workflow by itself."""
        super().__init__(
            ClearPayloadConverter(),
            RefusedPayloadConverter(),
            *(
                _LEAN if isinstance(each, JSONPlainPayloadConverter) else each
                for each in DefaultPayloadConverter.default_encoding_payload_converters
            ),
        )


class EncryptionCodec(PayloadCodec):
    """Encrypt every payload but the ones marked clear; refuse what is neither.

    Whoever can reach the server but has no key can neither read nor invent a result.

    Decoding raises `PayloadError` for a payload that was changed, or encrypted with a key we lack: the workflow stalls
    until the key file is right, and loses nothing. A payload that nobody encrypted becomes one that has no value, so
    that only the Update, Signal or Query that carried it fails: a Signal sent by hand in the UI stalls no patient.
    """

    def __init__(self, ring: KeyRing) -> None:
        """Take the keys; the ring's current one encrypts."""
        self._current = ring.current
        self._ciphers = {name: AESGCM(key) for name, key in ring.keys.items()}

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Return one payload for each given."""
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Return one payload for each given. Raises `PayloadError`."""
        return [self._decrypt(payload) for payload in payloads]

    def _encrypt(self, payload: Payload) -> Payload:
        if _is_clear(payload) or payload.metadata.get("messageType") == DETAILS:
            return payload
        content, form = payload.SerializeToString(), _PLAIN
        if len(content) >= COMPRESS_FROM:
            packed = _pack(content, _NEWEST)
            if len(packed) < len(content):
                content, form = packed, _NEWEST
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, form + content, self._current.encode())
        return Payload(
            metadata={"encoding": ENCODING, KEY_ID: self._current.encode()},
            data=nonce + sealed,
        )

    def _decrypt(self, payload: Payload) -> Payload:
        if _is_clear(payload):
            return payload
        if payload.metadata.get("encoding") != ENCODING:
            return Payload(metadata={"encoding": REFUSED})
        name = payload.metadata.get(KEY_ID, b"").decode("ascii", errors="replace")
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise PayloadError(
                f"a payload was encrypted with key {name!r}, which the key file lacks; it has "
                + ", ".join(sorted(self._ciphers))
            )
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            opened = cipher.decrypt(nonce, sealed, name.encode())
            form, content = opened[:1], opened[1:]
            return Payload.FromString(content if form == _PLAIN else _unpack(content, form))
        except (InvalidTag, ValueError, KeyError, zlib.error, DecodeError):
            # No cause: it could show bytes of the content.
            raise PayloadError(f"a payload of key {name!r} was changed or damaged on its way") from None


def _pack(content: bytes, form: bytes) -> bytes:
    # A raw stream: the cipher authenticates it, a header and a checksum of its own would be ten bytes for nothing.
    window, memory = _SMALL if len(content) <= SMALL else _LARGE
    packer = zlib.compressobj(6, wbits=-window, memLevel=memory, zdict=_DICTIONARIES[form])
    return packer.compress(content) + packer.flush()


def _unpack(packed: bytes, form: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=-15, zdict=_DICTIONARIES[form])
    content = reader.decompress(packed) + reader.flush()
    if not reader.eof:
        raise ValueError("the content ends too early")
    return content


def _is_clear(payload: Payload) -> bool:
    """Return whether a payload is a marked JSON string. A mark on anything else is a forgery or a bug: not clear."""
    if CLEAR not in payload.metadata or payload.metadata.get("encoding") != b"json/plain":
        return False
    try:
        return isinstance(json.loads(payload.data), str)
    except ValueError:
        return False


def data_converter(key_file: Path) -> DataConverter:
    """Return the data converter of every client and worker: pydantic, encrypted, failures included.

    The message and stack trace of a failure are encrypted too, since a message may quote a value.
    Makes the key file on first use. Raises `KeyFileError`.
    """
    return DataConverter(
        payload_converter_class=AllpathPayloadConverter,
        payload_codec=EncryptionCodec(load_keys(key_file)),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
