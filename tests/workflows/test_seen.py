"""Answers are bound to what was seen: of two who answer at once one wins, and the other hears who it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import Client

from client import pathways
from client.pathways import AnyHandle
from pathway.events import Report
from pathway.refusal import Refused
from runtime.settings import Settings
from tests.pathway.toy_subtrials import PLATFORM as GOVERNED
from tests.workflows.conftest import START, House, action, house, mrd


def answer(id_: str, name: str, option: str, role: str, **more: Any) -> Report:
    """Somebody's answer, given now."""
    return Report(id_, "decision", datetime.now(UTC), role, name, value=option, **more)


async def asked(handle: AnyHandle, id_: str) -> dict[str, Any]:
    """The open decision of that id, as people see it."""
    found = (await pathways.plan(handle)).plan["decisions"]
    (state,) = (each for each in found if each["id"] == id_ and each["open"])
    return dict(state)


async def told(handle: AnyHandle, *answers: Report) -> list[str]:
    """What those hear who answer at once and do not win; all but one of them."""
    said = await asyncio.gather(*(pathways.submit(handle, each) for each in answers), return_exceptions=True)
    refused = [each for each in said if isinstance(each, Refused)]
    assert len(refused) == len(answers) - 1, said
    assert {each.code for each in refused} == {"moved"}
    return [str(each) for each in refused]


async def waiting(home: House) -> AnyHandle:
    """A patient whose way out of induction is asked."""
    handle = await home.enrol()
    now = datetime.now(UTC)
    await pathways.submit(handle, action("e1", "therapy_started", now))
    await pathways.submit(handle, mrd(at=now))
    return handle


async def test_of_two_clinicians_who_confirm_at_once_the_second_hears_of_the_first(real: House) -> None:
    handle = await waiting(real)
    state = await asked(handle, "AFTER_INDUCTION")
    both = [
        answer(id_, state["key"], "CONSOLIDATION", "clinician", expected=state["digest"])
        for id_ in ("c1", "c2")
    ]
    (words,) = await told(handle, *both)
    assert "AFTER_INDUCTION was answered CONSOLIDATION by the clinician on 20" in words
    assert "UTC (event c" in words
    # Whoever won, and has not heard of it, says it again: it is on record already.
    winner = "c1" if "(event c1)" in words else "c2"
    receipt = await pathways.submit(handle, next(each for each in both if each.id == winner))
    assert receipt.event_id == winner


async def test_an_answer_that_does_not_say_what_was_seen_is_refused_on_the_real_clock(real: House) -> None:
    handle = await waiting(real)
    with pytest.raises(Refused, match="bound to what was seen") as refused:
        await pathways.submit(handle, answer("c1", "AFTER_INDUCTION", "CONSOLIDATION", "clinician"))
    assert refused.value.code == "unseen"


async def test_in_a_rehearsal_an_answer_takes_what_stands(stepped: House) -> None:
    handle = await stepped.enrol()
    await pathways.submit(handle, action("e1", "therapy_started"))
    receipt = await pathways.submit(handle, mrd())
    assert receipt.plan is not None
    taken = Report("c1", "decision", START, "clinician", "AFTER_INDUCTION", value="CONSOLIDATION")
    assert (await pathways.submit(handle, taken)).event_id == "c1"


@pytest.fixture
async def governed(temporal_client: Client, settings: Settings, cached: int) -> AsyncIterator[House]:
    """A worker for a platform with dose levels."""
    own = replace(
        GOVERNED, name=f"seen-{settings.database_url.rpartition('/')[0].rpartition('/')[2]}-{cached}"
    )
    async with house(temporal_client, settings, "real", cached=cached, platform=own) as found:
        yield found


async def test_of_two_meetings_that_decide_at_once_the_second_hears_of_the_first(governed: House) -> None:
    handle = await governed.govern("R")
    number = 0

    async def report(name: str, subject: str, role: str = "coordinator", **details: str) -> None:
        nonlocal number
        number += 1
        said = tuple(sorted(details.items()))
        await pathways.submit(
            handle,
            Report(
                f"e{number}",
                "action",
                datetime.now(UTC),
                role,
                name,
                scope=(("subject", subject),),
                details=said,
            ),
        )

    for subject in ("X1", "X2", "X3"):
        await report("slot_asked", subject, country="NL", site="S01")
        await report("slot_taken_up", subject)
        await report("dlt", subject, "clinician", value="NO")
    state = await asked(handle, "LEVEL")
    words = await told(
        handle,
        answer("m1", state["key"], "ESCALATE", "meeting", expected=state["digest"]),
        answer(
            "m2",
            state["key"],
            "STAY",
            "meeting",
            expected=state["digest"],
            override=True,
            reason="fill the level",
        ),
    )
    assert f"{state['key']} was answered " in words[0]
    assert " by the meeting on " in words[0]
