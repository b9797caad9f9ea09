"""Holds of dose courses: each can open and close again, speaks of doses that there are, and its lengths are in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import z3

from analysis.proof.counterexample import Counterexample
from analysis.proof.expressions import Expr, both, either, exact, number
from analysis.proof.findings import Finding, slug
from analysis.proof.solver import Room
from analysis.proof.source_locations import SourceLocations
from pathway.language import Doses, Fact, Hold, Param, Sign
from pathway.language.terms import key_of
from pathway.language.words import number_words


def hold_findings(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Everything that is wrong with the holds of a protocol."""
    for spec in witness.world.compiled.protocol.doses:
        key = key_of(spec.id, spec.scope)
        yield from _order(key, spec, witness, places)
        for hold in spec.holds:
            at = places.of("Hold", hold.id)
            at = at if at.file else places.of("Doses", spec.id)
            words = tuple(
                f"{'and ' if n else ''}one of: {_group_words(g, witness)}" for n, g in enumerate(hold.signs)
            )
            unknown = [label for label in hold.labels if label not in spec.labels]
            if unknown:
                text = f"holds the dose {', '.join(unknown)}, and {key} has no such dose"
                yield Finding(f"dead-hold:{key}:{hold.id}", "dead-hold", f"Hold {hold.id} {text}",
                              (f"doses: {', '.join(spec.labels)}",), at)  # fmt: skip
            met, legal = _met(hold, witness)
            if not Room([legal, met], witness.effort).can():
                yield Finding(f"dead-hold:{key}:{hold.id}", "dead-hold",
                              f"Hold {hold.id} of {key}: no finding can open it", words, at)  # fmt: skip
            elif not Room([legal, z3.Not(met)], witness.effort).can():
                yield Finding(f"endless-hold:{key}:{hold.id}", "endless-hold",
                              f"Hold {hold.id} of {key}: no finding can close it", words, at)  # fmt: skip


def _met(hold: Hold, witness: Counterexample) -> tuple[Expr, Expr]:
    """Whether the signs of a check hold it, over the newest value of each fact; and what such values can be.

    Facts are known: a check that brings no value leaves all as it was. A limit that the profile leaves open may be any.
    """
    facts: Mapping[str, Fact] = witness.world.compiled.facts
    legal: list[Expr] = []

    def value(name: str, as_: str = "") -> Expr:
        """The newest value of a fact, or one of it of another time, within what is possible."""
        fact = facts[name]
        if fact.type == "choice":
            chosen = z3.Int(as_ or name)
            legal.extend((chosen >= 0, chosen < len(fact.values)))
            return chosen
        measured = z3.Real(as_ or name)
        least, most = fact.possible
        legal.extend([measured >= number(least)] if least is not None else [])
        legal.extend([measured <= number(most)] if most is not None else [])
        return measured

    def sign(s: Sign) -> Expr:
        if s.event:
            low, high = witness.world.compiled.adverse_events[s.event].grades
            now, before = z3.Int(f"{s.event} now"), z3.Int(f"{s.event} before")
            legal.extend((now >= low, now <= high, before >= low, before <= high))
            return z3.And(now >= s.at_least, now > before)
        here = value(s.fact)
        if s.values or s.unless:
            among = either(*(here == facts[s.fact].values.index(v) for v in s.values or s.unless))
            return among if s.values else z3.Not(among)
        if s.below is not None:
            return here < value(s.below.fact, f"{s.below.fact} {s.below.point} before")
        assert s.limit is not None
        limit = witness.world.limit(s.limit)
        if limit is None:
            return z3.Bool(f"{s.fact} meets {getattr(s.limit, 'key', '')}")
        return exact(limit.op, here, number(limit.value))

    met = both(*(either(*(sign(s) for s in group)) for group in hold.signs))
    return met, both(*legal)


def _order(key: str, spec: Doses, witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """First the dose is omitted, then the next cycle lowered, then a stop considered: each after a longer hold."""
    steps: list[tuple[str, int]] = []
    for what, field in (
        ("the dose is omitted", spec.omit_after),
        ("the next cycle is lowered", spec.reduce_after),
        ("a person is asked", spec.review_after),
    ):
        days = witness.world.count(field) if field is not None else None
        if days is not None:
            steps.append((f"{what} after {days} days of hold{_key_words(field)}", days))
    wrong = [words for words, days in steps if days < 1]
    for (one, before), (two, after) in pairwise(steps):
        if after <= before:
            wrong.append(f"{two}, not before {one}")
    for each in wrong:
        yield Finding(
            f"hold-order:{key}:{slug(each)}", "hold-order", f"Doses {key}: the lengths of a hold are out of order: {each}",
            tuple(words for words, _ in steps), places.of("Doses", spec.id),
        )  # fmt: skip


def _key_words(field: Any) -> str:
    return f" (profile {field.key})" if isinstance(field, Param) else ""


def _group_words(group: tuple[Sign, ...], witness: Counterexample) -> str:
    return ", ".join(_sign_words(s, witness) for s in group) or "nothing"


def _sign_words(s: Sign, witness: Counterexample) -> str:
    if s.event:
        high = witness.world.compiled.adverse_events[s.event].grades[1]
        return f"{s.event} of grade {s.at_least} or more (grades go up to {high})"
    if s.values:
        return f"{s.fact} is {' or '.join(s.values)}"
    if s.unless:
        return f"{s.fact} is not {' or '.join(s.unless)}"
    if s.below is not None:
        return f"{s.fact} is below {s.below.fact} {s.below.point}".rstrip()
    limit = witness.world.limit(s.limit) if s.limit is not None else None
    least, most = witness.world.compiled.facts[s.fact].possible
    said = (
        f"{s.fact} {limit.op} {number_words(limit.value)}"
        if limit is not None
        else f"{s.fact} meets its limit"
    )
    return f"{said} (possible: {least or 'any'} to {most or 'any'})"
