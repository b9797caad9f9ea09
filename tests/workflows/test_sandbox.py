"""A module that workflow code imports and nobody put on the list stops the worker when it is built; a run finds its protocol
compiled, and is not asked whose payloads are coded."""

from __future__ import annotations

import ast
import inspect
import uuid
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from temporalio.api.common.v1 import Payloads
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.converter import DefaultFailureConverterWithEncodedAttributes, WorkflowSerializationContext
from temporalio.worker import Worker, WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox._runner import _fake_info
from temporalio.workflow import _Definition

import protocols
import workflows.pathway
from contracts.search_attributes import TRIAL
from pathway.engine.context import Compiled
from runtime.codec import AllpathPayloadConverter, data_converter
from runtime.keys import make_keys
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


def details(trial: str | None) -> WorkflowInstanceDetails:
    """What the SDK tells of a run that it has the first task of; `trial`: what the run's search attribute says."""
    known = TypedSearchAttributes([] if trial is None else [SearchAttributePair(TRIAL, trial)])
    return WorkflowInstanceDetails(
        payload_converter_factory=AllpathPayloadConverter,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
        interceptor_classes=[],
        defn=_Definition.must_from_class(PatientPathway),
        info=replace(_fake_info, typed_search_attributes=known),
        randomness_seed=1,
        extern_functions={},
        disable_eager_activity_execution=False,
        worker_level_failure_exception_types=[],
        patch_activation_callback=None,
        last_completion_result=Payloads(),
        last_failure=None,
    )


@pytest.mark.parametrize(
    ("trial", "expected"),
    [
        ("interfant-21@1.0", {"interfant-21@1.0"}),
        (None, {"interfant-21@1.0", "hem-ismart@1.0", "dara-tall@1.0"}),
        ("unheard-of@1.0", {"interfant-21@1.0", "hem-ismart@1.0", "dara-tall@1.0"}),
    ],
)
async def test_a_runs_protocol_is_compiled_before_its_first_task_begins(
    monkeypatch: pytest.MonkeyPatch, trial: str | None, expected: set[str]
) -> None:
    """And no other, unless nobody can tell which it will ask for."""
    made: list[str] = []
    compiled = protocols._compiled

    def noted(versioned: str) -> Compiled:
        made.append(versioned)
        return compiled(versioned)

    monkeypatch.setattr(protocols, "_compiled", noted)
    sandbox.runner().create_instance(details(trial))
    assert expected <= set(made)
    assert trial not in expected or set(made) == expected


async def test_a_worker_that_has_no_run_yet_compiles_nothing(
    temporal_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(protocols, "_compiled", made.append)
    worker(temporal_client)
    assert made == []


def test_every_payload_is_coded_alike_whosever_it_is(tmp_path: Path) -> None:
    """So a run's sandbox need not be asked whose it is."""
    make_keys(tmp_path / "key")
    converter = data_converter(tmp_path / "key")
    assert converter.with_context(WorkflowSerializationContext("default", "patient/toy/P1")) is converter
    assert converter.external_storage is None
    instance: WorkflowInstance = sandbox._Instance(cast("WorkflowInstance", None))
    assert instance.get_serialization_context(None) is None
    assert instance.get_external_store_context(None).target is None
