"""What explanations ask one by one: the conditions of a definition, and what their words mention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pathway.engine.context import Test
from pathway.engine.linker import Linker
from pathway.engine.predicates import predicate
from pathway.engine.results import Mentions
from pathway.language import (
    AllOf,
    AnyOf,
    AtLeast,
    Closed,
    Crit,
    Deviation,
    Milestone,
    Not,
    Outcome,
    Param,
    Predicate,
    Protocol,
    Reading,
    ReviewIf,
    Setting,
    Taken,
    VerdictIs,
)
from pathway.language.walk import parts as parts_under

LEADS = Reading | Crit | Outcome | Taken


def explained(linker: Linker) -> tuple[dict[int, Test], dict[int, Mentions]]:
    """The functions that explanations ask one by one, by `id` of the node: every condition of the protocol and what it is made
    of; and what their words mention, and those of decisions."""
    tests: dict[int, Test] = {}
    mentions: dict[int, Mentions] = {}
    named_by: dict[int, list[Any]] = {}

    def gather(node: Predicate) -> list[Any]:
        """What is mentioned is gathered from below: the parts of a long list are not walked for the list once more."""
        if id(node) in named_by:
            return named_by[id(node)]
        tests[id(node)] = predicate(node, linker)
        within = children_of(node)
        named = [part for each in within for part in gather(each)] if within else _naming(node)
        named_by[id(node)] = named
        mentions[id(node)] = _mentions(named)
        return named

    for criterion in linker.protocol.criteria:
        gather(criterion.holds)
    for track in linker.protocol.tracks:
        for phase in track.phases:
            for exit_ in phase.exits:
                gather(exit_.when)
    for decision in linker.protocol.decisions:
        mentions[id(decision)] = _mentions(_naming(decision.inputs))
        for item in decision.inputs:
            mentions[id(item)] = _mentions(_naming(item.of))
            if not isinstance(item.of, Reading | str):
                gather(item.of)
    for node in _conditions(linker.protocol):
        gather(node)
    return tests, mentions


def _conditions(protocol: Protocol) -> Iterator[Predicate]:
    """What items, milestones and notices are asked for, raised and settled by."""
    for assessment in protocol.assessments:
        yield assessment.done
        if assessment.asked is not None:
            yield assessment.asked
    for task in protocol.tasks:
        yield task.when
        yield task.done
    for series in protocol.series:
        if series.while_ is not None:
            yield series.while_
    told: tuple[Milestone | Deviation, ...] = (*protocol.milestones, *protocol.deviations)
    for each in told:
        yield each.when


def children_of(node: Predicate) -> tuple[Predicate, ...]:
    """The conditions that a compound one is made of; () of a simple one."""
    if isinstance(node, AllOf | AnyOf | AtLeast):
        return node.parts
    if isinstance(node, Closed):
        return (node.part, node.by)
    return (node.part,) if isinstance(node, Not | VerdictIs | ReviewIf) else ()


def _naming(node: object) -> list[Any]:
    """The parts under a node that name a slot, a profile key, a criterion or a decision."""
    return [part for part in parts_under(node) if isinstance(part, LEADS | Param | Setting)]


def _mentions(named: list[Any]) -> Mentions:
    return Mentions(
        tuple(part for part in named if isinstance(part, Reading)),
        tuple(dict.fromkeys(part.key for part in named if isinstance(part, Param | Setting))),
        tuple(dict.fromkeys(part for part in named if isinstance(part, LEADS))),
    )
