"""Values as people write them, read by the type of the fact: numbers with units, dates, choices, limits."""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from difflib import get_close_matches

from pathway.errors import AllpathError, ProtocolError
from pathway.language.facts import Fact
from pathway.language.terms import Limit, Operator

QUALIFIERS = ("not-detected", "positive-not-quantifiable", "not-evaluable")


DIGITS = 20  # more than any assay gives, fewer than the 28 that Decimal multiplies without rounding


BOUND_DIGITS = 4  # of a bound that is told in another unit and does not divide evenly


YEARS = range(
    1900, 2201
)  # of dates and instants, so that calendar arithmetic never leaves what Python counts


_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


class BadValue(AllpathError):
    """A value that cannot be read; `code` is a refusal code of the door."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def nearest(name: str, names: object) -> str:
    """The words ", did you mean X?" for a close match among `names`, else what is accepted."""
    known = [str(n) for n in names] if isinstance(names, list | tuple | dict) else []
    close = get_close_matches(name, known, 1, 0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"accepted: {', '.join(known)}" if known else "none is accepted here"


def decimal_text(value: Decimal) -> str:
    """Canonical text of a decimal: no exponent games, `0.0002` and `2e-4` are one: `0.0002`."""
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def parse_decimal(text: str) -> Decimal:
    """A finite decimal from text such as `2e-4` or `85`; raises BadValue."""
    if not _NUMBER.fullmatch(text.strip()):
        raise BadValue("malformed", f"{text!r} is not a number; accepted: digits such as 85, 0.0002 or 2e-4")
    value = Decimal(text.strip())
    if abs(value.adjusted()) > DIGITS or len(value.normalize().as_tuple().digits) > DIGITS:
        raise BadValue("impossible", f"{text!r} is not a usable number; accepted: up to {DIGITS} digits")
    return value


def parse_fact_value(fact: Fact, value: str, unit: str) -> tuple[str, str]:
    """Canonical (value, unit) of an observation of `fact`; raises BadValue with a code of the door."""
    text = value.strip()
    if fact.type == "choice":
        if unit:
            raise BadValue("unknown_unit", f"{fact.id} has no unit, got {unit!r}")
        if text not in fact.values:
            raise BadValue("malformed", f"{fact.id} cannot be {text!r}; {nearest(text, fact.values)}")
        return text, ""
    if fact.type == "date":
        if unit:
            raise BadValue("unknown_unit", f"{fact.id} is a date and has no unit, got {unit!r}")
        if fact.never and text == "NEVER":
            return text, ""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            also = " or NEVER" if fact.never else ""
            raise BadValue(
                "malformed", f"{fact.id} must be a date such as 2025-02-03{also}, got {text!r}"
            ) from None
        if day.year not in YEARS:
            raise BadValue(
                "impossible", f"{fact.id} = {text} is impossible; accepted: years {YEARS[0]} to {YEARS[-1]}"
            )
        return day.isoformat(), ""
    canonical = fact.units[0].name if fact.units else ""
    if fact.qualifiers and text in QUALIFIERS:
        return text, canonical
    number = parse_decimal(text)
    names = [u.name for u in fact.units]
    if fact.units and not unit:
        raise BadValue("unit_missing", f"{fact.id} needs a unit; accepted: {', '.join(names)}")
    factor = (
        next((u.factor for u in fact.units if u.name == unit), None)
        if fact.units
        else ("1" if not unit else None)
    )
    if factor is None:
        raise BadValue("unknown_unit", f"{unit!r} is not a unit of {fact.id}; {nearest(unit, names)}")
    number *= Decimal(factor)
    low, high = fact.possible
    if (low is not None and number < Decimal(low)) or (high is not None and number > Decimal(high)):
        given = f"{text} {unit}".rstrip()
        raise BadValue(
            "impossible",
            f"{fact.id} = {given} is impossible; accepted: {bounds_text(fact, fact.possible, unit)}",
        )
    return decimal_text(number), canonical


def bounds_text(fact: Fact, bounds: tuple[str | None, str | None], unit: str) -> str:
    """Bounds of a number fact for people, in their `unit`; behind it the canonical one in brackets, if that is another:
    `0 to 100 percent (0 to 1 fraction)`. What does not divide evenly is rounded inwards, so that all that is told is accepted.
    """
    canonical = fact.units[0].name if fact.units else ""
    factor = next((Decimal(each.factor) for each in fact.units if each.name == unit), Decimal(1))
    own = _range_text(*bounds, canonical)
    if factor == 1 and unit == canonical:
        return own
    low, high = (
        None if bound is None else _divided(Decimal(bound), factor, rounding)
        for bound, rounding in zip(bounds, (ROUND_CEILING, ROUND_FLOOR), strict=True)
    )
    return f"{_range_text(low, high, unit)} ({own})"


def _range_text(low: str | None, high: str | None, unit: str) -> str:
    return f"{low or 'any'} to {high or 'any'} {unit}".rstrip()


def _divided(bound: Decimal, factor: Decimal, rounding: str) -> str:
    exact = bound / factor
    if exact * factor == bound and len(exact.as_tuple().digits) <= DIGITS:
        return decimal_text(exact)
    return decimal_text(Context(prec=BOUND_DIGITS, rounding=rounding).divide(bound, factor))


def parse_limit(text: str) -> Limit:
    """`< 1e-4` as a Limit; words after the number (a unit) are dropped. Raises ProtocolError."""
    stripped = text.strip()
    for op in ("<=", ">=", "<", ">", "="):
        if stripped.startswith(op):
            number = stripped[len(op) :].split()[0] if stripped[len(op) :].split() else ""
            operator: Operator = op
            return Limit(operator, decimal_text(parse_decimal(number)))
    raise ProtocolError(
        f"{text!r} is not a limit; accepted: an operator and a number, such as '< 1e-4' or '>= 300'"
    )
