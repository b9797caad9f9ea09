"""What a shell holds between two events: the record, what was told, and what the store does not have yet.

Pure: the workflow hands it instants and reports, and asks what to publish. Everything that is not carried from run to
run is computed from what is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Generic

from contracts.delivery import DeliveryResult, Envelope
from contracts.messages import (
    Answered,
    Archived,
    ArchiveReceipt,
    ArchiveRequest,
    Carried,
    Receipt,
    StateView,
)
from contracts.publish import PublishBatch
from pathway.changes import CLOCK, Change, changes
from pathway.events import Event, Report
from pathway.patient.explanation import Explanation
from pathway.plan import Plan
from pathway.record import Record
from pathway.refusal import Refused, check_seen
from pathway.subtrial.plan import SubtrialPlan
from workflows.durable import activity_options as calls
from workflows.durable import summaries
from workflows.durable.batch_lists import BatchLists, lists_of
from workflows.durable.entity import Entity, W
from workflows.durable.peer_outbox import PeerOutbox
from workflows.durable.pinned import Start

LETTERS: Final = "messages"
"""The cause of a change that the fate of a message brought."""


class State(Generic[W]):
    """The state of one subject. `now` is its clock: the last instant that it was evaluated at, and never
    goes back.
    """

    def __init__(self, start: Start, subject: Entity[W], now: datetime) -> None:
        """Take up what the run before left, or begin at `now`."""
        carried = start.carried or Carried(now=now)
        self.start = start
        self.subject = subject
        self.site = subject.site
        self.profile = subject.profile
        self.record = Record.of(carried.events)
        self.peer_outbox = PeerOutbox(carried.posted)
        # What is carried lives here, so that each field of it is written once. The input of the run stays as it was.
        self.kept = carried.model_copy(
            update={
                "now": max(carried.now, now) if start.clock == "real" else carried.now,
                "timeline": list(carried.timeline),
                "answered": dict(carried.answered),
            }
        )
        self._lists: BatchLists | None = None
        self.evaluation: W = self._evaluated(carried.now)
        if start.carried is None:
            self._reconcile(CLOCK)

    # --- what happens -----------------------------------------------------------------------------

    @property
    def plan(self) -> Plan:
        """The present plan."""
        return self.subject.plan(self.evaluation)

    @property
    def due(self) -> datetime | None:
        """The next moment of the plan; None when nothing but an event changes anything, or nothing does any more."""
        return None if self.kept.archived is not None else self.plan.next_at

    @property
    def group(self) -> str:
        """The patient's group or arm, the subtrial's dose level or stage."""
        return self.subject.group(self.evaluation)

    @property
    def governed(self) -> SubtrialPlan | None:
        """The whole plan of a subtrial; None of a patient."""
        return self.subject.governed(self.evaluation)

    def whole_at(self, now: datetime) -> W:
        """What is true at an instant not before `now`: as at present, unless something falls due in between."""
        due = self.plan.next_at
        return self.evaluation if due is None or now < due else self._evaluated(now)

    def check(self, report: Report, now: datetime) -> None:
        """Refuse what cannot be admitted, and an answer on the real clock that does not say what was seen. Changes nothing.

        Raises `Refused`.
        """
        if self._admitted(report, now) is not None and self.start.clock == "real":
            check_seen(report)

    def accept(self, report: Report, now: datetime) -> bool:
        """Admit a report and say what it changes; False if it is on record already. Raises `Refused`."""
        event = self._admitted(report, now)
        if event is None:
            return False
        self.advance(now)
        self.kept.now = max(self.kept.now, now)
        self.record.append(event)
        self.peer_outbox.heard(event)
        self.evaluation = self._evaluated(self.kept.now)
        self._reconcile(event.id)
        self.kept.answered[event.id] = Answered(revision=self.kept.revision + 1, next_at=self.plan.next_at)
        return True

    def advance(self, now: datetime) -> bool:
        """Let time pass. True if a moment was due: all that are due by `now` are seen at once, as they
        are seen at `now`.
        """
        due = self.plan.next_at
        if self.kept.archived or due is None or now < due:
            return False
        self.kept.now = max(self.kept.now, now)
        self.evaluation = self._evaluated(self.kept.now)
        self._reconcile(CLOCK)
        return True

    def step(self, to: datetime, at_most: int) -> None:
        """Walk the stepped clock to an instant through every due moment, or through `at_most` of them."""
        for _ in range(at_most):
            due = self.plan.next_at
            if due is None or due > to:
                break
            if due <= self.kept.now:
                raise RuntimeError(
                    f"the plan at {self.kept.now} names {due} as its next moment; it must lie ahead"
                )
            self.advance(due)
        else:
            return
        if to > self.kept.now:
            self.kept.now = to
            self.evaluation = self._evaluated(to)

    # --- the post ---------------------------------------------------------------------------------

    def messages(self) -> tuple[Envelope, ...]:
        """The messages that are due now, but for those under way. Changes nothing."""
        archived = self.kept.archived is not None and not self.start.rehearsal
        return self.peer_outbox.new(
            lambda sent: self.subject.messages(sent, self.record, self.evaluation, archived=archived),
            lambda message: self.subject.report(message, self.kept.now),
        )

    def results(self, results: DeliveryResult) -> bool:
        """Note what became of messages; True if the plan says something else now, because one was refused or no longer is."""
        if not self.peer_outbox.take(results.outcomes, self.kept.now):
            return False
        self.evaluation = self._evaluated(self.kept.now)
        self._reconcile(LETTERS)
        return True

    # --- the end ----------------------------------------------------------------------------------

    def archive(self, request: ArchiveRequest, now: datetime) -> bool:
        """Close the pathway; False if it is closed already."""
        if self.kept.archived is not None:
            return False
        self.kept.now = max(self.kept.now, now)
        self.kept.archived = Archived(at=self.kept.now, role=request.role, reason=request.reason)
        self.kept.unsent = True
        return True

    # --- what is answered -------------------------------------------------------------------------

    def receipt(self, event_id: str) -> Receipt:
        """The answer to an accepted event, the first time and again.

        Of one that has long been on record: that it is, with the present revision and without its changes, which the store has.
        """
        answered = self.kept.answered.get(event_id) or Answered(
            revision=self.kept.published, next_at=self.due
        )
        return Receipt(
            event_id=event_id,
            recorded=self.kept.published >= answered.revision,
            revision=answered.revision,
            changes=tuple(each for each in self.kept.timeline if each.cause == event_id),
            next_at=answered.next_at,
        )

    def archive_receipt(self) -> ArchiveReceipt:
        """The answer to a closed pathway."""
        if self.kept.archived is None:
            raise RuntimeError("the pathway is open")
        revision = self.kept.revision + self.kept.unsent
        return ArchiveReceipt(
            archived=self.kept.archived, revision=revision, recorded=self.kept.published >= revision
        )

    def mark(self) -> int:
        """A position in the timeline, for `since`."""
        return self.kept.earlier + len(self.kept.timeline)

    def since(self, mark: int) -> tuple[Change, ...]:
        """What was told after a position in the timeline."""
        return tuple(self.kept.timeline[max(0, mark - self.kept.earlier) :])

    def plan_data(self) -> dict[str, Any]:
        """The plan in the format of scenario output."""
        return self.subject.json(self.record, self.evaluation)

    def explanation(self, decision: str) -> Explanation:
        """Why a decision is as it is. Raises `UnknownName`."""
        return self.subject.explain(self.evaluation, decision)

    def view(self, *, store_away: bool) -> StateView:
        """How the pathway stands."""
        return StateView(
            subject=self.start.subject,
            trial=self.start.trial,
            version=self.start.version,
            site=self.site.id,
            clock=self.start.clock,
            now=self.kept.now,
            next_at=self.plan.next_at,
            events=len(self.record.events),
            unrecorded=self.unrecorded,
            revision=self.kept.revision,
            published=self.kept.published,
            store_away=store_away,
            archived=self.kept.archived is not None,
            runs=self.kept.runs,
            messages_waiting=len(self.peer_outbox.waiting),
            messages_away=self.peer_outbox.away,
            messages_refused=tuple(f"{each.receiver}: {each.code}" for each in self.peer_outbox.faults),
        )

    # --- what the store does not have yet ---------------------------------------------------------

    @property
    def unrecorded(self) -> int:
        """How many accepted events the store has not acknowledged."""
        waiting = 0 if self.kept.in_flight is None else len(self.kept.in_flight.events)
        return len(self.record.events) - self.kept.sent_events + waiting

    def next_batch(self, *, replaying: bool = False) -> PublishBatch:
        """The batch to be published: the one in flight, or a new one with all that happened since the
        last.

        `replaying`: it is only made again. The program that made it first may have said something else, so the batch
        after it has whole lists.
        """
        if self.kept.in_flight is None:
            self.kept.in_flight = self._batch(
                events=self.record.events[self.kept.sent_events :], changes=self.since(self.kept.sent_changes)
            )
        if replaying:
            self._lists = None
        return self.kept.in_flight

    def whole_batch(self, entries: int, *, replaying: bool = False) -> PublishBatch:
        """A batch with every event, for a store that has lost revisions, or is an old copy.

        Of the timeline it has what came after the `entries` that the store has, as far as it is still carried.
        """
        self._lists = None
        self.kept.in_flight = self._batch(
            events=self.record.events, changes=self.since(entries), complete=True
        )
        if replaying:
            self._lists = None
        return self.kept.in_flight

    def acknowledge(self, revision: int) -> None:
        """The store has a batch, for good."""
        self.kept.published = max(self.kept.published, revision)
        if self.kept.in_flight is not None and self.kept.in_flight.revision <= revision:
            self.kept.in_flight = None
        self._trim()

    def carry(self, wake_at: datetime | None) -> Carried:
        """What the next run needs. `wake_at`: what the shell's timer has heard from the store.

        What the store has is not carried, but for the newest lines and answers: somebody may ask again.
        """
        self._trim(calls.CARRIED_TIMELINE)
        return self.kept.model_copy(
            update={
                "events": tuple(self.record.events),
                "posted": self.peer_outbox.posted(),
                "wake_at": wake_at,
                "runs": self.kept.runs + 1,
            }
        )

    # --- inside -----------------------------------------------------------------------------------

    def _admitted(self, report: Report, now: datetime) -> Event | None:
        if self.kept.archived is not None and report.id not in self.record.by_id:
            raise Refused(
                "archived",
                f"this pathway was archived on {self.kept.archived.at.date()}; nothing more is recorded",
            )
        if len(self.record.events) >= calls.MAX_EVENTS and report.id not in self.record.by_id:
            raise Refused(
                "record_full",
                f"this record holds {len(self.record.events)} events, and no more than {calls.MAX_EVENTS} are carried: "
                "nothing was recorded. Tell operations; what is on record stays, and the pathway goes on",
            )
        return self.subject.admit(self.record, report, now, self.whole_at(now))

    def _evaluated(self, now: datetime) -> W:
        evaluation = self.subject.evaluate(self.record, now)
        faults = tuple(fault.alert() for fault in self.peer_outbox.faults)
        if faults:
            plan = self.subject.plan(evaluation)
            plan.alerts = (*plan.alerts, *faults)
        return evaluation

    def _reconcile(self, cause: str) -> None:
        made, self.kept.announced = changes(
            self.kept.announced.without(lambda key: self.subject.outlived(self.evaluation, key)),
            self.plan,
            subject=self.start.subject,
            cause=cause,
            tz=self.site.tz,
            day_one=self.subject.day_one(self.evaluation),
            event=self.record.by_id.get(cause),
        )
        self.kept.timeline.extend(made)
        self.kept.unsent = True

    def _batch(
        self, *, events: Sequence[Event], changes: Sequence[Change], complete: bool = False
    ) -> PublishBatch:
        self.kept.revision += 1
        self.kept.sent_events = len(self.record.events)
        self.kept.sent_changes = self.mark()
        self.kept.unsent = False
        plan = self.plan
        known = self._lists is not None
        self._lists, items, obligations, decisions = lists_of(
            self._lists,
            plan.items,
            (*plan.deviations, *plan.alerts),
            tuple(each for each in plan.decisions if each.open),
        )
        return PublishBatch(
            pathway_id=self.start.workflow_id,
            kind=self.subject.kind,
            revision=self.kept.revision,
            complete=complete,
            subject=self.start.subject,
            trial=self.start.trial,
            site=self.site.id,
            zone="" if known else self.site.zone,
            protocol="" if known else self.start.protocol,
            protocol_hash="" if known else self.start.protocol_hash,
            profile=None if known else {**self.profile.values, "simulation": self.profile.simulation},
            rehearsal=self.start.rehearsal,
            events=tuple(events),
            changes=tuple(changes),
            entries_before=self.kept.sent_changes - len(changes),
            phases=summaries.phases(plan),
            group=self.group,
            next_at=self.due,
            open=len(summaries.open_obligations(plan)),
            late=len(summaries.late_items(plan)),
            archived=self.kept.archived is not None,
            items=items.entries,
            items_at=items.at,
            obligations=obligations.entries,
            obligations_at=obligations.at,
            decisions=decisions.entries,
            decisions_at=decisions.at,
        )

    def _trim(self, keep: int | None = None) -> None:
        """Forget the oldest entries of the timeline and the oldest answers, of those that the store has."""
        old = [id_ for id_, each in self.kept.answered.items() if each.revision <= self.kept.published]
        for id_ in old[: max(0, len(self.kept.answered) - calls.MAX_ANSWERS)]:
            del self.kept.answered[id_]
        recorded = (
            self.kept.sent_changes
            if self.kept.in_flight is None
            else self.kept.sent_changes - len(self.kept.in_flight.changes)
        )
        surplus = min(
            len(self.kept.timeline) - (calls.MAX_TIMELINE if keep is None else keep),
            recorded - self.kept.earlier,
        )
        if surplus > 0:
            del self.kept.timeline[:surplus]
            self.kept.earlier += surplus
