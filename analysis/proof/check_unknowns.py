"""Unknown read as no: conditions that let something through, or keep something quiet, because a value is not there.

What nobody reported has not been reported: `Not(Recorded(...))`, `Not(Reached(...))` and `Not(Graded(...))` are no finding. A
value or an answer that is not there says nothing, and neither does a moment of which the anchor is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

import z3

from analysis.proof.counterexample import Counterexample
from analysis.proof.expressions import Expr
from analysis.proof.findings import Finding, or_not_settled
from analysis.proof.polarity import may_wait, sides, waits_for
from analysis.proof.source_locations import Place, SourceLocations
from pathway.engine.context import Compiled
from pathway.language import (
    SLOT_FACT,
    Crit,
    DateOf,
    Known,
    Not,
    NotObtainable,
    Outcome,
    Passed,
    Predicate,
    Protocol,
    Reached,
    Reading,
    VerdictIs,
)
from pathway.language.terms import key_of, reading_name
from pathway.language.walk import atoms
from pathway.language.words import words

Condition = tuple[str, str, Predicate, Place]
"""Id, what the condition lets through in words, the condition, where it is written."""


def unknown_findings(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Everything that goes on, or is not told, because something is not known."""
    at = places.of("Protocol", witness.world.compiled.protocol.name)
    found = _granted(witness, places)
    yield from or_not_settled(found, "unknown-as-no", "which conditions take unknown for no", at)
    yield from _untold(witness, places)
    yield from _silent(witness, places)


def _silent(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Deviations that are told of what is known to be wrong, and not of what nobody knows."""
    compiled, profile = witness.world.compiled, witness.world.profile
    for spec in compiled.protocol.deviations:
        for part, wanted in sides(spec.when) if spec.kind == "deviation" else ():
            if (
                wanted
                and isinstance(part, VerdictIs)
                and "FAIL" in part.verdicts
                and not {"PENDING", "REVIEW"} <= set(part.verdicts)
                and may_wait(part.part, compiled)
            ):
                key, subject = key_of(spec.id, spec.scope), subject_of(part)
                yield Finding(
                    f"unknown-as-no:deviation:{key}:{subject}",
                    "unknown-as-no",
                    f"Deviation {key} is not told while {subject} is not known or in doubt: what nobody knows was not in order. "
                    "Write without(...), or say in a waiver what tells it",
                    (f"told only if known: {words(part, profile)}",),
                    places.of("Deviation", spec.id),
                )


def _granted(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    compiled, profile = witness.world.compiled, witness.world.profile
    for name, what, condition, place in granting(compiled.protocol, places):
        for subject, part in _granted_by_absence(condition, compiled):
            if not witness.can(witness.meaning.of(condition).passes, _unknown(part, witness)):
                continue  # something else in the condition waits then
            said = words(part, profile)
            yield Finding(
                f"unknown-as-no:{name}:{subject}",
                "unknown-as-no",
                f"{what} also while {subject} is not known: the condition takes unknown for no. Ask for what must be known, or "
                "let it wait (write the condition without Known, Passed and VerdictIs)",
                (f"passes while it is not known: {said}",),
                place,
            )


def _untold(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Tables in which what is not known lies in the cell of what is known to be otherwise."""
    compiled, profile = witness.world.compiled, witness.world.profile
    for decision in compiled.protocol.decisions:
        key = key_of(decision.id, decision.scope)
        found: dict[str, tuple[str, Predicate]] = {}
        for item in decision.inputs:
            if not isinstance(item.of, Reading | str):
                for subject, part in _one_cell(item.of, decision.inputs, compiled):
                    found.setdefault(subject, (item.name, part))
        for subject, (name, part) in found.items():
            yield Finding(
                f"unknown-as-no:decision:{key}:{subject}",
                "unknown-as-no",
                f"Table {key}, input {name}: the cell is the same whether {subject} is not known or known to be otherwise, and "
                "no other input tells them apart. Use the condition itself as input, or add one for what is not known",
                (f"yes or no while it is not known: {words(part, profile)}",),
                places.of("Decision", decision.id),
            )


def granting(protocol: Protocol, places: SourceLocations) -> Iterator[Condition]:
    """The conditions that let a patient through: criteria, ways from phase to phase, the wish for a slot."""
    for c in protocol.criteria:
        yield f"criterion:{c.id}", f"Criterion {c.id} passes", c.holds, places.of("Criterion", c.id)
    for track in protocol.tracks:
        for phase in track.phases:
            for n, e in enumerate(phase.exits):
                name = f"exit:{track.id}:{phase.id}:{e.to}"
                yield name, f"The exit from {phase.id} to {e.to} opens", e.when, places.exit(phase.id, n)
        for e in track.anywhere:
            at = places.of("Track", track.id)
            yield f"anywhere:{track.id}:{e.to}", f"Track {track.id} ends in {e.to}", e.when, at
    for each in protocol.enrolments:
        at = places.of("Enrolment", each.subtrial)
        yield f"enrolment:{each.subtrial}:ask", f"A slot in {each.subtrial} is asked for", each.ask, at


def _granted_by_absence(condition: Predicate, compiled: Compiled) -> Iterator[tuple[str, Predicate]]:
    """Parts that pass because something is not known, and what; those aside for which the condition says what is then."""
    named = {r.reading for r in atoms(condition, NotObtainable)}
    there = {part.reading for part, wanted in sides(condition) if wanted and isinstance(part, Known)}
    reached = {part.anchor for part, wanted in sides(condition) if wanted and isinstance(part, Reached)}
    for part, wanted in sides(condition):
        if (
            isinstance(part, VerdictIs)
            and may_wait(part.part, compiled)
            and ("PENDING" in part.verdicts) == wanted
        ):
            if not set(waits_for(part, compiled)) <= named | there or not waits_for(part, compiled):
                yield subject_of(part), part if wanted else Not(part)
        elif (
            isinstance(part, Known)
            and not wanted
            and part.reading not in named
            and part.reading.fact != SLOT_FACT
        ):
            yield reading_name(part.reading), Not(part)
        elif isinstance(part, Passed) and not wanted:
            anchor = part.moment.anchor
            dated = {t.reading for t in atoms(compiled.anchors[anchor], DateOf)}
            if anchor not in reached and not dated & there:
                yield anchor, Not(part)


def _unknown(part: Predicate, witness: Counterexample) -> Expr:
    """That what a part speaks of is not known."""
    inner = part.part if isinstance(part, Not) else part
    match inner:
        case VerdictIs():
            return witness.meaning.of(inner.part).waits
        case Known(reading):
            return witness.world.reading(reading).missing
        case Passed(moment):
            return z3.Not(witness.meaning.times.anchor(moment.anchor).known)
    raise AssertionError(part)


def _one_cell(condition: Predicate, inputs: object, compiled: Compiled) -> Iterator[tuple[str, Predicate]]:
    """Parts of an input that put what is not known into the cell of what is known to be otherwise."""
    for part, _ in sides(condition):
        if (
            not isinstance(part, VerdictIs)
            or not may_wait(part.part, compiled)
            or {"PASS", "FAIL"} <= set(part.verdicts)
        ):
            continue
        if set(waits_for(part, compiled)) <= _told_apart(inputs, compiled) and waits_for(part, compiled):
            continue
        yield subject_of(part), part


def _told_apart(inputs: object, compiled: Compiled) -> set[Reading]:
    """The readings of which a table sees that they are not there: read plainly, or asked whether they are."""
    found: set[Reading] = set()
    for item in inputs if isinstance(inputs, tuple) else ():
        if isinstance(item.of, Reading | str):
            found |= set(waits_for(item, compiled))
            continue
        for part, _ in sides(item.of):
            if not isinstance(part, VerdictIs) or "PENDING" in part.verdicts:
                found |= set(waits_for(part, compiled))
    return found


def subject_of(part: VerdictIs) -> str:
    """What a verdict is about: a criterion, a decision, or the values that it reads."""
    inner = part.part
    if isinstance(inner, Crit):
        return inner.id
    if isinstance(inner, Outcome):
        return inner.decision
    names = [
        *(c.id for c in atoms(inner, Crit)),
        *(o.decision for o in atoms(inner, Outcome)),
        *(reading_name(r) for r in atoms(inner, Reading)),
    ]
    return "+".join(dict.fromkeys(names))
