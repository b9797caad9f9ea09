"""A meeting series as JSON, and the report by which its shell says that an agenda has been kept."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pathway.events import Report
from pathway.meeting.admission import AGENDA
from pathway.meeting.agenda import Agenda
from pathway.meeting.calendar import WEEKDAYS, Decided, Kept, Meeting, Note, Week
from pathway.meeting.plan import MeetingPlan
from pathway.plan_json import instant_text, item_json, obligation_json


def meeting_json(meeting: Meeting, whole: MeetingPlan) -> dict[str, Any]:
    """The series with its weeks, tasks and notices as plain data; instants are UTC text."""
    plan = whole.plan
    return {
        "at": instant_text(plan.at),
        "next_at": instant_text(plan.next_at),
        "trial": meeting.trial,
        "office": meeting.office.id,
        "zone": meeting.office.zone,
        "weekday": WEEKDAYS[meeting.weekday - 1],
        "time": f"{meeting.hour:02d}:{meeting.minute:02d}",
        "cut_off_hours": meeting.cut_off_hours,
        "overdue_hours": meeting.overdue_hours,
        "escalation_hours": meeting.escalation_hours,
        "focus": whole.focus.week,
        "weeks": [week_json(meeting, week) for week in whole.weeks],
        "tracks": [{"id": t.id, "phase": t.phase, "since": instant_text(t.since)} for t in plan.tracks],
        "criteria": [],
        "decisions": [],
        "items": [item_json(item) for item in plan.items],
        "ledgers": [],
        "milestones": [
            {"id": m.id, "key": m.key, "text": m.text, "to": m.to, "since": instant_text(m.since)}
            for m in plan.milestones
        ],
        "deviations": [],
        "alerts": [obligation_json(alert) for alert in plan.alerts],
        "endpoints": [],
    }


def week_json(meeting: Meeting, week: Week) -> dict[str, Any]:
    """One meeting as plain data; `local` is the office's time."""
    return {
        "week": week.week,
        "state": week.state,
        "since": instant_text(week.since),
        "at": instant_text(week.at),
        "local": f"{week.at.astimezone(meeting.office.tz):%Y-%m-%dT%H:%M}",
        "regular": instant_text(week.regular),
        "reason": week.reason,
        "postponed": [
            {"to": instant_text(to), "reason": reason, "recorded": instant_text(recorded)}
            for to, reason, recorded in week.postponed
        ],
        "held": instant_text(week.held.occurred) if week.held is not None else None,
        "attended": list(week.attended),
        "notes": [_note(note) for note in week.notes],
        "decided": [_decided(each) for each in week.decided],
        "agenda": _kept(week.agenda),
        "closing": _kept(week.closing),
    }


def kept_report(agenda: Agenda, digest: str, now: datetime) -> Report:
    """What the shell records of an agenda that has been kept: what binds it, and the decisions in it. Not its text."""
    due = [[entry.subject, entry.decision] for entry in agenda.of("decisions")]
    details = {
        "at": instant_text(agenda.at) or "",
        "decisions": json.dumps(due),
        "digest": digest,
        "edition": agenda.edition,
        "entries": str(len(agenda.entries)),
        "kind": agenda.kind,
    }
    return Report(
        f"{AGENDA}:{agenda.week}:{agenda.kind}:{agenda.edition}",
        "action",
        now,
        "operations",
        name=AGENDA,
        scope=(("week", agenda.week),),
        details=tuple(sorted(details.items())),
    )


def _kept(kept: Kept | None) -> dict[str, Any] | None:
    if kept is None:
        return None
    return {
        "kind": kept.kind,
        "edition": kept.edition,
        "at": instant_text(kept.at),
        "digest": kept.digest,
        "entries": kept.entries,
        "decisions": [list(pair) for pair in kept.decisions],
    }


def _note(note: Note) -> dict[str, Any]:
    return {
        "event": note.event,
        "at": instant_text(note.at),
        "role": note.role,
        "text": note.text,
        "subject": note.subject,
        "person": note.person,
    }


def _decided(each: Decided) -> dict[str, Any]:
    return {
        "event": each.event,
        "at": instant_text(each.at),
        "subject": each.subject,
        "decision": each.decision,
        "option": each.option,
        "source": each.source,
        "reason": each.reason,
        "person": each.person,
    }
