"""Time: real timers fire at the plan's next moment, a stepped clock goes through every one of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from client import pathways
from pathway.refusal import Refused
from tests.workflows.conftest import House, action, later, mrd, until

IN_A_MOMENT = timedelta(seconds=5)
"""Long enough to report what falls due then, on a machine that is busy with other work."""


async def told(handle: pathways.Handle, id_: str) -> list[str]:
    return [entry.kind for entry in (await pathways.timeline(handle)).entries if entry.id == id_]


async def test_a_real_timer_raises_what_falls_due(real: House) -> None:
    handle = await real.enrol()
    now = datetime.now(UTC)
    # The deviation is due an hour after the first dose: in a moment.
    started = action("e1", "therapy_started", at=now, occurred=now - timedelta(hours=1) + IN_A_MOMENT)
    receipt = await pathways.submit(handle, started)
    assert "NO-VISIT" not in [change.id for change in receipt.changes]
    await until(lambda: _is_told(handle, "NO-VISIT"))
    raised = next(e for e in (await pathways.timeline(handle)).entries if e.id == "NO-VISIT")
    assert raised.cause == "clock"
    assert datetime.fromisoformat(raised.at) >= now + timedelta(seconds=1)


async def test_an_event_in_time_moves_the_timer(real: House) -> None:
    handle = await real.enrol()
    now = datetime.now(UTC)
    due = now + IN_A_MOMENT
    await pathways.submit(handle, action("e1", "therapy_started", at=now, occurred=due - timedelta(hours=1)))
    await pathways.submit(handle, action("e2", "visit", at=now))

    async def passed() -> bool:
        return datetime.now(UTC) > due + timedelta(seconds=1)

    await until(passed)
    assert await told(handle, "NO-VISIT") == []


async def test_a_timer_outlives_the_run_that_set_it(real: House) -> None:
    handle = await real.enrol(continue_after=1)
    now = datetime.now(UTC)
    started = action("e1", "therapy_started", at=now, occurred=now - timedelta(hours=1) + IN_A_MOMENT)
    await pathways.submit(handle, started)
    assert (await pathways.state(handle)).runs > 0
    await until(lambda: _is_told(handle, "NO-VISIT"))


async def _is_told(handle: pathways.Handle, id_: str) -> bool:
    return bool(await told(handle, id_))


async def test_a_step_goes_through_every_due_moment(stepped: House) -> None:
    handle = await stepped.enrol(continue_after=2)
    await pathways.submit(handle, action("e1", "therapy_started"))
    receipt = await pathways.step(handle, later(days=60))
    raised: dict[str, str] = {}
    for change in receipt.changes:
        raised.setdefault(change.id, change.at)
    assert raised["NO-VISIT"] == "2025-02-01T10:00:00Z"
    assert raised["MRD-MISSING"].startswith("2025-03-13")
    assert receipt.now == later(days=60)
    assert receipt.plan.at == later(days=60)


async def test_a_step_that_is_asked_for_again_tells_the_same(stepped: House) -> None:
    handle = await stepped.enrol()
    await pathways.submit(handle, action("e1", "therapy_started"))
    first = await pathways.step(handle, later(days=60))
    again = await pathways.step(handle, later(days=60))
    assert again.changes == first.changes
    assert again.plan == first.plan


async def test_a_stepped_clock_does_not_go_back(stepped: House) -> None:
    handle = await stepped.enrol()
    await pathways.step(handle, later(days=2))
    with pytest.raises(Refused) as refused:
        await pathways.step(handle, later(days=1))
    assert refused.value.code == "backwards"


async def test_an_event_after_an_outage_sees_what_fell_due_before_it(stepped: House) -> None:
    handle = await stepped.enrol()
    await pathways.submit(handle, action("e1", "therapy_started"))
    await pathways.step(handle, later(days=41))
    receipt = await pathways.submit(handle, mrd(at=later(days=41)))
    resolved = [change for change in receipt.changes if change.id == "MRD-MISSING"]
    assert [change.kind for change in resolved] == ["retraction"]
