"""Small random protocols: tables with gaps and overlaps, criteria and exits of every term of the language that proofs read."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

from pathway.language import (
    AllOf,
    AnyOf,
    AtLeast,
    Band,
    Choice,
    Closed,
    Compare,
    Crit,
    Criterion,
    Decision,
    Exit,
    Graded,
    Input,
    Is,
    Known,
    LedgerIs,
    Limit,
    Moment,
    Not,
    NotObtainable,
    Outcome,
    Passed,
    Predicate,
    Protocol,
    Reached,
    Reading,
    Recorded,
    ReviewIf,
    Rule,
    Taken,
    VerdictIs,
)
from tests.analysis.sound_protocol import FIRST, MARKER, MRD, SOUND, WBC, R

OPTIONS = ("X", "Y", "Z")
NUMBERS = {"age": ("100", "180"), "wbc": ("50", "300"), "mrd": ("1e-4", "5e-4")}


def _closed(part: Predicate, by: Predicate) -> Predicate:
    """A value that nobody has reported by then is not so; of a compound one that cannot be said."""
    inner = part.part if isinstance(part, Not) else part
    return Closed(part, by, "nobody said so") if isinstance(inner, Is | Compare | Crit) else Not(part)


def random_protocol(random: Random) -> Protocol:
    """The sound protocol with other criteria, decisions and exits."""
    criteria: list[Criterion] = []
    decisions: list[Decision] = []

    def leaf() -> Predicate:
        """A term that reads the record, or a criterion or decision made before."""
        number = random.choice(list(NUMBERS))
        slot = MRD if number == "mrd" else Reading(number)
        made: list[Predicate] = [
            Is(MARKER, ("POSITIVE",)),
            Is(Reading("consent"), ("YES",)),
            Compare(slot, limit(number)),
            Compare(slot, limit(number)),
            Known(random.choice((MRD, MARKER, WBC))),
            NotObtainable(random.choice((MRD, MARKER, WBC))),
            Recorded(random.choice(("first_dose", "course_ended", "withdrawn"))),
            Recorded("infusion_started", FIRST),
            Graded("CRS", random.randint(1, 4), current=random.random() < 0.5),
            Reached(random.choice(("D1", "BAG_OFF"))),
            Passed(
                Moment("D1", days=random.choice((0, 7, 28)), at=random.choice(("start", "warn", "close")))
            ),
            LedgerIs(
                "blina[cycle=1]",
                (random.choice(("not_started", "running", "paused", "complete", "stopped")),),
            ),
        ]
        made += [Crit(c.id) for c in criteria[-1:]] * 2
        for d in decisions[-1:]:
            made += [Outcome(d.id, (random.choice(d.options),)), Taken(d.id, (random.choice(d.options),))]
        return random.choice(made)

    def limit(number: str) -> Limit:
        return Limit(random.choice(("<", "<=", ">=", ">", "=")), random.choice(NUMBERS[number]))

    def predicate(depth: int) -> Predicate:
        if depth == 0 or random.random() < 0.3:
            return leaf()
        parts = tuple(predicate(depth - 1) for _ in range(random.randint(2, 3)))
        return random.choice((
            AllOf(parts), AnyOf(parts), AtLeast(2, parts), Not(parts[0]), ReviewIf(parts[0], "hm"), _closed(parts[0], parts[1]),
            VerdictIs(parts[0], tuple(random.sample(("PASS", "FAIL", "PENDING", "REVIEW"), 2))),
        ))  # fmt: skip

    def bands(number: str) -> tuple[Band, ...]:
        low, high = NUMBERS[number]
        return (
            Band("low", (Limit("<", low),)),
            Band("middle", (Limit(">=", low), Limit("<", high))),
            Band("high", (Limit(">=", high),)),
        )

    def column(name: str) -> tuple[Input, tuple[str, ...]]:
        kind = random.choice(
            ("number", "choice", "predicate", "predicate", "decision" if decisions else "number")
        )
        if kind == "number":
            number = random.choice(list(NUMBERS))
            slot = MRD if number == "mrd" else Reading(number)
            closed = ("gone", NotObtainable(slot)) if random.random() < 0.4 else None
            cells = ("low", "middle", "high", *(("gone",) if closed else ()))
            return Input(name, slot, bands(number), closed), cells
        if kind == "choice":
            return Input(name, MARKER), ("POSITIVE", "NEGATIVE")
        if kind == "predicate":
            return Input(name, predicate(1)), ("yes", "no")
        upstream = random.choice(decisions)
        return Input(name, upstream.id), (*upstream.options, "none")

    def rules(columns: list[tuple[Input, tuple[str, ...]]]) -> tuple[Rule, ...]:
        """A row for nearly every combination of cells, some twice; now and then one that leaves a column out."""
        made: list[Rule] = []
        for cells in product(*(cells for _, cells in columns)):
            for _ in range(random.choice((0, 1, 1, 1, 1, 1, 1, 1, 2)) if len(made) < 12 else 0):
                when = tuple((item.name, (cell,)) for (item, _), cell in zip(columns, cells, strict=True))
                if random.random() < 0.1:
                    when = when[:-1]
                then: Any = random.choice((*OPTIONS, *OPTIONS, Choice(("X", "Y")), None))
                made.append(Rule(when, then, R, f"R{len(made) + 1}"))
        return tuple(made)

    for n in range(3):
        criteria.append(Criterion(f"K{n}", "criterion", "inclusion", predicate(2), R))
        columns = [column(f"i{k}") for k in range(random.randint(1, 2))]
        rows = rules(columns)
        said = {(name, cell) for rule in rows for name, cells in rule.when for cell in cells}
        items = tuple(i if (i.name, "gone") in said else replace(i, closed=None) for i, _ in columns)
        decisions.append(
            Decision(
                f"T{n}", "table", items, rows, OPTIONS, R,
                confirm=random.choice((None, None, "clinician")),
                asked=predicate(1) if random.random() < 0.3 else None,
            )
        )  # fmt: skip
    track = SOUND.tracks[0]
    phases = tuple(
        phase
        if phase.terminal
        else replace(phase, exits=tuple(Exit(e.to, predicate(2), R) for e in phase.exits))
        for phase in track.phases
    )
    return replace(
        SOUND,
        name="random",
        criteria=tuple(criteria),
        decisions=tuple(decisions),
        tracks=(replace(track, phases=phases),),
        tasks=(),
    )
