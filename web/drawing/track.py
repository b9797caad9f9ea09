"""A patient's drawing: the whole pathway on one axis with the MRD below it, and the same as a table.

Pure: the same patient and events give the same text. Nothing is left out: what has no day, or lies outside the time that is
drawn, stands in the table and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from markupsafe import Markup

from pathway.clock import local_day
from pathway.events import Event
from pathway.patient.needed import Patient
from web.drawing.axis import RIGHT, WIDTH, Axis, day_words
from web.drawing.courses import courses
from web.drawing.entries import NO_DAY, Entry, Stay, Told, happenings, items, plain, stays, tracks
from web.drawing.lanes import Lane, days_of, draw_lane
from web.drawing.mrd import Values, day_one_of, values_of
from web.drawing.mrd_chart import draw_chart
from web.drawing.shapes import Element, add, mark, markup, picture, titled, width_of, words

AHEAD: Final = timedelta(days=28)
"""How far past today the whole drawing goes at least; an eighth of what lies behind, where that is more."""
MARGIN: Final = timedelta(days=3)
HEAD: Final = 58.0
LEGEND: Final = (
    ("done", "done"), ("due", "due"), ("late", "late"), ("missed", "missed"), ("blocked", "blocked"), ("planned", "planned"),
    ("given", "dose given"), ("dose-planned", "dose planned"), ("held", "dose held"), ("omitted", "dose omitted"),
    ("step", "dose level from here"), ("end", "projected end"), ("milestone", "milestone"),
    ("answered", "decision by a person"), ("computed", "decision computed"), ("asked", "decision asked"),
    ("reopened", "decision reopened"), ("raised", "notice"), ("acknowledged", "notice, taken note of"),
    ("event", "endpoint event"), ("quantified", "MRD"), ("not-detected", "MRD not detected"), ("below", "MRD below this"),
    ("above", "MRD above this"), ("doubted", "MRD to be looked at"), ("no-value", "no value"),
    ("superseded", "corrected or voided"),
)  # fmt: skip
"""The shapes of `web.drawing.shapes` with their words, in the order of the lanes."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table that says the same. `begins` and `ends` are days in words; `no day yet` where there is none."""

    what: str
    kind: str
    state: str
    begins: str
    ends: str
    note: str


@dataclass(frozen=True, slots=True)
class Zoom:
    """A phase that can be looked at by itself: `key` is what `phase` takes."""

    key: str
    name: str
    begins: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing with what it shows as a table. `phase`: the key of the phase that it shows, "" for everything."""

    svg: Markup
    rows: tuple[Row, ...]
    values: tuple[Values, ...]
    phases: tuple[Zoom, ...]
    phase: str = ""


def drawn(patient: Patient, events: Sequence[Event], *, phase: str = "") -> Drawing:
    """The patient's drawing at their present, or of the time of a phase. A phase that was not entered gives the whole."""
    parts = (tracks(patient), courses(patient), items(patient), happenings(patient))
    values = values_of(patient, events)
    entered = stays(patient)
    chosen = next((stay for stay in entered if stay.key == phase), None)
    axis = _axis(patient, parts, values, chosen)
    entries = [entry for part in parts for entry in part.entries]
    rows = tuple(_row(entry, axis) for entry in entries)
    return Drawing(
        _draw(patient, parts, values, axis, chosen),
        rows,
        values,
        tuple(_zoom(stay, patient, axis, stay is chosen) for stay in entered),
        chosen.key if chosen is not None else "",
    )


def _axis(patient: Patient, parts: Sequence[Told], values: Sequence[Values], stay: Stay | None) -> Axis:
    """The time of a phase with a margin; else from the first that is known to a while after today."""
    tz, today = patient.site.tz, patient.today
    day_one = day_one_of(patient)
    if stay is not None:
        first = local_day(stay.begins, tz)
        last = max(first, local_day(stay.ends, tz) if stay.ends is not None else today)
        margin = max(MARGIN, (last - first) / 12)
        return Axis(_later(first, -margin), _later(last, margin), tz, day_one)
    days = [
        *days_of([lane for part in parts for lane in part.lanes], tz),
        *(r.day for v in values for r in v.results),
    ]
    past = [day for day in days if day <= today]
    first, latest = min(past, default=today), max(past, default=today)
    last = max(latest, today)
    return Axis(_later(first, -MARGIN), _later(last, max(AHEAD, (last - first) / 8)), tz, day_one)


def _later(day: date, by: timedelta) -> date:
    """A day that much later; the calendar ends where Python's does."""
    try:
        return day + by
    except OverflowError:
        return day


def _row(entry: Entry, axis: Axis) -> Row:
    begins, ends = entry.begins, entry.ends
    note = entry.note
    if begins is not None and entry.marked:
        if begins > axis.last:
            note = f"{note}, later than drawn".removeprefix(", ")
        elif (ends or begins) < axis.first and not (entry.kind == "phase" and ends is None):
            note = f"{note}, earlier than drawn".removeprefix(", ")
    return Row(
        entry.what,
        entry.kind,
        entry.state,
        axis.label(begins) if begins is not None else NO_DAY,
        axis.label(ends) if ends is not None else "",
        note,
    )


def _zoom(stay: Stay, patient: Patient, axis: Axis, chosen: bool) -> Zoom:
    day = day_words(local_day(stay.begins, patient.site.tz), axis.day_one)
    return Zoom(stay.key, f"{plain(stay.track)}: {plain(stay.phase)}", day, chosen)


# --- drawing --------------------------------------------------------------------------------------


def _draw(
    patient: Patient, parts: Sequence[Told], values: Sequence[Values], axis: Axis, stay: Stay | None
) -> Markup:
    lanes = [seen for part in parts for lane in part.lanes if (seen := lane.on(axis)) is not None]
    name = f"Timeline of {patient.subject}" + (f", {plain(stay.phase)}" if stay is not None else "")
    svg = picture(0, WIDTH, name, _description(patient, axis, lanes, values))
    grid = add(svg, "g", "grid")
    y = HEAD
    for section, group in groupby(lanes, key=lambda lane: lane.section):
        words(svg, 8, y + 14, section, "section")
        y += 20
        for lane in group:
            y += draw_lane(svg, axis, lane, y)
        y += 8
    for each in values:
        y += draw_chart(svg, axis, each, y) + 12
    _grid(grid, axis, y)
    _today(svg, axis, patient, y)
    y = _outside(svg, axis, parts, y + 6)
    y = _legend(svg, axis, lanes, values, y)
    svg.set("viewBox", f"0 0 {WIDTH} {y + 8:.0f}")
    return markup(svg)


def _description(patient: Patient, axis: Axis, lanes: Sequence[Lane], values: Sequence[Values]) -> str:
    phases = ", ".join(f"{plain(t['id'])} in {plain(t['phase'])}" for t in patient.plan["tracks"])
    results = sum(len(each.results) for each in values)
    return (
        f"From {axis.label(axis.first)} to {axis.label(axis.last)}; today is {axis.label(patient.today)}. Now: {phases}. "
        f"{len(lanes)} lanes, {results} MRD results. The tables below say the same."
    )


def _grid(grid: Element, axis: Axis, bottom: float) -> None:
    """Dates above, study days below them, and a line at each date through all lanes."""
    words(grid, axis.left - 10, 16, "date", "tick", "end")
    for x, text in axis.dates():
        add(grid, "line", "rule", x1=x, x2=x, y1=22, y2=bottom)
        if x + width_of(text) < RIGHT + 20:
            words(grid, x + 2, 16, text, "tick")
    days = list(axis.study_days())
    if days:
        words(grid, axis.left - 10, 34, "study day", "tick", "end")
    for x, text in days:
        add(grid, "line", "tooth", x1=x, x2=x, y1=38, y2=43)
        if x + width_of(text) < RIGHT + 20:
            words(grid, x + 2, 34, text, "tick day")
    add(grid, "line", "axis", x1=axis.left, x2=axis.right, y1=43, y2=43)


def _today(svg: Element, axis: Axis, patient: Patient, bottom: float) -> None:
    if not axis.shows(patient.today, patient.today):
        return
    x = axis.of(patient.now)
    made = titled(svg, f"today, {axis.label(patient.today)}", "today")
    add(made, "line", x1=x, x2=x, y1=43, y2=bottom)
    text = f"today {axis.label(patient.today)}"
    fits = x + width_of(text) / 2 < WIDTH - 2
    words(made, x if fits else RIGHT + 20, 54, text, "today-name", "middle" if fits else "end")


def _outside(svg: Element, axis: Axis, parts: Sequence[Told], y: float) -> float:
    """Say what is not drawn; where the next thing stands."""
    for line in _left_out(axis, [entry for part in parts for entry in part.entries if entry.marked]):
        words(svg, 8, y + 12, line, "outside")
        y += 17
    return y + 4


def _left_out(axis: Axis, entries: Sequence[Entry]) -> Iterator[str]:
    dated = [(e.begins, e.ends or e.begins) for e in entries if e.begins is not None and e.kind != "phase"]
    later = [begins for begins, _ in dated if begins > axis.last]
    earlier = [ends for _, ends in dated if ends < axis.first]
    undated = [e for e in entries if e.begins is None]
    if later:
        yield f"Later than drawn: {len(later)}, the last on {axis.label(max(later))}. They are in the table."
    if earlier:
        yield f"Earlier than drawn: {len(earlier)}. They are in the table."
    if undated:
        yield f"With no day yet: {len(undated)}. They are in the table."


def _legend(svg: Element, axis: Axis, lanes: Sequence[Lane], values: Sequence[Values], y: float) -> float:
    """The shapes that are drawn, with their words; where the next thing stands."""
    used = {m.shape for lane in lanes for m in lane.marks}
    used |= {r.kind for each in values for r in each.results if axis.shows(r.day, r.day)}
    group = add(svg, "g", "legend")
    x = 18.0
    for shape, text in LEGEND:
        if shape not in used:
            continue
        if x + 18 + width_of(text) > WIDTH - 8:
            x, y = 18.0, y + 20
        mark(group, shape, x, y + 10)
        words(group, x + 12, y + 14, text)
        x += 12 + width_of(text) + 26
    return y + 24
