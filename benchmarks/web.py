"""What a page costs: CPU of the server a page against a bare FastAPI page with the same query, and how soon a change is seen.

`python -m benchmarks web [--pathways 1000] [--people 20] [--pages 10]`. Bare: one route without a session that asks the store the
same and renders a plain table of as many lines. Both run as processes of their own on the same store, one after the other; CPU is
theirs, user and system. People look side by side. A change: a batch is published, and a listening page's event is waited for.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx

from benchmarks.evaluation_child import events_of
from benchmarks.store import START, report_of
from client.pathways import new_start
from contracts import search_attributes as attributes
from contracts.publish import PublishBatch
from pathway.refusal import Refused
from pathway.site import Site
from people import accounts
from people.accounts import held_from
from people.passwords import hashed
from people.sign_in import sign_in
from protocols import compiled
from runtime.server import free_ports, local_server
from store.engine import Store, upgrade
from store.outbox import CONSOLE
from store.publish import publish
from workflows.durable.patient_entity import Patient
from workflows.durable.state import State

TRIALS = ("interfant-21", "hem-ismart", "cbc-all2024-1", "dara-tall", "ino-dli")
SITES = 10
PASSWORD = "a pass phrase for the benchmark"
EVENTS = 25
PAGES = (("/?whose=all", "/due"), ("/patients", "/list"), ("/inbox?whose=all", "/open"))
"""Our page, and the bare one that asks the store the same."""


def one_batch(trial: str) -> PublishBatch:
    """A patient of the trial as one batch: all events, and the plan after them."""
    protocol = compiled(trial)
    began = new_start(trial, "P1", Site("S01"), started_at=START)
    state = State(began, Patient(began, protocol), START)
    for event in events_of(protocol, EVENTS):
        report = report_of(protocol, event)
        try:
            state.accept(report, report.at)
        except Refused:
            continue
    return state.next_batch(replaying=False)


async def fill(url: str, pathways: int, people: int) -> list[str]:
    """A store with so many open pathways at ten sites; a token for each of so many people who are signed in."""
    await upgrade(url)
    made = [one_batch(trial) for trial in TRIALS]
    now = datetime.now(UTC)
    async with Store(url) as store:
        jobs = []
        for n in range(pathways):
            batch = made[n % len(made)]
            named = batch.model_copy(
                update={
                    "pathway_id": f"patient/{batch.trial}/P{n}",
                    "subject": f"P{n}",
                    "site": f"S{n % SITES:02}",
                    "rehearsal": False,
                }
            )
            jobs.append(
                store.write(partial(publish, batch=named, now=now, channels=(CONSOLE,)), named.pathway_id)
            )
        await asyncio.gather(*jobs)
        hash_ = hashed(PASSWORD)
        async with store.writing() as session:
            for n in range(people):
                await accounts.add(session, "ROOT", f"C{n:02}", hash_, [held_from("coordinator")])
        return [await sign_in(store, f"C{n:02}", PASSWORD) for n in range(people)]


@asynccontextmanager
async def process(module: str, url: str, port: int, temporal: str) -> AsyncIterator[int]:
    """A server in a process of its own; its pid."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ALLPATH_")},
        "ALLPATH_DATABASE_URL": url,
        "ALLPATH_DATA_DIR": str(Path(url.partition("///")[2]).parent),
        "ALLPATH_WEB_LISTEN": f"127.0.0.1:{port}",
        "ALLPATH_TEMPORAL_ADDRESS": temporal,
    }
    made = await asyncio.create_subprocess_exec(sys.executable, "-m", module, env=environment)
    try:
        async with httpx.AsyncClient() as client:
            while True:
                try:
                    await client.get(f"http://127.0.0.1:{port}/health")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.2)
        yield made.pid
    finally:
        made.terminate()
        await made.wait()


def cpu_of(pid: int) -> float:
    """CPU seconds that a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def looked(port: int, path: str, tokens: Sequence[str], pages: int) -> list[float]:
    """Seconds until each page is there, with everybody looking side by side."""
    times: list[float] = []

    async def one(token: str) -> None:
        cookies = {"allpath": token}
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=120, cookies=cookies
        ) as client:
            for _ in range(pages):
                began = time.perf_counter()
                answer = await client.get(path)
                assert answer.status_code == 200, answer.status_code
                times.append(time.perf_counter() - began)

    await asyncio.gather(*(one(token) for token in tokens))
    return times


async def until_seen(url: str, port: int, token: str, rounds: int = 10) -> list[float]:
    """Seconds from the end of publishing a change until the event of a listening page."""
    waits = []
    made = one_batch(TRIALS[0])
    cookies = {"allpath": token}
    async with (
        Store(url) as store,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, cookies=cookies) as client,
        client.stream("GET", "/live") as stream,
    ):
        told = (line async for line in stream.aiter_lines() if re.fullmatch(r"data: \d+", line))
        await anext(told)
        for n in range(rounds):
            batch = made.model_copy(
                update={"pathway_id": f"patient/x/N{n}", "subject": f"N{n}", "rehearsal": False}
            )
            job = partial(publish, batch=batch, now=datetime.now(UTC), channels=())
            await store.write(job, batch.pathway_id)
            began = time.perf_counter()
            await anext(told)
            waits.append(time.perf_counter() - began)
    return waits


async def measure(pathways: int, people: int, pages: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/allpath.db"
        tokens = await fill(url, pathways, people)
        async with local_server(Path(folder) / "temporal", search_attributes=attributes.ALL) as temporal:
            print(f"{pathways} open pathways, {people} people, {pages} pages each\n")
            print("| page | CPU a page, ms | bare, ms | ratio | median, s | p95, s |")
            print("|---|---|---|---|---|---|")
            for path, plain in PAGES:
                (port,) = free_ports(1)
                async with process("benchmarks.bare.pages", url, port, temporal.address) as pid:
                    bare, _ = await cost(pid, port, plain, tokens, pages)
                async with process("benchmarks.web_child", url, port, temporal.address) as pid:
                    ours, times = await cost(pid, port, path, tokens, pages)
                spans = f"{statistics.median(times):.2f} | {statistics.quantiles(times, n=20)[-1]:.2f}"
                print(f"| `{path}` | {ours:.1f} | {bare:.1f} | {ours / bare:.2f} | {spans} |", flush=True)
            (port,) = free_ports(1)
            async with process("benchmarks.web_child", url, port, temporal.address):
                waits = await until_seen(url, port, tokens[0])
        print(
            f"\na change is seen after {statistics.median(waits):.2f} s (median), {max(waits):.2f} s at most, of {len(waits)}"
        )


async def cost(
    pid: int, port: int, path: str, tokens: Sequence[str], pages: int
) -> tuple[float, list[float]]:
    """Milliseconds of the server's CPU a page, and the seconds that each took; after one page of everybody."""
    await looked(port, path, tokens, 1)
    before = cpu_of(pid)
    times = await looked(port, path, tokens, pages)
    return (cpu_of(pid) - before) / len(times) * 1000, times


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks web")
    parser.add_argument("--pathways", type=int, default=1000)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--pages", type=int, default=10)
    given = parser.parse_args()
    asyncio.run(measure(given.pathways, given.people, given.pages))
