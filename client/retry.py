"""Calling workflows until they answer: what is worth trying again is tried again, and errors come back as allpath's own.

A workflow task that has just failed, a pathway that is between two runs, a server that restarts: all are tried again under
the same update id. Whatever happens, an event is recorded once: the workflow knows its id.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, cast

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import (
    RPCTimeoutOrCancelledError,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from pathway.errors import AllpathError
from pathway.refusal import Refused

T = TypeVar("T")
AnyHandle = WorkflowHandle[Any, Any]

PATIENCE: Final = timedelta(seconds=30)
"""How long a call is tried again before the server counts as unreachable."""
UPDATE_RPC_TIMEOUT: Final = timedelta(seconds=15)
PROBE: Final = timedelta(seconds=2)
"""How long the server gets to say whether it is there."""
FIRST: Final = timedelta(seconds=3)
"""How long a call waits before it asks whether anybody serves the workflow at all."""
RECENT: Final = timedelta(seconds=90)
"""A worker asks for work at least once a minute, unless all its places are taken."""

# What the SDK itself gives up on although another try may succeed: the server restarts, is busy, or the
# pathway is between two runs or has a failed task. Everything the SDK knows to be transient it has tried
# again already.
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


async def update(
    handle: AnyHandle,
    name: str,
    request: Any,
    answer: type[T],
    patience: timedelta = PATIENCE,
    *,
    rpc_timeout: timedelta = UPDATE_RPC_TIMEOUT,
) -> T:
    """Send an update until it is answered. Raises `Refused` with the workflow's reason, or a `PathwayError`."""
    # Opaque on purpose: update ids are never encrypted, and a digest of a report could be searched for
    # its value. The pathway itself knows events by their ids, within a run and across runs, so the id
    # only has to survive our retries.
    update_id = uuid.uuid4().hex

    async def call() -> T:
        return cast(
            T,
            await handle.execute_update(
                name, request, id=update_id, result_type=answer, rpc_timeout=rpc_timeout
            ),
        )

    return await persist(call, handle, patience)


async def query(
    handle: AnyHandle, name: str, request: Any, answer: type[T], patience: timedelta = PATIENCE
) -> T:
    """Ask a query until it is answered. Raises `PathwayError`."""
    args = () if request is None else (request,)

    async def call() -> T:
        return cast(T, await handle.query(name, args=args, result_type=answer))

    return await persist(call, handle, patience)


async def persist(call: Callable[[], Awaitable[T]], handle: AnyHandle, patience: timedelta) -> T:
    """Call until it succeeds, is refused, or patience ends; raise allpath's own errors.

    Where nobody serves the workflow a person need not wait for that. Whoever brings more patience than a person waits for a
    worker, too.
    """
    if patience > PATIENCE:
        return await _persist(call, handle, patience)
    work = asyncio.create_task(_persist(call, handle, patience))
    watch = asyncio.create_task(_unserved(handle))
    try:
        await asyncio.wait((work, watch), return_when=asyncio.FIRST_COMPLETED)
        queue = watch.result() if watch.done() and not work.done() else ""
        if queue:
            raise PathwayStalled(
                f"{handle.id} does not answer: no worker serves the queue {queue}. Start one with `allpath worker`; "
                "nothing that was accepted is lost"
            )
        return await work
    finally:
        work.cancel()
        watch.cancel()


async def _unserved(handle: AnyHandle) -> str:
    """After a while, the task queue of a workflow if nobody has asked it for work lately; empty if somebody has, or the server
    does not say."""
    await asyncio.sleep(FIRST.total_seconds())
    client = handle._client  # noqa: SLF001 - the SDK shows it nowhere else
    try:
        async with asyncio.timeout(PROBE.total_seconds()):
            described = await handle.describe(rpc_timeout=PROBE)
            polled = await client.workflow_service.describe_task_queue(
                DescribeTaskQueueRequest(
                    namespace=client.namespace,
                    task_queue=TaskQueue(name=described.task_queue),
                    task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
                ),
                timeout=PROBE,
            )
    except (RPCError, RPCTimeoutOrCancelledError, TimeoutError):
        return ""
    since = datetime.now(UTC) - RECENT
    lately = any(each.last_access_time.ToDatetime(UTC) > since for each in polled.pollers)
    return "" if lately else described.task_queue


async def _persist(call: Callable[[], Awaitable[T]], handle: AnyHandle, patience: timedelta) -> T:
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
            if error.status not in _TRANSIENT and not await _is_there(handle, error):
                raise final(error, what) from error
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


async def _is_there(handle: AnyHandle, error: RPCError) -> bool:
    """Whether a workflow that was not found runs all the same: it was between two runs. Raises `PathwayClosed` if it was just
    being closed, of which the server says the same."""
    if error.status is not RPCStatusCode.NOT_FOUND or "completed" in error.message:
        return False
    try:
        described = await handle.describe(rpc_timeout=PROBE)
    except (RPCError, RPCTimeoutOrCancelledError):
        return False
    if described.status is not WorkflowExecutionStatus.RUNNING:
        raise PathwayClosed(f"{handle.id} is closed: it takes nothing more") from error
    return True


def _between_runs(error: WorkflowUpdateFailedError) -> bool:
    return isinstance(error.cause, ApplicationError) and error.cause.type in _BETWEEN_RUNS


def _refused(cause: BaseException) -> AllpathError:
    """What the pathway said. Its refusals are final and carry a code; anything else is a fault of the
    program.
    """
    if isinstance(cause, ApplicationError) and cause.non_retryable and cause.type:
        return Refused(cause.type, cause.message)
    return PathwayError(f"the pathway could not look at the request: {cause}")


async def _given_up(handle: AnyHandle, error: Exception) -> AllpathError:
    """Why patience ended. A server that knows the pathway is not to blame: then it is the worker, or the
    workflow's task.
    """
    if isinstance(error, RPCError) and error.status is not RPCStatusCode.FAILED_PRECONDITION:
        return final(error, handle.id)
    try:
        async with asyncio.timeout(PROBE.total_seconds()):
            await handle.describe(rpc_timeout=PROBE)
    except RPCError as unknown:
        return final(unknown, handle.id)
    except (RPCTimeoutOrCancelledError, TimeoutError):
        return NoAnswer("the Temporal server does not answer. Send it again later: it is recorded once")
    return PathwayStalled(
        f"{handle.id} does not answer: is a worker running, and what does its log say? Nothing that was accepted is "
        "lost, and it may be sent again: it is recorded once"
    )


def final(error: RPCError, what: str) -> AllpathError:
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
