"""A coordinating meeting, as the durable shell holds it: the pure functions of `pathway.meeting.plan`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, Literal

from contracts.meeting_start import MeetingStart
from pathway.errors import UnknownName
from pathway.events import Event, Report
from pathway.language.profile import Profile
from pathway.meeting.admission import admit
from pathway.meeting.calendar import WEEKDAYS, Meeting
from pathway.meeting.output import meeting_json
from pathway.meeting.plan import MeetingPlan, convene, day_and_time
from pathway.patient.explanation import Explanation
from pathway.patient.sitting import Admitted
from pathway.plan import Plan
from pathway.record import Record
from pathway.subtrial.messages import Channels, PeerMessage
from pathway.subtrial.plan import SubtrialPlan


class Convened:
    """The pure functions of a meeting, bound to its settings and office."""

    kind: Final[Literal["meeting"]] = "meeting"
    has_peer_messages: Final = False

    def __init__(self, start: MeetingStart) -> None:
        """Bind them."""
        self.meeting = start.meeting
        self.site = start.site
        self.profile = settings(self.meeting)

    def evaluate(self, record: Record, now: datetime) -> MeetingPlan:
        """The series as it stands."""
        return convene(self.meeting, record, now)

    def plan(self, evaluation: MeetingPlan) -> Plan:
        """What it has in common with a patient's plan."""
        return evaluation.plan

    def governed(self, evaluation: MeetingPlan) -> SubtrialPlan | None:
        """A meeting governs nothing: its decisions are taken where they are asked for."""
        return None

    def admit(
        self, record: Record, report: Report, now: datetime, evaluation: MeetingPlan, *, again: bool
    ) -> Event | None:
        """See `pathway.meeting.admission.admit`."""
        return admit(self.meeting, record, report, now, evaluation)

    def admit_all(self, record: Record, reports: Sequence[Report], now: datetime) -> Admitted:
        """Nobody enters many things at once here."""
        raise NotImplementedError

    def known_as(self, record: Record, report: Report, now: datetime, evaluation: MeetingPlan) -> str:
        """Every report of a meeting stands for itself."""
        return report.id

    def messages(
        self, sent: Channels, record: Record, evaluation: MeetingPlan, *, archived: bool
    ) -> tuple[Channels, tuple[PeerMessage, ...]]:
        """A meeting writes no messages."""
        return sent, ()

    def report(self, message: PeerMessage, at: datetime) -> Report:
        """A meeting writes no messages."""
        raise NotImplementedError

    def day_one(self, evaluation: MeetingPlan) -> date | None:
        """A meeting has no study days."""
        return None

    def group(self, evaluation: MeetingPlan) -> str:
        """The week of the meeting that is next."""
        return evaluation.focus.week

    def next_due(self, evaluation: MeetingPlan) -> datetime | None:
        """When the next meeting is, or was to be if nobody has recorded it."""
        return evaluation.focus.at

    def outlived(self, evaluation: MeetingPlan, key: str) -> bool:
        """See `pathway.meeting.plan.MeetingPlan.retired`."""
        return evaluation.retired(key)

    def json(self, record: Record, evaluation: MeetingPlan) -> dict[str, Any]:
        """See `pathway.meeting.output.meeting_json`."""
        return meeting_json(self.meeting, evaluation)

    def explain(self, evaluation: MeetingPlan, decision: str) -> Explanation:
        """Not offered: decisions are explained where they are asked for."""
        raise UnknownName(
            f"{decision}: a meeting takes decisions of patients and subtrials; explain it there"
        )

    def shown(self, evaluation: MeetingPlan) -> list[str]:
        """The meetings in view, with their agendas in numbers. No reason or note that somebody typed."""
        lines = ["", "| Meeting | State | Office time | Agenda | Decisions |", "|---|---|---|---|---|"]
        for week in evaluation.weeks[-8:]:
            agenda = week.agenda
            lines.append(
                f"| {week.week} | {week.state} | {day_and_time(self.meeting, week.at)} | "
                f"{'' if agenda is None else f'{agenda.entries} entries'} | "
                f"{'' if agenda is None else f'{len(week.decided)} taken of {len(agenda.decisions)} due'} |"
            )
        if evaluation.wanted:
            lines += ["", f"**Agendas that wait for the store: {len(evaluation.wanted)}**"]
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
