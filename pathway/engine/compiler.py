"""Compiling: a definition becomes the functions that evaluate it, once, when it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pathway.engine.anchors import compile_anchor
from pathway.engine.context import Compiled, Evaluation, Leaves, Test
from pathway.engine.decisions import compile_decision
from pathway.engine.endpoints import compile_endpoint
from pathway.engine.enrolments import compile_enrolments
from pathway.engine.items import compile_assessment, compile_series, compile_task
from pathway.engine.leaves import leaves_of
from pathway.engine.ledgers.dose_items import compile_dose_items
from pathway.engine.ledgers.doses import compile_doses
from pathway.engine.ledgers.infusion import run_infusion
from pathway.engine.linker import Linker
from pathway.engine.notices import ENGINE_NOTICES
from pathway.engine.obligations import compile_deviation, compile_milestone
from pathway.engine.predicates import predicate
from pathway.engine.readings import compile_reading
from pathway.engine.results import Resolved, Result, Run
from pathway.engine.times import compile_number
from pathway.engine.tracks import compile_track
from pathway.language import (
    AllOf,
    AnyOf,
    Infusion,
    Predicate,
    Protocol,
)
from pathway.language.canonical import content_hash
from pathway.language.shapes import check_shapes
from pathway.language.terms import DECIDERS, key_of, reading_name


def compile_protocol(protocol: Protocol) -> Compiled:
    """Compile a protocol once; raises ProtocolError on a wrong shape, an unknown name, a forbidden reference or a cycle."""
    check_shapes(protocol)
    linker = Linker(protocol)
    ledgers = [_infusion(spec, linker) for spec in protocol.ledgers]
    for course in protocol.doses:
        with linker.within(f"ledger {key_of(course.id, course.scope)}"):
            ledgers.append(compile_doses(course, linker))
    anchors = _each("anchor", protocol.anchors, compile_anchor, linker)
    criteria, criterion_leaves = _criteria(linker)
    decisions, decision_leaves = _decisions(linker)
    tracks = []
    for track in protocol.tracks:
        with linker.within(f"track {track.id}"):
            tracks.append((track.id, compile_track(track, linker)))
        linker.readable = (*linker.readable, track.id)
    phases = {p.id: (t.id, p) for t in protocol.tracks for p in t.phases}
    exit_leaves = {p.id: leaves_of(linker, *(e.when for e in p.exits)) for _, p in phases.values() if p.exits}
    items = [
        *_each("assessment", protocol.assessments, compile_assessment, linker),
        *_each("series", protocol.series, compile_series, linker),
        *_each("task", protocol.tasks, compile_task, linker),
        *_each("doses", protocol.doses, compile_dose_items, linker),
    ]
    milestones = _each("milestone", protocol.milestones, compile_milestone, linker)
    deviations = _each("deviation", protocol.deviations, compile_deviation, linker)
    endpoints = _each("endpoint", protocol.endpoints, compile_endpoint, linker)
    standings = compile_enrolments(protocol, linker)
    tests = _explained(linker)
    readings = tuple(linker.reading_index)
    reading_functions = [compile_reading(reading, linker.fact(reading.fact), linker) for reading in readings]
    linker.refuse_shared_keys(ENGINE_NOTICES)
    linker.refuse_cycles()
    return Compiled(
        protocol=protocol,
        # What was accepted of the prover's findings is no part of what the trial says.
        hash=content_hash(replace(protocol, waivers=())),
        facts=linker.facts,
        actions=linker.actions,
        adverse_events=linker.events,
        criteria=linker.criteria,
        decisions=linker.decisions,
        anchors=linker.anchors,
        tracks=linker.tracks,
        ledgers=linker.ledgers,
        subtrials={subtrial.id: subtrial for subtrial in protocol.subtrials},
        phases=phases,
        statements=_statements(protocol),
        reading_index=linker.reading_index,
        reading_list=readings,
        reading_names=tuple(reading_name(reading) for reading in readings),
        reading_suppliers=tuple(linker.fact(reading.fact).supplier for reading in readings),
        reading_functions=tuple(reading_functions),
        ledger_functions=tuple(ledgers),
        anchor_functions=tuple(anchors),
        criterion_functions=tuple(criteria),
        criterion_leaves=tuple(criterion_leaves),
        decision_functions=tuple(decisions),
        decision_leaves=tuple(decision_leaves),
        track_functions=tuple(tracks),
        exit_leaves=exit_leaves,
        item_functions=tuple(items),
        milestone_functions=tuple(milestones),
        deviation_functions=tuple(deviations),
        endpoint_functions=tuple(endpoints),
        standing_functions=tuple(standings),
        tests=tests,
    )


def _each(what: str, parts: tuple[Any, ...], make: Callable[[Any, Linker], Any], linker: Linker) -> list[Any]:
    out = []
    for part in parts:
        with linker.within(f"{what} {part.id}"):
            out.append(make(part, linker))
    return out


def _criteria(linker: Linker) -> tuple[list[Test], list[Leaves]]:
    functions, leaves = [], []
    for name, criterion in linker.criteria.items():
        with linker.within(f"criterion {name}"):
            rests_on = leaves_of(linker, criterion.holds)
            leaves.append(rests_on)
            functions.append(_judged(name, predicate(criterion.holds, linker), rests_on))
    return functions, leaves


def _decisions(linker: Linker) -> tuple[list[Callable[[Evaluation], Resolved]], list[Leaves]]:
    functions, leaves = [], []
    for key, decision in linker.decisions.items():
        with linker.within(f"decision {key}"):
            if decision.confirm not in (None, *DECIDERS):
                raise linker.error(
                    f"nobody may confirm as {decision.confirm}; accepted: {', '.join(DECIDERS)}"
                )
            rests_on = leaves_of(linker, decision)
            leaves.append(rests_on)
            functions.append(compile_decision(decision, linker, rests_on))
    return functions, leaves


def _infusion(spec: Infusion, linker: Linker) -> Callable[[Evaluation], Run]:
    with linker.within(f"ledger {key_of(spec.id, spec.scope)}"):
        days, pause = compile_number(spec.days, linker), compile_number(spec.same_cycle_pause, linker)
        for rule in spec.rules:
            linker.adverse_event(rule.event)
        if spec.dose_by:
            linker.fact(spec.dose_by)
    events = linker.events

    def run(ctx: Evaluation) -> Run:
        return run_infusion(spec, days(ctx), pause(ctx), events, ctx.record, ctx.passed)

    return run


def _explained(linker: Linker) -> dict[int, Test]:
    """The functions that explanations ask one by one: every exit, and the leaves of criteria and exits, by `id` of the node."""
    tests: dict[int, Test] = {}

    def gather(node: Predicate) -> None:
        tests[id(node)] = predicate(node, linker)
        if isinstance(node, AllOf | AnyOf):
            for part in node.parts:
                gather(part)

    for criterion in linker.protocol.criteria:
        gather(criterion.holds)
    for track in linker.protocol.tracks:
        for phase in track.phases:
            for exit_ in phase.exits:
                gather(exit_.when)
    return tests


def _statements(protocol: Protocol) -> dict[str, str]:
    phases = [phase for track in protocol.tracks for phase in track.phases]
    known = dict.fromkeys(ENGINE_NOTICES, "alert")
    known |= dict.fromkeys((phase.id for phase in phases), "phase")
    known |= {f"AFTER_{phase.id}": "decision" for phase in phases if phase.exits}
    for kind, parts in (
        ("decision", protocol.decisions),
        ("item", (*protocol.assessments, *protocol.series, *protocol.tasks)),
        ("dose", (*protocol.ledgers, *protocol.doses)),
        ("milestone", protocol.milestones),
        ("endpoint", protocol.endpoints),
    ):
        known |= {part.id: kind for part in parts}  # type: ignore[attr-defined]
    known |= {course.item: "item" for course in protocol.doses}
    return known | {d.id: d.kind for d in protocol.deviations}


def _judged(id: str, test: Test, leaves: Leaves) -> Callable[[Evaluation], Result]:
    """A criterion: where its verdict is REVIEW a clinician's judgement counts, as long as the values are those that
    were judged."""

    def verdict(ctx: Evaluation) -> Result:
        result = test(ctx)
        if result.verdict == "PENDING" and (declared := ctx.unobtainable(result.missing)) is not None:
            result = Result("REVIEW", declared)
        if result.verdict == "REVIEW":
            judgements = ctx.record.judgements.get(id)
            if judgements:
                last = judgements[-1]
                if last.seen is None or dict(last.seen.values) == leaves.values(ctx):
                    return Result("PASS" if last.value == "PASS" else "FAIL", last.recorded)
        return result

    return verdict
