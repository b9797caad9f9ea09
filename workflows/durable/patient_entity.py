"""A patient in a trial, as the durable shell holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, Literal

from contracts.messages import PathwayStart
from pathway.changes import day_one_of
from pathway.engine.context import Compiled, Evaluation
from pathway.events import Event, Report
from pathway.language.profile import make_profile
from pathway.patient.admission import admit, known_as
from pathway.patient.evaluate import evaluation
from pathway.patient.explain import explain
from pathway.patient.explanation import Explanation
from pathway.patient.output import plan_json
from pathway.patient.sitting import Admitted, admit_all
from pathway.plan import Plan
from pathway.record import Record
from pathway.subtrial.messages import Channels, PeerMessage, standing_report, standings_due
from workflows.durable.summaries import next_due


class Patient:
    """The pure functions of a pathway, bound to the text, profile and site that it is pinned to."""

    kind: Final[Literal["patient"]] = "patient"

    def __init__(self, start: PathwayStart, compiled: Compiled) -> None:
        """Bind them. Raises AllpathError if the start cannot be carried out."""
        self.compiled = compiled
        self.site = start.site
        self.profile = make_profile(compiled.protocol, start.profile, start.simulation)
        self.has_peer_messages = bool(compiled.protocol.enrolments)
        self._subject, self._formerly = start.subject, start.formerly

    def evaluate(self, record: Record, now: datetime) -> Evaluation:
        """See `pathway.patient.evaluate.evaluation`."""
        return evaluation(self.compiled, self.profile, self.site, record, now)

    def plan(self, evaluation: Evaluation) -> Plan:
        """The plan."""
        return evaluation.plan

    def governed(self, evaluation: Evaluation) -> None:
        """A patient governs nothing."""

    def admit(
        self, record: Record, report: Report, now: datetime, evaluation: Evaluation, *, again: bool
    ) -> Event | None:
        """See `pathway.patient.admission.admit`."""
        return admit(evaluation, report, now, again=again)

    def admit_all(self, record: Record, reports: Sequence[Report], now: datetime) -> Admitted:
        """See `pathway.patient.sitting.admit_all`."""
        return admit_all(self.compiled, self.profile, self.site, record, reports, now)

    def known_as(self, record: Record, report: Report, now: datetime, evaluation: Evaluation) -> str:
        """See `pathway.patient.admission.known_as`."""
        return known_as(evaluation, report, now)

    def messages(
        self, sent: Channels, record: Record, evaluation: Evaluation, *, archived: bool
    ) -> tuple[Channels, tuple[PeerMessage, ...]]:
        """How the patient stands towards each subtrial. An archived pathway asks for nothing any more."""
        plan = evaluation.plan
        if archived:
            plan = replace(plan, standings=tuple(replace(each, wants="nothing") for each in plan.standings))
        return standings_due(sent, plan, evaluation.site, self._formerly)

    def report(self, message: PeerMessage, at: datetime) -> Report:
        """See `pathway.subtrial.messages.standing_report`."""
        return standing_report(self._subject, message, at)

    def day_one(self, evaluation: Evaluation) -> date | None:
        """The day of the protocol's first anchor."""
        return day_one_of(evaluation.plan, self.compiled.protocol.day_one)

    def group(self, evaluation: Evaluation) -> str:
        """The risk group or arm."""
        return evaluation.plan.group

    def next_due(self, evaluation: Evaluation) -> datetime | None:
        """See `workflows.durable.summaries.next_due`."""
        return next_due(evaluation.plan, self.profile, evaluation.site)

    def outlived(self, evaluation: Evaluation, key: str) -> bool:
        """Everything that was told stays in the plan, or is taken back."""
        return False

    def json(self, record: Record, evaluation: Evaluation) -> dict[str, Any]:
        """See `pathway.patient.output.plan_json`."""
        return plan_json(evaluation)

    def explain(self, evaluation: Evaluation, decision: str) -> Explanation:
        """See `pathway.patient.explain.explain`."""
        return explain(evaluation, decision, self._subject)

    def shown(self, evaluation: Evaluation) -> list[str]:
        """Nothing beyond what every subject shows."""
        return []
