"""Time points and orders in words, for whoever reads a definition."""

from __future__ import annotations

from pathway.language.points import Change, Order, TimePoint, stated_words
from pathway.language.profile import Profile, profile_keys
from pathway.language.protocol import Protocol
from pathway.language.terms import Param


def accepted_words(protocol: Protocol, point: TimePoint, profile: Profile) -> str:
    """Which samples belong: `from 25 to 59 days after D1 (eoi_sample_first, eoi_sample_last), not after AFTER_INDUCTION`."""
    if point.anytime:
        return "any day"
    said = []
    first, last = (days_from(protocol, n, profile) for n in (point.first, point.last))
    keys = ", ".join(n.key for n in (point.first, point.last) if isinstance(n, Param))
    if point.of and (first or last):
        days = (
            f"from {first} to {last}" if first and last else f"from {first} on" if first else f"until {last}"
        )
        said.append(f"{days} {_unit(point)} after {point.of}" + (f" ({keys})" if keys else ""))
    said += [f"not before {point.since}"] if point.since else []
    said += [f"not after {point.until}"] if point.until else []
    said += ["a sample of another day is a repeat"] if point.repeats else []
    return ", ".join(said)


def schedule_words(protocol: Protocol, point: TimePoint, profile: Profile) -> str:
    """The days on which a sample is on schedule; "" where none are said."""
    if point.on_time is None:
        return ""
    first, last = (days_from(protocol, n, profile) for n in point.on_time)
    return f"{first} to {last} {_unit(point)} after {point.of}"


def _unit(point: TimePoint) -> str:
    return "hours" if point.hours else "days"


def order_text(order: Order) -> str:
    """An order in words."""
    said = f"{stated_words(order.earlier)} before {stated_words(order.later)}"
    said += ", by the hour" if order.by_hour else ", not on the same day" if order.strictly else ""
    return said + ("" if order.counts else "; else it does not count")


def change_words(change: Change | None) -> str:
    """How much a number may change; "" where nothing is said."""
    return f"at most {change.factor} times within {change.days} days" if change is not None else ""


def days_from(protocol: Protocol, number: int | Param | None, profile: Profile) -> str:
    """Days after an anchor; a study day calls that of the anchor D1. "" if there is no such bound."""
    if not isinstance(number, Param):
        return "" if number is None else str(number)
    value = profile.parsed[number.key]
    if not isinstance(value, int):
        return ""
    return str(value - 1 if profile_keys(protocol)[number.key].type == "study_day" else value)
