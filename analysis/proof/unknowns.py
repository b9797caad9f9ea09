"""What an unknown of the solver is: a slot's, what it stands for, and how a counterexample shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import z3

from analysis.proof.expressions import Expr
from analysis.proof.model_text import day_text, value_text
from pathway.language import Fact, Reading


@dataclass(slots=True)
class ReadingVar:
    """A slot: known, under review, or missing (then possibly declared not obtainable).

    `value` is a real (numbers), an index into `Fact.values` (choices) or a day. `open`: an undetected or unquantifiable
    number, known to be in [0, value). `never`: a date fact that says that there is no such date.
    """

    reading: Reading
    fact: Fact
    name: str
    known: Expr
    review: Expr
    declared: Expr
    value: Expr
    open: Expr
    never: Expr
    sampled: Expr

    @property
    def missing(self) -> Expr:
        """Neither known nor under review."""
        return z3.Not(z3.Or(self.known, self.review))


@dataclass(frozen=True, slots=True)
class Stands:
    """What an unknown stands for: what an engine's evaluation says there can be compared with it.

    `kind` and `about`: `true` a predicate; `when` the time of an anchor, a way to know it; `word` a slot's result without
    a number; `course`, `end` the state of a ledger; `phase` a track's; `taken` a decision; `judged` a criterion;
    `setting`, `set` a profile key.
    """

    kind: Literal["true", "when", "word", "course", "end", "phase", "taken", "judged", "setting", "set"]
    about: Any


@dataclass(slots=True)
class Group:
    """Unknowns that a counterexample shows as one line, and how."""

    unknowns: list[Expr]
    show: Callable[[Any], str]


def faces(one: ReadingVar, two: ReadingVar) -> list[tuple[Expr, Expr]]:
    """What two slots say, side by side."""
    return [
        (one.known, two.known),
        (one.review, two.review),
        (one.value, two.value),
        (one.open, two.open),
        (one.never, two.never),
        (one.sampled, two.sampled),
    ]


def no_less(small: ReadingVar, large: ReadingVar) -> list[Expr]:
    """Where the highest counts: a slot over more samples says no less than one over fewer of them."""
    cardinality = {large.fact.counted(large.reading.point), small.fact.counted(small.reading.point)}
    if not cardinality <= {"max", "ever"} or large.fact.about:
        return []
    exact = z3.And(small.known, large.known, z3.Not(small.open), z3.Not(large.open))
    day = z3.Or(small.never, z3.And(z3.Not(large.never), large.value >= small.value))
    return [z3.Implies(exact, day)]


def reading_words(made: ReadingVar, model: Any) -> str:
    """What a model says of a slot."""

    def yes(unknown: Any) -> bool:
        return bool(z3.is_true(model.eval(unknown, True)))

    if yes(made.review):
        return f"{made.name} needs a review"
    if not yes(made.known):
        return f"{made.name} is missing" + (", declared not obtainable" if yes(made.declared) else "")
    value = model.eval(made.value, True)
    if made.fact.type == "choice":
        return f"{made.name} = {made.fact.values[value.as_long()]}"
    if made.fact.type == "date":
        return f"{made.name} = {'NEVER' if yes(made.never) else day_text(value)}"
    unit = f" {made.fact.units[0].name}" if made.fact.units else ""
    if yes(made.open):
        return f"{made.name} is not detected or not quantifiable, below {value_text(value)}{unit}"
    return f"{made.name} = {value_text(value)}{unit}"
