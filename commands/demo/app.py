"""The demo: made-up infants go through their pathways on a paced virtual clock, while people watch."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from commands.demo import folder as demo_home
from commands.errors import NOTICE, UsageError
from commands.protocol.rehearse import read
from commands.screen import make_console
from pathway.language.canonical import content_hash
from pathway.rehearsal.scenario import Scenario

if TYPE_CHECKING:
    from commands.demo.patients import DemoPatient
    from commands.demo.screen import Screen
    from commands.demo.supervisor import Supervisor
    from runtime.settings import Settings

ROOT: Final = Path(__file__).resolve().parents[2]
CAST: Final = ("T01", "T02", "T06", "T13", "T15", "T16")
"""Scenarios of the demo: two cycles of blinatumomab, high risk with transplant, CNS disease that rules blinatumomab out,
a toxicity with low-dose restart, a permanent stop, and a result that never comes."""
FRAME: Final = 0.2
"""Seconds between two looks at the clock."""
LEAD: Final = 8.0
"""Virtual days that the clock may run ahead of the slowest child before it waits."""
INTERRUPTED: Final = 130


def demo(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...",
            help="Scenario files of the children. Default: six from scenarios/interfant-21.",
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, help="How long the two years take, if the machine keeps up.")
    ] = 60,
    leave: Annotated[
        bool, typer.Option("--exit", help="End with status 0 when done, instead of running until Ctrl-C.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, also if the last demo was interrupted.")
    ] = False,
) -> None:
    """Watch made-up infants go through two years of their pathways in about a minute, on a server and worker of its own.

    It keeps its data apart from the patients'. Kill its server or worker as you like: both are started again, and nothing
    is lost or doubled. An interrupted demo goes on where it was.
    """
    paths = files or [ROOT / "scenarios" / "interfant-21" / f"{name}.yaml" for name in CAST]
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise UsageError(
            f"no such scenario file: {', '.join(missing)}; name scenario files, or run the demo from a checkout"
        )
    folder = demo_home.demo_folder()
    with demo_home.locked(folder):
        raise typer.Exit(asyncio.run(_Demo(folder, paths, seconds).run(leave=leave, fresh=fresh)))


class _Demo:
    """One run of the demo: its processes, its children and its clock."""

    def __init__(self, folder: Path, paths: list[Path], seconds: float) -> None:
        self.folder = folder
        self.paths = paths
        self.seconds = seconds
        self.stop = asyncio.Event()
        self.elapsed = 0.0
        self.days = 0.0

    async def run(self, *, leave: bool, fresh: bool) -> int:
        """Play, then stay until told to stop. Returns the exit status."""
        from commands.demo.people import make_people
        from commands.demo.screen import Screen
        from commands.demo.supervisor import Supervisor
        from runtime.logging import configure_logging

        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop.set)
        last = demo_home.read_state(self.folder)
        scenarios = [read(path) for path in self.paths]
        text = content_hash(
            [*(s.compiled.hash for s in scenarios), *(path.read_text() for path in self.paths)]
        )
        if last is None or fresh or last.finished or last.text != text:
            demo_home.clear(self.folder)
            last = None
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            log = stack.enter_context((self.folder / "demo.log").open("a"))
            configure_logging(level="warning", stream=log)
            screen = Screen(make_console())
            screen.say(f"allpath demo, {len(self.paths)} made-up infants. {NOTICE}")
            screen.say(
                "going on where the last demo was interrupted"
                if last
                else f"data in {self.folder}, apart from the patients'"
            )
            household = await stack.enter_async_context(Supervisor.open(self.folder, last, text, screen.say))
            children = self._children(scenarios, household)
            password = await make_people(self.folder, household.settings.database_url)
            try:
                played = await self._play(household, children, screen) and await self._meet(
                    household, scenarios
                )
            finally:
                screen.close()
            if not played:
                screen.say(
                    f"interrupted on day {self.elapsed:.0f} of {self.days:.0f}; run it again and it goes on from there"
                )
                return INTERRUPTED
            demo_home.write_state(self.folder, household.state(finished=True))
            _summary(children, household, screen, password)
            if not leave:
                screen.say("The demo's server, worker and pages keep running until Ctrl-C.")
                await self.stop.wait()
        screen.say("stopped; the demo's data stay until the next demo")
        return 0

    def _children(self, scenarios: list[Scenario], household: Supervisor) -> list[DemoPatient]:
        from commands.demo.patients import DemoPatient

        longest = max(scenario.until - scenario.start for scenario in scenarios)
        self.days = longest.total_seconds() / 86400
        return [
            DemoPatient(path.stem, scenario, longest, household.settings, household.trouble)
            for path, scenario in zip(self.paths, scenarios, strict=True)
        ]

    async def _play(self, household: Supervisor, children: list[DemoPatient], screen: Screen) -> bool:
        """Move the clock until every story is told. False if told to stop before."""
        settings: Settings = household.settings
        await asyncio.gather(*(child.open(settings) for child in children))
        await asyncio.gather(*(child.advance(child.reached_days) for child in children))
        screen.skip(children)
        self.elapsed = min(child.reached_days for child in children)
        workers = [asyncio.create_task(self._lead(child)) for child in children]
        watch = asyncio.create_task(self.stop.wait())
        try:
            rate = self.days / self.seconds
            while not all(task.done() for task in workers):
                await asyncio.wait([watch], timeout=FRAME)
                if self.stop.is_set():
                    return False
                for task in workers:
                    if task.done():
                        task.result()
                slowest = min((child.days for child in children if not child.done), default=self.days)
                self.elapsed = max(
                    self.elapsed, min(self.elapsed + rate * FRAME, slowest + LEAD + rate * FRAME, self.days)
                )
                screen.update(self.elapsed, self.days, children, household.lines())
            for task in workers:
                task.result()
            return True
        finally:
            watch.cancel()
            for task in workers:
                task.cancel()
            await asyncio.gather(watch, *workers, return_exceptions=True)

    async def _meet(self, household: Supervisor, scenarios: list[Scenario]) -> bool:
        """Have the coordinating meetings on the last day. False if told to stop before."""
        from commands.demo.meeting import convene

        longest = max(scenario.until - scenario.start for scenario in scenarios)
        end = max(scenario.start for scenario in scenarios) + longest
        trial = scenarios[0].compiled.protocol.name
        meets = asyncio.create_task(convene(household.settings, trial, end, household.trouble))
        watch = asyncio.create_task(self.stop.wait())
        try:
            await asyncio.wait([meets, watch], return_when=asyncio.FIRST_COMPLETED)
            if not meets.done():
                return False
            meets.result()
            return True
        finally:
            for task in (meets, watch):
                task.cancel()
            await asyncio.gather(meets, watch, return_exceptions=True)

    async def _lead(self, child: DemoPatient) -> None:
        """Take one child along with the clock."""
        while not child.done:
            await child.advance(self.elapsed)
            await asyncio.sleep(FRAME)


def _summary(children: list[DemoPatient], household: Supervisor, screen: Screen, password: str) -> None:
    """What has come of it, and where to look."""
    from commands.demo.people import PEOPLE

    screen.table(children)
    events = sum(child.events for child in children)
    wrong = [child for child in children if child.differs]
    if wrong:
        for child in wrong:
            screen.say(f"{child.name}: {child.differs}", style="bold red")
    else:
        died = household.restarts
        killed = f" although processes died {died} times" if died else ""
        screen.say(
            f"checked: {events} events of {len(children)} children, none lost and none doubled{killed}; "
            "every plan equals that of the rehearsal in memory",
            style="bold green",
        )
    screen.say("")
    if "pages" in household.programs:
        screen.say(
            Text.assemble(("What to look at first: ", "bold"), (f"http://{household.pages}", "bold cyan"))
        )
        screen.say(f"  sign in as {', '.join(PEOPLE)}; the password of all of them is {password}")
    else:
        screen.say("The pages are not installed; they come with the extra 'web'.")
    screen.say("In another terminal:", style="bold")
    first, second = children[0].name, children[1].name if len(children) > 1 else children[0].name
    for command, what in (
        ("allpath --demo list", "all children"),
        ("allpath --demo due", "the work list: late, today, this week"),
        (f"allpath --demo show {second}", "one child: what is late, due and waiting for whom"),
        (f"allpath --demo timeline {first}", "what was told, in order"),
        (f"allpath --demo explain {second} risk", "a decision with reasons, values, sources"),
        ("allpath --demo meeting agenda hem-ismart", "what a coordinating meeting has before it"),
        ("allpath protocol show interfant-21", "every id of the protocol"),
    ):
        screen.say(Text.assemble((f"  {command:<42}", "cyan"), (what, "dim")))
    screen.say(Text.assemble(("  Temporal UI                               ", "cyan"), household.ui_address))
    screen.say(NOTICE, style="dim")
