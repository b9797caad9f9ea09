"""Writing side by side: one commit for many, and nobody pays for another's refusal."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import Connection, text

from contracts.publish import PublishBatch
from store import queries
from store.engine import Store
from store.errors import RevisionGap, StoreAway
from store.publish import Published, publish
from tests.store.batches import T0, batch, item


def job(told: PublishBatch) -> Callable[[Connection], Published]:
    return partial(publish, batch=told, now=T0)


def of(number: int, revision: int = 1) -> PublishBatch:
    return batch(revision, pathway_id=f"p{number}", subject=f"P{number}", items=(item(),))


async def stored(store: Store) -> list[str]:
    async with store.reading() as session:
        return [each.pathway_id for each in await queries.pathways(session)]


async def test_callers_that_wait_side_by_side_share_a_commit(store: Store) -> None:
    await store.write(job(of(0)))
    before = store.hops
    done = await asyncio.gather(*(store.write(job(of(number)), f"p{number}") for number in range(1, 21)))
    assert [each.revision for each in done] == [1] * 20
    assert store.hops == before + 1
    assert len(await stored(store)) == 21


async def test_a_batch_is_one_way_to_the_database_and_back(store: Store) -> None:
    before = store.hops
    await store.write(job(of(1)))
    assert store.hops == before + 1


async def test_one_that_is_refused_leaves_nothing_behind_and_takes_no_other_with_it(store: Store) -> None:
    def half_done(connection: Connection) -> None:
        publish(connection, of(9), now=T0)
        raise ValueError("refused after it had written")

    ends = await asyncio.gather(
        store.write(job(of(1)), "p1"),
        store.write(job(of(2, revision=7)), "p2"),
        store.write(half_done, "p9"),
        store.write(job(of(3)), "p3"),
        return_exceptions=True,
    )
    assert [type(end) for end in ends] == [Published, RevisionGap, ValueError, Published]
    assert await stored(store) == ["p1", "p3"]


async def test_one_that_breaks_the_whole_transaction_takes_no_other_with_it(file_store: Store) -> None:
    def breaks(connection: Connection) -> None:
        connection.execute(text("ROLLBACK"))
        connection.execute(text("SELECT * FROM nowhere"))

    ends = await asyncio.gather(
        file_store.write(job(of(1)), "p1"),
        file_store.write(breaks, "p2"),
        file_store.write(job(of(3)), "p3"),
        return_exceptions=True,
    )
    assert [type(end) for end in ends] == [Published, StoreAway, Published]
    assert await stored(file_store) == ["p1", "p3"]


async def test_a_commit_that_fails_is_heard_by_everybody_who_shared_it(file_store: Store) -> None:
    def no_commit(connection: Connection) -> None:
        # Deferred references are checked by the commit itself.
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        connection.execute(
            text(
                "INSERT INTO decisions (pathway_id, position, id, key, state, role, content) "
                "VALUES ('nobody', 0, '', '', '', '', '')"
            )
        )

    ends = await asyncio.gather(
        file_store.write(job(of(1)), "p1"), file_store.write(no_commit, "p2"), return_exceptions=True
    )
    assert all(isinstance(end, Exception) for end in ends)
    assert await stored(file_store) == []
    assert await file_store.write(job(of(1)), "p1") == Published(1)


async def test_a_caller_that_gave_up_waiting_keeps_nobody_else_waiting(file_store: Store) -> None:
    go = threading.Event()

    def waits(_: Connection) -> None:
        go.wait()

    first = asyncio.create_task(file_store.write(waits))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    given_up, last = (asyncio.create_task(file_store.write(job(of(number)))) for number in (1, 2))
    await asyncio.sleep(0)
    given_up.cancel()
    go.set()
    await asyncio.gather(first, last)
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await stored(file_store) == ["p2"]


async def test_a_store_is_usable_again_after_it_was_away(file_store: Store) -> None:
    def away(connection: Connection) -> None:
        connection.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(StoreAway):
        await file_store.write(away)
    await file_store.write(job(of(1)))
    assert await stored(file_store) == ["p1"]


async def test_what_is_written_survives_the_loss_of_power(file_store: Store) -> None:
    def asked(connection: Connection) -> dict[str, object]:
        return {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    assert await file_store.write(asked) == expected
