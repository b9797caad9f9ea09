"""Alerts that wait for ever: for a value that nobody is asked for. That one would be silent by a certain day does not load."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.proof.counterexample import Counterexample
from analysis.proof.findings import Finding
from analysis.proof.polarity import sides, waits_for
from analysis.proof.source_locations import SourceLocations
from pathway.engine.context import Compiled
from pathway.language import (
    SLOT_FACT,
    Compare,
    Dates,
    Deviation,
    Is,
    Known,
    NotObtainable,
    Products,
    Reading,
)
from pathway.language.terms import key_of, reading_name
from pathway.language.walk import atoms
from pathway.language.words import words


def wait_findings(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Deviations that are PENDING for good while a value is missing that nobody is asked for."""
    compiled = witness.world.compiled
    asked = _asked(compiled) | _missed(compiled)
    for d in compiled.protocol.deviations:
        key = key_of(d.id, d.scope)
        for reading in _awaited(d, compiled):
            if (reading.fact, reading.point) in asked or (reading.fact, "") in asked:
                continue
            name = reading_name(reading)
            yield Finding(
                f"endless-wait:deviation:{key}:{name}",
                "endless-wait",
                f"{d.kind.capitalize()} {key} waits for {name} for ever where that does not come: nothing ever asks for it. Add "
                "what is to be told then (Not(Known(...)), NotObtainable(...)), or ask for the value",
                (f"waits: {words(d.when, witness.world.profile)}",),
                places.of(("Deviation", d.kind), d.id),
            )


def _awaited(d: Deviation, compiled: Compiled) -> dict[Reading, None]:
    """The values for which a deviation waits by itself; what a decision or criterion makes of them, these ask for."""
    found: dict[Reading, None] = {}
    for part, _ in sides(d.when):
        if isinstance(part, Is | Compare | Dates | Products):
            found |= {r: None for r in atoms(part, Reading) if r.fact != SLOT_FACT}
    spoken = {(a.reading.fact, a.reading.point) for a in atoms(d.when, Known)}
    spoken |= {(a.reading.fact, a.reading.point) for a in atoms(d.when, NotObtainable)}
    return {r: None for r in found if (r.fact, r.point) not in spoken}


def _asked(compiled: Compiled) -> set[tuple[str, str]]:
    """Facts and points that somebody is asked for, by an item, or by a question that goes to a person when they do not come."""
    p = compiled.protocol
    found = {(s.fact, "") for s in p.series if s.fact}
    for done in (*(a.done for a in p.assessments), *(t.done for t in p.tasks)):
        found |= {(r.fact, point) for r in atoms(done, Reading) for point in (r.points or (r.point,))}
    for part in (*p.decisions, *p.criteria, *p.tracks, *p.ledgers, *p.doses, *p.anchors):
        found |= {(r.fact, point) for r in waits_for(part, compiled) for point in (r.points or (r.point,))}
    return found


def _missed(compiled: Compiled) -> set[tuple[str, str]]:
    """Facts and points of which something tells that they are missing."""
    found: set[tuple[str, str]] = set()
    for d in compiled.protocol.deviations:
        for part, wanted in sides(d.when):
            absent = (isinstance(part, Known) and not wanted) or (isinstance(part, NotObtainable) and wanted)
            if absent:
                found |= {(r.fact, point) for r in atoms(part, Reading) for point in (r.points or (r.point,))}
    return found
