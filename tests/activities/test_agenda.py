"""Gathering an agenda: each patient in the right section, nothing lost between two meetings, nothing left out in silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.agenda import Agendas
from contracts.agenda import GatherRequest
from contracts.publish import PublishBatch
from pathway.engine.compiler import compile_protocol
from pathway.events import Event
from pathway.meeting.agenda import Agenda
from store.engine import Store
from tests.meeting_trial import TRIAL
from tests.store.telling import tell
from tests.workflows.conftest import registered

NOW = datetime(2025, 11, 5, 13, tzinfo=UTC)
HASH = compile_protocol(TRIAL).hash


@pytest.fixture(autouse=True)
def _trial() -> Iterator[None]:
    with registered(TRIAL):
        yield


def event(id: str, kind: Any, name: str, hours: float = -48, **fields: Any) -> Event:
    """Something that was recorded so many hours before the agenda is gathered."""
    at = NOW + timedelta(hours=hours)
    return Event(id, kind, at, fields.pop("occurred", at), "coordinator", name, **fields)


async def enrol(store: Store, subject: str, *events: Event, revision: int = 1, **fields: Any) -> None:
    given = {
        "pathway_id": f"pathway-meet-{subject}", "revision": revision, "subject": subject, "trial": "meet", "site": "S01",
        "zone": "Europe/Berlin", "protocol": "meet@1", "protocol_hash": HASH, "profile": {"simulation": False},
        "events": events,
    }  # fmt: skip
    await tell(store, PublishBatch(**{**given, **fields}), now=NOW)


async def gather(store: Store, week: str = "2025-W45", at: datetime = NOW, **fields: Any) -> Agenda:
    given = {
        "meeting_id": "meeting/meet",
        "trial": "meet",
        "week": week,
        "kind": "frozen",
        "edition": "e",
        "at": at,
    }
    activity = Agendas(store, clock=lambda: at)
    return (await ActivityEnvironment().run(activity.gather, GatherRequest(**{**given, **fields}))).agenda


def who(agenda: Agenda, section: str) -> list[str]:
    return [entry.subject for entry in agenda.of(section)]


LESION = event("l", "observation", "lesion", value="BOTH")
SEPSIS: dict[str, Any] = {"value": "4", "details": (("scale", "CTCAE"),)}


async def test_patients_stand_in_the_section_of_where_they_are(store: Store) -> None:
    await enrol(store, "P1", LESION)
    await enrol(store, "P2", LESION, event("f", "action", "first_dose", hours=-40))
    await enrol(
        store, "P3", event("f", "action", "first_dose", hours=-90), event("s", "action", "stopped", hours=-2)
    )
    await enrol(store, "P4", event("f", "action", "first_dose", hours=-24 * 40))
    await enrol(store, "P5", event("a", "adverse_event", "SEPSIS", **SEPSIS))
    agenda = await gather(store)
    assert who(agenda, "potential") == ["P1", "P5"]
    assert who(agenda, "enrolled") == ["P2", "P4"]
    assert who(agenda, "off") == ["P3"]
    assert who(agenda, "decisions") == ["P1", "P2"]
    assert who(agenda, "overdue") == ["P4"]
    assert [(e.what, e.state, e.reasons) for e in agenda.of("safety")] == [("SEPSIS", "grade 4", ("CTCAE",))]
    assert [(e.subject, e.what) for e in agenda.of("news")] == [
        ("P1", "LESION-KNOWN"),
        ("P2", "LESION-KNOWN"),
    ]
    (decision, _) = agenda.of("decisions")
    assert decision.reasons[0].startswith("rule: A3")


async def test_an_adverse_event_that_the_store_got_late_is_on_the_next_agenda(store: Store) -> None:
    """It was recorded before the last meeting, and reached the store after it: nothing falls between two agendas."""
    await enrol(store, "P1", LESION)
    last = NOW - timedelta(days=6)
    await gather(store, "2025-W44", last - timedelta(days=1))
    await gather(store, "2025-W44", last, kind="closing", edition="h")
    late = event("a", "adverse_event", "SEPSIS", hours=-24 * 6 - 5, **SEPSIS)
    await enrol(store, "P1", late, revision=2)
    agenda = await gather(store, since=last)
    assert who(agenda, "safety") == ["P1"]


async def test_what_a_meeting_has_seen_is_no_news_unless_it_has_changed(store: Store) -> None:
    await enrol(store, "P1", event("a", "adverse_event", "SEPSIS", hours=-24 * 8, **SEPSIS))
    last = NOW - timedelta(days=6)
    await gather(store, "2025-W44", last, kind="closing", edition="h")
    assert who(await gather(store, since=last), "safety") == []
    worse = event("c", "correction", "SEPSIS", target="a", value="5", details=(("scale", "CTCAE"),))
    await enrol(store, "P1", worse, revision=2)
    assert [e.state for e in (await gather(store, edition="f", since=last)).of("safety")] == ["grade 5"]


async def test_what_a_meeting_that_never_took_place_would_have_seen_is_still_news(store: Store) -> None:
    await enrol(store, "P1", event("a", "adverse_event", "SEPSIS", hours=-24 * 8, **SEPSIS))
    await gather(store, "2025-W44", NOW - timedelta(days=7))
    assert who(await gather(store), "safety") == ["P1"]


async def test_a_pathway_that_cannot_be_read_is_named(store: Store) -> None:
    await enrol(store, "P1", LESION, protocol="meet@7")
    await enrol(store, "P2", LESION, protocol_hash="other")
    await enrol(store, "P3", LESION)
    agenda = await gather(store)
    assert who(agenda, "decisions") == ["P3"]
    assert [text.partition(":")[0] for text in agenda.unread] == ["P1", "P2"]


async def test_asked_again_it_is_the_agenda_that_was_kept(store: Store) -> None:
    await enrol(store, "P1", LESION)
    first = await gather(store)
    await enrol(store, "P2", LESION)
    assert await gather(store) == first
    assert who(await gather(store, edition="another"), "decisions") == ["P1", "P2"]


async def test_an_agenda_that_waited_for_the_store_shows_how_things_stand_when_it_is_gathered(
    store: Store,
) -> None:
    await enrol(store, "P1", LESION)
    activity = Agendas(store, clock=lambda: NOW + timedelta(hours=5))
    request = GatherRequest(
        meeting_id="meeting/meet", trial="meet", week="2025-W45", kind="frozen", edition="e", at=NOW
    )
    assert (await activity.gather(request)).agenda.at == NOW + timedelta(hours=5)
    rehearsed = request.model_copy(update={"label": "red"})
    assert (await activity.gather(rehearsed.model_copy(update={"edition": "f"}))).agenda.at == NOW


async def test_a_store_that_is_away_is_tried_again(url: str) -> None:
    async with Store("sqlite+aiosqlite:////nowhere/allpath.db") as away:
        with pytest.raises(ApplicationError) as failed:
            await gather(away)
    assert failed.value.type == "StoreAway"
    assert not failed.value.non_retryable
