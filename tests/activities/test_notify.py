"""The outbox drain: nothing lost, nothing stale, nothing twice while its sender lives, else recognisably so."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from activities.notify import OutboxDrain, Pace
from activities.sinks import NotSent, Sink, Unclear, Unreachable
from pathway.changes import Change
from store import queries
from store.engine import Store
from store.errors import StoreAway
from store.outbox import HANDFUL, Notice, retry_now
from store.schema import OutboxRow
from tests.activities.mail_server import Inbox, mail_server
from tests.activities.test_sinks import sink as mail_sink
from tests.databases import file_of
from tests.store import telling
from tests.store.batches import T0, batch, change, retraction

PACE = Pace()
BOTH = {"clinician": ("ward@example.org",), "coordinator": ("office@example.org",)}


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> datetime:
        return self.now

    def move(self, step: timedelta) -> None:
        self.now += step


class Recorder:
    """A sink of our own: keeps what it was handed, and does what `then` says first."""

    def __init__(self, channel: str = "mail") -> None:
        self.channel = channel
        self.got: list[Notice] = []
        self.then: BaseException | None = None
        self.gate: asyncio.Event | None = None
        self.entered = asyncio.Event()

    async def send(self, *notices: Notice) -> str:
        self.entered.set()
        if self.gate:
            await self.gate.wait()
        if self.then and not isinstance(self.then, Crash | Unclear):
            raise self.then
        self.got.extend(notices)
        if self.then:
            raise self.then
        return ""

    def seen(self) -> list[tuple[str, str]]:
        return [(notice.kind, notice.severity) for notice in self.got]


class Crash(BaseException):
    """The process dies here."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def tell(store: Store, revision: int, *changes: Change, channels: Sequence[str] = ("mail",)) -> None:
    await telling.tell(store, batch(revision, changes=changes), channels=channels)


async def statuses(store: Store) -> list[tuple[str, str]]:
    async with store.reading() as session:
        rows = await session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))
        return [(row.kind, row.status) for row in rows]


def drain(store: Store, clock: Clock, *sinks: Sink) -> OutboxDrain:
    return OutboxDrain(store, sinks, pace=PACE, clock=clock)


# --- real mail ----------------------------------------------------------------------------------------------


async def test_a_mail_arrives_without_the_value_that_the_plan_speaks_of(store: Store, clock: Clock) -> None:
    await tell(store, 1, change(text="MRD 0.00021 of Anna, born 2024-06-08", to=("clinician",)))
    async with mail_server() as inbox:
        assert await drain(store, clock, mail_sink(inbox, BOTH)).drain() == 1
    (mail,) = inbox.mails
    for secret in ("0.00021", "Anna", "2024-06-08", "e1", "raised"):
        assert secret not in mail.as_string()
    assert await statuses(store) == [("alert", "sent")]


async def test_a_mail_server_that_is_down_for_a_day_loses_nothing(store: Store, clock: Clock) -> None:
    for number in range(1, 6):
        await tell(store, number, change(key=f"K{number}"))
    async with mail_server() as inbox:
        pass
    worker = drain(store, clock, mail_sink(inbox, BOTH))
    attempts = 0
    for _ in range(144):
        assert await worker.drain() == 0
        clock.move(PACE.last_retry)
    async with store.reading() as session:
        waiting = await queries.stuck(session, clock.now)
        attempts = sum(row.attempts for row in waiting)
    assert len(waiting) == 5
    assert attempts <= 144  # one try of the channel at a time, not one of each notice
    assert all("SMTPConnectError" in row.last_error for row in waiting if row.attempts)
    async with mail_server(inbox):
        assert await worker.drain() == 5
        assert await worker.drain() == 0
    assert len(set(inbox.ids())) == 5


async def test_a_connection_lost_after_the_mail_was_taken_sends_it_again_as_the_same(
    store: Store, clock: Clock
) -> None:
    await tell(store, 1, change())
    async with mail_server(Inbox(vanish=True)) as inbox:
        worker = drain(store, clock, mail_sink(inbox, BOTH))
        assert await worker.drain() == 0
        inbox.vanish = False
        clock.move(PACE.first_retry)
        assert await worker.drain() == 1
    first, second = inbox.ids()
    assert first == second


async def test_the_worker_loop_sends_when_poked_and_ends_when_told(store: Store) -> None:
    async with mail_server() as inbox:
        stop = asyncio.Event()
        worker = OutboxDrain(store, [mail_sink(inbox, BOTH)], pace=Pace(idle=timedelta(hours=1)))
        running = asyncio.create_task(worker.run(stop))
        await tell(store, 1, change())
        worker.poke()
        await inbox.arrived.wait()
        stop.set()
        await running
    assert await statuses(store) == [("alert", "sent")]


# --- several workers, and their deaths ----------------------------------------------------------------------


async def test_workers_that_drain_together_send_everything_once(store: Store, url: str, clock: Clock) -> None:
    for number in range(1, 31):
        await tell(store, number, change(key=f"K{number}"))
    recorders = [Recorder() for _ in range(3)]
    async with Store(url) as second, Store(url) as third:
        counts = await asyncio.gather(
            *(
                drain(its, clock, recorder).drain()
                for its, recorder in zip((store, second, third), recorders, strict=True)
            )
        )
    sent = [notice.outbox_id for recorder in recorders for notice in recorder.got]
    assert (sum(counts), sorted(sent)) == (30, sorted(set(sent)))


async def test_a_slow_send_is_not_taken_over_while_its_worker_has_time(store: Store, clock: Clock) -> None:
    await tell(store, 1, change())
    slow, quick = Recorder(), Recorder()
    slow.gate = asyncio.Event()
    sending = asyncio.create_task(drain(store, clock, slow).drain())
    await slow.entered.wait()
    clock.move(PACE.send_within)
    assert await drain(store, clock, quick).drain() == 0
    slow.gate.set()
    assert await sending == 1
    assert quick.got == []


async def test_a_worker_that_dies_after_sending_leads_to_a_duplicate_with_the_same_message_id(
    store: Store, clock: Clock
) -> None:
    await tell(store, 1, change())
    dying, heir = Recorder(), Recorder()
    dying.then = Crash()
    with pytest.raises(Crash):
        await drain(store, clock, dying).drain()
    assert await drain(store, clock, heir).drain() == 0
    clock.move(PACE.lease)
    assert await drain(store, clock, heir).drain() == 1
    assert dying.got[0].message_id == heir.got[0].message_id
    assert await statuses(store) == [("alert", "sent")]


async def test_a_worker_that_wakes_up_too_late_does_not_spoil_what_its_heir_noted(
    store: Store, clock: Clock
) -> None:
    await tell(store, 1, change())
    late, heir = Recorder(), Recorder()
    late.gate = asyncio.Event()
    sending = asyncio.create_task(drain(store, clock, late).drain())
    await late.entered.wait()
    clock.move(PACE.lease)
    assert await drain(store, clock, heir).drain() == 1
    late.then = NotSent("refused after all")
    late.gate.set()
    assert await sending == 0
    assert await statuses(store) == [("alert", "sent")]


async def test_a_stop_lets_the_notice_in_hand_finish_and_starts_no_other(store: Store, clock: Clock) -> None:
    await tell(store, 1, change(key="A"), change(key="B"))
    slow = Recorder()
    slow.gate = asyncio.Event()
    stop = asyncio.Event()
    running = asyncio.create_task(drain(store, clock, slow).run(stop))
    await slow.entered.wait()
    stop.set()
    slow.gate.set()
    await running
    assert await statuses(store) == [("alert", "sent"), ("alert", "pending")]


async def test_notices_are_claimed_and_settled_by_the_handful(store: Store, clock: Clock) -> None:
    await tell(store, 1, *(change(key=f"K{number}") for number in range(HANDFUL)))
    before = store.hops
    assert await drain(store, clock, Recorder()).drain() == HANDFUL
    assert store.hops == before + 2


async def test_a_recorded_event_costs_four_ways_to_the_database_at_most(store: Store, clock: Clock) -> None:
    worker = drain(store, clock, Recorder())
    before = store.hops
    await tell(store, 1, change(to=("coordinator", "clinician")))
    assert await worker.drain() == 2
    assert store.hops - before <= 4


async def test_what_a_handful_left_over_is_as_if_nobody_had_claimed_it(store: Store, clock: Clock) -> None:
    await tell(store, 1, change(key="A"), change(key="B"))
    recorder = Recorder()
    recorder.then = Unreachable("down")
    assert await drain(store, clock, recorder).drain() == 0
    async with store.reading() as session:
        first, second = await session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))
    assert (first.attempts, first.last_error, first.next_attempt_at) == (1, "down", T0 + PACE.first_retry)
    assert (second.attempts, second.last_error, second.next_attempt_at) == (0, "", T0)
    assert (second.status, second.maybe_sent, second.claimed_by) == ("pending", False, None)


async def test_a_slow_handful_notes_what_it_sent_and_never_sends_under_a_claim_that_may_run_out(
    store: Store, clock: Clock
) -> None:
    class Slow(Recorder):
        async def send(self, *notices: Notice) -> str:
            clock.move(PACE.send_within - timedelta(seconds=1))
            noted.append(len([status for _, status in await statuses(store) if status == "sent"]))
            return await super().send(*notices)

    noted: list[int] = []
    await tell(store, 1, *(change(key=f"K{number}") for number in range(4)))
    assert await drain(store, clock, Slow()).drain() == 4
    assert noted == [0, 1, 2, 3]
    async with store.reading() as session:
        rows = list(await session.scalars(select(OutboxRow)))
    assert [(row.status, row.attempts, row.maybe_sent) for row in rows] == [("sent", 1, False)] * 4


async def test_what_was_sent_while_the_store_went_away_is_noted_when_it_is_back(
    file_store: Store, file_url: str, clock: Clock
) -> None:
    def rename(old: str, new: str) -> None:
        connection = sqlite3.connect(file_of(file_url))
        connection.execute(f"ALTER TABLE {old} RENAME TO {new}")
        connection.close()

    class TakesTheStoreAway(Recorder):
        async def send(self, *notices: Notice) -> str:
            rename("outbox", "away")
            return await super().send(*notices)

    await tell(file_store, 1, change())
    sink = TakesTheStoreAway()
    worker = drain(file_store, clock, sink)
    with pytest.raises(StoreAway):
        await worker.drain()
    rename("away", "outbox")
    assert await worker.drain() == 0
    assert (len(sink.got), await statuses(file_store)) == (1, [("alert", "sent")])


# --- patience -----------------------------------------------------------------------------------------------


def test_the_wait_doubles_up_to_a_bound() -> None:
    waits = [PACE.retry_after(failures).total_seconds() for failures in (1, 2, 3, 4, 7, 100_000)]
    assert waits == [15, 30, 60, 120, 600, 600]


async def test_a_refused_notice_waits_by_itself_and_keeps_the_reason(store: Store, clock: Clock) -> None:
    await tell(store, 1, change(to=("sponsor",)), change(key="B"))
    async with mail_server() as inbox:
        assert await drain(store, clock, mail_sink(inbox, BOTH)).drain() == 1
        async with store.reading() as session:
            (stuck,) = await queries.stuck(session, T0 + timedelta(hours=1))
        assert "no recipients are set for sponsor" in stuck.last_error
        assert stuck.next_attempt_at == T0 + PACE.first_retry
        assert await store.write(partial(retry_now, now=clock.now)) == 1
        mended = mail_sink(inbox, {**BOTH, "sponsor": ("sponsor@example.org",)})
        assert await drain(store, clock, mended).drain() == 1


async def test_one_channel_that_is_down_does_not_hold_up_the_other(store: Store, clock: Clock) -> None:
    await tell(store, 1, change(), change(key="B"), channels=("mail", "console"))
    mail, console = Recorder("mail"), Recorder("console")
    mail.then = Unreachable("down")
    assert await drain(store, clock, mail, console).drain() == 2
    assert len(console.got) == 2


async def test_a_send_without_an_end_is_cut_off_and_tried_again(store: Store) -> None:
    await tell(store, 1, change())
    hanging = Recorder()
    hanging.gate = asyncio.Event()
    worker = OutboxDrain(store, [hanging], pace=Pace(send_within=timedelta(0)), clock=lambda: T0)
    assert await worker.drain() == 0
    async with store.reading() as session:
        (row,) = await session.scalars(select(OutboxRow))
    assert (row.status, row.maybe_sent, row.last_error) == ("pending", True, "sending took too long")


# --- nothing stale ------------------------------------------------------------------------------------------


async def test_an_alert_retracted_before_it_was_sent_is_never_sent_nor_its_retraction(
    store: Store, clock: Clock
) -> None:
    await tell(store, 1, change())
    await tell(store, 2, retraction())
    recorder = Recorder()
    assert await drain(store, clock, recorder).drain() == 0
    assert await statuses(store) == [("alert", "superseded"), ("retraction", "superseded")]


async def test_so_it_is_when_the_mail_server_was_down_in_between(store: Store, clock: Clock) -> None:
    recorder = Recorder()
    recorder.then = Unreachable("down")
    worker = drain(store, clock, recorder)
    await tell(store, 1, change())
    await worker.drain()
    await tell(store, 2, retraction())
    recorder.then = None
    clock.move(PACE.last_retry)
    assert await worker.drain() == 0


async def test_an_alert_that_was_sent_is_retracted(store: Store, clock: Clock) -> None:
    recorder = Recorder()
    worker = drain(store, clock, recorder)
    await tell(store, 1, change())
    await worker.drain()
    await tell(store, 2, retraction())
    await worker.drain()
    assert recorder.seen() == [("alert", "major"), ("retraction", "info")]


@pytest.mark.parametrize("end", [Unclear("lost"), Crash()], ids=["answer lost", "worker died"])
async def test_an_alert_that_may_have_been_sent_is_not_sent_again_but_retracted(
    store: Store, clock: Clock, end: BaseException
) -> None:
    await tell(store, 1, change())
    recorder = Recorder()
    recorder.then = end
    with suppress(Crash):
        await drain(store, clock, recorder).drain()
    await tell(store, 2, retraction())
    recorder.then = None
    clock.move(PACE.lease)
    await drain(store, clock, recorder).drain()
    assert recorder.seen() == [("alert", "major"), ("retraction", "info")]


async def test_a_retraction_waits_for_the_alert_that_is_being_sent(store: Store, clock: Clock) -> None:
    await tell(store, 1, change())
    slow, quick = Recorder(), Recorder()
    slow.gate = asyncio.Event()
    sending = asyncio.create_task(drain(store, clock, slow).drain())
    await slow.entered.wait()
    await tell(store, 2, retraction())
    assert await drain(store, clock, quick).drain() == 0
    slow.then = NotSent("refused")
    slow.gate.set()
    await sending
    clock.move(PACE.last_retry)
    # The alert did not get out, so there is nothing to retract.
    assert await drain(store, clock, quick).drain() == 0
    assert await statuses(store) == [("alert", "superseded"), ("retraction", "superseded")]


async def test_after_an_outage_only_the_rung_that_is_due_now_is_sent(store: Store, clock: Clock) -> None:
    await tell(store, 1, change(severity="minor"))
    await tell(store, 2, change(severity="major"))
    await tell(store, 3, change(severity="critical", to=("coordinator", "clinician")))
    recorder = Recorder()
    await drain(store, clock, recorder).drain()
    assert [(notice.role, notice.severity) for notice in recorder.got] == [
        ("coordinator", "critical"),
        ("clinician", "critical"),
    ]


async def test_a_rung_for_others_leaves_the_first_ones_notice_in_place(store: Store, clock: Clock) -> None:
    await tell(store, 1, change(severity="minor"))
    await tell(store, 2, change(severity="major", to=("clinician",)))
    recorder = Recorder()
    await drain(store, clock, recorder).drain()
    assert {(notice.role, notice.severity) for notice in recorder.got} == {
        ("coordinator", "minor"),
        ("clinician", "major"),
    }


async def test_an_alert_that_only_changes_its_wording_is_sent_once(store: Store, clock: Clock) -> None:
    recorder = Recorder()
    worker = drain(store, clock, recorder)
    await tell(store, 1, change(text="one"))
    await tell(store, 2, change(text="two"))
    await worker.drain()
    await tell(store, 3, change(text="three"))
    await worker.drain()
    assert len(recorder.got) == 1


async def test_what_was_acknowledged_before_it_was_sent_is_not_sent(store: Store, clock: Clock) -> None:
    await tell(store, 1, change(), change(kind="decision", key="decision risk", state="proposed HR"))
    await tell(store, 2, change(state="acknowledged", to=()))
    await tell(store, 3, change(kind="decision", key="decision risk", state="in_force HR", to=()))
    recorder = Recorder()
    assert await drain(store, clock, recorder).drain() == 0


async def test_an_alert_raised_again_after_it_was_acknowledged_is_sent_again(
    store: Store, clock: Clock
) -> None:
    recorder = Recorder()
    worker = drain(store, clock, recorder)
    await tell(store, 1, change())
    await worker.drain()
    await tell(store, 2, change(state="acknowledged", to=()))
    await tell(store, 3, change())
    await worker.drain()
    assert [notice.kind for notice in recorder.got] == ["alert", "alert"]
    assert recorder.got[0].message_id != recorder.got[1].message_id


async def test_a_retraction_of_what_a_lost_store_no_longer_knows_is_sent(store: Store, clock: Clock) -> None:
    recorder = Recorder()
    await tell(store, 1, retraction())
    await drain(store, clock, recorder).drain()
    assert recorder.seen() == [("retraction", "info")]


async def test_a_channel_that_was_added_later_does_not_retract_what_it_never_told(
    store: Store, clock: Clock
) -> None:
    mail, console = Recorder("mail"), Recorder("console")
    worker = drain(store, clock, mail, console)
    await tell(store, 1, change(), channels=("console",))
    await worker.drain()
    await tell(store, 2, retraction(), channels=("console", "mail"))
    await worker.drain()
    assert (len(console.got), mail.got) == (2, [])


# What can happen, one letter each. The plan says (A)lert, worse ale(R)t, ac(K)nowledged, (W)ithdrawn; the drain runs
# and succeeds (s), finds the server down (d), loses the answer (l) or dies (x).
@settings(max_examples=60, deadline=None)
@given(story=st.text(alphabet="ARKWsdlx", min_size=1, max_size=14))
async def test_in_the_end_people_know_what_is_so(story: str, new_file: Callable[[], str]) -> None:
    clock, recorder, state, revision, generation = Clock(), Recorder(), "", 0, 0
    ends = {"s": None, "d": Unreachable("down"), "l": Unclear("lost"), "x": Crash()}
    async with Store(new_file()) as store:
        worker = drain(store, clock, recorder)
        for step in story + "s":
            if step in ends:
                recorder.then = ends[step]
                clock.move(max(PACE.lease, PACE.last_retry))
                try:
                    await worker.drain()
                except Crash:
                    worker = drain(store, clock, recorder)
                continue
            if step in "KW" and state in ("", "W"):
                continue
            revision += 1
            generation += step in "AR" and state in ("", "W")
            state = step
            said = {
                "A": change(generation=generation),
                "R": change(generation=generation, severity="critical"),
                "K": change(generation=generation, state="acknowledged", to=()),
                "W": retraction(generation=generation),
            }
            await tell(store, revision, said[step])
        async with store.reading() as session:
            counts = await queries.outbox_counts(session, clock.now)
    assert (counts.pending, counts.sending) == (0, 0)
    last = recorder.seen()[-1] if recorder.got else None
    if state == "A":
        assert last == ("alert", "major")
    elif state == "R":
        assert last == ("alert", "critical")
    elif state == "W":
        assert last in (None, ("retraction", "info"))
