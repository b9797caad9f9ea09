"""What is reported again under another id is answered with the first, and leaves the record as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.worker import Replayer

from client import pathways
from tests.workflows.conftest import House, later, mrd
from tests.workflows.stories import HISTORIES, READABLE
from tests.workflows.test_histories import history
from workflows.guard import OnlyClock
from workflows.pathway import PatientPathway
from workflows.sandbox import runner

OLDER = sorted((HISTORIES / "older").glob("a_result_said_twice-*.json"))
"""Runs of a program that recorded the same result twice. They cannot be recorded anew, and show that such runs go on."""


async def test_the_same_result_under_another_id_is_answered_with_the_first_one(stepped: House) -> None:
    handle = await stepped.enrol()
    first = await pathways.submit(handle, mrd("m1"))
    again = await pathways.submit(handle, mrd("m2"))
    assert (again.event_id, again.revision, again.recorded) == ("m1", first.revision, True)
    assert (bool(first.changes), again.changes) == (True, ())
    assert await stepped.stored(handle) == ["m1"]
    # Which id it was given is not used up: another content may have it.
    other = await pathways.submit(handle, replace(mrd("m2", value="3e-4")))
    assert other.event_id == "m2"


async def test_it_is_still_known_in_a_later_run(stepped: House) -> None:
    handle = await stepped.enrol(continue_after=1)
    await pathways.submit(handle, mrd("m1"))
    await pathways.step(handle, later(days=1))
    again = replace(mrd("m2", at=later(days=1)), occurred=mrd().at)
    assert (await pathways.submit(handle, again)).event_id == "m1"
    assert (await pathways.state(handle)).events == 1


@pytest.mark.parametrize("file", OLDER, ids=lambda file: file.stem)
async def test_a_run_of_an_older_program_that_recorded_it_twice_replays(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The text of the made-up protocol is another by now, which is not what is asked here.
    monkeypatch.setattr("workflows.durable.pinned.pinned", lambda _, compiled: compiled)
    replayer = Replayer(
        workflows=[PatientPathway],
        data_converter=READABLE,
        workflow_runner=runner(),
        interceptors=[OnlyClock("stepped")],
    )
    result = await replayer.replay_workflow(history(file), raise_on_replay_failure=False)
    assert result.replay_failure is None, result.replay_failure


def test_there_are_such_runs() -> None:
    assert len(OLDER) == 2
