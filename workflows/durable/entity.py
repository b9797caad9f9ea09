"""The seam between the durable shell and what it holds: a patient, the governor of a subtrial, or a meeting.

The shell keeps events and the clock, publishes and delivers. What the events mean is the subject's: pure functions of
the record and the clock. `evaluation` is all that a subject knows at one instant, the plan being part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, Protocol, TypeVar

from pathway.events import Event, Report
from pathway.language.profile import Profile
from pathway.patient.explanation import Explanation
from pathway.patient.sitting import Admitted
from pathway.plan import Plan
from pathway.record import Record
from pathway.site import Site
from pathway.subtrial.messages import Channels, PeerMessage
from pathway.subtrial.plan import SubtrialPlan

W = TypeVar("W")


class Entity(Protocol[W]):
    """What a shell holds. Every function is pure and total, but where it says what it raises."""

    @property
    def kind(self) -> Literal["patient", "subtrial", "meeting"]:
        """What it is."""

    @property
    def site(self) -> Site:
        """Where its local days are counted."""

    @property
    def profile(self) -> Profile:
        """The profile that it is pinned to."""

    @property
    def has_peer_messages(self) -> bool:
        """Whether it may ever write to others: a fact of the pinned protocol, never of the plan."""

    def evaluate(self, record: Record, now: datetime) -> W:
        """All that is true now."""

    def plan(self, evaluation: W) -> Plan:
        """The plan in it."""

    def governed(self, evaluation: W) -> SubtrialPlan | None:
        """The whole plan of a subtrial; None of a patient."""

    def admit(
        self, record: Record, report: Report, now: datetime, evaluation: W, *, again: bool
    ) -> Event | None:
        """The event that a report becomes; None if it is on record already, or, but for `again`, another event says the same.

        Raises `pathway.refusal.Refused`.
        """

    def admit_all(self, record: Record, reports: Sequence[Report], now: datetime) -> Admitted:
        """What many reports would become, one after the other. Only a patient takes many at once."""

    def known_as(self, record: Record, report: Report, now: datetime, evaluation: W) -> str:
        """The id under which what a report says is on record; its own where nothing else says it. Raises `Refused`."""

    def messages(
        self, sent: Channels, record: Record, evaluation: W, *, archived: bool
    ) -> tuple[Channels, tuple[PeerMessage, ...]]:
        """The messages that are due, given what has been written."""

    def report(self, message: PeerMessage, at: datetime) -> Report:
        """A message as its receiver is to record it."""

    def day_one(self, evaluation: W) -> date | None:
        """The day from which study days are counted."""

    def group(self, evaluation: W) -> str:
        """The patient's group or arm, the subtrial's dose level or stage: what lists show."""

    def next_due(self, evaluation: W) -> datetime | None:
        """The instant at which something is due next: what lists sort by."""

    def outlived(self, evaluation: W, key: str) -> bool:
        """Whether what was told under a key is over and done with: it leaves the plan without a word about it."""

    def json(self, record: Record, evaluation: W) -> dict[str, Any]:
        """The plan in the format of scenario output."""

    def explain(self, evaluation: W, decision: str) -> Explanation:
        """Why a decision is as it is. Raises `UnknownName`."""

    def shown(self, evaluation: W) -> list[str]:
        """What only this kind of subject shows in the Temporal UI, as lines of Markdown: no clinical value."""
