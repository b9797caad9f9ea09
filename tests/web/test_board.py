"""The board of a subtrial: as its governor has it, and without the pseudonyms of other sites."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from client import pathways
from pathway.site import Site
from people.accounts import Person, held_from
from people.sign_in import SignedIn
from tests.web.conftest import Ward
from tests.workflows.conftest import until
from web.access import Viewer
from web.masking import Mask, in_plan, token_of

TRIAL, SUBTRIAL = "hem-ismart", "B"


@pytest.fixture(scope="module")
async def governed(ward: Ward) -> str:
    """The board's address, of a subtrial whose governor has been started."""
    client = await ward.client("OP1")
    start = pathways.new_subtrial_start(TRIAL, SUBTRIAL, Site("OFFICE"))
    handle = await pathways.start_subtrial(client, start, queue=ward.queue)
    assert (await pathways.plan(handle)).plan["id"] == SUBTRIAL
    await until(lambda: _stored(ward))
    return f"/subtrials/{TRIAL}/{SUBTRIAL}"


async def _stored(ward: Ward) -> bool:
    from store import queries

    async with ward.store.reading() as session:
        return any(row.subject == SUBTRIAL for row in await queries.pathways(session, kind="subtrial"))


def at_site(held: str) -> Viewer:
    """Somebody who holds a role."""
    now = datetime.now(UTC)
    return Viewer(
        SignedIn(Person("XX", (held_from(held),), disabled=False, since=now), "password", now), "", ""
    )


def _masked(plan: dict[str, Any], viewer: Viewer) -> dict[str, Any]:
    return Mask(in_plan(plan, viewer)).plan(plan)


async def test_the_board_shows_levels_and_what_entry_waits_for(ward: Ward, governed: str) -> None:
    async with ward.signed_in("SP1") as visitor:
        assert f"{TRIAL} {SUBTRIAL}" in (await visitor.get("/subtrials")).text
        text = (await visitor.get(governed)).text
        for words in ("Dose levels", "starting dose", "Nobody on the level yet", "Slots (0)", "Waiting (0)"):
            assert words in text


def test_a_patient_of_another_site_has_no_name_on_the_board() -> None:
    plan = {
        "slots": [
            {"subject": "X1", "site": "S01", "state": "ENROLLED"},
            {"subject": "X2", "site": "S02", "state": "ENROLLED"},
        ],
        "waiting": [{"subject": "X3", "site": "S02", "reason": "no slot"}],
    }
    seen = _masked(plan, at_site("coordinator@S01"))
    assert [each["subject"] for each in seen["slots"]] == ["X1", ""]
    assert seen["waiting"] == [{"subject": "", "site": "", "reason": "no slot"}]
    assert _masked(plan, at_site("sponsor")) == plan


def test_nor_in_a_notice_that_speaks_of_them() -> None:
    notice = {"key": "VERDICT-EARLY[subject=X-1]", "text": "X-1: no DLT, said too early; X-11 waits"}
    plan = {
        "slots": [{"subject": "X-1", "site": "S02"}, {"subject": "X-11", "site": "S01"}],
        "waiting": [],
        "deviations": [notice],
    }
    (shown,) = _masked(plan, at_site("coordinator@S01"))["deviations"]
    assert shown["text"] == "a patient of another site: no DLT, said too early; X-11 waits"
    assert "X-1]" not in shown["key"]
    assert shown["link"] == token_of(notice["key"])
    assert _masked(plan, at_site("meeting"))["deviations"] == [{**notice, "link": notice["key"]}]
