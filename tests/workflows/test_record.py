"""What happens to a report: accepted once, refused without a trace, known for good."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from client import pathways
from pathway.errors import UnknownName
from pathway.events import Report
from pathway.refusal import Refused
from tests.workflows.conftest import START, House, action, later, mrd, weight


async def event_types(house: House, handle: pathways.Handle) -> list[str]:
    return [event.WhichOneof("attributes") or "" async for event in handle.fetch_history_events()]


async def test_an_accepted_report_is_on_record_and_in_the_store(stepped: House) -> None:
    handle = await stepped.enrol()
    receipt = await pathways.submit(handle, mrd())
    assert receipt.accepted
    assert receipt.recorded
    assert [change.id for change in receipt.changes if change.kind == "decision"] == [
        "risk",
        "AFTER_INDUCTION",
    ]
    assert await stepped.stored(handle) == ["m1"]
    view = await pathways.plan(handle)
    assert view.plan["tracks"][0]["phase"] == "INDUCTION"


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (replace(mrd(), name="mdr"), "unknown_fact"),
        (replace(mrd(), value="2"), "impossible"),
        (replace(mrd(), unit=""), "unit_missing"),
        (replace(mrd(), at=later(days=1)), "future"),
    ],
)
async def test_a_refused_report_says_why_and_leaves_nothing_in_the_history(
    stepped: House, report: Report, code: str
) -> None:
    handle = await stepped.enrol()
    await pathways.submit(handle, weight(1))
    before = await event_types(stepped, handle)
    with pytest.raises(Refused) as refused:
        await pathways.submit(handle, report)
    assert refused.value.code == code
    assert await event_types(stepped, handle) == before


async def test_the_id_of_a_refused_report_can_be_used_again(stepped: House) -> None:
    handle = await stepped.enrol()
    with pytest.raises(Refused):
        await pathways.submit(handle, mrd(value="2"))
    assert (await pathways.submit(handle, mrd(value="2e-4"))).accepted


@pytest.mark.parametrize("continue_after", [1, 20], ids=["after continuing as new", "in the same run"])
async def test_a_report_sent_again_gets_the_earlier_receipt(stepped: House, continue_after: int) -> None:
    handle = await stepped.enrol(continue_after=continue_after)
    first = await pathways.submit(handle, mrd())
    for number in range(3):
        await pathways.submit(handle, weight(number))
    again = await pathways.submit(handle, mrd())
    assert again.model_copy(update={"plan": None}) == first.model_copy(update={"plan": None})
    assert await stepped.stored(handle) == ["m1", "w0", "w1", "w2"]
    assert ((await pathways.state(handle)).runs > 0) == (continue_after == 1)


@pytest.mark.parametrize("continue_after", [1, 20], ids=["after continuing as new", "in the same run"])
async def test_another_content_under_a_known_id_is_refused(stepped: House, continue_after: int) -> None:
    handle = await stepped.enrol(continue_after=continue_after)
    await pathways.submit(handle, mrd(value="2e-4"))
    await pathways.submit(handle, weight(1))
    with pytest.raises(Refused) as refused:
        await pathways.submit(handle, mrd(value="3e-4"))
    assert refused.value.code == "content_differs"


async def test_two_clients_that_send_the_same_report_at_once_get_one_event(stepped: House) -> None:
    handle = await stepped.enrol()
    receipts = await asyncio.gather(*(pathways.submit(handle, mrd()) for _ in range(8)))
    assert {(receipt.event_id, receipt.revision, len(receipt.changes)) for receipt in receipts} == {
        ("m1", receipts[0].revision, len(receipts[0].changes))
    }
    assert await stepped.stored(handle) == ["m1"]


async def test_bursts_of_reports_across_many_runs_are_each_recorded_once(stepped: House) -> None:
    handle = await stepped.enrol(continue_after=5)
    for burst in range(5):
        numbers = range(burst * 8, burst * 8 + 8)
        receipts = await asyncio.gather(*(pathways.submit(handle, weight(number)) for number in numbers))
        assert all(receipt.recorded for receipt in receipts)
    assert sorted(await stepped.stored(handle)) == sorted(f"w{number}" for number in range(40))
    state = await pathways.state(handle)
    assert state.events == 40
    assert state.unrecorded == 0
    assert state.runs >= 4


async def test_a_decision_is_confirmed_and_explained(stepped: House) -> None:
    handle = await stepped.enrol()
    await pathways.submit(handle, action("e1", "therapy_started"))
    receipt = await pathways.submit(handle, mrd())
    assert receipt.plan is not None
    proposed = next(each for each in receipt.plan.decisions if each.id == "AFTER_INDUCTION")
    taken = Report(
        id="d1",
        kind="decision",
        at=START,
        role="clinician",
        name="AFTER_INDUCTION",
        value="CONSOLIDATION",
        expected=proposed.digest,
    )
    await pathways.submit(handle, taken)
    view = await pathways.plan(handle)
    assert [track["phase"] for track in view.plan["tracks"]] == ["CONSOLIDATION"]
    assert "risk" in (await pathways.explain(handle, "risk")).text


async def test_the_timeline_tells_what_was_told(stepped: House) -> None:
    handle = await stepped.enrol()
    receipt = await pathways.submit(handle, mrd())
    shown = await pathways.timeline(handle)
    assert shown.earlier == 0
    assert tuple(entry for entry in shown.entries if entry.cause == "m1") == receipt.changes


async def test_an_archived_pathway_ends_and_takes_nothing_more(stepped: House) -> None:
    handle = await stepped.enrol()
    await pathways.submit(handle, weight(1))
    with pytest.raises(Refused, match="reason"):
        await pathways.archive(handle, "coordinator", " ")
    receipt = await pathways.archive(handle, "coordinator", "moved to another country")
    assert receipt.recorded
    end = await handle.result()
    assert end.events == 1
    assert end.archived.reason == "moved to another country"
    with pytest.raises(pathways.PathwayClosed):
        await pathways.submit(handle, weight(2))


async def test_an_unknown_decision_cannot_be_explained(stepped: House) -> None:
    handle = await stepped.enrol()
    with pytest.raises(UnknownName, match="nonsense"):
        await pathways.explain(handle, "nonsense")


async def test_an_unknown_patient_is_no_pathway(stepped: House) -> None:
    handle = pathways.pathway_handle(stepped.client, "toy", "NOBODY")
    with pytest.raises(pathways.UnknownPathway, match="pseudonym"):
        await pathways.submit(handle, weight(1))
    with pytest.raises(pathways.UnknownPathway, match="pseudonym"):
        await pathways.plan(handle)
