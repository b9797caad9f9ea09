"""Writing: callers side by side share a transaction, and a transaction costs one way to the database and back.

A commit waits for the disk, and every statement that crosses from the loop to a database's thread costs more than the
statement. So a job is one plain function of a connection, and all jobs that wait while a transaction is under way go
into the next one together.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")
Job = Callable[[Connection], T]
"""What one caller wants written. It may run twice: nothing of it stays when it runs again."""

MOST_TOGETHER: Final = 64
"""Jobs in one transaction, so that none waits for long."""


_AWAY: Final = frozenset(("08", "28", "3D", "40", "53", "55", "57", "58"))
"""Classes of SQLSTATE: lost connections, a sign-in that is not taken, a database that is not there, transactions that had to give
way, exhausted resources, locks that somebody else holds, an operator's doing, the system's errors."""


def is_away(error: BaseException | None) -> bool:
    """Whether a driver's error says that the database cannot be used now, and not that it refuses what was asked."""
    if isinstance(error, sqlite3.OperationalError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
        return True
    return str(getattr(error.orig, "sqlstate", None) or "")[:2] in _AWAY


class Transactions(Protocol):
    """A way to have a function done in a writing transaction, which ends with it: well, or undone if it raises."""

    hops: int
    """How often work was handed to the database."""

    async def run(self, work: Job[T]) -> T:
        """Do the work in a transaction of its own."""
        ...

    async def close(self) -> None:
        """Let go of the database."""
        ...


class ThreadTransactions:
    """SQLite: one thread that holds one connection, for the whole of every transaction."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        """`engine` makes a plain one in autocommit mode, as transactions are begun and ended here."""
        self._make_engine = engine
        self._engine: Engine | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="allpath-store")
        self._connection: Connection | None = None
        self.hops = 0

    async def run(self, work: Job[T]) -> T:
        """Do the work on the thread; the write lock is taken at the beginning."""
        self.hops += 1
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    async def close(self) -> None:
        """Close the connection and end the thread, after what is under way."""
        if self._engine is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)
        self._thread.shutdown(wait=False)

    def _run(self, work: Job[T]) -> T:
        connection = self._open()
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute("BEGIN IMMEDIATE")
            done = work(connection)
            driver.execute("COMMIT")
        except BaseException as error:
            # SQLite ends some transactions itself, so there may be nothing left to roll back.
            with suppress(sqlite3.Error):
                driver.execute("ROLLBACK")
            if is_away(error):
                self._drop()
            raise
        return done

    def _open(self) -> Connection:
        if self._engine is None:
            self._engine = self._make_engine()
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._engine is not None:
            self._engine.dispose()


class LoopTransactions:
    """A database with an asyncio driver of its own: its statements wait on the loop, not on a thread."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.hops = 0

    async def run(self, work: Job[T]) -> T:
        """Do the work on a connection of the pool."""
        self.hops += 1
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        """The pool is its owner's to close."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    key: str
    job: Job[Any]
    answer: asyncio.Future[Any]


class Writer:
    """Takes jobs, and commits those that wait side by side together. For one event loop."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._waiting: list[_Waiting] = []
        self._working: asyncio.Task[None] | None = None

    async def write(self, job: Job[T], key: str = "") -> T:
        """Do a job in a writing transaction; when this returns, it is committed.

        What the job raises is raised here and undoes this job alone. `key`: whose locks it takes, so that all
        processes take them in the same order. If the caller is cancelled, the job may be done all the same.
        """
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(key, job, answer))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await answer

    async def close(self) -> None:
        """Finish what was handed in, and let go of the database."""
        if self._working is not None:
            await self._working
        await self._transactions.close()

    async def _work(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            wanted = [each for each in together if not each.answer.done()]
            await self._commit(sorted(wanted, key=lambda each: each.key))

    async def _commit(self, waiting: Sequence[_Waiting]) -> None:
        if not waiting:
            return
        group = _Group([each.job for each in waiting])
        try:
            ends = await self._transactions.run(group)
        except Exception as error:  # noqa: BLE001 (handed to whoever asked for it)
            if group.broken and len(waiting) > 1:
                # One of them breaks whole transactions: each alone, so that it takes no other with it.
                for each in waiting:
                    await self._commit([each])
                return
            ends = [partial(_raise, error)] * len(waiting)
        for each, end in zip(waiting, ends, strict=True):
            if each.answer.done():
                continue
            try:
                each.answer.set_result(end())
            except Exception as error:  # noqa: BLE001 (handed to whoever asked for it)
                each.answer.set_exception(error)


class _Group:
    """Jobs that share a transaction. Called with its connection, it returns how each ended."""

    def __init__(self, jobs: Sequence[Job[Any]]) -> None:
        self._jobs = jobs
        self.broken = False
        """Whether a job broke the whole transaction."""

    def __call__(self, connection: Connection) -> Sequence[Callable[[], Any]]:
        self.broken = True
        ends: list[Callable[[], Any]]
        if len(self._jobs) == 1:
            ends = [partial(_give, self._jobs[0](connection))]
        else:
            ends = [_alone(connection, job) for job in self._jobs]
        self.broken = False
        return ends


def _alone(connection: Connection, job: Job[Any]) -> Callable[[], Any]:
    """Do one job of several: if it is refused, nothing of it stays, and the others go on."""
    connection.exec_driver_sql("SAVEPOINT job")
    try:
        done = job(connection)
    except Exception as error:
        if is_away(error):
            raise
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT job")
        connection.exec_driver_sql("RELEASE SAVEPOINT job")
        return partial(_raise, error)
    connection.exec_driver_sql("RELEASE SAVEPOINT job")
    return partial(_give, done)


def _give(done: Any) -> Any:
    return done


def _raise(error: Exception) -> Any:
    raise error
