"""Records of made-up patients: a scenario broken off anywhere, with values on and beside every limit, gaps and surprises."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random

from analysis.proof.counterexample import Counterexample, limits_of
from pathway.engine.context import Compiled, Evaluation
from pathway.events import Event, EventKind, Report
from pathway.language import ROLES, Fact, Scope
from pathway.language.details import BELONGS, POINT
from pathway.language.parsing import decimal_text
from pathway.language.profile import Profile
from pathway.patient.admission import admit
from pathway.patient.evaluate import context, evaluation
from pathway.plan import Plan
from pathway.record import Record
from pathway.refusal import Refused
from pathway.rehearsal.rehearse import InProcess, rehearse
from pathway.rehearsal.scenario import read_scenario
from pathway.site import Site
from protocols import compiled as find
from runtime.yaml_tree import parse
from tests.analysis.reading import today

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
Details = tuple[tuple[str, str], ...]
UTC_SITE = Site("S", "UTC")
SCENARIOS_PLAYED = 6
HOURS = (0, 0, 1, 3, 24, 24 * 7, 24 * 7, 24 * 30, 24 * 90, 24 * 400)
KINDS: tuple[EventKind, ...] = (
    *("observation",) * 5, *("action",) * 4, *("adverse_event",) * 2, *("decision",) * 4,
    "not_obtainable", "not_obtainable", "judgement", "correction", "void",
)  # fmt: skip


@cache
def files_of(name: str) -> tuple[Path, ...]:
    """The scenarios of a protocol."""
    return tuple(sorted((SCENARIOS / name).glob("*.yaml")))


@cache
def rehearsed(path: Path) -> tuple[tuple[Event, ...], ...]:
    """The records of patients at the end of a scenario; none where it is only of a trial's offices."""
    scenario = read_scenario(parse(path.read_text(encoding="utf-8"), path.name), find)
    driver = InProcess(scenario)
    rehearse(scenario, driver)
    return tuple(tuple(p.record.events) for p in driver.pathways.values() if p.record.events)


class Lives:
    """Draws records of a protocol's patients."""

    def __init__(self, witness: Counterexample, random: Random) -> None:
        self.compiled: Compiled = witness.world.compiled
        self.profile: Profile = witness.world.profile
        self.random = random
        self.limits = limits_of(self.compiled.protocol, witness.world)
        # A few of the protocol's scenarios: to play them all costs more than all the comparing. They are broken off anywhere.
        files = files_of(self.compiled.protocol.name)
        few = random.sample(files, min(SCENARIOS_PLAYED, len(files)))
        self.scenarios = tuple(events for path in few for events in rehearsed(path))

    def draw(self) -> Evaluation:
        """An evaluation of such a record, at its end or some time later."""
        random = self.random
        record, now = Record(), today(date(2025, 2, 1))
        if self.scenarios and random.random() < 0.8:
            events = random.choice(self.scenarios)
            for event in events[: random.randint(1, len(events))]:
                if random.random() > 0.06:
                    record.append(self._disturbed(event))
            now = max((e.recorded for e in record.events), default=now)
        for number in range(random.randint(0, 12)):
            now += timedelta(hours=random.choice(HOURS[:6]))
            known = evaluation(self.compiled, self.profile, UTC_SITE, record, now)
            report = self._report(record, known.plan, number, now)
            try:
                event_ = admit(known, report, now)
            except Refused:
                continue
            if event_ is not None:
                record.append(event_)
        now += timedelta(hours=random.choice(HOURS), minutes=7)
        return context(self.compiled, self.profile, UTC_SITE, record, now)

    def _disturbed(self, event: Event) -> Event:
        """An event of a scenario, its value sometimes another one. The prover knows no windows: every sample belongs."""
        event = replace(event, details=self._belonging(event.kind, event.point, event.scope, event.details))
        if event.kind != "observation" or self.random.random() > 0.15:
            return event
        fact = self.compiled.facts[event.name]
        value = self._value(fact, event.recorded)[0]
        return replace(event, value=value)

    def _belonging(self, kind: str, point: str, scope: Scope, details: Details) -> Details:
        named = point or dict(scope).get(POINT, "")
        windows = [p.id for p in self.compiled.protocol.points if not p.anytime]
        if kind not in ("observation", "action") or named not in windows or (BELONGS, "yes") in details:
            return details
        return tuple(sorted((*details, (BELONGS, "yes"))))

    def _value(self, fact: Fact, now: datetime) -> tuple[str, str]:
        random = self.random
        if fact.type == "choice":
            return random.choice(fact.values), ""
        if fact.type == "date":
            if fact.never and random.random() < 0.3:
                return "NEVER", ""
            days = random.choice((0, 1, 7, 30, 100, 365, 366, 400, 3000, 6575, 9000))
            return (now.date() - timedelta(days=days)).isoformat(), ""
        unit = fact.units[0].name if fact.units else ""
        if fact.qualifiers and random.random() < 0.3:
            return random.choice(("not-detected", "positive-not-quantifiable", "not-evaluable")), unit
        near = [Decimal(1), *self.limits.get(fact.id, ())]
        number = random.choice(near) * random.choice((Decimal("0.99"), 1, 1, Decimal("1.01"), 2))
        low, high = (Decimal(b) if b is not None else None for b in fact.possible)
        number = number if low is None or number >= low else low
        number = number if high is None or number <= high else high
        return decimal_text(number), unit

    def _report(self, record: Record, plan: Plan, number: int, now: datetime) -> Report:
        random, compiled = self.random, self.compiled
        kind = random.choice(KINDS)
        happened = now - timedelta(hours=random.choice((0, 0, 1, 30, 200))) if random.random() < 0.4 else None
        role = random.choice(("clinician", "clinician", "meeting", *ROLES))
        base = Report(f"x{number}", kind, now, role, reason="so", occurred=happened)
        if kind in ("observation", "not_obtainable"):
            fact = compiled.facts[random.choice(list(compiled.facts))]
            point = random.choice(fact.points) if fact.points else ""
            base = replace(base, name=fact.id, point=point)
            if kind == "not_obtainable":
                return base
            value, unit = self._value(fact, now)
            details = (("sensitivity", random.choice(("1e-5", "1e-4", "1e-3"))),)
            has = fact.qualifiers and "sensitivity" in fact.details and random.random() < 0.7
            said = self._belonging(kind, point, (), details if has else ())
            return replace(base, value=value, unit=unit, details=said)
        if kind == "action":
            action = compiled.actions[random.choice(list(compiled.actions))]
            scope = tuple((label, random.choice(values or ("1",))) for label, values in action.scopes)
            return replace(base, name=action.id, scope=scope, details=self._belonging(kind, "", scope, ()))
        if kind == "adverse_event" and compiled.adverse_events:
            name = random.choice(list(compiled.adverse_events))
            return replace(base, name=name, value=str(random.randint(0, 5)))
        if kind in ("correction", "void"):
            target = random.choice([e.id for e in record.events]) if record.events else "none"
            return replace(base, kind="void", target=target)
        if kind == "judgement" and compiled.criteria:
            return replace(
                base, name=random.choice(list(compiled.criteria)), value=random.choice(("PASS", "FAIL"))
            )
        asked = [d for d in plan.decisions if d.open]
        if not asked:
            return replace(base, kind="decision", name="none", value="none")
        state = random.choice(asked)
        option = state.proposal if state.proposal and random.random() < 0.6 else random.choice(state.options)
        return replace(base, kind="decision", name=state.key, value=option, override=True)
