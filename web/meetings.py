"""A coordinating meeting as its pages show it: the agenda of a week, what was decided, what is late.

Without the patients whom the viewer may not see (`web.masking`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

import protocols
from client.minutes import Minutes, Stored, live_agenda, minutes_of, stored_meetings
from pathway.errors import ProtocolError, UnknownName
from pathway.meeting.agenda import SECTIONS, Agenda, Entry
from pathway.meeting.calendar import Week, monday_of
from pathway.plan_json import item_json, obligation_json
from store.queries import kind_of
from web.addresses import address_of
from web.forms import BadForm, NotHere
from web.governors import mask_of, note_look
from web.masking import Mask
from web.visit import Visit

TAKES_DECISIONS: Final = ("frozen", "due", "overdue", "held")
"""States of a meeting in which decisions are taken: its agenda is out, or it was held."""


@dataclass(frozen=True, slots=True)
class Convened:
    """The meeting of one week, for a page. `sections`: (id, title, lines) of the agenda; `late`: lines that came later."""

    stored: Stored
    minutes: Minutes
    mask: Mask
    agenda: Agenda | None
    sections: tuple[tuple[str, str, list[dict[str, Any]]], ...]
    late: list[dict[str, Any]]
    taken: list[dict[str, Any]]
    unread: list[str]
    notices: list[dict[str, Any]]
    tasks: list[dict[str, Any]]

    @property
    def week(self) -> Week:
        """The week."""
        return self.minutes.week

    @property
    def zone(self) -> str:
        """The time zone of the office."""
        return self.stored.meeting.office.zone

    @property
    def cut_off(self) -> Any:
        """The instant from which the agenda is frozen."""
        return self.week.at - timedelta(hours=self.stored.meeting.cut_off_hours)

    @property
    def is_on(self) -> bool:
        """Whether decisions are taken in it."""
        return self.week.state in TAKES_DECISIONS

    @property
    def notes(self) -> list[dict[str, Any]]:
        """What was minuted. Of a note on a hidden patient: that there is one."""
        return [
            {**self.mask.of(asdict(note)), **({"text": ""} if self.mask.hides(note.subject) else {})}
            for note in self.week.notes
        ]


def checked_week(typed: str) -> str | None:
    """A week as it stands in an address or form; None for the next one. Raises `BadForm`."""
    label = typed.strip().upper()
    if not label:
        return None
    try:
        monday_of(label)
    except ValueError:
        raise BadForm(f"{typed[:20]!r} is not a week; accepted: an ISO week such as 2025-W45") from None
    return label


async def stored_one(visit: Visit) -> Stored:
    """The meeting of a visit, from the store. Raises `NotHere`."""
    async with visit.house.store.reading() as session:
        found = await stored_meetings(session, visit.house.demo or None, visit.row.trial)
    if not found:
        raise NotHere
    return found[0]


async def convened(visit: Visit, typed_week: str, note: str, *, live: bool = False) -> Convened:
    """The meeting of a week as the store has it; that it was looked at is in the audit trail before.

    Raises `BadForm`, `UnknownName`.
    """
    label = checked_week(typed_week)
    await note_look(visit.house, visit.viewer, visit.row, note)
    mask = await mask_of(visit.house, visit.viewer, visit.row.trial)
    stored = await stored_one(visit)
    week = stored.week(label)
    async with visit.house.store.reading() as session:
        minutes = await minutes_of(session, stored, week, _title(visit.row.trial))
        agenda = await live_agenda(session, stored, week) if live else minutes.agenda
    taken = [_taken(each, mask) for each in minutes.taken]
    answered = {
        (t.subject, t.decision): shown for t, shown in zip(minutes.taken, taken, strict=True) if not t.voided
    }

    def line(entry: Entry, how: str = "") -> dict[str, Any]:
        shown = mask.line(entry)
        kind = kind_of(entry.pathway_id) if shown["subject"] else ""
        shown["address"] = address_of(kind, visit.row.trial, entry.subject) if kind else ""
        shown["answer"] = _answer_address(visit, entry, week) if kind and entry.decision else ""
        shown["taken"] = answered.get((entry.subject, entry.decision)) if entry.decision else None
        return {**shown, "how": how}

    sections = tuple(
        (section, title, [line(entry) for entry in agenda.of(section)]) for section, title in SECTIONS
    ) if agenda is not None else ()  # fmt: skip
    late = minutes.late
    mark = f"[week={week.week}"
    plan = stored.whole.plan
    return Convened(
        stored, minutes, mask, agenda, sections,
        [*(line(each, "new") for each in late.added), *(line(each, "changed") for each in late.changed)],
        taken,
        [mask.of(each) for each in (agenda.unread if agenda is not None else ())],
        [{**mask.of(obligation_json(a)), "link": mask.link(a.key)} for a in plan.alerts if mark in a.key],
        [mask.of(item_json(i)) for i in plan.items if mark in i.key and i.state in ("due", "late")],
    )  # fmt: skip


def _answer_address(visit: Visit, entry: Entry, week: Week) -> str:
    who, key = quote(entry.subject, safe=""), quote(entry.decision, safe="")
    return f"{visit.address}/decisions/{who}/{key}?week={week.week}"


def _taken(each: Any, mask: Mask) -> dict[str, Any]:
    """A decision that was taken. Of a patient whom the viewer may not see: that there was one, when and by whom."""
    if mask.hides(each.subject):
        return {
            "subject": "", "site": "", "decision": each.decision.partition("[")[0], "option": "", "proposal": "", "reason": "",
            "override": False, "role": each.role, "person": each.person, "at": each.at, "voided": each.voided, "event": "",
        }  # fmt: skip
    return mask.of(asdict(each)) | {"at": each.at}  # type: ignore[no-any-return]


def _title(trial: str) -> str:
    try:
        return protocols.find(trial).title
    except (UnknownName, ProtocolError):
        return trial
