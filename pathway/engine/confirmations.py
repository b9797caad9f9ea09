"""Confirmations: what a person saw against what is, and whether the answer still counts."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime

from pathway.engine.context import Evaluation, Leaves
from pathway.engine.grounds import GROUNDS, grounds_text, occasions
from pathway.engine.results import Comparison, Resolved
from pathway.engine.size_seen import SIZE, more_than_seen
from pathway.events import Event, Seen

OFFER = "offered"
"""Where that which could be taken stands among the bands that a person saw."""


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


def compare(ctx: Evaluation, found: Resolved, taken: Event, leaves: Leaves) -> Comparison:
    """Compare what a confirmation was bound to with today."""
    seen = taken.seen
    if seen is None:
        return Comparison(True, False, False, False, True, True, None)
    today, then = leaves.values(ctx), dict(seen.values)
    changed = [k for k in then if today.get(k) != then[k]]
    blanks = [k for k in today if k not in then]
    bands, before = dict(found.bands), dict(seen.bands)
    new = _unseen(ctx, before[GROUNDS], leaves) if GROUNDS in before else []
    grown = bool(new) or any(
        more_than_seen(text, bands.get(name, "")) for name, text in before.items() if name.endswith(SIZE)
    )
    at = leaves.touched(ctx, changed or blanks)
    if new:
        at = max([min(new), *([at] if at is not None else [])])
    return Comparison(
        not changed,
        any(not leaves.stands(ctx, k, then[k]) for k in changed),
        bool(blanks),
        grown,
        not grown
        and all(
            bands.get(k) == v for k, v in before.items() if k not in (GROUNDS, OFFER) and not k.endswith(SIZE)
        ),
        seen.proposal == found.proposal and before.get(OFFER, _offer(found)) == _offer(found),
        at,
        shaken=any(was == "PASS" and bands.get(name) == "REVIEW" for name, was in before.items()),
    )


def told_changes(
    then: Mapping[str, str], today: Mapping[str, str], voided: Container[str] = frozenset()
) -> str:
    """Every value that whoever decided saw and that is another one now, as `mrd EOI: 5e-4, now 6e-4`; where none is, those that
    were not there `then`; "" if all is as it was. `voided`: what is not there because it was voided."""
    changed = [
        f"{name}: {was}, now {today.get(name, 'voided' if name in voided else 'none')}"
        for name, was in then.items()
        if today.get(name) != was
    ]
    return "; ".join(
        changed or [f"{name}: none, now {now}" for name, now in today.items() if name not in then]
    )


def _unseen(ctx: Evaluation, then: str, leaves: Leaves) -> list[datetime]:
    """Since when there have been the occasions that were not seen, or that have grown."""
    return [at for name, number, at in occasions(ctx, leaves) if more_than_seen(then, f"{name}={number}")]


def _offer(found: Resolved) -> str:
    """What may be taken: of a proposal that alone, else the options that are left."""
    if found.proposal is not None:
        return found.proposal
    if found.choice or found.review:
        return "|".join(found.choice or found.possible)
    return "none" if found.none else f"open {'|'.join(found.possible)}"


def by_occasion(ctx: Evaluation, key: str, leaves: Leaves) -> tuple[Event, ...]:
    """The answer for each occasion of a question that is still on record: the last that was given before another came."""
    answers: dict[str, Event] = {}
    last: tuple[str, ...] = ()
    before = ""
    for taken in ctx.record.decisions.get(key, ()):
        shown = dict(taken.seen.bands).get(GROUNDS, "") if taken.seen is not None else ""
        new = tuple(part.rpartition("=")[0] for part in shown.split() if more_than_seen(before, part))
        last, before = new or last, shown
        answers |= dict.fromkeys(last, taken)
    left = {name for name, _, _ in occasions(ctx, leaves)}
    return tuple(dict.fromkeys(taken for name, taken in answers.items() if name in left))


def is_decided(found: Resolved) -> bool:
    """Whether the table can tell: one proposal, a choice, or that nothing is asked."""
    return found.proposal is not None or bool(found.choice) or found.none


def judge(
    found: Resolved, taken: Event, now: Comparison, done: bool, on_reopen: str, in_spite: bool = False
) -> None:
    """Whether a confirmation still counts: the first of five conditions that matches.

    Blanks that are filled after the thing was done do not make it wrong: it was right by what was known. `in_spite`: it was done
    after they were filled.
    """
    option = taken.value
    assert option is not None
    decided = is_decided(found)
    found.offered = found.since
    found.taken, found.since, found.changed_at = taken, taken.recorded, now.changed_at
    if _stands(found, option, now, done and not in_spite):
        found.outcome, found.state = option, "in_force"
    elif now.same_bands and now.same_offer:
        found.outcome, found.state = option, "amended" if now.amended else "in_force"
        found.changed_at = now.changed_at or taken.recorded
    elif done:
        # While the table cannot tell yet, it may already tell that this option is out.
        left = (found.proposal, *found.choice) if decided else found.possible or (option,)
        # It was done after values that it rests on had turned, while nobody could tell what they say.
        blindly = in_spite and not decided and found.review
        differs = option not in left or blindly
        if found.choice and not differs and not now.same_offer and on_reopen == "keep":
            # Other options than were seen: what is being done goes on, and a person picks among them.
            found.changed_at = now.changed_at or max(found.offered or taken.recorded, taken.recorded)
            reopen(found, option)
            return
        found.outcome = option
        found.state = "diverged" if differs else "amended" if now.amended else "in_force"
        found.changed_at = now.changed_at or taken.recorded
    elif found.proposal == option:
        found.outcome, found.state = option, "in_force"
    elif found.none:
        found.outcome, found.state = None, "none"
    else:
        found.changed_at = now.changed_at or max(found.offered or taken.recorded, taken.recorded)
        reopen(found, option if on_reopen == "keep" else None)


def _stands(found: Resolved, option: str, now: Comparison, done: bool) -> bool:
    if not now.same_values or now.grown:
        return False
    # While the table cannot tell, what was taken stands if it is still possible.
    possible = not is_decided(found) and not now.shaken and (not found.possible or option in found.possible)
    return now.same_offer or done or possible


def counts(found: Resolved, taken: Event, now: Comparison, on_reopen: str) -> bool:
    """Whether `judge` keeps a confirmation in force even if nothing has been done on it."""
    assert taken.value is not None
    return (
        _stands(found, taken.value, now, False)
        or (now.same_bands and now.same_offer)
        or found.proposal == taken.value
        or (on_reopen == "keep" and not found.none)
    )


def lapse(found: Resolved) -> None:
    """An answer whose ground was gone for a while: it is asked for again, since the ground is there again."""
    assert found.taken is not None
    found.changed_at = max(found.offered or found.taken.recorded, found.taken.recorded)
    reopen(found, None)


def reopen(found: Resolved, outcome: str | None) -> None:
    """The question is put again; `outcome`: what stays in force until it has been answered."""
    found.state, found.outcome = "reopened", outcome
    found.open = found.proposal is not None or bool(found.choice) or found.review
    if found.outcome is None:
        found.since = found.changed_at or found.since


def seen(ctx: Evaluation, found: Resolved, leaves: Leaves) -> Seen:
    """What a person sees who decides now: values, cells and guards, the occasions of the question, what may be taken."""
    bands = (*found.bands, (GROUNDS, grounds_text(occasions(ctx, leaves))), (OFFER, _offer(found)))
    return Seen(found.proposal, tuple(sorted(leaves.values(ctx).items())), bands)
