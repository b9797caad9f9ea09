"""`evaluate`: a patient's plan from the protocol, the profile, the site, the record and the clock.

Pure, total, ordered.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from pathway.compiled import ENGINE_NOTICES, Compiled
from pathway.decisions import Resolved, decision_state, is_decided, missing_list, seen, seen_digest
from pathway.dose_items import dose_ledger
from pathway.dosing import Doses
from pathway.events import Event, Seen
from pathway.language import ROLES
from pathway.obligations import RANK, oblige
from pathway.plan import (
    CriterionState,
    DecisionState,
    Item,
    LedgerState,
    MilestoneState,
    Obligation,
    Plan,
    TrackState,
)
from pathway.profile import Profile
from pathway.record import Record, key_of
from pathway.site import Site
from pathway.state import Context
from pathway.tracks import Walk
from pathway.values import decimal_text, parse_decimal

AMENDED_OPEN = (
    "a value was amended after a decision had used it; whether the conclusion is the same is not known yet"
)
"""Of AMENDED while the table cannot tell."""


def evaluate(
    compiled: Compiled, profile: Profile, site: Site, events: Record | Iterable[Event], now: datetime
) -> Plan:
    """The plan at `now` (aware UTC). Never raises on any sequence of accepted events; constant until `plan.next_at`."""
    return plan_of(context(compiled, profile, site, events, now))


def context(
    compiled: Compiled, profile: Profile, site: Site, events: Record | Iterable[Event], now: datetime
) -> Context:
    """The evaluation itself, tracks walked; for explanations that look behind the plan."""
    record = events if isinstance(events, Record) else Record.of(events)
    ctx = Context(compiled, profile, site, record, now)
    for track, walk in compiled.track_functions:
        ctx.tracks[track] = walk(ctx)
    return ctx


def plan_of(ctx: Context) -> Plan:
    """The plan of an evaluation."""
    compiled = ctx.compiled
    decisions, notices = _decisions(ctx)
    items: list[Item] = [item for make in compiled.item_functions for item in make(ctx)]
    milestones: list[MilestoneState] = [
        m for make in compiled.milestone_functions if (m := make(ctx)) is not None
    ]
    obligations: list[Obligation] = [
        o for make in compiled.deviation_functions if (o := make(ctx)) is not None
    ] + notices
    obligations.sort(key=lambda o: -RANK[o.severity])
    ledgers = tuple(_ledger(ctx, n, key) for n, key in enumerate(compiled.ledgers))
    criteria = tuple(_criteria(ctx))
    endpoints = tuple(make(ctx) for make in compiled.endpoint_functions)
    anchors = tuple(
        (name, p.day, p.actual) for n, name in enumerate(compiled.anchors) if (p := ctx.anchor(n)) is not None
    )
    group = ""
    if compiled.protocol.enrolled_group:
        group = ctx.decision(list(compiled.decisions).index(compiled.protocol.enrolled_group)).outcome or ""
    tracks = tuple(
        TrackState(name, walk.phase, walk.since, tuple(walk.path)) for name, walk in ctx.tracks.items()
    )
    standings = tuple(stand(ctx) for stand in compiled.standing_functions)
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
        group,
        standings,
    )


def decision_seen(ctx: Context, key: str) -> Seen:
    """What a person sees who decides a decision or phase exit now; `key` as in the plan."""
    compiled = ctx.compiled
    if key in compiled.decisions:
        index = list(compiled.decisions).index(key)
        return seen(ctx, ctx.decision(index), compiled.decision_leaves[index])
    phase = key.removeprefix("AFTER_")
    return seen(ctx, ctx.tracks[compiled.phases[phase][0]].exits[phase], compiled.exit_leaves[phase])


def criterion_seen(ctx: Context, index: int) -> Seen:
    """What a person sees who judges a criterion now."""
    return Seen(None, tuple(sorted(ctx.compiled.criterion_leaves[index].values(ctx).items())), ())


def _criteria(ctx: Context) -> list[CriterionState]:
    compiled = ctx.compiled
    found = []
    for n, (name, criterion) in enumerate(compiled.criteria.items()):
        result = ctx.criterion(n)
        judgements = ctx.record.judgements.get(name)
        digest = seen_digest(criterion_seen(ctx, n)) if result.verdict == "REVIEW" or judgements else ""
        judged = (
            bool(judgements)
            and result.verdict in ("PASS", "FAIL")
            and result.since == judgements[-1].recorded
            if judgements
            else False
        )
        found.append(
            CriterionState(
                name,
                criterion.group,
                result.verdict,
                result.since,
                judged,
                digest,
                missing_list(ctx, result.missing),
            )
        )
    return found


def _decisions(ctx: Context) -> tuple[list[DecisionState], list[Obligation]]:
    compiled = ctx.compiled
    states: list[DecisionState] = []
    notices: list[Obligation] = []
    for n, (key, decision) in enumerate(compiled.decisions.items()):
        found = ctx.decision(n)
        if (not found.asked or found.none) and found.taken is None:
            continue
        role = decision.confirm or ("clinician" if found.open or found.taken is not None else "")
        states.append(
            decision_state(ctx, decision.id, key, found, role, decision.options, compiled.decision_leaves[n])
        )
        notices += _notices(ctx, key, found, role)
    for walk in ctx.tracks.values():
        notices += _exits(ctx, walk, states)
    for n, (id_, criterion) in enumerate(compiled.criteria.items()):
        result = ctx.criterion(n)
        if result.verdict == "REVIEW":
            key = key_of("REVIEW", (("criterion", id_),))
            text = f"{id_} {ENGINE_NOTICES['REVIEW']}: {criterion.text}"
            rung = [("major", result.since or ctx.start)]
            notices.append(oblige(ctx, "REVIEW", key, "alert", text, "clinician", rung))
    return states, notices


def _exits(ctx: Context, walk: Walk, states: list[DecisionState]) -> list[Obligation]:
    notices: list[Obligation] = []
    for phase, found in walk.exits.items():
        key = f"AFTER_{phase}"
        if walk.phase != phase and found.taken is None:
            continue
        spec = ctx.compiled.phases[phase][1]
        options = tuple(dict.fromkeys(e.to for e in spec.exits))
        role = spec.confirm or ""
        if walk.phase != phase:
            found.open = False
        elif found.state == "none":
            found.state = "waiting"
        states.append(decision_state(ctx, key, key, found, role, options, ctx.compiled.exit_leaves[phase]))
        notices += _notices(ctx, key, found, role)
    for phase, at in walk.unconfirmed:
        key = key_of("STARTED-UNCONFIRMED", (("phase", phase),))
        text = f"{phase} {ENGINE_NOTICES['STARTED-UNCONFIRMED']}"
        notices.append(
            oblige(ctx, "STARTED-UNCONFIRMED", key, "deviation", text, "clinician", [("major", at)])
        )
    return notices


def _notices(ctx: Context, key: str, found: Resolved, role: str) -> list[Obligation]:
    scope = (("decision", key),)
    since = found.changed_at or found.since or ctx.start
    name = {"amended": "AMENDED", "diverged": "DIVERGED", "reopened": "REOPENED"}.get(found.state)
    out = []
    if name is not None:
        text = f"{key}: {ENGINE_NOTICES[name]}"
        if name == "AMENDED" and not is_decided(found):
            text = f"{key}: {AMENDED_OPEN}"
        kind = "deviation" if name == "DIVERGED" else "alert"
        out.append(
            oblige(
                ctx,
                name,
                key_of(name, scope),
                kind,
                text,
                role if role in ROLES else "clinician",
                [("critical", since)],
            )
        )
    if found.open:
        asked = (
            found.changed_at if found.state == "reopened" and found.changed_at is not None else found.since
        )
        due = (asked or ctx.start) + timedelta(hours=ctx.profile.integer("decision_reminder_hours"))
        if ctx.passed(due):
            out.append(
                oblige(
                    ctx,
                    "DECISION-OPEN",
                    key_of("DECISION-OPEN", scope),
                    "alert",
                    f"{key}: {ENGINE_NOTICES['DECISION-OPEN']}",
                    role or "clinician",
                    [("minor", due)],
                )
            )
    return out


def _ledger(ctx: Context, index: int, key: str) -> LedgerState:
    run, spec = ctx.ledger(index), ctx.compiled.ledgers[key]
    if isinstance(spec, Doses):
        return dose_ledger(ctx, spec, run)
    hours = parse_decimal(str(run.given.total_seconds())) / 3600
    pauses = tuple((p.start, p.end, p.rule.id if p.rule else "") for p in run.pauses)
    directives = tuple((d.rule.id, d.action, d.since) for d in run.directives if d.until is None)
    return LedgerState(
        spec.id,
        key,
        run.state,
        decimal_text(hours),
        run.as_of,
        run.dose,
        run.unit or spec.unit,
        run.start,
        run.end,
        tuple(run.steps),
        pauses,
        directives,
    )


__all__ = ["context", "criterion_seen", "decision_seen", "evaluate", "plan_of"]
