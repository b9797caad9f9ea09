"""A pseudonym that is replaced: it was typed wrongly, or turns out to say who the child is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from pathway.changes import Change
from pathway.events import Event, Report
from pathway.patient.enrolment import CODE, check_role_and_reason
from pathway.refusal import Refused, check_frame

RENAMED: Final = "RENAMED"
"""The milestone by which people hear that a patient they know has another pseudonym. It names the new one only."""
WAS: Final = "was"
"""The detail of the event that names the pseudonym before."""


def check_rename(report: Report, subject: str, formerly: Sequence[str], now: datetime) -> None:
    """Refuses a new pseudonym that cannot be one, or is the patient's own, past ones included. Raises Refused."""
    check_frame(report, now)
    if report.kind != "rename":
        raise Refused("malformed", f"a {report.kind} renames nothing")
    if not CODE.fullmatch(report.name):
        raise Refused(
            "malformed",
            f"{report.name!r} is no pseudonym: at most 64 letters, digits, dots, dashes and underscores, "
            "the first a letter or digit",
        )
    if report.name == subject:
        raise Refused("not_waiting", f"{subject} is called {subject} already")
    if report.name in formerly:
        raise Refused(
            "not_waiting",
            f"{subject} was called {report.name} before; a pseudonym that was replaced is not used again",
        )
    check_role_and_reason(report, "replacing a pseudonym")


def rename_event(report: Report, subject: str, now: datetime) -> Event:
    """The event by which `subject` gets the pseudonym that a report names, accepted now (UTC)."""
    return Event(
        report.id,
        "rename",
        now,
        min((report.occurred or report.at).astimezone(UTC), now),
        report.role,
        name=report.name,
        details=((WAS, subject),),
        reason=report.reason,
        person=report.person,
    )


def same_rename(known: Event, report: Report) -> bool:
    """Whether a report says what an event says that is on record."""
    return (known.kind, known.name, known.role, known.reason) == (
        "rename",
        report.name,
        report.role,
        report.reason,
    )


def told(frame: Change) -> Change:
    """The line of the timeline by which people hear that the patient has another pseudonym. `frame`: a line of that instant."""
    return replace(
        frame,
        kind="milestone",
        id=RENAMED,
        key=f"{RENAMED}[subject={frame.subject}]",
        state="true",
        text="The pseudonym was replaced; the pathway goes on as it was",
        to=("coordinator", "clinician"),
    )
