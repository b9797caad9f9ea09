"""A plan as entries of a table and lanes of a timeline: tracks, items, milestones, decisions, notices, endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from pathway.clock import at_hour, close_of, local_day
from pathway.patient.needed import Patient
from web.drawing.lanes import TRACKS, Bar, Lane, Mark

NO_DAY: Final = "no day yet"
COURSES: Final = "Infusions and doses"
ITEMS: Final = "Assessments, tasks and doses in their windows"
MARKS: Final = "Milestones, decisions and notices"
ENTERED: Final = {
    "start": "where the track begins",
    "confirmed": "confirmed",
    "recorded": "recorded as begun",
    "automatic": "by itself",
}
DECIDED: Final = {"computed": "computed", "proposed": "asked", "choice": "asked", "review": "asked",
                  "reopened": "reopened", "diverged": "reopened"}  # fmt: skip
"""How the states of decisions are drawn; any other that is in force as `answered`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something of the plan with its days at the site; `begins` None: it has no day yet. `marked`: whether it is meant to be
    drawn once it has one.
    """

    what: str
    kind: str
    state: str
    begins: date | None
    ends: date | None = None
    note: str = ""
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Stay:
    """A phase as it was entered: `key` names it to zoom to, `ends` None while it lasts."""

    key: str
    track: str
    phase: str
    begins: datetime
    ends: datetime | None


@dataclass(slots=True)
class Told:
    """What a part of the plan comes to."""

    entries: list[Entry] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)


def plain(name: str) -> str:
    """A name as people read it."""
    return name.replace("_", " ")


def moment(text: str | None) -> datetime | None:
    """The instant that a plan writes; None if it writes none."""
    return datetime.fromisoformat(text) if text else None


def day_of(text: str | None) -> date | None:
    """The day that a plan writes; None if it writes none."""
    return date.fromisoformat(text) if text else None


def stays(patient: Patient) -> list[Stay]:
    """Every phase that was entered. Keys are the ids of phases; where one has been entered again, or another track has the
    same, with the track before it and the number behind it.
    """
    found: list[Stay] = []
    taken: dict[str, int] = {}
    for track in patient.plan["tracks"]:
        path = [(phase, moment(at)) for phase, at, _ in track["path"]]
        for (phase, begins), after in zip(path, [*path[1:], ("", None)], strict=True):
            if begins is None:
                continue
            name = phase if phase not in taken else f"{track['id']}.{phase}"
            taken[name] = taken.get(name, 0) + 1
            key = name if taken[name] == 1 else f"{name}.{taken[name]}"
            found.append(Stay(key, track["id"], phase, begins, after[1]))
    return found


def tracks(patient: Patient) -> Told:
    """A lane for each track: its phases as bars, the present one until now."""
    told = Told()
    tz, compiled = patient.site.tz, patient.compiled
    for track in patient.plan["tracks"]:
        definition = compiled.tracks.get(track["id"]) if compiled is not None else None
        texts = {phase.id: phase.text for phase in definition.phases} if definition is not None else {}
        lane = Lane(plain(track["id"]), definition.text if definition is not None else track["id"], TRACKS)
        told.lanes.append(lane)
        path = track["path"]
        for i, (phase, entered, how) in enumerate(path):
            begins, last = moment(entered), i == len(path) - 1
            ends = None if last else moment(path[i + 1][1])
            text = texts.get(phase, "")
            what = f"{plain(track['id'])}: {plain(phase)}" + (f", {text}" if text and text != phase else "")
            note = ENTERED.get(how, how)
            state = "present" if last else "over"
            if begins is None:
                told.entries.append(Entry(what, "phase", state, None, ends and local_day(ends, tz), note))
                continue
            told.entries.append(
                Entry(what, "phase", state, local_day(begins, tz), ends and local_day(ends, tz), note)
            )
            until = "until today" if last else f"to {_day(ends, tz)}"
            title = f"{what}\n{_day(begins, tz)} {until}, {note}"
            look = f"phase {'present' if last else 'over'} {'even' if i % 2 == 0 else 'odd'}"
            lane.bars.append(Bar(begins, max(ends or patient.now, begins), look, plain(phase), title))
    return told


def items(patient: Patient) -> Told:
    """A lane for what has one id: the windows, and a mark for each item by its state. Late: a line from the window to today."""
    told = Told()
    tz = patient.site.tz
    lanes: dict[str, Lane] = {}
    for item in patient.plan["items"]:
        due, since = day_of(item["due"]), moment(item["since"])
        first, last = day_of(item["window"][0]), day_of(item["window"][1])
        done = local_day(since, tz) if since is not None and item["state"] == "done" else None
        notes = [f"for the {item['owner']}"]
        if item["blocked_by"]:
            notes.append(f"blocked by {item['blocked_by']}")
        if due is not None:
            notes.append(f"due {due.isoformat()}{_hour(item, patient)}")
        if done is not None:
            notes.append(f"done {done.isoformat()}")
        days = [each for each in (first, last, due, done) if each is not None]
        begins, ends = (min(days), max(days)) if days else (None, None)
        note = ", ".join(notes)
        told.entries.append(
            Entry(f"{item['key']}: {item['text']}", item["kind"], plain(item["state"]), begins, ends, note)
        )
        day = done or due or first
        if day is None:
            continue
        lane = lanes.setdefault(item["id"], Lane(item["id"], f"{item['id']}: {item['text']}", ITEMS))
        title = f"{item['key']}: {plain(item['state'])}\n{item['text']}\n{note}"
        if first is not None and last is not None:
            window = f"{title}\nwindow {first.isoformat()} to {last.isoformat()}"
            lane.bars.append(
                Bar(at_hour(first, 0, tz), close_of(last, tz), f"window {item['state']}", "", window)
            )
        if item["state"] == "late":
            begun = close_of(last or day, tz)
            lane.bars.append(Bar(begun, max(begun, patient.now), "overdue", "", f"late: {title}"))
        at = since if done is not None and since is not None else at_hour(day, 12, tz)
        shape = item["state"] if item["state"] in SHAPES else "planned"
        lane.marks.append(Mark(at, shape, title, item["key"]))
    told.lanes = sorted(lanes.values(), key=lambda lane: min(m.at for m in lane.marks))
    return told


SHAPES: Final = ("done", "due", "late", "missed", "blocked", "planned")


def happenings(patient: Patient) -> Told:
    """Milestones, decisions, notices and endpoints as marks. What a decision waits for stands in the table only."""
    told = Told()
    tz = patient.site.tz
    decisions = [*_decisions(patient)]
    computed = [each for each in decisions if each[0].state == "computed"]
    taken = [each for each in decisions if each[0].state != "computed"]
    for name, title, found in (
        ("milestones", "Milestones that are true", _milestones(patient)),
        ("decisions by people", "Decisions that a person is asked for, or has taken", taken),
        ("decisions computed", "Decisions that follow from values by themselves", computed),
        ("notices", "Deviations and alerts", _notices(patient)),
        ("endpoints", "Events of the endpoints", _endpoints(patient)),
    ):
        lane = Lane(name, title, MARKS, labels=True)
        for entry, mark in found:
            told.entries.append(entry)
            if mark is not None:
                at, shape, short = mark
                whole = f"{_day(at, tz)} {entry.what}: {entry.state}"
                lane.marks.append(Mark(at, shape, f"{whole}{f', {entry.note}' if entry.note else ''}", short))
        if lane.marks:
            told.lanes.append(lane)
    return told


Placed = tuple[datetime, str, str] | None
"""Where a mark stands, its shape and its name; None of what is not drawn."""


def _milestones(patient: Patient) -> Iterator[tuple[Entry, Placed]]:
    tz = patient.site.tz
    for each in patient.plan["milestones"]:
        at = moment(each["since"])
        entry = Entry(f"{each['key']}: {each['text']}", "milestone", "true", at and local_day(at, tz))
        yield entry, (at, "milestone", each["key"]) if at is not None else None


def _decisions(patient: Patient) -> Iterator[tuple[Entry, Placed]]:
    tz = patient.site.tz
    for each in patient.plan["decisions"]:
        at, state = moment(each["since"]), each["state"]
        waits = state not in DECIDED and each["in_force"] is None
        shown = each["in_force"] or each["proposal"] or ""
        parts = [plain(state)]
        if each["open"]:
            parts.append(f"the {each['role'] or 'clinician'} is asked")
        note = ", ".join(parts)
        if each["missing"]:
            note += f", waits for {', '.join(missing['what'] for missing in each['missing'])}"
        what = plain(each["key"]) + (f": {shown}" if shown else "")
        kind = "decision" if not waits else "decision to come"
        entry = Entry(what, kind, plain(state), at and local_day(at, tz), note=note, marked=not waits)
        shape = "asked" if each["open"] and state != "reopened" else DECIDED.get(state, "answered")
        yield entry, (at, shape, what) if at is not None and not waits else None


def _notices(patient: Patient) -> Iterator[tuple[Entry, Placed]]:
    tz = patient.site.tz
    for kind in ("deviations", "alerts"):
        for each in patient.plan[kind]:
            at = moment(each["since"])
            what = f"{each['key']}: {each['text']}"
            entry = Entry(
                what, kind.removesuffix("s"), each["state"], at and local_day(at, tz), note=each["severity"]
            )
            shape = "acknowledged" if each["state"] == "acknowledged" else "raised"
            yield entry, (at, shape, each["key"]) if at is not None else None


def _endpoints(patient: Patient) -> Iterator[tuple[Entry, Placed]]:
    tz = patient.site.tz
    for each in patient.plan["endpoints"]:
        begins, event = day_of(each["start"]), each["event"]
        ended = day_of(event["day"] if event else each["censored"])
        state = event["name"] if event else "censored" if each["censored"] else "no event"
        days = f"{each['days']} days" if each["days"] is not None else ""
        note = ", ".join(
            p for p in (days, "competing event" if event and event.get("competing") else "") if p
        )
        entry = Entry(each["id"], "endpoint", state, begins, ended, note)
        placed = (
            (at_hour(ended, 12, tz), "event", f"{each['id']}: {state}")
            if event and ended is not None
            else None
        )
        yield entry, placed


def _day(at: datetime | None, tz: Any) -> str:
    return local_day(at, tz).isoformat() if at is not None else NO_DAY


def _hour(item: dict[str, Any], patient: Patient) -> str:
    at = moment(item.get("due_at"))
    return f" {at.astimezone(patient.site.tz):%H:%M}" if at is not None else ""
