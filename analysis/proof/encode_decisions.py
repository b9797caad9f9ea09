"""What decision tables answer in a `World`: cells that are possible, rows that are live, outcomes, what people take."""

from __future__ import annotations

from dataclasses import dataclass

import z3

from analysis.proof.encode_predicates import Meaning
from analysis.proof.encode_times import NO, YES
from analysis.proof.ends import ends_level, level_of
from analysis.proof.expressions import Expr, both, either
from analysis.proof.unknowns import Stands
from analysis.proof.verdicts import Verdict
from pathway.language import Choice, Crit, Decision, Input, Param, Reading, Rule
from pathway.language.walk import atoms


@dataclass(slots=True)
class Cell:
    """A cell of an input: whether the input may be it, and whether it certainly is."""

    may: Expr
    is_: Expr


@dataclass(slots=True)
class Column:
    """An input with its cells; `waits` for something, `hopeless` if all of that is declared not obtainable."""

    item: Input
    cells: dict[str, Cell]
    waits: Expr
    hopeless: Expr

    @property
    def sure(self) -> Expr:
        """Exactly one cell is left."""
        return either(*(c.is_ for c in self.cells.values()))


@dataclass(slots=True)
class Answer:
    """A decision: `out` by option; `none` where it is not asked; else it is open, and `may`, `may_be_none` say what is left.

    `review`: it is open, and nothing that may still come will settle it: a person must. `unanswered`: it was over before it
    was answered: it is not asked, and a table that rests on it waits.
    """

    decision: Decision
    asked: Verdict
    columns: dict[str, Column]
    live: list[Expr]
    out: dict[str, Expr]
    none: Expr
    may: dict[str, Expr]
    may_be_none: Expr
    settled: Expr
    review: Expr
    unanswered: Expr


class Answers:
    """The answers of all tables of a protocol, each worked out once."""

    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning
        self.world = meaning.world
        self._answers: dict[str, Answer] = {}

    def of(self, key: str) -> Answer:
        """The answer of the decision with that key."""
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = self._answer(key, self.world.compiled.decisions[key])
        return found

    def outcome(self, key: str, options: tuple[str, ...]) -> Verdict:
        """`Outcome` and `Taken`: FAIL also where a computed table rules the options out."""
        answer = self.of(key)
        passes = either(*(answer.out[o] for o in options))
        other = either(*(answer.out[o] for o in answer.out if o not in options))
        fails = z3.Or(other, answer.none)
        if answer.decision.confirm is None:
            left = either(*answer.may.values())
            ruled_out = z3.And(left, z3.Not(either(*(answer.may[o] for o in options))))
            fails = z3.Or(fails, z3.And(answer.asked.passes, z3.Not(passes), ruled_out))
        return Verdict(passes, fails, z3.And(z3.Not(passes), z3.Not(fails), z3.Not(answer.review)), NO)

    def outcomes(self, rule: Rule, decision: Decision) -> list[tuple[Expr, str | tuple[str, ...] | None]]:
        """What a row says, by the setting of the profile: an outcome, the options of a choice, None (not asked)."""
        then = rule.then
        if isinstance(then, Choice):
            return [(YES, then.options)]
        if not isinstance(then, Param):
            return [(YES, then)]
        values = self.world.keys[then.key].options
        return [
            (self.meaning.setting(then.key, v), v if v in decision.options else decision.options)
            for v in values
        ]

    def _answer(self, key: str, decision: Decision) -> Answer:
        asked = self.meaning.of(decision.asked) if decision.asked is not None else Verdict(YES, NO, NO)
        columns = {item.name: self.column(item) for item in decision.inputs}
        live = [
            both(*(either(*(columns[name].cells[c].may for c in wanted)) for name, wanted in rule.when))
            for rule in decision.rules
        ]
        said = [
            (z3.And(alive, when), outcome)
            for rule, alive in zip(decision.rules, live, strict=True)
            for when, outcome in self.outcomes(rule, decision)
        ]
        may = {
            o: either(*(w for w, out in said if out == o or (isinstance(out, tuple) and o in out)))
            for o in decision.options
        }
        sole = {
            o: z3.And(
                either(*(w for w, out in said if out == o)),
                z3.Not(either(*(w for w, out in said if out != o))),
            )
            for o in (*decision.options, None)
        }
        # What is still unknown may come out as no rule says: then it settles nothing.
        covered = z3.Not(_uncovered(decision, columns, live))
        sole = {o: z3.And(covered, only) for o, only in sole.items()}
        none_said = sole.pop(None)
        single = either(*sole.values())
        # One choice set is all that is left, or what could still tell them apart is not to be had.
        choice = either(*(
            z3.And(w, z3.Not(either(*(other for other, out in said if out != options))))
            for w, options in said if isinstance(options, tuple)
        ))  # fmt: skip
        undecided = z3.And(asked.passes, z3.Not(single), z3.Not(none_said))
        stuck = z3.And(undecided, z3.Not(_awaited(decision, columns, live)))
        pick = self.world.pick(
            f"taken {key}",
            len(decision.options) + 1,
            lambda n: _taken_words(key, decision, n),
            Stands("taken", key),
        )
        self.world.settled.append(pick >= 1)
        taken = {o: pick == n + 1 for n, o in enumerate(decision.options)}
        # After the end nobody is asked: what was taken and not carried out falls, what is open is closed.
        level, actions = (
            level_of(decision, self.world.compiled.protocol),
            self.world.compiled.actions.values(),
        )
        ended = either(*(self.world.recorded(a.id, ()) for a in actions if ends_level(a.ends, level)))
        dropped = NO
        if decision.confirm is None:
            person = z3.Or(stuck, z3.And(undecided, choice))
            # Where no row is left, all options are.
            nothing = z3.Not(either(*may.values()))
            picked = _picked(pick, taken, {o: z3.Or(nothing, may[o]) for o in may})
            out = {
                o: z3.Or(z3.And(asked.passes, sole[o]), z3.And(person, picked[o])) for o in decision.options
            }
        else:
            enacted = {o: self.meaning.of(p).passes for o, p in decision.enacted}
            offered = z3.And(asked.passes, z3.Not(none_said))
            stands = {o: z3.Or(offered, enacted.get(o, NO)) for o in decision.options}
            out = {
                o: z3.And(taken[o], z3.If(ended, enacted[o], stands[o]) if o in enacted else stands[o])
                for o in decision.options
            }
            dropped = z3.And(ended, either(*(z3.And(taken[o], z3.Not(done)) for o, done in enacted.items())))
            person = z3.And(stuck, z3.Not(choice))
        given = either(*out.values())
        closed = ended if decision.confirm is not None else z3.And(ended, person)
        none = z3.And(z3.Not(given), z3.Or(closed, asked.fails, z3.And(asked.passes, none_said)))
        review = z3.And(person, z3.Not(given), z3.Not(ended))
        said_none = z3.Or(asked.fails, z3.And(asked.passes, none_said))
        unanswered = z3.And(closed, z3.Not(given), z3.Not(said_none), z3.Not(dropped))
        may_be_none = z3.Or(z3.Not(asked.passes), either(*(w for w, out in said if out is None)))
        settled = z3.Or(none, given)
        return Answer(
            decision, asked, columns, live, out, none, may, may_be_none, settled, review, unanswered
        )

    # --- inputs ---------------------------------------------------------------------------------------------------

    def column(self, item: Input) -> Column:
        """The cells of an input."""
        if isinstance(item.of, str):
            column = self._upstream(item, item.of)
        elif isinstance(item.of, Reading):
            column = self._slot(item, item.of)
        else:
            verdict = self.meaning.of(item.of)
            cells = {
                "yes": Cell(z3.Not(verdict.fails), verdict.passes),
                "no": Cell(z3.Not(verdict.passes), verdict.fails),
            }
            waits, hopeless = verdict.waits, verdict.hopeless
            if atoms(item.of, Crit):
                # A review of criteria is settled by judging them, so the table waits for that.
                waits, hopeless = z3.Not(z3.Or(verdict.passes, verdict.fails)), z3.And(waits, hopeless)
            column = Column(item, cells, waits, hopeless)
        return column if item.closed is None else self._closed(column, *item.closed)

    def _closed(self, column: Column, band: str, closes: object) -> Column:
        over = self.meaning.of(closes).passes  # type: ignore[arg-type]
        waits = column.waits
        cells = dict(column.cells)
        cells.setdefault(band, Cell(NO, NO))
        for name, cell in cells.items():
            this = z3.BoolVal(name == band)
            cells[name] = Cell(z3.If(waits, z3.Or(z3.Not(over), this), cell.may),
                               z3.If(waits, z3.And(over, this), cell.is_))  # fmt: skip
        return Column(column.item, cells, z3.And(waits, z3.Not(over)), column.hopeless)

    def _upstream(self, item: Input, key: str) -> Column:
        """What is left of a computed table; of what a person decides all is left until they have."""
        answer = self.of(key)
        unsettled = z3.Not(answer.settled)
        options = answer.decision.options
        left: dict[str, Expr] = dict.fromkeys((*options, "none"), YES)
        if answer.decision.confirm is None:
            asked = answer.asked.passes
            nothing = z3.And(asked, z3.Not(either(*answer.may.values())))
            left = {o: z3.Or(z3.Not(asked), nothing, answer.may[o]) for o in options}
            left["none"] = z3.Or(nothing, answer.may_be_none)
        is_ = {**answer.out, "none": answer.none}
        may = {o: z3.Or(is_[o], answer.unanswered, z3.And(unsettled, left[o])) for o in left}
        cells = {
            o: Cell(may[o], z3.And(may[o], z3.Not(either(*(may[x] for x in may if x != o))))) for o in may
        }
        waits = z3.Or(answer.unanswered, z3.And(unsettled, z3.Not(answer.review)))
        return Column(item, cells, waits, NO)

    def _slot(self, item: Input, reading: Reading) -> Column:
        made = self.world.reading(reading)
        unknown = z3.Not(made.known)
        if not item.bands:
            chosen = {v: z3.And(made.known, made.value == n) for n, v in enumerate(made.fact.values)}
            cells = {v: Cell(z3.Or(unknown, is_), is_) for v, is_ in chosen.items()}
            return Column(item, cells, made.missing, made.declared)
        maybe: dict[str, Expr] = {}
        for band in item.bands:
            verdicts = [self.meaning.compare(reading, limit) for limit in band.limits]
            maybe[band.name] = z3.And(made.known, z3.Not(either(*(v.fails for v in verdicts))))
        none = z3.Not(either(*maybe.values()))
        cells = {
            name: Cell(
                z3.Or(unknown, maybe[name], none),
                z3.And(maybe[name], z3.Not(either(*(other for n, other in maybe.items() if n != name)))),
            )
            for name in maybe
        }
        return Column(item, cells, made.missing, made.declared)


def _awaited(decision: Decision, columns: dict[str, Column], live: list[Expr]) -> Expr:
    """Whether an input that still matters waits for something that may come."""
    waiting = []
    for name, column in columns.items():
        names = [alive for rule, alive in zip(decision.rules, live, strict=True) if name in dict(rule.when)]
        waiting.append(z3.And(either(*names), z3.Not(column.sure), column.waits, z3.Not(column.hopeless)))
    return either(*waiting)


def _uncovered(decision: Decision, columns: dict[str, Column], live: list[Expr]) -> Expr:
    """Whether an input that is not known may have a cell for which no rule is left."""
    open_cells = []
    for name, column in columns.items():
        for c, cell in column.cells.items():
            left = [
                alive
                for rule, alive in zip(decision.rules, live, strict=True)
                if c in dict(rule.when).get(name, (c,))
            ]
            open_cells.append(z3.And(cell.may, z3.Not(column.sure), z3.Not(either(*left))))
    return either(*open_cells)


def _picked(pick: Expr, taken: dict[str, Expr], may: dict[str, Expr]) -> dict[str, Expr]:
    """What a person picks among the outcomes that are left: what they prefer, or the first where that is ruled out."""
    granted = either(*(z3.And(taken[o], may[o]) for o in taken))
    found: dict[str, Expr] = {}
    for n, o in enumerate(taken):
        first = z3.Not(either(*list(may.values())[:n]))
        found[o] = z3.And(may[o], z3.Or(taken[o], z3.And(pick >= 1, z3.Not(granted), first)))
    return found


def _taken_words(key: str, decision: Decision, n: int) -> str:
    if n == 0:
        return f"not: {key} taken"
    who = decision.confirm or "clinician"
    return f"{key}: a {who} takes {decision.options[n - 1]}"
