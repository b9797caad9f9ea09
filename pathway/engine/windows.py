"""Time points: which samples and acts can belong to a point, by its anchors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from pathway.clock import at_hour, close_of, local_day
from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.engine.orders import compile_uncounted
from pathway.engine.times import compile_number
from pathway.events import Event
from pathway.language import Param, Reading, TimePoint
from pathway.language.details import BELONGS, POINT
from pathway.language.implied_orders import declared

UNREPORTED = ", counted from an end that is expected and not reported"
"""What is said of days that rest on the planned end of an infusion."""

Number = Callable[[Evaluation], int | None]
Bounds = tuple[date | None, date | None, str]


@dataclass(frozen=True, slots=True)
class Window:
    """A time point, compiled. `of`, `since` and `until` are anchors by index with their words."""

    point: TimePoint
    of: tuple[int, str] | None
    since: tuple[int, str] | None
    until: tuple[int, str] | None
    first: Number | None
    last: Number | None
    on_time: tuple[Number, Number] | None

    def place(
        self, ctx: Evaluation, event: Event, bounds: Bounds | None = None
    ) -> Literal["inside", "outside", "waits"]:
        """Whether a sample or act belongs, does not, or waits for an anchor that bounds it from below. `bounds`: where known."""
        if event.detail(BELONGS) == "yes":
            return "inside"
        first, last, waits = bounds or self.bounds(ctx)
        day = local_day(event.occurred, ctx.tz)
        if not self.in_hours(ctx, event):
            return "outside"
        if (first is not None and day < first) or (last is not None and day > last):
            return "outside"
        return "waits" if waits else "inside"

    def bounds(self, ctx: Evaluation) -> Bounds:
        """First and last day as far as they are on record, and what must come on record before anything belongs ("": nothing)."""
        lows, highs, waits = [], [], []
        since, until, of = (_on_record(ctx, a) for a in (self.since, self.until, self.of))
        if self.since is not None:
            if since is None:
                waits.append(self.since[1])
            else:
                lows.append(since)
        if self.of is not None and of is None and self.first is not None:
            waits.append(self.of[1])
        if of is not None:
            lows += self._moved(ctx, of, self.first)
            highs += self._moved(ctx, of, self.last)
        if until is not None and not _impossible(until, (of, since), lows):
            highs.append(until)
        return max(lows, default=None), min(highs, default=None), " and ".join(dict.fromkeys(waits))

    def in_hours(self, ctx: Evaluation, event: Event) -> bool:
        """Whether a sample lies within the hours of a point that counts them; true of one that does not."""
        begun = self._instant(ctx)
        if begun is None:
            return True
        first, last = (number(ctx) if number is not None else None for number in (self.first, self.last))
        since = event.occurred - begun
        return (first is None or since >= timedelta(hours=first)) and (
            last is None or since <= timedelta(hours=last)
        )

    def _instant(self, ctx: Evaluation) -> datetime | None:
        """The instant from which hours count, once it is on record; None for a point that counts days."""
        point = ctx.anchor(self.of[0]) if self.point.hours and self.of is not None else None
        if point is None or not point.actual:
            return None
        return point.instant or at_hour(point.day, 0, ctx.tz)

    def _moved(self, ctx: Evaluation, day: date, number: Number | None) -> list[date]:
        """The day so many days, or hours, after that of the anchor."""
        if not self.point.hours or number is None:
            return _shifted(ctx, day, number)
        begun, hours = self._instant(ctx), number(ctx)
        if begun is None or hours is None:
            return []
        return [local_day(begun + timedelta(hours=hours), ctx.tz)]

    def foreseen(self, ctx: Evaluation, event: Event) -> bool:
        """Whether a sample that waits will belong if what it waits for comes on its planned day, which is still to come or lies
        after the sample."""
        day = local_day(event.occurred, ctx.tz)
        since, of = (ctx.anchor(a[0]) if a is not None else None for a in (self.since, self.of))
        if (self.since is not None and since is None) or (self.of is not None and of is None):
            return False
        overdue = [
            p for p in (since, of) if p is not None and not p.actual and ctx.passed(close_of(p.day, ctx.tz))
        ]
        if any(day >= p.day for p in overdue):
            return False
        lows = [since.day] if since is not None else []
        highs: list[date] = []
        if of is not None:
            lows += self._moved(ctx, of.day, self.first)
            highs += self._moved(ctx, of.day, self.last)
        return all(day >= low for low in lows) and all(day <= high for high in highs)

    def off_schedule(self, ctx: Evaluation, event: Event) -> tuple[date, date] | None:
        """The scheduled days of a sample that belongs and was not taken then; None if it was, or nothing is known of them."""
        of = _on_record(ctx, self.of)
        if of is None or self.on_time is None:
            return None
        low, high = (number(ctx) for number in self.on_time)
        if low is None or high is None:
            return None
        begun = self._instant(ctx)
        if begun is not None:
            since = event.occurred - begun
            on_time = timedelta(hours=low) <= since <= timedelta(hours=high)
            ends = [local_day(begun + timedelta(hours=n), ctx.tz) for n in (low, high)]
            return None if on_time else (ends[0], ends[1])
        days = of + timedelta(days=low), of + timedelta(days=high)
        return None if days[0] <= local_day(event.occurred, ctx.tz) <= days[1] else days

    def accepted(self, ctx: Evaluation) -> str:
        """The days that the point accepts, in words: `2025-03-03 to 2025-03-10`."""
        first, last, waits = self.bounds(ctx)
        anchors = [ctx.anchor(a[0]) for a in (self.of, self.since, self.until) if a is not None]
        note = UNREPORTED if any(p is not None and p.expected for p in anchors) else ""
        if waits:
            return f"nothing before it is on record: {waits}"
        begun = self._instant(ctx)
        if begun is not None:
            low, high = (
                f"{(begun + timedelta(hours=n)).astimezone(ctx.tz):%Y-%m-%d %H:%M}" if n is not None else ""
                for n in (number(ctx) if number is not None else None for number in (self.first, self.last))
            )
            bounds = f"from {low} to {high}" if low and high else f"from {low}" if low else f"until {high}"
            return f"samples {bounds}{note}"
        if first is None:
            return f"samples until {last}{note}"
        return f"samples from {first}" + (f" to {last}" if last is not None else "") + note


def _impossible(until: date, anchors: tuple[date | None, ...], lows: list[date]) -> bool:
    """Whether a point would close before it opens, by a day that lies before what it counts from: that day is wrong, and closes
    nothing until it is corrected."""
    return any(until < low for low in lows) and any(day is not None and until < day for day in anchors)


def _on_record(ctx: Evaluation, anchor: tuple[int, str] | None) -> date | None:
    point = ctx.anchor(anchor[0]) if anchor is not None else None
    return point.day if point is not None and point.actual else None


def _shifted(ctx: Evaluation, day: date, number: Number | None) -> list[date]:
    days = number(ctx) if number is not None else None
    return [] if days is None else [day + timedelta(days=days)]


def window_of(name: str, point: str, linker: Linker) -> Window | None:
    """The window of a fact or action at a point; None where any sample belongs. What is compiled depends on its anchors."""
    found = declared(name, point, linker.protocol)
    if found is None or found.anytime:
        return None

    def anchor(id: str) -> tuple[int, str] | None:
        return (linker.anchor(id), linker.anchors[id].text) if id else None

    def number(days: int | Param | None) -> Number | None:
        return None if days is None else _days(days, linker)

    on_time = (_days(found.on_time[0], linker), _days(found.on_time[1], linker)) if found.on_time else None
    return Window(
        found, anchor(found.of), anchor(found.since), anchor(found.until), number(found.first), number(found.last),
        on_time,
    )  # fmt: skip


def _days(days: int | Param, linker: Linker) -> Number:
    read = compile_number(days, linker)
    if isinstance(days, int) or linker.keys[days.key].type != "study_day":
        return read

    def from_day_one(ctx: Evaluation) -> int | None:
        day = read(ctx)
        return None if day is None else day - 1

    return from_day_one


@dataclass(slots=True)
class Samples:
    """The effective observations of a slot in order of their sample time, limits not applied: those that belong to their
    point, those that do not, and those that wait for an anchor."""

    inside: list[Event] = field(default_factory=list)
    outside: list[tuple[Event, Window]] = field(default_factory=list)
    waiting: list[tuple[Event, Window]] = field(default_factory=list)


def sampler(reading: Reading, linker: Linker) -> Callable[[Evaluation], Samples]:
    """The function that gives the samples of a slot."""
    linker.fact(reading.fact)
    names = reading.points or (reading.point,)
    windows = {p: w for p in names if (w := window_of(reading.fact, p, linker)) is not None}

    def find(ctx: Evaluation) -> Samples:
        found = samples(ctx, reading)
        if not windows or not found:
            return Samples(found)
        out = Samples()
        bounds: dict[str, Bounds] = {}
        for event in found:
            window = windows.get(event.point)
            if window is not None and event.point not in bounds:
                bounds[event.point] = window.bounds(ctx)
            place = window.place(ctx, event, bounds[event.point]) if window is not None else "inside"
            if window is None or place == "inside":
                out.inside.append(event)
            else:
                (out.outside if place == "outside" else out.waiting).append((event, window))
        return out

    return find


def belonging(reading: Reading, linker: Linker) -> Callable[[Evaluation], list[Event]]:
    """The function that gives the samples of a slot that belong to their point."""
    find = sampler(reading, linker)
    return lambda ctx: find(ctx).inside


def samples(ctx: Evaluation, reading: Reading) -> list[Event]:
    """The effective observations of a slot in order of their sample time, whether they belong to their point or not."""
    by_point = ctx.record.observations.get(reading.fact)
    if not by_point:
        return []
    if reading.points:
        found = [e for point in reading.points for e in by_point.get(point, ())]
        found.sort(key=lambda e: (e.occurred, e.recorded, e.id))
    else:
        found = by_point.get(reading.point, [])
    return [e for e in found if e.scope == reading.scope] if reading.scope else found


def acts(
    action: str, scope: tuple[tuple[str, str], ...], linker: Linker
) -> Callable[[Evaluation], list[Event]]:
    """The function that gives the reports of an action, in clinical order, that belong to their point; () is any scope."""
    linker.action(action, scope)
    scopes = dict(linker.actions[action].scopes)
    wanted = dict(scope).get(POINT)
    names = (wanted,) if wanted is not None else scopes.get(POINT, ())
    windows = {p: w for p in names if (w := window_of(action, p, linker)) is not None}
    left = compile_uncounted(action, linker)

    def find(ctx: Evaluation) -> list[Event]:
        found = [e for e in ctx.record.actions.get(action, ()) if not scope or e.scope == scope]
        if left is not None:
            found = left(ctx, found)
        if not windows:
            return found
        return [
            e
            for e in found
            if (w := windows.get(dict(e.scope).get(POINT, ""))) is None or w.place(ctx, e) == "inside"
        ]

    return find
