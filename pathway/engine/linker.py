"""Linking: every reference of a definition is looked up once, when the protocol is compiled, and cycles are refused."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from pathway.engine.context import Evaluation, Test
from pathway.engine.results import Needs, Offer
from pathway.errors import ProtocolError
from pathway.language import (
    Decision,
    Fact,
    Limit,
    Order,
    Param,
    Phase,
    Predicate,
    Protocol,
    Reading,
    Scope,
    Track,
)
from pathway.language.implied_orders import implied_orders
from pathway.language.parsing import QUALIFIERS, nearest
from pathway.language.profile import profile_keys
from pathway.language.terms import key_of

RECORDED = "record "
"""What an edge begins with that leads to the record: the name follows of which something is recorded."""

EXITS = "exits of "
"""What the name begins with of that which the exits of a phase offer: track and phase follow."""

Bound = Callable[[Evaluation], tuple[str, Decimal] | None]


def exits_of(track: Track, phase: Phase) -> str:
    """What the exits of a phase are called among what depends on each other."""
    return f"{EXITS}{track.id} {phase.id}"


class Linker:
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
        self.reading_index: dict[Reading, int] = {}
        self.edges: dict[str, dict[str, None]] = {}
        self.readable: tuple[str, ...] = ()
        self.compound: dict[Predicate, tuple[int, Test]] = {}
        self.compounds: list[Test] = []
        self.offers: dict[str, Callable[[Evaluation], Offer]] = {}
        self.may_lapse: dict[str, Callable[[Evaluation], bool]] = {}
        self.historic: dict[str, None] = {}
        self.remembers = True
        self.limits: dict[tuple[str, str], list[Bound]] = {}
        self.orders = (*protocol.orders, *implied_orders(protocol))
        self.breaches: dict[Order, Callable[[Evaluation], Iterator[Any]]] = {}
        self.standing = 0
        self.when_linked: list[Callable[[], None]] = []
        """What can be known only once everything has been compiled."""
        self.names_of: dict[str, dict[str, None]] = {}
        self.decision_index = {key: n for n, key in enumerate(self.decisions)}

    def error(self, message: str) -> ProtocolError:
        """A ProtocolError that names the protocol and the part being compiled."""
        owners = [each for each in self.owner if not each.startswith(EXITS)]
        named_parts = [each for each in owners if not each.startswith(("compound ", "reading "))]
        where = f" (in {(named_parts or owners)[-1]})" if owners else ""
        quoted = re.search(r"'([^']+)'", message.partition(";")[0])
        named = re.match(r"(.+) is defined twice", message) or re.match(r"a cycle: (.+?) ->", message)
        path = (*owners, *((named[1],) if named is not None and quoted is None else ()))
        return ProtocolError(
            f"{self.protocol.name}: {message}{where}",
            tuple(each.partition("[")[0] for each in path),
            quoted[1] if quoted is not None else None,
        )

    @contextmanager
    def within(self, owner: str) -> Iterator[None]:
        """Everything looked up inside is what `owner` depends on."""
        self.owner.append(owner)
        self.edges.setdefault(owner, {})
        try:
            yield
        finally:
            self.owner.pop()

    def depends(self, on: str) -> None:
        """Remember that what is being compiled reads `on`."""
        if not self.owner:
            raise AssertionError(
                f"{on} is read by nothing that has a name: no change of it would be heard of"
            )
        self.edges.setdefault(self.owner[-1], {})[on] = None

    def recorded(self, name: str) -> None:
        """Remember that what is being compiled reads what is on record under a name.

        Whatever asks the record for a name must say so here: an event about it makes stale what its readers found out.
        """
        self.depends(f"{RECORDED}{name}")

    def rests_on_its_past(self) -> None:
        """Remember that what is being compiled also reads what it was itself: the same inputs may give another result."""
        self.historic[self.owner[-1]] = None

    def _find(self, what: str, id: str, known: dict[str, Any]) -> int:
        if id not in known:
            raise self.error(f"{what} {id!r} is not defined; {nearest(id, list(known))}")
        self.depends(f"{what} {id}")
        return list(known).index(id)

    def fact(self, id: str) -> Fact:
        """The fact of that name."""
        if id not in self.facts:
            raise self.error(f"fact {id!r} is not defined; {nearest(id, list(self.facts))}")
        self.recorded(id)
        fact: Fact = self.facts[id]
        return fact

    def reading(self, reading: Reading, type: str = "") -> int:
        """The index of a slot."""
        fact = self.fact(reading.fact)
        if type and fact.type != type:
            raise self.error(f"{reading.fact} is a {fact.type}, a {type} is needed")
        points = reading.points or ((reading.point,) if reading.point else ())
        for point in points:
            if point not in fact.points:
                raise self.error(f"{reading.fact} has no point {point!r}; {nearest(point, fact.points)}")
        if fact.points and not points:
            raise self.error(f"{reading.fact} needs a point; {nearest('', fact.points)}")
        index = self.reading_index.setdefault(reading, len(self.reading_index))
        self.depends(f"slot {index}")
        with self.within(f"slot {index}"):
            self.recorded(reading.fact)
            for _, what in fact.about:
                self.recorded(what)
            for anchor in (reading.until, reading.since):
                if anchor:
                    self.anchor(anchor)
        return index

    def check_values(self, reading: Reading, values: tuple[str, ...]) -> None:
        """Refuse a value that the fact can never have."""
        fact = self.fact(reading.fact)
        allowed = fact.values if fact.type == "choice" else (("NEVER",) if fact.never else ())
        allowed = QUALIFIERS if fact.qualifiers else allowed
        for value in values:
            if value not in allowed:
                raise self.error(f"{reading.fact} can never be {value!r}; {nearest(value, allowed)}")

    def check_alive(self, fact: Fact) -> None:
        """Refuse a value that is said to show that the patient lives, and that the fact can never have."""
        for value in fact.alive:
            if fact.type != "choice" or value not in fact.values:
                raise self.error(f"{fact.id} can never be {value!r}; {nearest(value, fact.values)}")

    def action(self, id: str, scope: Scope) -> str:
        """The action of that name; `scope` must be one that it accepts."""
        if id not in self.actions:
            raise self.error(f"action {id!r} is not defined; {nearest(id, list(self.actions))}")
        scopes = dict(self.actions[id].scopes)
        for label, value in scope:
            if label not in scopes or value not in scopes[label]:
                raise self.error(f"action {id} has no scope {label}={value}")
        self.recorded(id)
        return id

    def adverse_event(self, id: str) -> str:
        """The adverse-event type of that name."""
        if id not in self.events:
            raise self.error(f"adverse event {id!r} is not defined; {nearest(id, list(self.events))}")
        self.recorded(id)
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

    def track(self, track: str, phases: tuple[str, ...]) -> int:
        """The index of a track that may be read here, and has these phases."""
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
        return self._find("track", track, self.tracks)

    def exit_of(self, decision: str) -> tuple[int, str]:
        """(index of the track, phase) of a phase-exit decision such as AFTER_CONSOLIDATION."""
        phase = decision.removeprefix("AFTER_")
        for track in self.protocol.tracks:
            if any(p.id == phase and p.exits for p in track.phases):
                return self._find("track", track.id, self.tracks), phase
        known = [f"AFTER_{p.id}" for t in self.protocol.tracks for p in t.phases if p.exits]
        raise self.error(
            f"decision {decision!r} is not defined: no phase {phase!r} has exits; {nearest(decision, known)}"
        )

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

        def read(ctx: Evaluation) -> tuple[str, Decimal] | None:
            value = ctx.params[key]
            return (value.op, Decimal(value.value)) if isinstance(value, Limit) else None

        return read

    def divides(self, reading: Reading, limit: Bound) -> None:
        """Remember that a limit divides the values of a slot: samples on its two sides do not say the same."""
        if self.remembers:
            for point in reading.points or (reading.point,):
                self.limits.setdefault((reading.fact, point), []).append(limit)

    def readers(self, owners: Mapping[int, list[str]]) -> dict[str, tuple[tuple[int, tuple[int, ...]], ...]]:
        """By name of what is recorded: the kinds and numbers of the owners that read it, themselves or through others."""
        found: dict[str, dict[int, list[int]]] = {}
        for kind, names in owners.items():
            of_kind: defaultdict[str, list[int]] = defaultdict(list)
            for number, owner in enumerate(names):
                for name in self._reads(owner):
                    of_kind[name].append(number)
            for name, numbers in of_kind.items():
                found.setdefault(name, {})[kind] = numbers
        return {
            name: tuple((kind, tuple(numbers)) for kind, numbers in kinds.items())
            for name, kinds in found.items()
        }

    def needs(self, owners: Mapping[int, list[str]]) -> tuple[tuple[Needs | None, ...], ...]:
        """By kind and number, the names for which each owner asks the record itself, and the other owners that it asks; None if
        it reads its own past."""
        place = {owner: (kind, n) for kind, names in owners.items() for n, owner in enumerate(names)}
        same: dict[Needs | None, Needs | None] = {}  # many need just the same: it is held once
        return tuple(
            tuple(
                same.setdefault(each, each) for each in (self._needs(owner, place) for owner in owners[kind])
            )
            for kind in sorted(owners)
        )

    def _needs(self, owner: str, place: Mapping[str, tuple[int, int]]) -> Needs | None:
        if owner in self.historic:
            return None
        names: dict[str, None] = {}
        others: dict[tuple[int, int], None] = {}
        waiting, been = [owner], {owner: None}
        while waiting:
            for on in self.edges.get(waiting.pop(), ()):
                if on.startswith(RECORDED):
                    names[on.removeprefix(RECORDED)] = None
                elif on in place:
                    others[place[on]] = None
                elif on not in been:
                    been[on] = None
                    waiting.append(on)
        return frozenset(names), tuple(others)

    def names_read(self) -> set[str]:
        """The names of the record that what is being compiled reads, itself or through others: there when all is linked."""
        owner, names = self.owner[-1], set[str]()
        self.when_linked.append(lambda: names.update(self._reads(owner)))
        return names

    def _reads(self, owner: str) -> dict[str, None]:
        """The names of the record that an owner reads, itself or through others; right only when all is linked."""
        found = self.names_of.get(owner)
        if found is None:
            found = self.names_of[owner] = {}
            for on in self.edges.get(owner, ()):
                if on.startswith(RECORDED):
                    found[on.removeprefix(RECORDED)] = None
                else:
                    found.update(self._reads(on))
        return found

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
            cycle = [n for n in path[path.index(name) :] if not n.startswith(("slot ", "compound ", EXITS))]
            raise self.error(f"a cycle: {' -> '.join([*cycle, cycle[0]])}")
        if name in done:
            return
        for following in self.edges.get(name, ()):
            if following.startswith(RECORDED):
                continue
            self._visit(following, [*path, name], done)
        done.add(name)


def _unique(what: str, parts: tuple[Any, ...], linker: Linker, *, scoped: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts:
        name = key_of(part.id, part.scope) if scoped else part.id
        if name in found:
            raise linker.error(f"{what} {name} is defined twice")
        found[name] = part
    return found
