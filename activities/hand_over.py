"""The activity that starts a pathway anew under the pseudonym that its patient has got."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from client.pathways import PathwayError, start_pathway
from contracts.messages import Nothing, PathwayStart
from pathway.refusal import Refused

PATIENCE: Final = timedelta(seconds=8)
"""How long the server gets in one attempt; Temporal makes the next."""


class HandOverActivity:
    """Starts pathways that go on from where another workflow has left them. Built once per worker process."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @activity.defn(name="hand_over")
    async def hand_over(self, start: PathwayStart) -> Nothing:
        """Start it on the queue of the workflow that asks. Repeating it is harmless: its own start is known again.

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
        return Nothing()
