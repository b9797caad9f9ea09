"""Drains the outbox, in the background of every worker process.

At least once: a duplicate has the same Message-ID.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import structlog

from activities.sinks import NotSent, Refused, Sink, Unclear, Unreachable
from store import outbox
from store.engine import Store
from store.errors import StoreAway
from store.outbox import HANDFUL, Bounced, End, Failed, Notice, Returned, Sent


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Pace:
    """How patiently the outbox is drained.

    `first_retry` doubles with every failed attempt up to `last_retry`, which so bounds how late a notice can
    be once a mail server is back. `lease`: after this time without a report a claimed notice is taken over by
    another worker; `send_within` is well below it, so that a worker that is alive never loses a claim.
    `note_within`: how long what was sent may wait to be noted while the rest of a handful is sent; a worker that dies leaves
    no more to be sent again. `idle`: between two looks at an empty outbox.
    """

    first_retry: timedelta = timedelta(seconds=15)
    last_retry: timedelta = timedelta(minutes=10)
    lease: timedelta = timedelta(minutes=5)
    send_within: timedelta = timedelta(minutes=2)
    note_within: timedelta = timedelta(seconds=1)
    idle: timedelta = timedelta(seconds=5)

    def retry_after(self, failures: int) -> timedelta:
        """How long to wait after that many failures in a row."""
        longer: int = 2 ** min(failures - 1, 30)
        return min(self.first_retry * longer, self.last_retry)


class OutboxDrain:
    """Sends what is due in the outbox through the sinks, one for each channel.

    Several drains may run, in one process or many: each claims notices by the handful before it sends them. What hangs holds up
    its own drain only, so each channel has one. `at_most`: the most notices in a handful. `tell_by`: the channels by which
    operations are told of an address that is refused.
    """

    def __init__(
        self,
        store: Store,
        sinks: Sequence[Sink],
        *,
        pace: Pace | None = None,
        clock: Callable[[], datetime] = _now,
        at_most: int = HANDFUL,
        tell_by: Sequence[str] | None = None,
    ) -> None:
        self._at_most = at_most
        self._tell_by = tuple(tell_by if tell_by is not None else (sink.channel for sink in sinks))
        self._store = store
        self._sinks = {sink.channel: sink for sink in sinks}
        self._pace = pace or Pace()
        self._clock = clock
        self._poked = asyncio.Event()
        self._failures = dict.fromkeys(self._sinks, 0)
        self._closed_until: dict[str, datetime] = {}
        self._ends: list[End] = []
        self._claimed = clock()
        self._log = structlog.stdlib.get_logger("allpath.outbox")

    def poke(self) -> None:
        """Look at the outbox now rather than at the next round: something has been put in."""
        self._poked.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Drain until `stop` is set; a notice that is being sent is finished first, and others are left to whoever is next."""
        await in_rounds(lambda: self.drain(stop), stop, self._poked, self._pace.idle)

    async def drain(self, stop: asyncio.Event | None = None) -> int:
        """Send everything that is due, and return how many were sent. Raises `StoreAway`."""
        sent = 0
        while True:
            notices = await self._turn(self._open_channels(stop))
            if not notices:
                return sent
            sent += await self._send_all(notices, stop)

    async def _turn(self, channels: Sequence[str]) -> tuple[Notice, ...]:
        """Note what came of the last handful and claim the next, in one transaction."""
        ends = tuple(self._ends)
        now = self._clock()
        job = partial(
            outbox.turn,
            ends=ends,
            channels=channels,
            by=uuid4().hex,
            now=now,
            lease=self._pace.lease,
            at_most=self._at_most,
        )
        handful = await self._store.write(job)
        self._claimed = now
        # Only now: what the store could not note is noted when it is back.
        del self._ends[: len(ends)]
        if handful.released:
            self._log.warning("outbox took over notices that may have been sent", count=handful.released)
        self._tell_lost(ends, handful.lost)
        return handful.notices

    def _open_channels(self, stop: asyncio.Event | None) -> list[str]:
        if stop is not None and stop.is_set():
            return []
        now = self._clock()
        # One that is closed for longer than any wait was closed by a clock that has been put right since.
        longest = now + self._pace.last_retry
        return [
            name
            for name in self._sinks
            if (until := self._closed_until.get(name, now)) <= now or until > longest
        ]

    async def _send_all(self, notices: Sequence[Notice], stop: asyncio.Event | None) -> int:
        """Send a handful, one after the other, and return how many were sent."""
        sent = 0
        noted = self._clock()
        for together in _messages(notices):
            # A claim is never let run out under a notice that is being sent.
            late = self._clock() - self._claimed + self._pace.send_within >= self._pace.lease
            if late or together[0].channel not in self._open_channels(stop):
                self._ends += [Returned(notice) for notice in together]
                continue
            sent += await self._send(together)
            if self._clock() - noted >= self._pace.note_within:
                # Who is slow notes more often, so that few are sent again when the worker dies.
                await self._note()
                noted = self._clock()
        return sent

    async def _note(self) -> None:
        ends = tuple(self._ends)
        lost = await self._store.write(partial(outbox.note, ends=ends))
        del self._ends[: len(ends)]
        self._tell_lost(ends, lost)

    def _tell_lost(self, ends: Sequence[End], lost: Collection[int]) -> None:
        for end in ends:
            if isinstance(end, Sent) and end.notice.outbox_id in lost:
                self._log.warning(
                    "outbox sent a notice whose claim had run out", outbox_id=end.notice.outbox_id
                )

    async def _send(self, together: Sequence[Notice]) -> int:
        """Send notices in one message and remember what came of it. Returns how many were sent."""
        notice = together[0]
        channel, again = notice.channel, self._pace.retry_after(notice.attempt)
        try:
            async with asyncio.timeout(self._pace.send_within.total_seconds()):
                remark = await self._sinks[channel].send(*together)
        except Unreachable as error:
            self._failures[channel] += 1
            wait = self._pace.retry_after(self._failures[channel])
            # The channel as a whole: a thousand notices need not each find out that the server is down.
            self._closed_until[channel] = self._clock() + wait
            self._failed(together, str(error), wait, maybe_sent=False)
            return 0
        except Unclear as error:
            self._failed(together, str(error), again, maybe_sent=True)
            return 0
        except Refused as error:
            now = self._clock()
            self._failures[channel] = 0
            self._ends += [Bounced(each, str(error), now, now + again, self._tell_by) for each in together]
            self._log.warning("an address was refused for good", outbox_id=notice.outbox_id, role=notice.role)
            return 0
        except NotSent as error:
            self._failures[channel] = 0
            self._failed(together, str(error), again, maybe_sent=False)
            return 0
        except TimeoutError:
            self._failed(together, "sending took too long", again, maybe_sent=True)
            return 0
        self._failures[channel] = 0
        self._ends += [Sent(each, self._clock(), remark) for each in together]
        if remark:
            self._log.warning("notice did not reach everybody", outbox_id=notice.outbox_id, role=notice.role)
        return len(together)

    def _failed(self, together: Sequence[Notice], error: str, wait: timedelta, *, maybe_sent: bool) -> None:
        for notice in together:
            self._ends.append(Failed(notice, error, self._clock() + wait, maybe_sent))
            self._log.warning(
                "notice not sent",
                outbox_id=notice.outbox_id,
                kind=notice.kind,
                item_id=notice.id,
                role=notice.role,
                attempt=notice.attempt,
            )


async def in_rounds(
    work: Callable[[], Awaitable[object]], stop: asyncio.Event, poked: asyncio.Event, idle: timedelta
) -> None:
    """Do the work until `stop` is set: at once when `poked`, else once every `idle`. A store that is away is waited for."""
    stopped = asyncio.ensure_future(stop.wait())
    try:
        while not stop.is_set():
            poked.clear()
            try:
                await work()
            except StoreAway as away:
                structlog.stdlib.get_logger("allpath.outbox").warning(
                    "outbox waits for the store", error_type=type(away).__name__
                )
            asked = asyncio.ensure_future(poked.wait())
            try:
                await asyncio.wait(
                    {stopped, asked}, timeout=idle.total_seconds(), return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                asked.cancel()
    finally:
        stopped.cancel()


def _messages(notices: Sequence[Notice]) -> list[list[Notice]]:
    """The messages that a handful makes: each notice by itself, and those of the day's digest in one a channel."""
    digests: dict[str, list[Notice]] = {}
    found: list[list[Notice]] = []
    for notice in notices:
        if not notice.digest:
            found.append([notice])
        elif notice.channel in digests:
            digests[notice.channel].append(notice)
        else:
            digests[notice.channel] = [notice]
            found.append(digests[notice.channel])
    return found
