"""Drains the outbox, in the background of every worker process.

At least once: a duplicate has the same Message-ID.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import structlog

from activities.sinks import NotSent, Sink, Unclear, Unreachable
from store import outbox
from store.engine import Store
from store.errors import StoreAway
from store.outbox import Notice


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Pace:
    """How patiently the outbox is drained.

    `first_retry` doubles with every failed attempt up to `last_retry`, which so bounds how late a notice can
    be once a mail server is back. `lease`: after this time without a report a claimed notice is taken over by
    another worker; `send_within` is well below it, so that a worker that is alive never loses a claim.
    `idle`: between two looks at an empty outbox.
    """

    first_retry: timedelta = timedelta(seconds=15)
    last_retry: timedelta = timedelta(minutes=10)
    lease: timedelta = timedelta(minutes=5)
    send_within: timedelta = timedelta(minutes=2)
    idle: timedelta = timedelta(seconds=5)

    def retry_after(self, failures: int) -> timedelta:
        """How long to wait after that many failures in a row."""
        longer: int = 2 ** min(failures - 1, 30)
        return min(self.first_retry * longer, self.last_retry)


class OutboxDrain:
    """Sends what is due in the outbox through the sinks, one for each channel.

    Several drains may run, in one process or many: each claims a notice before it sends it.
    """

    def __init__(
        self,
        store: Store,
        sinks: Sequence[Sink],
        *,
        pace: Pace | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._sinks = {sink.channel: sink for sink in sinks}
        self._pace = pace or Pace()
        self._clock = clock
        self._poked = asyncio.Event()
        self._failures = dict.fromkeys(self._sinks, 0)
        self._closed_until: dict[str, datetime] = {}
        self._log = structlog.stdlib.get_logger("allpath.outbox")

    def poke(self) -> None:
        """Look at the outbox now rather than at the next round: something has been put in."""
        self._poked.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Drain until `stop` is set; a notice that is being sent is finished first."""
        stopped = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                self._poked.clear()
                try:
                    await self.drain(stop)
                except StoreAway as away:
                    self._log.warning("outbox waits for the store", error_type=type(away).__name__)
                poked = asyncio.ensure_future(self._poked.wait())
                try:
                    await asyncio.wait(
                        {stopped, poked},
                        timeout=self._pace.idle.total_seconds(),
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                finally:
                    poked.cancel()
        finally:
            stopped.cancel()

    async def drain(self, stop: asyncio.Event | None = None) -> int:
        """Send everything that is due, and return how many were sent. Raises `StoreAway`."""
        async with self._store.writing() as session:
            released = await outbox.release_expired(session, self._clock())
        if released:
            self._log.warning("outbox took over notices that may have been sent", count=released)
        sent = 0
        while stop is None or not stop.is_set():
            now = self._clock()
            channels = [name for name in self._sinks if self._closed_until.get(name, now) <= now]
            if not channels:
                break
            async with self._store.writing() as session:
                notice = await outbox.claim(session, channels, uuid4().hex, now, self._pace.lease)
            if notice is None:
                break
            sent += await self._send(notice)
        return sent

    async def _send(self, notice: Notice) -> bool:
        """Send one notice and note what came of it. Returns whether it was sent."""
        try:
            async with asyncio.timeout(self._pace.send_within.total_seconds()):
                remark = await self._sinks[notice.channel].send(notice)
        except Unreachable as error:
            self._failures[notice.channel] += 1
            wait = self._pace.retry_after(self._failures[notice.channel])
            # The channel as a whole: a thousand notices need not each find out that the server is down.
            self._closed_until[notice.channel] = self._clock() + wait
            await self._failed(notice, str(error), wait, maybe_sent=False)
            return False
        except Unclear as error:
            await self._failed(notice, str(error), self._pace.retry_after(notice.attempt), maybe_sent=True)
            return False
        except NotSent as error:
            self._failures[notice.channel] = 0
            await self._failed(notice, str(error), self._pace.retry_after(notice.attempt), maybe_sent=False)
            return False
        except TimeoutError:
            await self._failed(
                notice, "sending took too long", self._pace.retry_after(notice.attempt), maybe_sent=True
            )
            return False
        self._failures[notice.channel] = 0
        async with self._store.writing() as session:
            held = await outbox.mark_sent(session, notice, self._clock(), remark)
        if not held:
            self._log.warning("outbox sent a notice whose claim had run out", outbox_id=notice.outbox_id)
        if remark:
            self._log.warning("notice did not reach everybody", outbox_id=notice.outbox_id, role=notice.role)
        return True

    async def _failed(self, notice: Notice, error: str, wait: timedelta, *, maybe_sent: bool) -> None:
        async with self._store.writing() as session:
            await outbox.mark_failed(session, notice, error, self._clock() + wait, maybe_sent=maybe_sent)
        self._log.warning(
            "notice not sent",
            outbox_id=notice.outbox_id,
            kind=notice.kind,
            item_id=notice.id,
            role=notice.role,
            attempt=notice.attempt,
        )
