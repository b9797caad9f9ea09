"""A patient who moves: past days stay in the old zone, coming ones are in the new, and no instant lies in two days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathway.clock import at_hour, close_of, local_day
from pathway.moved_zone import MovedZone, moved_zone
from pathway.plan import Plan
from pathway.refusal import Refused
from pathway.site import Site
from tests.pathway.toy import Life, berlin, infused, item

BERLIN, SYDNEY = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Sydney")
BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
DAY = date(2025, 3, 14)
LATER = "2025-03-12T10:00"


def zone_of(first: ZoneInfo, then: ZoneInfo) -> MovedZone:
    return moved_zone(((BEGINNING, first), (at_hour(DAY, 0, then), then)))


@pytest.mark.parametrize(("first", "then"), [(BERLIN, SYDNEY), (SYDNEY, BERLIN)])
def test_before_the_move_days_are_those_of_the_old_zone_and_after_it_those_of_the_new(
    first: ZoneInfo, then: ZoneInfo
) -> None:
    tz, moved = zone_of(first, then), at_hour(DAY, 0, then)
    for hours in (-2000, -30, -1):
        at = moved + timedelta(hours=hours)
        assert local_day(at, tz) == local_day(at, first)
    for hours in (0, 1, 30, 2000):
        at = moved + timedelta(hours=hours)
        assert local_day(at, tz) == local_day(at, then)


@pytest.mark.parametrize(("first", "then"), [(BERLIN, SYDNEY), (SYDNEY, BERLIN)])
@given(minutes=st.integers(-40_000, 40_000))
def test_days_never_go_back(first: ZoneInfo, then: ZoneInfo, minutes: int) -> None:
    tz, at = zone_of(first, then), at_hour(DAY, 0, then) + timedelta(minutes=minutes)
    assert local_day(at, tz) <= local_day(at + timedelta(minutes=1), tz)


@pytest.mark.parametrize(("first", "then"), [(BERLIN, SYDNEY), (SYDNEY, BERLIN)])
def test_the_first_day_at_the_new_site_begins_when_the_transfer_counts(
    first: ZoneInfo, then: ZoneInfo
) -> None:
    tz = zone_of(first, then)
    assert at_hour(DAY, 0, tz) == close_of(DAY - timedelta(days=1), tz) == at_hour(DAY, 0, then)
    assert at_hour(DAY + timedelta(days=9), 8, tz) == at_hour(DAY + timedelta(days=9), 8, then)
    assert at_hour(DAY - timedelta(days=9), 8, tz) == at_hour(DAY - timedelta(days=9), 8, first)


def test_the_clocks_of_both_zones_change_as_they_do() -> None:
    tz = zone_of(BERLIN, SYDNEY)
    assert at_hour(date(2025, 7, 1), 9, tz) == at_hour(date(2025, 7, 1), 9, SYDNEY)
    assert at_hour(date(2024, 7, 1), 9, tz) == at_hour(date(2024, 7, 1), 9, BERLIN)
    assert "Europe/Berlin, then Australia/Sydney" in tz.key


def moved(life: Life, site: str = "S02", **details: str) -> Life:
    said = {"from": "2025-03-14", "zone": "Australia/Sydney", "country": "AU"} | details
    life.submit("transfer", LATER, site, role="coordinator", reason="the family moves", details=said, id="t1")
    return life


def place(life: Life, at: str) -> tuple[str, str, str]:
    site = life.evaluation(at).site
    return site.id, site.zone, site.country


def test_the_patient_is_at_the_old_site_until_the_day_and_at_the_new_one_from_then_on() -> None:
    life = moved(infused())
    assert place(life, "2025-03-13T13:00") == ("S01", "Europe/Berlin", "DE")
    # The day begins in Sydney at 14:00 in Berlin; the plan says so, so that a timer can be set.
    assert place(life, "2025-03-13T14:00") == ("S02", "Australia/Sydney", "AU")
    plan = life.plan(LATER)
    assert plan.next_at is not None
    assert plan.next_at <= berlin("2025-03-13T14:00")


def test_what_happened_before_keeps_its_day_and_what_is_due_after_is_due_by_the_new_clock() -> None:
    stayed, gone = infused(), moved(infused())
    at = "2025-03-20T10:00"

    def anchors(plan: Plan) -> dict[str, date]:
        return {name: day for name, day, actual in plan.anchors if actual}

    assert anchors(gone.plan(at)) == anchors(stayed.plan(at))
    windows = {
        each.key: each.late_from
        for each in stayed.plan(at).items
        if each.late_from is not None and each.window is not None and each.due_at is None
    }
    key, late = next((k, v) for k, v in windows.items() if v > berlin("2025-03-16T00:00"))
    there = item(gone.plan(at), key)
    assert there is not None
    assert there.window is not None
    assert there.late_from == close_of(there.window[1], SYDNEY) != late


def test_a_transfer_that_is_voided_never_happened() -> None:
    life = moved(infused())
    life.void(LATER, "t1")
    assert place(life, "2025-03-20T10:00") == ("S01", "Europe/Berlin", "DE")
    assert life.evaluation("2025-03-20T10:00").site == Site("S01")


def test_a_second_transfer_goes_on_from_the_first() -> None:
    life = moved(infused())
    life.submit(
        "transfer",
        "2025-04-01T10:00",
        "S03",
        role="coordinator",
        reason="further",
        details={"from": "2025-04-10"},
    )
    assert place(life, "2025-04-11T10:00") == ("S03", "Australia/Sydney", "AU")
    assert place(life, "2025-04-02T10:00") == ("S02", "Australia/Sydney", "AU")
    zones = life.evaluation("2025-04-11T10:00").site.zones
    assert [name for _, name in zones] == ["Europe/Berlin", "Australia/Sydney", "Australia/Sydney"]


def test_who_knows_the_present_site_alone_finds_the_past_in_the_record() -> None:
    life = moved(infused())
    before = life.plan("2025-03-20T10:00")
    life.site = Site("S02", "Australia/Sydney", "AU")
    assert life.plan("2025-03-20T10:00") == before


@pytest.mark.parametrize(
    ("site", "details", "code"),
    [
        ("S 02", {}, "malformed"),
        ("S02", {"zone": "Mars/Olympus"}, "unknown_detail"),
        ("S02", {"country": "Australia"}, "malformed"),
        ("S02", {"from": "soon"}, "malformed"),
        ("S02", {"from": "1200-01-01"}, "impossible"),
        ("S02", {"ward": "3"}, "unknown_detail"),
        ("S01", {"zone": "Europe/Berlin", "country": "DE"}, "not_waiting"),
    ],
)
def test_a_transfer_that_cannot_be_meant_is_refused(site: str, details: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        moved(infused(), site, **details)
    assert refused.value.code == code


def test_a_transfer_sent_again_is_on_record_already() -> None:
    life = moved(infused())
    count = len(life.record.events)
    moved(life)
    assert len(life.record.events) == count
