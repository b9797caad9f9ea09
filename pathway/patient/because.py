"""Because of which values and events something is as it is: what counted, with unit, sample day and source event.

A condition rests on those of its parts that made it so: of an alternative that passes on the one that passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pathway.engine.context import Compiled, Evaluation
from pathway.engine.explained import children_of
from pathway.engine.values import Val
from pathway.events import Event
from pathway.language import (
    AllOf,
    AnyOf,
    AtLeast,
    Crit,
    Graded,
    InPhase,
    Input,
    Outcome,
    Passed,
    Predicate,
    Reached,
    Reading,
    Recorded,
    Taken,
)
from pathway.language.parsing import QUALIFIERS
from pathway.language.terms import key_of, reading_name
from pathway.language.walk import parts
from pathway.language.words import number_words, source_data, words
from pathway.patient.explanation import Reason

DEEPEST = 12
"""So many decisions behind one another are followed: more than any protocol has."""


def value_words(ctx: Evaluation, reading: Reading) -> str:
    """The value of a slot with unit, sample day and event; where none counts, what is on record and why it does not."""
    value: Val = ctx.reading(ctx.compiled.reading_index[reading])
    fact = ctx.compiled.facts[reading.fact]
    note = f"; {value.note}" if value.note else ""
    if value.event is None:
        shown = f" = {number_words(value.text)}" if value.text else " is missing" if not note else ""
        return f"{reading_name(reading)}{shown}{note}"
    unit = f" {fact.units[0].name}" if fact.units and value.event.value not in QUALIFIERS else ""
    sampled = value.event.occurred.astimezone(ctx.tz).date().isoformat()
    return f"{reading_name(reading)} = {number_words(value.text)}{unit}, sampled {sampled}, event {value.event.id}{note}"


def predicate_reasons(ctx: Evaluation, node: Predicate) -> list[Reason]:
    """The leaves of a predicate with their verdicts and values."""
    match node:
        case AllOf(parts) | AnyOf(parts):
            return [r for part in parts for r in predicate_reasons(ctx, part)]
    result = ctx.compiled.tests[id(node)](ctx)
    named = ctx.compiled.mentions[id(node)].readings
    values = list(dict.fromkeys([value_words(ctx, s) for s in named if s in ctx.compiled.reading_index]))
    source: dict[str, Any] = {}
    if isinstance(node, Crit):
        source = source_data(ctx.compiled.protocol, ctx.compiled.criteria[node.id].source)
    elif isinstance(node, Outcome | Taken):
        index = ctx.compiled.decision_index.get(node.decision)
        found = ctx.decision(index) if index is not None else None
        values = [f"{node.decision} = {found.outcome or found.state}"] if found is not None else []
    return [Reason(words(node, ctx.profile), result.verdict, "; ".join(values), source)]


Ground = tuple[str, datetime | None]
"""What something rests on in words, and when that was recorded."""


def of_decision(ctx: Evaluation, key: str) -> list[str]:
    """What a decision rests on: what a person took, or the values behind the row that applies; what came last stands first."""
    return _latest_first(_of_decision(ctx, key, DEEPEST))


def of_condition(ctx: Evaluation, node: Predicate) -> list[str]:
    """The values and events that made a condition what it is, each once; what came last stands first."""
    return _latest_first(_grounds(ctx, node, DEEPEST))


def is_weak(text: str) -> bool:
    """Whether a ground tells little beside others: what has not happened, and where the patient is."""
    return text.startswith("no ") or text.endswith("not known yet") or " is in " in text


def _latest_first(grounds: Iterable[Ground]) -> list[str]:
    known = dict(grounds)
    dated = sorted((at, text) for text, at in known.items() if at is not None)
    return [text for _, text in reversed(dated)] + [text for text, at in known.items() if at is None]


def _of_decision(ctx: Evaluation, key: str, depth: int) -> list[Ground]:
    compiled = ctx.compiled
    decision, found = compiled.decisions[key], ctx.decision(compiled.decision_index[key])
    if found.taken is not None and found.outcome is not None and depth < DEEPEST:
        return [(f"{key} = {found.outcome}, {taken_words(ctx, found.taken)}", found.taken.recorded)]
    told = found.rules if found.proposal is not None or found.outcome is not None or found.choice else ()
    named = {name for rule in told for name, _ in rule.when}
    out: list[Ground] = []
    for item, cell in zip(decision.inputs, found.cells, strict=False):
        if told and item.name not in named:
            continue
        if cell.closed:
            out.append((f"{item.name} counts as {cell.possible[0]}, because its time is over", cell.since))
            continue
        out += _of_input(ctx, item, depth)
    return out


def _of_input(ctx: Evaluation, item: Input, depth: int) -> Iterator[Ground]:
    if isinstance(item.of, Reading):
        yield _value(ctx, item.of)
    elif isinstance(item.of, str):
        yield from _behind(ctx, item.of, depth)
    else:
        yield from _grounds(ctx, item.of, depth)


def _behind(ctx: Evaluation, key: str, depth: int) -> list[Ground]:
    """What stands behind a decision that something else reads."""
    if depth and (found := _of_decision(ctx, key, depth - 1)):
        return found
    outcome = ctx.decision(ctx.compiled.decision_index[key]).outcome
    return [(f"{key} = {outcome or 'not known yet'}", None)]


def _value(ctx: Evaluation, reading: Reading) -> Ground:
    return value_words(ctx, reading), ctx.reading(ctx.compiled.reading_index[reading]).since


def _grounds(ctx: Evaluation, node: Predicate, depth: int) -> Iterator[Ground]:
    within = children_of(node)
    if within:
        test = ctx.compiled.tests
        verdict = test[id(node)](ctx).verdict
        strong = {AllOf: "FAIL", AnyOf: "PASS"}.get(type(node))
        if isinstance(node, AllOf | AnyOf | AtLeast):
            same = [part for part in within if test[id(part)](ctx).verdict == verdict]
            within = tuple(same[:1] if verdict == strong else same) or within
        for part in within:
            yield from _grounds(ctx, part, depth)
        return
    match node:
        case Crit(name):
            yield from _grounds(ctx, ctx.compiled.criteria[name].holds, depth)
        case Outcome(decision) | Taken(decision) if decision in ctx.compiled.decisions:
            yield from _behind(ctx, decision, depth)
        case Recorded(action, scope):
            yield _act(ctx, action, scope)
        case Graded(event):
            found = ctx.record.adverse.get(event, [])[-1:]
            yield (
                (adverse_words(ctx, found[0]), found[0].recorded)
                if found
                else (f"no {event} is reported", None)
            )
        case Reached(anchor):
            yield anchor_words(ctx, anchor), _anchored(ctx, anchor)
        case Passed(moment):
            yield f"{words(node, ctx.profile)}; {anchor_words(ctx, moment.anchor)}", None
        case InPhase(track):
            yield f"{track} is in {ctx.tracks[track].phase}", None
        case _:
            named = ctx.compiled.mentions[id(node)].readings
            known = [s for s in named if s in ctx.compiled.reading_index]
            yield from [_value(ctx, s) for s in known] or [(words(node, ctx.profile), None)]


def on_record(ctx: Evaluation, node: Predicate) -> list[str]:
    """The slots that a condition names and that have a value, believed or not."""
    index = ctx.compiled.reading_index
    named = dict.fromkeys(s for s in ctx.compiled.mentions[id(node)].readings if s in index)
    return [reading_name(s) for s in named if ctx.reading(index[s]).state != "missing"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value on record that does not count as it stands: its slot, who supplies it, why, and the event (may be "")."""

    what: str
    who: str
    why: str
    event: str
    text: str


def doubts(ctx: Evaluation, nodes: Iterable[object]) -> list[Doubt]:
    """The values behind conditions, or the decisions named, that a person must look at before anything can be said."""
    compiled = ctx.compiled
    out = []
    for reading in slots_under(compiled, nodes):
        index = compiled.reading_index.get(reading)
        if index is None:
            continue
        value = ctx.reading(index)
        if value.note:
            fact = compiled.facts[reading.fact]
            event = value.event.id if value.event is not None else ""
            out.append(
                Doubt(reading_name(reading), fact.supplier, value.note, event, value_words(ctx, reading))
            )
    return list({doubt.text: doubt for doubt in out}.values())


def decisions_under(compiled: Compiled, nodes: Iterable[object]) -> list[str]:
    """The decisions that conditions, or the decisions named, read, and those behind them."""
    return list(dict.fromkeys(each for each in _under(compiled, nodes, DEEPEST) if isinstance(each, str)))


def slots_under(compiled: Compiled, nodes: Iterable[object], deep: int = DEEPEST) -> Iterator[Reading]:
    """The slots that conditions, or the decisions named, rest on, through so many decisions behind one another."""
    return (each for each in _under(compiled, nodes, deep) if isinstance(each, Reading))


def _under(compiled: Compiled, nodes: Iterable[object], deep: int) -> Iterator[str | Reading]:
    """Decisions and slots, nearest first; what stands behind a decision or criterion is read once."""
    level, seen = list(nodes), set[object]()
    while level:
        behind: list[object] = []
        while level:
            node = level.pop(0)
            if isinstance(node, str):
                decision = compiled.decisions.get(node)
                if decision is not None and node not in seen:
                    seen.add(node)
                    yield node
                    behind += [each.of for each in decision.inputs]
                continue
            known = compiled.mentions.get(id(node))
            for part in known.leads if known is not None else parts(node):
                if isinstance(part, Reading):
                    yield part
                elif isinstance(part, Crit) and part not in seen:
                    seen.add(part)
                    level.append(compiled.criteria[part.id].holds)
                elif isinstance(part, Outcome | Taken):
                    level.append(part.decision)
        if not deep:
            return
        level, deep = behind, deep - 1


def _act(ctx: Evaluation, action: str, scope: tuple[tuple[str, str], ...]) -> Ground:
    wanted = set(scope)
    found = [e for e in ctx.record.actions.get(action, []) if wanted <= set(e.scope)]
    if not found:
        return f"no {key_of(action, scope)} is on record", None
    last = found[-1]
    return f"{key_of(action, last.scope)} on {stamp(ctx, last.occurred)}, event {last.id}", last.recorded


def adverse_words(ctx: Evaluation, event: Event) -> str:
    """An adverse event with grade, day and event."""
    grade = "resolved" if event.value == "0" else f"grade {event.value}"
    return f"{event.name} {grade} on {stamp(ctx, event.occurred)}, event {event.id}"


def _anchored(ctx: Evaluation, anchor: str) -> datetime | None:
    point = ctx.anchor(list(ctx.compiled.anchors).index(anchor))
    return point.event.recorded if point is not None and point.event is not None else None


def anchor_words(ctx: Evaluation, anchor: str) -> str:
    """An anchor's day: on record, planned or not known."""
    point = ctx.anchor(list(ctx.compiled.anchors).index(anchor))
    if point is None:
        return f"{anchor} is not known yet"
    event = f", event {point.event.id}" if point.event is not None else ""
    how = "" if point.reported else "expected for " if point.expected else "planned for "
    return (
        f"{anchor} {how}{point.day.isoformat()}{', its end is not reported' if point.expected else ''}{event}"
    )


def taken_words(ctx: Evaluation, event: Event) -> str:
    """Who took a decision, when and why."""
    how = "overridden" if event.override else "confirmed"
    why = f": {event.reason}" if event.reason else ""
    return f"{how} by the {event.role} on {stamp(ctx, event.recorded)}, event {event.id}{why}"


def stamp(ctx: Evaluation, instant: datetime) -> str:
    """An instant in site time, to the minute."""
    return f"{instant.astimezone(ctx.tz):%Y-%m-%d %H:%M}"
