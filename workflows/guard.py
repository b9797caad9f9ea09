"""What a task queue accepts: production only pathways on the real clock, rehearsal only stepped ones; and who may ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from contracts.base import Clock, Message
from contracts.messages import ArchiveRequest, PathwayStart, RecordRequest
from contracts.renaming import RenameRequest
from contracts.search_attributes import SITE
from contracts.sitting import RecordManyRequest
from contracts.statement import HOUSE, Statement, roles_at

WRONG_CLOCK: Final = "wrong_clock"
NOT_SIGNED: Final = "not_signed"
NOT_HELD: Final = "not_held"
FRESH: Final = timedelta(minutes=10)
"""How far the clock of whoever signs may be from the server's, and how long a request may be on its way."""

IsOurs = Callable[[Statement, str, str, Message], bool]
"""Whether the house has signed a statement for (workflow id, update, request)."""


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


class OnlyHeld(Interceptor):
    """Refuse what is asked without a statement of the house, or in a role that its person does not hold at the site.

    Nothing of it is in a history: what was let in stays so when it is replayed, whatever has become of people and keys.
    """

    def __init__(self, is_ours: IsOurs) -> None:
        """`is_ours` knows the signature of the house."""
        self._is_ours = is_ours

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        """See `Interceptor`."""
        is_ours = self._is_ours

        class Held(_OnlyHeld):
            def is_ours(self, statement: Statement, workflow_id: str, update: str, request: Message) -> bool:
                return is_ours(statement, workflow_id, update, request)

        return Held


class _OnlyHeld(WorkflowInboundInterceptor):
    def is_ours(self, statement: Statement, workflow_id: str, update: str, request: Message) -> bool:
        raise NotImplementedError

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        start = input.args[0] if input.args else None
        if not workflow.unsafe.is_replaying() and getattr(start, "carried", None) is None:
            info = workflow.info()
            statement = self._statement(start, "start", info.start_time)
            if isinstance(start, PathwayStart):
                _check_held(statement, start.site.id, [("coordinator", statement.person)])
        return await super().execute_workflow(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        request = input.args[0] if input.args else None
        asked = list(_asked_in(request))
        statement = self._statement(request, input.update, workflow.now())
        site = workflow.info().typed_search_attributes.get(SITE) or ""
        _check_held(statement, site, asked)
        super().handle_update_validator(input)

    def _statement(self, request: object, update: str, at: datetime) -> Statement:
        statement = getattr(request, "statement", None)
        if not isinstance(statement, Statement) or not isinstance(request, Message):
            raise _refusal(
                NOT_SIGNED, "nobody is signed in, and a role is held, never claimed: allpath login CODE"
            )
        if not self.is_ours(statement, workflow.info().workflow_id, update, request):
            raise _refusal(
                NOT_SIGNED, "the statement who asks was not signed by this house, or for something else"
            )
        if abs(at - statement.at) > FRESH:
            raise _refusal(
                NOT_SIGNED,
                f"the statement who asks is of {statement.at:%H:%M:%S} UTC, and it is {at:%H:%M:%S}: check the clock",
            )
        return statement


def _asked_in(request: object) -> Iterator[tuple[str, str]]:
    """(role, person) of everything that a request says."""
    match request:
        case RecordRequest(report=report) | RenameRequest(report=report):
            yield report.role, report.person
        case RecordManyRequest(reports=reports):
            for report in reports:
                yield report.role, report.person
        case ArchiveRequest(role=role, statement=statement):
            yield role, statement.person if statement is not None else ""


def _check_held(statement: Statement, site: str, asked: list[tuple[str, str]]) -> None:
    if statement.person == HOUSE and statement.strength == "house":
        return
    roles = roles_at(statement.held, site)
    for role, person in asked:
        if role not in roles:
            held = ", ".join(roles) or "no role"
            raise _refusal(NOT_HELD, f"{statement.person} holds {held} at site {site}; this needs {role}")
        if person != statement.person:
            raise _refusal(NOT_HELD, f"{statement.person} cannot enter in the name of {person}")


def _refusal(code: str, why: str) -> ApplicationError:
    return ApplicationError(why, type=code, non_retryable=True)
