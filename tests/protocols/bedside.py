"""A made-up patient at a made-up site: reports go through the door, plans come out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from pathway.engine.context import Compiled, Evaluation
from pathway.events import Report
from pathway.language.profile import Profile, make_profile
from pathway.patient.admission import admit
from pathway.patient.evaluate import evaluation
from pathway.plan import DoseState, Item, LedgerState, Plan
from pathway.record import Record
from pathway.site import Site
from protocols import compiled

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """The instant at which the site's clock shows `2025-03-03` (09:00) or `2025-03-03 10:30`."""
    return datetime.fromisoformat(text if len(text) > 10 else f"{text} 09:00").replace(tzinfo=SHANGHAI)


@dataclass
class Patient:
    """A patient of a trial; `settings` replace values of its profile."""

    trial: str
    settings: dict[str, str] = field(default_factory=dict)
    record: Record = field(default_factory=Record)

    @property
    def protocol(self) -> Compiled:
        return compiled(self.trial)

    @property
    def profile(self) -> Profile:
        return make_profile(self.protocol.protocol, self.settings)

    def fact(self, name: str, value: str, when: str, point: str = "", **details: str) -> str:
        """An observation in the fact's own unit, reported when it was sampled."""
        units = self.protocol.facts[name].units
        return self._submit(
            "observation",
            when,
            name=name,
            value=value,
            point=point,
            unit=units[0].name if units else "",
            details=details,
        )

    def do(self, name: str, when: str, scope: dict[str, str] | None = None, **details: str) -> str:
        """Something done."""
        return self._submit(
            "action", when, name=name, scope=tuple(sorted((scope or {}).items())), details=details
        )

    def grade(self, name: str, grade: int, when: str, of: str = "", **details: str) -> str:
        """An adverse event; `of`: the report that this one continues."""
        return self._submit("adverse_event", when, name=name, value=str(grade), target=of, details=details)

    def correct(self, event: str, value: str, when: str) -> str:
        """The right value of an earlier report."""
        unit = self.record.by_id[event].unit
        return self._submit("correction", when, target=event, value=value, unit=unit)

    def decide(self, name: str, option: str, when: str) -> str:
        """An option taken."""
        asked = (d.role for d in self.plan(when).decisions if d.key == name)
        role = next((r for r in asked if r in ("meeting", "sponsor")), "clinician")
        return self._submit("decision", when, name=name, value=option, reason="seen", role=role)

    def _submit(self, kind: str, when: str, details: dict[str, str] | None = None, **fields: object) -> str:
        name = f"e{len(self.record.events) + 1}"
        fields = {"role": "clinician", **fields}
        report = Report(
            id=name, kind=kind, at=at(when), details=tuple((details or {}).items()), **fields  # type: ignore[arg-type]
        )  # fmt: skip
        event = admit(self._evaluation(when), report, at(when))
        assert event is not None
        self.record.append(event)
        return name

    def plan(self, when: str) -> Plan:
        """The plan at that moment."""
        return self._evaluation(when).plan

    def _evaluation(self, when: str) -> Evaluation:
        return evaluation(self.protocol, self.profile, Site("S", "Asia/Shanghai"), self.record, at(when))

    def decision(self, key: str, when: str) -> str:
        """The option in force, else the decision's state; `not asked` where there is none."""
        found = next((d for d in self.plan(when).decisions if d.key == key), None)
        return "not asked" if found is None else found.in_force or found.state

    def ledger(self, key: str, when: str) -> LedgerState:
        """A ledger."""
        return next(x for x in self.plan(when).ledgers if x.key == key)

    def dose(self, key: str, label: str, when: str) -> DoseState:
        """A dose of a course."""
        return next(d for d in self.ledger(key, when).doses if d.label == label)

    def item(self, key: str, when: str) -> Item | None:
        """A plan item."""
        return next((i for i in self.plan(when).items if i.key == key), None)

    def raised(self, when: str) -> list[str]:
        """The ids of all deviations and alerts."""
        plan = self.plan(when)
        return [o.id for o in (*plan.deviations, *plan.alerts)]
