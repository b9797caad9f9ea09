"""The worker process: runs pathways, brings their batches to the store, sends notices. `python -m worker`.

Any number of workers may run, on one machine or many; they share the work. Killing one loses nothing: whatever it had
not answered for is done by another, or by the same one when it is back.
"""

from __future__ import annotations

import gc

if __name__ == "__main__":
    # Before the imports: what they make stays, and looking for cycles among it costs a fifth of a start.
    gc.set_threshold(20_000, 20, 20)

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from types import TracebackType
from typing import Any, Final

import structlog
from sqlalchemy.exc import DatabaseError
from temporalio.client import Client
from temporalio.worker import Worker

import protocols
from activities.agenda import Agendas
from activities.deliver import DeliverActivity
from activities.hand_over import HandOverActivity
from activities.notify import OutboxDrain
from activities.people import PeopleDrain
from activities.publish import Publisher
from activities.sinks import ConsoleSink, MailServer, MailSink, Sink
from contracts.base import Clock
from pathway.errors import AllpathError
from pathway.language import ROLES
from pathway.site import Site
from people.house import House, open_house
from people.signing import Signing
from runtime.connection import connect
from runtime.errors import SettingsError
from runtime.keys import check_ring, load_keys
from runtime.logging import configure_logging
from runtime.process import run_to_end
from runtime.sealing import Sealer
from runtime.settings import Settings, begin_house, load_settings
from store.engine import Store, require, upgrade
from store.errors import StoreAway
from store.payload_keys import enter_key, known_keys
from workflows.durable.activity_options import messages_queue
from workflows.guard import OnlyClock, OnlyHeld
from workflows.meeting import CoordinatingMeeting
from workflows.pathway import PatientPathway
from workflows.sandbox import runner
from workflows.subtrial import Subtrial

MAX_WORKFLOW_TASKS: Final = 8
"""Replays at once. With more than the cores can bear, they time each other out when a worker starts cold."""
MAX_CACHED: Final = 600
"""Pathways kept in memory, at some 0.2 MiB each. The price of fewer is a replay of at most some 20 events."""
MAX_PARCELS: Final = 32
"""Batches of messages that are carried at once. They wait for other workflows, and cost next to nothing meanwhile."""
STICKY_TIMEOUT: Final = timedelta(seconds=2)
"""How long a task waits for the worker that knows its pathway, before any other may take it."""
GRACE: Final = timedelta(seconds=15)
"""How long a worker that is told to stop waits for its activities."""
STORE_PAUSE: Final = 5.0
"""Seconds between attempts to bring the store up to date while it is away."""

YOUNG: Final = 20_000
"""New objects before the collector looks for cycles among them. The default of 700 is made several times in one evaluation."""
BUILD: Final = f"allpath {version('allpath')}"
"""What the Temporal UI shows of the program that did a task. By itself the SDK would hash every module: half a second a start."""

QUEUES: Final[tuple[Clock, ...]] = ("real", "stepped")


OFFICE: Final = "OFFICE"
"""Site code of the coordinating office, whose zone gives the local days of a subtrial that nobody has started by hand."""


class Workers:
    """All that serves one task queue: workflows with their activities, and deliveries on a queue beside it."""

    def __init__(self, *workers: Worker) -> None:
        self._workers = workers
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Workers:
        """Begin to work."""
        async with AsyncExitStack() as stack:
            for worker in self._workers:
                await stack.enter_async_context(worker)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what is being done."""
        await self._stack.__aexit__(kind, error, trace)


def build_worker(
    client: Client,
    publisher: Publisher,
    *,
    queue: str,
    clock: Clock,
    max_cached_workflows: int = MAX_CACHED,
    office: Site | None = None,
    agendas: Agendas | None = None,
    house: House | None = None,
) -> Workers:
    """What serves one task queue, which accepts only workflows on `clock`.

    `office` coordinates the subtrials that patients' messages start; `agendas` gathers those of meetings; `house`: who says which
    roles are held, None where they are claimed, as in every rehearsal. Raises if workflow code imports a module that is not on
    the list of `workflows.sandbox`.
    """
    protocols.load()  # nothing is read inside a workflow task, and nothing compiled: `workflows.sandbox`
    peer_delivery = DeliverActivity(client, office or Site(OFFICE))
    return Workers(
        Worker(
            client,
            task_queue=queue,
            workflows=[PatientPathway, Subtrial, CoordinatingMeeting],
            activities=[
                publisher.publish,
                HandOverActivity(client).hand_over,
                *([agendas.gather] if agendas is not None else []),
            ],
            workflow_runner=runner(),
            interceptors=[
                OnlyClock(clock),
                *([OnlyHeld(house.is_ours)] if house is not None and clock == "real" else []),
            ],
            build_id=BUILD,
            max_concurrent_workflow_tasks=MAX_WORKFLOW_TASKS,
            max_concurrent_activities=MAX_WORKFLOW_TASKS,
            max_cached_workflows=max_cached_workflows,
            sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
            graceful_shutdown_timeout=GRACE,
        ),
        Worker(
            client,
            task_queue=messages_queue(queue),
            activities=[peer_delivery.deliver],
            build_id=BUILD,
            max_concurrent_activities=MAX_PARCELS,
            graceful_shutdown_timeout=GRACE,
        ),
    )


def queue_for(settings: Settings, clock: Clock) -> str:
    """The task queue that serves pathways on that clock."""
    return settings.task_queue if clock == "real" else settings.rehearsal_task_queue


def sinks_of(settings: Settings) -> tuple[Sink, ...]:
    """The ways out to roles by the settings: always the log, and mail if there is a mail server. Raises `SettingsError`."""
    server = mail_server_of(settings)
    return (ConsoleSink(),) if server is None else (ConsoleSink(), MailSink(server))


def mail_server_of(settings: Settings) -> MailServer | None:
    """The mail server by the settings. Raises `SettingsError` where a role is not named: its notices would go to nobody."""
    smtp = settings.smtp
    if smtp.host is None:
        return None
    forgotten = [role for role in ROLES if role not in smtp.recipients]
    if forgotten:
        raise SettingsError(
            f"settings: smtp.recipients names nobody for {', '.join(forgotten)}. Every role is named, each with its addresses or "
            f"with an empty list, which means no address on purpose; the roles are {', '.join(ROLES)}"
        )
    password = smtp.password
    return MailServer(
        host=smtp.host,
        port=smtp.port,
        sender=smtp.sender,
        recipients=smtp.recipients,
        starttls=smtp.starttls,
        username=smtp.username,
        password=password.get_secret_value() if password else None,
        pages=_pages(settings),
    )


def _pages(settings: Settings) -> str:
    """Where links begin. A default is no address at which anybody is known to listen."""
    return settings.web_address if "web_address" in settings.model_fields_set else ""


def drains_of(store: Store, settings: Settings) -> tuple[list[str], list[OutboxDrain | PeopleDrain]]:
    """The channels of roles, and what drains each: one for each channel, so that one that hangs holds up no other."""
    sinks = sinks_of(settings)
    channels = [sink.channel for sink in sinks]
    people = PeopleDrain(
        store,
        Sealer(load_keys(settings.key_file)),
        mail_server_of(settings),
        tell_by=channels,
        pages=_pages(settings),
    )
    return channels, [*(OutboxDrain(store, [sink], tell_by=channels) for sink in sinks), people]


@asynccontextmanager
async def running(
    client: Client, settings: Settings, *, clocks: Sequence[Clock] = QUEUES, house: House | None = None
) -> AsyncIterator[None]:
    """Work in the background while the context lasts: the queues of `clocks`, and the outbox.

    The store may be away, at the start too: events are accepted, and brought there once it is back.
    Raises `StoreTooNew`, and in the body whatever stops a worker for good.
    """
    log = structlog.stdlib.get_logger("allpath.worker")
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store(settings.database_url))
        await _check_keys(settings, store)
        channels, drains = drains_of(store, settings)

        def poke() -> None:
            for drain in drains:
                drain.poke()

        publisher = Publisher(store, channels=channels, published=poke)
        await stack.enter_async_context(_background(_store_work(settings, store, drains, log)))
        for clock in clocks:
            workers = build_worker(
                client,
                publisher,
                queue=queue_for(settings, clock),
                clock=clock,
                office=Site(OFFICE, settings.default_site_zone),
                agendas=Agendas(store),
                house=house,
            )
            await stack.enter_async_context(workers)
        for broken in protocols.BROKEN:
            log.warning(
                "a protocol was skipped, its pathways stand still until it is mended", path=broken.why
            )
        log.info("worker runs", address=settings.temporal_address, count=len(clocks))
        yield
    log.info("worker has stopped")


async def serve(
    settings: Settings,
    *,
    clocks: Sequence[Clock] = QUEUES,
    stop: asyncio.Event | None = None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Run a worker until SIGTERM, SIGINT or `stop`. Raises `SettingsError`, `ServerUnreachable`, `KeyFileError`,
    `StoreTooNew`.
    """
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    mail_server_of(
        settings
    )  # before anything is asked of others: wrong settings are no reason to wait for a server
    begin_house(settings)
    house = open_house(settings.house_key) if settings.identity == "held" else None
    client = await connect(settings, interceptors=[Signing(house.own)] if house is not None else [])
    async with running(client, settings, clocks=clocks, house=house):
        # Protocols and modules stay for good: the collector of cycles need not walk them again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG, 3, 3)
        ready()
        await stop.wait()


async def _store_work(
    settings: Settings,
    store: Store,
    drains: Sequence[OutboxDrain | PeopleDrain],
    log: structlog.stdlib.BoundLogger,
) -> None:
    while True:
        try:
            await upgrade(settings.database_url)
            await _enter_keys(settings, store)
            break
        except StoreAway as away:
            log.warning("the store is away", error_type=type(away).__name__)
            await asyncio.sleep(STORE_PAUSE)
    stop = asyncio.Event()

    async def drain_all() -> None:
        async with asyncio.TaskGroup() as group:
            for drain in drains:
                group.create_task(drain.run(stop))

    draining = asyncio.ensure_future(drain_all())
    try:
        await asyncio.shield(draining)
    except asyncio.CancelledError:
        # A notice that is being sent is finished first, so that nobody has to wonder whether it was.
        stop.set()
        await draining
        raise


async def _check_keys(settings: Settings, store: Store) -> None:
    """Before any work is taken: raises `KeyFileError` where the house writes with other keys. A store that is away cannot say."""
    with suppress(StoreAway, DatabaseError):
        require(settings.database_url)
        async with store.reading() as session:
            check_ring(settings.key_file, await known_keys(session))


async def _enter_keys(settings: Settings, store: Store) -> None:
    """Say in the store with which key this worker writes. Raises `KeyFileError` where the house writes with others."""
    ring = load_keys(settings.key_file)
    async with store.writing() as session:
        check_ring(settings.key_file, await known_keys(session))
        await enter_key(session, ring.current, datetime.now(UTC))


@asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do the work beside the body. If it fails, the body is cancelled and the error raised."""
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(work)
            try:
                yield
            finally:
                task.cancel()
    except BaseExceptionGroup as errors:
        if len(errors.exceptions) == 1:
            raise errors.exceptions[0] from None
        raise


def main(arguments: Sequence[str]) -> int:
    """Run a worker for both queues, or for those named: `production`, `rehearsals`."""
    names: dict[str, Clock] = {"production": "real", "rehearsals": "stepped"}
    for name in arguments:
        if name not in names:
            raise AllpathError(
                f"a worker serves production or rehearsals, or both if none is named; not {name!r}"
            )
    settings = load_settings()
    configure_logging(level=settings.log_level, form=settings.log_format)
    asyncio.run(serve(settings, clocks=[names[name] for name in arguments] or QUEUES))
    return 0


if __name__ == "__main__":
    run_to_end(lambda: main(sys.argv[1:]))
