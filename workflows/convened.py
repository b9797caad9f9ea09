"""A coordinating meeting, as the durable shell holds it: the pure functions of `pathway.meeting_plan`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, Literal

from pathway.errors import UnknownName
from pathway.events import Event, Report
from pathway.explain import Explanation
from pathway.letters import Correspondence, Letter
from pathway.meeting import WEEKDAYS, Meeting
from pathway.meeting_door import admit
from pathway.meeting_output import meeting_json
from pathway.meeting_plan import MeetingPlan, convene, day_and_time
from pathway.plan import Plan
from pathway.profile import Profile
from pathway.record import Record
from pathway.subtrial_plan import SubtrialPlan
from workflows.meeting_start import MeetingStart


class Convened:
    """The pure functions of a meeting, bound to its settings and office."""

    kind: Final[Literal["meeting"]] = "meeting"
    has_letters: Final = False

    def __init__(self, start: MeetingStart) -> None:
        """Bind them."""
        self.meeting = start.meeting
        self.site = start.site
        self.profile = settings(self.meeting)

    def evaluate(self, record: Record, now: datetime) -> MeetingPlan:
        """The series as it stands."""
        return convene(self.meeting, record, now)

    def plan(self, whole: MeetingPlan) -> Plan:
        """What it has in common with a patient's plan."""
        return whole.plan

    def governed(self, whole: MeetingPlan) -> SubtrialPlan | None:
        """A meeting governs nothing: its decisions are taken where they are asked for."""
        return None

    def admit(self, record: Record, report: Report, now: datetime, whole: MeetingPlan) -> Event | None:
        """See `pathway.meeting_door.admit`."""
        return admit(self.meeting, record, report, now, whole)

    def letters(
        self, sent: Correspondence, record: Record, whole: MeetingPlan, *, archived: bool
    ) -> tuple[Correspondence, tuple[Letter, ...]]:
        """A meeting writes no letters."""
        return sent, ()

    def report(self, letter: Letter, at: datetime) -> Report:
        """A meeting writes no letters."""
        raise NotImplementedError

    def day_one(self, whole: MeetingPlan) -> date | None:
        """A meeting has no study days."""
        return None

    def group(self, whole: MeetingPlan) -> str:
        """The week of the meeting that is next."""
        return whole.focus.week

    def next_due(self, whole: MeetingPlan) -> datetime | None:
        """When the next meeting is, or was to be if nobody has recorded it."""
        return whole.focus.at

    def outlived(self, whole: MeetingPlan, key: str) -> bool:
        """See `pathway.meeting_plan.MeetingPlan.retired`."""
        return whole.retired(key)

    def json(self, record: Record, whole: MeetingPlan) -> dict[str, Any]:
        """See `pathway.meeting_output.meeting_json`."""
        return meeting_json(self.meeting, whole)

    def explain(self, record: Record, now: datetime, decision: str) -> Explanation:
        """Not offered: decisions are explained where they are asked for."""
        raise UnknownName(
            f"{decision}: a meeting takes decisions of patients and subtrials; explain it there"
        )

    def shown(self, whole: MeetingPlan) -> list[str]:
        """The meetings in view, with their agendas in numbers. No reason or note that somebody typed."""
        lines = ["", "| Meeting | State | Office time | Agenda | Decisions |", "|---|---|---|---|---|"]
        for week in whole.weeks[-8:]:
            agenda = week.agenda
            lines.append(
                f"| {week.week} | {week.state} | {day_and_time(self.meeting, week.at)} | "
                f"{'' if agenda is None else f'{agenda.entries} entries'} | "
                f"{'' if agenda is None else f'{len(week.decided)} taken of {len(agenda.decisions)} due'} |"
            )
        if whole.wanted:
            lines += ["", f"**Agendas that wait for the store: {len(whole.wanted)}**"]
        return lines


def settings(meeting: Meeting) -> Profile:
    """The settings of a series, as the store keeps them with the meeting."""
    values: dict[str, str | None] = {
        "begins": meeting.begins.isoformat(),
        "weekday": WEEKDAYS[meeting.weekday - 1],
        "time": f"{meeting.hour:02d}:{meeting.minute:02d}",
        "cut_off_hours": str(meeting.cut_off_hours),
        "overdue_hours": str(meeting.overdue_hours),
        "escalation_hours": str(meeting.escalation_hours),
    }
    return Profile("meeting", values, simulation=False, hash="", parsed={})
