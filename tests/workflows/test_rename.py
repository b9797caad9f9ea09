"""A patient who gets another pseudonym, through the real server: the pathway goes on as it was, nobody is told anything twice."""

from __future__ import annotations

import asyncio
import signal
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from client import listing, pathways, renaming
from client.meetings import new_meeting_start, start_meeting
from client.pathways import new_start, pathway_handle, start_pathway, subtrial_handle
from contracts.messages import PathwayStart
from contracts.renaming import Renamed
from contracts.sitting import RecordManyRequest
from pathway.events import Report
from pathway.refusal import Refused
from pathway.site import Site
from runtime.connection import connect
from runtime.settings import Settings
from store import queries
from store.renaming import used
from store.schema import OutboxRow
from tests.databases import Database
from tests.workflows.conftest import House, action, mrd, until, weight, wish
from tests.workflows.stories import answered
from tests.workflows.test_crashes import worker_process
from tests.workflows.toy_platform import FULL


def code(name: str) -> str:
    """A pseudonym of this test process and run of a test alone: all share a server, and a pseudonym is used once."""
    return f"{name}-{RUN.number}"


@dataclass
class Run:
    """Which test this is."""

    number: str = ""


RUN = Run()


@pytest.fixture(autouse=True)
def own_names() -> None:
    """Names of this test alone."""
    RUN.number = uuid.uuid4().hex[:8]


def new_name(to: str, id_: str = "rn1", role: str = "coordinator", reason: str = "her initials") -> Report:
    return Report(id_, "rename", datetime.now(UTC), role, to, reason=reason, person="KM")


async def renamed(home: House, handle: pathways.Handle, to: str, id_: str = "rn1") -> pathways.Handle:
    """The pathway under its new pseudonym, once the store has it."""
    found = await renaming.rename(handle, new_name(to, id_))
    assert found.to == to
    trial = handle.id.split("/")[1]
    after = pathway_handle(home.client, trial, to)
    await until(lambda: known(home, after.id))
    return after


async def known(home: House, pathway_id: str) -> bool:
    async with home.store.reading() as session:
        return await queries.pathway(session, pathway_id) is not None


async def notices(home: House, subject: str) -> Counter[tuple[str, str, str]]:
    """What people are told of, as (kind, id, role)."""
    async with home.store.reading() as session:
        rows = await session.execute(
            select(OutboxRow.kind, OutboxRow.id, OutboxRow.role).where(OutboxRow.subject == subject)
        )
        return Counter((kind, id_, role) for kind, id_, role in rows)


async def test_the_pathway_goes_on_under_the_new_pseudonym_and_nothing_is_told_again(real: House) -> None:
    old = await real.enrol(subject=code("JM-14"), continue_after=3)
    now = datetime.now(UTC)
    for n in range(4):
        await pathways.submit(old, weight(n, at=now - timedelta(minutes=10 - n)))
    started = action("e1", "therapy_started", at=now, occurred=now - timedelta(hours=2))
    await pathways.submit(old, started)
    before, told = (await pathways.plan(old)).plan, await notices(real, code("JM-14"))
    assert ("deviation", "NO-VISIT", "coordinator") in told
    new = await renamed(real, old, code("P-771"))

    after = (await pathways.plan(new)).plan
    assert [each["key"] for each in after["items"]] == [each["key"] for each in before["items"]]
    assert after["deviations"] == before["deviations"]
    events = await pathways.events(new)
    assert [each.id for each in events] == ["w0", "w1", "w2", "w3", "e1", "rn1"]
    assert await real.stored(new) == [each.id for each in events]
    last = events[-1]
    assert (last.kind, last.name, last.detail("was")) == ("rename", code("P-771"), code("JM-14"))
    assert (last.role, last.person, last.reason) == ("coordinator", "KM", "her initials")
    # Every notice of before is the new pseudonym's now; the one that is new says that there is one.
    assert not await notices(real, code("JM-14"))
    assert await notices(real, code("P-771")) - told == Counter(
        {("milestone", "RENAMED", role): 1 for role in ("coordinator", "clinician")}
    )
    async with real.store.reading() as session:
        lines = await queries.timeline(session, new.id)
        assert {line.subject for line in lines} == {code("P-771")}
        assert [line.id for line in lines].count("NO-VISIT") == 1
        was, row = await queries.pathway(session, old.id), await queries.pathway(session, new.id)
        assert was is not None
        assert row is not None
        assert (was.archived, was.renamed_to, was.open, was.late, was.next_at) == (
            True,
            code("P-771"),
            0,
            0,
            None,
        )
        assert not await queries.items(session, old.id)
        assert not await queries.obligations(session, old.id)
        assert (row.archived, row.open, row.revision) == (False, 1, was.revision + 1)
        assert [p.subject for p in await queries.pathways(session, trial="toy", archived=True)] == [
            code("P-771")
        ]
    # What was told is taken back to those who heard it, once it is no longer so.
    receipt = await pathways.submit(new, action("e2", "visit", at=datetime.now(UTC)))
    assert ("retraction", "NO-VISIT") in {(each.kind, each.id) for each in receipt.changes}
    assert (await notices(real, code("P-771")))["retraction", "NO-VISIT", "coordinator"] == 1


async def test_the_old_pseudonym_says_as_whom_the_patient_goes_on_and_takes_nothing(real: House) -> None:
    old = await real.enrol(subject=code("JM-15"))
    new = await renamed(real, old, code("P-772"))
    end = await old.result()
    assert end.renamed is not None
    assert (end.renamed.to, end.renamed.role, end.renamed.event) == (code("P-772"), "coordinator", "rn1")
    assert (await pathways.state(old)).renamed == end.renamed == await renaming.renamed(old)
    with pytest.raises(pathways.PathwayClosed):
        await pathways.submit(old, weight(1, at=datetime.now(UTC)))
    with pytest.raises(Refused) as again:
        await real.enrol(subject=code("JM-15"))
    assert again.value.code == "already_enrolled"
    async with real.store.reading() as session:
        taken = await used(session, "toy", code("JM-15"))
    assert taken is not None
    assert taken.renamed == end.renamed
    assert code("JM-15") not in (await pathways.plan(new)).model_dump_json()

    async def listed() -> bool:
        found = {each.subject: each async for each in listing.pathways(real.client, open_only=False)}
        return (
            code("P-772") in found
            and found[code("P-772")].phase == "INDUCTION"
            and (found[code("JM-15")].phase, found[code("JM-15")].status) == ("RENAMED", "completed")
        )

    await until(listed)


async def test_a_moment_that_falls_due_meanwhile_is_seen_once_under_the_new_pseudonym(real: House) -> None:
    old = await real.enrol(subject=code("JM-16"))
    now = datetime.now(UTC)
    started = action("e1", "therapy_started", at=now, occurred=now - timedelta(minutes=59, seconds=58))
    await pathways.submit(old, started)
    new = await renamed(real, old, code("P-773"))

    async def told() -> bool:
        return (await notices(real, code("P-773")))["deviation", "NO-VISIT", "coordinator"] == 1

    await until(told)
    assert (await pathways.state(new)).unrecorded == 0
    assert not await notices(real, code("JM-16"))


async def test_renamed_twice_every_pseudonym_before_is_kept_from_others(real: House) -> None:
    first = await real.enrol(subject=code("A-1"))
    second = await renamed(real, first, code("A-2"))
    third = await renamed(real, second, code("A-3"), "rn2")
    assert [each.detail("was") for each in await pathways.events(third)] == [code("A-1"), code("A-2")]
    for name, why in ((code("A-1"), "not_waiting"), (code("A-3"), "not_waiting")):
        with pytest.raises(Refused) as refused:
            await renaming.rename(third, new_name(name, "rn3"))
        assert refused.value.code == why
    async with real.store.reading() as session:
        for name, to in ((code("A-1"), code("A-2")), (code("A-2"), code("A-3"))):
            found = await used(session, "toy", name)
            assert found is not None
            assert found.renamed is not None
            assert found.renamed.to == to


async def test_said_twice_at_once_it_is_done_once(real: House) -> None:
    old = await real.enrol(subject=code("JM-17"))
    found = await asyncio.gather(
        *(renaming.rename(old, new_name(code("P-774"))) for _ in range(3)), return_exceptions=True
    )
    done = [each for each in found if isinstance(each, Renamed)]
    assert done
    assert all(isinstance(each, Renamed | pathways.PathwayClosed) for each in found)
    assert len({each.event for each in done}) == 1
    new = pathway_handle(real.client, "toy", code("P-774"))
    assert [each.id for each in await pathways.events(new)] == ["rn1"]


async def test_a_pseudonym_that_somebody_has_is_refused_and_the_pathway_goes_on(real: House) -> None:
    old, other = await real.enrol(subject=code("JM-18")), await real.enrol(subject=code("P-775"))
    for archived in (False, True):
        if archived:
            await pathways.archive(other, "coordinator", "at its end")
        with pytest.raises(Refused) as refused:
            await renaming.rename(old, new_name(code("P-775")))
        assert refused.value.code == "already_enrolled"
    assert (await pathways.submit(old, weight(1, at=datetime.now(UTC)))).recorded
    assert not (await pathways.state(old)).archived
    new = await renamed(real, old, code("P-776"))
    assert await real.stored(new) == ["w1", "rn1"]


async def test_what_cannot_be_is_refused_and_changes_nothing(real: House) -> None:
    name, free = code("JM-19"), code("P-777")
    old = await real.enrol(subject=name)
    await pathways.submit(old, weight(1, at=datetime.now(UTC)))
    for report, why in (
        (new_name("JM 19"), "malformed"),
        (new_name(""), "malformed"),
        (new_name(name), "not_waiting"),
        (new_name(free, role="laboratory"), "wrong_role"),
        (new_name(free, reason=" "), "reason_missing"),
        (new_name(free, "w1"), "content_differs"),
        (weight(7, at=datetime.now(UTC)), "malformed"),
    ):
        with pytest.raises(Refused) as refused:
            await renaming.rename(old, report)
        assert refused.value.code == why
    assert [each.id for each in await pathways.events(old)] == ["w1"]


async def test_a_rename_is_no_report_and_is_not_voided(real: House) -> None:
    old = await real.enrol(subject=code("JM-20"))
    with pytest.raises(Refused) as refused:
        await pathways.submit(old, new_name(code("P-778")))
    assert refused.value.code == "malformed"
    new = await renamed(real, old, code("P-778"))
    void = Report("v1", "void", datetime.now(UTC), "coordinator", target="rn1", reason="no")
    with pytest.raises(Refused) as kept:
        await pathways.submit(new, void)
    assert kept.value.code == "malformed"


async def test_an_open_sitting_comes_to_its_end_first(real: House) -> None:
    old = await real.enrol(subject=code("JM-21"))
    now = datetime.now(UTC)
    part = RecordManyRequest(sitting="s1", reports=(weight(1, at=now),), more=True)
    await old.execute_update("record_many", part)
    with pytest.raises(Refused) as refused:
        await renaming.rename(old, new_name(code("P-779")))
    assert refused.value.code == "sitting_open"
    await pathways.submit_many(old, "s1", [weight(2, at=now)])
    await renamed(real, old, code("P-779"))


async def test_a_rehearsal_is_not_renamed(stepped: House) -> None:
    handle = await stepped.enrol(subject=code("JM-22"), label="nobody")
    with pytest.raises(Refused) as refused:
        await renaming.rename(handle, new_name(code("P-780")))
    assert refused.value.code == "malformed"


async def test_while_the_store_is_away_it_is_refused(real: House, database: Database) -> None:
    old = await real.enrol(subject=code("JM-23"))
    await pathways.submit(old, weight(1, at=datetime.now(UTC)))
    with database.held():
        assert not (await pathways.submit(old, weight(2, at=datetime.now(UTC)))).recorded
        with pytest.raises(Refused) as refused:
            await renaming.rename(old, new_name(code("P-781")))
        assert refused.value.code == "under_way"
    await until(lambda: back(old))
    new = await renamed(real, old, code("P-781"))
    assert await real.stored(new) == ["w1", "w2", "rn1"]


async def back(handle: pathways.AnyHandle) -> bool:
    """Whether the pathway knows that the store is back, and has everything."""
    state = await pathways.state(handle)
    return not state.store_away and not state.unrecorded


async def test_a_worker_that_dies_between_the_two_steps_doubles_nothing(
    real: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: list[str] = []

    async def start_and_die(client: object, start: PathwayStart, **more: object) -> pathways.Handle:
        handle = await start_pathway(client, start, **more)  # type: ignore[arg-type]
        if not died:
            died.append(start.subject)
            raise RuntimeError("the worker is gone, and with it the answer")
        return handle

    monkeypatch.setattr("activities.hand_over.start_pathway", start_and_die)
    old = await real.enrol(subject=code("JM-24"))
    await pathways.submit(old, weight(1, at=datetime.now(UTC)))
    new = await renamed(real, old, code("P-782"))
    assert died == [code("P-782")]
    await pathways.submit(new, mrd(at=datetime.now(UTC)))
    assert await real.stored(new) == ["w1", "rn1", "m1"]


async def test_a_patient_with_a_slot_keeps_it_and_the_governor_knows_the_new_pseudonym(real: House) -> None:
    first, second = [await real.patient(subject) for subject in ("JM-1", "P2")]
    await pathways.submit(first, wish("ask", "A", datetime.now(UTC)))
    await until(lambda: answered(first, "RESERVED"))
    await pathways.submit(second, wish("ask", "A", datetime.now(UTC)))
    await until(lambda: answered(second, FULL))
    told = await notices(real, "A")
    after = await renamed(real, first, "P1")
    governor = subtrial_handle(real.client, real.platform, "A")

    async def on_the_roster() -> bool:
        found = (await pathways.plan(governor)).plan
        return [each["subject"] for each in found["slots"]] == ["P1"]

    await until(on_the_roster)
    plan = await pathways.plan(governor)
    assert '"JM-1"' not in plan.model_dump_json()
    assert [each["subject"] for each in plan.plan["waiting"]] == ["P2"]
    assert await notices(real, "A") == told
    assert (await pathways.state(governor)).messages_refused == ()
    # The slot is taken up, which the governor answers to the new pseudonym.
    await pathways.submit(after, action("dose", "first_dose_A", at=datetime.now(UTC)))
    await until(lambda: answered(after, "ENROLLED"))
    named = Report(
        "x", "action", datetime.now(UTC), "coordinator", "slot_released", scope=(("subject", "JM-1"),)
    )
    with pytest.raises(Refused) as refused:
        await pathways.submit(governor, named)
    assert refused.value.code == "renamed"


async def test_what_a_governor_answers_meanwhile_reaches_the_patient_under_the_new_pseudonym(
    real: House,
) -> None:
    holder, waiter = [await real.patient(subject) for subject in ("H1", "JM-2")]
    await pathways.submit(holder, wish("ask", "A", datetime.now(UTC)))
    await until(lambda: answered(holder, "RESERVED"))
    await pathways.submit(waiter, wish("ask", "A", datetime.now(UTC)))
    await until(lambda: answered(waiter, FULL))
    # The slot is given back in the very moment in which the other is renamed.
    back = wish("back", "NONE", datetime.now(UTC))
    found, _ = await asyncio.gather(renamed(real, waiter, "W2"), pathways.submit(holder, back))
    await until(lambda: answered(found, "RESERVED"), seconds=25)


async def test_the_meeting_of_the_trial_hears_it_once(real: House) -> None:
    begins = datetime.now(UTC)
    meeting = await start_meeting(
        real.client, new_meeting_start(real.platform, Site("OFFICE"), begins), queue=real.queue
    )
    patient = await real.patient("JM-3")
    await renamed(real, patient, "P3")

    async def heard() -> bool:
        async with real.store.reading() as session:
            events = await queries.events(session, meeting.id)
        return [(each.name, each.detail("subject"), each.detail("was")) for each in events] == [
            ("renamed", "P3", "JM-3")
        ]

    await until(heard)


@pytest.mark.parametrize("after", [0.0, 0.05, 0.3])
async def test_a_worker_that_is_killed_meanwhile_loses_and_doubles_nothing(
    settings: Settings, tmp_path: Path, after: float
) -> None:
    queue = tmp_path.name
    settings = settings.model_copy(update={"task_queue": queue, "rehearsal_task_queue": f"{queue}-rehearsal"})
    client = await connect(settings)
    subject = f"JM{queue}"[:60].replace("[", "").replace("]", "").replace("_", "")
    old = await start_pathway(client, new_start("toy", subject, Site("S01")), queue=queue)
    patience = timedelta(minutes=2)
    async with worker_process(settings) as process:
        await pathways.submit(old, weight(1, at=datetime.now(UTC)), patience=patience)
        asked = asyncio.create_task(renaming.rename(old, new_name(f"N{subject}"[:60]), patience=patience))
        await asyncio.wait((asked,), timeout=after)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with worker_process(settings):
        try:
            done = await asked
        except pathways.PathwayClosed:
            found = await renaming.renamed(old)
            assert found is not None
            done = found
        new = pathway_handle(client, "toy", done.to)
        await pathways.submit(new, weight(2, at=datetime.now(UTC)), patience=patience)
        assert [each.id for each in await pathways.events(new, patience=patience)] == ["w1", "rn1", "w2"]
        assert (await old.result()).renamed == done
