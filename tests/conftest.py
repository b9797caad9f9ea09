"""What every test may ask for: a real Temporal server, a client to it, and settings that point there."""

import atexit
import gc
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
from temporalio.client import Client

from contracts import search_attributes as attributes
from runtime.connection import connect
from runtime.server import LocalServer, local_server
from runtime.settings import Settings, begin_house
from tests import databases

# In CI the same examples every time: a change is judged by what it did, not by the draw. Elsewhere new ones at each run. How long
# one takes says more of the machine than of us.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.register_profile("elsewhere", deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "elsewhere")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep the status of the tests: the SDK's threads can crash the interpreter while it shuts down.

    The guard runs when pytest has said everything, and before the interpreter takes itself apart.
    """

    def leave() -> None:
        status = int(session.exitstatus)
        # An exception that pytest itself died of, after the tests were done.
        if status == 0 and getattr(sys, "last_value", None) is not None:
            status = 3
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

    atexit.register(leave)


@pytest.fixture(autouse=True, scope="module")
def _little_for_the_collector() -> None:
    """Let the collector of cycles forget what the tests before have left: it walks all of it again and again, in the middle of a
    workflow task if need be, and that has two seconds."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for variable in list(os.environ):
        if variable.startswith("ALLPATH_"):
            monkeypatch.delenv(variable)


@pytest.fixture(scope="session")
def postgres() -> Iterator[databases.Postgres]:
    """A real PostgreSQL, one for each test process."""
    with databases.postgres() as server:
        yield server


@pytest.fixture(scope="session")
async def temporal_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalServer]:
    """A real Temporal server with all search attributes, one for each test process."""
    folder = tmp_path_factory.mktemp("temporal")
    async with local_server(folder, search_attributes=attributes.ALL) as server:
        yield server


@pytest.fixture(scope="session")
def session_settings(temporal_server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings that point to the session's server, with a data folder and a key that last as long."""
    made = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        temporal_address=temporal_server.address,
        ui_address=temporal_server.ui_address,
    )
    begin_house(made)
    return made


@pytest.fixture
def settings(session_settings: Settings, tmp_path: Path) -> Settings:
    """The session's settings with a read model of the test's own."""
    return session_settings.model_copy(
        update={"database_url": f"sqlite+aiosqlite:///{tmp_path / 'allpath.db'}"}
    )


@pytest.fixture(scope="session")
async def temporal_client(session_settings: Settings) -> Client:
    """A client of the session's server, with payload encryption as in production."""
    return await connect(session_settings, identity="tests")
