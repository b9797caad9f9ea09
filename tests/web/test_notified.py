"""A clinician is asked by mail, opens its link, signs in, and answers; who comes second is told who was first."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from playwright.async_api import Browser, Page, expect

from client import pathways
from pathway.events import Report
from pathway.language import ROLES
from people.signing import Signing
from runtime.connection import connect
from runtime.settings import Settings, SmtpSettings
from tests.activities.mail_server import Inbox, mail_server
from tests.web.conftest import PASSWORD, TRIAL, Ward, peopled, served, settings_in, signing_in
from tests.workflows.conftest import until
from worker import running

QUESTION = "Marrow at the end of induction"
VALUES = ("2e-4", "0.0002", "2e-2", "0.02")


@dataclass
class Told:
    """A ward whose notices leave by mail, and where the mail arrives."""

    ward: Ward
    inbox: Inbox

    def mail(self, subject: str, about: str) -> EmailMessage | None:
        """The mail about something of a patient."""
        found = [m for m in self.inbox.mails if subject in m["Subject"] and about in m["Subject"]]
        return found[0] if found else None


@pytest.fixture(scope="module")
async def told(session_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    """The house with its worker as it runs, which drains the outbox, and a mail server."""
    async with AsyncExitStack() as stack:
        inbox = await stack.enter_async_context(mail_server())
        smtp = SmtpSettings(
            host="127.0.0.1",
            port=inbox.port,
            starttls=False,
            recipients=dict.fromkeys(ROLES, ()) | {"clinician": ("ward@example.org",)},
        )
        settings = settings_in(tmp_path_factory.mktemp("told"), session_settings, smtp=smtp)
        house, store = await stack.enter_async_context(peopled(settings))
        client = await connect(settings, interceptors=[Signing(house.own)])
        await stack.enter_async_context(running(client, settings, clocks=["real"], house=house))
        await stack.enter_async_context(served(settings))
        yield Told(Ward(settings, store, house, settings.web_address, settings.task_queue), inbox)


async def test_a_clinician_is_asked_by_mail_answers_behind_its_link_and_the_second_is_told_who_was_first(
    told: Told, browser: Browser
) -> None:
    ward = told.ward
    subject = await in_doubt(ward)

    async def arrived() -> bool:
        return told.mail(subject, "decision to take marrow_eoi") is not None

    await until(arrived, seconds=60)
    mail = told.mail(subject, "decision to take marrow_eoi")
    assert mail is not None
    assert mail["To"] == "ward@example.org"
    (link,) = re.findall(r"https?://\S+", mail.get_content())
    assert link == f"{ward.address}/patients/{TRIAL}/{subject}/decisions/marrow_eoi"
    assert QUESTION in mail.get_content()
    one_mail_says_nothing_that_is_secret(told, subject)

    first, second = await browser.new_context(), await browser.new_context()
    try:
        other = await signing_in(second, ward, "CL2", f"/patients/{TRIAL}/{subject}/decisions/marrow_eoi")
        await choosing(other, "NO REMISSION", "I count the first")
        page = await first.new_page()
        await page.goto(link)
        await page.fill("#code", "CL1")
        await page.fill("#password", PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(QUESTION)
        assert page.url == link
        await expect(page.get_by_text("By signing, CL1 answers this as the clinician")).to_be_visible()
        await choosing(page, "REMISSION", "the second sample was another child's")
        await signing(page)
        await expect(page.get_by_text("Recorded.")).to_be_visible()
        await signing(other)
        await expect(other.get_by_role("alert")).to_contain_text("CL1")
        await expect(other.locator("#reason")).to_have_value("I count the first")
    finally:
        await first.close()
        await second.close()
    answers = [e for e in await pathways.events(await ward.handle("CO1", subject)) if e.kind == "decision"]
    assert [(each.name, each.value, each.person) for each in answers] == [("marrow_eoi", "REMISSION", "CL1")]


async def in_doubt(ward: Ward) -> str:
    """A child of whom a clinician is asked whether there is remission: two results of one marrow that say different things."""
    child = await ward.enrolled()
    now = datetime.now(UTC)
    started, taken = now - timedelta(days=38), now - timedelta(days=5)
    await ward.submit(
        "CO1", child, Report("d1", "action", now, "coordinator", "first_prednisone", occurred=started, person="CO1")
    )  # fmt: skip
    for id_, value in (("m1", "2e-4"), ("m2", "2e-2")):
        report = Report(
            id_, "observation", now, "laboratory", "mrd", point="EOI", value=value, unit="fraction", occurred=taken,
            person="LA1",
        )  # fmt: skip
        await ward.submit("LA1", child, report)
    return child


async def choosing(page: Page, option: str, reason: str) -> None:
    await page.get_by_role("radio", name=option, exact=True).check()
    await page.locator("#reason").fill(reason)


async def signing(page: Page) -> None:
    await page.get_by_label("Your password, to sign").fill(PASSWORD)
    await page.get_by_role("button", name="Sign and record").click()


def one_mail_says_nothing_that_is_secret(told: Told, subject: str) -> None:
    """No mail about the child holds a value, a password or a session."""
    mails = [m.as_string() for m in told.inbox.mails if subject in m["Subject"]]
    assert mails
    for mail in mails:
        for secret in (*VALUES, PASSWORD, "csrf", "token"):
            assert secret not in mail, (secret, mail)
