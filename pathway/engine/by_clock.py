"""Only a report makes something begun or done: what the calendar alone would announce is refused, or worded as expected."""

from __future__ import annotations

from pathway.engine.linker import Linker
from pathway.language import (
    AllOf,
    AnyOf,
    Assessment,
    Entered,
    InPhase,
    LedgerFlag,
    LedgerIs,
    Passed,
    Reached,
    Recorded,
    Task,
)
from pathway.language.terms import key_of

_Phases = frozenset[tuple[str, str]]


def refuse_clock_reports(linker: Linker) -> None:
    """Raise ProtocolError for a milestone, an item or an enacted option that comes true by the clock alone."""
    protocol = linker.protocol
    phases = frozenset(
        (track.id, exit_.to)
        for track in protocol.tracks
        for phase in track.phases
        for exit_ in phase.exits
        if (exit_.planned or _by_clock(exit_.when, frozenset()))
        and not any(
            p.id == exit_.to and (p.only_when_started or p.terminal or not p.started_by) for p in track.phases
        )
    )
    for milestone in protocol.milestones:
        if not milestone.expected and _by_clock(milestone.when, phases):
            raise linker.error(
                f"milestone {key_of(milestone.id, milestone.scope)} comes true by the calendar alone: wait for the report, or "
                "declare it expected=True"
            )
    items: tuple[Assessment | Task, ...] = (*protocol.assessments, *protocol.tasks)
    for item in items:
        if _by_clock(item.done, phases):
            raise linker.error(
                f"{key_of(item.id, item.scope)} would be done by the calendar alone: only a report makes it done"
            )
    for decision in protocol.decisions:
        for option, enacted in decision.enacted:
            if _by_clock(enacted, phases):
                raise linker.error(
                    f"decision {decision.id}: {option} would be enacted by the calendar alone: only a report shows that"
                )


def _by_clock(node: object, phases: _Phases) -> bool:
    """Whether a predicate may come true without a report of what it speaks of."""
    match node:
        case Passed():
            return True
        case Entered(track, phase):
            return (track, phase) in phases
        case InPhase(track, names):
            return any((track, name) in phases for name in names)
        case AnyOf(parts):
            return any(_by_clock(part, phases) for part in parts)
        case AllOf(parts):
            return any(_by_clock(part, phases) for part in parts) and not any(
                _reports(part) for part in parts
            )
        case _:
            return False


def _reports(node: object) -> bool:
    """Whether a predicate waits for a report of something done."""
    if isinstance(node, AnyOf):
        return all(_reports(part) for part in node.parts)
    return isinstance(node, Recorded | Reached | LedgerIs | LedgerFlag)
