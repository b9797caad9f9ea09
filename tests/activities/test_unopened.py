"""A notice to a person that nobody opens climbs to operations, once; what is opened, answered or over does not."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest

from people import ways
from store import climbing
from store.engine import Store
from store.reaching import UNOPENED, UNOPENED_CRITICAL
from tests.activities.mail_server import Inbox, mail_server
from tests.activities.test_notify import Clock
from tests.activities.test_people import BY_ROLE, drain, person, rows, send, tell
from tests.store.batches import PATHWAY, T0, change, retraction

CRITICAL = "critical"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def told(store: Store) -> Store:
    """A store with two coordinators and somebody of operations."""
    await person(store, "KM", "coordinator@S01", mail="km@s01.org")
    await person(store, "EV", "coordinator", mail="ev@office.org")
    await person(store, "OP", "operations", mail="op@office.org")
    return store


async def climb(store: Store, clock: Clock) -> int:
    return await store.write(partial(climbing.climb, now=clock.now, channels=BY_ROLE))


async def unopened(store: Store) -> Sequence[tuple[str, str, str]]:
    return [(row.role, row.channel, row.severity) for row in await rows(store, "%", "unopened")]


@pytest.mark.parametrize(
    ("severity", "kind", "wait"),
    [
        (CRITICAL, "alert", UNOPENED_CRITICAL),
        ("major", "deviation", UNOPENED),
        ("", "decision", UNOPENED),
    ],
)
async def test_what_nobody_has_opened_in_time_is_told_to_operations_once(
    told: Store, clock: Clock, severity: str, kind: str, wait: timedelta
) -> None:
    await tell(told, 1, change(severity=severity, kind=kind, text="MRD 0.00021"))
    async with mail_server() as inbox:
        people = drain(told, clock, inbox)
        await send(people)
        clock.move(wait - timedelta(seconds=1))
        await send(people)
        assert await unopened(told) == []
        clock.move(timedelta(minutes=2))
        for _ in range(3):
            await send(people)
            clock.move(timedelta(minutes=2))
    assert await unopened(told) == [
        ("operations", "console", severity), ("operations", "mail", severity), ("operations", "way/3", severity)
    ]  # fmt: skip
    (mail,) = [m for m, to in zip(inbox.mails, inbox.recipients, strict=True) if to == ["op@office.org"]]
    assert "opened by nobody EOI-MRD-HIGH" in mail["Subject"]
    assert "0.00021" not in mail.as_string()


async def test_one_who_opens_the_patient_is_enough(told: Store, clock: Clock) -> None:
    await tell(told, 1, change(severity=CRITICAL))
    async with mail_server() as inbox:
        await send(drain(told, clock, inbox))
    async with told.writing() as session:
        await ways.opened(session, "EV", ("coordinator",), PATHWAY)
    clock.move(timedelta(days=2))
    assert await climb(told, clock) == 0
    by_code = {row.channel: row.opened_at is not None for row in await rows(told)}
    assert by_code == {"way/1": False, "way/2": True}
    async with told.reading() as session:
        (mine,) = await ways.deliveries(session, "EV")
    assert "opened" in ways.fate(mine)
    assert "not opened" not in ways.fate(mine)


async def test_one_of_another_role_who_looks_does_not_open_it_for_the_role(told: Store, clock: Clock) -> None:
    await tell(told, 1, change(severity=CRITICAL))
    async with told.writing() as session:
        await ways.opened(session, "OP", ("operations",), PATHWAY)
    clock.move(UNOPENED_CRITICAL)
    assert await climb(told, clock) == 1


@pytest.mark.parametrize(
    "later",
    [
        change(severity=CRITICAL, state="acknowledged", cause="e2", to=()),
        retraction(cause="e2"),
    ],
)
async def test_what_was_answered_or_is_over_does_not_climb(told: Store, clock: Clock, later: object) -> None:
    await tell(told, 1, change(severity=CRITICAL))
    async with mail_server() as inbox:
        await send(drain(told, clock, inbox))
    await tell(told, 2, later)  # type: ignore[arg-type]
    clock.move(timedelta(days=2))
    assert await climb(told, clock) == 0


async def test_what_operations_know_already_does_not_climb_twice(told: Store, clock: Clock) -> None:
    await tell(told, 1, change(severity=CRITICAL))
    await tell(told, 2, change(severity=CRITICAL, to=("coordinator", "operations"), cause="clock"))
    clock.move(timedelta(days=2))
    assert await climb(told, clock) == 0


async def test_what_comes_back_climbs_anew(told: Store, clock: Clock) -> None:
    await tell(told, 1, change(severity=CRITICAL))
    async with mail_server() as inbox:
        people = drain(told, clock, inbox)
        await send(people)
        clock.move(UNOPENED_CRITICAL)
        assert await climb(told, clock) == 1
        await send(people)
        await tell(told, 2, retraction(cause="e2"))
        await tell(told, 3, change(severity=CRITICAL, cause="e3", generation=2))
        await send(people)
        clock.move(UNOPENED_CRITICAL)
        assert await climb(told, clock) == 1


async def test_what_was_held_back_climbs_by_when_it_was_let_out(told: Store, clock: Clock) -> None:
    await person(
        told, "DR", "clinician@S01", mail="dr@s01.org", quiet="08:00-18:00"
    )  # it is nine at the site
    await tell(told, 1, change(to=("clinician",)))
    async with mail_server() as inbox:
        people = drain(told, clock, inbox)
        clock.move(timedelta(hours=9))
        await send(people)
        assert inbox.recipients == [["dr@s01.org"]]
        clock.move(timedelta(hours=23))
        await send(people)
        assert await unopened(told) == []
        clock.move(timedelta(hours=1, minutes=2))
        await send(people)
        assert len(await unopened(told)) == 3


async def test_what_never_arrived_climbs_as_well(told: Store, clock: Clock) -> None:
    await tell(told, 1, change(severity=CRITICAL))
    async with mail_server(Inbox(refuse=frozenset({"km@s01.org", "ev@office.org"}))) as inbox:
        people = drain(told, clock, inbox)
        await send(people)
        clock.move(UNOPENED_CRITICAL)
        await send(people)
        await send(people)
    assert {row.status for row in await rows(told, "way/1")} == {"bounced"}
    assert len(await unopened(told)) == 3
    assert clock.now == T0 + UNOPENED_CRITICAL
