"""What happens to an enrolment itself, as recorded events: that it was a mistake and is annulled.

The protocols know nothing of this: no rule is asked, and no phase of theirs is left by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from pathway.changes import Change
from pathway.events import Event, Report
from pathway.plan import Plan
from pathway.refusal import Refused

ANNULLED: Final = "ANNULLED"
"""Where every track of an annulled enrolment stands. It is no withdrawal, and no end that the protocol has."""
MAY: Final = ("coordinator", "clinician", "sponsor", "operations")
"""Who may say what becomes of an enrolment."""


def check_role_and_reason(report: Report, what: str) -> None:
    """Refuses what a role may not say of an enrolment, or says without a reason. Raises Refused."""
    if report.role not in MAY:
        raise Refused("wrong_role", f"{what} is for the {', '.join(MAY)}, not for the {report.role}")
    if not report.reason.strip():
        raise Refused("reason_missing", f"{what} needs a reason")


def annulled(plan: Plan, event: Event) -> Plan:
    """The plan of an enrolment that was a mistake: nothing is to be done, decided or reminded, and it asks for no slot."""
    return replace(
        plan,
        next_at=None,
        tracks=tuple(
            replace(
                track,
                phase=ANNULLED,
                since=event.recorded,
                path=(*track.path, (ANNULLED, event.recorded, event.id)),
            )
            for track in plan.tracks
        ),
        items=(),
        decisions=tuple(each for each in plan.decisions if not each.open),
        deviations=(),
        alerts=(),
        endpoints=(),
        standings=tuple(replace(each, wants="nothing") for each in plan.standings),
    )


def as_ended(changes: Iterable[Change]) -> list[Change]:
    """The changes that an annulment brings, in its words: what was open has ended, and has not become untrue."""
    return [
        replace(each, state="ended", text=f"ended: {each.text.partition(': ')[2]}")
        if each.kind == "retraction"
        else each
        for each in changes
    ]
