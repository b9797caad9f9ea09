"""What a shell holds between two events: the record, what was told, and what the store does not have yet.

Pure: the workflow hands it instants and reports, and asks what to publish. Everything that is not carried from run to
run is computed from what is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Generic

from contracts.delivery import DeliveryResult, Envelope
from contracts.messages import (
    Answered,
    Archived,
    ArchiveRequest,
    Carried,
    PathwayStart,
    Receipt,
)
from contracts.publish import PublishBatch
from contracts.sitting import SITTING_OPEN, RecordManyRequest, Sitting
from pathway.changes import CLOCK, Change, changes, mark
from pathway.events import Event, Report
from pathway.patient.enrolment import as_ended
from pathway.patient.sitting import Admitted, refuse
from pathway.plan import Plan
from pathway.record import Record
from pathway.refusal import check_seen
from pathway.site import Site
from pathway.subtrial.names import renames_of, told_under
from pathway.subtrial.plan import SubtrialPlan
from pathway.transfers import placed
from workflows.durable import activity_options as calls
from workflows.durable import sittings
from workflows.durable.batch import batch_of, trim
from workflows.durable.batch_lists import BatchLists
from workflows.durable.bounds import check_open
from workflows.durable.entity import Entity, W
from workflows.durable.peer_outbox import PeerOutbox
from workflows.durable.pinned import Start

LETTERS: Final = "messages"
"""The cause of a change that the fate of a message brought."""


class State(Generic[W]):
    """The state of one subject. `now` is its clock: the last instant that it was evaluated at, and never goes back."""

    def __init__(self, start: Start, subject: Entity[W], now: datetime) -> None:
        """Take up what the run before left, or begin at `now`."""
        carried = start.carried or Carried(now=now)
        self.start = start
        self.subject = subject
        self.profile = subject.profile
        self.record = Record.of(carried.events)
        self.peer_outbox = PeerOutbox(carried.posted)
        # What is carried lives here, so that each field of it is written once. The input of the run stays as it was.
        self.kept = carried.model_copy(
            update={
                "now": max(carried.now, now) if start.clock == "real" else carried.now,
                "timeline": list(carried.timeline),
                "answered": dict(carried.answered),
                "handed_over": False,
            }
        )
        self._lists: BatchLists | None = None
        self.evaluation: W = self._evaluated(carried.now)
        if start.carried is None:
            if isinstance(start, PathwayStart) and start.sitting:
                self._open_sitting(start.sitting)
            self._reconcile(CLOCK)

    @property
    def site(self) -> Site:
        """Where the subject is now, and where its days are counted."""
        return placed(self.subject.site, self.record.transfers, self.kept.now)

    # --- what happens -----------------------------------------------------------------------------

    @property
    def plan(self) -> Plan:
        """The present plan."""
        return self.subject.plan(self.evaluation)

    @property
    def due(self) -> datetime | None:
        """The next moment of the plan, or that at which an open sitting closes; None when only an event changes anything."""
        if self.kept.archived is not None or self.kept.renaming:
            return None
        closes = None if self.kept.sitting is None else self.kept.sitting.until
        return min((each for each in (self.plan.next_at, closes) if each is not None), default=None)

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

    def known_as(self, report: Report, now: datetime) -> str:
        """The id under which what a report says is on record; its own where nothing else says it. Raises `Refused`."""
        if self.kept.archived is not None:
            return report.id
        return self.subject.known_as(self.record, report, now, self.whole_at(now))

    def accept(self, report: Report, now: datetime, *, again: bool = False) -> bool:
        """Admit a report and say what it changes; False if it is on record already. Raises `Refused`.

        `again`: record it although another event says the same.
        """
        event = self._admitted(report, now, again=again)
        if event is None:
            return False
        self.advance(now)
        self.kept.now = max(self.kept.now, now)
        self._append(event)
        self.evaluation = self._evaluated(self.kept.now)
        self._reconcile(event.id)
        if event.kind == "annulment" and not self.start.rehearsal:
            self._close(event.role, event.reason)
        self.kept.answered[event.id] = Answered(revision=self.kept.revision + 1, next_at=self.plan.next_at)
        return True

    def admitted_all(self, request: RecordManyRequest, now: datetime) -> Admitted:
        """What a part of a sitting would record. Raises `Refused` if any of it cannot be recorded."""
        check_open(self.kept, len(self.record.events), len(request.reports))
        admitted = self.subject.admit_all(self.record, request.reports, now)
        refuse(request.reports, admitted)
        return admitted

    def accept_many(self, request: RecordManyRequest, now: datetime) -> tuple[tuple[str, ...], int]:
        """Record a part of a sitting, and at its end say what all of it has changed. Raises `Refused`.

        For each report the id under which it is on record, and how many were not. Until the end nobody is told anything.
        """
        admitted = self.admitted_all(request, now)
        self.advance(now)
        self.kept.now = max(self.kept.now, now)
        if admitted.events or self.kept.sitting is not None:
            self._open_sitting(request.sitting, len(admitted.events))
        for event in admitted.events:
            self._append(event)
        self.evaluation = self._evaluated(self.kept.now)
        if not request.more:
            self._end_sitting(ended=True)
        self.kept.unsent = True
        return admitted.known, len(admitted.events)

    def told_of(self, cause: str) -> tuple[Change, ...]:
        """What was told with this cause, as far as it is still carried."""
        return tuple(each for each in self.kept.timeline if each.cause == cause)

    def advance(self, now: datetime) -> bool:
        """Let time pass. True if a moment was due: all that are due by `now` are seen at once, as they
        are seen at `now`.
        """
        due = self.due
        if due is None or now < due:
            return False
        self.kept.now = max(self.kept.now, now)
        self.evaluation = self._evaluated(self.kept.now)
        if self.kept.sitting is not None and now >= self.kept.sitting.until:
            self._end_sitting(ended=False)
        else:
            self._reconcile(CLOCK)
        return True

    def step(self, to: datetime, at_most: int) -> None:
        """Walk the stepped clock to an instant through every due moment, or through `at_most` of them."""
        for _ in range(at_most):
            due = self.due
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
        self._close(request.role, request.reason)
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
            changes=self.told_of(event_id),
            next_at=answered.next_at,
        )

    def mark(self) -> int:
        """A position in the timeline, for `since`."""
        return self.kept.earlier + len(self.kept.timeline)

    def since(self, mark: int) -> tuple[Change, ...]:
        """What was told after a position in the timeline."""
        return tuple(self.kept.timeline[max(0, mark - self.kept.earlier) :])

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
        trim(self.kept)

    def carry(self, wake_at: datetime | None) -> Carried:
        """What the next run needs. `wake_at`: what the shell's timer has heard from the store.

        What the store has is not carried, but for the newest lines and answers: somebody may ask again.
        """
        trim(self.kept, calls.CARRIED_TIMELINE)
        return self.kept.model_copy(
            update={
                "events": tuple(self.record.events),
                "posted": self.peer_outbox.posted(),
                "wake_at": wake_at,
                "runs": self.kept.runs + 1,
            }
        )

    # --- inside -----------------------------------------------------------------------------------

    def _admitted(self, report: Report, now: datetime, *, again: bool = False) -> Event | None:
        if report.id not in self.record.by_id:
            check_open(self.kept, len(self.record.events), 1)
        return self.subject.admit(self.record, report, now, self.whole_at(now), again=again)

    def _append(self, event: Event) -> None:
        self.record.append(event)
        self.peer_outbox.heard(event)
        self.kept.announced = told_under(self.kept.announced, renames_of(event))

    def _close(self, role: str, reason: str) -> None:
        self._end_sitting(ended=True)
        self.kept.archived = Archived(at=self.kept.now, role=role, reason=reason)
        self.kept.unsent = True

    def _open_sitting(self, id: str, entries: int = 0) -> None:
        """Begin a sitting, or go on with the one that is open: what broke down is taken over by whoever comes next."""
        before = 0 if self.kept.sitting is None else self.kept.sitting.entries
        self.kept.sitting = Sitting(id=id, until=self.kept.now + SITTING_OPEN, entries=before + entries)

    def _end_sitting(self, *, ended: bool) -> None:
        sitting, self.kept.sitting = self.kept.sitting, None
        if sitting is None:
            return
        cause, before = sittings.cause_of(sitting.id), len(self.kept.timeline)
        self._reconcile(cause)
        frame = mark(
            self.plan.at,
            subject=self.start.subject,
            cause=cause,
            tz=self.site.tz,
            day_one=self.subject.day_one(self.evaluation),
        )
        made = self.kept.timeline[before:]
        self.kept.timeline.append(sittings.summary(sitting, made, frame, ended=ended))

    def _evaluated(self, now: datetime) -> W:
        evaluation = self.subject.evaluate(self.record, now)
        faults = tuple(fault.alert() for fault in self.peer_outbox.faults)
        if faults:
            plan = self.subject.plan(evaluation)
            plan.alerts = (*plan.alerts, *faults)
        return evaluation

    def _reconcile(self, cause: str) -> None:
        self.kept.unsent = True
        if self.kept.sitting is not None:
            return
        made, self.kept.announced = changes(
            self.kept.announced.without(lambda key: self.subject.outlived(self.evaluation, key)),
            self.plan,
            subject=self.start.subject,
            cause=cause,
            tz=self.site.tz,
            day_one=self.subject.day_one(self.evaluation),
            event=self.record.by_id.get(cause),
        )
        self.kept.timeline.extend(as_ended(made) if self.record.annulments else made)

    def _batch(
        self, *, events: Sequence[Event], changes: Sequence[Change], complete: bool = False
    ) -> PublishBatch:
        self.kept.revision += 1
        self.kept.sent_events = len(self.record.events)
        self.kept.sent_changes = self.mark()
        self.kept.unsent = False
        self._lists, batch = batch_of(
            self.start,
            self.subject.kind,
            self.site,
            self.profile,
            self.plan,
            self._lists,
            revision=self.kept.revision,
            complete=complete,
            events=tuple(events),
            changes=tuple(changes),
            entries_before=self.kept.sent_changes - len(changes),
            group=self.group,
            next_at=self.due,
            archived=self.kept.archived is not None,
        )
        return batch
