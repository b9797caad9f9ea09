"""Bringing every batch to the store, one after the other, for as long as it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

import workflows.durable.activity_options as calls
from contracts.clear import Clear
from contracts.publish import PublishBatch, PublishReceipt
from workflows.durable import summaries
from workflows.durable.alarm import Alarm
from workflows.durable.patches import STORE_IS_BACK
from workflows.durable.state import State


class Publishing:
    """The way from a state to the store. `shown` is called when operations have something new to see, `marked` is to lead to a
    command.

    `alarm`: what is to hear of the next moments that the store's receipts name; None on a stepped clock.
    """

    def __init__(
        self, state: State[Any], alarm: Alarm | None, shown: Callable[[], None], marked: Callable[[], None]
    ) -> None:
        self._state = state
        self._alarm = alarm
        self._shown = shown
        self._marked = marked
        # A batch that the run before could not deliver: the store was away then, and updates do not wait
        # for it.
        self.store_away = state.kept.in_flight is not None

    @property
    def settled(self) -> bool:
        """Whether the store has everything."""
        return not self._state.kept.unsent and self._state.kept.in_flight is None

    async def recorded(self, revision: int) -> None:
        """Wait until the store has a revision, unless it is away."""
        await workflow.wait_condition(lambda: self._state.kept.published >= revision or self.store_away)

    async def run(self) -> None:
        """Bring every batch to the store, one after the other, for ever."""
        state = self._state
        while True:
            await workflow.wait_condition(lambda: state.kept.unsent or state.kept.in_flight is not None)
            batch = state.next_batch(replaying=workflow.unsafe.is_replaying())
            was_away = self.store_away
            try:
                receipt = await self._publish(
                    batch, calls.PUBLISH_UNTIL_DONE if self.store_away else calls.PUBLISH_NOW
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                entries = _entries_before_gap(error)
                if entries is not None:
                    state.whole_batch(entries, replaying=workflow.unsafe.is_replaying())
                elif self.store_away:
                    # The store refused the batch for good, which only a fixed program or store can change.
                    await workflow.sleep(calls.REFUSED_PAUSE, summary=Clear("the store refused a batch"))
                self.store_away = True
                if self._alarm is not None and not was_away:
                    self._alarm.set_anew(state.due)
            else:
                state.acknowledge(batch.revision)
                self.store_away = False
                if was_away and workflow.patched(STORE_IS_BACK):
                    self._marked()
                if self._alarm is not None:
                    self._alarm.heard(receipt.next_at)
            if was_away or self.store_away:
                self._shown()

    async def _publish(self, batch: PublishBatch, call: calls.Call) -> PublishReceipt:
        receipt: PublishReceipt = await workflow.execute_activity(
            call.activity,
            batch,
            result_type=PublishReceipt,
            start_to_close_timeout=call.attempt,
            schedule_to_close_timeout=call.within,
            retry_policy=call.retry,
            summary=Clear(summaries.story(batch)),
        )
        return receipt


def _entries_before_gap(error: ActivityError) -> int | None:
    """How far the store's timeline goes, if it has lost revisions that it once acknowledged."""
    cause = error.cause
    if not isinstance(cause, ApplicationError) or cause.type != "RevisionGap" or not cause.details:
        return None
    _, *entries = cause.details
    return int(entries[0]) if entries else 0
