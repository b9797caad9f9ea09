"""Signing in: a password for a token, and a token for the person behind it.

A token is 256 random bits; the store keeps its digest. It ends after an hour without use, and after twelve hours in any case.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.statement import Strength
from people import accounts, audit
from people.accounts import Person
from people.audit import Line
from people.errors import NotSignedIn
from people.passwords import NOBODY, is_right
from store.engine import Store
from store.schema import PersonRow, SignInRow

IDLE: Final = timedelta(hours=1)
LONGEST: Final = timedelta(hours=12)
COARSE: Final = timedelta(seconds=30)
"""How exactly the last use is kept: not every look costs a transaction."""
MOST_FAILURES: Final = 5
"""So many wrong passwords within `FAILING` and the code is closed until it is over."""
FAILING: Final = timedelta(minutes=15)
WRONG: Final = "code or password is wrong"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, and how they were recognised. `until`: when they must sign in again at the latest (UTC)."""

    person: Person
    strength: Strength
    until: datetime


async def sign_in(store: Store, code: str, password: str, strength: Strength = "password") -> str:
    """A token for who knows the password. Raises `NotSignedIn`, with the same words whatever was wrong."""
    async with store.reading() as session:
        row = (await session.execute(select(PersonRow).where(PersonRow.code == code))).scalar_one_or_none()
    # A tenth of a second of one core, for unknown people too: beside the loop.
    right = await asyncio.to_thread(is_right, password, row.password if row is not None else NOBODY)
    now = datetime.now(UTC)
    token = secrets.token_urlsafe(32)
    async with store.writing() as session:
        found = (await session.execute(select(PersonRow).where(PersonRow.code == code))).scalar_one_or_none()
        refusal = _refusal(found, now, right=right)
        if found is not None:
            await _count(session, found, now, right=right, refused=bool(refusal))
            await audit.append(session, Line(code, "", "", "sign in", "", refusal or "done"))
        if not refusal:
            await session.execute(delete(SignInRow).where(SignInRow.begun < now - LONGEST))
            await session.execute(
                insert(SignInRow).values(
                    token=_kept(token), code=code, strength=strength, begun=now, used=now
                )
            )
    if refusal:
        raise NotSignedIn(refusal if refusal.startswith("too many") else WRONG)
    return token


async def recognise(store: Store, code: str, password: str) -> bool:
    """Whether the password is that of a person who is signed in already: for one act that they sign.

    Wrong ones are counted as for signing in, and after too many of them even the right one is not taken for a while.
    """
    async with store.reading() as session:
        row = (await session.execute(select(PersonRow).where(PersonRow.code == code))).scalar_one_or_none()
    right = await asyncio.to_thread(is_right, password, row.password if row is not None else NOBODY)
    now = datetime.now(UTC)
    async with store.writing() as session:
        found = (await session.execute(select(PersonRow).where(PersonRow.code == code))).scalar_one_or_none()
        refusal = _refusal(found, now, right=right)
        if found is not None:
            await _count(session, found, now, right=right, refused=bool(refusal))
            await audit.append(session, Line(code, "", "", "sign an answer", "", refusal or "done"))
    return not refusal


async def who(store: Store, token: str, *, looks: bool = True) -> SignedIn:
    """Who is behind a token; its hour begins anew, unless it is a program that asks and nobody `looks`. Raises `NotSignedIn`."""
    now = datetime.now(UTC)
    async with store.reading() as session:
        row = (
            await session.execute(select(SignInRow).where(SignInRow.token == _kept(token)))
        ).scalar_one_or_none()
        over = row is None or row.used < now - IDLE or row.begun < now - LONGEST
        found = None if row is None or over else await accounts.person(session, row.code)
    if found is None or found.disabled or row is None:
        raise NotSignedIn(
            "nobody is signed in here, or the sign-in is over; sign in with: allpath login CODE"
        )
    if looks and row.used < now - COARSE:
        async with store.writing() as session:
            await session.execute(update(SignInRow).where(SignInRow.token == row.token).values(used=now))
    strength: Strength = row.strength  # type: ignore[assignment]
    return SignedIn(found, strength, row.begun + LONGEST)


async def sign_out(store: Store, token: str) -> None:
    """End a sign-in; one that is over already stays so."""
    async with store.writing() as session:
        row = (
            await session.execute(select(SignInRow).where(SignInRow.token == _kept(token)))
        ).scalar_one_or_none()
        if row is not None:
            await session.execute(delete(SignInRow).where(SignInRow.token == row.token))
            await audit.append(session, Line(row.code, "", "", "sign out", "", "done"))


def _kept(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _refusal(row: PersonRow | None, now: datetime, *, right: bool) -> str:
    if row is not None and row.failures >= MOST_FAILURES and row.failing_since is not None:
        opens = row.failing_since + FAILING
        if now < opens:
            return f"too many wrong passwords; try again after {opens:%H:%M} UTC"
    if row is None or not right:
        return WRONG
    return "disabled" if row.disabled else ""


async def _count(session: AsyncSession, row: PersonRow, now: datetime, *, right: bool, refused: bool) -> None:
    recent = row.failing_since is not None and now < row.failing_since + FAILING
    values: dict[str, object]
    if not refused:
        values = {"failures": 0, "failing_since": None}
    elif right:
        return
    else:
        values = {
            "failures": row.failures + 1 if recent else 1,
            "failing_since": row.failing_since if recent else now,
        }
    await session.execute(update(PersonRow).where(PersonRow.code == row.code).values(**values))
