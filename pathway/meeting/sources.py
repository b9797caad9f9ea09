"""Where the rule behind each line of an agenda comes from."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from pathway.engine.context import Compiled
from pathway.language import Source
from pathway.language.words import source_data
from pathway.meeting.agenda import Entry
from pathway.patient.explanation import cite_words

OWN: Final = "a rule of allpath for all protocols (docs/engine.md)"
"""Of what no protocol defines: notices of open questions, of late tasks and the like."""


def with_sources(compiled: Compiled, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The same lines, each with the source of its rule in words."""
    known = _sources(compiled)
    return tuple(replace(each, source=_of(known, each)) for each in entries)


def _of(known: dict[str, str], entry: Entry) -> str:
    subtrial = known.get(f"subtrial {entry.subject}")
    if subtrial is not None:
        return entry.source or subtrial
    phase = known.get(f"phase {entry.state}") if entry.section in ("potential", "enrolled", "off") else None
    return phase or known.get(entry.what) or known.get(f"subtrial {entry.what}") or OWN


@lru_cache(maxsize=64)
def _sources(compiled: Compiled) -> dict[str, str]:
    """The sources in words, by id of what they are of; phases and subtrials by `phase ID` and `subtrial ID`."""
    protocol = compiled.protocol

    def words(source: Source) -> str:
        return cite_words(source_data(protocol, source))

    several: tuple[tuple[Any, ...], ...] = (
        protocol.endpoints,
        protocol.actions,
        protocol.adverse_events,
        protocol.ledgers,
        protocol.doses,
        protocol.milestones,
        protocol.series,
        protocol.assessments,
        protocol.tasks,
        protocol.deviations,
        protocol.criteria,
        protocol.decisions,
    )
    found = {each.id: words(each.source) for group in several for each in group}
    found |= {f"phase {p.id}": words(p.source) for track in protocol.tracks for p in track.phases}
    return found | {f"subtrial {each.id}": words(each.source) for each in protocol.subtrials}


def source_words(compiled: Compiled, source: Source) -> str:
    """A source of a protocol in words."""
    return cite_words(source_data(compiled.protocol, source))
