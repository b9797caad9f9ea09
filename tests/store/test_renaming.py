"""A pathway that goes on under another pseudonym: what the store has goes along in one transaction, on either database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from contracts.publish import PublishBatch
from pathway.meeting.agenda import Agenda, Entry
from store import meetings, queries
from store.engine import Store
from store.errors import RevisionGap
from store.renaming import used
from store.schema import OutboxRow
from tests.store import telling
from tests.store.batches import PATHWAY, T0, batch, change, decision, event, item, obligation, retraction
from tests.store.test_publish import everything

NEW = "patient/interfant-21/NEW-1"
RENAME = event(
    9, id="rn1", kind="rename", name="NEW-1", role="coordinator", value=None, details=(("was", "P1"),),
    point="", unit="", scope=(), seen=None, reason="initials", person="KM",
)  # fmt: skip


async def tell(store: Store, *batches: PublishBatch) -> None:
    for each in batches:
        await telling.tell(store, each, channels=("mail",))


def renamed(revision: int, **fields: Any) -> PublishBatch:
    """A batch under the new pseudonym."""
    given: dict[str, Any] = {"pathway_id": NEW, "subject": "NEW-1", "formerly": ("P1",), "events": (RENAME,)}
    return batch(revision, **{**given, **fields})


BEFORE = (
    batch(
        1,
        events=(event(1),),
        changes=(change(),),
        items=(item(),),
        obligations=(obligation(),),
        decisions=(decision(),),
    ),
    batch(2, events=(event(2),), items=(item(),), obligations=(obligation(),), decisions=(decision(),)),
)


async def test_everything_goes_along_and_the_old_pseudonym_says_where_to(store: Store) -> None:
    await tell(store, *BEFORE)
    told = change(subject="NEW-1", kind="milestone", id="RENAMED", key="RENAMED", cause="rn1", severity="")
    await tell(
        store, renamed(3, changes=(told,), entries_before=1, items=(item(),), obligations=(obligation(),))
    )
    async with store.reading() as session:
        old, new = await queries.pathway(session, PATHWAY), await queries.pathway(session, NEW)
        assert old is not None
        assert new is not None
        assert (old.archived, old.renamed_to, old.open) == (True, "NEW-1", 0)
        assert (new.revision, new.archived, new.renamed_to, new.subject) == (3, False, "", "NEW-1")
        assert await queries.events(session, NEW) == (event(1), event(2), RENAME)
        assert await queries.events(session, PATHWAY) == (event(1), event(2))
        assert await queries.timeline(session, NEW) == (change(subject="NEW-1"), told)
        assert (await queries.items(session, NEW), await queries.items(session, PATHWAY)) == ((item(),), ())
        assert await queries.decisions(session, PATHWAY) == ()
        assert [p.subject for p in await queries.pathways(session, archived=True)] == ["NEW-1"]
        assert [
            p.pathway_id for p in await meetings.of_trial(session, "interfant-21", None, archived=True)
        ] == [NEW]
        rows = (await session.execute(select(OutboxRow.subject, OutboxRow.pathway_id, OutboxRow.id))).all()
        assert sorted(rows) == [("NEW-1", NEW, "EOI-MRD-HIGH"), ("NEW-1", NEW, "RENAMED")]
        found = await used(session, "interfant-21", "P1")
    assert found is not None
    assert found.renamed is not None
    assert (found.renamed.to, found.renamed.person, found.renamed.reason, found.renamed.event) == (
        "NEW-1",
        "KM",
        "initials",
        "rn1",
    )


async def test_told_twice_or_with_a_gap_it_is_taken_over_once(store: Store) -> None:
    await tell(store, *BEFORE)
    before = await everything(store)
    with pytest.raises(RevisionGap):
        await tell(store, renamed(5))
    assert await everything(store) == before
    await tell(store, renamed(3))
    once = await everything(store)
    await tell(store, renamed(3))
    assert await everything(store) == once
    await tell(store, renamed(4, events=(event(10),)))
    async with store.reading() as session:
        assert [each.id for each in await queries.events(session, NEW)] == ["e1", "e2", "rn1", "e10"]


async def test_a_store_that_lost_revisions_catches_up_under_the_new_pseudonym(store: Store) -> None:
    await tell(store, BEFORE[0])
    await tell(store, renamed(7, complete=True, events=(event(1), event(2), RENAME), entries_before=4))
    async with store.reading() as session:
        assert [each.id for each in await queries.events(session, NEW)] == ["e1", "e2", "rn1"]


async def test_a_new_store_keeps_the_old_pseudonym_from_others_all_the_same(store: Store) -> None:
    await tell(store, renamed(7, complete=True, events=(event(1), RENAME)))
    async with store.reading() as session:
        found = await used(session, "interfant-21", "P1")
        assert await used(session, "interfant-21", "P2") is None
    assert found is not None
    assert found.renamed is not None
    assert found.renamed.to == "NEW-1"


async def test_a_notice_that_waits_is_retracted_under_the_new_pseudonym(store: Store) -> None:
    await tell(store, *BEFORE)
    await tell(store, renamed(3, entries_before=1))
    await tell(store, renamed(4, events=(), changes=(retraction(subject="NEW-1"),), entries_before=1))
    async with store.reading() as session:
        rows = await session.execute(select(OutboxRow.kind, OutboxRow.status).order_by(OutboxRow.seq))
        # It was not sent yet, so nobody hears of either.
        assert rows.all() == [("alert", "superseded"), ("retraction", "superseded")]


async def test_what_waits_of_a_governor_names_the_patient_as_called_now(store: Store) -> None:
    governor = {"pathway_id": "subtrial/interfant-21/D", "subject": "D", "kind": "subtrial"}
    keys = ("SECOND-SLOT[subject=P1]", "SLOT-EXPIRED[n=2,subject=P1]", "SECOND-SLOT[subject=P10]")
    told = tuple(change(id=key.partition("[")[0], key=key, subject="D") for key in keys)
    await tell(store, batch(1, changes=told, **governor), *BEFORE, renamed(3))
    async with store.reading() as session:
        found = await session.scalars(select(OutboxRow.key).where(OutboxRow.subject == "D"))
        assert sorted(found) == [
            "SECOND-SLOT[subject=NEW-1]",
            "SECOND-SLOT[subject=P10]",
            "SLOT-EXPIRED[n=2,subject=NEW-1]",
        ]


async def test_an_agenda_of_before_is_shown_with_the_present_pseudonym_and_its_own_digest(
    store: Store,
) -> None:
    entries = (
        Entry("news", f"news|{PATHWAY}|x", PATHWAY, "P1", "S01", "X", "news", "s", once=True),
        Entry("overdue", "overdue|g|TAKE-UP[subject=P1]", "g", "D", "O", "TAKE-UP", "P1: take up", "late"),
    )
    agenda = Agenda("interfant-21", "2025-W10", "closing", "e", T0, None, entries)
    async with store.writing() as session:
        await meetings.keep(session, "meeting/interfant-21", agenda, T0)
    await tell(store, *BEFORE, renamed(3))
    async with store.reading() as session:
        (kept,) = await meetings.kept(session, "meeting/interfant-21")
        seen = await meetings.shown_before(
            session, "meeting/interfant-21", "2025-W11", T0 - timedelta(days=1)
        )
    assert [(each.subject, each.key, each.text) for each in kept.agenda.entries] == [
        ("NEW-1", f"news|{NEW}|x", "news"),
        ("D", "overdue|g|TAKE-UP[subject=NEW-1]", "NEW-1: take up"),
    ]
    assert kept.digest == kept.agenda.digest == agenda.digest
    assert (f"news|{NEW}|x", "s") in seen
