"""A whole workflow through the encrypted connection: it works, and its raw history shows nothing it should not."""

from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from pydantic import BaseModel, ConfigDict
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowContinuedAsNewError, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from contracts.clear import Clear
from runtime.server import LocalServer

SECRET = "born 2024-06-08"


class Note(BaseModel):
    model_config = ConfigDict(frozen=True)

    text: str


@activity.defn
async def echo(note: Note) -> Note:
    if not activity.info().is_local:
        activity.heartbeat(note)
    return note


@activity.defn
async def fail(note: Note) -> None:
    raise ApplicationError(f"cannot take {note.text}", note, type="Refused", non_retryable=True)


@workflow.defn
class Child:
    @workflow.run
    async def run(self, note: Note) -> Note:
        return note


@workflow.defn
class Everything:
    """One of each thing that carries a payload."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.done = False

    @workflow.run
    async def run(self, carried: list[Note]) -> list[Note]:
        self.notes = list(carried)
        workflow.set_current_details(Clear("waiting"))
        await workflow.wait_condition(lambda: self.done)
        workflow.upsert_memo({"memo": SECRET})
        await workflow.sleep(0.01, summary=Clear("a timer"))
        if len(self.notes) < 4:
            workflow.continue_as_new(args=[self.notes])
        return self.notes

    @workflow.update
    async def add(self, note: Note) -> Note:
        times = timedelta(seconds=20)
        workflow.patched("a-patch")
        first = await workflow.execute_activity(
            echo, note, start_to_close_timeout=times, summary=Clear("an activity")
        )
        await workflow.execute_local_activity(echo, note, start_to_close_timeout=times)
        await workflow.execute_child_workflow(Child.run, note, static_summary=Clear("a child"))
        try:
            await workflow.execute_activity(fail, note, start_to_close_timeout=times)
        except ActivityError:
            self.notes.append(note)
        return first

    @add.validator
    def check(self, note: Note) -> None:
        if note.text == "refuse":
            raise ApplicationError(f"refused: {SECRET}", type="Refused", non_retryable=True)

    @workflow.signal
    def finish(self, note: Note) -> None:
        self.notes.append(note)
        self.done = True

    @workflow.query
    def shown(self) -> list[Note]:
        return self.notes


def worker_for(client: Client, queue: str) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=[Everything, Child],
        activities=[echo, fail],
        workflow_runner=SandboxedWorkflowRunner(
            SandboxRestrictions.default.with_passthrough_modules("workflows", "runtime", "pydantic", "tests")
        ),
    )


async def raw_history(server: LocalServer, workflow_id: str) -> str:
    """Everything the server holds about a workflow, as someone without the key reads it."""
    stranger = await Client.connect(server.address, data_converter=pydantic_data_converter)
    text = ""
    async for run in stranger.list_workflows(f"WorkflowId STARTS_WITH '{workflow_id}'"):
        handle = stranger.get_workflow_handle(run.id, run_id=run.run_id)
        text += (await handle.fetch_history()).to_json()
        text += MessageToJson((await handle.describe()).raw_description)
    return text


def payloads(message: Any) -> list[Payload]:
    """Every payload inside a protobuf message, at any depth."""
    if isinstance(message, Payload):
        return [message]
    found: list[Payload] = []
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        if descriptor.message_type.GetOptions().map_entry:
            parts = [part for part in value.values() if hasattr(part, "ListFields")]
        else:
            parts = list(value) if hasattr(value, "__len__") else [value]
        for part in parts:
            found += payloads(part)
    return found


async def test_no_value_leaves_the_process_readable(
    temporal_server: LocalServer, temporal_client: Client
) -> None:
    note = Note(text=SECRET)
    async with worker_for(temporal_client, "everything"):
        handle = await temporal_client.start_workflow(
            Everything.run,
            [note],
            id="everything-1",
            task_queue="everything",
            memo={"memo": SECRET},
            static_summary=Clear("readable summary"),
            static_details=Clear("readable details"),
        )
        assert await handle.execute_update(Everything.add, note) == note
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update(Everything.add, Note(text="refuse"))
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.message == f"refused: {SECRET}"
        assert await handle.query(Everything.shown) == [note, note]
        first_run = await handle.describe()
        await handle.signal(Everything.finish, note)
        with pytest.raises(WorkflowContinuedAsNewError):
            await temporal_client.get_workflow_handle(handle.id, run_id=first_run.run_id).result(
                follow_runs=False
            )
        await handle.execute_update(Everything.add, note)
        await handle.signal(Everything.finish, note)
        assert await handle.result() == [note] * 5
        # Continuing as new leaves the static summary behind.
        assert await first_run.static_summary() == "readable summary"
        described = await handle.describe()
        assert await described.memo_value("memo", type_hint=str) == SECRET

    raw = await raw_history(temporal_server, "everything-1")
    stranger = await Client.connect(temporal_server.address)
    seen: list[Payload] = []
    async for run in stranger.list_workflows("WorkflowId STARTS_WITH 'everything-1'"):
        history = await stranger.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        for event in history.events:
            seen += payloads(event)
    assert len(seen) > 20
    assert not any(SECRET.encode() in payload.SerializeToString() for payload in seen)
    assert SECRET not in raw
    assert "cannot take" not in raw
    readable = {payload.data for payload in seen if b"allpath" in payload.SerializeToString()}
    assert readable == {
        b'"readable summary"',
        b'"readable details"',
        b'"a timer"',
        b'"an activity"',
        b'"a child"',
    }


async def test_who_has_no_key_cannot_tell_a_workflow_anything_nor_stall_it(
    temporal_server: LocalServer, temporal_client: Client
) -> None:
    stranger = await Client.connect(temporal_server.address, data_converter=pydantic_data_converter)
    async with worker_for(temporal_client, "strangers"):
        handle = await temporal_client.start_workflow(
            Everything.run, [], id="stranger-1", task_queue="strangers"
        )
        forged = stranger.get_workflow_handle("stranger-1")
        await forged.signal("finish", Note(text="forged"))
        with pytest.raises(WorkflowUpdateFailedError):
            await forged.execute_update("add", Note(text="forged"))
        assert await handle.query(Everything.shown) == []
        await handle.execute_update(Everything.add, Note(text="genuine"))
        assert await handle.query(Everything.shown) == [Note(text="genuine")]
        await handle.terminate()
