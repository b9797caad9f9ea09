"""Who sees and does what: every route, as every role, at its own and at another site, against a table of what is right."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from tests.web.conftest import PASSWORD, PEOPLE, TRIAL, Ward
from web.app import make_app
from web.house import web_house

READERS = {"CO1", "CL1", "CL2", "LA1", "SP1", "ME1", "AU1"}
RECORDERS = {"CO1", "CL1", "CL2", "LA1"}
EVERYBODY = set(PEOPLE)

LOOKERS = EVERYBODY - {"NO1"}
"""Who looks at subtrials and meetings, which are of all sites. What they see and do there: test_meeting."""

PATIENT = "/patients/{trial}/{subject}"
SUBTRIAL = "/subtrials/{trial}/{subtrial}"
MEETING = "/meeting/{trial}"
PAGES: dict[tuple[str, str], set[str]] = {
    ("GET", "/"): EVERYBODY,
    ("GET", "/inbox"): EVERYBODY,
    ("GET", "/me"): EVERYBODY,
    ("GET", "/patients"): EVERYBODY,
    ("GET", "/cohort"): EVERYBODY,
    ("GET", "/subtrials"): LOOKERS,
    ("GET", SUBTRIAL): LOOKERS,
    ("GET", f"{SUBTRIAL}/decisions/{{key}}"): LOOKERS,
    ("GET", f"{SUBTRIAL}/notices/{{key}}"): LOOKERS,
    ("GET", f"{SUBTRIAL}/record"): LOOKERS,
    ("GET", f"{SUBTRIAL}/events/{{id}}"): LOOKERS,
    ("GET", "/meeting"): LOOKERS,
    ("GET", MEETING): LOOKERS,
    ("GET", f"{MEETING}/minutes"): LOOKERS,
    ("GET", f"{MEETING}/decisions/{{who}}/{{key}}"): LOOKERS,
    ("GET", f"{MEETING}/notices/{{key}}"): LOOKERS,
    ("GET", "/protocols"): EVERYBODY,
    ("GET", "/protocols/{name}"): EVERYBODY,
    ("GET", "/enrol"): {"CO1", "CO2"},
    ("GET", PATIENT): READERS,
    ("GET", f"{PATIENT}/decisions/{{key}}"): READERS,
    ("GET", f"{PATIENT}/criteria/{{name}}"): READERS,
    ("GET", f"{PATIENT}/notices/{{key}}"): READERS,
    ("GET", f"{PATIENT}/events/{{id}}"): READERS,
    ("GET", f"{PATIENT}/sheet"): READERS,
    ("GET", f"{PATIENT}/record"): RECORDERS,
    ("GET", f"{PATIENT}/results"): RECORDERS,
}
"""Who is shown a page of a patient at S01. An empty list is a page, too: there nobody's patients are told of."""
ACTS: dict[tuple[str, str], set[str]] = {
    ("POST", f"{PATIENT}/record"): RECORDERS,
    ("POST", f"{PATIENT}/results"): RECORDERS,
    ("POST", f"{PATIENT}/events/{{id}}"): RECORDERS,
    ("POST", f"{PATIENT}/decisions/{{key}}"): {"CL1", "CL2"},
    ("POST", f"{PATIENT}/criteria/{{name}}"): {"CL1", "CL2"},
    ("POST", f"{PATIENT}/notices/{{key}}"): {"CO1", "CL1", "CL2", "LA1", "ME1", "SP1"},
    ("POST", "/enrol"): {"CO1"},
    ("POST", f"{SUBTRIAL}/decisions/{{key}}"): LOOKERS,
    ("POST", f"{SUBTRIAL}/notices/{{key}}"): LOOKERS,
    ("POST", f"{SUBTRIAL}/record"): LOOKERS,
    ("POST", f"{SUBTRIAL}/events/{{id}}"): LOOKERS,
    ("POST", MEETING): LOOKERS,
    ("POST", f"{MEETING}/decisions/{{who}}/{{key}}"): LOOKERS,
    ("POST", f"{MEETING}/notices/{{key}}"): LOOKERS,
    ("POST", "/me"): EVERYBODY,
}
"""Whose act is looked at, with a patient at S01 of whom nothing is asked: they are told so, and nobody else is."""
OPEN = {
    ("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/health"), ("GET", "/ready"), ("GET", "/live"), ("POST", "/sign-out"),
    ("OPTIONS", "/codec/decode"), ("POST", "/codec/decode"),
}  # fmt: skip
"""Routes that nobody's role is asked for; those that need a session are tested in test_sessions."""
FILLED = {"subtrial": "NONE", "key": "eligibility", "name": "I1", "id": "nothing"}


def routes(ward: Ward) -> Iterator[tuple[str, str]]:
    app = make_app(lambda: web_house(ward.settings))
    for route in _routes(app):
        for method in (route.methods or set()) - {"HEAD"}:
            yield method, route.path


def _routes(app: object) -> Iterator[APIRoute]:
    for route in app.routes:  # type: ignore[attr-defined]
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "effective_route_contexts"):
            yield from route.effective_route_contexts()


@pytest.fixture(scope="module")
async def child(ward: Ward) -> str:
    """A patient at S01."""
    return await ward.enrolled()


async def test_every_route_stands_in_the_table(ward: Ward) -> None:
    assert set(routes(ward)) == {*PAGES, *ACTS, *OPEN}


def address(path: str, subject: str) -> str:
    names = {"trial": TRIAL, "subject": subject, **FILLED}
    if path == "/protocols/{name}":
        names["name"] = TRIAL
    if path.endswith("/notices/{key}"):
        names["key"] = "NONE"
    if "{who}" in path or path.startswith(MEETING):
        names["trial"], names["who"] = "no-such-trial", subject
    return path.format(**names)


@pytest.mark.parametrize("code", PEOPLE)
async def test_a_page_is_shown_to_those_in_the_table_and_to_nobody_else(
    ward: Ward, child: str, code: str
) -> None:
    async with ward.signed_in(code) as visitor:
        for (method, path), may in PAGES.items():
            answer = await visitor.request(method, address(path, child))
            reaches = path.endswith(("/notices/{key}", "/events/{id}", "/{subtrial}")) or path.startswith(
                (f"{SUBTRIAL}/", MEETING)
            )  # there is none of that name: nobody is shown one
            right = {404} if reaches and code in may else {200} if code in may else {403, 404}
            assert answer.status_code in right, (code, method, path, answer.status_code)
            if code not in READERS:
                assert child not in answer.text.replace(address(path, child), ""), (code, path)


@pytest.mark.parametrize("code", PEOPLE)
async def test_an_act_is_taken_from_those_in_the_table_and_from_nobody_else(
    ward: Ward, child: str, code: str
) -> None:
    before = await entries(ward, child)
    async with ward.signed_in(code) as visitor:
        csrf = csrf_in((await visitor.get("/")).text)
        for (method, path), may in ACTS.items():
            fields = {
                "csrf": csrf, "password": PASSWORD, "reason": "a test", "option": "PASS", "role": "clinician",
                "told": "clinician", "site": "S01", "trial": TRIAL, "act": "check", "id": "a-test",
            }  # fmt: skip
            answer = await visitor.request(method, address(path, child), data=fields)
            # What is taken is looked at, and then it turns out that nothing is asked or something is missing.
            right = {200, 404, 409, 422} if code in may else {403, 404}
            assert answer.status_code in right, (code, method, path, answer.status_code)
            if answer.status_code == 404:
                there_is_none = path.startswith((SUBTRIAL, MEETING)) or "events" in path or "notices" in path
                assert code not in READERS or there_is_none, (code, method, path)
    assert await entries(ward, child) == before


async def test_a_patient_of_another_site_and_one_who_is_not_there_look_the_same(
    ward: Ward, child: str
) -> None:
    async with ward.signed_in("CO2") as visitor:
        theirs = await visitor.get(f"/patients/{TRIAL}/{child}")
        nobody = await visitor.get(f"/patients/{TRIAL}/NOBODY")
        assert theirs.status_code == nobody.status_code == 404
        assert theirs.text == nobody.text


async def test_a_role_that_is_not_held_cannot_be_claimed_in_a_form(ward: Ward, child: str) -> None:
    async with ward.signed_in("CO1") as visitor:
        csrf = csrf_in((await visitor.get("/")).text)
        answer = await visitor.post(
            f"/patients/{TRIAL}/{child}/decisions/eligibility",
            data={
                "csrf": csrf,
                "password": PASSWORD,
                "role": "clinician",
                "option": "ELIGIBLE",
                "reason": "x",
            },
        )
        assert answer.status_code == 403
        assert "CO1 holds coordinator here; this needs clinician" in answer.text
    assert await entries(ward, child) == 0


async def test_the_audit_trail_has_who_looked_and_who_was_refused(ward: Ward, child: str) -> None:
    from people import audit

    for code in ("AU1", "CO2"):
        async with ward.signed_in(code) as visitor:
            await visitor.get(f"/patients/{TRIAL}/{child}")
    async with ward.store.reading() as session:
        kept = [line.line async for line in audit.lines(session)]
        assert (await audit.verify(session)).fault is None
    about = f"patient/{TRIAL}/{child}"
    assert ("AU1", "read", "done") in {
        (each.person, each.act, each.outcome) for each in kept if each.about == about
    }
    assert ("CO2", "patient", "refused") in {
        (each.person, each.act, each.outcome) for each in kept if each.about == about
    }


async def entries(ward: Ward, subject: str) -> int:
    from client import pathways

    return (await pathways.state(await ward.handle("CO1", subject))).events


def csrf_in(text: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', text)
    assert found is not None
    return found[1]
