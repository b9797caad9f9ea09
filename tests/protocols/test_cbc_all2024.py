"""CBC-ALL2024-1, table by table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pathway.rehearsal.rehearse import rehearse
from pathway.rehearsal.scenario import read_scenario
from protocols import ALL, compiled
from protocols.cbc_all2024 import CBC_ALL2024_1
from protocols.cbc_all2024.facts import HDMTX
from runtime.yaml_tree import load
from tests.protocols.bedside import Patient

TRIAL = "cbc-all2024-1"
SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios" / TRIAL).glob("*.yaml"))
D1 = "2025-03-03"
EARLY, D19, D21, D29, D46, D50 = (
    f"2025-{day}" for day in ("03-01", "03-21", "03-23", "03-31", "04-17", "04-21")
)

ELIGIBLE = {
    "birth_date": "2020-01-15", "diagnosis_date": EARLY, "morphology": "ALL", "immunophenotype": "B_ALL",
    "provisional_risk": "LR", "surface_igm": "NEGATIVE", "from_cml": "NO", "down_syndrome": "NO", "congenital_disease": "NONE",
    "secondary_leukaemia": "NO", "epilepsy": "NO", "last_convulsion": "NEVER", "immunodeficiency": "NO",
    "metabolic_disease": "NO", "heart_disease": "NONE", "last_chemotherapy": "NEVER", "last_radiotherapy": "NEVER",
    "prior_steroid": "0", "prior_abl_inhibitor": "0", "cns": "CNS1", "consent": "GIVEN",
}  # fmt: skip


def child(settings: dict[str, str] | None = None, d19: str | None = "5e-3", **other: str | None) -> Patient:
    """A child who may enter, but for the facts named here: another value, or None for missing. The D19 result comes on D21."""
    patient = Patient(TRIAL, settings or {})
    for fact, value in (ELIGIBLE | other).items():
        if value is not None:
            patient.fact(fact, value, EARLY, "DIAGNOSIS" if fact == "cns" else "")
    patient.do("first_steroid", D1)
    if d19 is not None:
        patient.fact("mrd_flow", d19, D21, "D19", sensitivity="1e-5")
    return patient


def treated(
    settings: dict[str, str] | None = None, d19: str = "5e-3", weight: str = "18", **other: str | None
) -> Patient:
    """A child whose infusion began on D29 at 09:00."""
    patient = child(settings, d19, **other)
    patient.fact("weight", weight, "2025-03-30")
    patient.do("infusion_started", D29)
    return patient


def verdicts(patient: Patient, when: str = "2025-03-24") -> dict[str, str]:
    return {c.id: c.verdict for c in patient.plan(when).criteria}


def failing(patient: Patient) -> set[str]:
    return {c for c, v in verdicts(patient).items() if v == "FAIL"}


# --- the definition -------------------------------------------------------------------------------------------


def test_the_trial_is_published() -> None:
    assert CBC_ALL2024_1 in ALL


def test_ids_are_those_of_the_facts_file() -> None:
    ids = {c.id for c in CBC_ALL2024_1.criteria}
    assert {f"I{n}" for n in range(1, 6)} | {f"E{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11)} | {
        "E9a",
        "E9b",
        "E9c",
    } <= ids
    assert {g for g, _ in CBC_ALL2024_1.gaps} == {f"H{n}" for n in range(1, 15)}
    phases = {p.id for t in CBC_ALL2024_1.tracks for p in t.phases}
    assert phases >= {
        "REGISTERED", "INDUCTION_1", "AWAIT_D19", "BACKBONE_ONLY", "SCREENING", "ENROLLED", "BLINA_14", "EOI_ASSESSMENT",
        "CONSOLIDATION", "TRIAL_WITHDRAWN", "HIGH_RISK_PATH", "INDUCTION_2", "MAINTENANCE_1", "REINDUCTION", "MAINTENANCE_2",
        "END_OF_TREATMENT", "FOLLOW_UP",
    }  # fmt: skip


def test_every_citation_is_in_the_reference_table() -> None:
    p, known = CBC_ALL2024_1, dict(CBC_ALL2024_1.references)
    parts: tuple[Any, ...] = (
        *p.facts, *p.actions, *p.anchors, *p.criteria, *p.decisions, *p.assessments, *p.series, *p.tasks, *p.milestones,
        *p.deviations, *p.ledgers, *p.endpoints, *p.profile,
        *(rule for d in p.decisions for rule in d.rules),
        *(rule for ledger in p.ledgers for rule in ledger.rules),
        *(phase for t in p.tracks for phase in t.phases),
        *(way for t in p.tracks for phase in t.phases for way in phase.exits),
    )  # fmt: skip
    assert {key for part in parts for key in part.source.keys} <= set(known)
    assert not any("http" in text for text in known.values())


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_trajectory(path: Path) -> None:
    result = rehearse(read_scenario(load(path), compiled))
    assert result.unmet == ()


# --- 1. eligibility -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "value", "expected"),
    [
        ("birth_date", "2025-02-01", {"I1"}),  # exactly 1 month
        ("birth_date", "2025-01-31", set()),
        ("birth_date", "2007-03-01", {"I1"}),  # the 18th birthday
        ("birth_date", "2007-03-02", set()),
        ("morphology", "NOT_ALL", {"I2"}),
        ("immunophenotype", "T_ALL", {"I3"}),
        ("consent", "REFUSED", {"I5"}),
        ("surface_igm", "POSITIVE", {"E1"}),
        ("from_cml", "YES", {"E2"}),
        ("down_syndrome", "YES", {"E3"}),
        ("congenital_disease", "WITH_ORGAN_DYSFUNCTION", {"E3"}),
        ("congenital_disease", "WITHOUT_ORGAN_DYSFUNCTION", set()),
        ("secondary_leukaemia", "YES", {"E4"}),
        ("cns", "CNS3", {"E5"}),
        ("epilepsy", "YES", {"E6"}),
        ("last_convulsion", "2025-02-23", {"E6"}),  # one calendar month before the D19 result
        ("last_convulsion", "2025-02-22", set()),
        ("immunodeficiency", "YES", {"E7"}),
        ("metabolic_disease", "YES", {"E7"}),
        ("heart_disease", "WITH_INSUFFICIENCY", {"E8"}),
        ("heart_disease", "WITHOUT_INSUFFICIENCY", set()),
        ("last_chemotherapy", "2024-12-03", {"E9c"}),  # three calendar months before D1
        ("last_chemotherapy", "2024-12-02", set()),
        ("last_radiotherapy", "2025-01-10", {"E9c"}),
        ("provisional_risk", "HR", {"I4", "E10"}),
    ],
)
def test_what_excludes(fact: str, value: str, expected: set[str]) -> None:
    different: dict[str, Any] = {fact: value}
    patient = child(**different)
    assert failing(patient) == expected
    assert patient.decision("eligibility", "2025-03-24") == ("NOT_ELIGIBLE" if expected else "ELIGIBLE")


@pytest.mark.parametrize("fact", [f for f in ELIGIBLE if f != "provisional_risk"])
def test_a_missing_fact_is_pending_and_never_negative(fact: str) -> None:
    patient = child(**{fact: None})
    assert "PENDING" in verdicts(patient).values()
    assert patient.decision("eligibility", "2025-03-24") == "waiting"


def test_exactly_one_month_is_noted() -> None:
    assert "AGE-AT-LIMIT" in child(birth_date="2025-02-01").raised("2025-03-24")


@pytest.mark.parametrize(
    ("settings", "cns", "verdict"),
    [
        ({}, "CNS1", "PASS"),
        ({}, "CNS2", "REVIEW"),
        ({}, "CNS3", "FAIL"),
        ({"cns_fail": "CNS2"}, "CNS2", "FAIL"),
        ({"cns_review": "NONE"}, "CNS2", "PASS"),
    ],
)
def test_cns_involvement_by_the_profile(settings: dict[str, str], cns: str, verdict: str) -> None:
    assert verdicts(child(settings, cns=cns))["E5"] == verdict


@pytest.mark.parametrize(
    ("fact", "first", "days", "criterion", "verdict"),
    [
        ("prior_steroid", "2025-02-18", 13, "E9a", "PASS"),
        ("prior_steroid", "2025-02-17", 14, "E9a", "FAIL"),
        ("prior_steroid", "2025-01-20", 27, "E9a", "PASS"),  # 13 of its days lie within the month before D1
        ("prior_steroid", "2025-01-20", 28, "E9a", "FAIL"),
        ("prior_abl_inhibitor", "2025-02-20", 7, "E9b", "PASS"),
        ("prior_abl_inhibitor", "2025-02-20", 8, "E9b", "FAIL"),
    ],
)
def test_treatment_before_d1(fact: str, first: str, days: int, criterion: str, verdict: str) -> None:
    patient = child(**{fact: None})
    patient.fact(fact, "30", first, days=str(days))
    assert verdicts(patient)[criterion] == verdict


def test_read_literally_e9_excludes_everybody() -> None:
    assert {"E9a", "E9c"} <= failing(child({"e9_lookback_end": "ENROLMENT"}))


def test_e11_is_no_screening_criterion_unless_read_literally() -> None:
    assert child().decision("eligibility", D29) == "ELIGIBLE"
    assert child({"e11_evaluated": "SCREENING"}).decision("eligibility", D29) == "waiting"


@pytest.mark.parametrize(
    ("fact", "value", "criterion", "verdict"),
    [
        ("philadelphia", "NEGATIVE", "S-PH", "PASS"),
        ("philadelphia", "POSITIVE", "S-PH", "REVIEW"),
        ("cd19", "NEGATIVE", "S-CD19", "REVIEW"),
        ("hypersensitivity", "KNOWN", "S-HYPERSENSITIVITY", "FAIL"),
        ("neurology_check", "NOT_CLEARED", "S-NEURO", "FAIL"),
    ],
)
def test_checks_before_the_start(fact: str, value: str, criterion: str, verdict: str) -> None:
    patient = child()
    patient.fact(fact, value, D21)
    assert verdicts(patient)[criterion] == verdict


# --- 4b. entry by D19 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("risk", "mrd", "verdict", "entry"),
    [
        ("LR", "1e-3", "PASS", "MAY_ENTER"),
        ("LR", "9.99e-4", "FAIL", "BACKBONE_ONLY"),
        ("LR", "1e-4", "FAIL", "BACKBONE_ONLY"),
        ("IR", "1e-4", "PASS", "MAY_ENTER"),
        ("IR", "9e-5", "FAIL", "BACKBONE_ONLY"),
        ("HR", "5e-2", "FAIL", "BACKBONE_ONLY"),
        ("HR", "5e-5", "FAIL", "BACKBONE_ONLY"),
        (None, "5e-3", "PENDING", "waiting"),
        (None, "5e-5", "PENDING", "waiting"),
        ("LR", "0.1", "REVIEW", "waiting"),
        ("IR", "0.0999", "PASS", "MAY_ENTER"),
        ("IR", "not-detected", "FAIL", "BACKBONE_ONLY"),
        ("LR", None, "PENDING", "waiting"),
    ],
)
def test_entry_by_d19(risk: str | None, mrd: str | None, verdict: str, entry: str) -> None:
    patient = child(d19=mrd, provisional_risk=risk)
    assert verdicts(patient)["I4"] == verdict
    assert patient.decision("d19_entry", "2025-03-24") == entry


def test_high_risk_needs_no_d19_result() -> None:
    assert child(d19=None, provisional_risk="HR").decision("d19_entry", "2025-03-24") == "BACKBONE_ONLY"


# --- 4c. after D46 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("risk", "value", "sensitivity", "response", "final", "dose"),
    [
        ("LR", "9.9e-5", "1e-5", "NEGATIVE", "LR", "3"),
        ("LR", "not-detected", "1e-4", "NEGATIVE", "LR", "3"),
        ("LR", "not-detected", "5e-4", "review", "review", "review"),
        ("LR", "1e-4", "1e-5", "POSITIVE", "IR", "5"),
        ("LR", "9.99e-3", "1e-5", "POSITIVE", "IR", "5"),
        ("LR", "1e-2", "1e-5", "OVER", "HR", "5"),
        ("IR", "9.9e-5", "1e-5", "NEGATIVE", "IR", "5"),
        ("IR", "1e-4", "1e-5", "POSITIVE", "IR", "5"),
        ("IR", "1e-2", "1e-5", "OVER", "HR", "5"),
        ("HR", "9.9e-5", "1e-5", "NEGATIVE", "HR", "5"),
    ],
)
def test_after_d46(risk: str, value: str, sensitivity: str, response: str, final: str, dose: str) -> None:
    patient = child(provisional_risk=risk)
    patient.fact("mrd_flow", value, D46, "D46", sensitivity=sensitivity)
    assert patient.decision("d46_response", D50) == response
    assert patient.decision("final_risk", D50) == final
    assert patient.decision("hdmtx_dose", D50) == dose
    assert verdicts(patient, D50)["E11"] == ("FAIL" if response == "OVER" else "PASS")


@pytest.mark.parametrize(
    ("key", "value", "mrd", "final"),
    [
        ("after_d46_lr_negative", "IR", "5e-5", "IR"),
        ("after_d46_lr_negative", "REVIEW", "5e-5", "review"),
        ("after_d46_lr_positive", "LR", "5e-4", "LR"),
    ],
)
def test_what_follows_d46_can_be_switched(key: str, value: str, mrd: str, final: str) -> None:
    patient = child({key: value})
    patient.fact("mrd_flow", mrd, D46, "D46", sensitivity="1e-5")
    assert patient.decision("final_risk", D50) == final


@pytest.mark.parametrize(
    ("flow", "ngs", "sensitivity", "clone", "met"),
    [
        ("5e-5", "9e-7", "1e-6", "TRACKABLE", ("MET", "MET")),
        ("1e-4", "1e-6", "1e-6", "TRACKABLE", ("NOT_MET", "NOT_MET")),
        ("5e-5", "not-detected", "1e-6", "TRACKABLE", ("MET", "MET")),
        ("5e-5", "not-detected", "1e-5", "TRACKABLE", ("MET", "review")),
        ("5e-5", "9e-7", "1e-6", "NONE", ("MET", "NOT_EVALUABLE")),
    ],
)
def test_endpoints(flow: str, ngs: str, sensitivity: str, clone: str, met: tuple[str, str]) -> None:
    patient = treated()
    patient.fact("ngs_clone", clone, D29)
    patient.fact("mrd_flow", flow, D46, "D46", sensitivity="1e-5")
    patient.fact("mrd_ngs", ngs, D46, "D46", sensitivity=sensitivity)
    assert (patient.decision("flow_endpoint", D50), patient.decision("ngs_endpoint", D50)) == met


@pytest.mark.parametrize(
    ("day", "met", "raised"),
    [
        ("2025-04-13", "not asked", {"SAMPLE-OUTSIDE"}),  # D42, before bag off: no sample of D46 at all
        ("2025-04-15 08:59", "MET", {"D46-TOO-EARLY"}),  # 23 h 59 after bag off
        ("2025-04-15 09:00", "MET", set()),
        ("2025-04-21", "MET", set()),  # D50
        ("2025-04-22", "NOT_EVALUABLE", {"D46-OUT-OF-WINDOW"}),
    ],
)
def test_when_the_end_of_induction_marrow_counts(day: str, met: str, raised: set[str]) -> None:
    patient = treated()
    patient.fact("mrd_flow", "5e-5", day, "D46", sensitivity="1e-5")
    assert patient.decision("flow_endpoint", "2025-04-23") == met
    told = {"D46-OUT-OF-WINDOW", "D46-TOO-EARLY", "SAMPLE-OUTSIDE"}
    assert told & set(patient.raised("2025-04-23")) == raised


def test_without_a_dose_nobody_is_evaluable() -> None:
    patient = child()
    patient.fact("mrd_flow", "5e-5", D46, "D46", sensitivity="1e-5")
    assert patient.decision("flow_endpoint", D50) == "NOT_EVALUABLE"


# --- 5. blinatumomab ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "dose", "low", "unit"),
    [("18", "15", "5", "ug/m2/day"), ("44.9", "15", "5", "ug/m2/day"), ("45", "28", "9", "ug/day")],
)
def test_dose_by_weight_before_and_after_a_crs_of_grade_3(
    weight: str, dose: str, low: str, unit: str
) -> None:
    patient = treated(weight=weight)
    crs = patient.grade("CRS", 3, "2025-04-05")
    patient.do("infusion_paused", "2025-04-05")
    patient.grade("CRS", 0, "2025-04-06", of=crs)
    patient.do("infusion_resumed", "2025-04-07")
    patient.fact("weight", "45" if weight != "45" else "18", "2025-04-08")  # too late to change the dose
    ledger = patient.ledger("blina", "2025-04-14")
    assert [(day.day, given) for day, given in ledger.steps] == [(31, dose), (5, "0"), (7, low), (14, dose)]
    assert ledger.unit == unit
    assert "REDUCED-DOSE-INTENSITY" in patient.raised("2025-04-14")


@pytest.mark.parametrize(
    ("resumed", "asked"), [("2025-04-12 09:00", "not asked"), ("2025-04-12 09:01", "proposed")]
)
def test_a_pause_of_more_than_seven_days_asks_whether_to_stop(resumed: str, asked: str) -> None:
    patient = treated()
    patient.do("infusion_paused", "2025-04-05")
    patient.do("infusion_resumed", resumed)
    assert patient.decision("BLINA_PAUSE", "2025-04-12 09:02") == asked


@pytest.mark.parametrize(
    ("event", "grade", "directed"),
    [
        ("CRS", 2, "BLINA-CONSIDER-PAUSE"),
        ("CRS", 3, "BLINA-INTERRUPT"),
        ("CRS", 4, "BLINA-STOP-NOW"),
        ("NEUROTOXICITY", 3, "BLINA-INTERRUPT"),
        ("NEUROTOXICITY", 4, "BLINA-STOP-NOW"),
        ("SEIZURE", 2, "BLINA-HOLD"),
        ("OTHER", 3, "BLINA-INTERRUPT"),
        ("OTHER", 4, "BLINA-HOLD"),
        ("HYPERSENSITIVITY", 1, "BLINA-STOP-NOW"),
    ],
)
def test_the_adverse_event_table(event: str, grade: int, directed: str) -> None:
    patient = treated()
    patient.grade(event, grade, "2025-04-03")
    assert directed in patient.raised("2025-04-03 09:01")


def test_the_second_seizure_stops_for_good_even_after_the_first_was_let_pass() -> None:
    patient = treated()
    patient.grade("SEIZURE", 2, "2025-04-01")
    patient.decide("BLINA_REVIEW", "CONTINUE", "2025-04-01 10:00")
    assert patient.decision("BLINA_STOP", "2025-04-01 11:00") == "not asked"
    patient.grade("SEIZURE", 2, "2025-04-02")
    assert patient.decision("BLINA_STOP", "2025-04-02 10:00") == "proposed"


@pytest.mark.parametrize(
    ("start", "late"),
    [("2025-03-27", True), ("2025-03-28", False), ("2025-04-03", False), ("2025-04-04", True)],
)
def test_a_start_outside_d29_plus_or_minus_3_is_a_deviation(start: str, late: bool) -> None:
    patient = child()
    patient.do("infusion_started", start)
    assert ("BLINA-OUT-OF-TIME" in patient.raised("2025-04-05")) is late


# --- 6. consolidation, transplant, relapse --------------------------------------------------------------------


@pytest.mark.parametrize(("level", "alert"), [("1", False), ("1.01", True)])
def test_methotrexate_above_1_at_44_hours_is_told_at_once(level: str, alert: bool) -> None:
    patient = child()
    patient.do("hdmtx_started", "2025-04-28", {"course": "1"}, dose="3")
    patient.fact("mtx_level", level, "2025-04-30", "C1-44H")
    assert ("MTX-DELAYED" in patient.raised("2025-04-30 09:01")) is alert


@pytest.mark.parametrize(("given", "wrong"), [("3", False), ("5", True)])
def test_the_other_groups_dose_is_critical(given: str, wrong: bool) -> None:
    patient = child()
    patient.fact("mrd_flow", "5e-5", D46, "D46", sensitivity="1e-5")
    patient.do("hdmtx_started", "2025-04-28", {"course": "1"}, dose=given)
    assert ("HDMTX-WRONG-DOSE" in patient.raised("2025-04-28 09:01")) is wrong


def test_courses_follow_each_other_by_14_days_from_when_they_were_given() -> None:
    patient = Patient(TRIAL)
    patient.do("first_steroid", D1)
    patient.do("hdmtx_started", "2025-04-30", {"course": "1"}, dose="3")
    anchors = {name: day.isoformat() for name, day, _ in patient.plan("2025-05-01").anchors}
    assert [anchors[f"HDMTX{n}_START"] for n in HDMTX] == [
        "2025-04-30",
        "2025-05-14",
        "2025-05-28",
        "2025-06-11",
    ]
    assert anchors["CONSOLIDATION_END"] == "2025-06-25"
    two = Patient(TRIAL, {"hdmtx_courses": "2"}, patient.record)
    assert {n: d.isoformat() for n, d, _ in two.plan("2025-05-01").anchors}[
        "CONSOLIDATION_END"
    ] == "2025-05-28"


@pytest.mark.parametrize(
    ("risk", "mrd", "indication"),
    [
        ("LR", "5e-5", "NOT_INDICATED"),
        ("LR", "1e-4", "WATCH"),
        ("IR", "9e-3", "WATCH"),
        ("LR", "1e-2", "INDICATED"),
        ("HR", "5e-5", "INDICATED"),
    ],
)
def test_transplant_indication(risk: str, mrd: str, indication: str) -> None:
    patient = child(provisional_risk=risk)
    patient.fact("mrd_flow", mrd, D46, "D46", sensitivity="1e-5")
    assert patient.decision("hsct_indication", D50) == indication


@pytest.mark.parametrize(
    ("marrow", "others", "outcome"),
    [
        ("0.25", "0", "RELAPSE"),
        ("0.249", "1", "RELAPSE"),
        ("0.249", "0", "REPEAT_MARROW"),
        ("0.05", "1", "RELAPSE"),
        ("0.049", "1", "REPEAT_MARROW"),
        ("0.01", "2", "RELAPSE"),
        ("0.0099", "2", "NO_RELAPSE"),
    ],
)
def test_relapse(marrow: str, others: str, outcome: str) -> None:
    patient = child()
    patient.fact("mrd_flow", "5e-5", D46, "D46", sensitivity="1e-5")
    patient.fact("suspected_marrow", marrow, "2025-07-01")
    patient.fact("relapse_other_tests", others, "2025-07-01")
    assert patient.decision("relapse_marrow", "2025-07-01") == outcome
