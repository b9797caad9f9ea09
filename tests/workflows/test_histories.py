"""Recorded histories replay: an edit of the workflow that open pathways could not follow shows here first."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, WorkflowReplayResult

from pathway.engine.context import Compiled, Evaluation
from pathway.language.profile import Profile
from pathway.patient.evaluate import evaluation
from pathway.record import Record
from pathway.site import Site
from pathway.subtrial.govern import govern
from pathway.subtrial.plan import Governor, SubtrialPlan
from tests.workflows.grouping import with_an_empty_task
from tests.workflows.stories import HISTORIES, READABLE, STORIES
from workflows.guard import OnlyClock
from workflows.meeting import CoordinatingMeeting
from workflows.pathway import PatientPathway
from workflows.sandbox import runner
from workflows.subtrial import Subtrial

FILES = sorted(HISTORIES.glob("*.json")) + sorted(
    (HISTORIES / "older").glob("a_store_that_comes_back-*.json")
)
CLOCKS = {story.__name__: clock for story, clock in STORIES}


def history(file: Path) -> WorkflowHistory:
    content = json.loads(file.read_text())
    return WorkflowHistory.from_json(content["workflow_id"], {"events": content["events"]})


async def replay(file: Path) -> WorkflowReplayResult:
    return await replayed(file, history(file))


async def replayed(file: Path, told: WorkflowHistory) -> WorkflowReplayResult:
    """Replay a history of the story that a file tells."""
    clock = CLOCKS[file.stem.rpartition("-")[0]]
    replayer = Replayer(
        workflows=[PatientPathway, Subtrial, CoordinatingMeeting],
        data_converter=READABLE,
        workflow_runner=runner(),
        interceptors=[OnlyClock("real" if clock == "real" else "stepped")],
    )
    return await replayer.replay_workflow(told, raise_on_replay_failure=False)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_recorded_history_replays(file: Path) -> None:
    result = await replay(file)
    assert result.replay_failure is None, (
        f"{file.name}: {result.replay_failure}; see workflows/durable/patches.py"
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_history_replays_however_its_tasks_are_grouped(file: Path) -> None:
    content = json.loads(file.read_text())
    for where, events in with_an_empty_task(content["events"]):
        told = WorkflowHistory.from_json(content["workflow_id"], {"events": events})
        failure = (await replayed(file, told)).replay_failure
        assert failure is None, f"{file.name}, with a task that leads to nothing {where}: {failure}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_history_replays_under_an_engine_that_says_something_else(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Correcting the engine must never need a patch: commands depend on events, not on the plan."""

    def silent(compiled: Compiled, profile: Profile, site: Site, record: Record, now: datetime) -> Evaluation:
        known = evaluation(compiled, profile, site, record, now)
        plan = known.plan
        plan.next_at = None
        plan.deviations = plan.alerts = plan.milestones = plan.items = ()
        plan.group = "OTHER"
        plan.standings = ()
        return known

    def silent_governor(governor: Governor, record: Record, now: datetime) -> SubtrialPlan:
        whole = govern(governor, record, now)
        whole.plan.next_at = None
        whole.plan.deviations = whole.plan.alerts = whole.plan.milestones = whole.plan.items = ()
        whole.level = "OTHER"
        whole.slots = whole.waiting = ()
        whole.answers = {}
        return whole

    monkeypatch.setattr("workflows.durable.patient_entity.evaluation", silent)
    monkeypatch.setattr("workflows.durable.subtrial_entity.govern", silent_governor)
    result = await replay(file)
    assert result.replay_failure is None, f"{file.name}: {result.replay_failure}"


def test_every_story_has_its_histories_and_they_cover_what_the_workflow_does() -> None:
    assert {file.stem.rpartition("-")[0] for file in FILES} == {story.__name__ for story, _ in STORIES}
    kinds = {event.WhichOneof("attributes") for file in FILES for event in history(file).events}
    assert kinds >= {
        "timer_started_event_attributes",
        "timer_fired_event_attributes",
        "timer_canceled_event_attributes",
        "activity_task_timed_out_event_attributes",
        "activity_task_completed_event_attributes",
        "upsert_workflow_search_attributes_event_attributes",
        "workflow_execution_update_completed_event_attributes",
        "workflow_execution_continued_as_new_event_attributes",
        "workflow_execution_completed_event_attributes",
    }
