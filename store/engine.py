"""Connections and transactions: SQLite in a file by default, PostgreSQL by its address.

Also brings the schema up to date.
"""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from store.errors import StoreAway
from store.writer import Job, LoopTransactions, ThreadTransactions, Transactions, Writer, is_away

T = TypeVar("T")

BUSY_SECONDS: Final = 30
"""How long a transaction on SQLite waits for another process to finish its own."""
HEAD: Final = "0009"
"""The newest version of the schema: the last of the migrations."""
_UPGRADING: Final = threading.Lock()
_UPGRADE_LOCK: Final = 0x616C6C70  # any number that is ours: the key of PostgreSQL's advisory lock


class Store:
    """An open store.

    `reading()` and `writing()` each give a session in one short transaction, committed on leaving; `write()` does a
    plain function of a connection in a writing transaction, which callers side by side share. All raise
    `StoreAway` when the database cannot be reached. On SQLite a writing transaction takes the write lock when
    it begins, so that what it read still holds when it writes; a reading one sees one state throughout.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        read, write = self._engine, self._engine
        if self._engine.dialect.name == "postgresql":
            read = self._engine.execution_options(isolation_level="REPEATABLE READ")
            self._transactions: Transactions = LoopTransactions(self._engine)
        else:
            write = self._engine.execution_options(allpath_begin="BEGIN IMMEDIATE")
            self._transactions = ThreadTransactions(lambda: _plain_engine(url))
        self._writer = Writer(self._transactions)
        self._read = async_sessionmaker(read, expire_on_commit=False)
        self._write = async_sessionmaker(write, expire_on_commit=False)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Give a session to read with."""
        with _away():
            async with self._read.begin() as session:
                yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Give a session to write with; an exception rolls everything back."""
        with _away():
            async with self._write.begin() as session:
                yield session

    async def write(self, job: Job[T], key: str = "") -> T:
        """Do the job in a writing transaction; when this returns, it is on disk. What it raises undoes it alone.

        `key`: the pathway that it is about, if it is about one.
        """
        with _away():
            return await self._writer.write(job, key)

    @property
    def hops(self) -> int:
        """How often work was handed to the database by `write`."""
        return self._transactions.hops

    async def close(self) -> None:
        """Close every connection."""
        await self._writer.close()
        await self._engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def require(url: str) -> None:
    """Raise `StoreAway` where there is no store yet: to open it would make an empty one, and in that nothing is ever late."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and not Path(parsed.database).is_file():
        raise StoreAway(
            f"there is no store yet at {parsed.database}: a worker makes it (`allpath worker`). "
            "If patients are enrolled, ALLPATH_DATA_DIR or ALLPATH_DATABASE_URL points elsewhere"
        )


async def upgrade(url: str) -> None:
    """Bring the schema of the database at `url` to this version of allpath; create the file if it is a new
    SQLite one.

    Several processes may do so at once: they take turns. Raises `StoreAway`, or `StoreTooNew` when a newer
    allpath has been there before.
    """
    # alembic keeps what it works on in globals: within a process one task at a time.
    while not _UPGRADING.acquire(blocking=False):  # noqa: ASYNC110 (the tasks may belong to different loops)
        await asyncio.sleep(0.02)
    try:
        await _upgrade(url)
    finally:
        _UPGRADING.release()


async def _upgrade(url: str) -> None:
    with _away():
        _create_private_file(url)
        await _enter_wal(url)
        engine = _engine(url).execution_options(allpath_begin="BEGIN IMMEDIATE")
        try:
            async with engine.begin() as connection:
                if engine.dialect.name == "postgresql":
                    await connection.execute(
                        text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK}
                    )
                await connection.run_sync(_to_head)
        finally:
            await engine.dispose()


async def _enter_wal(url: str) -> None:
    """Put a new SQLite file into WAL mode, which two processes at once refuse each other without waiting."""
    if make_url(url).get_backend_name() != "sqlite":
        return
    patience = time.monotonic() + BUSY_SECONDS
    while True:
        engine = _engine(url)
        try:
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
            return
        except OperationalError as error:
            if "locked" not in str(error.orig) or time.monotonic() > patience:
                raise
        finally:
            await engine.dispose()
        await asyncio.sleep(0.05)


def _to_head(connection: Connection) -> None:
    known = inspect(connection).has_table("alembic_version")
    if known and connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [
        HEAD
    ]:
        return
    # Only now: what migrates is ten megabytes that a worker need not hold for its life.
    from store.migrate import to_head

    to_head(connection)


def _engine(url: str) -> AsyncEngine:
    # hide_parameters: the text of a database error must not quote a patient's values.
    if url.startswith("sqlite"):
        engine = create_async_engine(url, hide_parameters=True)
    else:
        # As on SQLite nobody waits for ever for what another program holds.
        patience = {"server_settings": {"lock_timeout": f"{BUSY_SECONDS}s"}}
        engine = create_async_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=patience)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _plain_engine(url: str) -> Engine:
    """An engine for a thread of our own, on which SQLite needs no asyncio. Its user begins and ends transactions."""
    engine = create_engine(
        make_url(url).set(drivername="sqlite"), hide_parameters=True, isolation_level="AUTOCOMMIT"
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # None: the driver leaves transactions to us; its own would begin too late, at the first write, and spare DDL.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # FULL, not NORMAL: an acknowledged revision must survive the loss of power, not only of the process.
        cursor.execute("PRAGMA synchronous = FULL")
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("allpath_begin", "BEGIN"))


def _create_private_file(url: str) -> None:
    """Create the SQLite file closed to other users; the files that SQLite puts beside it inherit that."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        path = Path(parsed.database)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Never open a file that exists: closing it again would drop the locks that SQLite holds on it in this process.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


class _away:  # noqa: N801 (reads as a function: `with _away():`)
    """Turn "cannot be reached", "locked", "full" and "unreadable" of every driver into `StoreAway`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if is_away(error) or isinstance(error, PoolTimeoutError):
            cause = getattr(error, "orig", error)
            # Only SQLite's own sentences are known to quote no data.
            why = str(cause) if isinstance(cause, sqlite3.Error) else type(cause or error).__name__
            raise StoreAway(f"the store cannot be used now: {why}") from None
        if isinstance(error, OSError):
            raise StoreAway(
                f"the store cannot be reached: {error.strerror or type(error).__name__}"
            ) from None
