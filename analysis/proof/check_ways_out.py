"""Ways out that name no reason, and ways out that the patient's own request for a slot opens and shuts again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import z3

from analysis.proof.counterexample import Counterexample
from analysis.proof.expressions import Expr, either
from analysis.proof.findings import Finding, or_not_settled
from analysis.proof.source_locations import SourceLocations
from pathway.language import SLOT_FACT, SLOT_STATES, Enrolment, Exit, Is, Phase, Reading, Source, Track
from pathway.language.walk import atoms
from pathway.language.words import words

OWN: Final = ("WAITING", "RESERVED", "EXPIRED")
"""Answers of a governor to the patient's own request, which it takes back when the request is withdrawn."""


def way_out_findings(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Everything that is wrong with how a patient leaves."""
    yield from _without_reason(witness, places)
    for each in witness.world.compiled.protocol.enrolments:
        found, what = _loops(each, witness, places), f"whether the request for {each.subtrial} ends itself"
        at = places.of("Enrolment", each.subtrial)
        yield from or_not_settled(found, f"slot-loop:{each.subtrial}", what, at)


# --- reasons --------------------------------------------------------------------------------------------------------


def _without_reason(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Exits that end a track and are ours alone, without a word why; phases and deviations without a text."""
    protocol, profile = witness.world.compiled.protocol, witness.world.profile
    for track in protocol.tracks:
        for phase in track.phases:
            if not phase.text.strip():
                yield _silent(
                    f"phase:{track.id}:{phase.id}",
                    f"Phase {phase.id} has no text",
                    (),
                    places.of("Phase", phase.id),
                )
            for n, way in enumerate(phase.exits):
                if _ends_track(track, way) and _unsaid(way.source):
                    name, what = (
                        f"exit:{track.id}:{phase.id}:{way.to}",
                        f"The way out from {phase.id} to {way.to}",
                    )
                    yield _silent(name, what, (words(way.when, profile),), places.exit(phase.id, n))
        for way in track.anywhere:
            if _unsaid(way.source):
                name, what = f"anywhere:{track.id}:{way.to}", f"The way out of track {track.id} to {way.to}"
                yield _silent(name, what, (words(way.when, profile),), places.of("Track", track.id))
    for d in protocol.deviations:
        if not d.text.strip():
            yield _silent(
                f"deviation:{d.id}",
                f"Deviation {d.id} has no text",
                (),
                places.of(("Deviation", d.kind), d.id),
            )


def _ends_track(track: Track, way: Exit) -> bool:
    return any(p.id == way.to and p.terminal for p in track.phases)


def _unsaid(source: Source) -> bool:
    """Whether a rule is ours and does not say what it rests on."""
    return source.kind == "assumption" and not source.note.strip()


def _silent(name: str, what: str, facts: tuple[str, ...], place: Any) -> Finding:
    text = f"{what}: nothing says why. Cite the clause, or say in the note of the assumption why it is so"
    return Finding(f"no-reason:{name}", "no-reason", text, facts, place)


# --- loops ----------------------------------------------------------------------------------------------------------


def _loops(each: Enrolment, witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Exits opened by the answer to the patient's own request, into a phase in which the request is not upheld.

    The governor takes the answer back, the exit shuts, and the patient is where they began: they ask again.
    """
    meaning, ask = witness.meaning, witness.meaning.of(each.ask)
    slot = Reading(SLOT_FACT, each.subtrial)
    for track in witness.world.compiled.protocol.tracks:
        rank = {p.id: n for n, p in enumerate(track.phases)}
        here = meaning.phase(track.id)
        for phase in track.phases:
            for n, way in enumerate(phase.exits if phase.confirm is None else ()):
                read = [
                    a for a in atoms(way.when, Is) if a.reading.fact == SLOT_FACT and _of(a.reading, each)
                ]
                states = [s for s in OWN if any(s in a.values for a in read)]
                target = next(p for p in track.phases if p.id == way.to)
                if not states or _kept(target):
                    continue
                opens = meaning.of(way.when).passes
                answered = _answered(slot, tuple(states), witness)
                given_up = _answered(slot, tuple(s for s in SLOT_STATES if s not in OWN), witness)
                if (
                    witness.can(ask.passes, here == rank[phase.id], opens, answered)
                    and not witness.can(z3.Not(ask.fails), here == rank[way.to], opens, answered)
                    and witness.can(z3.Not(opens), given_up)
                ):
                    yield Finding(
                        f"slot-loop:{each.subtrial}:{track.id}:{phase.id}:{way.to}",
                        "slot-loop",
                        f"{phase.id} asks for a slot in {each.subtrial}, its answer leads to {way.to}, and there nobody asks: "
                        f"the slot is given up, the patient is in {phase.id} again and asks anew, without end. Let `ask` pass in "
                        f"{way.to} too",
                        (
                            f"asked: {words(each.ask, witness.world.profile)}",
                            f"left by: {words(way.when, witness.world.profile)}",
                        ),
                        places.exit(phase.id, n),
                    )


def _of(reading: Reading, each: Enrolment) -> bool:
    return each.subtrial in (reading.point, *reading.points)


def _answered(slot: Reading, states: tuple[str, ...], witness: Counterexample) -> Expr:
    return either(*(witness.meaning.of(Is(slot, (state,))).passes for state in states))


def _kept(phase: Phase) -> bool:
    """Whether a phase stays entered by what is on record, whatever becomes of the slot."""
    return phase.only_when_started
