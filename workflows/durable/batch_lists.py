"""What of a plan's lists goes into a batch for the store: what is new or changed since the batch before, and what is gone.

Every entry has a place, a number that grows in the plan's order. Entries that stay keep theirs, and a new one gets a number
between its neighbours', so that nothing else moves. Pure, and never carried from run to run: the first batch of a run
has whole lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from contracts.publish import STRIDE, Places
from pathway.plan import DecisionState, Item, Obligation

FARTHEST: Final = 1 << 30
"""Places stay well within 32 bits, which a database's integers have."""


class Entry(Protocol):
    """What stands in a list: an item, an obligation, a decision."""

    @property
    def key(self) -> str: ...


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Placed(Generic[E]):
    """A list as the store has it once it has the batch: its entries in order, and the place of each."""

    entries: tuple[E, ...]
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part(Generic[E]):
    """What goes into a batch: entries, and where they belong; None if they are the whole list."""

    entries: tuple[E, ...]
    at: Places | None


def whole(entries: Sequence[E]) -> tuple[Placed[E], Part[E]]:
    """The whole list, placed anew."""
    entries = tuple(entries)
    return Placed(entries, tuple(range(0, len(entries) * STRIDE, STRIDE))), Part(entries, None)


def difference(before: Placed[E] | None, entries: Sequence[E]) -> tuple[Placed[E], Part[E]]:
    """The list placed after `before`, and what of it the store does not have; the whole one where no room is left.

    `before`: what the store has, None if that is not known.
    """
    if before is None:
        return whole(entries)
    stored = dict(zip(_names(before.entries), zip(before.places, before.entries, strict=True), strict=True))
    named = list(zip(_names(entries), entries, strict=True))
    places = _places([stored[name][0] if name in stored else None for name, _ in named])
    if places is None:
        return whole(entries)
    new = [
        (place, entry)
        for place, (name, entry) in zip(places, named, strict=True)
        if stored.get(name) != (place, entry)
    ]
    gone = set(before.places) - set(places)
    return Placed(tuple(entries), tuple(places)), Part(
        tuple(entry for _, entry in new),
        Places(at=tuple(place for place, _ in new), gone=tuple(sorted(gone))),
    )


@dataclass(frozen=True, slots=True)
class BatchLists:
    """The lists of a plan as the store has them: items; deviations, then alerts; decisions that wait for a person."""

    items: Placed[Item]
    obligations: Placed[Obligation]
    decisions: Placed[DecisionState]


def lists_of(
    before: BatchLists | None,
    items: Sequence[Item],
    obligations: Sequence[Obligation],
    decisions: Sequence[DecisionState],
) -> tuple[BatchLists, Part[Item], Part[Obligation], Part[DecisionState]]:
    """The lists placed, and what of each the store does not have. `before`: what it has, None if that is not known."""
    all_items, new_items = difference(None if before is None else before.items, items)
    all_obligations, new_obligations = difference(None if before is None else before.obligations, obligations)
    all_decisions, new_decisions = difference(None if before is None else before.decisions, decisions)
    after = BatchLists(all_items, all_obligations, all_decisions)
    return after, new_items, new_obligations, new_decisions


def _names(entries: Iterable[Entry]) -> list[tuple[str, int]]:
    """Keys, numbered where one comes more than once."""
    seen: Counter[str] = Counter()
    found = []
    for entry in entries:
        found.append((entry.key, seen[entry.key]))
        seen[entry.key] += 1
    return found


def _places(stored: Sequence[int | None]) -> list[int] | None:
    """Places for a list whose entries have these by now. None: there is no room.

    One keeps its own if all that stand before it and keep theirs have lower ones; the others get new ones in between.
    """
    kept: list[tuple[int, int]] = []
    for index, place in enumerate(stored):
        if place is not None and (not kept or kept[-1][1] < place):
            kept.append((index, place))
    found: list[int] = []
    low: int | None = None
    for index, high in [*kept, (len(stored), None)]:
        between = _between(low, high, index - len(found))
        if between is None:
            return None
        found += between
        if high is not None:
            found.append(high)
            low = high
    return found if all(-FARTHEST < place < FARTHEST for place in found) else None


def _between(low: int | None, high: int | None, count: int) -> list[int] | None:
    if count == 0:
        return []
    if high is None:
        first = 0 if low is None else low + STRIDE
        return [first + number * STRIDE for number in range(count)]
    if low is None:
        return [high - (count - number) * STRIDE for number in range(count)]
    step = (high - low) // (count + 1)
    return [low + (number + 1) * step for number in range(count)] if step else None
