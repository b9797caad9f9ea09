"""Plans as the JSON that scenarios, other programs and acceptance tests read (format 1)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pathway.engine.context import Evaluation
from pathway.events import seen_digest
from pathway.language.words import assumption_data, source_data
from pathway.patient import because
from pathway.patient.because import predicate_reasons
from pathway.patient.evaluate import decision_seen
from pathway.patient.explain import tree
from pathway.patient.explain_parts import known_to
from pathway.patient.explanation import missing_data
from pathway.plan import CriterionState, DecisionState, EndpointState, Item, LedgerState
from pathway.plan_json import _day, instant_text, item_json, obligation_json


def plan_json(ctx: Evaluation) -> dict[str, Any]:
    """The plan of an evaluation with its reasons, as plain data to be read: its parts are kept for the next time."""
    compiled, plan = ctx.compiled, ctx.plan
    sections, told = compiled.sections, ctx.told
    asked = (*sections["decisions"], *sections["exits"])
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
        "criteria": [told(n, _criterion) for n in sections["criteria"]],
        "decisions": [each for n in asked for each in told(n, _questions)],
        "items": [each for n in sections["items"] for each in told(n, _items)],
        "ledgers": [told(n, _ledger) for n in sections["ledgers"]],
        "milestones": [
            {"id": m.id, "key": m.key, "text": m.text, "to": m.to, "since": instant_text(m.since)}
            for m in plan.milestones
        ],
        "deviations": [obligation_json(o) for o in plan.deviations],
        "alerts": [obligation_json(o) for o in plan.alerts],
        "endpoints": [told(n, _endpoint) for n in sections["endpoints"]],
        "anchors": [{"id": name, "day": _day(day), "actual": actual} for name, day, actual in plan.anchors],
    }
    if compiled.protocol.enrolments:
        data["standings"] = [{**asdict(s), "started": _day(s.started) or None} for s in plan.standings]
    return data


def _criterion(ctx: Evaluation, number: int) -> dict[str, Any]:
    state: CriterionState = ctx.part(number)
    protocol, definition = ctx.compiled.protocol, ctx.compiled.criteria[state.id]
    return {
        "id": state.id,
        "verdict": state.verdict,
        "group": state.group,
        "text": definition.text,
        "since": instant_text(state.since),
        "judged": state.judged,
        "digest": state.digest,
        "reasons": [_reason(r) for r in predicate_reasons(ctx, definition.holds)],
        "missing": missing_data(state.missing),
        **_doubts(ctx, (definition.holds,), looked=state.verdict in ("REVIEW", "PENDING")),
        "source": source_data(protocol, definition.source),
        "assumptions": assumption_data(
            protocol, ctx.profile, ctx.compiled.mentions[id(definition.holds)].params
        ),
    }


def _questions(ctx: Evaluation, number: int) -> list[dict[str, Any]]:
    return [_decision(ctx, state) for state in ctx.part(number)[0]]


def _items(ctx: Evaluation, number: int) -> list[dict[str, Any]]:
    return [{**item_json(item), **_known(ctx, item)} for item in ctx.part(number)]


def _known(ctx: Evaluation, item: Item) -> dict[str, Any]:
    """What of an item that is to be done now is on record, if anything is: `known`, the names of its slots."""
    found = known_to(ctx, item) if item.state in ("due", "late") else []
    return {"known": found} if found else {}


def _endpoint(ctx: Evaluation, number: int) -> dict[str, Any]:
    e: EndpointState = ctx.part(number)
    return {
        "id": e.id,
        "start": _day(e.start) or None,
        "event": _ended(e),
        "censored": _day(e.censored) or None,
        "days": e.days,
    }


def _ended(e: EndpointState) -> dict[str, Any] | None:
    if e.event is None:
        return None
    return {"name": e.event[0], "day": _day(e.event[1]), **({"competing": True} if e.competing else {})}


def _reason(reason: Any) -> dict[str, Any]:
    return {"text": reason.text, "verdict": reason.verdict, "value": reason.value}


def _decision(ctx: Evaluation, d: DecisionState) -> dict[str, Any]:
    told = tree(ctx, d.key)
    assert told is not None
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
        **_doubts(ctx, (d.key,), looked=d.state in ("waiting", "review") or (d.open and d.proposal is None)),
    }


def _doubts(ctx: Evaluation, nodes: tuple[object, ...], *, looked: bool) -> dict[str, Any]:
    """The values that are in the way, where there are any: `doubts`, each with what, who, why, event and text."""
    found = because.doubts(ctx, nodes) if looked else []
    return {"doubts": [asdict(doubt) for doubt in found]} if found else {}


def _ledger(ctx: Evaluation, number: int) -> dict[str, Any]:
    ledger: LedgerState = ctx.part(number)
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
