"""The coordinating meeting and its subtrial in the pages: agenda, decisions, minutes, reports, and who sees whom in them."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import quote

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, expect

from client import pathways
from client.meetings import meeting_handle, new_meeting_start, start_meeting
from pathway.events import Event, Report
from pathway.site import Site
from store import meetings, queries
from tests.meeting_trial import TRIAL as MADE_UP
from tests.web.conftest import PASSWORD, Ward, signing_in
from tests.web.test_access import csrf_in
from tests.web.test_browser import looked_at
from tests.workflows.conftest import registered, until

PLATFORM, SUBTRIAL = "hem-ismart", "D"
OFFICE = Site("S01")
"""The coordinating office: CO1 and CL1 hold their roles there, CO2 does not."""


@dataclass
class Sitting:
    """A meeting whose agenda is frozen and asks about `ours` at S01 and `theirs` at S02."""

    ward: Ward
    trial: str
    ours: str
    theirs: str
    week: str

    @property
    def at(self) -> str:
        return f"/meeting/{self.trial}"

    def question(self, who: str) -> str:
        return f"{self.at}/decisions/{who}/ALLOCATION?week={self.week}"

    async def events(self, who: str = "") -> tuple[Event, ...]:
        return await stored(self.ward, f"patient/{self.trial}/{who}" if who else f"meeting/{self.trial}")


@pytest.fixture(scope="module")
async def sitting(ward: Ward) -> AsyncIterator[Sitting]:
    trial = f"meet-{uuid.uuid4().hex[:8]}"
    mark = uuid.uuid4().hex[:6].upper()
    ours, theirs = f"OUR-{mark}", f"THEIR-{mark}"
    with registered(replace(MADE_UP, name=trial)):
        for subject, site, code in ((ours, "S01", "CO1"), (theirs, "S02", "CO2")):
            client = await ward.client(code)
            start = pathways.new_start(trial, subject, Site(site))
            handle = await pathways.start_pathway(client, start, queue=ward.queue)
            await pathways.submit(
                handle,
                Report(
                    "l1", "observation", datetime.now(UTC), "coordinator", "lesion", value="BOTH", person=code
                ),
            )
            await until(lambda id_=start.workflow_id: _stored(ward, id_))  # type: ignore[misc]
        week = await _convened(ward, trial)
        yield Sitting(ward, trial, ours, theirs, week)


async def _convened(ward: Ward, trial: str) -> str:
    """A meeting of a trial in two days, whose agenda is frozen at once; its week."""
    soon = datetime.now(UTC) + timedelta(days=2)
    start = new_meeting_start(
        trial, OFFICE, datetime.now(UTC), weekday=soon.isoweekday(), hour=10, cut_off_hours=144
    )
    await start_meeting(await ward.client("OP1"), start, queue=ward.queue)

    async def frozen() -> bool:
        async with ward.store.reading() as session:
            return bool(await meetings.kept(session, start.workflow_id)) and await _stored(
                ward, start.workflow_id
            )

    await until(frozen, seconds=30)
    handle = meeting_handle(await ward.client("OP1"), trial)
    plan = (await pathways.plan(handle)).plan
    return str(next(week["week"] for week in plan["weeks"] if week["agenda"]))


async def _stored(ward: Ward, id_: str) -> bool:
    return bool(await stored(ward, id_))


async def stored(ward: Ward, id_: str) -> tuple[Event, ...]:
    """Every event that the store has of a pathway: what was answered as recorded is in it."""
    async with ward.store.reading() as session:
        return await queries.events(session, id_)


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the form of an answer."""
    form = page.partition('class="answer"')[2]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
    return {unescape(name): unescape(value) for name, value in found}


def said(answer: httpx.Response) -> str:
    return " ".join(unescape(answer.text).split())


# --- the agenda -----------------------------------------------------------------------------------


async def test_an_agenda_says_what_is_asked_of_whom_why_and_by_which_rule(sitting: Sitting) -> None:
    async with sitting.ward.signed_in("ME1") as visitor:
        assert sitting.trial in (await visitor.get("/meeting")).text
        page = await visitor.get(f"{sitting.at}?week={sitting.week}")
        assert page.status_code == 200
        text = said(page)
        for words in (
            f"Meeting {sitting.week}", "Cut-off", "frozen", sitting.ours, sitting.theirs, "which subtrial takes the patient",
            "one of B, D", "Source: assumption made up for tests", f"Decide ALLOCATION of {sitting.ours}",
        ):  # fmt: skip
            assert words in text, words
        for path in ("/", "/inbox"):
            listed = await visitor.get(path)
            assert sitting.ours in listed.text, path
        assert f"{sitting.at}?week={sitting.week}" in unescape((await visitor.get("/")).text)


@pytest.mark.parametrize(
    ("code", "seen"), [("CO1", "ours"), ("CO2", "theirs"), ("SP1", "both"), ("AU1", "both"), ("OP1", "none")]
)
async def test_who_may_not_see_a_patient_finds_no_name_and_nothing_of_theirs_in_agenda_and_minutes(
    sitting: Sitting, code: str, seen: str
) -> None:
    await sitting_note(sitting)
    async with sitting.ward.signed_in(code) as visitor:
        for path in ("", "/minutes"):
            for more in ("", "&live=true"):
                page = await visitor.get(f"{sitting.at}{path}?week={sitting.week}{more}")
                assert page.status_code == 200
                assert (sitting.ours in page.text) == (seen in ("ours", "both")), (code, path)
                assert (sitting.theirs in page.text) == (seen in ("theirs", "both")), (code, path)
                assert ("a patient of another site" in page.text) == (seen != "both"), (code, path)
                assert ("a word on theirs" in page.text) == (seen in ("theirs", "both")), (code, path)
        for who, theirs in ((sitting.ours, "ours"), (sitting.theirs, "theirs")):
            question = await visitor.get(sitting.question(who))
            assert question.status_code == (200 if seen in (theirs, "both") else 404)
        for path in ("/", "/?whose=all", "/inbox?whose=all", "/meeting"):
            listed = (await visitor.get(path)).text
            assert seen in ("theirs", "both") or sitting.theirs not in listed, (code, path)


async def sitting_note(sitting: Sitting) -> None:
    """A note on the patient of the other site, minuted once."""
    handle = meeting_handle(await sitting.ward.client("ME1"), sitting.trial)
    note = Report(
        "note-theirs", "action", datetime.now(UTC), "meeting", "noted", scope=(("week", sitting.week),),
        details=(("subject", sitting.theirs), ("text", f"a word on theirs, {sitting.theirs}")), person="ME1",
    )  # fmt: skip
    receipt = await pathways.submit(handle, note)
    assert receipt.recorded


async def test_a_meeting_that_is_not_there_and_a_week_that_is_none(sitting: Sitting) -> None:
    async with sitting.ward.signed_in("ME1") as visitor:
        assert (await visitor.get("/meeting/no-such-trial")).status_code == 404
        for week in ("W45", "2025-W99", "<b>"):
            answer = await visitor.get(sitting.at, params={"week": week})
            assert answer.status_code == 422, week
            assert "<b>" not in answer.text
    async with sitting.ward.signed_in("NO1") as visitor:
        assert (await visitor.get(sitting.at)).status_code == 403


# --- decisions in the meeting ---------------------------------------------------------------------


async def test_a_decision_is_taken_in_the_meeting_signed_once_and_stands_in_the_minutes(
    sitting: Sitting,
) -> None:
    question = sitting.question(sitting.ours)
    async with sitting.ward.signed_in("ME1") as visitor, sitting.ward.signed_in("CL1") as clinician:
        page = await visitor.get(question)
        assert "By signing, ME1 answers this as the meeting" in said(page)
        assert "Sign and record" not in (await clinician.get(question)).text
        answer = {**fields(page.text), "option": "B", "reason": "the fusion is the driver"}
        theirs = {**answer, "csrf": csrf_in((await clinician.get(question)).text), "password": PASSWORD}
        assert (await clinician.post(question, data=theirs)).status_code == 403
        unsigned = await visitor.post(question, data={**answer, "password": "not this one"})
        assert unsigned.status_code == 403
        assert "the fusion is the driver" in unsigned.text
        assert [e for e in await sitting.events(sitting.ours) if e.kind == "decision"] == []

        for _ in range(2):
            taken = await visitor.post(question, data={**answer, "password": PASSWORD})
            assert taken.status_code == 303, taken.text
            assert taken.headers["location"].startswith(f"{sitting.at}?week={sitting.week}&told=")
        (event,) = [e for e in await sitting.events(sitting.ours) if e.kind == "decision"]
        assert (event.value, event.role, event.person) == ("B", "meeting", "ME1")
        assert event.details == (("meeting", sitting.week),)
        (noted,) = [e for e in await sitting.events() if e.name == "decided"]
        assert (noted.person, noted.detail("option")) == ("ME1", "B")

        second = await visitor.post(
            question, data={**answer, "id": "another", "option": "D", "password": PASSWORD}
        )
        assert second.status_code == 409
        assert "was answered B by the meeting ME1 on" in said(second)
        minutes = said(await visitor.get(f"{sitting.at}/minutes?week={sitting.week}"))
        for words in ("the fusion is the driver", "ME1, meeting", sitting.ours):
            assert words in minutes, words
        assert f"Decide ALLOCATION of {sitting.ours}" not in said(
            await visitor.get(f"{sitting.at}?week={sitting.week}")
        )


async def test_a_meeting_that_is_far_away_takes_no_decision(sitting: Sitting) -> None:
    plan = (await pathways.plan(meeting_handle(await sitting.ward.client("ME1"), sitting.trial))).plan
    later = max(week["week"] for week in plan["weeks"] if week["state"] == "planned")
    question = f"{sitting.at}/decisions/{sitting.theirs}/ALLOCATION?week={later}"
    async with sitting.ward.signed_in("ME1") as visitor:
        page = await visitor.get(question)
        assert f"the meeting of {later} takes no decisions" in said(page)
        typed = {
            "csrf": csrf_in(page.text),
            "option": "B",
            "password": PASSWORD,
            "seen": "x",
            "role": "meeting",
        }
        assert (await visitor.post(question, data=typed)).status_code == 409
    assert [e for e in await sitting.events(sitting.theirs) if e.kind == "decision"] == []


@pytest.mark.parametrize(("code", "status"), [("CO2", 403), ("LA1", 403), ("AU1", 403), ("CO1", 303)])
async def test_what_became_of_a_meeting_is_recorded_by_those_of_its_office(
    sitting: Sitting, code: str, status: int
) -> None:
    async with sitting.ward.signed_in(code) as visitor:
        form = {
            "csrf": csrf_in((await visitor.get("/")).text), "id": f"p-{code}", "week": sitting.week, "act": "postponed",
            "to": (datetime.now(UTC) + timedelta(days=2, hours=1)).strftime("%Y-%m-%d %H:%M"), "reason": "the train is late",
        }  # fmt: skip
        answer = await visitor.post(sitting.at, data=form)
        assert answer.status_code == status, answer.text
    moved = [e for e in await sitting.events() if e.name == "postponed" and e.id == f"p-{code}"]
    assert [e.person for e in moved] == ([code] if status == 303 else [])


async def test_what_cannot_be_recorded_of_a_meeting_comes_back_with_what_was_typed(sitting: Sitting) -> None:
    async with sitting.ward.signed_in("CO1") as visitor:
        csrf = csrf_in((await visitor.get("/")).text)
        form = {
            "csrf": csrf,
            "week": sitting.week,
            "act": "cancelled",
            "reason": "",
            "note": "half a thought",
        }
        answer = await visitor.post(sitting.at, data=form)
        assert answer.status_code == 409
        assert "needs a reason" in answer.text
        assert "half a thought" in answer.text


# --- the subtrial ---------------------------------------------------------------------------------


@dataclass
class Governor:
    """Subtrial D with three patients whose pathways are elsewhere, one of them at S02."""

    ward: Ward

    @property
    def at(self) -> str:
        return f"/subtrials/{PLATFORM}/{SUBTRIAL}"

    async def events(self) -> tuple[Event, ...]:
        return await stored(self.ward, f"subtrial/{PLATFORM}/{SUBTRIAL}")


@pytest.fixture(scope="module")
async def governor(ward: Ward) -> Governor:
    client = await ward.client("CO1")
    start = pathways.new_subtrial_start(PLATFORM, SUBTRIAL, OFFICE)
    handle = await pathways.start_subtrial(client, start, queue=ward.queue)
    now, old = datetime.now(UTC), datetime.now(UTC) - timedelta(days=60)

    async def do(id_: str, name: str, subject: str = "", **details: str) -> None:
        scope = (("subject", subject),) if subject else ()
        report = Report(
            id_, "action", now, "coordinator", name, scope=scope, details=tuple(sorted(details.items())),
            occurred=old if subject else None, person="CO1",
        )  # fmt: skip
        await pathways.submit(handle, report)

    await do("a1", "activated", country="NL", **{"from": "2025-01-01"})
    for subject, site in (("X1", "S01"), ("X2", "S02"), ("X3", "S01")):
        await do(f"asked-{subject}", "slot_asked", subject, country="NL", site=site)
        await do(f"taken-{subject}", "slot_taken_up", subject)
    await until(lambda: _stored(ward, start.workflow_id))
    return Governor(ward)


async def reported(visitor: httpx.AsyncClient, at: str, **typed: str) -> httpx.Response:
    csrf = csrf_in((await visitor.get("/")).text)
    return await visitor.post(f"{at}/record", data={"csrf": csrf, "id": f"r-{uuid.uuid4().hex[:8]}", **typed})


async def test_verdicts_are_entered_on_the_board_and_what_they_open_is_decided(governor: Governor) -> None:
    at = governor.at
    async with governor.ward.signed_in("CL1") as visitor, governor.ward.signed_in("ME1") as meeting:
        board = said(await visitor.get(at))
        assert "X1: verdict on the DLT window" in board
        assert "Enter it for X1" in board
        form = await visitor.get(f"{at}/record?name=dlt&subject=X1")
        assert 'value="X1"' in form.text
        for wrong, status in (
            ({"name": "dlt", "subject": "X1", "value": "MAYBE"}, 409),
            ({"name": "dlt", "subject": "X9", "value": "NO"}, 409),
            ({"name": "dlt", "subject": "Jan Jansen", "value": "NO"}, 409),
            ({"name": "closed", "reason": "over"}, 403),
            ({"name": "suspended", "reason": ""}, 409),
            ({"name": "standing", "subject": "X1"}, 409),
        ):
            answer = await reported(visitor, at, **wrong)
            assert answer.status_code == status, (wrong, said(answer))
        for subject in ("X1", "X2", "X3"):
            answer = await reported(visitor, at, name="dlt", subject=subject, value="NO")
            assert answer.status_code == 303, said(answer)
        verdicts = [e for e in await governor.events() if e.name == "dlt"]
        assert [(e.role, e.person) for e in verdicts] == [("clinician", "CL1")] * 3

        question = f"{at}/decisions/{quote('LEVEL[level=2]', safe='')}"
        await until(lambda: listed(meeting, "/inbox", question))
        page = await meeting.get(question)
        typed = {**fields(page.text), "option": "STAY", "password": PASSWORD}
        refused = await meeting.post(question, data={**typed, "reason": ""})
        assert refused.status_code == 409
        assert "needs a reason" in refused.text
        taken = await meeting.post(question, data={**typed, "reason": "fill the level first"})
        assert taken.status_code == 303, said(taken)
        late = await meeting.post(
            question, data={**typed, "id": "late", "option": "ESCALATE", "reason": "no"}
        )
        assert late.status_code == 409
        assert "was answered STAY by the meeting ME1 on" in said(late)
        assert "STAY by the meeting ME1 on" in said(await visitor.get(at))


async def listed(visitor: httpx.AsyncClient, path: str, link: str) -> bool:
    return link in unescape((await visitor.get(path)).text)


@pytest.mark.parametrize("code", ["CO2", "OP1", "CO1", "SP1"])
async def test_a_notice_is_acknowledged_by_who_must_and_names_nobody_whom_they_may_not_see(
    governor: Governor, code: str
) -> None:
    hidden = {"CO2": ("X1", "X3"), "OP1": ("X1", "X2", "X3"), "CO1": ("X2",), "SP1": ()}[code]
    at = governor.at
    async with governor.ward.signed_in(code) as visitor:
        board = await visitor.get(at)
        links = re.findall(rf'href="({re.escape(at)}/notices/[^"]+)"', board.text)
        assert links
        for page in (board, *[await visitor.get(unescape(link)) for link in links]):
            assert page.status_code == 200
            for name in hidden:
                assert not re.search(rf"\b{name}\b", page.text), (code, name, str(page.url))
        csrf = csrf_in(board.text)
        data = {"csrf": csrf, "id": f"ack-{code}", "reason": "seen"}
        answer = await visitor.post(unescape(links[0]), data=data)
        assert answer.status_code == (403 if code == "CO2" else 303), said(answer)
    acked = [e for e in await governor.events() if e.id == f"ack-{code}"]
    assert [(e.kind, e.person) for e in acked] == ([] if code == "CO2" else [("acknowledgement", code)])


async def test_a_verdict_that_was_entered_wrong_is_put_right_from_its_entry_by_who_may_see_its_patient(
    governor: Governor,
) -> None:
    handle = pathways.subtrial_handle(await governor.ward.client("CL1"), PLATFORM, SUBTRIAL)
    for subject, id_ in (("X1", "wrong-1"), ("X2", "wrong-2")):
        report = Report(
            id_, "action", datetime.now(UTC), "clinician", "response", scope=(("subject", subject),),
            details=(("value", "YES"),), person="CL1",
        )  # fmt: skip
        assert (await pathways.submit(handle, report)).recorded
    async with governor.ward.signed_in("CL1") as visitor, governor.ward.signed_in("CO2") as other:
        assert (await visitor.get(f"{governor.at}/events/wrong-2")).status_code == 404
        assert "wrong-2" not in (await visitor.get(governor.at)).text
        assert (await other.get(f"{governor.at}/events/wrong-1")).status_code == 404
        page = await visitor.get(f"{governor.at}/events/wrong-1")
        assert "CL1, clinician" in said(page)
        form = page.text.partition("Put the verdict right")[2].partition("</form>")[0]
        right = {**fields(form), "value": "NO", "reason": "read again"}
        refused = await visitor.post(f"{governor.at}/events/wrong-1", data={**right, "value": "MAYBE"})
        assert refused.status_code == 409
        taken = await visitor.post(f"{governor.at}/events/wrong-1", data=right)
        assert taken.status_code == 303, said(taken)
        theirs = await other.get(f"{governor.at}/events/wrong-2")
        assert "Put the verdict right" not in theirs.text
        data = {"csrf": csrf_in(theirs.text), "act": "void", "reason": "not ours"}
        assert (await other.post(f"{governor.at}/events/wrong-2", data=data)).status_code == 403
    corrected = [e for e in await governor.events() if e.kind == "correction"]
    assert [(e.target, e.detail("value"), e.person) for e in corrected] == [("wrong-1", "NO", "CL1")]


async def test_who_has_no_role_at_the_office_reports_nothing(governor: Governor) -> None:
    before = len(await governor.events())
    for code in ("CO2", "AU1", "OP1", "LA1"):
        async with governor.ward.signed_in(code) as visitor:
            assert (await visitor.get(f"{governor.at}/record")).status_code == 403
            assert (
                await reported(visitor, governor.at, name="dlt", subject="X1", value="YES")
            ).status_code == 403
    assert len(await governor.events()) == before


async def test_a_patient_with_a_pathway_here_is_recorded_there(governor: Governor) -> None:
    subject = f"H{uuid.uuid4().hex[:8].upper()}"
    start = pathways.new_start(PLATFORM, subject, OFFICE)
    await pathways.start_pathway(await governor.ward.client("CO1"), start, queue=governor.ward.queue)
    async with governor.ward.signed_in("CO1") as visitor:
        answer = await reported(
            visitor, governor.at, name="slot_asked", subject=subject, country="NL", site="S01"
        )
        assert answer.status_code == 409
        assert "has a pathway" in answer.text


# --- in a browser ---------------------------------------------------------------------------------


async def paths_of(sitting: Sitting, governor: Governor) -> list[str]:
    notice = quote("STARTED-WITHOUT-SLOT[subject=X3]", safe="")
    return [
        "/meeting", f"{sitting.at}?week={sitting.week}", f"{sitting.at}/minutes?week={sitting.week}",
        sitting.question(sitting.ours), sitting.question(sitting.theirs), governor.at, f"{governor.at}/record?name=dlt",
        f"{governor.at}/record?name=suspended", f"{governor.at}/notices/{notice}",
        f"{governor.at}/events/asked-X3",
    ]  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (1280, "dark")])
async def test_no_page_of_a_meeting_keeps_anybody_out(
    sitting: Sitting, governor: Governor, browser: Browser, width: int, scheme: str
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    try:
        page = await signing_in(context, sitting.ward, "ME1")
        for path in await paths_of(sitting, governor):
            await page.goto(f"{sitting.ward.address}{path}")
            await looked_at(page, path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
    finally:
        await context.close()


async def test_a_meeting_decides_by_keyboard_and_without_script(sitting: Sitting, browser: Browser) -> None:
    context: BrowserContext = await browser.new_context(java_script_enabled=False)
    try:
        page = await signing_in(context, sitting.ward, "ME1", f"{sitting.at}?week={sitting.week}")
        await page.get_by_role("link", name=f"Decide ALLOCATION of {sitting.theirs}").focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("radio", name="D", exact=True).focus()
        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
        await page.keyboard.type("the Ras mutation")
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Recorded.", exact=True)).to_be_visible()
        row = page.locator("#s-taken + div tr", has_text=sitting.theirs)
        await expect(row).to_contain_text("ME1, meeting")
        await page.get_by_role("link", name="Minutes", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(sitting.week)
        await expect(page.get_by_text("the Ras mutation").first).to_be_visible()
    finally:
        await context.close()
