"""HEM-iSMART from the first dose on: response, DLT, gates, calendar, endpoints."""

from datetime import timedelta

import pytest

from tests.protocols.bedside import Patient, at
from tests.protocols.relapsed import NOON, evaluated, profiled, treated

# --- cycle 1 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "blasts", "anc", "platelets", "response"),
    [
        ("62", "2", "1", "100", "CR"),
        ("62", "4.9", "1", "99.9", "CRp"),
        ("62", "4.9", "0.99", "100", "CRi"),
        ("62", "0", "0.2", "10", "CRi"),
        ("62", "5", "2", "150", "PR"),
        ("62", "24.9", "2", "150", "PR"),
        ("62", "25", "2", "150", "NR"),
        ("12", "12", "2", "150", "NR"),
        ("12", "30", "2", "150", "NR"),
        ("1", "5", "2", "150", "PD"),
        ("1", "1", "2", "150", "CR"),
    ],
)
def test_response_at_every_limit(entry: str, blasts: str, anc: str, platelets: str, response: str) -> None:
    patient = evaluated(treated(entry), blasts, anc, platelets)
    assert patient.decision("response[cycle=1]", "2025-11-30 10:00") == response


def test_disease_outside_the_marrow_at_entry_must_be_gone_before_there_is_a_remission() -> None:
    patient = treated()
    patient.fact("extramedullary", "PRESENT", "2025-11-03 12:00", "ENTRY")
    evaluated(patient, "2", "1.5", "150")
    assert patient.decision("response[cycle=1]", "2025-11-30 10:00") == "waiting"
    patient.fact("extramedullary", "ABSENT", "2025-11-30 11:00", "EOC1")
    assert patient.decision("response[cycle=1]", "2025-11-30 12:00") == "CR"


@pytest.mark.parametrize(
    ("imaging", "responder", "gate"),
    [
        ("CR", "YES", "ALLOWED"),
        ("PR", "YES", "ALLOWED"),
        ("MR", "YES", "CLOSED"),
        ("SD", "NO", "CLOSED"),
        ("PD", "NO", "CLOSED"),
    ],
)
def test_a_minor_response_of_a_lymphoma_counts_and_does_not_open_cycle_2(
    imaging: str, responder: str, gate: str
) -> None:
    patient = treated("0")
    patient.correct(next(e.id for e in patient.record.events if e.name == "disease"), "T_LBL", "2025-11-04")
    patient.fact("lymphoma_response", imaging, "2025-11-30", "EOC1")
    assert patient.decision("responder", "2025-12-01") == responder
    assert patient.decision("C2_GATE", "2025-12-01") == gate


@pytest.mark.parametrize(
    ("mrd", "status"), [("1e-4", "NEGATIVE"), ("1.0001e-4", "POSITIVE"), ("0", "review")]
)
def test_mrd_is_negative_to_1e_4_inclusive_and_none_found_by_an_unknown_sensitivity_is_not(
    mrd: str, status: str
) -> None:
    assert (
        evaluated(treated(), "2", "1.5", "150", mrd).decision("mrd_status[cycle=1]", "2025-12-01") == status
    )


def test_mrd_is_not_asked_of_a_marrow_that_is_not_in_remission() -> None:
    assert (
        evaluated(treated(), "7", "1.5", "150", "1e-5").decision("mrd_status[cycle=1]", "2025-12-01")
        == "not asked"
    )


def test_an_early_death_is_no_response_unless_the_team_says_not_evaluable() -> None:
    for setting, wanted in (({}, "NO"), ({"response_without_evaluation": "INEVALUABLE"}, "INEVALUABLE")):
        patient = treated("62", **setting)
        patient.do("death", "2025-11-22")
        assert patient.decision("responder", "2025-11-23") == wanted


# --- DLT ------------------------------------------------------------------------------------------------------------------

END = "2025-12-01 00:00"


def just_before(moment: str) -> str:
    """One second earlier, by the clock of the site."""
    return (at(moment) - timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S")


def late_report(patient: Patient, event: str, occurred: str, when: str) -> None:
    """Toxicity of grade 3 that is reported later than it happened."""
    patient._submit("adverse_event", when, name=event, value="3", occurred=at(occurred))


def recovered(patient: Patient | None = None) -> Patient:
    """Neutrophils and platelets that have recovered by day 28."""
    return evaluated(patient or treated(), "", "1.5", "150")


def dlt(patient: Patient, when: str) -> str:
    return patient.decision("dlt", when)


def test_without_toxicity_and_with_recovered_counts_there_is_no_dlt_at_the_end_of_day_28() -> None:
    patient = recovered()
    assert dlt(patient, just_before(END)) == "not asked"
    assert dlt(patient, END) == "NO"


def test_severe_toxicity_in_the_window_is_judged_by_the_meeting() -> None:
    patient = treated()
    patient.grade("HEPATIC", 3, "2025-11-20")
    assert patient.decision("DLT_JUDGEMENT[event=HEPATIC]", "2025-11-20 10:00") == "choice"
    assert dlt(patient, "2025-12-05") == "waiting"
    patient.decide("DLT_JUDGEMENT[event=HEPATIC]", "DLT", "2025-12-05")
    assert dlt(patient, "2025-12-05 10:00") == "YES"


def test_a_dlt_is_one_at_once_and_not_only_when_the_window_ends() -> None:
    patient = treated()
    patient.grade("CARDIAC", 4, "2025-11-10")
    patient.decide("DLT_JUDGEMENT[event=CARDIAC]", "DLT", "2025-11-10")
    assert dlt(patient, "2025-11-10 10:00") == "YES"


@pytest.mark.parametrize(
    ("day", "asked"),
    [("2025-11-02", False), ("2025-11-03", True), ("2025-11-30", True), ("2025-12-01", False)],
)
def test_the_window_is_day_1_to_day_28_inclusive(day: str, asked: bool) -> None:
    patient = treated()
    late_report(patient, "SKIN", f"{day} 22:00", "2025-12-02")
    found = patient.decision("DLT_JUDGEMENT[event=SKIN]", "2025-12-02")
    assert (found == "choice") is asked


def test_grade_2_is_no_candidate() -> None:
    patient = treated()
    patient.grade("NEUROLOGICAL", 2, "2025-11-10")
    recovered(patient)
    assert dlt(patient, END) == "NO"


def test_toxicity_that_gets_worse_is_judged_anew() -> None:
    patient = treated()
    patient.grade("HEPATIC", 3, "2025-11-10")
    patient.decide("DLT_JUDGEMENT[event=HEPATIC]", "NOT_DLT", "2025-11-11")
    patient.grade("HEPATIC", 4, "2025-11-25")
    recovered(patient)
    assert dlt(patient, END) == "waiting"
    assert patient.decision("DLT_JUDGEMENT[event=HEPATIC]", END) == "reopened"


def test_every_new_occurrence_is_judged_of_its_own() -> None:
    patient = treated()
    patient.grade("HEPATIC", 3, "2025-11-10")
    patient.decide("DLT_JUDGEMENT[event=HEPATIC]", "NOT_DLT", "2025-11-11")
    patient.grade("HEPATIC", 0, "2025-11-14")
    assert patient.decision("DLT_JUDGEMENT[event=HEPATIC]", "2025-11-14 10:00") == "NOT_DLT"
    patient.grade("HEPATIC", 3, "2025-11-22")
    recovered(patient)
    assert dlt(patient, END) == "waiting"
    patient.decide("DLT_JUDGEMENT[event=HEPATIC]", "NOT_DLT", "2025-12-02")
    assert dlt(patient, "2025-12-02 10:00") == "NO"


def test_a_report_that_continues_an_occurrence_is_not_judged_again() -> None:
    patient = treated()
    first = patient.grade("HEPATIC", 3, "2025-11-10")
    patient.decide("DLT_JUDGEMENT[event=HEPATIC]", "NOT_DLT", "2025-11-11")
    patient._submit("adverse_event", "2025-11-12", name="HEPATIC", value="3", target=first)
    recovered(patient)
    assert dlt(patient, END) == "NO"


def test_counts_that_nobody_has_reported_keep_the_verdict_open_to_day_49() -> None:
    patient = treated()
    assert [dlt(patient, day) for day in (END, "2025-12-21")] == ["not asked", "not asked"]
    assert patient.decision("DLT_JUDGEMENT[event=COUNTS]", "2025-12-22") == "choice"
    evaluated(patient, "", "0.2", "15", when="2025-12-05")
    assert dlt(patient, "2025-12-06") == "not asked"


def test_toxicity_that_is_reported_late_changes_the_verdict() -> None:
    patient = treated()
    recovered(patient)
    assert dlt(patient, "2025-12-10") == "NO"
    late_report(patient, "OTHER", "2025-11-15", "2025-12-10")
    assert dlt(patient, "2025-12-10 10:00") == "waiting"
    patient.decide("DLT_JUDGEMENT[event=OTHER]", "DLT", "2025-12-11")
    assert dlt(patient, "2025-12-12") == "YES"


def test_counts_that_are_low_on_day_28_have_until_day_49() -> None:
    patient = evaluated(treated(), "2", "0.3", "40")
    assert dlt(patient, "2025-12-02") == "not asked"
    other = evaluated(treated(), "2", "0.3", "40")
    other.fact("anc", "0.6", "2025-12-08", "OTHER")
    other.fact("platelets", "60", "2025-12-08", "OTHER")
    assert dlt(other, "2025-12-08 10:00") == "NO"
    assert dlt(patient, just_before("2025-12-22 00:00")) == "not asked"
    assert patient.decision("DLT_JUDGEMENT[event=COUNTS]", "2025-12-22 00:00") == "choice"
    patient.decide("DLT_JUDGEMENT[event=COUNTS]", "NOT_DLT", "2025-12-22 09:00")
    assert dlt(patient, "2025-12-22 10:00") == "NO"


def test_counts_that_fall_in_cycle_2_are_not_those_of_cycle_1() -> None:
    patient = evaluated(treated(), "2", "1.5", "150")
    patient.do("cycle_started", "2025-12-01 09:00", {"cycle": "2"})
    patient.fact("anc", "0.1", "2025-12-15", "OTHER")
    assert [dlt(patient, f"2025-12-{day}") for day in ("16", "22", "30")] == ["NO", "NO", "NO"]


def test_who_leaves_in_the_window_is_not_evaluable_unless_the_meeting_says_so() -> None:
    patient = treated()
    patient.do("off_treatment", "2025-11-15", {"reason": "NR"})
    assert dlt(patient, "2025-11-16") == "INEVALUABLE"
    patient.fact("dlt_evaluability", "EVALUABLE", "2025-11-17")
    recovered(patient)
    assert dlt(patient, END) == "NO"


def test_a_share_of_doses_counts_only_if_the_team_sets_a_limit() -> None:
    for settings, wanted in (({}, "NO"), ({"inevaluable_below": "< 80"}, "INEVALUABLE")):
        patient = treated("62", **settings)
        patient.fact("dose_share", "60", "2025-11-30")
        recovered(patient)
        assert dlt(patient, END) == wanted


# --- gates and the end of treatment ---------------------------------------------------------------------------------------


def test_a_dlt_leaves_cycle_2_to_the_clinician() -> None:
    patient = treated()
    patient.grade("HEPATIC", 3, "2025-11-20")
    patient.decide("DLT_JUDGEMENT[event=HEPATIC]", "DLT", "2025-11-21")
    evaluated(patient, "2", "1.5", "150")
    assert patient.decision("C2_GATE", "2025-12-01") == "review"
    patient.decide("C2_GATE", "CLOSED", "2025-12-01")
    assert patient.decision("C2_GATE", "2025-12-01 10:00") == "CLOSED"


def test_a_cycle_begun_without_its_gate_has_begun_and_is_a_deviation() -> None:
    patient = evaluated(treated(), "40", "1.5", "150")
    patient.do("cycle_started", "2025-12-02", {"cycle": "2"})
    assert next(t.phase for t in patient.plan("2025-12-02 10:00").tracks if t.id == "treatment") == "CYCLE_2"
    assert "CYCLE-NOT-ALLOWED" in patient.raised("2025-12-02 10:00")


def test_cycle_2_before_day_29_is_too_early() -> None:
    patient = evaluated(treated(), "2", "1.5", "150", when="2025-11-28")
    patient.do("cycle_started", "2025-11-30", {"cycle": "2"})
    assert "CYCLE-TOO-EARLY" in patient.raised("2025-12-01")


def test_the_reason_for_ending_is_what_was_stated_and_a_later_death_does_not_change_it() -> None:
    patient = treated()
    patient.do("off_treatment", "2025-12-10", {"reason": "HSCT"})
    patient.do("death", "2026-02-01")
    assert patient.decision("off_reason", "2026-02-02") == "HSCT"


# --- calendar -------------------------------------------------------------------------------------------------------------


def in_b() -> Patient:
    """First dose in B on 3 November."""
    patient = profiled("NUP214::ABL1", slots={"B": "OPEN"})
    patient.decide("ALLOCATION_DECISION", "B", NOON)
    patient.fact("slot", "RESERVED", "2025-11-03 13:00", "B")
    patient.do("cycle_started", "2025-11-03 14:00", {"cycle": "1"})
    return patient


def days(patient: Patient, drug: str, subtrial: str, when: str = "2025-11-04") -> str:
    item = patient.item(f"{drug}[cycle=1,subtrial={subtrial}]", when)
    assert item is not None
    return str(item.due)


def test_the_drugs_of_subtrial_b_are_due_on_their_published_days() -> None:
    patient = in_b()
    due = {
        "VENETOCLAX": "2025-11-03",
        "DEXAMETHASONE": "2025-11-03",
        "CYCLOPHOSPHAMIDE": "2025-11-05",
        "CYTARABINE": "2025-11-07",
        "CYTARABINE-2": "2025-11-14",
    }
    assert {drug: days(patient, drug, "B") for drug in due} == due


def test_what_nobody_has_published_is_not_set() -> None:
    item = in_b().item("DASATINIB-END", "2025-11-04")
    assert item is not None
    assert (item.state, item.due) == ("not_set", None)
    item = treated().item("TRAMETINIB[cycle=1,subtrial=D]", "2025-11-04")
    assert item is not None
    assert item.state == "not_set"
    item = treated("62", d_trametinib_cycle1="D3").item("TRAMETINIB[cycle=1,subtrial=D]", "2025-11-04")
    assert item is not None
    assert str(item.due) == "2025-11-05"


@pytest.mark.parametrize(
    ("born", "forms"),
    [
        ("2024-11-03", ["QOL-INFANT"]),  # 12 months
        ("2023-12-01", ["QOL-INFANT"]),  # 23 months on day 28
        ("2023-11-03", ["QOL-PROXY"]),  # 2 years
        ("2020-12-01", ["QOL-PROXY"]),
        ("2020-11-03", ["QOL-PROXY", "QOL-SELF"]),  # 5 years
        ("2007-12-01", ["QOL-PROXY", "QOL-SELF"]),
        ("2007-11-03", ["QOL-YOUNG-ADULT"]),  # 18 years
    ],
)
def test_the_questionnaire_goes_by_age(born: str, forms: list[str]) -> None:
    patient = treated()
    patient.correct(next(e.id for e in patient.record.events if e.name == "birth_date"), born, "2025-11-04")
    shown = [
        i.id
        for i in patient.plan("2025-11-29").items
        if i.id.startswith("QOL") and i.key.endswith("[at=EOC1]")
    ]
    assert shown == forms


# --- endpoints ------------------------------------------------------------------------------------------------------------


def endpoint(patient: Patient, id: str, when: str) -> tuple[str, int] | None:
    found = next(e for e in patient.plan(when).endpoints if e.id == id)
    return None if found.event is None else (found.event[0], found.days or 0)


def test_mrd_that_comes_back_is_an_event() -> None:
    patient = evaluated(treated(), "2", "1.5", "150", "1e-5")
    patient.do("cycle_started", "2025-12-01", {"cycle": "2"})
    for fact, value in (("marrow_blasts", "1"), ("anc", "1.5"), ("platelets", "150"), ("mrd", "1e-3")):
        patient.fact(fact, value, "2025-12-28", "EOC2")
    assert endpoint(patient, "EFS", "2025-12-29") == ("MOLECULAR_RELAPSE", 55)
    assert endpoint(patient, "CIR", "2025-12-29") == ("MOLECULAR_RELAPSE", 28)


@pytest.mark.parametrize(("rule", "days_"), [("EOC1", 27), ("DAY0", 0)])
def test_a_failure_to_remit_is_dated_as_the_team_reads_it(rule: str, days_: int) -> None:
    patient = evaluated(treated("62", failure_date=rule), "40", "1.5", "150")
    assert endpoint(patient, "EFS", "2025-12-02") == ("FAILURE", days_)
    assert endpoint(patient, "OS", "2025-12-02") is None
