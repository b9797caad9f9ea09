"""Compiling: a definition becomes the functions that evaluate it, once, when it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pathway.engine.anchors import compile_anchor
from pathway.engine.by_clock import refuse_clock_reports
from pathway.engine.context import (
    ANCHORS,
    COMPOUNDS,
    CRITERIA,
    DECISIONS,
    LEDGERS,
    OFFERS,
    PARTS,
    READINGS,
    TRACKS,
    Compiled,
    Evaluation,
    Leaves,
    Test,
)
from pathway.engine.criteria import compile_criterion, compile_criterion_state
from pathway.engine.decisions import compile_decision
from pathway.engine.doubt_notices import compile_doubts
from pathway.engine.doubts import compile_believed
from pathway.engine.endings import compile_ended_items, compile_ended_milestone, compile_ending
from pathway.engine.endpoints import compile_endpoint
from pathway.engine.enrolments import check_enrolments, compile_enrolment
from pathway.engine.exits import check_exits, check_outliving
from pathway.engine.explained import explained
from pathway.engine.items import compile_assessment, compile_series, compile_task
from pathway.engine.late import compile_alive_after_death, compile_given_after_exit, compile_late_results
from pathway.engine.leaves import leaves_of
from pathway.engine.ledgers.dose_items import compile_dose_items
from pathway.engine.ledgers.doses import compile_doses
from pathway.engine.ledgers.end_reports import REPORT_END, compile_end_report, end_report_key
from pathway.engine.ledgers.infusion import INFUSION_ACTIONS, Around, run_infusion
from pathway.engine.ledgers.lines import compile_ledger_line
from pathway.engine.ledgers.notices import compile_ledger_notices
from pathway.engine.ledgers.stops import compile_answers, compile_true_stops
from pathway.engine.linker import Linker, exits_of
from pathway.engine.notices import ENGINE_NOTICES, compile_exits, compile_question, compile_review
from pathway.engine.obligations import compile_deviation, compile_milestone
from pathway.engine.predicates import predicate
from pathway.engine.readings import compile_reading
from pathway.engine.results import Resolved, Run, TrackRun
from pathway.engine.revived import compile_revived
from pathway.engine.times import compile_number
from pathway.engine.tracks import compile_track
from pathway.engine.unknown_as_no import refuse_unknown_as_no
from pathway.language import Infusion, Protocol, Setting
from pathway.language.canonical import content_hash
from pathway.language.fact_checks import check_facts
from pathway.language.point_checks import check_points
from pathway.language.references import check_references
from pathway.language.shapes import check_shapes
from pathway.language.terms import DECIDERS, key_of, reading_name
from pathway.plan import Missing


def compile_protocol(protocol: Protocol) -> Compiled:
    """Compile a protocol once; raises ProtocolError on a wrong shape, an unknown name, a forbidden reference or a cycle."""
    check_shapes(protocol)
    check_references(protocol)
    check_facts(protocol)
    check_points(protocol)
    linker = Linker(protocol)
    ledgers = [_infusion(spec, linker) for spec in protocol.ledgers]
    for course in protocol.doses:
        with linker.within(f"ledger {key_of(course.id, course.scope)}"):
            ledgers.append(compile_doses(course, linker))
    anchors = _each("anchor", protocol.anchors, compile_anchor, linker)
    criteria, criterion_leaves = _criteria(linker)
    decisions, decision_leaves = _decisions(linker)
    tracks, exit_leaves = _tracks(linker)
    parts = _Parts(linker)
    for key, decision in linker.decisions.items():
        leaves = decision_leaves[linker.decision_index[key]]
        parts.add("decisions", key, compile_question, key, decision, linker, leaves)
    for track in protocol.tracks:
        parts.add("exits", track.id, compile_exits, track, linker, exit_leaves)
    for criterion, leaves in zip(protocol.criteria, criterion_leaves, strict=True):
        parts.add("criteria", criterion.id, compile_criterion_state, criterion, linker, leaves)
    for criterion in protocol.criteria:
        parts.add("reviews", criterion.id, compile_review, criterion, linker)
    for name, make in compile_doubts(linker):
        parts.add("doubts", name, make)
    parts.each("items", "assessment", protocol.assessments, _ending(compile_assessment, compile_ended_items))
    parts.each("items", "series", protocol.series, _ending(compile_series, compile_ended_items))
    parts.each("items", "task", protocol.tasks, _ending(compile_task, compile_ended_items))
    parts.each("items", "doses", protocol.doses, compile_dose_items)
    for key, spec in linker.ledgers.items():
        if isinstance(spec, Infusion):
            parts.add("items", end_report_key(key), compile_end_report, key, spec, linker)
    parts.each(
        "milestones", "milestone", protocol.milestones, _ending(compile_milestone, compile_ended_milestone)
    )
    parts.each("deviations", "deviation", protocol.deviations, compile_deviation)
    for key, spec in linker.ledgers.items():
        parts.add("ledgers", key, compile_ledger_line, key, spec, linker)
    parts.each("endpoints", "endpoint", protocol.endpoints, compile_endpoint)
    parts.add("endings", "late results", compile_late_results, linker)
    parts.add("endings", "given after an exit", compile_given_after_exit, linker)
    parts.add("endings", "alive after death", compile_alive_after_death, linker)
    for key, spec in linker.ledgers.items():
        parts.add("endings", key, compile_ledger_notices, key, spec, linker)
    check_enrolments(protocol, linker)
    for enrolment in protocol.enrolments:
        parts.add("standings", enrolment.subtrial, compile_enrolment, enrolment, linker)
    parts.add("revived", "voided corrections", compile_revived, linker)
    with linker.within("the protocol"):
        group = linker.decision(protocol.enrolled_group, ()) if protocol.enrolled_group else None
        # Nobody has written the default: a protocol may do without study days.
        if protocol.day_one not in ("", Protocol.__dataclass_fields__["day_one"].default):
            linker.anchor(protocol.day_one)
        tests, mentions = explained(linker)
        _check_impossible(linker)
        refuse_clock_reports(linker)
        refuse_unknown_as_no(linker)
    readings = tuple(linker.reading_index)
    reading_functions = []
    for number, reading in enumerate(readings):
        with linker.within(f"slot {number}"):
            reading_functions.append(compile_reading(reading, linker.fact(reading.fact), linker))
    check_exits(linker)
    check_outliving(linker)
    linker.refuse_shared_keys((*ENGINE_NOTICES, REPORT_END))
    linker.refuse_cycles()
    for known in linker.when_linked:
        known()
    owners = {
        READINGS: [f"slot {n}" for n in range(len(readings))],
        ANCHORS: [f"anchor {name}" for name in linker.anchors],
        CRITERIA: [f"criterion {name}" for name in linker.criteria],
        DECISIONS: [f"decision {key}" for key in linker.decisions],
        LEDGERS: [f"ledger {key}" for key in linker.ledgers],
        COMPOUNDS: [f"compound {n}" for n in range(len(linker.compounds))],
        TRACKS: [f"track {name}" for name in linker.tracks],
        OFFERS: [*linker.offers],
        PARTS: parts.owners,
    }
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
        phases={p.id: (t.id, p) for t in protocol.tracks for p in t.phases},
        statements=_statements(protocol),
        reading_index=linker.reading_index,
        reading_list=readings,
        reading_names=tuple(reading_name(reading) for reading in readings),
        reading_missing=tuple(Missing(reading_name(r), linker.facts[r.fact].supplier) for r in readings),
        functions=(
            tuple(reading_functions),
            tuple(anchors),
            tuple(criteria),
            tuple(decisions),
            tuple(ledgers),
            tuple(linker.compounds),
            tuple(tracks),
            tuple(linker.offers.values()),
            tuple(parts.functions),
        ),
        readers=linker.readers(owners),
        needs=linker.needs(owners),
        sections=parts.sections(),
        decision_index=linker.decision_index,
        enrolled_group=group,
        may_lapse=linker.may_lapse,
        criterion_leaves=tuple(criterion_leaves),
        decision_leaves=tuple(decision_leaves),
        exit_leaves={p.id: exit_leaves[p.id] for t in protocol.tracks for p in t.phases if p.exits},
        tests=tests,
        mentions=mentions,
    )


SECTIONS = (
    "decisions", "exits", "criteria", "reviews", "doubts", "items", "milestones", "deviations", "ledgers", "endpoints",
    "endings", "standings", "revived",
)  # fmt: skip
"""The sections of a plan, in the order in which their parts are compiled."""


def _ending(make: Callable[[Any, Linker], Any], ended: Callable[[Any, Linker, Any], Any]) -> Any:
    """A part that ends with the study, or with what it says itself."""
    return lambda spec, linker: ended(spec, linker, make(spec, linker))


class _Parts:
    """The parts of a plan, section by section."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.functions: list[Callable[[Evaluation], Any]] = []
        self.owners: list[str] = []
        self._sections: list[str] = []

    def add(
        self, section: str, name: str, make: Callable[..., Callable[[Evaluation], Any]], *of: Any
    ) -> None:
        """Compile a part: `make(*of)`."""
        owner = f"part of {section}: {name}"
        with self.linker.within(owner):
            self.functions.append(make(*of))
        self.owners.append(owner)
        self._sections.append(section)

    def each(
        self, section: str, what: str, specs: tuple[Any, ...], make: Callable[[Any, Linker], Any]
    ) -> None:
        """Compile a part for each definition, named as its author knows it."""
        for spec in specs:
            with self.linker.within(f"{what} {spec.id}"):
                self.functions.append(make(spec, self.linker))
            self.owners.append(f"{what} {spec.id}")
            self._sections.append(section)

    def sections(self) -> dict[str, range]:
        """The numbers of the parts of each section."""
        found = {}
        for name in SECTIONS:
            numbers = [n for n, section in enumerate(self._sections) if section == name]
            found[name] = range(numbers[0], numbers[-1] + 1) if numbers else range(0)
        return found


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
            functions.append(compile_criterion(criterion, linker, rests_on))
    return functions, leaves


def _tracks(linker: Linker) -> tuple[list[Callable[[Evaluation], TrackRun]], dict[str, Leaves]]:
    functions = []
    leaves: dict[str, Leaves] = {}
    for track in linker.protocol.tracks:
        with linker.within(f"track {track.id}"):
            for phase in track.phases:
                with linker.within(exits_of(track, phase)):
                    leaves[phase.id] = leaves_of(linker, *(e.when for e in phase.exits))
            functions.append(compile_track(track, linker, leaves))
        linker.readable = (*linker.readable, track.id)
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
        sizes = compile_believed(linker.fact(spec.dose_by)) if spec.dose_by else None
        tolerance = compile_number(spec.end_tolerance, linker)
        left = compile_ending(linker, "treatment", below="life")
        died, lifted = compile_ending(linker, "life"), compile_answers(spec, linker)
        stops, low = compile_true_stops(spec.stops, linker), _stop_low(spec, linker)
        for action in INFUSION_ACTIONS:
            linker.recorded(action)
    events = linker.events

    def run(ctx: Evaluation) -> Run:
        around = Around(
            days(ctx),
            pause(ctx),
            timedelta(hours=tolerance(ctx) or 0),
            left(ctx),
            died(ctx),
            lifted(ctx),
            ctx.tz,
            sizes(ctx) if sizes is not None else (),
            stops(ctx)[0],
            frozenset(rule for rule, stop in low if stop(ctx).verdict == "PASS"),
        )
        return run_infusion(spec, around, events, ctx.record, ctx.passed)

    return run


def _stop_low(spec: Infusion, linker: Linker) -> list[tuple[str, Test]]:
    """The rules by which what comes at the low dose stops, if the profile says so."""
    keys = [(r.id, r.restart.stop_if_at_low_dose) for r in spec.rules if r.restart is not None]
    return [(rule, predicate(Setting(key.key, ("STOP",)), linker)) for rule, key in keys if key is not None]


def _check_impossible(linker: Linker) -> None:
    """Only the prover reads these, so what they alone name is no slot of the plan."""
    known = dict(linker.reading_index)
    linker.remembers = False
    impossible = [part for each in linker.protocol.impossible for part in each.parts]
    meant = [each.only for each in linker.protocol.waivers if each.only is not None]
    for part in (*impossible, *meant):
        predicate(part, linker)
    linker.remembers = True
    linker.reading_index = known


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
    known |= {REPORT_END: "item"} if protocol.ledgers else {}
    return known | {d.id: d.kind for d in protocol.deviations}
