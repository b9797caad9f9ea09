"""Confirmations: what a person saw against what is, and whether the answer still counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pathway.engine.context import Evaluation, Leaves
from pathway.engine.results import Resolved
from pathway.engine.size_seen import SIZE, more_than_seen
from pathway.events import Event, Seen


def latest_confirmation(ctx: Evaluation, key: str) -> Event | None:
    """The latest confirmation that has not been voided."""
    taken = ctx.record.decisions.get(key)
    return taken[-1] if taken else None


def unconfirmed(found: Resolved) -> None:
    """The state of a question that nobody has answered."""
    if found.proposal is not None:
        found.state, found.open = "proposed", True
    elif found.choice:
        found.state, found.open = "choice", True
    elif found.none:
        found.state = "none"
    elif found.missing:
        found.state = "waiting"
    else:
        found.state, found.open = "review", True
        found.choice = found.possible


@dataclass(slots=True)
class Comparison:
    """What a person saw against what is: `changed_at` is when a value that they saw, or else a blank, last changed.

    `amended`: a value that they saw no longer stands. A later sample beside it, or an upstream decision, does not amend it.
    """

    same_values: bool
    amended: bool
    filled: bool
    same_bands: bool
    same_proposal: bool
    changed_at: datetime | None


def compare(ctx: Evaluation, found: Resolved, taken: Event, leaves: Leaves) -> Comparison:
    """Compare what a confirmation was bound to with today."""
    seen = taken.seen
    if seen is None:
        return Comparison(True, False, False, True, True, None)
    today, then = leaves.values(ctx), dict(seen.values)
    changed = [k for k in then if today.get(k) != then[k]]
    blanks = [k for k in today if k not in then]
    bands = dict(found.bands)
    return Comparison(
        not changed,
        any(not leaves.stands(ctx, k, then[k]) for k in changed),
        bool(blanks),
        all(
            more_than_seen(v, bands.get(k, "")) is False if k.endswith(SIZE) else bands.get(k) == v
            for k, v in seen.bands
        ),
        seen.proposal == found.proposal,
        leaves.touched(ctx, changed or blanks),
    )


def told_changes(then: Mapping[str, str], today: Mapping[str, str]) -> str:
    """Every value that whoever decided saw and that is another one now, as `mrd EOI: 5e-4, now 6e-4`; where none is, those that
    were not there `then`; "" if all is as it was."""
    changed = [
        f"{name}: {was}, now {today.get(name, 'none')}"
        for name, was in then.items()
        if today.get(name) != was
    ]
    return "; ".join(
        changed or [f"{name}: none, now {now}" for name, now in today.items() if name not in then]
    )


def is_decided(found: Resolved) -> bool:
    """Whether the table can tell: one proposal, a choice, or that nothing is asked."""
    return found.proposal is not None or bool(found.choice) or found.none


def judge(found: Resolved, taken: Event, now: Comparison, done: bool, on_reopen: str) -> None:
    """Whether a confirmation still counts: the first of five conditions that matches.

    Blanks that are filled after the thing was done do not make it wrong: it was right by what was known.
    """
    option = taken.value
    assert option is not None
    decided = is_decided(found)
    found.taken, found.since, found.changed_at = taken, taken.recorded, now.changed_at
    if now.same_values and (not now.filled or now.same_proposal or not decided or done):
        found.outcome, found.state = option, "in_force"
    elif now.same_bands and now.same_proposal:
        found.outcome, found.state = option, "amended" if now.amended else "in_force"
        found.changed_at = now.changed_at or taken.recorded
    elif done:
        # While the table cannot tell yet, it may already tell that this option is out.
        left = (found.proposal, *found.choice) if decided else found.possible or (option,)
        differs = option not in left
        found.outcome = option
        found.state = "diverged" if differs else "amended" if now.amended else "in_force"
        found.changed_at = now.changed_at or taken.recorded
    elif found.proposal == option:
        found.outcome, found.state = option, "in_force"
    elif found.none:
        found.outcome, found.state = None, "none"
    else:
        found.state = "reopened"
        found.outcome = option if on_reopen == "keep" else None
        found.open = found.proposal is not None or bool(found.choice) or found.review
        if found.outcome is None:
            found.since = now.changed_at or found.since


def seen(ctx: Evaluation, found: Resolved, leaves: Leaves) -> Seen:
    """What a person sees who decides now."""
    return Seen(found.proposal, tuple(sorted(leaves.values(ctx).items())), found.bands)
