"""CRS, ICANS, GvHD: every row of the shared rules, and every case that stands beside them."""

from functools import cache

import pytest

from analysis.proof.prove import prove
from pathway.errors import ProtocolError
from pathway.language import AdverseEventType, Fact, Protocol, Reading, Unit, assumption
from protocols.shared import crs, gvhd, icans
from protocols.shared.rule_set import Cell, RuleSet
from tests.protocols.shared_trial import SOURCE, Bedside, patient, trial

DAY, NOON, LATER = "2025-03-10", "2025-03-10 12:00", "2025-03-10 18:00"
SCALES = ("ASTCT", "CTCAE")
TABLES = (
    "gap",
    "overlap",
    "band-gap",
    "band-overlap",
    "dead-row",
    "dead-option",
    "impossible-guard",
    "malformed",
    "not-settled",
    "unproved",
    "no-clause",
)


def holes(protocol: Protocol) -> list[str]:
    """What the prover finds in the tables."""
    return [f.id for f in prove(protocol).findings if f.kind in TABLES]


@cache
def releasing() -> Protocol:
    return trial(crs.parts(SOURCE), adverse_events=(AdverseEventType("CRS", "CRS", SOURCE, scales=SCALES),))


def signs(of: Bedside, *, when: str = DAY, **values: str) -> Bedside:
    for fact, value in values.items():
        of.fact(fact, value, when)
    return of


NONE = {"crs_other_cause": "NO", "hypotension": "NONE", "oxygen": "NONE"}


@pytest.mark.parametrize(
    ("values", "grade"),
    [
        # The cases of the shared rules.
        ({"temperature": "38.0"}, "1"),
        ({"temperature": "37.9", "hypotension": "NO_VASOPRESSOR", "fever_treated": "NO"}, "NOT_GRADABLE"),
        ({"temperature": "36.8", "hypotension": "ONE_VASOPRESSOR", "fever_treated": "YES"}, "3"),
        # Noradrenaline and vasopressin: one vasopressor.
        (
            {"temperature": "38.5", "hypotension": "ONE_VASOPRESSOR", "oxygen": "NASAL", "oxygen_flow": "4"},
            "3",
        ),
        # Noradrenaline and adrenaline.
        ({"temperature": "38.5", "hypotension": "SEVERAL_VASOPRESSORS"}, "4"),
        ({"temperature": "39", "oxygen": "NASAL", "oxygen_flow": "6.0"}, "2"),
        ({"temperature": "39", "oxygen": "NASAL", "oxygen_flow": "6.1"}, "3"),
        ({"temperature": "39", "oxygen": "POSITIVE_PRESSURE"}, "4"),
        # Every other cell.
        ({"temperature": "38.5", "hypotension": "NO_VASOPRESSOR"}, "2"),
        ({"temperature": "38.5", "oxygen": "BLOW_BY"}, "2"),
        ({"temperature": "38.5", "oxygen": "MASK"}, "3"),
        ({"temperature": "38.5", "hypotension": "NO_VASOPRESSOR", "oxygen": "MASK"}, "3"),
        ({"temperature": "38.5", "hypotension": "ONE_VASOPRESSOR", "oxygen": "POSITIVE_PRESSURE"}, "4"),
        ({"temperature": "37.0", "fever_treated": "NO"}, "0"),
        ({"temperature": "37.0", "fever_treated": "YES"}, "0"),
        ({"temperature": "39.5", "crs_other_cause": "YES", "hypotension": "ONE_VASOPRESSOR"}, "NOT_GRADABLE"),
        ({"temperature": "37.0", "oxygen": "MASK", "fever_treated": "NO"}, "NOT_GRADABLE"),
    ],
)
def test_crs_grade(values: dict[str, str], grade: str) -> None:
    of = signs(patient(releasing()), **(NONE | {"temperature": values["temperature"]} | values))
    assert of.decision("crs_grade", NOON) == grade


def test_death_due_to_crs_is_grade_5() -> None:
    of = signs(patient(releasing()), temperature="39")
    of.do("death", DAY, cause="CRS")
    assert of.decision("crs_grade", NOON) == "5"


@pytest.mark.parametrize("missing", ["temperature", "hypotension", "oxygen", "crs_other_cause"])
def test_a_sign_that_nobody_reported_is_never_taken_for_absent(missing: str) -> None:
    values = {"temperature": "38.2", "hypotension": "NO_VASOPRESSOR"} | NONE
    of = signs(patient(releasing()), **{k: v for k, v in values.items() if k != missing})
    assert of.decision("crs_grade", NOON) == "waiting"


def test_the_worst_column_is_enough_where_the_other_could_not_be_worse() -> None:
    of = signs(
        patient(releasing()), temperature="39", crs_other_cause="NO", hypotension="SEVERAL_VASOPRESSORS"
    )
    assert of.decision("crs_grade", NOON) == "4"


def test_signs_of_an_earlier_day_do_not_count_with_a_new_temperature() -> None:
    of = signs(patient(releasing()), **({"temperature": "39"} | NONE))
    of.fact("temperature", "38.5", "2025-03-11")
    assert of.decision("crs_grade", "2025-03-11 10:00") == "waiting"


def test_no_crs_grade_is_asked_for_before_a_sign_is_reported() -> None:
    assert patient(releasing()).decision("crs_grade", NOON) == "not asked"


@pytest.mark.parametrize(
    ("entered", "scale", "differs"),
    [(2, "ASTCT", False), (1, "ASTCT", True), (3, "ASTCT", True), (0, "ASTCT", True), (3, "CTCAE", False)],
)
def test_an_entered_astct_grade_is_compared_with_the_signs_of_that_day(
    entered: int, scale: str, differs: bool
) -> None:
    of = signs(patient(releasing()), **({"temperature": "38.5"} | NONE | {"hypotension": "NO_VASOPRESSOR"}))
    of.grade("CRS", entered, NOON, scale=scale)
    assert ("CRS-GRADE-DIFFERS" in of.raised(LATER)) is differs


def test_a_grade_entered_the_day_before_is_not_compared() -> None:
    of = patient(releasing())
    of.grade("CRS", 1, "2025-03-09", scale="ASTCT")
    signs(of, **({"temperature": "38.5"} | NONE | {"hypotension": "NO_VASOPRESSOR"}))
    assert "CRS-GRADE-DIFFERS" not in of.raised(LATER)


def test_a_grade_without_signs_is_not_compared() -> None:
    of = patient(releasing())
    of.grade("CRS", 3, DAY, scale="ASTCT")
    assert "CRS-GRADE-DIFFERS" not in of.raised(LATER)


def test_a_trial_may_change_a_single_cell() -> None:
    own = crs.parts(SOURCE, cells=(Cell("NO-SIGN", "NOT_GRADABLE", assumption("its own text")),), event="")
    of = signs(patient(trial(own)), **(NONE | {"temperature": "37", "fever_treated": "NO"}))
    assert of.decision("crs_grade", NOON) == "NOT_GRADABLE"


def test_a_cell_or_a_version_that_does_not_exist_is_told() -> None:
    with pytest.raises(ProtocolError, match="did you mean NO-SIGN"):
        crs.parts(SOURCE, cells=(Cell("NO-SIGNS", "0", SOURCE),))
    with pytest.raises(ProtocolError, match="ASTCT-2019"):
        crs.parts(SOURCE, version="LEE-2014")


# --- ICANS --------------------------------------------------------------------------------------------------------


@cache
def confused() -> Protocol:
    born = Fact("birth_date", "date", "Date of birth", "coordinator", SOURCE)
    kind = AdverseEventType("NEUROTOXICITY", "ICANS", SOURCE, scales=SCALES)
    return trial(icans.parts(SOURCE, birth="birth_date"), facts=(born,), adverse_events=(kind,))


AWAKE = {
    "consciousness": "AWAKE",
    "icans_seizure": "NONE",
    "deep_weakness": "NO",
    "oedema": "NONE",
    "developmental_delay": "NO",
}
ADULT, CHILD = {"ice": "10"}, {"capd": "0"}


def neuro_grade(values: dict[str, str], born: str) -> str:
    of = patient(confused())
    of.fact("birth_date", born, "2025-03-01")
    signs(of, **(AWAKE | values))
    return of.decision("icans_grade", NOON)


@pytest.mark.parametrize(
    ("values", "grade"),
    [
        # The cases of the shared rules.
        ({"ice": "3", "icans_seizure": "RESOLVED", "icans_seizure_length": "60"}, "3"),
        ({"ice": "7", "consciousness": "TO_VOICE"}, "2"),
        ({"ice": "10", "icans_seizure": "RESOLVED", "icans_seizure_length": "300"}, "3"),
        ({"ice": "10", "icans_seizure": "RESOLVED", "icans_seizure_length": "301"}, "4"),
        # ICE: 0 and awake, as in global aphasia, is 3; 0 because unarousable is 4.
        ({"ice": "0"}, "3"),
        ({"ice": "0", "consciousness": "UNAROUSABLE"}, "4"),
        ({"untestable": "YES"}, "4"),
        ({"ice": "2"}, "3"),
        ({"ice": "3"}, "2"),
        ({"ice": "6"}, "2"),
        ({"ice": "7"}, "1"),
        ({"ice": "9"}, "1"),
        ({"ice": "10"}, "0"),
        # The other domains.
        ({"ice": "10", "consciousness": "SPONTANEOUSLY"}, "1"),
        ({"ice": "10", "consciousness": "TO_VOICE"}, "2"),
        ({"ice": "10", "consciousness": "TO_TOUCH"}, "3"),
        ({"ice": "10", "consciousness": "UNAROUSABLE"}, "4"),
        ({"ice": "10", "icans_seizure": "REPETITIVE"}, "4"),
        ({"ice": "10", "deep_weakness": "YES"}, "4"),
        ({"ice": "10", "oedema": "FOCAL"}, "3"),
        ({"ice": "10", "oedema": "DIFFUSE"}, "4"),
    ],
)
def test_icans_grade_from_12_years_on(values: dict[str, str], grade: str) -> None:
    assert neuro_grade(values, "2010-01-01") == grade


@pytest.mark.parametrize(
    ("values", "grade"),
    [
        ({"capd": "0"}, "0"),
        ({"capd": "1"}, "1"),
        ({"capd": "8"}, "1"),
        ({"capd": "8", "consciousness": "TO_VOICE"}, "2"),
        ({"capd": "9"}, "3"),
        ({"capd": "9", "consciousness": "UNAROUSABLE"}, "4"),
        ({"untestable": "YES"}, "4"),
    ],
)
def test_icans_grade_below_12_years(values: dict[str, str], grade: str) -> None:
    assert neuro_grade(values, "2020-01-01") == grade


@pytest.mark.parametrize(
    ("born", "delay", "values", "grade"),
    [
        # 12 years on the day itself: ICE counts; a day younger: CAPD.
        ("2013-03-10", "NO", {"ice": "8", "capd": "9"}, "1"),
        ("2013-03-11", "NO", {"ice": "8", "capd": "9"}, "3"),
        ("2013-03-10", "YES", {"ice": "8", "capd": "9"}, "3"),
        ("2013-03-10", "NO", {"capd": "9"}, "waiting"),
        ("2013-03-11", "NO", {"ice": "8"}, "waiting"),
    ],
)
def test_the_test_goes_by_age_and_delay(born: str, delay: str, values: dict[str, str], grade: str) -> None:
    assert neuro_grade(values | {"developmental_delay": delay}, born) == grade


def test_death_due_to_icans_is_grade_5() -> None:
    of = signs(patient(confused()), consciousness="AWAKE")
    of.do("death", DAY, cause="ICANS")
    assert of.decision("icans_grade", NOON) == "5"


def test_an_entered_grade_of_neurotoxicity_is_compared() -> None:
    of = patient(confused())
    of.fact("birth_date", "2020-01-01", "2025-03-01")
    signs(of, **(AWAKE | CHILD))
    of.grade("NEUROTOXICITY", 1, NOON, scale="ASTCT")
    assert "ICANS-GRADE-DIFFERS" in of.raised(LATER)


# --- GvHD ---------------------------------------------------------------------------------------------------------


@cache
def grafted() -> Protocol:
    weight = Fact(
        "weight", "number", "Body weight", "clinician", SOURCE, units=(Unit("kg"),), cardinality="latest"
    )
    return trial(gvhd.parts(SOURCE, SOURCE), facts=(weight,))


WELL = {
    "gvhd_skin": "0",
    "gvhd_bullae": "NO",
    "gvhd_bilirubin": "0",
    "gvhd_upper_gut": "NO",
    "gvhd_gut_severe": "NO",
}


def acute(values: dict[str, str], weight: str = "60") -> Bedside:
    stool = {"gvhd_stool": "0"} if float(weight) > 50 else {"gvhd_stool_kg": "0"}
    return signs(patient(grafted()), weight=weight, **(WELL | stool | values))


@pytest.mark.parametrize(
    ("organ", "values", "weight", "stage"),
    [
        ("skin", {"gvhd_skin": "0"}, "60", "0"),
        ("skin", {"gvhd_skin": "24.9"}, "60", "1"),
        ("skin", {"gvhd_skin": "25"}, "60", "2"),
        ("skin", {"gvhd_skin": "50"}, "60", "2"),
        ("skin", {"gvhd_skin": "50.1"}, "60", "3"),
        ("skin", {"gvhd_skin": "80", "gvhd_bullae": "YES"}, "60", "4"),
        ("liver", {"gvhd_bilirubin": "1.9"}, "60", "0"),
        ("liver", {"gvhd_bilirubin": "2"}, "60", "1"),
        ("liver", {"gvhd_bilirubin": "3"}, "60", "1"),
        ("liver", {"gvhd_bilirubin": "3.1"}, "60", "2"),
        ("liver", {"gvhd_bilirubin": "6"}, "60", "2"),
        ("liver", {"gvhd_bilirubin": "6.1"}, "60", "3"),
        ("liver", {"gvhd_bilirubin": "15"}, "60", "3"),
        ("liver", {"gvhd_bilirubin": "15.1"}, "60", "4"),
        ("gut", {"gvhd_stool": "499"}, "60", "0"),
        ("gut", {"gvhd_stool": "500"}, "60", "1"),
        ("gut", {"gvhd_stool": "999"}, "60", "1"),
        ("gut", {"gvhd_stool": "1000"}, "60", "2"),
        ("gut", {"gvhd_stool": "1500"}, "60", "2"),
        ("gut", {"gvhd_stool": "1501"}, "60", "3"),
        ("gut", {"gvhd_gut_severe": "YES"}, "60", "4"),
        # 50 kg or less: by body weight.
        ("gut", {"gvhd_stool_kg": "9.9"}, "50", "0"),
        ("gut", {"gvhd_stool_kg": "10"}, "50", "1"),
        ("gut", {"gvhd_stool_kg": "19.9"}, "50", "1"),
        ("gut", {"gvhd_stool_kg": "20"}, "50", "2"),
        ("gut", {"gvhd_stool_kg": "30"}, "50", "2"),
        ("gut", {"gvhd_stool_kg": "30.1"}, "50", "3"),
    ],
)
def test_stage_of_an_organ(organ: str, values: dict[str, str], weight: str, stage: str) -> None:
    of = acute(values, weight)
    found = next(d for d in of.plan(NOON).decisions if d.key == f"agvhd_{organ}")
    assert found.in_force == stage


@pytest.mark.parametrize(
    ("values", "grade"),
    [
        ({}, "0"),
        ({"gvhd_skin": "10"}, "I"),
        ({"gvhd_skin": "40"}, "I"),
        ({"gvhd_skin": "60"}, "II"),
        ({"gvhd_bilirubin": "2.5"}, "II"),
        ({"gvhd_upper_gut": "YES"}, "II"),
        ({"gvhd_stool": "700"}, "II"),
        ({"gvhd_skin": "10", "gvhd_stool": "700"}, "II"),
        ({"gvhd_bilirubin": "4"}, "III"),
        ({"gvhd_bilirubin": "10"}, "III"),
        ({"gvhd_stool": "1200"}, "III"),
        ({"gvhd_stool": "2000"}, "III"),
        ({"gvhd_skin": "60", "gvhd_stool": "2000"}, "III"),
        ({"gvhd_bullae": "YES"}, "IV"),
        ({"gvhd_bilirubin": "20"}, "IV"),
        ({"gvhd_gut_severe": "YES"}, "IV"),
    ],
)
def test_overall_grade_of_acute_gvhd(values: dict[str, str], grade: str) -> None:
    assert acute(values).decision("agvhd_grade", NOON) == grade


@pytest.mark.parametrize(
    ("scores", "grade"),
    [
        ({}, "NONE"),
        ({"SKIN": "1"}, "MILD"),
        ({"SKIN": "1", "EYES": "1"}, "MILD"),
        ({"SKIN": "1", "EYES": "1", "MOUTH": "1"}, "MODERATE"),
        ({"EYES": "2"}, "MODERATE"),
        ({"LUNG": "1"}, "MODERATE"),
        ({"LUNG": "2"}, "SEVERE"),
        ({"SKIN": "3"}, "SEVERE"),
    ],
)
def test_global_severity_of_chronic_gvhd(scores: dict[str, str], grade: str) -> None:
    of = patient(grafted())
    for organ in gvhd.ORGANS:
        of.fact("cgvhd_score", scores.get(organ, "0"), DAY, organ)
    assert of.decision("cgvhd_grade", NOON) == grade


def test_chronic_gvhd_waits_for_the_organs_that_nobody_scored() -> None:
    of = patient(grafted())
    of.fact("cgvhd_score", "1", DAY, "SKIN")
    assert of.decision("cgvhd_grade", NOON) == "waiting"


def test_entered_gvhd_that_its_findings_contradict_is_told() -> None:
    entered = (
        Fact("agvhd", "choice", "now", "clinician", SOURCE, values=("NONE", "PRESENT"), cardinality="latest"),
        Fact("cgvhd", "choice", "now", "clinician", SOURCE, values=gvhd.CHRONIC, cardinality="latest"),
        Fact(
            "weight", "number", "Body weight", "clinician", SOURCE, units=(Unit("kg"),), cardinality="latest"
        ),
    )
    told = gvhd.differs(SOURCE, Reading("agvhd"), "NONE", ("PRESENT",), Reading("cgvhd"))
    of = patient(trial(gvhd.parts(SOURCE, SOURCE), RuleSet("x", deviations=told), facts=entered))
    signs(of, weight="60", agvhd="NONE", cgvhd="MILD", gvhd_stool="700", **WELL)
    for organ in gvhd.ORGANS:
        of.fact("cgvhd_score", "0", DAY, organ)
    assert {"AGVHD-DIFFERS", "CGVHD-DIFFERS"} <= set(of.raised(LATER))


@pytest.mark.parametrize("protocol", [releasing, confused, grafted], ids=lambda p: p.__name__)
def test_the_tables_answer_every_combination_once(protocol: object) -> None:
    assert holes(protocol()) == []  # type: ignore[operator]
