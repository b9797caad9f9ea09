"""The governor of a subtrial: who has a slot, and who waits. One workflow per subtrial, so that two patients who ask at once
for the last slot are one after the other, and never both get it. How it lives is told in `workflows/durable/shell.py`, what it
holds in `workflows/durable/subtrial_entity.py`; here is what it is called by."""

from __future__ import annotations

from typing import Final, Never

from temporalio import workflow

from contracts.messages import (
    ArchiveReceipt,
    ArchiveRequest,
    Carried,
    DeliverReceipt,
    Nothing,
    PlanView,
    Receipt,
    RecordRequest,
    StateView,
    StepReceipt,
    StepRequest,
    TimelineView,
)
from contracts.subtrial_start import SubtrialEnd, SubtrialStart
from protocols import compiled
from workflows.durable.pinned import pinned
from workflows.durable.shell import Shell
from workflows.durable.subtrial_entity import Governed

_NOTHING: Final = Nothing()


@workflow.defn(name="Subtrial")
class Subtrial:
    """One subtrial of a trial."""

    @workflow.init
    def __init__(self, start: SubtrialStart) -> None:
        """Take up the state, so that updates which arrive with the first task find it."""

        def again(carried: Carried) -> Never:
            workflow.continue_as_new(start.model_copy(update={"carried": carried}))

        self._shell = Shell(start, Governed(start, pinned(start, compiled(start.protocol))), again)

    @workflow.run
    async def run(self, start: SubtrialStart) -> SubtrialEnd:
        """Run until the subtrial is archived."""
        archived = await self._shell.run()
        state = self._shell.state
        return SubtrialEnd(
            subtrial=start.subtrial,
            events=len(state.record.events),
            revision=state.kept.revision,
            archived=archived,
        )

    @workflow.update(
        name="record", description="Record what happened: how a patient stands, an activation, a decision."
    )
    async def record(self, request: RecordRequest) -> Receipt:
        """Record one report; answer once the store has it, or says nothing for five seconds."""
        return await self._shell.record(request)

    @record.validator
    def _check_record(self, request: RecordRequest) -> None:
        self._shell.check_record(request)

    @workflow.update(name="step_to", description="Rehearsals only: move the clock to an instant.")
    async def step_to(self, request: StepRequest) -> StepReceipt:
        """Move a stepped clock through every due moment up to an instant."""
        return await self._shell.step_to(request)

    @step_to.validator
    def _check_step(self, request: StepRequest) -> None:
        self._shell.check_step(request)

    @workflow.update(name="deliver", description="Rehearsals only: deliver the answers to patients.")
    async def deliver(self, _: Nothing = _NOTHING) -> DeliverReceipt:
        """Tell the patients what became of their requests, where that has changed."""
        return await self._shell.deliver()

    @deliver.validator
    def _check_deliver(self, _: Nothing = _NOTHING) -> None:
        self._shell.check_deliver()

    @workflow.update(name="archive", description="Close the subtrial: nothing more will be recorded.")
    async def archive(self, request: ArchiveRequest) -> ArchiveReceipt:
        """Close the subtrial. The workflow ends when the store has everything, and every answer has arrived."""
        return await self._shell.archive(request)

    @archive.validator
    def _check_archive(self, request: ArchiveRequest) -> None:
        self._shell.check_archive(request)

    @workflow.query(name="plan", description="Slots, levels, stages and answers as they are now.")
    def plan(self, _: Nothing = _NOTHING) -> PlanView:
        """The plan in the format of `governors` in scenario output."""
        return self._shell.plan()

    @workflow.query(name="timeline", description="What was told, in order.")
    def timeline(self, _: Nothing = _NOTHING) -> TimelineView:
        """The newest entries of the timeline; the store has all."""
        return self._shell.timeline()

    @workflow.query(name="state", description="How the governor stands, for operations.")
    def state(self, _: Nothing = _NOTHING) -> StateView:
        """How the governor stands."""
        return self._shell.view()
