"""Lapses: an answer that has once lost its ground does not come back by itself when the ground is there again.

What was in force is read from the record as it was after each event that the question rests on. A record only grows, so what
was found out about its beginning stays true of every record that begins so, and is kept with it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import datetime

from pathway.engine.context import DECISIONS, TRACKS, Compiled, Evaluation
from pathway.engine.reread import KEPT, Forward, Reread, kept, names_of, sittings, touches
from pathway.engine.results import Resolved
from pathway.events import Event
from pathway.record import Record


def lapsed(ctx: Evaluation, key: str, taken: Event) -> bool:
    """Whether the answer `taken` to the question `key` was not in force at a moment after it was given."""
    known = kept(ctx)
    history: _History | None = known.get("history")
    if history is None:
        history = known["history"] = _History(ctx)
    history.go_on(ctx.record.events)
    lost = history.last_lost(key, taken, len(ctx.record.events))
    return lost is not None and lost > taken.recorded


class _History:
    """What was in force after each event: all questions that have an answer, read forward together, once."""

    __slots__ = ("_concern", "_done", "_lost", "_reread")

    def __init__(self, ctx: Evaluation) -> None:
        self._reread = Reread(ctx)
        self._reread.record.kept[KEPT] = ctx.record.kept[KEPT]
        self._concern: dict[tuple[str, str], bool] = {}
        self._done = 0
        # By question and answer, in the order of time: after how many events it was not in force, and when that was.
        self._lost: dict[tuple[str, str], list[tuple[int, datetime]]] = {}

    def last_lost(self, key: str, taken: Event, length: int) -> datetime | None:
        """When that answer was last not in force, as far as is known, before the present of a record of that length."""
        lost = self._lost.get((key, taken.id), [])
        earlier = bisect_left(lost, length, key=lambda each: each[0])
        return lost[earlier - 1][1] if earlier else None

    def go_on(self, events: list[Event]) -> None:
        """Read on to the last moment but the present."""
        for first, end in sittings(events, self._done):
            self._reread.add(events[first:end])
            self._look(events[first:end], end)
            self._done = end

    def _look(self, news: list[Event], end: int) -> None:
        """Find out which of the answers that this news may concern are not in force now."""
        record, moment = self._reread.record, news[0].recorded
        names, past = names_of(record, news), None
        for key, answers in record.decisions.items():
            if not answers or self._is_lost(key, answers[-1]) or not self._concerned(names, key):
                continue
            past = past or self._reread.at(moment)
            found = _found(past, key)
            if found is not None and found.taken is not None and found.outcome is None:
                self._lost.setdefault((key, found.taken.id), []).append((end, moment))

    def _is_lost(self, key: str, taken: Event) -> bool:
        lost = self._lost.get((key, taken.id), [])
        return bool(lost) and lost[-1][1] > taken.recorded

    def _concerned(self, names: Iterable[str], key: str) -> bool:
        for name in names:
            known = self._concern.get((name, key))
            if known is None:
                known = self._concern[name, key] = _concerns(self._reread.compiled, name, key)
            if known:
                return True
        return False


def _concerns(compiled: Compiled, name: str, key: str) -> bool:
    """Whether an event of that name may change a question whose answer can lapse, or the track of which it is part."""
    if key not in compiled.may_lapse:
        return False
    return touches(compiled, name, *_question(compiled, key))


def _question(compiled: Compiled, key: str) -> tuple[int, int]:
    if key in compiled.decision_index:
        return DECISIONS, compiled.decision_index[key]
    track, _ = compiled.phases[key.removeprefix("AFTER_")]
    return TRACKS, list(compiled.tracks).index(track)


def _found(past: Evaluation, key: str) -> Resolved | None:
    """The question as it stood; None where its answer cannot have lost its ground."""
    if not past.compiled.may_lapse[key](past):
        return None  # most events leave the answers alone, and the way by which the patient came need not be walked
    kind, number = _question(past.compiled, key)
    if kind == DECISIONS:
        return past.decision(number)
    return past.track(number).exits.get(key.removeprefix("AFTER_"))


def looked_back(
    ctx: Evaluation, name: tuple[object, ...], at: datetime, test: Callable[[Evaluation], bool]
) -> bool:
    """What a test says of the evaluation at an earlier instant, by what was on record then."""
    known = kept(ctx)
    length = bisect_right(ctx.record.events, at, key=lambda e: e.recorded)
    key = (*name, length, at)
    if key not in known:
        record = Record.of(ctx.record.events[:length])
        record.kept[KEPT] = ctx.record.kept[KEPT]
        known[key] = test(Evaluation(ctx.compiled, ctx.profile, ctx.site, record, at))
    answer: bool = known[key]
    return answer


def first_time(
    ctx: Evaluation,
    name: tuple[object, ...],
    about: tuple[int, int],
    test: Callable[[Evaluation], str | None],
) -> tuple[str, datetime] | None:
    """What a test first said and when, by what was on record at each earlier moment, in the words that hold today.

    What was corrected or voided since counts as it does now: a mistake has made no history. `about`: kind and number of the
    function whose names tell which events matter.
    """
    known = kept(ctx)
    story: _Story | None = known.get(("first", *name))
    if story is None or not story.forward.goes_on(ctx.record):
        story = known["first", *name] = _Story(ctx)
    return story.first(ctx.record, about, test)


class _Story:
    """A record read forward until a test says something."""

    __slots__ = ("_found", "forward")

    def __init__(self, ctx: Evaluation) -> None:
        self.forward = Forward(ctx)
        self._found: tuple[int, str, datetime] | None = None

    def first(
        self, record: Record, about: tuple[int, int], test: Callable[[Evaluation], str | None]
    ) -> tuple[str, datetime] | None:
        """What the test first said before the present of this record."""
        if self._found is None:
            self._read_on(record, about, test)
        if self._found is None or self._found[0] >= len(record.events):
            return None
        return self._found[1:]

    def _read_on(
        self, record: Record, about: tuple[int, int], test: Callable[[Evaluation], str | None]
    ) -> None:
        def concerns(names: Iterable[str]) -> bool:
            return any(touches(self.forward.compiled, name, *about) for name in names)

        for end, past in self.forward.moments(record, concerns, closing=False):
            said = test(past)
            if said is not None:
                self._found = end, said, past.now
                return
