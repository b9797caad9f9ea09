"""Who may start a pathway, where, and how often."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from pydantic import ValidationError
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from client import listing, pathways
from client.pathways import new_start
from contracts.messages import SCHEMA_VERSION, Carried, PathwayStart
from pathway.errors import AllpathError
from pathway.refusal import Refused
from pathway.site import Site
from tests.workflows.conftest import START, House, later, weight
from workflows.guard import WRONG_CLOCK


async def test_a_pseudonym_is_enrolled_once(real: House) -> None:
    subject = f"TWICE-{real.queue}"
    await real.enrol(subject=subject)
    with pytest.raises(Refused, match="already enrolled") as refused:
        await real.enrol(subject=subject)
    assert refused.value.code == "already_enrolled"
    assert refused.value.exit_status == 3
    handle = pathways.pathway_handle(real.client, "toy", subject)
    await pathways.archive(handle, "coordinator", "consent withdrawn")
    await handle.result()
    with pytest.raises(Refused, match="archived"):
        await real.enrol(subject=subject)


async def test_of_many_who_enrol_the_same_pseudonym_at_once_one_succeeds(real: House) -> None:
    results = await asyncio.gather(
        *(real.enrol(subject=f"RACE-{real.queue}") for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(result, Refused) for result in results) == 7


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"subject": "Anna Example"}, "letters, digits"),
        ({"subject": ""}, "letters, digits"),
        ({"simulation": True}, "placeholder lengths"),
        ({"label": "x"}, "labels are for rehearsals"),
        ({"site": Site("S01", zone="Mars/Olympus")}, "time zone"),
        ({"started_at": START}, "belongs to the stepped clock"),
        ({"clock": "stepped"}, "needs the instant"),
        ({"continue_after": 0}, "greater than or equal"),
    ],
)
def test_a_start_that_cannot_be_carried_out_is_not_sent(change: dict[str, object], words: str) -> None:
    good = new_start("toy", "P1", Site("S01"))
    with pytest.raises(ValidationError, match=words) as error:
        PathwayStart.model_validate({**dict(good), **change})
    assert "Anna" not in str(error.value)


def test_an_unknown_protocol_or_profile_key_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(AllpathError, match="toi"):
        new_start("toi", "P1", Site("S01"))
    with pytest.raises(AllpathError, match="warn_our"):
        new_start("toy", "P1", Site("S01"), profile={"warn_our": "9"})


async def test_a_start_with_another_text_of_the_protocol_is_not_sent(real: House) -> None:
    start = new_start("toy", "P1", Site("S01")).model_copy(update={"protocol_hash": "0" * 64})
    with pytest.raises(pathways.PathwayError, match="content hash"):
        await pathways.start_pathway(real.client, start, queue=real.queue)


async def test_a_production_queue_fails_a_rehearsal_and_the_other_way_round(real: House) -> None:
    start = new_start("toy", "P1", Site("S01"), started_at=START, label=real.queue)
    handle = await pathways.start_pathway(real.client, start, queue=real.queue)
    with pytest.raises(WorkflowFailureError) as failure:
        await handle.result()
    cause = failure.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == WRONG_CLOCK


async def test_the_real_clock_cannot_be_moved(real: House) -> None:
    handle = await real.enrol()
    with pytest.raises(Refused) as refused:
        await pathways.step(handle, later(days=1))
    assert refused.value.code == "real_clock"


async def test_a_pathway_whose_worker_is_away_stalls_and_goes_on_when_it_is_back(real: House) -> None:
    start = new_start("toy", f"WAITS-{real.queue}", Site("S01"))
    handle = await pathways.start_pathway(real.client, start, queue=f"{real.queue}-nobody")
    with pytest.raises(pathways.PathwayStalled, match="worker"):
        await pathways.submit(handle, weight(1), patience=timedelta(seconds=1))


async def test_a_queue_that_no_worker_serves_is_named_long_before_patience_ends(real: House) -> None:
    start = new_start("toy", f"NOBODY-{real.queue}", Site("S01"))
    handle = await pathways.start_pathway(real.client, start, queue=f"{real.queue}-nobody")
    for call in (
        pathways.submit(handle, weight(1), patience=pathways.PATIENCE),
        pathways.plan(handle, patience=pathways.PATIENCE),
    ):
        with pytest.raises(pathways.PathwayStalled, match="no worker serves the queue"):
            await call


async def test_pathways_are_listed_by_what_the_server_may_know(stepped: House) -> None:
    handle = await stepped.enrol(subject="LISTED", label=stepped.queue)
    await pathways.submit(handle, weight(1))
    for _ in range(50):
        found = [each async for each in listing.pathways(stepped.client, subject="LISTED", rehearsal=None)]
        if handle.id in [each.workflow_id for each in found]:
            break
        await asyncio.sleep(0.1)
    listed = next(each for each in found if each.workflow_id == handle.id)
    assert (listed.protocol, listed.site, listed.phase, listed.status) == (
        "toy@1",
        "S01",
        "INDUCTION",
        "running",
    )
    assert listed.rehearsal
    with pytest.raises(pathways.PathwayError, match="quotes"):
        [each async for each in listing.pathways(stepped.client, subject='x" OR "')]


def test_carried_state_of_a_newer_program_is_refused_and_unknown_fields_are_ignored() -> None:
    carried = Carried(now=START).model_dump(mode="json")
    assert Carried.model_validate({**carried, "something_new": 1}).now == START
    with pytest.raises(ValidationError, match="newer program"):
        Carried.model_validate({**carried, "schema_version": SCHEMA_VERSION + 1})
