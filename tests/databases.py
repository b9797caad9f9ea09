"""Databases for tests: SQLite in a file, and a real PostgreSQL that the tests start.

Where no PostgreSQL is installed its tests are skipped, and say so; in CI (`CI` is set) that is an error.
"""

import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from store.engine import upgrade

KINDS = ("sqlite", "postgresql")
USER = "postgres"


@dataclass
class Postgres:
    """A server of our own in a folder, which it listens in and nowhere else. `programs`: where its programs are."""

    programs: Path
    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql+asyncpg://{USER}@/{database}?host={self.folder}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement as another program would, and return what it answers, one line a row."""
        done = subprocess.run(
            [*self._psql(database), "-c", statement], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def copy(self, template: str) -> str:
        """Make a database that is a copy of another, and return its name."""
        name = f"db{next(self._numbers)}"
        self._alone(template)
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def restore(self, database: str, copy: str) -> None:
        """Put a copy in the place of a database that may be in use."""
        self._alone(database)
        self.sql(f"ALTER DATABASE {database} RENAME TO {database}_old")
        self.sql(f"ALTER DATABASE {copy} RENAME TO {database}")

    @contextmanager
    def held(self, database: str) -> Iterator[None]:
        """Another program holds the tables and does not let go."""
        with subprocess.Popen(
            self._psql(database), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdin is not None
            assert holder.stdout is not None
            holder.stdin.write("BEGIN;\nLOCK TABLE pathways IN EXCLUSIVE MODE;\n\\echo held\n")
            holder.stdin.flush()
            while "held" not in holder.stdout.readline():
                pass
            try:
                yield
            finally:
                holder.stdin.close()

    def _alone(self, database: str) -> None:
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{database}' AND pid <> pg_backend_pid()"
        )

    def _psql(self, database: str) -> list[str]:
        program = str(self.programs / "psql")
        return [
            program, "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-U", USER, "-d", database,
        ]  # fmt: skip


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [
        Path(path) for path in [shutil.which("initdb")] if path
    ]
    return found[-1].parent if found else None


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server for as long as the context lasts. Skips the test, or in CI fails it, where none is installed."""
    programs = _programs()
    if programs is None or find_spec("asyncpg") is None:
        why = "no PostgreSQL is installed (Debian: apt-get install postgresql; and the extra `postgres`)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    # Not pytest's own folder: the server's user could not enter it, and the socket's name would be too long.
    folder = Path(tempfile.mkdtemp(prefix="allpath-pg-"))
    own: dict[str, Any] = {}
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        user = pwd.getpwnam(USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
        own = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    data = folder / "data"
    try:
        _run(own, programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        # No network; fsync off, as nobody cuts the power in a test.
        options = (
            f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c max_connections=100"
        )
        _run(own, programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield Postgres(programs, folder)
        finally:
            _run(own, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(own: Mapping[str, Any], *arguments: str | Path) -> None:
    done = subprocess.run(
        [str(argument) for argument in arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        cwd="/",
        **own,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} failed with {done.returncode}")


def file_of(url: str) -> Path:
    """The file of a SQLite database."""
    return Path(url.partition("///")[2])


async def maker(kind: str, server: Callable[[], Postgres], folder: Path) -> Callable[[], str]:
    """Return what makes another empty database with the current schema and returns its address."""
    if kind == "postgresql":
        running = server()
        empty = running.copy("template0")
        await upgrade(running.url(empty))
        return lambda: running.url(running.copy(empty))
    migrated = folder / "migrated.db"
    await upgrade(f"sqlite+aiosqlite:///{migrated}")
    numbers = count()

    def make() -> str:
        path = folder / str(next(numbers)) / "allpath.db"
        path.parent.mkdir()
        shutil.copyfile(migrated, path)
        path.chmod(0o600)
        return f"sqlite+aiosqlite:///{path}"

    return make


_MIGRATED: dict[str, bytes] = {}


async def migrated(url: str) -> None:
    """`upgrade`, which on SQLite makes a new database by copying one that was made once."""
    if url.startswith("sqlite") and not file_of(url).exists():
        if not _MIGRATED:
            with tempfile.TemporaryDirectory() as folder:
                first = Path(folder) / "allpath.db"
                await upgrade(f"sqlite+aiosqlite:///{first}")
                _MIGRATED["sqlite"] = first.read_bytes()
        file_of(url).write_bytes(_MIGRATED["sqlite"])
        file_of(url).chmod(0o600)
    await upgrade(url)


@dataclass(frozen=True)
class Database:
    """A database that is in use, as another program has it. `server`: None of SQLite."""

    url: str
    server: Postgres | None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Another program holds it and does not let go: nobody else can write to it."""
        if self.server is not None:
            with self.server.held(self._name):
                yield
            return
        connection = sqlite3.connect(file_of(self.url), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
            connection.close()

    def backup(self) -> Callable[[], None]:
        """Copy it as it is; call the answer to put the copy back, in use as it may be."""
        if self.server is not None:
            copy = self.server.copy(self._name)
            return partial(self.server.restore, self._name, copy)
        source, target = sqlite3.connect(file_of(self.url)), sqlite3.connect(":memory:")
        source.backup(target)

        def restore() -> None:
            target.backup(source)
            source.close()
            target.close()

        return restore

    @property
    def _name(self) -> str:
        return self.url.partition("@/")[2].partition("?")[0]
