"""What commands read from the store, and how they say that it runs behind."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.screen import warn
from pathway.changes import Change
from pathway.events import Event

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from runtime.settings import Settings


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[AsyncSession]:
    """A session to read the store with. Raises `StoreAway`, also where there is no store yet."""
    from sqlalchemy.engine import make_url

    from store.engine import Store
    from store.errors import StoreAway

    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database and not _is_file(url.database):
        raise StoreAway(
            f"there is no store yet at {url.database}: a worker makes it (`allpath worker`). "
            "If patients are enrolled, ALLPATH_DATA_DIR or ALLPATH_DATABASE_URL points elsewhere"
        )
    async with Store(settings.database_url) as store, store.reading() as session:
        yield session


def _is_file(path: str) -> bool:
    return Path(path).is_file()


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


def pinned_profile(text: str) -> tuple[dict[str, str], bool]:
    """The profile that the store keeps with a pathway, as (values, simulation)."""
    values: dict[str, Any] = json.loads(text)
    simulation = bool(values.pop("simulation", False))
    return {key: "not set" if value is None else str(value) for key, value in values.items()}, simulation


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
