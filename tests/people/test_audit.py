"""The audit trail: whole, or the first line that is not."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from people import accounts, audit
from people.audit import Line
from store.engine import Store


@pytest.fixture
async def trail(store: Store) -> Store:
    """A trail of five lines."""
    for number in range(1, 6):
        async with store.writing() as session:
            await audit.append(
                session, Line("KM", "clinician", "S01", "record", f"patient/toy/P{number}", "signed")
            )
    return store


def changed(path: Path, statement: str) -> None:
    """Change the file as somebody would who has it, triggers or not."""
    with sqlite3.connect(path) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute(statement)


async def test_a_trail_that_nobody_touched_is_whole(trail: Store) -> None:
    async with trail.reading() as session:
        found = await audit.verify(session)
        head = [kept.digest async for kept in audit.lines(session)][-1]
    assert (found.lines, found.head, found.fault) == (5, head, None)


@pytest.mark.parametrize("column", ["person", "role", "site", "act", "about", "outcome", "content"])
async def test_one_changed_byte_is_found_with_its_line(trail: Store, tmp_path: Path, column: str) -> None:
    changed(tmp_path / "people.db", f"UPDATE audit SET {column} = {column} || 'x' WHERE number = 3")
    async with trail.reading() as session:
        fault = (await audit.verify(session)).fault
    assert fault is not None
    assert (fault.number, fault.why) == (3, "has been changed")


async def test_a_changed_time_is_found_with_its_line(trail: Store, tmp_path: Path) -> None:
    changed(tmp_path / "people.db", "UPDATE audit SET at = replace(at, '20', '19') WHERE number = 3")
    async with trail.reading() as session:
        fault = (await audit.verify(session)).fault
    assert fault is not None
    assert (fault.number, fault.why) == (3, "has been changed")


async def test_a_line_taken_out_and_one_put_in_its_place_are_found(trail: Store, tmp_path: Path) -> None:
    changed(tmp_path / "people.db", "DELETE FROM audit WHERE number = 2")
    async with trail.reading() as session:
        fault = (await audit.verify(session)).fault
    assert fault is not None
    assert fault.number == 2
    changed(tmp_path / "people.db", "UPDATE audit SET number = number - 1 WHERE number > 2")
    async with trail.reading() as session:
        fault = (await audit.verify(session)).fault
    assert fault is not None
    assert fault.number == 2


async def test_a_tail_that_was_cut_off_is_found_by_a_head_kept_elsewhere(
    trail: Store, tmp_path: Path
) -> None:
    async with trail.reading() as session:
        head = (await audit.verify(session)).head
    changed(tmp_path / "people.db", "DELETE FROM audit WHERE number > 3")
    async with trail.reading() as session:
        assert (await audit.verify(session)).fault is None
        fault = (await audit.verify(session, head)).fault
    assert fault is not None
    assert fault.number == 4


async def test_an_empty_trail_of_a_house_with_people_is_not_whole(store: Store, tmp_path: Path) -> None:
    async with store.reading() as session:
        assert (await audit.verify(session)).fault is None
    async with store.writing() as session:
        await accounts.add(session, "KM", "KM", "hash", {accounts.Held("operations")})
    changed(tmp_path / "people.db", "DELETE FROM audit")
    async with store.reading() as session:
        fault = (await audit.verify(session)).fault
    assert fault is not None
    assert fault.number == 1


@pytest.mark.parametrize("statement", ["UPDATE audit SET person = 'X'", "DELETE FROM audit"])
async def test_the_database_itself_refuses_to_change_the_trail(trail: Store, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        async with trail.writing() as session:
            await session.execute(text(statement))
