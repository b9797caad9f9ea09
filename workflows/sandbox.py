"""Which modules workflow code shares with its process, and which it gets afresh: the one list.

A workflow's own module is loaded anew for every run, in a sandbox that refuses clocks, randomness and input or output.
What it imports is shared ("passed through"): definitions and pure functions, without state that a run could change.
Loading the domain anew would cost 57 ms and 1.8 MiB a run, half a millisecond if it is shared.

A workflow file imports modules by their full names (`import workflows.durable.details as details`). The form `from package import
module` goes past the sandbox's check, and a module that was forgotten here would be loaded anew without a word.
"""

from __future__ import annotations

from typing import Final

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

PASSED_THROUGH: Final = (
    "pathway",
    "protocols",
    "contracts",
    "runtime",  # the payload converter, which every run makes an instance of
    "workflows.durable",
)


def runner() -> SandboxedWorkflowRunner:
    """The sandbox of every worker. A module that is imported and not on the list stops the worker when
    it is built.
    """
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return SandboxedWorkflowRunner(
        restrictions=restrictions.with_import_notification_policy(
            SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
            | SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
        )
    )
