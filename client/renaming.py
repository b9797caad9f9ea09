"""Pathways that go on under another pseudonym: asking for it, and following them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.service import RPCError

from client.retry import PATIENCE, AnyHandle, PathwayClosed, update
from contracts.messages import PathwayEnd
from contracts.renaming import Renamed, RenameReceipt, RenameRequest
from pathway.events import Report


class PathwayRenamed(PathwayClosed):
    """The pathway goes on under another pseudonym: `renamed` says under which, when, by whom and why."""

    def __init__(self, subject: str, renamed: Renamed) -> None:
        super().__init__(sentence(subject, renamed))
        self.renamed = renamed


def sentence(subject: str, renamed: Renamed) -> str:
    """That a pseudonym was replaced, in words; the day is UTC's."""
    by = f"the {renamed.role}" + (f" ({renamed.person})" if renamed.person else "")
    why = f": {renamed.reason}" if renamed.reason else ""
    return (
        f"{subject} was renamed to {renamed.to} on {renamed.at.date()} by {by}{why}. "
        f"The pathway goes on under that pseudonym: allpath show {renamed.to}"
    )


async def rename(handle: AnyHandle, report: Report, *, patience: timedelta = PATIENCE) -> Renamed:
    """Have a pathway go on under the pseudonym that a report of the kind `rename` names. Raises `Refused`, or a `PathwayError`.

    May be called again with the same report until it is done. Once it is, the pathway is closed under the old pseudonym.
    """
    request = RenameRequest(report=report)
    return (await update(handle, "rename", request, RenameReceipt, patience)).renamed


async def renamed(handle: AnyHandle) -> Renamed | None:
    """As whom a closed pathway goes on; None if it does not, or is not closed, or the server knows nothing of it."""
    try:
        described = await handle.describe()
        if described.status is not WorkflowExecutionStatus.COMPLETED:
            return None
        end: Any = await handle.result()
    except (RPCError, WorkflowFailureError):
        return None
    return end.renamed if isinstance(end, PathwayEnd) else None
