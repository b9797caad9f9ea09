"""What is told when that is voided or corrected on which something was decided; and of a table that is under review."""

from dataclasses import replace

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.language import Crit, Decision, Input, Is, Known, Outcome, Reading, Recorded, registry, row
from pathway.plan import Obligation, Plan
from pathway.record import Record
from pathway.retractions import how_it_ended
from tests.pathway.toy import BL1, TOY, Life, decision, infused, notice

R = registry()
ASKED = Decision(
    "extra", "another course", (Input("risk", "realloc_class"),), (row("YES", R, risk="POS"), row(None, R, risk=("NEG", "none"))),
    ("YES",), R, confirm="clinician", enacted=(("YES", Recorded("donor_found")),),
)  # fmt: skip
CLASS = Decision(
    "realloc_class", "class", (Input("young", Crit("YOUNG")), Input("realloc", "initial")),
    (row("POS", R, young="no"), row("NEG", R, young="yes")), ("POS", "NEG"), R, asked=Known(BL1),
)  # fmt: skip
ONCE = replace(ASKED, id="once", asked=Outcome("realloc_class", ("POS",)))
BELOW = Decision(
    "below", "what follows", (Input("initial", "initial"),), (row("GO", R, initial="MR"), row("STAY", R, initial=("HR", "none"))),
    ("GO", "STAY"), R,
)  # fmt: skip
CLEAR = Is(Reading("cns"), ("CNS1",))
READY = Decision(
    "ready", "go?", (Input("clear", CLEAR),), (row("YES", R, clear="yes"), row(None, R, clear="no")), ("YES",), R,
    confirm="clinician", enacted=(("YES", Recorded("donor_found")),),
)  # fmt: skip
CLEARED = replace(READY, id="cleared", asked=CLEAR)
GOING = compile_protocol(replace(TOY, decisions=(*TOY.decisions, READY, CLEARED)))
VOIDED = compile_protocol(replace(TOY, decisions=(*TOY.decisions, CLASS, ASKED, ONCE, BELOW)))


def marrow(life: Life, at: str, value: str = "3e-4") -> str:
    return life.fact(at, "mrd", value, unit="fraction", point="BL1-END").id


def same_from_scratch(life: Life, at: str) -> None:
    fresh = Life(life.compiled)
    fresh.record = Record.of(life.record.events)
    plan, again = life.plan(at), fresh.plan(at)
    assert (plan.decisions, plan.alerts) == (again.decisions, again.alerts)


def ground(plan: Plan, key: str) -> Obligation | None:
    return notice(plan, f"GROUND-VOIDED[decision={key}]")


def confirmed(*keys: str) -> tuple[Life, str]:
    life = infused(compiled=VOIDED)
    found = marrow(life, "2025-04-08T09:00")
    for n, key in enumerate(keys):
        life.decide(f"2025-04-08T1{n}:00", key, "YES")
    return life, found


@pytest.mark.parametrize("key", ["extra", "once"])
def test_an_answer_whose_ground_is_voided_is_told_at_once_where_nobody_is_asked_again(key: str) -> None:
    life, found = confirmed(key)
    assert ground(life.plan("2025-04-08T13:00"), key) is None
    life.void("2025-04-09T09:00", found)
    alert = ground(life.plan("2025-04-09T09:00"), key)
    assert alert is not None
    assert (alert.severity, alert.notified) == ("critical", ("clinician",))
    assert "YES is not in force any more" in alert.text
    assert "mrd BL1-END: 0.0003, now voided" in alert.text
    same_from_scratch(life, "2025-04-09T10:00")


def clear(*keys: str) -> Life:
    life = Life(GOING)
    life.fact("2025-04-08T09:00", "cns", "CNS1")
    for n, key in enumerate(keys):
        life.decide(f"2025-04-08T1{n}:00", key, "YES")
    life.fact("2025-04-09T09:00", "cns", "CNS2")
    return life


@pytest.mark.parametrize("key", ["ready", "cleared"])
def test_a_report_that_takes_the_ground_is_told_as_a_correction_is(key: str) -> None:
    life = clear(key)
    plan = life.plan("2025-04-09T09:00")
    assert ground(plan, key) is None
    alert = notice(plan, f"GROUND-LOST[decision={key}]")
    assert alert is not None
    assert (alert.severity, alert.notified) == ("critical", ("clinician",))
    assert "YES is not in force any more" in alert.text
    assert "cns: CNS1, now CNS2" in alert.text
    same_from_scratch(life, "2025-04-09T10:00")


def test_what_was_done_after_the_ground_had_gone_is_no_longer_right() -> None:
    life = clear("ready")
    life.do("2025-04-10T09:00", "donor_found")
    plan = life.plan("2025-04-10T09:00")
    assert notice(plan, "GROUND-LOST[decision=ready]") is None
    alert = notice(plan, "DIVERGED[decision=ready]")
    assert alert is not None
    assert alert.severity == "critical"
    same_from_scratch(life, "2025-04-10T10:00")


@pytest.mark.parametrize("key", ["extra", "once"])
def test_what_was_carried_out_on_it_is_told_too(key: str) -> None:
    life, found = confirmed(key)
    life.do("2025-04-08T14:00", "donor_found")
    life.void("2025-04-09T09:00", found)
    plan = life.plan("2025-04-09T09:00")
    alert = ground(plan, key) if key == "once" else notice(plan, "DIVERGED[decision=extra]")
    assert alert is not None
    assert alert.severity == "critical"
    same_from_scratch(life, "2025-04-09T10:00")


def test_it_is_settled_when_the_same_is_decided_again() -> None:
    life, found = confirmed("extra")
    life.void("2025-04-09T09:00", found)
    marrow(life, "2025-04-10T09:00", "4e-4")
    plan = life.plan("2025-04-10T10:00")
    assert (ground(plan, "extra"), decision(plan, "extra").state) == (None, "reopened")
    life.decide("2025-04-10T11:00", "extra", "YES")
    plan = life.plan("2025-04-10T12:00")
    assert (ground(plan, "extra"), decision(plan, "extra").in_force) == (None, "YES")


def test_what_was_not_seen_takes_no_ground_away() -> None:
    life, _ = confirmed("extra")
    other = life.fact("2025-04-08T15:00", "mrd", "1e-5", unit="fraction", point="HSCT").id
    life.void("2025-04-09T09:00", other)
    assert ground(life.plan("2025-04-09T10:00"), "extra") is None


def test_after_the_end_of_the_study_nobody_is_told() -> None:
    life, found = confirmed("extra")
    life.do("2025-04-08T16:00", "withdrawn")
    life.void("2025-04-09T09:00", found)
    assert ground(life.plan("2025-04-09T10:00"), "extra") is None


def test_it_asked_a_person_and_was_no_untruth() -> None:
    life, found = confirmed("extra")
    void = life.void("2025-04-09T09:00", found)
    ending = how_it_ended("alert", "GROUND-VOIDED", void, by_clock=False, replaced=False, left=False)
    assert ending.word == "resolved"


# --- a table under review --------------------------------------------------------------------------------------------------


def test_a_computed_table_under_review_is_told_under_its_id() -> None:
    life = Life(VOIDED)
    life.fact("2025-02-01T09:00", "birth_date", "2024-10-01")
    life.fact("2025-02-01T09:01", "diagnosis_date", "2025-02-01")
    life.fact("2025-02-01T09:02", "wbc", "2500", unit="10^9/L")  # beyond what is plausible
    life.fact("2025-02-01T09:03", "blasts", "320", unit="/uL")
    life.do("2025-02-03T09:00", "first_prednisone")
    plan = life.plan("2025-02-11T09:00")
    assert decision(plan, "initial").state == "review"
    alert = notice(plan, "REVIEW[decision=initial]")
    assert alert is not None
    assert (alert.to, alert.severity) == ("clinician", "major")
    assert "risk at diagnosis" in alert.text
    # Where only the table above is under review, that one tells it.
    assert decision(plan, "below").state == "review"
    assert notice(plan, "REVIEW[decision=below]") is None
    life.decide("2025-02-11T10:00", "initial", "HR")
    assert notice(life.plan("2025-02-11T11:00"), "REVIEW[decision=initial]") is None
