"""Growth: how much of something a person saw who decided, and whether there is more of it now."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.events import Event
from pathway.language import Compare, Graded

SIZE = " seen"
"""What the name of an input ends with where its size stands among the bands that a person saw."""


def sized(of: object, linker: Linker) -> Callable[[Evaluation], str]:
    """The size of what passed, as `name=number` with spaces: of a limit its value, of an adverse event its occurrences."""
    if isinstance(of, Compare):
        index = linker.reading(of.reading, "number")

        def value(ctx: Evaluation) -> str:
            found = ctx.reading(index)
            return f"value={found.high}" if found.state == "known" else ""

        return value
    if isinstance(of, Graded):
        return _occurrences(of, linker)
    raise linker.error("only a comparison or the grade of an adverse event can grow")


def _occurrences(node: Graded, linker: Linker) -> Callable[[Evaluation], str]:
    """Every occurrence of the grade with its highest: a report that names no earlier one is a new occurrence."""
    name = linker.adverse_event(node.event)
    since = linker.anchor(node.since) if node.since else None
    until = linker.anchor(node.until) if node.until else None

    def inside(event: Event, ctx: Evaluation) -> bool:
        day = local_day(event.occurred, ctx.tz)
        first = ctx.anchor(since) if since is not None else None
        last = ctx.anchor(until) if until is not None else None
        return (first is None or day >= first.day) and (last is None or day <= last.day)

    def occurrences(ctx: Evaluation) -> str:
        found: dict[str, int] = {}
        for event in ctx.record.adverse.get(name, ()):
            grade = int(event.value or 0)
            if grade >= node.at_least and inside(event, ctx):
                first = _first(event, ctx)
                found[first] = max(grade, found.get(first, 0))
        return " ".join(f"{first}={grade}" for first, grade in found.items())

    return occurrences


def _first(event: Event, ctx: Evaluation) -> str:
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


def more_than_seen(then: str, now: str) -> bool:
    """Whether there is something now that was not seen then, or more of it."""
    seen = _numbers(then)
    return any(name not in seen or number > seen[name] for name, number in _numbers(now).items())


def _numbers(text: str) -> dict[str, Decimal]:
    pairs = (part.rpartition("=") for part in text.split())
    return {name: Decimal(number) for name, _, number in pairs}
