"""An empty store for every test, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Callable

import pytest

from store.engine import Store
from tests import databases


@pytest.fixture(scope="session", params=databases.KINDS)
async def new_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """Makes another empty database and returns its address."""
    return await databases.maker(
        request.param, lambda: request.getfixturevalue("postgres"), tmp_path_factory.mktemp("databases")
    )


@pytest.fixture(scope="session")
async def new_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes another empty SQLite database, for what only SQLite has."""
    return await databases.maker("sqlite", _no_server, tmp_path_factory.mktemp("files"))


def _no_server() -> databases.Postgres:
    raise AssertionError("SQLite needs no server")


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    """The address of an empty database."""
    return new_database()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """An open store with the current schema and nothing in it."""
    async with Store(url) as opened:
        yield opened


@pytest.fixture
def file_url(new_file: Callable[[], str]) -> str:
    """The address of an empty SQLite database."""
    return new_file()


@pytest.fixture
async def file_store(file_url: str) -> AsyncIterator[Store]:
    """An open store on SQLite."""
    async with Store(file_url) as opened:
        yield opened
