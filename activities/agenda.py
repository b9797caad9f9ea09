"""The activity that gathers the agenda of a coordinating meeting from the store, and keeps it there as it was shown."""

import asyncio
import json
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from contracts.agenda import Gathered, GatherRequest
from pathway.engine.context import Compiled
from pathway.errors import AllpathError
from pathway.language.profile import Profile, make_profile
from pathway.meeting.agenda import SECTIONS, Agenda, Entry
from pathway.meeting.agenda_patient import Chart, patient_entries
from pathway.meeting.agenda_subtrial import subtrial_entries
from pathway.record import Record
from pathway.site import Site
from pathway.subtrial.govern import Governor, govern
from protocols import compiled
from store.engine import Store
from store.errors import StoreError
from store.meetings import Read, keep, kept_one, of_trial, read_all, shown_before

OVERLAP: Final = timedelta(days=14)
"""How far back news is looked for: what the store got late, because it or a pathway was away, is news all the same. What
a meeting that was held has seen is left out by what it was shown, not by its date."""


def _now() -> datetime:
    return datetime.now(UTC)


class Agendas:
    """Gathers agendas from the store. Built once per worker process; `clock` is the store's own clock."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._clock = clock

    @activity.defn(name="gather_agenda")
    async def gather(self, request: GatherRequest) -> Gathered:
        """Gather the agenda and keep it for good. Asked again, the one that was kept is the answer.

        Fails with `StoreAway` (retried until the store is back).
        """
        try:
            async with self._store.reading() as session:
                known = await kept_one(
                    session, request.meeting_id, request.week, request.kind, request.edition
                )
                if known is not None:
                    return known
                if request.label is None:
                    # It may have waited for the store, and shows how things stand now.
                    request = request.model_copy(update={"at": max(request.at, self._clock())})
                read, shown = await _read(session, request)
            agenda = await asyncio.to_thread(agenda_of, request, read, shown)
            async with self._store.writing() as session:
                return await keep(session, request.meeting_id, agenda, self._clock())
        except StoreError as error:
            raise ApplicationError(str(error), type=type(error).__name__) from None


async def look(session: AsyncSession, request: GatherRequest) -> Agenda:
    """The agenda as it would be gathered now, which nobody keeps."""
    return agenda_of(request, *await _read(session, request))


async def _read(
    session: AsyncSession, request: GatherRequest
) -> tuple[tuple[Read, ...], Collection[tuple[str, str]]]:
    read = await read_all(session, await of_trial(session, request.trial, request.label))
    if request.since is None:
        return read, ()
    since = request.since - 2 * OVERLAP
    return read, await shown_before(session, request.meeting_id, request.week, since)


def agenda_of(
    request: GatherRequest, read: Sequence[Read], shown: Collection[tuple[str, str]] = ()
) -> Agenda:
    """The agenda of a trial from the events of its patients and governors: pure. Subtrials first, then patients by site.

    `shown`: (key, state) of what earlier meetings have seen, so that it is no news. What cannot be read is named in
    `unread`, never left out in silence.
    """
    entries: list[Entry] = []
    unread: list[str] = []
    for each in sorted(read, key=lambda r: (r.pathway.kind == "patient", r.pathway.site, r.pathway.subject)):
        try:
            entries += _entries(request, each)
        except AllpathError as error:
            unread.append(f"{each.pathway.subject}: {error}")
    entries = [entry for entry in entries if not entry.once or (entry.key, entry.state) not in shown]
    order = {section: n for n, (section, _) in enumerate(SECTIONS)}
    entries.sort(key=lambda entry: order[entry.section])
    return Agenda(
        request.trial,
        request.week,
        request.kind,
        request.edition,
        request.at,
        request.since,
        tuple(entries),
        tuple(unread),
    )


def _entries(request: GatherRequest, read: Read) -> tuple[Entry, ...]:
    """Raises AllpathError if this program does not have the text that a pathway is pinned to, or another one."""
    row = read.pathway
    text = compiled(row.protocol)
    if text.hash != row.protocol_hash:
        raise AllpathError(
            f"it is pinned to the text {row.protocol_hash[:12]} of {row.protocol}, and this program has {text.hash[:12]}"
        )
    profile, site, record = _profile(text, row.profile), Site(row.site, row.zone), Record.of(read.events)
    if row.kind == "subtrial":
        governor = Governor(text, row.subject, profile, site)
        return subtrial_entries(
            row.pathway_id, governor.subtrial, site.id, govern(governor, record, request.at)
        )
    since = None if request.since is None else request.since - OVERLAP
    chart = Chart(row.pathway_id, row.subject, text, profile, site, record, since)
    return patient_entries(chart, request.at)


def _profile(text: Compiled, stored: str) -> Profile:
    """The profile that a pathway was published with."""
    values: dict[str, Any] = json.loads(stored)
    simulation = bool(values.pop("simulation", False))
    placeholders = {key.key for key in text.protocol.profile if key.simulation}
    known = {
        key: "not set" if value is None else str(value)
        for key, value in values.items()
        if simulation or key not in placeholders
    }
    return make_profile(text.protocol, known, simulation)
