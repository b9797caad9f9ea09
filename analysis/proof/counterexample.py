"""Questions to the solver, and its answers as a few facts that a clinician can check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import z3

from analysis.proof.encode_decisions import Answers
from analysis.proof.encode_predicates import Meaning
from analysis.proof.encode_times import YES
from analysis.proof.expressions import Expr, both, either, number
from analysis.proof.replay import Replay, replay
from analysis.proof.solver import EFFORT, Cone, Effort, Room, Unsure, forget_names, names_in, outside
from analysis.proof.unknowns import Group, ReadingVar
from analysis.proof.variables import Variables
from pathway.engine.context import Compiled
from pathway.language import Compare, Input, Protocol, Reading
from pathway.language.profile import Profile
from pathway.language.walk import atoms


@dataclass(frozen=True, slots=True)
class Example:
    """A world: the fewest facts that already make it what it is, one a line; and the events of such a patient."""

    lines: tuple[str, ...]
    replay: Replay


ROOMS: Final = 2
"""So many rooms are kept for further questions about the same rules: each holds some 25 MB."""


class Counterexample:
    """A world with everything that is true of it, asked one question after another.

    Every question is answered from the rules that it rests on alone: none is harder for what was asked before. `effort`: steps
    of the solver for one (`analysis.proof.solver`). Questions raise `Unsure`, never a silent yes or no.
    """

    def __init__(self, compiled: Compiled, profile: Profile, effort: int = EFFORT) -> None:
        forget_names()
        self.effort = Effort(effort)
        self.world = Variables(compiled, profile)
        self.meaning = Meaning(
            self.world,
            # The decisions are made below, from this.
            lambda key, options: self.answers.outcome(key, options),  # noqa: PLW0108
        )
        self.answers = Answers(self.meaning)
        self.cone = Cone(self.world)
        self.questions = 0
        self._rooms: dict[tuple[int, ...], Room] = {}
        self._answers: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[bool, tuple[Expr, ...]]] = {}
        self._limits = limits_of(compiled.protocol, self.world)
        for ruled_out in compiled.protocol.impossible:
            self.cone.keep(z3.Not(z3.And(*(self.meaning.of(p).passes for p in ruled_out.parts))))

    def room(self, *about: Expr) -> Room:
        """A room with the rules that questions about these expressions rest on."""
        return Room(self._rules(*about), self.effort)

    def _rules(self, *about: Expr) -> list[Expr]:
        rules, _ = self.cone.rules(name for e in about for name in sorted(names_in(e)))
        return rules

    def model(self, *question: Expr) -> Any:
        """A world in which all of this holds; None if there is none."""
        self.questions += 1
        found = self.room(*question).model(*question)
        return outside(found) if found is not None else None

    def can(self, *question: Expr) -> bool:
        """Whether there is such a world. What rests on the same rules is asked in one room, and the same question once: a room
        costs more than most answers."""
        self.questions += 1
        rules = self._rules(*question)
        resting = tuple(map(id, rules))
        # With the expressions, for z3 uses the number of one that is gone again.
        key = resting, tuple(e.get_id() for e in question)
        if key not in self._answers:
            room = self._rooms.pop(resting, None) or Room(rules, self.effort, shared=True)
            self._rooms[resting] = room
            if len(self._rooms) > ROOMS:
                del self._rooms[next(iter(self._rooms))]
            self._answers[key] = room.can(*question), question
        return self._answers[key][0]

    def anybody(self) -> bool:
        """Whether there can be any patient at all, with all rules at once."""
        self.questions += 1
        return Room(self.world.legal, self.effort).can()

    def core(self, parts: list[Expr]) -> list[int]:
        """Of parts that cannot hold together: the numbers of few that already cannot."""
        core = self._core([], parts)
        return core if core is not None else list(range(len(parts)))

    def _core(self, denied: list[Expr], parts: list[Expr]) -> list[int] | None:
        """The numbers of few parts that already cannot hold with what is denied; None if all can, or it is too hard to tell."""
        room = self.room(*denied, *parts)
        names = [z3.Bool(f"part {n}") for n in range(len(parts))]
        room.add(*denied, *(z3.Implies(n, v) for n, v in zip(names, parts, strict=True)))
        self.questions += 1
        try:
            if room.can_with(*names):
                return None
        except Unsure:
            return None
        core = room.core()
        keep = [n for n, name in enumerate(names) if str(name) in core]
        for n in list(keep):
            rest = [k for k in keep if k != n]
            self.questions += 1
            with suppress(Unsure):
                if not room.can_with(*(names[k] for k in rest)):
                    keep = rest
        return keep

    def facts(self, question: Expr, context: Expr = YES) -> Example:
        """A plain world in which the question is true in the context."""
        wishes = self.plain(question)
        room = self.room(question, context, *(w for batch in wishes for w in batch))
        room.add(question, context)
        for batch in wishes:
            for granted in self._granted(room, batch):
                room.add(granted)
        self.questions += 1
        found = room.model()
        assert found is not None
        model = outside(found)
        groups = self._groups(question)
        values = [z3.And(*(u == model.eval(u, True) for u in g.unknowns)) for g in groups]
        lines = self.fewest([z3.Not(question), context], groups, values, model)
        return Example(lines, replay(self.answers, model, names_in(z3.And(question, context))))

    def _granted(self, room: Room, wishes: list[Expr]) -> Iterator[Expr]:
        """All of the wishes if they can be at once, else one after another those that can. A wish that is hard is not granted."""
        for batch in (wishes, *([w] for w in wishes)):
            self.questions += 1
            with suppress(Unsure):
                if batch and room.can(*batch):
                    yield both(*batch)
                    if batch is wishes:
                        return

    def fewest(
        self, denied: list[Expr], groups: list[Group], values: list[Expr], model: Any
    ) -> tuple[str, ...]:
        """The groups without whose values the denial could hold."""
        core = self._core(denied, values)
        keep = core if core is not None else list(range(len(groups)))
        return _shown([groups[n] for n in keep], model)

    def plain(self, question: Expr) -> list[list[Expr]]:
        """What makes a world easy to picture: known exact values on or beside a limit, the default profile, nobody
        overriding, no date that lies beside a limit in months."""
        seen, world = names_in(question), self.world
        readings = [s for s in world.readings.values() if f"{s.name}: known" in seen]
        settings: list[Expr] = []
        people: list[Expr] = []
        for name in sorted(seen):
            if name.startswith("profile ") and name.endswith(" set"):
                settings.append(z3.Not(z3.Bool(name)))
            elif name.startswith("profile "):
                key = world.keys[name.removeprefix("profile ")]
                settings.append(
                    z3.Int(name) == (key.options.index(key.default) if key.default in key.options else 0)
                )
            elif name.startswith("judgement of ") or (name.startswith("taken ") and self._computed(name)):
                people.append(z3.Int(name) == 0)
        return [
            settings,
            people,
            [z3.Not(s.open) for s in readings],
            [s.known for s in readings],
            [c for c in world.clear if names_in(c) <= seen],
            [either(*(s.value == v for v in values)) for s in readings if (values := self._round_values(s))],
        ]

    def _computed(self, name: str) -> bool:
        return self.world.compiled.decisions[name.removeprefix("taken ")].confirm is None

    def _round_values(self, reading: ReadingVar) -> list[Expr]:
        """The limits that anything sets for a fact, and a value on each side of them."""
        if reading.fact.type != "number":
            return []
        limits = self._limits.get(reading.fact.id, [])
        return [number(str(v)) for limit in limits for v in (limit, limit * 2, limit / 2, limit + 1)]

    def _groups(self, question: Expr) -> list[Group]:
        seen = names_in(question)
        return [g for g in self.world.groups.values() if any(u.decl().name() in seen for u in g.unknowns)]


def _shown(groups: list[Group], model: Any) -> tuple[str, ...]:
    """A line a group; what merely is not so is left out where anything is."""
    lines = dict.fromkeys(line for g in groups if (line := g.show(model)))
    return (
        tuple(line for line in lines if not line.startswith("not: "))
        or tuple(lines)
        or ("whatever is known of the patient",)
    )


def limits_of(protocol: Protocol, world: Variables) -> dict[str, list[Decimal]]:
    """Every number that a fact is compared with."""
    found: dict[str, dict[Decimal, None]] = {}
    pairs = [(c.reading, c.limit) for c in atoms(protocol, Compare)]
    pairs += [
        (i.of, x)
        for i in atoms(protocol, Input)
        if isinstance(i.of, Reading)
        for b in i.bands
        for x in b.limits
    ]
    for reading, limit in pairs:
        bound = world.limit(limit)
        if bound is not None:
            found.setdefault(reading.fact, {})[Decimal(bound.value)] = None
    return {fact: list(values) for fact, values in found.items()}
