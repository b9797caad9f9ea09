"""Publishing: once, in order, whole; whatever is repeated, delayed, lost or contradicted."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from contracts.publish import PublishBatch
from pathway.plan import Item
from store import queries
from store.engine import Store
from store.errors import BatchDiffers, BatchRefused, RevisionGap
from store.schema import Base
from tests.store import telling
from tests.store.batches import (
    PATHWAY,
    T0,
    batch,
    change,
    decision,
    event,
    item,
    obligation,
    retraction,
)

STORY = (
    batch(1, changes=(change(kind="phase", to=(), key="treatment"), change()), items=(item(),)),
    batch(2, obligations=(obligation(),), decisions=(decision(),), items=(item(state="done"), item(key="X"))),
    batch(3, events=(), changes=(retraction(to=("coordinator", "clinician")),), late=2),
    batch(4, events=(event(4), event(5)), changes=(change(generation=2),), archived=True),
)


async def tell(store: Store, *batches: PublishBatch) -> int:
    """Publish each batch in a transaction of its own and return the last receipt's revision."""
    return (await telling.tell(store, *batches, channels=("console", "mail"))).revision


async def everything(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""
    async with store.reading() as session:
        return {
            table.name: sorted((await session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


async def test_what_was_published_is_read_back_as_it_was(store: Store) -> None:
    assert await tell(store, *STORY[:2]) == 2
    async with store.reading() as session:
        found = await queries.pathway(session, PATHWAY)
        assert await queries.events(session, PATHWAY) == (event(1), event(2))
        assert await queries.timeline(session, PATHWAY) == STORY[0].changes
        assert await queries.items(session, PATHWAY) == STORY[1].items
        assert await queries.obligations(session, PATHWAY) == (obligation(),)
        assert await queries.decisions(session, PATHWAY) == (decision(),)
    assert found is not None
    assert (found.revision, found.subject, found.group, found.next_at) == (
        2,
        "P1",
        "MR",
        T0 + timedelta(days=1),
    )
    assert found.phases == (("treatment", "INDUCTION"),)


async def test_a_batch_survives_the_wire_unchanged() -> None:
    for told in STORY:
        assert PublishBatch.model_validate_json(told.model_dump_json()) == told


@settings(max_examples=30, deadline=None)
@given(order=st.lists(st.integers(min_value=0, max_value=len(STORY) - 1), max_size=12))
async def test_any_order_and_repetition_leaves_the_same_state(
    order: list[int], new_file: Callable[[], str]
) -> None:
    states = []
    for deliveries in ([], order):
        async with Store(new_file()) as store:
            for number in deliveries:
                try:
                    await tell(store, STORY[number])
                except RevisionGap as gap:
                    assert gap.stored < number  # noqa: PT017 (what it says is half of the promise)
            await tell(store, *STORY)
            states.append(await everything(store))
    assert states[0] == states[1]


async def test_a_gap_is_refused_and_names_the_revision_that_is_wanted(store: Store) -> None:
    await tell(store, batch(1))
    with pytest.raises(RevisionGap, match="publish revision 2 first") as refused:
        await tell(store, batch(3))
    assert refused.value.stored == 1
    with pytest.raises(RevisionGap):
        await tell(store, batch(2, pathway_id="pathway-other-P2"))


async def test_a_refused_batch_leaves_nothing_behind(store: Store) -> None:
    await tell(store, batch(1))
    before = await everything(store)
    with pytest.raises(BatchDiffers):
        await tell(store, batch(2, events=(event(2), event(1, value="0.5")), items=(item(),)))
    assert await everything(store) == before


@pytest.mark.parametrize(
    "repeated",
    [
        batch(1, events=(event(1), event(2))),
        batch(1, events=(event(1, value="0.9"),)),
        batch(1, changes=(change(), change(key="other"))),
        batch(1, changes=()),
    ],
    ids=["one event more", "another value", "one change more", "no changes"],
)
async def test_an_old_revision_with_other_content_is_never_acknowledged(
    store: Store, repeated: PublishBatch
) -> None:
    await tell(store, batch(1, changes=(change(),)), batch(2))
    with pytest.raises(BatchDiffers):
        await tell(store, repeated)


async def test_no_refusal_quotes_a_clinical_value(store: Store) -> None:
    await tell(store, batch(1))
    for wrong in (batch(1, events=(event(1, value="0.777"),)), batch(9, events=(event(9, value="0.777"),))):
        with pytest.raises((BatchDiffers, RevisionGap)) as refused:
            await tell(store, wrong)
        assert "0.777" not in str(refused.value)


async def test_what_the_database_refuses_is_said_without_the_row(file_store: Store) -> None:
    async with file_store.writing() as session:
        await session.execute(
            text(
                "CREATE TRIGGER broken BEFORE INSERT ON items "
                "BEGIN SELECT RAISE(ABORT, 'Failing row contains (0.777)'); END"
            )
        )
    with pytest.raises(BatchRefused, match=r"refuses revision 1 \(IntegrityError\)") as refused:
        await tell(file_store, batch(1, items=(item(),)))
    assert "0.777" not in str(refused.value)
    assert refused.value.__suppress_context__


async def test_an_event_that_comes_again_with_the_next_revision_is_kept_once(store: Store) -> None:
    await tell(store, batch(1), batch(2, events=(event(1), event(2))))
    async with store.reading() as session:
        assert await queries.events(session, PATHWAY) == (event(1), event(2))


async def test_a_store_that_lost_revisions_catches_up_with_one_complete_batch(store: Store) -> None:
    await tell(store, batch(1))
    everything_so_far = tuple(event(number) for number in range(1, 7))
    assert await tell(store, batch(6, complete=True, events=everything_so_far)) == 6
    assert await tell(store, batch(7)) == 7
    async with store.reading() as session:
        assert await queries.events(session, PATHWAY) == (*everything_so_far, event(7))


async def test_a_gap_says_how_far_the_timeline_goes_so_that_nothing_is_told_twice_or_left_out(
    store: Store,
) -> None:
    told = [change(key=f"K{number}") for number in range(9)]
    # A store that was lost for good: the pathway carries only the newest entries, and says how many came before.
    lost = batch(4, complete=True, changes=tuple(told[3:6]), entries_before=3)
    await tell(store, lost)
    with pytest.raises(RevisionGap) as refused:
        await tell(store, batch(7))
    assert (refused.value.stored, refused.value.entries) == (4, 6)
    rest = tuple(told[refused.value.entries :])
    await tell(store, batch(8, complete=True, events=(event(4), event(8)), changes=rest, entries_before=6))
    async with store.reading() as session:
        assert list(await queries.timeline(session, PATHWAY)) == told[3:]


async def test_a_complete_batch_that_leaves_out_an_event_of_the_store_is_refused(store: Store) -> None:
    await tell(store, batch(1), batch(2))
    with pytest.raises(BatchDiffers, match="does not begin with the 2"):
        await tell(store, batch(5, complete=True, events=(event(2), event(5))))


async def test_pathways_do_not_touch_each_other(store: Store) -> None:
    other = batch(1, pathway_id="patient/interfant-21/P2", subject="P2", items=(item(key="B"),))
    await tell(store, batch(1, items=(item(),)), other, batch(2, items=()))
    async with store.reading() as session:
        assert await queries.items(session, PATHWAY) == ()
        found: tuple[Item, ...] = await queries.items(session, "patient/interfant-21/P2")
    assert found == (replace(item(), key="B"),)


def test_the_models_that_workflows_import_bring_no_database_with_them() -> None:
    heavy = ("sqlalchemy", "alembic", "aiosqlite")
    code = f"import sys, contracts.publish, contracts.agenda; print([m for m in {heavy} if m in sys.modules])"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert said.stdout.strip() == "[]"


async def test_what_a_pathway_is_pinned_to_stays_when_a_batch_leaves_it_out(store: Store) -> None:
    await tell(store, batch(1))
    async with store.reading() as session:
        before = await queries.pathway(session, PATHWAY)
    await tell(store, batch(2, zone="", protocol="", protocol_hash="", profile=None))
    async with store.reading() as session:
        after = await queries.pathway(session, PATHWAY)
    assert before is not None
    assert after is not None
    assert (after.protocol, after.protocol_hash, after.zone) == (
        before.protocol,
        before.protocol_hash,
        before.zone,
    )
    assert after.revision == 2


async def test_a_first_batch_that_names_no_protocol_is_refused(store: Store) -> None:
    with pytest.raises(BatchRefused, match="is the first here, and names no protocol"):
        await tell(store, batch(1, profile=None))
