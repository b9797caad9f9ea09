"""The axis: whole local days, in order of time also where the clocks are changed; labels that cover nothing."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.drawing.axis import Axis
from web.drawing.shapes import fitted, stairs, width_of

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "America/Santiago"]
)
INSTANTS = st.integers(
    int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2034, 1, 1, tzinfo=UTC).timestamp())
).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def axis(first: str, last: str, day_one: str | None = None, zone: str = "Europe/Berlin") -> Axis:
    one = date.fromisoformat(day_one) if day_one else None
    return Axis(date.fromisoformat(first), date.fromisoformat(last), ZoneInfo(zone), one)


@given(ZONES, INSTANTS, INSTANTS)
def test_what_comes_later_never_stands_further_left(zone: str, one: datetime, other: datetime) -> None:
    made = axis("2020-01-01", "2033-12-31", zone=zone)
    earlier, later = sorted((one, other))
    assert made.of(earlier) <= made.of(later) + 1e-9


@given(ZONES, INSTANTS)
def test_an_instant_stands_within_its_local_day(zone: str, at: datetime) -> None:
    made = axis("2019-12-01", "2034-12-31", zone=zone)
    day = at.astimezone(ZoneInfo(zone)).date()
    assert made.of_day(day) - 1e-9 <= made.of(at) <= made.of_day(day + timedelta(days=1)) + 1e-9


def test_the_hour_that_comes_twice_in_autumn_is_told_apart() -> None:
    made = axis("2025-10-26", "2025-10-26")
    first, second = datetime(2025, 10, 26, 0, 30, tzinfo=UTC), datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    assert first.astimezone(BERLIN).hour == second.astimezone(BERLIN).hour == 2
    assert made.of(first) < made.of(second)


@given(st.integers(0, 6000), st.integers(0, 400))
def test_ticks_are_on_the_axis_and_far_enough_apart_to_be_read(days: int, before: int) -> None:
    first = date(2024, 5, 17)
    made = Axis(first, first + timedelta(days=days), BERLIN, first + timedelta(days=before))
    for ticks in ([*made.study_days()], [*made.dates()]):
        assert all(made.left <= x <= made.right for x, _ in ticks)
        assert all(b - a >= width_of(text) for (a, text), (b, _) in pairwise(ticks))


def test_study_days_are_counted_from_day_one_and_none_while_it_is_not_known() -> None:
    assert "D1" in [text for _, text in axis("2025-02-01", "2025-03-30", "2025-02-03").study_days()]
    assert [*axis("2025-02-01", "2025-03-30").study_days()] == []
    assert axis("2025-02-01", "2025-03-30", "2025-02-03").label(date(2025, 2, 10)) == "2025-02-10 (D8)"
    assert axis("2025-02-01", "2025-03-30").label(date(2025, 2, 10)) == "2025-02-10"


@given(st.lists(st.tuples(st.floats(0, 900), st.floats(10, 200)), max_size=25), st.integers(1, 9))
def test_no_label_covers_another_or_the_line_that_leads_to_one(
    places: list[tuple[float, float]], most: int
) -> None:
    ordered = sorted(places)
    lines = stairs(ordered, most)
    shown = [(x, width, line) for (x, width), line in zip(ordered, lines, strict=True) if line is not None]
    assert all(line < most for *_, line in shown)
    for i, (x, width, line) in enumerate(shown):
        for later, _, its in shown[i + 1 :]:
            assert later >= x + width or line > its


@pytest.mark.parametrize("room", [0.0, 15.0, 60.0, 1000.0])
def test_words_that_do_not_fit_are_cut_and_say_so(room: float) -> None:
    text = "POST BLINA1 DECISION"
    cut = fitted(text, room)
    assert cut in ("", text) or cut.endswith("\u2026")
    assert not cut or width_of(cut) <= max(room, 0) + 1
