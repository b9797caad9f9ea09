"""What only the clock reports: something announced as begun or done because its planned day has come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analysis.proof.counterexample import Counterexample
from analysis.proof.findings import Finding
from analysis.proof.polarity import sides
from analysis.proof.source_locations import SourceLocations
from pathway.language import Entered, InPhase, Passed, Phase, Predicate, Protocol, Track
from pathway.language.terms import key_of
from pathway.language.words import words

EXPECTED: Final = ("expected", "planned", "due", "possible", "time limit")
"""Words by which a text says that the calendar speaks, and nobody has reported it."""


def clock_findings(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Milestones that come true without a report, and say that something has happened."""
    protocol, profile = witness.world.compiled.protocol, witness.world.profile
    for milestone in protocol.milestones:
        if milestone.expected or any(word in milestone.text.lower() for word in EXPECTED):
            continue
        by_clock = [p for p, wanted in sides(milestone.when) if wanted and _comes_by_clock(p, protocol)]
        if by_clock:
            key = key_of(milestone.id, milestone.scope)
            yield Finding(
                f"clock-reports:milestone:{key}",
                "clock-reports",
                f"Milestone {key} is announced when its day comes, and nobody has reported it ({milestone.text!r}). Let it rest "
                "on a report, or say in its text that it is expected",
                tuple(f"the calendar alone makes it true: {words(p, profile)}" for p in by_clock),
                places.of("Milestone", milestone.id),
            )


def _comes_by_clock(part: Predicate, protocol: Protocol) -> bool:
    """Whether a part comes true by the calendar: a moment that passes, a phase that is entered on a planned day."""
    match part:
        case Passed():
            return True
        case Entered(track, phase):
            return _entered_by_clock(track, (phase,), protocol)
        case InPhase(track, phases):
            return _entered_by_clock(track, phases, protocol)
    return False


def _entered_by_clock(id: str, phases: tuple[str, ...], protocol: Protocol) -> bool:
    (track,) = (t for t in protocol.tracks if t.id == id)
    return any(
        _dated(track, phase) for phase in track.phases if phase.id in phases and not phase.only_when_started
    )


def _dated(track: Track, phase: Phase) -> bool:
    """Whether a way into a phase waits for a planned day or for a moment, and for no report that the phase has begun."""
    for before in track.phases:
        for way in (e for e in before.exits if e.to == phase.id):
            days = [p.moment.anchor for p, wanted in sides(way.when) if wanted and isinstance(p, Passed)]
            # Confirmed before its planned day, it is entered on it; confirmed after it, a person has said so that day.
            if (days and before.confirm is None) or (way.planned and way.planned not in days):
                return True
    return False
