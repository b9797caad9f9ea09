"""What a pathway holds between two events: the record, what was told, and what the store does not have yet.

Pure: the workflow hands it instants and reports, and asks what to publish. Everything that is not carried from run to
run is computed from what is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pathway.changes import Change, Told, changes
from pathway.compiled import Compiled
from pathway.door import Refused, admit
from pathway.evaluate import evaluate
from pathway.events import Event, Report
from pathway.explain import Explanation, explain
from pathway.output import plan_json
from pathway.plan import Plan
from pathway.profile import make_profile
from pathway.record import Record
from pathway.script import CLOCK
from store.batch import PublishBatch
from workflows import calls, details
from workflows.messages import (
    Answered,
    Archived,
    ArchiveReceipt,
    ArchiveRequest,
    Carried,
    PathwayStart,
    Receipt,
    StateView,
)


class PathwayState:
    """The state of one pathway. `now` is its clock: the last instant that it was evaluated at, and never
    goes back.
    """

    def __init__(self, start: PathwayStart, compiled: Compiled, now: datetime) -> None:
        """Take up what the run before left, or begin at `now`. Raises AllpathError if the start cannot
        be carried out.
        """
        if compiled.hash != start.protocol_hash:
            raise RuntimeError(
                f"{start.protocol} is not the text this pathway was started with: {compiled.hash[:12]} here, "
                f"{start.protocol_hash[:12]} pinned. Deploy the program that has the pinned text"
            )
        carried = start.carried or Carried(now=now)
        self.start = start
        self.compiled = compiled
        self.site = start.site
        self.profile = make_profile(compiled.protocol, start.profile, start.simulation)
        self.record = Record.of(carried.events)
        self.told: Told = dict(carried.told)
        self.timeline: list[Change] = list(carried.timeline)
        self.answered: dict[str, Answered] = dict(carried.answered)
        self.revision = carried.revision
        self.published = carried.published
        self.in_flight = carried.in_flight
        self.archived = carried.archived
        self.now = max(carried.now, now) if start.clock == "real" else carried.now
        self.runs = carried.runs
        self._sent_events = carried.sent_events
        self._sent_changes = carried.sent_changes
        self._earlier = carried.earlier
        self._ends = list(carried.ends)
        # Whether something happened since the last batch was made.
        self.unsent = carried.unsent
        self.plan: Plan = self._evaluated(carried.now)
        if start.carried is None:
            self._reconcile(CLOCK)

    # --- what happens -----------------------------------------------------------------------------

    def plan_at(self, now: datetime) -> Plan:
        """The plan at an instant not before `now`: the present one, unless something falls due in between."""
        due = self.plan.next_at
        return self.plan if due is None or now < due else self._evaluated(now)

    def check(self, report: Report, now: datetime) -> None:
        """Refuse what cannot be admitted. Changes nothing. Raises `pathway.door.Refused`."""
        self._admitted(report, now)

    def accept(self, report: Report, now: datetime) -> bool:
        """Admit a report and say what it changes; False if it is on record already. Raises `Refused`."""
        event = self._admitted(report, now)
        if event is None:
            return False
        self.advance(now)
        self.now = max(self.now, now)
        self.record.append(event)
        self.plan = self._evaluated(self.now)
        self._reconcile(event.id)
        self.answered[event.id] = Answered(revision=self.revision + 1, next_at=self.plan.next_at)
        return True

    def advance(self, now: datetime) -> bool:
        """Let time pass. True if a moment was due: all that are due by `now` are seen at once, as they
        are seen at `now`.
        """
        due = self.plan.next_at
        if self.archived or due is None or now < due:
            return False
        self.now = max(self.now, now)
        self.plan = self._evaluated(self.now)
        self._reconcile(CLOCK)
        return True

    def step(self, to: datetime, at_most: int) -> None:
        """Walk the stepped clock to an instant through every due moment, or through `at_most` of them."""
        for _ in range(at_most):
            due = self.plan.next_at
            if due is None or due > to:
                break
            if due <= self.now:
                raise RuntimeError(
                    f"the plan at {self.now} names {due} as its next moment; it must lie ahead"
                )
            self.advance(due)
        else:
            return
        if to > self.now:
            self.now = to
            self.plan = self._evaluated(to)

    def archive(self, request: ArchiveRequest, now: datetime) -> bool:
        """Close the pathway; False if it is closed already."""
        if self.archived is not None:
            return False
        self.now = max(self.now, now)
        self.archived = Archived(at=self.now, role=request.role, reason=request.reason)
        self.unsent = True
        return True

    def check_archive(self, request: ArchiveRequest) -> None:
        """Refuse to close without a reason or by an unknown role. Raises `Refused`."""
        if request.role not in ("coordinator", "clinician", "sponsor", "operations"):
            raise Refused(
                "wrong_role",
                f"role {request.role!r} cannot archive a pathway; coordinator, clinician, sponsor or operations can",
            )
        if not request.reason.strip():
            raise Refused("reason_missing", "archiving a pathway needs a reason")

    # --- what is answered -------------------------------------------------------------------------

    def receipt(self, event_id: str) -> Receipt:
        """The answer to an accepted event, the first time and again."""
        answered = self.answered[event_id]
        return Receipt(
            event_id=event_id,
            recorded=self.published >= answered.revision,
            revision=answered.revision,
            changes=tuple(each for each in self.timeline if each.cause == event_id),
            next_at=answered.next_at,
        )

    def archive_receipt(self) -> ArchiveReceipt:
        """The answer to a closed pathway."""
        if self.archived is None:
            raise RuntimeError("the pathway is open")
        revision = self.revision + self.unsent
        return ArchiveReceipt(archived=self.archived, revision=revision, recorded=self.published >= revision)

    def mark(self) -> int:
        """A position in the timeline, for `since`."""
        return self._earlier + len(self.timeline)

    def since(self, mark: int) -> tuple[Change, ...]:
        """What was told after a position in the timeline."""
        return tuple(self.timeline[max(0, mark - self._earlier) :])

    @property
    def earlier(self) -> int:
        """How many entries of the timeline only the store still has."""
        return self._earlier

    def plan_data(self) -> dict[str, Any]:
        """The plan in the format of scenario output."""
        return plan_json(self.compiled, self.profile, self.site, self.record, self.plan)

    def explanation(self, decision: str) -> Explanation:
        """Why a decision is as it is. Raises `UnknownName`."""
        return explain(self.compiled, self.profile, self.site, self.record, self.now, decision)

    def view(self, *, store_away: bool) -> StateView:
        """How the pathway stands."""
        return StateView(
            subject=self.start.subject,
            trial=self.start.trial,
            version=self.start.version,
            site=self.site.id,
            clock=self.start.clock,
            now=self.now,
            next_at=self.plan.next_at,
            events=len(self.record.events),
            unrecorded=self.unrecorded,
            revision=self.revision,
            published=self.published,
            store_away=store_away,
            archived=self.archived is not None,
            runs=self.runs,
        )

    # --- what the store does not have yet ---------------------------------------------------------

    @property
    def unrecorded(self) -> int:
        """How many accepted events the store has not acknowledged."""
        waiting = 0 if self.in_flight is None else len(self.in_flight.events)
        return len(self.record.events) - self._sent_events + waiting

    def next_batch(self) -> PublishBatch:
        """The batch to be published: the one in flight, or a new one with all that happened since the
        last.
        """
        if self.in_flight is None:
            self.in_flight = self._batch(
                events=self.record.events[self._sent_events :], changes=self.since(self._sent_changes)
            )
        return self.in_flight

    def whole_batch(self, stored: int) -> PublishBatch:
        """A batch with every event, for a store that has only the revisions up to `stored`: lost, or an old copy.

        Of the timeline it has what came after those, as far as it is still carried.
        """
        told = self._ends[stored - 1] if 0 < stored <= len(self._ends) else 0
        self.in_flight = self._batch(events=self.record.events, changes=self.since(told), complete=True)
        return self.in_flight

    def acknowledge(self, revision: int) -> None:
        """The store has a batch, for good."""
        self.published = max(self.published, revision)
        if self.in_flight is not None and self.in_flight.revision <= revision:
            self.in_flight = None
        self._trim()

    def carry(self) -> Carried:
        """What the next run needs."""
        self._trim()
        return Carried(
            now=self.now,
            events=tuple(self.record.events),
            told=dict(self.told),
            timeline=tuple(self.timeline),
            earlier=self._earlier,
            answered=dict(self.answered),
            revision=self.revision,
            published=self.published,
            sent_events=self._sent_events,
            sent_changes=self._sent_changes,
            ends=tuple(self._ends),
            unsent=self.unsent,
            in_flight=self.in_flight,
            archived=self.archived,
            runs=self.runs + 1,
        )

    # --- inside -----------------------------------------------------------------------------------

    def _admitted(self, report: Report, now: datetime) -> Event | None:
        if self.archived is not None and report.id not in self.record.by_id:
            raise Refused(
                "archived",
                f"this pathway was archived on {self.archived.at.date()}; nothing more is recorded",
            )
        return admit(self.compiled, self.profile, self.site, self.record, report, now, self.plan_at(now))

    def _evaluated(self, now: datetime) -> Plan:
        return evaluate(self.compiled, self.profile, self.site, self.record, now)

    def _reconcile(self, cause: str) -> None:
        made, self.told = changes(
            self.told,
            self.plan,
            subject=self.start.subject,
            cause=cause,
            tz=self.site.tz,
            day_one=_day_one(self.compiled, self.plan),
        )
        self.timeline.extend(made)
        self.unsent = True

    def _batch(
        self, *, events: Sequence[Event], changes: Sequence[Change], complete: bool = False
    ) -> PublishBatch:
        self.revision += 1
        self._sent_events = len(self.record.events)
        self._sent_changes = self.mark()
        self._ends.append(self._sent_changes)
        self.unsent = False
        plan = self.plan
        return PublishBatch(
            pathway_id=self.start.workflow_id,
            revision=self.revision,
            complete=complete,
            subject=self.start.subject,
            trial=self.start.trial,
            site=self.site.id,
            zone=self.site.zone,
            protocol=self.start.protocol,
            protocol_hash=self.start.protocol_hash,
            profile={**self.profile.values, "simulation": self.profile.simulation},
            rehearsal=self.start.rehearsal,
            events=tuple(events),
            changes=tuple(changes),
            phases=details.phases(plan),
            group=plan.group,
            next_at=plan.next_at,
            open=len(details.open_obligations(plan)),
            late=len(details.late_items(plan)),
            archived=self.archived is not None,
            items=plan.items,
            obligations=(*plan.deviations, *plan.alerts),
            decisions=tuple(each for each in plan.decisions if each.open),
        )

    def _trim(self) -> None:
        """Forget the oldest entries of the timeline, of those that the store has."""
        recorded = (
            self._sent_changes if self.in_flight is None else self._sent_changes - len(self.in_flight.changes)
        )
        surplus = min(len(self.timeline) - calls.MAX_TIMELINE, recorded - self._earlier)
        if surplus > 0:
            del self.timeline[:surplus]
            self._earlier += surplus


def _day_one(compiled: Compiled, plan: Plan) -> date | None:
    for anchor, day, _ in plan.anchors:
        if anchor == compiled.protocol.day_one:
            return day
    return None
