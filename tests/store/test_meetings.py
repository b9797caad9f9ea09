"""What a meeting asks of the store: whose pathways are meant, agendas kept for good, decisions taken in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from pathway.events import Seen
from pathway.meeting.agenda import Agenda, Entry
from store import meetings
from store.engine import Store
from tests.store.batches import T0, batch, event
from tests.store.telling import tell

WEEK = "2025-W10"
MEETING = "meeting/interfant-21"


def agenda(*states: str, week: str = WEEK, kind: Any = "frozen", edition: str = "e", days: int = 0) -> Agenda:
    entries = tuple(
        Entry("safety", f"safety|p|{n}", "p", "P1", "S01", "SEPSIS", "sepsis", state, since=T0, once=True)
        for n, state in enumerate(states)
    )
    return Agenda("interfant-21", week, kind, edition, T0 + timedelta(days=days), None, entries)


async def put(store: Store, pathway_id: str, **fields: Any) -> None:
    await tell(store, batch(1, pathway_id=pathway_id, **fields))


async def test_a_meeting_looks_at_the_patients_and_governors_of_its_trial_and_at_no_rehearsal(
    store: Store,
) -> None:
    rehearsal = {"rehearsal": True}
    await put(store, "patient/interfant-21/P1", subject="P1")
    await put(store, "patient/interfant-21/P2", subject="P2", archived=True)
    await put(store, "pathway-other-P3", subject="P3", trial="other")
    await put(store, "subtrial/interfant-21/D", subject="D", kind="subtrial")
    await put(store, MEETING, subject="MEETING", kind="meeting")
    await put(store, "rehearsal-patient/interfant-21/red/P1", subject="P1", **rehearsal)
    await put(store, "rehearsal-patient/interfant-21/blue/P1", subject="P1", **rehearsal)
    await put(store, "rehearsal-subtrial/interfant-21/red/D", subject="D", kind="subtrial", **rehearsal)
    async with store.reading() as session:

        async def ids(label: str | None, **which: bool) -> set[str]:
            return {
                row.pathway_id for row in await meetings.of_trial(session, "interfant-21", label, **which)
            }

        assert await ids(None) == {"patient/interfant-21/P1", "subtrial/interfant-21/D"}
        assert await ids(None, archived=True) >= {"patient/interfant-21/P2"}
        assert await ids("red") == {
            "rehearsal-patient/interfant-21/red/P1",
            "rehearsal-subtrial/interfant-21/red/D",
        }
        assert await ids("green") == set()


async def test_every_event_of_a_pathway_is_read_in_its_order(store: Store) -> None:
    await put(store, "patient/interfant-21/P1", events=(event(2), event(1), event(3)))
    async with store.reading() as session:
        (read,) = await meetings.read_all(session, await meetings.of_trial(session, "interfant-21", None))
    assert [each.id for each in read.events] == ["e2", "e1", "e3"]


async def test_an_agenda_is_kept_once_and_as_it_was_first_shown(store: Store) -> None:
    async with store.writing() as session:
        first = await meetings.keep(session, MEETING, agenda("grade 4"), T0)
        again = await meetings.keep(session, MEETING, agenda("grade 5"), T0 + timedelta(days=1))
    assert again == first
    async with store.reading() as session:
        (kept,) = await meetings.kept(session, MEETING)
        assert kept == first
        assert kept.digest == kept.agenda.digest
        assert await meetings.kept(session, MEETING, "2025-W11") == ()
        assert await meetings.kept_one(session, MEETING, WEEK, "closing", "e") is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE agendas SET content = 'x'",
        "DELETE FROM agendas",
        "INSERT OR REPLACE INTO agendas SELECT * FROM agendas",
    ],
)
async def test_nobody_changes_an_agenda_that_was_kept(file_store: Store, statement: str) -> None:
    async with file_store.writing() as session:
        await meetings.keep(session, MEETING, agenda("grade 4"), T0)
    with pytest.raises((IntegrityError, OperationalError), match="append-only"):
        async with file_store.writing() as session:
            await session.execute(text(statement))


async def test_only_what_a_meeting_that_was_held_has_seen_is_no_news(store: Store) -> None:
    async with store.writing() as session:
        for each in (
            agenda("grade 4", week="2025-W08", days=-14),
            agenda("grade 4", week="2025-W08", kind="closing", edition="h", days=-13),
            agenda("grade 4", "grade 2", week="2025-W09", days=-7),  # never held
        ):
            await meetings.keep(session, MEETING, each, T0)
    async with store.reading() as session:
        shown = await meetings.shown_before(session, MEETING, WEEK, T0 - timedelta(days=30))
        assert shown == {("safety|p|0", "grade 4")}
        assert await meetings.shown_before(session, MEETING, "2025-W08", T0 - timedelta(days=30)) == set()
        assert await meetings.shown_before(session, MEETING, WEEK, T0) == set()


async def test_decisions_say_in_which_meeting_they_were_taken(store: Store) -> None:
    def decision(number: int, week: str, **fields: Any) -> Any:
        details = (("meeting", week),) if week else ()
        given = {"kind": "decision", "name": "risk", "value": "HR", "role": "meeting", "details": details}
        return event(
            number, **{**given, "seen": Seen("MR", (), ()), "override": True, "reason": "why", **fields}
        )

    await put(
        store,
        "patient/interfant-21/P1",
        events=(
            decision(1, WEEK),
            decision(2, "2025-W11"),
            decision(3, ""),
            decision(4, WEEK, value="MR"),
            event(5, kind="void", target="e4", name="risk", value=None),
        ),
    )
    await put(
        store, "subtrial/interfant-21/D", subject="D", kind="subtrial", events=(decision(2, WEEK, id="g2"),)
    )
    await put(
        store, "rehearsal-patient/interfant-21/P9", subject="P9", rehearsal=True, events=(decision(1, WEEK),)
    )
    async with store.reading() as session:
        taken = await meetings.taken_in(session, "interfant-21", None, WEEK)
    assert [(each.subject, each.event, each.option, each.proposal, each.voided) for each in taken] == [
        ("P1", "e1", "HR", "MR", False),
        ("D", "g2", "HR", "MR", False),
        ("P1", "e4", "MR", "MR", True),
    ]
