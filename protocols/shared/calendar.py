"""Calendar conventions (ours, for the trial team to confirm), by the names that protocols use.

Months are calendar months clipped to the month's end and counted from the first date. Timers run in site-local time and are
stored as instants; the clocks of serious adverse events count absolute hours.
"""

from pathway.language import Fresh, Moment, Param, Passed, Reading


def on_day(first: str, day: int) -> Moment:
    """08:00 of a day; the first (day 1) is that of the anchor: day N is `first + N - 1`."""
    return Moment(first, days=day - 1)


def within_days_before(slot: Reading, days: int | Param, anchor: str) -> Fresh:
    """Sampled within so many days before the anchor, that day included."""
    return Fresh(slot, days, before=anchor)


def elapsed(anchor: str, days: int | Param) -> Passed:
    """At least so many days have elapsed: from the beginning of that day on."""
    return Passed(Moment(anchor, days=days, at="start"))


def month(anchor: str, months: int | Param) -> Moment:
    """08:00 so many calendar months after the anchor, clipped to the month's end, never chained."""
    return Moment(anchor, months=months)
