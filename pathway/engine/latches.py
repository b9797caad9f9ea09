"""Outcomes that stay: what a table once found is not unfound by a later, better value. Only a correction takes it back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime

from pathway.engine.context import Evaluation
from pathway.engine.reread import Reread
from pathway.engine.results import Resolved
from pathway.events import Event
from pathway.record import Record

KEPT = "latches"
REPORTS = ("observation", "adverse_event")
KEPT_ALWAYS = ("transfer", "annulment", "rename")


def latched(
    ctx: Evaluation,
    number: int,
    names: AbstractSet[str],
    options: tuple[str, ...],
    as_it_stood: Callable[[Evaluation], Resolved],
) -> Resolved | None:
    """The latest time at which the table said one of `options`, as it stood then; None if it never did. To be asked when it says
    none of them now.

    `number`: the index of the decision; `names`: what it reads, itself or through others. The record is taken as it is corrected
    today, with the reports about those facts and adverse events up to each moment at which one of them was accepted.
    """
    known = ctx.record.kept.setdefault(KEPT, {})
    key = number, ctx.compiled.hash, ctx.profile.hash, ctx.site
    latch: _Latch | None = known.get(key)
    if latch is None or not latch.goes_on(ctx.record):
        latch = known[key] = _Latch(ctx, names)
    found = latch.latest(ctx.now, options, as_it_stood)
    return None if found is None else found.copy()


class _Latch:
    """The moments of a table, the first ones first. What is no report is on record at all of them, however late it came: with
    every such event they are read anew."""

    __slots__ = ("_amended", "_asked", "_events", "_found", "_length", "_past", "_read", "_waiting")

    def __init__(self, ctx: Evaluation, names: AbstractSet[str]) -> None:
        self._past = Reread(ctx)
        self._read = names
        self._length = len(ctx.record.events)
        # What the table does not read is left out; the first event says since when there is a record at all.
        self._events = [e for n, e in enumerate(ctx.record.events) if n == 0 or self._matters(ctx.record, e)]
        self._waiting = sorted(filter(self._is_report, self._events), key=lambda e: e.recorded)
        self._amended = {ctx.record.root.get(e.id, e.id): None for _, e in ctx.record.amended}
        self._past.add(e for e in self._events if not self._is_report(e))
        self._found: Resolved | None = None
        # When it was asked last, and of how many events: the table said none of the options then.
        self._asked: tuple[datetime, int] | None = None

    def goes_on(self, record: Record) -> bool:
        """Whether what has been read is still right; takes in the reports that have come since."""
        news = [e for e in record.events[self._length :] if self._matters(record, e)]
        latest = self._waiting[-1].recorded if self._waiting else None
        if any(not self._is_report(e) or (latest is not None and e.recorded < latest) for e in news):
            return False
        self._length = len(record.events)
        self._events += news
        self._waiting += sorted(news, key=lambda e: e.recorded)
        return True

    def latest(
        self, now: datetime, options: tuple[str, ...], as_it_stood: Callable[[Evaluation], Resolved]
    ) -> Resolved | None:
        """The last of the moments before the present one at which the table said one of these."""
        while self._waiting and self._waiting[0].recorded != self._waiting[-1].recorded:
            moment = self._waiting[0].recorded
            count = bisect_right(self._waiting, moment, key=lambda e: e.recorded)
            news, self._waiting = self._waiting[:count], self._waiting[count:]
            self._past.add(news)
            events = [e for e in self._events if e.recorded <= moment or not self._is_report(e)]
            anew = any(e.id in self._amended for e in news)
            if self._asked == (moment, len(events)) and not anew:
                continue
            found = as_it_stood(self._past.rewritten(events, moment, anew=anew))
            self._found = found if found.outcome in options else self._found
        self._past.rest()
        self._asked = now, len(self._events)
        return self._found

    def _matters(self, record: Record, event: Event) -> bool:
        return (
            event.kind in KEPT_ALWAYS or record.by_id[record.root.get(event.id, event.id)].name in self._read
        )

    def _is_report(self, event: Event) -> bool:
        return event.kind in REPORTS and event.name in self._read
