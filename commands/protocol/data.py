"""A protocol's vocabulary as plain data: every id that an event, an expectation or a program may name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commands.protocol.point_data import orders_data, points_data
from pathway.engine.context import Compiled
from pathway.engine.ledgers.end_reports import REPORT_END, end_report_key
from pathway.engine.notices import ENGINE_NOTICES
from pathway.language import (
    ROLES,
    Assessment,
    Infusion,
    Param,
    PhaseOne,
    Protocol,
    RollingSix,
    Series,
    SimonTwoStage,
    Source,
    Task,
)
from pathway.language.point_words import change_words
from pathway.language.profile import make_profile, profile_keys
from pathway.language.terms import key_of
from pathway.language.words import source_data, words
from pathway.rehearsal.scenario_subtrials import actions_of_governors, statements_of
from pathway.subtrial.notices import ITEMS, NOTICES
from pathway.subtrial.questions import DECISIONS
from pathway.subtrial.snapshot import ENTRY_CODES, MILESTONES

FORMAT: Final = "allpath.protocol/1"

Json = dict[str, Any]


def summary(compiled: Compiled) -> Json:
    """What tells a protocol version from others."""
    protocol = compiled.protocol
    return {
        "name": protocol.name,
        "version": protocol.version.number,
        "date": protocol.version.date,
        "note": protocol.version.note,
        "title": protocol.title,
        "registry": list(protocol.registry),
        "hash": compiled.hash,
    }


def protocol_data(compiled: Compiled) -> Json:
    """Everything by id, in the order of the protocol; `events` are actions and adverse events under one name."""
    protocol = compiled.protocol

    def cited(source: Source) -> Json:
        return source_data(compiled.protocol, source)

    return {
        "format": FORMAT,
        **summary(compiled),
        "roles": list(ROLES),
        "facts": _facts(protocol, cited),
        "actions": _actions(protocol, cited),
        "points": points_data(protocol, cited),
        "orders": orders_data(protocol, cited),
        "adverse_events": _adverse_events(protocol, cited),
        "events": [*(a.id for a in protocol.actions), *(a.id for a in protocol.adverse_events)],
        "criteria": _criteria(compiled, cited),
        "decisions": _decisions(compiled, cited),
        "tracks": _tracks(compiled, cited),
        "items": _items(protocol, cited),
        "ledgers": _ledgers(protocol, cited),
        "milestones": [
            {"id": m.id, "key": key_of(m.id, m.scope), "to": m.to, "text": m.text, "source": cited(m.source)}
            for m in protocol.milestones
        ],
        "deviations": [
            {
                "id": d.id,
                "key": key_of(d.id, d.scope),
                "kind": d.kind,
                "severities": [rung.severity for rung in d.rungs],
                "to": d.to,
                "blocks": list(d.blocks),
                "text": d.text,
                "source": cited(d.source),
            }
            for d in protocol.deviations
        ],
        "notices": [{"id": name, "kind": "alert", "text": text} for name, text in ENGINE_NOTICES.items()],
        "endpoints": [
            {
                "id": e.id,
                "start": e.start,
                "events": [name for name, _ in e.events],
                "competing": [name for name, _ in e.competing],
                "text": e.text,
                "source": cited(e.source),
            }
            for e in protocol.endpoints
        ],
        "anchors": [{"id": a.id, "text": a.text, "source": cited(a.source)} for a in protocol.anchors],
        "subtrials": _subtrials(protocol, cited),
        "governors": _governors() if protocol.subtrials else None,
        "enrolments": _enrolments(compiled, cited),
        "profile": {
            "name": protocol.profile_name,
            "keys": [
                {
                    "key": k.key,
                    "type": k.type,
                    "default": k.default,
                    "options": list(k.options),
                    "simulation": k.simulation,
                    "text": k.text,
                    "source": cited(k.source),
                }
                for k in profile_keys(protocol).values()
            ],
        },
        "references": dict(protocol.references),
        "gaps": [{"id": name, "text": text} for name, text in protocol.gaps],
        "ids": dict(compiled.statements),
    }


def _facts(protocol: Protocol, cited: Any) -> list[Json]:
    return [
        {
            "id": f.id,
            "type": f.type,
            "units": [u.name for u in f.units],
            "unit": f.units[0].name if f.units else None,
            "values": [*f.values, *(["NEVER"] if f.never else [])],
            "points": list(f.points),
            "cardinality": f.cardinality,
            "possible": list(f.possible),
            "plausible": list(f.plausible),
            "qualifiers": f.qualifiers,
            "specimens": list(f.specimens),
            "assays": list(f.assays),
            "change": change_words(f.change),
            "details": list(f.details),
            "supplier": f.supplier,
            "text": f.text,
            "source": cited(f.source),
        }
        for f in protocol.facts
    ]


def _actions(protocol: Protocol, cited: Any) -> list[Json]:
    return [
        {
            "id": a.id,
            "scopes": {name: list(values) for name, values in a.scopes},
            "details": list(a.details),
            "repeats": a.repeats,
            "role": a.role,
            "text": a.text,
            "source": cited(a.source),
        }
        for a in protocol.actions
    ]


def _adverse_events(protocol: Protocol, cited: Any) -> list[Json]:
    return [
        {
            "id": a.id,
            "grades": list(a.grades),
            "scales": list(a.scales),
            "occurrences": a.occurrences,
            "text": a.text,
            "source": cited(a.source),
        }
        for a in protocol.adverse_events
    ]


def _criteria(compiled: Compiled, cited: Any) -> list[Json]:
    profile = make_profile(compiled.protocol)
    return [
        {
            "id": c.id,
            "group": c.group,
            "text": c.text,
            "holds": words(c.holds, profile),
            "source": cited(c.source),
        }
        for c in compiled.protocol.criteria
    ]


def _decisions(compiled: Compiled, cited: Any) -> list[Json]:
    tables = [
        {
            "id": d.id,
            "key": key,
            "options": list(d.options),
            "role": d.confirm,
            "inputs": [i.name for i in d.inputs],
            "on_reopen": d.on_reopen,
            "text": d.text,
            "source": cited(d.source),
        }
        for key, d in compiled.decisions.items()
    ]
    exits = [
        {
            "id": f"AFTER_{phase}",
            "key": f"AFTER_{phase}",
            "options": list(dict.fromkeys(e.to for e in spec.exits)),
            "role": spec.confirm,
            "inputs": [],
            "on_reopen": spec.on_reopen,
            "text": f"What comes after {phase}",
            "source": cited(spec.source),
        }
        for phase, (_, spec) in compiled.phases.items()
        if spec.exits
    ]
    return [*tables, *exits]


def _tracks(compiled: Compiled, cited: Any) -> list[Json]:
    profile = make_profile(compiled.protocol)
    return [
        {
            "id": t.id,
            "text": t.text,
            "phases": [
                {
                    "id": p.id,
                    "text": p.text,
                    "terminal": p.terminal,
                    "confirm": p.confirm,
                    "exits": [
                        {"to": e.to, "when": words(e.when, profile), "source": cited(e.source)}
                        for e in p.exits
                    ],
                    "source": cited(p.source),
                }
                for p in t.phases
            ],
            "anywhere": [{"to": e.to, "when": words(e.when, profile)} for e in t.anywhere],
        }
        for t in compiled.protocol.tracks
    ]


def _items(protocol: Protocol, cited: Any) -> list[Json]:
    parts: list[tuple[Assessment | Series | Task, str]] = [
        *((a, a.kind) for a in protocol.assessments),
        *((s, "series") for s in protocol.series),
        *((t, "task") for t in protocol.tasks),
    ]
    return [
        {
            "id": part.id,
            "key": key_of(part.id, part.scope),
            "kind": kind,
            "owner": part.owner,
            "window": [] if isinstance(part, Task) else list(part.window),
            "text": part.text,
            "source": cited(part.source),
        }
        for part, kind in parts
    ] + [
        {
            "id": REPORT_END,
            "key": end_report_key(key_of(x.id, x.scope)),
            "kind": "task",
            "owner": "coordinator",
            "window": [],
            "text": f"{x.text}: by its hours it is over; report when it was off",
            "source": cited(x.source),
        }
        for x in protocol.ledgers
    ]


def _ledgers(protocol: Protocol, cited: Any) -> list[Json]:
    def days(ledger: Infusion) -> str:
        return f"profile {ledger.days.key}" if isinstance(ledger.days, Param) else str(ledger.days)

    return [
        {
            "id": x.id,
            "key": key_of(x.id, x.scope),
            "days": days(x),
            "dose": x.dose,
            "low_dose": x.low_dose,
            "unit": x.unit,
            "rules": [
                {"id": r.id, "event": r.event, "grades": list(r.grades), "action": r.action, "text": r.text}
                for r in x.rules
            ],
            "text": x.text,
            "source": cited(x.source),
        }
        for x in protocol.ledgers
    ] + [
        {
            "id": x.id,
            "key": key_of(x.id, x.scope),
            "days": " ".join(x.labels),
            "dose": " or ".join("/".join(amounts) for _, amounts in x.amounts),
            "low_dose": "",
            "unit": x.unit,
            "rules": [{"id": h.id, "labels": list(h.labels), "text": h.text} for h in x.holds],
            "text": x.text,
            "source": cited(x.source),
        }
        for x in protocol.doses
    ]


def _value(value: Any) -> Any:
    """A value; of a profile key `{"profile": KEY}`."""
    return {"profile": value.key} if isinstance(value, Param) else value


def _subtrials(protocol: Protocol, cited: Any) -> list[Json]:
    """Each with `actions`: what can be reported to its governor, and `ids`: what its governor's timeline can show."""
    return [
        {
            "id": s.id,
            "text": s.text,
            "registry": list(s.registry),
            "begins": s.begins,
            "activation": s.activation,
            "reservation_days": _value(s.reservation_days),
            "confirm": s.confirm,
            "notes": [{"status": n.status, "on": n.on, "source": cited(n.source)} for n in s.notes],
            "phase_one": _phase_one(s.phase_one, cited) if s.phase_one is not None else None,
            "phase_two": _phase_two(s.phase_two, cited) if s.phase_two is not None else None,
            "cap": None
            if s.cap is None
            else {"patients": _value(s.cap.patients), "source": cited(s.cap.source)},
            "actions": actions_of_governors(),
            "ids": statements_of(s),
            "source": cited(s.source),
        }
        for s in protocol.subtrials
    ]


def _governors() -> Json:
    """What the governors of subtrials say, by id, in words: the same for every subtrial."""
    return {
        "decisions": [
            {"id": id_, "options": list(options) or ["a dose level"], "text": text}
            for id_, (text, options) in DECISIONS.items()
        ],
        "milestones": _named(MILESTONES),
        "items": _named(ITEMS),
        "notices": _named({**NOTICES, **ENGINE_NOTICES}),
        "entry": _named(ENTRY_CODES),
    }


def _named(texts: Mapping[str, str]) -> list[Json]:
    return [{"id": id_, "text": text} for id_, text in texts.items()]


def _phase_one(phase: PhaseOne, cited: Any) -> Json:
    rolling = isinstance(phase.design, RollingSix)
    return {
        "design": "rolling six" if rolling else "3+3",
        "table": _value(phase.design.table) if isinstance(phase.design, RollingSix) else None,
        "levels": [{"id": x.id, "text": x.text, "source": cited(x.source)} for x in phase.levels],
        "start": phase.start,
        "window_days": _value(phase.window_days),
        "source": cited(phase.source),
    }


def _phase_two(phase: SimonTwoStage, cited: Any) -> Json:
    names = ("p0", "p1", "alpha", "beta", "kind", "phase_one_counts")
    return {**{name: _value(getattr(phase, name)) for name in names}, "source": cited(phase.source)}


def _enrolments(compiled: Compiled, cited: Any) -> list[Json]:
    profile = make_profile(compiled.protocol)
    return [
        {
            "subtrial": e.subtrial,
            "watch": words(e.watch, profile),
            "ask": words(e.ask, profile),
            "started": e.started,
            "dlt": e.dlt,
            "response": e.response,
            "source": cited(e.source),
        }
        for e in compiled.protocol.enrolments
    ]
