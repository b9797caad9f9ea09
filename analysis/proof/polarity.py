"""The parts of a condition that decide by themselves, and on which side of it they stand; what each of them reads."""

from __future__ import annotations

from collections.abc import Iterator

from pathway.engine.context import Compiled
from pathway.language import (
    SLOT_FACT,
    AllOf,
    AnyOf,
    AtLeast,
    Compare,
    Crit,
    Dates,
    Exposure,
    Fresh,
    Input,
    Is,
    Not,
    Outcome,
    Predicate,
    Products,
    Reading,
    ReviewIf,
)
from pathway.language.walk import atoms, parts


def sides(node: Predicate, asserted: bool = True) -> Iterator[tuple[Predicate, bool]]:
    """Every part of a condition that is no AND, OR or NOT, and whether the condition wants it true."""
    match node:
        case Not(part):
            yield from sides(part, not asserted)
        case ReviewIf(part, _):
            yield from sides(part, not asserted)
        case AllOf(inner) | AnyOf(inner) | AtLeast(_, inner):
            for part in inner:
                yield from sides(part, asserted)
        case _:
            yield node, asserted


def alternatives(node: Predicate) -> Iterator[Predicate]:
    """The parts of an OR, of which each is enough; or the condition itself."""
    if isinstance(node, AnyOf):
        for part in node.parts:
            yield from alternatives(part)
    else:
        yield node


def waits_for(node: object, compiled: Compiled) -> dict[Reading, None]:
    """The values for which a part waits, by way of criteria and decisions too, in the order of the text."""
    found: dict[Reading, None] = {}
    seen: set[str] = set()

    def gather(part: object) -> None:
        for each in parts(part):
            if isinstance(each, Reading):
                found[each] = None
            elif isinstance(each, Crit) and f"criterion {each.id}" not in seen:
                seen.add(f"criterion {each.id}")
                gather(compiled.criteria[each.id].holds)
            elif isinstance(each, Outcome):
                decide(each.decision)
            elif isinstance(each, Input) and isinstance(each.of, str):
                decide(each.of)

    def decide(key: str) -> None:
        if key in compiled.decisions and f"decision {key}" not in seen:
            seen.add(f"decision {key}")
            gather(compiled.decisions[key].inputs)

    gather(node)
    return found


def may_wait(node: object, compiled: Compiled) -> bool:
    """Whether a condition can wait, for a value or an answer. A date between anchors only waits for what happens; a governor's
    silence is an answer: nothing has been given."""
    for part in parts(node):
        match part:
            case Outcome():
                return True
            case Crit(id):
                if may_wait(compiled.criteria[id].holds, compiled):
                    return True
            case Is() | Compare() | Dates() | Fresh() | Exposure() | Products():
                if any(reading.fact != SLOT_FACT for reading in atoms(part, Reading)):
                    return True
    return False
