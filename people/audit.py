"""The audit trail: who did or read what, when, and how it came out. Append-only, each line bound to the one before.

A line holds codes and digests, no values and no names. What is cut off at the end shows only against a head that was kept
elsewhere: `verify` takes one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from store.schema import AuditRow, PersonRow

START: Final = "0" * 64
"""What the first line is bound to."""
_LOCK: Final = 0x61756474
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """What happened. `person`: a code; `about`: a workflow id or a code; `content`: a digest of what was shown or sent."""

    person: str
    role: str
    site: str
    act: str
    about: str
    outcome: str
    content: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A line as it is kept. `at` in UTC."""

    number: int
    at: datetime
    line: Line
    before: str
    digest: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The first line that is not as it was written, and why."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Verified:
    """How many lines hold, the digest of the last of them, and the first that does not."""

    lines: int
    head: str
    fault: Fault | None


async def append(session: AsyncSession, line: Line) -> None:
    """Add a line, in the transaction of what it tells of."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = (
        await session.execute(
            select(AuditRow.number, AuditRow.digest).order_by(AuditRow.number.desc()).limit(1)
        )
    ).first()
    number, before = (last.number + 1, last.digest) if last is not None else (1, START)
    at = datetime.now(UTC)
    await session.execute(
        insert(AuditRow).values(
            number=number, at=at, before=before, digest=_digest(number, at, line, before), **asdict(line)
        )
    )


async def lines(session: AsyncSession, after: int = 0) -> AsyncIterator[Kept]:
    """The lines in order, from the one after `after`."""
    while True:
        query = select(AuditRow).where(AuditRow.number > after).order_by(AuditRow.number).limit(_PAGE)
        rows = (await session.execute(query)).scalars().all()
        for row in rows:
            line = Line(row.person, row.role, row.site, row.act, row.about, row.outcome, row.content)
            yield Kept(row.number, row.at, line, row.before, row.digest)
            after = row.number
        if len(rows) < _PAGE:
            return


async def verify(session: AsyncSession, head: str = "") -> Verified:
    """Look at every line. `head`: a digest that was kept elsewhere, and must still be among them."""
    count, before, met = 0, START, not head
    async for kept in lines(session):
        if kept.number != count + 1:
            return Verified(count, before, Fault(count + 1, "is missing"))
        if kept.before != before:
            return Verified(count, before, Fault(kept.number, "does not follow from the line before"))
        if kept.digest != _digest(kept.number, kept.at, kept.line, kept.before):
            return Verified(count, before, Fault(kept.number, "has been changed"))
        count, before = kept.number, kept.digest
        met = met or kept.digest == head
    if not count and (await session.execute(select(PersonRow.code).limit(1))).first() is not None:
        return Verified(
            0, START, Fault(1, "is missing: there are people here, and each was added with a line")
        )
    if not met:
        return Verified(
            count, before, Fault(count + 1, "and what follows is missing: the head that was kept is not here")
        )
    return Verified(count, before, None)


def _digest(number: int, at: datetime, line: Line, before: str) -> str:
    whole = {
        "number": number,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        **asdict(line),
        "before": before,
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
