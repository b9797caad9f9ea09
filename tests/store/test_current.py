"""What is true now: a batch that says what changed leaves what a batch that says everything would."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.publish import PublishBatch
from pathway.plan import DecisionState, Item, Obligation
from store import queries
from store.engine import Store
from tests.store.batches import PATHWAY, batch, decision, item, obligation
from tests.store.telling import tell
from workflows.durable.batch_lists import lists_of

KEYS = st.lists(st.tuples(st.sampled_from("ABCDEF"), st.sampled_from(("one", "two"))), max_size=6)
Lists = tuple[tuple[Item, ...], tuple[Obligation, ...], tuple[DecisionState, ...]]
PLANS = st.lists(st.tuples(KEYS, KEYS, KEYS), min_size=1, max_size=6)


def lists(items: Sequence[Any], obligations: Sequence[Any], decisions: Sequence[Any]) -> Lists:
    return (
        tuple(replace(item(), key=key, text=text) for key, text in items),
        tuple(replace(obligation(), key=key, text=text) for key, text in obligations),
        tuple(replace(decision(), key=key, proposal=text) for key, text in decisions),
    )


def batches_of(plans: Sequence[Lists]) -> list[PublishBatch]:
    """As a workflow makes them."""
    found, before = [], None
    for revision, plan in enumerate(plans, start=1):
        before, items, obligations, decisions = lists_of(before, *plan)
        found.append(
            batch(
                revision,
                items=items.entries,
                items_at=items.at,
                obligations=obligations.entries,
                obligations_at=obligations.at,
                decisions=decisions.entries,
                decisions_at=decisions.at,
            )
        )
    return found


async def stored(store: Store) -> Lists:
    async with store.reading() as session:
        return (
            await queries.items(session, PATHWAY),
            await queries.obligations(session, PATHWAY),
            await queries.decisions(session, PATHWAY),
        )


@settings(max_examples=40, deadline=None)
@given(plans=PLANS)
async def test_any_sequence_of_batches_leaves_what_replacing_everything_would(
    plans: list[Any], new_file: Callable[[], str]
) -> None:
    made = [lists(*each) for each in plans]
    async with Store(new_file()) as store:
        await tell(store, *batches_of(made))
        assert await stored(store) == made[-1]


async def test_a_batch_with_whole_lists_replaces_what_was_put_in_between(store: Store) -> None:
    plans = [lists([(key, "one") for key in keys], (), ()) for keys in ("AB", "AXB", "AXYB")]
    await tell(store, *batches_of(plans), batch(4, items=(item(key="Z"),)))
    assert await stored(store) == ((item(key="Z"),), (), ())
