"""`evaluate`: a patient's plan from the protocol, the profile, the site, the record and the clock.

Pure, total, ordered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pathway.engine.confirmations import seen
from pathway.engine.context import Compiled, Evaluation, continues
from pathway.engine.criteria import judged_values
from pathway.engine.obligations import RANK
from pathway.events import Event, Seen
from pathway.language.profile import Profile
from pathway.patient.enrolment import annulled
from pathway.plan import (
    DecisionState,
    Item,
    MilestoneState,
    Obligation,
    Plan,
    TrackState,
)
from pathway.record import Record
from pathway.site import Site


def evaluate(
    compiled: Compiled, profile: Profile, site: Site, events: Record | Iterable[Event], now: datetime
) -> Plan:
    """The plan at `now` (aware UTC). Never raises on any sequence of accepted events; constant until `plan.next_at`."""
    return evaluation(compiled, profile, site, events, now).plan


def evaluation(
    compiled: Compiled, profile: Profile, site: Site, events: Record | Iterable[Event], now: datetime
) -> Evaluation:
    """The evaluation at `now` with its plan: what the door, the JSON and explanations go by."""
    ctx = context(compiled, profile, site, events, now)
    before, ctx.before = ctx.before, None
    if before is not None and _still_so(before, ctx):
        ctx.plan = replace(before.plan, at=ctx.now)
        return ctx
    ctx.before = before
    for since, _ in ctx.site.zones:
        ctx.passed(since)  # a move that is to come changes where the patient is
    ctx.plan = _plan(ctx)
    ctx.before = None  # it is as large as this one
    if ctx.record.annulments:
        ctx.plan = annulled(ctx.plan, ctx.record.annulments[0])
    return ctx


def _still_so(before: Evaluation, now: Evaluation) -> bool:
    """Whether there was no event since, and the next moment that the plan before names has not come: then it is the same."""
    plan = getattr(before, "plan", None)
    if plan is None or before.count != now.count or now.record.annulments or not continues(before, now):
        return False
    return plan.next_at is None or now.now < plan.next_at


def context(
    compiled: Compiled, profile: Profile, site: Site, events: Record | Iterable[Event], now: datetime
) -> Evaluation:
    """An evaluation whose tracks are walked, and that has no plan: for whoever asks for single things."""
    record = events if isinstance(events, Record) else Record.of(events)
    if record.annulments:
        now = min(
            now, record.annulments[0].recorded
        )  # from then on time changes nothing, and nothing is told
    ctx = Evaluation(compiled, profile, site, record, now, record.evaluated)
    if record.evaluated is not None:
        record.evaluated.before = None
    ctx.before, record.evaluated = record.evaluated, ctx
    record.stale.clear()
    for index, track in enumerate(compiled.tracks):
        ctx.tracks[track] = ctx.track(index)
    return ctx


def _plan(ctx: Evaluation) -> Plan:
    compiled, section, sections = ctx.compiled, ctx.section, ctx.compiled.sections
    decisions: list[DecisionState] = []
    notices: list[Obligation] = []
    for name in ("decisions", "exits"):
        for states, told in section(sections[name]):
            decisions += states
            notices += told
    notices += [o for o in section(sections["reviews"]) if o is not None]
    notices += [o for found in section(sections["doubts"]) for o in found]
    notices += [o for found in section(sections["revived"]) for o in found]
    criteria = tuple(section(sections["criteria"]))
    items: list[Item] = [item for found in section(sections["items"]) for item in found]
    milestones: list[MilestoneState] = [m for m in section(sections["milestones"]) if m is not None]
    obligations: list[Obligation] = [o for o in section(sections["deviations"]) if o is not None]
    for found in section(sections["endings"]):
        obligations += found
    obligations += notices
    obligations.sort(key=lambda o: -RANK[o.severity])
    ledgers = tuple(section(sections["ledgers"]))
    endpoints = tuple(section(sections["endpoints"]))
    standings = tuple(section(sections["standings"]))
    anchors = tuple(
        [
            (name, p.day, p.reported)
            for n, name in enumerate(compiled.anchors)
            if (p := ctx.anchor(n)) is not None
        ]
    )
    group = compiled.enrolled_group
    tracks = tuple(
        TrackState(name, walk.phase, walk.since, tuple(walk.path)) for name, walk in ctx.tracks.items()
    )
    for obligation in obligations:
        if obligation.next_rung is not None:
            ctx.passed(obligation.next_rung)
    return Plan(
        ctx.now,
        ctx.next_at,
        tracks,
        criteria,
        tuple(decisions),
        tuple(items),
        ledgers,
        tuple(milestones),
        tuple(o for o in obligations if o.kind == "deviation"),
        tuple(o for o in obligations if o.kind == "alert"),
        endpoints,
        anchors,
        (ctx.decision(group).outcome or "") if group is not None else "",
        standings,
    )


def decision_seen(ctx: Evaluation, key: str) -> Seen:
    """What a person sees who decides a decision or phase exit now; `key` as in the plan."""
    compiled = ctx.compiled
    index = compiled.decision_index.get(key)
    if index is not None:
        return seen(ctx, ctx.decision(index), compiled.decision_leaves[index])
    phase = key.removeprefix("AFTER_")
    return seen(ctx, ctx.tracks[compiled.phases[phase][0]].exits[phase], compiled.exit_leaves[phase])


def criterion_seen(ctx: Evaluation, index: int) -> Seen:
    """What a person sees who judges a criterion now."""
    return judged_values(ctx, ctx.compiled.criterion_leaves[index])


__all__ = ["context", "criterion_seen", "decision_seen", "evaluate", "evaluation"]
