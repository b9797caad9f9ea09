"""Migrations on stores with data: nothing is lost, and what is asked often finds an index."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from contracts.publish import Places
from store import climbing, meetings, outbox, queries, work_list
from store.engine import HEAD, Store, upgrade
from store.migrate import alembic_config
from store.publish import publish
from tests.databases import KINDS, Postgres
from tests.store.batches import T0, batch, change, decision, item, obligation, retraction
from tests.store.telling import tell


@pytest.fixture(params=KINDS)
def unmigrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('unmigrated') / 'allpath.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.url(server.copy("template0"))


async def _to(url: str, revision: str) -> None:
    def migrate(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


PATHWAY_0004 = (
    "INSERT INTO pathways (pathway_id, kind, revision, subject, trial, site, zone, protocol, protocol_hash, profile, "
    'rehearsal, phases, "group", open, late, archived, first_stored, last_stored) VALUES '
    "('p', 'patient', 1, 'P1', 't', 'S01', 'Europe/Berlin', 't@1', 'abc', '{}', false, '{}', '', 1, 0, false, "
    "'2025-03-07T08:00:00.000000Z', '2025-03-07T08:00:00.000000Z')"
)
ITEM_0004 = (
    "INSERT INTO items (pathway_id, position, id, key, kind, state, text, owner) "
    "VALUES ('p', 0, 'A', 'A', 'task', 'due', 'do it', 'coordinator')"
)
OBLIGATION_0004 = (
    'INSERT INTO obligations (pathway_id, position, id, key, kind, severity, state, text, "to", told, since, rung) '
    "VALUES ('p', 0, 'B', 'B', 'alert', 'major', 'raised', 'text', 'coordinator', '[\"clinician\"]', "
    "'2025-03-07T08:00:00.000000Z', 1)"
)


async def test_a_store_of_the_schema_before_keeps_its_rows(unmigrated: str) -> None:
    await _to(unmigrated, "0004")
    engine = create_async_engine(unmigrated)
    async with engine.begin() as connection:
        for statement in (PATHWAY_0004, ITEM_0004, OBLIGATION_0004):
            await connection.execute(text(statement))
    await engine.dispose()
    await upgrade(unmigrated)
    async with Store(unmigrated) as store:
        async with store.reading() as session:
            assert [each.key for each in await queries.items(session, "p")] == ["A"]
            (kept,) = await queries.obligations(session, "p")
            assert (kept.notified, kept.since) == (("clinician",), T0)
        # The first batch after it has whole lists.
        await tell(
            store, batch(2, pathway_id="p", items=(item(),), obligations=(obligation(), obligation(key="C")))
        )
        async with store.reading() as session:
            assert [each.key for each in await queries.obligations(session, "p")] == ["EOI-MRD-HIGH", "C"]


PERSON_0008 = "(code, password, disabled, failures, since) VALUES ('KM', 'hash', false, 0, '2025-03-07T08:00:00.000000Z')"
WAY_0008 = "(code, number, channel, sealed, added, why) VALUES ('KM', 1, 'mail', 'sealed', '2025-03-07T08:00:00.000000Z', '')"
TIMELINE_0007 = (
    'INSERT INTO timeline (pathway_id, seq, revision, at, local, day, subject, cause, kind, id, key, state, text, "to", due, '
    "severity, generation) VALUES ('p', 1, 1, '', '', '', 'P1', 'e1', 'alert', 'A', 'A', 'raised', '', '[]', '', 'major', 1)"
)
OUTBOX_0007 = (
    "INSERT INTO outbox (pathway_id, seq, role, channel, message_id, subject, trial, site, rehearsal, kind, id, key, state, "
    "severity, due, created, status, attempts, maybe_sent, next_attempt_at, last_error) VALUES ('p', 1, 'coordinator', 'mail', "
    "'m', 'P1', 't', 'S01', false, 'alert', 'A', 'A', 'raised', 'major', '', '2025-03-07T08:00:00.000000Z', 'pending', 3, true, "
    "'2025-03-07T08:05:00.000000Z', 'down')"
)


async def test_what_waits_in_the_outbox_still_waits_when_people_can_be_told(unmigrated: str) -> None:
    await _to(unmigrated, "0007")
    engine = create_async_engine(unmigrated)
    async with engine.begin() as connection:
        for statement in (PATHWAY_0004, TIMELINE_0007, OUTBOX_0007):
            await connection.execute(text(statement))
    await engine.dispose()
    await upgrade(unmigrated)
    lease = timedelta(minutes=5)
    async with Store(unmigrated) as store:
        (waiting,) = (
            await store.write(lambda c: outbox.turn(c, (), ("mail",), "w", T0 + lease, lease))
        ).notices
        assert (waiting.message_id, waiting.attempt, waiting.created, waiting.digest) == ("m", 4, T0, False)
        # Its number goes on, and a second of the same is refused as before.
        again = text(OUTBOX_0007.replace("'mail', 'm'", "'mail', 'n'"))
        with pytest.raises(IntegrityError):
            await store.write(lambda connection: connection.execute(again))
        async with store.writing() as session:
            await session.execute(text(OUTBOX_0007.replace("'mail', 'm'", "'console', 'n'")))


Plans = Callable[[], list[str]]


@pytest.fixture
async def plans(file_store: Store) -> AsyncIterator[tuple[Store, Plans]]:
    """A store with something of everything in it, and how it finds what is asked of it from then on."""
    told = batch(
        1, changes=(change(),), items=(item(),), obligations=(obligation(),), decisions=(decision(),)
    )
    await tell(file_store, told)
    asked: list[tuple[str, object]] = []
    engine = file_store._engine.sync_engine

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)

    def explained() -> list[str]:
        connection = sqlite3.connect(str(engine.url.database))
        try:
            return [
                row[3]
                for statement, parameters in asked
                for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
            ]
        finally:
            connection.close()

    yield file_store, explained
    event.remove(engine, "before_cursor_execute", note)


async def test_the_work_list_looks_only_at_what_is_open(plans: tuple[Store, Plans]) -> None:
    store, explained = plans
    async with store.reading() as session:
        assert await work_list.due(session, T0)
        assert await work_list.due(session, T0, subject="P1", trial="interfant-21", role="clinician")
    found = explained()
    assert not [line for line in found if line.startswith("SCAN")], found
    assert any("ix_pathways_archived_rehearsal" in line for line in found), found
    assert any("ix_items_pathway_id_state_due" in line for line in found)
    assert any("ix_obligations_pathway_id_state" in line for line in found)


async def test_an_agenda_looks_only_at_its_trial(plans: tuple[Store, Plans]) -> None:
    store, explained = plans
    async with store.reading() as session:
        rows = await meetings.of_trial(session, "interfant-21", None)
        assert await meetings.read_all(session, rows)
        await meetings.taken_in(session, "interfant-21", None, "2025-W10")
        await meetings.shown_before(session, "meeting/interfant-21", "2025-W10", T0)
    assert not [line for line in explained() if line.startswith("SCAN")]


async def test_publishing_and_the_outbox_look_at_no_whole_table(file_store: Store) -> None:
    found: list[str] = []
    async with file_store.writing() as session:
        await session.execute(text(f"INSERT INTO people {PERSON_0008}"))
        await session.execute(text("INSERT INTO holdings VALUES ('KM', 'coordinator', 'S01')"))
        await session.execute(text(f"INSERT INTO ways {WAY_0008}"))

    def explained(connection: Connection) -> None:
        def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
            first = parameters[0] if isinstance(parameters, list) else parameters
            driver: Any = connection.connection.driver_connection
            found.extend(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", first))

        event.listen(connection, "before_cursor_execute", note)
        for told in (
            batch(1, changes=(change(),), items=(item(),)),
            batch(2, changes=(retraction(),), items_at=Places(gone=(0,))),
        ):
            publish(connection, told, now=T0)
            lease = timedelta(minutes=5)
            held = outbox.turn(connection, (), ("console",), "w", T0, lease).notices
            ends = [outbox.Failed(notice, "down", T0, maybe_sent=False) for notice in held]
            outbox.turn(connection, ends, (), "w", T0 + lease, lease)
            outbox.due_ways(connection, T0)
            climbing.climb(connection, T0 + timedelta(days=2), ("console",))
            climbing.opened(connection, "patient/interfant-21/P1", "KM", ("coordinator",), T0)
        event.remove(connection, "before_cursor_execute", note)

    await file_store.write(explained)
    assert found
    # A subquery's own result is no table.
    assert not [line for line in found if line.startswith("SCAN") and "CONSTANT ROW" not in line], found


def test_the_program_knows_the_newest_version_of_its_schema() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == HEAD
