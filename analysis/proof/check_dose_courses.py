"""Courses of doses: every dose has an amount and a day, can be due for some patient, and what is raised is read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

import z3

from analysis.proof.check_infusions import unread
from analysis.proof.counterexample import Counterexample
from analysis.proof.expressions import Expr, both
from analysis.proof.findings import Finding, or_not_settled, slug
from analysis.proof.source_locations import SourceLocations
from pathway.language import Doses, Infusing, Outcome, Rate
from pathway.language.terms import key_of
from pathway.language.words import number_words, words


def course_findings(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Everything that is wrong with the courses of doses of a protocol, holds apart."""
    protocol = witness.world.compiled.protocol
    for spec in protocol.doses:
        key, place = key_of(spec.id, spec.scope), places.of("Doses", spec.id)
        for why, *facts in _wrong(spec, witness):
            yield Finding(
                f"wrong-dose:{key}:{slug(why)}", "wrong-dose", f"Doses {key}: {why}", tuple(facts), place
            )
        alike = [c for c in protocol.doses if (c.id, c.labels) == (spec.id, spec.labels)]
        for n, label in enumerate(spec.labels):
            if all(Decimal(row[n]) == 0 for c in alike for _, row in c.amounts):
                why = f"nothing makes the dose {label} due, its amount is 0 in every row"
                rows = tuple(
                    f"{name or 'always'}: {', '.join(row)} {spec.unit}" for name, row in spec.amounts
                )
                yield Finding(f"never-given:{key}:{label}", "never-given", f"Doses {key}: {why}", rows, place)
        for kind, what, check in (
            ("never-given", "whether any patient can get them", _never_given),
            ("dose-gap", "whether every patient has an amount", _no_amount),
        ):
            found = check(key, spec, witness, places)
            yield from or_not_settled(found, f"{kind}:{key}", f"doses {key}: {what}", place)
        yield from unread(key, tuple(_told(spec, witness)), protocol, places)


def _due(spec: Doses, witness: Counterexample) -> dict[str, Expr]:
    """What must be so for the doses of a course to be due, in words."""
    meaning, profile = witness.meaning, witness.world.profile
    parts: dict[str, Expr] = {}
    if spec.asked is not None:
        parts[f"asked for: {words(spec.asked, profile)}"] = meaning.of(spec.asked).passes
    if spec.cancelled is not None:
        parts[f"not cancelled by: {words(spec.cancelled, profile)}"] = z3.Not(
            meaning.of(spec.cancelled).passes
        )
    for name in spec.needs:
        parts[f"needs: criterion {name}"] = meaning.criterion(name).passes
    parts[f"planned from: {spec.start}"] = meaning.times.anchor(spec.start).known
    return parts


def _never_given(
    key: str, spec: Doses, witness: Counterexample, places: SourceLocations
) -> Iterator[Finding]:
    """Doses that no patient can ever get: what they ask for, need and are cancelled by exclude each other."""
    due = _due(spec, witness)
    if spec.by:
        rows = tuple(name for name, _ in spec.amounts)
        due[f"decision {spec.by} is {' or '.join(rows)}"] = witness.meaning.of(Outcome(spec.by, rows)).passes
    if witness.can(both(*due.values())):
        return
    core = witness.core(list(due.values()))
    yield Finding(
        f"never-given:{key}", "never-given", f"Doses {key}: no patient can ever get them",
        tuple(f"never together: {list(due)[n]}" for n in core), places.of("Doses", spec.id),
    )  # fmt: skip


def _no_amount(key: str, spec: Doses, witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Patients whose doses are due while the decision behind the amounts has an outcome without a row."""
    if not spec.by:
        return
    rows = [name for name, _ in spec.amounts]
    asked = both(*(e for said, e in _due(spec, witness).items() if not said.startswith("planned")))
    for option in witness.world.compiled.decisions[spec.by].options:
        question = witness.meaning.of(Outcome(spec.by, (option,))).passes
        if option in rows or not witness.can(question, asked):
            continue
        example = witness.facts(question, asked)
        yield Finding(
            f"dose-gap:{key}:{option}",
            "dose-gap",
            f"Doses {key}: {spec.by} = {option} has no amounts, and the doses are asked for: they are never decided",
            (
                *(f"amounts for {name}: {', '.join(row)} {spec.unit}" for name, row in spec.amounts),
                *(f"for example: {line}" for line in example.lines),
            ),
            places.of("Doses", spec.id),
            replay=example.replay,
        )


def _told(spec: Doses, witness: Counterexample) -> Iterator[str]:
    """Flags that somebody must hear of, as far as the course can raise them."""
    count = witness.world.count
    yield "dose_differs"
    if count(spec.spacing):
        yield "too_close"
    if spec.holds:
        yield "given_while_held"
        if spec.review_after is not None and count(spec.review_after) is not None:
            yield "held_to_review"
        if spec.omit_after is not None and any(label not in spec.never_omitted for label in spec.labels):
            yield "held_to_omit"
    if spec.infusing is not None:
        yield from (
            "reaction_stop",
            "resumed_too_fast",
            "resumed_unresolved",
            "premedication_off",
            "premedicated_again",
        )


# --- what is wrong on the face of it --------------------------------------------------------------------------------


def _wrong(spec: Doses, witness: Counterexample) -> Iterator[tuple[str, ...]]:
    """Why a course cannot be as it is written, with its facts."""
    days = f"days: {', '.join(map(str, spec.days))}"
    late = [(a, b) for a, b in pairwise(spec.days) if b <= a]
    if late:
        yield f"day {late[0][1]} comes after day {late[0][0]}", days
    spacing = witness.world.count(spec.spacing) or 0
    close = [(a, b) for a, b in pairwise(spec.days) if a < b < a + spacing]
    if close and spec.shift == "spacing":
        a, b = close[0]
        yield (
            f"days {a} and {b} are {b - a} days apart, and doses must be {spacing}: the plan breaks its own rule",
            days,
        )
    if spec.window[0] > spec.window[1]:
        yield f"its window ends ({spec.window[1]:+d}) before it begins ({spec.window[0]:+d})", days
    unknown = [
        x
        for x in (*spec.never_omitted, *(spec.infusing.parts if spec.infusing else ()))
        if x not in spec.labels
    ]
    if unknown:
        yield (
            f"it speaks of the dose {unknown[0]}, which it does not have",
            f"doses: {', '.join(spec.labels)}",
        )
    for name, row in spec.amounts:
        if any(Decimal(a) < 0 for a in row):
            yield (
                "an amount is below zero",
                f"amounts{f' for {name}' if name else ''}: {', '.join(row)} {spec.unit}",
            )
    if not 0 < Decimal(spec.reduced_to) < 1 and spec.reduce_after is not None:
        yield (
            f"a reduction to {spec.reduced_to} of the dose is none, or leaves nothing",
            f"reduced to: {spec.reduced_to}",
        )
    yield from _rounded_away(spec, witness)
    if spec.infusing is not None:
        yield from _rates(spec.infusing, witness)


def _rounded_away(spec: Doses, witness: Counterexample) -> Iterator[tuple[str, ...]]:
    """An amount that is rounded to nothing for the smallest patient that can be."""
    step = (
        spec.rounding if isinstance(spec.rounding, str) else witness.world.profile.parsed[spec.rounding.key]
    )
    smallest = witness.world.compiled.facts[spec.size.fact].possible[0]
    amounts = [Decimal(a) for _, row in spec.amounts for a in row if Decimal(a) > 0]
    if not isinstance(step, str) or smallest is None or Decimal(smallest) <= 0 or not amounts:
        return
    factor = Decimal(spec.reduced_to) if spec.reduce_after is not None else Decimal(1)
    least = min(amounts) * factor * Decimal(smallest)
    if 0 < least < Decimal(step) / 2:
        yield (
            f"{spec.size.fact} {smallest} makes {number_words(str(least))} {spec.measure}, rounded to steps of {step}: no dose",
            f"least amount: {number_words(str(min(amounts) * factor))} {spec.unit}",
        )


def _rates(infusing: Infusing, witness: Counterexample) -> Iterator[tuple[str, ...]]:
    named = ("first", "part", "second", "second_reacted", "later", "later_reacted")
    for name in named:
        rate: Rate = getattr(infusing, name)
        said = f"{name}: {rate.volume} mL, {rate.start} mL/h, {rate.step} more each hour, at most {rate.top}"
        if (
            rate.volume <= 0
            or rate.start <= 0
            or rate.top < rate.start
            or (rate.top > rate.start and rate.step <= 0)
        ):
            yield f"the rate of {name} never gets the bag empty, or never reaches its top", said
    if not 0 < Decimal(infusing.resume_at_most) <= 1:
        yield (
            f"after a reaction it goes on at no more than {infusing.resume_at_most} of the rate",
            "expected: above 0, at most 1",
        )
    highest = witness.world.compiled.adverse_events[infusing.reaction].grades[1]
    if infusing.stop_grade > highest:
        yield (
            f"grade {infusing.stop_grade} stops for good, and {infusing.reaction} has grades up to {highest}",
            "no reaction stops it",
        )
    if infusing.third_grade >= infusing.stop_grade:
        yield (
            f"the {infusing.third}. reaction of grade {infusing.third_grade} stops, and grade {infusing.stop_grade} does at once",
            "the count of reactions says nothing",
        )
    if infusing.premedication[0] > infusing.premedication[1]:
        yield "premedication is to be given in no hour", f"hours before: {infusing.premedication}"
