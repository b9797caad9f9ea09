"""The durable shell of a subject: holds the events and the clock, evaluates, tells, waits.

One loop. After every event and at every due moment the plan is evaluated anew, what has changed is told, and one batch
goes to the store. Then the workflow sleeps until the plan's next moment. The store may be away for days: events are
accepted all the same, and whoever sends one hears "accepted, not yet recorded".

**Commands depend on what history holds (events, timers, answers), never on what the plan says.** Each move (an event, a
timer that was due) upserts the search attributes and wakes publishing and peer delivery, whether or not the plan has
changed. So a corrected engine or another rendering of the plan replays every open history, and only an edit of this file,
of `publishing.py`, `alarm.py` or `peer_delivery.py` needs a patch (`patches.py`). How messages keep to this: `peer_delivery.py`.
How the one timer does: `alarm.py`.

**Nor may their order depend on how tasks are grouped.** A workflow task that leads to no command is merged with the next one
when a history is replayed: the answer to an activity is then seen together with an update that came after it, and after it.
An update that is answered at once leaves such tasks behind. So publishing and peer delivery each follow when they are free, in
the order in which they became so, and the timer follows the answers of the store: the same in one task as in two. And an answer
that changes how an update is judged or answered (the store is back) leads to a command: no other task is merged with its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Never

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import ApplicationError

import workflows.durable.activity_options as calls
import workflows.durable.details as details
from contracts.base import utc
from contracts.messages import (
    EVENTS_PAGE,
    Archived,
    ArchiveReceipt,
    ArchiveRequest,
    Carried,
    DeliverReceipt,
    EventsRequest,
    EventsView,
    ExplainRequest,
    ExplanationView,
    PlanView,
    Receipt,
    RecordRequest,
    StateView,
    StepReceipt,
    StepRequest,
    TimelineView,
)
from contracts.search_attributes import OPEN
from contracts.sitting import RecordManyReceipt, RecordManyRequest
from pathway.errors import UnknownName
from pathway.events import Report
from pathway.refusal import Refused
from workflows.durable.alarm import Alarm
from workflows.durable.answers import archive_receipt, state_view
from workflows.durable.bounds import check_archive
from workflows.durable.entity import Entity
from workflows.durable.patches import SAID_ONCE
from workflows.durable.peer_delivery import PeerDelivery
from workflows.durable.pinned import Start
from workflows.durable.publishing import Publishing
from workflows.durable.sittings import cause_of
from workflows.durable.state import State


class Shell:
    """What a workflow class hands its run, updates and queries to. `again` continues the workflow as new."""

    def __init__(
        self,
        start: Start,
        subject: Entity[Any],
        again: Callable[[Carried], Never],
        chores: Sequence[Callable[[], Coroutine[Any, Any, None]]] = (),
    ) -> None:
        """Take up the state, so that updates which arrive with the first task find it.

        `chores` run beside the loop and never return; what one was about is wanted again in the next run.
        """
        self._chores = chores
        now = start.started_at if start.started_at is not None else workflow.now()
        self._start = start
        self._again = again
        self.state = State(start, subject, now)
        self._alarm = Alarm(self._rang) if start.clock == "real" else None
        self._publishing = Publishing(self.state, self._alarm, self._show, self._mark)
        self._peer_delivery = (
            PeerDelivery(start, self.state, self.moved, self._show) if subject.has_peer_messages else None
        )
        self._moves = 0
        self._indexed: dict[SearchAttributeKey[Any], Any] = {}

    async def run(self) -> Archived:
        """Run until the subject is archived."""
        self._show()
        if self._start.carried is None or self._start.carried.handed_over:
            self._mark()
        background = [asyncio.create_task(self._publishing.run())]
        background += [asyncio.create_task(chore()) for chore in self._chores]
        if self._alarm is not None:
            if self._publishing.store_away:
                self._alarm.set_anew(self.state.due)
            elif self._start.carried is not None:
                self._alarm.heard(self._start.carried.wake_at)
            background.append(asyncio.create_task(self._alarm.run()))
            if self._peer_delivery is not None:
                background.append(asyncio.create_task(self._peer_delivery.run()))
        while not self._ended():
            if self._may_continue():
                self._again(self.carry())
            await self._wait(background)
        for task in background:
            task.cancel()
        archived = self.state.kept.archived
        if archived is None:
            raise RuntimeError("a subject's workflow ends only when it is archived")
        return archived

    # --- for chores -------------------------------------------------------------------------------

    @property
    def store_away(self) -> bool:
        """Whether the store does not answer."""
        return self._publishing.store_away

    def now(self) -> datetime:
        """The subject's clock."""
        return self._now()

    def own(self, report: Report) -> None:
        """Record what the workflow itself has seen to. Raises `Refused`, which stalls the task visibly."""
        if self.state.accept(report, self._now()):
            self.moved()

    @property
    def quiet(self) -> bool:
        """Whether nothing is under way: the store has everything, and every message has arrived."""
        return self._publishing.settled and (self._peer_delivery is None or self._peer_delivery.settled)

    def carry(self) -> Carried:
        """What a run that goes on with the subject needs."""
        return self.state.carry(None if self._alarm is None else self._alarm.known)

    def show_renamed(self) -> None:
        """Show operations that it goes on elsewhere. The store and governors hear it from there."""
        self._show()
        self._mark()

    # --- updates ----------------------------------------------------------------------------------

    async def record(self, request: RecordRequest) -> Receipt:
        """Record one report; answer once the store has it, or says nothing for five seconds."""
        report, state = request.report, self.state
        told: dict[str, Any] = {}
        try:
            known = state.known_as(report, self._now())
            # Runs that are older than this rule have recorded it, and go on with it on record.
            again = known != report.id and not workflow.patched(SAID_ONCE)
            known = report.id if again else known
            if state.accept(report, self._now(), again=again):
                self.moved()
                if self._start.rehearsal and not request.at_once:
                    told = {"plan": state.plan, "governor": state.governed}
            elif known != report.id:
                told = {"changes": ()}  # what the first report changed is not changed by the second
        except Refused as refused:
            # The validator let it in, in this very task or, if this is a replay, in an older
            # program. What was accepted is never dropped: stall, visibly, until a program is
            # deployed that lets it in.
            raise RuntimeError(f"an event that was accepted would now be refused ({refused.code})") from None
        told["messages"] = self._messages_due()
        if not request.at_once:
            await self._publishing.recorded(state.receipt(known).revision)
        return state.receipt(known).model_copy(update=told)

    def check_record(self, request: RecordRequest) -> None:
        """Refuse a report that cannot be admitted."""
        try:
            self.state.check(request.report, self._now())
        except Refused as refused:
            raise refusal(refused) from None

    async def record_many(self, request: RecordManyRequest) -> RecordManyReceipt:
        """Record a part of a sitting; answer once the store has it, or says nothing for five seconds."""
        state = self.state
        try:
            known, new = state.accept_many(request, self._now())
        except Refused as refused:
            raise RuntimeError(f"a sitting that was accepted would now be refused ({refused.code})") from None
        self.moved()
        revision = state.kept.revision + 1
        await self._publishing.recorded(revision)
        return RecordManyReceipt(
            sitting=request.sitting,
            events=known,
            new=new,
            recorded=state.kept.published >= revision,
            revision=revision,
            changes=() if request.more else state.told_of(cause_of(request.sitting)),
        )

    def check_record_many(self, request: RecordManyRequest) -> None:
        """Refuse a part of a sitting as a whole."""
        try:
            self.state.admitted_all(request, self._now())
        except Refused as refused:
            raise refusal(refused) from None

    async def step_to(self, request: StepRequest) -> StepReceipt:
        """Move a stepped clock through every due moment up to an instant."""
        state = self.state
        before = state.kept.now
        state.step(request.to, calls.MAX_MOMENTS_PER_STEP)
        if state.kept.now > before:
            self.moved()
        revision = state.kept.revision + state.kept.unsent
        receipt = StepReceipt(
            now=state.kept.now,
            revision=revision,
            recorded=False,
            changes=state.since(request.since),
            position=state.mark(),
            plan=state.plan,
            governor=state.governed,
            messages=self._messages_due(),
        )
        await self._publishing.recorded(revision)
        return receipt.model_copy(update={"recorded": state.kept.published >= revision})

    def check_step(self, request: StepRequest) -> None:
        """Refuse to move a clock that nobody can move, or to turn it back."""
        self._check_stepped()
        if self.state.kept.archived is not None:
            raise refusal(Refused("archived", "this pathway is archived; its clock stands still"))
        if request.to < self.state.kept.now:
            at = utc(self.state.kept.now)
            raise refusal(Refused("backwards", f"the clock stands at {at} and does not go back"))

    async def deliver(self) -> DeliverReceipt:
        """Deliver the messages that are due. On a stepped clock, where the driver says when."""
        delivery = self._peer_delivery
        return DeliverReceipt(delivered=() if delivery is None else await delivery.deliver())

    def check_deliver(self) -> None:
        """Refuse on the real clock, where deliveries need nobody to send them."""
        self._check_stepped()

    async def archive(self, request: ArchiveRequest) -> ArchiveReceipt:
        """Close the subject. The workflow ends when the store has everything, and every message has arrived."""
        if self.state.archive(request, self._now()):
            self.moved()
        await self._publishing.recorded(archive_receipt(self.state).revision)
        return archive_receipt(self.state)

    def check_archive(self, request: ArchiveRequest) -> None:
        """Refuse to close without a reason or by an unknown role."""
        try:
            check_archive(self.state.kept, request)
        except Refused as refused:
            raise refusal(refused) from None

    # --- queries ----------------------------------------------------------------------------------

    def plan(self) -> PlanView:
        """The plan in the format of scenario output."""
        state = self.state
        return PlanView(
            subject=self._start.subject,
            protocol=self._start.protocol,
            protocol_hash=self._start.protocol_hash,
            now=state.kept.now,
            revision=state.kept.revision,
            plan=state.subject.json(state.record, state.evaluation),
        )

    def timeline(self) -> TimelineView:
        """The newest entries of the timeline; the store has all."""
        return TimelineView(earlier=self.state.kept.earlier, entries=tuple(self.state.kept.timeline))

    def events(self, request: EventsRequest) -> EventsView:
        """Events in the order of entry."""
        events = self.state.record.events
        return EventsView(
            events=tuple(events[request.after : request.after + EVENTS_PAGE]), total=len(events)
        )

    def explain(self, request: ExplainRequest) -> ExplanationView:
        """The explanation of one decision."""
        try:
            explanation = self.state.subject.explain(self.state.evaluation, request.decision)
        except UnknownName as unknown:
            return ExplanationView(unknown=str(unknown))
        return ExplanationView(text="\n".join(explanation.lines()), data=explanation.to_dict())

    def view(self) -> StateView:
        """How the subject stands."""
        return state_view(self.state, store_away=self._publishing.store_away)

    # --- the loop ---------------------------------------------------------------------------------

    async def _wait(self, background: list[asyncio.Task[None]]) -> None:
        """Wait until there is something for the loop to do."""
        seen = self._moves
        await workflow.wait_condition(
            lambda: (
                self._moves != seen
                or self._ended()
                or self._may_continue()
                or self._stopped(background) is not None
            )
        )
        stopped = self._stopped(background)
        if stopped is not None:
            # It never returns: this raises what stopped it, and stalls the task where everybody sees it.
            stopped.result()

    def _stopped(self, background: list[asyncio.Task[None]]) -> asyncio.Task[None] | None:
        failed = self._peer_delivery.failed() if self._peer_delivery is not None else None
        return failed or next((task for task in background if task.done()), None)

    def _rang(self, due: datetime) -> None:
        """The timer says that a moment has come. It may fire a hair before its instant on another machine's clock."""
        if self.state.kept.renaming or self.state.kept.renamed is not None:
            return  # it comes under the new pseudonym, or when that could not be given
        self.state.advance(max(workflow.now(), due))
        self.moved()

    def _now(self) -> datetime:
        return (
            max(workflow.now(), self.state.kept.now) if self._start.clock == "real" else self.state.kept.now
        )

    def moved(self) -> None:
        """Something happened: show it, have it published and told."""
        self._moves += 1
        self.state.kept.unsent = True
        self._show()
        self._mark()
        if self._alarm is not None and self._publishing.store_away:
            self._alarm.set_anew(self.state.due)
        if self._peer_delivery is not None:
            self._peer_delivery.call()

    def _ended(self) -> bool:
        return (
            self.state.kept.archived is not None
            and self._publishing.settled
            and (self._peer_delivery is None or self._start.rehearsal or self._peer_delivery.settled)
            and workflow.all_handlers_finished()
        )

    def _may_continue(self) -> bool:
        """Whether this run is long enough, and nothing would be lost by ending it.

        A batch or message that is acknowledged at this very moment may be abandoned and sent again: the other side knows it.
        """
        if self._moves < self._start.continue_after and not workflow.info().is_continue_as_new_suggested():
            return False
        return (
            (self._publishing.settled or self._publishing.store_away)
            and (self._peer_delivery is None or self._start.rehearsal or self._peer_delivery.idle)
            and workflow.all_handlers_finished()
        )

    def _messages_due(self) -> int:
        if self._peer_delivery is None or not self._start.rehearsal:
            return 0
        return len(self.state.messages()) + len(self.state.peer_outbox.waiting)

    def _check_stepped(self) -> None:
        if self._start.clock != "stepped":
            raise refusal(Refused("real_clock", "this pathway is on the real clock, which nobody can move"))

    # --- what the Temporal UI shows ---------------------------------------------------------------

    def _show(self) -> None:
        state = self.state
        workflow.set_current_details(details.current(state, store_away=self._publishing.store_away))

    def _mark(self) -> None:
        """Lead to a command, whatever the plan says."""
        workflow.upsert_search_attributes(self._searchable())

    def _searchable(self) -> list[SearchAttributeUpdate[Any]]:
        """The attributes that have changed since they were last set. The client has set those that never change.

        One of them at least, always: whether there is a command must not depend on the plan.
        """
        now = details.searchable(self.state)
        changed = [key for key, value in now.items() if self._indexed.get(key, now) != value] or [OPEN]
        self._indexed = now
        return [key.value_unset() if now[key] is None else key.value_set(now[key]) for key in changed]


def refusal(refused: Refused) -> ApplicationError:
    return ApplicationError(str(refused), type=refused.code, non_retryable=True)
