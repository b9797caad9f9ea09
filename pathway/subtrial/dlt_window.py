"""The DLT window of a patient: nobody can say before its end that there was no DLT; that there was one counts at once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pathway.clock import close_of
from pathway.subtrial.plan import Governor
from pathway.subtrial.slots import Said, SlotHolder


def window_of(governor: Governor, seat: SlotHolder) -> tuple[date, date] | None:
    """First and last local day of a patient's DLT window; None outside phase I, before the first dose, or without a length."""
    phase = governor.subtrial.phase_one
    if phase is None or seat.stage != "PHASE1" or seat.said.started is None:
        return None
    days = governor.number(phase.window_days)
    return None if days is None else (seat.said.started, seat.said.started + timedelta(days=days - 1))


def before_first_dose(said: Said) -> bool:
    """Whether the verdict speaks of a day before the first dose."""
    return said.started is not None and said.dlt_on is not None and said.dlt_on < said.started


def early(governor: Governor, seat: SlotHolder, time: datetime) -> bool:
    """Whether it has been said that there was no DLT, and that does not count: not yet, or of that day never. What was said
    before the last day of the window says nothing of its end, however long that is past: it must be said again."""
    end = window_end(governor, seat)
    return seat.said.dlt == "NO" and end is not None and (time < end or too_early(governor, seat))


def too_early(governor: Governor, seat: SlotHolder) -> bool:
    """Whether the verdict is of a day before the last one of the window."""
    window, on = window_of(governor, seat), seat.said.dlt_on
    return window is not None and on is not None and on < window[1]


def window_end(governor: Governor, seat: SlotHolder) -> datetime | None:
    """When a patient's DLT window is over; None without one."""
    window = window_of(governor, seat)
    return close_of(window[1], governor.site.tz) if window is not None else None
