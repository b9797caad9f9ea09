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
from pathway.language.parsing import QUALIFIERS, bound_of
from pathway.record import Record

INFINITY = Decimal("Infinity")
ZERO = Decimal(0)


@dataclass(slots=True)
class Val:
    """The value of a slot at an evaluation.

    `state`: `known`, `missing`, `review` (there, but a person must judge; `note` says why). For numbers `low <= x`,
    and `x <= high`, or `x < high` when `open_high`. `text` identifies the clinical value (for comparing what was
    seen with what is). `apart`: of a marrow and its repeats on different sides of some limit, each of them: what
    they all say of another limit is settled. `belongs`: False of what is on record at a point that does not accept it.
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
    open_low: bool = False
    apart: tuple[Val, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether it is one number, and no range in which the number lies."""
        return self.low == self.high


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
    elif _under(event, "quantifiable_limit"):
        text += f" quantifiable_limit {event.detail('quantifiable_limit')}"
    return text


def under_sensitivity(event: Event) -> bool:
    """Whether a number lies below what its own assay can see."""
    return _under(event, "sensitivity")


def _under(event: Event, name: str) -> bool:
    detail, value = event.detail(name), event.value or "0"
    if detail is None or value in QUALIFIERS or bound_of(value) is not None:
        return False
    return Decimal(value) < Decimal(detail)


def qualifier_of(fact: Fact, event: Event) -> str:
    """The qualifier of a measured value: 0 says that nothing was detected, a number below its own quantifiable limit that there
    is something and no number. "" of a quantified one."""
    value = event.value or ""
    if value in QUALIFIERS or not fact.qualifiers:
        return value if value in QUALIFIERS else ""
    if bound_of(value) is None and Decimal(value) == 0:
        return "not-detected"
    below = _under(event, "quantifiable_limit") and not under_sensitivity(event)
    return "positive-not-quantifiable" if below else ""


def of_another_kind(fact: Fact, event: Event) -> str:
    """Why a result is none of this fact: what it was measured in, or by; "" if it is one, or nobody has said."""
    specimen, assay = event.detail("specimen"), event.detail("assay")
    if fact.specimens and specimen is not None and specimen.strip().lower() not in fact.specimens:
        return f"specimen {specimen}: only {' or '.join(fact.specimens)} counts"
    if not fact.assays or assay is None or event.detail("checked") == "yes":
        return ""
    known = any(word in assay.lower() for word in fact.assays)
    return "" if known else f"assay {assay}: only {fact.assays[0]} counts"


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
    if other := of_another_kind(fact, event):
        where = event.detail("specimen") if other.startswith("specimen") else event.detail("assay")
        return Val("review", event, f"{text} in {where}", event.recorded, ZERO, INFINITY, note=other)
    if (bound := bound_of(value)) is not None:
        return _bounded(fact, event, *bound)
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


def _bounded(fact: Fact, event: Event, op: str, number: Decimal) -> Val:
    """A number of which only a bound is known: `<500` lies from the lowest possible to below 500."""
    least, most = fact.possible
    low = Decimal(least) if least is not None else -INFINITY
    high = Decimal(most) if most is not None else INFINITY
    below = op in ("<", "<=")
    low, high = (low, number) if below else (number, high)
    value = Val("known", event, value_text(event), event.recorded, low, high)
    value.open_low, value.open_high = op == ">", op == "<" or high == INFINITY
    edge = fact.plausible[0] if below else fact.plausible[1]
    beyond = edge is not None and (number < Decimal(edge) if below else number > Decimal(edge))
    if beyond and event.detail("checked") != "yes":
        value.state, value.note = "review", "implausible: correct it or confirm it as checked"
    return value


def numbers_apart(fact: Fact, values: list[Val]) -> tuple[Val, ...]:
    """Results of different days that are apart, each of which can be read; () if one cannot."""
    return tuple(values) if fact.type == "number" and all(v.state == "known" for v in values) else ()


def holds_of_all(op: str, value: Val, limit: Decimal) -> bool | None:
    """As `holds`; of results that are apart what they all say of this limit, whichever of them counts."""
    if value.state == "known":
        return holds(op, value, limit)
    said = [holds(op, each, limit) for each in value.apart]
    return said[0] if said and all(each is said[0] for each in said) else None


def holds(op: str, value: Val, limit: Decimal) -> bool | None:
    """Whether a number satisfies a limit; None when its bounds do not tell."""
    low, high = value.low, value.high
    all_below = high < limit or (high == limit and value.open_high)
    all_above = low > limit or (low == limit and value.open_low)
    if op == "<":
        return True if all_below else (False if low >= limit else None)
    if op == "<=":
        return True if high <= limit else (False if all_above else None)
    if op == "=":
        return False if all_below or all_above else (True if low == high else None)
    if op == ">=":
        return True if low >= limit else (False if all_below else None)
    return True if all_above else (False if high <= limit else None)


def day_text(event: Event, tz: ZoneInfo) -> str:
    """The site-local day of an observation."""
    return local_day(event.occurred, tz).isoformat()


def course_text(event: Event, tz: ZoneInfo) -> str:
    """A course of a medicine: value, first day, details."""
    details = " ".join(f"{k}={v}" for k, v in event.details)
    return f"{value_text(event)} from {day_text(event, tz)} {details}".rstrip()


def stated(record: Record, key: tuple[str, str], tz: ZoneInfo) -> set[str]:
    """Every text by which a value at a fact and point may have been seen. Kept with the record, with what it was made of."""
    events = record.observations.get(key[0], {}).get(key[1], [])
    known = record.kept.setdefault("stated", {})
    before: list[Event]
    texts: set[str]
    before, texts = known.get((key, tz), ([], set()))
    if before == events:
        return texts
    if before != events[: len(before)]:
        before, texts = [], set()
    for event in events[len(before) :]:
        texts |= {value_text(event), day_text(event, tz), course_text(event, tz)}
    known[key, tz] = [*events], texts
    return texts
