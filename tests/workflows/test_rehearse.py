"""The same scenario through Temporal and in memory: the same plan after every event and at every due moment."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

from client import listing
from client.durable_rehearsal import rehearse_durably
from pathway.rehearsal.rehearse import rehearse
from pathway.rehearsal.scenario import Scenario, read_scenario
from protocols import compiled
from runtime.settings import Settings
from runtime.yaml_tree import load, parse
from tests.workflows.conftest import House, house

TOY_SCENARIO = """
format: allpath.scenario/1
protocol: toy
sites: {S01: {zone: Europe/Berlin, country: DE}}
subjects: {P1: {site: S01}, P2: {site: S01}}
start: 2025-02-01
until: 2025-06-01
confirm: auto
events:
- {id: e1, subject: P1, at: 2025-02-01 10:00, do: therapy_started}
- {id: e2, subject: P2, at: 2025-02-03 10:00, do: therapy_started}
- {id: e3, subject: P2, at: 2025-02-03 10:30, do: visit}
- {id: e4, subject: P1, at: 2025-03-20, fact: mrd, point: EOI, value: 2e-4, unit: fraction}
- {id: e5, subject: P2, at: 2025-03-05, fact: mrd, point: EOI, value: 2e-5, unit: fraction}
- {id: e6, subject: P2, at: 2025-03-09, correct: e5, value: 2e-4}
- {id: e7, subject: P2, at: 2025-03-09, fact: mrd, point: EOI, value: 3, unit: fraction}
expect:
- {subject: P1, at: 2025-03-20, decisions: {risk: HR}, has: [MRD-MISSING]}
- {event: e7, refused: impossible}
"""


def scenario(text: str) -> Scenario:
    return read_scenario(parse(text, "toy.yaml"), compiled)


async def test_a_durable_rehearsal_prints_what_the_one_in_memory_prints(stepped: House) -> None:
    played = scenario(TOY_SCENARIO)
    (durable,) = await rehearse_durably(stepped.client, [played], queue=stepped.queue, compare=True)
    assert json.dumps(durable.json()) == json.dumps(rehearse(played).json())
    assert durable.ok


FILES = [
    Path(__file__).parents[2] / "scenarios" / "interfant-21" / f"{name}.yaml"
    for name in ("T12-late-count", "missing-kmt2a", "pause-over-7-days", "withdrawal")
]
"""Short ones: a count that comes late, a value that never comes, a pause, an end.
`allpath rehearse --durable` plays any of the others; all were the same when this was written."""


@pytest.fixture
async def rehearsals(temporal_client: Client, settings: Settings) -> AsyncIterator[House]:
    """A worker for rehearsals, pathways kept in memory."""
    async with house(temporal_client, settings, "stepped") as found:
        yield found


async def test_scenarios_of_a_real_trial_are_the_same_durably(rehearsals: House) -> None:
    scenarios = [read_scenario(load(file), compiled) for file in FILES]
    results = await rehearse_durably(rehearsals.client, scenarios, queue=rehearsals.queue, compare=True)
    for file, played, durable in zip(FILES, scenarios, results, strict=True):
        assert json.dumps(durable.json()) == json.dumps(rehearse(played).json()), file.name


async def test_many_scenarios_are_played_at_once(rehearsals: House) -> None:
    results = await rehearse_durably(
        rehearsals.client, [scenario(TOY_SCENARIO)] * 3, queue=rehearsals.queue, compare=True
    )
    assert all(result.ok for result in results)


PLATFORM_SCENARIO = """
format: allpath.scenario/1
protocol: platform
sites: {S01: {zone: Europe/Berlin, country: DE}}
subjects: {P1: {site: S01}, P2: {site: S01}, P3: {site: S01}}
start: 2025-02-01
until: 2025-04-01
events:
- {id: e1, subject: P3, at: 2025-02-01 10:00, fact: wish, value: A}
- {id: e2, subject: P1, at: 2025-02-01 10:00, fact: wish, value: A}
- {id: e3, subject: P2, at: 2025-02-01 10:00, fact: wish, value: B}
- {id: e4, subject: P3, at: 2025-02-20 10:00, fact: wish, value: NONE}
- {id: e5, subject: P1, at: 2025-02-21 10:00, do: first_dose_A}
- {id: e6, governor: B, at: 2025-02-25, do: suspended, as: sponsor, with: {reason: supply}}
- {id: e7, subject: P3, at: 2025-02-26, fact: wish, value: B}
"""


async def test_governors_are_the_same_durably_and_are_closed_with_the_rehearsal(stepped: House) -> None:
    played = scenario(PLATFORM_SCENARIO)
    (durable,) = await rehearse_durably(stepped.client, [played], queue=stepped.queue, compare=True)
    in_memory = rehearse(played).json()
    assert json.dumps(durable.json()) == json.dumps(in_memory)
    assert list(in_memory["governors"]) == ["A", "B", "C", "D"]
    assert [slot["state"] for slot in in_memory["governors"]["A"]["slots"]][-1] == "ENROLLED"
    still_open = [
        found.workflow_id
        async for found in listing.subtrials(stepped.client, trial="platform@1", rehearsal=True)
        if not (await closed(stepped.client, found.workflow_id))
    ]
    assert not still_open


async def closed(client: Client, workflow_id: str) -> bool:
    """Whether a workflow has ended, or is about to."""
    await client.get_workflow_handle(workflow_id).result()
    return True
