"""What must be settled before a dose: it waits for it, and a dose given all the same is told, by what was so then."""

import pytest

from pathway.plan import Obligation
from tests.protocols.bedside import Patient

DOSE = "DARA-DOSE[course=1,dose=d1]"
OPEN = "DESPITE-OPEN[ledger=dara[course=1]]"


def ready(*, hepatitis: bool = False) -> Patient:
    """A patient before the first infusion, whose hepatitis B status nobody has reported unless it is said."""
    patient = Patient("dara-tall", {"trial_status": "RECRUITING"})
    patient.fact("consent", "GIVEN", "2025-12-29")
    patient.fact("disease", "T_ALL", "2025-12-29")
    patient.fact("remission", "CR", "2025-12-29")
    patient.fact("weight", "62.5", "2025-12-29")
    patient.fact("marrow_blasts", "1", "2025-12-29", "SCREENING")
    patient.fact("mrd", "5e-4", "2025-12-29", "SCREENING")
    patient.fact("type_and_screen", "DONE", "2025-12-30")
    patient.fact("dara_planned", "2026-01-05", "2025-12-30")
    if hepatitis:
        patient.fact("hbv", "NEGATIVE", "2025-12-30")
    return patient


def given(patient: Patient) -> None:
    patient.do("premedicated", "2026-01-05 07:00", {"course": "1", "dose": "d1"})
    patient.do("infusion_started", "2026-01-05 09:00", {"course": "1", "dose": "d1"})


def told(patient: Patient, when: str) -> Obligation | None:
    return next((o for o in patient.plan(when).deviations if o.key == OPEN), None)


@pytest.mark.parametrize(("hepatitis", "blocked_by"), [(False, "HBV"), (True, None)])
def test_a_dose_waits_for_a_criterion_that_nobody_has_settled(
    hepatitis: bool, blocked_by: str | None
) -> None:
    item = ready(hepatitis=hepatitis).item(DOSE, "2026-01-05 08:00")
    assert item is not None
    assert item.blocked_by == blocked_by


def test_given_all_the_same_it_is_told_to_the_clinician() -> None:
    patient = ready()
    given(patient)
    found = told(patient, "2026-01-05 10:00")
    assert found is not None
    assert (found.severity, found.to) == ("critical", "clinician")
    assert found.text == "Daratumumab course 1: given before what must be settled first was known: d1 (HBV)"


def test_a_result_of_before_that_comes_late_settles_it_and_one_of_after_does_not() -> None:
    patient = ready()
    given(patient)
    patient.fact("hbv", "NEGATIVE", "2026-01-06")
    assert told(patient, "2026-01-06 10:00") is not None
    patient.correct(patient.record.events[-1].id, "NEGATIVE", "2026-01-07")
    assert told(patient, "2026-01-07 10:00") is not None
    early = ready(hepatitis=True)
    given(early)
    assert told(early, "2026-01-05 10:00") is None


def reacted(rate: str) -> Patient:
    """An infusion that was interrupted for a reaction of grade 2 and resumed."""
    patient, dose = ready(hepatitis=True), {"course": "1", "dose": "d1"}
    given(patient)
    first = patient.grade("IRR", 2, "2026-01-05 11:30")
    patient.do("infusion_paused", "2026-01-05 11:32", dose)
    patient.grade("IRR", 0, "2026-01-05 12:10", first)
    patient.do("infusion_resumed", "2026-01-05 12:30", dose, **({"rate": rate} if rate else {}))
    return patient


@pytest.mark.parametrize(
    ("rate", "expected"), [("75", []), ("76", ["RESUMED-TOO-FAST"]), ("", ["RATE-UNKNOWN"])]
)
def test_a_rate_that_nobody_entered_is_not_a_slow_one(rate: str, expected: list[str]) -> None:
    plan = reacted(rate).plan("2026-01-05 13:00")
    assert [o.id for o in plan.deviations if o.id in ("RATE-UNKNOWN", "RESUMED-TOO-FAST")] == expected


def test_a_stop_rule_that_is_open_blocks_the_next_dose_and_stops_nothing() -> None:
    patient = Patient("ino-dli")
    for fact, value in (
        ("consent", "GIVEN"),
        ("disease", "B_ALL"),
        ("relapse_after_hsct", "YES"),
        ("bsa", "1.73"),
    ):
        patient.fact(fact, value, "2025-02-24")
    patient.fact("hsct_date", "2024-01-15", "2025-02-24")
    for label, day in (("d1", "2025-03-03"), ("d8", "2025-03-10")):
        patient.do("ino_given", f"{day} 10:00", {"cycle": "1", "dose": label})
    patient.fact("bilirubin_uln", "1", "2025-03-17 08:00")
    patient.fact("transaminase_uln", "1", "2025-03-17 08:00")
    patient.fact("ascites", "YES", "2025-03-17 08:30")
    item = patient.item("INO-DOSE[cycle=1,dose=d15]", "2025-03-17 09:00")
    assert item is not None
    assert (item.state, item.blocked_by) == ("blocked", "unsettled VOD")
    plan = patient.plan("2025-03-17 09:00")
    assert next(ledger.state for ledger in plan.ledgers if ledger.key == "ino[cycle=1]") == "running"
    patient.fact("bilirubin", "0.8", "2025-03-17 09:00")
    patient.fact("ultrasound", "NO", "2025-03-17 09:00")
    patient.fact("histology", "NO", "2025-03-17 09:00")
    patient.fact("vod_onset", "2025-03-17", "2025-03-17 09:00")
    item = patient.item("INO-DOSE[cycle=1,dose=d15]", "2025-03-17 09:30")
    assert item is not None
    assert item.state == "due"


def test_what_prepares_a_dose_is_barred_with_it() -> None:
    patient = ready(hepatitis=True)
    given(patient)
    patient.grade("IRR", 4, "2026-01-05 10:00")
    before = patient.item("PREMED[course=1,dose=d8]", "2026-01-12 07:00")
    dose = patient.item("DARA-DOSE[course=1,dose=d8]", "2026-01-12 07:00")
    assert before is not None
    assert dose is not None
    assert (before.state, before.blocked_by) == ("blocked", "stop REACTION") == (dose.state, dose.blocked_by)


def test_a_stop_is_told_at_once_and_until_somebody_has_decided() -> None:
    patient = ready(hepatitis=True)
    given(patient)
    patient.do("infusion_ended", "2026-01-05 15:00", {"course": "1", "dose": "d1"})
    patient.grade("IRR", 4, "2026-01-05 18:00")
    (found,) = [o for o in patient.plan("2026-01-05 18:00").alerts if o.id == "STOP-DIRECTED"]
    assert (found.key, found.severity) == ("STOP-DIRECTED[ledger=dara[course=1]]", "critical")
    patient.decide("DARA_STOP", "STOP", "2026-01-06")
    assert not [o for o in patient.plan("2026-01-06 10:00").alerts if o.id == "STOP-DIRECTED"]


def test_a_course_without_its_first_dose_is_told_and_settled_by_reporting_it() -> None:
    patient = ready(hepatitis=True)
    patient.do("infusion_started", "2026-01-12 09:00", {"course": "1", "dose": "d8"})
    key = "WITHOUT-FIRST[ledger=dara[course=1]]"
    (found,) = [o for o in patient.plan("2026-01-12 10:00").deviations if o.key == key]
    assert "d8 is on record as given, and d1 is not" in found.text
    patient.do("dose_omitted", "2026-01-12 11:00", {"course": "1", "dose": "d1"})
    assert not [o for o in patient.plan("2026-01-12 12:00").deviations if o.key == key]
