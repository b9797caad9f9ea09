"""What starts the coordinating meeting of a trial, and what it leaves behind. Its updates are those of a pathway."""

from __future__ import annotations

from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from contracts.agenda import Gathered
from contracts.base import Clock, Code, KnownSite, Message, OptionalCode, clock_and_settings
from contracts.messages import CONTINUE_AFTER, Archived, Carried
from contracts.statement import Statement
from pathway.meeting.calendar import Meeting

CARRIED_AGENDAS = 3
"""Agendas that a run hands to the next, for whoever asks while the store is away. The store keeps all."""


class MeetingStart(Message):
    """The input of a meeting. It is validated before it is sent: an input that does not decode fails its task for ever.

    The settings are those of `pathway.meeting.calendar.Meeting`. They are fixed; the day and hour move by the
    event `rescheduled`.
    """

    trial: Code
    """Name of the protocol."""
    version: str
    """The protocol's newest version when the meeting was started, for lists: a meeting reads no protocol text itself."""
    protocol_hash: str
    site: KnownSite
    """The coordinating office: its wall clock gives the day and hour."""
    begins: AwareDatetime
    """The first meeting is the first one after this."""
    weekday: int = Field(default=4, ge=1, le=7)
    hour: int = Field(default=14, ge=0, le=23)
    minute: int = Field(default=0, ge=0, le=59)
    cut_off_hours: int = Field(default=24, ge=0, le=144)
    overdue_hours: int = Field(default=4, ge=1, le=144)
    escalation_hours: int = Field(default=24, ge=1, le=144)
    simulation: bool = False
    clock: Clock = "real"
    started_at: AwareDatetime | None = None
    """Where a stepped clock begins."""
    label: OptionalCode = ""
    """The rehearsals whose patients and subtrials it looks at: part of the workflow id."""
    continue_after: int = Field(default=CONTINUE_AFTER, ge=1)
    carried: Carried | None = None
    statement: Statement | None = None
    """Who asks, signed by the house; None where roles are claimed."""
    agendas: tuple[Gathered, ...] = ()
    """The newest agendas of the run before."""

    @model_validator(mode="after")
    def _clock_and_settings_agree(self) -> Self:
        clock_and_settings(self)
        return self

    @property
    def subject(self) -> str:
        """What lists call it."""
        return "MEETING"

    @property
    def rehearsal(self) -> bool:
        """Whether no trial is behind this meeting."""
        return self.clock == "stepped"

    @property
    def protocol(self) -> str:
        """Protocol name with version, `hem-ismart@1.0`."""
        return f"{self.trial}@{self.version}"

    @property
    def workflow_id(self) -> str:
        """The workflow id that this meeting has for good."""
        return meeting_id(self.trial, rehearsal=self.rehearsal, label=self.label)

    @property
    def profile(self) -> dict[str, str]:
        """A meeting has settings, and no assumptions of a protocol."""
        return {}

    @property
    def meeting(self) -> Meeting:
        """The definition of the series."""
        return Meeting(
            self.trial,
            self.site,
            self.begins,
            self.weekday,
            self.hour,
            self.minute,
            self.cut_off_hours,
            self.overdue_hours,
            self.escalation_hours,
        )


def meeting_id(trial: str, *, rehearsal: bool = False, label: str = "") -> str:
    """The workflow id of a trial's meeting: `meeting/hem-ismart`, or `rehearsal-meeting/hem-ismart/LABEL`."""
    return "/".join(part for part in ("rehearsal-meeting" if rehearsal else "meeting", trial, label) if part)


class AgendasView(Message):
    """The newest agendas that a meeting has kept, oldest first, as far as it still has them."""

    agendas: tuple[Gathered, ...] = ()


class MeetingEnd(Message):
    """What an archived meeting leaves behind."""

    trial: str
    events: int
    revision: int
    archived: Archived
