"""Milestones, and obligations: deviations and alerts that climb their ladder until somebody acknowledges them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.endings import compile_ending
from pathway.engine.grounds import occurrences
from pathway.engine.linker import Linker
from pathway.engine.predicates import gate
from pathway.engine.results import Run
from pathway.engine.standing import compile_standing
from pathway.engine.times import compile_moment
from pathway.language import Deviation, Graded, LedgerFlag, Milestone, Not, Predicate, Reading, VerdictIs
from pathway.language.parsing import bound_of
from pathway.language.terms import key_of
from pathway.language.walk import atoms, parts
from pathway.plan import MilestoneState, Obligation

EXPECTED = "Expected by its date and not reported; report it when it is so"
"""Before the text of a milestone that the calendar alone announces."""

RANK = {"info": 0, "minor": 1, "major": 2, "critical": 3}


def compile_milestone(spec: Milestone, linker: Linker) -> Callable[[Evaluation], MilestoneState | None]:
    """The milestone while it is true."""
    when = gate(spec.when, linker)
    key = key_of(spec.id, spec.scope)
    read = _value(spec.value, linker)
    words = f"{EXPECTED}: {spec.text}" if spec.expected else spec.text
    each = _compile_times(spec.when, linker, every=True)

    def state(ctx: Evaluation) -> MilestoneState | None:
        result = when(ctx)
        if result.verdict != "PASS":
            return None
        value, since = read(ctx), result.since or ctx.start
        text = f"{words}: {value}" if value else words
        times = each(ctx)
        if len(times) < 2:
            return MilestoneState(spec.id, key, text, spec.to, since)
        whole, since = many_times(text, times, ctx), max(since, *times)
        return MilestoneState(spec.id, key, whole, spec.to, since, len(times), text)

    return state


def _value(value: Reading | str | None, linker: Linker) -> Callable[[Evaluation], str]:
    if value is None:
        return lambda ctx: ""
    if isinstance(value, str):
        index = linker.decision(value, ())
        return lambda ctx: ctx.decision(index).outcome or ""
    reading = linker.reading(value)
    units = linker.fact(value.fact).units
    unit = f" {units[0].name}" if units else ""

    def read(ctx: Evaluation) -> str:
        known = ctx.reading(reading)
        if known.state == "missing":
            return ""
        worded = known.state == "known" and known.open_high and bound_of(known.text) is None
        return known.text if worded else f"{known.text}{unit}"

    return read


def compile_deviation(spec: Deviation, linker: Linker) -> Callable[[Evaluation], Obligation | None]:
    """The obligation while it holds and one of its rungs has come."""
    when = compile_standing(gate(spec.when, linker), linker)
    key = key_of(spec.id, spec.scope)
    linker.recorded(key)
    ended = compile_ending(linker, spec.ends_with or "study")
    each = _compile_times(spec.when, linker)
    rungs = [
        (rung.severity, compile_moment(rung.moment, linker) if rung.moment is not None else None)
        for rung in spec.rungs
    ]

    def state(ctx: Evaluation) -> Obligation | None:
        result = when(ctx)
        if result.verdict != "PASS":
            return None
        since = result.since or ctx.start
        end = ended(ctx)
        if end is not None and spec.kind == "alert" and since > end.known:
            return None
        climbed: list[tuple[str, datetime]] = []
        following: datetime | None = None
        for severity, moment in rungs:
            if moment is None:
                climbed.append((severity, since))
                continue
            at = moment(ctx)
            if at is None:
                continue
            if end is not None and max(since, at) > end.known:
                continue  # nobody waits for anything any more
            if ctx.passed(at):
                climbed.append((severity, max(since, at)))
            elif following is None or at < following:
                following = at
        if not climbed:
            return None
        return oblige(ctx, spec.id, key, spec.kind, spec.text, spec.to, climbed, following, times=each(ctx))

    return state


def many_times(text: str, times: Sequence[datetime], ctx: Evaluation) -> str:
    """A text about something that has been so several times."""
    return f"{text} ({len(times)} times, the last known since {local_day(max(times), ctx.tz)})"


def _compile_times(
    when: Predicate, linker: Linker, *, every: bool = False
) -> Callable[[Evaluation], list[datetime]]:
    """When each occurrence of what a condition is about became known: of an adverse event, and of the flags of `EACH_TOLD`, or of
    every flag."""
    denied = [part for node in atoms(when, Not) + atoms(when, VerdictIs) for part in parts(node)]
    acts = [
        (linker.ledger(each.ledger), each.flag)
        for each in dict.fromkeys(atoms(when, LedgerFlag))
        if (each not in denied if every else each.flag in EACH_TOLD)
    ]
    events = [occurrences(g, linker) for g in dict.fromkeys(atoms(when, Graded)) if g not in denied]

    def times(ctx: Evaluation) -> list[datetime]:
        found = [at for index, flag in acts for at in occasions(ctx, ctx.ledger(index), flag)]
        return found + [at for ground in events for _, _, at in ground(ctx)]

    return times


EACH_TOLD: Final = frozenset(
    (
        "given_while_held", "given_after_stop", "given_after_omission", "given_after_exit", "given_twice", "dose_differs",
        "too_close",
        "premedication_off", "resumed_too_fast", "resumed_unresolved", "resumed_rate_unknown", "resumed_without_pause",
        "resumed_after_end", "second_slow", "later_slow",
    )
)  # fmt: skip
"""Flags of what was done otherwise than it should be: who was told of the first time knows nothing of the second."""


def occasions(ctx: Evaluation, run: Run, flag: str) -> list[datetime]:
    """When each occurrence of a flag became known: when it happened, or when it was reported if that was later."""
    raised = run.raised.get(flag, ())
    if len(raised) < 2:
        return list(raised)
    reported: dict[datetime, datetime] = {}
    for events in ctx.record.actions.values():
        for event in events:
            reported[event.occurred] = max(event.recorded, reported.get(event.occurred, event.recorded))
    return [max(at, reported.get(at, at)) for at in raised]


def oblige(
    ctx: Evaluation,
    id: str,
    key: str,
    kind: str,
    text: str,
    to: str,
    climbed: list[tuple[str, datetime]],
    following: datetime | None = None,
    also: str = "",
    times: Sequence[datetime] = (),
) -> Obligation:
    """An obligation at the rung that is now due: the protocol's own severities, then the profile's escalation until
    acknowledged. `also`: a second role that is told at once. `times`: when each occurrence of it became known; every one is told.

    An acknowledgement covers the severity and the occurrences that were shown when it was given; a higher one or a later one
    asks again.
    """
    climbed = sorted(climbed, key=lambda rung: (RANK[rung[0]], rung[1]))
    severity = climbed[-1][0]
    reached = climbed[-1][1]
    raised = min(at for _, at in climbed)
    newest = max(times, default=raised)
    if len(times) > 1:
        text = many_times(text, times, ctx)
    told, rung = list(dict.fromkeys((to, also or to))), len(climbed)
    acked = any(
        a.recorded >= max(raised, newest) and RANK.get(a.value or "", 3) >= RANK[severity]
        for a in ctx.record.acks.get(key, ())
    )
    nexts = [following] if following is not None else []
    if not acked:
        for step, role in _ladder(ctx, severity):
            at = reached + step
            if ctx.passed(at):
                rung += 1
                if role not in told:
                    told.append(role)
            else:
                nexts.append(at)
                break
    if kind == "alert":
        return Obligation(
            id,
            key,
            "alert",
            severity,
            "acknowledged" if acked else "raised",
            text,
            to,
            tuple(told),
            raised,
            rung,
            min(nexts, default=None),
        )
    return Obligation(
        id,
        key,
        "deviation",
        severity,
        "acknowledged" if acked else "raised",
        text,
        to,
        tuple(told),
        raised,
        rung,
        min(nexts, default=None),
    )


def _ladder(ctx: Evaluation, severity: str) -> list[tuple[timedelta, str]]:
    if severity == "critical":
        hours = timedelta(hours=ctx.profile.integer("escalation_critical_hours"))
        return [(timedelta(0), "clinician"), (hours, "clinician"), (hours * 2, "operations")]
    if severity == "major":
        return [(timedelta(hours=ctx.profile.integer("escalation_major_hours")), "clinician")]
    return []
