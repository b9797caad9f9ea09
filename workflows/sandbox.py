"""Which modules workflow code shares with its process, and which it gets afresh: the one list.

A workflow's own module is loaded anew for every run, in a sandbox that refuses clocks, randomness and input or output.
What it imports is shared ("passed through"): definitions and pure functions, without state that a run could change.
Loading the domain anew would cost 57 ms and 1.8 MiB a run, half a millisecond if it is shared.

A workflow file imports modules by their full names (`import workflows.durable.details as details`). The form `from package import
module` goes past the sandbox's check, and a module that was forgotten here would be loaded anew without a word.
"""

from __future__ import annotations

from typing import Any, Final

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import Info, SandboxImportNotificationPolicy

import protocols
from contracts.search_attributes import TRIAL

PASSED_THROUGH: Final = (
    "pathway",
    "protocols",
    "contracts",
    "runtime",  # the payload converter, which every run makes an instance of
    "workflows.durable",
)


class _Instance(WorkflowInstance):
    """A run in its sandbox, which is not entered to ask in whose name a payload is coded.

    The SDK asks that up to three times for each payload, each time by compiling and running a text in the sandbox: a quarter
    of a worker's time after a restart. Our codec and converters code every payload alike and store none outside
    (`runtime.codec`), so there is one answer for all.
    """

    def __init__(self, inside: WorkflowInstance) -> None:
        self._inside = inside

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """See `WorkflowInstance`."""
        return self._inside.activate(act)

    def get_serialization_context(self, command_info: Any) -> None:
        """No context: the data converter is used as it is."""
        return

    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:
        """Nowhere: nothing is stored outside."""
        return _NOWHERE

    def get_info(self) -> Info:
        """See `WorkflowInstance`."""
        return self._inside.get_info()

    def get_thread_id(self) -> int | None:
        """See `WorkflowInstance`."""
        return self._inside.get_thread_id()


_NOWHERE: Final = StorageDriverStoreContext(target=None)


class _Runner(SandboxedWorkflowRunner):
    """The SDK's sandbox, for runs that find their protocol compiled and whose instances know of no context."""

    def prepare_workflow(self, defn: Any) -> None:
        """Look through a workflow's imports, as the SDK does. No patient is in it, and so no protocol."""
        SandboxedWorkflowRunner(self.restrictions, self.runner_class).prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Take up a run. Its protocol is compiled now, if it is the first one of it: the SDK calls this before the two seconds
        begin that a workflow task has, and on a busy machine compiling may need them."""
        protocols.prepare(det.info.typed_search_attributes.get(TRIAL) or "")
        return _Instance(super().create_instance(det))


def runner() -> SandboxedWorkflowRunner:
    """The sandbox of every worker. A module that is imported and not on the list stops the worker when
    it is built.
    """
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return _Runner(
        restrictions=restrictions.with_import_notification_policy(
            SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
            | SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
        )
    )
