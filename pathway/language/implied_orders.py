"""Orders that need no saying, in any protocol: samples of time points that follow each other, an onset before its end, an end
after its beginning, nothing of a living patient after death.

Doses of a course, and pauses before restarts, are compared where they are counted: `pathway.engine.turns` and the ledgers.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from pathway.language.anchor_times import DateOf, Done, LedgerPoint
from pathway.language.details import POINT
from pathway.language.parts import Anchor
from pathway.language.points import (
    Act,
    AnchorDay,
    Onset,
    Order,
    Resolution,
    Sample,
    Stated,
    TimePoint,
    stated_words,
)
from pathway.language.profile import parse_value, profile_keys
from pathway.language.protocol import Protocol
from pathway.language.terms import Param, Source

CERTAIN = Source("assumption", note="cannot be otherwise")


def implied_orders(protocol: Protocol) -> tuple[Order, ...]:
    """What comes first by the definitions themselves."""
    return (
        *_of_adverse_events(protocol),
        *_of_points(protocol),
        *_of_endpoints(protocol),
        *_of_courses(protocol),
    )


def orders_of_death(protocol: Protocol) -> tuple[Order, ...]:
    """Samples, acts at time points, and onsets of adverse events are of a living patient. They are told and put nothing in doubt:
    it may as well be the day of death that is wrong."""
    dead = [action.id for action in protocol.actions if action.ends == "life"]
    samples: list[Stated] = [
        Sample(fact.id, point)
        for fact in protocol.facts
        if fact.supplier == "laboratory" and fact.type != "date"
        for point in fact.points or ("",)
    ]
    acts: list[Stated] = [a.id for a in protocol.actions if POINT in dict(a.scopes)]
    onsets: list[Stated] = [Onset(e.id) for e in protocol.adverse_events]
    return tuple(
        Order(what, act, f"{stated_words(what)} is reported of a day after death", CERTAIN)
        for act in dead
        for what in (*samples, *acts, *onsets)
    )


def _of_adverse_events(protocol: Protocol) -> list[Order]:
    return [
        Order(Onset(e.id), Resolution(e.id), f"{e.id} is over before it began", CERTAIN, by_hour=True)
        for e in protocol.adverse_events
    ]


def _of_endpoints(protocol: Protocol) -> list[Order]:
    """What is an event of an end point does not come before the end point starts, where both are reported as such."""
    anchors = {anchor.id: anchor for anchor in protocol.anchors}
    found: dict[tuple[str, str], Order] = {}
    for end_point in protocol.endpoints:
        start = anchors.get(end_point.start)
        if start is None or not _reported(start):
            continue
        dates = {t.reading.fact for t in start.actual if isinstance(t, DateOf)}
        said = {o.later for o in protocol.orders if o.earlier in dates}
        for _, event in (*end_point.events, *end_point.competing):
            for done in (t for t in anchors[event].actual if isinstance(t, Done)) if event in anchors else ():
                if done.action in said:
                    continue
                text = f"{done.action} is reported of a day before the {start.text}"
                found[start.id, done.action] = Order(AnchorDay(start.id), done.action, text, CERTAIN)
    return list(found.values())


def _of_courses(protocol: Protocol) -> list[Order]:
    """No course of doses is stopped before its first dose."""
    anchors = {anchor.id: anchor for anchor in protocol.anchors}
    scopes = {action.id: dict(action.scopes) for action in protocol.actions}
    found = []
    for course in protocol.doses:
        start = anchors.get(course.start)
        if start is None or not _reported(start) or course.stopped not in scopes:
            continue
        scope = tuple(each for each in course.scope if each[0] in scopes[course.stopped])
        text = f"{course.text} is stopped before its first dose"
        found.append(Order(AnchorDay(start.id), Act(course.stopped, scope), text, CERTAIN))
    return found


def _reported(anchor: Anchor) -> bool:
    """Whether an anchor is on record by reports of what was done, or of a date."""
    return bool(anchor.actual) and all(isinstance(t, Done | DateOf | LedgerPoint) for t in anchor.actual)


def _of_points(protocol: Protocol) -> list[Order]:
    """Facts and actions at points, of which one window follows the other."""
    found = []
    for fact in protocol.facts:
        for a, b in _in_turn(protocol, fact.id, fact.points):
            text = f"{fact.id} of {b} was sampled before that of {a}"
            found.append(Order(Sample(fact.id, a), Sample(fact.id, b), text, CERTAIN, by_hour=True))
    for action in protocol.actions:
        for a, b in _in_turn(protocol, action.id, dict(action.scopes).get(POINT, ())):
            text = f"{action.id} of {b} is reported before that of {a}"
            first, then = (Act(action.id, ((POINT, point),)) for point in (a, b))
            found.append(Order(first, then, text, CERTAIN, by_hour=True))
    return found


def _in_turn(protocol: Protocol, name: str, points: tuple[str, ...]) -> list[tuple[str, str]]:
    windows = [w for p in points if (w := declared(name, p, protocol)) is not None and not w.anytime]
    found = []
    for one, other in combinations(windows, 2):
        if _follows(protocol, one, other):
            found.append((one.id, other.id))
        elif _follows(protocol, other, one):
            found.append((other.id, one.id))
    return found


def declared(name: str, point: str, protocol: Protocol) -> TimePoint | None:
    """What a protocol says of a point of a fact or action, or of a fact that has none (""); None if nothing."""
    if not point:
        return next((f.window for f in protocol.facts if f.id == name), None)
    wanted = [p for p in protocol.points if p.id == point]
    own = next((p for p in wanted if name in p.facts), None)
    return own or next((p for p in wanted if not p.facts), None)


def every_window(protocol: Protocol) -> tuple[TimePoint, ...]:
    """The time points of a protocol, and the windows of facts without points, each with its fact's name."""
    own = (replace(f.window, facts=(f.id,)) for f in protocol.facts if f.window is not None)
    return (*protocol.points, *own)


def _follows(protocol: Protocol, first: TimePoint, then: TimePoint) -> bool:
    """Whether one window ends where the other begins, or opens and closes earlier by the days of the same anchor."""
    opens = _days(protocol, then.first)
    if first.until and (
        then.since == first.until or (then.of == first.until and opens is not None and opens >= 0)
    ):
        return True
    if not first.of or first.of != then.of:
        return False
    bounds = [_days(protocol, n) for n in (first.first, then.first, first.last, then.last)]
    if any(n is None for n in bounds):
        return False
    a, b, c, d = (n or 0 for n in bounds)
    return a <= b and c <= d and (a, c) != (b, d)


def _days(protocol: Protocol, number: int | Param | None) -> int | None:
    """Days after the anchor, by the default of a key."""
    if not isinstance(number, Param):
        return number
    key = profile_keys(protocol).get(number.key)
    value = parse_value(key, key.default) if key is not None else None
    if not isinstance(value, int) or key is None:
        return None
    return value - 1 if key.type == "study_day" else value
