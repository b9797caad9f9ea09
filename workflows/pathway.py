"""The patient pathway: one patient in one trial. How it lives is told in `workflows/durable/shell.py`, what it holds in
`workflows/durable/patient_entity.py`; here is what it is called by."""

from __future__ import annotations

from typing import Final, Never

from temporalio import workflow

from contracts.messages import (
    ArchiveReceipt,
    ArchiveRequest,
    Carried,
    DeliverReceipt,
    EventsRequest,
    EventsView,
    ExplainRequest,
    ExplanationView,
    Nothing,
    PathwayEnd,
    PathwayStart,
    PlanView,
    Receipt,
    RecordRequest,
    StateView,
    StepReceipt,
    StepRequest,
    TimelineView,
)
from contracts.renaming import RenameReceipt, RenameRequest
from contracts.sitting import RecordManyReceipt, RecordManyRequest
from protocols import compiled
from workflows.durable.patient_entity import Patient
from workflows.durable.pinned import pinned
from workflows.durable.renaming import Renaming
from workflows.durable.shell import Shell

_NOTHING: Final = Nothing()


@workflow.defn(name="PatientPathway")
class PatientPathway:
    """One patient in one trial."""

    @workflow.init
    def __init__(self, start: PathwayStart) -> None:
        """Take up the state, so that updates which arrive with the first task find it."""

        def again(carried: Carried) -> Never:
            workflow.continue_as_new(start.model_copy(update={"carried": carried}))

        self._shell = Shell(start, Patient(start, pinned(start, compiled(start.protocol))), again)
        self._renaming = Renaming(start, self._shell)

    @workflow.run
    async def run(self, start: PathwayStart) -> PathwayEnd:
        """Run until the pathway is archived."""
        archived = await self._shell.run()
        state = self._shell.state
        return PathwayEnd(
            subject=start.subject,
            events=len(state.record.events),
            revision=state.kept.revision,
            archived=archived,
            renamed=state.kept.renamed,
        )

    @workflow.update(
        name="record", description="Record what happened: a result, an action, an adverse event, a decision."
    )
    async def record(self, request: RecordRequest) -> Receipt:
        """Record one report; answer once the store has it, or says nothing for five seconds."""
        return await self._shell.record(request)

    @record.validator
    def _check_record(self, request: RecordRequest) -> None:
        self._shell.check_record(request)

    @workflow.update(
        name="record_many", description="Record many things in one sitting: they are judged together."
    )
    async def record_many(self, request: RecordManyRequest) -> RecordManyReceipt:
        """Record a part of a sitting: all of its reports or none. People are told at the end of the sitting."""
        return await self._shell.record_many(request)

    @record_many.validator
    def _check_record_many(self, request: RecordManyRequest) -> None:
        self._shell.check_record_many(request)

    @workflow.update(name="step_to", description="Rehearsals only: move the clock to an instant.")
    async def step_to(self, request: StepRequest) -> StepReceipt:
        """Move a stepped clock through every due moment up to an instant."""
        return await self._shell.step_to(request)

    @step_to.validator
    def _check_step(self, request: StepRequest) -> None:
        self._shell.check_step(request)

    @workflow.update(name="deliver", description="Rehearsals only: deliver the messages to governors.")
    async def deliver(self, _: Nothing = _NOTHING) -> DeliverReceipt:
        """Tell the governors how the patient stands, where that has changed."""
        return await self._shell.deliver()

    @deliver.validator
    def _check_deliver(self, _: Nothing = _NOTHING) -> None:
        self._shell.check_deliver()

    @workflow.update(name="archive", description="Close the pathway: nothing more will be recorded.")
    async def archive(self, request: ArchiveRequest) -> ArchiveReceipt:
        """Close the pathway. The workflow ends when the store has everything."""
        return await self._shell.archive(request)

    @archive.validator
    def _check_archive(self, request: ArchiveRequest) -> None:
        self._shell.check_archive(request)

    @workflow.update(name="rename", description="Go on under another pseudonym, as another workflow.")
    async def rename(self, request: RenameRequest) -> RenameReceipt:
        """Hand the pathway over to a new workflow, and close this one; or refuse, and go on."""
        return await self._renaming.rename(request)

    @rename.validator
    def _check_rename(self, request: RenameRequest) -> None:
        self._renaming.check(request)

    @workflow.query(name="plan", description="The plan as it is now.")
    def plan(self, _: Nothing = _NOTHING) -> PlanView:
        """The plan in the format of scenario output."""
        return self._shell.plan()

    @workflow.query(name="timeline", description="What was told, in order.")
    def timeline(self, _: Nothing = _NOTHING) -> TimelineView:
        """The newest entries of the timeline; the store has all."""
        return self._shell.timeline()

    @workflow.query(name="events", description="Every event, in the order of entry.")
    def events(self, request: EventsRequest) -> EventsView:
        """The events of the record, page by page."""
        return self._shell.events(request)

    @workflow.query(name="explain", description="Why a decision is as it is.")
    def explain(self, request: ExplainRequest) -> ExplanationView:
        """The explanation of one decision."""
        return self._shell.explain(request)

    @workflow.query(name="state", description="How the pathway stands, for operations.")
    def state(self, _: Nothing = _NOTHING) -> StateView:
        """How the pathway stands."""
        return self._shell.view()
