"""What a definition names that compiling it does not look up: sources, scales, details, rules, labels, words.

A name that nothing bears would not fail anywhere: it would silently never be true, or fail every evaluation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pathway.errors import ProtocolError, together
from pathway.language.anchor_times import LedgerPoint
from pathway.language.ledgers import DOSE_FLAGS, DOSE_STATES, FLAGS, INFUSION_STATES, Doses, Infusion
from pathway.language.parsing import nearest
from pathway.language.parts import Choice, Decision, Deviation, Input
from pathway.language.predicates import (
    Directed,
    Exposure,
    Graded,
    LedgerFlag,
    LedgerIs,
    Recorded,
    Setting,
    VerdictIs,
)
from pathway.language.profile import parse_value, profile_keys
from pathway.language.protocol import Protocol
from pathway.language.subtrials import ROLLING_SIX_TABLES, PhaseOne, RollingSix
from pathway.language.terms import Param, Reading, Source, key_of
from pathway.language.walk import field_names, new_parts

VERDICTS = ("PASS", "FAIL", "PENDING", "REVIEW")

Named = Iterator[tuple[str, str, Collection[str]]]
"""What is named, the name, and the names that there are."""


def check_references(protocol: Protocol) -> None:
    """Raises ProtocolError with every wrong name: the part, and the nearest right one."""
    known = _Known(protocol)
    seen: set[int] = set()
    found: list[ProtocolError] = []
    for name in field_names(Protocol) or ():
        values = getattr(protocol, name)
        for part in values if isinstance(values, tuple) else (values,):
            of = next((i for a in ("id", "key", "subtrial") if (i := getattr(part, a, ""))), "")
            where = f"{name}{f' {of}' if of else ''}"
            for node in new_parts(part, seen):
                kind: Any = type(node)
                if not _names_anything(kind):
                    continue
                found += [
                    _undefined(protocol, where, what, wanted, accepted)
                    for what, wanted, accepted in (*_words(node), *_names(node, known))
                    if wanted not in accepted
                ]
    found += _study_days(protocol)
    for key in protocol.profile:
        try:
            parse_value(key, key.default)
        except ProtocolError as wrong:
            found.append(ProtocolError(str(wrong), (f"profile {key.key}", "default"), key.default))
    if found:
        raise together(found)


def _undefined(
    protocol: Protocol, where: str, what: str, wanted: str, accepted: Collection[str]
) -> ProtocolError:
    return ProtocolError(
        f"{protocol.name}: {what} {wanted!r} is not defined; {nearest(wanted, [*accepted])} (in {where})",
        (where,),
        wanted,
    )


def _study_days(protocol: Protocol) -> list[ProtocolError]:
    """A protocol may do without study days; if it has a key that is one, its day 1 must be an anchor."""
    anchors = [anchor.id for anchor in protocol.anchors]
    keys = [key.key for key in protocol.profile if key.type == "study_day"]
    if protocol.day_one in anchors or not keys:
        return []
    return [
        ProtocolError(
            f"{protocol.name}: day_one {protocol.day_one!r} is not defined; {nearest(protocol.day_one, anchors)} (a key of the "
            f"profile counts from it: {keys[0]})",
            (f"profile {keys[0]}",),
        )
    ]


class _Known:
    """Everything that a protocol defines, by kind."""

    def __init__(self, protocol: Protocol) -> None:
        self.keys = profile_keys(protocol)
        self.references = dict(protocol.references)
        self.facts = {fact.id: fact for fact in protocol.facts}
        self.actions = {action.id: action for action in protocol.actions}
        self.events = {event.id: event for event in protocol.adverse_events}
        ledgers: tuple[Infusion | Doses, ...] = (*protocol.ledgers, *protocol.doses)
        self.ledgers = {key_of(each.id, each.scope): each for each in ledgers}
        named: tuple[Any, ...] = (
            *protocol.decisions, *ledgers, *protocol.assessments, *protocol.series, *protocol.tasks, *protocol.criteria,
        )  # fmt: skip
        self.options = {each.id: each.options for each in protocol.decisions} | {
            f"AFTER_{phase.id}": tuple(each.to for each in phase.exits)
            for track in protocol.tracks
            for phase in track.phases
        }
        phases = [phase.id for track in protocol.tracks for phase in track.phases]
        self.waiting = dict.fromkeys(
            (
                *phases,
                *(f"AFTER_{phase}" for phase in phases),
                *(track.id for track in protocol.tracks),
                *(course.item for course in protocol.doses),
                *(name for each in named for name in (each.id, key_of(each.id, getattr(each, "scope", ())))),
            )
        )

    def ledger(self, key: str) -> Infusion | Doses | None:
        """The ledger of that key; None is refused by whoever compiles it."""
        return self.ledgers.get(key)


NAMING = (
    Source, Param, Setting, Graded, Recorded, Exposure, VerdictIs, PhaseOne, RollingSix, Deviation, Decision, Infusion, Doses,
    LedgerIs, LedgerFlag, LedgerPoint, Directed,
)  # fmt: skip
"""What `_names` knows; the rest, two parts of three, is not asked."""


@cache
def _names_anything(kind: Any) -> bool:
    return issubclass(kind, NAMING) or bool(_literals(kind))


def _names(node: object, known: _Known) -> Named:
    match node:
        case Source("public", keys):
            yield from (("reference", key, known.references) for key in keys)
        case Param(key) | Setting(key):
            yield "profile key", key, known.keys
        case Graded(event, scale=scale) if scale and event in known.events:
            yield f"scale of {event}", scale, known.events[event].scales
        case Recorded(action, where=(name, _)) if name and action in known.actions:
            yield f"detail of {action}", name, known.actions[action].details
        case Exposure(reading, unless=(name, _)) if name and reading.fact in known.facts:
            yield f"detail of {reading.fact}", name, known.facts[reading.fact].details
        case VerdictIs(_, verdicts):
            yield from (("verdict", verdict, VERDICTS) for verdict in verdicts)
        case PhaseOne():
            yield "dose level", node.start, [level.id for level in node.levels]
        case RollingSix(str() as table):
            yield "rolling-six table", table, ROLLING_SIX_TABLES
        case Deviation():
            yield from (("what waits,", each, known.waiting) for each in node.blocks)
        case Decision():
            yield from _of_decision(node, known)
        case Infusion():
            yield from _of_infusion(node, known)
        case Doses():
            yield from _of_doses(node)
        case _:
            yield from _of_ledger(node, known)


def _of_ledger(node: object, known: _Known) -> Named:
    """What predicates and anchors say of a ledger: the names differ between infusions and courses of doses."""
    if not isinstance(node, LedgerIs | LedgerFlag | LedgerPoint | Directed):
        return
    ledger = known.ledger(node.ledger)
    if ledger is None:
        return
    course = isinstance(ledger, Doses)
    match node:
        case LedgerIs(name, states):
            accepted = DOSE_STATES if course else INFUSION_STATES
            yield from ((f"state of {name}", state, accepted) for state in states)
        case LedgerFlag(name, flag):
            yield f"flag of {name}", flag, DOSE_FLAGS if course else FLAGS
        case LedgerPoint(name, point):
            yield f"point of {name}", point, COURSE_POINTS if course else INFUSION_POINTS
        case Directed(name, actions, rules):
            own = ledger.rules if isinstance(ledger, Infusion) else ()
            yield from ((f"action of {name}", action, DIRECTIVES) for action in actions)
            yield from ((f"rule of {name}", rule, [r.id for r in own]) for rule in rules)


INFUSION_POINTS = ("start", "end", "stop", "last_pause", "resume")
COURSE_POINTS = (*INFUSION_POINTS, "last_dose")
DIRECTIVES = ("continue", "consider_pause", "interrupt", "stop", "review")


def _of_decision(decision: Decision, known: _Known) -> Named:
    for item in decision.inputs:
        if item.closed is not None:
            # It may be a cell of its own; then a row answers it.
            in_rows = [
                cell
                for rule in decision.rules
                for name, cells in rule.when
                if name == item.name
                for cell in cells
            ]
            yield (
                f"closed cell of {item.name}",
                item.closed[0],
                dict.fromkeys((*_cells(item, known), *in_rows)),
            )
    for rule in decision.rules:
        if isinstance(rule.then, Choice):
            yield from ((f"option of {decision.id}", each, decision.options) for each in rule.then.options)
    for option, _ in decision.enacted:
        yield f"option of {decision.id}", option, decision.options


def _cells(item: Input, known: _Known) -> tuple[str, ...]:
    """What an input of a table can be by itself."""
    if isinstance(item.of, str):
        return (*known.options.get(item.of, ()), "none")
    if not isinstance(item.of, Reading):
        return ("yes", "no")
    if item.bands:
        return tuple(band.name for band in item.bands)
    fact = known.facts.get(item.of.fact)
    return fact.values if fact is not None else ()


def _of_infusion(spec: Infusion, known: _Known) -> Named:
    for name in ("infusion_started", "infusion_paused", "infusion_resumed"):
        if name in known.actions:
            scopes = dict(known.actions[name].scopes)
            for label, value in spec.scope:
                yield f"scope of {name}", label, scopes
                yield f"{label} of {name}", value, scopes.get(label, ())


def _of_doses(spec: Doses) -> Named:
    named = (*spec.never_omitted, *(spec.infusing.parts if spec.infusing is not None else ()))
    named = (*named, *(label for hold in spec.holds for label in hold.labels))
    yield from ((f"dose of {spec.id}", label, spec.labels) for label in named)


def _words(node: object) -> Named:
    """The fields that accept a few words only, such as roles."""
    kind: Any = type(node)
    for name, accepted in _literals(kind):
        value = getattr(node, name)
        if isinstance(value, str):
            yield name, value, accepted


@cache
def _literals(kind: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for name, hint in get_type_hints(kind).items():
        choices = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
        words = [word for each in choices if get_origin(each) is Literal for word in get_args(each)]
        if words and str not in choices:
            found.append((name, tuple(words)))
    return tuple(found)
