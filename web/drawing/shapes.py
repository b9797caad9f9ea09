"""What drawings are made of: elements whose values are escaped when they are written, marks that differ by shape, words that fit.

Looks are classes only: `web/static/drawing.css` has them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from markupsafe import Markup

Element = ET.Element

MARKS: Final = {
    "done": ("M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z", "M-2.6 0.2L-0.8 2.2L2.6 -2"),
    "planned": ("M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z", ""),
    "due": ("M-5 -5H5V5H-5z", "M-1.5 -1.5H1.5V1.5H-1.5z"),
    "late": ("M0 -6.5L6.5 5H-6.5z", "M0 -2.5V1.4M0 3V3.8"),
    "missed": ("M-5 -5L5 5M5 -5L-5 5", ""),
    "blocked": ("M-2.3 -5.5H2.3L5.5 -2.3V2.3L2.3 5.5H-2.3L-5.5 2.3V-2.3z", "M-3 0H3"),
    "given": ("M-2.5 -7H2.5V7H-2.5z", ""),
    "dose-planned": ("M-2.5 -6H2.5V6H-2.5z", ""),
    "held": ("M-4 -6H-1.5V6H-4zM1.5 -6H4V6H1.5z", ""),
    "omitted": ("M-2.5 -6H2.5V6H-2.5z", "M-5 5L5 -5"),
    "step": ("M0 -9V9M-3 -9H3", ""),
    "end": ("M0 -9V9M-4 0L0 -4M-4 0L0 4", ""),
    "milestone": ("M-3 7V-7M-3 -7L6 -3.5L-3 0", ""),
    "answered": ("M0 -6.5L6.5 0L0 6.5L-6.5 0z", ""),
    "computed": ("M0 -4.5L4.5 0L0 4.5L-4.5 0z", ""),
    "asked": ("M0 -8L8 0L0 8L-8 0z", "M-2 -1.6A2 2 0 1 1 0 0.6V1.6M0 3.2V4"),
    "reopened": ("M0 -8L8 0L0 8L-8 0z", "M0 -4V1M0 2.8V3.8"),
    "raised": ("M0 -6.5L6.5 5H-6.5z", "M0 -2.5V1.4M0 3V3.8"),
    "acknowledged": ("M0 -6L6 4.5H-6z", ""),
    "event": ("M-2 -7H2V-2H7V2H2V7H-2V2H-7V-2H-2z", ""),
    "quantified": ("M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z", ""),
    "not-detected": ("M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z", ""),
    "below": ("M-6 -4H6L0 6z", ""),
    "above": ("M-6 4H6L0 -6z", ""),
    "doubted": ("M-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0z", "M-1.8 -1.6A1.8 1.8 0 1 1 0 0.6V1.4M0 3V3.7"),
    "no-value": ("M-5 -5L5 5M5 -5L-5 5", ""),
    "superseded": ("M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", "M-6.5 6.5L6.5 -6.5"),
    "still-on": ("M-7 -5L3 0L-7 5z", ""),
    "off": ("M-2 -8H2V8H-2z", ""),
}
"""By name: the outline, and what stands in it. No two that stand in one lane have the same outline and the same look."""
ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in XML, however it is escaped."""
WIDE: Final = 0x2E80
ELLIPSIS: Final = "\u2026"


def add(parent: Element, tag: str, classes: str = "", **values: float | str) -> Element:
    """A new element in `parent`. `values` are attributes, `_` for `-`; numbers are rounded to a tenth."""
    attributes = {"class": clean(classes)} if classes else {}
    for name, value in values.items():
        attributes[name.rstrip("_").replace("_", "-")] = (
            clean(value) if isinstance(value, str) else number(value)
        )
    return ET.SubElement(parent, tag, attributes)


def number(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{round(value, 1) + 0.0:g}" if abs(value) < 1e5 else f"{value:.1f}"


def clean(text: str) -> str:
    """Text without what XML does not allow."""
    return ILLEGAL.sub("\ufffd", text)


def picture(height: float, width: float, name: str, description: str, classes: str = "drawing") -> Element:
    """An empty drawing that scales, with what is read out instead of it."""
    box = f"0 0 {number(width)} {number(height)}"
    svg = ET.Element(
        "svg", {"xmlns": "http://www.w3.org/2000/svg", "class": classes, "viewBox": box, "role": "img"}
    )
    add(svg, "title").text = clean(name)
    add(svg, "desc").text = clean(description)
    return svg


def titled(parent: Element, title: str, classes: str = "") -> Element:
    """A group that a pointer at it explains."""
    group = add(parent, "g", classes)
    if title:
        add(group, "title").text = clean(title)
    return group


def words(
    parent: Element, x: float, y: float, text: str, classes: str = "", anchor: str = "start"
) -> Element:
    """A line of text."""
    made = add(parent, "text", classes, x=x, y=y, text_anchor=anchor)
    made.text = clean(text)
    return made


def mark(parent: Element, shape: str, x: float, y: float, title: str = "") -> Element:
    """A mark by its name in `MARKS`."""
    outline, inner = MARKS[shape]
    group = titled(parent, title, f"mark m-{shape}")
    group.set("transform", f"translate({number(x)} {number(y)})")
    add(group, "path", "outline", d=outline)
    if inner:
        add(group, "path", "inner", d=inner)
    return group


def markup(svg: Element) -> Markup:
    """A drawing as text for a page. The serializer has escaped every value."""
    return Markup(ET.tostring(svg, encoding="unicode"))  # noqa: S704


def width_of(text: str) -> float:
    """How wide a text is at 12 px, a little more rather than less."""
    return sum(
        12.5
        if ord(c) >= WIDE
        else 8.6
        if c in "MWmw"
        else 7.9
        if c.isupper()
        else 3.8
        if c in " .,:;il|!'()-"
        else 6.9
        for c in text
    )


def fitted(text: str, room: float) -> str:
    """The text, cut short with an ellipsis where there is no room for it; empty where there is none for two letters."""
    if width_of(text) <= room:
        return text
    kept = text
    while kept and width_of(kept) + 10 > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}{ELLIPSIS}" if len(kept) > 1 else ""


def stairs(places: Sequence[tuple[float, float]], most: int) -> list[int | None]:
    """In which line under its mark each label stands, so that no label covers another or the line that leads to one.

    `places`: (where it begins, how wide it is) from left to right. None of what would stand below `most` lines.
    """
    found: list[int | None] = [None] * len(places)
    for i in reversed(range(len(places))):
        begins, width = places[i]
        under = [
            line
            for (other, _), line in zip(places[i + 1 :], found[i + 1 :], strict=True)
            if line is not None and other < begins + width + 6
        ]
        line = max(under, default=-1) + 1
        found[i] = line if line < most else None
    return found
