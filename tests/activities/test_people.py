"""Telling people by their own ways: real mail, real HTTP, both databases."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from activities.notify import OutboxDrain, Pace
from activities.people import PeopleDrain, check_url
from activities.sinks import ConsoleSink, MailServer, MailSink
from pathway.changes import Change
from people import accounts, ways
from people.errors import PeopleError
from runtime.errors import KeyFileError
from runtime.keys import KeyRing, key_id
from runtime.sealing import Sealer
from store import queries
from store.engine import Store
from store.schema import OutboxRow
from tests.activities.mail_server import Inbox, mail_server
from tests.activities.test_notify import Clock
from tests.store import telling
from tests.store.batches import batch, change, retraction
from tests.workflows.conftest import until

KEY = secrets.token_bytes(32)
SEAL = Sealer(KeyRing(key_id(KEY), {key_id(KEY): KEY}))
BY_ROLE = ("console", "mail")
PACE = Pace(send_within=timedelta(seconds=60))


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def person(
    store: Store, code: str, *held: str, mail: str = "", url: str = "", quiet: str = "", digest: str = ""
) -> None:
    """Somebody with a way or two."""
    async with store.writing() as session:
        await accounts.add(session, "ROOT", code, "no hash", [accounts.held_from(each) for each in held])
        if mail:
            await ways.add(session, SEAL, "ROOT", code, "mail", mail)
        if url:
            await ways.add(session, SEAL, "ROOT", code, "url", url)
        if quiet or digest:
            await ways.set_habits(session, "ROOT", code, quiet=quiet or None, digest=digest or None)


async def tell(store: Store, revision: int, *changes: Change, **fields: object) -> None:
    await telling.tell(store, batch(revision, changes=changes, **fields), channels=BY_ROLE)


def server_of(inbox: Inbox) -> MailServer:
    roles = dict.fromkeys(("coordinator", "clinician", "operations"), ())
    return MailServer("127.0.0.1", inbox.port, "Allpath <allpath@trial.example>", roles, starttls=False)


def drain(store: Store, clock: Clock, inbox: Inbox | None) -> PeopleDrain:
    server = server_of(inbox) if inbox is not None else None
    return PeopleDrain(store, SEAL, server, tell_by=BY_ROLE, pace=PACE, clock=clock)


async def send(people: PeopleDrain) -> None:
    await people.round()
    await people.settled()


async def rows(store: Store, channel: str = "way/%", kind: str = "%") -> list[OutboxRow]:
    query = select(OutboxRow).where(OutboxRow.channel.like(channel), OutboxRow.kind.like(kind))
    async with store.reading() as session:
        return list(await session.scalars(query.order_by(OutboxRow.outbox_id)))


def everybody(inbox: Inbox) -> list[str]:
    return sorted(address for addresses in inbox.recipients for address in addresses)


async def test_each_person_who_holds_the_role_at_the_site_is_told_and_the_role_too(
    store: Store, clock: Clock
) -> None:
    await person(store, "KM", "coordinator@S01", mail="km@s01.org")
    await person(store, "EV", "coordinator", mail="ev@office.org")
    await person(store, "TWO", "clinician@S01", "coordinator@S01", mail="two@s01.org")
    await person(store, "OT", "coordinator@S02", mail="ot@s02.org")
    await person(store, "DR", "clinician@S01", mail="dr@s01.org")
    await person(store, "GONE", "coordinator@S01", mail="gone@s01.org")
    await person(store, "NONE", "coordinator@S01")
    async with store.writing() as session:
        await accounts.set_disabled(session, "ROOT", "GONE", disabled=True)
    await tell(store, 1, change(to=("coordinator",)), change(key="B", to=("coordinator", "clinician")))
    async with mail_server() as inbox:
        await send(drain(store, clock, inbox))
    twice = [
        "ev@office.org",
        "km@s01.org",
        "two@s01.org",
    ]  # once for each of two notices, whatever roles they hold
    assert everybody(inbox) == sorted(["dr@s01.org", *twice, *twice])
    assert all(mail["From"] == "Allpath <allpath@trial.example>" for mail in inbox.mails)
    assert all(len(addresses) == 1 for addresses in inbox.recipients)
    assert [row.role for row in await rows(store, "mail")] == ["coordinator", "coordinator", "clinician"]
    assert {row.status for row in await rows(store)} == {"sent"}


async def test_a_rehearsal_reaches_nobody(store: Store) -> None:
    await person(store, "KM", "coordinator@S01", mail="km@s01.org")
    await tell(store, 1, change(), rehearsal=True)
    assert await rows(store) == []


async def test_no_address_is_in_the_store_or_in_what_is_said_of_it(store: Store, clock: Clock) -> None:
    secret = "json://user:hunter2@127.0.0.1:1/topic"
    await person(store, "KM", "coordinator@S01", mail="km@s01.org", url=secret)
    await tell(store, 1, change())
    await send(drain(store, clock, None))
    async with store.reading() as session:
        kept = [
            str(tuple(row))
            for table in ("ways", "habits", "people", "audit", "outbox")
            for row in await session.execute(text(f"SELECT * FROM {table}"))
        ]
        shown = str(await ways.ways(session, SEAL, "KM")) + str(await ways.deliveries(session, "KM"))
    assert kept
    for each in ("km@s01.org", "hunter2", "topic"):
        assert each not in "".join(kept) + shown
    assert "k...@s01.org" in shown
    assert "json://..." in shown
    failed, refused = await rows(store)
    assert failed.last_error == "no mail server is set for a way by mail: set ALLPATH_SMTP__HOST"
    assert refused.last_error == "the service did not take it"


async def test_what_is_sealed_opens_for_its_owner_alone_and_with_an_older_key_too() -> None:
    sealed = SEAL.seal("km@s01.org", "KM")
    newer = secrets.token_bytes(32)
    rotated = Sealer(KeyRing(key_id(newer), {key_id(KEY): KEY, key_id(newer): newer}))
    assert rotated.open(sealed, "KM") == "km@s01.org"
    for broken, owner in ((sealed, "DR"), (sealed[:-6] + "AAAA==", "KM"), ("nokey " + sealed, "KM")):
        with pytest.raises(KeyFileError) as raised:
            rotated.open(broken, owner)
        assert "s01" not in str(raised.value)


class Listener:
    """A real HTTP server that keeps what it is sent. `gate`: answers only once it is open."""

    def __init__(self) -> None:
        self.port = 0
        self.bodies: list[dict[str, str]] = []
        self.gate: asyncio.Event | None = None
        self.entered = asyncio.Event()
        self.status = "200 OK"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length")
        )
        self.bodies.append(json.loads(await reader.readexactly(length)))
        self.entered.set()
        if self.gate is not None:
            await self.gate.wait()
        writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listener() -> AsyncIterator[Listener]:
    """Listen on a free port."""
    found = Listener()
    server = await asyncio.start_server(found.handle, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        await server.wait_closed()


async def test_a_service_is_told_what_a_mail_would_say_and_is_tried_again_when_it_refuses(
    store: Store, clock: Clock
) -> None:
    async with listener() as service:
        service.status = "500 No"
        await person(store, "KM", "coordinator@S01", url=f"json://127.0.0.1:{service.port}")
        await tell(store, 1, change(text="MRD 0.00021 of Anna"))
        people = drain(store, clock, None)
        await send(people)
        (row,) = await rows(store)
        assert (row.status, row.attempts, row.last_error) == ("pending", 1, "the service did not take it")
        service.status = "200 OK"
        clock.move(PACE.first_retry)
        await send(people)
    assert [row.status for row in await rows(store)] == ["sent"]
    body = service.bodies[-1]
    assert body["title"] == "allpath: alert EOI-MRD-HIGH (major), P1, site S01"
    assert "Asked:    take note of it, and settle what it is about" in body["message"]
    assert "0.00021" not in str(body)
    assert "Anna" not in str(body)


@pytest.mark.parametrize("url", ["", "nothing", "nosuch://service", "json://", "json://a\nb", "x" * 2000])
def test_a_url_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(PeopleError) as refused:
        check_url(url)
    assert "nosuch" not in str(refused.value)


async def test_a_service_that_hangs_holds_up_no_other_person_nor_the_log_nor_the_mail(
    store: Store, clock: Clock
) -> None:
    async with listener() as slow, mail_server() as inbox:
        slow.gate = asyncio.Event()
        await person(store, "SLOW", "coordinator@S01", url=f"json://127.0.0.1:{slow.port}")
        await person(store, "KM", "coordinator@S01", mail="km@s01.org")
        await tell(store, 1, change())
        people = drain(store, clock, inbox)
        await people.round()
        await slow.entered.wait()
        await inbox.arrived.wait()
        # The next notice reaches whoever can be reached while the first still hangs.
        inbox.arrived.clear()
        await tell(store, 2, change(key="B", id="B"))
        while not inbox.arrived.is_set():
            await people.round()
            await asyncio.sleep(0)
        assert len(slow.bodies) == 1
        slow.gate.set()
        await people.settled()
        await send(people)
    assert [row.status for row in await rows(store)] == ["sent"] * 4
    assert len(slow.bodies) == 2


async def test_a_mail_server_that_hangs_does_not_hold_up_the_log(store: Store, clock: Clock) -> None:
    taken = asyncio.Event()

    async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.set()
        await reader.read()  # never says 220
        writer.close()

    server = await asyncio.start_server(hangs, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    mail = MailSink(
        MailServer("127.0.0.1", port, "a@b.org", {"coordinator": ("c@d.org",)}, False, timeout_seconds=300)
    )
    await tell(store, 1, change())
    stop = asyncio.Event()
    drains = [OutboxDrain(store, [each], tell_by=BY_ROLE) for each in (mail, ConsoleSink())]
    running = [asyncio.create_task(each.run(stop)) for each in drains]
    await taken.wait()
    await tell(store, 2, change(key="B"))
    drains[1].poke()

    async def logged() -> bool:
        return [row.status for row in await rows(store, "console")] == ["sent", "sent"]

    await until(logged)
    assert [row.status for row in await rows(store, "mail")] == ["sending", "pending"]
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    server.close()
    await server.wait_closed()


# --- digest and quiet hours ---------------------------------------------------------------------------------


async def test_what_is_minor_comes_once_a_day_in_one_message_without_what_is_over(
    store: Store, clock: Clock
) -> None:
    await person(store, "KM", "coordinator@S01", mail="km@s01.org", digest="16:00")
    minor = [change(key=f"M{n}", id=f"M{n}", severity="minor") for n in range(25)]
    await tell(
        store, 1, *minor, change(key="BIG", id="BIG"), change(key="NOW", id="NOW", severity="critical")
    )
    await tell(store, 2, retraction(key="M3", id="M3"))
    async with mail_server() as inbox:
        people = drain(store, clock, inbox)
        await send(people)
        assert sorted(str(mail["Subject"]).split()[2] for mail in inbox.mails) == ["BIG", "NOW"]
        clock.move(timedelta(hours=7))  # 08:00 UTC is 09:00 in Berlin: at 16:00
        await send(people)
    digest = inbox.mails[-1]
    assert len(inbox.mails) == 3
    assert digest["Subject"] == "allpath: 24 notices of the day"
    for n in range(25):
        assert (f"alert: M{n}\n" in digest.get_content().replace("\r\n", "\n")) == (n != 3)


async def test_in_quiet_hours_only_what_is_critical_comes(store: Store, clock: Clock) -> None:
    await person(store, "KM", "coordinator@S01", mail="km@s01.org", quiet="22:00-07:00")
    clock.move(timedelta(hours=14))  # 23:00 in Berlin
    changes = (change(key="A", id="A"), change(key="B", id="B", severity="critical"))
    await telling.tell(store, batch(1, changes=changes), now=clock.now, channels=BY_ROLE)
    async with mail_server() as inbox:
        people = drain(store, clock, inbox)
        await send(people)
        assert [str(mail["Subject"]).split()[2] for mail in inbox.mails] == ["B"]
        clock.move(timedelta(hours=7, minutes=59))
        await send(people)
        assert len(inbox.mails) == 1
        async with store.reading() as session:
            assert not [each for each in await queries.stuck(session, clock.now) if each.channel == "way/1"]
        clock.move(timedelta(minutes=1))
        await send(people)
        assert [str(mail["Subject"]).split()[2] for mail in inbox.mails] == ["B", "A"]


# --- bounces ------------------------------------------------------------------------------------------------


async def test_an_address_that_is_refused_is_told_to_operations_once_and_used_no_more(
    store: Store, clock: Clock
) -> None:
    await person(store, "KM", "coordinator@S01", mail="km@s01.org")
    await person(store, "OP", "operations", mail="op@office.org")
    for number in range(1, 4):
        await tell(store, number, change(key=f"K{number}"))
    async with mail_server(Inbox(refuse=frozenset({"km@s01.org"}))) as inbox:
        people = drain(store, clock, inbox)
        await send(people)
        await send(people)
        await tell(store, 4, change(key="K4"))
        await send(people)
    assert [row.status for row in await rows(store, "way/1")] == ["bounced"] * 3
    assert everybody(inbox) == ["op@office.org"]
    (mail,) = inbox.mails
    assert mail["Subject"] == "allpath: address refused for good KM/1 (major), P1, site S01"
    assert "km@s01.org" not in mail.as_string()
    assert [row.channel for row in await rows(store, "%", "bounce")] == ["console", "mail", "way/2"]
    async with store.reading() as session:
        ((code, number, channel, _, why),) = await ways.bounced(session)
        (way,) = await ways.ways(session, SEAL, "KM")
    assert (code, number, channel) == ("KM", 1, "mail")
    assert "550" in why
    assert way.bounced is not None


async def test_a_roles_address_that_is_refused_is_tried_again_and_told_once_until_it_works(
    store: Store, clock: Clock
) -> None:
    await person(store, "OP", "operations", mail="op@office.org")
    async with mail_server(Inbox(refuse=frozenset({"ward@s01.org"}))) as inbox:
        sink = MailSink(
            MailServer("127.0.0.1", inbox.port, "a@b.org", {"coordinator": ("ward@s01.org",)}, starttls=False)
        )
        worker = OutboxDrain(store, [sink], clock=clock, tell_by=("console",))
        await telling.tell(store, batch(1, changes=(change(),)), channels=("mail",))
        for _ in range(3):
            await worker.drain()
            clock.move(timedelta(minutes=10))
        assert len(await rows(store, "console", "bounce")) == 1
        assert [row.status for row in await rows(store, "mail")] == ["pending"]
        inbox.refuse = frozenset()
        assert await worker.drain() == 1
        inbox.refuse = frozenset({"ward@s01.org"})
        clock.move(timedelta(minutes=1))
        later = batch(2, changes=(change(key="B"),))
        await telling.tell(store, later, now=clock.now, channels=("mail",))
        await worker.drain()
        clock.move(timedelta(minutes=10))
        await worker.drain()
    assert len(await rows(store, "console", "bounce")) == 2
