"""What a patient's pathway brings to the agenda of a meeting: where the patient is, what is to be decided, what happened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pathway.engine.context import Compiled, Evaluation
from pathway.language.profile import Profile
from pathway.meeting.agenda import Entry
from pathway.patient.evaluate import evaluation
from pathway.patient.explain import tree
from pathway.patient.explanation import Reason
from pathway.plan import DecisionState, Item, Plan, Standing, TrackState
from pathway.record import Record
from pathway.site import Site

ASKED_SLOTS: Final = ("WAITING", "RESERVED", "EXPIRED")
"""What became of a request for a slot, where the meeting must know."""
FOR: Final = ("yes", "PASS", "REVIEW", "PENDING")
"""Verdicts of a reason that a meeting wants to see."""
_CRITERION: Final = re.compile(r"criterion ([\w-]+)")
MOST: Final = 6
"""Missing values that are named; the rest is counted."""
AFTER_TREATMENT: Final = ("OFF_TREATMENT", "FOLLOW_UP")
"""Phases after treatment, beside terminal ones, by the names that protocols have for them."""
HELD: Final = ("held", "paused", "stopped")
"""States of a course or infusion that stands still."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A pathway as it is read for an agenda. `since`: what is recorded after it is new; None: everything is."""

    pathway_id: str
    subject: str
    compiled: Compiled
    profile: Profile
    site: Site
    record: Record
    since: datetime | None


def patient_entries(chart: Chart, now: datetime) -> tuple[Entry, ...]:
    """The entries of one patient at `now`, each section in the plan's order. Never raises on accepted events."""
    ctx = evaluation(chart.compiled, chart.profile, chart.site, chart.record, now)
    plan = ctx.plan
    return (
        *_whereabouts(chart, plan),
        *_decisions(chart, ctx, plan),
        *_slots(chart, plan),
        *_safety(chart, plan),
        *_verdicts(chart, plan),
        *_holds(chart, plan),
        *_overdue(chart, plan),
        *_news(chart, plan),
    )


def _entry(chart: Chart, section: str, about: str, what: str, text: str, state: str = "") -> Entry:
    return Entry(
        section,
        f"{section}|{chart.pathway_id}|{about}",
        chart.pathway_id,
        chart.subject,
        chart.site.id,
        what,
        text,
        state,
    )


def _main_track(plan: Plan) -> TrackState | None:
    return next((t for t in plan.tracks if t.id == "treatment"), plan.tracks[0] if plan.tracks else None)


def _started(chart: Chart, plan: Plan) -> bool:
    """Whether the first dose is on record: by it a potential patient becomes an enrolled one."""
    first = chart.compiled.protocol.day_one
    actual = any(name == first and known for name, _, known in plan.anchors)
    return actual or any(standing.started is not None for standing in plan.standings)


def _whereabouts(chart: Chart, plan: Plan) -> Iterator[Entry]:
    track = _main_track(plan)
    if track is None:
        return
    definition = chart.compiled.phases.get(track.phase)
    over = track.phase in AFTER_TREATMENT or (definition is not None and definition[1].terminal)
    section = "off" if over else "enrolled" if _started(chart, plan) else "potential"
    if over and not _new(chart, track.since):
        return
    begun = {t.id: chart.compiled.tracks[t.id].phases[0].id != t.phase for t in plan.tracks}
    others = [f"{t.id.replace('_', ' ')}: {t.phase}" for t in plan.tracks if t is not track and begun[t.id]]
    notes = []
    if section == "potential":
        notes = [
            f"{c.id} {c.verdict}: {chart.compiled.criteria[c.id].text}"
            for c in plan.criteria
            if c.verdict == "REVIEW" or (c.verdict == "FAIL" and c.group != "target")
        ]
        missing = list(dict.fromkeys(f"{m.what} ({m.who})" for d in plan.decisions for m in d.missing))
        if missing:
            more = f" and {len(missing) - MOST} more" if len(missing) > MOST else ""
            notes.append(f"waits for {', '.join(missing[:MOST])}{more}")
    asked = [f"{d.id} ({d.role or 'clinician'})" for d in plan.decisions if d.open and d.role != "meeting"]
    if asked:
        notes.append(f"open with others: {', '.join(asked)}")
    text = definition[1].text if definition is not None else track.phase
    if others:
        text = f"{text}; {', '.join(others)}"
    entry = _entry(chart, section, track.id, plan.group, text, track.phase)
    yield replace(entry, since=track.since, reasons=tuple(notes), once=over)


def _decisions(chart: Chart, ctx: Evaluation, plan: Plan) -> Iterator[Entry]:
    for decision in plan.decisions:
        if decision.open and decision.role == "meeting":
            yield _decision(chart, ctx, plan, decision)


def _decision(chart: Chart, ctx: Evaluation, plan: Plan, decision: DecisionState) -> Entry:
    told = tree(ctx, decision.key)
    assert told is not None
    reasons = [f"rule: {told.rule}"] if told.rule else []
    reasons += _suggested(chart, plan, decision)
    reasons += _grounds(chart, plan, told.reasons)
    reasons += [f"waits for {m.what} from the {m.who}" for m in decision.missing]
    reasons += [f"assumption: {a['key']} = {a['value']}" for a in told.assumptions]
    return replace(
        _entry(chart, "decisions", decision.key, decision.id, told.text, decision.state),
        since=decision.since,
        owner=decision.role,
        proposal=decision.proposal or "",
        options=decision.options,
        decision=decision.key,
        reasons=tuple(reasons),
    )


def _suggested(chart: Chart, plan: Plan, decision: DecisionState) -> Iterator[str]:
    """What the protocol suggests where it proposes nothing: a computed decision named after this one, `..._suggestion`."""
    stem = decision.id.lower().removesuffix("_decision")
    for other in plan.decisions:
        if other.id.lower() == f"{stem}_suggestion" and other.in_force:
            yield f"suggested: {other.in_force} ({chart.compiled.decisions[other.key].text})"


def _grounds(chart: Chart, plan: Plan, reasons: list[Reason]) -> Iterator[str]:
    """What speaks for an option: criteria that are met, in their own words, and values. What does not apply is left out.

    The whole table with every cell is what `explain` is for.
    """
    met = {each.id: each for each in plan.criteria if each.verdict in ("PASS", "REVIEW")}
    lines: dict[str, None] = {}
    for reason in reasons:
        if reason.verdict not in FOR or reason.text.startswith("not ("):
            continue
        named = [met[name] for name in _CRITERION.findall(reason.text) if name in met]
        for criterion in named:
            text = chart.compiled.criteria[criterion.id].text
            lines[f"{criterion.id} {criterion.verdict}: {text}"] = None
        if not named:
            lines[f"{reason.text}: {reason.verdict}"] = None
        for value in reason.value.split("; ") if reason.value else ():
            if not value.endswith(" is missing"):
                lines[value] = None
    yield from lines


def _slots(chart: Chart, plan: Plan) -> Iterator[Entry]:
    for standing in plan.standings:
        if standing.slot in ASKED_SLOTS and standing.started is None:
            yield replace(
                _entry(
                    chart, "subtrials", standing.subtrial, standing.subtrial, standing.reason, standing.slot
                ),
                due=_local(chart, datetime.fromisoformat(standing.until)) if standing.until else "",
                owner="coordinator",
                reasons=(f"level {standing.level}",) if standing.level else (),
            )


def _safety(chart: Chart, plan: Plan) -> Iterator[Entry]:
    for name in chart.record.adverse:
        for event in chart.record.adverse[name]:
            if _new(chart, event.recorded):
                kind = chart.compiled.adverse_events.get(name)
                scale = event.detail("scale")
                entry = _entry(
                    chart,
                    "safety",
                    event.id,
                    name,
                    event.detail("text") or (kind.text if kind is not None else name),
                    "resolved" if event.value == "0" else f"grade {event.value}",
                )
                yield replace(entry, since=event.occurred, reasons=(scale,) if scale else (), once=True)
    for item in plan.items:
        if _speaks_of("SAE", item.id) and item.state in ("planned", "due", "late", "blocked"):
            entry = _entry(chart, "safety", item.key, item.id, item.text, item.state)
            yield replace(entry, since=item.since, owner=item.owner, due=_due(chart, item))
    for alert in plan.alerts:
        if alert.state == "raised" and alert.severity in ("major", "critical"):
            entry = _entry(chart, "safety", alert.key, alert.id, alert.text, alert.severity)
            yield replace(entry, since=alert.since, owner=alert.to)


def _local(chart: Chart, instant: datetime | None) -> str:
    """An instant as the site's clock shows it, with its zone: `2025-11-23 14:00 CET`."""
    return "" if instant is None else f"{instant.astimezone(chart.site.tz):%Y-%m-%d %H:%M %Z}"


def _due(chart: Chart, item: Item) -> str:
    """The due day; the instant, where hours are counted."""
    return _local(chart, item.due_at) or (item.due.isoformat() if item.due is not None else "")


def _speaks_of(word: str, id: str) -> bool:
    return word in id.replace("_", "-").split("-")


def _verdicts(chart: Chart, plan: Plan) -> Iterator[Entry]:
    """DLT and response of every subtrial that the patient has been treated in: open, or new."""
    standings = {standing.subtrial: standing for standing in plan.standings}
    for enrolment in chart.compiled.protocol.enrolments:
        standing = standings.get(enrolment.subtrial)
        if standing is None or standing.started is None:
            continue
        for section, decision, verdict in (
            ("toxicity", enrolment.dlt, standing.dlt),
            ("response", enrolment.response, standing.response),
        ):
            if decision:
                yield from _verdict(chart, plan, standing, section, decision, verdict)


def _verdict(
    chart: Chart, plan: Plan, standing: Standing, section: str, decision: str, verdict: str
) -> Iterator[Entry]:
    found = next((d for d in plan.decisions if decision in (d.key, d.id)), None)
    if verdict and found is not None and not _new(chart, found.since):
        return
    if section == "response" and not verdict and not (found is not None and found.open):
        return  # not asked for yet
    known = chart.compiled.decisions.get(found.key if found is not None else decision)
    text = known.text if known is not None else decision
    entry = _entry(chart, section, standing.subtrial, decision, text, verdict or "OPEN")
    missing = tuple(
        f"waits for {m.what} from the {m.who}" for m in (found.missing if found is not None else ())
    )
    yield replace(
        entry,
        since=found.since if found is not None else None,
        owner=(found.role or "clinician") if found is not None and found.open else "",
        proposal=(found.proposal or "") if found is not None and found.open else "",
        once=bool(verdict),
        reasons=(
            f"subtrial {standing.subtrial}" + (f", level {standing.level}" if standing.level else "")
            + f", first dose {standing.started}",
            *missing,
        ),
    )  # fmt: skip


def _holds(chart: Chart, plan: Plan) -> Iterator[Entry]:
    for ledger in plan.ledgers:
        if ledger.state in HELD or any(dose.state in ("held", "omit") for dose in ledger.doses):
            text = ledger.text or f"{ledger.id} stands still"
            since = ledger.pauses[-1][0] if ledger.pauses else None
            yield replace(_entry(chart, "holds", ledger.key, ledger.id, text, ledger.state), since=since)


def _overdue(chart: Chart, plan: Plan) -> Iterator[Entry]:
    for item in plan.items:
        if item.state == "late" and not _speaks_of("SAE", item.id):
            entry = _entry(chart, "overdue", item.key, item.id, item.text, "late")
            yield replace(entry, since=item.since, owner=item.owner, due=_due(chart, item))
    for deviation in plan.deviations:
        if deviation.state == "raised":
            entry = _entry(chart, "overdue", deviation.key, deviation.id, deviation.text, deviation.severity)
            yield replace(entry, since=deviation.since, owner=deviation.to)


def _news(chart: Chart, plan: Plan) -> Iterator[Entry]:
    for milestone in plan.milestones:
        if _new(chart, milestone.since):
            entry = _entry(chart, "news", milestone.key, milestone.id, milestone.text)
            yield replace(entry, since=milestone.since, once=True)
    for endpoint in plan.endpoints:
        if endpoint.event is not None:
            name, day = endpoint.event
            if chart.since is None or day >= chart.since.astimezone(chart.site.tz).date():
                name = f"competing event {name}" if endpoint.competing else name
                entry = _entry(chart, "news", f"endpoint {endpoint.id}", endpoint.id, name, "endpoint")
                yield replace(entry, due=day.isoformat(), once=True)


def _new(chart: Chart, instant: datetime | None) -> bool:
    return chart.since is None or (instant is not None and instant > chart.since)
