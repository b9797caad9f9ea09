"""An empty store, and a house with its key."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from people.house import House, make_house_key, open_house
from store.engine import Store
from tests.databases import migrated


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An open store with nothing in it."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'people.db'}"
    await migrated(url)
    async with Store(url) as opened:
        yield opened


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The key file of a house."""
    path = tmp_path / "house.key"
    make_house_key(path)
    return path


@pytest.fixture
def house(key: Path) -> House:
    """A house."""
    return open_house(key)
