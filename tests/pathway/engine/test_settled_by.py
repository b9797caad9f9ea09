"""What was settled when treatment began stands: what happens later ends an enrolment and never undoes it; a correction does."""

from dataclasses import replace

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.patient.evaluate import evaluation
from pathway.site import Site
from protocols import find
from tests.pathway.engine.test_readiness import given, ready
from tests.protocols.bedside import Patient, at


def began() -> Patient:
    patient = ready(hepatitis=True)
    given(patient)
    return patient


@pytest.mark.parametrize(("fact", "value"), [("remission", "NONE"), ("consent", "REFUSED")])
def test_what_is_found_after_the_first_dose_makes_nobody_ineligible(fact: str, value: str) -> None:
    patient = began()
    patient.fact(fact, value, "2026-01-07")
    assert patient.decision("eligibility", "2026-01-08") == "ELIGIBLE"


def test_the_same_before_the_first_dose_does() -> None:
    patient = ready(hepatitis=True)
    patient.fact("remission", "NONE", "2026-01-02")
    assert patient.decision("eligibility", "2026-01-03") == "NOT_ELIGIBLE"


def test_a_correction_reaches_back() -> None:
    patient = began()
    wrong = next(e.id for e in patient.record.events if e.name == "remission")
    patient.correct(wrong, "NONE", "2026-01-07")
    assert patient.decision("eligibility", "2026-01-08") == "NOT_ELIGIBLE"


def test_what_was_not_settled_by_then_is_settled_later() -> None:
    patient = Patient("dara-tall", {"trial_status": "RECRUITING"})
    given(patient)
    assert patient.decision("eligibility", "2026-01-05 10:00") == "waiting"
    patient.fact("disease", "OTHER", "2026-01-06")
    assert patient.decision("eligibility", "2026-01-07") == "NOT_ELIGIBLE"


def test_a_refusal_after_the_first_dose_is_told_and_no_dose_is_due() -> None:
    patient = began()
    patient.fact("consent", "REFUSED", "2026-01-07")
    plan = patient.plan("2026-01-12 08:00")
    (told,) = [o for o in plan.alerts if o.key == "CONSENT-REFUSED"]
    dose = patient.item("DARA-DOSE[course=1,dose=d8]", "2026-01-12 08:00")
    assert dose is not None
    assert (told.severity, dose.state, dose.blocked_by) == ("critical", "blocked", "CONSENT")


def test_a_plan_asked_for_in_the_moment_of_the_first_dose_goes_on_as_one_asked_for_later() -> None:
    patient = began()
    site, number = Site("S", "Asia/Shanghai"), patient.protocol.decision_index["eligibility"]
    for when in ("2026-01-05 09:00", "2026-01-08 10:00"):
        known = evaluation(patient.protocol, patient.profile, site, patient.record, at(when))
        assert known.decision(number).stood == at("2026-01-05 09:00")


def test_what_a_person_decides_is_not_settled_by_an_anchor() -> None:
    protocol = find("dara-tall")
    decisions = tuple(replace(d, settled_by="C1_START") if d.confirm else d for d in protocol.decisions)
    with pytest.raises(ProtocolError, match="only a computed table can be"):
        compile_protocol(replace(protocol, decisions=decisions))


def test_what_would_be_settled_otherwise_today_is_told_until_the_patient_has_left() -> None:
    patient = began()
    patient.fact("remission", "NONE", "2026-01-07")
    (told,) = [o for o in patient.plan("2026-01-07 10:00").alerts if o.id == "SETTLED-OTHERWISE"]
    assert told.key == "SETTLED-OTHERWISE[decision=eligibility]"
    assert told.text.startswith("eligibility: ELIGIBLE, as it stood on 2026-01-05, and NOT_ELIGIBLE today")
    patient.do("consent_withdrawn", "2026-01-08")
    assert not [o for o in patient.plan("2026-01-08 10:00").alerts if o.id == "SETTLED-OTHERWISE"]
