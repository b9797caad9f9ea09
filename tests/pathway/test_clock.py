"""Calendar arithmetic where clocks change and months end."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathway.clock import add_months, at_hour, close_of, local_day, same_clock
from pathway.site import zone
from tests.pathway.toy import berlin

BERLIN = zone("Europe/Berlin")
ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
)
DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))


def test_672_hours_across_the_change_to_summer_time_end_an_hour_later_by_the_clock() -> None:
    end = berlin("2025-03-10T10:00") + timedelta(hours=672)
    assert end.astimezone(BERLIN).isoformat() == "2025-04-07T11:00:00+02:00"


def test_28_local_days_keep_the_hour_of_the_clock() -> None:
    start = berlin("2025-03-10T10:00")
    assert same_clock(start, date(2025, 4, 7), BERLIN) == berlin("2025-04-07T10:00")


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2025-08-31", 6, "2026-02-28"),
        ("2025-03-31", -1, "2025-02-28"),
        ("2025-01-15", -1, "2024-12-15"),
        ("2025-12-15", 1, "2026-01-15"),
        ("2025-01-15", 6, "2025-07-15"),
        ("2025-05-05", 0, "2025-05-05"),
    ],
)
def test_months_are_calendar_months_clipped_to_the_end_of_the_month(
    day: str, months: int, result: str
) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(result)


def test_an_hour_that_spring_skips_is_taken_at_the_offset_before() -> None:
    assert at_hour(date(2025, 3, 30), 2, BERLIN, 30) == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)


def test_an_hour_that_autumn_repeats_is_its_first() -> None:
    assert at_hour(date(2025, 10, 26), 2, BERLIN, 30) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [("2025-03-30", 23), ("2025-10-26", 25), ("2025-06-01", 24)])
def test_a_local_day_is_as_long_as_its_clock_says(day: str, hours: int) -> None:
    first = date.fromisoformat(day)
    assert close_of(first, BERLIN) - at_hour(first, 0, BERLIN) == timedelta(hours=hours)


def test_a_sample_taken_late_in_the_evening_belongs_to_the_local_day() -> None:
    assert local_day(datetime(2025, 3, 7, 23, 30, tzinfo=UTC), BERLIN) == date(2025, 3, 8)


@given(DAYS, ZONES)
def test_the_instant_before_the_close_is_still_that_day_and_the_close_is_the_next(
    day: date, name: str
) -> None:
    tz = zone(name)
    close = close_of(day, tz)
    assert local_day(close, tz) >= day + timedelta(days=1)
    assert local_day(close - timedelta(microseconds=1), tz) <= day


@given(DAYS, st.integers(-600, 600))
def test_adding_months_moves_the_month_by_that_many_and_never_past_its_end(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day


@given(DAYS, ZONES, st.integers(0, 23))
def test_the_clock_shows_the_hour_asked_for_or_an_hour_more_where_the_day_skips_it(
    day: date, name: str, hour: int
) -> None:
    tz = zone(name)
    if name == "Pacific/Apia" and day == date(2011, 12, 30):
        return  # a day that did not exist there
    local = at_hour(day, hour, tz).astimezone(tz)
    assert (local.date(), local.hour) in ((day, hour), (day, hour + 1))
