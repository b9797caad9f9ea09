"""A patient as the store has them, for when the pathway itself does not answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from commands.errors import UsageError
from commands.known_trials import trial_named, trial_names
from commands.options import Target
from commands.patient.stored_view import Stored
from commands.reading import utc_now
from commands.screen import warn
from commands.session import PatientSession, check_renamed, opened
from commands.store_reading import reading
from pathway.errors import AllpathError, ProtocolError, UnknownName
from pathway.site import Site
from pathway.words import instant

if TYPE_CHECKING:
    from pathway.changes import Change
    from pathway.engine.context import Evaluation
    from store.queries import Pathway

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FromStore:
    """A patient from the store. `evaluation`: of now, on the stored events; None where this program has not the pinned text,
    which `stored.why` says. `timeline`: as far as the store has it."""

    stored: Stored
    evaluation: Evaluation | None
    timeline: tuple[Change, ...]


async def asked_or_stored(
    where: Target, subject: str, trial: str | None, ask: Callable[[PatientSession], Awaitable[T]]
) -> T | FromStore:
    """What the pathway answers to `ask`; what the store has where it does not answer, which is then told.

    Raises what `opened` raises, and `StoreAway` where the store cannot tell either.
    """
    from client.pathways import NoAnswer, PathwayStalled, UnknownPathway
    from runtime.errors import ServerUnreachable
    from store.errors import StoreAway

    try:
        async with opened(where, subject, trial) as pathway:
            return await ask(pathway)
    except (ServerUnreachable, NoAnswer, PathwayStalled) as away:
        try:
            found = await from_store(where, subject, trial)
        except StoreAway as both:
            raise StoreAway(f"{_tried(away)}\nNor can the store be read: {both}") from None
        except UnknownPathway as unknown:
            # The server may know more; so this is no answer yet, and not the caller's mistake.
            raise StoreAway(f"{_tried(away)}\nAnd {unknown}") from None
        warn(_tried(away))
        return found
    except (UnknownName, ProtocolError) as unknown_trial:
        if trial is None or trial_named(trial)[1] is None:
            raise
        # A trial that this program does not know may be mistyped, or its file is gone: the store tells.
        try:
            found = await from_store(where, subject, trial)
        except (StoreAway, UnknownPathway):
            raise unknown_trial from None
        return found


async def from_store(where: Target, subject: str, trial: str | None) -> FromStore:
    """What the store has of a patient, with an evaluation of now if this program has the pinned text.

    Raises `StoreAway`, `UnknownPathway`, and `UsageError` where the trial must be named.
    """
    from client.pathways import UnknownPathway
    from client.stored import computed, pinned_text
    from runtime.settings import load_settings
    from store import queries

    name = trial_named(trial)[0] if trial else None
    async with reading(load_settings()) as session:
        rows = await queries.pathways(
            session, trial=name, subject=subject, rehearsals=where.rehearsal, archived=True
        )
        rows = tuple(row for row in rows if row.rehearsal == where.rehearsal and _has_label(row, where))
        if not rows:
            await check_renamed(load_settings(), where, subject, [name] if name else trial_names())
            raise UnknownPathway(
                f"the store has no pathway of {subject}; what it does not have yet it cannot show"
            )
        if len(rows) > 1:
            raise UsageError(
                f"{subject} is in several trials; say which with --trial: {', '.join(r.trial for r in rows)}"
            )
        row = rows[0]
        compiled, why = pinned_text(row)
        stored = Stored(
            row,
            await queries.items(session, row.pathway_id),
            await queries.obligations(session, row.pathway_id),
            await queries.decisions(session, row.pathway_id),
            why,
        )
        timeline = await queries.timeline(session, row.pathway_id)
        if compiled is None:
            return FromStore(stored, None, timeline)
        events = await queries.events(session, row.pathway_id)
    now = datetime.fromisoformat(timeline[-1].at) if row.rehearsal and timeline else utc_now()
    return FromStore(stored, computed(row, compiled, events, now), timeline)


def tell_computed(found: FromStore) -> None:
    """Say that what follows is computed here, and how old the events are."""
    row = found.stored.row
    warn(
        f"so this plan is computed from the events in the store, which has {row.subject} as of "
        f"{instant(row.stored, Site(row.site, row.zone).tz)} (site time); what came later is missing here, and safe there"
    )


def as_stored(found: FromStore) -> str:
    """That what is shown was not answered by the workflow, and as of when the store has it."""
    row = found.stored.row
    told = f"not answered by the workflow, as stored at {instant(row.stored, Site(row.site, row.zone).tz)} (site time)"
    return f"{told}: {found.stored.why}" if found.stored.why else told


def _tried(away: AllpathError) -> str:
    """Why the pathway could not be asked, with the address at which it was tried."""
    from runtime.settings import load_settings

    address = load_settings().temporal_address
    return str(away) if address in str(away) else f"{away} (the server at {address})"


def _has_label(row: Pathway, where_: Target) -> bool:
    from contracts.messages import pathway_id

    return not where_.label or row.pathway_id == pathway_id(
        row.trial, row.subject, rehearsal=True, label=where_.label
    )
