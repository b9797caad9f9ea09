"""What the Temporal server gets to see."""

import json
import zlib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError

from contracts.clear import Clear
from runtime import dictionary
from runtime.codec import (
    CLEAR,
    COMPRESS_FROM,
    ENCODING,
    KEY_ID,
    SMALL,
    EncryptionCodec,
    _pack,
    data_converter,
)
from runtime.errors import PayloadError
from runtime.keys import load_keys, make_keys, rotate_key


class Result(BaseModel):
    model_config = ConfigDict(frozen=True)

    pseudonym: str
    born: date
    mrd: Decimal


RESULT = Result(pseudonym="P-0017", born=date(2024, 6, 8), mrd=Decimal("0.0002"))


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "payload.key"
    make_keys(path)
    return path


@pytest.fixture(scope="module")
def converter(key_file: Path) -> DataConverter:
    return data_converter(key_file)


@pytest.fixture(scope="module")
def codec(key_file: Path) -> EncryptionCodec:
    return EncryptionCodec(load_keys(key_file))


async def seal(converter: DataConverter, value: Any) -> Payload:
    (payload,) = await converter.encode([value])
    return payload


async def test_a_model_comes_back_equal_and_its_values_are_not_in_the_payload(
    converter: DataConverter,
) -> None:
    payload = await seal(converter, RESULT)
    raw = payload.SerializeToString()
    for secret in (b"P-0017", b"2024-06-08", b"0.0002", b"json"):
        assert secret not in raw
    assert await converter.decode([payload], [Result]) == [RESULT]


async def test_the_same_value_never_looks_the_same_twice(converter: DataConverter) -> None:
    assert (await seal(converter, "HR")).data != (await seal(converter, "HR")).data


@property_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    contents=st.lists(
        st.tuples(
            st.dictionaries(st.text(max_size=20), st.binary(max_size=50), max_size=3),
            st.one_of(
                st.binary(max_size=200),
                st.builds(
                    lambda part, times: part * times,
                    st.binary(min_size=1, max_size=20),
                    st.integers(100, 500),
                ),
            ),
        ),
        max_size=4,
    )
)
async def test_every_payload_survives_the_way_there_and_back(
    codec: EncryptionCodec, contents: list[tuple[dict[str, bytes], bytes]]
) -> None:
    payloads = [Payload(metadata=metadata, data=data) for metadata, data in contents]
    sealed = await codec.encode(payloads)
    assert all(payload.metadata["encoding"] == ENCODING for payload in sealed)
    assert await codec.decode(sealed) == payloads


async def test_a_large_payload_that_repeats_itself_gets_smaller(codec: EncryptionCodec) -> None:
    data = b'{"fact": "mrd", "value": "0.0002"}' * COMPRESS_FROM
    (sealed,) = await codec.encode([Payload(data=data)])
    assert len(sealed.data) < len(data) / 10


@pytest.mark.parametrize("length", [64, 300, SMALL - 200, SMALL, SMALL + 1, 40_000])
def test_what_a_small_window_packs_is_as_short_and_read_with_the_large_one(length: int) -> None:
    """Dictionary and content fit into the small one, so every repetition is found; and programs of any age read it."""
    report = {"id": "e", "kind": "observation", "role": "laboratory", "name": "neutrophils", "unit": "10^9/L"}
    content = json.dumps([report | {"id": f"e{n * 7919}"} for n in range(400)]).encode()[:length]
    packed = _pack(content, b"\2")
    whole = zlib.compressobj(6, wbits=-15, zdict=dictionary.FIRST)
    assert len(packed) <= len(whole.compress(content) + whole.flush()) + 4
    reader = zlib.decompressobj(wbits=-15, zdict=dictionary.FIRST)
    assert reader.decompress(packed) == content
    assert SMALL + len(dictionary.FIRST) < 1 << 13


@property_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(bit=st.integers(min_value=0))
async def test_a_single_changed_bit_is_noticed(converter: DataConverter, bit: int) -> None:
    payload = await seal(converter, RESULT)
    changed = bytearray(payload.data)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    payload.data = bytes(changed)
    with pytest.raises(PayloadError, match="changed or damaged"):
        await converter.decode([payload], [Result])


@pytest.mark.parametrize("data", [b"", b"short", b"0" * 27])
async def test_a_truncated_payload_is_noticed(codec: EncryptionCodec, key_file: Path, data: bytes) -> None:
    current = load_keys(key_file).current.encode()
    with pytest.raises(PayloadError, match="changed or damaged"):
        await codec.decode([Payload(metadata={"encoding": ENCODING, KEY_ID: current}, data=data)])


async def test_another_key_reads_nothing_and_says_which_key_is_missing(
    converter: DataConverter, key_file: Path, tmp_path: Path
) -> None:
    make_keys(tmp_path / "other.key")
    stranger = data_converter(tmp_path / "other.key")
    payload = await seal(converter, RESULT)
    with pytest.raises(PayloadError, match=load_keys(key_file).current):
        await stranger.decode([payload], [Result])


async def test_a_payload_relabelled_to_another_known_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "payload.key"
    before = make_keys(path)
    new = rotate_key(path)
    (payload,) = await EncryptionCodec(before).encode([Payload(data=b"x")])
    payload.metadata[KEY_ID] = new.encode()
    with pytest.raises(PayloadError, match="changed or damaged"):
        await EncryptionCodec(load_keys(path)).decode([payload])


async def test_after_a_rotation_old_payloads_are_read_and_new_ones_use_the_new_key(tmp_path: Path) -> None:
    path = tmp_path / "payload.key"
    make_keys(path)
    old = await seal(data_converter(path), RESULT)
    new_id = rotate_key(path)
    rotated = data_converter(path)
    new = await seal(rotated, RESULT)
    assert new.metadata[KEY_ID].decode() == new_id != old.metadata[KEY_ID].decode()
    assert await rotated.decode([old, new], [Result, Result]) == [RESULT, RESULT]


async def test_clear_text_stays_readable(converter: DataConverter) -> None:
    payload = await seal(converter, Clear("Marrow due 2025-03-08"))
    assert payload.metadata["encoding"] == b"json/plain"
    assert json.loads(payload.data) == "Marrow due 2025-03-08"
    assert await converter.decode([payload], [str]) == ["Marrow due 2025-03-08"]


async def test_text_that_nobody_marked_is_encrypted(converter: DataConverter) -> None:
    class Subclass(Clear):
        __slots__ = ()

    for text in ("a", str(Clear("a")), Clear("a") + "b", Clear("a").upper(), Subclass("a")):
        assert (await seal(converter, text)).metadata["encoding"] == ENCODING
    assert (await seal(converter, {"summary": Clear("a")})).metadata["encoding"] == ENCODING


async def test_what_was_never_encrypted_has_no_value(converter: DataConverter) -> None:
    with pytest.raises(PayloadError, match="unencrypted"):
        await converter.decode([Payload(metadata={"encoding": b"json/plain"}, data=b'{"mrd": "0"}')])


@pytest.mark.parametrize("data", [b'{"mrd": "0"}', b"7", b"not json", b"\xff"])
async def test_a_clear_mark_on_anything_but_a_string_opens_nothing(
    converter: DataConverter, codec: EncryptionCodec, data: bytes
) -> None:
    forged = Payload(metadata={"encoding": b"json/plain", CLEAR: b"1"}, data=data)
    with pytest.raises(PayloadError, match="unencrypted"):
        await converter.decode([forged])
    (sealed,) = await codec.encode([forged])
    assert sealed.metadata["encoding"] == ENCODING


async def test_the_message_the_details_and_the_trace_of_a_failure_are_encrypted(
    converter: DataConverter,
) -> None:
    failure = Failure()
    try:
        try:
            raise ValueError("born 2024-06-08")
        except ValueError as cause:
            raise ApplicationError("mrd 0.0002 is late", RESULT, type="Refused") from cause
    except ApplicationError as error:
        await converter.encode_failure(error, failure)
    raw = failure.SerializeToString()
    for secret in (b"0.0002", b"2024-06-08", b"P-0017", b"test_codec"):
        assert secret not in raw
    restored = await converter.decode_failure(failure)
    assert isinstance(restored, ApplicationError)
    assert restored.message == "mrd 0.0002 is late"
    assert restored.type == "Refused"


async def test_no_error_message_holds_content(converter: DataConverter) -> None:
    payload = await seal(converter, RESULT)
    payload.data = payload.data[:-1]
    with pytest.raises(PayloadError) as damaged:
        await converter.decode([payload])
    with pytest.raises(PayloadError) as plain:
        await converter.decode([Payload(metadata={"encoding": b"json/plain"}, data=b'"P-0017"')])
    assert damaged.value.__cause__ is None
    assert "P-0017" not in str(damaged.value) + str(plain.value)
