"""What one evaluation knows: inputs, the clock behind `passed`, and everything already worked out (each thing once)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pathway.clock import BEGINNING
from pathway.engine.results import Mentions, Needs, Offer, Point, Resolved, Result, Run, TrackRun
from pathway.engine.values import Val, stated
from pathway.language import (
    Action,
    AdverseEventType,
    Anchor,
    Criterion,
    Decision,
    Doses,
    Fact,
    Infusion,
    Phase,
    Protocol,
    Reading,
    Subtrial,
    Track,
)
from pathway.language.profile import Parsed, Profile
from pathway.plan import Missing, Plan
from pathway.record import Record
from pathway.site import Site
from pathway.transfers import placed


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Compiled:
    """A protocol ready to evaluate: data, made once when it is loaded and never changed (`pathway.engine.compiler`).

    Definitions stand by id. `statements` maps every id that a timeline can show to its kind; the leaves are in the order of
    the definitions that they come from; `tests` are those that explanations ask, by `id` of the node,
    `mentions` the slots and profile keys that their words name, by that of the node or decision. `reading_missing`: what is
    said of a slot that waits for its value; plans share it, nobody may change it.

    `functions`: by kind (`READINGS` and so on), what an evaluation can work out. `readers`: by name of what is recorded, the
    kind and number of every function that such an event may change. `needs`: by kind and number, the names for which it
    asks the record itself, and the others that it asks; None if it reads its own past. `sections`: which of the `PARTS` make
    which section of the plan. `enrolled_group` is the index of a decision. `may_lapse`: by question that a person answers,
    whether its answer may have lost its ground; where it says no, it is in force whichever way the patient came.
    """

    protocol: Protocol
    hash: str
    facts: Mapping[str, Fact]
    actions: Mapping[str, Action]
    adverse_events: Mapping[str, AdverseEventType]
    criteria: Mapping[str, Criterion]
    decisions: Mapping[str, Decision]
    anchors: Mapping[str, Anchor]
    tracks: Mapping[str, Track]
    ledgers: Mapping[str, Infusion | Doses]
    subtrials: Mapping[str, Subtrial]
    phases: Mapping[str, tuple[str, Phase]]
    statements: Mapping[str, str]
    reading_index: Mapping[Reading, int]
    reading_list: tuple[Reading, ...]
    reading_names: tuple[str, ...]
    reading_missing: tuple[Missing, ...]
    functions: tuple[tuple[Callable[[Evaluation], Any], ...], ...]
    readers: Mapping[str, tuple[tuple[int, tuple[int, ...]], ...]]
    needs: tuple[tuple[Needs | None, ...], ...]
    sections: Mapping[str, range]
    decision_index: Mapping[str, int]
    enrolled_group: int | None
    may_lapse: Mapping[str, Callable[[Evaluation], bool]]
    criterion_leaves: tuple[Leaves, ...]
    decision_leaves: tuple[Leaves, ...]
    exit_leaves: Mapping[str, Leaves]
    tests: Mapping[int, Test]
    mentions: Mapping[int, Mentions]

    def fact_reading(self, fact: str, point: str) -> int | None:
        """The index of the plain slot of a fact at a point, if anything refers to it."""
        return self.reading_index.get(Reading(fact, point))


@dataclass(slots=True)
class Leaves:
    """What a decision rests on: recorded values, upstream decisions that people took, and the occasions of the question."""

    readings: list[tuple[str, Callable[[Evaluation], str | None], tuple[tuple[str, str], ...]]]
    decisions: list[tuple[str, int]]
    grounds: list[Callable[[Evaluation], list[tuple[str, int, datetime]]]] = field(default_factory=list)

    def values(self, ctx: Evaluation) -> dict[str, str]:
        """Every known value by name; a value under review counts with its text."""
        found = {name: text for name, read, _ in self.readings if (text := read(ctx)) is not None}
        for name, index in self.decisions:
            outcome = ctx.decision(index).outcome
            if outcome is not None:
                found[name] = outcome
        return found

    def stands(self, ctx: Evaluation, name: str, text: str) -> bool:
        """Whether what was seen is still on record, if only beside a later sample. True of an upstream decision."""
        keys = next((keys for known, _, keys in self.readings if known == name and keys), ())
        texts = [stated(ctx.record, key, ctx.tz) for key in keys]
        return not keys or all(any(part in each for each in texts) for part in text.split("; "))

    def touched(self, ctx: Evaluation, names: Iterable[str]) -> datetime | None:
        """When anything about these values was last recorded."""
        wanted = set(names)
        times = [
            t
            for name, _, keys in self.readings
            if name in wanted
            for key in keys
            if (t := ctx.record.touched.get(key)) is not None
        ]
        for name, index in self.decisions:
            if name in wanted:
                found = ctx.decision(index)
                since = found.changed_at or found.since
                times += [since] if since is not None else []
        return max(times, default=None)


class Evaluation:
    """One evaluation: what is true of a record at an instant, each thing worked out once, when it is asked for.

    `passed` is the only way to the clock; it remembers the next instant at which an answer changes (`next_at`). `plan` is
    there once `pathway.patient.evaluate.evaluation` has made it. An evaluation speaks of the record as it was when it was
    made, of `count` events: after an event it must not be asked any more. `before` is, while the plan is made, the evaluation
    that it goes on from: what that has found out is true of the past, too.
    """

    __slots__ = (
        "always", "anchors", "before", "compiled", "compounds", "count", "criteria", "decisions", "horizon",
        "ledgers", "never", "next_at", "now", "offers", "params", "parts", "plan", "profile", "readings", "record",
        "shelves", "site", "start", "texts", "tracks", "tz", "until", "walks",
    )  # fmt: skip
    plan: Plan

    def __init__(
        self,
        compiled: Compiled,
        profile: Profile,
        site: Site,
        record: Record,
        now: datetime,
        before: Evaluation | None = None,
    ) -> None:
        """`before`: the newest evaluation of the same record. What no event has touched since, and no instant that has passed
        could change, is taken over from it."""
        self.compiled = compiled
        self.profile = profile
        self.params: dict[str, Parsed] = profile.parsed
        self.site = placed(site, record.transfers, now)
        self.tz: ZoneInfo = self.site.tz
        self.record = record
        self.count = len(record.events)
        self.before: Evaluation | None = None
        self.now = now
        self.next_at: datetime | None = None
        self.start: datetime = record.events[0].recorded if record.events else BEGINNING
        self.always, self.never = Result("PASS", self.start), Result("FAIL", self.start)
        self.horizon: datetime | None = None
        self.tracks: dict[str, TrackRun] = {}
        # By kind: what has been worked out, and until when it stays true whatever the clock shows (None: always).
        self.shelves: list[list[Any]]
        self.until: list[list[datetime | None]]
        follows = before is not None and continues(before, self)
        if before is not None and follows:
            self.shelves = [[*values] for values in before.shelves]
            self.until = [[*instants] for instants in before.until]
        else:
            sizes = [*map(len, compiled.functions), len(compiled.functions[PARTS])]
            self.shelves = [[UNKNOWN] * size for size in sizes]
            self.until = [[None] * size for size in sizes]
        (
            self.readings,
            self.anchors,
            self.criteria,
            self.decisions,
            self.ledgers,
            self.compounds,
            self.walks,
            self.offers,
            self.parts,
            self.texts,
        ) = self.shelves
        if before is not None and follows:
            self._forget(before)

    def _forget(self, before: Evaluation) -> None:
        """Forget what events have touched since the evaluation before, and what has only been true until now."""
        for name in self.record.stale:
            for kind, numbers in self.compiled.readers.get(name, ()):
                shelf = self.shelves[kind]
                for number in numbers:
                    shelf[number] = UNKNOWN
                if kind == PARTS:
                    for number in numbers:
                        self.texts[number] = UNKNOWN
        self.horizon = before.horizon
        if self.horizon is None or self.now < self.horizon:
            return
        left: list[datetime] = []
        for shelf, instants in zip(self.shelves, self.until, strict=True):
            for number, until in enumerate(instants):
                if until is None:
                    continue
                if until <= self.now:
                    shelf[number] = UNKNOWN
                elif shelf[number] is not UNKNOWN:
                    left.append(until)
        self.horizon = min(left, default=None)

    def passed(self, instant: datetime) -> bool:
        """Whether the instant has come."""
        if instant <= self.now:
            return True
        if self.next_at is None or instant < self.next_at:
            self.next_at = instant
        return False

    def _worked_out(self, kind: int, number: int) -> Any:
        """Work something out, and keep it with the instant until which it stays true."""
        outer, self.next_at = self.next_at, None
        value = self.shelves[kind][number] = self.compiled.functions[kind][number](self)
        self._until(kind, number, outer)
        return value

    def _until(self, kind: int, number: int, outer: datetime | None) -> None:
        until = self.until[kind][number] = self.next_at
        if until is None:
            self.next_at = outer
            return
        if self.horizon is None or until < self.horizon:
            self.horizon = until
        if outer is not None and outer < until:
            self.next_at = outer

    def _kept(self, kind: int, number: int, value: Any) -> Any:
        """What has been worked out before: it may change at the same instant as then."""
        until = self.until[kind][number]
        if until is not None and (self.next_at is None or until < self.next_at):
            self.next_at = until
        return value

    def reading(self, index: int) -> Val:
        """The value of a slot."""
        value: Val = self.readings[index]
        if value is UNKNOWN:
            value = self._worked_out(READINGS, index)
        elif self.until[READINGS][index] is not None:
            self._kept(READINGS, index, value)
        return value

    def unobtainable(self, missing: tuple[int, ...]) -> datetime | None:
        """Since when all that is missing is declared not obtainable, None if something may still come.

        Then a person must judge, or the patient would wait for ever.
        """
        since: datetime | None = None
        for index in missing:
            reading = self.compiled.reading_list[index] if index >= 0 else None
            for point in (reading.points or (reading.point,)) if reading is not None else ("",):
                declared = (
                    self.record.unobtainable.get((reading.fact, point)) if reading is not None else None
                )
                if not declared:
                    return None
                since = declared[-1].recorded if since is None else max(since, declared[-1].recorded)
        return since

    def anchor(self, index: int) -> Point | None:
        """An anchor, None while nothing is known of it."""
        value: Point | None = self.anchors[index]
        if value is UNKNOWN:
            value = self._worked_out(ANCHORS, index)
        elif self.until[ANCHORS][index] is not None:
            self._kept(ANCHORS, index, value)
        return value

    def criterion(self, index: int) -> Result:
        """A criterion's verdict, judgements included."""
        value: Result = self.criteria[index]
        if value is UNKNOWN:
            value = self._worked_out(CRITERIA, index)
        elif self.until[CRITERIA][index] is not None:
            self._kept(CRITERIA, index, value)
        return value

    def decision(self, index: int) -> Resolved:
        """A decision as it stands."""
        value: Resolved = self.decisions[index]
        if value is UNKNOWN:
            value = self._worked_out(DECISIONS, index)
        elif self.until[DECISIONS][index] is not None:
            self._kept(DECISIONS, index, value)
        return value

    def ledger(self, index: int) -> Run:
        """An infusion's run."""
        value: Run = self.ledgers[index]
        if value is UNKNOWN:
            value = self._worked_out(LEDGERS, index)
        elif self.until[LEDGERS][index] is not None:
            self._kept(LEDGERS, index, value)
        return value

    def compound(self, index: int) -> Result:
        """A predicate that stands in several places."""
        value: Result = self.compounds[index]
        if value is UNKNOWN:
            value = self._worked_out(COMPOUNDS, index)
        elif self.until[COMPOUNDS][index] is not None:
            self._kept(COMPOUNDS, index, value)
        return value

    def track(self, index: int) -> TrackRun:
        """A track, walked."""
        value: TrackRun = self.walks[index]
        if value is UNKNOWN:
            return self._worked_out(TRACKS, index)  # type: ignore[no-any-return]
        return self._kept(TRACKS, index, value)  # type: ignore[no-any-return]

    def offer(self, index: int) -> Offer:
        """What the exits of a phase offer, and how that agrees with what was taken. Nobody may change it."""
        value: Offer = self.offers[index]
        if value is not UNKNOWN:
            return self._kept(OFFERS, index, value)  # type: ignore[no-any-return]
        return self._worked_out(OFFERS, index)  # type: ignore[no-any-return]

    def part(self, number: int) -> Any:
        """A part of the plan."""
        value = self.parts[number]
        return self._worked_out(PARTS, number) if value is UNKNOWN else self._kept(PARTS, number, value)

    def section(self, numbers: range) -> list[Any]:
        """The parts of a section of the plan, in order: `part` of each, of which most are known."""
        known, instants = self.parts, self.until[PARTS]
        for number in numbers:
            if known[number] is UNKNOWN:
                self._worked_out(PARTS, number)
            elif instants[number] is not None:
                self._kept(PARTS, number, None)
        return known[numbers.start : numbers.stop]

    def told(self, number: int, tell: Callable[[Evaluation, int], Any]) -> Any:
        """A part of the plan in words: `tell(self, number)`, kept as long as the part itself. Nobody may change it."""
        if self.texts[number] is UNKNOWN:
            outer, self.next_at = self.next_at, None
            self.texts[number] = tell(self, number)
            self._until(TEXTS, number, outer)
        return self.texts[number]


READINGS, ANCHORS, CRITERIA, DECISIONS, LEDGERS, COMPOUNDS, TRACKS, OFFERS, PARTS, TEXTS = range(10)
"""The kinds of what an evaluation works out, in the order of `Compiled.functions`; `TEXTS` are of its `PARTS`."""


class _Unknown:
    """What has not been worked out yet."""


UNKNOWN: Any = _Unknown()


def continues(before: Evaluation, now: Evaluation) -> bool:
    """Whether what one evaluation found out holds for the other but for later events: the same question, no earlier instant."""
    return (
        before.compiled is now.compiled
        and before.now <= now.now
        and before.start == now.start
        and before.site == now.site
        and (before.profile is now.profile or before.profile.hash == now.profile.hash)
    )


Test = Callable[[Evaluation], Result]
