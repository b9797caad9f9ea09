"""What a client sends is signed on its way: an interceptor of the Temporal client adds the statement to each request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.client import (
    Interceptor,
    OutboundInterceptor,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    WorkflowHandle,
    WorkflowUpdateHandle,
)

from contracts.base import Message
from contracts.statement import Statement

Sign = Callable[[str, str, Message], Awaitable[Statement]]
"""The statement for (workflow id, update or "start", request)."""


class Signing(Interceptor):
    """Signs every request that has room for a statement."""

    def __init__(self, sign: Sign) -> None:
        self._sign = sign

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """See `Interceptor`."""
        return _Signing(next, self._sign)


class _Signing(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, sign: Sign) -> None:
        super().__init__(next)
        self._sign = sign

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        input.args = await self._signed(input.id, "start", input.args)
        return await super().start_workflow(input)

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        input.args = await self._signed(input.id, input.update, input.args)
        return await super().start_workflow_update(input)

    async def _signed(self, workflow_id: str, update: str, args: Any) -> Any:
        if len(args) != 1 or "statement" not in getattr(type(args[0]), "model_fields", ()):
            return args
        statement = await self._sign(workflow_id, update, args[0])
        return [args[0].model_copy(update={"statement": statement})]
