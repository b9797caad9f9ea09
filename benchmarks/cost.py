"""What a durable pathway costs: the product against a bare workflow written by hand that does the same outward job.

Both on a real local server of their own, both with a worker that is a process of its own, the same reports to both, in turns.
Worker CPU and server CPU are those of the processes, the clients' is not in them. What is measured and what it means is
told in `docs/benchmarks.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from benchmarks.bare.messages import Answer, BareStart, Observed
from client import pathways
from contracts import search_attributes as attributes
from pathway.events import EventKind, Report
from pathway.site import Site
from runtime.connection import connect
from runtime.logging import configure_logging
from runtime.server import local_server
from runtime.settings import Settings, begin_house

PROTOCOL: Final = "interfant-21"
PATIENCE: Final = timedelta(minutes=5)
WARM_UP: Final = 22
"""Events of a patient who is not measured: one more than a run has, so that the way to the next run is warm too."""
GOALS: Final = {
    "worker CPU": 1.5,
    "server CPU": 1.05,
    "history events": 1.05,
    "history bytes": 1.3,
    "worker memory": 1.3,
    "time until answered": 1.2,
    "worker CPU until answered": 1.5,
}


_NOT_PASSED: Final = ("ALLPATH_", "PYTHONDONTWRITEBYTECODE")
"""What of this process's environment the workers do not get: whoever measures may have switched bytecode off."""


class Said(NamedTuple):
    """What is reported, without its id and its time."""

    kind: EventKind
    role: str
    name: str
    value: str | None = None
    point: str = ""
    unit: str = ""


def course() -> list[Said]:
    """How an infant's pathway begins: what decides on entry, and the first dose."""
    born = (datetime.now(UTC) - timedelta(days=200)).date().isoformat()
    diagnosed = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    coordinator, clinician, laboratory = "coordinator", "clinician", "laboratory"
    return [
        Said("observation", coordinator, "birth_date", born),
        Said("observation", coordinator, "diagnosis_date", diagnosed),
        Said("observation", coordinator, "consent", "GIVEN"),
        Said("observation", clinician, "disease", "NEW"),
        Said("observation", laboratory, "lineage", "B_PRECURSOR"),
        Said("observation", laboratory, "kmt2a", "REARRANGED"),
        Said("observation", laboratory, "cd19", "POSITIVE"),
        Said("observation", laboratory, "wbc", "85", unit="10^9/L"),
        Said("observation", clinician, "prior_steroid", "0", unit="mg/m2/day"),
        Said("observation", clinician, "last_chemotherapy", "NEVER"),
        Said("action", clinician, "first_prednisone"),
        Said("observation", clinician, "cns", "CNS1", "DIAGNOSIS"),
        Said("observation", clinician, "extramedullary", "NONE", "DIAGNOSIS"),
        Said("observation", clinician, "hypersensitivity", "NONE"),
        Said("observation", clinician, "live_vaccine", "NEVER"),
        Said("observation", clinician, "live_vaccine_planned", "NO"),
    ]


def nth_event(number: int) -> Said:
    """The patient's event of that number, from 0: the beginning of the course, then blood counts."""
    beginning = course()
    if number < len(beginning):
        return beginning[number]
    name = ("neutrophils", "platelets")[number % 2]
    return Said("observation", "laboratory", name, str(number % 50), unit="10^9/L")


# --- the two sides --------------------------------------------------------------------------------


@dataclass
class Side(ABC):
    """The product or the bare workflow, with a server and a worker of its own."""

    settings: Settings
    client: Client
    server_pid: int
    worker: asyncio.subprocess.Process | None = None
    sent: dict[str, int] = field(default_factory=dict)
    """How many events each workflow has got."""

    module: str = ""
    """The worker: `python -m MODULE`."""
    arguments: tuple[str, ...] = ()
    read: int = 0
    """Where the present worker's log begins."""

    async def start(self) -> None:
        """Start a worker."""
        outside = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED)}
        environment = outside | {
            # Compiled modules are kept, as an installed program has them: by the first worker for those after it.
            "PYTHONPYCACHEPREFIX": str(self.settings.data_dir.parent / "bytecode"),
            "ALLPATH_DATA_DIR": str(self.settings.data_dir),
            "ALLPATH_TEMPORAL_ADDRESS": self.settings.temporal_address,
            "ALLPATH_LOG_FORMAT": "json",
        }
        with (self.settings.data_dir / "worker.log").open("ab") as log:
            self.read = log.tell()
            self.worker = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self.module, *self.arguments,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
            )  # fmt: skip

    async def ready(self) -> float:
        """Wait until the worker that was just started works; return the CPU seconds that it needed for that."""
        log = self.settings.data_dir / "worker.log"
        while b"worker runs" not in log.read_bytes()[self.read :]:  # noqa: ASYNC110 - the log is all it says
            await asyncio.sleep(0.02)
        return cpu_of(self.worker_pid)

    async def kill(self) -> None:
        """End the worker without a word to it."""
        if self.worker is not None and self.worker.returncode is None:
            self.worker.kill()
            await self.worker.wait()

    @property
    def worker_pid(self) -> int:
        """The worker's process."""
        if self.worker is None:
            raise RuntimeError("no worker was started")
        return self.worker.pid

    async def live(self, handle: WorkflowHandle[Any, Any], events: int) -> list[float]:
        """Send a patient's next events, one after the other; return the seconds that each took."""
        took = []
        for _ in range(events):
            number = self.sent.get(handle.id, 0)
            self.sent[handle.id] = number + 1
            began = time.perf_counter()
            await self.send(handle, f"e{number}", nth_event(number))
            took.append(time.perf_counter() - began)
        return took

    @abstractmethod
    async def enrol(self, subject: str) -> WorkflowHandle[Any, Any]:
        """Start a patient's workflow."""

    @abstractmethod
    async def send(self, handle: WorkflowHandle[Any, Any], id_: str, said: Said) -> None:
        """Send one event and wait for the answer."""


class Product(Side):
    """The patient pathway."""

    async def enrol(self, subject: str) -> WorkflowHandle[Any, Any]:
        """See `Side`."""
        start = pathways.new_start(PROTOCOL, subject, Site("S01"))
        return await pathways.start_pathway(self.client, start, queue=self.settings.task_queue)

    async def send(self, handle: WorkflowHandle[Any, Any], id_: str, said: Said) -> None:
        """See `Side`."""
        report = Report(id=id_, at=datetime.now(UTC), **said._asdict())
        await pathways.submit(handle, report, patience=PATIENCE)


class Bare(Side):
    """The bare workflow."""

    async def enrol(self, subject: str) -> WorkflowHandle[Any, Any]:
        """See `Side`."""
        known = [
            SearchAttributePair(attributes.SUBJECT, subject),
            SearchAttributePair(attributes.TRIAL, PROTOCOL),
        ]
        return await self.client.start_workflow(
            "Bare",
            BareStart(subject=subject),
            id=f"bare-{subject}",
            task_queue=self.settings.task_queue,
            search_attributes=TypedSearchAttributes(known),
        )

    async def send(self, handle: WorkflowHandle[Any, Any], id_: str, said: Said) -> None:
        """See `Side`."""
        event = Observed(id=id_, at=datetime.now(UTC), **said._asdict())
        while True:
            try:
                await handle.execute_update("observe", event, id=id_, result_type=Answer)
                return
            except RPCError:
                # Between two runs, or the worker is not there yet: as the product's client does.
                await asyncio.sleep(0.05)


# --- measuring ------------------------------------------------------------------------------------


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int) -> tuple[float, float]:
    """MiB of memory that a process had at most, and has now."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    peak, now = (int(lines[name].split()[0]) / 1024 for name in ("VmHWM", "VmRSS"))
    return peak, now


@dataclass
class Tally:
    """What one side used in one of the parts, over all rounds."""

    events: int = 0
    worker: float = 0.0
    server: float = 0.0
    seconds: float = 0.0
    start: float = 0.0
    """CPU of a worker until it works."""
    took: list[float] = field(default_factory=list)
    history_events: int = 0
    history_bytes: int = 0


async def history_of(client: Client, handle: WorkflowHandle[Any, Any]) -> tuple[int, int]:
    """Events and bytes of a workflow's history, as the server counts them, all runs."""
    events, size = 0, 0
    run: str | None = (await handle.describe()).raw_description.workflow_execution_info.first_run_id
    while run:
        one = client.get_workflow_handle(handle.id, run_id=run)
        info = (await one.describe()).raw_description.workflow_execution_info
        events, size = events + info.history_length, size + info.history_size_bytes
        last = (await one.fetch_history()).events[-1]
        run = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id or None
    return events, size


async def measure_round(side: Side, tally: Tally, *, label: str, patients: int, events: int) -> None:
    """Enrol patients and send all their events, all patients side by side; add what it took."""
    worker, server, began = cpu_of(side.worker_pid), cpu_of(side.server_pid), time.perf_counter()
    handles = await asyncio.gather(*(side.enrol(f"{label}-{number}") for number in range(patients)))
    for took in await asyncio.gather(*(side.live(handle, events) for handle in handles)):
        tally.took += took
    tally.seconds += time.perf_counter() - began
    tally.worker += cpu_of(side.worker_pid) - worker
    tally.server += cpu_of(side.server_pid) - server
    tally.events += patients * events
    for handle in handles:
        length, size = await history_of(side.client, handle)
        tally.history_events += length
        tally.history_bytes += size


async def measure_restart(side: Side, tally: Tally, handles: Sequence[WorkflowHandle[Any, Any]]) -> None:
    """Kill the worker, start another, and add what it takes until every pathway has answered once more."""
    await side.kill()
    server, began = cpu_of(side.server_pid), time.perf_counter()
    await side.start()
    ready = asyncio.ensure_future(side.ready())
    await asyncio.gather(*(side.live(handle, 1) for handle in handles))
    tally.start += await ready
    tally.seconds += time.perf_counter() - began
    tally.worker += cpu_of(side.worker_pid)
    tally.server += cpu_of(side.server_pid) - server
    tally.events += len(handles)


# --- the run --------------------------------------------------------------------------------------


async def run(options: argparse.Namespace) -> None:
    """Measure what the options ask for, and print it."""
    configure_logging(level="warning", form="json")
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            sides: list[Side] = []
            for kind, module, arguments in (
                (Bare, "benchmarks.bare.worker", ()),
                (Product, "worker", ("production",)),
            ):
                home = Path(folder) / module
                server = await stack.enter_async_context(
                    local_server(home / "temporal", search_attributes=attributes.ALL)
                )
                settings = Settings(data_dir=home, temporal_address=server.address)
                begin_house(settings)
                side = kind(settings, await connect(settings), server.pid, module=module, arguments=arguments)
                stack.push_async_callback(side.kill)
                await side.start()
                await side.live(await side.enrol("warm"), WARM_UP)
                sides.append(side)
            if options.only != "restart":
                await _cost(sides, options)
            if options.only != "cost":
                await _restart(sides, options)


async def _cost(sides: Sequence[Side], options: argparse.Namespace) -> None:
    parts = {1: "1 patient at a time", options.patients: f"{options.patients} patients at once"}
    found = {at_once: [Tally(), Tally()] for at_once in parts}
    for number in range(options.rounds):
        for at_once, tallies in found.items():
            # The second round begins with the other side: A B B A.
            for index in (0, 1) if number % 2 == 0 else (1, 0):
                label = f"r{number}-{at_once}"
                await measure_round(
                    sides[index], tallies[index], label=label, patients=at_once, events=options.events
                )
    memory = [memory_of(side.worker_pid) for side in sides]
    print(f"cost: {options.events} events a patient, {options.rounds} rounds in turns")
    for at_once, title in parts.items():
        bare, product = found[at_once]
        _head(title)
        _line("worker CPU", "ms an event", *(t.worker / t.events * 1000 for t in (bare, product)))
        _line("server CPU", "ms an event", *(t.server / t.events * 1000 for t in (bare, product)))
        _line("history events", "an event", *(t.history_events / t.events for t in (bare, product)))
        _line("history bytes", "KB an event", *(t.history_bytes / t.events / 1000 for t in (bare, product)))
        _line("median", "ms an update", *(statistics.median(t.took) * 1000 for t in (bare, product)))
        _line("95th of 100", "ms an update", *(_p95(t.took) * 1000 for t in (bare, product)))
    _head("at the end")
    _line("worker memory", "MiB at most", *(peak for peak, _ in memory))
    _line("worker memory", "MiB at the end", *(now for _, now in memory))


async def _restart(sides: Sequence[Side], options: argparse.Namespace) -> None:
    tallies = [Tally(), Tally()]
    open_: list[list[WorkflowHandle[Any, Any]]] = []
    for side in sides:
        handles = []
        for first in range(0, options.open, 20):
            some = range(first, min(first + 20, options.open))
            batch = await asyncio.gather(*(side.enrol(f"open-{number}") for number in some))
            await asyncio.gather(*(side.live(handle, options.few) for handle in batch))
            handles += batch
        open_.append(handles)
    for number in range(options.rounds):
        for index in (0, 1) if number % 2 == 0 else (1, 0):
            await measure_restart(sides[index], tallies[index], open_[index])
    print(
        f"\nrestart: {options.open} open pathways of {options.few} events, the worker killed; "
        f"a new one, until each has answered once; {options.rounds} rounds in turns"
    )
    bare, product = tallies
    _head(f"{options.open} open pathways")
    _line("time until answered", "s", *(t.seconds / options.rounds for t in (bare, product)))
    _line("worker CPU until answered", "s", *(t.worker / options.rounds for t in (bare, product)))
    _line("worker CPU until it works", "s", *(t.start / options.rounds for t in (bare, product)))
    _line("server CPU until answered", "s", *(t.server / options.rounds for t in (bare, product)))
    memory = [memory_of(side.worker_pid) for side in sides]
    _line("worker memory", "MiB at most", *(peak for peak, _ in memory))


def _head(title: str) -> None:
    print(f"\n{title:<42} {'bare':>9} {'product':>9} {'ratio':>7} {'goal':>6}")


def _line(name: str, unit: str, bare: float, product: float) -> None:
    goal = GOALS.get(name)
    print(
        f"  {name + ', ' + unit:<40} {bare:>9.2f} {product:>9.2f} {product / bare:>7.2f} {goal or '':>6}",
        flush=True,
    )


def _p95(took: Sequence[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=("cost", "restart"), help="one of the two parts")
    parser.add_argument(
        "--short", action="store_true", help="a run of a minute: fewer of everything not given"
    )
    for name, usual, short, meaning in (
        ("patients", 20, 6, "patients side by side"),
        ("events", 60, 30, "events of each patient"),
        ("open", 300, 40, "open pathways for the restart"),
        ("few", 5, 5, "events that each of them has"),
        ("rounds", 2, 1, "how often each side is measured, in turns"),
    ):
        chosen = short if "--short" in sys.argv else usual
        parser.add_argument(
            f"--{name}", type=int, default=chosen, help=f"{meaning} ({usual}, or {short} with --short)"
        )
    options = parser.parse_args()
    asyncio.run(run(options))
