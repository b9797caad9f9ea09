"""What follows from the meetings of a series: what to do, what is late and for whom, what was held, which agenda to gather."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pathway.clock import local_day
from pathway.engine.obligations import RANK
from pathway.events import Event
from pathway.language.terms import key_of
from pathway.meeting.calendar import (
    WEEKDAYS,
    Clock,
    Kept,
    Meeting,
    Week,
    closing_wanted,
    edition_of,
    newest_closing,
    weeks,
)
from pathway.plan import Item, MilestoneState, Obligation, Plan, TrackState
from pathway.record import Record
from pathway.subtrial.names import under_present_names

ITEM_STATES = {
    "planned": "planned",
    "frozen": "due",
    "due": "due",
    "overdue": "late",
    "held": "done",
    "missed": "missed",
}
PHASES = {"planned": "PLANNED", "frozen": "AGENDA_FROZEN", "due": "MEETING_TIME", "overdue": "OVERDUE"}
GATHERED_WITHIN = timedelta(hours=1)
"""How long an agenda may wait for the store before operations hear of it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An agenda that the shell must gather and keep now; entries newer than `since` are new in it."""

    week: str
    kind: Literal["frozen", "closing"]
    edition: str
    since: datetime | None


@dataclass(slots=True)
class MeetingPlan:
    """All that is true of the series at `plan.at`. `weeks` in the order of their labels; `focus`: the open one that is next.

    Of what was settled before `horizon` (a week) the plan says nothing more, and nothing is retracted for it.
    """

    plan: Plan
    weeks: tuple[Week, ...]
    focus: Week
    wanted: tuple[Wanted, ...]
    horizon: str

    def week(self, label: str) -> Week | None:
        """The meeting of that week, None if the plan does not show it."""
        return next((week for week in self.weeks if week.week == label), None)

    def retired(self, key: str) -> bool:
        """Whether a statement belongs to a week that the plan has left behind."""
        label = key.partition("[week=")[2][:8]
        return bool(label) and label < self.horizon and self.week(label) is None


def convene(meeting: Meeting, record: Record, now: datetime) -> MeetingPlan:
    """The series as it stands at `now`. Never raises, on any record that the door has let in."""
    record = under_present_names(record)
    record = under_present_names(record)
    clock = Clock(now)
    found, horizon = weeks(meeting, record, clock)
    focus = min((w for w in found if not w.settled), key=lambda w: (w.at, w.week), default=found[-1])
    wanted = tuple(each for week in found for each in _wanted(record, week))
    plan = Plan(
        at=now,
        next_at=None,
        tracks=(TrackState("meeting", PHASES.get(focus.state, "PLANNED"), focus.since or meeting.begins),),
        criteria=(),
        decisions=(),
        items=tuple(item for week in found for item in _items(meeting, week)),
        ledgers=(),
        milestones=tuple(each for week in found for each in _milestones(meeting, week)),
        deviations=(),
        alerts=tuple(each for week in found for each in _alerts(meeting, record, clock, week)),
        endpoints=(),
        anchors=(),
        group=focus.week,
    )
    plan.next_at = clock.next_at
    return MeetingPlan(plan, tuple(found), focus, wanted, horizon)


def day_and_time(meeting: Meeting, instant: datetime) -> str:
    """An instant on the office's calendar: `Thursday 2025-11-06 14:00`."""
    local = instant.astimezone(meeting.office.tz)
    return f"{WEEKDAYS[local.weekday()].capitalize()} {local:%Y-%m-%d %H:%M}"


# --- inside -----------------------------------------------------------------------------------------------------


def _wanted(record: Record, week: Week) -> Iterable[Wanted]:
    since = newest_closing(record, week.week)
    if week.waiting_since is not None:
        yield Wanted(week.week, "frozen", edition_of(week.at), since)
    if closing_wanted(week) and week.held is not None:
        yield Wanted(week.week, "closing", week.held.id, since)


def _items(meeting: Meeting, week: Week) -> Iterable[Item]:
    state = ITEM_STATES.get(week.state)
    if state is None:
        return
    day = local_day(week.at, meeting.office.tz)
    late_from = week.at + timedelta(hours=meeting.overdue_hours)
    when = day_and_time(meeting, week.held.occurred if week.held is not None else week.at)
    text = f"coordinating meeting {week.week}: {'held ' if week.held else ''}{when}"
    scope = (("week", week.week),)
    yield Item(
        "MEETING",
        key_of("MEETING", scope),
        "task",
        state,
        text,
        "coordinator",
        day,
        since=week.since or meeting.begins,
        late_from=late_from,
    )
    if week.agenda is None or state == "planned":
        return
    for subject, decision in week.agenda.decisions:
        decided = _settled_decision(week, week.agenda, subject, decision)
        now = "done" if decided else "missed" if week.settled else state
        yield Item(
            "DECIDE",
            key_of("DECIDE", (*scope, ("subject", subject), ("decision", decision))),
            "task",
            now,
            f"{decision} of {subject}" + (": carried over" if now == "missed" else ""),
            "meeting",
            day,
            since=week.agenda.at,
            late_from=late_from,
        )


def _settled_decision(week: Week, agenda: Kept, subject: str, decision: str) -> bool:
    """Whether a decision of the agenda has been taken: against the meeting, or in any other way by the time it was closed."""
    if any((each.subject, each.decision) == (subject, decision) for each in week.decided):
        return True
    return week.closing is not None and (subject, decision) not in week.closing.decisions


def _milestones(meeting: Meeting, week: Week) -> Iterable[MilestoneState]:
    scope = (("week", week.week),)

    def told(id: str, text: str, to: str, since: datetime) -> MilestoneState:
        return MilestoneState(id, key_of(id, scope), text, to, since)

    if week.postponed and week.state != "cancelled":
        to, reason, recorded = week.postponed[-1]
        text = f"meeting {week.week} is postponed to {day_and_time(meeting, to)}: {reason}"
        yield told("MEETING-POSTPONED", text, "meeting", recorded)
    if week.state == "cancelled" and week.since is not None:
        text = f"meeting {week.week} is cancelled: {week.reason}"
        yield told("MEETING-CANCELLED", text, "meeting", week.since)
    if week.agenda is not None and week.state != "cancelled":
        decisions = len(week.agenda.decisions)
        text = f"agenda of {week.week} is frozen: {week.agenda.entries} entries, {decisions} decisions due"
        yield told("AGENDA-FROZEN", text, "meeting", week.agenda.at)
    if week.held is not None:
        text = f"meeting {week.week} was held on {day_and_time(meeting, week.held.occurred)}"
        yield told("MEETING-HELD", text, "sponsor", week.held.occurred)


def _alerts(meeting: Meeting, record: Record, clock: Clock, week: Week) -> Iterable[Obligation]:
    scope = (("week", week.week),)
    step = timedelta(hours=meeting.escalation_hours)
    if week.state == "overdue" and week.since is not None:
        yield _climbing(
            record,
            clock,
            "MEETING-OVERDUE",
            key_of("MEETING-OVERDUE", scope),
            f"nobody has recorded what became of the meeting of {week.week}, {day_and_time(meeting, week.at)}; "
            "record it as held, postponed or cancelled. Nothing was decided by it",
            ((week.since, "major", "coordinator"), (week.since + step, "critical", "sponsor")),
            (week.since + 2 * step, "operations"),
        )
    if week.waiting_since is not None and clock.passed(week.waiting_since + GATHERED_WITHIN):
        since = week.waiting_since + GATHERED_WITHIN
        yield _climbing(
            record,
            clock,
            "AGENDA-MISSING",
            key_of("AGENDA-MISSING", scope),
            f"the agenda of {week.week} cannot be gathered: is the store away?",
            ((since, "major", "operations"),),
            (since + step, "coordinator"),
        )


def _climbing(
    record: Record,
    clock: Clock,
    id: str,
    key: str,
    text: str,
    rungs: tuple[tuple[datetime, str, str], ...],
    last: tuple[datetime, str],
) -> Obligation:
    """A notice at the rung that is now due. An acknowledgement covers the severity that was shown; a higher one asks again."""
    since, severity, owner = rungs[0]
    told = [owner]
    rung, following = 1, None
    for at, higher, role in rungs[1:]:
        if not clock.passed(at):
            following = at
            break
        severity, rung = higher, rung + 1
        told.append(role)
    acked = any(_covers(ack, since, severity) for ack in record.acks.get(key, ()))
    if not acked and following is None:
        if clock.passed(last[0]):
            rung += 1
            told.append(last[1])
        else:
            following = last[0]
    return Obligation(
        id,
        key,
        "alert",
        severity,
        "acknowledged" if acked else "raised",
        text,
        owner,
        tuple(told),
        since,
        rung,
        following,
    )


def _covers(ack: Event, since: datetime, severity: str) -> bool:
    return ack.recorded >= since and RANK.get(ack.value or "", 3) >= RANK[severity]
