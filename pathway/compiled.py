"""A compiled protocol: its definition, its hash, and the functions that evaluate it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from pathway.anchors import compile_anchor
from pathway.builder import Builder, Leaves
from pathway.canonical import content_hash
from pathway.decisions import DECIDERS, compile_decision
from pathway.dose_items import compile_dose_items
from pathway.doses import compile_doses
from pathway.dosing import Doses
from pathway.endpoints import compile_endpoint
from pathway.enrolments import compile_enrolments
from pathway.items import compile_assessment, compile_series, compile_task
from pathway.language import (
    Action,
    AdverseEventType,
    Criterion,
    Decision,
    Fact,
    Infusion,
    Phase,
    Predicate,
    Protocol,
    Slot,
    Track,
)
from pathway.ledger import Run, run_infusion
from pathway.obligations import compile_deviation, compile_milestone
from pathway.predicates import Test
from pathway.record import key_of
from pathway.shapes import check_shapes
from pathway.slots import compile_slot, slot_name
from pathway.state import Context, Result
from pathway.tracks import compile_track
from pathway.trial_design import Subtrial

ENGINE_NOTICES: dict[str, str] = {
    "AMENDED": "a value was amended after a decision had used it; the conclusion is the same",
    "DIVERGED": "what has been done no longer agrees with what the protocol says today",
    "REOPENED": "a value changed after a decision had used it; the decision is open again",
    "STARTED-UNCONFIRMED": "recorded as begun without the confirmation that should come before it",
    "REVIEW": "needs a clinician's judgement",
    "DECISION-OPEN": "a decision has been waiting for a person",
}


class Compiled:
    """A protocol ready to evaluate.

    Definitions by id are public; `statements` maps every id that a timeline can show to its kind.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        # What was accepted of the prover's findings is no part of what the trial says.
        self.hash = content_hash(replace(protocol, waivers=()))
        builder = Builder(protocol)
        self.builder = builder
        self._tests: dict[int, Test] = {}
        self.facts: dict[str, Fact] = builder.facts
        self.actions: dict[str, Action] = builder.actions
        self.adverse_events: dict[str, AdverseEventType] = builder.events
        self.criteria: dict[str, Criterion] = builder.criteria
        self.decisions: dict[str, Decision] = builder.decisions
        self.anchors = builder.anchors
        self.tracks: dict[str, Track] = builder.tracks
        self.ledgers: dict[str, Infusion | Doses] = builder.ledgers
        self.subtrials: dict[str, Subtrial] = {subtrial.id: subtrial for subtrial in protocol.subtrials}
        self.phases: dict[str, tuple[str, Phase]] = {
            p.id: (t.id, p) for t in protocol.tracks for p in t.phases
        }
        self._compile(builder)
        self.statements = self._statements()

    def _compile(self, builder: Builder) -> None:
        protocol = self.protocol
        self.ledger_functions = [self._ledger(spec, builder) for spec in protocol.ledgers]
        for course in protocol.doses:
            with builder.within(f"ledger {key_of(course.id, course.scope)}"):
                self.ledger_functions.append(compile_doses(course, builder))
        self.anchor_functions = []
        for anchor in protocol.anchors:
            with builder.within(f"anchor {anchor.id}"):
                self.anchor_functions.append(compile_anchor(anchor, builder))
        self.criterion_functions = []
        self.criterion_leaves: list[Leaves] = []
        for criterion in protocol.criteria:
            with builder.within(f"criterion {criterion.id}"):
                leaves = builder.leaves(criterion.holds)
                self.criterion_leaves.append(leaves)
                self.criterion_functions.append(
                    _judged(criterion.id, builder.predicate(criterion.holds), leaves)
                )
        self.decision_functions = []
        self.decision_leaves: list[Leaves] = []
        for key, decision in builder.decisions.items():
            with builder.within(f"decision {key}"):
                if decision.confirm not in (None, *DECIDERS):
                    raise builder.error(
                        f"nobody may confirm as {decision.confirm}; accepted: {', '.join(DECIDERS)}"
                    )
                leaves = builder.leaves(decision)
                self.decision_leaves.append(leaves)
                self.decision_functions.append(compile_decision(decision, builder, leaves))
        self.track_functions = []
        for track in protocol.tracks:
            with builder.within(f"track {track.id}"):
                self.track_functions.append((track.id, compile_track(track, builder)))
            builder.readable = (*builder.readable, track.id)
        self.exit_leaves = {
            p.id: builder.leaves(*(e.when for e in p.exits))
            for t in protocol.tracks
            for p in t.phases
            if p.exits
        }
        self._compile_display(builder)
        self.slot_list = list(builder.slot_index)
        self.slot_functions = [
            compile_slot(slot, builder.fact(slot.fact), builder) for slot in self.slot_list
        ]
        self.slot_names = [slot_name(slot) for slot in self.slot_list]
        self.slot_suppliers = [builder.fact(slot.fact).supplier for slot in self.slot_list]
        builder.refuse_shared_keys(ENGINE_NOTICES)
        builder.refuse_cycles()

    def _compile_display(self, builder: Builder) -> None:
        protocol = self.protocol

        def each(what: str, parts: tuple[Any, ...], make: Callable[[Any, Builder], Any]) -> list[Any]:
            out = []
            for part in parts:
                with builder.within(f"{what} {part.id}"):
                    out.append(make(part, builder))
            return out

        self.item_functions = (
            each("assessment", protocol.assessments, compile_assessment)
            + each("series", protocol.series, compile_series)
            + each("task", protocol.tasks, compile_task)
            + each("doses", protocol.doses, compile_dose_items)
        )
        self.milestone_functions = each("milestone", protocol.milestones, compile_milestone)
        self.deviation_functions = each("deviation", protocol.deviations, compile_deviation)
        self.endpoint_functions = each("endpoint", protocol.endpoints, compile_endpoint)
        self.standing_functions = compile_enrolments(protocol, builder)

    def _ledger(self, spec: Infusion, builder: Builder) -> Callable[[Context], Run]:
        from pathway.anchors import compile_number

        with builder.within(f"ledger {key_of(spec.id, spec.scope)}"):
            days, pause = compile_number(spec.days, builder), compile_number(spec.same_cycle_pause, builder)
            for rule in spec.rules:
                builder.adverse_event(rule.event)
            if spec.dose_by:
                builder.fact(spec.dose_by)

        def run(ctx: Context) -> Run:
            return run_infusion(spec, days(ctx), pause(ctx), self.adverse_events, ctx.record, ctx.passed)

        return run

    def _statements(self) -> dict[str, str]:
        p = self.protocol
        known = dict.fromkeys(ENGINE_NOTICES, "alert")
        known |= dict.fromkeys(self.phases, "phase")
        known |= {f"AFTER_{phase}": "decision" for phase, (_, spec) in self.phases.items() if spec.exits}
        for kind, parts in (
            ("decision", p.decisions),
            ("item", (*p.assessments, *p.series, *p.tasks)),
            ("dose", (*p.ledgers, *p.doses)),
            ("milestone", p.milestones),
            ("endpoint", p.endpoints),
        ):
            known |= {part.id: kind for part in parts}  # type: ignore[attr-defined]
        known |= {course.item: "item" for course in p.doses}
        return known | {d.id: d.kind for d in p.deviations}

    def test(self, node: Predicate) -> Test:
        """The function of a predicate that is part of this protocol; for explanations."""
        found = self._tests.get(id(node))
        if found is None:
            found = self._tests[id(node)] = self.builder.predicate(node)
        return found

    def fact_slot(self, fact: str, point: str) -> int | None:
        """The index of the plain slot of a fact at a point, if anything refers to it."""
        return self.builder.slot_index.get(Slot(fact, point))


def _judged(id: str, test: Test, leaves: Leaves) -> Callable[[Context], Result]:
    """A criterion: where its verdict is REVIEW a clinician's judgement counts, as long as the values are those that
    were judged."""

    def verdict(ctx: Context) -> Result:
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


def compile_protocol(protocol: Protocol) -> Compiled:
    """Compile a protocol once; raises ProtocolError on a wrong shape, an unknown name, a forbidden reference or a cycle."""
    check_shapes(protocol)
    return Compiled(protocol)


__all__ = ["Compiled", "compile_protocol", "datetime"]
