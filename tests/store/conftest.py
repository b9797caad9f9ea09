"""A migrated SQLite file for every test."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from store.engine import Store, upgrade


@pytest.fixture(scope="session")
async def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the current schema and nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "allpath.db"
    await upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def new_database(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes another empty database and returns its address."""

    def make() -> str:
        path = tmp_path_factory.mktemp("store") / "allpath.db"
        shutil.copyfile(migrated, path)
        path.chmod(0o600)
        return f"sqlite+aiosqlite:///{path}"

    return make


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    """The address of an empty database."""
    return new_database()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """An open store with the current schema and nothing in it."""
    async with Store(url) as opened:
        yield opened
