"""The patient pathway: holds the events and the clock, evaluates, tells, waits.

One loop. After every event and at every due moment the plan is evaluated anew, what has changed is told, and one batch
goes to the store. Then the workflow sleeps until the plan's next moment. The store may be away for days: events are
accepted all the same, and whoever sends one hears "accepted, not yet recorded".

**Commands depend on events and timers, never on what the plan says.** Each move (an event, a timer) upserts the search
attributes, publishes, and sets the timer anew, whether or not the plan has changed. So a corrected engine or another
rendering of the plan replays every open history, and only an edit of this file needs a patch (`workflows/patches.py`).
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

import workflows.calls as calls
import workflows.details as details
from pathway.door import Refused
from pathway.errors import UnknownName
from protocols import compiled
from store.batch import PublishBatch, PublishReceipt
from workflows.clear import Clear
from workflows.messages import (
    ArchiveReceipt,
    ArchiveRequest,
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
    utc,
)
from workflows.state import PathwayState

_NOTHING: Final = Nothing()


@workflow.defn(name="PatientPathway")
class PatientPathway:
    """One patient in one trial."""

    @workflow.init
    def __init__(self, start: PathwayStart) -> None:
        """Take up the state, so that updates which arrive with the first task find it."""
        now = start.started_at if start.started_at is not None else workflow.now()
        self._start = start
        self._state = PathwayState(start, compiled(start.protocol), now)
        # A batch that the run before could not deliver: the store was away then, and updates do not wait
        # for it.
        self._store_away = self._state.in_flight is not None
        self._moves = 0

    @workflow.run
    async def run(self, start: PathwayStart) -> PathwayEnd:
        """Run until the pathway is archived."""
        self._show()
        if start.carried is None:
            workflow.upsert_search_attributes(self._searchable())
        publisher = asyncio.create_task(self._publish())
        while not self._ended():
            if self._may_continue():
                workflow.continue_as_new(start.model_copy(update={"carried": self._state.carry()}))
            await self._wait(publisher)
        publisher.cancel()
        archived = self._state.archived
        if archived is None:
            raise RuntimeError("a pathway ends only when it is archived")
        return PathwayEnd(
            subject=start.subject,
            events=len(self._state.record.events),
            revision=self._state.revision,
            archived=archived,
        )

    # --- updates ----------------------------------------------------------------------------------

    @workflow.update(
        name="record", description="Record what happened: a result, an action, an adverse event, a decision."
    )
    async def record(self, request: RecordRequest) -> Receipt:
        """Record one report; answer once the store has it, or says nothing for five seconds."""
        report, state = request.report, self._state
        plan = None
        try:
            if state.accept(report, self._now()):
                self._moved()
                plan = state.plan if self._start.rehearsal else None
        except Refused as refused:
            # The validator let it in, in this very task or, if this is a replay, in an older program. What
            # was accepted is
            # never dropped: stall, visibly, until a program is deployed that lets it in.
            raise RuntimeError(f"an event that was accepted would now be refused ({refused.code})") from None
        await self._recorded(state.answered[report.id].revision)
        return state.receipt(report.id).model_copy(update={"plan": plan})

    @record.validator
    def _check_record(self, request: RecordRequest) -> None:
        try:
            self._state.check(request.report, self._now())
        except Refused as refused:
            raise _refusal(refused) from None

    @workflow.update(name="step_to", description="Rehearsals only: move the clock to an instant.")
    async def step_to(self, request: StepRequest) -> StepReceipt:
        """Move a stepped clock through every due moment up to an instant."""
        state = self._state
        before = state.now
        state.step(request.to, calls.MAX_MOMENTS_PER_STEP)
        if state.now > before:
            self._moved()
        revision = state.revision + state.unsent
        told, position, now, plan = state.since(request.since), state.mark(), state.now, state.plan
        await self._recorded(revision)
        return StepReceipt(
            now=now,
            revision=revision,
            recorded=state.published >= revision,
            changes=told,
            position=position,
            plan=plan,
        )

    @step_to.validator
    def _check_step(self, request: StepRequest) -> None:
        if self._start.clock != "stepped":
            raise _refusal(Refused("real_clock", "this pathway is on the real clock, which nobody can move"))
        if self._state.archived is not None:
            raise _refusal(Refused("archived", "this pathway is archived; its clock stands still"))
        if request.to < self._state.now:
            raise _refusal(
                Refused("backwards", f"the clock stands at {utc(self._state.now)} and does not go back")
            )

    @workflow.update(name="archive", description="Close the pathway: nothing more will be recorded.")
    async def archive(self, request: ArchiveRequest) -> ArchiveReceipt:
        """Close the pathway. The workflow ends when the store has everything."""
        if self._state.archive(request, self._now()):
            self._moved()
        await self._recorded(self._state.archive_receipt().revision)
        return self._state.archive_receipt()

    @archive.validator
    def _check_archive(self, request: ArchiveRequest) -> None:
        try:
            self._state.check_archive(request)
        except Refused as refused:
            raise _refusal(refused) from None

    # --- queries ----------------------------------------------------------------------------------

    @workflow.query(name="plan", description="The plan as it is now.")
    def plan(self, _: Nothing = _NOTHING) -> PlanView:
        """The plan in the format of scenario output."""
        state = self._state
        return PlanView(
            subject=self._start.subject,
            protocol=self._start.protocol,
            protocol_hash=self._start.protocol_hash,
            now=state.now,
            revision=state.revision,
            plan=state.plan_data(),
        )

    @workflow.query(name="timeline", description="What was told, in order.")
    def timeline(self, _: Nothing = _NOTHING) -> TimelineView:
        """The newest entries of the timeline; the store has all."""
        return TimelineView(earlier=self._state.earlier, entries=tuple(self._state.timeline))

    @workflow.query(name="explain", description="Why a decision is as it is.")
    def explain(self, request: ExplainRequest) -> ExplanationView:
        """The explanation of one decision."""
        try:
            explanation = self._state.explanation(request.decision)
        except UnknownName as unknown:
            return ExplanationView(unknown=str(unknown))
        return ExplanationView(text="\n".join(explanation.lines()), data=explanation.to_dict())

    @workflow.query(name="state", description="How the pathway stands, for operations.")
    def state(self, _: Nothing = _NOTHING) -> StateView:
        """How the pathway stands."""
        return self._state.view(store_away=self._store_away)

    # --- the loop ---------------------------------------------------------------------------------

    async def _wait(self, publisher: asyncio.Task[None]) -> None:
        """Wait for the plan's next moment, or until there is something else for the loop to do."""
        seen = self._moves
        due = self._due()
        try:
            await workflow.wait_condition(
                lambda: self._moves != seen or self._ended() or self._may_continue() or publisher.done(),
                timeout=None if due is None else max(due - workflow.now(), calls.MIN_TIMER),
                timeout_summary=None if due is None else Clear(f"until {utc(due)}"),
            )
        except TimeoutError:
            # A timer may fire a hair before its instant on another machine's clock.
            self._state.advance(max(workflow.now(), due or workflow.now()))
            self._moved()
        if publisher.done():
            # It never returns: this raises what stopped it, and stalls the task where everybody sees it.
            publisher.result()

    def _due(self) -> datetime | None:
        """When to wake up. On the real clock there is always a timer, if only a distant one."""
        if self._start.clock != "real" or self._state.archived is not None:
            return None
        latest = workflow.now() + calls.MAX_TIMER
        due = self._state.plan.next_at
        return latest if due is None else min(due, latest)

    def _now(self) -> datetime:
        return max(workflow.now(), self._state.now) if self._start.clock == "real" else self._state.now

    def _moved(self) -> None:
        self._moves += 1
        self._state.unsent = True
        self._show()
        workflow.upsert_search_attributes(self._searchable())

    def _ended(self) -> bool:
        state = self._state
        settled = not state.unsent and state.in_flight is None
        return state.archived is not None and settled and workflow.all_handlers_finished()

    def _may_continue(self) -> bool:
        """Whether this run is long enough, and nothing would be lost by ending it.

        A batch that the store acknowledges at this very moment may be abandoned and sent again: the store knows it.
        """
        if self._moves < self._start.continue_after and not workflow.info().is_continue_as_new_suggested():
            return False
        settled = not self._state.unsent and self._state.in_flight is None
        return (settled or self._store_away) and workflow.all_handlers_finished()

    # --- the store --------------------------------------------------------------------------------

    async def _recorded(self, revision: int) -> None:
        """Wait until the store has a revision, unless it is away."""
        await workflow.wait_condition(lambda: self._state.published >= revision or self._store_away)

    async def _publish(self) -> None:
        """Bring every batch to the store, one after the other, for ever."""
        state = self._state
        while True:
            await workflow.wait_condition(lambda: state.unsent or state.in_flight is not None)
            batch = state.next_batch()
            try:
                await self._deliver(
                    batch, calls.PUBLISH_UNTIL_DONE if self._store_away else calls.PUBLISH_NOW
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                stored = _revision_before_gap(error)
                if stored is not None:
                    state.whole_batch(stored)
                elif self._store_away:
                    # The store refused the batch for good, which only a fixed program or store can change.
                    await workflow.sleep(calls.REFUSED_PAUSE, summary=Clear("the store refused a batch"))
                self._store_away = True
            else:
                state.acknowledge(batch.revision)
                self._store_away = False
            self._show()

    async def _deliver(self, batch: PublishBatch, call: calls.Call) -> PublishReceipt:
        receipt: PublishReceipt = await workflow.execute_activity(
            call.activity,
            batch,
            result_type=PublishReceipt,
            start_to_close_timeout=call.attempt,
            schedule_to_close_timeout=call.within,
            retry_policy=call.retry,
            summary=Clear(
                f"revision {batch.revision}: {len(batch.events)} events, {len(batch.changes)} changes"
            ),
        )
        return receipt

    # --- what the Temporal UI shows ---------------------------------------------------------------

    def _show(self) -> None:
        state = self._state
        workflow.set_current_details(
            details.current(
                self._start,
                state.plan,
                unrecorded=state.unrecorded,
                store_away=self._store_away,
                archived=state.archived is not None,
            )
        )

    def _searchable(self) -> list[SearchAttributeUpdate[Any]]:
        """Every attribute that can change. The client has set the others at the start."""
        state = self._state
        return [
            key.value_unset() if value is None else key.value_set(value)
            for key, value in details.searchable(state.plan, state.profile, state.site).items()
        ]


def _refusal(refused: Refused) -> ApplicationError:
    return ApplicationError(str(refused), type=refused.code, non_retryable=True)


def _revision_before_gap(error: ActivityError) -> int | None:
    """The last revision that the store has, if it has lost some that it once acknowledged."""
    cause = error.cause
    if not isinstance(cause, ApplicationError) or cause.type != "RevisionGap" or not cause.details:
        return None
    return int(cause.details[0])
