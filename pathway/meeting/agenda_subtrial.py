"""What the governor of a subtrial brings to the agenda of a meeting: slots, who waits, what is proposed, what stands still."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pathway.language import Subtrial
from pathway.meeting.agenda import Entry
from pathway.subtrial.govern import SubtrialPlan

STANDING_STILL: Final = ("SUSPEND", "HOLD", "HALT", "STOP")
"""Parts of the states in which nobody enters, though entry was once open."""


def subtrial_entries(
    pathway_id: str, subtrial: Subtrial, office: str, whole: SubtrialPlan
) -> tuple[Entry, ...]:
    """The entries of one subtrial, from its governor's plan."""
    made = _Writer(pathway_id, subtrial, office, whole)
    return (*made.decisions(), *made.slots(), *made.toxicity(), *made.holds(), *made.overdue())


class _Writer:
    def __init__(self, pathway_id: str, subtrial: Subtrial, office: str, whole: SubtrialPlan) -> None:
        self.pathway_id, self.subtrial, self.office, self.whole = pathway_id, subtrial, office, whole

    def entry(self, section: str, about: str, what: str, text: str, state: str = "") -> Entry:
        key = f"{section}|{self.pathway_id}|{about}"
        return Entry(section, key, self.pathway_id, self.subtrial.id, self.office, what, text, state)

    def decisions(self) -> Iterator[Entry]:
        for decision in self.whole.plan.decisions:
            if not decision.open or decision.role != "meeting":
                continue
            told = self.whole.told.get(decision.key)
            reasons: list[str] = []
            if told is not None:
                reasons += [f"rule: {told.rule}"] if told.rule else []
                reasons += [
                    f"{text}: {verdict}" + (f" [{value}]" if value else "")
                    for text, verdict, value in told.reasons
                ]
                reasons += [f"waits for {what} from the {who}" for what, who in told.missing]
            yield replace(
                self.entry(
                    "decisions",
                    decision.key,
                    decision.id,
                    (told.text if told is not None else "") or self.subtrial.text,
                    decision.state,
                ),
                since=decision.since,
                owner=decision.role,
                proposal=decision.proposal or "",
                options=decision.options,
                decision=decision.key,
                reasons=tuple(reasons),
            )

    def slots(self) -> Iterator[Entry]:
        """One line for the subtrial with its levels and counts; one for each patient who waits, in the order of service."""
        code, words = self.whole.entry
        lines = [
            f"level {level.id} {level.state.replace('_', ' ')}: {level.reason}"
            for level in self.whole.levels
            if level.n or level.state not in ("not_opened", "closed")
        ]
        stage = self.whole.stage
        if stage is not None and stage.stage:
            lines.append(
                f"stage {stage.stage} {stage.state}: {stage.n} patients, {stage.evaluable} evaluable, "
                f"{stage.responders} responders, {stage.pending} pending; {stage.reason}"
            )
        counts = Counter(slot.state for slot in self.whole.slots)
        seats = [f"{count} {state.lower()}" for state, count in sorted(counts.items())]
        seats.append(f"{len(self.whole.waiting)} waiting")
        text = ", ".join(seats) + (f"; {words}" if words else "")
        drugs = self.subtrial.text.partition(":")[0]
        yield replace(
            self.entry("subtrials", "", self.whole.status, text, code), owner="", reasons=(drugs, *lines)
        )

    def toxicity(self) -> Iterator[Entry]:
        """DLT windows that have ended without a verdict."""
        for slot in self.whole.slots:
            ended = slot.window_ends is not None and slot.window_ends <= self.whole.plan.at
            if ended and not slot.dlt and slot.state == "ENROLLED":
                text = f"{slot.subject}: the DLT window has ended without a verdict"
                entry = self.entry("toxicity", slot.subject, f"level {slot.level}", text, "OPEN")
                yield replace(entry, since=slot.window_ends, owner="clinician")

    def holds(self) -> Iterator[Entry]:
        code, words = self.whole.entry
        if any(part in code for part in STANDING_STILL):
            yield self.entry("holds", "", "entry", words or code, code)
        for level in self.whole.levels:
            if level.state == "held":
                yield self.entry("holds", f"level {level.id}", f"level {level.id}", level.reason, "HELD")

    def overdue(self) -> Iterator[Entry]:
        for item in self.whole.plan.items:
            if item.state == "late":
                due = item.due.isoformat() if item.due is not None else ""
                entry = self.entry("overdue", item.key, item.id, item.text, "late")
                yield replace(entry, since=item.since, owner=item.owner, due=due)
        for told in (*self.whole.plan.deviations, *self.whole.plan.alerts):
            if told.state == "raised":
                entry = self.entry("overdue", told.key, told.id, told.text, told.severity)
                yield replace(entry, since=told.since, owner=told.to)
