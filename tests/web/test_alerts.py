"""An alert that nobody answers climbs, and stops when somebody takes note of it; a conflict is told until it is resolved."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from playwright.async_api import BrowserContext, expect

from activities.publish import Publisher
from client import pathways
from client.pathways import Handle
from pathway.events import Report
from pathway.site import Site
from people.signing import Signing
from runtime.connection import connect
from runtime.settings import Settings
from tests.web.conftest import TRIAL, Ward, peopled, served, settings_in, signing_in
from tests.workflows.conftest import until
from worker import build_worker

START = datetime(2025, 3, 3, 9, tzinfo=UTC)
LABEL = "climbing"
NOTICE = "D8-BLASTS-MISSING"
RAISED = START + timedelta(days=9)
"""The day after the one whose blasts are missing: the coordinator has been told, and nobody else."""
CLIMBED = RAISED + timedelta(days=3)
"""More than the 48 hours after which a major alert that nobody has taken note of goes to a clinician as well."""
CONFLICT = "CONFLICT[fact=mrd,point=EOI]"


@dataclass
class Stepped:
    """A house on a clock that is stepped, and its pages."""

    ward: Ward

    async def child(self) -> tuple[str, Handle]:
        """A child whose blasts of day 8 are missing, on the day after."""
        subject = f"W{uuid.uuid4().hex[:8]}"
        client = await self.ward.client("CO1")
        start = pathways.new_start(TRIAL, subject, Site("S01"), started_at=START, label=LABEL)
        handle = await pathways.start_pathway(client, start, queue=self.ward.queue)
        await pathways.submit(
            handle, Report("d1", "action", START, "coordinator", "first_prednisone", occurred=START)
        )
        await pathways.step(handle, RAISED)
        return subject, handle

    async def has_stored(self, handle: Handle) -> None:
        """Wait until the store has everything."""

        async def all_() -> bool:
            return not (await pathways.state(handle)).unrecorded

        await until(all_, seconds=30)


@pytest.fixture(scope="module")
async def stepped(
    session_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stepped]:
    """Pages on which rehearsals stand in the place of patients."""
    queue = f"stepped-{uuid.uuid4().hex[:8]}"
    settings = settings_in(tmp_path_factory.mktemp("stepped"), session_settings, rehearsal_task_queue=queue)
    async with AsyncExitStack() as stack:
        house, store = await stack.enter_async_context(peopled(settings))
        client = await connect(settings, interceptors=[Signing(house.own)])
        await stack.enter_async_context(build_worker(client, Publisher(store), queue=queue, clock="stepped"))
        await stack.enter_async_context(served(settings, LABEL))
        yield Stepped(Ward(settings, store, house, settings.web_address, queue))


async def test_an_alert_that_nobody_answers_climbs_to_the_clinician_and_stops_when_one_takes_note(
    stepped: Stepped, tab: BrowserContext
) -> None:
    subject, handle = await stepped.child()
    at = f"/patients/{TRIAL}/{subject}/notices/{NOTICE}"
    page = await signing_in(tab, stepped.ward, "CL1", at)
    await expect(page.get_by_text("Told: coordinator; climbs 2025-03-1")).to_be_visible()
    await stepped.has_stored(handle)
    await page.goto(f"{stepped.ward.address}/inbox")
    await expect(page.locator(f'a[href="{at}"]')).to_have_count(0)

    await page.goto(f"{stepped.ward.address}/")
    await expect(page.locator(f'a[href="{at}"]')).to_have_count(0)

    await pathways.step(handle, CLIMBED)
    await stepped.has_stored(handle)
    await page.goto(f"{stepped.ward.address}/")
    await expect(page.locator(f'a[href="{at}"]')).to_have_count(1)
    await page.goto(f"{stepped.ward.address}/inbox")
    await page.locator(f'a[href="{at}"]').click()
    await expect(page.get_by_text("Told: coordinator, clinician")).to_be_visible()
    await page.get_by_label("Reason or remark").fill("the film is being read")
    await page.get_by_role("button", name="Take note: it climbs no further").click()
    await expect(page.get_by_text("Recorded.")).to_be_visible()

    await pathways.step(handle, CLIMBED + timedelta(days=14))
    await stepped.has_stored(handle)
    await page.goto(f"{stepped.ward.address}/inbox")
    await expect(page.locator(f'a[href="{at}"]')).to_have_count(0)
    await page.goto(f"{stepped.ward.address}{at}")
    await expect(page.locator(".state.acknowledged")).to_be_visible()
    await expect(page.get_by_text("climbs 2025")).to_have_count(0)
    await expect(page.get_by_role("button", name="Take note: it climbs no further")).to_have_count(0)


async def test_an_alert_that_was_taken_note_of_in_time_never_reaches_the_clinician(
    stepped: Stepped, tab: BrowserContext
) -> None:
    subject, handle = await stepped.child()
    at = f"/patients/{TRIAL}/{subject}/notices/{NOTICE}"
    page = await signing_in(tab, stepped.ward, "CO1", at)
    await page.get_by_role("button", name="Take note: it climbs no further").click()
    await expect(page.get_by_text("Recorded.")).to_be_visible()
    await pathways.step(handle, CLIMBED)
    (notice,) = [
        each for each in (await pathways.plan(handle)).plan["deviations"] if each["key"] == NOTICE
    ] or [each for each in (await pathways.plan(handle)).plan["alerts"] if each["key"] == NOTICE]
    assert (notice["state"], notice["next_rung"]) == ("acknowledged", None)
    await page.goto(f"{stepped.ward.address}{at}")
    await expect(page.get_by_text("Told: coordinator.")).to_be_visible()


async def test_an_old_alert_stands_on_the_rung_that_it_has_reached_until_somebody_takes_note(
    ward: Ward, tab: BrowserContext
) -> None:
    """On the real clock: an end-of-induction marrow is minor from day 36, and major from day 41."""
    notices: dict[int, str] = {}
    for days in (38, 43):
        subject = await ward.enrolled()
        now = datetime.now(UTC)
        started = Report(
            "d1", "action", now, "coordinator", "first_prednisone", occurred=now - timedelta(days=days), person="CO1"
        )  # fmt: skip
        await ward.submit("CO1", subject, started)
        notices[days] = f"/patients/{TRIAL}/{subject}/notices/EOI-MARROW-MISSING"
    page = await signing_in(tab, ward, "CO1", notices[38])
    await expect(page.locator(".state.minor")).to_be_visible()
    await expect(page.get_by_text("climbs 20")).to_be_visible()
    await page.goto(f"{ward.address}{notices[43]}")
    await expect(page.locator(".state.major")).to_be_visible()
    await page.get_by_role("button", name="Take note: it climbs no further").click()
    await expect(page.get_by_text("Recorded.")).to_be_visible()
    await page.goto(f"{ward.address}{notices[43]}")
    await expect(page.locator(".state.acknowledged")).to_be_visible()
    await expect(page.get_by_text("climbs 20")).to_have_count(0)


@pytest.mark.parametrize("by", ["void", "correct"])
async def test_two_results_that_differ_are_told_resolved_where_they_stand_and_gone(
    ward: Ward, tab: BrowserContext, by: str
) -> None:
    subject = await ward.enrolled()
    now = datetime.now(UTC)
    started = Report(
        "d1",
        "action",
        now,
        "coordinator",
        "first_prednisone",
        occurred=now - timedelta(days=38),
        person="CO1",
    )
    await ward.submit("CO1", subject, started)
    for number, value in enumerate(("2e-4", "2e-2")):
        report = Report(
            f"m{number}", "observation", now, "laboratory", "mrd", point="EOI", value=value, unit="fraction",
            occurred=now - timedelta(days=1), person="LA1",
        )  # fmt: skip
        await ward.submit("LA1", subject, report)
    at = f"/patients/{TRIAL}/{subject}"
    page = await signing_in(tab, ward, "LA1", at)
    letter = page.locator(f'a[href="{at}/notices/{quote(CONFLICT)}"]')

    async def is_in_the_inbox() -> bool:
        await page.goto(f"{ward.address}/inbox")
        return await letter.count() == 1

    await until(is_in_the_inbox, seconds=30)
    await letter.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("different results for the s")
    await page.goto(f"{ward.address}{at}/events/m1")
    if by == "void":
        await page.get_by_label("Reason (wrong patient, entered twice)").fill("another child's sample")
        await page.get_by_role("button", name="Record that it does not count").click()
    else:
        await page.get_by_label("The right value").fill("2e-4")
        await page.get_by_label("Reason", exact=True).fill("a decimal place")
        await page.get_by_role("button", name="Record the correction").click()
    await expect(page.get_by_text("Recorded.")).to_be_visible()
    await expect(page.get_by_text("different results for the s")).to_have_count(0)

    async def is_gone() -> bool:
        return not await is_in_the_inbox()

    await until(is_gone, seconds=30)
    await page.goto(f"{ward.address}{at}/notices/{quote(CONFLICT)}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")
    # What was entered stays on record.
    await page.goto(f"{ward.address}{at}/events/m1")
    await expect(page.get_by_role("heading", name="Said of it later")).to_be_visible()
