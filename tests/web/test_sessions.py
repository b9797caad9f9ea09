"""Sessions and forms: what is not of our own making is not taken, and nothing secret is shown, kept or logged."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import BrowserContext, expect
from sqlalchemy import func, select, update

from people import accounts
from people.accounts import held_from
from people.passwords import hashed
from people.sign_in import IDLE, LONGEST, MOST_FAILURES
from store.schema import EventRow, SignInRow
from tests.web.conftest import PASSWORD, TRIAL, Ward, signing_in
from tests.web.test_access import PAGES, address, csrf_in


async def test_without_a_session_every_page_asks_to_sign_in_and_leads_back(ward: Ward) -> None:
    async with ward.visitor() as visitor:
        for _, path in PAGES:
            asked = await visitor.get(address(path, "W1"))
            assert asked.status_code == 303, path
            assert parse_qs(urlsplit(asked.headers["location"]).query) == {"to": [address(path, "W1")]}
        asked = await visitor.get("/?whose=all&site=S01")
        assert parse_qs(urlsplit(asked.headers["location"]).query) == {"to": ["/?whose=all&site=S01"]}


async def test_a_session_is_new_at_each_sign_in_and_the_old_one_is_over(ward: Ward) -> None:
    async with ward.signed_in("CO1") as visitor:
        first = visitor.cookies["allpath"]
        again = await visitor.post("/sign-in", data={"code": "CO1", "password": PASSWORD, "to": "/"})
        assert again.status_code == 303
        assert visitor.cookies["allpath"] != first
    async with ward.visitor() as thief:
        thief.cookies.set("allpath", first)
        assert (await thief.get("/")).status_code == 303


async def test_signing_out_ends_it_for_whoever_has_the_cookie(ward: Ward) -> None:
    async with ward.signed_in("CO1") as visitor:
        token, csrf = visitor.cookies["allpath"], csrf_in((await visitor.get("/")).text)
        assert (await visitor.post("/sign-out", data={"csrf": csrf})).status_code == 303
    async with ward.visitor() as thief:
        thief.cookies.set("allpath", token)
        assert (await thief.get("/")).status_code == 303


async def test_the_cookie_is_kept_from_scripts_and_other_sites(ward: Ward) -> None:
    async with ward.visitor() as visitor:
        done = await visitor.post("/sign-in", data={"code": "CO1", "password": PASSWORD})
        cookie = done.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert PASSWORD not in done.text


@pytest.mark.parametrize("csrf", ["", "0" * 64, "é"])
async def test_a_form_without_the_mark_of_the_session_is_not_taken(ward: Ward, csrf: str) -> None:
    subject = await ward.enrolled()
    async with ward.signed_in("CO1") as visitor:
        fields = {
            "kind": "observation",
            "name": "consent",
            "value": "GIVEN",
            "at": "2025-02-01",
            "csrf": csrf,
        }
        answer = await visitor.post(f"/patients/{TRIAL}/{subject}/record", data=fields)
        assert answer.status_code == 403
        assert "did not come from a page" in answer.text


@pytest.mark.parametrize(
    "headers", [{"origin": "https://elsewhere.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "http://127.0.0.1:1"}]
)  # fmt: skip
async def test_a_form_of_another_site_is_not_taken(ward: Ward, headers: dict[str, str]) -> None:
    async with ward.signed_in("CO1") as visitor:
        csrf = csrf_in((await visitor.get("/")).text)
        assert (await visitor.post("/sign-out", data={"csrf": csrf}, headers=headers)).status_code == 403
        assert (await visitor.get("/")).status_code == 200
    async with ward.visitor() as visitor:
        said = {"code": "CO1", "password": PASSWORD}
        assert (await visitor.post("/sign-in", data=said, headers=headers)).status_code == 403


@pytest.mark.parametrize(
    "to",
    [
        "//elsewhere.example",
        "https://elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "/a\r\nx: y",
    ],
)
async def test_signing_in_leads_to_no_other_site(ward: Ward, to: str) -> None:
    async with ward.visitor() as visitor:
        done = await visitor.post("/sign-in", data={"code": "CO1", "password": PASSWORD, "to": to})
        assert done.headers["location"] == "/"


async def test_after_too_many_wrong_passwords_the_right_one_waits_too_for_signing_in_and_for_signing(
    ward: Ward,
) -> None:
    code = await newcomer(ward)  # nobody whom another test signs in
    async with ward.visitor() as visitor:
        for _ in range(MOST_FAILURES):
            wrong = await visitor.post("/sign-in", data={"code": code, "password": "not this one, surely"})
            assert wrong.status_code == 401
        closed = await visitor.post("/sign-in", data={"code": code, "password": PASSWORD})
        assert closed.status_code == 401
        assert "too many" in closed.text
        unknown = await visitor.post("/sign-in", data={"code": "NOBODY", "password": PASSWORD})
        assert "code or password is wrong" in unknown.text


async def test_every_answer_is_kept_by_nobody_and_runs_no_foreign_script(ward: Ward) -> None:
    async with ward.signed_in("AU1") as visitor:
        for path in (
            "/",
            "/nothing",
            "/health",
            "/static/app.css",
            f"/patients/{TRIAL}/NOBODY",
            "/sign-in",
            "/protocols",
        ):
            headers = (await visitor.get(path)).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert headers["cache-control"] == "no-store"
            assert headers["x-frame-options"] == "DENY"
            assert headers["x-content-type-options"] == "nosniff"


async def test_what_is_typed_is_shown_as_text_wherever_it_comes_again(ward: Ward) -> None:
    subject = await ward.enrolled()
    script, escape = "<script>alert(1)</script>", "\x1b[31mred"
    async with ward.signed_in("CO1") as visitor:
        csrf = csrf_in((await visitor.get("/")).text)
        fields = {
            "csrf": csrf, "kind": "observation", "name": "consent", "value": "GIVEN", "at": "2025-02-01",
            "reason": f"{script} {escape}", "id": "e-1",
        }  # fmt: skip
        assert (await visitor.post(f"/patients/{TRIAL}/{subject}/record", data=fields)).status_code == 303
        for path in ("", "/events/e-1", "/decisions/eligibility"):
            text = (await visitor.get(f"/patients/{TRIAL}/{subject}{path}")).text
            assert "<script>alert" not in text
        assert (
            "&lt;script&gt;alert(1)&lt;/script&gt;"
            in (await visitor.get(f"/patients/{TRIAL}/{subject}/events/e-1")).text
        )


async def test_health_says_nothing_of_patients_and_ready_tells_whether_store_and_server_answer(
    ward: Ward,
) -> None:
    async with ward.visitor() as visitor:
        assert (await visitor.get("/health")).json() == {"status": "ok"}
        assert (await visitor.get("/ready")).json() == {"store": "ok", "server": "ok"}


async def newcomer(ward: Ward, *roles: str) -> str:
    """Somebody of whom no other test knows; their code."""
    code = f"N{uuid.uuid4().hex[:8]}"
    async with ward.store.writing() as session:
        await accounts.add(session, "ROOT", code, hashed(PASSWORD), [held_from(each) for each in roles])
    return code


async def entries(ward: Ward, subject: str) -> int:
    async with ward.store.reading() as session:
        count = select(func.count()).select_from(EventRow).where(EventRow.pathway_id.endswith(subject))
        return int((await session.execute(count)).scalar_one())


def consent(csrf: str) -> dict[str, str]:
    return {
        "csrf": csrf, "id": "w1", "kind": "observation", "name": "consent", "value": "GIVEN", "at": "2025-02-01",
        "reason": "kept in mind",
    }  # fmt: skip


async def test_who_is_disabled_while_signed_in_is_nobody_from_the_next_request_on(ward: Ward) -> None:
    subject = await ward.enrolled()
    at = f"/patients/{TRIAL}/{subject}"
    code = await newcomer(ward, "coordinator@S01")
    async with ward.signed_in(code) as visitor:
        csrf = csrf_in((await visitor.get(at)).text)
        async with ward.store.writing() as session:
            await accounts.set_disabled(session, "ROOT", code, disabled=True)
        assert (await visitor.post(f"{at}/record", data=consent(csrf))).status_code == 401
        for path in (at, "/", "/inbox", "/live"):
            assert (await visitor.get(path)).status_code == 303, path
        again = await visitor.post("/sign-in", data={"code": code, "password": PASSWORD})
        assert again.status_code == 401
    assert await entries(ward, subject) == 0


async def test_whose_role_is_taken_while_signed_in_acts_in_it_no_more_from_the_next_request_on(
    ward: Ward,
) -> None:
    subject = await ward.enrolled()
    at = f"/patients/{TRIAL}/{subject}"
    code = await newcomer(ward, "coordinator@S01", "auditor")
    async with ward.signed_in(code) as visitor:
        csrf = csrf_in((await visitor.get(f"{at}/record")).text)
        async with ward.store.writing() as session:
            await accounts.take(session, "ROOT", code, held_from("coordinator@S01"))
        for refused in (
            await visitor.post(f"{at}/record", data=consent(csrf)),
            await visitor.get(f"{at}/record"),
            await visitor.get("/enrol"),
        ):
            assert refused.status_code == 403, refused.url
        assert (await visitor.get(at)).status_code == 200  # an auditor still reads
        async with ward.store.writing() as session:
            await accounts.take(session, "ROOT", code, held_from("auditor"))
        assert (await visitor.get(at)).status_code == 404
    assert await entries(ward, subject) == 0


@pytest.mark.parametrize(
    ("column", "ago"),
    [("used", IDLE + timedelta(seconds=1)), ("begun", LONGEST + timedelta(seconds=1))],
    ids=["not used for an hour", "twelve hours old"],
)
async def test_a_sign_in_ends_without_use_and_after_its_longest_time_and_nothing_is_taken_then(
    ward: Ward, column: str, ago: timedelta
) -> None:
    subject = await ward.enrolled()
    at = f"/patients/{TRIAL}/{subject}"
    code = await newcomer(ward, "coordinator@S01")
    async with ward.signed_in(code) as visitor:
        csrf = csrf_in((await visitor.get(at)).text)
        await set_back(ward, code, column, ago - timedelta(minutes=1))
        assert (await visitor.get(at)).status_code == 200
        await set_back(ward, code, column, ago)
        refused = await visitor.post(f"{at}/record", data=consent(csrf))
        assert refused.status_code == 401
        assert "kept in mind" in refused.text
        assert "Send it again" not in refused.text
        assert (await visitor.get(at)).status_code == 303
        assert (await visitor.get("/live")).status_code == 303
    assert await entries(ward, subject) == 0


async def set_back(ward: Ward, code: str, column: str, ago: timedelta) -> None:
    async with ward.store.writing() as session:
        await session.execute(
            update(SignInRow).where(SignInRow.code == code).values({column: datetime.now(UTC) - ago})
        )


async def test_whose_sign_in_ends_while_typing_still_reads_what_they_typed(
    ward: Ward, tab: BrowserContext
) -> None:
    subject = await ward.enrolled()
    code = await newcomer(ward, "coordinator@S01")
    page = await signing_in(
        tab, ward, code, f"/patients/{TRIAL}/{subject}/record?kind=observation&name=consent"
    )
    await page.get_by_label("Value", exact=True).select_option("GIVEN")
    await page.get_by_label("Sampled").fill("2025-02-01")
    await page.get_by_label("Remark").fill("told by the mother")
    await set_back(ward, code, "used", IDLE * 2)
    await page.get_by_role("button", name="Record", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are not signed in")
    await expect(page.get_by_text("told by the mother")).to_be_visible()
    assert await entries(ward, subject) == 0
