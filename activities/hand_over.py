"""The activity that starts a pathway anew under the pseudonym that its patient has got."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from client.meetings import meeting_handle
from client.pathways import PathwayClosed, PathwayError, UnknownPathway, start_pathway
from client.retry import update
from contracts.messages import Nothing, PathwayStart, Receipt, RecordRequest
from pathway.meeting.admission import renamed_report
from pathway.refusal import Refused

PATIENCE: Final = timedelta(seconds=8)
"""How long the server gets in one attempt; Temporal makes the next."""


MEETING: Final = timedelta(seconds=3)
"""How long the meeting gets to hear it, in one attempt."""
ATTEMPTS: Final = 5
"""After so many the patient goes on without the meeting having heard it."""


class HandOverActivity:
    """Starts pathways that go on from where another workflow has left them. Built once per worker process."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._log = structlog.stdlib.get_logger("allpath.hand_over")

    @activity.defn(name="hand_over")
    async def hand_over(self, start: PathwayStart) -> Nothing:
        """Start it on the queue of the workflow that asks, and tell the meeting of the trial. Repeating it is harmless: its own
        start is known again, and the meeting hears it once.

        Fails with an `ApplicationError` `already_enrolled`, which no retry cures, if somebody else has the pseudonym.
        """
        info = activity.info()
        event = start.carried.events[-1].id if start.carried is not None else ""
        token = hashlib.sha256(f"{info.workflow_id}\n{event}".encode()).hexdigest()
        try:
            await start_pathway(self._client, start, queue=info.task_queue, patience=PATIENCE, token=token)
        except Refused as refused:
            raise ApplicationError(str(refused), type=refused.code, non_retryable=True) from None
        except PathwayError as error:
            raise ApplicationError(str(error), type=type(error).__name__) from None
        await self._tell_meeting(start, event, info.attempt)
        return Nothing()

    async def _tell_meeting(self, start: PathwayStart, event: str, attempt: int) -> None:
        """A meeting that does not answer in `ATTEMPTS` is not waited for: its next agenda has the new pseudonym anyway.

        Raises `PathwayError` before.
        """
        now = start.carried.now if start.carried is not None else datetime.now(UTC)
        report = renamed_report(start.subject, start.formerly[-1], event, now)
        request = RecordRequest(report=report, at_once=True)
        handle = meeting_handle(self._client, start.trial)
        try:
            await update(handle, "record", request, Receipt, MEETING, rpc_timeout=MEETING)
        except (UnknownPathway, PathwayClosed):
            return  # the trial has no meeting, or not any more
        except (Refused, PathwayError) as error:
            if attempt < ATTEMPTS and not isinstance(error, Refused):
                raise ApplicationError(str(error), type=type(error).__name__) from None
            self._log.warning("a meeting has not heard of a rename", error_type=type(error).__name__)
