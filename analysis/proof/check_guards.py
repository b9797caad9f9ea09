"""Conditions: every one can hold for some patient, and nothing is asked for that is done already."""

from __future__ import annotations

from collections.abc import Iterator

import z3

from analysis.proof.counterexample import Counterexample
from analysis.proof.findings import Finding, or_not_settled
from analysis.proof.source_locations import Place, SourceLocations
from pathway.language import AllOf, Predicate, Protocol
from pathway.language.terms import key_of
from pathway.language.words import words

Guard = tuple[str, str, Predicate, Place]
"""Id of the finding, what it guards in words, the condition, where it is written."""


def guards(protocol: Protocol, places: SourceLocations) -> Iterator[Guard]:
    """Every condition of a protocol, in the order of its parts."""
    for c in protocol.criteria:
        yield f"criterion:{c.id}", f"criterion {c.id} passes", c.holds, places.of("Criterion", c.id)
    for d in protocol.decisions:
        key, at = key_of(d.id, d.scope), places.of("Decision", d.id)
        if d.asked is not None:
            yield f"decision:{key}:asked", f"decision {key} is asked", d.asked, at
        if d.boundary is not None:
            yield f"decision:{key}:boundary", f"decision {key} lies on its limit", d.boundary, at
        for option, done in d.enacted:
            yield f"decision:{key}:enacted:{option}", f"{option} of {key} has been carried out", done, at
        for item in d.inputs:
            if item.closed is not None:
                yield (
                    f"decision:{key}:closed:{item.name}",
                    f"input {item.name} of {key} is closed",
                    item.closed[1],
                    at,
                )
    for track in protocol.tracks:
        for phase in track.phases:
            for n, e in enumerate(phase.exits):
                name = f"exit:{track.id}:{phase.id}:{e.to}"
                yield name, f"the exit from {phase.id} to {e.to} opens", e.when, places.exit(phase.id, n)
        for e in track.anywhere:
            at = places.of("Track", track.id)
            yield f"anywhere:{track.id}:{e.to}", f"track {track.id} ends in {e.to}", e.when, at
    for a in protocol.assessments:
        at = places.of("Assessment", a.id)
        if a.asked is not None:
            yield f"assessment:{key_of(a.id, a.scope)}:asked", f"assessment {a.id} is asked for", a.asked, at
        yield f"assessment:{key_of(a.id, a.scope)}:done", f"assessment {a.id} is done", a.done, at
    for s in protocol.series:
        if s.while_ is not None:
            at = places.of("Series", s.id)
            yield f"series:{key_of(s.id, s.scope)}", f"series {s.id} runs", s.while_, at
    for t in protocol.tasks:
        at = places.of("Task", t.id)
        yield f"task:{key_of(t.id, t.scope)}:when", f"task {t.id} is open", t.when, at
        yield f"task:{key_of(t.id, t.scope)}:done", f"task {t.id} is done", t.done, at
    for m in protocol.milestones:
        yield (
            f"milestone:{key_of(m.id, m.scope)}",
            f"milestone {m.id} is told",
            m.when,
            places.of("Milestone", m.id),
        )
    for v in protocol.deviations:
        kinds = ("Deviation", "deviation", "alert")
        yield (
            f"deviation:{key_of(v.id, v.scope)}",
            f"{v.kind} {v.id} is raised",
            v.when,
            places.of(kinds, v.id),
        )
    for course in protocol.doses:
        key, at = key_of(course.id, course.scope), places.of("Doses", course.id)
        if course.asked is not None:
            yield f"doses:{key}:asked", f"the doses of {key} are asked for", course.asked, at
        if course.cancelled is not None:
            yield f"doses:{key}:cancelled", f"no more of {key} is due", course.cancelled, at
        for hold in course.holds:
            if hold.when is not None:
                at = places.of("Hold", hold.id)
                yield f"hold:{key}:{hold.id}", f"the hold {hold.id} of {key} is for a patient", hold.when, at
    for enrolment in protocol.enrolments:
        at = places.of("Enrolment", enrolment.subtrial)
        yield (
            f"enrolment:{enrolment.subtrial}:watch",
            f"the patient wants to hear of slots in {enrolment.subtrial}",
            enrolment.watch,
            at,
        )
        yield (
            f"enrolment:{enrolment.subtrial}:ask",
            f"the patient wants a slot in {enrolment.subtrial}",
            enrolment.ask,
            at,
        )


def guard_findings(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Conditions that can never hold, with the parts that exclude each other; items that are never due."""
    for each in guards(witness.world.compiled.protocol, places):
        label, what, _, place = each
        found = _impossible(each, witness)
        yield from or_not_settled(found, f"impossible-guard:{label}", f"whether it can be that {what}", place)
    yield from _never_due(witness, places)


def _impossible(guarded: Guard, witness: Counterexample) -> Iterator[Finding]:
    label, what, guard, place = guarded
    if witness.can(witness.meaning.of(guard).passes):
        return
    parts = list(guard.parts) if isinstance(guard, AllOf) else [guard]
    core = witness.core([witness.meaning.of(p).passes for p in parts])
    said = [words(parts[k], witness.world.profile) for k in core]
    which = f":{'+'.join(str(k + 1) for k in core)}" if len(parts) > 1 else ""
    yield Finding(
        f"impossible-guard:{label}{which}",
        "impossible-guard",
        f"It can never be that {what}",
        tuple(f"never{' together' if len(core) > 1 else ''}: {text}" for text in said),
        place,
    )


def _never_due(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    protocol = witness.world.compiled.protocol
    asked = [("assessment", "Assessment", a.id, a.scope, a.asked, a.done) for a in protocol.assessments]
    asked += [("task", "Task", t.id, t.scope, t.when, t.done) for t in protocol.tasks]
    for kind, name, item, scope, when, done in asked:
        label, at = f"never-due:{kind}:{key_of(item, scope)}", places.of(name, item)
        found = _done_at_once(label, f"{kind} {item}", when, done, witness, at)
        yield from or_not_settled(found, label, f"whether the {kind} {item} is ever to be done", at)


def _done_at_once(
    id: str, item: str, when: Predicate | None, done: Predicate, witness: Counterexample, at: Place
) -> Iterator[Finding]:
    profile = witness.world.profile
    open_ = witness.meaning.of(when).passes if when is not None else z3.BoolVal(True)
    if witness.can(open_) and not witness.can(open_, z3.Not(witness.meaning.of(done).passes)):
        wanted = words(when, profile) if when is not None else "always"
        yield Finding(
            id,
            "never-due",
            f"The {item} is done as soon as it is asked for: nobody ever sees it",
            (f"asked for: {wanted}", f"done: {words(done, profile)}"),
            at,
        )
