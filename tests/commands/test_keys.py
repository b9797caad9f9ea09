"""A payload key is made once, by whoever means to; the wrong one is told before anything is started or sent."""

import asyncio
import re
import stat
from pathlib import Path

import pytest
from temporalio.client import Client

from runtime.errors import KeyFileError
from runtime.keys import load_keys, make_keys, rotate_key
from runtime.settings import Settings, begin_house
from tests.commands.conftest import Process, environment_of
from worker import running


def house_of(settings: Settings, folder: Path) -> Settings:
    """Settings of a house of its own on the session's server, with no key named."""
    return Settings(
        data_dir=folder,
        temporal_address=settings.temporal_address,
        ui_address=settings.ui_address,
        task_queue=settings.task_queue,
        rehearsal_task_queue=settings.rehearsal_task_queue,
    )


def command(settings: Settings, folder: Path) -> Process:
    """The command line of that house; the key file is the default one."""
    kept = environment_of(settings)
    del kept["ALLPATH_KEY_FILE"]
    return Process(kept, folder)


async def until(clinic: Process, words: str) -> None:
    """Wait until `allpath keys check` says that: a worker brings its key to the store in the background."""
    for _ in range(200):
        if words in " ".join((await clinic("keys", "check")).out.split()):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"never said: {words}")


async def test_a_key_is_made_by_the_first_start_or_by_asking_and_by_nothing_else(
    own_settings: Settings, tmp_path: Path
) -> None:
    house = house_of(own_settings, tmp_path / "house")
    clinic = command(house, tmp_path)
    for told in ("list", "check", "rotate"):
        said = await clinic("keys", told)
        assert said.status == 2
        assert "there is no payload key at" in said.err
        assert "allpath keys new" in said.err
    said = await clinic("enrol", "KX-1", "--protocol", "interfant-21", "--site", "S01")
    assert said.status == 2
    assert "there is no payload key at" in said.err
    assert not house.key_file.exists()
    made = await clinic("keys", "new")
    assert made.status == 0
    (key,) = re.findall(r"with the key ([0-9a-f]{12})", " ".join(made.out.split()))
    assert load_keys(house.key_file).current == key
    assert stat.S_IMODE(house.key_file.stat().st_mode) == 0o600
    again = await clinic("keys", "new")
    assert again.status == 2
    assert "it is left as it is" in again.err
    assert load_keys(house.key_file).current == key
    # Where something is kept, a start makes none either: what is kept was written with another.
    house.key_file.unlink()
    (house.data_dir / "allpath.db").touch()
    worker = await clinic("worker")
    assert worker.status == 2
    assert "there is no payload key at" in worker.err
    assert not house.key_file.exists()


async def test_the_first_start_of_an_empty_house_makes_one(own_settings: Settings, tmp_path: Path) -> None:
    house = house_of(own_settings, tmp_path / "house")
    begin_house(house)
    first = load_keys(house.key_file)
    begin_house(house)
    assert load_keys(house.key_file) == first


async def test_beside_a_store_elsewhere_no_start_makes_one(own_settings: Settings, tmp_path: Path) -> None:
    house = house_of(own_settings, tmp_path / "house")
    elsewhere = Settings(
        data_dir=house.data_dir,
        temporal_address=house.temporal_address,
        database_url="postgresql+asyncpg://allpath@127.0.0.1:1/allpath",
    )
    with pytest.raises(KeyFileError, match="allpath keys new"):
        begin_house(elsewhere)
    assert not elsewhere.key_file.exists()


async def test_the_wrong_key_is_told_before_anything_is_started(
    own_settings: Settings, temporal_client: Client, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.key"
    ours = load_keys(own_settings.key_file).current
    theirs = make_keys(wrong).current
    async with running(temporal_client, own_settings):
        clinic = Process(environment_of(own_settings), tmp_path)
        await until(clinic, f"{ours} encrypts, and this house writes with it")
        lost = Process(environment_of(own_settings) | {"ALLPATH_KEY_FILE": str(wrong)}, tmp_path)
        said = await lost("keys", "check")
        assert said.status == 2
        enrolled = await lost("enrol", "KX-1", "--protocol", "interfant-21", "--site", "S01")
        assert enrolled.status == 2
        for text in (said.err, enrolled.err):
            told = " ".join(text.split())
            assert f"the payload key {theirs}" in told
            assert f"writes with {ours}" in told
            assert "nothing was started or sent" in told
        listed = await clinic("list")
        assert "KX-1" not in listed.out
        # The pseudonym is not spent.
        assert (await clinic("enrol", "KX-1", "--protocol", "interfant-21", "--site", "S01")).status == 0
    worker = await lost("worker")
    assert worker.status == 2
    assert f"the payload key {theirs}" in " ".join(worker.err.split())


async def test_after_a_rotation_a_worker_says_so_first(
    own_settings: Settings, temporal_client: Client, tmp_path: Path
) -> None:
    own = own_settings.model_copy(update={"key_file": tmp_path / "own.key"})
    make_keys(own.key_file)
    clinic = Process(environment_of(own), tmp_path)
    async with running(temporal_client, own):
        await until(clinic, "encrypts, and this house writes with it")
    new = rotate_key(own.key_file)
    assert (await clinic("keys", "check")).status == 2
    listed = await clinic("keys", "list")
    assert f"{new}  encrypts, not known to the store yet" in listed.out
    async with running(temporal_client, own):
        await until(clinic, "encrypts, and this house writes with it")
    listed = await clinic("keys", "list")
    assert f"{new}  encrypts, known to the store" in listed.out
