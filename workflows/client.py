"""How the rest of the house talks to pathways: start, submit, step, look, list. Errors come back as allpath's own.

What is worth trying again is tried again under the same update id: a workflow task that has just failed, a pathway that
is between two runs, a server that restarts. Whatever happens, an event is recorded once: the pathway knows its id.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast

from pydantic import ValidationError
from temporalio.client import (
    Client,
    RPCTimeoutOrCancelledError,
    WorkflowExecution,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from pathway.door import Refused
from pathway.errors import AllpathError, UnknownName
from pathway.events import Report
from pathway.profile import make_profile
from pathway.site import Site
from protocols import compiled
from workflows import attributes, details
from workflows.clear import Clear
from workflows.messages import (
    ArchiveReceipt,
    ArchiveRequest,
    ExplainRequest,
    ExplanationView,
    PathwayEnd,
    PathwayStart,
    PlanView,
    Receipt,
    RecordRequest,
    StateView,
    StepReceipt,
    StepRequest,
    TimelineView,
    pathway_id,
)
from workflows.pathway import PatientPathway

T = TypeVar("T")
Handle = WorkflowHandle[PatientPathway, PathwayEnd]

ALREADY_ENROLLED: Final = "already_enrolled"
PATIENCE: Final = timedelta(seconds=30)
"""How long a call is tried again before the server counts as unreachable."""
UPDATE_RPC_TIMEOUT: Final = timedelta(seconds=15)
PROBE: Final = timedelta(seconds=2)
"""How long the server gets to say whether it is there."""

# What the SDK itself gives up on although another try may succeed: the server restarts, is busy, or the
# pathway is
# between two runs or has a failed task. Everything the SDK knows to be transient it has tried again already.
_TRANSIENT: Final = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.UNKNOWN,
        RPCStatusCode.FAILED_PRECONDITION,
    }
)
_BETWEEN_RUNS: Final = frozenset({"AcceptedUpdateCompletedWorkflow"})


class PathwayError(AllpathError):
    """A pathway cannot be reached or does not do what is asked of it."""


class UnknownPathway(PathwayError):
    """There is no pathway for that subject."""


class PathwayClosed(PathwayError):
    """The pathway has been archived or stopped, and takes nothing more."""

    exit_status = 3


class PathwayStalled(PathwayError):
    """The pathway exists and does not answer: no worker runs, or its task fails. Nothing is lost;
    operations must look.
    """

    exit_status = 4


class NoAnswer(PathwayError):
    """The Temporal server does not answer. The same report may be sent again: it is recorded once."""

    exit_status = 4


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


def new_start(
    protocol: str,
    subject: str,
    site: Site,
    *,
    profile: Mapping[str, str] | None = None,
    simulation: bool = False,
    started_at: datetime | None = None,
    label: str = "",
) -> PathwayStart:
    """A checked start of a pathway in `protocol` (`name` or `name@version`); with `started_at` on a stepped clock.

    Raises `UnknownName`, `ProtocolError` or `PathwayError` saying what would be accepted.
    """
    text = compiled(protocol)
    make_profile(text.protocol, profile, simulation)
    try:
        return PathwayStart(
            subject=subject,
            trial=text.protocol.name,
            version=text.protocol.version.number,
            protocol_hash=text.hash,
            profile=dict(profile or {}),
            simulation=simulation,
            site=site,
            clock="real" if started_at is None else "stepped",
            started_at=started_at,
            label=label,
        )
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'start'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise PathwayError(f"cannot start a pathway for {subject!r}: {faults}") from None


async def start_pathway(
    client: Client, start: PathwayStart, *, queue: str, patience: timedelta = PATIENCE
) -> Handle:
    """Enrol a patient: start the pathway on the worker's `queue` (a stepped clock needs the rehearsal queue).

    Raises `Refused` (`already_enrolled`) if the pseudonym has or ever had a pathway in this trial, whatever became
    of it.
    """
    _check_text(start)
    token = uuid.uuid4().hex

    async def call() -> Handle:
        return await client.start_workflow(
            PatientPathway.run,
            start,
            id=start.workflow_id,
            task_queue=queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            memo={"enrolment": token},
            search_attributes=details.fixed(start),
            static_summary=Clear(details.summary(start)),
            static_details=Clear(details.description(start)),
        )

    handle = pathway_handle(client, start.trial, start.subject, rehearsal=start.rehearsal, label=start.label)
    try:
        return await _persist(call, handle, patience)
    except WorkflowAlreadyStartedError:
        # Our own first try may have arrived although its answer did not.
        described = await _persist(handle.describe, handle, patience)
        if await described.memo_value("enrolment", default="", type_hint=str) == token:
            return handle
    raise Refused(
        ALREADY_ENROLLED,
        f"{start.subject} is already enrolled in {start.trial}: a pseudonym is used once, "
        "also after its pathway has been archived",
    )


def pathway_handle(
    client: Client, trial: str, subject: str, *, rehearsal: bool = False, label: str = ""
) -> Handle:
    """The handle of a pathway, whichever run it is in. Asks nobody: that it exists shows when it is used."""
    id_ = pathway_id(trial, subject, rehearsal=rehearsal, label=label)
    return client.get_workflow_handle_for(PatientPathway.run, id_)


async def submit(handle: Handle, report: Report, *, patience: timedelta = PATIENCE) -> Receipt:
    """Record a report. `recorded` is False while the store is away: it is accepted, and will be recorded.

    May be called again with the same report, by anyone at any time: it is recorded once. Raises `Refused` with the
    pathway's reason, or a `PathwayError`.
    """
    return await _update(handle, "record", RecordRequest(report=report), Receipt, patience)


async def step(
    handle: Handle, to: datetime, *, since: int = 0, patience: timedelta = PATIENCE
) -> StepReceipt:
    """Move the clock of a rehearsal to an instant, through every due moment.

    What was told after the position `since` of the timeline comes back. Raises `Refused` on the real clock.
    """
    while True:
        receipt = await _update(handle, "step_to", StepRequest(to=to, since=since), StepReceipt, patience)
        if receipt.now >= to:
            return receipt


async def archive(
    handle: Handle, role: str, reason: str, *, patience: timedelta = PATIENCE
) -> ArchiveReceipt:
    """Close a pathway for good. Raises `Refused`."""
    return await _update(
        handle, "archive", ArchiveRequest(role=role, reason=reason), ArchiveReceipt, patience
    )


async def plan(handle: Handle, *, patience: timedelta = PATIENCE) -> PlanView:
    """The plan as it is now."""
    return await _query(handle, "plan", None, PlanView, patience)


async def timeline(handle: Handle, *, patience: timedelta = PATIENCE) -> TimelineView:
    """What was told, newest entries; the store has all."""
    return await _query(handle, "timeline", None, TimelineView, patience)


async def explain(handle: Handle, decision: str, *, patience: timedelta = PATIENCE) -> ExplanationView:
    """Why a decision (its id or key) is as it is. Raises `UnknownName`."""
    view = await _query(handle, "explain", ExplainRequest(decision=decision), ExplanationView, patience)
    if view.unknown:
        raise UnknownName(view.unknown)
    return view


async def state(handle: Handle, *, patience: timedelta = PATIENCE) -> StateView:
    """How a pathway stands, for operations."""
    return await _query(handle, "state", None, StateView, patience)


async def pathways(
    client: Client,
    *,
    trial: str = "",
    site: str = "",
    subject: str = "",
    rehearsal: bool | None = False,
    open_only: bool = True,
) -> AsyncIterator[Listed]:
    """Pathways by the server's index, newest first, which runs a second or so behind. `rehearsal=None`: both kinds.

    `trial` is a protocol's `name@version`. Raises `PathwayError`.
    """
    terms = [f'{attributes.KIND.name} = "patient"']
    terms += [
        f'{key.name} = "{_plain(value)}"'
        for key, value in ((attributes.TRIAL, trial), (attributes.SITE, site), (attributes.SUBJECT, subject))
        if value
    ]
    if rehearsal is not None:
        terms.append(f"{attributes.REHEARSAL.name} = {str(rehearsal).lower()}")
    terms.append('ExecutionStatus = "Running"' if open_only else 'ExecutionStatus != "ContinuedAsNew"')
    try:
        async for found in client.list_workflows(" AND ".join(terms)):
            yield _listed(found)
    except RPCError as error:
        raise _final(error, "the list of pathways") from error


# --- inside ---------------------------------------------------------------------------------------


def _check_text(start: PathwayStart) -> None:
    """Make sure that the worker will find what the start names: what fails there fails for ever."""
    text = compiled(start.protocol)
    if text.hash != start.protocol_hash:
        raise PathwayError(
            f"{start.protocol} has the content hash {text.hash[:12]} here, and {start.protocol_hash[:12]} was asked for"
        )
    make_profile(text.protocol, start.profile, start.simulation)


async def _update(handle: Handle, name: str, request: Any, answer: type[T], patience: timedelta) -> T:
    # Opaque on purpose: update ids are never encrypted, and a digest of a report could be searched for its
    # value. The
    # pathway itself knows events by their ids, within a run and across runs, so the id only has to survive
    # our retries.
    update_id = uuid.uuid4().hex

    async def call() -> T:
        return cast(
            T,
            await handle.execute_update(
                name, request, id=update_id, result_type=answer, rpc_timeout=UPDATE_RPC_TIMEOUT
            ),
        )

    return await _persist(call, handle, patience)


async def _query(handle: Handle, name: str, request: Any, answer: type[T], patience: timedelta) -> T:
    args = () if request is None else (request,)

    async def call() -> T:
        return cast(T, await handle.query(name, args=args, result_type=answer))

    return await _persist(call, handle, patience)


async def _persist(call: Callable[[], Awaitable[T]], handle: Handle, patience: timedelta) -> T:
    """Call until it succeeds, is refused, or patience ends; raise allpath's own errors."""
    what = handle.id
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience.total_seconds()
    pause = 0.05
    last: Exception | None = None
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                return await call()
        except WorkflowUpdateFailedError as error:
            if not _between_runs(error):
                raise _refused(error.cause) from None
            last = error
        except WorkflowQueryFailedError as error:
            raise PathwayError(
                f"{what} could not answer a query: a fault of the program, replay its history to find it"
            ) from error
        except WorkflowQueryRejectedError as error:
            raise PathwayClosed(f"{what} is closed") from error
        except RPCError as error:
            if error.status not in _TRANSIENT:
                raise _final(error, what) from error
            last = error
        except (RPCTimeoutOrCancelledError, TimeoutError) as error:
            # The SDK turns a cancellation into an error of its own: one from outside stays a cancellation.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from None
            last = last or error
        if loop.time() + pause >= deadline:
            raise await _given_up(handle, last) from last
        await asyncio.sleep(pause)
        pause = min(pause * 2, 1.0)


def _between_runs(error: WorkflowUpdateFailedError) -> bool:
    return isinstance(error.cause, ApplicationError) and error.cause.type in _BETWEEN_RUNS


def _refused(cause: BaseException) -> AllpathError:
    """What the pathway said. Its refusals are final and carry a code; anything else is a fault of the
    program.
    """
    if isinstance(cause, ApplicationError) and cause.non_retryable and cause.type:
        return Refused(cause.type, cause.message)
    return PathwayError(f"the pathway could not look at the request: {cause}")


async def _given_up(handle: Handle, error: Exception) -> AllpathError:
    """Why patience ended. A server that knows the pathway is not to blame: then it is the worker, or the
    workflow's task.
    """
    if isinstance(error, RPCError) and error.status is not RPCStatusCode.FAILED_PRECONDITION:
        return _final(error, handle.id)
    try:
        async with asyncio.timeout(PROBE.total_seconds()):
            await handle.describe(rpc_timeout=PROBE)
    except RPCError as unknown:
        return _final(unknown, handle.id)
    except (RPCTimeoutOrCancelledError, TimeoutError):
        return NoAnswer("the Temporal server does not answer. Send it again later: it is recorded once")
    return PathwayStalled(
        f"{handle.id} does not answer: is a worker running, and what does its log say? Nothing that was accepted is "
        "lost, and it may be sent again: it is recorded once"
    )


def _final(error: RPCError, what: str) -> AllpathError:
    """The error for a call that is not worth another try."""
    match error.status:
        case RPCStatusCode.NOT_FOUND if "completed" in error.message:
            return PathwayClosed(f"{what} is closed: it takes nothing more")
        case RPCStatusCode.NOT_FOUND:
            return UnknownPathway(f"there is no {what}; is the pseudonym right, and the trial?")
        case RPCStatusCode.PERMISSION_DENIED | RPCStatusCode.UNAUTHENTICATED:
            return NoAnswer(f"the Temporal server refuses this program: {error.message}")
        case _:
            return NoAnswer(
                f"the Temporal server does not answer ({error.status.name.lower()}). "
                "Send it again later: it is recorded once"
            )


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
