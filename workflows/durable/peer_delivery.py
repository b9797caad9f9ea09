"""Carrying messages between patients and the governors of subtrials. A workflow cannot send an Update: an activity does.

**Whether a delivery goes never depends on what there is to carry.** A message is due because the plan says so, and commands
must not depend on the plan (`workflows/durable/shell.py`). So a delivery goes at every call, which an event, a timer or an
outcome brings, with whatever messages are due then, often none; and it comes back with the messages it had, and what became
of each. From these outcomes, which history holds, and not from today's plan, the workflow knows what it has written and who
has not answered, and a replay under a corrected engine leads to the same commands. A workflow whose pinned protocol has no
subtrials has no delivery.

A receiver that does not answer is left to a task of its own, whose activity Temporal retries for as long as it takes; the
others do not wait for it. No Update waits for one of the other side: a message is answered when it is accepted
(`RecordRequest.at_once`), and delivered outside of any handler; on a stepped clock by the Update `deliver`, which the driver
sends to one workflow at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from temporalio import workflow

import workflows.durable.activity_options as calls
from contracts.clear import Clear
from contracts.delivery import DeliveryBatch, DeliveryResult, Envelope, Sender
from contracts.messages import Delivered
from workflows.durable.pinned import Start
from workflows.durable.state import State


class PeerDelivery:
    """The delivery of one sender. `told` is called when the fate of one changes what the plan says, `shown` at every one."""

    def __init__(
        self, start: Start, state: State[Any], told: Callable[[], None], shown: Callable[[], None]
    ) -> None:
        self._start = start
        self._state = state
        self._told = told
        self._shown = shown
        self._called = 1
        self._served = 0
        self._going = False
        self._insisting: dict[str, asyncio.Task[None]] = {}

    def call(self) -> None:
        """Something happened: there may be messages."""
        self._called += 1

    @property
    def idle(self) -> bool:
        """Whether nothing would be lost by ending the run: all that may still be under way is insisted on, and carried."""
        return self._called == self._served and not self._going

    @property
    def settled(self) -> bool:
        """Whether every message has arrived or was refused."""
        return self.idle and not self._state.peer_outbox.waiting

    async def run(self) -> None:
        """Deliver what is due, for ever. On the real clock."""
        self._insist_on_all()
        try:
            while True:
                await workflow.wait_condition(lambda: self._called != self._served)
                self._served = self._called
                self._going = True
                self._take(await self._go(self._state.messages(), calls.DELIVER))
                self._going = False
                self._insist_on_all()
        finally:
            for task in self._insisting.values():
                task.cancel()

    async def deliver(self) -> tuple[Delivered, ...]:
        """Deliver what is due now, to the last message. On a stepped clock."""
        results = await self._go(self._state.messages(), calls.DELIVER)
        delivered = self._took(results)
        while waiting := self._state.peer_outbox.waiting:
            delivered += self._took(await self._go(waiting, calls.INSIST))
        return tuple(sorted(delivered, key=lambda each: each.receiver))

    def failed(self) -> asyncio.Task[None] | None:
        """A task that has stopped although it never should."""
        return next((task for task in self._insisting.values() if task.done()), None)

    def _insist_on_all(self) -> None:
        for receiver in self._state.peer_outbox.away:
            if receiver not in self._insisting:
                self._insisting[receiver] = asyncio.create_task(self._insist_on(receiver))

    async def _insist_on(self, receiver: str) -> None:
        while (envelope := self._state.peer_outbox.to(receiver)) is not None:
            self._take(await self._go((envelope,), calls.INSIST))
        del self._insisting[receiver]
        self.call()

    async def _go(self, envelopes: tuple[Envelope, ...], call: calls.Call) -> DeliveryResult:
        start = self._start
        batch = DeliveryBatch(
            sender=Sender(
                writes_to="subtrial" if self._state.subject.kind == "patient" else "patient",
                protocol=start.protocol,
                trial=start.trial,
                profile=start.profile,
                simulation=start.simulation,
                clock=start.clock,
                label=start.label,
                queue=workflow.info().task_queue,
            ),
            envelopes=envelopes,
            insist=call is calls.INSIST,
        )
        results: DeliveryResult = await workflow.execute_activity(
            call.activity,
            batch,
            task_queue=calls.messages_queue(workflow.info().task_queue),
            result_type=DeliveryResult,
            start_to_close_timeout=call.attempt,
            retry_policy=call.retry,
            summary=Clear(_addresses(envelopes)),
        )
        return results

    def _take(self, results: DeliveryResult) -> None:
        if self._state.results(results):
            self._told()
        else:
            self._shown()

    def _took(self, results: DeliveryResult) -> list[Delivered]:
        self._take(results)
        return [
            Delivered(receiver=each.receiver, report=each.envelope.report, messages=each.messages)
            for each in results.outcomes
            if each.state == "delivered"
        ]


def _addresses(envelopes: tuple[Envelope, ...]) -> str:
    names = [each.message.receiver for each in envelopes] or ["nobody"]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"messages to {', '.join(names[:8])}{more}"
