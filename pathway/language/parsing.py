"""Values as people write them, read by the type of the fact: numbers with units, dates, choices, limits."""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from difflib import get_close_matches
from typing import Final

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


_BOUND = re.compile(r"(<=|>=|<|>)\s*(.*)", re.DOTALL)
_UNIT_SIGNS = str.maketrans(
    {"\N{MICRO SIGN}": "u", "\N{GREEK SMALL LETTER MU}": "u", "\N{MULTIPLICATION SIGN}": "x"}
)
_RAISED = str.maketrans("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b", "0123456789-")
_NEGATIVE = ("neg", "negative", "not detected", "not detectable", "undetectable", "undetected")
_BELOW = ("positive not quantifiable", "pnq", "positive, not quantifiable")
_NOT_EVALUABLE = ("not evaluable", "inevaluable")
_UNCLEAR = {
    "nd": "it can mean not detected or not done",
    "n.d.": "it can mean not detected or not done",
    "n.d": "it can mean not detected or not done",
    "pos": "it does not say how much",
    "positive": "it does not say how much",
    "detected": "it does not say how much",
    "trace": "it does not say how much",
}
"""Words of laboratories that leave open which value is meant."""


class BadValue(AllpathError):
    """A value that cannot be read; `code` is a refusal code of the door."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


MOST_NAMED: Final = 60
"""Names that a refusal lists, where none is like the one that was typed."""


def nearest(name: str, names: object) -> str:
    """The words ", did you mean X?" for a close match among `names`, else what is accepted; of very many the first."""
    known = list(dict.fromkeys(str(n) for n in names)) if isinstance(names, list | tuple | dict) else []
    close = get_close_matches(name, known, 1, 0.6)
    if not close:
        small = {n.lower(): n for n in known}
        close = [small[n] for n in get_close_matches(name.lower(), small, 1, 0.6)]
    if close:
        return f"did you mean {close[0]}?"
    if len(known) > MOST_NAMED:
        return f"accepted: {', '.join(known[:MOST_NAMED])} and {len(known) - MOST_NAMED} more"
    return all_of_them(known)


def one_of(name: str, names: object) -> str:
    """The nearest of a few names, where one is near, and all that is accepted."""
    near, accepted = nearest(name, names), all_of_them(names)
    return accepted if near == accepted else f"{near}; {accepted}"


def all_of_them(names: object) -> str:
    """What is accepted, whole: for values with a clinical meaning, where the nearest by spelling may be the opposite."""
    known = [str(n) for n in names] if isinstance(names, list | tuple | dict) else []
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
            raise BadValue("malformed", f"{fact.id} cannot be {text!r}; {all_of_them(fact.values)}")
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
    return _number_of(fact, text, unit)


def bound_of(value: str) -> tuple[Operator, Decimal] | None:
    """What a number with a comparator states (`<0.0001`: below it, `>=500`: that or more); None of any other value."""
    found = _BOUND.fullmatch(value)
    return (found[1], Decimal(found[2])) if found is not None else None  # type: ignore[return-value]


def _number_of(fact: Fact, text: str, unit: str) -> tuple[str, str]:
    """A number with its unit, exact or as a bound (`<0.01`, `> 500`); a qualifier in any of its words."""
    canonical = fact.units[0].name if fact.units else ""
    if fact.qualifiers and (qualifier := _qualifier(text)):
        return qualifier, canonical
    bound = _BOUND.fullmatch(
        text.replace("\N{LESS-THAN OR EQUAL TO}", "<=").replace("\N{GREATER-THAN OR EQUAL TO}", ">=")
    )
    try:
        number = parse_decimal(bound[2] if bound is not None else text)
    except BadValue as error:
        raise _not_a_number(fact, text, error) from None
    number *= Decimal(_factor(fact, unit))
    low, high = fact.possible
    beyond = (low is not None and number < Decimal(low)) or (high is not None and number > Decimal(high))
    # Below the lowest possible there is nothing, nor above the highest.
    nothing = bound is not None and (
        (bound[1] == "<" and low is not None and number <= Decimal(low))
        or (bound[1] == ">" and high is not None and number >= Decimal(high))
    )
    if beyond or nothing:
        given = f"{text} {unit}".rstrip()
        raise BadValue(
            "impossible",
            f"{fact.id} = {given} is impossible; accepted: {bounds_text(fact, fact.possible, unit)}",
        )
    return (bound[1] if bound is not None else "") + decimal_text(number), canonical


def _qualifier(text: str) -> str:
    words = re.sub(r"[\s_-]+", " ", text.strip().lower())
    for qualifier, said in zip(QUALIFIERS, (_NEGATIVE, _BELOW, _NOT_EVALUABLE), strict=True):
        if text == qualifier or words in said:
            return qualifier
    return ""


def _not_a_number(fact: Fact, text: str, error: BadValue) -> BadValue:
    """The refusal of a word or of a number that is none. It names what a fact with qualifiers accepts besides numbers."""
    if not fact.qualifiers or error.code != "malformed":
        return error
    unclear = _UNCLEAR.get(text.strip().lower(), "it is not a number")
    return BadValue(
        "malformed",
        f"{fact.id} cannot be {text!r}: {unclear}; accepted: a number such as 2e-4, a bound such as <1e-4, "
        f"{', '.join(QUALIFIERS)}",
    )


def _factor(fact: Fact, unit: str) -> str:
    """What a number in this unit is multiplied with. A unit that is not accepted is answered with all that are: the one with
    the nearest spelling may be a thousand times larger."""
    names = [u.name for u in fact.units]
    if not fact.units:
        if unit:
            raise BadValue("unknown_unit", f"{fact.id} has no unit, got {unit!r}")
        return "1"
    if not unit:
        raise BadValue("unit_missing", f"{fact.id} needs a unit; accepted: {', '.join(names)}")
    said = plain_unit(unit)
    factor = next((u.factor for u in fact.units if plain_unit(u.name) == said), None)
    if factor is None:
        raise BadValue("unknown_unit", f"{unit!r} is not a unit of {fact.id}; {all_of_them(names)}")
    return factor


def plain_unit(unit: str) -> str:
    """A unit in the signs of a keyboard: both micro signs are `u`, raised digits follow `^`, `10*9` is `10^9`, without spaces."""
    text = re.sub(r"\s+", "", unit.translate(_UNIT_SIGNS))
    text = re.sub(r"(?<=10)([\u2070\u00b9\u00b2\u00b3\u2074-\u2079\u207b]+)", r"^\1", text).translate(_RAISED)
    return re.sub(r"^x(?=10\^)", "", re.sub(r"^(x?)10\*(?=[0-9])", r"\g<1>10^", text))


def bounds_text(fact: Fact, bounds: tuple[str | None, str | None], unit: str) -> str:
    """Bounds of a number fact for people, in their `unit`; behind it the canonical one in brackets, if that is another:
    `0 to 100 percent (0 to 1 fraction)`. What does not divide evenly is rounded inwards, so that all that is told is accepted.
    """
    canonical = fact.units[0].name if fact.units else ""
    said = plain_unit(unit)
    factor = next((Decimal(each.factor) for each in fact.units if plain_unit(each.name) == said), Decimal(1))
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
