"""What the Temporal UI shows of a pathway: Markdown and search attributes. No clinical value, nothing of
a person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from pathway.clock import at_hour
from pathway.plan import Item, Obligation, Plan
from pathway.profile import Profile
from pathway.site import Site
from workflows import attributes
from workflows.messages import PathwayStart, utc

_SHOWN: Final = 12
"""Lines of a list that are shown; the rest is counted."""


def open_obligations(plan: Plan) -> list[Obligation]:
    """Deviations and alerts that nobody has acknowledged yet."""
    return [each for each in (*plan.deviations, *plan.alerts) if each.state == "raised"]


def late_items(plan: Plan) -> list[Item]:
    """Items that are late."""
    return [each for each in plan.items if each.state == "late"]


def next_due(plan: Plan, profile: Profile, site: Site) -> datetime | None:
    """The instant from which the earliest open item with a date is due, at the hour of day-level warnings."""
    days = [
        each.due for each in plan.items if each.due is not None and each.state in ("planned", "due", "late")
    ]
    return at_hour(min(days), profile.integer("warn_hour"), site.tz) if days else None


def phases(plan: Plan) -> dict[str, str]:
    """The phase of every track."""
    return {each.id: each.phase for each in plan.tracks}


def fixed(start: PathwayStart) -> TypedSearchAttributes:
    """The search attributes that stay the same."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(attributes.TRIAL, start.protocol),
            SearchAttributePair(attributes.SITE, start.site.id),
            SearchAttributePair(attributes.SUBJECT, start.subject),
            SearchAttributePair(attributes.KIND, "patient"),
            SearchAttributePair(attributes.REHEARSAL, start.rehearsal),
        ]
    )


def searchable(plan: Plan, profile: Profile, site: Site) -> dict[SearchAttributeKey[Any], Any]:
    """The search attributes that can change; None is for one that does not apply now."""
    return {
        attributes.PHASE: _treatment_phase(plan) or None,
        attributes.GROUP: plan.group or None,
        attributes.OPEN: len(open_obligations(plan)),
        attributes.LATE: len(late_items(plan)),
        attributes.NEXT_DUE: next_due(plan, profile, site),
    }


def summary(start: PathwayStart) -> str:
    """The one line of a pathway in lists."""
    return f"{'Rehearsal: ' if start.rehearsal else ''}{start.subject} in {start.protocol} at {start.site.id}"


def description(start: PathwayStart) -> str:
    """What stays the same about a pathway, as Markdown."""
    lines = [
        f"Pathway of **{start.subject}** in **{start.protocol}** at site **{start.site.id}** ({start.site.zone}).",
        "",
        f"Protocol text `{start.protocol_hash[:12]}`.",
    ]
    if start.rehearsal:
        lines += ["", "**Rehearsal: no patient is behind this pathway.** Its clock moves by `step_to` only."]
    return "\n".join(lines)


def current(start: PathwayStart, plan: Plan, *, unrecorded: int, store_away: bool, archived: bool) -> str:
    """Where a pathway stands now, as Markdown."""
    lines = ["**Rehearsal: no patient is behind this pathway.**", ""] if start.rehearsal else []
    if archived:
        lines += ["**Archived: nothing more is recorded.**", ""]
    lines += ["| Track | Phase | Since |", "|---|---|---|"]
    lines += [
        f"| {each.id} | {each.phase} | {utc(each.since) if each.since else 'not set'} |"
        for each in plan.tracks
    ]
    lines += ["", f"Group: **{plan.group or 'none yet'}**"]
    lines += _listed(
        "Open obligations",
        [
            f"`{each.key}` {each.severity}, since {utc(each.since)}, told: {', '.join(each.told) or 'nobody yet'}"
            for each in open_obligations(plan)
        ],
    )
    lines += _listed(
        "Open decisions",
        [f"`{each.key}` ({each.role or 'clinician'})" for each in plan.decisions if each.open],
    )
    lines += _listed(
        "Late", [f"`{each.key}` due {each.due or 'now'} ({each.owner})" for each in late_items(plan)]
    )
    lines += [
        "",
        f"Next moment: {utc(plan.next_at) if plan.next_at else 'none, only an event changes anything'}",
    ]
    if store_away:
        lines += [
            "",
            f"**The store does not answer: {unrecorded} accepted events are not yet recorded there.**",
        ]
    return "\n".join(lines)


def _listed(title: str, entries: list[str]) -> list[str]:
    if not entries:
        return ["", f"{title}: none"]
    more = [f"- and {len(entries) - _SHOWN} more"] if len(entries) > _SHOWN else []
    return ["", f"{title}: **{len(entries)}**", "", *(f"- {entry}" for entry in entries[:_SHOWN]), *more]


def _treatment_phase(plan: Plan) -> str:
    """The phase of the track named `treatment`, else of the first."""
    known = phases(plan)
    return known.get("treatment") or next(iter(known.values()), "")
