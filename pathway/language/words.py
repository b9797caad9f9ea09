"""Definitions in words: what a predicate says, with the patient's values put in where they are known."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pathway.language.predicates import (
    AllOf,
    Always,
    AnyOf,
    AtLeast,
    Closed,
    Compare,
    Crit,
    Dates,
    Directed,
    Entered,
    Exposure,
    Fresh,
    Graded,
    InPhase,
    Is,
    Known,
    LedgerFlag,
    LedgerIs,
    Not,
    NotObtainable,
    Outcome,
    Passed,
    Predicate,
    Products,
    Reached,
    Recorded,
    ReviewIf,
    Rose,
    Setting,
    Taken,
    VerdictIs,
)
from pathway.language.profile import Profile, profile_keys
from pathway.language.protocol import Protocol
from pathway.language.terms import Day, Limit, Moment, Param, Reading, Source, key_of, reading_name
from pathway.language.walk import parts


def number_words(text: str) -> str:
    """A decimal as people write it: 0.0002 as 2e-4, 85 as 85."""
    try:
        value = Decimal(text)
    except ArithmeticError:
        return text
    if value != 0 and abs(value) < Decimal("0.01"):
        digits = value.normalize().as_tuple()
        exponent = value.adjusted()
        mantissa = "".join(map(str, digits.digits))
        mantissa = mantissa[0] + (f".{mantissa[1:]}" if len(mantissa) > 1 else "")
        return f"{'-' if value < 0 else ''}{mantissa}e{exponent}"
    return text


def limit_words(limit: Limit | Param, profile: Profile) -> str:
    """A limit as text: `< 1e-4`; `not set` when the profile leaves it open."""
    if isinstance(limit, Limit):
        return f"{limit.op} {number_words(limit.value)}"
    value = profile.parsed[limit.key]
    return limit_words(value, profile) if isinstance(value, Limit) else "(limit not set)"


def _count(number: int | Param, profile: Profile) -> str:
    if isinstance(number, int):
        return str(number)
    value = profile.parsed[number.key]
    return "not set" if value is None else str(value)


def day_words(day: Day, profile: Profile) -> str:
    """A day as text: `birth_date + 365 days`."""
    base = reading_name(day.of) if isinstance(day.of, Reading) else day.of
    out = base
    for number, unit in ((day.months, "months"), (day.days, "days")):
        if number != 0:
            out += f" + {_count(number, profile)} {unit}"
    if day.plus is not None:
        out += f" + {day.plus[1]} x {reading_name(day.plus[0])}"
    return out.replace("+ -", "- ")


def moment_words(moment: Moment, profile: Profile) -> str:
    """A moment as text: `D1 + 8 days, end of day`."""
    out = day_words(Day(moment.anchor, moment.days, moment.months), profile)
    if moment.hours is not None:
        return f"{out} + {_count(moment.hours, profile)} h"
    return out + {"close": ", end of day", "start": ", start of day", "warn": "", "same": ""}[moment.at]


def words(node: Predicate, profile: Profile) -> str:
    """The predicate as a sentence fragment."""
    match node:
        case Always():
            return "always"
        case AllOf(parts):
            return " and ".join(_grouped(p, profile) for p in parts)
        case AnyOf(parts):
            return " or ".join(_grouped(p, profile) for p in parts)
        case AtLeast(n, parts):
            return f"at least {n} of: " + "; ".join(words(p, profile) for p in parts)
        case Not(part):
            return f"not ({words(part, profile)})"
        case ReviewIf(part, note):
            return f"{note} (review if {words(part, profile)})"
        case Closed(part, by, why):
            return f"{words(part, profile)} (no once {words(by, profile)}: {why})"
        case VerdictIs(part, verdicts):
            return f"({words(part, profile)}) is {' or '.join(verdicts)}"
        case Is(reading, values):
            return f"{reading_name(reading)} is {' or '.join(values)}"
        case Compare(reading, limit):
            return f"{reading_name(reading)} {limit_words(limit, profile)}"
        case Dates(left, op, right):
            return f"{day_words(left, profile)} {op} {day_words(right, profile)}"
        case Exposure(reading, dose, days, before, window, _, months):
            course = f"days of {reading_name(reading)} {limit_words(dose, profile)}"
            span = " and ".join(f"{n} {unit}" for n, unit in ((months, "months"), (window, "days")) if n)
            until = f"within {span} before {day_words(before, profile)}"
            return f"{course} {until} {limit_words(days, profile)}"
        case Rose(reading, factor):
            return f"{reading_name(reading)} rose {factor}-fold or became positive"
        case Products(left, op, right, times):
            sides = [" x ".join(reading_name(s) for s in side) for side in (left, right)]
            return f"{sides[0]} {op} {'' if times == '1' else f'{times} x '}{sides[1]}"
        case Fresh(reading, _, before_anchor, int() | Param() as hours):
            return f"{reading_name(reading)} sampled at most {_count(hours, profile)} h before {before_anchor or 'now'}"
        case Fresh(reading, days, before_anchor):
            return f"{reading_name(reading)} sampled at most {_count(days, profile)} days before {before_anchor or 'now'}"
        case _:
            return _plain(node, profile)


def _plain(node: Predicate, profile: Profile) -> str:
    match node:
        case Known(reading):
            return f"{reading_name(reading)} is known"
        case NotObtainable(reading):
            return f"{reading_name(reading)} is declared not obtainable"
        case Recorded(action, scope, where):
            return f"{key_of(action, scope)} is recorded" + (
                f" with {where[0]}={where[1]}" if where[0] else ""
            )
        case Graded(event, grade, current, scale, since, until, news):
            told = f"{event}{f' {scale}' if scale else ''} grade >= {grade}{' now' if current else ''}"
            told += f", reported for {since} or later" if since else ""
            told += f", not after {until}" if until else ""
            return told + (f", recorded since {news}" if news else "")
        case Passed(moment):
            return f"{moment_words(moment, profile)} has come"
        case Reached(anchor):
            return f"{anchor} is on record"
        case Setting(key, values):
            return f"profile {key} is {' or '.join(values)}"
        case LedgerIs(ledger, states):
            return f"{ledger} is {' or '.join(states)}"
        case Directed(ledger, actions, rules):
            named = f"rule {' or '.join(rules)}" if rules else "a rule"
            return f"{named} of {ledger} directs {' or '.join(actions)}"
        case LedgerFlag(ledger, flag):
            return f"{ledger}: {flag.replace('_', ' ')}"
        case Crit(id):
            return f"criterion {id}"
        case Outcome(decision, options) | Taken(decision, options):
            return f"{decision} is {' or '.join(options)}"
        case InPhase(track, phases):
            return f"{track} is in {' or '.join(phases)}"
        case Entered(track, phase):
            return f"{track} has entered {phase}"
    raise AssertionError(node)


def _grouped(node: Predicate, profile: Profile) -> str:
    text = words(node, profile)
    return f"({text})" if isinstance(node, AllOf | AnyOf) else text


def params_of(node: object) -> list[str]:
    """The profile keys that a part of a definition uses, in order of appearance."""
    return list(dict.fromkeys(part.key for part in parts(node) if isinstance(part, Param | Setting)))


def source_data(protocol: Protocol, source: Source) -> dict[str, Any]:
    """A source as data: kind, keys, the citations behind them, note."""
    references = dict(protocol.references)
    cites = (
        [references.get(key, key) for key in source.keys]
        if source.kind == "public"
        else list(protocol.registry if source.kind == "registry" else ())
    )
    return {"kind": source.kind, "keys": list(source.keys), "citations": cites, "note": source.note}


def assumption_data(protocol: Protocol, profile: Profile, keys: Iterable[str]) -> list[dict[str, str]]:
    """The profile keys that a rule rests on, with their values in this patient's profile."""
    keys = [*keys]
    known = profile_keys(protocol) if keys else {}
    return [
        {
            "key": k,
            "value": profile.values[k] or "not set",
            "text": known[k].text,
            "kind": known[k].source.kind,
        }
        for k in keys
    ]
