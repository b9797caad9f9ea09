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
class Verdict:
    """What one reporter says of a patient: the value, the day of it, and the event with which it came on record."""

    value: str
    on: date
    event: str
    recorded: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """All that is on record of a patient now, corrections and voids applied.

    `request`: the id of the event with which the present request for a slot began, "" without one; `asked` and `place`: when
    it was recorded and as which event. `at`: the instant of the first dose, where more than its day is known. `dlt` and
    `response` are as they count: of contradictory verdicts (`dlts`, `responses`, in the order in which they were recorded) a
    DLT counts, else none, until all but one are corrected or voided. `starts`: the first doses that people have reported, with
    their level and day; there is but one.
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
    at: datetime | None = None
    dlts: tuple[Verdict, ...] = ()
    responses: tuple[Verdict, ...] = ()
    starts: tuple[Verdict, ...] = ()

    def began(self, since: date | None) -> date | None:
        """The local day of the first dose. A verdict given since a slot was held means that there was one, on that day at the
        latest."""
        if self.started is not None or since is None:
            return self.started
        found = [on for on in (self.dlt_on, self.response_on) if on is not None]
        return min((on for on in found if on >= since), default=None)


@dataclass(slots=True)
class SlotHolder:
    """A patient's place in the subtrial.

    `state`: "" (never had a slot), RESERVED, ENROLLED, EXPIRED, RELEASED, WITHDRAWN. `queued`: waits for a slot; (asked, place)
    is the place in the queue. `granted`: when the slot was given; `left`: when it was held no longer.
    `valid`: site-local days from and to which a
    slot was held, the last None while it is. `began`: the day of the first dose as it was counted. `irregular`: "" or the
    deviation with which the patient entered; `again`: when a second slot was asked for. `told`: what was noted last of the slot;
    `spoke`: the patient's wish has changed anew since a slot expired. `early`: the verdict says that there was no DLT, and the
    window is not over, or it speaks of a day before the first dose: it does not count.
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
    left: datetime | None = None
    until: datetime | None = None
    valid: tuple[date, date | None] | None = None
    began: date | None = None
    irregular: str = ""
    again: datetime | None = None
    verdict_at: datetime | None = None
    told: tuple[object, ...] = ()
    spoke: bool = False
    early: bool = False

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
    given: dict[str, dict[str, Verdict]] = {"dlt": {}, "response": {}}
    starts: list[Verdict] = []
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
            known = _standing(known, event, details, record, places)
            for name, verdicts in given.items():
                _take(verdicts, STANDING, details.get(name, ""), event, record, tz)
        elif event.name in PATIENT_ACTIONS:
            known = replace(
                known,
                site=details.get("site") or known.site,
                country=details.get("country") or known.country,
                **_reported(event, details, record, places, tz),
            )
            if event.name == "slot_taken_up":
                starts.append(_start(event, record, tz))
            if event.name in given:
                _take(given[event.name], root, details.get("value", ""), event, record, tz)
    dlts, responses = (_in_order(verdicts) for verdicts in given.values())
    dlt = _counts(dlts, "YES")
    return replace(
        known,
        dlt=dlt,
        # Who says the same again says it of the later day.
        dlt_on=max((v.on for v in dlts if v.value == dlt), default=dlts[-1].on if dlts else None),
        response=_counts(responses, ""),
        response_on=responses[-1].on if responses else None,
        dlts=dlts,
        responses=responses,
        starts=tuple(starts),
    )


def contradict(verdicts: tuple[Verdict, ...]) -> Verdict | None:
    """The first verdict that says something else than the one before it; None while all agree."""
    return next((v for v in verdicts if v.value != verdicts[0].value), None)


def _take(
    verdicts: dict[str, Verdict], source: str, text: str, event: Event, record: Record, tz: ZoneInfo
) -> None:
    """Note what a source says now. A pathway's message replaces its own last word, never that of somebody else."""
    value, before = _verdict(text), verdicts.get(source)
    if not value:
        verdicts.pop(source, None)
    elif before is None or before.value != value:
        newest = record.by_id[record.latest_of_chain(event.id) or event.id]
        verdicts[source] = Verdict(value, local_day(event.occurred, tz), newest.id, newest.recorded)


def _start(event: Event, record: Record, tz: ZoneInfo) -> Verdict:
    """A first dose as it was reported: the level, if it says one, and the day."""
    on, level = local_day(event.occurred, tz), event.detail("level")
    newest = record.by_id[record.latest_of_chain(event.id) or event.id]
    value = f"on level {level}, {on.isoformat()}" if level else on.isoformat()
    return Verdict(value, on, newest.id, newest.recorded)


def _in_order(verdicts: dict[str, Verdict]) -> tuple[Verdict, ...]:
    return tuple(sorted(verdicts.values(), key=lambda v: v.recorded))


def _counts(verdicts: tuple[Verdict, ...], cautious: str) -> str:
    """The verdict that counts; of contradictory ones the `cautious`, if anybody has given it."""
    values = {v.value for v in verdicts}
    if len(values) > 1:
        return cautious if cautious in values else ""
    return verdicts[-1].value if verdicts else ""


def _standing(
    known: Said,
    event: Event,
    details: dict[str, str],
    record: Record,
    places: dict[str, int],
) -> Said:
    """A pathway's message: a whole replacement of what was known; a request goes on while it is repeated."""
    said = Said(
        details.get("site", ""),
        details.get("country", ""),
        started=day_of(details.get("started", "")),
        level=known.level,
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
            level = details.get("level", "")
            return {"started": local_day(event.occurred, tz), "at": event.occurred, "level": level}
        case _:
            return {}


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
