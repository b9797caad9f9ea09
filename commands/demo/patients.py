"""One child of the demo: a scenario played through a pathway, step by step with the same scenario in memory.

What to do next is decided in memory; the pathway is asked for the same and must answer the same. So a demo that was
interrupted at any point goes on: what lies behind is played again in memory only, and what is sent again is recorded once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from client import pathways
from client.pathways import ALREADY_ENROLLED, Handle
from commands.demo.folder import LABEL
from pathway.changes import Change, day_label, day_one_of
from pathway.clock import local_day
from pathway.errors import AllpathError
from pathway.plan import Plan
from pathway.refusal import Refused
from pathway.rehearsal.rehearse import (
    Answer,
    Command,
    InProcess,
    Progress,
    Refusal,
    Show,
    StepTo,
    Submit,
    script,
)
from pathway.rehearsal.scenario import Scenario, Subject

if TYPE_CHECKING:
    from runtime.settings import Settings

T = TypeVar("T")

AWAY: Final = 4
"""Exit status of the errors that pass: no server, no worker."""
PAUSE: Final = 0.5
PATIENCE: Final = timedelta(seconds=10)


class DemoPatient:
    """A child on the virtual clock, which counts days from the start of its scenario.

    `days`: as far as it has come. `events` were sent to its pathway, `told` is its story. `differs`: in words, what its
    pathway did otherwise than memory.
    """

    def __init__(
        self,
        name: str,
        scenario: Scenario,
        longest: timedelta,
        settings: Settings,
        trouble: Callable[[str], None],
    ) -> None:
        self.name = name.upper()
        self.course = scenario.title.partition(", ")[2].partition(";")[0] or scenario.title
        self.scenario = _renamed(scenario, self.name, scenario.start + longest)
        self.done = False
        self.events = 0
        self.differs = ""
        self.told: list[Change] = []
        self.plan: Plan | None = None
        self.days = 0.0
        self._settings = settings
        self._trouble = trouble
        self._memory = InProcess(self.scenario)
        self._play = script(self.scenario)
        self._command: Command | None = next(self._play)
        self._handle: Handle | None = None
        self._stands_at = self.scenario.start
        self._position = 0

    @property
    def reached_days(self) -> float:
        """Virtual days since the start, as far as its pathway had come when it was opened."""
        return (self._stands_at - self.scenario.start).total_seconds() / 86400

    @property
    def day(self) -> str:
        """The study day, `D33`; empty before D1 is known."""
        if self.plan is None:
            return ""
        now = self.scenario.start + timedelta(days=self.days)
        day_one = day_one_of(self.plan, self.scenario.compiled.protocol.day_one)
        return day_label(local_day(now, self.site.site.tz), day_one)

    @property
    def site(self) -> Subject:
        """The subject with its site."""
        return self.scenario.subjects[0]

    async def open(self, settings: Settings) -> None:
        """Start the pathway, or find it as an interrupted demo has left it."""
        from runtime.connection import connect

        protocol = self.scenario.compiled.protocol
        start = pathways.new_start(
            f"{protocol.name}@{protocol.version.number}",
            self.name,
            self.site.site,
            profile=dict(self.scenario.overrides),
            simulation=self.scenario.simulation,
            started_at=self.scenario.start,
            label=LABEL,
        )
        client = await self._persist(lambda: connect(settings, identity="allpath demo"))
        self._handle = pathways.pathway_handle(client, protocol.name, self.name, rehearsal=True, label=LABEL)

        async def enrol() -> None:
            try:
                await pathways.start_pathway(
                    client, start, queue=settings.rehearsal_task_queue, patience=PATIENCE
                )
            except Refused as refused:
                if refused.code != ALREADY_ENROLLED:
                    raise

        await self._persist(enrol)
        state = await self._persist(lambda: pathways.state(self._open(), patience=PATIENCE))
        self._stands_at = state.now

    async def advance(self, days: float) -> None:
        """Play all that happens until so many days after the start."""
        until = self.scenario.start + timedelta(days=days)
        step: StepTo | None = None
        while self._command is not None:
            command = self._command
            answer: Answer
            if isinstance(command, StepTo):
                if command.at > until:
                    break
                step = command
                answer = self._memory.step_to(command)
                self._take_in(answer)
            elif isinstance(command, Submit):
                await self._step(step)
                step = None
                answer = self._memory.submit(command)
                await self._submit(command, answer)
                if not isinstance(answer, Refusal):
                    self._take_in(answer)
            else:
                answer = self._memory.show(Show())
            try:
                self._command = self._play.send(answer)
            except StopIteration:
                self._command = None
        await self._step(step)
        self.days = days
        if self._command is None and not self.done:
            await self._compare()
            self.done = True

    def _take_in(self, answer: object) -> None:
        progress = answer.get(self.name) if isinstance(answer, dict) else None
        if isinstance(progress, Progress):
            self.plan = progress.plan
            self.told += progress.changes

    async def _step(self, command: StepTo | None) -> None:
        """Move the pathway's clock, unless it stands there or later already."""
        if command is None or command.at <= self._stands_at:
            return
        receipt = await self._persist(
            lambda: pathways.step(self._open(), command.at, since=self._position, patience=PATIENCE)
        )
        self._stands_at, self._position = receipt.now, receipt.position
        if receipt.plan != self.plan:
            self._differ(f"its plan of {command.at:%Y-%m-%d} is not that of the rehearsal in memory")

    async def _submit(self, command: Submit, expected: object) -> None:
        """Hand in a report, unless the pathway has gone past it: then it has it."""
        self.events += not isinstance(expected, Refusal)
        if command.report.at < self._stands_at:
            return

        async def hand_in() -> str:
            try:
                await pathways.submit(self._open(), command.report, patience=PATIENCE)
            except Refused as refused:
                return refused.code
            return ""

        code = await self._persist(hand_in)
        wanted = expected.code if isinstance(expected, Refusal) else ""
        if code != wanted:
            self._differ(
                f"event {command.report.id} was {f'refused, {code}' if code else 'accepted'} by its pathway"
            )

    async def _compare(self) -> None:
        """Hold the pathway against memory: as many events, and the same plan."""
        state = await self._persist(lambda: pathways.state(self._open(), patience=PATIENCE))
        view = await self._persist(lambda: pathways.plan(self._open(), patience=PATIENCE))
        in_memory = self._memory.show(Show()).plans[self.name]
        if state.events != self.events:
            self._differ(f"its pathway has {state.events} events, {self.events} were sent")
        elif view.plan != in_memory:
            parts = [name for name in in_memory if in_memory[name] != view.plan.get(name)]
            self._differ(f"its last plan differs from that in memory in {', '.join(parts)}")

    def _differ(self, words: str) -> None:
        self.differs = self.differs or words

    def _open(self) -> Handle:
        if self._handle is None:
            raise RuntimeError("the child has no pathway yet")
        return self._handle

    async def _persist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call until it is answered: server and worker come back."""
        while True:
            try:
                return await call()
            except AllpathError as error:
                if error.exit_status != AWAY:
                    raise
                self._trouble(self.name)
                await asyncio.sleep(PAUSE)


def _renamed(scenario: Scenario, name: str, until: datetime) -> Scenario:
    """The scenario with its subject called `name`, and a clock that runs until then."""
    subject = replace(scenario.subjects[0], id=name)
    only = scenario.subjects[0].id
    return replace(
        scenario,
        subjects=(subject,),
        until=until,
        events=tuple(replace(event, subject=name) for event in scenario.events if event.subject == only),
        expectations=tuple(replace(e, subject=name) for e in scenario.expectations if e.subject == only),
    )
