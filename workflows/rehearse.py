"""Scenarios played through Temporal: the production workflow on a stepped clock, a pathway for each made-up patient.

`pathway.script` decides what happens next; the driver here carries it out, so that what is printed is the same as
from the rehearsal in memory. `Both` does everything twice and finds the first difference.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from typing import Final

from temporalio.client import Client

from pathway.door import Refused
from pathway.errors import AllpathError
from pathway.rehearsal import AsyncDriver, InProcess, rehearse_with
from pathway.scenario import Scenario
from pathway.script import Progress, Refusal, Rehearsed, Show, Shown, StepTo, Submit
from workflows import client as pathways
from workflows.client import Handle

AT_ONCE: Final = 16
"""Scenarios that are played side by side."""


class Differs(AllpathError):
    """The durable rehearsal shows something else than the one in memory: a fault of the program."""

    exit_status = 1


class Durable:
    """Plays a script through a Temporal server, whose worker serves the rehearsal queue.

    `label` tells the pathways of this run from those of others. `close` archives them.
    """

    def __init__(self, client: Client, scenario: Scenario, *, queue: str, label: str = "") -> None:
        self._client = client
        self._scenario = scenario
        self._queue = queue
        self.label = label or uuid.uuid4().hex[:8]
        self._handles: dict[str, Handle] = {}
        self._positions: dict[str, int] = {}

    async def step_to(self, command: StepTo) -> Mapping[str, Progress]:
        """Moves the clock of every subject; the first time starts them."""
        if not self._handles:
            await self._start()
        subjects = [subject.id for subject in self._scenario.subjects]
        progress = await asyncio.gather(*(self._step(subject, command) for subject in subjects))
        return dict(zip(subjects, progress, strict=True))

    async def submit(self, command: Submit) -> Mapping[str, Progress] | Refusal:
        """Hands in a report, as everybody does."""
        try:
            receipt = await pathways.submit(self._handles[command.subject], command.report)
        except Refused as refused:
            return Refusal(refused.code, str(refused))
        plan = receipt.plan
        if plan is None:
            # An answer given again has no plan; a step on the spot gives the present one.
            return {command.subject: await self._step(command.subject, StepTo(command.report.at))}
        self._positions[command.subject] += len(receipt.changes)
        return {command.subject: Progress(plan, receipt.changes)}

    async def show(self, command: Show) -> Shown:
        """The plans as the pathways show them."""
        views = await asyncio.gather(*(pathways.plan(handle) for handle in self._handles.values()))
        return Shown({subject: view.plan for subject, view in zip(self._handles, views, strict=True)})

    async def close(self) -> None:
        """Archive what was started."""
        await asyncio.gather(
            *(
                pathways.archive(handle, "operations", "the rehearsal is over")
                for handle in self._handles.values()
            )
        )

    async def _start(self) -> None:
        scenario = self._scenario
        protocol = scenario.compiled.protocol
        for subject in scenario.subjects:
            start = pathways.new_start(
                f"{protocol.name}@{protocol.version.number}",
                subject.id,
                subject.site,
                profile=dict(scenario.overrides),
                simulation=scenario.simulation,
                started_at=scenario.start,
                label=self.label,
            )
            self._handles[subject.id] = await pathways.start_pathway(self._client, start, queue=self._queue)
            self._positions[subject.id] = 0

    async def _step(self, subject: str, command: StepTo) -> Progress:
        receipt = await pathways.step(self._handles[subject], command.at, since=self._positions[subject])
        self._positions[subject] = receipt.position
        return Progress(receipt.plan, receipt.changes)


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

    async def show(self, command: Show) -> Shown:
        """See `Durable`."""
        mine, theirs = self._memory.show(command), await self._durable.show(command)
        for subject, plan in mine.plans.items():
            if plan != theirs.plans[subject]:
                parts = [name for name, part in plan.items() if part != theirs.plans[subject].get(name)]
                raise Differs(f"final plan of {subject} differs in {', '.join(parts)}")
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
    slots = asyncio.Semaphore(AT_ONCE)

    async def play(scenario: Scenario) -> Rehearsed:
        async with slots:
            driver = Durable(client, scenario, queue=queue)
            try:
                return await rehearse_with(scenario, Both(scenario, driver) if compare else driver)
            finally:
                if not keep_open:
                    await driver.close()

    return list(await asyncio.gather(*(play(scenario) for scenario in scenarios)))


def _same(what: str, mine: Mapping[str, Progress], theirs: Mapping[str, Progress]) -> Mapping[str, Progress]:
    for subject, progress in mine.items():
        other = theirs[subject]
        if progress.plan != other.plan:
            parts = [
                name
                for name in progress.plan.__dataclass_fields__
                if getattr(progress.plan, name) != getattr(other.plan, name)
            ]
            raise Differs(f"{what}: the plan of {subject} differs in {', '.join(parts)}")
        if progress.changes != other.changes:
            raise Differs(f"{what}: what is told of {subject} differs")
    return theirs


def _outcome(answer: Mapping[str, Progress] | Refusal) -> str:
    return f"refused {answer.code}" if isinstance(answer, Refusal) else "accepted"
