"""Whatever is sent to whatever address: no fault of ours, our headers on each answer, nothing recorded that nobody asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.core.transport import Response
from sqlalchemy import func, select

from pathway.events import Report
from store.schema import EventRow, PathwayRow
from tests.web.conftest import PASSWORD, TRIAL, Ward
from tests.web.test_access import csrf_in
from web.app import HEADERS, make_app
from web.house import web_house

EXAMPLES = 2
"""For each route and method, of a session and of nobody, without the mark of a form; with it `MORE`."""
MORE = 6
FIELDS: dict[str, tuple[str, ...]] = {
    "id": ("s-1", "w-1"), "kind": ("observation", "action", "adverse_event", "not_obtainable"), "point": ("EOI", "D8"),
    "name": ("mrd", "consent", "wbc", "seizure", "first_prednisone", "infusion_started", "CRS", "birth_date"),
    "value": ("GIVEN", "2e-4", "<1e-4", "2025-02-01", "3"), "unit": ("fraction", "10^9/L"),
    "at": ("2025-03-07", "2025-03-07 14:30", "0001-01-01", "9999-12-31 23:59", "2025-03-07T14:30:00+99:99"),
    "of": ("known",), "scale": ("ASTCT", "CTCAE"), "role": ("clinician", "coordinator", "house"),
    "option": ("INDUCTION", "PASS", "FAIL"), "offered": ("INDUCTION",), "told": ("coordinator", "clinician|laboratory"),
    "seen": ("0" * 64,), "reason": ("a reason",), "act": ("check", "record", "enrol", "paste", "void", "correct"),
    "day": ("2025-03-07", "2025-02-30"), "table": ("fact\tpoint\tvalue\nmrd\tEOI\t1", 'a"b\n"', "mrd;EOI;2e-4;fraction"),
    "trial": (TRIAL,), "subject": ("NEW-1",), "site": ("S01", "S02"), "zone": ("Europe/Berlin", "Nowhere/Land", "../../etc"),
    "scope.cycle": ("1",), "with.assay": ("PCR",), "value|mrd|EOI": ("2e-4", "not-detected"), "day|mrd|EOI": ("2025-03-07",),
    "detail|mrd|EOI": ("assay=PCR", "assay"), "value|consent|": ("GIVEN", "REFUSED"),
}  # fmt: skip
"""The names of the forms' fields, with what people type who mean well."""
WORDS = (
    "", " ", "é\u202e", "<script>alert(1)</script>", "\x1b[31m", "-1", "1e999", "NaN", "../../etc/passwd", "x" * 3000,
)  # fmt: skip
"""What is typed by those who do not, and by programs; beside whatever the library draws."""


async def test_whatever_is_sent_no_answer_is_a_fault_and_nothing_is_recorded_without_being_asked(
    ward: Ward,
) -> None:
    child = await asked(ward)
    cookie, _ = await session_of(ward, "CO1")
    before = await kept(ward)
    # A form with the mark of its session is a wish to record: the next test is about what becomes of it.
    for session in (cookie, ""):
        for operation in described(ward, child):
            assert await asyncio.to_thread(drawn, operation, session), operation.label
    assert await kept(ward) == before


@pytest.mark.parametrize("code", ["CO1", "CL1"])
async def test_a_form_with_anything_in_it_is_taken_or_refused_in_words_and_then_records_nothing(
    ward: Ward, code: str
) -> None:
    child = await asked(ward)
    cookie, csrf = await session_of(ward, code)
    before = await kept(ward)
    for operation in described(ward, child):
        if operation.method != "post" or operation.path in ("/sign-in", "/sign-out"):
            continue
        answers = await asyncio.to_thread(drawn, operation, cookie, csrf, MORE)
        after = await kept(ward)
        taken = any(each.status_code == 303 for each in answers)
        assert after == before or taken, operation.label
        before = after


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"payloads":[{}]}', b'{"payloads":[{"metadata":{"encoding":"!"},"data":"!"}]}',
        b'{"payloads":[{"metadata":{"encoding":"YmluYXJ5L2VuY3J5cHRlZA=="},"data":"eA=="}]}', b'{"payloads":' * 3000,
        b'{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"bnVsbA=="}]}', b'{"nothing":1}',
    ],
    ids=lambda body: body[:24].decode(errors="replace") or "empty",
)  # fmt: skip
async def test_what_the_temporal_ui_would_never_send_is_refused_in_words(ward: Ward, body: bytes) -> None:
    async with ward.signed_in("AU1") as visitor:
        answer = await visitor.post(
            "/codec/decode", content=body, headers={"origin": ward.settings.ui_address.rstrip("/")}
        )
        assert answer.status_code < 500, answer.text
        for name, value in HEADERS.items():
            assert answer.headers[name] == value


async def asked(ward: Ward) -> str:
    """A child of whom a clinician is asked something, with a notice, and an entry called `known`."""
    child = await ward.enrolled()
    started = datetime.now(UTC) - timedelta(days=38)
    report = Report(
        "known", "action", datetime.now(UTC), "coordinator", "first_prednisone", occurred=started, person="CO1"
    )  # fmt: skip
    await ward.submit("CO1", child, report)
    return child


async def session_of(ward: Ward, code: str) -> tuple[str, str]:
    """A cookie, and the mark of its forms."""
    async with ward.signed_in(code) as visitor:
        return visitor.cookies["allpath"], csrf_in((await visitor.get("/")).text)


def described(ward: Ward, child: str) -> Iterator[Any]:
    """The operations of the application's own description of itself, with the forms that it reads by hand, about that child."""
    told = make_app(lambda: web_house(ward.settings)).openapi()
    named = {
        "trial": [TRIAL],
        "subject": [child],
        "key": ["AFTER_PREPHASE", "D8-BLASTS-MISSING"],
        "id": ["known"],
    }
    for address, path in told["paths"].items():
        for method, operation in path.items():
            for each in operation.get("parameters", ()):
                if each["in"] == "path":
                    names = named.get(each["name"], ["I1"] if "criteria" in address else [TRIAL])
                    each["schema"] = {"enum": [*names, "NOTHING", "é"]} if len(names) > 1 else {"enum": names}
            if method == "post":
                operation["requestBody"] = {
                    "required": True,
                    "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}},
                }
    schema = schemathesis.openapi.from_dict(told)
    schema.config.update(base_url=ward.address)
    operations: Iterator[Any] = schema.get_all_operations()
    return (each.ok() for each in operations)


def drawn(operation: Any, cookie: str, csrf: str = "", examples: int = EXAMPLES) -> list[Response]:
    """Send examples, always the same ones, and look at each answer."""
    answers: list[Response] = []

    @seed(11)
    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    @given(case=operation.as_strategy(), typed=forms())
    def send(case: Case[Any], typed: dict[str, str]) -> None:
        if operation.method == "post":
            # Never a wrong password: after five of those nobody could sign in any more.
            case.body = {**typed, "csrf": csrf, "password": PASSWORD if csrf else ""}
        headers = {"Cookie": f"allpath={cookie}"} if cookie else {}
        answer = case.call(headers=headers, allow_redirects=False, timeout=40)
        look_at(answer, case)
        answers.append(answer)

    send()
    return answers


def forms() -> st.SearchStrategy[dict[str, str]]:
    """Forms in which most fields hold what people type, and some do not."""
    # No lone surrogates: no browser sends them.
    odd = st.sampled_from(WORDS) | st.text(st.characters(codec="utf-8"), max_size=40)
    fields = {}
    for name, known in FIELDS.items():
        good = st.sampled_from(known)
        fields[name] = st.one_of(good, good.map(str), good.map(str.strip), odd)
    return st.fixed_dictionaries(fields)


def look_at(answer: Response, case: Case[Any]) -> None:
    """No fault of ours, our headers, and no secret."""
    told = (case.method, case.formatted_path, case.query, case.body, answer.status_code)
    assert answer.status_code < 500, (told, answer.text[-2000:])
    for name, value in HEADERS.items():
        assert answer.headers.get(name.lower(), answer.headers.get(name, [""]))[0] == value, (told, name)
    assert PASSWORD not in answer.text
    assert "<script>alert" not in answer.text, told
    assert "Traceback" not in answer.text, told


async def kept(ward: Ward) -> tuple[int, int]:
    """How many entries and how many pathways the store has."""
    async with ward.store.reading() as session:
        events = (await session.execute(select(func.count()).select_from(EventRow))).scalar_one()
        pathways = (await session.execute(select(func.count()).select_from(PathwayRow))).scalar_one()
    return events, pathways
