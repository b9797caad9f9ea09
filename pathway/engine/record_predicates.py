"""Predicates over what happened and what follows from it: actions, adverse events, anchors, ledgers, decisions, phases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pathway.clock import at_hour, local_day
from pathway.engine.adverse_events import occurrences_of
from pathway.engine.context import Evaluation, Test
from pathway.engine.linker import Linker
from pathway.engine.occurrences import Counts, of_newest
from pathway.engine.results import Result
from pathway.engine.times import compile_moment
from pathway.engine.windows import acts
from pathway.events import Event
from pathway.language import (
    DOSE_FLAGS,
    Crit,
    Directed,
    Entered,
    Graded,
    InPhase,
    LedgerFlag,
    LedgerIs,
    Outcome,
    Passed,
    Reached,
    Recorded,
    Taken,
)
from pathway.language.ledgers import FLAGS
from pathway.language.parsing import nearest

RecordPredicate = (
    Recorded
    | Graded
    | Passed
    | Reached
    | LedgerIs
    | Directed
    | LedgerFlag
    | Crit
    | Outcome
    | Taken
    | InPhase
    | Entered
)


def of_record(node: RecordPredicate, linker: Linker) -> Test:
    """The function of a predicate over the record. Raises ProtocolError on an unknown name or a forbidden one."""
    match node:
        case Recorded(action, scope, where):
            newest = of_newest(
                linker.actions[linker.action(action, scope)], tuple(v for _, v in scope), linker
            )
            return _recorded(acts(action, scope, linker), where, newest)
        case Graded():
            return _graded(node, linker)
        case Passed(moment):
            return _passed(compile_moment(moment, linker))
        case Reached(anchor):
            return _reached(linker.anchor(anchor))
        case LedgerIs(ledger, states):
            return _ledger(linker.ledger(ledger), states)
        case Directed():
            return _directed(linker.ledger(node.ledger), node)
        case LedgerFlag(ledger, flag):
            if flag not in (*FLAGS, *DOSE_FLAGS):
                raise linker.error(f"no ledger has the flag {flag!r}; {nearest(flag, (*FLAGS, *DOSE_FLAGS))}")
            return _flag(linker.ledger(ledger), flag)
        case Crit(id):
            index = linker.criterion(id)
            return lambda ctx: ctx.criterion(index)
        case Outcome(decision, options, ever):
            now = _outcome(linker.decision(decision, options), options, linker.is_computed(decision))
            return _ever(now, linker.decision(decision, options), options) if ever else now
        case Taken(decision, options):
            return _outcome(linker.decision(decision, options), options, linker.is_computed(decision))
        case InPhase(track, phases):
            return _in_phase(linker.track(track, phases), phases)
        case Entered(track, phase):
            return _entered(linker.track(track, (phase,)), phase)


def _recorded(
    reports: Callable[[Evaluation], list[Event]], where: tuple[str, str], newest: Counts | None
) -> Test:
    name, wanted = where

    def test(ctx: Evaluation) -> Result:
        found = reports(ctx)
        for event in found if newest is None else newest(ctx, found):
            if not name or event.detail(name) == wanted:
                return Result("PASS", event.recorded)
        return ctx.never

    return test


def _graded(node: Graded, linker: Linker) -> Test:
    name = linker.adverse_event(node.event)
    since = linker.anchor(node.since) if node.since else None
    until = linker.anchor(node.until) if node.until else None
    told = linker.anchor(node.told_since) if node.told_since else None

    def test(ctx: Evaluation) -> Result:
        reports = [
            e for e in ctx.record.adverse.get(name, ()) if not node.scale or e.detail("scale") == node.scale
        ]
        if reports and since is not None and (first := ctx.anchor(since)) is not None:
            reports = [e for e in reports if local_day(e.occurred, ctx.tz) >= first.day]
        if reports and until is not None and (last := ctx.anchor(until)) is not None:
            reports = [e for e in reports if local_day(e.occurred, ctx.tz) <= last.day]
        if reports and told is not None and (news := ctx.anchor(told)) is not None:
            reports = [e for e in reports if local_day(e.recorded, ctx.tz) >= news.day]
        for event in _now(ctx, name, reports) if node.current and reports else reports:
            if int(event.value or 0) >= node.at_least:
                return Result("PASS", event.recorded)
        return Result("FAIL", reports[-1].recorded if reports else ctx.start)

    return test


def _now(ctx: Evaluation, name: str, reports: list[Event]) -> list[Event]:
    """Of some reports the newest of each occurrence: one that is over says nothing of another."""
    wanted = {e.id for e in reports}
    each = [[e for e in o.reports if e.id in wanted] for o in occurrences_of(ctx.record, name)[0]]
    return [found[-1] for found in each if found]


def _passed(moment: Callable[[Evaluation], datetime | None]) -> Test:
    def test(ctx: Evaluation) -> Result:
        instant = moment(ctx)
        if instant is None or not ctx.passed(instant):
            return ctx.never
        return Result("PASS", instant)

    return test


def _reached(index: int) -> Test:
    def test(ctx: Evaluation) -> Result:
        point = ctx.anchor(index)
        if point is None or not point.actual:
            return ctx.never
        instant = point.instant or at_hour(point.day, 0, ctx.tz)
        return Result("PASS", max(instant, point.since or instant)) if ctx.passed(instant) else ctx.never

    return test


def _ledger(index: int, states: tuple[str, ...]) -> Test:
    def test(ctx: Evaluation) -> Result:
        run = ctx.ledger(index)
        return Result(
            "PASS" if run.state in states else "FAIL",
            run.end if run.state in ("complete", "stopped", "short") else run.as_of or ctx.start,
        )

    return test


def _directed(index: int, node: Directed) -> Test:
    def test(ctx: Evaluation) -> Result:
        found = ctx.ledger(index).directed(node)
        return Result("PASS", found[0].since) if found else ctx.never

    return test


def _flag(index: int, flag: str) -> Test:
    def test(ctx: Evaluation) -> Result:
        at = ctx.ledger(index).flags.get(flag)
        return ctx.never if at is None else Result("PASS", at)

    return test


def _outcome(index: int, options: tuple[str, ...], computed: bool) -> Test:
    def test(ctx: Evaluation) -> Result:
        resolved = ctx.decision(index)
        if resolved.outcome is not None:
            return Result("PASS" if resolved.outcome in options else "FAIL", resolved.since)
        if not resolved.asked or resolved.none:
            return Result("FAIL", resolved.since or ctx.start)
        # What a table rules out is out; what a person decides is open until they have, for they may override.
        if computed and resolved.possible and not any(o in options for o in resolved.possible):
            return Result("FAIL", resolved.since or ctx.start)
        if resolved.state == "review":
            return Result("REVIEW", resolved.since)
        return Result("PENDING", None, resolved.missing, resolved.doubt)

    return test


def _ever(now: Test, index: int, options: tuple[str, ...]) -> Test:
    def test(ctx: Evaluation) -> Result:
        for answer in ctx.decision(index).earlier:
            if answer.value in options:
                return Result("PASS", answer.recorded)
        return now(ctx)

    return test


def _in_phase(track: int, phases: tuple[str, ...]) -> Test:
    def test(ctx: Evaluation) -> Result:
        state = ctx.track(track)
        if state.phase not in phases:
            return ctx.never
        return Result("PASS", state.since)

    return test


def _entered(track: int, phase: str) -> Test:
    def test(ctx: Evaluation) -> Result:
        for entered, at, _ in ctx.track(track).path:
            if entered == phase:
                return Result("PASS", at)
        return ctx.never

    return test
