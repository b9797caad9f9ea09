"""Points without a window: a decision that takes any sample, however early or late, if only its label fits."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.proof.counterexample import Counterexample
from analysis.proof.findings import Finding
from analysis.proof.source_locations import SourceLocations
from pathway.language import SLOT_FACT, Protocol, Reading, TimePoint
from pathway.language.walk import atoms


def point_findings(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Every fact and point that something decides by, while nothing says which samples can belong to the point."""
    protocol = witness.world.compiled.protocol
    deciding = (
        protocol.anchors, protocol.criteria, protocol.decisions, protocol.tracks, protocol.ledgers, protocol.doses,
        protocol.enrolments,
    )  # fmt: skip
    labels = {f.id for f in protocol.facts if f.labels} | {SLOT_FACT}
    read = {
        (r.fact, point): None for r in atoms(deciding, Reading) for point in (r.points or (r.point,)) if point
    }
    for fact, point in read:
        if fact in labels:
            continue
        window = window_of(protocol, fact, point)
        if window is None or not bounded(window):
            what = "there is no time point for it" if window is None else "its time point bounds nothing"
            yield Finding(
                f"no-window:{fact}:{point}",
                "no-window",
                f"{fact} {point} decides, and any sample counts as {point}: {what}. Say from which to which day after which "
                "anchor a sample can belong to it, or that it can be of anytime",
                (f"{point}: {window.text}",) if window is not None else (),
                places.of("TimePoint", point) if window is not None else places.of("Fact", fact),
            )


def window_of(protocol: Protocol, fact: str, point: str) -> TimePoint | None:
    """The time point that says which samples of a fact belong: one made for the fact, else the one for all facts."""
    mine = [p for p in protocol.points if p.id == point and (fact in p.facts or not p.facts)]
    return min(mine, key=lambda p: not p.facts, default=None)


def bounded(point: TimePoint) -> bool:
    """Whether some sample does not belong, or the definition says that every one does."""
    days = point.first is not None or point.last is not None
    return point.anytime or bool(point.since or point.until) or (bool(point.of) and days)
