"""Scenarios played through Temporal: the production workflow on a stepped clock, a pathway for each made-up patient
and a governor for each subtrial.

`pathway.rehearsal.script` decides what happens next; the driver here carries it out, so that what is printed is the same as
from the rehearsal in memory. `Both` does everything twice and finds the first difference.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio.client import Client

from client import pathways
from client.pathways import AnyHandle
from pathway.errors import AllpathError
from pathway.events import Report
from pathway.refusal import Refused
from pathway.rehearsal.rehearse import AsyncDriver, InProcess, rehearse_with
from pathway.rehearsal.rehearsed import Rehearsed
from pathway.rehearsal.scenario import Scenario
from pathway.rehearsal.script import Stuck
from pathway.rehearsal.steps import MOST_ROUNDS, Progress, Refusal, Settle, Show, Shown, StepTo, Submit

AT_ONCE: Final = 16
"""Pathways and governors that are played side by side; a scenario that has more is played alone."""
PATIENCE: Final = timedelta(minutes=2)
"""How long an answer may take: with so many at once it is the machine that is slow, not a pathway that is lost."""


class Differs(AllpathError):
    """The durable rehearsal shows something else than the one in memory: a fault of the program."""

    exit_status = 1


class Durable:
    """Plays a script through a Temporal server, whose worker serves the rehearsal queue.

    `label` tells the workflows of this run from those of others. `close` archives them.
    """

    def __init__(self, client: Client, scenario: Scenario, *, queue: str, label: str = "") -> None:
        self._client = client
        self._scenario = scenario
        self._queue = queue
        self.label = label or uuid.uuid4().hex[:8]
        self._handles: dict[str, AnyHandle] = {}
        self._positions: dict[str, int] = {}
        # How many messages each has to send, as far as it has told.
        self._letters: dict[str, int] = {}
        self._now = scenario.start

    async def step_to(self, command: StepTo) -> Mapping[str, Progress]:
        """Moves the clock of every subject and governor; the first time starts them."""
        if not self._handles:
            await self._start()
        return await self._step_all(list(self._handles), command.at)

    async def submit(self, command: Submit) -> Mapping[str, Progress] | Refusal:
        """Hands in a report, as everybody does."""
        id_ = command.subject
        try:
            receipt = await pathways.submit(self._handles[id_], command.report, patience=PATIENCE)
        except Refused as refused:
            return Refusal(refused.code, str(refused))
        self._letters[id_] = receipt.messages
        if receipt.plan is None:
            # An answer given again has no plan; a step on the spot gives the present one.
            return await self._step_all([id_], command.report.at)
        self._positions[id_] += len(receipt.changes)
        return {id_: Progress(receipt.plan, receipt.changes, receipt.governor)}

    async def settle(self, command: Settle) -> Mapping[str, Progress]:
        """Sends the deliveries, one sender at a time, until there are no messages."""
        arrived: dict[str, list[Report]] = {}
        for _ in range(MOST_ROUNDS):
            moved = False
            for id_, handle in self._handles.items():
                if not self._letters[id_]:
                    continue
                receipt = await pathways.deliver(handle, patience=PATIENCE)
                moved = True
                self._letters[id_] = 0
                for message in receipt.delivered:
                    arrived.setdefault(message.receiver, []).append(message.report)
                    self._letters[message.receiver] = message.messages
            if not moved:
                progress = await self._step_all(list(arrived), self._now)
                return {id_: replace(each, messages=tuple(arrived[id_])) for id_, each in progress.items()}
        raise Stuck(
            f"{self._now.isoformat()}: after {MOST_ROUNDS} rounds there are still messages to deliver"
        )

    async def show(self, command: Show) -> Shown:
        """The plans as the pathways and governors show them."""
        views = await asyncio.gather(
            *(pathways.plan(handle, patience=PATIENCE) for handle in self._handles.values())
        )
        shown = {id_: view.plan for id_, view in zip(self._handles, views, strict=True)}
        governors = {each.id for each in self._scenario.governors}
        return Shown(
            {id_: plan for id_, plan in shown.items() if id_ not in governors},
            {id_: plan for id_, plan in shown.items() if id_ in governors},
        )

    async def close(self) -> None:
        """Archive what was started."""
        await asyncio.gather(
            *(
                pathways.archive(handle, "operations", "the rehearsal is over", patience=PATIENCE)
                for handle in self._handles.values()
            )
        )

    async def _start(self) -> None:
        scenario = self._scenario
        protocol = scenario.compiled.protocol
        name = f"{protocol.name}@{protocol.version.number}"
        pinned: dict[str, Any] = {
            "profile": dict(scenario.overrides),
            "simulation": scenario.simulation,
            "started_at": scenario.start,
            "label": self.label,
        }
        for subject in scenario.subjects:
            start = pathways.new_start(name, subject.id, subject.site, **pinned)
            self._handles[subject.id] = await pathways.start_pathway(
                self._client, start, queue=self._queue, patience=PATIENCE
            )
        for governor in scenario.governors:
            office = pathways.new_subtrial_start(name, governor.id, governor.site, **pinned)
            self._handles[governor.id] = await pathways.start_subtrial(
                self._client, office, queue=self._queue, patience=PATIENCE
            )
        self._positions = dict.fromkeys(self._handles, 0)

    async def _step_all(self, ids: Sequence[str], at: datetime) -> dict[str, Progress]:
        self._now = at
        return dict(zip(ids, await asyncio.gather(*(self._step(id_, at) for id_ in ids)), strict=True))

    async def _step(self, id_: str, at: datetime) -> Progress:
        receipt = await pathways.step(self._handles[id_], at, since=self._positions[id_], patience=PATIENCE)
        self._positions[id_] = receipt.position
        self._letters[id_] = receipt.messages
        return Progress(receipt.plan, receipt.changes, receipt.governor)


class Both:
    """Plays a script in memory and durably at once. Raises `Differs` at the first answer that is not the
    same.
    """

    def __init__(self, scenario: Scenario, durable: AsyncDriver) -> None:
        self._memory = InProcess(scenario)
        self._durable = durable

    async def step_to(self, command: StepTo) -> Mapping[str, Progress]:
        """See `Durable`."""
        return _same(
            f"step to {command.at}", self._memory.step_to(command), await self._durable.step_to(command)
        )

    async def submit(self, command: Submit) -> Mapping[str, Progress] | Refusal:
        """See `Durable`."""
        mine, theirs = self._memory.submit(command), await self._durable.submit(command)
        if isinstance(mine, Refusal) or isinstance(theirs, Refusal):
            if mine != theirs:
                raise Differs(
                    f"event {command.report.id}: {_outcome(mine)} in memory, {_outcome(theirs)} durably"
                )
            return theirs
        return _same(f"event {command.report.id}", mine, theirs)

    async def settle(self, command: Settle) -> Mapping[str, Progress]:
        """See `Durable`."""
        return _same("messages", self._memory.settle(command), await self._durable.settle(command))

    async def show(self, command: Show) -> Shown:
        """See `Durable`."""
        mine, theirs = self._memory.show(command), await self._durable.show(command)
        others = {**theirs.plans, **theirs.governors}
        for id_, plan in {**mine.plans, **mine.governors}.items():
            if plan != others[id_]:
                parts = [name for name, part in plan.items() if part != others[id_].get(name)]
                raise Differs(f"final plan of {id_} differs in {', '.join(parts)}")
        return theirs


async def rehearse_durably(
    client: Client,
    scenarios: Iterable[Scenario],
    *,
    queue: str,
    compare: bool = False,
    keep_open: bool = False,
) -> list[Rehearsed]:
    """Play scenarios through Temporal, many at once; the results in their order.

    `compare`: play them in memory as well, step by step. `keep_open`: leave the pathways for people to look at.
    Raises `Stuck`, `Differs`, or a `PathwayError` when the server or its worker does not answer.
    """
    free, changed = AT_ONCE, asyncio.Condition()

    async def play(scenario: Scenario) -> Rehearsed:
        async with places(min(AT_ONCE, len(scenario.subjects) + len(scenario.governors))):
            driver = Durable(client, scenario, queue=queue)
            try:
                return await rehearse_with(scenario, Both(scenario, driver) if compare else driver)
            finally:
                if not keep_open:
                    await driver.close()

    @asynccontextmanager
    async def places(number: int) -> AsyncIterator[None]:
        nonlocal free
        async with changed:
            await changed.wait_for(lambda: free >= number)
            free -= number
        try:
            yield
        finally:
            async with changed:
                free += number
                changed.notify_all()

    return list(await asyncio.gather(*(play(scenario) for scenario in scenarios)))


def _same(what: str, mine: Mapping[str, Progress], theirs: Mapping[str, Progress]) -> Mapping[str, Progress]:
    if set(mine) != set(theirs):
        raise Differs(f"{what}: {sorted(mine)} are moved in memory, {sorted(theirs)} durably")
    for subject, progress in mine.items():
        other = theirs[subject]
        if progress.plan != other.plan:
            raise Differs(f"{what}: the plan of {subject} differs in {_differing(progress.plan, other.plan)}")
        if progress.governor != other.governor:
            raise Differs(
                f"{what}: the governor of {subject} differs in {_differing(progress.governor, other.governor)}"
            )
        if progress.changes != other.changes:
            raise Differs(f"{what}: what is told of {subject} differs")
        if progress.messages != other.messages:
            raise Differs(f"{what}: the messages to {subject} differ")
    return theirs


def _differing(mine: Any, other: Any) -> str:
    if mine is None or other is None:
        return "whether there is one"
    return ", ".join(
        each.name for each in fields(mine) if getattr(mine, each.name) != getattr(other, each.name, None)
    )


def _outcome(answer: Mapping[str, Progress] | Refusal) -> str:
    return f"refused {answer.code}" if isinstance(answer, Refusal) else "accepted"
