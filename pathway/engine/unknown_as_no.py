"""Unknown is never no: a negation of what is on record mixed with what may be unknown is refused where it would be silent."""

from __future__ import annotations

from collections.abc import Iterator

from pathway.engine.linker import Linker
from pathway.language import (
    AllOf,
    AnyOf,
    Compare,
    Crit,
    Dates,
    Deviation,
    Is,
    Known,
    Not,
    NotObtainable,
    Outcome,
    Task,
)
from pathway.language.terms import key_of
from pathway.language.walk import atoms


def refuse_unknown_as_no(linker: Linker) -> None:
    """Raise ProtocolError for an alarm or task whose negation is PENDING, and so silent, while a value is missing."""
    parts: tuple[Deviation | Task, ...] = (*linker.protocol.deviations, *linker.protocol.tasks)
    for part in parts:
        for negation in atoms(part, Not):
            if not isinstance(negation.part, AnyOf | AllOf):
                continue
            leaves = list(_leaves(negation.part))
            closed = any(isinstance(leaf, Known | NotObtainable) for leaf in leaves)
            if closed and any(isinstance(leaf, Is | Compare | Dates | Outcome | Crit) for leaf in leaves):
                raise linker.error(
                    f"{key_of(part.id, part.scope)}: Not(...) of what is on record and of what may be unknown stays silent while "
                    'it is unknown; say VerdictIs(..., ("FAIL", "PENDING", "REVIEW"))'
                )


def _leaves(node: object) -> Iterator[object]:
    if isinstance(node, AllOf | AnyOf):
        for part in node.parts:
            yield from _leaves(part)
    elif isinstance(node, Not):
        yield from _leaves(node.part)
    else:
        yield node
