"""Store, Temporal server or worker are away: the pages say so, take nothing half, lose no typed word, and come back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from playwright.async_api import BrowserContext, expect
from sqlalchemy import func, select

from activities.publish import Publisher
from client import pathways
from client.meetings import new_meeting_start, start_meeting
from pathway.events import Report
from pathway.site import Site
from people.signing import Signing
from runtime.connection import connect
from runtime.settings import Settings
from store import queries
from store.schema import EventRow
from tests.databases import Database, Postgres
from tests.web.conftest import PASSWORD, TRIAL, Ward, free_port, peopled, served, settings_in, signing_in
from tests.web.test_access import csrf_in
from tests.workflows.conftest import until
from worker import Workers, build_worker

LULLING = (
    "nothing is late", "nothing is needed", "nothing is asked", "nothing waits", ">nothing.<", ">none.<", "nobody is enrolled",
    "no subtrial has",
)  # fmt: skip
"""What nobody may say who does not know it."""


@dataclass
class Gate:
    """The way to the Temporal server, which can be shut: an address where nobody listens then."""

    to: str
    port: int = field(default_factory=free_port)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def shut(self) -> None:
        assert self._server is not None
        self._server.close()
        for each in self._open:
            each.close()
        await self._server.wait_closed()

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Nobody listens, as long as this lasts."""
        await self.shut()
        try:
            yield
        finally:
            await self.open()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = self.to.rpartition(":")
        there, back = await asyncio.open_connection(host, int(port))
        self._open |= {writer, back}
        await asyncio.gather(_pump(reader, back), _pump(there, writer))
        self._open -= {writer, back}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


@dataclass
class Far:
    """A house whose pages reach the server through a gate. `ward` sends past it."""

    ward: Ward
    gate: Gate
    child: str

    @property
    def at(self) -> str:
        return f"/patients/{TRIAL}/{self.child}"


@pytest.fixture(scope="module")
async def far(session_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Far]:
    """A house with a child of whom something is asked and late, and with its worker."""
    gate = Gate(session_settings.temporal_address)
    settings = settings_in(tmp_path_factory.mktemp("far"), session_settings)
    async with AsyncExitStack() as stack:
        house, store = await stack.enter_async_context(peopled(settings))
        client = await connect(settings, interceptors=[Signing(house.own)])
        await stack.enter_async_context(
            build_worker(client, Publisher(store), queue=settings.task_queue, clock="real", house=house)
        )
        # Nobody listens when the pages start: they start all the same.
        await stack.enter_async_context(
            served(settings.model_copy(update={"temporal_address": gate.address}))
        )
        ward = Ward(settings, store, house, settings.web_address, settings.task_queue)
        await governed(ward)
        yield Far(ward, gate, await asked(ward))
        if gate._server is not None:
            await gate.shut()


async def governed(ward: Ward) -> None:
    """A meeting and a subtrial, of an office where CO1 is the coordinator; they are in the store."""
    client, office = await ward.client("CO1"), Site("S01")
    meeting = new_meeting_start(TRIAL, office, datetime.now(UTC))
    await start_meeting(client, meeting, queue=ward.queue)
    subtrial = pathways.new_subtrial_start("hem-ismart", "C", office)
    await pathways.start_subtrial(client, subtrial, queue=ward.queue)

    async def both() -> bool:
        async with ward.store.reading() as session:
            found = [await queries.pathway(session, each.workflow_id) for each in (meeting, subtrial)]
        return None not in found

    await until(both, seconds=20)


async def asked(ward: Ward) -> str:
    """A child with a decision to take, and with notices; it is in the store."""
    child = await ward.enrolled()
    now = datetime.now(UTC)
    started = now - timedelta(days=38)
    report = Report("known", "action", now, "coordinator", "first_prednisone", occurred=started, person="CO1")
    await ward.submit("CO1", child, report)
    await until(lambda: is_stored(ward, child), seconds=20)
    return child


async def is_stored(ward: Ward, child: str) -> bool:
    return await stored(ward, child) == 1


async def stored(ward: Ward, child: str) -> int:
    async with ward.store.reading() as session:
        count = select(func.count()).select_from(EventRow).where(EventRow.pathway_id.endswith(child))
        return int((await session.execute(count)).scalar_one())


def pages_of(at: str) -> list[str]:
    return [
        "/", "/?whose=all", "/inbox", "/inbox?whose=all", "/patients", "/cohort", "/subtrials", f"/enrol?trial={TRIAL}", at,
        f"{at}/decisions/AFTER_PREPHASE", f"{at}/criteria/I1", f"{at}/notices/D8-BLASTS-MISSING", f"{at}/events/known",
        f"{at}/sheet", f"{at}/record?kind=observation&name=consent", f"{at}/results", "/meeting", f"/meeting/{TRIAL}",
        f"/meeting/{TRIAL}/minutes", "/subtrials/hem-ismart/C", "/subtrials/hem-ismart/C/record?name=dlt",
    ]  # fmt: skip


def typed(csrf: str, id_: str) -> dict[str, str]:
    return {
        "csrf": csrf, "id": id_, "kind": "observation", "name": "consent", "value": "GIVEN", "at": "2025-02-01",
        "reason": "typed with <care>",
    }  # fmt: skip


async def test_the_pages_start_without_a_server_say_that_it_is_away_and_come_back_without_a_restart(
    far: Far,
) -> None:
    async with far.ward.signed_in("CO1") as visitor:
        assert (await visitor.get("/health")).status_code == 200
        ready = await visitor.get("/ready")
        assert (ready.status_code, ready.json()) == (503, {"store": "ok", "server": "away"})
        for path in pages_of(far.at):
            says_that_it_is_away(path, await visitor.get(path))
        await far.gate.open()
        await until(lambda: is_ready(visitor), seconds=30)
        for path in pages_of(far.at):
            answer = await visitor.get(path)
            assert answer.status_code == 200, path
            assert "does not answer" not in answer.text, path


async def test_a_server_that_goes_away_is_told_on_every_page_and_is_back_when_it_is_back(far: Far) -> None:
    async with far.ward.signed_in("CO1") as visitor:
        await until(lambda: is_ready(visitor), seconds=30)
        async with far.gate.away():
            await until(
                lambda: is_away(visitor), seconds=10
            )  # some seconds for which it was known to be there
            answers = await asyncio.gather(*(visitor.get(path) for path in pages_of(far.at)))
            for path, answer in zip(pages_of(far.at), answers, strict=True):
                says_that_it_is_away(path, answer)
            assert (await visitor.get("/ready")).status_code == 503
            assert (await visitor.get("/health")).status_code == 200
        await until(lambda: is_ready(visitor), seconds=30)
        assert "does not answer" not in (await visitor.get(far.at)).text


async def test_what_is_sent_while_the_server_is_away_comes_back_and_is_recorded_once_when_sent_again(
    far: Far,
) -> None:
    async with far.ward.signed_in("CO1") as visitor, far.ward.signed_in("CL1") as clinician:
        await until(lambda: is_ready(visitor), seconds=30)
        at = f"{far.at}/record"
        csrf = csrf_in((await visitor.get(at)).text)
        theirs = csrf_in((await clinician.get(at)).text)
        answer = {
            "csrf": theirs, "id": "a-1", "role": "clinician", "option": "INDUCTION", "offered": "", "reason": "seen by two",
            "password": PASSWORD, "seen": "",
        }  # fmt: skip
        many = {"csrf": csrf, "id": "s-far", "act": "record", "day": "2025-02-01", "value|disease|": "NEW"}
        async with far.gate.away():
            one, signed, table = await asyncio.gather(
                visitor.post(at, data=typed(csrf, "w-far")),
                clinician.post(f"{far.at}/decisions/AFTER_PREPHASE", data=answer),
                visitor.post(f"{far.at}/results", data=many),
            )
        for each in (one, signed, table):
            assert each.status_code == 503
            assert "recorded once" in each.text
        assert "typed with &lt;care&gt;" in one.text
        assert "seen by two" in signed.text
        assert PASSWORD not in signed.text
        assert await events(far) == ["known"]
        await until(lambda: is_ready(visitor), seconds=30)
        for _ in range(2):
            again = await visitor.post(at, data=hidden_in(one.text))
            assert again.status_code == 303, again.text
        assert await events(far) == ["known", "w-far"]


async def test_a_meeting_and_a_board_are_shown_as_stored_and_what_is_sent_meanwhile_is_recorded_once(
    far: Far,
) -> None:
    meeting = f"/meeting/{TRIAL}"
    async with far.ward.signed_in("CO1") as visitor:
        await until(lambda: is_ready(visitor), seconds=30)
        note = {
            "csrf": csrf_in((await visitor.get(meeting)).text),
            "id": "n-far",
            "act": "noted",
            "note": "told by <phone>",
        }
        async with far.gate.away():
            await until(lambda: is_away(visitor), seconds=10)
            page, board = await asyncio.gather(visitor.get(meeting), visitor.get("/subtrials/hem-ismart/C"))
            sent = await visitor.post(meeting, data=note)
        assert (page.status_code, board.status_code, sent.status_code) == (503, 503, 503)
        assert "This is what the store has of the meeting as of" in page.text
        assert "Record what became of it" not in page.text
        assert "The store has this as of" in board.text
        assert "starting dose" in board.text
        assert "Report a verdict" not in board.text
        assert "told by &lt;phone&gt;" in sent.text
        await until(lambda: is_ready(visitor), seconds=30)
        for _ in range(2):
            assert (await visitor.post(meeting, data=hidden_in(sent.text))).status_code == 303
    async with far.ward.store.reading() as session:
        events = await queries.events(session, f"meeting/{TRIAL}")
    assert [(each.id, each.person) for each in events if each.name == "noted"] == [("n-far", "CO1")]


async def test_in_a_browser_what_was_typed_is_sent_again_with_a_button(far: Far, tab: BrowserContext) -> None:
    subject = await asked(far.ward)
    page = await signing_in(
        tab, far.ward, "CO1", f"/patients/{TRIAL}/{subject}/record?kind=observation&name=disease"
    )
    await page.get_by_label("Value", exact=True).select_option("NEW")
    await page.get_by_label("Sampled").fill("2025-02-01")
    await page.get_by_label("Remark").fill("told by the mother")
    async with far.gate.away():
        await page.get_by_role("button", name="Record", exact=True).click(timeout=90_000)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Not available now", timeout=60_000)
        await expect(page.get_by_text("told by the mother")).to_be_visible()
    async with far.ward.visitor() as visitor:
        await until(lambda: is_ready(visitor), seconds=30)
    await page.get_by_role("button", name="Send it again").click()
    await expect(page.get_by_text("Recorded.")).to_be_visible(timeout=30_000)


async def test_a_form_of_another_page_is_not_handed_to_be_sent_again(far: Far) -> None:
    async with far.ward.signed_in("CO1") as visitor:
        async with far.gate.away():
            forged = await visitor.post(f"{far.at}/record", data=typed("0" * 64, "w-forged"))
        assert forged.status_code == 403
        assert "typed with" not in forged.text


async def test_a_store_that_another_program_holds_is_told_and_nothing_is_recorded_until_it_is_free(
    far: Far,
) -> None:
    child = await asked(far.ward)
    at = f"/patients/{TRIAL}/{child}"
    async with far.ward.signed_in("CO1") as visitor, far.ward.visitor() as nobody:
        await until(lambda: is_ready(visitor), seconds=30)
        csrf = csrf_in((await visitor.get(f"{at}/record")).text)
        with Database(far.ward.settings.database_url, None).held():
            answers = await asyncio.gather(
                visitor.get(at),
                visitor.get(f"{at}/decisions/AFTER_PREPHASE"),
                visitor.post(f"{at}/record", data=typed(csrf, "w-held")),
                nobody.post("/sign-in", data={"code": "CO1", "password": PASSWORD}),
            )
            assert (await visitor.get("/health")).status_code == 200
        for each in answers:
            says_that_it_is_away(str(each.url), each)
            assert each.status_code == 503
            assert PASSWORD not in each.text
        assert "typed with &lt;care&gt;" in answers[2].text
        assert [each.id for each in await pathways.events(await far.ward.handle("CO1", child))] == ["known"]
        assert (await visitor.get(at)).status_code == 200
        assert (await visitor.post(f"{at}/record", data=hidden_in(answers[2].text))).status_code == 303
        assert [each.id for each in await pathways.events(await far.ward.handle("CO1", child))] == [
            "known",
            "w-held",
        ]


async def test_a_store_that_is_gone_is_told_on_every_page_and_is_back_without_a_restart(
    session_settings: Settings, tmp_path: Path, postgres: Postgres
) -> None:
    name = postgres.copy("template0")
    settings = settings_in(tmp_path, session_settings, database_url=postgres.url(name))
    async with peopled(settings) as (house, store), served(settings):
        ward = Ward(settings, store, house, settings.web_address, settings.task_queue)
        async with ward.signed_in("CO1") as visitor:
            csrf = csrf_in((await visitor.get("/")).text)
            postgres._alone(name)
            postgres.sql(f"ALTER DATABASE {name} RENAME TO {name}_gone")
            for path in pages_of(f"/patients/{TRIAL}/SOMEBODY"):
                answer = await visitor.get(path)
                says_that_it_is_away(path, answer)
                assert answer.status_code == 503, path
            sent = await visitor.post(
                f"/patients/{TRIAL}/SOMEBODY/record", data=typed(csrf, "w-gone"), timeout=60
            )
            assert sent.status_code == 503
            assert "typed with &lt;care&gt;" in sent.text
            assert (await visitor.get("/health")).status_code == 200
            ready = await visitor.get("/ready")
            assert (ready.status_code, ready.json()["store"]) == (503, "away")
            postgres.sql(f"ALTER DATABASE {name}_gone RENAME TO {name}")
            assert (await visitor.get("/")).status_code == 200
            assert (await visitor.get("/ready")).status_code == 200


async def test_without_a_worker_the_page_of_a_patient_is_what_the_store_has_and_says_so(
    session_settings: Settings, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, session_settings)
    async with peopled(settings) as (house, store), served(settings):
        ward = Ward(settings, store, house, settings.web_address, settings.task_queue)
        client = await connect(settings, interceptors=[Signing(house.own)])

        def worker() -> Workers:
            return build_worker(
                client, Publisher(store), queue=settings.task_queue, clock="real", house=house
            )

        async with worker():
            child = await asked(ward)
        at = f"/patients/{TRIAL}/{child}"
        async with ward.signed_in("CL1") as visitor:
            text = says_that_it_is_away(at, await visitor.get(at))
            assert "computed from what the store has" in text
            assert "first prednisone" in text
            question = await visitor.get(f"{at}/decisions/AFTER_PREPHASE")
            assert "Sign and record" not in says_that_it_is_away(at, question)
            async with worker():
                back = await visitor.get(at)
                assert back.status_code == 200
                assert "computed from what the store has" not in back.text


def says_that_it_is_away(path: str, answer: httpx.Response) -> str:
    """The page says that something does not answer, and nothing that only who knows how things stand may say."""
    assert answer.status_code in (200, 503), (path, answer.status_code, answer.text)
    assert 'role="alert"' in answer.text, path
    said = " ".join(unescape(answer.text).split())
    away = (
        "does not answer",
        "cannot be used now",
        "cannot be reached",
        "No Temporal server answers",
        "no Temporal server answers",
    )
    assert any(each in said for each in away), (path, said)
    for lull in LULLING:
        assert lull not in said.lower(), (path, lull)
    return said


async def is_ready(visitor: httpx.AsyncClient) -> bool:
    return (await visitor.get("/ready")).status_code == 200


async def is_away(visitor: httpx.AsyncClient) -> bool:
    return not await is_ready(visitor)


async def events(far: Far) -> list[str]:
    return [each.id for each in await pathways.events(await far.ward.handle("CO1", far.child))]


def hidden_in(page: str) -> dict[str, str]:
    """The fields of the form that sends again what was typed."""
    form = page.partition('class="answer"')[2]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
    assert found, page
    return {unescape(name): unescape(value) for name, value in found}
