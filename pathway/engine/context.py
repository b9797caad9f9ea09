"""What one evaluation knows: inputs, the clock behind `passed`, and everything already worked out (each thing once)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pathway.clock import BEGINNING, local_day
from pathway.engine.results import Point, Resolved, Result, Run, TrackRun
from pathway.engine.values import Val, value_text
from pathway.events import Event
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
    Role,
    Subtrial,
    Track,
)
from pathway.language.profile import Parsed, Profile
from pathway.plan import EndpointState, Item, MilestoneState, Obligation, Standing
from pathway.record import Record
from pathway.site import Site


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Compiled:
    """A protocol ready to evaluate: data, made once when it is loaded and never changed (`pathway.engine.compiler`).

    Definitions stand by id. `statements` maps every id that a timeline can show to its kind; the functions and leaves
    are in the order of the definitions that they come from; `tests` are those that explanations ask, by `id` of the node.
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
    reading_suppliers: tuple[Role, ...]
    reading_functions: tuple[Callable[[Evaluation], Val], ...]
    ledger_functions: tuple[Callable[[Evaluation], Run], ...]
    anchor_functions: tuple[Callable[[Evaluation], Point | None], ...]
    criterion_functions: tuple[Test, ...]
    criterion_leaves: tuple[Leaves, ...]
    decision_functions: tuple[Callable[[Evaluation], Resolved], ...]
    decision_leaves: tuple[Leaves, ...]
    track_functions: tuple[tuple[str, Callable[[Evaluation], TrackRun]], ...]
    exit_leaves: Mapping[str, Leaves]
    item_functions: tuple[Callable[[Evaluation], list[Item]], ...]
    milestone_functions: tuple[Callable[[Evaluation], MilestoneState | None], ...]
    deviation_functions: tuple[Callable[[Evaluation], Obligation | None], ...]
    endpoint_functions: tuple[Callable[[Evaluation], EndpointState], ...]
    standing_functions: tuple[Callable[[Evaluation], Standing], ...]
    tests: Mapping[int, Test]

    def fact_reading(self, fact: str, point: str) -> int | None:
        """The index of the plain slot of a fact at a point, if anything refers to it."""
        return self.reading_index.get(Reading(fact, point))


@dataclass(slots=True)
class Leaves:
    """What a decision rests on: recorded values, and upstream decisions that people took (which isolate what is
    behind them)."""

    readings: list[tuple[str, Callable[[Evaluation], str | None], tuple[tuple[str, str], ...]]]
    decisions: list[tuple[str, int]]

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
        for known, _, keys in self.readings:
            if known == name and keys:
                events = [e for f, p in keys for e in ctx.record.observations.get(f, {}).get(p, ())]
                texts = {t for e in events for t in (value_text(e), day_text(e, ctx), course_text(e, ctx))}
                return all(part in texts for part in text.split("; "))
        return True

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


def day_text(event: Event, ctx: Evaluation) -> str:
    """The site-local day of an observation."""
    return local_day(event.occurred, ctx.tz).isoformat()


def course_text(event: Event, ctx: Evaluation) -> str:
    """A course of a medicine: value, first day, details."""
    details = " ".join(f"{k}={v}" for k, v in event.details)
    return f"{value_text(event)} from {day_text(event, ctx)} {details}".rstrip()


class Evaluation:
    """One evaluation.

    `passed` is the only way to the clock; it remembers the next instant at which an answer changes.
    """

    __slots__ = (
        "anchors",
        "compiled",
        "compound",
        "criteria",
        "decisions",
        "ledgers",
        "next_at",
        "now",
        "params",
        "profile",
        "readings",
        "record",
        "site",
        "start",
        "tracks",
        "tz",
    )

    def __init__(
        self, compiled: Compiled, profile: Profile, site: Site, record: Record, now: datetime
    ) -> None:
        self.compiled = compiled
        self.profile = profile
        self.params: dict[str, Parsed] = profile.parsed
        self.site = site
        self.tz: ZoneInfo = site.tz
        self.record = record
        self.now = now
        self.next_at: datetime | None = None
        self.start: datetime = record.events[0].recorded if record.events else BEGINNING
        self.readings: list[Val | None] = [None] * len(compiled.reading_functions)
        self.anchors: list[Any] = [_UNKNOWN] * len(compiled.anchor_functions)
        self.criteria: list[Result | None] = [None] * len(compiled.criterion_functions)
        self.decisions: list[Resolved | None] = [None] * len(compiled.decision_functions)
        self.ledgers: list[Run | None] = [None] * len(compiled.ledger_functions)
        self.tracks: dict[str, Any] = {}
        self.compound: dict[int, Result] = {}

    def passed(self, instant: datetime) -> bool:
        """Whether the instant has come."""
        if instant <= self.now:
            return True
        if self.next_at is None or instant < self.next_at:
            self.next_at = instant
        return False

    def reading(self, index: int) -> Val:
        """The value of a slot."""
        value = self.readings[index]
        if value is None:
            value = self.readings[index] = self.compiled.reading_functions[index](self)
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
        value = self.anchors[index]
        if value is _UNKNOWN:
            value = self.anchors[index] = self.compiled.anchor_functions[index](self)
        point: Point | None = value
        return point

    def criterion(self, index: int) -> Result:
        """A criterion's verdict, judgements included."""
        value = self.criteria[index]
        if value is None:
            value = self.criteria[index] = self.compiled.criterion_functions[index](self)
        return value

    def decision(self, index: int) -> Resolved:
        """A decision as it stands."""
        value = self.decisions[index]
        if value is None:
            value = self.decisions[index] = self.compiled.decision_functions[index](self)
        return value

    def ledger(self, index: int) -> Run:
        """An infusion's run."""
        value = self.ledgers[index]
        if value is None:
            value = self.ledgers[index] = self.compiled.ledger_functions[index](self)
        return value


_UNKNOWN = object()


Test = Callable[[Evaluation], Result]
