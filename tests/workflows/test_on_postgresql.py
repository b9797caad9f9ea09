"""What happens to a report, and what happens while the store is away, with a store on PostgreSQL: the same tests again."""

from __future__ import annotations

import pytest

from runtime.settings import Settings
from tests.databases import Postgres
from tests.workflows.test_record import *  # noqa: F403 (every test of it)
from tests.workflows.test_store_away import *  # noqa: F403 (every test of it)


@pytest.fixture
def settings(session_settings: Settings, postgres: Postgres) -> Settings:
    """The session's settings with a database of the test's own."""
    url = postgres.url(postgres.copy("template0"))
    return session_settings.model_copy(update={"database_url": url})


@pytest.fixture
def cached() -> int:
    """Replays are the same whatever the store: once is enough."""
    return 600
