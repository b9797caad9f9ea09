"""Lanes of a timeline: bars, windows and marks at their instants, and how they are drawn along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from pathway.clock import local_day
from web.drawing.axis import Axis
from web.drawing.shapes import Element, add, fitted, mark, stairs, titled, width_of, words

HIGH: Final = 20.0
"""How high a lane is without labels."""
LINE: Final = 14.0
TRACKS: Final = "Tracks"
MOST_LINES: Final = (6, 10)
"""How many lines of labels a lane may have; and one of phases, which are named even where they were short."""
NEAR: Final = 9.0
"""Marks of one kind that are nearer than this are drawn as one, with their number."""
MOST_TOLD: Final = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time. `look`: its class; `name` is written in it or under it, `title` says it whole."""

    begins: datetime
    ends: datetime
    look: str
    name: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at an instant: `shape` is one of `MARKS`."""

    at: datetime
    shape: str
    title: str
    name: str = ""


@dataclass(slots=True)
class Lane:
    """A line of the timeline. `labels`: its marks are named under it, and those that stand close are drawn as one."""

    name: str
    title: str
    section: str
    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    labels: bool = False

    def on(self, axis: Axis) -> Lane | None:
        """What of it the axis shows; None if nothing."""
        bars = [b for b in self.bars if axis.shows(local_day(b.begins, axis.tz), local_day(b.ends, axis.tz))]
        marks = [m for m in self.marks if axis.shows(day := local_day(m.at, axis.tz), day)]
        if not bars and not marks:
            return None
        return Lane(self.name, self.title, self.section, bars, sorted(marks, key=lambda m: m.at), self.labels)


def days_of(lanes: Sequence[Lane], tz: ZoneInfo) -> list[date]:
    """Every day on which something of these lanes begins, ends or stands."""
    found: list[date] = []
    for lane in lanes:
        for bar in lane.bars:
            found += [local_day(bar.begins, tz), local_day(bar.ends, tz)]
        found += [local_day(m.at, tz) for m in lane.marks]
    return found


def draw_lane(svg: Element, axis: Axis, lane: Lane, y: float) -> float:
    """Draw a lane from `y` down; how high it is."""
    group = add(svg, "g", "lane")
    name = titled(group, lane.title)
    words(name, axis.left - 10, y + 14, fitted(lane.name, axis.left - 22), "name", "end")
    add(group, "line", "base", x1=axis.left, x2=axis.right, y1=y + HIGH / 2, y2=y + HIGH / 2)
    labels: list[tuple[float, str, float]] = []
    for bar in lane.bars:
        labels += _bar(group, axis, bar, y)
    if lane.labels:
        for cluster in _clusters(axis, lane.marks):
            labels.append(_cluster(group, axis, cluster, y))
    else:
        for each in lane.marks:
            mark(group, each.shape, axis.of(each.at), y + HIGH / 2, each.title)
    return HIGH + _labels(group, axis, sorted(labels), y, MOST_LINES[lane.section == TRACKS])


def _bar(group: Element, axis: Axis, bar: Bar, y: float) -> list[tuple[float, str, float]]:
    """Draw a bar; its label, if its name does not fit into it."""
    left, right = axis.inside(axis.of(bar.begins)), axis.inside(axis.of(bar.ends))
    right = max(right, min(left + 2, axis.right))
    made = titled(group, bar.title, f"bar {bar.look}")
    thin = bar.look.split()[0] in THIN
    top, high = (y + HIGH / 2 - 4, 8.0) if thin else (y + 2, HIGH - 4)
    add(made, "rect", x=left, y=top, width=right - left, height=high, rx=0 if thin else 2)
    if not bar.name:
        return []
    if width_of(bar.name) + 8 <= right - left:
        words(made, left + 4, y + 14, bar.name, "in-bar")
        return []
    return [(left + 1, bar.name, y + HIGH - 2)]


THIN: Final = ("window", "overdue", "projected", "pause", "waits")
"""The looks of bars that are drawn as thin ones."""


def _clusters(axis: Axis, marks: Sequence[Mark]) -> list[list[Mark]]:
    """Marks of one shape that stand so close that one would cover the other."""
    found: list[list[Mark]] = []
    for _, same in groupby(sorted(marks, key=lambda m: (m.shape, m.at)), key=lambda m: m.shape):
        begun: list[Mark] = []
        for each in same:
            if begun and axis.of(each.at) - axis.of(begun[0].at) < NEAR:
                begun.append(each)
            else:
                found.append(begun := [each])
    return sorted(found, key=lambda c: c[0].at)


def _cluster(group: Element, axis: Axis, cluster: list[Mark], y: float) -> tuple[float, str, float]:
    """Draw marks that stand together as one; its label."""
    told = [m.title for m in cluster[:MOST_TOLD]]
    if len(cluster) > MOST_TOLD:
        told.append(f"and {len(cluster) - MOST_TOLD} more, in the table")
    x = axis.of(cluster[0].at)
    mark(group, cluster[0].shape, x, y + HIGH / 2, "\n".join(told))
    more = f" +{len(cluster) - 1}" if len(cluster) > 1 else ""
    return x, f"{cluster[0].name}{more}", y + HIGH - 3


def _labels(group: Element, axis: Axis, labels: list[tuple[float, str, float]], y: float, most: int) -> float:
    """Write labels under their marks, each with a line that leads to it; how high that is. Those without room stay away: the mark
    has its title, and the table has all."""
    shown = [_turned(axis, x, text, top, [other for other, *_ in labels]) for x, text, top in labels if text]
    shown = sorted(each for each in shown if each.text)
    lines = stairs([(each.begins, width_of(each.text)) for each in shown], most)
    deepest = -1
    for each, line in zip(shown, lines, strict=True):
        if line is None:
            continue
        deepest = max(deepest, line)
        at = y + HIGH + 10 + line * LINE
        add(group, "path", "leader", d=f"M{each.x:.1f} {each.top:.1f}V{at:.1f}")
        turned = each.begins < each.x
        words(
            group, each.x - 3 if turned else each.x + 3, at, each.text, "label", "end" if turned else "start"
        )
    return (deepest + 1) * LINE + (4 if deepest >= 0 else 0)


class _Label(NamedTuple):
    """A label that begins at `begins`, of the mark at `x` whose foot is at `top`."""

    begins: float
    x: float
    text: str
    top: float


def _turned(axis: Axis, x: float, text: str, top: float, others: Sequence[float]) -> _Label:
    """A label to the right of its mark; to the left where there is no room, and no other mark in the way; else cut short."""
    wide, room = width_of(text), axis.right + 20 - x
    if wide > room and axis.left < x - wide and not any(x - wide - 12 < other < x for other in others):
        return _Label(x - wide - 6, x, text, top)
    return _Label(x, x, fitted(text, room), top)
