"""A house with people, a worker that takes only what is signed, and the pages before it: real server, store and HTTP."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from temporalio.client import Client

from activities.agenda import Agendas
from activities.publish import Publisher
from client import pathways
from client.pathways import Handle
from pathway.events import Report
from pathway.site import Site
from people import accounts
from people.accounts import held_from
from people.house import House, make_house_key, open_house
from people.passwords import hashed
from people.sign_in import SignedIn
from people.signer import Signer
from people.signing import Signing
from runtime.connection import connect
from runtime.settings import Settings
from store.engine import Store, upgrade
from tests.workflows.conftest import until
from web.serve import server
from worker import build_worker

expect.set_options(timeout=30_000)  # a busy machine
PASSWORD = "a long pass phrase of tests"
PEOPLE = {
    "CO1": ["coordinator@S01"],
    "CO2": ["coordinator@S02"],
    "CL1": ["clinician@S01"],
    "CL2": ["clinician@S01"],
    "LA1": ["laboratory@S01"],
    "SP1": ["sponsor"],
    "ME1": ["meeting"],
    "AU1": ["auditor"],
    "OP1": ["operations"],
    "NO1": [],
}
CHROMIUM = shutil.which("chromium")
TRIAL = "interfant-21"
BORN = datetime.now(UTC).date() - timedelta(days=120)
TODAY = datetime.now(UTC).date()


@dataclass
class Ward:
    """The house, its address, and who sends things to it in the name of whom."""

    settings: Settings
    store: Store
    house: House
    address: str
    queue: str

    def visitor(self) -> httpx.AsyncClient:
        """A browser without a window, that nobody has signed in with."""
        return httpx.AsyncClient(base_url=self.address, follow_redirects=False, timeout=60)

    @asynccontextmanager
    async def signed_in(self, code: str) -> AsyncIterator[httpx.AsyncClient]:
        """A browser in which somebody has signed in."""
        async with self.visitor() as visitor:
            done = await visitor.post("/sign-in", data={"code": code, "password": PASSWORD, "to": "/"})
            assert done.status_code == 303, done.text
            yield visitor

    async def enrolled(self, site: str = "S01", subject: str = "") -> str:
        """An infant who is enrolled by that site's coordinator, with everything that eligibility rests on; the pseudonym."""
        subject = subject or f"W{uuid.uuid4().hex[:8]}"
        code = "CO1" if site == "S01" else "CO2"
        client = await self.client(code)
        start = pathways.new_start(TRIAL, subject, Site(site))
        await pathways.start_pathway(client, start, queue=self.queue)
        return subject

    async def submit(self, code: str, subject: str, report: Report) -> None:
        """Record a report in somebody's name, as their command line would."""
        await pathways.submit(await self.handle(code, subject), report)

    async def handle(self, code: str, subject: str) -> Handle:
        """The pathway of a patient, for somebody."""
        return pathways.pathway_handle(await self.client(code), TRIAL, subject)

    async def client(self, code: str) -> Client:
        """A connection that signs for somebody, as their command line does."""
        async with self.store.reading() as session:
            person = await accounts.person(session, code)
        assert person is not None
        signer = Signer(self.house, self.store, SignedIn(person, "password", datetime.now(UTC)))
        return await connect(self.settings, identity="tests", interceptors=[Signing(signer)])


@pytest.fixture(scope="session")
async def ward(session_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ward]:
    """The house, for all tests of a process: patients have names of their own."""
    settings = settings_in(tmp_path_factory.mktemp("ward"), session_settings)
    async with peopled(settings) as (house, store):
        client = await connect(settings, interceptors=[Signing(house.own)])
        worker = build_worker(
            client,
            Publisher(store),
            queue=settings.task_queue,
            clock="real",
            house=house,
            agendas=Agendas(store),
        )
        async with worker, served(settings):
            yield Ward(settings, store, house, settings.web_address, settings.task_queue)


def settings_in(folder: Path, base: Settings, **others: object) -> Settings:
    """The settings of a house of its own, whose roles are held."""
    port = free_port()
    return base.model_copy(
        update={
            "identity": "held",
            "house_key": folder / "house.key",
            "database_url": f"sqlite+aiosqlite:///{folder / 'ward.db'}",
            "task_queue": f"ward-{uuid.uuid4().hex[:8]}",
            "web_listen": f"127.0.0.1:{port}",
            "web_address": f"http://127.0.0.1:{port}",
            **others,
        }
    )


@asynccontextmanager
async def peopled(settings: Settings) -> AsyncIterator[tuple[House, Store]]:
    """A key and a store with everybody in it."""
    make_house_key(settings.house_key)
    await upgrade(settings.database_url)
    async with Store(settings.database_url) as store:
        hash_ = hashed(PASSWORD)
        for code, roles in PEOPLE.items():
            async with store.writing() as session:
                await accounts.add(session, "ROOT", code, hash_, [held_from(each) for each in roles])
        yield open_house(settings.house_key), store


@asynccontextmanager
async def served(settings: Settings, demo: str = "") -> AsyncIterator[None]:
    """The pages by the settings, on the loop of the tests; with the rehearsals of the label `demo` in the place of patients."""
    serving = server(settings, demo)
    task = asyncio.create_task(serving.serve())
    await until(lambda: _is_up(settings.web_address))
    try:
        yield
    finally:
        serving.should_exit = True
        await task


async def _is_up(address: str) -> bool:
    try:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{address}/health")).status_code == 200
    except httpx.TransportError:
        return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium. Where there is none its tests are skipped, and say so; in CI that is an error."""
    if CHROMIUM is None:
        why = "no Chromium is installed (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def tab(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser that knows nobody yet."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    await context.close()


async def signing_in(context: BrowserContext, ward: Ward, code: str, to: str = "/") -> Page:
    """A page on which somebody has signed in by hand."""
    page = await context.new_page()
    await page.goto(f"{ward.address}{to}")
    await page.fill("#code", code)
    await page.fill("#password", PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{ward.address}{to}**")
    return page
