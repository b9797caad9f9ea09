"""Anchors, days and moments in a `Variables`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import z3

from analysis.proof.expressions import Expr, either
from analysis.proof.variables import ACTIVE_STATES, Variables
from pathway.language import (
    DateOf,
    Day,
    Done,
    Latest,
    LedgerFlag,
    LedgerPoint,
    Moment,
    Offset,
    Param,
    Predicate,
    Reading,
    Recurred,
    Sampled,
    Since,
    StudyDay,
    Unanswered,
)
from pathway.language.terms import key_of
from pathway.language.words import words

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

    def __init__(self, world: Variables, passes: Callable[[Predicate], Expr]) -> None:
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
            # What is known may itself be counted from a plan: then it is no more than planned.
            first, real = at, NO
            for n, point in reversed(list(enumerate(actual))):
                better = z3.Not(either(*(p.known for p in actual[n + 1 :])))
                better = z3.Or(better, point.at <= first) if anchor.earliest else YES
                chosen = z3.And(point.known, better)
                first, real = z3.If(chosen, point.at, first), z3.If(chosen, point.actual, real)
            recorded = either(*(p.known for p in actual))
            known = z3.Or(recorded, either(*(p.known for p in planned)))
            found = self._anchors[id] = Point(known, z3.And(recorded, real, first <= self.world.now), first)
        return found

    def time(self, time: Any, anchor: str) -> Point:
        """One way in which an anchor may be known. One that has no meaning here is taken to be possible, and reported."""
        world = self.world
        match time:
            case Done(action, scope, last) if last:
                at = self._free(f"time of the last {key_of(action, scope)}", time)
                world.legal += [at >= world.done_at(action, scope), at <= world.now]
                return Point(world.recorded(action, scope), YES, at)
            case Done(action, scope):
                return Point(world.recorded(action, scope), YES, world.done_at(action, scope))
            case Sampled(reading, when, beyond):
                made = world.reading(reading)
                there = z3.Not(made.missing)
                at = made.sampled
                if beyond is not None:
                    # An earlier sample may have been, at a day of its own, whatever the last one says.
                    name = f"{made.name} beyond the limit of {anchor}"
                    was = world.flag(name, f"{made.name} was beyond the limit of {anchor}", time, moves=True)
                    at = self._free(f"time of {name}", time)
                    world.legal.append(z3.Implies(was, at <= world.now))
                    there = z3.And(there, was)
                return Point(there if when is None else z3.And(there, self._passes(when)), YES, at)
            case DateOf(reading):
                made = world.reading(reading)
                return Point(z3.And(made.known, z3.Not(made.never)), YES, z3.ToReal(made.value))
            case LedgerPoint():
                return self._ledger_point(time)
            case Since(of):
                return Point(
                    self._passes(of), YES, self._free(f"true since: {words(of, self.world.profile)}", time)
                )
            case StudyDay(base, day):
                shift = self._shift(day, 0)
                return self._moved(base, (shift[0] - 1, shift[1]))
            case Offset():
                return self._offset(time)
            case Latest(times):
                return _latest([self.time(t, anchor) for t in times])
        # Whether an earlier occurrence was reported depends on nothing else.
        if not isinstance(time, Unanswered | Recurred):
            self.world.foreign[type(time).__name__] = None
        known = self.world.flag(f"{anchor} known", f"{anchor} is known", time, moves=True)
        return Point(known, YES, self._free(f"{anchor} at", time))

    def _offset(self, time: Offset) -> Point:
        base = self.anchor(time.anchor)
        if time.hours is not None:
            hours = self.world.count(time.hours)
            known = base.known if hours is not None else z3.And(base.known, self._set(time.hours))
            found = Point(known, base.actual, base.at + z3.Q(hours if hours is not None else 24, 24))
        else:
            found = self._moved(time.anchor, self._shift(time.days, time.months))
        if time.when is None:
            return found
        return Point(z3.And(found.known, self._passes(time.when)), found.actual, found.at)

    def _ledger_point(self, time: LedgerPoint) -> Point:
        world, ledger, point = self.world, time.ledger, time.point
        world.ledger_started(ledger)
        started = world.ledger_begun(ledger)
        if point == "stop":
            known = world.ledger_is(ledger, ("stopped",))
        elif point in ("last_pause", "resume"):
            known = world.while_started(
                f"{ledger}: has been paused", ledger, LedgerFlag(ledger, "was_interrupted")
            )
        else:
            known = started
        at = self._free(f"time of the {point} of {ledger}", time)
        world.legal.append(z3.Implies(z3.And(started, z3.BoolVal(point == "start")), at <= world.now))
        if point == "end":
            going = tuple(state for state in ACTIVE_STATES if state != "end_expected")
            over = z3.Not(world.ledger_is(ledger, going))
            world.legal.append(z3.Implies(started, (at <= world.now) == over))
        return Point(known, YES, at)

    def _free(self, name: str, of: object) -> Expr:
        return self.world.real(name, of, moves=True, group=name)

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

    def _set(self, count: int | Param) -> Expr:
        """Whether a trial team sets a number that the profile leaves open."""
        assert isinstance(count, Param)
        return self.world.chosen(count.key)

    def day(self, day: Day) -> LocalDay:
        """A day of a date fact or an anchor, shifted."""
        if day.plus is not None:
            return self._plus(self.day(replace(day, plus=None)), *day.plus)
        shift = self._shift(day.days, day.months)
        if isinstance(day.of, Reading):
            made = self.world.reading(day.of)
            known = z3.And(made.known, z3.Not(made.never), shift[1])
            return LocalDay(
                made.value + shift[0], known, z3.And(made.known, made.never), made.review, made.declared
            )
        point = self.anchor(day.of)
        return LocalDay(point.day + shift[0], z3.And(point.known, shift[1]))

    def _plus(self, base: LocalDay, reading: Reading, times: int) -> LocalDay:
        """A day moved on by a multiple of a number fact; parts of a day round up."""
        length = self.world.reading(reading)
        later = base.number - z3.ToInt(-length.value * times)
        known = z3.And(base.known, length.known)
        review = z3.Or(base.review, z3.And(base.known, length.review))
        return LocalDay(
            later, known, base.never, review, z3.Or(base.declared, z3.And(base.known, length.declared))
        )

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
