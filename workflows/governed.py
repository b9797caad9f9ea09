"""A subtrial, as the durable shell holds it: its governor's pure functions."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any, Final, Literal

from pathway.compiled import Compiled
from pathway.errors import UnknownName
from pathway.events import Event, Report
from pathway.explain import Explanation
from pathway.letters import Correspondence, Letter, answer_report, answers_due
from pathway.plan import Plan
from pathway.profile import make_profile
from pathway.record import Record
from pathway.subtrial import admit_to, govern, subtrial_json
from pathway.subtrial_plan import Governor, SubtrialPlan
from workflows.details import next_due
from workflows.subtrial_start import SubtrialStart


class Governed:
    """The pure functions of a governor, bound to the text, profile and coordinating office that it is pinned to."""

    kind: Final[Literal["subtrial"]] = "subtrial"
    has_letters: Final = True

    def __init__(self, start: SubtrialStart, compiled: Compiled) -> None:
        """Bind them. Raises AllpathError if the start cannot be carried out."""
        self.site = start.site
        self.profile = make_profile(compiled.protocol, start.profile, start.simulation)
        self.governor = Governor(compiled, start.subtrial, self.profile, start.site)

    def evaluate(self, record: Record, now: datetime) -> SubtrialPlan:
        """The plan of the subtrial: slots, levels, answers."""
        return govern(self.governor, record, now)

    def plan(self, whole: SubtrialPlan) -> Plan:
        """What it has in common with a patient's plan."""
        return whole.plan

    def governed(self, whole: SubtrialPlan) -> SubtrialPlan:
        """All of it."""
        return whole

    def admit(self, record: Record, report: Report, now: datetime, whole: SubtrialPlan) -> Event | None:
        """See `pathway.subtrial.admit_to`."""
        return admit_to(self.governor, record, report, now, whole)

    def letters(
        self, sent: Correspondence, record: Record, whole: SubtrialPlan, *, archived: bool
    ) -> tuple[Correspondence, tuple[Letter, ...]]:
        """The answers to the patients whose pathways have written."""
        return answers_due(sent, whole.answers, record)

    def report(self, letter: Letter, at: datetime) -> Report:
        """See `pathway.letters.answer_report`."""
        return answer_report(self.governor.id, letter, at)

    def day_one(self, whole: SubtrialPlan) -> date | None:
        """A subtrial has no study days."""
        return None

    def group(self, whole: SubtrialPlan) -> str:
        """The dose level that is current, else the stage."""
        if whole.level:
            return whole.level
        return f"stage {whole.stage.stage}" if whole.stage is not None and whole.stage.stage else ""

    def next_due(self, whole: SubtrialPlan) -> datetime | None:
        """See `workflows.details.next_due`."""
        return next_due(whole.plan, self.profile, self.site)

    def outlived(self, whole: SubtrialPlan, key: str) -> bool:
        """Everything that was told stays in the plan, or is taken back."""
        return False

    def json(self, record: Record, whole: SubtrialPlan) -> dict[str, Any]:
        """See `pathway.subtrial.subtrial_json`."""
        return subtrial_json(self.governor, record, whole)

    def explain(self, record: Record, now: datetime, decision: str) -> Explanation:
        """Not offered: the reasons of a governor's decisions are part of its plan."""
        raise UnknownName(f"{decision}: the plan of a subtrial gives the reasons of its decisions itself")

    def shown(self, whole: SubtrialPlan) -> list[str]:
        """Entry, levels, slots by level and state, who waits. Pseudonyms only."""
        lines = ["", f"Entry: **{whole.entry[0]}**"]
        if whole.levels:
            lines += [
                "",
                "| Level | State | Patients | DLT | Pending | Completed |",
                "|---|---|---|---|---|---|",
            ]
            lines += [
                f"| {each.id} | {each.state} | {each.n} | {each.t} | {each.p} | {each.ok} |"
                for each in whole.levels
            ]
        stage = whole.stage
        if stage is not None and stage.stage:
            lines += [
                "",
                f"Stage {stage.stage}: {stage.state}, {stage.n} patients, {stage.evaluable} evaluable, "
                f"{stage.responders} responders, {stage.pending} pending",
            ]
        lines += ["", "| Slots | State | Patients |", "|---|---|---|"]
        counts = Counter((each.level or each.stage or "all", each.state) for each in whole.slots)
        lines += [f"| {level} | {state} | {count} |" for (level, state), count in sorted(counts.items())]
        waiting = [f"`{each.subject}`" for each in whole.waiting]
        lines += ["", f"Waiting: **{len(waiting)}**" + (f" ({', '.join(waiting[:12])})" if waiting else "")]
        return lines
