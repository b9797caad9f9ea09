"""The coordinating meeting as a workflow: week after week, agendas kept as they were shown, the store away."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import Client

from client import pathways
from client.meetings import MeetingHandle, agendas, meeting_handle, new_meeting_start, start_meeting
from client.pathways import Handle, new_start, start_pathway
from contracts import search_attributes as attributes
from contracts.messages import Receipt
from pathway.events import Report
from pathway.refusal import Refused
from pathway.site import Site
from runtime.settings import Settings
from store import meetings, queries
from store.writer import ThreadTransactions
from tests.meeting_trial import TRIAL
from tests.workflows.conftest import House, house, until
from tests.workflows.test_privacy import payloads, raw_history

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Site("OFFICE", "Europe/Berlin")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


MONDAY = local("2025-11-03 09:00")


@dataclass
class Trial:
    """A rehearsal of the made-up trial: a meeting and its patients, stepped together."""

    house: House
    label: str
    meeting: MeetingHandle
    patients: dict[str, Handle]

    async def enrol(self, subject: str) -> None:
        """A patient from the beginning of the rehearsal."""
        start = new_start("meet", subject, Site("S01"), started_at=MONDAY, label=self.label)
        self.patients[subject] = await start_pathway(self.house.client, start, queue=self.house.queue)

    async def step(self, text: str) -> None:
        """All clocks to the same instant: patients first, so that the store has them."""
        for handle in self.patients.values():
            await pathways.step(handle, local(text))
        await pathways.step(self.meeting, local(text))

    async def tell(self, text: str, subject: str, kind: Any, name: str, **fields: Any) -> None:
        """Something about a patient."""
        report = Report(
            f"e{uuid.uuid4().hex[:6]}", kind, local(text), fields.pop("role", "coordinator"), name, **fields
        )
        await pathways.submit(self.patients[subject], report)

    async def record(self, text: str, name: str, week: str = "2025-W45", **fields: Any) -> Receipt:
        """What became of a meeting."""
        details = tuple(fields.pop("details", {}).items())
        report = Report(
            fields.pop("id", f"{name}-{week}"), "action", local(text), "coordinator", name,
            scope=(("week", week),), details=details, **fields,
        )  # fmt: skip
        return await pathways.submit(self.meeting, report)

    async def weeks(self) -> dict[str, dict[str, Any]]:
        """The meetings in view."""
        view = await pathways.plan(self.meeting)
        return {week["week"]: week for week in view.plan["weeks"]}

    async def kept(self, week: str = "2025-W45") -> list[Any]:
        """The agendas that the store has of a week."""
        async with self.house.store.reading() as session:
            return [each.agenda for each in await meetings.kept(session, self.meeting.id, week)]


@asynccontextmanager
async def rehearsed(found: House, *, continue_after: int = 20) -> AsyncIterator[Trial]:
    """A meeting on Thursdays at 14:00, from Monday 3 November on."""
    label = uuid.uuid4().hex[:8]
    start = new_meeting_start("meet", OFFICE, MONDAY, label=label, continue_after=continue_after)
    handle = await start_meeting(found.client, start, queue=found.queue)
    yield Trial(found, label, handle, {})


@pytest.fixture
async def trial(temporal_client: Client, settings: Settings, cached: int) -> AsyncIterator[Trial]:
    """The same, with a worker of its own."""
    async with (
        house(temporal_client, settings, "stepped", cached=cached, platform=TRIAL) as found,
        rehearsed(found) as made,
    ):
        yield made


async def test_the_agenda_is_frozen_at_the_cut_off_and_kept_for_good(trial: Trial) -> None:
    await trial.enrol("P1")
    await trial.step("2025-11-04 10:00")
    await trial.tell("2025-11-04 10:00", "P1", "observation", "lesion", value="BOTH", role="laboratory")
    await trial.step("2025-11-05 13:59")
    assert await trial.kept() == []
    await trial.step("2025-11-05 14:00")
    (agenda,) = await trial.kept()
    assert (agenda.kind, agenda.at) == ("frozen", local("2025-11-05 14:00"))
    (due,) = agenda.of("decisions")
    assert (due.subject, due.what, due.proposal, due.options) == ("P1", "ALLOCATION", "", ("B", "D"))
    assert [entry.subject for entry in agenda.of("potential")] == ["P1"]
    await trial.tell(
        "2025-11-05 14:00", "P1", "adverse_event", "SEPSIS", value="4", details=(("scale", "CTCAE"),)
    )
    await trial.step("2025-11-06 13:00")
    assert await trial.kept() == [agenda]
    view = await agendas(trial.meeting)
    assert [each.agenda for each in view.agendas] == [agenda]
    assert (await trial.weeks())["2025-W45"]["agenda"]["digest"] == agenda.digest


async def test_a_decision_taken_in_the_meeting_and_what_came_late_stand_in_its_record(trial: Trial) -> None:
    for subject in ("P1", "P2"):
        await trial.enrol(subject)
    await trial.step("2025-11-04 10:00")
    await trial.tell("2025-11-04 10:00", "P1", "observation", "lesion", value="BOTH", role="laboratory")
    await trial.step("2025-11-06 10:00")
    await trial.tell("2025-11-06 10:00", "P2", "observation", "lesion", value="RAS", role="laboratory")
    await trial.tell(
        "2025-11-06 10:00", "P1", "adverse_event", "SEPSIS", value="4", details=(("scale", "CTCAE"),)
    )
    await trial.step("2025-11-06 14:20")
    taken = {"details": (("meeting", "2025-W45"),), "reason": "fusion first", "role": "meeting"}
    await trial.tell("2025-11-06 14:20", "P1", "decision", "ALLOCATION", value="B", **taken)
    decided = {"subject": "P1", "decision": "ALLOCATION", "option": "B", "event": "e1"}
    await trial.record("2025-11-06 14:20", "decided", details=decided)
    await trial.step("2025-11-06 15:00")
    await trial.record("2025-11-06 15:00", "held", details={"attended": "sponsor,clinician"})
    await trial.step("2025-11-06 15:00")
    _, closing = await trial.kept()
    assert closing.kind == "closing"
    assert [entry.subject for entry in closing.of("decisions")] == ["P2"]
    assert [entry.what for entry in closing.of("safety")] == ["SEPSIS"]
    plan = (await pathways.plan(trial.meeting)).plan
    assert {item["text"]: item["state"] for item in plan["items"] if item["id"] == "DECIDE"} == {
        "ALLOCATION of P1": "done"
    }
    async with trial.house.store.reading() as session:
        (found,) = await meetings.taken_in(session, "meet", trial.label, "2025-W45")
    assert (found.subject, found.option, found.reason, found.role) == ("P1", "B", "fusion first", "meeting")
    await trial.step("2025-11-12 14:00")
    (following,) = await trial.kept("2025-W46")
    assert following.since == closing.at
    assert [entry.subject for entry in following.of("decisions")] == ["P2"]
    assert following.of("safety") == ()


async def test_weeks_go_on_over_many_runs_and_a_change_of_the_clocks(
    temporal_client: Client, settings: Settings
) -> None:
    async with (
        house(temporal_client, settings, "stepped", platform=TRIAL) as found,
        rehearsed(found, continue_after=3) as trial,
    ):
        day = datetime(2025, 11, 6, 14, tzinfo=BERLIN)
        for _ in range(24):  # to 16 April, past the last Sunday of March
            text = f"{day:%Y-%m-%d %H:%M}"
            await trial.step(text)
            year, week, _ = day.isocalendar()
            await trial.record(text, "held", f"{year}-W{week:02d}")
            day += timedelta(weeks=1)
        state = await pathways.state(trial.meeting)
        assert state.runs >= 8
        async with found.store.reading() as session:
            kept = await meetings.kept(session, trial.meeting.id)
        frozen = [each.agenda.at.astimezone(BERLIN) for each in kept if each.agenda.kind == "frozen"]
        assert len(frozen) == 24
        assert {f"{at:%a %H:%M}" for at in frozen} == {"Wed 14:00"}
        told = await pathways.timeline(trial.meeting)
        assert not [change for change in told.entries if change.kind == "retraction"]


async def test_a_missed_meeting_is_late_and_climbs_and_decides_nothing(trial: Trial) -> None:
    await trial.enrol("P1")
    await trial.tell("2025-11-03 09:00", "P1", "observation", "lesion", value="RAS", role="laboratory")
    await trial.step("2025-11-09 09:00")
    plan = (await pathways.plan(trial.meeting)).plan
    (alert,) = plan["alerts"]
    assert (alert["key"], alert["severity"], alert["to"]) == (
        "MEETING-OVERDUE[week=2025-W45]",
        "critical",
        ["coordinator", "sponsor", "operations"],
    )
    decision = next(
        d for d in (await pathways.plan(trial.patients["P1"])).plan["decisions"] if d["id"] == "ALLOCATION"
    )
    assert (decision["open"], decision["in_force"]) == (True, None)
    async with trial.house.store.reading() as session:
        (row,) = await queries.pathways(session, trial="meet", kind="meeting", rehearsals=True)
    assert (row.pathway_id, row.late) == (
        trial.meeting.id,
        2,
    )  # the meeting, and the decision that it should have taken


async def test_postponed_over_the_week_a_second_agenda_is_frozen_and_the_first_is_kept(trial: Trial) -> None:
    await trial.step("2025-11-06 10:00")
    await trial.record(
        "2025-11-06 10:00", "postponed", details={"to": "2025-11-11 10:00"}, reason="two sites are away"
    )
    await trial.step("2025-11-10 10:00")
    assert [agenda.edition for agenda in await trial.kept()] == [
        "2025-11-06T13:00:00Z",
        "2025-11-11T09:00:00Z",
    ]
    week = (await trial.weeks())["2025-W45"]
    assert (week["state"], week["local"]) == ("frozen", "2025-11-11T10:00")


async def test_nobody_but_the_meeting_itself_reports_an_agenda(trial: Trial) -> None:
    with pytest.raises(Refused, match="kept by the meeting itself"):
        await trial.record("2025-11-03 09:00", "agenda", id="agenda:x")
    with pytest.raises(Refused, match="needs a reason"):
        await trial.record("2025-11-03 09:00", "cancelled")


async def test_a_trial_has_one_meeting(trial: Trial) -> None:
    again = new_meeting_start("meet", OFFICE, MONDAY, label=trial.label, weekday=2)
    with pytest.raises(Refused, match="already"):
        await start_meeting(trial.house.client, again, queue=trial.house.queue)


async def test_lists_and_details_show_the_meeting_and_nothing_that_somebody_typed(trial: Trial) -> None:
    await trial.enrol("P1")
    await trial.tell("2025-11-03 09:00", "P1", "observation", "lesion", value="RAS", role="laboratory")
    await trial.step("2025-11-05 15:00")
    await trial.record("2025-11-05 15:00", "noted", details={"text": "Mustermann, secret"})
    await trial.record("2025-11-05 15:00", "cancelled", reason="Mustermann is ill")
    described = await trial.meeting.describe()
    found = described.typed_search_attributes
    assert found.get(attributes.KIND) == "meeting"
    assert found.get(attributes.NEXT_DUE) == local("2025-11-13 14:00")
    assert found.get(attributes.GROUP) == "2025-W46"
    assert await described.static_summary() == "Rehearsal: coordinating meeting of meet"
    events = await raw_history(trial.house.client, trial.meeting.id)
    assert "Mustermann" not in json.dumps(events)
    assert "ALLOCATION" not in json.dumps(
        [event for event in events if "activity_task_completed" in json.dumps(event)]
    )
    clear = [each for event in events for each in payloads(event) if "allpath-clear" in each["metadata"]]
    assert clear


async def test_while_the_store_is_away_the_agenda_waits_and_what_is_recorded_is_accepted(
    temporal_client: Client, settings: Settings, tmp_path: Path
) -> None:
    async with (
        house(temporal_client, settings, "stepped", platform=TRIAL) as found,
        rehearsed(found) as trial,
    ):
        await trial.step("2025-11-04 10:00")
        path = Path(found.store._engine.url.database or "")
        away = tmp_path / "away.db"
        await found.store._engine.dispose()
        written = found.store._writer._transactions
        assert isinstance(written, ThreadTransactions)
        await asyncio.get_running_loop().run_in_executor(written._thread, written._drop)
        for suffix in ("", "-wal", "-shm"):
            if path.with_name(path.name + suffix).exists():
                path.with_name(path.name + suffix).rename(away.with_name(away.name + suffix))
        path.mkdir()
        try:
            await trial.step("2025-11-05 15:00")
            plan = (await pathways.plan(trial.meeting)).plan
            assert [alert["key"] for alert in plan["alerts"]] == ["AGENDA-MISSING[week=2025-W45]"]
            receipt = await trial.record(
                "2025-11-05 15:00", "noted", details={"text": "we meet all the same"}
            )
            assert (receipt.accepted, receipt.recorded) == (True, False)
        finally:
            path.rmdir()
            for suffix in ("", "-wal", "-shm"):
                if away.with_name(away.name + suffix).exists():
                    away.with_name(away.name + suffix).rename(path.with_name(path.name + suffix))

        async def back() -> bool:
            return bool(await trial.kept()) and (await trial.weeks())["2025-W45"]["agenda"] is not None

        await until(back)
        plan = (await pathways.plan(trial.meeting)).plan
        assert plan["alerts"] == []
        await until(lambda: _recorded(trial))


async def _recorded(trial: Trial) -> bool:
    return (await pathways.state(trial.meeting)).unrecorded == 0


async def test_a_real_meeting_waits_for_its_time_with_a_timer_and_is_archived_at_the_end(
    temporal_client: Client, settings: Settings
) -> None:
    own = replace(TRIAL, name=f"meet-{uuid.uuid4().hex[:8]}")
    async with house(temporal_client, settings, "real", platform=own) as found:
        now = datetime.now(UTC).replace(microsecond=0)
        start = new_meeting_start(own.name, OFFICE, now)
        handle = await start_meeting(found.client, start, queue=found.queue)
        assert handle.id == meeting_handle(found.client, own.name).id == f"meeting/{own.name}"
        view = await pathways.plan(handle)
        assert datetime.fromisoformat(view.plan["next_at"]) > now
        with pytest.raises(Refused, match="real clock"):
            await pathways.step(handle, now)
        await pathways.archive(handle, "operations", "the trial is over")
        assert (await handle.result()).trial == own.name
