"""What is let into the record of a meeting: what people say became of it.

What happened is never refused because it is unusual: a meeting may be held early, late, or without an agenda. Refused is what
is malformed, impossible, in the future, or not for that role to say.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final

from pathway.events import Event, Report
from pathway.language import ROLES, Scope
from pathway.language.parsing import nearest
from pathway.language.terms import key_of
from pathway.meeting.calendar import EARLY, WEEKDAYS, Meeting, edition_of, monday_of, regular, week_of
from pathway.meeting.plan import MeetingPlan, day_and_time
from pathway.moments import BadMoment, read_moment, site_instant
from pathway.record import Record
from pathway.refusal import Refused, check_frame
from pathway.subtrial.names import RENAMED, WAS, check_present_name

RECORDERS: Final = ("coordinator", "sponsor", "meeting", "operations")
"""Who may say what became of a meeting. Anybody may add a note."""
FURTHEST: Final = timedelta(days=60)
"""How far a meeting may be postponed: beyond, it is cancelled, and others take its place."""
ACTIONS: Final[dict[str, tuple[str, ...]]] = {
    "held": ("attended",),
    "postponed": ("to",),
    "cancelled": (),
    "noted": ("text", "subject"),
    "decided": ("subject", "decision", "option", "event"),
    "rescheduled": ("weekday", "time"),
}
"""What people report of a meeting, with the details of each."""
AGENDA: Final = "agenda"
"""What the meeting's own shell reports, and nobody else: that an agenda has been kept. The shell sees to that."""
LONGEST: Final = 4000


def renamed_report(subject: str, was: str, event: str, now: datetime) -> Report:
    """What a meeting is told when a patient gets another pseudonym, once for each: by the pathway itself, and nobody else."""
    return Report(
        f"{RENAMED}:{was}:{event}"[:128],
        "action",
        now,
        "operations",
        RENAMED,
        details=(("subject", subject), (WAS, was)),
    )


Details = tuple[tuple[str, str], ...]


def admit(meeting: Meeting, record: Record, report: Report, now: datetime, plan: MeetingPlan) -> Event | None:
    """The event that the report becomes, or None if it is on record already with the same content.

    `plan` is the plan at `now`. Raises `pathway.patient.admission.Refused`.
    """
    check_frame(report, now)
    known = record.by_id.get(report.id)
    door = _Door(meeting, record, report, now, plan)
    if known is not None:
        if door.says_the_same(known):
            return None
        raise Refused(
            "content_differs",
            f"event id {report.id!r} is already on record with another content; use a new id",
        )
    check_present_name(record, dict(report.details).get("subject", "") if report.name != RENAMED else "")
    match report.kind:
        case "action":
            return door.action()
        case "void":
            return door.void()
        case "acknowledgement":
            return door.acknowledgement()
        case "correction":
            raise Refused(
                "malformed", "an event of a meeting is not corrected; void it and record what is right"
            )
        case _:
            raise Refused(
                "malformed",
                f"a meeting records no {report.kind}; accepted: {', '.join(ACTIONS)}, void, acknowledge",
            )


class _Door:
    """One report on its way in."""

    def __init__(
        self, meeting: Meeting, record: Record, report: Report, now: datetime, plan: MeetingPlan
    ) -> None:
        self.meeting, self.record, self.report, self.now, self.plan = meeting, record, report, now, plan

    def says_the_same(self, known: Event) -> bool:
        """Whether the report says what the event of its id says."""
        r = self.report
        if (known.kind, known.role, known.reason) != (r.kind, r.role, r.reason):
            return False
        if r.occurred is not None and known.occurred != min(r.occurred, known.recorded):
            return False
        if r.kind == "acknowledgement":
            return known.name in (r.name, self._key())
        if r.kind == "void":
            return known.target == r.target
        if r.name == RENAMED:
            return (known.name, known.details) == (RENAMED, tuple(sorted(r.details)))
        try:
            return (known.name, known.scope, known.details) == (r.name, self._scope(), self._details())
        except Refused:
            return False

    def action(self) -> Event:
        """Something that became of a meeting."""
        r = self.report
        if r.name in (AGENDA, RENAMED) and r.id.startswith(f"{r.name}:"):
            return self._event(r.name, tuple(sorted(r.scope)), tuple(sorted(r.details)))
        if r.name not in ACTIONS:
            raise Refused(
                "unknown_action", f"a meeting knows no {r.name!r}; {nearest(r.name, list(ACTIONS))}"
            )
        if r.name != "noted" and r.role not in RECORDERS:
            raise Refused(
                "wrong_role",
                f"what becomes of a meeting is recorded by {', '.join(RECORDERS)}, not by the {r.role}",
            )
        scope, details = self._scope(), self._details()
        week = scope[0][1]
        at = (r.occurred or r.at).astimezone(UTC)
        match r.name:
            case "held":
                self._open(week)
                due = self._time_of(week)
                if at < due - EARLY:
                    raise Refused(
                        "impossible",
                        f"the meeting of {week} is on {day_and_time(self.meeting, due)}; held more than "
                        f"{EARLY.days} days earlier it was that of another week",
                    )
            case "postponed":
                self._open(week)
                self._reason(f"postponing the meeting of {week}")
            case "cancelled":
                self._open(week)
                if self._cancelled(week):
                    raise Refused("not_waiting", f"the meeting of {week} is cancelled already")
                self._reason(f"cancelling the meeting of {week}")
            case "rescheduled":
                if monday_of(week) <= monday_of(week_of(self.now.astimezone(self.meeting.office.tz).date())):
                    raise Refused(
                        "impossible", f"{week} has begun; a series is rescheduled from a later week on"
                    )
            case _:
                pass
        return self._event(r.name, scope, details)

    def void(self) -> Event:
        """An event that should not count."""
        r = self.report
        target = self.record.by_id.get(r.target)
        if target is None:
            known = nearest(r.target, [e.id for e in self.record.events if e.name in ACTIONS])
            raise Refused("unknown_event", f"event {r.target!r} is not on record; {known}")
        if target.kind != "action" or target.name not in ACTIONS:
            raise Refused("malformed", f"{r.target!r} cannot be voided: only {', '.join(ACTIONS)} can")
        if r.target in self.record.voided:
            raise Refused("not_latest", f"{r.target!r} has already been voided")
        if r.role not in RECORDERS and r.role != target.role:
            raise Refused(
                "wrong_role", f"{r.target!r} is voided by {', '.join(RECORDERS)}, not by the {r.role}"
            )
        self._reason(f"voiding {r.target!r}")
        return self._event(target.name, target.scope, ())

    def acknowledgement(self) -> Event:
        """Somebody has taken note of a notice."""
        r = self.report
        wanted = self._key()
        alerts = self.plan.plan.alerts
        exact = [o for o in alerts if o.key == wanted] or [o for o in alerts if o.id == r.name]
        found = next((o for o in exact if o.state == "raised"), exact[0] if exact else None)
        if found is None:
            raised = [o.key for o in alerts if o.state == "raised"]
            raise Refused("not_waiting", f"nothing raised is called {r.name!r}; {nearest(r.name, raised)}")
        if found.state == "acknowledged":
            raise Refused("not_waiting", f"{found.key} has already been acknowledged")
        return self._event(found.key, (), (), value=found.severity)

    # --- inside -----------------------------------------------------------------------------------

    def _event(self, name: str, scope: Scope, details: Details, *, value: str | None = None) -> Event:
        r = self.report
        return Event(
            r.id,
            r.kind,
            self.now,
            min((r.occurred or r.at).astimezone(UTC), self.now),
            r.role,
            name=name,
            scope=scope,
            value=value,
            details=details,
            target=r.target,
            reason=r.reason,
            person=r.person,
        )

    def _key(self) -> str:
        return key_of(self.report.name, tuple(sorted(self.report.scope)))

    def _scope(self) -> Scope:
        """The week, which must be one of the series."""
        r = self.report
        given = dict(r.scope)
        label = given.pop("week", "")
        if given:
            raise Refused("unknown_scope", f"{r.name} has no scope {min(given)!r}; accepted: week")
        try:
            monday = monday_of(label)
        except ValueError:
            raise Refused(
                "unknown_scope",
                f"{r.name} needs the week of the meeting, such as week=2025-W45, got {label!r}",
            ) from None
        first = self.plan.weeks[0].week if self.plan.weeks else label
        begins = self.meeting.begins
        if regular(self.meeting, self.record, label) <= begins and self.plan.week(label) is None:
            raise Refused("unknown_scope", f"{label} lies before the first meeting of this series ({first})")
        if monday > self.now.date() + timedelta(days=366):
            raise Refused("unknown_scope", f"{label} is more than a year away")
        return (("week", label),)

    def _details(self) -> Details:
        r = self.report
        accepted = ACTIONS.get(r.name, ())
        found: dict[str, str] = {}
        for name, text in r.details:
            if name not in accepted:
                raise Refused("unknown_detail", f"{r.name} has no detail {name!r}; {nearest(name, accepted)}")
            if len(text) > LONGEST:
                raise Refused("malformed", f"{r.name}, {name}: at most {LONGEST} characters")
            found[name] = text.strip()
        match r.name:
            case "held":
                found["attended"] = self._attended(found.get("attended", ""))
            case "postponed":
                found["to"] = self._postponed_to(found.get("to", ""))
            case "noted" if not found.get("text"):
                raise Refused("malformed", "a note needs its words, in the detail text")
            case "decided":
                lacking = [name for name in accepted if not found.get(name)]
                if lacking:
                    raise Refused("malformed", f"decided needs {', '.join(lacking)}")
            case "rescheduled":
                found["weekday"] = str(weekday_of(found.get("weekday", "")))
                found["time"] = f"{time_of(found.get('time', '')):%H:%M}"
            case _:
                pass
        return tuple(sorted((name, text) for name, text in found.items() if text))

    def _attended(self, text: str) -> str:
        roles = [part.strip() for part in text.split(",") if part.strip()]
        for role in roles:
            if role not in ROLES:
                raise Refused("unknown_role", f"attended: role {role!r} is not known; {nearest(role, ROLES)}")
        return ",".join(role for role in ROLES if role in roles)

    def _postponed_to(self, text: str) -> str:
        """The canonical text of the instant; typed in the office's local time, or given as an instant already."""
        r = self.report
        try:
            to = datetime.fromisoformat(text) if text.endswith("Z") else _local(text, self.meeting)
        except (BadMoment, ValueError) as error:
            raise Refused(
                "malformed",
                f"postponed to {text!r}: {error}; accepted: '2025-11-11 14:00' in the office's time",
            ) from None
        said = (r.occurred or r.at).astimezone(UTC)
        if to <= said:
            raise Refused("impossible", f"a meeting is postponed to a later moment than now, not to {text}")
        if to > said + FURTHEST:
            raise Refused(
                "impossible", f"{text} is more than {FURTHEST.days} days away; cancel the meeting instead"
            )
        return edition_of(to)

    def _reason(self, what: str) -> None:
        if not self.report.reason.strip():
            raise Refused("reason_missing", f"{what} needs a reason")

    def _open(self, week: str) -> None:
        held = next(
            (e for e in self.record.actions.get("held", ()) if dict(e.scope).get("week") == week), None
        )
        if held is not None:
            raise Refused(
                "not_waiting",
                f"the meeting of {week} is on record as held on {day_and_time(self.meeting, held.occurred)}; "
                f"if that is wrong, void {held.id} first",
            )

    def _cancelled(self, week: str) -> bool:
        shown = self.plan.week(week)
        return shown is not None and shown.state == "cancelled"

    def _time_of(self, week: str) -> datetime:
        shown = self.plan.week(week)
        return shown.at if shown is not None else regular(self.meeting, self.record, week)


def weekday_of(text: str) -> int:
    """The ISO number of a weekday, by name or number. Raises `Refused`."""
    name = text.strip().lower()
    if name.isdigit() and 1 <= int(name[:3]) <= 7:
        return int(name)
    found = [
        number for number, day in enumerate(WEEKDAYS, start=1) if len(name) >= 2 and day.startswith(name)
    ]
    if len(found) != 1:
        raise Refused("malformed", f"{text!r} is not a weekday; accepted: {', '.join(WEEKDAYS)}")
    return found[0]


def time_of(text: str) -> time:
    """A time of day, `14:00`. Raises `Refused`."""
    try:
        when = read_moment(f"2000-01-01 {text.strip()}")
    except BadMoment:
        when = None
    if when is None or when.clock is None or when.shifts:
        raise Refused("malformed", f"{text!r} is not a time of day; accepted: 00:00 to 23:59")
    return when.clock


def _local(text: str, meeting: Meeting) -> datetime:
    when = read_moment(text)
    if when.base != "day" or when.day is None or when.shifts:
        raise BadMoment("not a day with a time")
    clock = when.clock or time(meeting.hour, meeting.minute)
    return site_instant(when.day, clock, meeting.office.tz)
