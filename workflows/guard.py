"""What a task queue accepts: production only pathways on the real clock, rehearsal only stepped ones."""

from __future__ import annotations

from typing import Any, Final

from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from contracts.base import Clock

WRONG_CLOCK: Final = "wrong_clock"


class OnlyClock(Interceptor):
    """Fail a workflow at its start, before it does anything, if its clock is not the one that this worker serves.

    The starter chooses the queue by the clock, so this speaks only when somebody starts a workflow by hand, or when two
    installations share a server and have mixed up their queues.
    """

    def __init__(self, clock: Clock) -> None:
        """Accept only workflows that are started with `clock`."""
        self._clock = clock

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        """See `Interceptor`."""
        return _REFUSERS[self._clock]


class _OnlyReal(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        _refuse_unless("real", input)
        return await super().execute_workflow(input)


class _OnlyStepped(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        _refuse_unless("stepped", input)
        return await super().execute_workflow(input)


_REFUSERS: Final[dict[Clock, type[WorkflowInboundInterceptor]]] = {"real": _OnlyReal, "stepped": _OnlyStepped}


def _refuse_unless(clock: Clock, input: ExecuteWorkflowInput) -> None:
    asked = getattr(input.args[0], "clock", None) if input.args else None
    if asked is not None and asked != clock:
        raise ApplicationError(
            f"this task queue accepts only pathways on the {clock} clock, this one is started on the {asked} clock",
            type=WRONG_CLOCK,
            non_retryable=True,
        )
