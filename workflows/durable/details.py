"""What the Temporal UI shows of a pathway: Markdown and search attributes. No clinical value, nothing of
a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

import workflows.durable.activity_options as calls
from contracts import search_attributes as attributes
from contracts.base import utc
from contracts.meeting_start import MeetingStart
from contracts.messages import PathwayStart
from contracts.subtrial_start import SubtrialStart
from pathway.patient.renaming import RENAMED
from pathway.plan import Plan
from workflows.durable.pinned import Start
from workflows.durable.summaries import late_items, open_obligations, phases

if TYPE_CHECKING:
    from workflows.durable.state import State


_SHOWN: Final = 12
"""Lines of a list that are shown; the rest is counted."""
_REHEARSAL: Final = "Rehearsal: no patient is behind this pathway."


def fixed(start: Start) -> TypedSearchAttributes:
    """The search attributes that stay the same."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(attributes.TRIAL, start.protocol),
            SearchAttributePair(attributes.SITE, start.site.id),
            SearchAttributePair(attributes.SUBJECT, start.subject),
            SearchAttributePair(attributes.KIND, _kind(start)),
            SearchAttributePair(attributes.REHEARSAL, start.rehearsal),
        ]
    )


def _kind(start: Start) -> str:
    match start:
        case PathwayStart():
            return "patient"
        case SubtrialStart():
            return "subtrial"
        case MeetingStart():
            return "meeting"


def searchable(state: State[Any]) -> dict[SearchAttributeKey[Any], Any]:
    """The search attributes that can change; None is for one that does not apply now."""
    plan = state.plan
    if state.kept.renamed is not None:
        return {
            attributes.PHASE: RENAMED,
            attributes.GROUP: None,
            attributes.OPEN: 0,
            attributes.LATE: 0,
            attributes.NEXT_DUE: None,
        }
    moved = {attributes.SITE: state.site.id} if state.site.zones else {}
    return {
        **moved,
        attributes.PHASE: _main_phase(plan) or None,
        attributes.GROUP: state.group or None,
        attributes.OPEN: len(open_obligations(plan)),
        attributes.LATE: len(late_items(plan)),
        attributes.NEXT_DUE: state.subject.next_due(state.evaluation),
    }


def summary(start: Start) -> str:
    """The one line of a pathway or governor in lists."""
    prefix = "Rehearsal: " if start.rehearsal else ""
    if isinstance(start, SubtrialStart):
        return f"{prefix}subtrial {start.subtrial} of {start.protocol}"
    if isinstance(start, MeetingStart):
        return f"{prefix}coordinating meeting of {start.trial}"
    return f"{prefix}{start.subject} in {start.protocol} at {start.site.id}"


def description(start: Start) -> str:
    """What stays the same about a pathway or governor, as Markdown."""
    match start:
        case SubtrialStart():
            what = f"Governor of subtrial **{start.subtrial}** of **{start.protocol}**, office **{start.site.id}**"
        case MeetingStart():
            what = f"Weekly coordinating meeting of **{start.trial}**, office **{start.site.id}**"
        case _:
            what = f"Pathway of **{start.subject}** in **{start.protocol}** at site **{start.site.id}**"
    lines = [f"{what} ({start.site.zone}).", "", f"Protocol text `{start.protocol_hash[:12]}`."]
    if start.rehearsal:
        lines += ["", f"**{_REHEARSAL}** Its clock moves by `step_to` only."]
    return "\n".join(lines)


def current(state: State[Any], *, store_away: bool) -> str:
    """Where a pathway or governor stands now, as Markdown."""
    plan, peer_outbox = state.plan, state.peer_outbox
    lines = [f"**{_REHEARSAL}**", ""] if state.start.rehearsal else []
    if state.kept.renamed is not None:
        return f"**Renamed to `{state.kept.renamed.to}`, where it goes on: nothing more is recorded here.**"
    if state.kept.archived is not None:
        lines += ["**Archived: nothing more is recorded.**", ""]
    lines += ["| Track | Phase | Since |", "|---|---|---|"]
    lines += [
        f"| {each.id} | {each.phase} | {utc(each.since) if each.since else 'not set'} |"
        for each in plan.tracks
    ]
    label = "Level or stage" if isinstance(state.start, SubtrialStart) else "Group"
    lines += ["", f"{label}: **{state.group or 'none yet'}**"]
    lines += state.subject.shown(state.evaluation)
    lines += _listed(
        "Open obligations",
        [
            f"`{each.key}` {each.severity}, since {utc(each.since)}, notified: {', '.join(each.notified) or 'nobody yet'}"
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
    if len(state.record.events) >= calls.MAX_EVENTS * 8 // 10:
        lines += [
            "",
            f"**The record holds {len(state.record.events)} of at most {calls.MAX_EVENTS} events.**",
        ]
    if store_away:
        lines += [
            "",
            f"**The store does not answer: {state.unrecorded} accepted events are not yet recorded there.**",
        ]
    if peer_outbox.away:
        lines += _listed(
            "No answer, messages are sent again", [f"`{receiver}`" for receiver in peer_outbox.away]
        )
    if peer_outbox.faults:
        lines += _listed(
            "Messages refused", [f"`{each.receiver}` {each.code}" for each in peer_outbox.faults]
        )
    return "\n".join(lines)


def _listed(title: str, entries: list[str]) -> list[str]:
    if not entries:
        return ["", f"{title}: none"]
    more = [f"- and {len(entries) - _SHOWN} more"] if len(entries) > _SHOWN else []
    return ["", f"{title}: **{len(entries)}**", "", *(f"- {entry}" for entry in entries[:_SHOWN]), *more]


def _main_phase(plan: Plan) -> str:
    """The phase of the track named `treatment`, else of the first."""
    known = phases(plan)
    return known.get("treatment") or next(iter(known.values()), "")
