"""What operations read in the Temporal UI."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client

from client import pathways
from contracts import search_attributes as attributes
from tests.workflows.conftest import House, action, later, mrd


async def shown(house: House, handle: pathways.AnyHandle) -> str:
    """What the stock UI reads: it has no key."""
    keyless = await Client.connect(house.client.service_client.config.target_host)
    metadata: WorkflowMetadata = await keyless.get_workflow_handle(handle.id).query(
        "__temporal_workflow_metadata", result_type=WorkflowMetadata
    )
    return str(metadata.current_details)


async def test_current_details_say_where_a_pathway_stands(stepped: House) -> None:
    handle = await stepped.enrol()
    await pathways.submit(handle, action("e1", "therapy_started"))
    assert "Next moment: 2025-02-01 10:00 UTC" in await shown(stepped, handle)
    await pathways.step(handle, later(days=41))
    details = await shown(stepped, handle)
    assert "| treatment | INDUCTION | 2025-02-01 09:00 UTC |" in details
    assert "Group: **none yet**" in details
    assert "`MRD-MISSING` critical, since 2025-03-13 07:00 UTC, notified:" in details
    assert "Late: **1**" in details
    assert "`MARROW` due 2025-03-06 (coordinator)" in details
    assert "Next moment: none, only an event changes anything" in details
    await pathways.submit(handle, mrd(at=later(days=41), value="2e-4"))
    details = await shown(stepped, handle)
    assert "Group: **HR**" in details
    assert "`AFTER_INDUCTION` (clinician)" in details
    assert "0.0002" not in details
    assert "2e-4" not in details


async def test_search_attributes_follow_the_plan(stepped: House) -> None:
    handle = await stepped.enrol(subject="SEARCHED", label=stepped.queue, continue_after=2)
    await pathways.submit(handle, action("e1", "therapy_started"))
    described = await handle.describe()
    known = described.typed_search_attributes
    assert known.get(attributes.TRIAL) == "toy@1"
    assert known.get(attributes.SUBJECT) == "SEARCHED"
    assert known.get(attributes.GROUP) is None
    assert known.get(attributes.NEXT_DUE) == datetime(2025, 3, 6, 7, tzinfo=UTC)
    await pathways.step(handle, later(days=41))
    await pathways.submit(handle, mrd(at=later(days=41)))
    known = (await handle.describe()).typed_search_attributes
    assert known.get(attributes.GROUP) == "HR"
    assert known.get(attributes.PHASE) == "INDUCTION"
    assert known.get(attributes.LATE) == 0
    assert (known.get(attributes.OPEN) or 0) >= 1
    assert known.get(attributes.NEXT_DUE) is None
    assert known.get(attributes.REHEARSAL) is True
