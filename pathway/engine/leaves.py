"""What a decision rests on: the recorded values and the upstream decisions that a person saw who decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pathway.clock import local_day
from pathway.engine.context import Evaluation, Leaves
from pathway.engine.grounds import ground_of
from pathway.engine.linker import Linker
from pathway.engine.values import course_text, day_text, value_text
from pathway.engine.windows import belonging
from pathway.language import (
    Crit,
    Decision,
    Directed,
    Exposure,
    Fresh,
    Graded,
    LedgerFlag,
    Outcome,
    Passed,
    Reached,
    Reading,
    Rose,
    Setting,
    Taken,
)
from pathway.language.terms import key_of, reading_name
from pathway.language.walk import children


def _text(index: int) -> Callable[[Evaluation], str | None]:
    def read(ctx: Evaluation) -> str | None:
        value = ctx.reading(index)
        return None if value.state == "missing" else value.text

    return read


def _directives(index: int, node: Directed) -> Callable[[Evaluation], str | None]:
    def read(ctx: Evaluation) -> str | None:
        return " ".join(dict.fromkeys(d.rule.id for d in ctx.ledger(index).directed(node))) or None

    return read


def _sampled(index: int) -> Callable[[Evaluation], str | None]:
    def read(ctx: Evaluation) -> str | None:
        event = ctx.reading(index).event
        return None if event is None else day_text(event, ctx.tz)

    return read


def _courses(reading: Reading, linker: Linker) -> Callable[[Evaluation], str | None]:
    samples = belonging(reading, linker)

    def read(ctx: Evaluation) -> str | None:
        return "; ".join(course_text(e, ctx.tz) for e in samples(ctx)) or None

    return read


def _last_two(reading: Reading, linker: Linker) -> Callable[[Evaluation], str | None]:
    samples = belonging(reading, linker)

    def read(ctx: Evaluation) -> str | None:
        return "; ".join(value_text(e) for e in samples(ctx)[-2:]) or None

    return read


def _grades(linker: Linker, node: Graded) -> Callable[[Evaluation], str | None]:
    """What was reported of an adverse event from one day to another."""
    name = linker.adverse_event(node.event)
    first = linker.anchor(node.since) if node.since else None
    last = linker.anchor(node.until)

    def read(ctx: Evaluation) -> str | None:
        low = ctx.anchor(first) if first is not None else None
        high = ctx.anchor(last)
        days = [(e, local_day(e.occurred, ctx.tz)) for e in ctx.record.adverse.get(name, ())]
        told = [
            f"grade {e.value} on {day.isoformat()}"
            for e, day in days
            # That it is over is no other grade, and changes no answer to whether there was one.
            if (e.value != "0" or node.current)
            and (low is None or day >= low.day)
            and (high is None or day <= high.day)
        ]
        return "; ".join(told) or None

    return read


def leaves_of(linker: Linker, *nodes: object) -> Leaves:
    """What these parts of a definition rest on."""
    found = Leaves([], [])
    _gather(linker, nodes, found, set())
    return found


def _gather(linker: Linker, node: object, found: Leaves, seen: set[str]) -> None:
    if isinstance(node, Graded | Directed | LedgerFlag) and (name := f"occasions of {node!r}") not in seen:
        seen.add(name)
        found.grounds.append(ground_of(node, linker))
    if isinstance(node, Reading):
        _rest_on(node, "", _text(linker.reading(node)), found)
    elif isinstance(node, Exposure):
        _rest_on(node.reading, " courses", _courses(node.reading, linker), found)
        _gather(linker, node.before, found, seen)
    elif isinstance(node, Rose):
        _rest_on(node.reading, " last two", _last_two(node.reading, linker), found)
    elif isinstance(node, Graded) and node.until:
        name = f"{node.event} reported from {node.since or 'the start'} to {node.until}"
        if all(known != name for known, _, _ in found.readings):
            # No observation bears these keys: a further report always counts as an amendment of what was seen.
            found.readings.append((name, _grades(linker, node), ((node.event, "adverse event"),)))
    elif isinstance(node, Fresh):
        _rest_on(node.reading, " sampled", _sampled(linker.reading(node.reading)), found)
        _gather(linker, node.reading, found, seen)
    elif isinstance(node, Crit):
        _once(linker, f"criterion {node.id}", linker.criteria.get(node.id), lambda c: (c.holds,), found, seen)
    elif isinstance(node, Outcome | Taken):
        _gather_decision(linker, node.decision, found, seen)
    elif isinstance(node, Directed):
        name = f"directives of {node.ledger}: {' '.join(node.actions)}"
        if all(known != name for known, _, _ in found.readings):
            found.readings.append((name, _directives(linker.ledger(node.ledger), node), ()))
    elif isinstance(node, Passed | Reached | Setting):
        return
    elif isinstance(node, Decision):
        for item in node.inputs:
            if isinstance(item.of, str):
                _gather_decision(linker, item.of, found, seen)
            else:
                _gather(linker, item.of, found, seen)
        _gather(linker, node.asked, found, seen)
    else:
        for child in children(node):
            _gather(linker, child, found, seen)


def _rest_on(reading: Reading, what: str, read: Callable[[Evaluation], str | None], found: Leaves) -> None:
    name = reading_name(reading) + what
    for word, limit in (
        ("until", reading.until),
        ("since", reading.since),
        ("of", key_of("", reading.scope)),
    ):
        name += f" {word} {limit}" if limit else ""
    if all(known != name for known, _, _ in found.readings):
        points = reading.points or (reading.point,)
        found.readings.append((name, read, tuple((reading.fact, p) for p in points)))


def _once(
    linker: Linker, name: str, part: Any, inner: Callable[[Any], object], found: Leaves, seen: set[str]
) -> None:
    if part is not None and name not in seen:
        seen.add(name)
        _gather(linker, inner(part), found, seen)


def _gather_decision(linker: Linker, id: str, found: Leaves, seen: set[str]) -> None:
    decision = linker.decisions.get(id)
    if decision is None or f"decision {id}" in seen:
        return
    seen.add(f"decision {id}")
    if decision.confirm is not None:
        found.decisions.append((f"decision {id}", linker.decision(id, ())))
    else:
        _gather(linker, decision, found, seen)
