"""The ways by which a person is notified, when they are told, and what became of it.

Addresses are personal data: they are sealed before they reach the store, and no error or line of the audit trail holds one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final, Literal, Protocol

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.mail_address import read_address
from people import accounts, audit
from people.accounts import ADMINISTRATOR
from people.audit import Line
from people.errors import PeopleError
from store import climbing
from store.reaching import WAY, is_quiet
from store.schema import HabitRow, OutboxRow, WayRow
from store.settling import PENDING, SUPERSEDED

Channel = Literal["mail", "url"]
MOST: Final = 8
"""Ways of one person."""
LONGEST: Final = 1000
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
OFF: Final = "none"


class Seal(Protocol):
    """What seals an address for its owner, and opens it."""

    def seal(self, text: str, owner: str) -> str:
        """The text as it may be kept."""
        ...

    def open(self, sealed: str, owner: str) -> str:
        """The text."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """A way of a person. `shown`: enough of the address to know it again. `bounced`: since when it is refused for good (UTC)."""

    number: int
    channel: str
    shown: str
    added: datetime
    bounced: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Habits:
    """When a person is told, by the clock of the site: `22:00-07:00` and `07:30`; empty for none."""

    quiet: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice to a person and what became of it. Instants in UTC. `number`: the way; `error`: why not, or not yet."""

    created: datetime
    number: int
    kind: str
    id: str
    severity: str
    trial: str
    subject: str
    status: str
    planned: datetime | None
    sent: datetime | None
    opened: datetime | None
    error: str


def mail_address(text: str) -> str:
    """A mail address as it was given. Raises `PeopleError`, which does not repeat it."""
    try:
        return read_address(text.strip()[:LONGEST]).addr_spec
    except ValueError as error:
        raise PeopleError(f"this is no mail address: {error}") from None


def masked(channel: str, text: str) -> str:
    """Enough of an address to know it again: of a mail address its first letter and domain, of anything else its kind."""
    if channel == "mail":
        user, _, domain = text.rpartition("@")
        return f"{user[:1]}...@{domain}"
    return f"{text.partition('://')[0]}://..."


async def add(session: AsyncSession, seal: Seal, by: str, code: str, channel: Channel, text: str) -> int:
    """Add a way and return its number. `text`: an address that was checked. Raises `PeopleError`."""
    await known(session, code)
    kept = await _rows(session, code)
    if len(kept) >= MOST:
        raise PeopleError(f"{code} has {MOST} ways already; remove one first")
    if any(each.channel == channel and seal.open(each.sealed, code) == text for each in kept):
        raise PeopleError(f"{code} has this way already; see: allpath people notify {code}")
    counted = select(func.count()).select_from(WayRow).where(WayRow.code == code)
    number = (await session.execute(counted)).scalar_one() + 1
    row = {"code": code, "number": number, "channel": channel, "sealed": seal.seal(text, code)}
    await session.execute(
        insert(WayRow).values(**row, added=datetime.now(UTC), removed=None, bounced=None, why="")
    )
    await audit.append(session, Line(by, ADMINISTRATOR * (by != code), "", f"notify {channel}", code, "done"))
    return number


async def remove(session: AsyncSession, by: str, code: str, number: int) -> None:
    """Remove a way: its address is deleted, and what waits for it is not sent. Raises `PeopleError`."""
    await known(session, code)
    row = next((each for each in await _rows(session, code) if each.number == number), None)
    if row is None:
        raise PeopleError(f"{code} has no way {number}; see: allpath people notify {code}")
    gone = {"removed": datetime.now(UTC), "sealed": ""}
    await session.execute(update(WayRow).where(WayRow.way_id == row.way_id).values(**gone))
    waiting = (OutboxRow.channel == f"{WAY}{row.way_id}") & (OutboxRow.status == PENDING)
    await session.execute(update(OutboxRow).where(waiting).values(status=SUPERSEDED, climb_at=None))
    await audit.append(session, Line(by, ADMINISTRATOR * (by != code), "", "notify remove", code, "done"))


async def set_habits(
    session: AsyncSession, by: str, code: str, *, quiet: str | None = None, digest: str | None = None
) -> Habits:
    """Say when a person is told: `22:00-07:00` and `07:30`, `none` for no such hours; None leaves it. Raises `PeopleError`."""
    await known(session, code)
    now = await habits(session, code)
    new = Habits(
        now.quiet if quiet is None else quiet_hours(quiet), now.digest if digest is None else clock(digest)
    )
    begins, _, ends = new.quiet.partition("-")
    if new.quiet and new.digest:
        inside = is_quiet(
            time.fromisoformat(new.digest), time.fromisoformat(begins), time.fromisoformat(ends)
        )
        if inside:
            raise PeopleError(f"the digest at {new.digest} would come in the quiet hours {new.quiet}")
    await session.execute(delete(HabitRow).where(HabitRow.code == code))
    await session.execute(
        insert(HabitRow).values(code=code, quiet_from=begins, quiet_to=ends, digest=new.digest)
    )
    await audit.append(session, Line(by, ADMINISTRATOR * (by != code), "", "notify hours", code, "done"))
    return new


def quiet_hours(text: str) -> str:
    """`22:00-07:00`; empty for `none`. Raises `PeopleError`."""
    if text == OFF:
        return ""
    begins, _, ends = text.partition("-")
    if not _CLOCK.fullmatch(begins) or not _CLOCK.fullmatch(ends) or begins == ends:
        raise PeopleError(f"quiet hours {text[:40]!r}: accepted are two times such as 22:00-07:00, or none")
    return text


def clock(text: str) -> str:
    """`07:30`; empty for `none`. Raises `PeopleError`."""
    if text == OFF:
        return ""
    if not _CLOCK.fullmatch(text):
        raise PeopleError(f"digest {text[:40]!r}: accepted is a time of day such as 07:30, or none")
    return text


async def ways(session: AsyncSession, seal: Seal, code: str) -> list[Way]:
    """The ways of a person, by number. Raises what says that the key ring lacks a key."""
    return [
        Way(
            row.number,
            row.channel,
            masked(row.channel, seal.open(row.sealed, code)),
            row.added,
            row.bounced,
            row.why,
        )
        for row in await _rows(session, code)
    ]


async def habits(session: AsyncSession, code: str) -> Habits:
    """When a person is told."""
    found = await session.execute(select(HabitRow).where(HabitRow.code == code))
    row = found.scalar_one_or_none()
    if row is None:
        return Habits()
    return Habits(f"{row.quiet_from}-{row.quiet_to}" if row.quiet_from else "", row.digest)


async def address(session: AsyncSession, seal: Seal, way_id: int) -> tuple[str, str] | None:
    """Channel and address of a way, for who sends; None if it was removed."""
    row = await session.get(WayRow, way_id)
    if row is None or row.removed is not None:
        return None
    return row.channel, seal.open(row.sealed, row.code)


async def deliveries(session: AsyncSession, code: str, most: int = 20) -> list[Delivery]:
    """The latest notices to a person, newest first."""
    numbers = {
        f"{WAY}{row.way_id}": row.number
        for row in (await session.execute(select(WayRow).where(WayRow.code == code))).scalars()
    }
    if not numbers:
        return []
    query = select(OutboxRow).where(OutboxRow.channel.in_(sorted(numbers)))
    newest = query.order_by(OutboxRow.outbox_id.desc()).limit(most)
    return [
        Delivery(
            row.created,
            numbers[row.channel],
            row.kind,
            row.id,
            row.severity,
            row.trial,
            row.subject,
            row.status,
            row.planned_for,
            row.sent_at,
            row.opened_at,
            row.last_error,
        )
        for row in (await session.execute(newest)).scalars()
    ]


def fate(each: Delivery) -> str:
    """What became of a delivery, in words. Instants in UTC."""
    match each.status:
        case "sent":
            seen = f", opened {each.opened:%Y-%m-%d %H:%M}" if each.opened else ", not opened"
            return f"sent {each.sent:%Y-%m-%d %H:%M}{seen}{f' ({each.error})' if each.error else ''}"
        case "superseded":
            return "not sent: no longer so"
        case "bounced":
            return f"refused for good: {each.error}"
    if each.error:
        return f"not sent yet: {each.error}"
    return f"waits until {each.planned:%Y-%m-%d %H:%M}" if each.planned else "waits"


async def bounced(session: AsyncSession) -> list[tuple[str, int, str, datetime, str]]:
    """The ways that are refused for good: code, number, channel, since when (UTC), why."""
    query = select(WayRow).where(WayRow.removed.is_(None), WayRow.bounced.is_not(None))
    rows = (await session.execute(query.order_by(WayRow.code, WayRow.number))).scalars()
    return [(row.code, row.number, row.channel, row.bounced, row.why) for row in rows if row.bounced]


async def opened(session: AsyncSession, code: str, roles: Collection[str], pathway_id: str) -> None:
    """Note that a person looks at a patient: what they were sent is opened, and climbs no further."""
    connection = await session.connection()
    await connection.run_sync(climbing.opened, pathway_id, code, roles, datetime.now(UTC))


async def known(session: AsyncSession, code: str) -> None:
    """Raises `PeopleError` for a code that nobody has."""
    if await accounts.person(session, code) is None:
        raise PeopleError(f"nobody here has the code {code!r}; see: allpath people list")


async def _rows(session: AsyncSession, code: str) -> list[WayRow]:
    query = select(WayRow).where(WayRow.code == code, WayRow.removed.is_(None)).order_by(WayRow.number)
    return list((await session.execute(query)).scalars())
