"""What a later easing forgets: alerts, stops and questions that rest on the latest value, and go when it is better."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.proof.counterexample import Counterexample
from analysis.proof.findings import Finding
from analysis.proof.polarity import sides
from analysis.proof.source_locations import Place, SourceLocations
from pathway.language import Graded, Predicate, Protocol, Reading
from pathway.language.terms import key_of
from pathway.language.words import words

Trigger = tuple[str, str, Predicate, Place]
"""Id, what it is in words, the condition that opens it, where it is written."""


def episode_findings(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Triggers that are gone before anybody has decided on them."""
    protocol, profile = witness.world.compiled.protocol, witness.world.profile
    for name, what, condition, place in _graded(protocol, places):
        for part, wanted in sides(condition):
            if wanted and isinstance(part, Graded) and part.current:
                yield Finding(
                    f"forgotten:{name}:{part.event}",
                    "forgotten",
                    f"{what} goes by the latest grade of {part.event}, and withdraws itself when that is lower, though nobody "
                    "has decided. Ask for the worst grade (without current=True), with since= and until= if only some days count",
                    (f"gone when it eases: {words(part, profile)}",),
                    place,
                )


def _graded(protocol: Protocol, places: SourceLocations) -> Iterator[Trigger]:
    """What calls for a person, or holds something, because of an adverse event."""
    for d in protocol.decisions:
        if d.confirm is not None:
            for item in d.inputs:
                if not isinstance(item.of, Reading | str):
                    key = key_of(d.id, d.scope)
                    yield f"decision:{key}", f"The question {key}", item.of, places.of("Decision", d.id)
    for v in protocol.deviations:
        key = key_of(v.id, v.scope)
        yield (
            f"deviation:{key}",
            f"{v.kind.capitalize()} {key}",
            v.when,
            places.of(("Deviation", v.kind), v.id),
        )
    for t in protocol.tasks:
        yield f"task:{key_of(t.id, t.scope)}", f"Task {t.id}", t.when, places.of("Task", t.id)
