"""Anchors, days and moments in a `World`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import z3

from analysis.world import ACTIVE_STATES, Expr, World, either
from pathway.language import (
    DateOf,
    Day,
    Done,
    Latest,
    LedgerPoint,
    Moment,
    Offset,
    Param,
    Predicate,
    Sampled,
    Since,
    Slot,
    StudyDay,
)

YES, NO = z3.BoolVal(True), z3.BoolVal(False)
HOURS: Final = {"start": 0, "warn": 8, "close": 24, "same": 0}


@dataclass(slots=True)
class Point:
    """An anchor: known at all, known from the record, and its instant in days."""

    known: Expr
    actual: Expr
    at: Expr

    @property
    def day(self) -> Expr:
        """The local day."""
        return z3.ToInt(self.at)


@dataclass(slots=True)
class LocalDay:
    """A day of a `Dates`: its number, and whether it is known, NEVER, under review, or declared not obtainable."""

    number: Expr
    known: Expr
    never: Expr = NO
    review: Expr = NO
    declared: Expr = NO


class Times:
    """Anchors and moments as expressions; `passes` says when a predicate does."""

    def __init__(self, world: World, passes: Callable[[Predicate], Expr]) -> None:
        self.world, self._passes = world, passes
        self._anchors: dict[str, Point] = {}

    def anchor(self, id: str) -> Point:
        """An anchor: the first actual time that is known (or the earliest), else the first planned one."""
        found = self._anchors.get(id)
        if found is None:
            anchor = self.world.compiled.anchors[id]
            actual = [self.time(t, id) for t in anchor.actual]
            planned = [self.time(t, id) for t in anchor.planned]
            at: Expr = z3.RealVal(0)
            for point in reversed(planned):
                at = z3.If(point.known, point.at, at)
            first = at
            for point in reversed(actual):
                earlier = z3.Not(either(*(p.known for p in actual[actual.index(point) + 1 :])))
                better = z3.Or(earlier, point.at <= first) if anchor.earliest else YES
                first = z3.If(z3.And(point.known, better), point.at, first)
            recorded = either(*(p.known for p in actual))
            known = z3.Or(recorded, either(*(p.known for p in planned)))
            found = self._anchors[id] = Point(known, z3.And(recorded, first <= self.world.now), first)
        return found

    def time(self, time: Any, anchor: str) -> Point:
        """One way in which an anchor may be known. One that has no meaning here is taken to be possible, and reported."""
        world = self.world
        match time:
            case Done(action, scope):
                return Point(world.recorded(action, scope), YES, world.done_at(action, scope))
            case Sampled(slot, when):
                made = world.slot(slot)
                there = z3.Not(made.missing)
                return Point(there if when is None else z3.And(there, self._passes(when)), YES, made.sampled)
            case DateOf(slot):
                made = world.slot(slot)
                return Point(z3.And(made.known, z3.Not(made.never)), YES, z3.ToReal(made.value))
            case LedgerPoint(ledger, point):
                return self._ledger_point(ledger, point)
            case Since(of):
                return Point(self._passes(of), YES, self._free(f"{anchor} true since"))
            case StudyDay(base, day):
                shift = self._shift(day, 0)
                return self._moved(base, (shift[0] - 1, shift[1]))
            case Offset():
                return self._offset(time)
            case Latest(times):
                return _latest([self.time(t, anchor) for t in times])
        self.world.foreign[type(time).__name__] = None
        known = self.world.flag(f"{anchor} known", f"{anchor} is known", moves=True)
        return Point(known, YES, self._free(f"{anchor} at"))

    def _offset(self, time: Offset) -> Point:
        base = self.anchor(time.anchor)
        if time.hours is not None:
            found = Point(base.known, base.actual, base.at + z3.Q(time.hours, 24))
        else:
            found = self._moved(time.anchor, self._shift(time.days, time.months))
        if time.when is None:
            return found
        return Point(z3.And(found.known, self._passes(time.when)), found.actual, found.at)

    def _ledger_point(self, ledger: str, point: str) -> Point:
        world = self.world
        started = world.ledger_started(ledger)
        if point == "stop":
            known = world.ledger_is(ledger, ("stopped",))
        elif point in ("last_pause", "resume"):
            known = world.while_started(f"{ledger}: has been paused", ledger)
        else:
            known = started
        at = self._free(f"{point} of {ledger}")
        world.legal.append(z3.Implies(z3.And(started, z3.BoolVal(point == "start")), at <= world.now))
        if point == "end":
            over = z3.Not(world.ledger_is(ledger, ACTIVE_STATES))
            world.legal.append(z3.Implies(started, (at <= world.now) == over))
        return Point(known, YES, at)

    def _free(self, name: str) -> Expr:
        return self.world.real(name, moves=True, group=name)

    def _moved(self, base: str, shift: tuple[Any, Expr]) -> Point:
        point = self.anchor(base)
        return Point(z3.And(point.known, shift[1]), point.actual, z3.ToReal(point.day + shift[0]))

    def passed(self, moment: Moment) -> Expr:
        """Whether a moment has come; false while it is not known."""
        point = self.anchor(moment.anchor)
        if moment.hours is not None:
            hours = self.world.count(moment.hours)
            return z3.And(
                point.known, self.world.now >= point.at + z3.Q(hours if hours is not None else 24, 24)
            )
        shift, known = self._shift(moment.days, moment.months)
        if moment.at == "same":
            return z3.And(point.known, known, self.world.now >= point.at + shift)
        day = z3.ToReal(point.day + shift)
        return z3.And(point.known, known, self.world.now >= day + z3.Q(HOURS[moment.at], 24))

    def day(self, day: Day) -> LocalDay:
        """A day of a date fact or an anchor, shifted."""
        shift = self._shift(day.days, day.months)
        if isinstance(day.of, Slot):
            made = self.world.slot(day.of)
            known = z3.And(made.known, z3.Not(made.never), shift[1])
            return LocalDay(
                made.value + shift[0], known, z3.And(made.known, made.never), made.review, made.declared
            )
        point = self.anchor(day.of)
        return LocalDay(point.day + shift[0], z3.And(point.known, shift[1]))

    def _shift(self, days: int | Param, months: int | Param) -> tuple[Any, Expr]:
        """A shift in days, and whether the profile sets it."""
        total, known = 0, YES
        for count, factor in ((days, 16), (months, 487)):
            value = self.world.count(count)
            if value is None:
                assert isinstance(count, Param)
                known = z3.And(known, self.world.chosen(count.key))
                value = 28
            total += value * factor
        return total // 16, known


def _latest(points: list[Point]) -> Point:
    at = points[0].at
    for point in points[1:]:
        at = z3.If(point.at > at, point.at, at)
    return Point(z3.And(*(p.known for p in points)), z3.And(*(p.actual for p in points)), at)
