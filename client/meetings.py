"""How the rest of the house talks to the coordinating meeting of a trial: start it, and ask for the agendas it has kept.

What became of a meeting is recorded with `client.pathways.submit`, as with every subject.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydantic import ValidationError
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from client.retry import PATIENCE, PathwayError, persist, query
from contracts.clear import Clear
from contracts.meeting_start import AgendasView, MeetingEnd, MeetingStart, meeting_id
from pathway.refusal import Refused
from pathway.site import Site
from protocols import compiled

# Workflows take long to import, and most calls need no more than their names.
if TYPE_CHECKING:
    from workflows.meeting import CoordinatingMeeting

MeetingHandle: TypeAlias = "WorkflowHandle[CoordinatingMeeting, MeetingEnd]"

ALREADY_STARTED: Final = "already_started"


def new_meeting_start(
    trial: str,
    office: Site,
    begins: datetime,
    *,
    label: str | None = None,
    **settings: Any,
) -> MeetingStart:
    """A checked start of the meeting of `trial` (a protocol's name): the first one is the first after `begins`.

    `label`: for the rehearsals with that label, on a stepped clock that begins there too. `settings`: fields of `MeetingStart`.
    Raises `UnknownName` or `PathwayError` saying what would be accepted.
    """
    text = compiled(trial)
    try:
        return MeetingStart(
            trial=text.protocol.name,
            version=text.protocol.version.number,
            protocol_hash=text.hash,
            site=office,
            begins=begins,
            clock="real" if label is None else "stepped",
            started_at=None if label is None else begins,
            label=label or "",
            **settings,
        )
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'start'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise PathwayError(f"cannot start the meeting of {trial}: {faults}") from None


async def start_meeting(
    client: Client, start: MeetingStart, *, queue: str, patience: timedelta = PATIENCE
) -> MeetingHandle:
    """Start the weekly meeting of a trial on the worker's `queue`.

    Raises `Refused` (`already_started`): a trial has one, for good; its day and hour are moved by rescheduling it.
    """
    from workflows.durable import details
    from workflows.meeting import CoordinatingMeeting

    token = uuid.uuid4().hex
    handle = meeting_handle(client, start.trial, rehearsal=start.rehearsal, label=start.label)

    async def call() -> MeetingHandle:
        await client.start_workflow(
            CoordinatingMeeting.run,
            start,
            id=start.workflow_id,
            task_queue=queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            memo={"start": token},
            search_attributes=details.fixed(start),
            static_summary=Clear(details.summary(start)),
            static_details=Clear(details.description(start)),
        )
        return handle

    try:
        return await persist(call, handle, patience)
    except WorkflowAlreadyStartedError:
        # Our own first try may have arrived although its answer did not.
        described = await persist(handle.describe, handle, patience)
        if await described.memo_value("start", default="", type_hint=str) == token:
            return handle
    raise Refused(
        ALREADY_STARTED,
        f"{start.trial} has its coordinating meeting already; to move it to another day or hour, "
        f"reschedule it: allpath meeting reschedule {start.trial} WEEK --weekday DAY --time HH:MM",
    )


def meeting_handle(client: Client, trial: str, *, rehearsal: bool = False, label: str = "") -> MeetingHandle:
    """The handle of a trial's meeting, whichever run it is in. Asks nobody: that it exists shows when it is used."""
    return client.get_workflow_handle(
        meeting_id(trial, rehearsal=rehearsal, label=label), result_type=MeetingEnd
    )


async def agendas(handle: MeetingHandle, *, patience: timedelta = PATIENCE) -> AgendasView:
    """The newest agendas that the meeting has kept; the store has all."""
    return await query(handle, "agendas", None, AgendasView, patience)
