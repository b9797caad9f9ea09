"""`evaluate`: a patient's plan from the protocol, the profile, the site, the record and the clock.

Pure, total, ordered.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pathway.engine.confirmations import seen
from pathway.engine.context import Compiled, Evaluation
from pathway.engine.decisions import missing_list
from pathway.engine.ledgers.dose_items import dose_ledger
from pathway.engine.notices import decision_states
from pathway.engine.obligations import RANK
from pathway.events import Event, Seen, seen_digest
from pathway.language import Doses
from pathway.language.parsing import decimal_text, parse_decimal
from pathway.language.profile import Profile
from pathway.plan import (
    CriterionState,
    Item,
    LedgerState,
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
    return plan_of(context(compiled, profile, site, events, now))


def context(
    compiled: Compiled, profile: Profile, site: Site, events: Record | Iterable[Event], now: datetime
) -> Evaluation:
    """The evaluation itself, tracks walked; for explanations that look behind the plan."""
    record = events if isinstance(events, Record) else Record.of(events)
    ctx = Evaluation(compiled, profile, site, record, now)
    for track, walk in compiled.track_functions:
        ctx.tracks[track] = walk(ctx)
    return ctx


def plan_of(ctx: Evaluation) -> Plan:
    """The plan of an evaluation."""
    compiled = ctx.compiled
    decisions, notices = decision_states(ctx)
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


def decision_seen(ctx: Evaluation, key: str) -> Seen:
    """What a person sees who decides a decision or phase exit now; `key` as in the plan."""
    compiled = ctx.compiled
    if key in compiled.decisions:
        index = list(compiled.decisions).index(key)
        return seen(ctx, ctx.decision(index), compiled.decision_leaves[index])
    phase = key.removeprefix("AFTER_")
    return seen(ctx, ctx.tracks[compiled.phases[phase][0]].exits[phase], compiled.exit_leaves[phase])


def criterion_seen(ctx: Evaluation, index: int) -> Seen:
    """What a person sees who judges a criterion now."""
    return Seen(None, tuple(sorted(ctx.compiled.criterion_leaves[index].values(ctx).items())), ())


def _criteria(ctx: Evaluation) -> list[CriterionState]:
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


def _ledger(ctx: Evaluation, index: int, key: str) -> LedgerState:
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
