"""A world of the solver as a record: the events after which the engine must show what the prover says it found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

import z3

from analysis.proof.model_text import EPOCH
from analysis.proof.unknowns import ReadingVar
from analysis.proof.variables import ACTIVE_STATES
from pathway.events import Event, EventKind
from pathway.language import Directed, Graded, Infusion, LedgerPoint, Recorded, Scope, Since
from pathway.language.details import BELONGS, POINT
from pathway.language.profile import make_profile
from pathway.language.terms import key_of
from pathway.patient.evaluate import context, decision_seen
from pathway.site import Site

if TYPE_CHECKING:
    from analysis.proof.encode_decisions import Answers

QUALIFIED = (("not-detected", "sensitivity"), ("positive-not-quantifiable", "quantifiable_limit"))
UTC_SITE = Site("S01", "UTC")
EARLIER = timedelta(hours=1)
ENDED = ("complete", "end_expected")
"""The states of an infusion whose hours are over."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Events of a made-up patient at a site in UTC, the moment to look at them, and settings of the profile.

    `unsaid`: what the world says besides and no event of its own can state: ages of samples, since when something is so,
    phases, flags of ledgers.
    """

    at: datetime
    events: tuple[Event, ...]
    profile: tuple[tuple[str, str], ...] = ()
    unsaid: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "at": self.at.isoformat(),
            "profile": dict(self.profile),
            "events": [_plain(e) for e in self.events],
            "unsaid": list(self.unsaid),
        }


def _plain(event: Event) -> dict[str, Any]:
    said = {
        "kind": event.kind,
        "name": event.name,
        "point": event.point,
        "scope": dict(event.scope),
        "value": event.value,
        "unit": event.unit,
        "details": dict(event.details),
        "occurred": event.occurred.isoformat(),
    }
    return {k: v for k, v in said.items() if v}


def replay(answers: Answers, model: Any, names: frozenset[str]) -> Replay:
    """The record of the world that a model describes, of the unknowns of those names."""
    return _Replay(answers, model, names).made()


def instant(value: Any) -> datetime:
    """An instant of a model, which counts in days, to the second."""
    fraction = value.as_fraction() if hasattr(value, "as_fraction") else Decimal(value.as_long())
    seconds = fraction * 86_400
    return datetime.combine(EPOCH, time(), UTC) + timedelta(seconds=int(seconds))


class _Replay:
    def __init__(self, answers: Answers, model: Any, names: frozenset[str]) -> None:
        self.answers, self.world, self.model = answers, answers.world, model
        points = [
            s.about for n, s in self.world.stands.items() if n in names and isinstance(s.about, LedgerPoint)
        ]
        self.names = names | {f"course of {p.ledger}" for p in points}
        self.now = instant(model.eval(self.world.now, True))
        self.events: list[Event] = []
        self.windows = {p.id for p in self.world.compiled.protocol.points if not p.anytime}
        self.windows |= {f.id for f in self.world.compiled.protocol.facts if f.window is not None}
        self.profile: dict[str, str] = {}
        self.picked: dict[str, str] = {}
        self.unsaid: list[str] = []
        self._numbers = count(1)

    def made(self) -> Replay:
        for reading in list(self.world.readings.values()):
            if f"{reading.name}: known" in self.names or f"{reading.name}: declared" in self.names:
                self._slot(reading)
        self._actions()
        self._grades()
        for name, stands in list(self.world.stands.items()):
            if name in self.names:
                self._other(name, stands.kind, stands.about)
        self.events.sort(key=lambda e: e.occurred)
        self._pick()
        unsaid = tuple(dict.fromkeys(self.unsaid))
        return Replay(self.now, tuple(self.events), tuple(self.profile.items()), unsaid)

    def _pick(self) -> None:
        """What a clinician picks of tables that do not settle it is bound to the values that they saw."""
        world = self.world
        profile = make_profile(world.compiled.protocol, self.profile, world.profile.simulation)
        for key, decision in world.compiled.decisions.items():
            if key in self.picked and decision.confirm is None:
                ctx = context(world.compiled, profile, UTC_SITE, self.events, self.now)
                self._event("decision", key, self.now, value=self.picked[key], seen=decision_seen(ctx, key))

    def _yes(self, unknown: Any) -> bool:
        return bool(z3.is_true(self.model.eval(unknown, True)))

    def _whole(self, name: str) -> int:
        return int(self.model.eval(self.world.unknown(name), True).as_long())

    def _event(self, kind: EventKind, name: str, at: datetime, **said: Any) -> None:
        number = f"r{next(self._numbers)}"
        point = said.get("point") or dict(said.get("scope", ())).get(POINT, "")
        if kind in ("observation", "action") and (point or name) in self.windows:
            # Days are chosen for what is asked, not for the calendar: somebody has judged that the sample belongs.
            said["details"] = (*said.get("details", ()), (BELONGS, "yes"))
        self.events.append(Event(number, kind, max(at, self.now), at, "clinician", name, **said))

    # --- facts ------------------------------------------------------------------------------------------------------

    def _slot(self, made: ReadingVar) -> None:
        reading = made.reading
        points = reading.points or (reading.point,)
        if self._yes(made.declared):
            for point in points:
                self._event("not_obtainable", reading.fact, self.now, point=point, scope=reading.scope)
            return
        if not self._yes(made.known) and not self._yes(made.review):
            return
        at = min(instant(self.model.eval(made.sampled, True)), self.now)
        if reading.until and not reading.since and f"{made.name}: sampled" not in self.names:
            # Nothing counts from the sample; what it must not come after is dated, or else was an hour ago.
            limit = self.answers.meaning.times.anchor(reading.until)
            at = min(at, instant(self.model.eval(limit.at, True))) - 2 * EARLIER
        for value, details in self._values(made):
            unit = made.fact.units[0].name if made.fact.units else ""
            said = {
                "point": points[-1],
                "scope": reading.scope,
                "value": value,
                "unit": unit,
                "details": details,
            }
            self._event("observation", reading.fact, at, **said)

    def _values(self, made: ReadingVar) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
        fact = made.fact
        value = self.model.eval(made.value, True)
        if self._yes(made.review):
            yield from self._doubtful(made)
        elif fact.type == "choice":
            yield fact.values[value.as_long()], ()
        elif fact.type == "date":
            yield ("NEVER" if self._yes(made.never) else instant(value).date().isoformat()), ()
        else:
            fraction = value.as_fraction()
            text = format(Decimal(fraction.numerator) / Decimal(fraction.denominator), "f")
            if self._yes(made.open):
                name = f"{made.name}: word"
                word, detail = QUALIFIED[self._whole(name) if name in self.world.stands else 0]
                yield word, ((detail, text),)
            else:
                yield text, (("checked", "yes"),)

    def _doubtful(self, made: ReadingVar) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
        """A result that a person must judge: not evaluable where there is such a word, else two that disagree."""
        fact = made.fact
        if fact.qualifiers:
            yield "not-evaluable", ()
        elif fact.type == "choice" and len(fact.values) > 1:
            yield from ((v, ()) for v in fact.values[:2])
        elif fact.type == "number":
            low = Decimal(fact.possible[0] or 0)
            yield from ((str(v), ()) for v in (low, low + 1))
        elif fact.type == "date":
            yield from ((f"2024-01-0{day}", ()) for day in (1, 2))
        else:
            self.unsaid.append(f"{made.name} needs a review")

    # --- the record -------------------------------------------------------------------------------------------------

    def _actions(self) -> None:
        """An event for every action on record; one without scope only where none with scope says it already."""
        said: set[str] = set()
        asked = [
            (name, stands.about)
            for name, stands in self.world.stands.items()
            if name in self.names and isinstance(stands.about, Recorded) and stands.kind == "true"
        ]
        for name, node in sorted(asked, key=lambda each: (not each[1].scope, not each[1].where[0])):
            if not self._yes(self.world.unknown(name)) or (
                node.action in said and not node.scope and not node.where[0]
            ):
                continue
            said.add(node.action)
            details = (node.where,) if node.where[0] else ()
            self._action(node.action, node.scope, details)

    def _action(self, action: str, scope: Scope, details: tuple[tuple[str, str], ...] = ()) -> None:
        name = f"time of {key_of(action, scope)}"
        known = name in self.world.stands
        at = instant(self.model.eval(self.world.unknown(name), True)) if known else self.now
        self._event("action", action, min(at, self.now), scope=scope, details=details)

    def _grades(self) -> None:
        """The highest grade of each adverse event, then the one of now."""
        highest: dict[tuple[str, str, bool], int] = {}
        for name, stands in self.world.stands.items():
            node = stands.about
            if name in self.names and isinstance(node, Graded):
                key = (node.event, node.scale, node.current)
                holds = self._yes(self.world.unknown(name))
                highest[key] = max(highest.get(key, 0), node.at_least if holds else 0)
        for (event, scale, current), grade in sorted(highest.items(), key=lambda each: each[0][2]):
            at = self.now if current else self.now - EARLIER
            if grade or current:
                self._event(
                    "adverse_event", event, at, value=str(grade), details=(("scale", scale),) if scale else ()
                )

    def _other(self, name: str, kind: str, about: Any) -> None:
        world = self.world
        match kind:
            case "taken":
                # What a person would rather take counts only where it is left to them.
                answer = self.answers.of(about)
                taken = next((o for o, formula in answer.out.items() if self._yes(formula)), None)
                if taken is not None and answer.decision.confirm is None:
                    self.picked[about] = taken
                elif taken is not None:
                    self._event("decision", about, self.now, value=taken)
            case "judged":
                if judged := self._whole(name):
                    self._event("judgement", about, self.now, value=("", "PASS", "FAIL")[judged])
            case "setting":
                self.profile[about] = world.keys[about].options[self._whole(name)]
            case "course":
                self._course(about, self._whole(name))
            case "true" if isinstance(about, Directed):
                if self._yes(world.unknown(name)) and not about.lifted:
                    self._directive(about)
                elif about.lifted and not self._yes(world.directed(replace(about, lifted=False))):
                    # What was overridden would need the answer of its question, whose own ground it is.
                    self.unsaid += [name] if self._yes(world.unknown(name)) else []
            case "true" if not isinstance(about, Recorded | Graded):
                if self._yes(world.unknown(name)):
                    self.unsaid.append(name)
            case "set":
                if self._yes(world.unknown(name)):
                    self.unsaid.append(name)
            case "when" if isinstance(about, Since):
                self.unsaid.append(
                    f"{name}: {instant(self.model.eval(world.unknown(name), True)).isoformat()}"
                )
            case "phase":
                self.unsaid.append(
                    f"{about} is in {self.world.compiled.tracks[about].phases[self._whole(name)].id}"
                )

    def _course(self, ledger: str, number: int) -> None:
        """How far an infusion has come; a course of doses follows from what is on record of it."""
        spec = self.world.compiled.ledgers[ledger]
        if not isinstance(spec, Infusion) or not number:
            return
        starts = [e for e in self.events if e.name == "infusion_started" and e.scope == spec.scope]
        free = f"time of {key_of('infusion_started', spec.scope)}" not in self.names
        over = number >= len(ACTIVE_STATES)
        state = self.world.finals(ledger)[self._whole(f"end of {ledger}")] if over else ACTIVE_STATES[number]
        days = self.world.count(spec.days) or 28
        if free and (not over or state in ENDED):
            # Nothing counts from its start: it began just now and so is not over yet, or so long ago that it is.
            self.events = [e for e in self.events if e not in starts]
            starts = []
        if not starts:
            ago = timedelta(days=days) if state in ENDED else EARLIER
            self._event("action", "infusion_started", self.now - ago, scope=spec.scope)
        action = {
            "paused": "infusion_paused",
            "complete": "infusion_ended",
            "short": "infusion_ended",
            "stopped": "infusion_stopped",
        }.get(state)
        if action is not None and not any(e.name == action and e.scope == spec.scope for e in self.events):
            self._event("action", action, self.now, scope=spec.scope)

    def _directive(self, node: Directed) -> None:
        spec = self.world.compiled.ledgers[node.ledger]
        for rule in spec.rules if isinstance(spec, Infusion) else ():
            if rule.action in node.actions and (not node.rules or rule.id in node.rules):
                for _ in range(rule.nth):
                    self._event("adverse_event", rule.event, self.now, value=str(rule.grades[0]))
                return
