"""What a sitting changed is told in one notice to each role, and taken back one by one."""

from typing import Any

from sqlalchemy import select

from pathway.changes import Change
from store.engine import Store
from store.schema import OutboxRow
from tests.store.batches import batch, change, retraction
from tests.store.telling import tell

CAUSE = "sitting s1"


def together(**fields: Any) -> Change:
    return change(cause=CAUSE, **fields)


def summary(*roles: str) -> Change:
    return together(
        kind="sitting", id="SITTING", key=CAUSE, state="ended", text="2 entries in one sitting", to=roles
    )


async def notices(store: Store) -> list[tuple[str, str, str, str, str]]:
    async with store.reading() as session:
        rows = await session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))
        return [(row.role, row.kind, row.id, row.severity, row.status) for row in rows]


SITTING = (
    together(),
    together(kind="decision", id="GO", key="decision GO", severity="", to=("clinician",)),
    together(kind="deviation", id="LATE", key="LATE", severity="critical", to=("clinician", "coordinator")),
    summary("coordinator", "clinician"),
)


async def test_each_role_gets_one_notice_with_the_ids_of_what_concerns_it_the_worst_first(
    store: Store,
) -> None:
    await tell(store, batch(1, changes=SITTING))
    assert await notices(store) == [
        ("coordinator", "sitting", "LATE (critical), EOI-MRD-HIGH (major)", "critical", "pending"),
        ("clinician", "sitting", "LATE (critical), GO", "critical", "pending"),
    ]


async def test_what_was_told_in_a_summary_is_taken_back_when_it_is_no_longer_true(store: Store) -> None:
    await tell(store, batch(1, changes=SITTING), batch(2, events=(), changes=(retraction(cause="e9"),)))
    assert (await notices(store))[-1] == ("coordinator", "retraction", "EOI-MRD-HIGH", "info", "pending")


async def test_what_was_never_told_is_still_not_taken_back(store: Store) -> None:
    await tell(store, batch(1, changes=(change(),)), batch(2, events=(), changes=(retraction(cause="e9"),)))
    assert {each[-1] for each in await notices(store)} == {"superseded"}
