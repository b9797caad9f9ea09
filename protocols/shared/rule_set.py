"""What a rule set brings to a protocol, and how a trial changes single cells of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from pathway.errors import ProtocolError
from pathway.language import (
    Action,
    Anchor,
    Choice,
    Decision,
    Deviation,
    Fact,
    Param,
    ProfileKey,
    Source,
    Task,
)
from pathway.language.parsing import nearest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Parts of a protocol that belong together. `version` names the rules that they state."""

    version: str
    facts: tuple[Fact, ...] = ()
    actions: tuple[Action, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    decisions: tuple[Decision, ...] = ()
    tasks: tuple[Task, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    profile: tuple[ProfileKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A row in which the protocol's own text differs: what it says there, and where."""

    row: str
    then: str | Param | Choice | None
    source: Source


def chosen(versions: Mapping[str, T], version: str, what: str) -> T:
    """The rules of a version. Raises ProtocolError with the versions that there are."""
    if version not in versions:
        raise ProtocolError(f"{what}: version {version!r} is not known; {nearest(version, list(versions))}")
    return versions[version]


def with_cells(decision: Decision, cells: Iterable[Cell]) -> Decision:
    """The table with other outcomes in the named rows. Raises ProtocolError for a row that it does not have."""
    own = {cell.row: cell for cell in cells}
    rows = [rule.id for rule in decision.rules]
    for name in own:
        if rows.count(name) != 1:
            raise ProtocolError(
                f"{decision.id} has no single row {name!r}; {nearest(name, [r for r in rows if r])}"
            )
    rules = tuple(
        replace(rule, then=own[rule.id].then, source=own[rule.id].source) if rule.id in own else rule
        for rule in decision.rules
    )
    return replace(decision, rules=rules)
