"""What cannot be believed: jumps, days in an order that cannot be, acts reported twice, values that an assay cannot see."""

from dataclasses import replace
from typing import Any

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import Change, Compare, Criterion, Fact, Limit, Order, Reading, Unit, registry
from pathway.plan import Obligation, Plan
from pathway.record import Record
from tests.pathway.toy import TOY, Life, criterion, decision, enrolled, infused

R = registry()
WEIGHT = Fact("weight", "number", "weight", "clinician", R, units=(Unit("kg"),), cardinality="latest", plausible=("2", "90"),
              change=Change("1.5", 30, R))  # fmt: skip
MRD = replace(next(f for f in TOY.facts if f.id == "mrd"), specimens=("marrow",))
DOUBTED = replace(
    TOY,
    facts=(*(f for f in TOY.facts if f.id != "mrd"), MRD, WEIGHT),
    criteria=(
        *TOY.criteria,
        Criterion("HEAVY", "over 40 kg", "size", Compare(Reading("weight"), Limit(">", "40")), R),
    ),
    orders=(
        Order("birth_date", "diagnosis_date", "diagnosed before birth", R),
        Order("first_prednisone", "death", "treated after death", R, strictly=True),
    ),
)
COMPILED = compile_protocol(DOUBTED)


def told(plan: Plan, id: str) -> list[Obligation]:
    return [o for o in (*plan.alerts, *plan.deviations) if o.id == id]


def scratch(life: Life, at: str) -> Plan:
    fresh = Life(life.compiled)
    fresh.record = Record.of(life.record.events)
    return fresh.plan(at)


def weighed(life: Life, at: str, value: str, **more: Any) -> str:
    return life.fact(at, "weight", value, unit="kg", **more).id


# --- change ------------------------------------------------------------------------------------------------------------


def test_a_weight_that_jumps_is_for_review_until_it_is_confirmed_as_checked() -> None:
    life = enrolled(COMPILED)
    weighed(life, "2025-02-03T10:00", "62.5")
    second = weighed(life, "2025-02-13T10:00", "26.5")
    plan = life.plan("2025-02-13T11:00")
    assert criterion(plan, "HEAVY").verdict == "REVIEW"
    (alert,) = told(plan, "IMPLAUSIBLE")
    assert (alert.to, alert.key) == ("clinician", "IMPLAUSIBLE[fact=weight]")
    assert "62.5 -> 26.5 within 10 days" in alert.text
    life.correct("2025-02-13T12:00", second, details={"checked": "yes"})
    plan = life.plan("2025-02-13T13:00")
    assert (criterion(plan, "HEAVY").verdict, told(plan, "IMPLAUSIBLE")) == ("FAIL", [])
    assert plan.criteria == scratch(life, "2025-02-13T13:00").criteria


def test_what_came_before_the_jump_is_what_the_next_value_is_compared_with() -> None:
    life = enrolled(COMPILED)
    weighed(life, "2025-02-03T10:00", "62.5")
    weighed(life, "2025-02-13T10:00", "26.5")
    weighed(life, "2025-02-14T10:00", "62.6")
    assert criterion(life.plan("2025-02-14T11:00"), "HEAVY").verdict == "PASS"


@pytest.mark.parametrize(
    ("value", "on"), [("41.7", "2025-02-13"), ("93.7", "2025-02-13"), ("26.5", "2025-03-06")]
)
def test_a_change_that_can_be_counts(value: str, on: str) -> None:
    life = enrolled(
        compile_protocol(
            replace(DOUBTED, facts=(*DOUBTED.facts[:-1], replace(WEIGHT, plausible=(None, None))))
        )
    )
    weighed(life, "2025-02-03T10:00", "62.5")
    weighed(life, f"{on}T10:00", value)
    plan = life.plan(f"{on}T11:00")
    assert criterion(plan, "HEAVY").verdict in ("PASS", "FAIL")
    assert not told(plan, "IMPLAUSIBLE")


def test_an_implausible_value_is_told_to_whoever_supplied_it() -> None:
    life = enrolled(COMPILED)
    weighed(life, "2025-02-03T10:00", "0.5")
    (alert,) = told(life.plan("2025-02-03T11:00"), "IMPLAUSIBLE")
    assert (alert.to, alert.severity) == ("clinician", "major")
    assert "weight 0.5" in alert.text


# --- order -------------------------------------------------------------------------------------------------------------


def test_a_diagnosis_before_birth_is_told_and_both_dates_are_for_review() -> None:
    life = Life(COMPILED)
    life.fact("2025-02-01T09:00", "diagnosis_date", "2025-01-20")
    birth = life.fact("2025-02-01T09:01", "birth_date", "2025-01-21")
    plan = life.plan("2025-02-01T10:00")
    assert criterion(plan, "I3").verdict == "REVIEW"
    (alert,) = told(plan, "IMPOSSIBLE-ORDER")
    assert alert.key == "IMPOSSIBLE-ORDER[earlier=birth_date,later=diagnosis_date]"
    assert "2025-01-21" in alert.text
    assert "2025-01-20" in alert.text
    life.correct("2025-02-01T11:00", birth.id, "2025-01-20")
    plan = life.plan("2025-02-01T12:00")
    assert (criterion(plan, "I3").verdict, told(plan, "IMPOSSIBLE-ORDER")) == ("PASS", [])
    assert plan.criteria == scratch(life, "2025-02-01T12:00").criteria


@pytest.mark.parametrize(
    ("day", "breach"), [("2025-02-02", True), ("2025-02-03", True), ("2025-02-04", False)]
)
def test_an_order_that_is_strict_is_breached_on_the_same_day(day: str, breach: bool) -> None:
    life = enrolled(COMPILED)
    life.do("2025-02-05T09:00", "death", on=f"{day}T12:00")
    assert bool(told(life.plan("2025-02-05T10:00"), "IMPOSSIBLE-ORDER")) is breach


def test_an_order_of_what_has_no_day_is_a_load_error() -> None:
    with pytest.raises(ProtocolError, match="'weight' is a number"):
        compile_protocol(replace(DOUBTED, orders=(Order("weight", "death", "", R),)))
    with pytest.raises(ProtocolError, match="'deaht'"):
        compile_protocol(replace(DOUBTED, orders=(Order("birth_date", "deaht", "", R),)))


# --- once --------------------------------------------------------------------------------------------------------------


def test_what_is_done_only_once_and_reported_differently_is_a_conflict() -> None:
    life = enrolled(COMPILED)
    second = life.do("2025-02-10T10:00", "first_prednisone", on="2025-02-01T12:00")
    plan = life.plan("2025-02-10T11:00")
    (alert,) = told(plan, "REPORTED-TWICE")
    assert (alert.key, alert.severity) == ("REPORTED-TWICE[action=first_prednisone]", "critical")
    assert "2025-02-01 12:00 and 2025-02-03 09:00" in alert.text
    life.void("2025-02-10T12:00", second.id)
    assert not told(life.plan("2025-02-10T13:00"), "REPORTED-TWICE")


def test_what_repeats_is_no_conflict() -> None:
    life = enrolled(COMPILED)
    for day in ("2025-02-10", "2025-02-17"):
        life.do(f"{day}T12:00", "blood_count")
    life.do("2025-02-18T10:00", "course_started", scope=(("course", "IB"),))
    life.do("2025-02-19T10:00", "course_started", scope=(("course", "ADE"),))
    assert not told(life.plan("2025-02-20T11:00"), "REPORTED-TWICE")


def test_a_conflict_is_told_of_its_own_scope() -> None:
    life = enrolled(COMPILED)
    for day in ("2025-02-18", "2025-02-19"):
        life.do(f"{day}T10:00", "course_started", scope=(("course", "ADE"),))
    assert [o.key for o in told(life.plan("2025-02-20T11:00"), "REPORTED-TWICE")] == [
        "REPORTED-TWICE[action=course_started,course=ADE]"
    ]


# --- qualifiers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "details", "state"),
    [
        ("0", {}, "review"),
        ("0", {"sensitivity": "1e-5"}, "IB"),
        ("0", {"sensitivity": "5e-4"}, "IB"),
        ("0", {"sensitivity": "1e-3"}, "review"),
        ("4e-4", {"sensitivity": "1e-3"}, "review"),
        ("4e-4", {"sensitivity": "4e-4"}, "IB"),
        ("4e-4", {"sensitivity": "1e-5", "specimen": "marrow"}, "IB"),
        ("4e-4", {"sensitivity": "1e-5", "specimen": "blood"}, "review"),
    ],
)
def test_a_value_counts_only_as_far_as_its_assay_and_specimen_can_tell(
    value: str, details: dict[str, str], state: str
) -> None:
    life = infused(compiled=COMPILED)
    life.fact(
        "2025-03-11T09:00", "mrd", value, unit="fraction", point="EOI", on="2025-03-07T09:00", details=details
    )
    found = decision(life.plan("2025-03-11T10:00"), "course")
    assert (found.proposal or found.state) == state


def test_another_specimen_is_told() -> None:
    life = infused(compiled=COMPILED)
    life.fact("2025-03-11T09:00", "mrd", "4e-4", unit="fraction", point="EOI", on="2025-03-07T09:00",
              details={"specimen": "blood"})  # fmt: skip
    (alert,) = told(life.plan("2025-03-11T10:00"), "NOT-COUNTED")
    assert (alert.key, alert.to) == ("NOT-COUNTED[fact=mrd,point=EOI]", "laboratory")
    assert "only marrow counts" in alert.text


@pytest.mark.parametrize(
    ("assay", "more", "told_of"),
    [
        ("8-colour Flow", {}, ""),
        ("RQ-PCR", {}, "assay RQ-PCR: only flow counts"),
        ("panel 7", {"checked": "yes"}, ""),  # whoever knows the panel has looked
    ],
)
def test_another_assay_does_not_count_until_somebody_has_checked_it(
    assay: str, more: dict[str, str], told_of: str
) -> None:
    facts = tuple(
        replace(f, assays=("flow", "cytometr")) if f.id == "mrd" else f for f in COMPILED.protocol.facts
    )
    life = infused(compiled=compile_protocol(replace(COMPILED.protocol, facts=facts)))
    life.fact("2025-03-11T09:00", "mrd", "4e-4", unit="fraction", point="EOI", on="2025-03-07T09:00",
              details={"assay": assay, **more})  # fmt: skip
    texts = [alert.text for alert in told(life.plan("2025-03-11T10:00"), "NOT-COUNTED")]
    assert [text.rpartition(": ")[0].rpartition("count: ")[2] for text in texts] == [
        told_of.rpartition(": ")[0]
    ] * bool(told_of)
    assert all(told_of in text for text in texts)
