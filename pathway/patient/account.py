"""The account of a record: every event in the order of entry, what it says, what it replaced, and whether it still counts.

Nothing is left out: voids, corrections, overrides and judgements stand with their reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pathway.events import Event
from pathway.language.terms import key_of
from pathway.record import Record


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a record, told to people.

    `what`: the fact with its point, the action with its scope, the event that is voided. `said`: value with unit, grade,
    option or verdict, as it stands in the record. `replaced`: what stood there before, or what was proposed instead.
    `revived`: what counts again since a void. `voided_by`, `corrected_by`: the ids of the events that did so, the last one.
    """

    event: Event
    what: str
    said: str
    replaced: str = ""
    revived: str = ""
    voided_by: str = ""
    corrected_by: str = ""

    @property
    def counts(self) -> bool:
        """Whether it counts as it was entered."""
        return not self.voided_by and not self.corrected_by


def account(events: Iterable[Event]) -> tuple[Entry, ...]:
    """Every event with what it meant when it was entered, and what became of it since."""
    record = Record()
    found: list[tuple[Event, str, str]] = []
    for event in events:
        before = _before(record, event)
        record.append(event)
        after = record.head(event.target) if event.kind == "void" else None
        found.append((event, before, "" if after is None else f"{what(after)} {said(after)}".strip()))
    voids = {event.target: event.id for event, _, _ in found if event.kind == "void"}
    corrections = {
        event.target: event.id
        for event, _, _ in found
        if event.kind == "correction" and event.id not in record.voided
    }
    return tuple(
        Entry(
            event,
            what(event),
            said(event),
            replaced=before,
            revived=revived,
            voided_by=""
            if event.kind == "void"
            else voids.get(event.id) or voids.get(record.root.get(event.id, ""), ""),
            corrected_by=corrections.get(event.id, ""),
        )
        for event, before, revived in found
    )


def what(event: Event) -> str:
    """What an event speaks of: `mrd EOI`, `infusion_started[cycle=1]`, a decision by its key."""
    return " ".join(part for part in (key_of(event.name, event.scope), event.point) if part)


def said(event: Event) -> str:
    """What it says of it: value with unit, grade, option, verdict; with its details."""
    value = "" if event.kind == "acknowledgement" else event.value or ""
    if event.kind == "adverse_event":
        value = f"grade {value}"
    details = " ".join(f"{name}={text}" for name, text in event.details)
    return " ".join(part for part in (value, event.unit, details) if part)


def _before(record: Record, event: Event) -> str:
    """What stood where an event speaks of, before it."""
    match event.kind:
        case "correction" | "void":
            head = record.head(event.target)
            return "" if head is None else f"{what(head)} {said(head)}".strip()
        case "observation":
            earlier = record.observations.get(event.name, {}).get(event.point, ())
        case "adverse_event":
            earlier = record.adverse.get(event.name, ())
        case "judgement":
            earlier = record.judgements.get(event.name, ())
        case "decision":
            earlier = record.decisions.get(event.name, ())
            proposal = event.seen.proposal if event.seen is not None else None
            if event.override and proposal is not None:
                return f"{proposal}, which was proposed"
        case _:
            return ""
    return said(earlier[-1]) if earlier else ""
