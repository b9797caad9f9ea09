"""Slots per second: patients who ask the governors of a made-up platform all at once, on a real server with a worker.

Against plain updates of the same patients in the same run, so that the ratio says something on any machine. A slot costs three
recorded events (the wish, the letter to the governor, the answer to the patient) with their batches for the store.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

import protocols
from client import pathways
from contracts import search_attributes as attributes
from pathway.events import Report
from pathway.language import SLOT_FACT
from pathway.site import Site
from runtime.connection import connect
from runtime.logging import configure_logging
from runtime.server import local_server
from runtime.settings import Settings, begin_house
from store.engine import Store
from store.schema import EventRow
from tests.workflows.toy_platform import PLATFORM, SUBTRIALS
from worker import running

PATIENTS = 60
AT_ONCE = 20
UPDATES = 4


async def measure() -> tuple[float, float]:
    """Plain updates per second, and slots answered per second."""
    configure_logging(level="warning", form="json")
    with tempfile.TemporaryDirectory() as folder:
        async with local_server(Path(folder) / "temporal", search_attributes=attributes.ALL) as server:
            settings = Settings(data_dir=Path(folder), temporal_address=server.address)
            begin_house(settings)
            client = await connect(settings)
            async with running(client, settings, clocks=("real",)):
                handles = [
                    await pathways.start_pathway(
                        client,
                        pathways.new_start("platform", f"P{number:03}", Site("S01")),
                        queue=settings.task_queue,
                    )
                    for number in range(PATIENTS)
                ]
                began = time.perf_counter()
                for round_ in range(UPDATES):
                    await _all(handles, [_weight(round_)] * PATIENTS)
                plain = PATIENTS * UPDATES / (time.perf_counter() - began)
                began = time.perf_counter()
                await _all(handles, [_wish(number) for number in range(PATIENTS)])
                await _answered(settings)
                return plain, PATIENTS / (time.perf_counter() - began)


async def _all(handles: list[pathways.Handle], reports: list[Report]) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def submit(handle: pathways.Handle, report: Report) -> None:
        async with places:
            await pathways.submit(handle, report)

    await asyncio.gather(*(submit(*each) for each in zip(handles, reports, strict=True)))


async def _answered(settings: Settings) -> None:
    """Wait until every patient has an answer on record."""
    asked = select(func.count(EventRow.pathway_id.distinct())).where(EventRow.name == SLOT_FACT)
    async with Store(settings.database_url) as store, asyncio.timeout(120):
        answered = 0
        while answered < PATIENTS:
            await asyncio.sleep(0.05)
            async with store.reading() as session:
                answered = (await session.scalars(asked)).one()


def _weight(round_: int) -> Report:
    return Report(
        id=f"w{round_}",
        kind="observation",
        at=datetime.now(UTC),
        role="coordinator",
        name="weight",
        value=f"{10 + round_}",
        unit="kg",
    )


def _wish(number: int) -> Report:
    return Report(
        id="wish",
        kind="observation",
        at=datetime.now(UTC),
        role="coordinator",
        name="wish",
        value=SUBTRIALS[number % len(SUBTRIALS)],
    )


def main() -> None:
    """Print one line."""
    published = protocols.ALL
    protocols.ALL = (*published, PLATFORM)
    try:
        plain, slots = asyncio.run(measure())
    finally:
        protocols.ALL = published
    print(f"slots: {PATIENTS} patients ask {len(SUBTRIALS)} governors at once, {AT_ONCE} at a time")
    print(f"{'updates/s':>10} {'slots/s':>10} {'ratio':>7}")
    print(f"{plain:>10.1f} {slots:>10.1f} {slots / plain:>7.2f}")
