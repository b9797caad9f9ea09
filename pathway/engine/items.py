"""Plan items: assessments, series, tasks.

Whether something is asked for may read phases; whether it is true never does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from pathway.clock import add_months, at_hour, close_of, local_day
from pathway.engine.context import Evaluation
from pathway.engine.ledgers.barriers import compile_prepared
from pathway.engine.linker import Linker
from pathway.engine.predicates import gate, predicate
from pathway.engine.results import Result
from pathway.engine.standing import compile_standing
from pathway.engine.times import compile_moment, compile_moment_day
from pathway.engine.windows import acts, belonging
from pathway.events import Event
from pathway.language import Assessment, Crit, LedgerFlag, Moment, Predicate, Reading, Series, Task
from pathway.language.terms import key_of
from pathway.language.walk import atoms
from pathway.plan import Item

Items = Callable[[Evaluation], list[Item]]


def _windowed(ctx: Evaluation, first: date, late_from: datetime) -> str:
    if ctx.passed(late_from):
        return "late"
    return "due" if ctx.passed(at_hour(first, 0, ctx.tz)) else "planned"


def _hour(moment: Moment | None, linker: Linker) -> Callable[[Evaluation], datetime | None]:
    """The instant of a moment that counts elapsed hours: what is due by it is late from that very instant."""
    if moment is None or moment.hours is None:
        return lambda ctx: None
    at = compile_moment(moment, linker)
    return lambda ctx: found.astimezone(UTC) if (found := at(ctx)) is not None else None


def _blocker(decision: str, linker: Linker) -> Callable[[Evaluation], str | None]:
    if not decision:
        return lambda ctx: None
    if decision.startswith("AFTER_"):
        track, phase = linker.exit_of(decision)

        def waits_for_exit(ctx: Evaluation) -> str | None:
            found = ctx.track(track).exits.get(phase)
            return decision if found is None or found.outcome is None else None

        return waits_for_exit
    index = linker.decision(decision, ())

    def waits(ctx: Evaluation) -> str | None:
        found = ctx.decision(index)
        return decision if found.asked and not found.none and found.outcome is None else None

    return waits


def _lacking(
    needs: tuple[str | tuple[str, Predicate], ...], linker: Linker
) -> Callable[[Evaluation], str | None]:
    """The name of the first that does not pass."""
    tests = [
        (each, predicate(Crit(each), linker))
        if isinstance(each, str)
        else (each[0], predicate(each[1], linker))
        for each in needs
    ]
    return lambda ctx: next((name for name, test in tests if test(ctx).verdict != "PASS"), None)


def compile_assessment(spec: Assessment, linker: Linker) -> Items:
    """One item, or none while it is not asked for."""
    asked = compile_standing(gate(spec.asked, linker), linker) if spec.asked is not None else None
    done, due = predicate(spec.done, linker), compile_moment_day(spec.due, linker)
    hour = _hour(spec.due, linker)
    key, (before, after) = key_of(spec.id, spec.scope), spec.window
    blocker, lacking = _blocker(spec.blocked_by, linker), _lacking(spec.needs, linker)
    prepared = compile_prepared(spec.prepares, linker) if spec.prepares is not None else None

    def items(ctx: Evaluation) -> list[Item]:
        finished: Result = done(ctx)
        wanted = asked(ctx) if asked is not None else None
        if finished.verdict != "PASS" and wanted is not None and wanted.verdict != "PASS":
            return []
        day = due(ctx)
        since = wanted.since if wanted is not None else ctx.start
        if day is None:
            state = "done" if finished.verdict == "PASS" else "not_set"
            return [
                Item(
                    spec.id,
                    key,
                    spec.kind,
                    state,
                    spec.text,
                    spec.owner,
                    None,
                    None,
                    finished.since if state == "done" else since,
                )
            ]
        window = (day + timedelta(days=before), day + timedelta(days=after))
        due_at = hour(ctx)
        # A window of days after the hour is time that is still allowed.
        late_from = due_at if due_at is not None and not after else close_of(window[1], ctx.tz)
        if finished.verdict == "PASS":
            done_at = finished.since
            return [
                Item(
                    spec.id,
                    key,
                    spec.kind,
                    "done",
                    spec.text,
                    spec.owner,
                    day,
                    window,
                    done_at,
                    due_at=due_at,
                )
            ]
        blocked = blocker(ctx) or lacking(ctx)
        state = _windowed(ctx, window[0], late_from)
        if prepared is not None and not blocked:
            blocked = prepared(ctx, state != "planned")
        if blocked:
            state = "blocked"
        return [
            Item(
                spec.id,
                key,
                spec.kind,
                state,
                spec.text,
                spec.owner,
                day,
                window,
                since,
                blocked,
                late_from,
                due_at,
            )
        ]

    return items


def compile_task(spec: Task, linker: Linker) -> Items:
    """One item while its condition holds; done when done."""
    when, done = compile_standing(gate(spec.when, linker), linker), predicate(spec.done, linker)
    due = compile_moment_day(spec.due, linker) if spec.due is not None else None
    hour = _hour(spec.due, linker)
    key = key_of(spec.id, spec.scope)
    blocker, lacking = _blocker(spec.blocked_by, linker), _lacking(spec.needs, linker)
    flags = _flags(spec, linker)

    def items(ctx: Evaluation) -> list[Item]:
        wanted = when(ctx)
        if wanted.verdict != "PASS":
            return []
        since, finished = wanted.since or ctx.start, done(ctx)
        if flags is not None:
            since, finished = _newest(ctx, flags, since, finished)
        day, due_at = due(ctx) if due is not None else local_day(since, ctx.tz), hour(ctx)
        if finished.verdict == "PASS":
            done_at = finished.since
            return [
                Item(spec.id, key, "task", "done", spec.text, spec.owner, day, None, done_at, due_at=due_at)
            ]
        blocked = blocker(ctx) or lacking(ctx)
        if day is None:
            return [Item(spec.id, key, "task", "not_set", spec.text, spec.owner, None, None, since, blocked)]
        late_from = due_at or close_of(day, ctx.tz)
        over = due is not None and ctx.passed(late_from)
        return [
            Item(
                spec.id,
                key,
                "task",
                "blocked" if blocked else "late" if over else "due",
                spec.text,
                spec.owner,
                day,
                None,
                since,
                blocked,
                late_from if due else None,
                due_at,
            )
        ]

    return items


_Flags = tuple[list[tuple[int, str]], int, str]
"""The flags that ask for a task, and the ledger and the flag that it is done by."""


def _flags(spec: Task, linker: Linker) -> _Flags | None:
    """Of a task that a flag asks for and another flag does; None of others."""
    asks = atoms(spec.when, LedgerFlag)
    if not isinstance(spec.done, LedgerFlag) or not asks:
        return None
    return [(linker.ledger(f.ledger), f.flag) for f in asks], linker.ledger(spec.done.ledger), spec.done.flag


def _newest(ctx: Evaluation, flags: _Flags, since: datetime, finished: Result) -> tuple[datetime, Result]:
    """The newest occurrence that a task is about, and whether it has been done since: each asks anew."""
    asks, ledger, flag = flags
    raised = [at for index, name in asks for at in ctx.ledger(index).raised.get(name, ())]
    done = ctx.ledger(ledger).raised.get(flag, ())
    if not raised or not done:
        return since, finished
    newest = max(raised)
    return newest, Result("PASS", max(done)) if max(done) >= newest else ctx.never


def compile_series(spec: Series, linker: Linker) -> Items:
    """The next two occurrences, and those overdue as one item.

    Occurrences count from the start and are never chained.
    """
    asked = compile_standing(gate(spec.while_, linker), linker) if spec.while_ is not None else None
    start, until = (
        compile_moment_day(spec.start, linker),
        compile_moment(spec.until, linker) if spec.until is not None else None,
    )
    before, after = spec.window
    reading = Reading(spec.fact, points=linker.fact(spec.fact).points) if spec.fact else None
    reports = _reports(reading, spec.action, linker)
    pattern, step, months = spec.pattern, spec.days, spec.months
    if not (step > 0) != (months > 0):
        raise linker.error(f"series {spec.id}: exactly one of days and months must be positive")

    def day_of(first: date, n: int) -> date:
        if n < len(pattern):
            return first + timedelta(days=pattern[n])
        base = pattern[-1] if pattern else 0
        k = n - len(pattern) + 1 if pattern else n
        return add_months(first, k * months) if months else first + timedelta(days=base + k * step)

    def index_after(first: date, day: date, shift: int) -> int:
        """The first occurrence whose day plus `shift` is later than `day`."""
        n = 0
        while n < len(pattern) and day_of(first, n) + timedelta(days=shift) <= day:
            n += 1
        if n < len(pattern):
            return n
        behind = (day - first).days
        guess = (
            (behind // 31 // months if months else (behind - shift - (pattern[-1] if pattern else 0)) // step)
            + max(len(pattern) - 1, 0)
            - 2
        )
        n = max(n, guess)
        while day_of(first, n) + timedelta(days=shift) <= day:
            n += 1
        return n

    def last_done(ctx: Evaluation) -> date | None:
        found = reports(ctx)
        return local_day(found[-1].occurred, ctx.tz) if found else None

    def items(ctx: Evaluation) -> list[Item]:
        wanted = asked(ctx) if asked is not None else None
        if wanted is not None and wanted.verdict != "PASS":
            return []
        first = start(ctx)
        if first is None:
            return []
        limit = until(ctx) if until is not None else None
        if limit is not None and ctx.passed(limit):
            return []
        end = local_day(limit, ctx.tz) if limit is not None else None
        since = wanted.since if wanted is not None and wanted.since is not None else ctx.start
        n = index_after(first, local_day(since, ctx.tz), 1) if since > ctx.start else 0
        done = last_done(ctx)
        if done is not None:
            n = max(n, index_after(first, done, before))
        # Reads the clock by the day; the windows below ask `passed` for the instant at which this changes.
        now_at = index_after(first, local_day(ctx.now, ctx.tz), after + 1)
        if spec.count is not None:
            now_at = min(now_at, spec.count)
        out: list[Item] = []
        if now_at > n:
            day = day_of(first, n)
            text = f"{spec.text} ({now_at - n} overdue)" if now_at - n > 1 else spec.text
            out.append(
                Item(
                    spec.id,
                    key_of(spec.id, (*spec.scope, ("overdue", "yes"))),
                    "assessment",
                    "late",
                    text,
                    spec.owner,
                    day,
                    (day + timedelta(days=before), day + timedelta(days=after)),
                    since,
                    None,
                    close_of(day + timedelta(days=after), ctx.tz),
                )
            )
        for k in range(max(n, now_at), max(n, now_at) + 2):
            if spec.count is not None and k >= spec.count:
                break
            day = day_of(first, k)
            if end is not None and day > end:
                break
            window = (day + timedelta(days=before), day + timedelta(days=after))
            key = key_of(spec.id, (*spec.scope, ("n", str(k + 1))))
            out.append(
                Item(
                    spec.id,
                    key,
                    "assessment",
                    _windowed(ctx, window[0], close_of(window[1], ctx.tz)),
                    spec.text,
                    spec.owner,
                    day,
                    window,
                    since,
                    None,
                    close_of(window[1], ctx.tz),
                )
            )
        return out

    return items


def _reports(reading: Reading | None, action: str, linker: Linker) -> Callable[[Evaluation], list[Event]]:
    if reading is not None:
        return belonging(reading, linker)
    return acts(action, (), linker) if action else lambda ctx: []


__all__ = ["compile_assessment", "compile_series", "compile_task", "datetime"]
