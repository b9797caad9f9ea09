"""The weekly coordinating meeting of a trial: a calendar that never forgets, and an agenda that is kept as it was shown.

How it lives is told in `workflows/durable/shell.py`, what it holds in `workflows/durable/meeting_entity.py`. Its one task
beside that of every shell: whenever its plan wants an agenda (at the cut-off, and again when a meeting was held), an
activity gathers it from the store and keeps it there. While the store is away the agenda waits, operations hear of it, and
the meeting goes on taking what people record. Decisions are not taken here: they go to the patient or subtrial that asks,
with the week of the meeting.

**Which agendas are wanted is the plan's** (`pathway/meeting/calendar.py`): an edit there that changes when one is wanted,
or in which order, needs a patch as an edit of this file does (`workflows/durable/patches.py`).
"""

from __future__ import annotations

from typing import Final, Never

from temporalio import workflow
from temporalio.exceptions import ApplicationError

import workflows.durable.activity_options as calls
from contracts.agenda import Gathered, GatherRequest
from contracts.clear import Clear
from contracts.meeting_start import CARRIED_AGENDAS, AgendasView, MeetingEnd, MeetingStart
from contracts.messages import (
    ArchiveReceipt,
    ArchiveRequest,
    Carried,
    Nothing,
    PlanView,
    Receipt,
    RecordRequest,
    StateView,
    StepReceipt,
    StepRequest,
    TimelineView,
)
from pathway.meeting.admission import AGENDA
from pathway.meeting.output import kept_report
from pathway.meeting.plan import Wanted
from workflows.durable.meeting_entity import Convened
from workflows.durable.shell import Shell

_NOTHING: Final = Nothing()


@workflow.defn(name="CoordinatingMeeting")
class CoordinatingMeeting:
    """The meeting of one trial, week after week."""

    @workflow.init
    def __init__(self, start: MeetingStart) -> None:
        """Take up the state, so that updates which arrive with the first task find it."""

        def again(carried: Carried) -> Never:
            newest = tuple(self._agendas[-CARRIED_AGENDAS:])
            workflow.continue_as_new(start.model_copy(update={"carried": carried, "agendas": newest}))

        self._start = start
        self._agendas = list(start.agendas)
        self._shell = Shell(start, Convened(start), again, chores=(self._gather,))

    @workflow.run
    async def run(self, start: MeetingStart) -> MeetingEnd:
        """Run until the meeting is archived, at the end of the trial."""
        archived = await self._shell.run()
        state = self._shell.state
        return MeetingEnd(
            trial=start.trial,
            events=len(state.record.events),
            revision=state.kept.revision,
            archived=archived,
        )

    @workflow.update(
        name="record", description="Record what became of a meeting: held, postponed, cancelled, noted."
    )
    async def record(self, request: RecordRequest) -> Receipt:
        """Record one report; answer once the store has it, or says nothing for five seconds."""
        return await self._shell.record(request)

    @record.validator
    def _check_record(self, request: RecordRequest) -> None:
        if request.report.name == AGENDA:
            raise ApplicationError(
                "agendas are kept by the meeting itself, nobody reports one",
                type="wrong_role",
                non_retryable=True,
            )
        self._shell.check_record(request)

    @workflow.update(name="step_to", description="Rehearsals only: move the clock to an instant.")
    async def step_to(self, request: StepRequest) -> StepReceipt:
        """Move a stepped clock up to an instant; at every moment that wants an agenda it waits for it."""
        state = self._shell.state
        await self._gathered()
        while (due := state.plan.next_at) is not None and due <= request.to:
            await self._shell.step_to(StepRequest(to=due))
            await self._gathered()
        return await self._shell.step_to(request)

    @step_to.validator
    def _check_step(self, request: StepRequest) -> None:
        self._shell.check_step(request)

    @workflow.update(name="archive", description="Close the meeting: nothing more will be recorded.")
    async def archive(self, request: ArchiveRequest) -> ArchiveReceipt:
        """Close the meeting. The workflow ends when the store has everything."""
        return await self._shell.archive(request)

    @archive.validator
    def _check_archive(self, request: ArchiveRequest) -> None:
        self._shell.check_archive(request)

    @workflow.query(name="plan", description="The meetings as they stand.")
    def plan(self, _: Nothing = _NOTHING) -> PlanView:
        """The series with its weeks, tasks and notices."""
        return self._shell.plan()

    @workflow.query(name="agendas", description="The newest agendas that were kept.")
    def agendas(self, _: Nothing = _NOTHING) -> AgendasView:
        """The newest agendas; the store has all."""
        return AgendasView(agendas=tuple(self._agendas[-CARRIED_AGENDAS:]))

    @workflow.query(name="timeline", description="What was told, in order.")
    def timeline(self, _: Nothing = _NOTHING) -> TimelineView:
        """The newest entries of the timeline; the store has all."""
        return self._shell.timeline()

    @workflow.query(name="state", description="How the meeting stands, for operations.")
    def state(self, _: Nothing = _NOTHING) -> StateView:
        """How the meeting stands."""
        return self._shell.view()

    # --- agendas ----------------------------------------------------------------------------------

    def _wanted(self) -> tuple[Wanted, ...]:
        state = self._shell.state
        return () if state.kept.archived is not None else state.evaluation.wanted

    async def _gathered(self) -> None:
        """Wait until no agenda is wanted, unless the store is away."""
        await workflow.wait_condition(lambda: not self._wanted() or self._shell.store_away)

    async def _gather(self) -> None:
        """Have every agenda that is wanted gathered and kept, one after the other, for ever."""
        while True:
            await workflow.wait_condition(lambda: bool(self._wanted()))
            wanted = self._wanted()[0]
            gathered = await self._ask(wanted)
            report = kept_report(gathered.agenda, gathered.digest, self._shell.now())
            if report.id in self._shell.state.record.by_id:
                raise RuntimeError(f"an agenda that was kept is wanted again: {report.id}")
            self._agendas = [*self._agendas[-CARRIED_AGENDAS:], gathered]
            self._shell.own(report)

    async def _ask(self, wanted: Wanted) -> Gathered:
        start, call = self._start, calls.GATHER
        request = GatherRequest(
            meeting_id=start.workflow_id,
            trial=start.trial,
            label=start.label if start.rehearsal else None,
            week=wanted.week,
            kind=wanted.kind,
            edition=wanted.edition,
            at=self._shell.now(),
            since=wanted.since,
        )
        gathered: Gathered = await workflow.execute_activity(
            call.activity,
            request,
            result_type=Gathered,
            start_to_close_timeout=call.attempt,
            schedule_to_close_timeout=call.within,
            retry_policy=call.retry,
            summary=Clear(f"agenda of {wanted.week} ({wanted.kind})"),
        )
        return gathered
