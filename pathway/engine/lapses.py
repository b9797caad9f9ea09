"""Lapses: an answer that has once lost its ground does not come back by itself when the ground is there again.

What was in force is read from the record as it was after each event that the question rests on. A record only grows, so what
was found out about its beginning stays true and is kept with it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import datetime

from pathway.clock import BEGINNING
from pathway.engine.context import Evaluation
from pathway.engine.results import Resolved
from pathway.events import Event
from pathway.record import Record

KEPT = "lapses"
AMENDING = ("correction", "void")
PASTS = "pasts"
PAST = 8
"""So many evaluations of the past are kept: several questions ask about the same moment."""

Look = Callable[[Evaluation], Resolved | None]


def lapsed(ctx: Evaluation, key: str, taken: Event, kind: int, number: int, look: Look) -> bool:
    """Whether the answer `taken` was not in force at a moment after it was given.

    `kind`, `number`: the function whose names tell which events matter; `look` finds the question in an evaluation.
    """
    kept = ctx.record.kept.setdefault(KEPT, {})
    name = (key, taken.id, ctx.profile.hash, ctx.site)
    after, done = kept.get(name, (0, False))
    if done:
        return True
    events = ctx.record.events
    for first, end in sittings(events, after, taken.recorded):
        if not any(_matters(ctx, event, kind, number) for event in events[first:end]):
            continue
        found = look(_past(ctx, kept, end, events[first].recorded))
        if (
            found is not None
            and found.taken is not None
            and found.taken.id == taken.id
            and found.outcome is None
        ):
            kept[name] = (end, True)
            return True
        after = end
    kept[name] = (after, False)
    return False


def looked_back(
    ctx: Evaluation, name: tuple[object, ...], at: datetime, test: Callable[[Evaluation], bool]
) -> bool:
    """What a test says of the evaluation at an earlier instant, by what was on record then."""
    kept = ctx.record.kept.setdefault(KEPT, {})
    length = bisect_right(ctx.record.events, at, key=lambda e: e.recorded)
    key = (*name, length, at, ctx.profile.hash, ctx.site)
    if key not in kept:
        kept[key] = test(_past(ctx, kept, length, at))
    answer: bool = kept[key]
    return answer


def first_time(
    ctx: Evaluation,
    name: tuple[object, ...],
    kind: int,
    number: int,
    test: Callable[[Evaluation], str | None],
) -> tuple[str, datetime] | None:
    """What a test first said and when, by what was on record at each earlier moment, in the words that hold today.

    What was corrected or voided since counts as it does now: a mistake has made no history.
    """
    kept = ctx.record.kept.setdefault(KEPT, {})
    events = ctx.record.events
    amended = sum(1 for e in events if e.kind in AMENDING)
    key = ("first", *name, amended, ctx.profile.hash, ctx.site)
    after, known = kept.get(key, (0, None))
    if known is not None:
        return known  # type: ignore[no-any-return]
    for first, end in sittings(events, after):
        if any(_matters(ctx, event, kind, number) for event in events[first:end]):
            later = [e for e in events[end:] if e.kind in AMENDING]
            record = Record.of([*events[:end], *later])
            at = events[first].recorded
            said = test(Evaluation(ctx.compiled, ctx.profile, ctx.site, record, at))
            if said is not None:
                kept[key] = (end, (said, at))
                return said, at
        after = end
    kept[key] = (after, None)
    return None


def sittings(events: list[Event], after: int = 0, since: datetime = BEGINNING) -> Iterator[tuple[int, int]]:
    """What was recorded at one instant, from one event to another; what came last is the present, and not among them."""
    first = after
    for n in range(after + 1, len(events)):
        if events[n].recorded == events[first].recorded:
            continue
        if events[first].recorded > since:
            yield first, n
        first = n


def _matters(ctx: Evaluation, event: Event, kind: int, number: int) -> bool:
    root = ctx.record.chains.get(ctx.record.root.get(event.id, event.id), [event])[0]
    names = {event.name: None, root.name: None}
    return any(
        each == kind and number in numbers
        for name in names
        for each, numbers in ctx.compiled.readers.get(name, ())
    )


def _past(ctx: Evaluation, kept: dict[object, object], length: int, at: datetime) -> Evaluation:
    """The evaluation of the first events. What is kept about lapses is shared with it."""
    pasts: dict[tuple[object, ...], Evaluation] = kept.setdefault(PASTS, {})  # type: ignore[assignment]
    key = (length, at, ctx.profile.hash, ctx.site)
    if key in pasts:
        return pasts[key]
    events = ctx.record.events[:length]
    # The longest known beginning of this past goes on: what nothing has touched since is not worked out again.
    begun = [p for p in pasts.values() if len(p.record.events) <= length and p.now <= at]
    before = max(begun, key=lambda p: len(p.record.events), default=None)
    record = (
        Record.of(events)
        if before is None
        else before.record.followed_by(events[len(before.record.events) :])
    )
    record.kept = ctx.record.kept
    past = Evaluation(ctx.compiled, ctx.profile, ctx.site, record, at, before)
    for each in list(pasts)[: max(len(pasts) - PAST + 1, 0)]:
        del pasts[each]
    pasts[key] = past
    return past
