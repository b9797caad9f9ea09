"""Patients of a subtrial whose pathway is elsewhere: only of them people tell a governor."""

from __future__ import annotations

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from client.pathways import NoAnswer, pathway_handle
from pathway.refusal import Refused


async def check_elsewhere(
    client: Client, trial: str, subject: str, *, rehearsal: bool = False, label: str = ""
) -> None:
    """Raises `Refused` if the patient's own pathway is here: its messages would say otherwise. Raises `NoAnswer`."""
    handle = pathway_handle(client, trial, subject, rehearsal=rehearsal, label=label)
    try:
        running = (await handle.describe()).status == WorkflowExecutionStatus.RUNNING
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return
        raise NoAnswer(
            f"the Temporal server does not answer ({error.status.name}); nothing was recorded"
        ) from error
    if running:
        raise Refused(
            "has_pathway",
            f"{subject} has a pathway in {trial}, which tells the governor by itself; record it there: "
            f"allpath record {subject} ... --trial {trial}",
        )
