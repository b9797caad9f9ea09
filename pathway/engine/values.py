"""Values: parsing what people type into canonical text, and the values of slots during an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from pathway.clock import local_day
from pathway.events import Event
from pathway.language import Fact
from pathway.language.parsing import QUALIFIERS

INFINITY = Decimal("Infinity")
ZERO = Decimal(0)


@dataclass(slots=True)
class Val:
    """The value of a slot at an evaluation.

    `state`: `known`, `missing`, `review` (there, but a person must judge; `note` says why). For numbers `low <= x`,
    and `x <= high`, or `x < high` when `open_high`. `text` identifies the clinical value (for comparing what was
    seen with what is). `belongs`: False of what is on record at a point that does not accept it.
    """

    state: Literal["known", "missing", "review"]
    event: Event | None
    text: str
    since: datetime | None
    low: Decimal = ZERO
    high: Decimal = ZERO
    open_high: bool = False
    day: date | None = None
    note: str = ""
    belongs: bool = True


MISSING = Val("missing", None, "", None)


def value_text(event: Event) -> str:
    """Text that identifies the clinical value of an observation: value, sensitivity and quantifiable limit where
    they matter."""
    text = event.value or ""
    if text in QUALIFIERS:
        for name in ("sensitivity", "quantifiable_limit"):
            detail = event.detail(name)
            if detail is not None:
                text += f" {name} {detail}"
    elif under_sensitivity(event):
        text += f" sensitivity {event.detail('sensitivity')}"
    return text


def under_sensitivity(event: Event) -> bool:
    """Whether a number lies below what its own assay can see."""
    detail = event.detail("sensitivity")
    return (
        detail is not None and event.value not in QUALIFIERS and Decimal(event.value or "0") < Decimal(detail)
    )


def qualifier_of(fact: Fact, event: Event) -> str:
    """The qualifier of a measured value: 0 says that nothing was detected. "" of a quantified one."""
    value = event.value or ""
    if value in QUALIFIERS or not fact.qualifiers:
        return value if value in QUALIFIERS else ""
    return "not-detected" if Decimal(value) == 0 else ""


def observed(fact: Fact, event: Event) -> Val:
    """The value that one observation states."""
    text = value_text(event)
    value = event.value or ""
    if fact.type == "choice":
        return Val("known", event, text, event.recorded)
    if fact.type == "date":
        return Val(
            "known", event, text, event.recorded, day=None if value == "NEVER" else date.fromisoformat(value)
        )
    specimen = event.detail("specimen")
    if fact.specimens and specimen is not None and specimen.strip().lower() not in fact.specimens:
        note = f"specimen {specimen}: only {' or '.join(fact.specimens)} counts"
        return Val("review", event, f"{text} in {specimen}", event.recorded, ZERO, INFINITY, note=note)
    qualifier = qualifier_of(fact, event)
    if qualifier:
        return _unquantified(event, qualifier, text)
    number = Decimal(value)
    low, high = fact.plausible
    beyond = (low is not None and number < Decimal(low)) or (high is not None and number > Decimal(high))
    if beyond and event.detail("checked") != "yes":
        note = "implausible: correct it or confirm it as checked"
        return Val("review", event, text, event.recorded, number, number, note=note)
    if fact.qualifiers and under_sensitivity(event):
        # No assay can place a value below what it can see: it lies somewhere under that.
        limit = Decimal(event.detail("sensitivity") or "0")
        return Val("known", event, text, event.recorded, ZERO, limit, open_high=True)
    return Val("known", event, text, event.recorded, number, number)


def _unquantified(event: Event, value: str, text: str) -> Val:
    if value == "not-evaluable":
        return Val("review", event, text, event.recorded, ZERO, INFINITY, note="the sample was not evaluable")
    detail = event.detail("sensitivity" if value == "not-detected" else "quantifiable_limit")
    high = Decimal(detail) if detail is not None else INFINITY
    return Val("known", event, text, event.recorded, ZERO, high, open_high=True)


def holds(op: str, value: Val, limit: Decimal) -> bool | None:
    """Whether a number satisfies a limit; None when its bounds do not tell."""
    low, high = value.low, value.high
    if not value.open_high:
        if op == "<":
            return low < limit
        if op == "<=":
            return low <= limit
        if op == "=":
            return low == limit
        if op == ">=":
            return low >= limit
        return low > limit
    below = high <= limit  # every possible value is under the limit, because `high` itself is excluded
    above = low > limit
    if op in ("<", "<="):
        return True if below else (False if above else None)
    if op == "=":
        return False if below or above else None
    return False if below else (True if above else None)


def day_text(event: Event, tz: ZoneInfo) -> str:
    """The site-local day of an observation."""
    return local_day(event.occurred, tz).isoformat()


def course_text(event: Event, tz: ZoneInfo) -> str:
    """A course of a medicine: value, first day, details."""
    details = " ".join(f"{k}={v}" for k, v in event.details)
    return f"{value_text(event)} from {day_text(event, tz)} {details}".rstrip()
