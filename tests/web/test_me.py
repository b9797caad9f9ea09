"""A person's own page: by which ways they are told and when, and what became of what they were told."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from people import accounts, ways
from people.accounts import held_from
from people.passwords import hashed
from runtime.keys import load_keys
from runtime.sealing import Sealer
from store.reaching import waiting
from store.schema import OutboxRow, TimelineRow, WayRow
from tests.web.conftest import PASSWORD, TRIAL, Ward
from tests.web.test_access import csrf_in
from tests.workflows.conftest import until


@pytest.fixture
async def code(ward: Ward) -> str:
    """A coordinator at S01 whom no other test knows."""
    made = f"ME-{secrets.token_hex(4)}"
    async with ward.store.writing() as session:
        await accounts.add(session, "ROOT", made, hashed(PASSWORD), [held_from("coordinator@S01")])
    return made


async def test_a_person_says_by_themselves_how_they_are_told(ward: Ward, code: str) -> None:
    async with ward.signed_in(code) as visitor:
        shown = (await visitor.get("/me")).text
        assert "None: you are told where your role has an address" in shown
        csrf = {"csrf": csrf_in(shown)}
        for fields in (
            {"act": "mail", "mail": "km@s01.org"},
            {"act": "hours", "quiet": "22:00-07:00", "digest": "07:30"},
        ):
            assert (await visitor.post("/me", data=csrf | fields)).status_code == 303
        shown = (await visitor.get("/me")).text
        assert "k...@s01.org" in shown
        assert "km@s01.org" not in shown
        assert 'value="22:00-07:00"' in shown
        assert 'value="07:30"' in shown
        refused = await visitor.post("/me", data=csrf | {"act": "hours", "quiet": "late"})
        assert refused.status_code == 422
        assert "22:00-07:00, or none" in refused.text
        assert (await visitor.post("/me", data=csrf | {"act": "remove", "number": "1"})).status_code == 303
        assert (
            await visitor.post("/me", data=csrf | {"act": "hours", "quiet": "", "digest": ""})
        ).status_code == 303
        shown = (await visitor.get("/me")).text
        assert "k...@s01.org" not in shown
        assert 'value="22:00-07:00"' not in shown


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"act": "mail", "mail": "no address"}, 422),
        ({"act": "mail", "mail": "a@b.org, c@d.org"}, 422),
        ({"act": "mail", "mail": "a@b.org\r\nBcc: c@d.org"}, 422),
        ({"act": "url", "mail": "json://127.0.0.1"}, 422),
        ({"act": "remove", "number": "9"}, 422),
        ({"act": "remove", "number": "x"}, 422),
        ({"act": "remove", "number": "\u0663"}, 422),
        ({"act": "hours", "digest": "25:00"}, 422),
        ({"act": "mail", "mail": "a@b.org", "csrf": "0" * 64}, 403),
        ({}, 422),
    ],
)
async def test_what_cannot_be_meant_changes_nothing(
    ward: Ward, code: str, fields: dict[str, str], status: int
) -> None:
    async with ward.signed_in(code) as visitor:
        csrf = {"csrf": csrf_in((await visitor.get("/me")).text)}
        answer = await visitor.post("/me", data=csrf | fields)
        assert answer.status_code == status
    async with ward.store.reading() as session:
        assert await ways.habits(session, code) == ways.Habits()
        assert await ways.ways(session, Sealer(load_keys(ward.settings.key_file)), code) == []


async def test_nobody_sees_how_another_person_is_told(ward: Ward, code: str) -> None:
    async with ward.signed_in(code) as visitor:
        csrf = {"csrf": csrf_in((await visitor.get("/me")).text)}
        await visitor.post("/me", data=csrf | {"act": "mail", "mail": "me@only-mine.org"})
    for other in ("OP1", "CO1", "AU1"):
        async with ward.signed_in(other) as visitor:
            shown = (await visitor.get(f"/me?code={code}")).text
            assert "only-mine" not in shown
            assert code not in shown.replace(f"/me?code={code}", "")


async def test_what_somebody_was_sent_is_opened_when_they_look_at_the_patient(ward: Ward, code: str) -> None:
    seal = Sealer(load_keys(ward.settings.key_file))
    async with ward.store.writing() as session:
        await ways.add(session, seal, "ROOT", code, "mail", "km@s01.org")
    child = await ward.enrolled()
    whose = f"patient/{TRIAL}/{child}"

    async def stored() -> bool:
        async with ward.store.reading() as session:
            found = select(TimelineRow.seq).where(TimelineRow.pathway_id == whose)
            return bool((await session.scalars(found)).all())

    await until(stored)
    now = datetime.now(UTC)
    async with ward.store.writing() as session:
        way = (await session.scalars(select(WayRow.way_id).where(WayRow.code == code))).one()
        about = {
            "subject": child,
            "trial": TRIAL,
            "site": "S01",
            "rehearsal": False,
            "kind": "alert",
            "id": "SENT-BEFORE",
        }
        what = {
            "key": "SENT-BEFORE",
            "state": "raised",
            "severity": "critical",
            "due": "",
            "message_id": secrets.token_hex(16),
        }
        to = {"pathway_id": whose, "seq": 1, "role": "coordinator", "channel": f"way/{way}"}
        sent = {"status": "sent", "sent_at": now, "climb_at": now}
        await session.execute(insert(OutboxRow).values(**about, **what, **to, **(waiting(now) | sent)))
    async with ward.signed_in(code) as visitor:
        shown = (await visitor.get("/me")).text
        assert "SENT-BEFORE" in shown
        assert child in shown
        assert ", not opened" in shown
        assert (await visitor.get(f"/patients/{TRIAL}/{child}")).status_code == 200
        line = next(each for each in (await visitor.get("/me")).text.splitlines() if "SENT-BEFORE" in each)
        assert ", opened" in line
    async with ward.store.reading() as session:
        row = (await session.scalars(select(OutboxRow).where(OutboxRow.id == "SENT-BEFORE"))).one()
    assert row.climb_at is None
