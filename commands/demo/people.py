"""The made-up people of a demo, who sign in on its pages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from people import accounts
from people.accounts import held_from
from people.passwords import hashed, made_up
from store.engine import Store, upgrade

PEOPLE: Final = {
    "coordinator-1": "coordinator",
    "clinician-1": "clinician",
    "clinician-2": "clinician",
    "laboratory-1": "laboratory",
    "meeting-1": "meeting",
    "auditor-1": "auditor",
}
KEPT: Final = "people.txt"


async def make_people(folder: Path, database_url: str) -> str:
    """See to it that the people are there; the password that all of them have, which is the demo's own."""
    file = folder / KEPT
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as made:
            made.write(made_up())
    password = file.read_text(encoding="ascii")
    await upgrade(database_url)
    async with Store(database_url) as store, store.writing() as session:
        known = {each.code for each in await accounts.people(session)}
        for code, role in PEOPLE.items():
            if code not in known:
                await accounts.add(session, "demo", code, hashed(password), [held_from(role)])
    return password
