"""Seats: what is on record of each patient of a subtrial, and the slot that each one has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pathway.clock import local_day
from pathway.events import Event
from pathway.record import Record
from pathway.subtrial.messages import STANDING, SUBJECT

WANTS = ("nothing", "notice", "slot")
VERDICTS = ("YES", "NO", "INEVALUABLE")
PATIENT_ACTIONS = ("slot_asked", "slot_released", "slot_taken_up", "dlt", "response")
"""What people report of a patient whose pathway is elsewhere; a pathway sends its whole `standing`."""
HOLDING = ("RESERVED", "ENROLLED")


@dataclass(frozen=True, slots=True)
class Said:
    """All that is on record of a patient now, corrections and voids applied.

    `request`: the id of the event with which the present request for a slot began, "" without one; `asked` and `place`: when
    it was recorded and as which event.
    """

    site: str = ""
    country: str = ""
    wants: str = "nothing"
    request: str = ""
    asked: datetime | None = None
    place: int = 0
    started: date | None = None
    level: str = ""
    dlt: str = ""
    dlt_on: date | None = None
    response: str = ""
    response_on: date | None = None

    def began(self, since: date | None) -> date | None:
        """The local day of the first dose. A verdict given since a slot was held means that there was one, on that day at the
        latest."""
        if self.started is not None or since is None:
            return self.started
        found = [
            on
            for said, on in ((self.dlt, self.dlt_on), (self.response, self.response_on))
            if said and on is not None
        ]
        return min((on for on in found if on >= since), default=None)


@dataclass(slots=True)
class SlotHolder:
    """A patient's place in the subtrial.

    `state`: "" (never had a slot), RESERVED, ENROLLED, EXPIRED, RELEASED, WITHDRAWN. `queued`: waits for a slot; (asked, place)
    is the place in the queue. `granted`: when the slot was given. `valid`: site-local days from and to which a
    slot was held, the last None while it is. `began`: the day of the first dose as it was counted. `irregular`: "" or the
    deviation with which the patient entered; `again`: when a second slot was asked for. `told`: what was noted last of the slot;
    `spoke`: the patient's wish has changed anew since a slot expired.
    """

    subject: str
    said: Said
    state: str = ""
    since: datetime | None = None
    level: str = ""
    stage: str = ""
    queued: bool = False
    asked: datetime | None = None
    place: int = 0
    granted: datetime | None = None
    until: datetime | None = None
    valid: tuple[date, date | None] | None = None
    began: date | None = None
    irregular: str = ""
    again: datetime | None = None
    verdict_at: datetime | None = None
    told: tuple[object, ...] = ()
    spoke: bool = False

    @property
    def holds(self) -> bool:
        """Whether the patient has a slot."""
        return self.state in HOLDING


def subject_of(event: Event) -> str:
    """The patient that an event of a governor's record speaks of; "" for what concerns the trial."""
    return next((value for label, value in event.scope if label == SUBJECT), "")


def said_of(record: Record, roots: list[str], places: dict[str, int], tz: ZoneInfo) -> Said:
    """What is on record of a patient: the effective events of `roots`, in the order in which they were recorded."""
    known = Said()
    number = -1
    for root in roots:
        event = record.head(root)
        if event is None:
            continue
        details = dict(event.details)
        if event.name == STANDING:
            sent = details.get("number", "")
            if sent.isascii() and sent.isdigit():
                if int(sent) < number:
                    continue  # an older message that arrived late
                number = int(sent)
            known = _standing(known, event, details, record, places, tz)
        elif event.name in PATIENT_ACTIONS:
            known = replace(
                known,
                site=details.get("site") or known.site,
                country=details.get("country") or known.country,
                **_reported(event, details, record, places, tz),
            )
    return known


def _standing(
    known: Said,
    event: Event,
    details: dict[str, str],
    record: Record,
    places: dict[str, int],
    tz: ZoneInfo,
) -> Said:
    """A pathway's message: a whole replacement of what was known; a request goes on while it is repeated."""
    dlt, response = _verdict(details.get("dlt", "")), _verdict(details.get("response", ""))
    said = Said(
        details.get("site", ""),
        details.get("country", ""),
        started=day_of(details.get("started", "")),
        level=known.level,
        dlt=dlt,
        dlt_on=known.dlt_on if known.dlt == dlt else local_day(event.occurred, tz),
        response=response,
        response_on=known.response_on if known.response == response else local_day(event.occurred, tz),
    )
    wants = details.get("wants", "nothing")
    if wants != "slot":
        return replace(said, wants=wants if wants in WANTS else "nothing")
    if known.wants == "slot":
        return replace(said, wants="slot", request=known.request, asked=known.asked, place=known.place)
    return replace(said, **_asking(event, record, places))


def _reported(
    event: Event, details: dict[str, str], record: Record, places: dict[str, int], tz: ZoneInfo
) -> dict[str, Any]:
    match event.name:
        case "slot_asked":
            return _asking(event, record, places)
        case "slot_released":
            return {"wants": "nothing", "request": "", "asked": None}
        case "slot_taken_up":
            return {"started": local_day(event.occurred, tz), "level": details.get("level", "")}
        case "dlt":
            return {"dlt": _verdict(details.get("value", "")), "dlt_on": local_day(event.occurred, tz)}
        case _:
            return {
                "response": _verdict(details.get("value", "")),
                "response_on": local_day(event.occurred, tz),
            }


def _asking(event: Event, record: Record, places: dict[str, int]) -> dict[str, Any]:
    first = record.by_id[record.root[event.id]]
    return {"wants": "slot", "request": first.id, "asked": first.recorded, "place": places[first.id]}


def _verdict(text: str) -> str:
    return text if text in VERDICTS else ""


def day_of(text: str) -> date | None:
    """The ISO day of a detail, None if there is none (the door lets nothing else in)."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
