"""A swimmer plot of a cohort: one bar for each child from day one, by the phases of treatment, the longest on top.

Pure. A child whose day one is not known has no bar; they stand below with that said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from markupsafe import Markup

from pathway.changes import day_label
from pathway.clock import local_day
from pathway.patient.needed import Patient
from web.drawing.entries import day_of, plain, stays
from web.drawing.mrd import day_one_of
from web.drawing.shapes import Element, add, fitted, mark, markup, picture, titled, width_of, words

TREATMENT: Final = "treatment"
WIDTH, LEFT, RIGHT, HEAD, HIGH = 1200.0, 150.0, 1120.0, 46.0, 24.0
STEPS: Final = (7, 14, 28, 56, 84, 168, 364, 728, 1820)
ROOM: Final = 62.0
LOOKS: Final = 8
ENDS: Final = {"off": "off treatment", "still-on": "still on treatment", "event": "event"}


@dataclass(frozen=True, slots=True)
class Segment:
    """A phase of treatment; `ends` is the first day of what follows, None while it lasts."""

    phase: str
    begins: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class Swimmer:
    """A child of the cohort. `until`: the last day that is known of them. `off`: the day treatment ended, None while it goes on.
    `events`: what the endpoints count, by day.
    """

    subject: str
    day_one: date | None
    until: date
    segments: tuple[Segment, ...] = ()
    off: date | None = None
    events: tuple[tuple[str, date], ...] = ()

    @property
    def days(self) -> int:
        """How many days from day one on are known; 0 while there is no day one."""
        return max((self.until - self.day_one).days + 1, 0) if self.day_one is not None else 0


def swimmer_of(patient: Patient, track: str = TREATMENT) -> Swimmer:
    """A patient as one of a cohort. Treatment is over in a phase of the track that leads nowhere."""
    tz, day_one = patient.site.tz, day_one_of(patient)
    segments = [
        Segment(
            stay.phase,
            local_day(stay.begins, tz),
            local_day(stay.ends, tz) if stay.ends is not None else None,
        )
        for stay in stays(patient)
        if stay.track == track
    ]
    events: dict[tuple[str, date], None] = {}
    for each in patient.plan["endpoints"]:
        day = day_of(each["event"]["day"]) if each["event"] else None
        if day is not None:
            events[each["event"]["name"], day] = None
    off = segments[-1].begins if segments and _is_end(patient, segments[-1].phase, track) else None
    return Swimmer(patient.subject, day_one, _known_until(patient), tuple(segments), off, tuple(events))


def _known_until(patient: Patient) -> date:
    """Today; where every endpoint is over, as after a death, the last of their days."""
    ended = [day_of(e["event"]["day"] if e["event"] else e["censored"]) for e in patient.plan["endpoints"]]
    known = [day for day in ended if day is not None]
    return max(known) if known and len(known) == len(ended) else patient.today


def _is_end(patient: Patient, phase: str, track: str) -> bool:
    definition = patient.compiled.tracks.get(track) if patient.compiled is not None else None
    return any(
        each.id == phase and each.terminal for each in (definition.phases if definition is not None else ())
    )


def swimmers(patients: Iterable[Swimmer]) -> Markup:
    """The plot, sorted by how long each child is known; of the same length by subject."""
    cohort = sorted(patients, key=lambda s: (-s.days, s.subject))
    placed = [each for each in cohort if each.day_one is not None]
    longest = max([28, *(each.days for each in placed)])
    looks = {
        name: i for i, name in enumerate(dict.fromkeys(s.phase for each in placed for s in each.segments))
    }
    svg = picture(0, WIDTH, "Swimmer plot", _description(cohort, placed))
    bottom = HEAD + HIGH * len(placed)
    _scale(svg, longest, bottom)
    used: set[str] = set()
    for i, each in enumerate(placed):
        used |= _lane(svg, each, each.day_one or each.until, longest, HEAD + HIGH * i, looks)
    y = bottom + 10
    missing = [each.subject for each in cohort if each.day_one is None]
    if missing:
        words(svg, 8, y + 14, f"No day one yet: {', '.join(missing)}", "outside")
        y += 22
    y = _legend(svg, looks, [name for name in ENDS if name in used], y)
    svg.set("viewBox", f"0 0 {WIDTH:.0f} {y + 8:.0f}")
    return markup(svg)


def _description(cohort: Sequence[Swimmer], placed: Sequence[Swimmer]) -> str:
    on = sum(1 for each in placed if each.off is None)
    return (
        f"{len(cohort)} children, {len(placed)} with a day one, {on} of them still on treatment. "
        + " ".join(f"{each.subject}: {each.days} days." for each in placed)
    )


def _x(day: int, longest: int) -> float:
    """Where a day stands that so many days before were over."""
    return LEFT + day / longest * (RIGHT - LEFT)


def _scale(svg: Element, longest: int, bottom: float) -> None:
    step = next((s for s in STEPS if _x(s, longest) - LEFT >= ROOM), STEPS[-1])
    words(svg, LEFT - 10, 20, "study day", "tick", "end")
    for day in range(0, longest + 1, step):
        x = _x(day, longest)
        add(svg, "line", "rule", x1=x, x2=x, y1=28, y2=bottom)
        words(svg, x + 2, 20, f"D{day + 1}", "tick day")


def _lane(
    svg: Element, each: Swimmer, day_one: date, longest: int, y: float, looks: dict[str, int]
) -> set[str]:
    """Draw a child; the marks that were used."""
    used: set[str] = set()
    words(svg, LEFT - 10, y + 15, fitted(each.subject, LEFT - 16), "name", "end")
    for segment in each.segments:
        ends = segment.ends if segment.ends is not None else each.until
        first, last = (segment.begins - day_one).days, (ends - day_one).days + (segment.ends is None)
        if last <= 0 or (each.off is not None and segment.begins >= each.off):
            continue
        left, right = _x(max(first, 0), longest), _x(last, longest)
        label = f"{plain(segment.phase)}"
        told = f"{each.subject}: {label}\n{day_label(segment.begins, day_one)} to {day_label(ends, day_one)}"
        made = titled(svg, told, f"segment p{looks[segment.phase] % LOOKS}")
        add(made, "rect", x=left, y=y + 2, width=max(right - left, 1.0), height=HIGH - 6)
        if width_of(label) + 8 <= right - left:
            words(made, left + 4, y + 15, label, "in-bar")
    if each.off is not None:
        x = _x(max((each.off - day_one).days, 0), longest)
        mark(
            svg, "off", x, y + HIGH / 2 - 1, f"{each.subject}: off treatment, {day_label(each.off, day_one)}"
        )
        add(svg, "line", "after", x1=x, x2=_x(each.days, longest), y1=y + HIGH / 2 - 1, y2=y + HIGH / 2 - 1)
        used.add("off")
    else:
        x = _x(each.days, longest)
        mark(
            svg,
            "still-on",
            x + 9,
            y + HIGH / 2 - 1,
            f"{each.subject}: still on treatment, {day_label(each.until, day_one)}",
        )
        used.add("still-on")
    for name, day in each.events:
        x = _x((day - day_one).days, longest)
        mark(svg, "event", x, y + HIGH / 2 - 1, f"{each.subject}: {name}, {day_label(day, day_one)}")
        used.add("event")
    return used


def _legend(svg: Element, looks: dict[str, int], ends: Sequence[str], y: float) -> float:
    """The phases and the marks with their words; where the next thing stands."""
    group = add(svg, "g", "legend")
    x = 18.0
    for name in (*looks, *ends):
        text = ENDS.get(name) or plain(name)
        if x + 24 + width_of(text) > WIDTH - 8:
            x, y = 18.0, y + 20
        if name in ENDS:
            mark(group, name, x, y + 10)
        else:
            add(
                add(group, "g", f"segment p{looks[name] % LOOKS}"),
                "rect",
                x=x - 8,
                y=y + 3,
                width=16,
                height=14,
            )
        words(group, x + 14, y + 14, text)
        x += 14 + width_of(text) + 26
    return y + 24
