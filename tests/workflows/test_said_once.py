"""What is reported again under another id is answered with the first, and leaves the record as it was."""

from __future__ import annotations

from dataclasses import replace

from client import pathways
from tests.workflows.conftest import House, later, mrd


async def test_the_same_result_under_another_id_is_answered_with_the_first_one(stepped: House) -> None:
    handle = await stepped.enrol()
    first = await pathways.submit(handle, mrd("m1"))
    again = await pathways.submit(handle, mrd("m2"))
    assert (again.event_id, again.revision, again.recorded) == ("m1", first.revision, True)
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
