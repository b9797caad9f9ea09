"""Voided grounds: an answer that fell because what it was given on was voided or corrected, or is not so any more.

Where the question is asked again, or what was done differs, that is told as REOPENED or DIVERGED. What is told here would else be
silent: the question has gone, waits again, or answers itself otherwise, while what was confirmed may be in preparation or done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from pathway.engine.confirmations import is_decided, latest_confirmation
from pathway.engine.context import Evaluation, Leaves
from pathway.engine.grounds import GROUNDS, grounds_text, occasions
from pathway.engine.results import Fallen, Resolved
from pathway.engine.size_seen import more_than_seen
from pathway.events import Event

TOLD = ("reopened", "diverged", "amended")
"""States of an answer that are told by a notice of their own."""


def fallen(
    ctx: Evaluation, found: Resolved, key: str, leaves: Leaves, carried_out: Collection[str] = ()
) -> Fallen | None:
    """The latest answer to a question if it is not in force, and since when what it was given on has been voided or corrected.

    `carried_out`: options that somebody acts upon. One of them that has not been carried out has fallen as well where a later
    report has taken its ground: the question is not put any more, and who prepares it would not hear of it.
    """
    taken = latest_confirmation(ctx, key)
    if taken is None or found.outcome == taken.value or found.state in TOLD:
        return None
    at = lost(ctx, taken, leaves)
    if at is not None:
        return Fallen(taken, at, done=False)
    gone = _overtaken(ctx, taken, leaves) if taken.value in carried_out and _not_put(found) else None
    return Fallen(taken, gone, done=False, voided=False) if gone is not None else None


def _not_put(found: Resolved) -> bool:
    return not found.asked or (found.none and not found.open)


def _overtaken(ctx: Evaluation, taken: Event, leaves: Leaves) -> datetime | None:
    """Since when something is not what whoever answered saw, by a report; None if only time has passed."""
    if taken.seen is None:
        return None
    today, then = leaves.values(ctx), dict(taken.seen.values)
    at = leaves.touched(ctx, [name for name in {**then, **today} if today.get(name) != then.get(name)])
    return max(at, taken.recorded) if at is not None else None


def done_without_ground(
    ctx: Evaluation, taken: Event, leaves: Leaves, table: Callable[[Evaluation], Resolved]
) -> Fallen | None:
    """The same of an answer that was carried out, to a question that is not asked any more. `table`: what it says now.

    It has its ground still where the table leads to it by what has taken the place of what was voided.
    """
    at = lost(ctx, taken, leaves)
    if at is None:
        return None
    today = table(ctx)
    if is_decided(today) and taken.value in (today.proposal, *today.choice):
        return None
    return Fallen(taken, at, done=True)


def lost(ctx: Evaluation, taken: Event, leaves: Leaves) -> datetime | None:
    """Since when something that whoever answered saw has been voided or corrected, and is no longer so; None if all is as it was.

    A later sample, or a value that came to what was blank, takes no ground away.
    """
    amended = _amended(ctx, taken)
    if not amended or taken.seen is None:
        return None
    today, then = leaves.values(ctx), dict(taken.seen.values)
    changed = {name for name, text in then.items() if today.get(name) != text}
    keys = {key for name, _, keys in leaves.readings if name in changed for key in keys}
    gone = _fewer(ctx, taken, leaves) or any(
        name in changed and not of_facts for name, _, of_facts in leaves.readings
    )
    found = [
        at
        for at, chain in amended
        if any((e.name, e.point) in keys for e in chain)
        or (gone and chain[0].kind in ("action", "adverse_event"))
    ]
    return max(found, default=None)


def voided(ctx: Evaluation, taken: Event, leaves: Leaves) -> frozenset[str]:
    """The values that whoever answered saw and of which the report has been voided since."""
    keys = {
        (chain[0].name, chain[0].point)
        for _, chain in _amended(ctx, taken)
        if ctx.record.head(ctx.record.root.get(chain[0].id, chain[0].id)) is None
    }
    return frozenset(name for name, _, own in leaves.readings if any(key in keys for key in own))


def _amended(ctx: Evaluation, taken: Event) -> list[tuple[datetime, list[Event]]]:
    """What was on record when the answer was given and has been corrected or voided since, each with when that was."""
    record, found = ctx.record, []
    for event in reversed(record.events):
        if event.recorded <= taken.recorded:
            break
        chain = record.chains.get(record.root.get(event.id, ""), ())
        if event.kind in ("correction", "void") and chain and chain[0].recorded <= taken.recorded:
            found.append((event.recorded, list(chain)))
    return found


def _fewer(ctx: Evaluation, taken: Event, leaves: Leaves) -> bool:
    """Whether an occasion that was seen is not on record any more, or not as grave."""
    shown = dict(taken.seen.bands).get(GROUNDS, "") if taken.seen is not None else ""
    now = grounds_text(occasions(ctx, leaves))
    return any(more_than_seen(now, part) for part in shown.split())
