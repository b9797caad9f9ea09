"""Rehearsal: a scenario played on a virtual clock, from its start to its end, in this process or by another driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pathway.changes import CLOCK, Announced, changes, day_one_of
from pathway.engine.context import Evaluation
from pathway.events import Report
from pathway.language.profile import make_profile
from pathway.patient.admission import admit
from pathway.patient.enrolment import as_ended
from pathway.patient.evaluate import evaluation
from pathway.patient.output import plan_json
from pathway.record import Record
from pathway.refusal import Refused
from pathway.rehearsal.rehearsed import Rehearsed
from pathway.rehearsal.scenario import Scenario, Subject
from pathway.rehearsal.script import Stuck, script
from pathway.rehearsal.steps import (
    MOST_ROUNDS,
    Answer,
    Command,
    Progress,
    Refusal,
    Settle,
    Show,
    Shown,
    StepTo,
    Submit,
)
from pathway.subtrial.govern import admit_to, govern, subtrial_json
from pathway.subtrial.messages import (
    Channels,
    acknowledge,
    answer_report,
    answers_due,
    standing_report,
    standings_due,
)
from pathway.subtrial.plan import Governor, SubtrialPlan


class Driver(Protocol):
    """Carries out the commands of a script."""

    def step_to(self, command: StepTo) -> Mapping[str, Progress]: ...

    def submit(self, command: Submit) -> Mapping[str, Progress] | Refusal: ...

    def settle(self, command: Settle) -> Mapping[str, Progress]: ...

    def show(self, command: Show) -> Shown: ...


class AsyncDriver(Protocol):
    """The same across a network."""

    async def step_to(self, command: StepTo) -> Mapping[str, Progress]: ...

    async def submit(self, command: Submit) -> Mapping[str, Progress] | Refusal: ...

    async def settle(self, command: Settle) -> Mapping[str, Progress]: ...

    async def show(self, command: Show) -> Shown: ...


def rehearse(scenario: Scenario, driver: Driver | None = None) -> Rehearsed:
    """Plays a scenario in this process, or with another driver. Raises `Stuck`."""
    driver = driver or InProcess(scenario)
    play = script(scenario)
    command = next(play)
    while True:
        try:
            match command:
                case StepTo():
                    command = play.send(driver.step_to(command))
                case Submit():
                    command = play.send(driver.submit(command))
                case Settle():
                    command = play.send(driver.settle(command))
                case Show():
                    command = play.send(driver.show(command))
        except StopIteration as end:
            return _result(end)


async def rehearse_with(scenario: Scenario, driver: AsyncDriver) -> Rehearsed:
    """Plays a scenario with a driver that waits for its answers. Raises `Stuck`."""
    play = script(scenario)
    command = next(play)
    while True:
        answer: Answer
        match command:
            case StepTo():
                answer = await driver.step_to(command)
            case Submit():
                answer = await driver.submit(command)
            case Settle():
                answer = await driver.settle(command)
            case Show():
                answer = await driver.show(command)
        try:
            command = play.send(answer)
        except StopIteration as end:
            return _result(end)


def _result(end: StopIteration) -> Rehearsed:
    assert isinstance(end.value, Rehearsed)
    return end.value


NOTHING_SENT = Channels()


@dataclass(slots=True)
class _Pathway:
    """A subject; `sent`: its messages to governors."""

    subject: Subject
    record: Record
    announced: Announced
    evaluation: Evaluation | None = None
    sent: Channels = NOTHING_SENT


@dataclass(slots=True)
class _Office:
    """A governor at work; `sent`: its answers to subjects."""

    governor: Governor
    record: Record
    announced: Announced
    plan: SubtrialPlan | None = None
    sent: Channels = NOTHING_SENT


class InProcess:
    """Plays a script in memory: one record and one plan for each subject and each governor."""

    def __init__(self, scenario: Scenario) -> None:
        self.compiled = scenario.compiled
        self.profile = make_profile(self.compiled.protocol, dict(scenario.overrides), scenario.simulation)
        self.now = scenario.start
        self.pathways = {s.id: _Pathway(s, Record.of(()), Announced()) for s in scenario.subjects}
        self.offices = {
            s.id: _Office(Governor(self.compiled, s.id, self.profile, s.site), Record.of(()), Announced())
            for s in scenario.governors
        }

    def step_to(self, command: StepTo) -> Mapping[str, Progress]:
        """Moves the clock."""
        self.now = command.at
        progress = {id_: self._progress(pathway, CLOCK) for id_, pathway in self.pathways.items()}
        return progress | {id_: self._governed(office, CLOCK) for id_, office in self.offices.items()}

    def submit(self, command: Submit) -> Mapping[str, Progress] | Refusal:
        """Admits a report at the door, and records it."""
        try:
            return {command.subject: self._hand_in(command.subject, command.report)}
        except Refused as refused:
            return Refusal(refused.code, str(refused))

    def settle(self, command: Settle) -> Mapping[str, Progress]:
        """Delivers messages until there are none."""
        found: dict[str, Progress] = {}
        for _ in range(MOST_ROUNDS):
            if not self._round(found):
                return found
        raise Stuck(f"{self.now.isoformat()}: after {MOST_ROUNDS} rounds there are still messages to deliver")

    def show(self, command: Show) -> Shown:
        """The plans as they are now."""
        plans, governors = {}, {}
        for id_, pathway in self.pathways.items():
            assert pathway.evaluation is not None
            plans[id_] = plan_json(pathway.evaluation)
        for id_, office in self.offices.items():
            assert office.plan is not None
            governors[id_] = subtrial_json(office.governor, office.record, office.plan)
        return Shown(plans, governors)

    def _round(self, found: dict[str, Progress]) -> bool:
        """One round of messages; whether there were any. `found` gathers what they brought."""
        moved = False
        for subject, pathway in self.pathways.items():
            assert pathway.evaluation is not None
            plan = pathway.evaluation.plan
            pathway.sent, messages = standings_due(pathway.sent, plan, pathway.evaluation.site)
            for message in messages:
                moved = True
                self._deliver(message.receiver, standing_report(subject, message, self.now), found)
                pathway.sent = acknowledge(pathway.sent, message)
        for subtrial, office in self.offices.items():
            assert office.plan is not None
            office.sent, messages = answers_due(office.sent, office.plan.answers, office.record)
            for message in messages:
                moved = True
                self._deliver(message.receiver, answer_report(subtrial, message, self.now), found)
                office.sent = acknowledge(office.sent, message)
        return moved

    def _deliver(self, receiver: str, report: Report, found: dict[str, Progress]) -> None:
        try:
            new = self._hand_in(receiver, report)
        except Refused as refused:
            if refused.code == "archived":
                return  # whose enrolment was annulled needs no messages any more
            raise Stuck(f"{receiver} refuses the message {report.id}: {refused}") from refused
        before = found.get(receiver, Progress(new.plan, ()))
        found[receiver] = Progress(
            new.plan, (*before.changes, *new.changes), new.governor, (*before.messages, report)
        )

    def _hand_in(self, receiver: str, report: Report) -> Progress:
        """Admits a report at the door of a subject or governor, and records it. Raises `Refused`."""
        office = self.offices.get(receiver)
        if office is not None:
            assert office.plan is not None
            event = admit_to(office.governor, office.record, report, self.now, office.plan)
            if event is None:
                return Progress(office.plan.plan, (), office.plan)
            office.record.append(event)
            return self._governed(office, event.id)
        pathway = self.pathways[receiver]
        assert pathway.evaluation is not None
        event = admit(pathway.evaluation, report, self.now)
        if event is None:
            return Progress(pathway.evaluation.plan, ())
        pathway.record.append(event)
        return self._progress(pathway, event.id)

    def _progress(self, pathway: _Pathway, cause: str) -> Progress:
        subject, site = pathway.subject.id, pathway.subject.site
        pathway.evaluation = evaluation(self.compiled, self.profile, site, pathway.record, self.now)
        plan = pathway.evaluation.plan
        day_one = day_one_of(plan, self.compiled.protocol.day_one)
        event = pathway.record.by_id.get(cause)
        changed, pathway.announced = changes(
            pathway.announced,
            plan,
            subject=subject,
            cause=cause,
            tz=pathway.evaluation.site.tz,
            day_one=day_one,
            event=event,
        )
        return Progress(plan, tuple(as_ended(changed) if pathway.record.annulments else changed))

    def _governed(self, office: _Office, cause: str) -> Progress:
        governor = office.governor
        plan = govern(governor, office.record, self.now)
        event, tz = office.record.by_id.get(cause), governor.site.tz
        changed, office.announced = changes(
            office.announced, plan.plan, subject=governor.id, cause=cause, tz=tz, day_one=None, event=event
        )
        office.plan = plan
        return Progress(plan.plan, tuple(changed), plan)


__all__ = [
    "Answer",
    "AsyncDriver",
    "Command",
    "Driver",
    "InProcess",
    "Progress",
    "Refusal",
    "Rehearsed",
    "Settle",
    "Show",
    "Shown",
    "StepTo",
    "Stuck",
    "Submit",
    "rehearse",
    "rehearse_with",
    "script",
]
