"""Which reports of an adverse event speak of one and the same occurrence, and which occurrences were on when a drug was begun.

A report continues the one that it names. One that names none is an occurrence of its own, unless only one is open that it can
speak of: a lower grade eases that. Of two open ones nobody guesses which of them has eased, and neither has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from pathway.clock import local_day
from pathway.events import Event
from pathway.record import Record


@dataclass(slots=True)
class Occurrence:
    """The reports of one occurrence, in clinical order. `loose`: it was eased by a report that names no other."""

    reports: list[Event] = field(default_factory=list)
    grade: int = 0
    loose: bool = False

    def add(self, report: Event) -> None:
        """Take in a report."""
        self.loose = not report.target and bool(self.reports)
        self.reports.append(report)
        self.grade = grade_of(report)


def grade_of(report: Event) -> int:
    """The grade of a report; 0: resolved."""
    return int(report.value or 0)


def occurrences_of(record: Record, name: str) -> tuple[list[Occurrence], list[Event]]:
    """The occurrences of an adverse event by their beginning, and the reports that eased one of several without saying which."""
    found: dict[str, Occurrence] = {}
    origins: dict[str, str] = {}
    unsaid: list[Event] = []
    for report in record.adverse.get(name, ()):
        if report.value is None:
            continue
        if report.target:
            found.setdefault(_origin(record, report.id, origins), Occurrence()).add(report)
            continue
        grade, open_ = grade_of(report), [each for each in found.values() if each.grade]
        higher = [each for each in open_ if each.grade > grade]
        if len(open_) == 1 and (higher or open_[0].loose):
            open_[0].add(report)
            origins[report.id] = _first(open_[0])
        elif higher and not grade:
            unsaid.append(report)
        else:
            found.setdefault(report.id, Occurrence()).add(report)
    return list(found.values()), unsaid


def _first(occurrence: Occurrence) -> str:
    return occurrence.reports[0].id


def _origin(record: Record, report: str, origins: dict[str, str]) -> str:
    """The report with which an occurrence began; each step is gone once."""
    path: list[str] = []
    at = record.root.get(report, report)
    while at not in origins and at not in path:
        path.append(at)
        before = record.by_id.get(at)
        if before is None or not before.target:
            break
        at = record.root.get(before.target, before.target)
    first = origins.get(at, at)
    origins.update(dict.fromkeys(path, first))
    return first


def of_that_day(report: Event, start: datetime, tz: ZoneInfo) -> bool:
    """Whether an onset earlier on the day of a start may have come after it: it was reported afterwards, and of most reports the
    day is known and no hour."""
    return report.occurred < start < report.recorded and local_day(report.occurred, tz) == local_day(
        start, tz
    )


def begun_with(report: Event, starts: Sequence[datetime], tz: ZoneInfo) -> datetime | None:
    """The last of some starts, in order, that an onset follows; one later on its day counts. None: it lies before all of them."""
    return next((at for at in reversed(starts) if at <= report.occurred or of_that_day(report, at, tz)), None)


__all__ = ["Occurrence", "begun_with", "grade_of", "occurrences_of", "of_that_day"]
