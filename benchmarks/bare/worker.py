"""The worker of the bare workflow: same codec, same sandbox, same limits as the product's. `python -m benchmarks.bare.worker`."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import aiosqlite
from temporalio import activity
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from benchmarks.bare.messages import Answer, Row
from benchmarks.bare.workflow import Bare
from runtime.connection import connect
from runtime.process import run_to_end
from runtime.settings import load_settings, make_data_dir

_PASSED_THROUGH = ("benchmarks.bare.messages", "contracts", "runtime")


class Table:
    """One table of events."""

    def __init__(self, database: aiosqlite.Connection) -> None:
        self._database = database

    @activity.defn(name="insert")
    async def insert(self, row: Row) -> Answer:
        """Insert one row; when this returns, it is on disk. Repeating it is harmless."""
        event = row.event
        await self._database.execute(
            "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (row.subject, row.number, *event.model_dump(mode="json").values()),
        )
        await self._database.commit()
        return Answer(event_id=event.id, number=row.number)


async def serve() -> None:
    """Work until the process is killed."""
    settings = load_settings()
    folder = make_data_dir(settings)
    client = await connect(settings)
    async with aiosqlite.connect(folder / "bare.db") as database:
        # As durable as the product's store.
        await database.execute("PRAGMA journal_mode = WAL")
        await database.execute("PRAGMA synchronous = FULL")
        await database.execute(
            "CREATE TABLE IF NOT EXISTS events (subject TEXT, number INTEGER, id TEXT, kind TEXT, at TEXT, role TEXT, "
            "name TEXT, value TEXT, point TEXT, unit TEXT, PRIMARY KEY (subject, id))"
        )
        restrictions = SandboxRestrictions.default.with_passthrough_modules(*_PASSED_THROUGH)
        async with Worker(
            client,
            task_queue=settings.task_queue,
            workflows=[Bare],
            activities=[Table(database).insert],
            workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
            max_concurrent_workflow_tasks=8,
            max_concurrent_activities=8,
            max_cached_workflows=600,
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        ):
            print("worker runs", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    run_to_end(lambda: asyncio.run(serve()))
