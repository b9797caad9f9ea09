"""Sessions and forms: what is not of our own making is not taken, and nothing secret is shown, kept or logged."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from people.sign_in import MOST_FAILURES
from tests.web.conftest import PASSWORD, TRIAL, Ward
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
    async with ward.visitor() as visitor:
        for _ in range(MOST_FAILURES):
            wrong = await visitor.post("/sign-in", data={"code": "NO1", "password": "not this one, surely"})
            assert wrong.status_code == 401
        closed = await visitor.post("/sign-in", data={"code": "NO1", "password": PASSWORD})
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
