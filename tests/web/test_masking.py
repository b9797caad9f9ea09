"""Whom of a trial somebody may not see, and that nothing of theirs is left in what is of all sites."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from pathway.meeting.agenda import Entry
from pathway.subtrial.messages import FORMERLY
from store.engine import Store, upgrade
from tests.store.batches import event
from tests.store.test_meetings import put
from tests.web.test_board import at_site
from web.masking import ELSEWHERE, Mask, mask_for, token_of


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store of its own."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'masked.db'}"
    await upgrade(url)
    async with Store(url) as found:
        yield found


LINE = Entry(
    "safety", "safety|patient/t/P-2|a1", "patient/t/P-2", "P-2", "S02", "SEPSIS", "sepsis with a drain", "grade 4",
    due="2025-11-23", owner="clinician", reasons=("CTCAE", "after P-2 had vincristine"), source="a paper",
)  # fmt: skip


async def test_hidden_are_patients_of_other_sites_under_every_name_and_those_a_subtrial_alone_knows(
    store: Store,
) -> None:
    await put(store, "patient/t/P1", subject="P1", trial="t", site="S01")
    await put(store, "patient/t/P2", subject="P2", trial="t", site="S02", archived=True)
    told = [
        replace(
            event(1), kind="action", name="slot_asked", scope=(("subject", "X1"),), details=(("site", "S01"),)
        ),
        replace(
            event(2), kind="action", name="slot_asked", scope=(("subject", "X2"),), details=(("site", "S02"),)
        ),
        replace(event(3), kind="action", name="slot_asked", scope=(("subject", "X3"),), details=()),
        replace(event(4), kind="action", name="dlt", scope=(("subject", "X2"),), details=(("value", "NO"),)),
        replace(
            event(5),
            kind="action",
            name="standing",
            scope=(("subject", "P2"),),
            details=((FORMERLY, "OLD2"),),
        ),
    ]
    await put(
        store, "subtrial/t/D", subject="D", trial="t", site="OFFICE", kind="subtrial", events=tuple(told)
    )
    async with store.reading() as session:
        ours = await mask_for(session, at_site("coordinator@S01"), "t", rehearsals=False)
        theirs = await mask_for(session, at_site("clinician@S02"), "t", rehearsals=False)
        sponsor = await mask_for(session, at_site("sponsor"), "t", rehearsals=False)
        operations = await mask_for(session, at_site("operations"), "t", rehearsals=False)
    assert ours.names == {"P2", "X2", "X3", "OLD2"}
    assert theirs.names == {"P1", "X1", "X3"}
    assert sponsor.names == set()
    assert operations.names == {"P1", "P2", "X1", "X2", "X3", "OLD2"}


def test_of_a_hidden_patient_a_line_says_that_there_is_one_and_nothing_else() -> None:
    mask = Mask(frozenset({"P-2"}))
    line = mask.line(LINE)
    assert line["hidden"]
    for word in ("P-2", "S02", "sepsis", "grade", "vincristine", "2025", "patient/"):
        assert word not in str(line), word
    asked = mask.line(
        replace(LINE, section="decisions", what="ALLOCATION", decision="ALLOCATION", proposal="B")
    )
    assert (asked["what"], asked["proposal"]) == ("ALLOCATION", "")


def test_a_name_within_another_is_another_name() -> None:
    mask = Mask(frozenset({"P-2", "P-21"}))
    assert mask.of("P-2, P-21 and P-211") == f"{ELSEWHERE}, {ELSEWHERE} and P-211"
    assert mask.link("NOTICE[subject=P-2]") == token_of("NOTICE[subject=P-2]")
    assert mask.link("NOTICE[subject=P-3]") == "NOTICE[subject=P-3]"
