"""Unknown is never no: what would be silent, or go on, while something is not known is refused when a protocol is loaded."""

from __future__ import annotations

from collections.abc import Iterator

from pathway.engine.linker import Linker
from pathway.language import (
    AllOf,
    AnyOf,
    Assessment,
    AtLeast,
    Compare,
    Crit,
    Dates,
    Deviation,
    Exposure,
    Fresh,
    Hold,
    Is,
    Not,
    Outcome,
    Predicate,
    Products,
    ReviewIf,
    Series,
    Taken,
    Task,
)
from pathway.language.terms import key_of

ANSWERS = Outcome | Taken
VALUES = Is | Compare | Dates | Fresh | Exposure | Products | Crit


def refuse_unknown_as_no(linker: Linker) -> None:
    """Raise ProtocolError for what takes unknown for no.

    An alarm or task whose `Not(...)` waits, and so is silent, while a value is missing or a question open; something that is
    asked for only until a question is answered, and not while it is open; a way out that is shut while a person has a question
    open which it takes for unanswered; a hold that compares a value and does not say
    within how many days before a dose it must be known.
    """
    protocol = linker.protocol
    told: tuple[Deviation | Task, ...] = (*protocol.deviations, *protocol.tasks)
    for each in told:
        _refuse(linker, each, each.when, ANSWERS | VALUES)
    for item in protocol.assessments:
        _refuse(linker, item, item.asked, ANSWERS)
    for series in protocol.series:
        _refuse(linker, series, series.while_, ANSWERS)
    for track in protocol.tracks:
        for way in (*(e for phase in track.phases for e in phase.exits), *track.anywhere):
            for negation in _negations(way.when):
                asked = [n.decision for n in _leaves(negation.part) if isinstance(n, ANSWERS)]
                if any(key in linker.decisions and linker.decisions[key].confirm for key in asked):
                    raise linker.error(
                        f"track {track.id}: the exit to {way.to} has Not(...) of a question, and stays shut while that is open; "
                        "say without(...) if it is to open then"
                    )
    for course in protocol.doses:
        for hold in course.holds:
            if hold.within is None and (compared := _compared(hold)):
                raise linker.error(
                    f"hold {hold.id} of {key_of(course.id, course.scope)} compares {compared}: say within how many days before a "
                    "dose it must be known (within=...), or a dose is given because nobody has looked"
                )


def _refuse(
    linker: Linker, part: Deviation | Task | Assessment | Series, when: Predicate | None, waits: object
) -> None:
    for negation in _negations(when) if when is not None else ():
        if any(isinstance(leaf, waits) for leaf in _leaves(negation.part)):  # type: ignore[arg-type]
            raise linker.error(
                f"{key_of(part.id, part.scope)}: Not(...) of what may be unknown is silent while it is unknown; say "
                'without(...), which is VerdictIs(..., ("FAIL", "PENDING", "REVIEW"))'
            )


def _negations(node: Predicate) -> Iterator[Not]:
    """The outermost negations, outside of what asks for verdicts."""
    if isinstance(node, Not):
        yield node
    elif isinstance(node, AllOf | AnyOf | AtLeast):
        for part in node.parts:
            yield from _negations(part)


def _leaves(node: Predicate) -> Iterator[Predicate]:
    if isinstance(node, AllOf | AnyOf | AtLeast):
        for part in node.parts:
            yield from _leaves(part)
    elif isinstance(node, Not | ReviewIf):
        yield from _leaves(node.part)
    else:
        yield node


def _compared(hold: Hold) -> str:
    """The facts that a hold compares; what it reads as not said to be so holds while it is not known."""
    facts = dict.fromkeys(s.fact for group in hold.signs for s in group if s.fact and not s.unless)
    return ", ".join(facts)
