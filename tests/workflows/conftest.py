"""A worker with a store for each test, and patients in a made-up trial."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

import protocols
from activities.publish import Publisher
from pathway.events import Report
from pathway.language import Protocol
from pathway.site import Site
from runtime.settings import Settings
from store import queries
from store.engine import Store, upgrade
from tests.workflows.toy import TOY
from worker import build_worker
from workflows.client import Handle, new_start, start_pathway
from workflows.messages import Clock

START = datetime(2025, 2, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def toy_protocol() -> Iterator[None]:
    """The made-up protocol, among the real ones."""
    with registered(TOY):
        yield


@contextmanager
def registered(protocol: Protocol) -> Iterator[None]:
    """A protocol that `protocols.find` knows for a while."""
    published = protocols.ALL
    protocols.ALL = (*published, protocol)
    try:
        yield
    finally:
        protocols.ALL = published


@dataclass
class House:
    """What a test talks to: a client, a queue that a worker serves, and the store it writes to."""

    client: Client
    queue: str
    clock: Clock
    store: Store
    worker: Callable[[], AbstractAsyncContextManager[Worker]]

    async def enrol(self, *, subject: str = "", continue_after: int = 20, label: str = "") -> Handle:
        """Start a pathway for a new pseudonym."""
        start = new_start(
            "toy",
            subject or f"P{uuid.uuid4().hex[:8]}",
            Site("S01"),
            started_at=START if self.clock == "stepped" else None,
            label=label,
        )
        return await start_pathway(
            self.client, start.model_copy(update={"continue_after": continue_after}), queue=self.queue
        )

    async def stored(self, handle: Handle) -> list[str]:
        """The ids of the events that the store has."""
        async with self.store.reading() as session:
            return [event.id for event in await queries.events(session, handle.id)]


@asynccontextmanager
async def house(
    client: Client, settings: Settings, clock: Clock, *, cached: int = 600
) -> AsyncIterator[House]:
    """A worker on a queue of its own, and its store."""
    await upgrade(settings.database_url)
    queue = f"test-{uuid.uuid4().hex[:8]}"
    async with Store(settings.database_url) as store:
        publisher = Publisher(store)

        def worker() -> Worker:
            return build_worker(client, publisher, queue=queue, clock=clock, max_cached_workflows=cached)

        async with worker():
            yield House(client, queue, clock, store, worker)


@pytest.fixture(params=[600, 0], ids=["cached", "uncached"])
def cached(request: pytest.FixtureRequest) -> int:
    """Every test runs twice: with pathways kept in memory, and with a replay for every task."""
    return int(request.param)


@pytest.fixture
async def stepped(temporal_client: Client, settings: Settings, cached: int) -> AsyncIterator[House]:
    """A worker for rehearsals."""
    async with house(temporal_client, settings, "stepped", cached=cached) as found:
        yield found


@pytest.fixture
async def real(temporal_client: Client, settings: Settings, cached: int) -> AsyncIterator[House]:
    """A worker for patients."""
    async with house(temporal_client, settings, "real", cached=cached) as found:
        yield found


def weight(number: int, at: datetime = START, kilograms: str = "") -> Report:
    """A report that changes nothing in the plan."""
    return Report(
        id=f"w{number}",
        kind="observation",
        at=at,
        role="coordinator",
        name="weight",
        value=kilograms or f"{number + 5}.5",
        unit="kg",
    )


def mrd(id_: str = "m1", at: datetime = START, value: str = "2e-4") -> Report:
    """The result that decides the group."""
    return Report(
        id=id_,
        kind="observation",
        at=at,
        role="laboratory",
        name="mrd",
        point="EOI",
        value=value,
        unit="fraction",
    )


def action(id_: str, name: str, at: datetime = START, occurred: datetime | None = None) -> Report:
    """Something done."""
    return Report(id=id_, kind="action", at=at, role="coordinator", name=name, occurred=occurred)


def later(days: float = 0, hours: float = 0) -> datetime:
    """An instant of the rehearsal clock."""
    return START + timedelta(days=days, hours=hours)


async def until(check: Callable[[], Awaitable[bool]], *, seconds: float = 60) -> None:
    """Wait for what another process does in its own time."""
    async with asyncio.timeout(seconds):
        while not await check():  # noqa: ASYNC110 - there is nothing here that it could set an event of
            await asyncio.sleep(0.1)
