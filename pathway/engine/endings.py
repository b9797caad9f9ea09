"""Ends: what becomes of what is asked when treatment, the study or the patient's life is over.

A report that comes after the end is recorded and told plainly; it opens no question, no task and no time limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.engine.orders import compile_impossible
from pathway.engine.results import Resolved
from pathway.events import Event
from pathway.language import Directed, Done, Doses, LedgerFlag, LedgerIs, Predicate, Reached, Recorded
from pathway.language.walk import atoms
from pathway.plan import Item, MilestoneState

LEVELS = ("treatment", "study", "life")
"""Each end is also an end of what stands before it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The first report that ended something: when it happened, and when it was first on record.

    `at`: from when what runs is over. Of a day that cannot be, that is when it was reported: it stops at once, and what was done
    before is not given after the end.
    """

    event: Event
    known: datetime
    at: datetime


Ended = Callable[[Evaluation], Ending | None]


def compile_ending(linker: Linker, level: str, below: str = "", but: tuple[str, ...] = ()) -> Ended:
    """The function that tells whether something is over with the end of `treatment`, `study` or `life`; `never`: it is not.

    `below`: ends of that level do not count. `but`: nor do these actions.
    """
    names = [n for n in ending_actions(linker, level) if linker.actions[n].ends != below and n not in but]
    for name in names:
        linker.recorded(name)
    impossible = compile_impossible(names, linker)

    def ended(ctx: Evaluation) -> Ending | None:
        events = [e for name in names for e in ctx.record.actions.get(name, ())]
        if not events:
            return None
        first = min(events, key=lambda e: (e.occurred, e.recorded, e.id))
        # A correction of the day of death makes nothing untold that was late before.
        known = min(ctx.record.by_id[e.id].recorded for e in events)
        return Ending(
            first, known, max(known, first.occurred) if first.id in impossible(ctx) else first.occurred
        )

    return ended


def ending_actions(linker: Linker, level: str) -> list[str]:
    """The actions that end what is over with `level`."""
    if level == "never":
        return []
    return [a.id for a in linker.actions.values() if a.ends and LEVELS.index(a.ends) >= LEVELS.index(level)]


def level_of_decision(key: str, linker: Linker) -> str:
    """With which end a question is over: what it says itself, else `treatment` for what a person is asked, and for doses."""
    spec = linker.decisions[key]
    said: str = spec.ends_with
    if said:
        return said
    ledgers = linker.ledgers.values()
    picks = any(isinstance(each, Doses) and each.by == key for each in ledgers)
    about = any(atoms(spec.inputs, kind) for kind in (LedgerIs, LedgerFlag, Directed))
    return "treatment" if picks or about or spec.confirm is not None else "study"


def compile_ended_items(
    spec: object, linker: Linker, items: Callable[[Evaluation], list[Item]]
) -> Callable[[Evaluation], list[Item]]:
    """The same items, of which only what has been done is left after the end."""
    ended = compile_ending(linker, spec.ends_with or "study")  # type: ignore[attr-defined]

    def left(ctx: Evaluation) -> list[Item]:
        found = items(ctx)
        return [i for i in found if i.state in ("done", "missed")] if found and ended(ctx) else found

    return left


def compile_ended_milestone(
    spec: object, linker: Linker, milestone: Callable[[Evaluation], MilestoneState | None]
) -> Callable[[Evaluation], MilestoneState | None]:
    """The same milestone, unless it became true only after the end.

    Of what is over with treatment: or by the very report that ended it, which is the news. What a person decides is told as long
    as it is asked.
    """
    level = spec.ends_with or _asked_until(spec.value, linker)  # type: ignore[attr-defined]
    ended = compile_ending(linker, level)
    if _says_the_end(spec.when, level, linker):  # type: ignore[attr-defined]
        return milestone  # a second report of it makes the first no untruth

    def told(ctx: Evaluation) -> MilestoneState | None:
        found = milestone(ctx)
        end = ended(ctx) if found is not None else None
        if found is None or end is None:
            return found
        by_the_end = level == "treatment" and found.since in (end.event.occurred, end.known)
        return None if by_the_end or found.since > end.known else found

    return told


def _says_the_end(when: Predicate, level: str, linker: Linker) -> bool:
    """Whether a milestone says that the end has come."""
    reached = [linker.anchors[each.anchor] for each in atoms(when, Reached) if each.anchor in linker.anchors]
    said = {r.action for r in atoms(when, Recorded)} | {
        d.action for a in reached for d in atoms(a.actual, Done)
    }
    return bool(said) and said <= set(ending_actions(linker, level))


def _asked_until(value: object, linker: Linker) -> str:
    spec = linker.decisions.get(value) if isinstance(value, str) else None
    return level_of_decision(str(value), linker) if spec is not None and spec.confirm is not None else "study"


def close(found: Resolved, known: datetime, *, person: bool, dropped: bool = False) -> None:
    """Close a question that is over since the end was `known`: nobody is asked, what was taken stands, and what came later moves
    nothing. `dropped`: what was taken was to be carried out, and had not been when the end came; it is not in force any more."""
    found.fallen = None
    if dropped and found.taken is not None:
        found.asked, found.outcome, found.state, found.open, found.changed_at = (
            False,
            None,
            "none",
            False,
            None,
        )
        found.proposal, found.choice, found.possible, found.missing, found.review = None, (), (), (), False
        return
    if found.taken is not None and found.taken.recorded <= known:
        if found.changed_at is not None and found.changed_at > known:
            found.outcome, found.state, found.since = found.taken.value, "in_force", found.taken.recorded
            found.changed_at = None
        found.open = False
        return
    if found.taken is None and (person or found.open):
        found.closed = found.asked and not found.none
        found.asked, found.open, found.state, found.outcome = False, False, "none", None
        found.proposal, found.choice, found.possible, found.missing, found.review = None, (), (), (), False
