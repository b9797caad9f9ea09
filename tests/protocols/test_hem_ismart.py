"""HEM-iSMART: every scenario of the platform, eligibility at every boundary, allocation."""

from pathlib import Path

import pytest

from pathway.rehearsal.rehearse import rehearse
from pathway.rehearsal.scenario import read_scenario
from protocols import compiled
from runtime.yaml_tree import parse
from tests.protocols.bedside import Patient
from tests.protocols.relapsed import FRIDAY, NOON, OPEN, SUNDAY, profiled, referred, verdict

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios" / "hem-ismart").glob("*.yaml"))
CASES = ("H1", "H2a", "H2b", "H4a", "H4b", "H4c", "H6", "H7", "H8", "H10")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_scenario(path: Path) -> None:
    done = rehearse(read_scenario(parse(path.read_text(), path.name), compiled))
    assert done.unmet == ()


def test_every_acceptance_case_has_its_scenario() -> None:
    assert [name for name in CASES if name not in {p.stem for p in SCENARIOS}] == []


# --- eligibility ----------------------------------------------------------------------------------------------------------


def test_a_patient_of_whom_all_is_known_and_in_order_is_ready() -> None:
    patient = referred()
    assert [
        (c.id, c.verdict)
        for c in patient.plan(SUNDAY).criteria
        if c.verdict != "PASS" and c.group in ("inclusion", "exclusion")
    ] == []
    assert patient.decision("screening", SUNDAY) == "READY"


BOUNDARIES = [
    ("AGE-INCLUSION", {"birth_date": "2004-11-03", "diagnosis_date": "2020-05-01"}, "FAIL"),  # 21st birthday on the day
    ("AGE-INCLUSION", {"birth_date": "2004-11-04", "diagnosis_date": "2020-05-01"}, "PASS"),
    ("AGE-DIAGNOSIS", {"birth_date": "2022-02-01", "diagnosis_date": "2023-02-01"}, "PASS"),  # 12 months 0 days
    ("AGE-DIAGNOSIS", {"birth_date": "2022-02-02", "diagnosis_date": "2023-02-01"}, "FAIL"),  # 11 months 30 days
    ("AGE-DIAGNOSIS", {"birth_date": "2005-02-02", "diagnosis_date": "2023-02-01"}, "PASS"),
    ("AGE-DIAGNOSIS", {"birth_date": "2005-02-01", "diagnosis_date": "2023-02-01"}, "REVIEW"),  # the sources differ at 18
    ("AGE-DIAGNOSIS", {"birth_date": "2005-02-01", "diagnosis_date": "2024-01-31"}, "REVIEW"),
    ("AGE-DIAGNOSIS", {"birth_date": "2005-02-01", "diagnosis_date": "2024-02-01"}, "FAIL"),
    ("PERFORMANCE", {"lansky": "50"}, "PASS"),
    ("PERFORMANCE", {"lansky": "40"}, "FAIL"),
    ("PERFORMANCE", {"birth_date": "2012-11-04", "lansky": "50", "karnofsky": "40"}, "PASS"),  # 12 years 364 days: Lansky
    ("PERFORMANCE", {"birth_date": "2012-11-03", "lansky": "50", "karnofsky": "40"}, "FAIL"),  # 13 years: Karnofsky
    ("PERFORMANCE", {"birth_date": "2012-11-03", "lansky": "", "karnofsky": "50"}, "PASS"),
    ("PERFORMANCE", {"lansky": ""}, "PENDING"),
    ("DISEASE", {"disease_status": "NEITHER"}, "FAIL"),
    ("CONSENT", {"assent": "NOT_REQUIRED"}, "PASS"),
    ("CONSENT", {"assent": "REFUSED"}, "FAIL"),
    ("INTAKE", {"oral_intake": "NO"}, "FAIL"),
    ("CREATININE", {"creatinine_uln": "1.5", "gfr": ""}, "PASS"),
    ("CREATININE", {"creatinine_uln": "1.51", "gfr": "59"}, "FAIL"),
    ("CREATININE", {"creatinine_uln": "1.51", "gfr": "60"}, "PASS"),
    ("CREATININE", {"creatinine_uln": "1.51", "gfr": ""}, "PENDING"),
    ("BILIRUBIN", {"bilirubin_direct_uln": "2"}, "PASS"),
    ("BILIRUBIN", {"bilirubin_direct_uln": "2.1"}, "FAIL"),
    ("BILIRUBIN", {"bilirubin_direct_uln": "3", "gilbert": "YES"}, "PASS"),
    ("BILIRUBIN", {"bilirubin_direct_uln": "3.1", "gilbert": "YES"}, "FAIL"),
    ("ALT", {"alt_uln": "5.0"}, "PASS"),
    ("ALT", {"alt_uln": "5.1"}, "PENDING"),  # the sponsor is asked
    ("AST", {"ast_uln": "5.0"}, "PASS"),
    ("AST", {"ast_uln": "5.1"}, "PENDING"),
    ("HEART", {"shortening_fraction": "29", "lvef": "49"}, "FAIL"),
    ("HEART", {"shortening_fraction": "29", "lvef": "50"}, "PASS"),
    ("HEART", {"shortening_fraction": "29.1", "lvef": ""}, "PASS"),
    ("HEART", {"birth_date": "2022-11-04", "diagnosis_date": "2024-12-01", "shortening_fraction": "35", "lvef": "49"}, "FAIL"),
    # 3 years
    ("HEART", {"birth_date": "2022-11-03", "diagnosis_date": "2024-12-01", "shortening_fraction": "35", "lvef": "49"}, "PASS"),
    ("QTC", {"qtcf": "450"}, "PASS"),
    ("QTC", {"qtcf": "451"}, "FAIL"),
    ("QTC", {"arrhythmia": "YES"}, "FAIL"),
    ("CONTRACEPTION", {"contraception": "NO"}, "FAIL"),
    ("WASHOUT-CYTOTOXIC", {"last_cytotoxic": "2025-10-27"}, "PASS"),
    ("WASHOUT-CYTOTOXIC", {"last_cytotoxic": "2025-10-28"}, "FAIL"),
    ("WASHOUT-RADIOTHERAPY", {"last_radiotherapy": "2025-10-13"}, "PASS"),
    ("WASHOUT-RADIOTHERAPY", {"last_radiotherapy": "2025-10-14"}, "FAIL"),
    ("WASHOUT-AUTO-HSCT", {"last_auto_hsct": "2025-09-03"}, "PASS"),
    ("WASHOUT-AUTO-HSCT", {"last_auto_hsct": "2025-09-04"}, "FAIL"),
    ("WASHOUT-ALLO-HSCT", {"last_allo_hsct": "2025-08-03"}, "PASS"),
    ("WASHOUT-ALLO-HSCT", {"last_allo_hsct": "2025-08-04"}, "FAIL"),
    ("WASHOUT-CELL", {"last_cell_therapy": "2025-09-22"}, "PASS"),
    ("WASHOUT-CELL", {"last_cell_therapy": "2025-09-23"}, "FAIL"),
    ("WASHOUT-ANTIBODY", {"last_antibody": "2025-10-13"}, "PASS"),  # 21 days, whatever the half-life
    ("WASHOUT-ANTIBODY", {"last_antibody": "2025-10-14"}, "PENDING"),
    ("SURGERY", {"last_surgery": "2025-10-13"}, "PASS"),
    ("SURGERY", {"last_surgery": "2025-10-14"}, "FAIL"),
    ("IMMUNOSUPPRESSION", {"last_immunosuppression": "2025-10-03"}, "PASS"),
    ("IMMUNOSUPPRESSION", {"last_immunosuppression": "2025-10-04"}, "FAIL"),
    ("GVHD", {"cgvhd": "MILD"}, "PASS"),
    ("GVHD", {"cgvhd": "MODERATE"}, "FAIL"),
    ("GVHD", {"agvhd": "PRESENT"}, "FAIL"),
    ("GVHD", {"gvhd_drug": "YES"}, "FAIL"),
    ("TOXICITY", {"toxicity_grade": "2"}, "FAIL"),
    ("ENTRY-DISEASE", {"entry_blasts": "5"}, "PASS"),
    ("ENTRY-DISEASE", {"entry_blasts": "4.9"}, "PENDING"),  # morphological remission: MRD is asked for
    ("D-WEIGHT", {"birth_date": "2019-11-03", "diagnosis_date": "2023-02-01", "weight": "6.9"}, "PASS"),  # 6 years
    ("D-WEIGHT", {"birth_date": "2019-11-04", "diagnosis_date": "2023-02-01", "weight": "6.9"}, "FAIL"),
    ("D-WEIGHT", {"birth_date": "2019-11-04", "diagnosis_date": "2023-02-01", "weight": "7"}, "PASS"),
    ("B-PRIOR", {"prior_dasatinib_venetoclax": "IN_COMBINATION"}, "FAIL"),
    ("B-PRIOR", {"prior_dasatinib_venetoclax": "BOTH_APART"}, "PASS"),
]  # fmt: skip


@pytest.mark.parametrize(("criterion", "known", "wanted"), BOUNDARIES)
def test_eligibility_at_its_boundaries(criterion: str, known: dict[str, str], wanted: str) -> None:
    assert verdict(referred(known), criterion) == wanted


@pytest.mark.parametrize(
    ("drawn", "wanted"),
    [("2025-11-01 08:00", "FAIL"), ("2025-11-01 08:59", "FAIL"), ("2025-11-01 09:00", "PASS"), ("2025-11-02 08:00", "PASS")],
)  # fmt: skip
def test_laboratory_values_expire_48_hours_before_the_planned_first_dose(drawn: str, wanted: str) -> None:
    patient = referred(drawn=drawn)
    assert verdict(patient, "LABS-48H") == wanted
    assert patient.decision("screening", SUNDAY) == ("READY" if wanted == "PASS" else "NOT_YET")


def test_laboratory_values_expire_when_the_start_is_later_than_planned() -> None:
    patient = referred(drawn="2025-11-01 12:00")
    assert verdict(patient, "LABS-48H", "2025-11-03 12:00") == "PASS"
    assert verdict(patient, "LABS-48H", "2025-11-03 12:01") == "FAIL"
    patient.do("cycle_started", "2025-11-03 13:00", {"cycle": "1"})
    assert verdict(patient, "LABS-48H", "2025-11-04") == "FAIL"
    assert "LABS-EXPIRED" in patient.raised("2025-11-04")


def test_values_after_the_first_dose_do_not_touch_eligibility() -> None:
    patient = referred()
    patient.do("cycle_started", "2025-11-03 09:00", {"cycle": "1"})
    patient.fact("alt_uln", "12", "2025-11-08")
    patient.fact("toxicity_grade", "3", "2025-11-08")
    patient.fact("exclusion", "PRESENT", "2025-11-09", "INFECTION")
    patient.fact("last_cytotoxic", "2025-11-08", "2025-11-09")
    patient.do("consent_withdrawn", "2025-11-10")
    failed = [
        c.id
        for c in patient.plan("2025-11-11").criteria
        if c.group in ("inclusion", "exclusion") and c.verdict != "PASS"
    ]
    assert failed == []
    assert "STARTED-NOT-ELIGIBLE" not in patient.raised("2025-11-11")


@pytest.mark.parametrize(("tested", "wanted"), [("2025-10-27", "PASS"), ("2025-10-26", "FAIL")])
def test_a_pregnancy_test_counts_for_7_days(tested: str, wanted: str) -> None:
    patient = referred({"pregnancy_test": ""})
    patient.fact("pregnancy_test", "NEGATIVE", tested)
    assert verdict(patient, "PREGNANCY-TEST") == wanted


@pytest.mark.parametrize(
    ("last", "half_life", "wanted"),
    [
        ("2025-10-20", "2.8", "PASS"),  # 14 days are 5 x 2.8
        ("2025-10-20", "2.81", "FAIL"),
        ("2025-10-21", "2.8", "FAIL"),
        ("2025-10-14", "30", "FAIL"),  # 20 days
        ("2025-10-13", "30", "PASS"),  # 21 days
    ],
)
def test_antibodies_wash_out_over_21_days_or_5_half_lives_whichever_is_less(
    last: str, half_life: str, wanted: str
) -> None:
    patient = referred({"last_antibody": last})
    patient.fact("antibody_half_life", half_life, FRIDAY)
    assert verdict(patient, "WASHOUT-ANTIBODY") == wanted


@pytest.mark.parametrize(("option", "wanted"), [("APPROVED", "PASS"), ("REFUSED", "FAIL")])
def test_only_the_sponsor_lets_transaminases_pass_that_are_too_high(option: str, wanted: str) -> None:
    patient = referred({"alt_uln": "5.1"})
    assert patient.decision("SPONSOR_APPROVAL[for=TRANSAMINASES]", SUNDAY) == "choice"
    patient.decide("SPONSOR_APPROVAL[for=TRANSAMINASES]", option, SUNDAY)
    assert verdict(patient, "ALT") == wanted


def test_profiling_of_diagnosis_only_needs_the_sponsor() -> None:
    patient = referred({"molecular_report": "DIAGNOSIS"})
    assert verdict(patient, "PROFILING") == "PENDING"
    patient.decide("SPONSOR_APPROVAL[for=PROFILING]", "APPROVED", SUNDAY)
    assert verdict(patient, "PROFILING") == "PASS"


@pytest.mark.parametrize(("rule", "wanted"), [("OR", "PASS"), ("AND", "FAIL")])
def test_and_or_of_the_heart_is_the_teams_to_read(rule: str, wanted: str) -> None:
    assert (
        verdict(referred({"shortening_fraction": "29", "lvef": "50"}, {"heart_rule": rule}), "HEART")
        == wanted
    )


@pytest.mark.parametrize(("rule", "wanted"), [("INCLUDED", "PASS"), ("EXCLUDED", "FAIL")])
def test_18_years_at_diagnosis_is_the_teams_to_read(rule: str, wanted: str) -> None:
    assert verdict(referred({"birth_date": "2005-02-01"}, {"age_at_18": rule}), "AGE-DIAGNOSIS") == wanted


def test_how_much_mrd_is_high_at_entry_is_judged_unless_the_team_sets_a_limit() -> None:
    patient = referred({"entry_blasts": "1"})
    patient.fact("mrd", "2e-4", FRIDAY, "ENTRY")
    assert verdict(patient, "ENTRY-DISEASE") == "REVIEW"
    limited = referred({"entry_blasts": "1"}, {"entry_mrd": "LIMIT", "high_mrd": ">= 1e-3"})
    limited.fact("mrd", "2e-4", FRIDAY, "ENTRY")
    assert verdict(limited, "ENTRY-DISEASE") == "FAIL"


# --- allocation -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lesions", "arm"),
    [
        (("NUP214::ABL1",), "B"), (("ABL1-AMPLIFICATION",), "B"), (("PDGFRB-FUSION",), "B"), (("CRLF2",), "C"), (("IL7R",), "C"),
        (("SH2B3",), "C"), (("NRAS",), "D"), (("PTPN11", "KRAS"), "D"), (("NF1-DELETION",), "D"), (("PI3K-AKT-MTOR",), "E_PAM"),
        ((), "E_GENERIC"),
    ],
)  # fmt: skip
def test_one_matching_subtrial_is_proposed(lesions: tuple[str, ...], arm: str) -> None:
    found = next(
        d for d in profiled(*lesions, slots=OPEN).plan(NOON).decisions if d.key == "ALLOCATION_DECISION"
    )
    assert (found.state, found.proposal, found.role) == ("proposed", arm, "meeting")


@pytest.mark.parametrize(
    ("lesions", "suggested"),
    [
        (("NUP214::ABL1", "NRAS"), "B"),
        (("JAK2", "NRAS"), "C"),
        (("NRAS", "PI3K-AKT-MTOR"), "D"),
        (("PI3K-AKT-MTOR", "NRAS", "JAK2", "ABL1-FUSION"), "B"),
    ],
)
def test_among_several_nothing_is_proposed_and_an_order_suggested(
    lesions: tuple[str, ...], suggested: str
) -> None:
    patient = profiled(*lesions, slots=OPEN)
    found = next(d for d in patient.plan(NOON).decisions if d.key == "ALLOCATION_DECISION")
    assert (found.state, found.proposal) == ("choice", None)
    assert patient.decision("allocation_suggestion", NOON) == suggested


def test_a_team_may_suggest_in_another_order() -> None:
    order = {"suggest_first": "D", "suggest_second": "C", "suggest_third": "B"}
    assert (
        profiled("NUP214::ABL1", "NRAS", slots=OPEN, settings=order).decision("allocation_suggestion", NOON)
        == "D"
    )


@pytest.mark.parametrize("state", ["NOT_OPEN", "SUSPENDED", "ENROLMENT_COMPLETE", "CLOSED"])
def test_a_subtrial_without_a_slot_drops_out_with_its_reason(state: str) -> None:
    patient = profiled("NUP214::ABL1", "NRAS", slots=OPEN | {"B": state})
    plan = patient.plan(NOON)
    assert next(d for d in plan.decisions if d.key == "ALLOCATION_DECISION").proposal == "D"
    assert f"B_{state}" in [m.id for m in plan.milestones]


@pytest.mark.parametrize(
    ("state", "outcome"), [("NOT_OPEN", "WAITLIST"), ("SUSPENDED", "WAITLIST"), ("CLOSED", "NOT_ALLOCATED")]
)
def test_where_none_is_left_the_patient_waits_for_what_may_open(state: str, outcome: str) -> None:
    assert profiled("NRAS", slots=OPEN | {"D": state}).decision("allocation", NOON) == outcome


@pytest.mark.parametrize(("place", "matches"), [("CENTRAL", "PASS"), ("LOCAL", "FAIL")])
def test_only_the_central_laboratory_finds_sensitivity_to_dasatinib(place: str, matches: str) -> None:
    patient = profiled(slots=OPEN)
    patient.fact("dasatinib_ic50", "9.9", "2025-11-03 11:00", place)
    assert verdict(patient, "B-TARGET", NOON) == matches


def test_an_ic50_of_10_nm_is_not_below_10() -> None:
    patient = profiled(slots=OPEN)
    patient.fact("dasatinib_ic50", "10", "2025-11-03 11:00", "CENTRAL")
    assert verdict(patient, "B-TARGET", NOON) == "FAIL"


def test_nothing_matches_before_the_report_is_complete() -> None:
    patient = Patient("hem-ismart")
    patient.fact("alteration", "ABSENT", "2025-11-03", "NRAS")
    assert verdict(patient, "D-TARGET", NOON) == "PENDING"
    assert verdict(patient, "E-GENERIC-TARGET", NOON) == "PENDING"


def test_an_uncertain_lesion_is_judged_by_a_clinician() -> None:
    patient = Patient("hem-ismart")
    patient.fact("alteration", "UNCERTAIN", "2025-11-03", "JAK3")
    patient.fact("molecular_report", "RELAPSE", "2025-11-03")
    assert verdict(patient, "C-TARGET", NOON) == "REVIEW"
    assert verdict(patient, "D-TARGET", NOON) == "FAIL"
    assert patient.decision("ALLOCATION_DECISION", NOON) in ("not asked", "waiting")


@pytest.mark.parametrize("mutation", ["BCL2-G101V", "BCL2-F104L", "BCL2-F104C"])
def test_resistance_to_venetoclax_excludes_from_every_arm_that_gives_it(mutation: str) -> None:
    patient = profiled("ABL1-FUSION", "NRAS", mutation, slots=OPEN)
    assert [verdict(patient, f"{s}-BCL2", NOON) for s in ("B", "C", "E")] == ["FAIL", "FAIL", "FAIL"]
    assert next(d for d in patient.plan(NOON).decisions if d.key == "ALLOCATION_DECISION").proposal == "D"
    only_b = profiled("JAK2", mutation, slots=OPEN, settings={"venetoclax_exclusion": "B_ONLY"})
    assert verdict(only_b, "C-BCL2", NOON) == "PASS"


def test_allocation_waits_for_the_answer_of_every_governor_that_matters() -> None:
    patient = profiled("NUP214::ABL1", "NRAS", slots={"D": "OPEN"})
    found = next(d for d in patient.plan(NOON).decisions if d.key == "ALLOCATION_DECISION")
    assert (found.state, [m.what for m in found.missing]) == ("waiting", ["slot B"])


def test_who_has_a_slot_is_not_allocated_anew_when_another_subtrial_opens() -> None:
    patient = profiled("NUP214::ABL1", "NRAS", slots={"B": "NOT_OPEN", "D": "OPEN"})
    patient.decide("ALLOCATION_DECISION", "D", NOON)
    patient.fact("slot", "RESERVED", "2025-11-03 13:00", "D")
    patient.fact("slot", "OPEN", "2025-11-03 14:00", "B")
    assert patient.decision("ALLOCATION_DECISION", "2025-11-03 15:00") == "D"
    assert "REOPENED" not in patient.raised("2025-11-03 15:00")
