"""What nothing uses, what nobody can supply, and rules without a clause: read off the definition, without a solver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from analysis.proof.findings import Finding
from analysis.proof.source_locations import SourceLocations
from pathway.engine.context import Compiled
from pathway.language import (
    ROLES,
    SLOT_FACT,
    Assessment,
    Param,
    Protocol,
    Reading,
    Recorded,
    Series,
    Setting,
    Source,
)
from pathway.language.terms import key_of
from pathway.language.walk import atoms, parts

LEDGER_ACTIONS: Final = ("infusion_", "dose_", "bag_change_missed")
"""Actions by which ledgers are kept: the engine reads them by name."""


def usage_findings(compiled: Compiled, places: SourceLocations) -> Iterator[Finding]:
    """Everything that is defined and not used, waited for and not supplied, said and not sourced."""
    protocol = compiled.protocol
    yield from _unused(compiled, places)
    yield from _unread_results(protocol, places)
    yield from _unsupplied(compiled, places)
    yield from _no_clause(protocol, places)


# --- unused ---------------------------------------------------------------------------------------------------------


def _unused(compiled: Compiled, places: SourceLocations) -> Iterator[Finding]:
    protocol = compiled.protocol
    kinds: list[tuple[str, str, Iterable[tuple[str, Any]]]] = [
        ("fact", "Fact", ((f.id, f) for f in protocol.facts)),
        ("action", "Action", ((a.id, a) for a in protocol.actions)),
        ("adverse event", "AdverseEventType", ((a.id, a) for a in protocol.adverse_events)),
        ("criterion", "Criterion", ((c.id, c) for c in protocol.criteria)),
        ("anchor", "Anchor", ((a.id, a) for a in protocol.anchors)),
        ("profile key", "ProfileKey", ((k.key, k) for k in protocol.profile)),
    ]
    every = [(part, tuple(_strings(part))) for part in list(parts(protocol))]
    for kind, name, defined in kinds:
        for label, part in defined:
            if kind == "action" and label.startswith(LEDGER_ACTIONS):
                continue
            if not _is_named(every, protocol, kind, label, part):
                yield Finding(
                    f"unused:{kind.replace(' ', '-')}:{label}",
                    "unused",
                    f"Nothing uses the {kind} {label}",
                    (f"{label}: {part.text}",),
                    places.of(name, part.key if kind == "profile key" else part.id),
                )


def _is_named(
    every: list[tuple[Any, tuple[tuple[str, str], ...]]],
    protocol: Protocol,
    kind: str,
    id: str,
    definition: object,
) -> bool:
    """Whether any other part names the id where one of its kind can stand. `every`: all parts with their texts."""
    for part, texts in every:
        if part is definition or isinstance(part, Protocol):
            continue
        if kind == "profile key":
            if isinstance(part, Param | Setting) and part.key == id:
                return True
        elif isinstance(part, Source):
            continue
        elif any(id == text for field, text in texts if field not in ("id", "text", "note", "name") or
                 (kind == "criterion" and type(part).__name__ == "Crit")):  # fmt: skip
            return True
    if kind == "anchor":
        return id == protocol.day_one
    if kind == "fact" and id == SLOT_FACT and protocol.enrolments:
        return True  # the plan shows it with the standings
    return kind == "decision" and id == protocol.enrolled_group


def _strings(part: object) -> Iterator[tuple[str, str]]:
    """The texts of a part by field; those of tuples too, those of parts below not."""

    def inside(name: str, value: object) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, tuple):
            for item in value:
                yield from inside(name, item)

    for name in getattr(part, "__dataclass_fields__", {}):
        yield from inside(name, getattr(part, name))


def _unread_results(protocol: Protocol, places: SourceLocations) -> Iterator[Finding]:
    """Assessments whose results nothing but assessments reads; a record that is itself the aim (a dose) is not one."""
    items: list[Assessment | Series] = [*protocol.assessments, *protocol.series]
    read: set[tuple[str, str]] = set()
    done: set[tuple[str, object]] = set()
    for part in (
        *protocol.criteria, *protocol.decisions, *protocol.anchors, *protocol.tracks, *protocol.tasks,
        *protocol.milestones, *protocol.deviations, *protocol.ledgers, *getattr(protocol, "doses", ()),
        *protocol.enrolments,
        *(i.asked if isinstance(i, Assessment) else i.while_ for i in items),
    ):  # fmt: skip
        read |= {(s.fact, p) for s in atoms(part, Reading) for p in (s.points or (s.point,))}
        read |= {(text, "") for p in parts(part) if not isinstance(p, Reading)
                 for field, text in _strings(p) if field == "fact"}  # fmt: skip
        done |= {(p.action, p.scope) for p in parts(part) if hasattr(p, "action") and hasattr(p, "scope")}
    for item in items:
        made = _results(item)
        if not made or any(fact in read or (fact[0], "") in read for fact in made):
            continue
        actions = [(r.action, r.scope) for r in atoms(item, Recorded)]
        if any(a in done for a in actions) or (isinstance(item, Series) and item.action):
            continue
        kind = "series" if isinstance(item, Series) else "assessment"
        yield Finding(
            f"result-unread:{kind}:{key_of(item.id, item.scope)}",
            "result-unread",
            f"Nothing reads the result of {kind} {item.id}",
            (f"{item.id}: {item.text}", *(f"result: {' '.join(f).strip()}" for f in made)),
            places.of(type(item).__name__, item.id),
        )


def _results(item: Assessment | Series) -> list[tuple[str, str]]:
    if isinstance(item, Series):
        return [(item.fact, "")] if item.fact else []
    readings = atoms(item.done, Reading)
    return list(dict.fromkeys((s.fact, p) for s in readings for p in (s.points or (s.point,))))


# --- unsupplied -----------------------------------------------------------------------------------------------------


def _unsupplied(compiled: Compiled, places: SourceLocations) -> Iterator[Finding]:
    protocol = compiled.protocol
    roles: list[tuple[str, str, Any, str]] = [("fact", "Fact", f, f.supplier) for f in protocol.facts]
    roles += [("action", "Action", a, a.role) for a in protocol.actions]
    roles += [("assessment", "Assessment", a, a.owner) for a in protocol.assessments]
    roles += [("series", "Series", s, s.owner) for s in protocol.series]
    roles += [("task", "Task", t, t.owner) for t in protocol.tasks]
    roles += [("decision", "Decision", d, d.confirm) for d in protocol.decisions if d.confirm is not None]
    for kind, name, part, role in roles:
        if role not in ROLES:
            yield Finding(
                f"unsupplied:{kind}:{part.id}",
                "unsupplied",
                f"The {kind} {part.id} waits for {role or 'nobody'}: nobody can supply it",
                (f"roles: {', '.join(ROLES)}",),
                places.of(name, part.id),
            )
    for anchor in protocol.anchors:
        if not anchor.actual and not anchor.planned:
            yield Finding(
                f"unsupplied:anchor:{anchor.id}",
                "unsupplied",
                f"The anchor {anchor.id} has neither an actual nor a planned time: it is never known",
                (f"{anchor.id}: {anchor.text}",),
                places.of("Anchor", anchor.id),
            )


# --- sources --------------------------------------------------------------------------------------------------------


def _no_clause(protocol: Protocol, places: SourceLocations) -> Iterator[Finding]:
    """Every rule has a clause, or is marked as an assumption; a public source is one of the references."""
    known = dict(protocol.references)
    for owner, label, part in _sourced(protocol):
        source = part.source
        if not isinstance(source, Source) or source.kind not in ("registry", "public", "assumption"):
            why = "has no source"
        elif source.kind == "public" and not source.keys:
            why = "is said to be public, without a reference"
        elif wrong := [k for k in source.keys if k not in known]:
            why = f"cites {', '.join(wrong)}, which is not among the references"
        elif source.kind == "registry" and not protocol.registry:
            why = "cites the registry text, and the protocol names no registry"
        else:
            continue
        yield Finding(
            f"no-clause:{label}", "no-clause", f"{label} {why}",
            (str(getattr(part, "text", "")),) if getattr(part, "text", "") else (), places.of(type(owner).__name__, _name(owner)),
        )  # fmt: skip


def _name(owner: Any) -> str:
    """The id of a definition; an enrolment goes by its subtrial."""
    return str(getattr(owner, "id", "") or getattr(owner, "subtrial", ""))


def _sourced(protocol: Protocol) -> Iterator[tuple[Any, str, Any]]:
    """Every part with a source: the definition that it stands in, its name, the part."""
    for name in protocol.__dataclass_fields__:
        top = getattr(protocol, name)
        for owner in top if isinstance(top, tuple) else ():
            if not _name(owner):
                continue
            count = 0
            for part in parts(owner):
                if "source" not in getattr(part, "__dataclass_fields__", {}):
                    continue
                count += 1
                inner = getattr(part, "id", "") or getattr(part, "to", "") or f"row {count - 1}"
                label = f"{type(owner).__name__} {key_of(_name(owner), getattr(owner, 'scope', ()))}"
                yield owner, label if part is owner else f"{label}: {type(part).__name__} {inner}", part
