"""While two results disagree, what was in force stands, and somebody is asked; what is settled counts at once."""

import pytest

from pathway.patient.output import plan_json
from pathway.plan import Plan
from pathway.record import Record
from tests.pathway.toy import Life, decision, item, notice, phase

CONFLICT = "CONFLICT[fact=blasts]"


def young(first: str) -> Life:
    """A child under 6 months with few white cells, whose group hangs on the blasts of day 8."""
    life = Life()
    life.fact("2025-02-01T09:00", "birth_date", "2024-10-01")
    life.fact("2025-02-01T09:01", "diagnosis_date", "2025-02-01")
    life.fact("2025-02-01T09:02", "wbc", "85", unit="10^9/L")
    life.do("2025-02-03T09:00", "first_prednisone")
    life.fact("2025-02-10T12:00", "blasts", first, unit="/uL", on="2025-02-10T09:00")
    return life


def again(life: Life, value: str) -> str:
    """A second result of the same sample."""
    return life.fact("2025-02-11T12:00", "blasts", value, unit="/uL", on="2025-02-10T09:00").id


def stands(plan: Plan) -> tuple[str, bool, str | None]:
    """The phase of the transplant, whether a donor is looked for, and the group."""
    return (
        phase(plan, "transplant"),
        item(plan, "DONOR-SEARCH") is not None,
        decision(plan, "initial").in_force,
    )


@pytest.mark.parametrize(
    ("first", "second", "before", "meanwhile"),
    [
        ("1500", "320", ("SEARCH", True, "HR"), ("SEARCH", True, None)),
        # what has not been in force does not begin, and the lower group is not told either
        ("320", "1500", ("NO_HSCT", False, "MR"), ("NO_HSCT", False, None)),
        # the same side of the limit is a conflict of values all the same
        ("1500", "1600", ("SEARCH", True, "HR"), ("SEARCH", True, None)),
    ],
)
def test_a_conflict_takes_nothing_back_and_begins_nothing(
    first: str, second: str, before: tuple[str, bool, str], meanwhile: tuple[str, bool, None]
) -> None:
    life = young(first)
    assert stands(life.plan("2025-02-10T13:00")) == before
    again(life, second)
    plan = life.plan("2025-02-11T13:00")
    assert stands(plan) == meanwhile
    asked = notice(plan, CONFLICT)
    assert asked is not None
    assert (asked.to, asked.text) == (
        "laboratory",
        f"blasts {first} / {second}: different results for the same sample: correct or void all but one",
    )


def test_it_stands_through_what_comes_later_until_it_is_settled() -> None:
    life = young("1500")
    first, second = life.record.events[-1].id, again(life, "320")
    life.fact("2025-02-12T12:00", "cns", "CNS1", on="2025-02-12T09:00")
    life.fact("2025-02-13T12:00", "lineage", "B")
    assert stands(life.plan("2025-02-20T09:00"))[:2] == ("SEARCH", True)
    settled = Life()
    settled.record = Record.of(life.record.events)
    life.void("2025-02-20T10:00", second)
    assert stands(life.plan("2025-02-20T11:00")) == ("SEARCH", True, "HR")
    settled.count = 100
    settled.void("2025-02-20T10:00", first)
    plan = settled.plan("2025-02-20T11:00")
    assert stands(plan) == ("NO_HSCT", False, "MR")
    assert notice(plan, CONFLICT) is None


def test_what_ends_it_for_certain_ends_it() -> None:
    life = young("1500")
    again(life, "320")
    life.do("2025-02-12T12:00", "donor_found")
    found = item(life.plan("2025-02-12T13:00"), "DONOR-SEARCH")
    assert found is not None
    assert found.state == "done"


def test_the_plan_is_the_same_worked_out_from_nothing() -> None:
    life = young("1500")
    for value in ("320", "1500", "320"):
        again(life, value)
        life.plan("2025-02-11T13:00")
    fresh = Life()
    fresh.record = Record.of(life.record.events)
    one, two = life.evaluation("2025-02-14T09:00"), fresh.evaluation("2025-02-14T09:00")
    assert plan_json(one) == plan_json(two)
