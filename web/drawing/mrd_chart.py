"""The chart of MRD along the axis of the timeline: a scale of powers of ten, and below it, apart, what has no number."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10
from typing import Final

from web.drawing.axis import Axis
from web.drawing.mrd import LimitLine, Result, Values, short
from web.drawing.shapes import Element, add, mark, titled, width_of, words

DECADE: Final = 26.0
STRIP: Final = 24.0
HEAD: Final = 22.0
HIGHEST, LOWEST, LEAST_DECADES = 0, -6, 3
BOLD: Final = 1.1
"""How much wider bold letters are."""
STRIPS: Final = {
    "not-detected": "not detected",
    "below": "positive, no number",
    "no-value": "no value",
    "superseded": "not valid any more",
}
"""What stands below the scale, each in a strip of its own: none of it is a number."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """Powers of ten from `high` down to `low`; `top` is where the highest one stands."""

    high: int
    low: int
    top: float

    def of(self, value: Decimal) -> float:
        """Where a number above zero stands."""
        place = min(max(log10(value), self.low), self.high)
        return self.top + (self.high - place) * DECADE

    @property
    def bottom(self) -> float:
        """Where the lowest power stands."""
        return self.top + (self.high - self.low) * DECADE


def scale_of(values: Values, top: float) -> Scale:
    """A scale on which every number stands: those of results, of assays and of the protocol's limits."""
    numbers = [r.place for r in values.results if r.place is not None] + [
        limit.value for limit in values.limits
    ]
    high = max([HIGHEST, *(ceil(log10(n)) for n in numbers)])
    low = min([high - LEAST_DECADES, *(floor(log10(n)) for n in numbers)])
    return Scale(high, low, top)


def strip_of(result: Result) -> str:
    """The strip below the scale in which a result stands; "" of one that stands on the scale, or is not drawn as a value."""
    if result.kind == "superseded":
        return "superseded"
    if result.read in ("not-detected", "no-value"):
        return result.read
    return "below" if result.place is None else ""


def draw_chart(svg: Element, axis: Axis, values: Values, y: float) -> float:
    """Draw the chart of a fact from `y` down; how high it is."""
    group = add(svg, "g", "chart")
    words(group, 8, y + 14, f"{values.text} ({values.unit})" if values.unit else values.text, "section")
    shown = [r for r in values.results if axis.shows(r.day, r.day)]
    if not shown:
        limits = "".join(f"; limit {limit.text}" for limit in values.limits)
        why = "no result yet" if not values.results else "no result in this time"
        words(group, axis.left + 12, y + HEAD + 12, f"{why}{limits}", "nothing")
        return HEAD + STRIP
    scale = scale_of(values, y + HEAD + 14)
    _decades(group, axis, scale)
    taken: list[Box] = []
    for limit in values.limits:
        _limit(group, axis, scale, limit, taken)
    strips: dict[str, float] = {}
    for name in STRIPS:
        if any(strip_of(r) == name for r in shown):
            strips[name] = scale.bottom + 8 + STRIP * (len(strips) + 0.5)
            _strip(group, axis, STRIPS[name], strips[name])
    _joined(group, axis, scale, shown)
    heights = [strips[strip_of(r)] if strip_of(r) else scale.of(r.place or Decimal(1)) for r in shown]
    for result, at in zip(shown, heights, strict=True):
        _result(group, axis, scale, result, at)
    taken += [
        (axis.of(r.at) - 6, at - 6, axis.of(r.at) + 6, at + 6) for r, at in zip(shown, heights, strict=True)
    ]
    for result, at in zip(shown, heights, strict=True):
        _name(group, axis, result, at, taken)
    return scale.bottom + 8 + STRIP * len(strips) - y


def _decades(group: Element, axis: Axis, scale: Scale) -> None:
    add(
        group,
        "rect",
        "plot",
        x=axis.left,
        y=scale.top,
        width=axis.right - axis.left,
        height=scale.bottom - scale.top,
    )
    for power in range(scale.low, scale.high + 1):
        y = scale.top + (scale.high - power) * DECADE
        add(group, "line", "decade", x1=axis.left, x2=axis.right, y1=y, y2=y)
        words(group, axis.left - 8, y + 4, short(Decimal(1).scaleb(power)), "tick", "end")


def _limit(group: Element, axis: Axis, scale: Scale, limit: LimitLine, taken: list[Box]) -> None:
    y, right, text = scale.of(limit.value), axis.right - 4, f"limit {limit.text}"
    made = titled(group, "\n".join((text, *limit.uses)), "limit")
    add(made, "line", x1=axis.left, x2=axis.right, y1=y, y2=y)
    width = width_of(text) * BOLD
    while right - width > axis.left and any(_meet((right - width, y - 16, right, y), box) for box in taken):
        right -= width + 8
    words(made, right, y - 4, text, "limit-name", "end")
    taken.append((right - width, y - 16, right, y))


def _strip(group: Element, axis: Axis, name: str, y: float) -> None:
    add(group, "line", "base", x1=axis.left, x2=axis.right, y1=y, y2=y)
    words(group, axis.left - 8, y + 4, name, "tick", "end")


def _joined(group: Element, axis: Axis, scale: Scale, results: list[Result]) -> None:
    """A line between numbers that follow one another; none across what is no number."""
    begun: list[str] = []
    for result in [*(r for r in results if r.kind != "superseded"), None]:
        if result is not None and result.kind == "quantified" and result.place is not None:
            begun.append(f"{axis.of(result.at):.1f},{scale.of(result.place):.1f}")
            continue
        if len(begun) > 1:
            add(group, "polyline", "course", points=" ".join(begun))
        begun = []


def _result(group: Element, axis: Axis, scale: Scale, result: Result, y: float) -> None:
    x = axis.of(result.at)
    about = [f"{axis.label(result.day)} {result.point}".strip(), result.shown, result.note]
    made = titled(group, "\n".join(part for part in about if part), f"result {result.kind}")
    if strip_of(result) == "not-detected" and result.place is not None:
        top = scale.of(result.place)
        add(made, "path", "reach", d=f"M{x:.1f} {y - 5:.1f}V{top:.1f}M{x - 5:.1f} {top:.1f}H{x + 5:.1f}")
    mark(made, result.kind, x, y)


def _name(group: Element, axis: Axis, result: Result, y: float, taken: list[Box]) -> None:
    """Write what a result says where it covers nothing; where there is no such place its title and the table say it."""
    x, label = axis.of(result.at), f"{result.point} {result.shown}".strip()
    width = width_of(label) * BOLD
    for left, base in (
        (x + 9, y + 4), (x - width / 2, y - 10), (x - width / 2, y + 19), (x - 9 - width, y + 4), (x - 9 - width, y - 8),
        (x + 5, y - 10), (x + 5, y + 18), (x + 5, y - 24),
    ):  # fmt: skip
        box = (left, base - 11, left + width, base + 3)
        if left > axis.left and box[2] < axis.right + 20 and not any(_meet(box, other) for other in taken):
            words(group, left, base, label, f"value {result.kind}")
            taken.append(box)
            return


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
