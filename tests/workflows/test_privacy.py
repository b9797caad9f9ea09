"""What the Temporal server can read: ids, the allow-list, and nothing of a patient."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from temporalio.api.workflowservice.v1 import (
    GetWorkflowExecutionHistoryRequest,
    ListWorkflowExecutionsRequest,
)
from temporalio.client import Client
from temporalio.converter import DataConverter

from client import pathways
from contracts import search_attributes as attributes
from pathway.events import Report
from pathway.refusal import Refused
from tests.workflows.conftest import START, House, action, later, mrd, weight, wish


@pytest.fixture
def cached() -> int:
    """Pathways kept in memory: what is written to the server is the same when they are replayed, and replays write nothing."""
    return 600


SECRETS = ("0.000217", "2.17e-4", "17.43", "clotted", "Mustermann", "m-secret-id", "s-secret-id", "resembles")
"""Values, free text and ids that the reports below hold."""


async def raw_history(client: Client, workflow_id: str) -> list[dict[str, Any]]:
    """Every run's events as the server has them, nothing decoded."""
    listed = await client.workflow_service.list_workflow_executions(
        ListWorkflowExecutionsRequest(namespace="default", query=f'WorkflowId = "{workflow_id}"')
    )
    events: list[dict[str, Any]] = []
    for execution in listed.executions:
        request = GetWorkflowExecutionHistoryRequest(namespace="default", execution=execution.execution)
        answer = await client.workflow_service.get_workflow_execution_history(request)
        events += [MessageToDict(event, preserving_proto_field_name=True) for event in answer.history.events]
    return events


def payloads(node: Any) -> list[dict[str, Any]]:
    """Every payload in an event, with its place."""
    if isinstance(node, dict):
        if "metadata" in node and isinstance(node["metadata"], dict) and "encoding" in node["metadata"]:
            return [node]
        return [found for value in node.values() for found in payloads(value)]
    if isinstance(node, list):
        return [found for value in node for found in payloads(value)]
    return []


async def test_raw_histories_show_nothing_of_a_patient(stepped: House) -> None:
    handle = await stepped.enrol(subject="PSEUDO-77", label=stepped.queue, continue_after=4)
    await pathways.submit(handle, action("e1", "therapy_started"))
    await pathways.submit(handle, mrd("m-secret-id", value="2.17e-4"))
    await pathways.submit(handle, weight(1, kilograms="17.43"))
    missing = Report(
        id="n1",
        kind="void",
        at=START,
        role="coordinator",
        target="w1",
        reason="clotted, resembles Mustermann",
    )
    await pathways.submit(handle, missing)
    with pytest.raises(Refused, match="another content"):
        await pathways.submit(handle, mrd("m-secret-id", value="3e-4"))
    await pathways.step(handle, later(days=60))
    await pathways.archive(handle, "operations", "Mustermann has moved")
    await handle.result()

    await only_the_allow_list_is_readable(stepped.client, handle.id, runs=2)


async def only_the_allow_list_is_readable(client: Client, workflow_id: str, *, runs: int) -> None:
    """Nothing secret stands in the raw histories of a workflow, and what is not encrypted is on the list."""
    events = await raw_history(client, workflow_id)
    assert len([event for event in events if "workflow_execution_started_event_attributes" in event]) >= runs
    text = json.dumps(events)
    for secret in SECRETS:
        assert secret not in text
    clear = [found for event in events for found in payloads(event) if "allpath-clear" in found["metadata"]]
    assert clear, "summaries are meant to be readable"
    encrypted = [found for event in events for found in payloads(event) if found not in clear]
    allowed = {key.name for key in attributes.ALL}
    for event in events:
        for name, value in event.items():
            fields = (
                value.get("search_attributes", {}).get("indexed_fields", {})
                if isinstance(value, dict)
                else {}
            )
            assert set(fields) <= allowed | {"BuildIds"}, name
            encrypted = [found for found in encrypted if found not in fields.values()]
    # base64 of "binary/encrypted"
    assert {found["metadata"]["encoding"] for found in encrypted} == {"YmluYXJ5L2VuY3J5cHRlZA=="}


async def test_raw_histories_of_governors_show_pseudonyms_and_nothing_else_of_a_patient(
    stepped: House,
) -> None:
    governor = await stepped.govern("A", label=stepped.queue, continue_after=2)
    patient = await stepped.patient("PSEUDO-91", label=stepped.queue)
    await pathways.submit(patient, wish("m-secret-id", "A"))
    await pathways.deliver(patient)
    await pathways.deliver(governor)
    paused = Report(
        id="s-secret-id",
        kind="action",
        at=START,
        role="sponsor",
        name="suspended",
        reason="resembles Mustermann",
    )
    await pathways.submit(governor, paused)
    await pathways.deliver(governor)
    await pathways.step(governor, later(days=20))
    await pathways.archive(governor, "operations", "Mustermann has moved")
    await governor.result()
    await only_the_allow_list_is_readable(stepped.client, governor.id, runs=2)
    await only_the_allow_list_is_readable(stepped.client, patient.id, runs=1)
    summaries = [
        summary
        for each in (governor, patient)
        for summary in await summaries_of(stepped.client, each.id)
        if summary.startswith("messages to")
    ]
    assert sorted(set(summaries)) == ["messages to A", "messages to PSEUDO-91"]


async def summaries_of(client: Client, workflow_id: str) -> list[str]:
    """The summaries in the history of the last run, as one reads them who has no key."""
    reader = await Client.connect(
        client.service_client.config.target_host, data_converter=DataConverter.default
    )
    summaries: list[str] = []
    async for event in reader.get_workflow_handle(workflow_id).fetch_history_events():
        if event.HasField("user_metadata"):
            summaries += await reader.data_converter.decode([event.user_metadata.summary])
    return summaries


async def test_what_is_readable_is_fit_to_be_read(stepped: House) -> None:
    handle = await stepped.enrol(subject="PSEUDO-78", label=stepped.queue)
    await pathways.submit(handle, action("e1", "therapy_started"))
    await pathways.submit(handle, mrd("m-secret-id", value="2.17e-4"))
    reader = await Client.connect(
        stepped.client.service_client.config.target_host, data_converter=DataConverter.default
    )
    described = await reader.get_workflow_handle(handle.id).describe()
    assert await described.static_summary() == "Rehearsal: PSEUDO-78 in toy@1 at S01"
    assert "no patient" in (await described.static_details() or "")
    summaries = []
    async for event in reader.get_workflow_handle(handle.id).fetch_history_events():
        if event.HasField("user_metadata"):
            summaries += await reader.data_converter.decode([event.user_metadata.summary])
    assert [summary for summary in summaries if summary.startswith("revision 1: ")]
    assert summaries.pop(0) == await described.static_summary()
    # What each batch tells, by the ids of the protocol: a story without a value, a name or the id of an event.
    told = " ".join(summaries)
    assert all(
        re.fullmatch(r"revision \d+: \d+ events?(; [a-z ]+( [A-Za-z0-9_-]+,?)+)*( …)?", each)
        for each in summaries
    ), summaries
    assert "entered" in told
    assert "2.17" not in told
    assert "m-secret-id" not in told
    assert "PSEUDO-78" not in told
