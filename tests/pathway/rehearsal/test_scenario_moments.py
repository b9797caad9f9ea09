"""Moments in the site's time: what can be written, and what happens where the clock jumps."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathway.moments import BadMoment, When, place, read_moment, site_instant

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(z) for z in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
]
D1 = date(2025, 2, 3)
E3 = datetime(2025, 3, 29, 1, 30, tzinfo=UTC)  # 02:30 in Berlin, the night before the clock is set forward


def base(when: When) -> date | datetime:
    return E3 if when.base == "named" else D1 if when.base == "study" else date(2025, 3, 10)


def local(text: str, zone: ZoneInfo = BERLIN) -> str:
    return place(read_moment(text), zone, base).astimezone(zone).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2025-02-03", "2025-02-03 09:00"),
        ("2025-02-03 08:05", "2025-02-03 08:05"),
        ("2025-02-03T08:05", "2025-02-03 08:05"),
        ("  2025-02-03   8:05 ", "2025-02-03 08:05"),
        ("D1", "2025-02-03 09:00"),
        ("D0", "2025-02-02 09:00"),
        ("D-1", "2025-02-01 09:00"),
        ("D33 10:00", "2025-03-07 10:00"),
        ("D200", "2025-08-21 09:00"),
        ("b1", "2025-03-10 09:00"),
        ("b15", "2025-03-24 09:00"),
        ("b29 00:00", "2025-04-07 00:00"),
        ("e3", "2025-03-29 02:30"),
        ("e3 + 4d", "2025-04-02 02:30"),
        ("e3+4d", "2025-04-02 02:30"),
        ("e3 - 2d", "2025-03-27 02:30"),
        ("e3 + 1w", "2025-04-05 02:30"),
        ("e3 - 1mo", "2025-02-28 02:30"),
        ("e3 + 4d 10:00", "2025-04-02 10:00"),
        ("D33 + 2d - 1h", "2025-03-09 08:00"),
        ("2025-01-31 + 1mo", "2025-02-28 09:00"),
        ("e3 + 90m", "2025-03-29 04:00"),
    ],
)
def test_a_moment_is_read_in_site_time(text: str, shown: str) -> None:
    assert local(text) == shown


def test_hours_pass_on_real_clocks_and_days_on_the_calendar() -> None:
    assert local("e3 + 25h") == "2025-03-30 04:30"  # one hour of that night does not exist
    assert local("2025-03-10 10:00 + 672h") == "2025-04-07 11:00"
    assert local("2025-03-10 10:00 + 28d") == "2025-04-07 10:00"


def test_a_time_that_the_clock_skips_is_an_error() -> None:
    for text in ("2025-03-30 02:30", "e3 + 1d", "D56 02:00"):
        with pytest.raises(BadMoment, match=r"2025-03-30 02:\d\d does not exist in Europe/Berlin"):
            local(text)


def test_a_time_that_comes_twice_is_its_first() -> None:
    assert place(read_moment("2025-10-26 02:30"), BERLIN, base) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert place(read_moment("2025-10-26 02:30 + 1h"), BERLIN, base) == datetime(
        2025, 10, 26, 1, 30, tzinfo=UTC
    )
    assert local("2025-10-26 02:30 + 1h") == "2025-10-26 02:30"


def test_an_event_in_the_second_of_two_hours_is_counted_from_there() -> None:
    second = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    assert place(read_moment("e3 + 30m"), BERLIN, lambda _: second) == datetime(2025, 10, 26, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a moment"),
        ("tomorrow!", "is not a moment"),
        ("2025-2-3", "is not a moment"),
        ("2025-02-03 09:00Z", "is not a moment"),
        ("2025-02-30", "not a day of the calendar"),
        ("2025-02-03 24:00", "not a time of day; accepted: 00:00 to 23:59"),
        ("1825-02-03", "between 1900 and 2200"),
        ("b0", "infusion days count from b1"),
        ("D99999", "too far away"),
        ("e3 + 4y", "unknown unit; accepted: m (minutes), h (hours)"),
        ("e3 + 9999999d", "too far away"),
        ("e3 + 6h 10:00", "does not go with"),
        ("D33 10:00 + 1d 11:00", "two times of day"),
        ("e3 4d", "is not a moment"),
    ],
)
def test_what_is_not_a_moment_says_what_would_be(text: str, said: str) -> None:
    with pytest.raises(BadMoment) as caught:
        local(text)
    assert said in str(caught.value)


def test_a_moment_beyond_the_calendar_is_an_error() -> None:
    with pytest.raises(BadMoment, match="beyond the calendar"):
        local("2200-01-01 + 999999w")


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    clock=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_every_local_time_is_one_instant_or_an_error(zone: ZoneInfo, day: date, clock: time) -> None:
    text = f"{day.isoformat()} {clock:%H:%M}"
    try:
        instant = place(read_moment(text), zone, base)
    except BadMoment:
        # It really is missing: no instant of that day shows it.
        midnight = datetime.combine(day, time(0), tzinfo=UTC) - timedelta(hours=15)
        shown = [(midnight + timedelta(minutes=m)).astimezone(zone) for m in range(60 * 54)]
        assert not any(s.date() == day and s.time().replace(fold=0) == clock for s in shown)
        return
    assert instant.astimezone(zone).strftime("%Y-%m-%d %H:%M") == text
    assert (instant - timedelta(hours=1)).astimezone(zone).strftime("%Y-%m-%d %H:%M") != text


@given(
    zone=st.sampled_from(ZONES),
    minute=st.integers(0, 21_000_000),
    n=st.integers(-900, 900),
)
def test_days_keep_the_clock_and_hours_keep_the_distance(zone: ZoneInfo, minute: int, n: int) -> None:
    begin = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    sign = "+" if n >= 0 else "-"
    assert place(read_moment(f"e3 {sign} {abs(n)}h"), zone, lambda _: begin) - begin == timedelta(hours=n)
    try:
        moved = place(read_moment(f"e3 {sign} {abs(n)}d"), zone, lambda _: begin).astimezone(zone)
    except BadMoment:
        return
    before = begin.astimezone(zone)
    assert (moved.date() - before.date()).days == n
    assert moved.time().replace(fold=0) == before.time().replace(fold=0)


def test_midnight_that_the_clock_skips_is_an_error_too() -> None:
    with pytest.raises(BadMoment, match="does not exist in America/Sao_Paulo"):
        site_instant(date(2018, 11, 4), time(0), ZoneInfo("America/Sao_Paulo"))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-10-26 02:30", "00:30"),
        ("2025-10-26 02:30+02:00", "00:30"),
        ("2025-10-26 02:30+01:00", "01:30"),
        ("2025-10-25 + 1d 02:30+01:00", "01:30"),
    ],
)
def test_an_hour_that_comes_twice_is_told_apart_by_how_far_it_is_ahead_of_utc(
    text: str, instant: str
) -> None:
    found = place(read_moment(text), ZoneInfo("Europe/Berlin"), lambda _: date(2025, 1, 1))
    assert f"{found:%Y-%m-%d %H:%M}" == f"2025-10-26 {instant}"


def test_an_offset_that_the_site_does_not_have_then_is_an_error() -> None:
    with pytest.raises(BadMoment, match=r"is \+2 or \+1 hours from UTC, not \+3"):
        place(read_moment("2025-10-26 02:30+03:00"), ZoneInfo("Europe/Berlin"), lambda _: date(2025, 1, 1))
