"""What a patient can be like, as unknowns of the solver: every fact, action, moment, ledger and judgement.

Two sorts of unknowns. *Given*: what the staff do not choose (values, judgements, adverse events, which option a person
takes). *Moving*: what still can happen (actions recorded, time, courses of a ledger). A dead end is a given world in
which nothing that moves helps. All else is an expression over these unknowns, never a further unknown.

Days are counted from 2025-01-01; a month is 30 7/16 days, so that dates near a limit in months may be off by a day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import z3

from analysis.proof.expressions import Expr, either, number
from analysis.proof.unknowns import Group, ReadingVar, Stands, faces, no_less, reading_words
from pathway.engine.context import Compiled
from pathway.language import Directed, Done, Infusion, Limit, Param, Reading, Recorded
from pathway.language.profile import Profile, profile_keys
from pathway.language.terms import key_of, reading_name

PAST, COMING = -36_525, 3650
"""Days from `EPOCH` between which the dates of facts lie: those of old people's births, and those of the next years."""
DAY = 1
ACTIVE_STATES = ("not_started", "running", "paused", "held", "end_expected")
"""How far a ledger may have come without having ended; `held` is of doses, `end_expected` of infusions."""
FINAL_STATES = ("complete", "stopped", "short")


class Variables:
    """The unknowns of a protocol under a profile, made when they are first asked for, and what is true of all of them."""

    def __init__(self, compiled: Compiled, profile: Profile) -> None:
        self.compiled, self.profile = compiled, profile
        self.keys = profile_keys(compiled.protocol)
        self.groups: dict[str, Group] = {}
        self.moving: dict[str, Expr] = {}
        self.legal: list[Expr] = []
        self.settled: list[Expr] = []
        """What is true besides once all that can be known is known, and all that is open is decided."""
        self.clear: list[Expr] = []
        """That two dates are not within two days of a limit in months, where a calendar's months may say otherwise."""
        self.foreign: dict[str, None] = {}
        """Parts of the language that have no meaning here: taken to be true or false as it may be, and reported."""
        self.readings: dict[Reading, ReadingVar] = {}
        self.stands: dict[str, Stands] = {}
        """By name of an unknown, except those of slots."""
        self._dated: list[tuple[str, Expr, Expr, int]] = []
        """Dates and actions that an order may name: whether each is known, when it is, and for how many days."""
        self._made: dict[str, Expr] = {}
        self._finals: dict[str, tuple[str, ...]] = {}
        self.now = z3.Real("now")
        self.moving["now"] = self.now

    # --- making unknowns ------------------------------------------------------------------------------------------

    def flag(
        self,
        name: str,
        words: Callable[[bool], str] | str,
        of: object,
        *,
        moves: bool = False,
        group: str = "",
        kind: Literal["true", "set"] = "true",
    ) -> Expr:
        """A yes-or-no unknown of that name, whether `of` holds; `words` say it (a text: shown when it holds, else `not ...`)."""
        if name in self._made:
            return self._made[name]
        self.stands[name] = Stands(kind, of)
        unknown = self._made[name] = z3.Bool(name)
        if isinstance(words, str):
            text = words

            def show(model: Any) -> str:
                return text if z3.is_true(model.eval(unknown, True)) else f"not: {text}"
        else:
            say = words

            def show(model: Any) -> str:
                return say(z3.is_true(model.eval(unknown, True)))

        self._keep(name, unknown, show, moves, group)
        return unknown

    def pick(
        self, name: str, count: int, words: Callable[[int], str], stands: Stands, *, moves: bool = False
    ) -> Expr:
        """An unknown that is one of 0 to `count` - 1."""
        if name in self._made:
            return self._made[name]
        self.stands[name] = stands
        unknown = self._made[name] = z3.Int(name)
        self.legal += [unknown >= 0, unknown < count]
        self._keep(name, unknown, lambda model: words(model.eval(unknown, True).as_long()), moves, "")
        return unknown

    def real(
        self,
        name: str,
        of: object,
        *,
        moves: bool,
        group: str,
        words: Callable[[Any], str] = lambda model: "",
    ) -> Expr:
        """A number, or an instant in days: when `of` was."""
        if name not in self._made:
            self.stands[name] = Stands("when", of)
            self._made[name] = z3.Real(name)
            self._keep(name, self._made[name], words, moves, group)
        return self._made[name]

    def _keep(self, name: str, unknown: Expr, show: Callable[[Any], str], moves: bool, group: str) -> None:
        if moves:
            self.moving[name] = unknown
        if group and group in self.groups:
            self.groups[group].unknowns.append(unknown)
        else:
            self.groups[group or name] = Group([unknown], show)

    def unknown(self, name: str) -> Expr:
        """An unknown that has been made, except those of slots."""
        return self._made[name]

    # --- facts ----------------------------------------------------------------------------------------------------

    def reading(self, reading: Reading) -> ReadingVar:
        """The unknowns of a slot."""
        if reading in self.readings:
            return self.readings[reading]
        fact = self.compiled.facts[reading.fact]
        name = reading_name(reading) + key_of("", reading.scope)
        for word, anchor in (("until", reading.until), ("since", reading.since)):
            name += f" {word} {anchor}" if anchor else ""
        value = {"number": z3.Real, "choice": z3.Int, "date": z3.Int}[fact.type](f"{name}: value")
        made = ReadingVar(
            reading, fact, name, z3.Bool(f"{name}: known"), z3.Bool(f"{name}: review"), z3.Bool(f"{name}: declared"),
            value, z3.Bool(f"{name}: open"), z3.Bool(f"{name}: never"), z3.Real(f"{name}: sampled"),
        )  # fmt: skip
        unknowns = [made.known, made.review, made.declared, made.value, made.open, made.never]
        self.groups[name] = Group(unknowns, lambda model: reading_words(made, model))
        self._keep(f"{name}: sampled", made.sampled, lambda model: "", moves=True, group="")
        self.legal += [
            z3.Not(z3.And(made.known, made.review)),
            z3.Implies(made.declared, made.missing),
            z3.Implies(z3.Not(made.missing), made.sampled <= self.now),
            *self._range(made),
            *self._siblings(made),
        ]
        self.settled += [z3.Or(made.known, made.declared), z3.Not(made.open)]
        self.readings[reading] = made
        if fact.type == "date":
            self._in_order(reading.fact, z3.And(made.known, z3.Not(made.never)), z3.ToReal(made.value), DAY)
        return made

    def _in_order(self, name: str, known: Expr, at: Expr, lasts: int) -> None:
        """Dates and actions come in the declared order: otherwise the engine waits for a correction, and no rule reads them.
        `lasts`: in days; a date may be any hour of its day."""
        for order in self.compiled.protocol.orders:
            for other, there, when, long in self._dated:
                if (order.earlier, order.later) == (name, other):
                    self.legal.append(
                        z3.Implies(z3.And(known, there), at < when + long if long else at <= when)
                    )
                elif (order.earlier, order.later) == (other, name):
                    self.legal.append(
                        z3.Implies(z3.And(known, there), when < at + lasts if lasts else when <= at)
                    )
        self._dated.append((name, known, at, lasts))

    def _range(self, made: ReadingVar) -> list[Expr]:
        fact, value = made.fact, made.value
        if fact.type == "choice":
            return [value >= 0, value < max(len(fact.values), 1), z3.Not(made.open), z3.Not(made.never)]
        if fact.type == "date":
            rules = [value >= PAST, value <= COMING, z3.Not(made.open)]
            return rules if fact.never else [*rules, z3.Not(made.never)]
        low, high = fact.possible
        rules = [z3.Not(made.never)]
        rules += [z3.Or(made.open, value >= number(low))] if low is not None else []
        rules += [z3.Or(made.open, value <= number(high))] if high is not None else []
        # A plain zero of an assay that can find nothing is the word for that, and no number.
        return [*rules, z3.Implies(made.known, value > 0) if fact.qualifiers else z3.Not(made.open)]

    def _siblings(self, made: ReadingVar) -> list[Expr]:
        """What two slots over the same observations say of each other."""
        rules: list[Expr] = []
        points = set(made.reading.points or (made.reading.point,))
        for other in self.readings.values():
            if other.reading.fact != made.reading.fact or other.reading.scope != made.reading.scope:
                continue
            theirs = set(other.reading.points or (other.reading.point,))
            for small, large in ((made, other), (other, made)):
                inner, outer = (points, theirs) if small is made else (theirs, points)
                limits = (large.reading.until in ("", small.reading.until)) and (
                    large.reading.since in ("", small.reading.since)
                )
                if inner <= outer and limits:
                    rules.append(z3.Implies(z3.Not(small.missing), z3.Not(large.missing)))
                    rules += no_less(small, large)
            latest = made.fact.cardinality in ("latest", "series") or len(points) > 1
            if (
                latest
                and points == theirs
                and (made.reading.until, made.reading.strictly)
                == (
                    other.reading.until,
                    other.reading.strictly,
                )
            ):
                # The newest of all samples is the newest since any day that it does not come before.
                there = z3.Not(z3.Or(made.missing, other.missing))
                rules.append(z3.Implies(there, z3.And(*(a == b for a, b in faces(made, other)))))
            if made.fact.cardinality == "one" and points == theirs and len(points) == 1:
                same = z3.And(made.value == other.value, made.open == other.open, made.never == other.never)
                rules.append(z3.Implies(z3.And(made.known, other.known), same))
        return rules

    def said(self, made: ReadingVar, word: str) -> Expr:
        """Which word a result without a number uses."""
        words = ("not-detected", "positive-not-quantifiable")
        stands = Stands("word", made.reading)
        pick = self.pick(f"{made.name}: word", len(words), lambda n: f"{made.name} is {words[n]}", stands)
        return pick == words.index(word) if word in words else z3.BoolVal(False)

    # --- parameters -------------------------------------------------------------------------------------------------

    def limit(self, limit: Limit | Param) -> Limit | None:
        """The limit in force; None while the profile leaves it open."""
        if isinstance(limit, Limit):
            return limit
        value = self.profile.parsed[limit.key]
        return value if isinstance(value, Limit) else None

    def count(self, value: int | Param) -> int | None:
        """A number of days or months; None while the profile leaves it open."""
        if isinstance(value, int):
            return value
        parsed = self.profile.parsed[value.key]
        return parsed if isinstance(parsed, int) else None

    def chosen(self, key: str) -> Expr:
        """Whether a trial team has set a key that the profile leaves open: both must be proved."""
        return self.flag(f"profile {key} set", f"profile key {key} is set by the trial team", key, kind="set")

    # --- the record -------------------------------------------------------------------------------------------------

    def recorded(
        self, action: str, scope: tuple[tuple[str, str], ...], where: tuple[str, str] = ("", "")
    ) -> Expr:
        """Whether an action is on record."""
        key = key_of(action, scope)
        name = f"recorded {key}" + (f" with {where[0]}={where[1]}" if where[0] else "")
        known = name in self._made
        unknown = self.flag(
            name, name.replace("recorded ", "on record: "), Recorded(action, scope, where), moves=True
        )
        if not known:
            if where[0]:
                self.legal.append(z3.Implies(unknown, self.recorded(action, scope)))
            elif scope:
                self.legal.append(z3.Implies(unknown, self.recorded(action, ())))
            if not where[0]:
                at = self.done_at(action, scope)
                self.legal.append(z3.Implies(unknown, at <= self.now))
                self._in_order(action, unknown, at, 0)
        return unknown

    def done_at(self, action: str, scope: tuple[tuple[str, str], ...]) -> Expr:
        """When an action was first done."""
        key = key_of(action, scope)
        return self.real(f"time of {key}", Done(action, scope), moves=True, group=f"recorded {key}")

    # --- ledgers ----------------------------------------------------------------------------------------------------

    def ledger_is(self, ledger: str, states: tuple[str, ...]) -> Expr:
        """Whether a ledger is in one of the states. In which it ends is given; how far it has come moves."""
        finals = self.finals(ledger)
        course = self.pick(
            f"course of {ledger}",
            len(ACTIVE_STATES) + 1,
            lambda n: f"{ledger}: {(*ACTIVE_STATES, 'over')[n]}",
            Stands("course", ledger),
            moves=True,
        )
        end = self.pick(
            f"end of {ledger}", len(finals), lambda n: f"{ledger} ends: {finals[n]}", Stands("end", ledger)
        )
        active = [course == n for n, state in enumerate(ACTIVE_STATES) if state in states]
        over = [
            z3.And(course == len(ACTIVE_STATES), end == n)
            for n, state in enumerate(finals)
            if state in states
        ]
        return either(*active, *over)

    def finals(self, ledger: str) -> tuple[str, ...]:
        """The states in which a ledger may end."""
        if ledger not in self._finals:
            said = ledger_states(self.compiled.protocol, ledger)
            self._finals[ledger] = tuple(dict.fromkeys((*FINAL_STATES, *said)))
        return self._finals[ledger]

    def ledger_started(self, ledger: str) -> Expr:
        """Whether a ledger has left its first state: an infusion or a dose is on record, or that there will be none."""
        started = z3.Not(self.ledger_is(ledger, ("not_started",)))
        name = f"link of {ledger}"
        if name not in self._made:
            self._made[name] = started
            spec, begun = self.compiled.ledgers[ledger], self.ledger_begun(ledger)
            stopped = self.ledger_is(ledger, ("stopped",))
            if isinstance(spec, Infusion):
                ends = (
                    [self.recorded("infusion_stopped", spec.scope)]
                    if "infusion_stopped" in self.compiled.actions
                    else []
                )
                ends += self._ways_out()
                ends.append(self.directed(Directed(ledger, ("stop",))))
                held = self.ledger_is(ledger, ("held",))
                self.legal += [started == begun, z3.Implies(stopped, either(*ends)), z3.Not(held)]
            else:
                said = self.recorded(spec.stopped, spec.scope)
                self.legal += [
                    z3.Not(self.ledger_is(ledger, ("end_expected",))),
                    z3.Implies(said, stopped),
                    z3.Implies(stopped, either(said, *self._ways_out())),
                    started == z3.Or(begun, said),
                ]
        return started

    def _ways_out(self) -> list[Expr]:
        """Reports that end treatment, and with it what runs."""
        return [self.recorded(a.id, ()) for a in self.compiled.actions.values() if a.ends]

    def ledger_begun(self, ledger: str) -> Expr:
        """Whether anything has been given: the start of the infusion is on record, or a dose."""
        spec = self.compiled.ledgers[ledger]
        if isinstance(spec, Infusion):
            return self.recorded("infusion_started", spec.scope)
        given = [tuple(sorted((*spec.scope, ("dose", label)))) for label in spec.labels]
        return either(*(self.recorded(spec.given, scope) for scope in given))

    def directed(self, node: Directed) -> Expr:
        """Whether a rule of the ledger directs its one action. What a clinician has overridden was directed."""
        rules = f" ({', '.join(node.rules)})" if node.rules else ""
        name = f"{node.ledger}: directed to {node.actions[0]}{rules}"
        if not node.lifted:
            return self.while_started(name, node.ledger, node)
        name += ", overridden or not"
        known, found = name in self._made, self.while_started(name, node.ledger, node)
        if not known:
            self.legal.append(z3.Implies(self.directed(replace(node, lifted=False)), found))
        return found

    def while_started(self, name: str, ledger: str, of: object) -> Expr:
        """Something that only an infusion that has begun can show; given, not chosen."""
        started = self.ledger_started(ledger)
        known = name in self._made
        unknown = self.flag(name, name, of)
        # A course of doses can be held, or reduced by what came before, while its first dose is still to be given.
        if not known and isinstance(self.compiled.ledgers[ledger], Infusion):
            self.legal.append(z3.Implies(unknown, started))
        return unknown


def ledger_states(protocol: Any, ledger: str) -> tuple[str, ...]:
    """The states of a ledger that the protocol speaks of, besides those of every infusion."""
    from pathway.language import LedgerIs
    from pathway.language.walk import atoms

    found = dict.fromkeys(s for a in atoms(protocol, LedgerIs) if a.ledger == ledger for s in a.states)
    return tuple(s for s in found if s not in ACTIVE_STATES)
