"""What a report to a patient says, checked against the protocol: values, details, scopes and grades."""

from __future__ import annotations

from collections.abc import Mapping

from pathway.language import AdverseEventType, Fact, Scope
from pathway.language.details import BELONGS, fact_details
from pathway.language.parsing import (
    BadValue,
    all_of_them,
    decimal_text,
    nearest,
    parse_decimal,
    parse_fact_value,
)
from pathway.refusal import Refused


def value_of(
    facts: Mapping[str, Fact],
    today: str,
    name: str,
    point: str,
    value: str | None,
    unit: str,
    details: tuple[tuple[str, str], ...],
) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """The value in canonical text, its canonical unit and its details. `today`: the site's day, after which only dates of
    facts with `future` may lie. Raises Refused, as all here."""
    fact = facts.get(name)
    if fact is None:
        raise Refused("unknown_fact", f"fact {name!r} is not known; {nearest(name, list(facts))}")
    if fact.points and point not in fact.points:
        raise Refused(
            "unknown_point", f"{name} needs a time point, got {point!r}; {nearest(point, fact.points)}"
        )
    if not fact.points and point:
        raise Refused("unknown_point", f"{name} has no time points, got {point!r}")
    if value is None:
        raise Refused("malformed", f"{name} needs a value")
    known = dict(details)
    qualifier = known.pop("qualifier", None)
    if qualifier not in (None, "quantified"):
        value = qualifier
    try:
        text, canonical = parse_fact_value(fact, value, unit)
    except BadValue as error:
        raise Refused(error.code, str(error)) from None
    if fact.type == "date" and text != "NEVER" and not fact.future and text > today:
        raise Refused("future", f"{name} = {text} lies in the future")
    return text, canonical, details_of(name, fact_details(fact), tuple(known.items()))


def details_of(
    what: str, accepted: tuple[str, ...], details: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """The details in canonical text; each of them must be among the accepted."""
    return tuple((name, _detail_of(what, accepted, name, content)) for name, content in details)


def _detail_of(what: str, accepted: tuple[str, ...], detail: str, content: str) -> str:
    """The detail in canonical text: numbers as decimals without an exponent."""
    if detail not in accepted:
        raise Refused("unknown_detail", f"{what} has no detail {detail!r}; {nearest(detail, accepted)}")
    if detail == BELONGS and content not in ("yes", "no"):
        raise Refused("impossible", f"{what}, {detail}: say yes or no, got {content!r}")
    if detail in ("sensitivity", "quantifiable_limit", "dose", "days", "rate"):
        try:
            number = parse_decimal(content)
        except BadValue as error:
            raise Refused(error.code, f"{what}, {detail}: {error}") from None
        limits = detail in ("sensitivity", "quantifiable_limit")
        whole = detail != "days" or (number == int(number) and number <= 5000)
        if number < 0 or (limits and number == 0) or not whole:
            raise Refused("impossible", f"{what}, {detail} = {content} is impossible")
        return decimal_text(number)
    return content


def check_scope(what: str, scope: Scope, accepted: dict[str, tuple[str, ...]]) -> None:
    """Whether the scope has every label that is accepted, and no other. `accepted`: values by label; () takes any."""
    given = dict(scope)
    for label, value in given.items():
        if label not in accepted:
            raise Refused("unknown_scope", f"{what} has no scope {label!r}; {nearest(label, list(accepted))}")
        if accepted[label] and value not in accepted[label]:
            raise Refused(
                "unknown_scope",
                f"{what}: {label} cannot be {value!r}; {_instead(value, accepted[label])}",
            )
    for label, values in accepted.items():
        if label not in given:
            raise Refused("unknown_scope", f"{what} needs the scope {label}; {all_of_them(values)}")


def grade_of(kind: AdverseEventType, value: str | None) -> str:
    """The grade, as a number without leading zeros."""
    low, high = kind.grades
    if value is None or not value.isascii() or not value.isdigit() or not low <= int(value[:3]) <= high:
        raise Refused("impossible", f"{kind.id} needs a grade from {low} to {high}, got {value!r}")
    return str(int(value))


def scale_of(kind: AdverseEventType, details: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The details of an adverse event: the scale of its grade, and words."""
    scale = dict(details).get("scale")
    if scale is not None and scale not in kind.scales:
        raise Refused("unknown_detail", f"{kind.id} is not graded by {scale!r}; {all_of_them(kind.scales)}")
    return details_of(kind.id, ("scale", "text"), details)


def _instead(value: str, accepted: tuple[str, ...]) -> str:
    """What to do about a label that is not accepted; where the numbers have run out, no other one will do."""
    if not value.isdigit() or not all(each.isdigit() for each in accepted):
        return all_of_them(accepted)
    return (
        f"the protocol follows {', '.join(accepted)} and no more. A number that is in use is not given again: report "
        "this one outside allpath now, and ask for a protocol version that follows more"
    )
