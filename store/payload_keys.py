"""Which payload keys this house writes with. Only their ids are kept, which say nothing of the keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from store.schema import KeyRow


async def known_keys(session: AsyncSession) -> tuple[str, ...]:
    """The ids of the keys with which something was written, oldest first; none where no worker has started yet."""
    found = await session.execute(select(KeyRow.key_id).order_by(KeyRow.since, KeyRow.key_id))
    return tuple(found.scalars())


async def enter_key(session: AsyncSession, current: str, now: datetime) -> None:
    """From now (UTC) on something is written with this key."""
    if await session.get(KeyRow, current) is None:
        session.add(KeyRow(key_id=current, since=now))
