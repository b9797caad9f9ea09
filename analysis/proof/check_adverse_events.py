"""Adverse-event tables of ledgers: every grade of every event has one directive."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from analysis.proof.findings import Finding
from analysis.proof.source_locations import SourceLocations
from pathway.language import Protocol
from pathway.language.terms import key_of

SEVERITY = ("continue", "consider_pause", "interrupt", "review", "stop")


def _climbs(earlier: Any, later: Any) -> bool:
    """Whether the later rule only says more of a later occurrence: it does not contradict the earlier one."""
    return bool(earlier.nth < later.nth and SEVERITY.index(earlier.action) <= SEVERITY.index(later.action))


def adverse_findings(protocol: Protocol, places: SourceLocations) -> Iterator[Finding]:
    """Grades that a ledger's table leaves out, and grades for which it says two things at once."""
    types = {t.id: t for t in protocol.adverse_events}
    for ledger in protocol.ledgers:
        key = key_of(ledger.id, ledger.scope)
        rules: tuple[Any, ...] = ledger.rules
        for event in dict.fromkeys(r.event for r in rules):
            mine = [r for r in rules if r.event == event]
            low, high = types[event].grades
            nths = sorted({1, *(r.nth for r in mine)})
            for nth in nths:
                missing = [
                    g for g in range(max(low, 1), high + 1)
                    if not any(r.grades[0] <= g <= r.grades[1] and r.nth <= nth for r in mine)
                ]  # fmt: skip
                if missing:
                    time = {1: "" if nths == [1] else "first "}.get(nth, f"{nth}. ")
                    grades = f"{missing[0]} to {missing[-1]}" if len(missing) > 1 else str(missing[0])
                    yield Finding(
                        f"adverse-gap:{key}:{event}{f':{nth}' if nth > 1 else ''}:{'+'.join(map(str, missing))}",
                        "adverse-gap",
                        f"Ledger {key}: a {time}{event} of grade {grades} is not answered by the table",
                        tuple(f"{r.id}: grade {r.grades[0]} to {r.grades[1]} -> {r.action}" for r in mine),
                        places.of("AdverseEventRule", mine[0].id),
                    )
                    break
            for one, two in combinations(mine, 2):
                both = range(max(one.grades[0], two.grades[0]), min(one.grades[1], two.grades[1]) + 1)
                if both and not _climbs(*sorted((one, two), key=lambda r: r.nth)):
                    yield Finding(
                        f"adverse-overlap:{key}:{one.id}+{two.id}",
                        "adverse-overlap",
                        f"Ledger {key}: a {event} of grade {both[0]} is answered by {one.id} and by {two.id}",
                        tuple(
                            f"{r.id}: grade {r.grades[0]} to {r.grades[1]}, from occurrence {r.nth} on -> {r.action}"
                            for r in (one, two)
                        ),
                        places.of("AdverseEventRule", two.id),
                    )
