"""The activity: what a workflow is told when the store takes a batch, refuses it, or is away."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.publish import Publisher
from store import queries
from store.engine import Store
from tests.store.batches import PATHWAY, batch, change, event


async def test_a_batch_is_in_the_store_when_the_activity_returns(store: Store) -> None:
    told: list[str] = []
    publisher = Publisher(store, published=lambda: told.append("published"))
    first = batch(1, changes=(change(),))
    receipt = await ActivityEnvironment().run(publisher.publish, first)
    assert (receipt.revision, told) == (1, ["published"])
    again = await ActivityEnvironment().run(publisher.publish, first)
    assert again == receipt
    await ActivityEnvironment().run(publisher.publish, batch(2))
    assert told == ["published"]  # the outbox is not woken for nothing
    async with store.reading() as session:
        assert await queries.events(session, PATHWAY) == (event(1), event(2))


async def test_a_gap_is_final_and_tells_how_far_the_store_is(store: Store) -> None:
    publisher = Publisher(store)
    await publisher.publish(batch(1))
    with pytest.raises(ApplicationError) as refused:
        await publisher.publish(batch(3))
    assert (refused.value.type, refused.value.non_retryable, refused.value.details) == (
        "RevisionGap",
        True,
        (1, 0),
    )


async def test_a_contradiction_is_final(store: Store) -> None:
    publisher = Publisher(store)
    await publisher.publish(batch(1))
    with pytest.raises(ApplicationError) as refused:
        await publisher.publish(batch(1, events=(event(1, value="0.777"),)))
    assert (refused.value.type, refused.value.non_retryable) == ("BatchDiffers", True)
    assert "0.777" not in repr(refused.value)


async def test_a_store_that_is_away_is_tried_again(tmp_path: Path) -> None:
    async with Store(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'allpath.db'}") as store:
        with pytest.raises(ApplicationError) as refused:
            await Publisher(store).publish(batch(1))
    assert (refused.value.type, refused.value.non_retryable) == ("StoreAway", False)
    assert refused.value.__cause__ is None


async def test_people_are_told_by_the_configured_channels_and_of_a_rehearsal_by_the_console_alone(
    store: Store,
) -> None:
    publisher = Publisher(store, channels=("console", "mail"), clock=lambda: datetime(2025, 3, 7, tzinfo=UTC))
    await publisher.publish(batch(1, changes=(change(to=("coordinator", "clinician")),)))
    await publisher.publish(batch(1, pathway_id="rehearsal-1", rehearsal=True, changes=(change(),)))
    async with store.reading() as session:
        assert (await queries.outbox_counts(session, datetime(2025, 3, 7, tzinfo=UTC))).pending == 5
        waiting = await queries.stuck(session, datetime(2025, 3, 8, tzinfo=UTC))
    assert sorted((row.channel, row.role) for row in waiting) == [
        ("console", "clinician"),
        ("console", "coordinator"),
        ("console", "coordinator"),
        ("mail", "clinician"),
        ("mail", "coordinator"),
    ]
