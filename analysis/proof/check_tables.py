"""Decision tables: every combination that a patient can have meets exactly one row, and every row meets a patient."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, groupby, pairwise

import z3

from analysis.pages.rows import cell_words, row_name, row_words, stable_name, then_words
from analysis.proof.counterexample import Counterexample
from analysis.proof.encode_decisions import Answer
from analysis.proof.expressions import Expr, both, either
from analysis.proof.findings import Finding, or_not_settled
from analysis.proof.source_locations import SourceLocations
from pathway.language import Band, Decision, Fact, Limit, Param, Reading, Rule
from pathway.language.profile import Profile
from pathway.language.terms import key_of, reading_name
from pathway.language.words import number_words

MOST = 20
"""Gaps shown of one table; more say nothing new."""

Cells = dict[str, str]


def table_findings(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Everything that is wrong with the decision tables."""
    for key in witness.world.compiled.decisions:
        yield from findings_of(key, witness, places)


def findings_of(key: str, witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Everything that is wrong with one decision table."""
    yield from band_findings(key, witness.world.compiled.decisions[key], witness, places)
    answer = witness.answers.of(key)
    at = places.of("Decision", answer.decision.id)
    for kind, what, check in (
        ("gap", "whether every patient has a row", _gaps),
        ("overlap", "whether no patient has two rows", _overlaps),
        ("dead-row", "whether every row has a patient", _dead_rows),
        ("dead-option", "whether every option is ever offered", _dead_options),
    ):
        found = check(key, answer, witness, places)
        yield from or_not_settled(found, f"{kind}:{key}", f"table {key}: {what}", at)


# --- bands ----------------------------------------------------------------------------------------------------------


def band_findings(
    key: str, decision: Decision, witness: Counterexample, places: SourceLocations
) -> Iterator[Finding]:
    """Values of a banded input that lie in no band, or in two: every limit is tried, and a value between any two."""
    for item in decision.inputs:
        if not item.bands or not isinstance(item.of, Reading):
            continue
        fact = witness.world.compiled.facts[item.of.fact]
        limits = {b.name: [_in_force(x, witness.world.profile) for x in b.limits] for b in item.bands}
        unit = f" {fact.units[0].name}" if fact.units else ""
        edges, values = telling_values(fact, limits)
        placed = [
            (v, tuple(n for n, of in limits.items() if all(x is not None and meets(v, x) for x in of)))
            for v in values
        ]
        runs = [(inside, [v for v, _ in run]) for inside, run in groupby(placed, key=lambda each: each[1])]
        for n, (inside, run) in enumerate(runs):
            if len(inside) == 1:
                continue
            # A limit is what a reader looks for; between limits any value will do.
            value = next((v for v in run if v in edges), run[0])
            around = [runs[k][0] if 0 <= k < len(runs) else () for k in (n - 1, n + 1)]
            place = "..".join(
                "+".join(names) or end for names, end in zip(around, ("lowest", "highest"), strict=True)
            )
            words = f"lies in the bands {' and '.join(inside)}" if inside else "lies in no band"
            kind = "band-overlap" if inside else "band-gap"
            yield Finding(
                f"{kind}:{key}:{item.name}:{'+'.join(inside) or place}",
                kind,
                f"Table {key}, input {item.name}: {reading_name(item.of)} = {number_words(str(value))}{unit} {words}",
                tuple(_band_words(b, witness.world.profile) for b in item.bands),
                places.of("Decision", decision.id),
            )


def _in_force(limit: Limit | Param, profile: Profile) -> Limit | None:
    if isinstance(limit, Limit):
        return limit
    value = profile.parsed[limit.key]
    return value if isinstance(value, Limit) else None


def telling_values(fact: Fact, limits: dict[str, list[Limit | None]]) -> tuple[list[Decimal], list[Decimal]]:
    """The limits; and, in order, the limits with one value of every stretch between them, within what is possible."""
    low, high = (Decimal(b) if b is not None else None for b in fact.possible)
    edges = sorted({Decimal(x.value) for of in limits.values() for x in of if x is not None})
    ends = [b for b in (low, high) if b is not None]
    every = sorted({*edges, *ends, *((e + s) for e in edges[:1] + edges[-1:] for s in (-1, 1))})
    every += [(a + b) / 2 for a, b in pairwise(every)]
    within = sorted(v for v in every if (low is None or v >= low) and (high is None or v <= high))
    return edges, within


def meets(value: Decimal, limit: Limit) -> bool:
    """Whether a number is within a limit."""
    bound = Decimal(limit.value)
    return {
        "<": value < bound,
        "<=": value <= bound,
        "=": value == bound,
        ">=": value >= bound,
        ">": value > bound,
    }[limit.op]


def _band_words(band: Band, profile: Profile) -> str:
    said = [
        f"{x.op} {number_words(x.value)}" if x is not None else "(limit not set)"
        for x in (_in_force(x, profile) for x in band.limits)
    ]
    return f"{band.name}: {' and '.join(said)}"


# --- rows -----------------------------------------------------------------------------------------------------------


def _cells_of(answer: Answer, witness: Counterexample, question: object) -> Cells:
    """In which cell each input lies in a world that answers the question."""
    model = witness.model(question)
    assert model is not None
    return {
        name: cell
        for name, column in answer.columns.items()
        for cell, made in column.cells.items()
        if z3.is_true(model.eval(made.is_, True))
    }


def _fits(rule: Rule, cells: Cells) -> bool:
    return all(name not in cells or cells[name] in wanted for name, wanted in rule.when)


def _gaps(key: str, answer: Answer, witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    rules = answer.decision.rules
    used = dict.fromkeys(name for rule in rules for name, _ in rule.when)
    said: list[Expr] = []
    # After an end questions are closed, and what rests on them has no row: a table is for those who are still treated.
    actions = witness.world.compiled.actions.values()
    gone = either(*(witness.world.recorded(a.id, ()) for a in actions if a.ends))
    open_ = z3.And(answer.asked.passes, z3.Not(either(*answer.live)), z3.Not(gone))
    # First with every input in one cell; then also where some cannot be told, and no row is left all the same.
    sure = z3.And(open_, *(answer.columns[name].sure for name in used))
    question = sure
    for _ in range(MOST):
        if not witness.can(question):
            sure, question = open_, z3.And(open_, *said)
            if not witness.can(question):
                return
        cells = {name: cell for name, cell in _cells_of(answer, witness, question).items() if name in used}
        for name in list(cells):
            rest = {n: c for n, c in cells.items() if n != name}
            if not any(_fits(rule, rest) for rule in rules):
                cells = rest
        here = both(*(answer.columns[n].cells[c].is_ for n, c in cells.items()))
        told = ", ".join(f"{n} {c}" for n, c in cells.items()) or "whatever the inputs are"
        near = max(range(len(rules)), key=lambda n: _likeness(rules[n], cells), default=None)
        facts = [f"{cell_words(answer.columns[n].item, c)}" for n, c in cells.items()]
        example = witness.facts(z3.And(question, here))
        facts += [f"for example: {line}" for line in example.lines]
        if near is not None:
            facts.append(f"nearest {row_name(rules[near], near)}: {row_words(rules[near])}")
        yield Finding(
            f"gap:{key}:{','.join(f'{n}={c}' for n, c in cells.items())}",
            "gap",
            f"Table {key} has no row for: {told}",
            tuple(facts),
            places.of("Decision", answer.decision.id),
            replay=example.replay,
        )
        said.append(z3.Not(here))
        question = z3.And(sure, *said)
    if witness.can(z3.And(open_, *said)):
        text = f"Table {key} has more gaps than the {MOST} that are shown"
        yield Finding(f"gap:{key}:more", "gap", text, (), places.of("Decision", answer.decision.id))


def _likeness(rule: Rule, cells: Cells) -> int:
    return sum(1 if cells.get(name) in wanted else -1 for name, wanted in rule.when if name in cells)


def _met(answer: Answer, rule: Rule) -> object:
    return both(
        answer.asked.passes,
        *(either(*(answer.columns[name].cells[c].is_ for c in wanted)) for name, wanted in rule.when),
    )


def _overlaps(
    key: str, answer: Answer, witness: Counterexample, places: SourceLocations
) -> Iterator[Finding]:
    rules = answer.decision.rules
    met = [_met(answer, rule) for rule in rules]
    for a, b in combinations(range(len(rules)), 2):
        cells = [dict(rules[n].when) for n in (a, b)]
        if any(
            not set(wanted) & set(cells[1][name]) for name, wanted in cells[0].items() if name in cells[1]
        ):
            continue
        question = z3.And(met[a], met[b])
        if not witness.can(question):
            continue
        same = rules[a].then == rules[b].then
        why = f"both say {then_words(rules[a].then)}: one of them says nothing" if same else (
            f"one says {then_words(rules[a].then)}, the other {then_words(rules[b].then)}"
        )  # fmt: skip
        example = witness.facts(question)
        yield Finding(
            f"overlap:{key}:{stable_name(rules, a)}+{stable_name(rules, b)}",
            "overlap",
            f"Table {key}: {row_name(rules[a], a)} and {row_name(rules[b], b)} answer the same patient; {why}",
            (
                f"{row_name(rules[a], a)}: {row_words(rules[a])}",
                f"{row_name(rules[b], b)}: {row_words(rules[b])}",
                *(f"for example: {line}" for line in example.lines),
            ),
            places.row(answer.decision.id, b),
            replay=example.replay,
        )


def _dead_rows(
    key: str, answer: Answer, witness: Counterexample, places: SourceLocations
) -> Iterator[Finding]:
    for n, rule in enumerate(answer.decision.rules):
        parts = [("the question is asked", answer.asked.passes)]
        parts += [
            (f"{cell_words(answer.columns[name].item, '/'.join(wanted))}",
             either(*(answer.columns[name].cells[c].is_ for c in wanted)))
            for name, wanted in rule.when
        ]  # fmt: skip
        if witness.can(*(p for _, p in parts)):
            continue
        core = witness.core([p for _, p in parts])
        yield Finding(
            f"dead-row:{key}:{stable_name(answer.decision.rules, n)}",
            "dead-row",
            f"Table {key}: {row_name(rule, n)} can never apply: {row_words(rule)}",
            tuple(f"never together: {parts[k][0]}" for k in core),
            places.row(answer.decision.id, n),
        )


def _dead_options(
    key: str, answer: Answer, witness: Counterexample, places: SourceLocations
) -> Iterator[Finding]:
    decision = answer.decision
    if decision.confirm is not None:
        return  # a person may override with any option
    said = [
        (z3.And(met, when), outcome)
        for rule, met in zip(decision.rules, (_met(answer, r) for r in decision.rules), strict=True)
        for when, outcome in witness.answers.outcomes(rule, decision)
    ]
    for option in decision.options:
        rows = either(*(w for w, out in said if out == option or (isinstance(out, tuple) and option in out)))
        if not witness.can(rows):
            yield Finding(
                f"dead-option:{key_of(decision.id, decision.scope)}:{option}",
                "dead-option",
                f"Table {key}: no patient is ever proposed or offered {option}",
                (f"options: {', '.join(decision.options)}",),
                places.of("Decision", decision.id),
            )
