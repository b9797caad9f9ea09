"""The same reported again is on record already; what differs in anything is not the same."""

from typing import Any

import pytest

from pathway.events import Report
from pathway.patient.admission import known_as
from tests.pathway.toy import Life, berlin, infused

NOW = "2025-03-12T09:00"
ON = "2025-03-11T09:00"
FACT: dict[str, Any] = {"unit": "10^9/L", "on": ON, "role": "laboratory"}


def counted() -> Life:
    life = infused()
    life.fact("2025-03-11T10:00", "wbc", "4", id="w1", **FACT)
    return life


def test_a_value_that_is_reported_again_under_another_id_is_not_recorded_twice() -> None:
    life = counted()
    before = list(life.record.events)
    assert life.submit("observation", NOW, "wbc", "4", id="w2", **FACT) is None
    assert life.record.events == before


def test_the_same_in_another_unit_is_the_same() -> None:
    life = counted()
    assert life.submit("observation", NOW, "wbc", "4000", id="w2", **(FACT | {"unit": "/uL"})) is None


def test_the_id_under_which_it_is_on_record_is_told() -> None:
    life = counted()
    at = berlin(NOW)
    report = Report(
        "w2", "observation", at, "laboratory", "wbc", value="4", unit="10^9/L", occurred=berlin(ON)
    )
    assert known_as(life.evaluation(NOW), report, at) == "w1"
    other = Report(
        "w2", "observation", at, "laboratory", "wbc", value="5", unit="10^9/L", occurred=berlin(ON)
    )
    assert known_as(life.evaluation(NOW), other, at) == "w2"


@pytest.mark.parametrize(
    ("value", "more"),
    [
        ("5", {}),
        ("4", {"on": "2025-03-11T09:01"}),
        ("4", {"role": "clinician"}),
        ("4", {"details": {"checked": "yes"}}),
    ],
)
def test_another_value_moment_role_or_detail_is_another_report(value: str, more: dict[str, Any]) -> None:
    life = counted()
    assert life.submit("observation", NOW, "wbc", value, id="w2", **(FACT | more)) is not None


def test_an_action_with_the_same_scope_and_moment_is_recorded_once_and_another_cycle_is_another_action() -> (
    None
):
    life = infused()
    again: dict[str, Any] = {"scope": (("cycle", "1"),), "on": "2025-03-10T10:00"}
    assert life.submit("action", NOW, "infusion_started", **again) is None
    assert (
        life.submit("action", NOW, "infusion_started", **(again | {"scope": (("cycle", "2"),)})) is not None
    )


def test_what_was_voided_may_be_reported_again() -> None:
    life = counted()
    life.void(NOW, "w1")
    assert life.submit("observation", NOW, "wbc", "4", id="w2", **FACT) is not None


def test_of_a_corrected_value_the_right_one_is_on_record_and_the_wrong_one_is_not() -> None:
    life = counted()
    life.correct(NOW, "w1", "5", on=ON)
    assert life.submit("observation", NOW, "wbc", "5", id="w2", **FACT) is None
    assert life.submit("observation", NOW, "wbc", "4", id="w3", **FACT) is not None


def test_who_changes_their_mind_about_one_moment_and_back_is_heard_each_time() -> None:
    life = counted()
    for number, value in enumerate(("5", "4", "5")):
        assert life.submit("observation", NOW, "wbc", value, id=f"x{number}", **FACT) is not None
