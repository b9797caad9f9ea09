"""A patient in a trial, as the durable shell holds them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, Literal

from pathway.changes import day_one_of
from pathway.compiled import Compiled
from pathway.door import admit
from pathway.evaluate import evaluate
from pathway.events import Event, Report
from pathway.explain import Explanation, explain
from pathway.letters import Correspondence, Letter, standing_report, standings_due
from pathway.output import plan_json
from pathway.plan import Plan
from pathway.profile import make_profile
from pathway.record import Record
from workflows.details import next_due
from workflows.messages import PathwayStart


class Patient:
    """The pure functions of a pathway, bound to the text, profile and site that it is pinned to."""

    kind: Final[Literal["patient"]] = "patient"

    def __init__(self, start: PathwayStart, compiled: Compiled) -> None:
        """Bind them. Raises AllpathError if the start cannot be carried out."""
        self.compiled = compiled
        self.site = start.site
        self.profile = make_profile(compiled.protocol, start.profile, start.simulation)
        self.has_letters = bool(compiled.protocol.enrolments)
        self._subject = start.subject

    def evaluate(self, record: Record, now: datetime) -> Plan:
        """The plan."""
        return evaluate(self.compiled, self.profile, self.site, record, now)

    def plan(self, whole: Plan) -> Plan:
        """The plan."""
        return whole

    def governed(self, whole: Plan) -> None:
        """A patient governs nothing."""

    def admit(self, record: Record, report: Report, now: datetime, whole: Plan) -> Event | None:
        """See `pathway.door.admit`."""
        return admit(self.compiled, self.profile, self.site, record, report, now, whole)

    def letters(
        self, sent: Correspondence, record: Record, whole: Plan, *, archived: bool
    ) -> tuple[Correspondence, tuple[Letter, ...]]:
        """How the patient stands towards each subtrial. An archived pathway asks for nothing any more."""
        if archived:
            whole = replace(
                whole, standings=tuple(replace(each, wants="nothing") for each in whole.standings)
            )
        return standings_due(sent, whole, self.site)

    def report(self, letter: Letter, at: datetime) -> Report:
        """See `pathway.letters.standing_report`."""
        return standing_report(self._subject, letter, at)

    def day_one(self, whole: Plan) -> date | None:
        """The day of the protocol's first anchor."""
        return day_one_of(whole, self.compiled.protocol.day_one)

    def group(self, whole: Plan) -> str:
        """The risk group or arm."""
        return whole.group

    def next_due(self, whole: Plan) -> datetime | None:
        """See `workflows.details.next_due`."""
        return next_due(whole, self.profile, self.site)

    def outlived(self, whole: Plan, key: str) -> bool:
        """Everything that was told stays in the plan, or is taken back."""
        return False

    def json(self, record: Record, whole: Plan) -> dict[str, Any]:
        """See `pathway.output.plan_json`."""
        return plan_json(self.compiled, self.profile, self.site, record, whole)

    def explain(self, record: Record, now: datetime, decision: str) -> Explanation:
        """See `pathway.explain.explain`."""
        return explain(self.compiled, self.profile, self.site, record, now, decision)

    def shown(self, whole: Plan) -> list[str]:
        """Nothing beyond what every subject shows."""
        return []
