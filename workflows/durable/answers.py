"""What a shell answers of its state: to operations, and to whoever closes it."""

from __future__ import annotations

from typing import Any

from contracts.messages import ArchiveReceipt, StateView
from workflows.durable.state import State


def state_view(state: State[Any], *, store_away: bool) -> StateView:
    """How the pathway stands."""
    return StateView(
        subject=state.start.subject,
        trial=state.start.trial,
        version=state.start.version,
        site=state.site.id,
        place=state.site,
        clock=state.start.clock,
        now=state.kept.now,
        next_at=state.plan.next_at,
        events=len(state.record.events),
        unrecorded=state.unrecorded,
        revision=state.kept.revision,
        published=state.kept.published,
        store_away=store_away,
        archived=state.kept.archived is not None,
        renamed=state.kept.renamed,
        runs=state.kept.runs,
        messages_waiting=len(state.peer_outbox.waiting),
        messages_away=state.peer_outbox.away,
        messages_refused=tuple(f"{each.receiver}: {each.code}" for each in state.peer_outbox.faults),
    )


def archive_receipt(state: State[Any]) -> ArchiveReceipt:
    """The answer to a closed pathway."""
    if state.kept.archived is None:
        raise RuntimeError("the pathway is open")
    revision = state.kept.revision + state.kept.unsent
    return ArchiveReceipt(
        archived=state.kept.archived, revision=revision, recorded=state.kept.published >= revision
    )
