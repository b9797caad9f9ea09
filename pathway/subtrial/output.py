"""A subtrial's plan as the JSON that scenarios, other programs and acceptance tests read (`governors.<id>`, format 1)."""

from __future__ import annotations

from datetime import date
from typing import Any

from pathway.events import seen_digest
from pathway.language.words import assumption_data, source_data
from pathway.plan import DecisionState
from pathway.plan_json import instant_text, item_json, obligation_json
from pathway.record import Record
from pathway.subtrial.plan import Governor, SubtrialPlan


def subtrial_json(governor: Governor, record: Record, plan: SubtrialPlan) -> dict[str, Any]:
    """A subtrial's plan with its reasons, as plain data. `record` is the one that `plan` was made of."""
    subtrial, state = governor.subtrial, plan.plan
    return {
        "id": subtrial.id,
        "trial": governor.compiled.protocol.name,
        "text": subtrial.text,
        "registry": list(subtrial.registry),
        "notes": [
            {"status": n.status, "on": n.on, "source": source_data(governor.compiled.protocol, n.source)}
            for n in subtrial.notes
        ],
        "source": source_data(governor.compiled.protocol, subtrial.source),
        "at": instant_text(state.at),
        "next_at": instant_text(state.next_at),
        "events": len(record.events),
        "status": plan.status,
        "entry": {"state": plan.entry[0], "reason": plan.entry[1]},
        "level": plan.level,
        "levels": [
            {
                "id": x.id,
                "text": x.text,
                "state": x.state,
                "n": x.n,
                "t": x.t,
                "p": x.p,
                "ok": x.ok,
                "advice": x.advice,
                "reason": x.reason,
                "since": instant_text(x.since),
            }
            for x in plan.levels
        ],
        "slots": [
            {
                "subject": x.subject,
                "site": x.site,
                "country": x.country,
                "level": x.level,
                "stage": x.stage,
                "state": x.state,
                "since": instant_text(x.since),
                "until": instant_text(x.until),
                "started": _day(x.started),
                "dlt": x.dlt,
                "response": x.response,
                "window_ends": instant_text(x.window_ends),
            }
            for x in plan.slots
        ],
        "waiting": [
            {
                "subject": x.subject,
                "site": x.site,
                "country": x.country,
                "since": instant_text(x.since),
                "reason": x.reason,
            }
            for x in plan.waiting
        ],
        "stage": _stage(plan),
        "activations": [
            {"country": x.country, "site": x.site, "state": x.state, "on": _day(x.on), "event": x.event}
            for x in plan.activations
        ],
        "answers": {
            x.subject: {
                "state": x.state,
                "level": x.level,
                "reason": x.reason,
                "until": instant_text(x.until),
            }
            for x in plan.answers.values()
        },
        "tracks": [
            {
                "id": t.id,
                "phase": t.phase,
                "since": instant_text(t.since),
                "path": [[p, instant_text(a), how] for p, a, how in t.path],
            }
            for t in state.tracks
        ],
        "decisions": [_decision(governor, plan, d) for d in state.decisions],
        "items": [item_json(i) for i in state.items],
        "milestones": [
            {"id": m.id, "key": m.key, "text": m.text, "to": m.to, "since": instant_text(m.since)}
            for m in state.milestones
        ],
        "deviations": [obligation_json(o) for o in state.deviations],
        "alerts": [obligation_json(o) for o in state.alerts],
        "assumptions": assumption_data(governor.compiled.protocol, governor.profile, governor.keys()),
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _stage(plan: SubtrialPlan) -> dict[str, Any] | None:
    stage = plan.stage
    if stage is None:
        return None
    return {
        "stage": stage.stage,
        "state": stage.state,
        "n1": stage.n1,
        "r1": stage.r1,
        "n_total": stage.n_total,
        "r": stage.r,
        "n": stage.n,
        "evaluable": stage.evaluable,
        "responders": stage.responders,
        "pending": stage.pending,
        "advice": stage.advice,
        "reason": stage.reason,
        "verdict": stage.verdict,
    }


def _decision(governor: Governor, plan: SubtrialPlan, d: DecisionState) -> dict[str, Any]:
    told = plan.told[d.key]
    return {
        "id": d.id,
        "key": d.key,
        "text": told.text,
        "state": d.state,
        "proposal": d.proposal,
        "options": list(d.options),
        "in_force": d.in_force,
        "role": d.role,
        "since": instant_text(d.since),
        "open": d.open,
        "boundary": d.boundary,
        "digest": d.digest or (seen_digest(plan.seen[d.key], d.confirmed_by) if d.confirmed_by else ""),
        "rule": d.rule,
        "reasons": [
            {"text": text, "verdict": verdict, "value": value} for text, verdict, value in told.reasons
        ],
        "missing": [{"what": what, "who": who} for what, who in told.missing],
        "source": source_data(governor.compiled.protocol, told.source),
        "assumptions": assumption_data(governor.compiled.protocol, governor.profile, told.keys),
        "decided": told.decided,
    }
