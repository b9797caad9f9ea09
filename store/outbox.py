"""The outbox: notices that wait to leave the house. Every function works in the caller's writing transaction.

A row is one notice to one role by one channel, or to one person by one of their ways. They are claimed by the handful, and what
came of them is noted by the handful, in the transaction that claims the next.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select, update

from store.climbing import bounced
from store.queries import kind_of
from store.reaching import WAY
from store.schema import OutboxRow, table_of
from store.settling import PENDING, SENDING, SENT, settle

CONSOLE: Final = "console"
MAIL: Final = "mail"
CHANNELS_OF_REHEARSALS: Final = (CONSOLE,)
"""A rehearsal never leaves the house, whatever is configured."""
HANDFUL: Final = 20
"""How many notices are claimed at once."""
AHEAD: Final = timedelta(minutes=10)
"""No failed attempt is ever repeated later than this. What stands further ahead was put there by a clock that is wrong."""
PLANNED_AHEAD: Final = timedelta(hours=26)
"""Nothing is planned further ahead by quiet hours or digest: a day, and an hour for a change of the clocks."""


class Notice(BaseModel):
    """A notice that its holder may send until the claim runs out.

    It holds nothing of the patient but the pseudonym. `message_id`: the same for every attempt, 32 hex
    digits. `due`, `key`, `state`: as in the change that it tells of. `claim`: by which `note` knows that it is still held.
    `attempt`: 1 for the first. `digest`: goes in one message with the others of the day.
    """

    model_config = ConfigDict(frozen=True)

    outbox_id: int
    message_id: str
    channel: str
    role: str
    subject: str
    trial: str
    site: str
    rehearsal: bool
    kind: str
    id: str
    severity: str
    due: str
    created: datetime
    attempt: int
    claim: str
    key: str = ""
    state: str = ""
    whose: str = "patient"
    """Whether it speaks of a patient, a subtrial or a meeting."""
    digest: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """It was sent; `remark` says who was not reached, if anybody."""

    notice: Notice
    at: datetime
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """It was not sent, or nobody knows (`maybe_sent`), and is to be tried again."""

    notice: Notice
    error: str
    retry_at: datetime
    maybe_sent: bool


@dataclass(frozen=True, slots=True)
class Returned:
    """Nobody has tried to send it: as if it had not been claimed."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class Bounced:
    """The address was refused for good. Operations are told by `channels`. `retry_at`: of a role's address."""

    notice: Notice
    error: str
    at: datetime
    retry_at: datetime
    channels: tuple[str, ...]


End = Sent | Failed | Returned | Bounced
"""What came of a notice that was claimed."""


@dataclass(frozen=True, slots=True)
class Handful:
    """What a turn brought: notices to send, how many expired claims were taken over, whose claims had run out (ids)."""

    notices: tuple[Notice, ...]
    released: int
    lost: tuple[int, ...]


_OUTBOX: Final = table_of(OutboxRow)
_EARLIER: Final = _OUTBOX.alias("earlier")
_FREE: Final = {"claimed_by": None, "claimed_until": None}
_WHICH: Final = _OUTBOX.c.outbox_id == bindparam("which")

_EXPIRED: Final = (
    select(_OUTBOX.c.outbox_id, _OUTBOX.c.pathway_id, _OUTBOX.c.key)
    .where(
        _OUTBOX.c.status == SENDING,
        or_(_OUTBOX.c.claimed_until <= bindparam("now"), _OUTBOX.c.claimed_until > bindparam("longest")),
    )
    .order_by(_OUTBOX.c.outbox_id)
    .with_for_update(skip_locked=True)
)
_RELEASE: Final = (
    update(_OUTBOX)
    .where(_WHICH)
    .values(
        status=PENDING,
        maybe_sent=True,
        next_attempt_at=bindparam("at"),
        last_error="the worker stopped between sending and reporting it",
        **_FREE,
    )
)
_TOO_FAR: Final = (
    update(_OUTBOX)
    .where(
        _OUTBOX.c.status == PENDING,
        _OUTBOX.c.next_attempt_at > bindparam("ahead"),
        or_(_OUTBOX.c.planned_for.is_(None), _OUTBOX.c.next_attempt_at > _OUTBOX.c.planned_for),
    )
    .values(next_attempt_at=bindparam("now"))
)
_PLANNED_TOO_FAR: Final = (
    update(_OUTBOX)
    .where(_OUTBOX.c.status == PENDING, _OUTBOX.c.next_attempt_at > bindparam("ahead"))
    .values(next_attempt_at=bindparam("now"))
)
_DUE: Final = (
    select(_OUTBOX)
    .where(
        _OUTBOX.c.status == PENDING,
        _OUTBOX.c.channel.in_(bindparam("channels", expanding=True)),
        _OUTBOX.c.next_attempt_at <= bindparam("now"),
        ~exists().where(
            _EARLIER.c.pathway_id == _OUTBOX.c.pathway_id,
            _EARLIER.c.key == _OUTBOX.c.key,
            or_(_EARLIER.c.role == _OUTBOX.c.role, _OUTBOX.c.channel.startswith(WAY)),
            _EARLIER.c.channel == _OUTBOX.c.channel,
            _EARLIER.c.status == SENDING,
        ),
    )
    .order_by(_OUTBOX.c.next_attempt_at, _OUTBOX.c.outbox_id)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True, of=_OUTBOX)
)
_CLAIM: Final = (
    update(_OUTBOX)
    .where(_WHICH)
    .values(
        status=SENDING,
        claimed_by=bindparam("by"),
        claimed_until=bindparam("until"),
        attempts=_OUTBOX.c.attempts + 1,
    )
)
_HELD: Final = (
    select(
        _OUTBOX.c.outbox_id, _OUTBOX.c.claimed_by, _OUTBOX.c.pathway_id, _OUTBOX.c.key, _OUTBOX.c.maybe_sent
    )
    .where(_OUTBOX.c.outbox_id.in_(bindparam("which", expanding=True)))
    .order_by(_OUTBOX.c.outbox_id)
    .with_for_update()
)
_SENT: Final = (
    update(_OUTBOX)
    .where(_WHICH)
    .values(status=SENT, sent_at=bindparam("at"), last_error=bindparam("remark"), **_FREE)
)
_FAILED: Final = (
    update(_OUTBOX)
    .where(_WHICH)
    .values(
        status=PENDING,
        next_attempt_at=bindparam("at"),
        last_error=bindparam("error"),
        maybe_sent=bindparam("unclear"),
        **_FREE,
    )
)
_RETURNED: Final = (
    update(_OUTBOX).where(_WHICH).values(status=PENDING, attempts=_OUTBOX.c.attempts - 1, **_FREE)
)
_DUE_WAYS: Final = (
    select(_OUTBOX.c.channel)
    .where(
        or_(
            and_(_OUTBOX.c.status == PENDING, _OUTBOX.c.next_attempt_at <= bindparam("now")),
            and_(_OUTBOX.c.status == SENDING, _OUTBOX.c.claimed_until <= bindparam("now")),
        ),
        _OUTBOX.c.channel.startswith(WAY),
    )
    .distinct()
    .order_by(_OUTBOX.c.channel)
)
_WAITING: Final = (
    select(func.count())
    .select_from(_OUTBOX)
    .where(_OUTBOX.c.status == PENDING, _OUTBOX.c.next_attempt_at > bindparam("now"))
)
_RETRY: Final = (
    update(_OUTBOX)
    .where(_OUTBOX.c.status == PENDING, _OUTBOX.c.next_attempt_at > bindparam("now"))
    .values(next_attempt_at=bindparam("now"))
)


def turn(
    connection: Connection,
    ends: Sequence[End],
    channels: Collection[str],
    by: str,
    now: datetime,
    lease: timedelta,
    at_most: int = HANDFUL,
) -> Handful:
    """Note what came of a handful, take over expired claims, and claim the next handful: all a drain needs, at once."""
    lost = note(connection, ends)
    released = release_expired(connection, now, lease)
    bound(connection, now)
    return Handful(claim(connection, channels, by, now, lease, at_most), released, lost)


def bound(connection: Connection, now: datetime) -> None:
    """Bring back what a clock that was wrong has put hours ahead. `now` is the store's own clock."""
    connection.execute(_TOO_FAR, {"now": now, "ahead": now + AHEAD})
    connection.execute(_PLANNED_TOO_FAR, {"now": now, "ahead": now + PLANNED_AHEAD})


def release_expired(connection: Connection, now: datetime, lease: timedelta = AHEAD) -> int:
    """Take back notices whose holder did not report in time, and return how many: they may have been sent or
    not. A claim that runs longer than any `lease` was made by a clock that is wrong.
    """
    longest = now + max(2 * lease, AHEAD)
    expired = connection.execute(_EXPIRED, {"now": now, "longest": longest}).all()
    if expired:
        connection.execute(_RELEASE, [{"which": row.outbox_id, "at": now} for row in expired])
        _settle(connection, {(row.pathway_id, row.key) for row in expired})
    return len(expired)


def claim(
    connection: Connection,
    channels: Collection[str],
    by: str,
    now: datetime,
    lease: timedelta,
    at_most: int = HANDFUL,
) -> tuple[Notice, ...]:
    """Claim those that have been due longest on these channels until `now + lease`, at most so many.

    A notice waits while an earlier one about the same thing is being sent, so that a retraction never arrives
    first.
    """
    if not channels:
        return ()
    wanted = {"channels": sorted(channels), "now": now, "at_most": at_most}
    claimed: dict[tuple[str, str, str, str], Any] = {}
    for row in connection.execute(_DUE, wanted):
        whose = "" if row.channel.startswith(WAY) else row.role
        claimed.setdefault((row.pathway_id, row.key, whose, row.channel), row)
    if not claimed:
        return ()
    until = now + lease
    connection.execute(
        _CLAIM, [{"which": row.outbox_id, "by": by, "until": until} for row in claimed.values()]
    )
    return tuple(
        Notice(
            outbox_id=row.outbox_id,
            message_id=row.message_id,
            channel=row.channel,
            role=row.role,
            subject=row.subject,
            trial=row.trial,
            site=row.site,
            rehearsal=row.rehearsal,
            kind=row.kind,
            id=row.id,
            severity=row.severity,
            due=row.due,
            created=row.created,
            attempt=row.attempts + 1,
            claim=by,
            key=row.key,
            state=row.state,
            whose=kind_of(row.pathway_id),
            digest=row.digest,
        )
        for row in claimed.values()
    )


def note(connection: Connection, ends: Sequence[End]) -> tuple[int, ...]:
    """Note what came of notices. Returns the ids of those whose claim had run out, of which nothing is noted.

    Of one that was sent all the same, another worker has sent or will send a duplicate.
    """
    if not ends:
        return ()
    found = connection.execute(_HELD, {"which": [end.notice.outbox_id for end in ends]})
    rows = {row.outbox_id: row for row in found}
    held, lost = [], []
    for end in ends:
        row = rows.get(end.notice.outbox_id)
        if row is not None and row.claimed_by == end.notice.claim:
            held.append((end, row))
        else:
            lost.append(end.notice.outbox_id)
    given_up = {
        row.outbox_id
        for end, row in held
        if isinstance(end, Bounced) and bounced(connection, row.outbox_id, end.error, end.at, end.channels)
    }
    sent = [
        {"which": row.outbox_id, "at": end.at, "remark": end.remark}
        for end, row in held
        if isinstance(end, Sent)
    ]
    failed = [
        {
            "which": row.outbox_id,
            "at": end.retry_at,
            "error": end.error,
            "unclear": row.maybe_sent or (isinstance(end, Failed) and end.maybe_sent),
        }
        for end, row in held
        if isinstance(end, Failed | Bounced) and row.outbox_id not in given_up
    ]
    returned = [{"which": row.outbox_id} for end, row in held if isinstance(end, Returned)]
    for statement, values in ((_SENT, sent), (_FAILED, failed), (_RETURNED, returned)):
        if values:
            connection.execute(statement, values)
    _settle(connection, {(row.pathway_id, row.key) for end, row in held if not isinstance(end, Sent)})
    return tuple(lost)


def due_ways(connection: Connection, now: datetime) -> tuple[str, ...]:
    """The channels of people on which something is due, or was claimed by somebody who did not report."""
    return tuple(connection.execute(_DUE_WAYS, {"now": now}).scalars())


def retry_now(connection: Connection, now: datetime) -> int:
    """Make every waiting notice due at once, after the cause has been mended; return how many."""
    waiting = connection.execute(_WAITING, {"now": now}).scalar_one()
    connection.execute(_RETRY, {"now": now})
    return waiting


def _settle(connection: Connection, about: Collection[tuple[str, str]]) -> None:
    keys: dict[str, set[str]] = {}
    for pathway_id, key in sorted(about):
        keys.setdefault(pathway_id, set()).add(key)
    for pathway_id, its in keys.items():
        settle(connection, pathway_id, its)
