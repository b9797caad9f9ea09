"""The key file: made once, private, and never silently replaced."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.errors import KeyFileError
from runtime.keys import load_keys, make_keys, rotate_key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "payload.key"


def test_a_missing_file_is_never_made_by_reading_it(path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"no payload key at .*backup.*allpath keys new"):
        load_keys(path)
    with pytest.raises(KeyFileError, match="no payload key"):
        rotate_key(path)
    assert not path.parent.exists()


def test_it_is_made_private_and_kept_when_it_is_there(path: Path) -> None:
    first = make_keys(path)
    assert make_keys(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert load_keys(path) == first
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_make_it_at_the_same_time_agree_on_one_key(path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        rings = list(pool.map(make_keys, [path] * 16))
    assert all(ring == rings[0] for ring in rings)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_open_to_others_is_refused_with_the_remedy(path: Path, mode: int) -> None:
    make_keys(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=f"mode {mode:04o}.*chmod 600"):
        load_keys(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no key"),
        ("# only a comment\n", "holds no key"),
        ("abc\n", "line 1: not a key"),
        ("0123456789ab bm90IGEga2V5\n", "line 1: not a key"),
        ("0123456789ab " + "A" * 43 + "=\n", "line 1: not a key"),
    ],
)
def test_a_damaged_file_is_refused_and_left_alone(path: Path, text: str, message: str) -> None:
    make_keys(path)
    path.write_text(text)
    with pytest.raises(KeyFileError, match=message):
        load_keys(path)
    assert path.read_text() == text


def test_what_is_not_a_file_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(KeyFileError, match="payload key file"):
        load_keys(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(path: Path) -> None:
    path.parent.mkdir(mode=0o500)
    with pytest.raises(KeyFileError, match=r"payload\.key"):
        make_keys(path)


def test_a_rotation_keeps_the_old_keys_and_stays_private(path: Path) -> None:
    old = make_keys(path)
    new_id = rotate_key(path)
    ring = load_keys(path)
    assert ring.current == new_id
    assert list(ring.keys) == [old.current, new_id]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_key_ring_does_not_show_its_keys(path: Path) -> None:
    ring = make_keys(path)
    assert ring.keys[ring.current].hex() not in repr(ring)
    assert repr(ring.keys[ring.current]) not in repr(ring)
