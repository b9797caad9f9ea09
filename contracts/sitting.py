"""Entering many things in one sitting: what goes to a pathway, what comes back, and what is carried while it lasts.

A sitting is judged once, at its end: people are told what is true then, in one message each, and nothing that a later entry of
the same sitting makes untrue.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pydantic import AwareDatetime, Field

from contracts.base import Code, Message
from contracts.statement import Statement
from pathway.changes import Change
from pathway.events import Report

SITTING_PART: Final = 100
"""Reports that one update holds: some 30 KB, and a tenth of the time that a workflow task may take. More go in several."""

SITTING_OPEN: Final = timedelta(minutes=5)
"""How long a sitting waits for its next part. Parts of one file follow each other within seconds: whoever is away for longer has
broken down, and the pathway must not stay silent."""


class Sitting(Message):
    """A sitting that is not at its end. `entries`: how many events it has brought; `until`: when it closes by itself."""

    id: str
    until: AwareDatetime
    entries: int = 0


class RecordManyRequest(Message):
    """A part of a sitting. Its reports are recorded together or not at all; `more`: another part follows."""

    sitting: Code
    reports: tuple[Report, ...] = Field(max_length=SITTING_PART)
    more: bool = False
    statement: Statement | None = None
    """Who asks, signed by the house; None where roles are claimed."""


class RecordManyReceipt(Message):
    """The answer to a part. `events`: for each report the id under which it is on record; `new`: how many were not before.

    `changes`: what was told at the end of the sitting; empty before.
    """

    sitting: str
    events: tuple[str, ...]
    new: int
    recorded: bool
    revision: int
    changes: tuple[Change, ...] = ()
