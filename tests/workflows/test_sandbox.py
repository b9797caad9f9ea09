"""A module that workflow code imports and nobody put on the list stops the worker when it is built."""

from __future__ import annotations

import ast
import inspect
import uuid

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

import workflows.pathway
from workflows import sandbox
from workflows.pathway import PatientPathway


def worker(client: Client) -> Worker:
    return Worker(
        client,
        task_queue=f"sandbox-{uuid.uuid4().hex}",
        workflows=[PatientPathway],
        workflow_runner=sandbox.runner(),
    )


def imported() -> list[str]:
    """The modules of ours that the workflow file imports."""
    tree = ast.parse(inspect.getsource(workflows.pathway))
    found = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    found += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    return sorted(
        {
            name
            for name in found
            if name.partition(".")[0] in ("workflows", "pathway", "protocols", "contracts")
        }
    )


@pytest.mark.parametrize("module", imported())
async def test_a_forgotten_module_stops_the_worker_at_its_start(
    temporal_client: Client, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    kept = tuple(name for name in sandbox.PASSED_THROUGH if not f"{module}.".startswith(f"{name}."))
    assert kept != sandbox.PASSED_THROUGH
    monkeypatch.setattr(sandbox, "PASSED_THROUGH", kept)
    with pytest.raises(RuntimeError, match="Failed validating workflow PatientPathway") as error:
        worker(temporal_client)
    assert "not intentionally passed through" in str(error.value.__cause__)


def test_workflow_files_import_modules_by_their_full_names() -> None:
    """`from package import module` would go past the sandbox's check."""
    assert {"workflows", "workflows.durable", "pathway", "contracts"}.isdisjoint(imported())


async def test_with_the_list_as_it_is_a_worker_starts(temporal_client: Client) -> None:
    async with worker(temporal_client):
        pass
