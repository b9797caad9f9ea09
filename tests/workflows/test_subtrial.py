"""Patients and the governors of subtrials: who gets a slot, and what becomes of the messages between them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from client import listing, pathways
from pathway.events import Report
from pathway.refusal import Refused
from pathway.site import Site
from store import queries
from store.work_list import due
from tests.workflows.conftest import START, House, until, weight, wish
from tests.workflows.durable.test_details import shown
from tests.workflows.stories import answered
from tests.workflows.toy_platform import FULL


async def ask(handle: pathways.Handle, subtrial: str, id_: str = "ask") -> None:
    """Ask for a slot, or for none."""
    await pathways.submit(handle, wish(id_, subtrial, datetime.now(UTC)))


async def plan(home: House, subtrial: str) -> dict[str, Any]:
    """What a governor says."""
    handle = pathways.subtrial_handle(home.client, home.platform, subtrial)
    return (await pathways.plan(handle)).plan


async def test_two_who_ask_at_once_for_the_last_slot_never_both_get_it(real: House) -> None:
    patients = [await real.patient(subject) for subject in ("P1", "P2")]
    await asyncio.gather(*(ask(patient, "A") for patient in patients))

    async def both_know() -> bool:
        return {
            (await answered(patient, "RESERVED"), await answered(patient, FULL)) for patient in patients
        } == {(True, False), (False, True)}

    await until(both_know)
    said = await plan(real, "A")
    assert [slot["state"] for slot in said["slots"]] == ["RESERVED"]
    assert len(said["waiting"]) == 1


async def test_a_slot_that_is_given_back_goes_to_whoever_waits(real: House) -> None:
    first, second = [await real.patient(subject) for subject in ("P1", "P2")]
    await ask(first, "A")
    await until(lambda: answered(first, "RESERVED"))
    await ask(second, "A")
    await until(lambda: answered(second, FULL))
    await ask(first, "NONE", "ask-2")
    await until(lambda: answered(second, "RESERVED"))


async def test_a_patient_who_is_archived_wants_nothing_any_more(real: House) -> None:
    first, second = [await real.patient(subject) for subject in ("P1", "P2")]
    await ask(first, "A")
    await until(lambda: answered(first, "RESERVED"))
    await ask(second, "A")
    await until(lambda: answered(second, FULL))
    await pathways.archive(first, "operations", "moved away")
    await first.result()
    await until(lambda: answered(second, "RESERVED"))


async def test_a_governor_is_started_by_the_first_letter_and_nobody_starts_a_second(real: House) -> None:
    patients = [await real.patient(f"P{number}") for number in range(6)]
    await asyncio.gather(*(ask(patient, "C") for patient in patients))

    async def all_known() -> bool:
        try:
            said = await plan(real, "C")
        except pathways.UnknownPathway:
            return False
        return (len(said["slots"]), len(said["waiting"])) == (5, 1)

    await until(all_known)
    listed = listing.subtrials(real.client, trial=f"{real.platform}@1", open_only=False)

    async def in_the_index() -> bool:
        return [found.subject async for found in listed] == ["C"]

    await until(in_the_index)


async def test_lists_of_patients_show_no_governors(real: House) -> None:
    patient = await real.patient("P1")
    await ask(patient, "A")
    await until(lambda: answered(patient, "RESERVED"))

    async def indexed() -> bool:
        trial = f"{real.platform}@1"
        found = [each.subject async for each in listing.pathways(real.client, trial=trial)]
        governors = [each.subject async for each in listing.subtrials(real.client, trial=trial)]
        return (found, governors) == (["P1"], ["A"])

    await until(indexed)
    async with real.store.reading() as session:
        assert [each.subject for each in await queries.pathways(session)] == ["P1"]
        assert [each.subject for each in await queries.pathways(session, kind="subtrial")] == ["A"]


async def test_a_governor_that_does_not_answer_holds_up_nobody_and_is_told_when_it_is_back(
    real: House,
) -> None:
    away = f"{real.queue}-away"
    governor = await real.govern("A", queue=away)
    patient = await real.patient("P1", continue_after=3)
    await ask(patient, "A")

    async def missed() -> bool:
        return (await pathways.state(patient)).messages_away == ("A",)

    await until(missed)
    assert "`A`" in (await shown(real, patient)).partition("No answer, messages are sent again")[2]
    # It asks another one meanwhile, and goes on through several runs.
    await ask(patient, "B", "ask-2")

    async def other_known() -> bool:
        return [slot["subject"] for slot in (await plan(real, "B"))["slots"]] == ["P1"]

    await until(other_known)
    numbers = count()

    async def went_on() -> bool:
        # How many events a run takes up depends on how close they come: a run is not ended while anything is under way.
        await pathways.submit(patient, weight(next(numbers), at=datetime.now(UTC)))
        return (await pathways.state(patient)).runs >= 2

    await until(went_on)
    state = await pathways.state(patient)
    assert (state.messages_waiting, state.messages_away) == (1, ("A",))
    async with real.worker(away):

        async def told() -> bool:
            return not (await pathways.state(patient)).messages_waiting

        await until(told)
        # The message that was under way, then the one that says what is true by now.
        ids = ["P1:1", "P1:2"]
        await until(lambda: recorded(real, governor, ids))
        assert not (await pathways.plan(governor)).plan["waiting"]


async def recorded(home: House, handle: pathways.AnyHandle, ids: list[str]) -> bool:
    """Whether the record of a workflow holds just these events."""
    return await home.stored(handle) == ids


async def test_answers_to_a_patient_who_is_away_are_carried_from_run_to_run(
    real: House,
) -> None:
    governor = await real.govern("A", continue_after=2)
    first = await real.patient("P1")
    await ask(first, "A")
    await until(lambda: answered(first, "RESERVED"))
    elsewhere = f"{real.queue}-elsewhere"
    start = pathways.new_start(real.platform, "P2", Site("S01"))
    second = await pathways.start_pathway(real.client, start, queue=elsewhere)
    async with real.worker(elsewhere):
        await ask(second, "A")
        await until(lambda: answered(second, FULL))
    await ask(first, "NONE", "ask-2")

    async def second_is_away() -> bool:
        return (await pathways.state(governor)).messages_away == ("P2",)

    await until(second_is_away)
    runs = (await pathways.state(governor)).runs
    others = [await real.patient(subject) for subject in ("P3", "P4", "P5")]
    for other in others:
        await ask(other, "A")
        await until(lambda other=other: answered(other, FULL))  # type: ignore[misc]
    state = await pathways.state(governor)
    assert state.runs > runs
    assert state.messages_away == ("P2",)
    async with real.worker(elsewhere):
        await until(lambda: answered(second, "RESERVED"))
        await until(lambda: recorded(real, second, ["ask", "slot:A:1", "slot:A:2"]))


async def test_a_refused_letter_is_an_alert_and_is_sent_again_when_that_is_acknowledged(real: House) -> None:
    governor = await real.govern("A")
    mistaken = Report(
        id="P1:1",
        kind="action",
        at=datetime.now(UTC),
        role="sponsor",
        name="suspended",
        reason="somebody has used an id that belongs to a message",
    )
    await pathways.submit(governor, mistaken)
    patient = await real.patient("P1")
    await ask(patient, "A")

    async def alerted() -> bool:
        async with real.store.reading() as session:
            lines = await due(session, datetime.now(UTC), role="operations")
        return ("P1", "LETTER-REFUSED[to=A]", "raised") in [
            (line.subject, line.key, line.state) for line in lines
        ]

    await until(alerted)
    assert "`A` content_differs" in await shown(real, patient)
    assert (await pathways.state(patient)).messages_refused == ("A: content_differs",)
    for number in range(3):
        await pathways.submit(patient, weight(number, at=datetime.now(UTC)))
    assert await real.stored(governor) == ["P1:1"]
    acknowledged = Report(
        id="k1",
        kind="acknowledgement",
        at=datetime.now(UTC),
        role="operations",
        name="LETTER-REFUSED[to=A]",
    )
    await pathways.submit(patient, acknowledged)
    await until(lambda: answered(patient, "WAITING"))
    assert (await pathways.state(patient)).messages_refused == ()
    assert not await alerted()


async def test_letters_go_by_themselves_on_the_real_clock_only(real: House) -> None:
    governor = await real.govern("A")
    with pytest.raises(Refused, match="real clock"):
        await pathways.deliver(governor)


async def test_on_a_stepped_clock_letters_go_when_the_driver_says_so(stepped: House) -> None:
    governor = await stepped.govern("A", label="driven", continue_after=2)
    patient = await stepped.patient("P1", label="driven")
    assert (await pathways.submit(patient, wish("ask", "A"))).messages == 1
    assert (await pathways.state(governor)).events == 0
    (delivered,) = (await pathways.deliver(patient)).delivered
    assert (delivered.receiver, delivered.report.id, delivered.messages) == ("A", "P1:1", 1)
    assert (await pathways.deliver(patient)).delivered == ()
    (answer,) = (await pathways.deliver(governor)).delivered
    assert (answer.receiver, answer.report.id, answer.report.value) == ("P1", "slot:A:1", "RESERVED")
    assert await answered(patient, "RESERVED")
    assert answer.report.at == START


async def test_what_operations_see_of_a_governor(real: House) -> None:
    patients = [await real.patient(subject) for subject in ("P1", "P2")]
    await ask(patients[0], "A")
    await until(lambda: answered(patients[0], "RESERVED"))
    await ask(patients[1], "A")
    await until(lambda: answered(patients[1], FULL))
    governor = pathways.subtrial_handle(real.client, real.platform, "A")
    details = await shown(real, governor)
    assert "| subtrial | ACTIVATED |" in details
    assert "| all | RESERVED | 1 |" in details
    assert "Level or stage: **" in details
    assert "Group:" not in details
    assert "Waiting: **1** (`P2`)" in details
    described = await governor.describe()
    assert await described.static_summary() == f"subtrial A of {real.platform}@1"
