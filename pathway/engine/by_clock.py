"""Only a report makes something begun or done: what the calendar alone would announce is refused, or worded as expected."""

from __future__ import annotations

from pathway.engine.ledgers.infusion import EXPECTED
from pathway.engine.linker import Linker
from pathway.language import (
    AllOf,
    AnchorTime,
    AnyOf,
    Assessment,
    Entered,
    Infusion,
    InPhase,
    Latest,
    LedgerFlag,
    LedgerIs,
    LedgerPoint,
    Offset,
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
        if (exit_.planned or _Clock(linker, frozenset()).by_clock(exit_.when))
        and not any(
            p.id == exit_.to and (p.only_when_started or p.terminal or not p.started_by) for p in track.phases
        )
    )
    seen = _Clock(linker, phases)
    by_hours = _Clock(linker, phases, hours_tell=True)
    for milestone in protocol.milestones:
        if not milestone.expected and by_hours.by_clock(milestone.when):
            raise linker.error(
                f"milestone {key_of(milestone.id, milestone.scope)} comes true by the calendar alone: wait for the report, or "
                "declare it expected=True"
            )
    items: tuple[Assessment | Task, ...] = (*protocol.assessments, *protocol.tasks)
    for item in items:
        if seen.by_clock(item.done):
            raise linker.error(
                f"{key_of(item.id, item.scope)} would be done by the calendar alone: only a report makes it done"
            )
    for decision in protocol.decisions:
        for option, enacted in decision.enacted:
            if seen.by_clock(enacted):
                raise linker.error(
                    f"decision {decision.id}: {option} would be enacted by the calendar alone: only a report shows that"
                )


class _Clock:
    """What comes true by the clock, given the phases that are entered by it.

    `hours_tell`: the hours of an infusion, counted from its reported start and pauses, are enough to say that they are given.
    They never make anything done.
    """

    def __init__(self, linker: Linker, phases: _Phases, *, hours_tell: bool = False) -> None:
        self._anchors, self._phases, self._hours_tell = linker.anchors, phases, hours_tell
        self._infusions = {key for key, spec in linker.ledgers.items() if isinstance(spec, Infusion)}

    def by_clock(self, node: object) -> bool:
        """Whether a predicate may come true without a report of what it speaks of."""
        match node:
            case Passed():
                return True
            case Entered(track, phase):
                return (track, phase) in self._phases
            case InPhase(track, names):
                return any((track, name) in self._phases for name in names)
            case AnyOf(parts):
                return any(self.by_clock(part) for part in parts)
            case AllOf(parts):
                return any(self.by_clock(part) for part in parts) and not any(
                    self._reports(part) for part in parts
                )
            case LedgerIs() | LedgerFlag() | Reached():
                return not self._reports(node)
            case _:
                return False

    def _reports(self, node: object) -> bool:
        """Whether a predicate waits for a report of something done."""
        match node:
            case AnyOf(parts):
                return all(self._reports(part) for part in parts)
            case Reached(anchor):
                return self._hours_tell or not any(
                    self._end_expected(time) for time in self._anchors[anchor].actual
                )
            case LedgerIs(_, states):
                return self._hours_tell or EXPECTED not in states
            case LedgerFlag(_, flag):
                return self._hours_tell or flag != EXPECTED
            case _:
                return isinstance(node, Recorded)

    def _end_expected(self, time: AnchorTime) -> bool:
        """Whether a time counts as come when the hours of an infusion are over."""
        match time:
            case LedgerPoint(ledger, "end"):
                return ledger in self._infusions
            case Offset(anchor):
                return any(self._end_expected(each) for each in self._anchors[anchor].actual)
            case Latest(times):
                return any(self._end_expected(each) for each in times)
            case _:
                return False
