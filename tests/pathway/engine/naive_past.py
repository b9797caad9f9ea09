"""The past read as it is defined, from nothing for every moment: what `lapses`, `latches` and `standing` must agree with."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar
from unittest.mock import patch

from pathway.engine.context import DECISIONS, TRACKS, Evaluation
from pathway.engine.results import Resolved
from pathway.events import Event
from pathway.record import Record

AMENDING = ("correction", "void")
REPORTS = ("observation", "adverse_event")
T = TypeVar("T")


class NaivePast:
    """The five questions about the past. An evaluation is kept by its events and instant, or it would be made without end."""

    def __init__(self) -> None:
        self._known: dict[object, Evaluation] = {}

    def _past(self, ctx: Evaluation, events: Iterable[Event], at: datetime) -> Evaluation:
        events = tuple(events)
        key = tuple(e.id for e in events), at, ctx.site
        if key not in self._known:
            self._known[key] = Evaluation(ctx.compiled, ctx.profile, ctx.site, Record.of(events), at)
        return self._known[key]

    def lapsed(self, ctx: Evaluation, key: str, taken: Event) -> bool:
        """Whether at a moment after the answer, the present left out, an event concerned the question and it was not in force."""
        events = ctx.record.events
        for first, end in _closed(events):
            moment = events[first].recorded
            if moment <= taken.recorded or not _concerned(ctx, events[first:end], *_question(ctx, key)):
                continue
            past = self._past(ctx, events[:end], moment)
            found = _found(past, key)
            if found and found.taken and found.taken.id == taken.id and found.outcome is None:
                return True
        return False

    def looked_back(
        self, ctx: Evaluation, name: object, at: datetime, test: Callable[[Evaluation], bool]
    ) -> bool:
        """What the test says of what was on record at the instant."""
        length = bisect_right(ctx.record.events, at, key=lambda e: e.recorded)
        return test(self._past(ctx, ctx.record.events[:length], at))

    def first_time(
        self,
        ctx: Evaluation,
        name: object,
        about: tuple[int, int],
        test: Callable[[Evaluation], str | None],
    ) -> tuple[str, datetime] | None:
        """What the test first says, with every later correction and void already made."""
        events = ctx.record.events
        for first, end in _closed(events):
            if _concerned(ctx, events[first:end], *about):
                later = [e for e in events[end:] if e.kind in AMENDING]
                said = test(self._past(ctx, [*events[:end], *later], events[first].recorded))
                if said is not None:
                    return said, events[first].recorded
        return None

    def latched(
        self,
        ctx: Evaluation,
        number: int,
        names: AbstractSet[str],
        options: tuple[str, ...],
        as_it_stood: Callable[[Evaluation], Resolved],
    ) -> Resolved | None:
        """What the table last said of these options, with the reports up to a moment and everything else."""
        record = ctx.record
        events = record.events[:1] + [
            e
            for e in record.events[1:]
            if e.kind in ("transfer", "annulment")
            or _reads(ctx, record.by_id[record.root.get(e.id, e.id)].name, DECISIONS, number)
        ]
        reports = [e for e in events if e.kind in REPORTS and _reads(ctx, e.name, DECISIONS, number)]
        for moment in sorted({e.recorded for e in reports}, reverse=True)[1:]:
            before = [e for e in events if e not in reports or e.recorded <= moment]
            found = as_it_stood(self._past(ctx, before, moment))
            if found.outcome in options:
                return found
        return None

    def settled_last(
        self,
        ctx: Evaluation,
        name: tuple[object, ...],
        names: AbstractSet[str],
        look: Callable[[Evaluation], T | None],
    ) -> T | None:
        """What was found last, each as it was when the next report came, with every later correction and void already made."""
        events = ctx.record.events
        for first, end in reversed([*_closed(events)]):
            if names & {n for e in events[first:end] for n in (e.name, _root(ctx, e).name)}:
                later = [e for e in events[end:] if e.kind in AMENDING]
                found = look(self._past(ctx, [*events[:end], *later], events[end].recorded))
                if found is not None:
                    return found
        return None


@contextmanager
def naively() -> Iterator[None]:
    """Within it, the engine reads the past so."""
    naive = NaivePast()
    with (
        patch("pathway.engine.decisions.lapsed", naive.lapsed),
        patch("pathway.engine.decisions.latched", naive.latched),
        patch("pathway.engine.standing.settled_last", naive.settled_last),
        patch("pathway.engine.tracks.lapsed", naive.lapsed),
        patch("pathway.engine.tracks.looked_back", naive.looked_back),
        patch("pathway.engine.tracks.first_time", naive.first_time),
    ):
        yield


def _closed(events: list[Event]) -> Iterator[tuple[int, int]]:
    ends = [n for n in range(1, len(events)) if events[n].recorded != events[n - 1].recorded]
    yield from zip([0, *ends[:-1]], ends, strict=bool(ends))


def _question(ctx: Evaluation, key: str) -> tuple[int, int]:
    if key in ctx.compiled.decision_index:
        return DECISIONS, ctx.compiled.decision_index[key]
    return TRACKS, list(ctx.compiled.tracks).index(ctx.compiled.phases[key.removeprefix("AFTER_")][0])


def _found(past: Evaluation, key: str) -> Resolved | None:
    kind, number = _question(past, key)
    return (
        past.decision(number)
        if kind == DECISIONS
        else past.track(number).exits.get(key.removeprefix("AFTER_"))
    )


def _concerned(ctx: Evaluation, events: list[Event], kind: int, number: int) -> bool:
    return any(_reads(ctx, e.name, kind, number) for e in (*events, *(_root(ctx, e) for e in events)))


def _root(ctx: Evaluation, event: Event) -> Event:
    return ctx.record.chains.get(ctx.record.root.get(event.id, event.id), [event])[0]


def _reads(ctx: Evaluation, name: str, kind: int, number: int) -> bool:
    return any(each == kind and number in numbers for each, numbers in ctx.compiled.readers.get(name, ()))
