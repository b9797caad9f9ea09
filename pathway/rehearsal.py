"""Rehearsal: a scenario played on a virtual clock, from its start to its end, in this process or by another driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pathway.changes import Told, changes, day_one_of
from pathway.door import Refused, admit
from pathway.evaluate import evaluate
from pathway.output import plan_json
from pathway.plan import Plan
from pathway.profile import make_profile
from pathway.record import Record
from pathway.scenario import Scenario, Subject
from pathway.script import (
    CLOCK,
    Answer,
    Command,
    Progress,
    Refusal,
    Rehearsed,
    Show,
    Shown,
    StepTo,
    Stuck,
    Submit,
    script,
)


class Driver(Protocol):
    """Carries out the commands of a script."""

    def step_to(self, command: StepTo) -> Mapping[str, Progress]: ...

    def submit(self, command: Submit) -> Mapping[str, Progress] | Refusal: ...

    def show(self, command: Show) -> Shown: ...


class AsyncDriver(Protocol):
    """The same across a network."""

    async def step_to(self, command: StepTo) -> Mapping[str, Progress]: ...

    async def submit(self, command: Submit) -> Mapping[str, Progress] | Refusal: ...

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
            case Show():
                answer = await driver.show(command)
        try:
            command = play.send(answer)
        except StopIteration as end:
            return _result(end)


def _result(end: StopIteration) -> Rehearsed:
    assert isinstance(end.value, Rehearsed)
    return end.value


@dataclass(slots=True)
class _Pathway:
    subject: Subject
    record: Record
    told: Told
    plan: Plan | None = None


class InProcess:
    """Plays a script in memory: one record and one plan for each subject."""

    def __init__(self, scenario: Scenario) -> None:
        self.compiled = scenario.compiled
        self.profile = make_profile(self.compiled.protocol, dict(scenario.overrides), scenario.simulation)
        self.now = scenario.start
        self.pathways = {s.id: _Pathway(s, Record.of(()), {}) for s in scenario.subjects}

    def step_to(self, command: StepTo) -> Mapping[str, Progress]:
        """Moves the clock."""
        self.now = command.at
        return {id_: self._progress(pathway, CLOCK) for id_, pathway in self.pathways.items()}

    def submit(self, command: Submit) -> Mapping[str, Progress] | Refusal:
        """Admits a report at the door, and records it."""
        pathway = self.pathways[command.subject]
        site, record = pathway.subject.site, pathway.record
        assert pathway.plan is not None
        try:
            event = admit(self.compiled, self.profile, site, record, command.report, self.now, pathway.plan)
        except Refused as refused:
            return Refusal(refused.code, str(refused))
        if event is None:
            return {command.subject: Progress(pathway.plan, ())}
        record.append(event)
        return {command.subject: self._progress(pathway, event.id)}

    def show(self, command: Show) -> Shown:
        """The plans as they are now."""
        plans = {}
        for id_, pathway in self.pathways.items():
            assert pathway.plan is not None
            plans[id_] = plan_json(
                self.compiled, self.profile, pathway.subject.site, pathway.record, pathway.plan
            )
        return Shown(plans)

    def _progress(self, pathway: _Pathway, cause: str) -> Progress:
        subject, site = pathway.subject.id, pathway.subject.site
        plan = evaluate(self.compiled, self.profile, site, pathway.record, self.now)
        day_one = day_one_of(plan, self.compiled.protocol.day_one)
        changed, pathway.told = changes(
            pathway.told, plan, subject=subject, cause=cause, tz=site.tz, day_one=day_one
        )
        pathway.plan = plan
        return Progress(plan, tuple(changed))


__all__ = [
    "Answer",
    "AsyncDriver",
    "Command",
    "Driver",
    "InProcess",
    "Progress",
    "Refusal",
    "Rehearsed",
    "Show",
    "Shown",
    "StepTo",
    "Stuck",
    "Submit",
    "rehearse",
    "rehearse_with",
    "script",
]
