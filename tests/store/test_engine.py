"""The database itself: migrations, durability, the append-only record, and what is said when it is away."""

import asyncio
import sqlite3
import stat
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text

from store import queries
from store.engine import Store, upgrade
from store.errors import StoreAway, StoreTooNew
from store.publish import publish
from store.schema import Base, PathwayRow
from tests.databases import Postgres, file_of
from tests.store.batches import PATHWAY, T0, batch, change, event
from tests.store.telling import tell


async def test_migrations_make_exactly_the_tables_of_the_schema(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    async with store.reading() as session:
        assert await (await session.connection()).run_sync(differences) == []


async def test_upgrading_a_database_in_use_keeps_what_it_holds(store: Store, url: str) -> None:
    await tell(store, batch(1))
    await upgrade(url)
    async with store.reading() as session:
        assert await queries.events(session, PATHWAY) == (event(1),)


@pytest.fixture
def absent(tmp_path: Path) -> str:
    """The address of a database that does not exist yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'data' / 'allpath.db'}"


async def test_processes_that_start_together_migrate_once(absent: str) -> None:
    code = f"import asyncio, store.engine as e; asyncio.run(e.upgrade({absent!r}))"
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stderr=asyncio.subprocess.PIPE, cwd=Path.cwd()
        )
        for _ in range(4)
    ]
    ended = await asyncio.gather(*(process.communicate() for process in started))
    assert [(process.returncode, said[1]) for process, said in zip(started, ended, strict=True)] == [
        (0, b"")
    ] * 4
    async with Store(absent) as store, store.reading() as session:
        assert await queries.pathways(session) == ()


async def test_tasks_of_one_process_that_start_together_migrate_once(absent: str) -> None:
    await asyncio.gather(*(upgrade(absent) for _ in range(5)))
    async with Store(absent) as store, store.reading() as session:
        assert await queries.pathways(session) == ()


async def test_a_database_of_a_newer_allpath_is_left_alone(store: Store, url: str) -> None:
    async with store.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNew, match="newer"):
        await upgrade(url)


async def test_sqlite_waits_checks_references_and_survives_the_loss_of_power(
    file_store: Store,
) -> None:
    async with file_store.writing() as session:
        found = {
            name: (await session.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


async def test_the_database_is_closed_to_other_users_of_the_machine(absent: str) -> None:
    await upgrade(absent)
    async with Store(absent) as store, store.reading():
        await tell(store, batch(1))
        modes = {stat.S_IMODE(path.stat().st_mode) for path in file_of(absent).parent.iterdir()}
    assert modes == {0o600}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET content = '{}'",
        "UPDATE events SET revision = 2 WHERE event_id = 'e1'",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT pathway_id, 7, event_id, revision, kind, name, role, recorded, occurred, "
        "'{}', stored FROM events",
        "INSERT OR REPLACE INTO events SELECT pathway_id, seq, 'e7', revision, kind, name, role, recorded, occurred, "
        "'{}', stored FROM events",
        "UPDATE timeline SET text = ''",
        "DELETE FROM timeline",
        "REPLACE INTO timeline SELECT * FROM timeline",
    ],
)
async def test_the_record_is_append_only_whoever_writes_to_it(
    file_store: Store, file_url: str, statement: str
) -> None:
    store = file_store
    await tell(store, batch(1, changes=(change(),)))
    # With SQLite's own driver and none of our settings, as any other program would.
    connection = sqlite3.connect(file_of(file_url))
    try:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    finally:
        connection.close()
    async with store.reading() as session:
        assert await queries.events(session, PATHWAY) == (event(1),)
        assert await queries.timeline(session, PATHWAY) == (change(),)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET content = '{}'",
        "DELETE FROM events",
        "TRUNCATE events CASCADE",
        "INSERT INTO events SELECT * FROM events ON CONFLICT (pathway_id, seq) DO UPDATE SET content = '{}'",
        "UPDATE timeline SET text = ''",
        "DELETE FROM timeline",
    ],
)
async def test_the_record_is_append_only_on_postgresql_too(postgres: Postgres, statement: str) -> None:
    name = postgres.copy("template0")
    await upgrade(postgres.url(name))
    async with Store(postgres.url(name)) as store:
        await tell(store, batch(1, changes=(change(),)))
        with pytest.raises(RuntimeError, match="append-only"):
            postgres.sql(statement, name)
        async with store.reading() as session:
            assert await queries.events(session, PATHWAY) == (event(1),)
            assert await queries.timeline(session, PATHWAY) == (change(),)


async def test_a_store_that_cannot_be_opened_is_away_and_says_so(tmp_path: Path) -> None:
    async with Store(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'allpath.db'}") as store:
        with pytest.raises(StoreAway, match="unable to open database file"):
            async with store.reading() as session:
                await queries.pathways(session)


async def test_what_was_read_in_a_writing_transaction_still_holds_when_it_writes(
    file_store: Store, file_url: str
) -> None:
    store = file_store

    def count_up(connection: Connection) -> None:
        found = connection.execute(select(PathwayRow.revision)).scalar() or 0
        publish(connection, batch(found + 1), now=T0)

    async with Store(file_url) as other:
        await asyncio.gather(*((store, other)[number % 2].write(count_up, PATHWAY) for number in range(6)))
    async with store.reading() as session:
        assert [each.revision for each in await queries.pathways(session)] == [6]
        assert len(await queries.events(session, PATHWAY)) == 6
