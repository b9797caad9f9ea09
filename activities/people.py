"""Telling people by their own ways: a mail to them alone, or whatever apprise knows how to reach.

Each way has a queue of its own, and each kind of service its own room: what hangs holds up nobody else.
"""

import asyncio
import logging
import threading
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog

from activities.notify import OutboxDrain, Pace, in_rounds
from activities.sinks import MailServer, NotSent, mail_of, post, text_of, title_of
from people import ways
from people.errors import PeopleError
from people.ways import Seal
from runtime.errors import KeyFileError
from store import climbing, outbox
from store.engine import Store
from store.errors import StoreAway
from store.outbox import Notice
from store.reaching import WAY

AT_MOST: Final = 200
"""The most notices of one digest; those over it make a second one."""
SIDE_BY_SIDE: Final = 16
"""Messages that are under way at once to one kind of service."""
PATIENCE: Final = 15.0
"""Seconds that a message waits for room."""
CLIMB_EVERY: Final = timedelta(minutes=1)
"""How often it is looked at what nobody has opened."""
PACE: Final = Pace(send_within=timedelta(seconds=60))


class PersonSink:
    """One way of one person. Where it leads is read when something is sent, and kept nowhere else."""

    def __init__(
        self,
        store: Store,
        channel: str,
        seal: Seal,
        server: MailServer | None,
        rooms: dict[str, asyncio.Semaphore],
        pages: str = "",
    ) -> None:
        self.channel = channel
        self._store = store
        self._seal = seal
        self._server = server
        self._rooms = rooms
        self._pages = pages

    async def send(self, *notices: Notice) -> str:
        """Send them to the person, in one message."""
        try:
            async with self._store.reading() as session:
                found = await ways.address(session, self._seal, int(self.channel.removeprefix(WAY)))
        except KeyFileError as error:
            raise NotSent(str(error)) from None
        if found is None:
            return "the way was removed"
        channel, text = found
        kind = "mail" if channel == "mail" else text.partition("://")[0]
        room = self._rooms[kind]
        try:
            async with asyncio.timeout(PATIENCE):
                await room.acquire()
        except TimeoutError:
            raise NotSent(f"{SIDE_BY_SIDE} others are being told by {kind}, and none has ended") from None
        try:
            if channel == "mail":
                return await self._mail(text, notices)
            return await self._push(text, notices)
        finally:
            room.release()

    async def _mail(self, address: str, notices: Sequence[Notice]) -> str:
        if self._server is None:
            raise NotSent("no mail server is set for a way by mail: set ALLPATH_SMTP__HOST")
        message = mail_of(notices[0], self._server.sender, [address], self._pages)
        if len(notices) > 1:
            message.replace_header("Subject", digest_title(notices))
            message.set_content(digest_text(notices, self._pages))
        return await post(self._server, message, [address])

    async def _push(self, url: str, notices: Sequence[Notice]) -> str:
        one = len(notices) == 1
        title = title_of(notices[0]) if one else digest_title(notices)
        body = text_of(notices[0], self._pages) if one else digest_text(notices, self._pages)
        problem = await _in_thread(partial(_notify, url, title, body))
        if problem:
            raise NotSent(problem)
        return ""


def digest_title(notices: Sequence[Notice]) -> str:
    """The subject of the message of the day."""
    return f"allpath: {len(notices)} notices of the day"


def digest_text(notices: Sequence[Notice], pages: str = "") -> str:
    """All that there is to tell, one after the other."""
    rule = "\n" + "-" * 40 + "\n\n"
    return rule.join(text_of(notice, pages) for notice in notices)


def check_url(url: str) -> str:
    """A URL that apprise can use. Raises `PeopleError`, which does not repeat it, and `ImportError` without the extra."""
    _service(url.strip())
    return url.strip()


_LOADING: Final = threading.Lock()


def _service(url: str) -> Any:
    # It loads its hundred services when it is first used, some of which are written for older Pythons.
    with _LOADING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import apprise

        # Its log quotes addresses and keys.
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        service = apprise.Apprise()
        is_right = len(url) <= ways.LONGEST and url.isprintable() and "://" in url and service.add(url)
    if not is_right:
        raise PeopleError("this is no address that apprise knows, such as ntfy://TOPIC or slack://TOKENS")
    return service


def _notify(url: str, title: str, body: str) -> str:
    """Tell a service, and return why not, empty if it took it."""
    try:
        return "" if _service(url).notify(title=title, body=body) else "the service did not take it"
    except ImportError:
        return "a way by URL needs the extra 'notify', which is not installed here"
    except PeopleError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 (its text may quote the address)
        return f"the service could not be told: {type(error).__name__}"


async def _in_thread(call: Callable[[], str]) -> str:
    """Do what blocks in a thread of its own: one that never ends holds up nothing, not even the end of the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[str] = loop.create_future()

    def settle(result: str) -> None:
        if not done.done():
            done.set_result(result)

    def work() -> None:
        result = call()
        try:
            loop.call_soon_threadsafe(settle, result)
        except RuntimeError:
            return  # the loop has ended meanwhile

    threading.Thread(target=work, name="allpath-way", daemon=True).start()
    return await done


def _now() -> datetime:
    return datetime.now(UTC)


class PeopleDrain:
    """Sends what is due to people, each way by itself, and tells operations of what nobody opens.

    `tell_by`: the channels of roles.
    """

    def __init__(
        self,
        store: Store,
        seal: Seal,
        server: MailServer | None,
        *,
        tell_by: Sequence[str],
        pages: str = "",
        pace: Pace = PACE,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._seal = seal
        self._server = server
        self._tell_by = tuple(tell_by)
        self._pages = pages
        self._pace = pace
        self._clock = clock
        self._rooms: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(SIDE_BY_SIDE))
        self._drains: dict[str, OutboxDrain] = {}
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._climbed: datetime | None = None
        self._poked = asyncio.Event()
        self._log = structlog.stdlib.get_logger("allpath.outbox")

    def poke(self) -> None:
        """Look now rather than at the next round."""
        self._poked.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set; what is being sent is finished first."""
        try:
            await in_rounds(lambda: self.round(stop), stop, self._poked, self._pace.idle)
        finally:
            await self.settled()

    async def round(self, stop: asyncio.Event | None = None) -> None:
        """Let climb what is due to climb, and begin to send what is due on ways that are not busy. Raises `StoreAway`."""
        now = self._clock()
        if self._climbed is None or abs(now - self._climbed) >= CLIMB_EVERY:
            self._climbed = now
            climb = partial(climbing.climb, now=now, channels=self._tell_by)
            if await self._store.write(climb):
                self._log.warning("notices that nobody has opened were told to operations")
        async with self._store.reading() as session:
            due = await (await session.connection()).run_sync(outbox.due_ways, now)
        for channel in due:
            if channel not in self._busy:
                self._busy[channel] = asyncio.create_task(self._drain(channel, stop))

    async def settled(self) -> None:
        """Wait until nothing is being sent."""
        while self._busy:
            await asyncio.wait(set(self._busy.values()))

    async def _drain(self, channel: str, stop: asyncio.Event | None) -> None:
        if channel not in self._drains:
            sink = PersonSink(self._store, channel, self._seal, self._server, self._rooms, self._pages)
            self._drains[channel] = OutboxDrain(
                self._store,
                [sink],
                pace=self._pace,
                clock=self._clock,
                at_most=AT_MOST,
                tell_by=self._tell_by,
            )
        try:
            await self._drains[channel].drain(stop)
        except StoreAway as away:
            self._log.warning("outbox waits for the store", error_type=type(away).__name__)
        except Exception as error:  # noqa: BLE001 (logged with its places)
            # One person's way must not end the telling of all others; it is tried again with the next round.
            self._log.exception("a way of a person cannot be served", error_type=type(error).__name__)
        finally:
            del self._busy[channel]
