"""A worker with a store for each test, and patients in a made-up trial."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

import protocols
from activities.agenda import Agendas
from activities.publish import Publisher
from client.pathways import (
    AnyHandle,
    Handle,
    SubtrialHandle,
    new_start,
    new_subtrial_start,
    start_pathway,
    start_subtrial,
)
from contracts.base import Clock
from pathway.events import Report
from pathway.language import Protocol
from pathway.site import Site
from runtime.settings import Settings
from store import queries
from store.engine import Store
from tests.databases import Database, migrated
from tests.workflows.toy import TOY
from tests.workflows.toy_platform import PLATFORM
from worker import Workers, build_worker

START = datetime(2025, 2, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def toy_protocol() -> Iterator[None]:
    """The made-up protocols, among the real ones."""
    with registered(TOY, PLATFORM):
        yield


@contextmanager
def registered(*made_up: Protocol) -> Iterator[None]:
    """Protocols that `protocols.find` knows for a while."""
    published = protocols.ALL
    protocols.ALL = (*published, *made_up)
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
    platform: str
    """A made-up platform of this house's own: on the real clock a trial has one governor for each subtrial."""
    worker: Callable[..., AbstractAsyncContextManager[Workers]]

    async def enrol(
        self, *, protocol: str = "toy", subject: str = "", continue_after: int = 20, label: str = ""
    ) -> Handle:
        """Start a pathway for a new pseudonym."""
        start = new_start(
            protocol,
            subject or f"P{uuid.uuid4().hex[:8]}",
            Site("S01"),
            started_at=START if self.clock == "stepped" else None,
            label=label,
        )
        return await start_pathway(
            self.client, start.model_copy(update={"continue_after": continue_after}), queue=self.queue
        )

    async def govern(
        self, subtrial: str, *, queue: str = "", continue_after: int = 20, label: str = ""
    ) -> SubtrialHandle:
        """Start a governor of the house's platform; on another `queue`, one that nobody serves."""
        start = new_subtrial_start(
            self.platform,
            subtrial,
            Site("OFFICE"),
            started_at=START if self.clock == "stepped" else None,
            label=label,
        )
        return await start_subtrial(
            self.client,
            start.model_copy(update={"continue_after": continue_after}),
            queue=queue or self.queue,
        )

    async def patient(self, subject: str, *, continue_after: int = 20, label: str = "") -> Handle:
        """Enrol a patient in the house's platform."""
        return await self.enrol(
            protocol=self.platform, subject=subject, continue_after=continue_after, label=label
        )

    async def stored(self, handle: AnyHandle) -> list[str]:
        """The ids of the events that the store has."""
        async with self.store.reading() as session:
            return [event.id for event in await queries.events(session, handle.id)]


@asynccontextmanager
async def house(
    client: Client, settings: Settings, clock: Clock, *, cached: int = 600, platform: Protocol | None = None
) -> AsyncIterator[House]:
    """A worker on a queue of its own, its store, and a platform of its own unless one is given."""
    await migrated(settings.database_url)
    queue = f"test-{uuid.uuid4().hex[:8]}"
    async with Store(settings.database_url) as store:
        publisher = Publisher(store)

        def worker(on: str = queue) -> Workers:
            return build_worker(
                client,
                publisher,
                queue=on,
                clock=clock,
                max_cached_workflows=cached,
                agendas=Agendas(store),
            )

        own = platform or replace(PLATFORM, name=queue)
        with registered(own):
            async with worker():
                yield House(client, queue, clock, store, own.name, worker)


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


@pytest.fixture
def database(settings: Settings, request: pytest.FixtureRequest) -> Database:
    """The store's database, as another program has it."""
    url = settings.database_url
    return Database(url, None if url.startswith("sqlite") else request.getfixturevalue("postgres"))


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


def wish(id_: str, subtrial: str, at: datetime = START) -> Report:
    """A patient of the made-up platform asks for a slot in a subtrial, or for none."""
    return Report(id=id_, kind="observation", at=at, role="coordinator", name="wish", value=subtrial)


def action(id_: str, name: str, at: datetime = START, occurred: datetime | None = None) -> Report:
    """Something done."""
    return Report(id=id_, kind="action", at=at, role="coordinator", name=name, occurred=occurred)


def later(days: float = 0, hours: float = 0) -> datetime:
    """An instant of the rehearsal clock."""
    return START + timedelta(days=days, hours=hours)


async def until(check: Callable[[], Awaitable[bool]], *, seconds: float = 120) -> None:
    """Wait for what another process does in its own time."""
    async with asyncio.timeout(seconds):
        while not await check():  # noqa: ASYNC110 - there is nothing here that it could set an event of
            await asyncio.sleep(0.1)
