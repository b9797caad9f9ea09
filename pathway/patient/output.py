"""Plans as the JSON that scenarios, other programs and acceptance tests read (format 1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pathway.engine.context import Compiled, Evaluation
from pathway.events import Event, seen_digest
from pathway.language.profile import Profile
from pathway.language.words import assumption_data, params_of, source_data
from pathway.patient.evaluate import context, decision_seen, plan_of
from pathway.patient.explain import explain_within, predicate_reasons
from pathway.plan import DecisionState, EndpointState, LedgerState, Plan
from pathway.plan_json import _day, instant_text, item_json, obligation_json
from pathway.record import Record
from pathway.site import Site


def plan_json(
    compiled: Compiled, profile: Profile, site: Site, events: Record | Iterable[Event], plan: Plan
) -> dict[str, Any]:
    """A plan with its reasons, as plain data. `plan` must be the plan of `events` at `plan.at`."""
    record = events if isinstance(events, Record) else Record.of(events)
    ctx = context(compiled, profile, site, record, plan.at)
    criteria = []
    for state in plan.criteria:
        definition = compiled.criteria[state.id]
        criteria.append(
            {
                "id": state.id,
                "verdict": state.verdict,
                "group": state.group,
                "text": definition.text,
                "since": instant_text(state.since),
                "judged": state.judged,
                "digest": state.digest,
                "reasons": [_reason(r) for r in predicate_reasons(ctx, definition.holds)],
                "missing": [{"what": m.what, "who": m.who} for m in state.missing],
                "source": source_data(compiled.protocol, definition.source),
                "assumptions": assumption_data(compiled.protocol, profile, params_of(definition.holds)),
            }
        )
    data: dict[str, Any] = {
        "at": instant_text(plan.at),
        "next_at": instant_text(plan.next_at),
        "group": plan.group,
        "tracks": [
            {
                "id": t.id,
                "phase": t.phase,
                "since": instant_text(t.since),
                "path": [[p, instant_text(a), how] for p, a, how in t.path],
            }
            for t in plan.tracks
        ],
        "criteria": criteria,
        "decisions": [_decision(ctx, plan, d) for d in plan.decisions],
        "items": [item_json(i) for i in plan.items],
        "ledgers": [_ledger(x) for x in plan.ledgers],
        "milestones": [
            {"id": m.id, "key": m.key, "text": m.text, "to": m.to, "since": instant_text(m.since)}
            for m in plan.milestones
        ],
        "deviations": [obligation_json(o) for o in plan.deviations],
        "alerts": [obligation_json(o) for o in plan.alerts],
        "endpoints": [
            {
                "id": e.id,
                "start": _day(e.start) or None,
                "event": _ended(e),
                "censored": _day(e.censored) or None,
                "days": e.days,
            }
            for e in plan.endpoints
        ],
        "anchors": [{"id": name, "day": _day(day), "actual": actual} for name, day, actual in plan.anchors],
    }
    if compiled.protocol.enrolments:
        data["standings"] = [{**asdict(s), "started": _day(s.started) or None} for s in plan.standings]
    return data


def _ended(e: EndpointState) -> dict[str, Any] | None:
    if e.event is None:
        return None
    return {"name": e.event[0], "day": _day(e.event[1]), **({"competing": True} if e.competing else {})}


def _reason(reason: Any) -> dict[str, Any]:
    return {"text": reason.text, "verdict": reason.verdict, "value": reason.value}


def _decision(ctx: Evaluation, plan: Plan, d: DecisionState) -> dict[str, Any]:
    told = explain_within(ctx, plan, d.key)
    return {
        "id": d.id,
        "key": d.key,
        "state": d.state,
        "proposal": d.proposal,
        "options": list(d.options),
        "in_force": d.in_force,
        "role": d.role,
        "since": instant_text(d.since),
        "open": d.open,
        "boundary": d.boundary,
        "digest": d.digest
        or (seen_digest(decision_seen(ctx, d.key), d.confirmed_by) if d.confirmed_by else ""),
        "rule": told.rule,
        "reasons": [_reason(r) for r in told.reasons],
        "missing": told.missing,
        "source": told.source,
        "assumptions": told.assumptions,
        "decided": told.decided,
    }


def _ledger(ledger: LedgerState) -> dict[str, Any]:
    data = _run(ledger)
    if ledger.doses:
        data["total"] = ledger.total
        data["doses"] = [
            {
                "label": d.label,
                "state": d.state,
                "amount": d.amount,
                "measured": d.measured,
                "due": _day(d.due),
                "at": instant_text(d.at),
                "held": [[_day(a), _day(b), rules] for a, b, rules in d.held],
            }
            for d in ledger.doses
        ]
    if ledger.infusion_runs:
        data["drips"] = [
            {**asdict(d), "projected_end": instant_text(d.projected_end)} for d in ledger.infusion_runs
        ]
    return data


def _run(ledger: LedgerState) -> dict[str, Any]:
    return {
        "id": ledger.id,
        "key": ledger.key,
        "state": ledger.state,
        "given": ledger.given_hours,
        "as_of": instant_text(ledger.as_of),
        "dose": ledger.dose,
        "unit": ledger.unit,
        "start": instant_text(ledger.start),
        "projected_end": instant_text(ledger.projected_end),
        "steps": [[instant_text(at), dose] for at, dose in ledger.steps],
        "pauses": [[instant_text(a), instant_text(b), why] for a, b, why in ledger.pauses],
        "directives": [[rule, action, instant_text(at)] for rule, action, at in ledger.directives],
    }


def plan_at(
    compiled: Compiled, profile: Profile, site: Site, events: Record | Iterable[Event], now: datetime
) -> Plan:
    """The plan at `now`; the same as `evaluate`."""
    return plan_of(context(compiled, profile, site, events, now))
