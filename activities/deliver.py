"""The activities of deliveries: messages between patients' pathways and the governors of subtrials."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from client.pathways import (
    AnyHandle,
    NoAnswer,
    PathwayClosed,
    PathwayStalled,
    UnknownPathway,
    new_subtrial_start,
    pathway_handle,
    start_subtrial,
    subtrial_handle,
)
from client.renaming import renamed
from client.retry import update
from contracts.delivery import DeliveryBatch, DeliveryResult, Envelope, Outcome, Sender
from contracts.messages import Receipt, RecordRequest
from pathway.refusal import Refused
from pathway.site import Site

PATIENCE: Final = timedelta(seconds=3)
"""How long a receiver gets to accept a message. Whoever needs longer is named as away, and has a call of its own from then on."""
WITHIN: Final = timedelta(seconds=7)
"""How long all of a batch may take: less than an attempt of the activity, however many do not answer. Who has not been asked by
then is away as well, and so is asked alone.
"""
AT_ONCE: Final = 64
"""Messages of one batch that are handed over side by side. They wait for others, and cost next to nothing meanwhile."""
MOVING: Final = frozenset({"renaming", "renamed"})
"""A patient who is just getting another pseudonym hears it under that, in a moment."""
NOBODY: Final = frozenset({"archived", "closed"})
"""A receiver that was closed by a person needs no messages, and nobody has to be told."""


class DeliverActivity:
    """Hands messages to other workflows by Update. Built once per worker process and task queue.

    `office`: the coordinating office of a governor that nobody has started yet.
    """

    def __init__(self, client: Client, office: Site) -> None:
        self._client = client
        self._office = office

    @activity.defn(name="deliver")
    async def deliver(self, batch: DeliveryBatch) -> DeliveryResult:
        """Hand over every message of a batch, once: a receiver that has it already says so.

        Fails with an `ApplicationError` `ReceiverAway`, to be retried, if the sender insists and nobody has answered.
        """
        side_by_side = asyncio.Semaphore(AT_ONCE)
        ends = asyncio.get_running_loop().time() + WITHIN.total_seconds()

        async def hand(envelope: Envelope) -> Outcome:
            try:
                async with asyncio.timeout_at(ends), side_by_side:
                    return await self._hand(batch.sender, envelope)
            except TimeoutError:
                return Outcome(envelope=envelope, state="away")

        outcomes = await asyncio.gather(*(hand(envelope) for envelope in batch.envelopes))
        if batch.insist and outcomes and all(outcome.state == "away" for outcome in outcomes):
            raise ApplicationError(
                f"{len(outcomes)} receivers do not answer: is a worker running, and what does its log say?",
                type="ReceiverAway",
            )
        return DeliveryResult(outcomes=tuple(outcomes))

    async def _hand(self, sender: Sender, envelope: Envelope) -> Outcome:
        message = envelope.message
        outcome = Outcome(envelope=envelope, state="delivered")
        try:
            handle = self._receiver(sender, message.receiver)
            try:
                receipt = await self._record(handle, envelope)
            except UnknownPathway:
                if sender.writes_to == "patient":
                    raise
                await self._start(sender, message.receiver)
                receipt = await self._record(handle, envelope)
            except PathwayClosed:
                receipt = await self._forward(sender, handle, envelope)
        except PathwayClosed:
            return outcome.model_copy(update={"state": "closed"})
        except (NoAnswer, PathwayStalled):
            return outcome.model_copy(update={"state": "away"})
        except UnknownPathway as unknown:
            return outcome.model_copy(update={"state": "refused", "code": "unknown", "text": str(unknown)})
        except Refused as refused:
            if refused.code in NOBODY:
                return outcome.model_copy(update={"state": "closed"})
            if refused.code in MOVING:
                return outcome.model_copy(update={"state": "away"})
            return outcome.model_copy(update={"state": "refused", "code": refused.code, "text": str(refused)})
        return outcome.model_copy(update={"messages": receipt.messages})

    async def _forward(self, sender: Sender, handle: AnyHandle, envelope: Envelope) -> Receipt:
        """Hand a message to whoever goes on under another pseudonym. Raises `PathwayClosed` where nobody does."""
        while (goes_on := await renamed(handle)) is not None:
            handle = self._receiver(sender, goes_on.to)
            try:
                return await self._record(handle, envelope)
            except PathwayClosed:
                continue
        raise PathwayClosed(f"{handle.id} is closed")

    def _receiver(self, sender: Sender, receiver: str) -> AnyHandle:
        find = subtrial_handle if sender.writes_to == "subtrial" else pathway_handle
        return find(
            self._client, sender.trial, receiver, rehearsal=sender.clock == "stepped", label=sender.label
        )

    async def _record(self, handle: AnyHandle, envelope: Envelope) -> Receipt:
        request = RecordRequest(report=envelope.report, at_once=True)
        return await update(handle, "record", request, Receipt, PATIENCE, rpc_timeout=PATIENCE)

    async def _start(self, sender: Sender, subtrial: str) -> None:
        """Start the governor, so that nobody needs to. On a stepped clock it is the driver who starts it."""
        if sender.clock == "stepped":
            raise UnknownPathway(f"the rehearsal has no governor for subtrial {subtrial}")
        start = new_subtrial_start(
            sender.protocol, subtrial, self._office, profile=sender.profile, simulation=sender.simulation
        )
        await start_subtrial(self._client, start, queue=sender.queue, patience=PATIENCE)
