"""Questions to the solver, and its answers as a few facts that a clinician can check."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import z3

from analysis.answers import Answers
from analysis.meaning import Meaning
from analysis.times import YES
from analysis.walk import atoms
from analysis.world import Expr, Group, SlotVar, World, both, either, number
from pathway.compiled import Compiled
from pathway.language import Compare, Input, Protocol, Slot
from pathway.profile import Profile

PATIENCE = 20_000
"""Milliseconds after which the solver gives up on a question: `Unsure` is raised, never a silent yes."""


class Unsure(Exception):
    """The solver could not tell."""


class Witness:
    """A world with everything that is true of it, asked one question after another."""

    def __init__(self, compiled: Compiled, profile: Profile) -> None:
        _NAMES.clear()
        self.world = World(compiled, profile)
        self.meaning = Meaning(self.world)
        self.answers = Answers(self.meaning)
        self.questions = 0
        self._solver = z3.Solver()
        self._solver.set("timeout", PATIENCE)
        self._told = 0
        self._limits = limits_of(compiled.protocol, self.world)
        for ruled_out in compiled.protocol.impossible:
            self.world.legal.append(z3.Not(z3.And(*(self.meaning.of(p).passes for p in ruled_out.parts))))

    def model(self, *question: Expr) -> Any:
        """A world in which all of this holds; None if there is none."""
        self._tell()
        self.questions += 1
        self._solver.push()
        try:
            self._solver.add(*question)
            answer = self._solver.check()
            if answer != z3.unknown:
                return self._solver.model() if answer == z3.sat else None
        finally:
            self._solver.pop()
        # Without what it has learnt from earlier questions the solver is sometimes quicker.
        fresh = z3.Solver()
        fresh.set("timeout", PATIENCE)
        fresh.add(*self.world.legal, *question)
        answer = fresh.check()
        if answer == z3.unknown:
            raise Unsure(fresh.reason_unknown())
        return fresh.model() if answer == z3.sat else None

    def can(self, *question: Expr) -> bool:
        """Whether there is such a world."""
        return self.model(*question) is not None

    def core(self, parts: list[Expr]) -> list[int]:
        """Of parts that cannot hold together: the numbers of few that already cannot."""
        keep = list(range(len(parts)))
        for n in list(keep):
            rest = [k for k in keep if k != n]
            if not self.can(*(parts[k] for k in rest)):
                keep = rest
        return keep

    def facts(self, question: Expr, context: Expr = YES) -> tuple[str, ...]:
        """The fewest facts of a plain world that already make the question true in the context, one a line."""
        wanted: list[Expr] = [question, context]
        for wishes in self.plain(question):
            if self.can(*wanted, both(*wishes)):
                wanted.append(both(*wishes))
            else:
                wanted += self._one_by_one(wanted, wishes)
        model = self.model(*wanted)
        assert model is not None
        groups = self._groups(question)
        values = [z3.And(*(u == model.eval(u, True) for u in g.unknowns)) for g in groups]
        return self.fewest([z3.Not(question), context], groups, values, model)

    def _one_by_one(self, wanted: list[Expr], wishes: list[Expr]) -> list[Expr]:
        granted: list[Expr] = []
        for wish in wishes:
            if self.can(*wanted, *granted, wish):
                granted.append(wish)
        return granted

    def fewest(
        self, denied: list[Expr], groups: list[Group], values: list[Expr], model: Any
    ) -> tuple[str, ...]:
        """The groups without whose values the denial could hold."""
        self._tell()
        self.questions += 1
        self._solver.push()
        names = [z3.Bool(f"value {n}") for n in range(len(values))]
        self._solver.add(*denied, *(z3.Implies(n, v) for n, v in zip(names, values, strict=True)))
        answer = self._solver.check(*names)
        core = {str(c) for c in self._solver.unsat_core()} if answer == z3.unsat else set()
        self._solver.pop()
        keep = [n for n, name in enumerate(names) if str(name) in core or answer != z3.unsat]
        for n in list(keep) if answer == z3.unsat else []:
            rest = [k for k in keep if k != n]
            if not self.can(*denied, *(values[k] for k in rest)):
                keep = rest
        return _shown([groups[n] for n in keep], model)

    def plain(self, question: Expr) -> list[list[Expr]]:
        """What makes a world easy to picture: known exact values on or beside a limit, the default profile, nobody
        overriding."""
        seen, world = names_in(question), self.world
        slots = [s for s in world.slots.values() if f"{s.name}: known" in seen]
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
            [z3.Not(s.open) for s in slots],
            [s.known for s in slots],
            [either(*(s.value == v for v in values)) for s in slots if (values := self._round_values(s))],
        ]

    def _computed(self, name: str) -> bool:
        return self.world.compiled.decisions[name.removeprefix("taken ")].confirm is None

    def _round_values(self, slot: SlotVar) -> list[Expr]:
        """The limits that anything sets for a fact, and a value on each side of them."""
        if slot.fact.type != "number":
            return []
        limits = self._limits.get(slot.fact.id, [])
        return [number(str(v)) for limit in limits for v in (limit, limit * 2, limit / 2, limit + 1)]

    def _groups(self, question: Expr) -> list[Group]:
        seen = names_in(question)
        return [g for g in self.world.groups.values() if any(u.decl().name() in seen for u in g.unknowns)]

    def _tell(self) -> None:
        for rule in self.world.legal[self._told :]:
            self._solver.add(rule)
        self._told = len(self.world.legal)


def _shown(groups: list[Group], model: Any) -> tuple[str, ...]:
    """A line a group; what merely is not so is left out where anything is."""
    lines = dict.fromkeys(line for g in groups if (line := g.show(model)))
    return (
        tuple(line for line in lines if not line.startswith("not: "))
        or tuple(lines)
        or ("whatever is known of the patient",)
    )


def limits_of(protocol: Protocol, world: World) -> dict[str, list[Decimal]]:
    """Every number that a fact is compared with."""
    found: dict[str, dict[Decimal, None]] = {}
    pairs = [(c.slot, c.limit) for c in atoms(protocol, Compare)]
    pairs += [
        (i.of, x) for i in atoms(protocol, Input) if isinstance(i.of, Slot) for b in i.bands for x in b.limits
    ]
    for slot, limit in pairs:
        bound = world.limit(limit)
        if bound is not None:
            found.setdefault(slot.fact, {})[Decimal(bound.value)] = None
    return {fact: list(values) for fact, values in found.items()}


_NAMES: dict[int, tuple[Expr, frozenset[str]]] = {}


def names_in(expression: Expr) -> frozenset[str]:
    """The names of the unknowns of an expression."""
    # Kept with the expression: the solver uses an id again once its expression is gone.
    known = _NAMES.get(expression.get_id())
    if known is not None:
        return known[1]
    found: set[str] = set()
    seen: set[int] = set()
    todo = [expression]
    while todo:
        node = todo.pop()
        key = node.get_id()
        if key in seen:
            continue
        seen.add(key)
        if key in _NAMES:
            found |= _NAMES[key][1]
            continue
        children = node.children()
        if not children and z3.is_const(node) and node.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            found.add(node.decl().name())
        todo.extend(children)
    names = frozenset(found)
    _NAMES[expression.get_id()] = (expression, names)
    return names
