"""What may count: time points with the samples that can belong to them, plausible change, order between dates. Frozen data."""

from __future__ import annotations

from dataclasses import dataclass

from pathway.language.terms import Param, Scope, Source


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
    nothing else is given but the source. Of a fact without points it is its `window`, and has no `id`.
    `repeats`: a sample of another day is a repeat and no contradiction. The latest counts, whatever the cardinality of the fact
    is (but `max` and `ever`), while all are on the same side of every limit that the protocol has for it, or say what an
    earlier one had left open; else a clinician says which counts (REVIEW). On one day a different result is a conflict, and
    without it on any day, unless the latest counts by the cardinality of the fact: then the point says `latest`, of what is
    meant to change from sample to sample, such as counts that recover.
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
    repeats: bool = False
    latest: bool = False
    hours: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """How much a number may change: by at most `factor` (decimal text over 1) up or down from the value before, if that was
    sampled at most `days` before. More is implausible: REVIEW until it is corrected or confirmed as checked."""

    factor: str
    days: int
    source: Source


@dataclass(frozen=True, slots=True)
class Act:
    """The reports of an action, in one scope or (no `scope`) in each of them."""

    action: str
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """The samples of a fact at one of its time points; `point` "": of one that has none."""

    fact: str
    point: str


@dataclass(frozen=True, slots=True)
class AnchorDay:
    """An anchor, once it is on record: its hour where it has one, else its day."""

    anchor: str


@dataclass(frozen=True, slots=True)
class Onset:
    """The first report of an adverse event; of each occurrence its own."""

    event: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """A report of grade 0 that continues an earlier report of an adverse event."""

    event: str


@dataclass(frozen=True, slots=True)
class Order:
    """Two things of which one comes first. By name: a date fact, or an action, of which two are compared where the scope
    labels that both have agree. Else one scope of an action, the samples of a point, an anchor, onset or resolution of an
    adverse event, compared within its occurrence.

    `strictly`: not on the same day. `by_hour`: where both have an hour, that counts and not the day. A breach is told; date
    facts and samples in it are under REVIEW until one of them is corrected. `counts` False: a `later` action does not count
    either, until then; only where taking it for not done is safe, such as an observation that is over.

    What needs no saying, in any protocol: `pathway.language.implied_orders`.
    """

    earlier: Stated
    later: Stated
    text: str
    source: Source
    strictly: bool = False
    by_hour: bool = False
    counts: bool = True


Stated = str | Act | Sample | AnchorDay | Onset | Resolution
"""What an order can name."""


def stated_words(what: Stated) -> str:
    """What an order names, in words: `infusion_started course=1 dose=d8`, `mtx C1-20H`, `onset of CRS`."""
    match what:
        case Act(action, scope):
            return " ".join((action, *(f"{label}={value}" for label, value in scope)))
        case Sample(fact, point):
            return f"{fact} {point}".strip()
        case AnchorDay(anchor):
            return anchor
        case Onset(event):
            return f"onset of {event}"
        case Resolution(event):
            return f"resolution of {event}"
        case _:
            return what
