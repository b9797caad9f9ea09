"""InO ± DLI: the tables of the registry text and of the label, and every scenario of the trial."""

from pathlib import Path

import pytest

from pathway.rehearsal.rehearse import rehearse
from pathway.rehearsal.scenario import read_scenario
from protocols import compiled
from runtime.yaml_tree import parse
from tests.protocols.bedside import Patient

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios" / "ino-dli").glob("*.yaml"))
CASES = ("I1", "I2", "I2-prime", "I4", "I4-mass", "I5a", "I5b", "I5c", "I5d", "I5e", "I6", "I7a", "I7b", "I7d", "I8a", "I8b",
         "I9", "I11", "I13", "I14", "I15")  # fmt: skip
"""The acceptance cases."""


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_scenario(path: Path) -> None:
    done = rehearse(read_scenario(parse(path.read_text(), path.name), compiled))
    assert done.unmet == ()


def test_every_acceptance_case_has_its_scenario() -> None:
    assert [name for name in CASES if name not in {p.stem for p in SCENARIOS}] == []


def treated() -> Patient:
    """Enrolled, first dose given on 3 March 2025."""
    patient = Patient("ino-dli")
    for fact, value in (
        ("consent", "GIVEN"),
        ("disease", "B_ALL"),
        ("relapse_after_hsct", "YES"),
        ("bsa", "1.73"),
    ):
        patient.fact(fact, value, "2025-02-24")
    patient.do("ino_given", "2025-03-03 10:00", {"cycle": "1", "dose": "d1"})
    return patient


def evaluated(blasts: str, platelets: str, anc: str, active: str = "NO") -> Patient:
    """Evaluated on 3 April."""
    patient = treated()
    for fact, value in (
        ("marrow_blasts", blasts),
        ("platelets", platelets),
        ("anc", anc),
        ("active_disease", active),
    ):
        patient.fact(fact, value, "2025-04-03", "C1-EVAL")
    return patient


@pytest.mark.parametrize(
    ("blasts", "platelets", "anc", "active", "response"),
    [
        ("3", "130", "1.8", "NO", "CR"),
        ("5", "101", "1.01", "NO", "CR"),
        ("5.01", "130", "1.8", "NO", "NONE"),
        ("5", "100", "1", "NO", "CRi"),
        ("5", "101", "1", "NO", "CRi"),
        ("5", "100", "1.01", "NO", "CRi"),
        ("2", "50.1", "0.51", "NO", "CRi"),
        ("2", "50", "0.6", "NO", "NOT_CRi"),
        ("2", "51", "0.5", "NO", "NOT_CRi"),
        ("2", "200", "0.5", "NO", "NOT_CRi"),
        ("1", "150", "2", "YES", "NONE"),
    ],
)
def test_response_at_every_limit(blasts: str, platelets: str, anc: str, active: str, response: str) -> None:
    patient = evaluated(blasts, platelets, anc, active)
    assert patient.decision("response[eval=C1-EVAL]", "2025-04-03 10:00") == response


def test_a_known_mass_settles_the_response_before_the_counts_are_there() -> None:
    patient = treated()
    patient.fact("marrow_blasts", "1", "2025-04-03", "C1-EVAL")
    assert patient.decision("response[eval=C1-EVAL]", "2025-04-03 10:00") == "waiting"
    patient.fact("active_disease", "YES", "2025-04-03", "C1-EVAL")
    assert patient.decision("response[eval=C1-EVAL]", "2025-04-03 10:00") == "NONE"


def test_lymphoma_without_marrow_disease_goes_to_a_clinician() -> None:
    patient = treated()
    patient.fact("disease", "B_LBL_NO_MARROW", "2025-03-04")
    found = next(d for d in patient.plan("2025-04-03").decisions if d.key == "response[eval=C1-EVAL]")
    assert found.in_force is None


@pytest.mark.parametrize(
    ("prior", "hla", "acute", "chronic", "outcome"),
    [
        ("II", "NEGATIVE", "NONE", "NONE", "ELIGIBLE"),
        ("0", "NEGATIVE", "NONE", "NONE", "ELIGIBLE"),
        ("III", "NEGATIVE", "NONE", "NONE", "NOT_INDICATED"),
        ("IV", "", "PRESENT", "", "NOT_INDICATED"),
        ("I", "POSITIVE", "NONE", "NONE", "NOT_INDICATED"),
        ("", "POSITIVE", "", "", "NOT_INDICATED"),
        ("I", "NEGATIVE", "NONE", "MILD", "HOLD"),
        ("I", "NEGATIVE", "PRESENT", "NONE", "HOLD"),
        ("I", "", "NONE", "NONE", "HOLD"),
        ("", "NEGATIVE", "NONE", "NONE", "HOLD"),
        ("I", "NEGATIVE", "", "NONE", "HOLD"),
        ("I", "NEGATIVE", "NONE", "", "HOLD"),
        ("", "", "", "", "HOLD"),
    ],
)
def test_donor_lymphocytes_and_unknown_is_never_negative(
    prior: str, hla: str, acute: str, chronic: str, outcome: str
) -> None:
    patient = treated()
    for fact, value in (("prior_agvhd", prior), ("hla_loss", hla), ("agvhd", acute), ("cgvhd", chronic)):
        if value:
            patient.fact(fact, value, "2025-04-03")
    assert patient.decision("dli", "2025-04-03 10:00") == outcome


def suspected(hsct: str, onset: str, scale: str = "EBMT_ADULT_2016", **findings: str) -> Patient:
    """A patient with these findings, all else looked for and absent."""
    patient = treated()
    patient.settings["vod_scale"] = scale
    patient.fact("hsct_date", hsct, "2025-03-14")
    patient.fact("vod_onset", onset, "2025-03-14")
    signs = (
        "hepatomegaly",
        "ascites",
        "ultrasound",
        "histology",
        "refractory_platelets",
        "weight_rising",
        "bilirubin_rising",
    )
    known = dict.fromkeys(signs, "NO") | {"bilirubin": "0.8", "weight_gain": "0"} | findings
    for fact, value in known.items():
        patient.fact(fact, value, "2025-03-14")
    return patient


LONG_AGO, RECENT = "2024-01-15", "2025-02-25"


@pytest.mark.parametrize(
    ("hsct", "findings", "outcome"),
    [
        (LONG_AGO, {"bilirubin": "2.4", "ascites": "YES", "weight_gain": "6", "ultrasound": "YES"}, "VOD"),
        (LONG_AGO, {"bilirubin": "2", "ascites": "YES", "hepatomegaly": "YES"}, "VOD"),
        (LONG_AGO, {"bilirubin": "1.9", "ascites": "YES", "hepatomegaly": "YES"}, "NO_VOD"),
        (LONG_AGO, {"bilirubin": "1.9", "ascites": "YES", "hepatomegaly": "YES", "ultrasound": "YES"}, "VOD"),
        (
            RECENT,
            {"bilirubin": "1.9", "ascites": "YES", "hepatomegaly": "YES", "ultrasound": "YES"},
            "NO_VOD",
        ),
        (LONG_AGO, {"bilirubin": "2", "weight_gain": "5"}, "NO_VOD"),
        (LONG_AGO, {"bilirubin": "2", "weight_gain": "5.1", "ultrasound": "YES"}, "VOD"),
        (LONG_AGO, {"histology": "YES"}, "VOD"),
        (RECENT, {"histology": "YES"}, "NO_VOD"),
        ("2025-02-21", {"histology": "YES"}, "NO_VOD"),  # 21 days after transplant: not yet late
        ("2025-02-20", {"histology": "YES"}, "VOD"),
    ],
)
def test_vod_by_the_adult_criteria(hsct: str, findings: dict[str, str], outcome: str) -> None:
    assert suspected(hsct, "2025-03-14", **findings).decision("vod", "2025-03-14 10:00") == outcome


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        ({"refractory_platelets": "YES", "ascites": "YES"}, "VOD"),
        ({"weight_gain": "5.5", "bilirubin_rising": "YES"}, "VOD"),
        ({"weight_rising": "YES", "weight_gain": "9"}, "NO_VOD"),  # one criterion, met twice
        ({"bilirubin": "2"}, "NO_VOD"),
    ],
)
def test_vod_by_the_paediatric_criteria(findings: dict[str, str], outcome: str) -> None:
    patient = suspected(LONG_AGO, "2025-03-14", "EBMT_PAEDIATRIC", **findings)
    assert patient.decision("vod", "2025-03-14 10:00") == outcome


@pytest.mark.parametrize(
    ("bilirubin", "days", "transaminases", "gain", "creatinine", "failure", "risks", "severity"),
    [
        ("2.4", "8", "1.5", "4", "1", "NO", "1", "MILD"),
        ("2.4", "8", "1.5", "4", "1", "NO", "2", "MODERATE"),
        ("3", "6", "1.5", "4", "1", "NO", "1", "MODERATE"),
        ("3", "6", "1.5", "4", "1", "NO", "2", "SEVERE"),
        ("5", "4", "1.5", "4", "1", "NO", "1", "SEVERE"),
        ("8", "8", "1.5", "10", "1", "NO", "1", "VERY_SEVERE"),
        (
            "8",
            "8",
            "1.5",
            "5",
            "1",
            "NO",
            "1",
            "SEVERE",
        ),  # one very severe and one severe: two at least severe
        ("2.4", "8", "1.5", "4", "1", "YES", "1", "VERY_SEVERE"),
    ],
)
def test_severity_of_vod(
    bilirubin: str,
    days: str,
    transaminases: str,
    gain: str,
    creatinine: str,
    failure: str,
    risks: str,
    severity: str,
) -> None:
    patient = treated()
    patient.grade("VOD", 3, "2025-03-14")
    known = {
        "bilirubin": bilirubin, "vod_days_to_full": days, "transaminase_normal": transaminases, "weight_gain": gain,
        "creatinine_baseline": creatinine, "organ_failure": failure, "vod_risk_factors": risks, "bilirubin_doubling": "NO",
    }  # fmt: skip
    for fact, value in known.items():
        patient.fact(fact, value, "2025-03-14")
    assert patient.decision("vod_severity", "2025-03-14 10:00") == severity


@pytest.mark.parametrize(
    ("baseline", "counts", "held"),
    [
        (("2", "120"), ("2", "49"), True),
        (("2", "120"), ("2", "50"), False),
        (("2", "120"), ("0.99", "60"), True),
        (("0.6", "30"), ("0.6", "30"), False),  # back to what it was
        (("0.6", "30"), ("0.5", "30"), True),
        (("0.6", "30"), ("0.6", "29"), True),
        (("0.6", "120"), ("1", "60"), False),  # at or over 1 and 50
        (None, ("2", "49"), True),  # not known: the stricter rule
    ],
)
def test_blood_counts_hold_the_next_cycle(
    baseline: tuple[str, str] | None, counts: tuple[str, str], held: bool
) -> None:
    patient = treated()
    if baseline is not None:
        patient.fact("anc", baseline[0], "2025-03-02", "BASELINE")
        patient.fact("platelets", baseline[1], "2025-03-02", "BASELINE")
    patient.fact("anc", counts[0], "2025-03-24", "OTHER")
    patient.fact("platelets", counts[1], "2025-03-24", "OTHER")
    assert (patient.dose("ino[cycle=2]", "d1", "2025-03-24 10:00").state == "held") is held


def test_a_severe_infusion_reaction_stops_for_good() -> None:
    patient = treated()
    patient.grade("INFUSION_REACTION", 2, "2025-03-03 10:30")
    assert patient.decision("INO_STOP", "2025-03-03 11:00") == "not asked"
    patient.grade("INFUSION_REACTION", 3, "2025-03-03 11:00")
    assert patient.decision("INO_STOP", "2025-03-03 11:00") == "proposed"
