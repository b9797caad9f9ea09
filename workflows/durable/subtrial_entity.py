"""A subtrial, as the durable shell holds it: its governor's pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, Literal

from contracts.subtrial_start import SubtrialStart
from pathway.engine.context import Compiled
from pathway.errors import UnknownName
from pathway.events import Event, Report
from pathway.language.profile import make_profile
from pathway.patient.explanation import Explanation
from pathway.patient.sitting import Admitted
from pathway.plan import Plan
from pathway.record import Record
from pathway.subtrial.govern import admit_to, govern, subtrial_json
from pathway.subtrial.messages import Channels, PeerMessage, answer_report, answers_due
from pathway.subtrial.plan import Governor, SubtrialPlan
from workflows.durable.summaries import next_due


class Governed:
    """The pure functions of a governor, bound to the text, profile and coordinating office that it is pinned to."""

    kind: Final[Literal["subtrial"]] = "subtrial"
    has_peer_messages: Final = True

    def __init__(self, start: SubtrialStart, compiled: Compiled) -> None:
        """Bind them. Raises AllpathError if the start cannot be carried out."""
        self.site = start.site
        self.profile = make_profile(compiled.protocol, start.profile, start.simulation)
        self.governor = Governor(compiled, start.subtrial, self.profile, start.site)

    def evaluate(self, record: Record, now: datetime) -> SubtrialPlan:
        """The plan of the subtrial: slots, levels, answers."""
        return govern(self.governor, record, now)

    def plan(self, evaluation: SubtrialPlan) -> Plan:
        """What it has in common with a patient's plan."""
        return evaluation.plan

    def governed(self, evaluation: SubtrialPlan) -> SubtrialPlan:
        """All of it."""
        return evaluation

    def admit(
        self, record: Record, report: Report, now: datetime, evaluation: SubtrialPlan, *, again: bool
    ) -> Event | None:
        """See `pathway.subtrial.admission.admit_to`."""
        return admit_to(self.governor, record, report, now, evaluation)

    def admit_all(self, record: Record, reports: Sequence[Report], now: datetime) -> Admitted:
        """Nobody enters many things at once here."""
        raise NotImplementedError

    def known_as(self, record: Record, report: Report, now: datetime, evaluation: SubtrialPlan) -> str:
        """Every report to a governor stands for itself."""
        return report.id

    def messages(
        self, sent: Channels, record: Record, evaluation: SubtrialPlan, *, archived: bool
    ) -> tuple[Channels, tuple[PeerMessage, ...]]:
        """The answers to the patients whose pathways have written."""
        return answers_due(sent, evaluation.answers, record)

    def report(self, message: PeerMessage, at: datetime) -> Report:
        """See `pathway.subtrial.messages.answer_report`."""
        return answer_report(self.governor.id, message, at)

    def day_one(self, evaluation: SubtrialPlan) -> date | None:
        """A subtrial has no study days."""
        return None

    def group(self, evaluation: SubtrialPlan) -> str:
        """The dose level that is current, else the stage."""
        if evaluation.level:
            return evaluation.level
        return (
            f"stage {evaluation.stage.stage}"
            if evaluation.stage is not None and evaluation.stage.stage
            else ""
        )

    def next_due(self, evaluation: SubtrialPlan) -> datetime | None:
        """See `workflows.durable.summaries.next_due`."""
        return next_due(evaluation.plan, self.profile, self.site)

    def outlived(self, evaluation: SubtrialPlan, key: str) -> bool:
        """Everything that was told stays in the plan, or is taken back."""
        return False

    def json(self, record: Record, evaluation: SubtrialPlan) -> dict[str, Any]:
        """See `pathway.subtrial.output.subtrial_json`."""
        return subtrial_json(self.governor, record, evaluation)

    def explain(self, evaluation: SubtrialPlan, decision: str) -> Explanation:
        """Not offered: the reasons of a governor's decisions are part of its plan."""
        raise UnknownName(f"{decision}: the plan of a subtrial gives the reasons of its decisions itself")

    def shown(self, evaluation: SubtrialPlan) -> list[str]:
        """Entry, levels, slots by level and state, who waits. Pseudonyms only."""
        lines = ["", f"Entry: **{evaluation.entry[0]}**"]
        if evaluation.levels:
            lines += [
                "",
                "| Level | State | Patients | DLT | Pending | Completed |",
                "|---|---|---|---|---|---|",
            ]
            lines += [
                f"| {each.id} | {each.state} | {each.n} | {each.t} | {each.p} | {each.ok} |"
                for each in evaluation.levels
            ]
        stage = evaluation.stage
        if stage is not None and stage.stage:
            lines += [
                "",
                f"Stage {stage.stage}: {stage.state}, {stage.n} patients, {stage.evaluable} evaluable, "
                f"{stage.responders} responders, {stage.pending} pending",
            ]
        lines += ["", "| Slots | State | Patients |", "|---|---|---|"]
        counts = Counter((each.level or each.stage or "all", each.state) for each in evaluation.slots)
        lines += [f"| {level} | {state} | {count} |" for (level, state), count in sorted(counts.items())]
        waiting = [f"`{each.subject}`" for each in evaluation.waiting]
        lines += ["", f"Waiting: **{len(waiting)}**" + (f" ({', '.join(waiting[:12])})" if waiting else "")]
        return lines
