"""Due on a day on which the site is closed: the open day that its window has is named, and nothing is moved."""

from datetime import date

import pytest

from pathway.closed_days import closed_note

CHRISTMAS = ("2025-12-25", "2025-12-26", "SUN")


def day(number: int) -> date:
    return date(2025, 12, number)


@pytest.mark.parametrize(
    ("due", "window", "today", "said"),
    [
        (25, (23, 30), 20, "closed; last open day before it in the window: 2025-12-24"),
        (25, (25, 30), 20, "closed; next open day in the window: 2025-12-27"),
        (25, (23, 30), 25, "closed; next open day in the window: 2025-12-27"),
        (28, (26, 28), 20, "closed; last open day before it in the window: 2025-12-27"),
        (25, (25, 26), 20, "closed; no open day in the window"),
        (25, None, 20, "closed; no open day in the window"),
        (24, (23, 30), 20, ""),
        (25, (23, 30), 27, ""),
    ],
)
def test_the_open_day_of_the_window(due: int, window: tuple[int, int] | None, today: int, said: str) -> None:
    days = None if window is None else (day(window[0]), day(window[1]))
    assert closed_note(day(due), days, CHRISTMAS, day(today)) == said


def test_without_a_calendar_or_a_day_nothing_is_said() -> None:
    assert closed_note(day(25), None, (), day(20)) == ""
    assert closed_note(None, None, CHRISTMAS, day(20)) == ""
