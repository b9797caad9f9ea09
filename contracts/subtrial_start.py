"""What starts the governor of a subtrial, and what it leaves behind. Its updates and queries are those of a pathway."""

from __future__ import annotations

from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from contracts.base import Clock, Code, KnownSite, Message, OptionalCode, clock_and_settings
from contracts.messages import CONTINUE_AFTER, Archived, Carried
from contracts.statement import Statement


class SubtrialStart(Message):
    """The input of a governor. It is validated before it is sent: an input that does not decode fails its task for ever."""

    subtrial: Code
    """Id of the subtrial in the protocol."""
    trial: Code
    """Name of the protocol."""
    version: str
    protocol_hash: str
    """Content hash of the protocol version: the governor stalls visibly rather than go on under another text."""
    profile: dict[str, str] = Field(default_factory=dict)
    """Values of the profile that differ from the protocol's own, as text."""
    simulation: bool = False
    site: KnownSite
    """The coordinating office: its zone gives the local days of the trial."""
    clock: Clock = "real"
    started_at: AwareDatetime | None = None
    """Where a stepped clock begins."""
    label: OptionalCode = ""
    """Tells rehearsals of the same scenario apart: part of the workflow id."""
    continue_after: int = Field(default=CONTINUE_AFTER, ge=1)
    carried: Carried | None = None
    statement: Statement | None = None
    """Who asks, signed by the house; None where roles are claimed."""

    @model_validator(mode="after")
    def _clock_and_settings_agree(self) -> Self:
        clock_and_settings(self)
        return self

    @property
    def subject(self) -> str:
        """What the governor speaks of: the subtrial's id."""
        return self.subtrial

    @property
    def rehearsal(self) -> bool:
        """Whether no trial is behind this governor."""
        return self.clock == "stepped"

    @property
    def protocol(self) -> str:
        """Protocol name with version, `hem-ismart@1.0`."""
        return f"{self.trial}@{self.version}"

    @property
    def workflow_id(self) -> str:
        """The workflow id that this governor has for good."""
        return subtrial_id(self.trial, self.subtrial, rehearsal=self.rehearsal, label=self.label)


def subtrial_id(trial: str, subtrial: str, *, rehearsal: bool = False, label: str = "") -> str:
    """The workflow id of a governor: `subtrial/hem-ismart/D`, or `rehearsal-subtrial/hem-ismart/LABEL/D`."""
    return "/".join(
        part for part in ("rehearsal-subtrial" if rehearsal else "subtrial", trial, label, subtrial) if part
    )


class SubtrialEnd(Message):
    """What an archived governor leaves behind."""

    subtrial: str
    events: int
    revision: int
    archived: Archived
