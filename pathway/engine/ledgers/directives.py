"""What the adverse-event table of an infusion directs: holds that last until the grade has been low for long enough, stops that
last until a person lifts them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pathway.engine.adverse_events import Occurrence, grade_of, occurrences_of, of_that_day
from pathway.engine.results import Directive
from pathway.events import Event
from pathway.language import AdverseEventRule, AdverseEventType, Infusion, Restart
from pathway.record import Record

MINUTE = timedelta(minutes=1)

Passed = Callable[[datetime], bool]
Later = Callable[[datetime, int], datetime]
"""So many local days after an instant, at the same time by the clock: what a table gives in days is no number of hours."""


def actions_of(record: Record, spec: Infusion, action: str) -> list[Event]:
    """What is on record of an action of this infusion, in clinical order."""
    return [e for e in record.actions.get(action, ()) if e.scope == spec.scope]


Low = frozenset[tuple[str, datetime]]
"""The episodes that came while the infusion was at its low dose: rule, since when."""

Lifted = tuple[datetime, frozenset[str]]
"""When a clinician decided to go on, and what they were asked about: a stop, the question of one, or both."""


def lift(found: list[Directive], lifted: list[Lifted]) -> None:
    """End the stops, and the questions of one, that a clinician has overridden. An override covers what was on record when it was
    given, and what it was asked about: whoever goes on after a seizure has said nothing of a consent that was withdrawn."""
    for directive in found:
        if directive.action in ("stop", "review"):
            seen = max(directive.known, directive.since)
            directive.until = next(
                (at for at, asked in lifted if at >= seen and directive.action in asked), None
            )
            directive.lifted = directive.until is not None


def directives(
    spec: Infusion,
    types: dict[str, AdverseEventType],
    record: Record,
    start: datetime,
    passed: Passed,
    later: Later,
    tz: ZoneInfo,
    low: Low = frozenset(),
) -> list[Directive]:
    """Every directive of the adverse-event table, by clinical time; one per rule and episode.

    `low`: the episodes that came at the low dose, of rules that ask for it; they stop for good.

    What was on when the drug was begun acts from then on, whenever it came: nothing is given on top of it unseen.
    """
    found: list[Directive] = []
    resumes = [e.occurred for e in actions_of(record, spec, "infusion_resumed") if e.occurred >= start]
    of = {name: occurrences_of(record, name)[0] for name in dict.fromkeys(rule.event for rule in spec.rules)}
    for rule in spec.rules:
        if types[rule.event].occurrences:
            reports = [e for e in record.adverse.get(rule.event, ()) if e.value is not None]
            found += _occurrences(rule, reports, start, passed, later, tz)
        else:
            episodes = [d for each in of[rule.event] for d in _episodes(rule, each, resumes, passed, later)]
            episodes.sort(key=lambda d: d.since)
            found += _since(rule, episodes, resumes, start, passed, later, tz, low)
    return sorted(found, key=lambda d: (d.since, d.rule.id))


def _occurrences(
    rule: AdverseEventRule,
    reports: list[Event],
    start: datetime,
    passed: Passed,
    later: Later,
    tz: ZoneInfo,
) -> list[Directive]:
    """The directive of the first occurrence that the rule speaks of. A hold lasts until that occurrence has been over for long
    enough; a stop, or the question of one, until somebody decides."""
    count = 0
    found: list[Directive] = []
    for event in reports:
        grade = grade_of(event)
        if grade < 1 or event.target:
            continue
        count += 1
        since = event.occurred if not of_that_day(event, start, tz) else start
        if count >= rule.nth and since >= start and rule.grades[0] <= grade <= rule.grades[1]:
            found.append(Directive(rule, rule.action, since, since, known=event.recorded))
            if rule.restart is not None:
                _calmed(found[-1], rule.restart, event, reports, passed, later)
    if rule.restart is None:
        return found[:1]
    return found


def _calmed(
    directive: Directive,
    restart: Restart,
    event: Event,
    reports: list[Event],
    passed: Passed,
    later: Later,
) -> None:
    """When the occurrence that `event` began was over, and when it had been so for long enough."""
    chain = {event.id}
    for report in reports:
        if report.target in chain:
            chain.add(report.id)
            low = int(report.value or 0) <= restart.grade_at_most
            directive.calm = (directive.calm or report.occurred) if low else None
    over = later(directive.calm, restart.for_days) if directive.calm is not None else None
    if over is not None and passed(over):
        directive.until = over


def _episodes(
    rule: AdverseEventRule, occurrence: Occurrence, resumes: list[datetime], passed: Passed, later: Later
) -> list[Directive]:
    """The episodes of a rule in one occurrence, whenever they came.

    One begins when the grade enters the rule's band. It is over when the grade has been low enough for long enough,
    or, should it come back, when the infusion had been resumed while it was low.
    """
    low, high = rule.grades
    restart = rule.restart or Restart(max(low - 1, 0))
    found: list[Directive] = []
    current: Directive | None = None
    for event in occurrence.reports:
        grade = grade_of(event)
        if current is not None and grade <= restart.grade_at_most:
            current.calm = current.calm or event.occurred
        elif current is not None and current.calm is not None:
            calm = current.calm
            resumed = next((r for r in resumes if calm <= r <= event.occurred), None)
            over = later(calm, restart.for_days)
            if over <= event.occurred or resumed is not None:
                current.until = min(t for t in (over, resumed) if t is not None and t <= event.occurred)
                current = None
            else:
                current.calm = None
        if current is None and low <= grade <= high:
            current = Directive(
                rule, rule.action, event.occurred, event.occurred, known=event.recorded, by=event
            )
            found.append(current)
    if current is not None and current.calm is not None:
        over = later(current.calm, restart.for_days)
        current.until = over if passed(over) else current.until
    return found


def too_high(rule: AdverseEventRule, record: Record) -> list[tuple[datetime, datetime | None]]:
    """When the grade of a rule's event was above the one at which the infusion may go on, by time; None: it still is.

    Nothing of a rule whose days at the low dose do not count anew.
    """
    restart = rule.restart
    if restart is None or not restart.anew_if_above:
        return []
    spans: list[tuple[datetime, datetime | None]] = []
    for occurrence in occurrences_of(record, rule.event)[0]:
        began: datetime | None = None
        for report in occurrence.reports:
            high = grade_of(report) > restart.grade_at_most
            if began is not None and not high:
                spans.append((began, report.occurred))
            began = (began or report.occurred) if high else None
        if began is not None:
            spans.append((began, None))
    return sorted(spans, key=lambda span: span[0])


def _since(
    rule: AdverseEventRule,
    episodes: list[Directive],
    resumes: list[datetime],
    start: datetime,
    passed: Passed,
    later: Later,
    tz: ZoneInfo,
    low: Low,
) -> list[Directive]:
    """What the episodes of a rule direct from the start on: a recurrence at the low dose stops, one at the full dose asks."""
    restart = rule.restart or Restart(max(rule.grades[0] - 1, 0))
    found: list[Directive] = []
    questions: list[Directive] = []
    before: Directive | None = None
    for n, directive in enumerate(episodes, 1):
        earlier, before = before, directive
        if n < rule.nth or not _on(directive, start, tz):
            continue
        again = earlier is not None and any(
            at is not None and at <= directive.since for at in (earlier.calm, earlier.until)
        )
        if (
            found
            and restart.stop_if_recurs_at_low_dose
            and _at_low_dose(restart, resumes, found[-1], directive, later)
        ):
            directive.action, directive.why = "stop", "recurred at the low dose"
        elif (rule.id, directive.since) in low:
            directive.action, directive.why = "stop", "came at the low dose"
        elif again and restart.review_if_recurs:
            questions.append(replace(directive, action="review", why="recurred at the full dose"))
        found.append(directive)
    for directive in found:
        _too_slow(directive, restart, passed, later)
        if directive.action in ("stop", "review"):
            directive.until = None  # a permanent stop, or the question of one, does not pass with the grade
    return found + questions


def _on(directive: Directive, start: datetime, tz: ZoneInfo) -> bool:
    """Whether an episode was on at the start or came later. One that was on acts from the start."""
    if directive.since >= start:
        return True
    same = directive.by is not None and of_that_day(directive.by, start, tz)
    if not same and directive.calm is not None and directive.calm <= start:
        return False
    directive.since = directive.began = start
    if directive.calm is not None and directive.calm < start:
        directive.calm = start
    return True


def _too_slow(directive: Directive, restart: Restart, passed: Passed, later: Later) -> None:
    if restart.resolve_within_days is None or directive.action == "stop":
        return
    over = later(directive.since, restart.resolve_within_days)
    calm = directive.calm
    if calm > over if calm is not None else passed(over + MINUTE):
        directive.action, directive.since = "stop", over
        directive.why = f"took more than {restart.resolve_within_days} days to resolve"


def _at_low_dose(
    restart: Restart, resumes: list[datetime], earlier: Directive, now: Directive, later: Later
) -> bool:
    """Whether the infusion was at its low dose: restarted after the earlier episode, fewer than `low_days` ago."""
    since = [r for r in resumes if earlier.since <= r <= now.since]
    return bool(since) and now.since < later(since[-1], restart.low_days)
