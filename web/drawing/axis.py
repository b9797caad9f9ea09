"""The one axis of a drawing: site-local days from left to right, with the days of the calendar and of the study on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pathway.changes import day_label
from pathway.clock import add_months, at_hour, close_of, local_day

LEFT: Final = 216.0
"""Where the plot begins: the names of the lanes stand left of it."""
RIGHT: Final = 1176.0
WIDTH: Final = 1200
STUDY_STEPS: Final = (1, 2, 7, 14, 28, 56, 84, 168, 364, 728, 1820)
DAY_STEPS: Final = (1, 2, 7, 14)
MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120)
ROOM_FOR_DAY: Final = 62.0
ROOM_FOR_DATE: Final = 84.0
ROOM_FOR_MONTH: Final = 60.0


@dataclass(frozen=True, slots=True)
class Axis:
    """The days from `first` to `last`, both whole, at the site. `day_one`: D1, None while it is not known."""

    first: date
    last: date
    tz: ZoneInfo
    day_one: date | None = None
    left: float = LEFT
    right: float = RIGHT

    @property
    def day_width(self) -> float:
        """How wide a day is."""
        return (self.right - self.left) / ((self.last - self.first).days + 1)

    def of_day(self, day: date) -> float:
        """Where a day begins; also of days that the axis does not show."""
        return self.left + (day - self.first).days * self.day_width

    def of(self, at: datetime) -> float:
        """Where an instant lies: its local day, and the part of that day that is over, also where the clocks are changed."""
        day = local_day(at, self.tz)
        begins, ends = at_hour(day, 0, self.tz), close_of(day, self.tz)
        return self.of_day(day) + (at.astimezone(UTC) - begins) / (ends - begins) * self.day_width

    def shows(self, begins: date, ends: date) -> bool:
        """Whether some of these days are on it."""
        return begins <= self.last and ends >= self.first

    def inside(self, x: float) -> float:
        """The nearest place in the plot."""
        return min(max(x, self.left), self.right)

    def label(self, day: date) -> str:
        """A day in words: of the calendar, and of the study where D1 is known."""
        return day_words(day, self.day_one)

    def study_days(self) -> Iterator[tuple[float, str]]:
        """Study days to stand at the axis, so far apart that they can be read; none while D1 is not known."""
        if self.day_one is None:
            return
        step = next((s for s in STUDY_STEPS if s * self.day_width >= ROOM_FOR_DAY), STUDY_STEPS[-1])
        day = self.first + timedelta(days=(self.day_one - self.first).days % step)
        while day <= self.last:
            yield self.of_day(day), day_label(day, self.day_one)
            day += timedelta(days=step)

    def dates(self) -> Iterator[tuple[float, str]]:
        """Days of the calendar to stand at the axis: days, Mondays or firsts of months."""
        for step in DAY_STEPS:
            if step * self.day_width >= ROOM_FOR_DATE:
                day = self.first + timedelta(days=-self.first.weekday() % 7 if step >= DAY_STEPS[2] else 0)
                while day <= self.last:
                    yield self.of_day(day), day.isoformat()
                    day += timedelta(days=step)
                return
        months = next((s for s in MONTH_STEPS if s * 30 * self.day_width >= ROOM_FOR_MONTH), MONTH_STEPS[-1])
        day = self.first.replace(day=1)
        while day < self.first or (day.month - 1) % min(months, 12):
            day = add_months(day, 1)
        while day <= self.last:
            yield self.of_day(day), f"{day:%Y-%m}"
            day = add_months(day, months)


def day_words(day: date, day_one: date | None) -> str:
    """`2025-03-07 (D33)`; without D1 only the day of the calendar."""
    study = day_label(day, day_one)
    return f"{day.isoformat()} ({study})" if study else day.isoformat()
