"""The agenda of a coordinating meeting as the store has what goes into it: gathered by an activity, and looked at by people."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from client.stored import profile_of
from contracts.agenda import GatherRequest
from pathway.errors import AllpathError
from pathway.meeting.agenda import SECTIONS, Agenda, Entry
from pathway.meeting.agenda_patient import Chart, patient_entries
from pathway.meeting.agenda_subtrial import subtrial_entries
from pathway.meeting.sources import source_words, with_sources
from pathway.record import Record
from pathway.site import Site
from pathway.subtrial.govern import Governor, govern
from protocols import compiled
from store.meetings import Read, of_trial, read_all, shown_before

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

OVERLAP: Final = timedelta(days=14)
"""How far back news is looked for: what the store got late, because it or a pathway was away, is news all the same. What
a meeting that was held has seen is left out by what it was shown, not by its date."""


async def look(session: AsyncSession, request: GatherRequest) -> Agenda:
    """The agenda as it would be gathered now, which nobody keeps."""
    read, shown = await read_for(session, request)
    return await asyncio.to_thread(agenda_of, request, read, shown)


async def read_for(
    session: AsyncSession, request: GatherRequest
) -> tuple[tuple[Read, ...], Collection[tuple[str, str]]]:
    """What an agenda is made of: everything of the trial, and what earlier meetings have seen."""
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
    profile, site, record = profile_of(row, text), Site(row.site, row.zone), Record.of(read.events)
    if row.kind == "subtrial":
        governor = Governor(text, row.subject, profile, site)
        whole = govern(governor, record, request.at)
        entries = subtrial_entries(row.pathway_id, governor.subtrial, site.id, whole)
        own = {key: source_words(text, told.source) for key, told in whole.told.items()}
        entries = tuple(replace(each, source=own.get(each.decision, "")) for each in entries)
        return with_sources(text, entries)
    since = None if request.since is None else request.since - OVERLAP
    chart = Chart(row.pathway_id, row.subject, text, profile, site, record, since)
    return with_sources(text, patient_entries(chart, request.at))
