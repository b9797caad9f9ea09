"""A pathway that goes on under another pseudonym: what asks for it, what answers, and what the old one leaves behind."""

from __future__ import annotations

from pydantic import AwareDatetime

from contracts.base import Message
from contracts.statement import Statement
from pathway.events import Report


class Renamed(Message):
    """What became of a pathway: it goes on as `to`. `event`: the one that says so in its record there."""

    to: str
    at: AwareDatetime
    role: str
    person: str = ""
    reason: str = ""
    event: str = ""


class RenameRequest(Message):
    """A report of the kind `rename`; its `name` is the new pseudonym."""

    report: Report
    statement: Statement | None = None


class RenameReceipt(Message):
    """The pathway goes on under the new pseudonym, and takes nothing under the old one any more."""

    renamed: Renamed
