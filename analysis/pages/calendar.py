"""The calendar of a protocol's page: what days are counted from, what is due when."""

from __future__ import annotations

from analysis.pages.tables import Lines, cite, table
from pathway.engine.context import Compiled
from pathway.language import (
    Anchor,
    AnchorTime,
    Assessment,
    DateOf,
    Done,
    Latest,
    LedgerPoint,
    Limit,
    Offset,
    Param,
    Recurred,
    Sampled,
    Series,
    Since,
    StudyDay,
    Task,
    Unanswered,
)
from pathway.language.profile import Profile
from pathway.language.terms import key_of, reading_name
from pathway.language.words import moment_words, words


def calendar(compiled: Compiled, profile: Profile) -> Lines:
    """Anchors, assessments, series and tasks."""
    protocol = compiled.protocol
    yield from ("## Calendar", "", "### What days are counted from", "")
    yield from table(
        ("Anchor", "What", "Known from the record", "Planned", "Source"),
        [
            (f"**{a.id}**", a.text, _times(a, a.actual), _times(a, a.planned), cite(a.source))
            for a in protocol.anchors
        ],
    )
    if protocol.assessments or protocol.series:
        yield from ("### Assessments", "")
    yield from table(
        ("Id", "What", "Due", "Window, days", "By", "Asked while", "Source"),
        [
            *(_assessment(a, profile) for a in protocol.assessments),
            *(_series(s, profile) for s in protocol.series),
        ],
    )
    if protocol.tasks:
        yield from ("### Tasks", "")
    yield from table(
        ("Id", "What", "While", "Done when", "Due", "By", "Source"),
        [_task(t, profile) for t in protocol.tasks],
    )


def _window(window: tuple[int, int]) -> str:
    return f"{window[0]:+d} to {window[1]:+d}" if window != (0, 0) else "on the day"


def _assessment(a: Assessment, profile: Profile) -> tuple[str, ...]:
    asked = words(a.asked, profile) if a.asked is not None else "always"
    due = moment_words(a.due, profile)
    return f"**{key_of(a.id, a.scope)}**", a.text, due, _window(a.window), a.owner, asked, cite(a.source)


def _series(s: Series, profile: Profile) -> tuple[str, ...]:
    every = f"{s.months} months" if s.months else f"{s.days} days"
    due = f"every {every} from {moment_words(s.start, profile)}"
    if s.pattern:
        due = f"days {', '.join(map(str, s.pattern))}, then {due}"
    due += f", until {moment_words(s.until, profile)}" if s.until is not None else ""
    due += f", {s.count} times" if s.count is not None else ""
    asked = words(s.while_, profile) if s.while_ is not None else "always"
    return f"**{key_of(s.id, s.scope)}**", s.text, due, _window(s.window), s.owner, asked, cite(s.source)


def _task(t: Task, profile: Profile) -> tuple[str, ...]:
    due = moment_words(t.due, profile) if t.due is not None else "as soon as possible"
    return (
        f"**{key_of(t.id, t.scope)}**",
        t.text,
        words(t.when, profile),
        words(t.done, profile),
        due,
        t.owner,
        cite(t.source),
    )


def _times(anchor: Anchor, times: tuple[AnchorTime, ...]) -> str:
    return (", or earlier " if anchor.earliest else ", else ").join(time_words(t) for t in times)


def count_words(value: int | Param) -> str:
    """A number, or the profile key that holds it."""
    return f"{value}" if isinstance(value, int) else f"`{value.key}`"


def time_words(time: AnchorTime) -> str:
    """One way in which an anchor is known."""
    match time:
        case Done():
            return ("last " if time.last else "") + key_of(time.action, time.scope)
        case Sampled(slot, _, None):
            return f"sample of {reading_name(slot)}"
        case Sampled(slot, _, Param(key)):
            return f"first sample of {reading_name(slot)} outside `{key}`"
        case Sampled(slot, _, Limit(op, value)):
            return f"first sample of {reading_name(slot)} outside {op} {value}"
        case DateOf():
            return reading_name(time.reading)
        case LedgerPoint():
            return f"{time.point.replace('_', ' ')} of {time.ledger}"
        case Since():
            return "since its condition holds"
        case StudyDay():
            return f"study day {count_words(time.day)} from {time.anchor}"
        case Offset():
            shifts = [
                f"{count_words(n)} {u}" for n, u in ((time.months, "months"), (time.days, "days")) if n != 0
            ]
            shifts += [f"{time.hours} h"] if time.hours is not None else []
            return " + ".join([time.anchor, *shifts])
        case Unanswered():
            return f"first {reading_name(time.reading)} of an earlier occurrence without {key_of(time.action, time.scope)}"
        case Recurred():
            return f"report of a new {time.event}, once {key_of(time.action, time.scope)} has answered those before"
        case Latest():
            return f"the latest of {', '.join(time_words(t) for t in time.times)}"
    raise AssertionError(time)
