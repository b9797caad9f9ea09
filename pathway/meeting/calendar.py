"""The weekly coordinating meeting of a trial: when it is, what of it is late, which agenda is wanted.

Here is the calendar: the definition, the weeks and their states. What follows from them, the plan, is
`pathway.meeting.plan.convene(meeting, record, now)`: pure and total, constant until `plan.next_at` unless an event comes. The
record holds the actions `held`, `postponed`, `cancelled`, `noted`, `decided` and `rescheduled` that people report
(`pathway.meeting.admission`), and `agenda`, by which the shell says that it has kept one.

**A meeting's key is its week**: `MEETING[week=2025-W45]`. The ISO week says which meeting of the series is meant, as `cycle=2`
says which cycle; it is no date and never moves: postponed into the week after, the meeting of W45 is still that of W45,
with its agenda, its lateness and what was decided in it, and the week after has its own.

A meeting that is missed is late, and the notice climbs until somebody records what became of it. Nothing is ever decided by
a meeting that did not take place. It is `missed` for good once a later one was held: the agenda of that one had
everything that was still open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

from pathway.clock import at_hour, local_day
from pathway.events import Event
from pathway.record import Record
from pathway.site import Site

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
AHEAD: Final = 2
"""Meetings to come that the plan shows."""
KEPT: Final = 8
"""Weeks for which the plan shows what is settled. The record and the store keep all."""
EARLY: Final = timedelta(days=7)
"""How long before its time a meeting may be held under its week."""

WeekState = Literal["planned", "frozen", "due", "overdue", "held", "cancelled", "missed"]


@dataclass(frozen=True, slots=True)
class Meeting:
    """The weekly meeting of a trial: all of it is set when it is started, nothing is published by any protocol.

    `office`: the coordinating office, in whose zone the wall clock shows `hour`:`minute` on `weekday` (1 Monday to 7 Sunday),
    in summer and winter. `begins`: the first meeting is the first one after this instant. Hours are elapsed hours: the agenda is
    frozen `cut_off_hours` before the meeting, an unrecorded meeting is late `overdue_hours` after its beginning, and its notice
    climbs every `escalation_hours`.
    """

    trial: str
    office: Site
    begins: datetime
    weekday: int = 4
    hour: int = 14
    minute: int = 0
    cut_off_hours: int = 24
    overdue_hours: int = 4
    escalation_hours: int = 24


@dataclass(frozen=True, slots=True)
class Note:
    """A minuted note: who noted what, when it was recorded. `person`: the code of who signed it; empty if nobody said."""

    event: str
    at: datetime
    role: str
    text: str
    subject: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision recorded against the meeting: taken in `subject`'s pathway (or a subtrial) by the event `source` there."""

    event: str
    at: datetime
    subject: str
    decision: str
    option: str
    source: str
    reason: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """An agenda that has been kept: which one, since when, what binds it, and the decisions in it as (subject, key)."""

    event: str
    kind: str
    edition: str
    at: datetime
    digest: str
    entries: int
    decisions: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Week:
    """A meeting of the series. `regular`: when it would be; `at`: when it is, after what was postponed (with `reason`).

    `since`: since when it is in its state. `agenda`: the one that stands for it, `closing`: the one taken when it was held.
    """

    week: str
    regular: datetime
    at: datetime
    state: WeekState
    since: datetime | None
    reason: str = ""
    postponed: tuple[tuple[datetime, str, datetime], ...] = ()
    held: Event | None = None
    attended: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    decided: tuple[Decided, ...] = ()
    agenda: Kept | None = None
    closing: Kept | None = None
    waiting_since: datetime | None = None
    """Since when an agenda is wanted that has not been kept yet."""

    @property
    def settled(self) -> bool:
        """Whether nothing more is asked of anybody."""
        return self.state in ("held", "cancelled", "missed")


@dataclass(slots=True)
class Clock:
    """`now`, reached only through `passed`, which remembers the next instant at which an answer changes."""

    now: datetime
    next_at: datetime | None = None

    def passed(self, instant: datetime) -> bool:
        """Whether the instant has come."""
        if instant <= self.now:
            return True
        if self.next_at is None or instant < self.next_at:
            self.next_at = instant
        return False


def week_of(day: date) -> str:
    """The ISO week of a day, `2025-W45`. Labels of four-digit years sort by time."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def monday_of(week: str) -> date:
    """The Monday of an ISO week. Raises ValueError for what is no week."""
    year, _, number = week.partition("-W")
    if len(year) != 4 or len(number) != 2 or not (year + number).isdigit() or not week.isascii():
        raise ValueError(f"{week!r} is not a week such as 2025-W45")
    return date.fromisocalendar(int(year), int(number), 1)


def edition_of(instant: datetime) -> str:
    """The name of the agenda that is frozen for a meeting at that instant."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def regular(meeting: Meeting, record: Record, week: str) -> datetime:
    """When a week's meeting is by the series: as set at the start, or by the newest rescheduling that has begun by then."""
    weekday, hour, minute = meeting.weekday, meeting.hour, meeting.minute
    newest: tuple[str, datetime, str] | None = None
    for event in record.actions.get("rescheduled", ()):
        begins = (week_scope(event), event.recorded, event.id)
        if begins[0] <= week and (newest is None or begins > newest):
            newest = begins
            weekday = int(event.detail("weekday") or weekday)
            clock = event.detail("time") or f"{hour}:{minute}"
            hour, minute = (int(part) for part in clock.split(":"))
    return at_hour(monday_of(week) + timedelta(days=weekday - 1), hour, meeting.office.tz, minute)


def after(week: str, number: int = 1) -> str:
    """The week that many weeks later."""
    return week_of(monday_of(week) + timedelta(weeks=number))


def weeks(meeting: Meeting, record: Record, clock: Clock) -> tuple[list[Week], str]:
    """The meetings to speak of, in the order of their weeks, and the horizon before which settled ones are left out.

    All that are open, those with something on record, the last `KEPT` and the next `AHEAD`.
    """
    told = _by_week(record)
    ends = sorted((event.occurred, week) for week, each in told.items() for event in each.held[-1:])
    first = _not_before(
        meeting, record, week_of(local_day(meeting.begins, meeting.office.tz)), meeting.begins
    )
    coming = max(
        first, _not_before(meeting, record, week_of(local_day(clock.now, meeting.office.tz)), clock.now)
    )
    clock.passed(regular(meeting, record, coming))
    horizon = max(first, after(coming, -KEPT))
    begin = horizon if not ends else min(horizon, week_of(local_day(ends[-1][0], meeting.office.tz)))
    labels = set(_range(max(first, begin if ends else first), after(coming, AHEAD - 1)))
    labels |= {week for week in told if week >= first}
    found = [
        _state(meeting, record, clock, label, told.get(label, _Told()), ends) for label in sorted(labels)
    ]
    return [
        week for week in found if week.week >= horizon or not week.settled or closing_wanted(week)
    ], horizon


def one_week(meeting: Meeting, record: Record, now: datetime, label: str) -> Week:
    """One meeting as it stands at `now`, however long ago its week was."""
    told = _by_week(record)
    ends = sorted((event.occurred, week) for week, each in told.items() for event in each.held[-1:])
    return _state(meeting, record, Clock(now), label, told.get(label, _Told()), ends)


def closing_wanted(week: Week) -> bool:
    """Whether the meeting was held, and what came late for it has not been kept yet."""
    return week.state == "held" and week.closing is None


def newest_closing(record: Record, before: str) -> datetime | None:
    """When the agenda of the last meeting held before that week was closed: what is newer is new. None: there was none.

    The moment of gathering and not that of the meeting, so that nothing falls between two agendas.
    """
    closed = [
        instant_of(each.detail("at") or "")
        for each in record.actions.get("agenda", ())
        if each.detail("kind") == "closing" and each.detail("at") and week_scope(each) < before
    ]
    return max(closed, default=None)


def week_scope(event: Event) -> str:
    """The week that an event speaks of."""
    return dict(event.scope).get("week", "")


# --- inside -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Told:
    """What the record says of one week. Lists in the order in which it was recorded."""

    held: list[Event] = field(default_factory=list)
    moves: list[Event] = field(default_factory=list)
    notes: list[Event] = field(default_factory=list)
    decided: list[Event] = field(default_factory=list)
    agendas: list[Event] = field(default_factory=list)


_LISTS: Final = {
    "held": "held",
    "postponed": "moves",
    "cancelled": "moves",
    "noted": "notes",
    "decided": "decided",
    "agenda": "agendas",
}


def _by_week(record: Record) -> dict[str, _Told]:
    found: dict[str, _Told] = {}
    for name, attribute in _LISTS.items():
        for event in sorted(record.actions.get(name, ()), key=lambda e: (e.recorded, e.id)):
            lists = found.setdefault(week_scope(event), _Told())
            getattr(lists, attribute).append(event)
    for each in found.values():
        each.moves.sort(key=lambda e: (e.recorded, e.id))
    return found


def _not_before(meeting: Meeting, record: Record, week: str, instant: datetime) -> str:
    """The first week from `week` on, or the one before it, whose regular meeting is after an instant."""
    week = after(week, -1)
    while regular(meeting, record, week) <= instant:
        week = after(week)
    return week


def _range(first: str, last: str) -> Iterator[str]:
    week = first
    while week <= last:
        yield week
        week = after(week)


def _state(
    meeting: Meeting,
    record: Record,
    clock: Clock,
    label: str,
    told: _Told,
    ends: Iterable[tuple[datetime, str]],
) -> Week:
    usual = regular(meeting, record, label)
    moved = [event for event in told.moves if event.name == "postponed"]
    at = instant_of(moved[-1].detail("to") or "") if moved else usual
    week = Week(
        label,
        usual,
        at,
        "planned",
        None,
        reason=told.moves[-1].reason if told.moves else "",
        postponed=tuple((instant_of(e.detail("to") or ""), e.reason, e.recorded) for e in moved),
        held=told.held[-1] if told.held else None,
        notes=tuple(
            Note(e.id, e.recorded, e.role, e.detail("text") or "", e.detail("subject") or "", e.person)
            for e in told.notes
        ),
        decided=tuple(_decided(e) for e in told.decided),
    )
    frozen_from = at - timedelta(hours=meeting.cut_off_hours)
    kept = [_kept(event) for event in told.agendas]
    week.agenda = _standing([k for k in kept if k.kind == "frozen"], at, frozen_from, moved)
    week.closing = next((k for k in reversed(kept) if k.kind == "closing"), None)
    later = next((end for end, other in ends if other != label and end >= at), None)
    if week.held is not None:
        week.state, week.since = "held", week.held.occurred
        week.attended = tuple(part for part in (week.held.detail("attended") or "").split(",") if part)
    elif told.moves and told.moves[-1].name == "cancelled":
        week.state, week.since = "cancelled", told.moves[-1].recorded
    elif later is not None:
        week.state, week.since = "missed", later
    elif clock.passed(at + timedelta(hours=meeting.overdue_hours)):
        week.state, week.since = "overdue", at + timedelta(hours=meeting.overdue_hours)
    elif clock.passed(at):
        week.state, week.since = "due", at
    elif clock.passed(frozen_from):
        week.state, week.since = "frozen", frozen_from
    if week.state in ("frozen", "due", "overdue") and week.agenda is None:
        week.waiting_since = max(frozen_from, moved[-1].recorded) if moved else frozen_from
    return week


def _standing(kept: list[Kept], at: datetime, frozen_from: datetime, moved: list[Event]) -> Kept | None:
    """The agenda that stands for a meeting: the one frozen for its instant.

    A meeting that is postponed when its new agenda would have to be frozen already keeps the one that people have in hand.
    """
    exact = next((k for k in reversed(kept) if k.edition == edition_of(at)), None)
    if exact is not None or not kept or not moved:
        return exact
    return kept[-1] if moved[-1].recorded >= frozen_from else None


def _decided(event: Event) -> Decided:
    known = dict(event.details)
    return Decided(
        event.id,
        event.recorded,
        known.get("subject", ""),
        known.get("decision", ""),
        known.get("option", ""),
        known.get("event", ""),
        event.reason,
        event.person,
    )


def _kept(event: Event) -> Kept:
    known = dict(event.details)
    pairs: Any = json.loads(known.get("decisions", "[]"))
    return Kept(
        event.id,
        known.get("kind", ""),
        known.get("edition", ""),
        instant_of(known["at"]) if "at" in known else event.recorded,
        known.get("digest", ""),
        int(known.get("entries", "0")),
        tuple((str(subject), str(key)) for subject, key in pairs),
    )


def instant_of(text: str) -> datetime:
    """An instant from its canonical text."""
    return datetime.fromisoformat(text)
