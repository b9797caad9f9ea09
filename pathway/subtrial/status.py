"""What is on record of the subtrial itself: how far it has come, whether it is stopped, and where it is activated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pathway.clock import at_hour, local_day
from pathway.events import Event
from pathway.record import Record
from pathway.subtrial.plan import Activation, Governor
from pathway.subtrial.slots import day_of

STEPS = ("PLANNED", "SUBMITTED", "APPROVED", "ACTIVATED")
TRIAL_ACTIONS = (
    "submitted",
    "approved",
    "activated",
    "deactivated",
    "suspended",
    "resumed",
    "halted_safety",
    "withdrawn",
    "closed",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """An entry of the activation matrix and the instant from which it counts; `place` orders entries of one day."""

    entry: Activation
    from_: datetime
    place: int


@dataclass(frozen=True, slots=True)
class Status:
    """The subtrial's own state. `step`: one of `STEPS`; `stop`: "" or SUSPENDED, HALTED_SAFETY, WITHDRAWN, CLOSED with the words
    of the event; `active`: some country or site is active now. `unapproved`: activated before an approval was on record."""

    step: str
    stop: str
    why: str
    active: bool
    cells: tuple[Cell, ...]
    unapproved: Event | None


def cells_of(governor: Governor, record: Record, places: dict[str, int]) -> tuple[Cell, ...]:
    """The activation matrix: every entry that counts on some day, the later recorded last."""
    tz = governor.site.tz
    found = []
    for name in ("activated", "deactivated"):
        for event in record.actions.get(name, ()):
            on = day_of(event.detail("from") or "")
            day = on or local_day(event.occurred, tz)
            from_ = at_hour(day, 0, tz) if on is not None else event.occurred
            entry = Activation(event.detail("country") or "", event.detail("site") or "", name, day, event.id)
            found.append(Cell(entry, from_, places.get(event.id, 0)))
    return tuple(sorted(found, key=lambda c: c.place))


def is_active(cells: tuple[Cell, ...], country: str, site: str, now: datetime) -> bool:
    """Whether patients of the site may enter at `now`.

    The entry that concerns the site, for itself or through its country, and came into force last counts (an assumption).
    """
    best: Cell | None = None
    for cell in cells:
        entry = cell.entry
        if cell.from_ > now or (entry.country and country and entry.country != country):
            continue
        concerns = entry.site == site if entry.site else bool(entry.country) and entry.country == country
        if concerns and (best is None or (cell.from_, cell.place) >= (best.from_, best.place)):
            best = cell
    return best is not None and best.entry.state == "activated"


def status_of(governor: Governor, record: Record, places: dict[str, int], now: datetime) -> Status:
    """The subtrial's own state at `now`."""
    subtrial = governor.subtrial
    actions = record.actions
    cells = cells_of(governor, record, places)
    started = [c for c in cells if c.from_ <= now and c.entry.state == "activated"]
    active = any(is_active(cells, c.entry.country, c.entry.site, now) for c in started)
    begins = (
        subtrial.begins
        if subtrial.begins in STEPS
        else "ACTIVATED"
        if subtrial.begins == "SUSPENDED"
        else "PLANNED"
    )
    step = STEPS.index(begins)
    for index, name in ((1, "submitted"), (2, "approved")):
        step = max(step, index) if actions.get(name) else step
    unapproved = None
    if started:
        if step < 2:
            unapproved = record.head(started[0].entry.event)
        step = 3
    if not subtrial.activation:
        step = max(step, 3)
    stop: str
    stop, why = (
        subtrial.begins if subtrial.begins in ("SUSPENDED", "HALTED_SAFETY", "WITHDRAWN", "CLOSED") else "",
        "",
    )
    pauses = [e for name in ("suspended", "halted_safety", "resumed") for e in actions.get(name, ())]
    for event in sorted(pauses, key=lambda e: places.get(e.id, 0)):
        if event.name == "resumed":
            stop, why = ("", "") if stop in ("SUSPENDED", "HALTED_SAFETY") else (stop, why)
        elif stop != "HALTED_SAFETY" or event.name == "halted_safety":
            stop, why = event.name.upper(), event.reason or event.detail("reason") or ""
    for name in ("closed", "withdrawn"):
        for event in actions.get(name, ()):
            stop, why = name.upper(), event.reason or event.detail("reason") or ""
    return Status(STEPS[step], stop, why, active or not subtrial.activation, cells, unapproved)
