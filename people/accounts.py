"""People and the roles that they hold at sites. Everything is a change of one transaction, with its line in the audit trail."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.statement import HOUSE
from pathway.language import ROLES
from people import audit
from people.audit import Line
from people.errors import PeopleError
from store.schema import HoldingRow, PersonRow, SignInRow

EVERYWHERE: Final = "*"
"""The site of a role that is held at all of them."""
ALL_ROLES: Final = (*ROLES, "auditor")
"""The roles that can be held: those of the protocols, and the one that only reads."""
ADMINISTRATOR: Final = "operations"
"""The role that says who may do what, where it is held everywhere."""
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,31}")
_SITE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}|\*")


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """A role at a site; `*` is every site."""

    role: str
    site: str = EVERYWHERE

    def __str__(self) -> str:
        return self.role if self.site == EVERYWHERE else f"{self.role}@{self.site}"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in, by a code that is no name."""

    code: str
    held: tuple[Held, ...]
    disabled: bool
    since: datetime

    @property
    def is_administrator(self) -> bool:
        """Whether the person says who may do what."""
        return Held(ADMINISTRATOR) in self.held


def held_from(text: str) -> Held:
    """`clinician@S01`, or `clinician` for every site. Raises `PeopleError`."""
    role, _, site = text.partition("@")
    if role not in ALL_ROLES:
        raise PeopleError(
            f"role {role!r} is not known; accepted: {', '.join(ALL_ROLES)}, each with @SITE or for all sites"
        )
    if ("@" in text and not site) or not _SITE.fullmatch(site or EVERYWHERE):
        raise PeopleError(f"{text!r}: a site is a code such as S01, after the @")
    return Held(role, site or EVERYWHERE)


def check_code(code: str) -> str:
    """A code as it was typed. Raises `PeopleError` for anything else."""
    if not _CODE.fullmatch(code) or code.lower() == HOUSE:
        raise PeopleError(
            f"{code!r} is no code of a person: 2 to 32 letters, digits and dashes, such as KM or staff-12; no name"
        )
    return code


async def nobody_yet(session: AsyncSession) -> bool:
    """Whether the house has no people."""
    return not (await session.execute(select(func.count()).select_from(PersonRow))).scalar_one()


async def person(session: AsyncSession, code: str) -> Person | None:
    """One person."""
    return next(iter(await _found(session, code)), None)


async def people(session: AsyncSession) -> list[Person]:
    """Everybody, by code."""
    return await _found(session, None)


async def add(session: AsyncSession, by: str, code: str, password: str, held: Iterable[Held]) -> None:
    """Add a person. `password`: its hash. Raises `PeopleError` if the code is taken: codes are never used again."""
    if await person(session, check_code(code)) is not None:
        raise PeopleError(f"{code} is taken; a code is never given to somebody else")
    await session.execute(
        insert(PersonRow).values(
            code=code,
            password=password,
            disabled=False,
            failures=0,
            failing_since=None,
            since=datetime.now(UTC),
        )
    )
    await audit.append(session, Line(by, ADMINISTRATOR, "", "people add", code, "done"))
    for each in sorted(set(held)):
        await give(session, by, code, each)


async def give(session: AsyncSession, by: str, code: str, held: Held) -> None:
    """Let a person hold a role. Raises `PeopleError`."""
    if held in (await _known(session, code)).held:
        return
    await session.execute(insert(HoldingRow).values(code=code, role=held.role, site=held.site))
    await audit.append(session, Line(by, ADMINISTRATOR, held.site, f"give {held.role}", code, "done"))


async def take(session: AsyncSession, by: str, code: str, held: Held) -> None:
    """Let a person hold a role no longer. Raises `PeopleError`, also for the last administrator."""
    known = await _known(session, code)
    if held not in known.held:
        raise PeopleError(
            f"{code} does not hold {held}; held: {', '.join(map(str, known.held)) or 'nothing'}"
        )
    if held == Held(ADMINISTRATOR):
        await _not_the_last(session, code)
    await session.execute(
        delete(HoldingRow).where(
            HoldingRow.code == code, HoldingRow.role == held.role, HoldingRow.site == held.site
        )
    )
    await audit.append(session, Line(by, ADMINISTRATOR, held.site, f"take {held.role}", code, "done"))


async def set_disabled(session: AsyncSession, by: str, code: str, *, disabled: bool) -> None:
    """Let a person sign in no longer, from this moment on (or again). Raises `PeopleError`, also for the last administrator."""
    known = await _known(session, code)
    if disabled and known.is_administrator:
        await _not_the_last(session, code)
    await session.execute(update(PersonRow).where(PersonRow.code == code).values(disabled=disabled))
    if disabled:
        await session.execute(delete(SignInRow).where(SignInRow.code == code))
    act = "disable" if disabled else "enable"
    await audit.append(session, Line(by, ADMINISTRATOR, "", act, code, "done"))


async def set_password(session: AsyncSession, by: str, code: str, password: str) -> None:
    """Give a new password (its hash); every sign-in ends. Raises `PeopleError`."""
    await _known(session, code)
    await session.execute(
        update(PersonRow)
        .where(PersonRow.code == code)
        .values(password=password, failures=0, failing_since=None)
    )
    await session.execute(delete(SignInRow).where(SignInRow.code == code))
    await audit.append(session, Line(by, "", "", "password", code, "done"))


async def _known(session: AsyncSession, code: str) -> Person:
    found = await person(session, code)
    if found is None:
        raise PeopleError(f"nobody here has the code {code!r}; see: allpath people list")
    return found


async def _not_the_last(session: AsyncSession, code: str) -> None:
    others = [p for p in await people(session) if p.is_administrator and not p.disabled and p.code != code]
    if not others:
        raise PeopleError(
            f"{code} is the last who says who may do what; give {ADMINISTRATOR} to somebody else first"
        )


async def _found(session: AsyncSession, code: str | None) -> list[Person]:
    rows = select(PersonRow).order_by(PersonRow.code)
    held = select(HoldingRow)
    if code is not None:
        rows, held = rows.where(PersonRow.code == code), held.where(HoldingRow.code == code)
    by_code: dict[str, list[Held]] = {}
    for each in (await session.execute(held)).scalars():
        by_code.setdefault(each.code, []).append(Held(each.role, each.site))
    return [
        Person(row.code, tuple(sorted(by_code.get(row.code, ()))), row.disabled, row.since)
        for row in (await session.execute(rows)).scalars()
    ]
