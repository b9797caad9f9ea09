"""The bare workflow: an update with a validator, one activity for each event, one search attribute, a new run after 20 events."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

import benchmarks.bare.messages as messages
import contracts.search_attributes as attributes

CONTINUE_AFTER = 20


@workflow.defn(name="Bare")
class Bare:
    """One patient's events."""

    @workflow.init
    def __init__(self, start: messages.BareStart) -> None:
        """Take up the events of the runs before."""
        self._start = start
        self._events = list(start.events)
        self._ids = {event.id for event in start.events}

    @workflow.run
    async def run(self, start: messages.BareStart) -> None:
        """Run for ever."""
        await workflow.wait_condition(
            lambda: (
                len(self._events) - len(start.events) >= CONTINUE_AFTER and workflow.all_handlers_finished()
            )
        )
        workflow.continue_as_new(start.model_copy(update={"events": tuple(self._events)}))

    @workflow.update
    async def observe(self, event: messages.Observed) -> messages.Answer:
        """Record an event; answer when it is on disk."""
        self._events.append(event)
        self._ids.add(event.id)
        number = len(self._events)
        workflow.upsert_search_attributes([attributes.OPEN.value_set(number)])
        answer: messages.Answer = await workflow.execute_activity(
            "insert",
            messages.Row(subject=self._start.subject, number=number, event=event),
            result_type=messages.Answer,
            start_to_close_timeout=timedelta(seconds=10),
        )
        return answer

    @observe.validator
    def _check(self, event: messages.Observed) -> None:
        if event.id in self._ids:
            raise ApplicationError("known already", type="known", non_retryable=True)
        if not event.name or not event.role:
            raise ApplicationError("an event needs a name and a role", type="incomplete", non_retryable=True)
