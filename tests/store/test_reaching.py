"""When a person is told, by the clock of the site; and what a clock that was wrong leaves behind."""

from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from store import outbox
from store.engine import Store
from store.reaching import Habits, is_quiet, let_out
from store.schema import OutboxRow
from tests.store.batches import T0, batch, change
from tests.store.telling import tell

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Habits(quiet=(time(22), time(7)))
NOON = Habits(quiet=(time(12), time(13, 30)))
SMALL_HOURS = Habits(quiet=(time(1), time(2, 30)))
MORNING = Habits(digest=time(7, 30))
BOTH = Habits(quiet=(time(22), time(7)), digest=time(7, 30))
HALF_PAST_TWO = Habits(digest=time(2, 30))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "kind", "severity", "habits", "at", "digest"),
    [
        ("2025-03-07T22:00", "alert", "major", NIGHT, "2025-03-08T06:00", False),  # 23:00 at the site
        ("2025-03-07T20:59", "alert", "major", NIGHT, "2025-03-07T20:59", False),  # a minute before
        ("2025-03-07T21:00", "alert", "major", NIGHT, "2025-03-08T06:00", False),  # as they begin
        ("2025-03-08T06:00", "alert", "major", NIGHT, "2025-03-08T06:00", False),  # as they end
        ("2025-03-07T22:00", "alert", "critical", NIGHT, "2025-03-07T22:00", False),
        ("2025-03-07T22:00", "decision", "", NIGHT, "2025-03-08T06:00", False),
        ("2025-03-07T11:10", "alert", "minor", NOON, "2025-03-07T12:30", False),
        ("2025-03-29T22:00", "alert", "major", NIGHT, "2025-03-30T05:00", False),  # the clocks go forward
        ("2025-10-25T21:00", "alert", "major", NIGHT, "2025-10-26T06:00", False),  # and back
        ("2025-03-30T00:30", "alert", "major", SMALL_HOURS, "2025-03-30T01:30", False),  # 02:30 does not come
        (
            "2025-10-26T00:10",
            "alert",
            "major",
            SMALL_HOURS,
            "2025-10-26T00:30",
            False,
        ),  # 02:10, the first time
        ("2025-10-26T01:10", "alert", "major", SMALL_HOURS, "2025-10-26T01:30", False),  # 02:10, the second
        ("2025-03-07T08:00", "alert", "minor", MORNING, "2025-03-08T06:30", True),
        ("2025-03-07T06:30", "milestone", "info", MORNING, "2025-03-08T06:30", True),
        ("2025-03-07T06:29", "retraction", "", MORNING, "2025-03-07T06:30", True),
        ("2025-03-07T08:00", "alert", "major", MORNING, "2025-03-07T08:00", False),
        ("2025-03-07T08:00", "alert", "critical", MORNING, "2025-03-07T08:00", False),
        ("2025-03-07T08:00", "decision", "", MORNING, "2025-03-07T08:00", False),
        ("2025-03-29T08:00", "alert", "minor", MORNING, "2025-03-30T05:30", True),
        ("2025-10-25T08:00", "alert", "minor", MORNING, "2025-10-26T06:30", True),
        ("2025-03-29T08:00", "alert", "minor", HALF_PAST_TWO, "2025-03-30T01:30", True),
        ("2025-03-07T22:00", "alert", "minor", BOTH, "2025-03-08T06:30", True),
        ("2025-03-07T22:00", "alert", "major", BOTH, "2025-03-08T06:00", False),
        ("2025-03-07T22:00", "alert", "minor", Habits(), "2025-03-07T22:00", False),
    ],
)
def test_a_notice_is_let_out_when_the_person_wants_it(
    now: str, kind: str, severity: str, habits: Habits, at: str, digest: bool
) -> None:
    assert let_out(utc(now), BERLIN, kind, severity, habits) == (utc(at), digest)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)),  # noqa: DTZ001 (made aware below)
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_nobody_is_told_in_their_quiet_hours_nor_later_than_they_last(
    now: datetime, begins: time, ends: time, name: str
) -> None:
    if begins == ends:
        return
    zone = ZoneInfo(name)
    at, _ = let_out(now.replace(tzinfo=UTC), zone, "alert", "major", Habits(quiet=(begins, ends)))
    wait = at - now.replace(tzinfo=UTC)
    assert timedelta() <= wait <= timedelta(hours=25)
    # An end that the clock skips is taken at the offset before: after it, and the quiet hours may be about to begin again.
    if at.astimezone(zone).time().replace(second=0, microsecond=0) == ends:
        assert not is_quiet(ends, begins, ends)


async def one(store: Store) -> OutboxRow:
    async with store.reading() as session:
        return (await session.scalars(select(OutboxRow))).one()


def taken(now: datetime, by: str = "w") -> partial[outbox.Handful]:
    return partial(outbox.turn, ends=(), channels=["console"], by=by, now=now, lease=timedelta(minutes=5))


async def test_an_attempt_noted_by_a_clock_hours_ahead_is_repeated_by_the_right_clock_at_once(
    store: Store,
) -> None:
    await tell(store, batch(1, changes=(change(),)))
    (notice,) = (await store.write(taken(T0))).notices
    wrong = outbox.Failed(notice, "no", T0 + timedelta(hours=6), maybe_sent=False)
    await store.write(partial(outbox.note, ends=(wrong,)))
    assert (await one(store)).next_attempt_at == T0 + timedelta(hours=6)
    (again,) = (await store.write(taken(T0 + timedelta(minutes=1)))).notices
    assert again.attempt == 2


async def test_an_ordinary_wait_is_not_cut_short(store: Store) -> None:
    await tell(store, batch(1, changes=(change(),)))
    (notice,) = (await store.write(taken(T0))).notices
    failed = outbox.Failed(notice, "no", T0 + timedelta(minutes=10), maybe_sent=False)
    await store.write(partial(outbox.note, ends=(failed,)))
    assert (await store.write(taken(T0 + timedelta(minutes=9)))).notices == ()
    assert len((await store.write(taken(T0 + timedelta(minutes=10)))).notices) == 1


async def test_a_claim_by_a_clock_hours_ahead_is_taken_over(store: Store) -> None:
    await tell(store, batch(1, changes=(change(),)))
    assert len((await store.write(taken(T0 + timedelta(hours=6), "wrong"))).notices) == 1
    handful = await store.write(taken(T0 + timedelta(minutes=1), "right"))
    assert (handful.released, len(handful.notices)) == (1, 1)


async def test_what_was_put_in_by_a_clock_days_ahead_is_sent_all_the_same(store: Store) -> None:
    await tell(store, batch(1, changes=(change(),)), now=T0 + timedelta(days=3))
    assert len((await store.write(taken(T0))).notices) == 1
