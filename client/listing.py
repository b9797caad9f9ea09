"""What the server's own index lists: pathways and governors, a second or so behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from client.retry import PathwayError, final
from contracts import search_attributes as attributes


@dataclass(frozen=True, slots=True)
class Listed:
    """A pathway in a list, as the server's index knows it."""

    workflow_id: str
    subject: str
    protocol: str
    site: str
    phase: str
    group: str
    open: int
    late: int
    next_due: datetime | None
    rehearsal: bool
    status: str


async def pathways(
    client: Client,
    *,
    trial: str = "",
    site: str = "",
    subject: str = "",
    rehearsal: bool | None = False,
    open_only: bool = True,
) -> AsyncIterator[Listed]:
    """Pathways of patients by the server's index, newest first, which runs a second or so behind. `rehearsal=None`: both kinds.

    `trial` is a protocol's `name@version`. Raises `PathwayError`.
    """
    codes = ((attributes.TRIAL, trial), (attributes.SITE, site), (attributes.SUBJECT, subject))
    async for found in _listing(client, "patient", codes, rehearsal=rehearsal, open_only=open_only):
        yield found


async def subtrials(
    client: Client,
    *,
    trial: str = "",
    subtrial: str = "",
    rehearsal: bool | None = False,
    open_only: bool = True,
) -> AsyncIterator[Listed]:
    """Governors by the server's index, see `pathways`.

    `subject` is the subtrial, `phase` its status, `group` its dose level or stage.
    """
    codes = ((attributes.TRIAL, trial), (attributes.SUBJECT, subtrial))
    async for found in _listing(client, "subtrial", codes, rehearsal=rehearsal, open_only=open_only):
        yield found


async def _listing(
    client: Client,
    kind: str,
    codes: Iterable[tuple[SearchAttributeKey[str], str]],
    *,
    rehearsal: bool | None,
    open_only: bool,
) -> AsyncIterator[Listed]:
    terms = [f'{attributes.KIND.name} = "{kind}"']
    terms += [f'{key.name} = "{_plain(value)}"' for key, value in codes if value]
    if rehearsal is not None:
        terms.append(f"{attributes.REHEARSAL.name} = {str(rehearsal).lower()}")
    terms.append('ExecutionStatus = "Running"' if open_only else 'ExecutionStatus != "ContinuedAsNew"')
    try:
        async for found in client.list_workflows(" AND ".join(terms)):
            yield _listed(found)
    except RPCError as error:
        raise final(error, f"the list of {kind}s") from error


def _plain(value: str) -> str:
    if '"' in value or "\\" in value:
        raise PathwayError(
            f"{value!r} cannot be searched for: quotes and backslashes are not part of any code"
        )
    return value


def _listed(found: WorkflowExecution) -> Listed:
    known = found.typed_search_attributes
    status = found.status
    return Listed(
        workflow_id=found.id,
        subject=known.get(attributes.SUBJECT, ""),
        protocol=known.get(attributes.TRIAL, ""),
        site=known.get(attributes.SITE, ""),
        phase=known.get(attributes.PHASE, ""),
        group=known.get(attributes.GROUP, ""),
        open=known.get(attributes.OPEN, 0),
        late=known.get(attributes.LATE, 0),
        next_due=known.get(attributes.NEXT_DUE),
        rehearsal=known.get(attributes.REHEARSAL, False),
        status=status.name.lower() if isinstance(status, WorkflowExecutionStatus) else "",
    )
