"""Who is told of a change besides a role's address: each person who holds the role at the site, by each of their ways.

A notice to a person is a row of the outbox like any other, on a channel of its own (`way/ID`): so what waits and is no longer
true is superseded, and a retraction follows what was sent. When it is let out, their habits say.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, bindparam, false, select

from pathway.clock import at_hour
from store.schema import HabitRow, HoldingRow, OutboxRow, PathwayRow, PersonRow, WayRow, table_of
from store.settling import PENDING

WAY: Final = "way/"
"""How the channel of a person's way begins."""
OPERATIONS: Final = "operations"
UNOPENED_CRITICAL: Final = timedelta(hours=1)
UNOPENED: Final = timedelta(hours=24)
"""How long a notice to a person may stay unopened before operations are told. Our assumption: no trial text says so."""
CLIMBS: Final = frozenset({"decision", "deviation", "alert"})
"""The kinds of notices that ask somebody for something."""

_OUTBOX: Final = table_of(OutboxRow)
_PATHWAYS: Final = table_of(PathwayRow)
_WAYS: Final = table_of(WayRow)
_HOLDINGS: Final = table_of(HoldingRow)
_PEOPLE: Final = table_of(PersonRow)
_HABITS: Final = table_of(HabitRow)

_ZONE: Final = select(_PATHWAYS.c.zone).where(_PATHWAYS.c.pathway_id == bindparam("whose"))
_REACHED: Final = (
    select(
        _WAYS.c.way_id,
        _HOLDINGS.c.role,
        _HABITS.c.quiet_from,
        _HABITS.c.quiet_to,
        _HABITS.c.digest,
    )
    .select_from(
        _WAYS.join(_PEOPLE, and_(_PEOPLE.c.code == _WAYS.c.code, _PEOPLE.c.disabled == false()))
        .join(_HOLDINGS, _HOLDINGS.c.code == _WAYS.c.code)
        .outerjoin(_HABITS, _HABITS.c.code == _WAYS.c.code)
    )
    .where(
        _WAYS.c.removed.is_(None),
        _WAYS.c.bounced.is_(None),
        _HOLDINGS.c.role.in_(bindparam("roles", expanding=True)),
        _HOLDINGS.c.site.in_(bindparam("sites", expanding=True)),
    )
    .order_by(_WAYS.c.way_id)
)


@dataclass(frozen=True, slots=True)
class Habits:
    """When a person is told, by the clock of the site; None for always, and for each by itself."""

    quiet: tuple[time, time] | None = None
    digest: time | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """A way of a person who holds one of the roles: `roles`, in the order in which they were asked for."""

    way_id: int
    roles: tuple[str, ...]
    habits: Habits

    @property
    def channel(self) -> str:
        """The channel of its notices."""
        return f"{WAY}{self.way_id}"


def reached(connection: Connection, roles: Collection[str], site: str) -> list[Reached]:
    """The ways of everybody who holds one of the roles at the site, or everywhere. Nobody who is disabled."""
    rows = connection.execute(_REACHED, {"roles": sorted(roles), "sites": [site, "*"]}).all()
    held: dict[int, set[str]] = {}
    for row in rows:
        held.setdefault(row.way_id, set()).add(row.role)
    habits = {row.way_id: habits_of(row.quiet_from, row.quiet_to, row.digest) for row in rows}
    return [
        Reached(way, tuple(role for role in dict.fromkeys(roles) if role in its), habits[way])
        for way, its in held.items()
    ]


def habits_of(quiet_from: str | None, quiet_to: str | None, digest: str | None) -> Habits:
    """Habits as they are kept: `HH:MM`, or empty."""
    quiet = (
        (time.fromisoformat(quiet_from), time.fromisoformat(quiet_to)) if quiet_from and quiet_to else None
    )
    return Habits(quiet, time.fromisoformat(digest) if digest else None)


def zone_of(connection: Connection, pathway_id: str) -> ZoneInfo:
    """The time zone of the site of a pathway that the store has."""
    return ZoneInfo(connection.execute(_ZONE, {"whose": pathway_id}).scalar_one())


def let_out(now: datetime, zone: ZoneInfo, kind: str, severity: str, habits: Habits) -> tuple[datetime, bool]:
    """When a notice is let out (UTC), and whether with the others of the day. What is critical always at once.

    Minor is what is neither critical nor major and asks no decision.
    """
    if severity == "critical":
        return now, False
    if habits.digest is not None and severity != "major" and kind != "decision":
        return _next(now, zone, habits.digest), True
    if habits.quiet is not None and is_quiet(now.astimezone(zone).time(), *habits.quiet):
        return _next(now, zone, habits.quiet[1]), False
    return now, False


def is_quiet(clock: time, begins: time, ends: time) -> bool:
    """Whether the site's clock stands in the quiet hours, which may go over midnight. At `ends` they are over."""
    if begins < ends:
        return begins <= clock < ends
    return clock >= begins or clock < ends


def _next(now: datetime, zone: ZoneInfo, clock: time) -> datetime:
    """The next instant after `now` at which the site's clock shows that time; of an hour that comes twice either counts."""
    today = now.astimezone(zone).date()
    for day in (today, today + timedelta(days=1)):
        first = at_hour(day, clock.hour, zone, clock.minute)
        again = datetime.combine(day, clock.replace(fold=1), tzinfo=zone).astimezone(first.tzinfo)
        for at in sorted({first, again}):
            # A time that the clock skips is none on which it shows something else an hour before.
            if at > now and (at == first or at.astimezone(zone).time() == clock):
                return at
    raise AssertionError("every time of day comes by the end of tomorrow")


def climbs_at(told: datetime, kind: str, severity: str, role: str) -> datetime | None:
    """When operations are told of a notice that nobody has opened; None for what does not climb."""
    if kind not in CLIMBS or role == OPERATIONS:
        return None
    return told + patience(severity)


def patience(severity: str) -> timedelta:
    """How long a notice may stay unopened."""
    return UNOPENED_CRITICAL if severity == "critical" else UNOPENED


def waiting(now: datetime, planned: datetime | None = None) -> dict[str, Any]:
    """The columns of a notice that nobody has tried to send. `planned`: when it is let out, if that was chosen."""
    return {
        "created": now,
        "status": PENDING,
        "attempts": 0,
        "maybe_sent": False,
        "next_attempt_at": planned or now,
        "claimed_by": None,
        "claimed_until": None,
        "last_error": "",
        "sent_at": None,
        "planned_for": planned,
        "digest": False,
        "opened_at": None,
        "climb_at": None,
    }


def message_id(parts: Iterable[str]) -> str:
    """The id of a message, the same whenever it is made of the same parts: 32 hex digits."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
