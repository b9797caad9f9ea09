"""The solver in rooms of its own: the same question always takes the same way to the same answer, or to none.

What z3 does depends on all that was asked before in its context, by the numbers that it gives to expressions and by what it
has learnt. So every question, or every run of questions that belong together, gets a context of its own with only the rules
that it rests on; only where yes or no is all that is asked do questions that rest on the same rules share one, and what z3
cannot tell there is asked once more by itself. Expressions are written in the common context and copied in. Effort is counted
in steps of the solver, which no other work on the machine can slow down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import z3

from analysis.proof.expressions import Expr
from analysis.proof.variables import Variables

EFFORT: Final = 10_000_000
"""Steps of the solver (its `rlimit`, a second or two) after which it gives up on one question under one seed."""
SEEDS: Final = (0, 7, 21)
"""Seeds under which a question is tried, one after another, before it counts as not settled."""


MANY: Final = 10
"""Questions that are not settled, after which each further one gets a tenth of the effort: a proof always ends."""


class Unsure(Exception):
    """The solver could not tell."""


@dataclass(slots=True)
class Effort:
    """Steps of the solver for each question of a proof, how many it has `spent`, and how many questions are not settled."""

    each: int = EFFORT
    unsettled: int = 0
    spent: int = 0

    @property
    def steps(self) -> int:
        """Steps for the next question."""
        return self.each if self.unsettled < MANY else self.each // 10


class Room:
    """A solver in a context of its own, with rules that hold there. What goes in is of the common context; what comes out too,
    but for what `inside` made."""

    def __init__(
        self, rules: Iterable[Expr], effort: Effort, *, beside: Room | None = None, shared: bool = False
    ) -> None:
        """A new room; or another solver in the context of the room `beside`. `shared`: questions that have nothing to do with one
        another are asked in it, and one that it cannot tell is tried from the beginning under every seed."""
        self.context: Any = beside.context if beside is not None else z3.Context()
        self._effort = effort
        self._again = SEEDS if shared else SEEDS[1:]
        self._solver = self._made(self.context, SEEDS[0])
        self._answered: Any = None
        self.add(*rules)

    def _made(self, context: Any, seed: int) -> Any:
        solver = z3.SimpleSolver(ctx=context)
        solver.set("rlimit", max(self._effort.steps, 1))
        solver.set("random_seed", seed)
        return solver

    def inside(self, expressions: Sequence[Expr]) -> list[Expr]:
        """The expressions in the context of this room; copied together, as they share most of their parts."""
        if all(e.ctx == self.context for e in expressions):
            return list(expressions)
        return list(self._copied(expressions))

    def _copied(self, expressions: Sequence[Expr]) -> Any:
        vector = z3.AstVector()
        for expression in expressions:
            vector.push(expression)
        return vector.translate(self.context)

    def add(self, *rules: Expr) -> None:
        """Lets more be true from now on."""
        if not rules:
            return
        if all(rule.ctx == self.context for rule in rules):
            self._solver.add(*rules)
            return
        # Straight from copy to solver: to make Python objects of thousands of rules costs more than most answers.
        copied = self._copied(rules)
        solver, context = self._solver.solver, self.context.ref()
        for number in range(len(copied)):
            z3.Z3_solver_assert(context, solver, z3.Z3_ast_vector_get(context, copied.vector, number))

    def can(self, *question: Expr) -> bool:
        """Whether all of this can hold at once. Raises `Unsure`."""
        if not question:
            return self._check()
        self._solver.push()
        try:
            self.add(*question)
            return self._check()
        finally:
            self._solver.pop()

    def can_with(self, *names: Expr) -> bool:
        """Whether these yes-or-no unknowns can be true at once; if not, `core` says which cannot. Raises `Unsure`."""
        return self._check(*self.inside(names))

    def model(self, *question: Expr) -> Any:
        """A world of this room in which all of this holds, None if there is none. Raises `Unsure`."""
        self._solver.push()
        try:
            self.add(*question)
            return self.found() if self._check() else None
        finally:
            self._solver.pop()

    def found(self) -> Any:
        """The world of the last answer that was yes, in the context of this room."""
        model = self._answered.model()
        return model if model.ctx == self.context else model.translate(self.context)

    def core(self) -> frozenset[str]:
        """Names of the unknowns asked for that could not be true at once, in the last answer that was no."""
        return frozenset(str(name) for name in self._answered.unsat_core())

    def _check(self, *names: Expr) -> bool:
        answer, why = self._ask(self._solver, names)
        for seed in self._again:
            if answer != z3.unknown:
                break
            # From the beginning, without what was learnt: what has led it astray may have been just that.
            context = z3.Context()
            solver = self._made(context, seed)
            solver.add(*self._solver.assertions().translate(context))
            answer, why = self._ask(solver, [n.translate(context) for n in names])
        if answer == z3.unknown:
            self._effort.unsettled += 1
            raise Unsure(why)
        return bool(answer == z3.sat)

    def _ask(self, solver: Any, names: Sequence[Expr]) -> tuple[Any, str]:
        self._answered = solver
        before = _steps(solver)
        answer = solver.check(*names)
        self._effort.spent += _steps(solver) - before
        return (
            answer,
            f"{solver.reason_unknown()}, seeds {', '.join(map(str, SEEDS))}" if answer == z3.unknown else "",
        )


def _steps(solver: Any) -> int:
    """Steps that have been taken in a solver's context."""
    statistics = solver.statistics()
    return int(statistics.get_key_value("rlimit count")) if "rlimit count" in statistics.keys() else 0  # noqa: SIM118


def outside(model: Any) -> Any:
    """A world of a room in the common context."""
    return model.translate(z3.main_ctx())


class Cone:
    """The rules that a question rests on: those that its unknowns are tied to, directly or through others.

    `now` ties nothing: whatever else is dated can be dated before it, at any moment. What a protocol declares impossible
    may say otherwise, and is kept wherever it speaks of `now`.
    """

    def __init__(self, world: Variables) -> None:
        self._world = world
        self._ties: list[frozenset[str]] = []
        self._of: dict[str, list[int]] = {}
        self._groups: dict[str, frozenset[str]] = {}
        self._grouped: dict[str, int] = {}
        self._kept: list[int] = []
        self._now = frozenset([name_of(world.now)])

    def keep(self, rule: Expr) -> None:
        """Adds a rule that is kept for every question if it speaks of `now`, or of no unknown at all."""
        if self._now & names_in(rule) or not names_in(rule):
            self._kept.append(len(self._world.legal))
        self._world.legal.append(rule)

    def rules(self, names: Iterable[str]) -> tuple[list[Expr], frozenset[str]]:
        """The rules tied to unknowns of those names, in the order in which they were made; all unknowns they speak of."""
        self._read()
        about: dict[str, None] = {}
        found = dict.fromkeys(self._kept)
        todo = [*names, *(n for k in self._kept for n in sorted(self._ties[k]))]
        while todo:
            name = todo.pop()
            if name in about:
                continue
            about[name] = None
            todo += self._groups.get(name, ())
            for number in self._of.get(name, ()):
                if number not in found:
                    found[number] = None
                    todo += self._ties[number]
        return [self._world.legal[n] for n in sorted(found)], frozenset(about) | self._now

    def _read(self) -> None:
        """Takes note of rules and groups that have been made since."""
        world = self._world
        for number, rule in enumerate(world.legal[len(self._ties) :], len(self._ties)):
            names = names_in(rule)
            self._ties.append(names)
            for name in names - self._now:
                self._of.setdefault(name, []).append(number)
        for key, group in world.groups.items():
            if self._grouped.get(key) != len(group.unknowns):
                self._grouped[key] = len(group.unknowns)
                tied = frozenset(name_of(u) for u in group.unknowns)
                self._groups.update(dict.fromkeys(tied, tied))


def name_of(unknown: Expr) -> str:
    """The name of an unknown."""
    return str(unknown.decl().name())


_NAMES: dict[int, frozenset[str]] = {}
"""The names of every expression that was asked about, and of all its parts, by the number that the solver gives to each."""
_ASKED: dict[int, Expr] = {}
"""What was asked about. Kept, and with it the parts: the solver uses a number again once its expression is gone."""


def forget_names() -> None:
    """Drops what `names_in` remembers, and with it the expressions."""
    _NAMES.clear()
    _ASKED.clear()


def names_in(expression: Expr) -> frozenset[str]:
    """The names of the unknowns of an expression of the common context."""
    known = _NAMES.get(expression.get_id())
    if known is not None:
        return known
    # Below the solver's Python objects, which would be half the time of a proof to make.
    context, root = expression.ctx_ref(), expression.as_ast()
    todo = [root]
    while todo:
        node = todo[-1]
        key = z3.Z3_get_ast_id(context, node)
        if key in _NAMES:
            todo.pop()
            continue
        parts = _parts(context, node)
        keys = [z3.Z3_get_ast_id(context, part) for part in parts]
        missing = [part for part, part_key in zip(parts, keys, strict=True) if part_key not in _NAMES]
        if missing:
            todo += missing
            continue
        todo.pop()
        _NAMES[key] = _union([_NAMES[part] for part in keys]) if parts else _own_name(context, node)
    _ASKED[expression.get_id()] = expression
    return _NAMES[expression.get_id()]


def _parts(context: Any, node: Any) -> list[Any]:
    kind = z3.Z3_get_ast_kind(context, node)
    if kind == z3.Z3_NUMERAL_AST:
        return []
    if kind != z3.Z3_APP_AST:
        raise TypeError("the prover's expressions have no quantifiers")
    application = z3.Z3_to_app(context, node)
    count = z3.Z3_get_app_num_args(context, application)
    return [z3.Z3_get_app_arg(context, application, number) for number in range(count)]


def _own_name(context: Any, node: Any) -> frozenset[str]:
    if z3.Z3_get_ast_kind(context, node) != z3.Z3_APP_AST:
        return frozenset()
    declaration = z3.Z3_get_app_decl(context, z3.Z3_to_app(context, node))
    if z3.Z3_get_decl_kind(context, declaration) != z3.Z3_OP_UNINTERPRETED:
        return frozenset()
    return frozenset([z3.Z3_get_symbol_string(context, z3.Z3_get_decl_name(context, declaration))])


def _union(sets: list[frozenset[str]]) -> frozenset[str]:
    """All of them together; one of them itself where it has all, as most parts of a formula repeat its unknowns."""
    widest = max(sets, key=len)
    return widest if all(each <= widest for each in sets) else frozenset().union(*sets)
