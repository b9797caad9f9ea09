"""What people enter on the pages: recorded once, refused in words, and what was typed is never lost."""

from __future__ import annotations

import asyncio
import uuid

import httpx

from client import pathways
from pathway.site import Site
from store import queries
from tests.web.conftest import PASSWORD, TRIAL, Ward
from tests.web.test_access import csrf_in
from tests.workflows.conftest import until


async def page(visitor: httpx.AsyncClient, path: str) -> tuple[str, str]:
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text, csrf_in(answer.text)


async def test_a_form_that_is_sent_twice_is_one_entry_with_a_name(ward: Ward) -> None:
    subject = await ward.enrolled()
    async with ward.signed_in("CO1") as visitor:
        at = f"/patients/{TRIAL}/{subject}/record"
        _, csrf = await page(visitor, at)
        fields = {
            "csrf": csrf,
            "id": "w1",
            "kind": "observation",
            "name": "consent",
            "value": "GIVEN",
            "at": "2025-02-01",
        }
        answers = await asyncio.gather(*(visitor.post(at, data=fields) for _ in range(4)))
        assert {each.status_code for each in answers} == {303}
        (event,) = await pathways.events(await ward.handle("CO1", subject))
        assert (event.id, event.name, event.value, event.role, event.person) == (
            "w1",
            "consent",
            "GIVEN",
            "coordinator",
            "CO1",
        )


async def test_what_is_refused_comes_again_with_what_was_typed_and_why(ward: Ward) -> None:
    subject = await ward.enrolled()
    async with ward.signed_in("LA1") as visitor:
        at = f"/patients/{TRIAL}/{subject}/record"
        _, csrf = await page(visitor, at)
        fields = {
            "csrf": csrf, "kind": "observation", "name": "mrd", "point": "EOI", "value": "two of ten", "unit": "fraction",
            "at": "2025-03-07", "reason": "typed with care",
        }  # fmt: skip
        answer = await visitor.post(at, data=fields)
        assert answer.status_code == 409
        for kept in ("two of ten", "typed with care", "2025-03-07", "Not recorded"):
            assert kept in answer.text
        bad = await visitor.post(at, data=fields | {"value": "2e-4", "at": "the seventh"})
        assert "accepted: a day such as 2025-03-10" in bad.text
        assert (await pathways.state(await ward.handle("CO1", subject))).events == 0


async def test_many_values_are_checked_first_and_recorded_all_or_none(ward: Ward) -> None:
    subject = await ward.enrolled()
    async with ward.signed_in("CO1") as visitor:
        at = f"/patients/{TRIAL}/{subject}/results"
        text, csrf = await page(visitor, at)
        assert "value|consent|" in text
        good = {"value|consent|": "GIVEN", "value|disease|": "NEW", "value|diagnosis_date|": "2025-02-01"}
        fields = {"csrf": csrf, "id": "s-1", "day": "2025-02-01", **good}
        checked = await visitor.post(at, data=fields | {"act": "check"})
        assert "3 values can be recorded" in checked.text
        assert (await pathways.state(await ward.handle("CO1", subject))).events == 0
        refused = await visitor.post(at, data=fields | {"act": "record", "value|birth_date|": "the first"})
        assert refused.status_code == 422
        assert 'value="the first"' in refused.text
        assert (await pathways.state(await ward.handle("CO1", subject))).events == 0
        done = [await visitor.post(at, data=fields | {"act": "record"}) for _ in range(2)]
        assert [each.status_code for each in done] == [303, 303]
        events = await pathways.events(await ward.handle("CO1", subject))
        assert sorted(event.name for event in events) == ["consent", "diagnosis_date", "disease"]


async def test_a_pasted_table_fills_the_rows_and_says_which_line_it_does_not_know(ward: Ward) -> None:
    subject = await ward.enrolled()
    async with ward.signed_in("LA1") as visitor:
        at = f"/patients/{TRIAL}/{subject}/results"
        _, csrf = await page(visitor, at)
        table = "fact\tpoint\tvalue\tunit\tday\nwbc\tDIAGNOSIS\t120\t\t2025-02-01\nmrd\tEOI\t2e-4\tfraction\t2025-03-07"
        known = (await visitor.post(at, data={"csrf": csrf, "act": "paste", "table": table})).text
        assert 'value="2e-4"' in known
        wrong = await visitor.post(at, data={"csrf": csrf, "act": "paste", "table": "leukocytes\t\t120"})
        assert wrong.status_code == 422
        assert "row 1 of the pasted table" in wrong.text
        assert "leukocytes" in wrong.text


async def test_an_entry_is_put_right_and_taken_back_with_its_trace(ward: Ward) -> None:
    subject = await ward.enrolled()
    async with ward.signed_in("CO1") as visitor:
        at = f"/patients/{TRIAL}/{subject}"
        _, csrf = await page(visitor, at)
        fields = {
            "csrf": csrf,
            "id": "c1",
            "kind": "observation",
            "name": "birth_date",
            "value": "2024-12-01",
            "at": "2025-02-01",
        }
        assert (await visitor.post(f"{at}/record", data=fields)).status_code == 303
        right = {"csrf": csrf, "id": "c2", "act": "correct", "value": "2024-12-02", "reason": "misread"}
        assert (await visitor.post(f"{at}/events/c1", data=right)).status_code == 303
        void = {"csrf": csrf, "id": "c3", "act": "void"}
        assert (await visitor.post(f"{at}/events/c1", data=void)).status_code == 409  # a reason is missing
        text, _ = await page(visitor, f"{at}/events/c1")
        assert "2024-12-02" in text
        assert "misread" in text


async def test_the_day_of_a_result_is_put_right_and_its_value_stays(ward: Ward) -> None:
    subject = await ward.enrolled()
    async with ward.signed_in("CO1") as visitor:
        at = f"/patients/{TRIAL}/{subject}"
        _, csrf = await page(visitor, at)
        fields = {
            "csrf": csrf, "id": "m1", "kind": "observation", "name": "mrd", "point": "EOI", "value": "2e-4", "unit": "fraction",
            "at": "2025-03-07",
        }  # fmt: skip
        assert (await visitor.post(f"{at}/record", data=fields)).status_code == 303
        right = {"csrf": csrf, "id": "m2", "act": "correct", "at": "the tenth", "reason": "misread"}
        again = await visitor.post(f"{at}/events/m1", data=right)
        assert again.status_code == 409
        assert "accepted: a day such as" in again.text
        assert 'value="the tenth"' in again.text
        nothing = await visitor.post(f"{at}/events/m1", data=right | {"at": ""})
        assert nothing.status_code == 409
        assert "changes nothing" in nothing.text
        assert (
            await visitor.post(f"{at}/events/m1", data=right | {"at": "2025-03-10 07:30"})
        ).status_code == 303
        text, _ = await page(visitor, f"{at}/events/m2")
        assert "0.0002" in text
        assert "2025-03-10 07:30" in text


async def test_what_counts_by_the_hour_needs_its_hour_when_entered_and_when_put_right(ward: Ward) -> None:
    subject = await ward.enrolled()
    async with ward.signed_in("CO1") as visitor:
        at = f"/patients/{TRIAL}/{subject}"
        _, csrf = await page(visitor, at)
        fields = {
            "csrf": csrf, "id": "b1", "kind": "action", "name": "infusion_started", "scope.cycle": "1", "at": "2025-03-07",
        }  # fmt: skip
        refused = await visitor.post(f"{at}/record", data=fields)
        assert refused.status_code == 409
        assert "counts by the hour" in refused.text
        taken = await visitor.post(f"{at}/record", data=fields | {"at": "2025-03-07 14:00"})
        assert taken.status_code == 303, taken.text
        right = {"csrf": csrf, "act": "correct", "name": "infusion_started", "reason": "misread"}
        refused = await visitor.post(f"{at}/events/b1", data=right | {"id": "b2", "at": "2025-03-08"})
        assert refused.status_code == 409
        assert "counts by the hour" in refused.text
        right |= {"id": "b3", "at": "2025-03-08 10:00"}
        assert (await visitor.post(f"{at}/events/b1", data=right)).status_code == 303


async def test_a_wrong_password_signs_nothing_and_what_was_typed_is_still_there(ward: Ward) -> None:
    subject = await ward.enrolled()
    async with ward.signed_in("CL2") as visitor:
        at = f"/patients/{TRIAL}/{subject}/decisions/eligibility"
        _, csrf = await page(visitor, at)
        fields = {
            "csrf": csrf,
            "password": f"{PASSWORD}!",
            "role": "clinician",
            "option": "ELIGIBLE",
            "reason": "kept words",
        }
        answer = await visitor.post(at, data=fields)
        assert answer.status_code == 403
        assert "the password is wrong" in answer.text
        assert PASSWORD not in answer.text


async def test_an_enrolment_that_broke_off_is_completed_by_sending_the_form_again_and_by_no_other(
    ward: Ward,
) -> None:
    subject, client = f"W{uuid.uuid4().hex[:8]}", await ward.client("CO1")
    sitting = f"s-{uuid.uuid4().hex[:8]}"
    begun = pathways.new_start(TRIAL, subject, Site("S01"), sitting=sitting)
    await pathways.start_pathway(client, begun, queue=ward.queue, token=sitting)
    async with ward.signed_in("CO1") as visitor:
        _, csrf = await page(visitor, f"/enrol?trial={TRIAL}")
        values = {"value|consent|": "GIVEN", "value|disease|": "NEW"}
        fields = {
            "csrf": csrf,
            "trial": TRIAL,
            "subject": subject,
            "site": "S01",
            "day": "2025-02-01",
            "act": "enrol",
            **values,
        }
        await until(lambda: stored(ward, subject))
        other = await visitor.post("/enrol", data=fields | {"id": "s-another"})
        assert other.status_code == 422
        assert "a pseudonym is used once" in other.text
        assert (await pathways.state(await ward.handle("CO1", subject))).events == 0
        done = [await visitor.post("/enrol", data=fields | {"id": sitting}) for _ in range(2)]
        assert [each.status_code for each in done] == [303, 303]
    events = await pathways.events(await ward.handle("CO1", subject))
    assert sorted(event.name for event in events) == ["consent", "disease"]


async def stored(ward: Ward, subject: str) -> bool:
    async with ward.store.reading() as session:
        return bool(await queries.pathways(session, subject=subject))
