"""What commands read from the store, and how they say that it runs behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from commands.errors import UsageError
from commands.known_trials import definition_of
from commands.screen import warn
from pathway.changes import Change
from pathway.events import Event

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from commands.options import Target
    from runtime.settings import Settings
    from store.engine import Store
    from store.queries import Pathway


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[AsyncSession]:
    """A session to read the store with. Raises `StoreAway`, also where there is no store yet."""
    from store.engine import Store, require

    require(settings.database_url)
    async with Store(settings.database_url) as store, store.reading() as session:
        yield session


@asynccontextmanager
async def opened(settings: Settings, *, made: bool = False) -> AsyncIterator[Store]:
    """The store, brought up to date. Raises `StoreAway` where there is none yet, unless it may be `made`."""
    from store.engine import Store, require, upgrade

    if not made:
        require(settings.database_url)
    await upgrade(settings.database_url)
    async with Store(settings.database_url) as store:
        yield store


async def stored_pathway(
    session: AsyncSession, where: Target, subject: str, trial: str | None
) -> Pathway | None:
    """The pathway of a subject as the store has it, in `trial` or the only one; None if it has none.

    Raises `UsageError` where the trial must be named.
    """
    from contracts.messages import pathway_id
    from store import queries

    rows = await queries.pathways(
        session,
        trial=definition_of(trial).name if trial else None,
        subject=subject,
        rehearsals=where.rehearsal,
        archived=True,
    )
    wanted = where.label or ""
    found = [
        row
        for row in rows
        if row.pathway_id == pathway_id(row.trial, row.subject, rehearsal=where.rehearsal, label=wanted)
    ]
    if len(found) > 1:
        trials = ", ".join(row.trial for row in found)
        raise UsageError(f"{subject} is in several trials; say which with --trial: {trials}")
    return found[0] if found else None


async def stored_events(settings: Settings, pathway_id: str) -> tuple[Event, ...]:
    """The events of a pathway that the store has, in their order. Raises `StoreAway`."""
    from store import queries

    async with reading(settings) as session:
        return await queries.events(session, pathway_id)


async def stored_timeline(settings: Settings, pathway_id: str) -> tuple[Change, ...]:
    """The timeline of a pathway, as far as the store has it. Raises `StoreAway`."""
    from store import queries

    async with reading(settings) as session:
        return await queries.timeline(session, pathway_id)


def tell_lag(newest: datetime | None, now: datetime) -> None:
    """Say how old the newest entry of the store is: the list comes from there and runs behind the pathways."""
    if newest is None:
        warn("this comes from the read model, which has no pathway yet; it runs a moment behind the pathways")
        return
    seconds = max(0, int((now - newest).total_seconds()))
    age = (
        f"{seconds} s"
        if seconds < 120
        else f"{seconds // 60} min"
        if seconds < 7200
        else f"{seconds // 3600} h"
    )
    warn(f"this comes from the read model, which runs a moment behind the pathways; newest entry {age} old")
