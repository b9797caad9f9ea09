"""People at work in a real browser: with a mouse, by keyboard alone, on a phone, with and without script."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from client import pathways
from pathway.events import Report
from tests.web.conftest import BORN, PASSWORD, TODAY, TRIAL, Ward, signing_in
from tests.workflows.conftest import until

ELIGIBLE = {
    "disease": "NEW", "lineage": "B_PRECURSOR", "kmt2a": "REARRANGED", "consent": "GIVEN", "diagnosis_date": TODAY.isoformat(),
    "birth_date": BORN.isoformat(),
}  # fmt: skip


def observation(name: str, value: str) -> Report:
    id_ = f"o-{uuid.uuid4().hex[:8]}"
    return Report(id_, "observation", datetime.now(UTC), "coordinator", name, value=value, person="CO1")


async def test_a_coordinator_enrols_an_infant_and_sees_eligibility_form_while_typing(
    ward: Ward, tab: BrowserContext
) -> None:
    page = await signing_in(tab, ward, "CO1", "/enrol")
    await page.get_by_label("Trial").select_option(TRIAL)
    await page.get_by_role("button", name="Choose").click()
    subject = f"W{uuid.uuid4().hex[:8]}"
    await page.get_by_label("Pseudonym").fill(subject)
    await page.get_by_label("Sampled on").fill(TODAY.isoformat())
    row = page.locator("#criteria tr", has=page.get_by_role("rowheader", name="I2", exact=True))
    await expect(row).to_contain_text("PENDING")
    await expect(row).to_contain_text("kmt2a (laboratory)")
    await page.locator('[name="value|kmt2a|"]').select_option("REARRANGED")
    await expect(row).to_contain_text("PASS")
    for name, value in ELIGIBLE.items():
        field = page.locator(f'[name="value|{name}|"]')
        if await field.evaluate("each => each.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)
    await page.get_by_role("button", name="Enrol with these values").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(subject)
    events = await pathways.events(await ward.handle("CO1", subject))
    assert {event.name for event in events} == set(ELIGIBLE)
    assert {(event.role, event.person) for event in events} == {("coordinator", "CO1")}


async def test_the_second_of_two_answers_is_told_the_first_ones_name(ward: Ward, browser: Browser) -> None:
    subject = await ward.enrolled()
    await asked(ward, subject)
    first, second = await browser.new_context(), await browser.new_context()
    try:
        one = await signing_in(first, ward, "CL1", f"/patients/{TRIAL}/{subject}/criteria/X1")
        two = await signing_in(second, ward, "CL2", f"/patients/{TRIAL}/{subject}/criteria/X1")
        await two.get_by_label("Reason (needed)").fill("I see it otherwise")
        await judging(one, "PASS", "seen together")
        await expect(one.get_by_role("status").filter(has_text="Recorded.")).to_be_visible()
        await judging(two, "FAIL", "I see it otherwise")
        problem = two.get_by_role("alert")
        await expect(problem).to_contain_text("CL1")
        await expect(two.get_by_label("Reason (needed)")).to_have_value("I see it otherwise")
    finally:
        await first.close()
        await second.close()
    judged = [e for e in await pathways.events(await ward.handle("CO1", subject)) if e.kind == "judgement"]
    assert [(each.value, each.person) for each in judged] == [("PASS", "CL1")]


async def judging(page: Page, verdict: str, reason: str) -> None:
    await page.get_by_label(verdict, exact=True).check()
    await page.get_by_label("Reason (needed)").fill(reason)
    await page.get_by_label("Your password, to sign").fill(PASSWORD)
    await page.get_by_role("button", name="Sign and record").click()


async def asked(ward: Ward, subject: str) -> None:
    """Have a clinician asked to judge a criterion of the patient, X1: a mixed phenotype without CD19."""
    for name, value in {**ELIGIBLE, "lineage": "MPAL_B", "cd19": "NEGATIVE"}.items():
        await ward.submit("CO1", subject, observation(name, value))


async def test_a_change_reaches_an_open_page_within_seconds_and_no_typed_word_is_lost(
    ward: Ward, tab: BrowserContext
) -> None:
    subject = await ward.enrolled()
    page = await signing_in(tab, ward, "CL1", f"/patients/{TRIAL}/{subject}")
    await expect(page.get_by_role("heading", name="Everything entered (0)")).to_be_visible()
    await ward.submit("CO1", subject, observation("consent", "GIVEN"))
    await expect(page.get_by_role("heading", name="Everything entered (1)")).to_be_visible()
    await page.goto(f"{ward.address}/patients/{TRIAL}/{subject}/record?kind=observation&name=seizure")
    typing = await tab.new_page()
    await typing.goto(f"{ward.address}/patients/{TRIAL}/{subject}/record?kind=observation&name=consent")
    await typing.get_by_label("Remark").fill("half a thought")
    await ward.submit("CO1", subject, observation("disease", "NEW"))
    await expect(typing.locator("#live")).to_contain_text("What you typed is kept")
    await expect(typing.get_by_label("Remark")).to_have_value("half a thought")


async def test_what_is_typed_while_a_changed_page_is_on_its_way_is_not_overwritten(
    ward: Ward, tab: BrowserContext
) -> None:
    subject = await ward.enrolled()
    page = await signing_in(
        tab, ward, "CO1", f"/patients/{TRIAL}/{subject}/record?kind=observation&name=consent"
    )
    asked_anew, typed = asyncio.Event(), asyncio.Event()

    async def slowly(route: Route) -> None:
        if "x-live" in route.request.headers:
            asked_anew.set()
            await typed.wait()
        await route.continue_()

    await page.route("**/record*", slowly)
    await ward.submit("CO1", subject, observation("disease", "NEW"))
    async with asyncio.timeout(30):
        await asked_anew.wait()
    await page.get_by_label("Remark").fill("half a thought")
    typed.set()
    await expect(page.locator("#live")).to_contain_text("What you typed is kept")
    await expect(page.get_by_label("Remark")).to_have_value("half a thought")


async def test_everything_can_be_done_by_keyboard(ward: Ward, tab: BrowserContext) -> None:
    subject = await ward.enrolled()
    page = await tab.new_page()
    await page.goto(f"{ward.address}/patients/{TRIAL}/{subject}/record?kind=observation&name=consent")
    await expect(page.locator("#code")).to_be_focused()
    await page.keyboard.type("CO1")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Written informed consent")).to_be_visible()
    await page.keyboard.press("Tab")
    focused = page.locator(":focus")
    await expect(focused).to_have_text("Skip to the content")
    await page.keyboard.press("Enter")
    for _ in range(12):
        if await page.evaluate("document.activeElement.name") == "value":
            break
        await page.keyboard.press("Tab")
    await page.keyboard.type("GIVEN")
    await page.keyboard.press("Tab")
    await page.keyboard.type(TODAY.isoformat())
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").filter(has_text="Recorded.")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (1280, "dark")])
async def test_no_page_keeps_anybody_out(ward: Ward, browser: Browser, width: int, scheme: str) -> None:
    """axe finds nothing on any page, and no page is wider than its window."""
    subject = await ward.enrolled()
    await asked(ward, subject)
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    at = f"/patients/{TRIAL}/{subject}"
    paths = [
        "/", "/?whose=all", "/inbox?whose=all", "/patients", "/cohort", "/protocols", f"/protocols/{TRIAL}",
        f"/enrol?trial={TRIAL}", at, f"{at}/decisions/eligibility", f"{at}/criteria/X1", f"{at}/record", f"{at}/results",
        f"{at}/record?kind=observation&name=mrd", f"{at}/record?kind=adverse_event&name=CRS", f"{at}/sheet", "/subtrials",
        "/me", "/nothing",
    ]  # fmt: skip
    try:
        page = await context.new_page()
        await page.goto(f"{ward.address}/sign-in")
        await looked_at(page, "/sign-in")
        page = await signing_in(context, ward, "CO1")
        for path in paths:
            await page.goto(f"{ward.address}{path}")
            await looked_at(page, path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
    finally:
        await context.close()


async def looked_at(page: Page, path: str) -> None:
    found = await Axe().run(page)
    told = [
        f"{each['id']}: {node['html'][:160]}"
        for each in found.response["violations"]
        for node in each["nodes"][:3]
    ]
    assert not told, (path, told)


async def test_without_script_every_page_works(ward: Ward, browser: Browser) -> None:
    subject = await ward.enrolled()
    context = await browser.new_context(java_script_enabled=False)
    try:
        page = await signing_in(context, ward, "CO1", f"/patients/{TRIAL}/{subject}")
        await page.get_by_role("link", name="Enter a result or an event").click()
        await page.get_by_role("link", name="consent", exact=True).click()
        await page.get_by_label("Value", exact=True).select_option("GIVEN")
        await page.get_by_label("Sampled").fill(TODAY.isoformat())
        await page.get_by_role("button", name="Record", exact=True).click()
        await expect(page.get_by_text("Recorded.")).to_be_visible()
    finally:
        await context.close()


async def test_the_lists_say_what_the_command_line_says(ward: Ward, tab: BrowserContext) -> None:
    from store.work_list import due

    subject = await ward.enrolled()
    await asked(ward, subject)

    started = Report("th", "action", datetime.now(UTC), "coordinator", "first_prednisone", person="CO1")
    await ward.submit("CO1", subject, started)

    async def stored() -> bool:
        async with ward.store.reading() as session:
            return bool(await due(session, datetime.now(UTC), subject=subject))

    await until(stored, seconds=20)
    page = await signing_in(tab, ward, "AU1", "/?whose=all")
    async with ward.store.reading() as session:
        lines = await due(session, datetime.now(UTC))
    for bucket, title in (("late", "Late"), ("today", "Today"), ("week", "This week")):
        count = sum(line.bucket == bucket for line in lines)
        await expect(page.locator(f"#{bucket}")).to_have_text(f"{title} ({count})")
