"""The Temporal UI reads payloads for those who may read every patient, and each reading is in the audit trail."""

from __future__ import annotations

import json

import pytest
from google.protobuf.json_format import MessageToJson
from temporalio.api.common.v1 import Payloads

from people import audit
from tests.web.conftest import TRIAL, Ward


async def sealed(ward: Ward) -> str:
    """The input of a patient's workflow, as the UI has it."""
    subject = await ward.enrolled()
    handle = await ward.handle("CO1", subject)
    async for event in handle.fetch_history_events(page_size=1):
        payloads = event.workflow_execution_started_event_attributes.input
        return MessageToJson(Payloads(payloads=payloads.payloads))
    raise AssertionError("a workflow begins with an event")


@pytest.mark.parametrize(("code", "status"), [("AU1", 200), ("SP1", 200), ("CO1", 403), ("OP1", 403)])
async def test_it_decodes_for_those_who_read_patients_everywhere(ward: Ward, code: str, status: int) -> None:
    body = await sealed(ward)
    assert TRIAL not in body
    headers = {"origin": ward.settings.ui_address, "content-type": "application/json"}
    async with ward.signed_in(code) as visitor:
        answer = await visitor.post("/codec/decode", content=body, headers=headers)
        assert answer.status_code == status
    if status == 200:
        assert answer.headers["access-control-allow-origin"] == ward.settings.ui_address
        assert len(json.loads(answer.text)["payloads"]) == 1
    else:
        assert "payloads" not in answer.text
    async with ward.store.reading() as session:
        kept = [each.line async for each in audit.lines(session)]
    outcome = "done" if status == 200 else "refused"
    assert (code, outcome) in {
        (each.person, each.outcome) for each in kept if each.act == "decode for the Temporal UI"
    }


async def test_no_other_page_may_ask_and_nobody_who_is_not_signed_in(ward: Ward) -> None:
    body = await sealed(ward)
    async with ward.signed_in("AU1") as visitor:
        for origin in ("https://elsewhere.example", ward.address, ""):
            answer = await visitor.post("/codec/decode", content=body, headers={"origin": origin})
            assert answer.status_code == 404
        bad = await visitor.post(
            "/codec/decode", content="no json", headers={"origin": ward.settings.ui_address}
        )
        assert bad.status_code == 422
    async with ward.visitor() as visitor:
        answer = await visitor.post(
            "/codec/decode", content=body, headers={"origin": ward.settings.ui_address}
        )
        assert answer.status_code == 401
