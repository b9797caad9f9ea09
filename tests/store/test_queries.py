"""What people ask: lists, the work that is due in each site's own days, the outbox."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from pathway.plan import Item
from store import outbox, queries, work_list
from store.engine import Store
from tests.store.batches import T0, batch, change, decision, item, obligation
from tests.store.telling import tell


async def test_lists_leave_out_rehearsals_and_archived_pathways_unless_asked(store: Store) -> None:
    kinds: tuple[dict[str, Any], ...] = ({}, {"rehearsal": True}, {"archived": True}, {"site": "S02"})
    for number, fields in enumerate(kinds):
        await tell(store, batch(1, pathway_id=f"p{number}", subject=f"P{number}", **fields))
    async with store.reading() as session:

        async def ids(**which: Any) -> list[str]:
            return [each.pathway_id for each in await queries.pathways(session, **which)]

        assert await ids() == ["p0", "p3"]
        assert await ids(site="S02") == ["p3"]
        assert await ids(rehearsals=True) == ["p0", "p1", "p3"]
        assert await ids(archived=True) == ["p0", "p2", "p3"]
        assert await ids(subject="P0", trial="interfant-21") == ["p0"]
        assert await ids(trial="other") == []


async def test_the_clock_of_the_rehearsals_is_their_newest_announcement(store: Store) -> None:
    async with store.reading() as session:
        assert await queries.rehearsed_until(session) is None
    for number, (day, is_rehearsal) in enumerate((("02", True), ("05", True), ("07", False))):
        told = change(at=f"2025-03-{day}T08:00:00Z")
        await tell(
            store,
            batch(1, pathway_id=f"p{number}", subject=f"P{number}", rehearsal=is_rehearsal, changes=(told,)),
        )
    async with store.reading() as session:
        assert await queries.rehearsed_until(session) == datetime(2025, 3, 5, 8, tzinfo=UTC)


FRIDAY = date(2025, 3, 7)


def _days(number: int) -> date:
    return FRIDAY + timedelta(days=number)


@pytest.mark.parametrize(
    ("entry", "bucket"),
    [
        (item(state="late", due=_days(-30), window=(_days(-31), _days(-29))), "late"),
        (item(due=_days(-3), window=(_days(-5), _days(-1))), "late"),
        (item(due=_days(-3), window=(_days(-5), _days(2))), "today"),
        (item(due=_days(-1), window=None, late_from=T0 - timedelta(hours=1)), "late"),
        (item(due=_days(0), window=None, late_from=T0 + timedelta(hours=1)), "today"),
        (item(due=_days(1)), "week"),
        (item(due=_days(6), state="planned"), "week"),
        (item(due=_days(7), state="planned"), None),
        (item(due=_days(-9), window=(_days(-9), _days(-8)), state="blocked", blocked_by="risk"), "today"),
        (item(due=None, window=None, kind="task"), "today"),
        (item(due=None, window=None, state="blocked"), None),
        (item(due=None, window=None, state="not_set"), None),
        (item(state="done"), None),
        (item(state="missed", due=_days(-9)), None),
    ],
)
async def test_an_item_is_late_today_or_this_week(store: Store, entry: Item, bucket: str | None) -> None:
    await tell(store, batch(1, items=(entry,)))
    async with store.reading() as session:
        found = await work_list.due(session, T0)
    assert [line.bucket for line in found] == ([bucket] if bucket else [])


@pytest.mark.parametrize(
    ("zone", "bucket"),
    [("Europe/Berlin", "today"), ("America/New_York", "week"), ("Pacific/Auckland", "late")],
)
async def test_days_are_those_of_the_patients_site(store: Store, zone: str, bucket: str) -> None:
    # 23:30 UTC on 6 March: the 7th in Berlin; still the 6th in New York. In Auckland it is noon on the 7th.
    now = datetime(2025, 3, 6, 23, 30, tzinfo=UTC)
    day = FRIDAY if zone != "Pacific/Auckland" else FRIDAY - timedelta(days=1)
    await tell(store, batch(1, zone=zone, items=(item(due=day, window=(day, day)),)))
    async with store.reading() as session:
        (line,) = await work_list.due(session, now)
    assert line.bucket == bucket


async def test_the_work_list_holds_decisions_and_unacknowledged_obligations_for_their_roles(
    store: Store,
) -> None:
    told = batch(
        1,
        items=(item(due=_days(2)), item(state="late", key="L", owner="laboratory")),
        decisions=(decision(),),
        obligations=(obligation(), obligation(key="A", state="acknowledged")),
    )
    await tell(store, told, batch(1, pathway_id="p2", subject="P2", site="S02", items=(item(),)))
    async with store.reading() as session:
        lines = await work_list.due(session, T0)
        assert [(line.bucket, line.subject, line.kind, line.key) for line in lines] == [
            ("late", "P1", "assessment", "L"),
            ("today", "P1", "decision", "risk"),
            ("today", "P1", "alert", "EOI-MRD-HIGH"),
            ("today", "P2", "assessment", "MARROW-D33"),
            ("week", "P1", "assessment", "MARROW-D33"),
        ]
        for_clinician = await work_list.due(session, T0, role="clinician")
        assert [line.kind for line in for_clinician] == ["decision", "alert"]
        assert [line.subject for line in await work_list.due(session, T0, site="S02")] == ["P2"]
        assert await work_list.due(session, T0, trial="other") == ()


async def test_the_outbox_is_counted_and_what_is_stuck_says_why(store: Store) -> None:
    await tell(store, batch(1, changes=(change(), change(key="B", to=("coordinator", "clinician")))))

    def two_of_three(connection: Connection) -> None:
        first, second = outbox.claim(connection, ["console"], "w1", T0, timedelta(minutes=5), at_most=2)
        failed = outbox.Failed(first, "no such host", T0 + timedelta(hours=2), maybe_sent=False)
        assert outbox.note(connection, [failed, outbox.Sent(second, T0)]) == ()

    await store.write(two_of_three)
    later = T0 + timedelta(hours=1)
    async with store.reading() as session:
        assert (await queries.outbox_counts(session, T0)).stuck == 0
        counts = await queries.outbox_counts(session, later)
        assert counts == queries.OutboxCounts(2, 0, 1, 0, stuck=2, remarks=0, oldest=T0)
        first, second = await queries.stuck(session, later)
    assert (first.last_error, first.attempts, second.attempts) == ("no such host", 1, 0)


@pytest.mark.parametrize(
    ("pathway_id", "whose"),
    [
        ("patient/interfant-21/D", "patient"),
        ("subtrial/interfant-21/D", "subtrial"),
        ("rehearsal-subtrial/interfant-21/red/D", "subtrial"),
        ("meeting/interfant-21", "meeting"),
    ],
)
async def test_a_notice_says_whether_it_is_of_a_patient_a_subtrial_or_a_meeting(
    store: Store, pathway_id: str, whose: str
) -> None:
    await tell(store, batch(1, pathway_id=pathway_id, subject="D", changes=(change(),)))

    def claimed(connection: Connection) -> list[str]:
        held = outbox.claim(connection, ["console"], "w1", T0, timedelta(minutes=5), at_most=2)
        return [each.whose for each in held]

    assert await store.write(claimed) == [whose]


async def test_an_empty_store_has_nothing_waiting(store: Store) -> None:
    async with store.reading() as session:
        assert await queries.outbox_counts(session, T0) == queries.OutboxCounts(0, 0, 0, 0, 0, 0, None)
        assert await queries.pathway(session, "nobody") is None
        assert await work_list.due(session, T0) == ()


async def test_the_hour_by_which_something_is_due_is_kept_and_on_the_work_list(store: Store) -> None:
    by = T0 + timedelta(hours=1)
    entry = item(kind="task", due=_days(0), window=None, late_from=by, due_at=by)
    await tell(store, batch(1, items=(entry,)))
    async with store.reading() as session:
        assert (await queries.items(session, batch(1).pathway_id))[0].due_at == by
        assert [line.due_at for line in await work_list.due(session, T0)] == [by]
