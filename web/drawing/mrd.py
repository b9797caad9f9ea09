"""What is on record of minimal residual disease: each result as its laboratory gave it, and the limits of the protocol.

No result is made of nothing: a sample that was not evaluable or not obtainable has no value, and what was not detected is
no zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from pathway.changes import day_label
from pathway.clock import local_day
from pathway.engine.context import Compiled
from pathway.engine.values import observed, qualifier_of, under_sensitivity, value_text
from pathway.events import Event
from pathway.language import Compare, Input, Limit, Param, Reading, Sampled
from pathway.language.facts import Fact
from pathway.language.parsing import bound_of, decimal_text, parse_limit
from pathway.language.profile import profile_keys
from pathway.language.terms import reading_name
from pathway.language.walk import new_parts
from pathway.patient.needed import Patient
from pathway.record import Record

NOT_SET: Final = "not set"
"""What a plan says of a key of the profile that has no value."""
MRD: Final = "mrd"
"""How the ids of these facts begin."""
PLACED: Final = ("quantified", "below", "above", "not-detected", "doubted")
"""The kinds of results that count as valid; of the others nothing is known, or they no longer stand."""


@dataclass(frozen=True, slots=True)
class Result:
    """A result by the day of its sample. `kind`: `quantified`, `below` (detected below what can be quantified, or below a bound),
    `above` a bound, `not-detected`, `doubted` (there, and a person must look), `no-value` (not evaluable, not obtainable),
    `superseded` (corrected or voided).

    `place`: where it stands on the scale: the value, the bound, or what the assay could still see; None where nobody said.
    `said` is the value on record, `shown` what is written at the mark, `note` the details. `read`: the kind before any doubt.
    """

    day: date
    study_day: str
    at: datetime
    point: str
    kind: str
    said: str
    shown: str
    place: Decimal | None
    note: str
    event: str
    read: str


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A number that the protocol compares results with; `uses`: where it does so."""

    value: Decimal
    text: str
    uses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """Every result of one fact, by sample time, and the protocol's limits from the highest down."""

    fact: str
    text: str
    unit: str
    results: tuple[Result, ...]
    limits: tuple[LimitLine, ...]


def short(value: Decimal) -> str:
    """A number as protocols write small ones: `1e-4`, `2.5e-3`; from 0.1 on as it is."""
    if value == 0 or abs(value) >= Decimal("0.1"):
        return decimal_text(value)
    exponent = value.adjusted()
    return f"{decimal_text(value.scaleb(-exponent))}e{exponent}"


def values_of(patient: Patient, events: Sequence[Event]) -> tuple[Values, ...]:
    """The MRD facts of the protocol, in its order; then those that only the record knows."""
    record = Record.of(events)
    known = (
        {fact.id: fact for fact in patient.compiled.facts.values()} if patient.compiled is not None else {}
    )
    names = [name for name in known if name.startswith(MRD)]
    names += dict.fromkeys(e.name for e in events if _is_mrd(e) and e.name not in known)
    in_force = _in_force(patient.plan)
    day_one = day_one_of(patient)
    found: list[Values] = []
    for name in names:
        fact = known.get(name)
        results = sorted(
            (*_results(record, name, fact, patient, day_one), *_unobtainable(record, name, patient, day_one)),
            key=lambda r: (r.at, r.point, r.event),
        )
        limits = _limits(patient.compiled, name, in_force) if patient.compiled is not None else ()
        unit = fact.units[0].name if fact is not None and fact.units else ""
        found.append(Values(name, fact.text if fact is not None else name, unit, tuple(results), limits))
    return tuple(found)


def day_one_of(patient: Patient) -> date | None:
    """The day that study days count from, None while it is not known."""
    if patient.compiled is None:
        return None
    name = patient.compiled.protocol.day_one
    day = next((a["day"] for a in patient.plan["anchors"] if a["id"] == name), "")
    return date.fromisoformat(day) if day else None


def _is_mrd(event: Event) -> bool:
    return event.kind in ("observation", "not_obtainable") and event.name.startswith(MRD)


# --- results --------------------------------------------------------------------------------------


def _results(
    record: Record, name: str, fact: Fact | None, patient: Patient, day_one: date | None
) -> Iterator[Result]:
    for root, chain in record.chains.items():
        if chain[0].kind != "observation" or chain[0].name != name:
            continue
        head = record.head(root)
        for event in chain:
            stands = head is not None and record.latest_of_chain(root) == event.id
            if stands and head is not None:
                rivals = record.observations.get(head.name, {}).get(head.point, [])
                yield _standing(head, fact, patient, day_one, rivals)
            else:
                why = "voided" if root in record.voided or event.id in record.voided else "corrected"
                yield _result(event, patient, day_one, "superseded", f"{_number(event)}, {why}", None, why)


def _standing(
    event: Event, fact: Fact | None, patient: Patient, day_one: date | None, rivals: Sequence[Event]
) -> Result:
    """A result that counts: its kind, and where it stands."""
    read, shown, place = _read(event, fact)
    kind, note = read, ""
    if fact is not None and kind in PLACED:
        value = observed(fact, event)
        note = value.note
        one = fact.counted(event.point) == "one" and event.point
        if one and len({value_text(rival) for rival in rivals}) > 1:
            note = "another result is on record for the same point: which is right?"
        if note:
            kind, shown = "doubted", f"{shown}?"
    return replace(_result(event, patient, day_one, kind, shown, place, note), read=read)


def _read(event: Event, fact: Fact | None) -> tuple[str, str, Decimal | None]:
    """The kind of a result, its words, and where it stands on the scale."""
    said = event.value or ""
    qualifier = qualifier_of(fact, event) if fact is not None else said if _numeric(said) is None else ""
    sensitivity, least = _numeric(event.detail("sensitivity")), _numeric(event.detail("quantifiable_limit"))
    if (bound := bound_of(said)) is not None:
        op, number = bound
        return ("below" if op in ("<", "<=") else "above"), f"{op}{short(number)}", number
    match qualifier:
        case "not-detected":
            return "not-detected", f"not detected{_at(sensitivity, 'sensitivity')}", sensitivity
        case "positive-not-quantifiable":
            return "below", f"positive{_at(least, 'below')}", least
        case "not-evaluable":
            return "no-value", "not evaluable", None
    number_ = _numeric(said)
    if number_ is None:
        return "no-value", said or "no value", None
    if fact is not None and fact.qualifiers and under_sensitivity(event):
        return "below", f"<{short(sensitivity or number_)}", sensitivity
    if number_ <= 0:
        return "no-value", said, None
    return "quantified", short(number_), number_


def _at(limit: Decimal | None, words: str) -> str:
    return f", {words} {short(limit)}" if limit is not None else ""


def _numeric(text: str | None) -> Decimal | None:
    """A finite number, None of any other text."""
    try:
        number = Decimal(text or "")
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _number(event: Event) -> str:
    number = _numeric(event.value)
    return short(number) if number is not None else event.value or "no value"


def _unobtainable(record: Record, name: str, patient: Patient, day_one: date | None) -> Iterator[Result]:
    for (fact, _), events in record.unobtainable.items():
        for event in events if fact == name else ():
            yield _result(event, patient, day_one, "no-value", "not obtainable", None, "")


def _result(
    event: Event,
    patient: Patient,
    day_one: date | None,
    kind: str,
    shown: str,
    place: Decimal | None,
    note: str,
) -> Result:
    day = local_day(event.occurred, patient.site.tz)
    told = [note, event.reason, *(f"{name} {value}" for name, value in event.details)]
    said = event.value or ("not obtainable" if event.kind == "not_obtainable" else "")
    place = place if place is not None and place > 0 else None
    return Result(
        day, day_label(day, day_one), event.occurred, event.point, kind, said, shown, place,
        ", ".join(part for part in told if part), event.id, kind,
    )  # fmt: skip


# --- limits ---------------------------------------------------------------------------------------


def _in_force(plan: Mapping[str, Any]) -> dict[str, str]:
    """The profile's values that the reasons of a plan name: those of this patient's own profile."""
    asked = (*plan["criteria"], *plan["decisions"])
    return {a["key"]: a["value"] for each in asked for a in each.get("assumptions", ())}


def _limits(compiled: Compiled, fact: str, in_force: Mapping[str, str]) -> tuple[LimitLine, ...]:
    """Each number at which a part of the protocol parts the values of the fact; where a profile says it, as the profile does.

    What only asks whether a value is exactly that number parts nothing: it stands beside a limit, to show that a value is on it.
    A key of the profile that no reason in the plan names has its default, and is called so.
    """
    keys = profile_keys(compiled.protocol)
    found: dict[Decimal, dict[str, None]] = {}
    for reading, limit, band in _compared(compiled, fact):
        if isinstance(limit, Param):
            key = keys[limit.key]
            text = in_force.get(limit.key) or (key.default if key.type == "limit" else None)
            name = f"{limit.key}: {key.text}{'' if limit.key in in_force else ', by default'}"
        else:
            text, name = f"{limit.op} {limit.value}", band
        if not text or text == NOT_SET:
            continue
        meant = parse_limit(text)
        value = Decimal(meant.value)
        if value > 0 and meant.op != "=":
            use = f"{reading_name(reading)} {meant.op} {short(value)}" + (f" ({name})" if name else "")
            found.setdefault(value, {})[use] = None
    return tuple(LimitLine(v, short(v), tuple(found[v])) for v in sorted(found, reverse=True))


@lru_cache(maxsize=16)
def _compared(compiled: Compiled, fact: str) -> tuple[tuple[Reading, Limit | Param, str], ...]:
    """(slot, limit, name of the band) of everything in a protocol that compares this fact with a number."""
    found: list[tuple[Reading, Limit | Param, str]] = []
    for part in new_parts(compiled.protocol, set()):
        match part:
            case Compare(reading=reading, limit=limit) if reading.fact == fact:
                found.append((reading, limit, ""))
            case Sampled(reading=reading, beyond=Limit() | Param() as beyond) if reading.fact == fact:
                found.append((reading, beyond, ""))
            case Input(of=Reading() as reading, bands=bands) if reading.fact == fact:
                found += [(reading, limit, band.name) for band in bands for limit in band.limits]
    return tuple(found)
