"""What of a list goes into a batch: only what changed, and the order stays the plan's."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from workflows.durable.batch_lists import FARTHEST, Part, Placed, difference


@dataclass(frozen=True)
class Entry:
    key: str
    version: int = 0


LISTS = st.lists(
    st.lists(st.builds(Entry, st.sampled_from("ABCDEFGH"), st.integers(0, 2)), max_size=9), max_size=12
)


def applied(stored: dict[int, Entry], part: Part[Entry]) -> dict[int, Entry]:
    """What a store makes of it."""
    if part.at is None:
        placed, _ = difference(None, part.entries)
        return dict(zip(placed.places, placed.entries, strict=True))
    emptied = {*part.at.gone, *part.at.at}
    kept = {place: entry for place, entry in stored.items() if place not in emptied}
    return {**kept, **dict(zip(part.at.at, part.entries, strict=True))}


@given(LISTS)
def test_any_sequence_of_batches_leaves_what_replacing_everything_would(lists: list[list[Entry]]) -> None:
    before: Placed[Entry] | None = None
    stored: dict[int, Entry] = {}
    for entries in lists:
        before, part = difference(before, entries)
        stored = applied(stored, part)
        assert [stored[place] for place in sorted(stored)] == entries


def parts(*lists: str) -> list[str]:
    """What each batch holds: the keys, and `-n` for n places that are empty now; `whole` for a whole list."""
    before: Placed[Entry] | None = None
    found = []
    for keys in lists:
        before, part = difference(before, [Entry(key) for key in keys])
        new = "".join(entry.key for entry in part.entries)
        found.append("whole" if part.at is None else f"{new}{f'-{len(part.at.gone)}' * bool(part.at.gone)}")
    return found


def test_only_what_is_new_or_gone_is_told() -> None:
    assert parts("ABCD", "ABCD", "AXBCD", "ABCDY", "ZABCDY", "BY") == ["whole", "", "X", "Y-1", "Z", "-4"]


def test_what_moves_is_told_at_its_new_place() -> None:
    assert parts("ABCD", "ABDC") == ["whole", "C-1"]


def test_a_key_that_comes_twice_is_kept_apart() -> None:
    assert parts("AA", "AAA", "A") == ["whole", "A", "-2"]


def test_a_list_without_room_between_two_entries_is_told_as_a_whole() -> None:
    before: Placed[Entry] | None = None
    entries = [Entry("first"), Entry("last")]
    told = []
    for number in range(20):
        before, part = difference(before, entries)
        told.append(part.at is None)
        entries.insert(1, Entry(f"K{number}"))
    assert told.count(True) == 2


def test_places_stay_within_what_a_database_counts_to() -> None:
    before = Placed((Entry("A"),), (FARTHEST - 1,))
    _, part = difference(before, [Entry("A"), Entry("B")])
    assert part.at is None
