"""Notices climb until somebody takes note, and a note covers what it was given for."""

import pytest

from pathway.plan import Obligation, Plan
from tests.pathway.toy import Life, berlin, infused, notice


def need(plan: Plan, key: str) -> Obligation:
    found = notice(plan, key)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("at", "severity", "told"),
    [
        ("2025-04-11T07:59", None, None),
        ("2025-04-11T08:00", "minor", ("coordinator",)),
        ("2025-04-17T07:59", "minor", ("coordinator",)),
        ("2025-04-17T08:00", "major", ("coordinator",)),
        ("2025-04-19T07:59", "major", ("coordinator",)),
        ("2025-04-19T08:00", "major", ("coordinator", "clinician")),
    ],
)
def test_a_ladder_climbs_at_eight_in_the_morning_of_the_day_named(
    at: str, severity: str | None, told: tuple[str, ...] | None
) -> None:
    found = notice(infused().plan(at), "BL1-MISSING")
    assert (found.severity if found else None, found.notified if found else None) == (severity, told)


def test_an_acknowledgement_stops_the_climbing_until_it_is_worse() -> None:
    life = infused()
    life.submit("acknowledgement", "2025-04-12T09:00", "BL1-MISSING", role="coordinator")
    found = need(life.plan("2025-04-16T09:00"), "BL1-MISSING")
    assert (found.state, found.next_rung) == ("acknowledged", berlin("2025-04-17T08:00"))
    assert need(life.plan("2025-04-17T08:00"), "BL1-MISSING").state == "raised"
    life.submit("acknowledgement", "2025-04-17T09:00", "BL1-MISSING", role="coordinator")
    found = need(life.plan("2026-04-17T09:00"), "BL1-MISSING")
    assert (found.state, found.next_rung, found.notified) == ("acknowledged", None, ("coordinator",))


def test_a_voided_acknowledgement_does_not_count() -> None:
    life = infused()
    event = life.submit("acknowledgement", "2025-04-12T09:00", "BL1-MISSING", role="coordinator")
    assert event is not None
    life.void("2025-04-12T10:00", event.id)
    assert need(life.plan("2025-04-12T11:00"), "BL1-MISSING").state == "raised"


def paused() -> Life:
    life = infused()
    life.blina("2025-03-14T10:00", "paused")
    return life


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2025-03-21T10:01", ("clinician",)), ("2025-03-21T14:00", ("clinician",)),
        ("2025-03-21T18:00", ("clinician", "operations")), ("2025-06-21T18:00", ("clinician", "operations")),
    ],
)  # fmt: skip
def test_a_critical_notice_climbs_every_four_hours_to_operations(at: str, told: tuple[str, ...]) -> None:
    assert need(paused().plan(at), "LONG-PAUSE").notified == told


def test_after_an_outage_only_the_rung_now_due_is_told_and_once() -> None:
    life = infused()
    life.tell("2025-04-10T09:00")
    said = [c for c in life.tell("2025-05-01T09:00") if c.id == "BL1-MISSING"]
    assert [(c.severity, c.to) for c in said] == [("major", ("coordinator", "clinician"))]
    assert [c for c in life.tell("2025-05-02T09:00") if c.id == "BL1-MISSING"] == []


def test_what_is_resolved_is_not_raised_any_more_and_what_comes_back_is_asked_anew() -> None:
    life = infused()
    life.submit("acknowledgement", "2025-04-12T09:00", "BL1-MISSING", role="coordinator")
    event = life.fact("2025-04-13T09:00", "mrd", "5e-5", unit="fraction", point="BL1-END")
    assert notice(life.plan("2025-04-13T10:00"), "BL1-MISSING") is None
    life.void("2025-04-18T09:00", event.id)
    assert need(life.plan("2025-04-18T10:00"), "BL1-MISSING").severity == "major"
    assert need(life.plan("2025-04-18T10:00"), "BL1-MISSING").state == "raised"


def test_a_deviation_that_late_data_make_untrue_goes() -> None:
    life = infused()
    assert notice(life.plan("2025-04-12T09:00"), "BL1-MISSING") is not None
    life.submit("not_obtainable", "2025-04-12T10:00", "mrd", point="BL1-END", reason="sample clotted")
    plan = life.plan("2025-04-12T11:00")
    assert notice(plan, "BL1-MISSING") is None
    assert "NOT-HAD" in [m.id for m in plan.milestones]


def test_a_decision_that_waits_reminds_whoever_holds_it() -> None:
    life = infused()
    life.fact("2025-03-12T09:00", "mrd", "2e-4", unit="fraction", point="EOI", on="2025-03-07T09:00")
    assert notice(life.plan("2025-03-15T08:59"), "DECISION-OPEN[decision=course]") is None
    assert need(life.plan("2025-03-15T09:00"), "DECISION-OPEN[decision=course]").notified == ("clinician",)
    life.decide("2025-03-16T09:00", "course", "IB")
    assert notice(life.plan("2025-03-16T10:00"), "DECISION-OPEN[decision=course]") is None


def test_the_worst_comes_first() -> None:
    life = paused()
    ranks = [o.severity for o in life.plan("2025-05-01T09:00").deviations]
    assert ranks == sorted(ranks, key=["critical", "major", "minor", "info"].index)
