"""Explanations begin with sentences: what it is, since when, because of which values and events, and how it is settled."""

import pytest

from pathway.errors import UnknownName
from pathway.language.profile import make_profile
from pathway.patient.explain import explain
from pathway.patient.output import plan_json
from protocols import compiled
from tests.pathway.toy import Life, enrolled, infused

INTERFANT = compiled("interfant-21")
PROFILE = make_profile(INTERFANT.protocol)


def told(life: Life, at: str, id: str) -> tuple[str, list[str]]:
    """The sentences, and the commands that settle it."""
    found = explain(life.evaluation(at), id, "P1")
    return " ".join(found.said), [step["command"] for step in found.steps]


def test_a_computed_decision_names_since_when_and_the_values_with_unit_sample_day_and_event() -> None:
    life = Life(INTERFANT, PROFILE)
    life.fact("2025-02-01T09:00", "birth_date", "2024-10-01")
    life.fact("2025-02-01T09:00", "diagnosis_date", "2025-02-01")
    wbc = life.fact("2025-02-01T09:00", "wbc", "350", unit="10^9/L", on="2025-01-31T08:00")
    said, steps = told(life, "2025-02-01T10:00", "risk_initial")
    assert "(risk_initial) is HR since 2025-02-01 09:00, worked out from what is on record." in said
    assert f"Because: wbc = 350 10^9/L, sampled 2025-01-31, event {wbc.id}" in said
    assert steps == []


def test_a_decision_that_waits_for_a_person_elsewhere_names_that_decision_and_its_command() -> None:
    life = infused()
    life.fact("2025-04-12T09:00", "mrd", "7e-4", unit="fraction", point="BL1-END", on="2025-04-08T10:00")
    said, steps = told(life, "2025-04-13T10:00", "risk")
    assert said.endswith("(risk) is not known yet. It waits for the decision realloc of the clinician.")
    assert steps[0].startswith("allpath confirm P1 realloc ")
    assert " --seen " in steps[0]


def test_a_decision_that_waits_names_the_value_and_the_command_that_records_it() -> None:
    life = Life(INTERFANT, PROFILE)
    said, steps = told(life, "2025-02-01T09:00", "eligibility")
    assert "is not known yet" in said
    assert "It waits for " in said
    assert any(step.startswith("allpath record P1 ") for step in steps)


def test_an_implausible_value_is_told_as_the_cause_with_the_command_that_confirms_it() -> None:
    life = Life(INTERFANT, PROFILE)
    event = life.fact("2025-02-01T09:00", "wbc", "3125", unit="10^9/L")
    said, steps = told(life, "2025-02-01T10:00", "risk_initial")
    assert f"wbc = 3125 10^9/L, sampled 2025-02-01, event {event.id}; implausible" in said
    assert "waits for wbc" not in said
    assert f"allpath correct P1 {event.id} --with checked=yes" in steps
    (doubt,) = [
        d
        for each in plan_json(life.evaluation("2025-02-01T10:00"))["decisions"]
        if each["key"] == "risk_initial"
        for d in each["doubts"]
    ]
    assert (doubt["what"], doubt["event"]) == ("wbc", event.id)


def test_confirming_a_doubted_value_as_checked_with_the_command_that_is_shown_settles_it() -> None:
    life = Life(INTERFANT, PROFILE)
    event = life.fact("2025-02-01T09:00", "wbc", "3125", unit="10^9/L")
    life.correct("2025-02-01T10:00", event.id, details={"checked": "yes"})
    assert "implausible" not in told(life, "2025-02-01T11:00", "risk_initial")[0]


def test_a_late_item_says_by_when_from_what_day_and_how_it_is_done() -> None:
    life = infused()
    late = next(i for i in life.plan("2025-05-20T09:00").items if i.state == "late")
    said, steps = told(life, "2025-05-20T09:00", late.key)
    assert f"({late.key}) is late: it was due on {late.due}" in said
    assert "It counts from " in said
    assert steps


def test_what_an_item_has_on_record_is_not_asked_for_again() -> None:
    life = Life(INTERFANT, PROFILE)
    life.do("2025-02-01T09:00", "first_prednisone")
    life.fact("2025-02-01T10:00", "lineage", "B_PRECURSOR")
    _, steps = told(life, "2025-02-02T10:00", "DIAGNOSIS-WORKUP")
    assert steps
    assert not [step for step in steps if "lineage" in step]


def test_a_raised_deviation_names_what_is_missing_and_ends_with_its_acknowledgement() -> None:
    said, steps = told(infused(), "2025-04-19T08:00", "BL1-MISSING")
    assert "(deviation BL1-MISSING) is major and waits for the coordinator and the clinician" in said
    assert "mrd BL1-END is missing" in said
    assert steps[0].startswith("allpath record P1 mrd VALUE --unit fraction --point BL1-END")
    assert steps[-1] == "allpath acknowledge P1 BL1-MISSING"


def test_a_deviation_that_is_not_raised_says_so() -> None:
    assert "is not raised now" in told(enrolled(), "2025-02-03T10:00", "BL1-MISSING")[0]


def test_an_infusion_says_what_was_given_and_when_it_ends() -> None:
    said, _ = told(infused(), "2025-03-20T10:00", "blina[cycle=1]")
    assert "is running: begun on 2025-03-10 10:00" in said
    assert "its end is expected on" in said


def test_every_criterion_decision_item_notice_and_infusion_of_a_plan_can_be_explained() -> None:
    life = infused()
    ctx = life.evaluation("2025-05-20T09:00")
    plan = ctx.plan
    keys = [c.id for c in plan.criteria] + [i.key for i in plan.items] + [x.key for x in plan.ledgers]
    keys += [d.key for d in plan.decisions] + [o.key for o in (*plan.deviations, *plan.alerts)]
    for key in (*keys, *(m.id for m in plan.milestones), *life.compiled.statements):
        if life.compiled.statements.get(key) not in ("phase", "endpoint"):
            assert explain(ctx, key, "P1").said, key


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="risk"):
        explain(enrolled().evaluation("2025-02-03T10:00"), "rsik")
