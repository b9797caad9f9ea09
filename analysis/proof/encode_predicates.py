"""What predicates, anchors and moments mean in a `Variables`: the four-valued semantics of the engine, as expressions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import z3

from analysis.proof.encode_times import NO, YES, Times
from analysis.proof.expressions import Expr, either, exact, number
from analysis.proof.unknowns import ReadingVar, Stands
from analysis.proof.variables import Variables
from analysis.proof.verdicts import Verdict, at_least, every, negated, two_valued
from pathway.language import (
    AllOf,
    Always,
    AnyOf,
    AtLeast,
    Closed,
    Compare,
    Crit,
    Dates,
    Day,
    Directed,
    Entered,
    Exposure,
    Fresh,
    Graded,
    InPhase,
    Is,
    Known,
    LedgerFlag,
    LedgerIs,
    Limit,
    Not,
    NotObtainable,
    Outcome,
    Param,
    Passed,
    Predicate,
    Products,
    Reached,
    Reading,
    Recorded,
    ReviewIf,
    Rose,
    Setting,
    Taken,
    VerdictIs,
)
from pathway.language.words import words


class Meaning:
    """Predicates as expressions over the unknowns of a world; the same predicate is read once."""

    def __init__(
        self,
        world: Variables,
        outcome: Callable[[str, tuple[str, ...]], Verdict],
    ) -> None:
        """`outcome` says what a decision has come to: decisions are read by `encode_decisions`."""
        self.world = world
        self.outcome = outcome
        self._verdicts: dict[Predicate, Verdict] = {}
        self._criteria: dict[str, Verdict] = {}
        self.times = Times(world, lambda node: self.of(node).passes)

    def of(self, node: Predicate) -> Verdict:
        """When the predicate is PASS, FAIL, PENDING."""
        found = self._verdicts.get(node)
        if found is None:
            found = self._verdicts[node] = self._read(node)
        return found

    def _read(self, node: Predicate) -> Verdict:
        match node:
            case Always():
                return two_valued(YES)
            case AllOf(parts):
                return every([self.of(p) for p in parts])
            case AnyOf(parts):
                return negated(every([negated(self.of(p)) for p in parts]))
            case AtLeast(n, parts):
                return at_least(n, [self.of(p) for p in parts])
            case Not(part):
                return negated(self.of(part))
            case ReviewIf(part, _):
                inner = self.of(part)
                return Verdict(inner.fails, NO, inner.waits, inner.hopeless, inner.doubt)
            case Closed(part, by, _):
                return self._closed(self.of(part), self.of(by).passes)
            case VerdictIs(part, verdicts):
                inner = self.of(part)
                each = {
                    "PASS": inner.passes,
                    "FAIL": inner.fails,
                    "PENDING": inner.waits,
                    "REVIEW": inner.review,
                }
                return two_valued(either(*(each[v] for v in verdicts)))
            case Crit(id):
                return self.criterion(id)
            case Outcome(decision, options) | Taken(decision, options):
                return self.outcome(decision, options)
            case (
                Is()
                | Compare()
                | Dates()
                | Exposure()
                | Rose()
                | Products()
                | Fresh()
                | Known()
                | NotObtainable()
            ):
                return self._fact(node)
            case _:
                return two_valued(self._record(node))

    def _closed(self, inner: Verdict, over: Expr) -> Verdict:
        """What waits is not so once it is over, unless something else that it rests on is in doubt: then a person says."""
        return Verdict(
            inner.passes,
            z3.Or(inner.fails, z3.And(inner.waits, over, z3.Not(inner.doubt))),
            z3.And(inner.waits, z3.Not(over)),
            inner.hopeless,
        )

    # --- facts ----------------------------------------------------------------------------------------------------

    def _fact(self, node: Any) -> Verdict:
        world = self.world
        match node:
            case Is(reading, values):
                made = world.reading(reading)
                if made.fact.type == "date":
                    said = made.never if "NEVER" in values else NO
                elif made.fact.type == "number":
                    said = z3.And(made.open, either(*(world.said(made, v) for v in values)))
                else:
                    said = either(*(made.value == made.fact.values.index(v) for v in values))
                return Verdict(
                    z3.And(made.known, said), z3.And(made.known, z3.Not(said)), made.missing, made.declared
                )
            case Compare(reading, limit):
                return self.compare(reading, limit)
            case Dates():
                return self._dates(node)
            case Products(left, _, right):
                return self._products(node, [world.reading(reading) for reading in (*left, *right)])
            case Known(reading):
                return two_valued(z3.Not(world.reading(reading).missing))
            case NotObtainable(reading):
                return two_valued(world.reading(reading).declared)
        made = world.reading(node.reading)
        says = world.flag(f"{made.name}: {_rest(node)}", f"{made.name}: {_rest(node)}", node)
        there = z3.Not(made.missing)
        if isinstance(node, Rose):
            return two_valued(z3.And(there, says))
        if isinstance(node, Exposure):
            return self._exposure(node, there, says)
        return Verdict(z3.And(there, says), z3.And(there, z3.Not(says)), made.missing, made.declared)

    def _exposure(self, node: Exposure, there: Expr, says: Expr) -> Verdict:
        """Days of exposure: they wait for the day that they are counted back from; a course without its length is REVIEW."""
        made, before = self.world.reading(node.reading), self.times.day(node.before)
        name = f"{made.name}: {_rest(node)} cannot be counted"
        unclear = self.world.flag(name, name, VerdictIs(node, ("REVIEW",)))
        ready = z3.And(there, before.known)
        counted = z3.And(ready, z3.Not(unclear))
        return Verdict(
            z3.And(counted, says),
            z3.And(counted, z3.Not(says)),
            z3.Not(ready),
            z3.If(there, before.declared, made.declared),
        )

    def compare(self, reading: Reading, limit: Limit | Param) -> Verdict:
        """A number against a limit; bounds that straddle it are REVIEW."""
        made, bound = self.world.reading(reading), self.world.limit(limit)
        if bound is None:
            assert isinstance(limit, Param)
            chosen = self.world.chosen(limit.key)
            meets = self.world.flag(
                f"{made.name} meets {limit.key}", f"{made.name} meets {limit.key}", Compare(reading, limit)
            )
            yes, no = z3.And(chosen, made.known, meets), z3.And(made.known, z3.Not(meets))
            return Verdict(yes, z3.Or(z3.Not(chosen), no), z3.And(chosen, made.missing), made.declared)
        at, op = number(bound.value), bound.op
        below, above = made.value <= at, z3.BoolVal(bound.value.startswith("-"))
        sure = {"<": below, "<=": below, "=": NO, ">=": above, ">": above}[op]
        never = {"<": above, "<=": above, "=": z3.Or(below, above), ">=": below, ">": below}[op]
        holds = exact(op, made.value, at)
        return Verdict(
            z3.And(made.known, z3.If(made.open, sure, holds)),
            z3.And(made.known, z3.If(made.open, never, z3.Not(holds))),
            made.missing,
            made.declared,
        )

    def _products(self, node: Products, made: list[ReadingVar]) -> Verdict:
        """Products of unknowns are beyond the solver's arithmetic: whether the comparison holds is free."""
        said = words(node, self.world.profile)
        holds = self.world.flag(said, said, node)
        ready = z3.And(*(z3.And(m.known, z3.Not(m.open)) for m in made))
        return Verdict(
            z3.And(ready, holds),
            z3.And(ready, z3.Not(holds)),
            z3.Or(*(m.missing for m in made)),
            z3.And(*(z3.Implies(m.missing, m.declared) for m in made)),
        )

    def _dates(self, node: Dates) -> Verdict:
        sides = [self.times.day(day) for day in (node.left, node.right)]
        none = z3.Or(*(s.never for s in sides))
        ready = z3.And(*(s.known for s in sides))
        holds = exact(node.op, sides[0].number, sides[1].number)
        if node.left.months or node.right.months:
            apart = sides[0].number - sides[1].number
            self.world.clear.append(z3.Or(apart > 2, apart < -2))
        review = z3.And(z3.Not(none), z3.Not(ready), z3.Or(*(s.review for s in sides)))
        waits = z3.And(z3.Not(none), z3.Not(ready), z3.Not(review))
        passes = z3.Or(z3.And(ready, holds), z3.And(none, z3.BoolVal(node.never == "PASS")))
        fails = z3.Or(z3.And(ready, z3.Not(holds)), z3.And(none, z3.BoolVal(node.never == "FAIL")))
        # What an anchor may still bring is no help where the other day is not to be had.
        hopeless = z3.And(
            either(*(s.declared for s in sides)),
            *(
                z3.Or(s.known, s.declared, self._no_anchor(day))
                for s, day in zip(sides, (node.left, node.right), strict=True)
            ),
        )
        return Verdict(passes, fails, waits, hopeless)

    def _no_anchor(self, day: Day) -> Expr:
        """Whether a day is counted from an anchor of which nothing is known."""
        return NO if isinstance(day.of, Reading) else z3.Not(self.times.day(replace(day, plus=None)).known)

    # --- the record -----------------------------------------------------------------------------------------------

    def _record(self, node: Any) -> Expr:
        world = self.world
        match node:
            case Recorded(action, scope, where):
                return world.recorded(action, scope, where)
            case Graded():
                return self._graded(node)
            case Passed(moment):
                return self.times.passed(moment)
            case Reached(anchor):
                point = self.times.anchor(anchor)
                return z3.And(point.known, point.actual)
            case LedgerIs(ledger, states):
                world.ledger_started(ledger)
                return world.ledger_is(ledger, states)
            case Directed():
                return either(*(world.directed(replace(node, actions=(a,))) for a in node.actions))
            case LedgerFlag(ledger, flag):
                return world.while_started(f"{ledger}: {flag.replace('_', ' ')}", ledger, node)
            case Setting(key, values):
                return either(*(self.setting(key, v) for v in values))
            case InPhase(track, phases):
                return either(*(self.phase(track) == self._rank(track, p) for p in phases))
            case Entered(track, phase):
                here = self.phase(track) == self._rank(track, phase)
                return z3.Or(
                    here,
                    world.flag(f"entered {track} {phase}", f"{phase} was entered earlier", node, moves=True),
                )
        world.foreign[type(node).__name__] = None
        return world.flag(f"condition {node!r}", words(node, world.profile), node)

    def setting(self, key: str, value: str) -> Expr:
        """Whether a choice key of the profile has the value: every setting is proved, not only the default."""
        options = self.world.keys[key].options
        chosen = self.world.pick(
            f"profile {key}",
            len(options),
            lambda n: f"profile key {key} = {options[n]}",
            Stands("setting", key),
        )
        return chosen == options.index(value) if value in options else NO

    def _graded(self, node: Graded) -> Expr:
        def atom(grade: int, current: bool, scale: str) -> Expr:
            words = f"{node.event} of grade {grade} or more{' now' if current else ''}{f' by {scale}' if scale else ''}"
            words += f" since {node.since}" if node.since else ""
            words += f" until {node.until}" if node.until else ""
            words += f" recorded since {node.told_since}" if node.told_since else ""
            return self.world.flag(words, words, replace(node, at_least=grade, current=current, scale=scale))

        found = atom(node.at_least, node.current, node.scale)
        if node.current:
            self.world.legal.append(z3.Implies(found, atom(node.at_least, False, node.scale)))
        if node.since or node.until or node.told_since:
            ever = replace(node, current=False, since="", until="", told_since="")
            self.world.legal.append(z3.Implies(found, self._graded(ever)))
        if node.at_least > 1:
            self.world.legal.append(
                z3.Implies(found, self._graded(replace(node, at_least=node.at_least - 1)))
            )
        return found

    def phase(self, track: str) -> Expr:
        """The phase that a track is in, as its rank."""
        phases = [p.id for p in self.world.compiled.tracks[track].phases]
        return self.world.pick(
            f"phase of {track}",
            len(phases),
            lambda n: f"{track} is in {phases[n]}",
            Stands("phase", track),
            moves=True,
        )

    def _rank(self, track: str, phase: str) -> int:
        return [p.id for p in self.world.compiled.tracks[track].phases].index(phase)

    # --- criteria ------------------------------------------------------------------------------

    def criterion(self, id: str) -> Verdict:
        """A criterion; where it is stuck a clinician's judgement counts."""
        found = self._criteria.get(id)
        if found is None:
            inner = self.of(self.world.compiled.criteria[id].holds)
            words = ("not: judged", "a clinician judges it PASS", "a clinician judges it FAIL")
            judged = self.world.pick(
                f"judgement of {id}", 3, lambda n: words[n].replace(" it ", f" {id} "), Stands("judged", id)
            )
            self.world.settled.append(judged >= 1)
            passes = z3.Or(inner.passes, z3.And(inner.stuck, judged == 1))
            fails = z3.Or(inner.fails, z3.And(inner.stuck, judged == 2))
            waits = z3.And(inner.waits, z3.Not(inner.hopeless))
            found = self._criteria[id] = Verdict(passes, fails, waits, NO, inner.doubt)
        return found


def _rest(node: Any) -> str:
    match node:
        case Fresh(_, _, before, int() | Param() as hours):
            return f"at most {hours.key if isinstance(hours, Param) else hours} hours old before {before or 'now'}"
        case Fresh(_, days, before):
            return (
                f"at most {days.key if isinstance(days, Param) else days} days old before {before or 'now'}"
            )
        case Rose(_, factor):
            return f"rose {factor}-fold or became positive"
        case Exposure(_, dose, days, _, window):
            assert isinstance(dose, Limit)
            assert isinstance(days, Limit)
            return f"{days.op} {days.value} days of {dose.op} {dose.value} within {window} days"
    raise AssertionError(node)
