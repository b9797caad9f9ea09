"""What may count: time points with the samples that can belong to them, plausible change, order between dates. Frozen data."""

from __future__ import annotations

from dataclasses import dataclass

from pathway.language.terms import Param, Source


@dataclass(frozen=True, slots=True)
class TimePoint:
    """A time point of facts, and of actions with the scope `point`: which samples can belong to it.

    A sample belongs if its site-local day lies from `first` to `last` days after that of the anchor `of` (negative: before
    it; None: no bound on that side). `since` and `until` are further anchors: not before the day of the one, not after that
    of the other, once they are on record. A sample that does not belong is on record, does not count, and is under REVIEW
    until date or label are corrected or somebody judges that it belongs (detail `belongs`: `yes`). While `since`, or `of`
    where there is a `first`, is not on record, what was sampled is PENDING; an upper bound alone keeps nothing waiting.
    `on_time`: days from `of` within which it is on schedule; one that belongs and lies outside counts, with a deviation.
    A key of the type `study_day` calls the day of `of` D1. `facts`: only those facts (and actions) have this window (none
    named: every one that has the point and no window of its own). `hours`: the three count elapsed hours from the instant of
    `of`, both bounds included. `anytime`: the label says nothing about time; then
    nothing else is given but the source.
    """

    id: str
    text: str
    source: Source
    of: str = ""
    first: int | Param | None = None
    last: int | Param | None = None
    on_time: tuple[int | Param, int | Param] | None = None
    since: str = ""
    until: str = ""
    facts: tuple[str, ...] = ()
    anytime: bool = False
    hours: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """How much a number may change: by at most `factor` (decimal text over 1) up or down from the value before, if that was
    sampled at most `days` before. More is implausible: REVIEW until it is corrected or confirmed as checked."""

    factor: str
    days: int
    source: Source


@dataclass(frozen=True, slots=True)
class Order:
    """Two days of which one comes first: `earlier` and `later` are date facts or actions, by id. Two actions are compared
    where the scope labels that both have agree.

    `strictly`: not on the same day. A breach is told, and date facts in it are under REVIEW until one of them is corrected.
    """

    earlier: str
    later: str
    text: str
    source: Source
    strictly: bool = False
