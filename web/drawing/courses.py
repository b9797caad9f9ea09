"""Infusions and courses of doses as entries and lanes: start, pauses, steps of the dose, the end that is projected, each dose."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from pathway.clock import at_hour, local_day
from pathway.patient.needed import Patient
from web.drawing.entries import COURSES, Entry, Told, day_of, moment, plain
from web.drawing.lanes import Bar, Lane, Mark

DOSES: Final = {
    "given": "given",
    "planned": "dose-planned",
    "held": "held",
    "omit": "omitted",
    "omitted": "omitted",
}
RUNNING: Final = ("running", "paused", "held")
"""The states of what goes on: the rest of it is drawn as projected."""


def courses(patient: Patient) -> Told:
    """A lane for each infusion or course of doses that has a day; all of them in the table."""
    told = Told()
    for ledger in patient.plan["ledgers"]:
        lane = Lane(plain(ledger["key"]), _title(patient, ledger), COURSES, labels=True)
        _course(patient, ledger, told, lane)
        for dose in ledger.get("doses", ()):
            _dose(patient, ledger, dose, told, lane)
        for drip in ledger.get("drips", ()):
            told.entries.append(_drip(patient, ledger, drip))
        if lane.bars or lane.marks:
            told.lanes.append(lane)
    return told


def _title(patient: Patient, ledger: dict[str, Any]) -> str:
    definition = patient.compiled.ledgers.get(ledger["key"]) if patient.compiled is not None else None
    text = getattr(definition, "text", "") or ledger["key"]
    return f"{text}: {plain(ledger['state'])}, given {ledger['given']}"


def _course(patient: Patient, ledger: dict[str, Any], told: Told, lane: Lane) -> None:
    """The course as a whole: its entries, what has run as bars, and what is projected."""
    tz, key, now = patient.site.tz, plain(ledger["key"]), patient.now
    begins, ends = moment(ledger["start"]), moment(ledger["projected_end"])
    goes_on = ledger["state"] in RUNNING
    parts = [f"given {ledger['given']}"]
    if ledger["as_of"]:
        parts[0] += f" as of {_local(patient, ledger['as_of'])}"
    if ledger["state"] != "not_started":
        parts.append(f"dose {ledger['dose']} {ledger['unit']}")
    if goes_on and ends is not None:
        parts.append("the end is projected")
    note = ", ".join(parts)
    told.entries.append(Entry(key, "course", plain(ledger["state"]), _on(begins, tz), _on(ends, tz), note))
    _steps(patient, ledger, told, lane)
    for since, until, why in ledger["pauses"]:
        state, days = "over" if until else "present", (_on(moment(since), tz), _on(moment(until), tz))
        told.entries.append(Entry(f"{key}: pause", "pause", state, *days, note=why))
    for rule, action, at in ledger["directives"]:
        day = _on(moment(at), tz)
        told.entries.append(Entry(f"{key}: {rule}", "directive", plain(action), day, marked=False))
    if begins is None:
        return
    over = _over(ledger, begins, ends, now, goes_on)
    _bars(patient, ledger, lane, begins, max(over, begins))
    if ends is not None and goes_on and ends > now:
        title = f"{key}: projected to end {_local(patient, ledger['projected_end'])}"
        lane.bars.append(Bar(max(over, begins), ends, "projected", "", title))
        lane.marks.append(Mark(ends, "end", title))


def _over(
    ledger: dict[str, Any], begins: datetime, ends: datetime | None, now: datetime, goes_on: bool
) -> datetime:
    """Until when it has run. Of single doses, until the last that was given: nothing runs after it."""
    if ledger.get("doses"):
        return max([begins, *_given(ledger)])
    if ends is not None:
        return min(ends, now)
    return now if goes_on else begins


def _steps(patient: Patient, ledger: dict[str, Any], told: Told, lane: Lane) -> None:
    """The levels of the dose. Those of single doses stand in the table only: each dose is drawn itself."""
    single = bool(ledger.get("doses"))
    for at, dose in ledger["steps"]:
        step, level = moment(at), f"{dose} {ledger['unit']}"
        what, when = f"{plain(ledger['key'])}: dose {level}", _local(patient, at)
        day = _on(step, patient.site.tz)
        told.entries.append(Entry(what, "dose step", "over", day, note=when, marked=not single))
        if step is not None and not single:
            lane.marks.append(Mark(step, "step", f"{what} from {when}", level if dose != "0" else "paused"))


def _given(ledger: dict[str, Any]) -> list[datetime]:
    return [at for each in ledger.get("doses", ()) if (at := moment(each["at"])) is not None]


def _bars(patient: Patient, ledger: dict[str, Any], lane: Lane, begins: datetime, ends: datetime) -> None:
    """What has run, with the pauses left out."""
    key, unit = plain(ledger["key"]), ledger["unit"]
    look = "doses" if ledger.get("doses") else "infusion"
    at = begins
    for since, until, why in ledger["pauses"]:
        stopped, on = moment(since) or begins, min(moment(until) or patient.now, patient.now)
        if stopped > at:
            lane.bars.append(Bar(at, stopped, look, "", f"{key}: runs until {_local(patient, since)}"))
        title = f"{key}: pause, {why or 'no reason given'}\n{_local(patient, since)} to {_local(patient, until) or 'today'}"
        lane.bars.append(Bar(stopped, max(on, stopped), "pause", "", title))
        at = max(at, on)
    if ends > at or not ledger["pauses"]:
        title = f"{key}: {plain(ledger['state'])}, {ledger['dose']} {unit}\nfrom {_local(patient, ledger['start'])}"
        lane.bars.append(Bar(at, ends, look, "", title))


def _dose(patient: Patient, ledger: dict[str, Any], dose: dict[str, Any], told: Told, lane: Lane) -> None:
    tz, at, due = patient.site.tz, moment(dose["at"]), day_of(dose["due"])
    day = _on(at, tz) or due
    what = f"{plain(ledger['key'])}: dose {dose['label']}"
    parts = [f"{dose['measured']} {ledger['unit']}"] if dose["measured"] else []
    parts += [f"due {due.isoformat()}"] if due is not None else []
    for since, until, rules in dose["held"]:
        parts.append(f"held {since} to {until or 'now'} ({rules})")
        state, days = "over" if until else "present", (day_of(since), day_of(until))
        told.entries.append(Entry(f"{what} is held", "hold", state, *days, note=rules))
    note = ", ".join(parts)
    told.entries.append(Entry(what, "dose", dose["state"], day, note=note))
    if day is not None:
        shape = DOSES.get(dose["state"], "dose-planned")
        title = ", ".join(part for part in (day.isoformat(), note) if part)
        place = at or at_hour(day, 12, tz)
        lane.marks.append(Mark(place, shape, f"{what}: {dose['state']}\n{title}", dose["label"]))


def _drip(patient: Patient, ledger: dict[str, Any], drip: dict[str, Any]) -> Entry:
    ends = moment(drip["projected_end"])
    note = f"{drip['volume']} mL, {drip['minutes']} min, {drip['rate']} mL/h"
    what = f"{plain(ledger['key'])}: infusion of dose {drip['label']}"
    day = _on(ends, patient.site.tz)
    return Entry(what, "infusion", drip["state"], day, day, note, marked=False)


def _on(at: datetime | None, tz: Any) -> date | None:
    return local_day(at, tz) if at is not None else None


def _local(patient: Patient, text: str | None) -> str:
    at = moment(text)
    return f"{at.astimezone(patient.site.tz):%Y-%m-%d %H:%M}" if at is not None else ""
