"""Linking: every reference of a definition is looked up once, when the protocol is compiled, and cycles are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pathway.clock import local_day
from pathway.errors import ProtocolError
from pathway.events import Event
from pathway.language import (
    AllOf,
    AnyOf,
    AtLeast,
    Crit,
    Dates,
    Decision,
    Directed,
    Exposure,
    Fact,
    Fresh,
    Graded,
    Limit,
    Outcome,
    Param,
    Passed,
    Predicate,
    Protocol,
    Reached,
    Rose,
    Scope,
    Setting,
    Slot,
    Taken,
)
from pathway.predicates import Test, compile_predicate, gate
from pathway.profile import profile_keys
from pathway.record import key_of
from pathway.slots import samples, slot_name
from pathway.state import Context, Result
from pathway.values import QUALIFIERS, nearest, value_text

Bound = Callable[[Context], tuple[str, Decimal] | None]


@dataclass(slots=True)
class Leaves:
    """What a decision rests on: recorded values, and upstream decisions that people took (which isolate what is
    behind them)."""

    slots: list[tuple[str, Callable[[Context], str | None], tuple[tuple[str, str], ...]]]
    decisions: list[tuple[str, int]]

    def values(self, ctx: Context) -> dict[str, str]:
        """Every known value by name; a value under review counts with its text."""
        found = {name: text for name, read, _ in self.slots if (text := read(ctx)) is not None}
        for name, index in self.decisions:
            outcome = ctx.decision(index).outcome
            if outcome is not None:
                found[name] = outcome
        return found

    def stands(self, ctx: Context, name: str, text: str) -> bool:
        """Whether what was seen is still on record, if only beside a later sample. True of an upstream decision."""
        for known, _, keys in self.slots:
            if known == name and keys:
                events = [e for f, p in keys for e in ctx.record.observations.get(f, {}).get(p, ())]
                texts = {t for e in events for t in (value_text(e), _day_text(e, ctx), _course_text(e, ctx))}
                return all(part in texts for part in text.split("; "))
        return True

    def touched(self, ctx: Context, names: Iterable[str]) -> datetime | None:
        """When anything about these values was last recorded."""
        wanted = set(names)
        times = [
            t
            for name, _, keys in self.slots
            if name in wanted
            for key in keys
            if (t := ctx.record.touched.get(key)) is not None
        ]
        for name, index in self.decisions:
            if name in wanted:
                found = ctx.decision(index)
                since = found.changed_at or found.since
                times += [since] if since is not None else []
        return max(times, default=None)


def _day_text(event: Event, ctx: Context) -> str:
    return local_day(event.occurred, ctx.tz).isoformat()


def _course_text(event: Event, ctx: Context) -> str:
    details = " ".join(f"{k}={v}" for k, v in event.details)
    return f"{value_text(event)} from {_day_text(event, ctx)} {details}".rstrip()


def _text(index: int) -> Callable[[Context], str | None]:
    def read(ctx: Context) -> str | None:
        value = ctx.slot(index)
        return None if value.state == "missing" else value.text

    return read


def _directives(index: int, node: Directed) -> Callable[[Context], str | None]:
    def read(ctx: Context) -> str | None:
        found = [
            d.rule.id for d in ctx.ledger(index).directives if d.action in node.actions and d.until is None
        ]
        wanted = [rule for rule in found if not node.rules or rule in node.rules]
        return " ".join(dict.fromkeys(wanted)) or None

    return read


def _sampled(index: int) -> Callable[[Context], str | None]:
    def read(ctx: Context) -> str | None:
        event = ctx.slot(index).event
        return None if event is None else _day_text(event, ctx)

    return read


def _courses(slot: Slot) -> Callable[[Context], str | None]:
    def read(ctx: Context) -> str | None:
        return "; ".join(_course_text(e, ctx) for e in samples(ctx, slot)) or None

    return read


def _last_two(slot: Slot) -> Callable[[Context], str | None]:
    def read(ctx: Context) -> str | None:
        return "; ".join(value_text(e) for e in samples(ctx, slot)[-2:]) or None

    return read


def _grades(builder: Builder, node: Graded) -> Callable[[Context], str | None]:
    """What was reported of an adverse event from one day to another."""
    name = builder.adverse_event(node.event)
    first = builder.anchor(node.since) if node.since else None
    last = builder.anchor(node.until)

    def read(ctx: Context) -> str | None:
        low = ctx.anchor(first) if first is not None else None
        high = ctx.anchor(last)
        days = [(e, local_day(e.occurred, ctx.tz)) for e in ctx.record.adverse.get(name, ())]
        told = [
            f"grade {e.value} on {day.isoformat()}"
            for e, day in days
            if (low is None or day >= low.day) and (high is None or day <= high.day)
        ]
        return "; ".join(told) or None

    return read


class Builder:
    """Looks names up and hands out indexes; remembers who depends on whom."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.owner: list[str] = []
        self.keys = profile_keys(protocol)
        self.facts = _unique("fact", protocol.facts, self)
        self.actions = _unique("action", protocol.actions, self)
        self.events = _unique("adverse event", protocol.adverse_events, self)
        self.anchors = _unique("anchor", protocol.anchors, self)
        self.criteria = _unique("criterion", protocol.criteria, self)
        self.ledgers = _unique("ledger", (*protocol.ledgers, *protocol.doses), self, scoped=True)
        self.decisions = _unique("decision", protocol.decisions, self, scoped=True)
        self.tracks = _unique("track", protocol.tracks, self)
        self.slot_index: dict[Slot, int] = {}
        self.edges: dict[str, dict[str, None]] = {}
        self.readable: tuple[str, ...] = ()
        self.compound: dict[Predicate, tuple[int, Test]] = {}
        self.compounds = 0

    def error(self, message: str) -> ProtocolError:
        """A ProtocolError that names the protocol and the part being compiled."""
        where = f" (in {self.owner[-1]})" if self.owner else ""
        return ProtocolError(f"{self.protocol.name}: {message}{where}")

    @contextmanager
    def within(self, owner: str) -> Iterator[None]:
        """Everything looked up inside is what `owner` depends on."""
        self.owner.append(owner)
        self.edges.setdefault(owner, {})
        try:
            yield
        finally:
            self.owner.pop()

    def _depends(self, on: str) -> None:
        if self.owner:
            self.edges.setdefault(self.owner[-1], {})[on] = None

    def _find(self, what: str, id: str, known: dict[str, Any]) -> int:
        if id not in known:
            raise self.error(f"{what} {id!r} is not defined; {nearest(id, list(known))}")
        self._depends(f"{what} {id}")
        return list(known).index(id)

    def fact(self, id: str) -> Fact:
        """The fact of that name."""
        if id not in self.facts:
            raise self.error(f"fact {id!r} is not defined; {nearest(id, list(self.facts))}")
        fact: Fact = self.facts[id]
        return fact

    def slot(self, slot: Slot, type: str = "") -> int:
        """The index of a slot."""
        fact = self.fact(slot.fact)
        if type and fact.type != type:
            raise self.error(f"{slot.fact} is a {fact.type}, a {type} is needed")
        points = slot.points or ((slot.point,) if slot.point else ())
        for point in points:
            if point not in fact.points:
                raise self.error(f"{slot.fact} has no point {point!r}; {nearest(point, fact.points)}")
        if fact.points and not points:
            raise self.error(f"{slot.fact} needs a point; {nearest('', fact.points)}")
        index = self.slot_index.setdefault(slot, len(self.slot_index))
        self._depends(f"slot {index}")
        with self.within(f"slot {index}"):
            for anchor in (slot.until, slot.since):
                if anchor:
                    self.anchor(anchor)
        return index

    def check_values(self, slot: Slot, values: tuple[str, ...]) -> None:
        """Refuse a value that the fact can never have."""
        fact = self.fact(slot.fact)
        allowed = fact.values if fact.type == "choice" else (("NEVER",) if fact.never else ())
        allowed = QUALIFIERS if fact.qualifiers else allowed
        for value in values:
            if value not in allowed:
                raise self.error(f"{slot.fact} can never be {value!r}; {nearest(value, allowed)}")

    def action(self, id: str, scope: Scope) -> str:
        """The action of that name; `scope` must be one that it accepts."""
        if id not in self.actions:
            raise self.error(f"action {id!r} is not defined; {nearest(id, list(self.actions))}")
        scopes = dict(self.actions[id].scopes)
        for label, value in scope:
            if label not in scopes or value not in scopes[label]:
                raise self.error(f"action {id} has no scope {label}={value}")
        return id

    def adverse_event(self, id: str) -> str:
        """The adverse-event type of that name."""
        if id not in self.events:
            raise self.error(f"adverse event {id!r} is not defined; {nearest(id, list(self.events))}")
        return id

    def anchor(self, id: str) -> int:
        """The index of an anchor."""
        return self._find("anchor", id, self.anchors)

    def criterion(self, id: str) -> int:
        """The index of a criterion."""
        return self._find("criterion", id, self.criteria)

    def decision(self, id: str, options: tuple[str, ...]) -> int:
        """The index of a decision, whose options must include these."""
        index = self._find("decision", id, self.decisions)
        for option in options:
            if option not in self.decisions[id].options:
                raise self.error(
                    f"decision {id} has no option {option!r}; {nearest(option, self.decisions[id].options)}"
                )
        return index

    def is_computed(self, id: str) -> bool:
        """Whether the decision needs no person: what its table rules out is then ruled out."""
        decision: Decision = self.decisions[id]
        return decision.confirm is None

    def options(self, id: str) -> tuple[str, ...]:
        """The options of a decision."""
        decision: Decision = self.decisions[id]
        return decision.options

    def ledger(self, id: str) -> int:
        """The index of a ledger: by id, or by key (`blina[cycle=1]`) where several share an id."""
        return self._find("ledger", id, self.ledgers)

    def phases(self, track: str, phases: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """A track that may be read here, and phases that it has."""
        if track not in self.tracks:
            raise self.error(f"track {track!r} is not defined; {nearest(track, list(self.tracks))}")
        if track not in self.readable:
            raise self.error(
                f"track {track} may not be read here: anchors, criteria and decisions never depend on phases"
            )
        known = [p.id for p in self.tracks[track].phases]
        for phase in phases:
            if phase not in known:
                raise self.error(f"track {track} has no phase {phase!r}; {nearest(phase, known)}")
        return track, phases

    def exit_of(self, decision: str) -> tuple[str, str]:
        """(track, phase) of a phase-exit decision such as AFTER_CONSOLIDATION."""
        phase = decision.removeprefix("AFTER_")
        for track in self.protocol.tracks:
            if any(p.id == phase and p.exits for p in track.phases):
                return track.id, phase
        raise self.error(f"decision {decision!r}: no phase {phase!r} has exits")

    def param(self, key: str, types: tuple[str, ...]) -> str:
        """A profile key of one of these types."""
        if key not in self.keys:
            raise self.error(f"profile key {key!r} is not defined; {nearest(key, list(self.keys))}")
        if self.keys[key].type not in types:
            raise self.error(
                f"profile key {key} is of type {self.keys[key].type}, {' or '.join(types)} is needed"
            )
        return key

    def limit(self, limit: Limit | Param) -> Bound:
        """The function that gives operator and number; None when the key is not set."""
        if isinstance(limit, Limit):
            fixed = (limit.op, Decimal(limit.value))
            return lambda ctx: fixed
        key = self.param(limit.key, ("limit",))

        def read(ctx: Context) -> tuple[str, Decimal] | None:
            value = ctx.params[key]
            return (value.op, Decimal(value.value)) if isinstance(value, Limit) else None

        return read

    def predicate(self, node: Predicate) -> Test:
        """The compiled predicate. A compound one that stands in several places is worked out once per evaluation."""
        if not isinstance(node, AllOf | AnyOf | AtLeast | Dates | Exposure):
            return compile_predicate(node, self)
        known = self.compound.get(node)
        if known is None:
            self.compounds += 1
            number = self.compounds
            with self.within(f"compound {number}"):
                test = compile_predicate(node, self)
            known = self.compound[node] = (number, _remembered(test, number))
        self._depends(f"compound {known[0]}")
        return known[1]

    def gate(self, node: Predicate) -> Test:
        """The compiled predicate where only a PASS counts and its `since`: cheaper for what does not hold."""
        if isinstance(node, AllOf):
            return gate([self.gate(part) for part in node.parts])
        return self.predicate(node)

    def leaves(self, *nodes: object) -> Leaves:
        """What these parts of a definition rest on."""
        found = Leaves([], [])
        self._gather(nodes, found, set())
        return found

    def _gather(self, node: object, found: Leaves, seen: set[str]) -> None:
        if isinstance(node, Slot):
            self._rest_on(node, "", _text(self.slot(node)), found)
        elif isinstance(node, Exposure):
            self._rest_on(node.slot, " courses", _courses(node.slot), found)
            self._gather(node.before, found, seen)
        elif isinstance(node, Rose):
            self._rest_on(node.slot, " last two", _last_two(node.slot), found)
        elif isinstance(node, Graded) and node.until:
            name = f"{node.event} reported from {node.since or 'the start'} to {node.until}"
            if all(known != name for known, _, _ in found.slots):
                # No observation bears these keys: a further report always counts as an amendment of what was seen.
                found.slots.append((name, _grades(self, node), ((node.event, "adverse event"),)))
        elif isinstance(node, Fresh):
            self._rest_on(node.slot, " sampled", _sampled(self.slot(node.slot)), found)
            self._gather(node.slot, found, seen)
        elif isinstance(node, Crit):
            self._once(f"criterion {node.id}", self.criteria.get(node.id), lambda c: (c.holds,), found, seen)
        elif isinstance(node, Outcome | Taken):
            self._gather_decision(node.decision, found, seen)
        elif isinstance(node, Directed):
            name = f"directives of {node.ledger}: {' '.join(node.actions)}"
            if all(known != name for known, _, _ in found.slots):
                found.slots.append((name, _directives(self.ledger(node.ledger), node), ()))
        elif isinstance(node, Passed | Reached | Setting):
            return
        elif isinstance(node, tuple | list):
            for part in node:
                self._gather(part, found, seen)
        elif isinstance(node, Decision):
            for item in node.inputs:
                if isinstance(item.of, str):
                    self._gather_decision(item.of, found, seen)
                else:
                    self._gather(item.of, found, seen)
            self._gather(node.asked, found, seen)
        elif is_dataclass(node) and not isinstance(node, type):
            for f in fields(node):
                value = getattr(node, f.name)
                if not isinstance(value, str | int | None):
                    self._gather(value, found, seen)

    def _rest_on(self, slot: Slot, what: str, read: Callable[[Context], str | None], found: Leaves) -> None:
        name = slot_name(slot) + what
        for word, limit in (("until", slot.until), ("since", slot.since), ("of", key_of("", slot.scope))):
            name += f" {word} {limit}" if limit else ""
        if all(known != name for known, _, _ in found.slots):
            points = slot.points or (slot.point,)
            found.slots.append((name, read, tuple((slot.fact, p) for p in points)))

    def _once(
        self, name: str, part: Any, inner: Callable[[Any], object], found: Leaves, seen: set[str]
    ) -> None:
        if part is not None and name not in seen:
            seen.add(name)
            self._gather(inner(part), found, seen)

    def _gather_decision(self, id: str, found: Leaves, seen: set[str]) -> None:
        decision = self.decisions.get(id)
        if decision is None or f"decision {id}" in seen:
            return
        seen.add(f"decision {id}")
        if decision.confirm is not None:
            found.decisions.append((f"decision {id}", self.decision(id, ())))
        else:
            self._gather(decision, found, seen)

    def refuse_shared_keys(self, engine: Iterable[str]) -> None:
        """Raise ProtocolError if two things that a plan states, or two questions, would go by one key."""
        p = self.protocol
        told = [*engine]
        for parts in (p.assessments, p.series, p.tasks, p.milestones, p.deviations):
            told += [key_of(part.id, part.scope) for part in parts]
        phases = [phase for track in p.tracks for phase in track.phases]
        asked = {phase.id for phase in phases if phase.exits and phase.confirm is not None}
        for names in (told, [f.id for f in phases if f.id in asked], [e.id for e in p.endpoints]):
            seen: set[str] = set()
            for name in names:
                if name in seen:
                    raise self.error(f"{name} is defined twice")
                seen.add(name)

    def refuse_cycles(self) -> None:
        """Raise ProtocolError if anything depends on itself."""
        done: set[str] = set()
        for start in self.edges:
            self._visit(start, [], done)

    def _visit(self, name: str, path: list[str], done: set[str]) -> None:
        if name in path:
            cycle = [n for n in path[path.index(name) :] if not n.startswith(("slot ", "compound "))]
            raise ProtocolError(f"{self.protocol.name}: a cycle: {' -> '.join([*cycle, cycle[0]])}")
        if name in done:
            return
        for following in self.edges.get(name, ()):
            self._visit(following, [*path, name], done)
        done.add(name)


def _remembered(test: Test, number: int) -> Test:
    def once(ctx: Context) -> Result:
        result = ctx.compound.get(number)
        if result is None:
            result = ctx.compound[number] = test(ctx)
        return result

    return once


def _unique(what: str, parts: tuple[Any, ...], builder: Builder, *, scoped: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts:
        name = key_of(part.id, part.scope) if scoped else part.id
        if name in found:
            raise builder.error(f"{what} {name} is defined twice")
        found[name] = part
    return found
