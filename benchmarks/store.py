"""What the store costs: publishing in CPU against plain sqlite3 writing the same rows, and hops to the database an event.

`python -m benchmarks store`. Plain: the rows that publishing left, written by hand with `executemany` in the same schema
with the same pragmas, one transaction a batch; no checks, no reading, no outbox to settle. A hop is work handed to the
database's thread and its answer handed back to the loop.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from activities.notify import OutboxDrain
from activities.publish import Publisher
from benchmarks.evaluation_child import events_of
from client.pathways import new_start
from contracts.publish import PublishBatch
from pathway.engine.context import Compiled
from pathway.events import Event, Report
from pathway.refusal import Refused
from pathway.site import Site
from protocols import compiled
from store import queries
from store.engine import Store, upgrade
from store.outbox import CONSOLE, Notice
from store.publish import publish
from store.schema import OutboxRow
from workflows.durable.patient_entity import Patient
from workflows.durable.state import State

START = datetime(2025, 2, 3, 8, 0, tzinfo=UTC)
EVENTS = 40
PROTOCOLS = ("interfant-21", "hem-ismart")
ROUNDS = 15
TABLES = ("pathways", "events", "timeline", "items", "obligations", "decisions", "outbox")
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 30000")


class Nowhere:
    """A sink that takes everything."""

    channel = CONSOLE

    async def send(self, *notices: Notice) -> str:
        """Take it."""
        return ""


def batches(name: str, *, whole: bool) -> list[PublishBatch]:
    """The batches of one patient, an event each, as a workflow makes them. `whole`: with whole lists, as it did before."""
    protocol = compiled(name)
    start = new_start(name, "P1", Site("S01"), started_at=START)
    state = State(start, Patient(start, protocol), START)
    found = []
    for event in events_of(protocol, EVENTS):
        report = report_of(protocol, event)
        try:
            state.accept(report, report.at)
        except Refused:
            continue
        found.append(state.next_batch(replaying=whole))
        state.acknowledge(found[-1].revision)
    return found


def report_of(protocol: Compiled, event: Event) -> Report:
    """The report that becomes an event."""
    return Report(
        id=event.id,
        kind=event.kind,
        at=event.recorded,
        role=_role(protocol, event),
        name=event.name,
        point=event.point,
        value=event.value,
        unit=_unit(protocol, event),
    )


def _role(protocol: Compiled, event: Event) -> str:
    fact = protocol.facts.get(event.name)
    return "coordinator" if fact is None else fact.supplier


def _unit(protocol: Compiled, event: Event) -> str:
    fact = protocol.facts.get(event.name)
    return fact.units[0].name if fact is not None and fact.units else ""


@dataclass
class Cost:
    """CPU milliseconds a batch, of the product and of plain sqlite3, and rows a batch."""

    product: float
    plain: float
    rows: float


def rows_of(path: Path, number: int) -> list[tuple[str, list[Any]]]:
    """The rows of every table of a store, those of one pathway apart from the rest."""
    connection = sqlite3.connect(path)
    try:
        return [
            (table, connection.execute(f"SELECT * FROM {table} WHERE pathway_id = 'p{number}'").fetchall())
            for table in TABLES
        ]
    finally:
        connection.close()


async def costs(told: Sequence[PublishBatch], empty: Path, folder: Path) -> Cost:
    """Publish the same batches for `ROUNDS` pathways; write what each batch left by hand; interleaved."""
    product, plain, written = [], [], 0
    folder = Path(tempfile.mkdtemp(dir=folder))
    mine, theirs = folder / "product.db", folder / "plain.db"
    shutil.copyfile(empty, mine)
    shutil.copyfile(empty, theirs)
    by_hand = Plain(theirs)
    async with Store(f"sqlite+aiosqlite:///{mine}") as store:
        for number in range(ROUNDS):
            before: dict[str, dict[Any, Any]] = {table: {} for table in TABLES}
            used = [0.0, 0.0]
            for each in told:
                batch = each.model_copy(update={"pathway_id": f"p{number}"})
                began = time.process_time()
                await store.write(partial(publish, batch=batch, now=START), batch.pathway_id)
                used[0] += time.process_time() - began
                transaction = difference(mine, number, before)
                written += sum(len(new) + len(gone) for _, new, gone in transaction)
                began = time.process_time()
                by_hand.write(transaction)
                used[1] += time.process_time() - began
            product.append(used[0] / len(told) * 1000)
            plain.append(used[1] / len(told) * 1000)
    by_hand.connection.close()
    return Cost(statistics.median(product), statistics.median(plain), written / ROUNDS / len(told))


Transaction = list[tuple[str, list[tuple[Any, ...]], list[tuple[Any, ...]]]]
"""For each table: rows to put in, and keys of those to take out first."""
KEYS = {"pathways": 1, "outbox": 1}
"""How many columns make the key; two elsewhere."""


def difference(path: Path, number: int, before: dict[str, dict[Any, Any]]) -> Transaction:
    """What a batch left behind, as what plain sqlite3 has to do. `before` is brought up to date."""
    found: Transaction = []
    for table, rows in rows_of(path, number):
        now = {row[: KEYS.get(table, 2)]: row for row in rows}
        new = [row for key, row in now.items() if before[table].get(key) != row]
        gone = [key for key, row in before[table].items() if now.get(key) != row]
        before[table] = now
        found.append((table, new, gone))
    return found


class Plain:
    """Rows written by hand."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in PRAGMAS:
            self.connection.execute(f"PRAGMA {pragma}")
        self._columns = {
            table: [row[1] for row in self.connection.execute(f"PRAGMA table_info({table})")]
            for table in TABLES
        }

    def write(self, transaction: Transaction) -> None:
        """One transaction: a changed pathway is updated, other rows are deleted and put in."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        for table, new, gone in transaction:
            columns = self._columns[table]
            if table == "pathways" and gone:
                sets = ", ".join(f'"{column}" = ?' for column in columns)
                connection.execute(f"UPDATE pathways SET {sets} WHERE pathway_id = ?", (*new[0], new[0][0]))
                continue
            if gone:
                where = " AND ".join(f"{column} = ?" for column in columns[: KEYS.get(table, 2)])
                connection.executemany(f"DELETE FROM {table} WHERE {where}", gone)
            if new:
                marks = ", ".join("?" * len(columns))
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", new)
        connection.execute("COMMIT")


async def hops(told: Sequence[PublishBatch], empty: Path, folder: Path, at_once: int) -> tuple[float, float]:
    """Hops and notices an event: published and sent, for so many pathways at once. As a worker does it."""
    path = folder / f"hops-{at_once}.db"
    shutil.copyfile(empty, path)
    async with Store(f"sqlite+aiosqlite:///{path}") as store:
        drain = OutboxDrain(store, [Nowhere()])
        publisher = Publisher(store, published=drain.poke)
        stop = asyncio.Event()
        draining = asyncio.create_task(drain.run(stop))
        await asyncio.sleep(0)
        before = store.hops
        for each in told:
            batches = [each.model_copy(update={"pathway_id": f"p{n}"}) for n in range(at_once)]
            await asyncio.gather(*(publisher.publish(batch) for batch in batches))
            while await _waiting(store):  # noqa: ASYNC110 (the drain is asked as a stranger would)
                await asyncio.sleep(0.001)
        used = store.hops - before
        stop.set()
        await draining
        async with store.reading() as session:
            sent = (await session.scalars(select(func.count()).select_from(OutboxRow))).one()
    return used / len(told) / at_once, sent / len(told) / at_once


async def _waiting(store: Store) -> bool:
    # By the reading side, whose hops are not counted: nobody asks this in a worker.
    async with store.reading() as session:
        counts = await queries.outbox_counts(session, datetime.now(UTC))
    return bool(counts.pending or counts.sending)


async def measure() -> None:
    """Print two tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty = folder / "empty.db"
        await upgrade(f"sqlite+aiosqlite:///{empty}")
        print(f"store: publishing one batch, CPU ms (medians of {ROUNDS} rounds) against plain sqlite3")
        print(f"{'batches':<28} {'rows':>6} {'product':>8} {'plain':>8} {'ratio':>6}")
        for protocol in PROTOCOLS:
            for kind, whole in (("what changed", False), ("whole lists", True)):
                cost = await costs(batches(protocol, whole=whole), empty, folder)
                ratio = cost.product / cost.plain
                print(
                    f"{protocol + ', ' + kind:<28} {cost.rows:>6.1f} {cost.product:>8.2f} {cost.plain:>8.2f} {ratio:>6.2f}"
                )
        print("\nhops to the database's thread an event, publishing and notices together")
        print(f"{'pathways at once':<28} {'notices':>8} {'hops':>6}")
        for at_once in (1, 20):
            used, sent = await hops(batches(PROTOCOLS[0], whole=False), empty, folder, at_once)
            print(f"{at_once:<28} {sent:>8.1f} {used:>6.2f}")


def main() -> None:
    """Run it."""
    asyncio.run(measure())


if __name__ == "__main__":
    main()
