"""The occasions of a question: which adverse events, directives and episodes of a ledger it rests on, with how many or how grave.

A person who answers has seen those of that moment. One that comes later, or grows, is another question.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pathway.clock import local_day
from pathway.engine.context import Evaluation, Leaves
from pathway.engine.linker import Linker
from pathway.events import Event
from pathway.language import Directed, Graded, LedgerFlag

GROUNDS = "occasions seen"
"""Where the occasions stand among the bands that a person saw."""

Ground = Callable[[Evaluation], list[tuple[str, int, datetime]]]
"""Every occasion by name, with its number (a grade, or how many there were) and since when that has been so."""


def ground_of(node: Graded | Directed | LedgerFlag, linker: Linker) -> Ground:
    """The occasions that a part of a question speaks of, those that are over included."""
    match node:
        case Graded():
            return occurrences(node, linker)
        case Directed():
            return _directives(node, linker)
        case LedgerFlag(ledger, flag):
            return _flagged(linker.ledger(ledger), f"{ledger}/{flag}", flag)


def occurrences(node: Graded, linker: Linker) -> Ground:
    """Every occurrence of the grade with its highest: a report that names no earlier one is a new occurrence."""
    name = linker.adverse_event(node.event)
    since = linker.anchor(node.since) if node.since else None
    until = linker.anchor(node.until) if node.until else None
    told = linker.anchor(node.told_since) if node.told_since else None

    def inside(event: Event, ctx: Evaluation) -> bool:
        if node.scale and event.detail("scale") != node.scale:
            return False
        day = local_day(event.occurred, ctx.tz)
        first = ctx.anchor(since) if since is not None else None
        last = ctx.anchor(until) if until is not None else None
        news = ctx.anchor(told) if told is not None else None
        if news is not None and local_day(event.recorded, ctx.tz) < news.day:
            return False
        return (first is None or day >= first.day) and (last is None or day <= last.day)

    def found(ctx: Evaluation) -> list[tuple[str, int, datetime]]:
        grown: dict[str, tuple[int, datetime]] = {}
        for event in ctx.record.adverse.get(name, ()):
            grade = int(event.value or 0)
            if grade >= node.at_least and inside(event, ctx):
                first = first_report(event, ctx)
                if grade > grown.get(first, (0, event.recorded))[0]:
                    grown[first] = (grade, event.recorded)
        return [(first, grade, at) for first, (grade, at) in grown.items()]

    return found


def first_report(event: Event, ctx: Evaluation) -> str:
    """The report with which an occurrence began, through all that continue it."""
    root = ctx.record.root
    been: list[str] = []
    current: Event | None = event
    at = root.get(event.id, event.id)
    while current is not None and at not in been:
        been.append(at)
        begun = ctx.record.by_id.get(at)
        target = begun.target if begun is not None else ""
        if not target:
            return at
        at = root.get(target, target)
        current = ctx.record.by_id.get(at)
    return at


def _directives(node: Directed, linker: Linker) -> Ground:
    index = linker.ledger(node.ledger)

    def found(ctx: Evaluation) -> list[tuple[str, int, datetime]]:
        counts: dict[str, tuple[int, datetime]] = {}
        for directive in ctx.ledger(index).directives:
            if directive.action in node.actions and (not node.rules or directive.rule.id in node.rules):
                name = f"{node.ledger}/{directive.rule.id}"
                counts[name] = (counts.get(name, (0, directive.since))[0] + 1, directive.since)
        return [(name, n, at) for name, (n, at) in counts.items()]

    return found


def _flagged(index: int, name: str, flag: str) -> Ground:
    def found(ctx: Evaluation) -> list[tuple[str, int, datetime]]:
        raised = ctx.ledger(index).raised.get(flag, ())
        return [(name, len(raised), max(raised))] if raised else []

    return found


def occasions(ctx: Evaluation, leaves: Leaves) -> list[tuple[str, int, datetime]]:
    """Every occasion of a question by name, with its grade or how many there were, and since when."""
    return [each for ground in leaves.grounds for each in ground(ctx)]


def grounds_text(found: list[tuple[str, int, datetime]]) -> str:
    """Occasions as a confirmation keeps them: `name=number` with spaces."""
    highest: dict[str, int] = {}
    for name, number, _ in found:
        highest[name] = max(number, highest.get(name, 0))
    return " ".join(f"{name}={number}" for name, number in highest.items())
