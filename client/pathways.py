"""How the rest of the house talks to pathways: start, submit, step, look, list. Errors come back as allpath's own.

What is worth trying again is tried again under the same update id: a workflow task that has just failed, a pathway that
is between two runs, a server that restarts. Whatever happens, an event is recorded once: the pathway knows its id.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from pydantic import ValidationError
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from client.retry import (
    PATIENCE,
    AnyHandle,
    NoAnswer,
    PathwayClosed,
    PathwayError,
    PathwayStalled,
    UnknownPathway,
    persist,
    query,
    update,
)
from contracts.clear import Clear
from contracts.messages import (
    ArchiveReceipt,
    ArchiveRequest,
    DeliverReceipt,
    EventsRequest,
    EventsView,
    ExplainRequest,
    ExplanationView,
    Nothing,
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
from contracts.sitting import SITTING_PART, RecordManyReceipt, RecordManyRequest
from contracts.subtrial_start import SubtrialEnd, SubtrialStart, subtrial_id
from pathway.errors import UnknownName
from pathway.events import Event, Report
from pathway.language.profile import make_profile
from pathway.refusal import Refused
from pathway.site import Site
from pathway.subtrial.plan import Governor
from protocols import compiled

# Workflows take long to import, and most calls need no more than their names.
if TYPE_CHECKING:
    from workflows.pathway import PatientPathway
    from workflows.subtrial import Subtrial

Handle: TypeAlias = "WorkflowHandle[PatientPathway, PathwayEnd]"
SubtrialHandle: TypeAlias = "WorkflowHandle[Subtrial, SubtrialEnd]"
S = TypeVar("S", PathwayStart, SubtrialStart)

ALREADY_ENROLLED: Final = "already_enrolled"


def new_start(
    protocol: str,
    subject: str,
    site: Site,
    *,
    profile: Mapping[str, str] | None = None,
    simulation: bool = False,
    started_at: datetime | None = None,
    label: str = "",
    sitting: str = "",
) -> PathwayStart:
    """A checked start of a pathway in `protocol` (`name` or `name@version`); with `started_at` on a stepped clock.

    `sitting`: the id of the sitting with which it begins (`submit_many` brings its reports), empty for none.

    Raises `UnknownName`, `ProtocolError` or `PathwayError` saying what would be accepted.
    """
    text = compiled(protocol)
    make_profile(text.protocol, profile, simulation)
    return _checked(
        PathwayStart,
        f"a pathway for {subject!r}",
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
        sitting=sitting,
    )


def new_subtrial_start(
    protocol: str,
    subtrial: str,
    office: Site,
    *,
    profile: Mapping[str, str] | None = None,
    simulation: bool = False,
    started_at: datetime | None = None,
    label: str = "",
) -> SubtrialStart:
    """A checked start of the governor of a subtrial; `office` coordinates the trial, and its zone gives local days.

    Raises `UnknownName`, `ProtocolError` or `PathwayError` saying what would be accepted.
    """
    text = compiled(protocol)
    Governor(text, subtrial, make_profile(text.protocol, profile, simulation), office)
    return _checked(
        SubtrialStart,
        f"subtrial {subtrial!r}",
        subtrial=subtrial,
        trial=text.protocol.name,
        version=text.protocol.version.number,
        protocol_hash=text.hash,
        profile=dict(profile or {}),
        simulation=simulation,
        site=office,
        clock="real" if started_at is None else "stepped",
        started_at=started_at,
        label=label,
    )


async def start_pathway(
    client: Client, start: PathwayStart, *, queue: str, patience: timedelta = PATIENCE, token: str = ""
) -> Handle:
    """Enrol a patient: start the pathway on the worker's `queue` (a stepped clock needs the rehearsal queue).

    `token`: by which the caller knows its own start again; made here for one who does not try again.

    Raises `Refused` (`already_enrolled`) if the pseudonym has or ever had a pathway in this trial, whatever became
    of it.
    """
    from workflows.durable import details
    from workflows.pathway import PatientPathway

    _check_text(start)
    token = token or uuid.uuid4().hex

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
        return await persist(call, handle, patience)
    except WorkflowAlreadyStartedError:
        # Our own first try may have arrived although its answer did not.
        if await started_with(handle, token, patience=patience):
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
    return client.get_workflow_handle(id_, result_type=PathwayEnd)


async def started_with(handle: Handle, token: str, *, patience: timedelta = PATIENCE) -> bool:
    """Whether the server knows the pathway, and it was started with this token: by whoever asks, then."""
    try:
        described = await persist(handle.describe, handle, patience)
    except UnknownPathway:
        return False
    return await described.memo_value("enrolment", default="", type_hint=str) == token


async def start_subtrial(
    client: Client, start: SubtrialStart, *, queue: str, patience: timedelta = PATIENCE
) -> SubtrialHandle:
    """Start the governor of a subtrial on the worker's `queue`, unless it runs already: then it goes on as it was started.

    Raises `Refused` (`closed`) if it has been archived: a subtrial has one governor, for good.
    """
    from workflows.durable import details
    from workflows.subtrial import Subtrial

    _check_text(start)
    handle = subtrial_handle(
        client, start.trial, start.subtrial, rehearsal=start.rehearsal, label=start.label
    )

    async def call() -> SubtrialHandle:
        await client.start_workflow(
            Subtrial.run,
            start,
            id=start.workflow_id,
            task_queue=queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=details.fixed(start),
            static_summary=Clear(details.summary(start)),
            static_details=Clear(details.description(start)),
        )
        return handle

    try:
        return await persist(call, handle, patience)
    except WorkflowAlreadyStartedError:
        raise Refused(
            "closed",
            f"subtrial {start.subtrial} of {start.trial} has been archived; its governor is not started again",
        ) from None


def subtrial_handle(
    client: Client, trial: str, subtrial: str, *, rehearsal: bool = False, label: str = ""
) -> SubtrialHandle:
    """The handle of a governor, whichever run it is in. Asks nobody: that it exists shows when it is used."""
    id_ = subtrial_id(trial, subtrial, rehearsal=rehearsal, label=label)
    return client.get_workflow_handle(id_, result_type=SubtrialEnd)


async def submit(handle: AnyHandle, report: Report, *, patience: timedelta = PATIENCE) -> Receipt:
    """Record a report with a pathway or a governor.

    `recorded` is False while the store is away: it is accepted, and will be recorded.

    May be called again with the same report, by anyone at any time: it is recorded once. Raises `Refused` with the
    pathway's reason, or a `PathwayError`.
    """
    return await update(handle, "record", RecordRequest(report=report), Receipt, patience)


async def submit_many(
    handle: AnyHandle, sitting: str, reports: Sequence[Report], *, patience: timedelta = PATIENCE
) -> RecordManyReceipt:
    """Record many reports in one sitting, in parts if they are many. The answer is that of the whole sitting.

    Raises `Refused` with every fault, or a `PathwayError`. May be called again with the same reports: what is on record is
    not recorded twice. A sitting that is broken off closes by itself (`contracts.sitting.SITTING_OPEN`).
    """
    parts = [tuple(reports[n : n + SITTING_PART]) for n in range(0, len(reports), SITTING_PART)] or [()]
    events: tuple[str, ...] = ()
    new = 0
    while True:
        request = RecordManyRequest(sitting=sitting, reports=parts.pop(0), more=bool(parts))
        receipt = await update(handle, "record_many", request, RecordManyReceipt, patience)
        events, new = (*events, *receipt.events), new + receipt.new
        if not parts:
            return receipt.model_copy(update={"events": events, "new": new})


async def step(
    handle: AnyHandle, to: datetime, *, since: int = 0, patience: timedelta = PATIENCE
) -> StepReceipt:
    """Move the clock of a rehearsal to an instant, through every due moment.

    What was told after the position `since` of the timeline comes back. Raises `Refused` on the real clock.
    """
    while True:
        receipt = await update(handle, "step_to", StepRequest(to=to, since=since), StepReceipt, patience)
        if receipt.now >= to:
            return receipt


async def deliver(handle: AnyHandle, *, patience: timedelta = PATIENCE) -> DeliverReceipt:
    """Have the messages of a rehearsal delivered that are due. Raises `Refused` on the real clock."""
    return await update(handle, "deliver", Nothing(), DeliverReceipt, patience)


async def archive(
    handle: AnyHandle, role: str, reason: str, *, patience: timedelta = PATIENCE
) -> ArchiveReceipt:
    """Close a pathway for good. Raises `Refused`."""
    return await update(handle, "archive", ArchiveRequest(role=role, reason=reason), ArchiveReceipt, patience)


async def plan(handle: AnyHandle, *, patience: timedelta = PATIENCE) -> PlanView:
    """The plan as it is now."""
    return await query(handle, "plan", None, PlanView, patience)


async def timeline(handle: AnyHandle, *, patience: timedelta = PATIENCE) -> TimelineView:
    """What was told, newest entries; the store has all."""
    return await query(handle, "timeline", None, TimelineView, patience)


async def events(handle: AnyHandle, *, patience: timedelta = PATIENCE) -> tuple[Event, ...]:
    """Every event of the record in the order of entry, as the pathway itself has it."""
    found: list[Event] = []
    while True:
        view = await query(handle, "events", EventsRequest(after=len(found)), EventsView, patience)
        found += view.events
        if len(found) >= view.total:
            return tuple(found)


async def explain(handle: Handle, decision: str, *, patience: timedelta = PATIENCE) -> ExplanationView:
    """Why a decision (its id or key) is as it is. Raises `UnknownName`."""
    view = await query(handle, "explain", ExplainRequest(decision=decision), ExplanationView, patience)
    if view.unknown:
        raise UnknownName(view.unknown)
    return view


async def state(handle: AnyHandle, *, patience: timedelta = PATIENCE) -> StateView:
    """How a pathway stands, for operations."""
    return await query(handle, "state", None, StateView, patience)


# --- inside ---------------------------------------------------------------------------------------


def _checked(kind: type[S], what: str, **fields: Any) -> S:
    try:
        return kind(**fields)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'start'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise PathwayError(f"cannot start {what}: {faults}") from None


def _check_text(start: PathwayStart | SubtrialStart) -> None:
    """Make sure that the worker will find what the start names: what fails there fails for ever."""
    text = compiled(start.protocol)
    if text.hash != start.protocol_hash:
        raise PathwayError(
            f"{start.protocol} has the content hash {text.hash[:12]} here, and {start.protocol_hash[:12]} was asked for"
        )
    make_profile(text.protocol, start.profile, start.simulation)


__all__ = [
    "ALREADY_ENROLLED",
    "PATIENCE",
    "AnyHandle",
    "Handle",
    "NoAnswer",
    "PathwayClosed",
    "PathwayError",
    "PathwayStalled",
    "SubtrialHandle",
    "UnknownPathway",
    "archive",
    "deliver",
    "events",
    "explain",
    "new_start",
    "new_subtrial_start",
    "pathway_handle",
    "plan",
    "start_pathway",
    "start_subtrial",
    "started_with",
    "state",
    "step",
    "submit",
    "submit_many",
    "subtrial_handle",
    "timeline",
]
