"""Which of several results counts, and when two of them are a conflict."""

from pathway.plan import Plan
from tests.pathway.toy import Life, criterion, decision, enrolled, infused


def eoi(plan: Plan) -> str:
    return next((m.text for m in plan.milestones if m.id == "EOI-RESULT"), "")


def mrd(life: Life, at: str, value: str, on: str = "2025-03-07T09:00", **more: object) -> None:
    life.fact(at, "mrd", value, unit="" if value[0].isalpha() else "fraction", point="EOI", on=on, **more)


def test_the_same_result_twice_is_one_result() -> None:
    life = infused()
    mrd(life, "2025-03-11T09:00", "2e-4")
    mrd(life, "2025-03-11T10:00", "0.0002", on="2025-03-07T10:00")
    assert decision(life.plan("2025-03-11T11:00"), "course").proposal == "IB"


def test_two_different_results_of_one_sample_need_a_person_until_one_is_voided() -> None:
    life = infused()
    mrd(life, "2025-03-11T09:00", "2e-4")
    mrd(life, "2025-03-11T10:00", "6e-4")
    plan = life.plan("2025-03-11T11:00")
    found = decision(plan, "course")
    assert (found.state, found.proposal) == ("review", None)
    assert "conflict" in eoi(plan)
    life.void("2025-03-11T12:00", life.record.events[-1].id)
    assert decision(life.plan("2025-03-11T13:00"), "course").proposal == "IB"


def test_a_sample_that_was_not_evaluable_gives_way_to_one_that_is() -> None:
    life = infused()
    mrd(life, "2025-03-11T09:00", "not-evaluable")
    assert decision(life.plan("2025-03-11T09:30"), "course").state == "review"
    mrd(life, "2025-03-12T09:00", "2e-4", on="2025-03-11T09:00")
    assert decision(life.plan("2025-03-12T10:00"), "course").proposal == "IB"


def test_an_undetected_result_that_was_not_sensitive_enough_needs_a_person() -> None:
    life = infused()
    mrd(life, "2025-03-11T09:00", "not-detected", details={"sensitivity": "1e-3"})
    assert decision(life.plan("2025-03-11T10:00"), "course").state == "review"
    life.correct("2025-03-11T11:00", life.record.events[-1].id, details={"sensitivity": "1e-5"})
    assert decision(life.plan("2025-03-11T12:00"), "course").proposal == "IB"


def test_the_highest_count_before_the_first_dose_counts_and_later_ones_do_not() -> None:
    life = enrolled()
    life.fact("2025-02-03T10:00", "wbc", "290", unit="10^9/L", on="2025-02-02T09:00")
    life.fact("2025-02-03T10:01", "wbc", "310", unit="10^9/L", on="2025-02-03T09:00")
    life.correct("2025-02-03T10:02", "e1", "2024-10-01")
    plan = life.plan("2025-02-03T11:00")
    assert decision(plan, "initial").in_force is None
    life.fact("2025-02-03T12:00", "wbc", "300", unit="10^9/L", on="2025-02-03T08:59")
    assert decision(life.plan("2025-02-03T12:00"), "initial").in_force == "HR"


def test_an_implausible_count_among_plausible_ones_needs_a_person() -> None:
    life = enrolled()
    life.correct("2025-02-03T10:00", "e1", "2024-10-01")
    life.fact("2025-02-03T10:01", "wbc", "2500", unit="10^9/L", on="2025-02-02T09:00")
    assert decision(life.plan("2025-02-03T11:00"), "initial").in_force is None
    life.correct("2025-02-03T12:00", life.record.events[-1].id, details={"checked": "yes"})
    assert decision(life.plan("2025-02-03T13:00"), "initial").in_force == "HR"


def test_a_check_does_not_pass_to_another_value() -> None:
    life = enrolled()
    life.correct("2025-02-03T10:00", "e1", "2024-10-01")
    life.fact(
        "2025-02-03T10:01", "wbc", "2500", unit="10^9/L", on="2025-02-02T09:00", details={"checked": "yes"}
    )
    life.correct("2025-02-03T12:00", life.record.events[-1].id, "4500")
    assert decision(life.plan("2025-02-03T13:00"), "initial").in_force is None


def test_the_latest_puncture_before_the_infusion_decides_and_a_later_one_does_not() -> None:
    life = infused()
    life.fact("2025-03-12T12:00", "cns", "CNS3", on="2025-03-12T09:00")
    assert criterion(life.plan("2025-03-12T13:00"), "X2").verdict == "PASS"
    life.fact("2025-03-12T14:00", "cns", "CNS2", on="2025-03-09T09:00")
    assert criterion(life.plan("2025-03-12T15:00"), "X2").verdict == "FAIL"


def test_two_punctures_of_one_instant_that_disagree_need_a_person() -> None:
    life = infused()
    life.fact("2025-03-10T12:00", "cns", "CNS2", on="2025-03-07T09:00")
    assert criterion(life.plan("2025-03-10T13:00"), "X2").verdict == "REVIEW"


def test_among_several_time_points_the_latest_sample_counts() -> None:
    life = infused()
    mrd(life, "2025-03-11T09:00", "2e-3")
    life.fact("2025-04-10T09:00", "mrd", "5e-5", unit="fraction", point="BL1-END", on="2025-04-08T09:00")
    life.correct("2025-04-10T10:00", "e1", "2024-10-01")
    life.fact("2025-04-10T11:00", "wbc", "400", unit="10^9/L", on="2025-02-02T09:00")
    life.do("2025-04-10T12:00", "donor_found")
    found = decision(life.plan("2025-04-10T13:00"), "AFTER_SEARCH")
    assert found.proposal == "READY"
    mrd(life, "2025-04-11T09:00", "2e-3", on="2025-04-09T09:00")
    assert decision(life.plan("2025-04-11T10:00"), "AFTER_SEARCH").proposal is None
