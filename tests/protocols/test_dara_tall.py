"""Daratumumab in T-ALL: eligibility limits, the CD38 trap, rates and reactions, and every scenario of the trial."""

from pathlib import Path

import pytest

from pathway.rehearsal.rehearse import rehearse
from pathway.rehearsal.scenario import read_scenario
from protocols import compiled
from runtime.yaml_tree import parse
from tests.protocols.bedside import Patient

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios" / "dara-tall").glob("*.yaml"))
CASES = ("D1", "D2a", "D2b", "D3a", "D3b", "D5", "D7", "D8", "D10", "D12", "D13", "D14", "D16")
COURSE, D1 = "dara[course=1]", {"course": "1", "dose": "d1"}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_scenario(path: Path) -> None:
    done = rehearse(read_scenario(parse(path.read_text(), path.name), compiled))
    assert done.unmet == ()


def test_every_acceptance_case_has_its_scenario() -> None:
    assert [name for name in CASES if name not in {p.stem for p in SCENARIOS}] == []


def enrolled(weight: str = "62.5", **settings: str) -> Patient:
    """Enrolled, d1 planned for 5 January 2026."""
    patient = Patient("dara-tall", {"trial_status": "RECRUITING", **settings})
    for fact, value in (("consent", "GIVEN"), ("disease", "T_ALL"), ("remission", "CR"), ("weight", weight), ("hbv", "NEGATIVE"),
                        ("type_and_screen", "DONE"), ("dara_planned", "2026-01-05")):  # fmt: skip
        patient.fact(fact, value, "2025-12-30")
    patient.fact("marrow_blasts", "1", "2025-12-30", "SCREENING")
    patient.fact("mrd", "5e-4", "2025-12-30", "SCREENING")
    return patient


def infused(*labels: tuple[str, str]) -> Patient:
    """These doses of course 1 have been started."""
    patient = enrolled()
    for label, when in labels:
        patient.do("infusion_started", when, {"course": "1", "dose": label})
    return patient


FIRST = ("d1", "2026-01-05 09:00")


@pytest.mark.parametrize(
    ("weight", "rounding", "dose"),
    [("58.4", "0.1", "934.4"), ("62.5", "0.1", "1000"), ("58.4", "100", "900"), ("10.03", "0.1", "160.5")],
)
def test_dose_by_weight(weight: str, rounding: str, dose: str) -> None:
    assert enrolled(weight, dose_rounding=rounding).dose(COURSE, "d1", "2026-01-04").measured == dose


@pytest.mark.parametrize(
    ("at_once", "labels"),
    [("WHOLE", ["d1", "d8", "d15", "d22"]), ("SPLIT", ["d1", "d2", "d8", "d15", "d22"])],
)
def test_first_dose_at_once_or_in_two_parts(at_once: str, labels: list[str]) -> None:
    ledger = enrolled(first_dose=at_once).ledger(COURSE, "2026-01-04")
    assert [d.label for d in ledger.doses] == labels
    assert ledger.total == "4000"


@pytest.mark.parametrize(
    ("settings", "lengths"),
    [
        ({}, {"d1": (1000, 390), "d8": (500, 240), "d15": (500, 195), "d22": (500, 195)}),
        (
            {"first_dose": "SPLIT"},
            {"d1": (500, 240), "d2": (500, 240), "d8": (500, 240), "d15": (500, 195), "d22": (500, 195)},
        ),
    ],
)
def test_volumes_and_lengths_without_a_reaction(
    settings: dict[str, str], lengths: dict[str, tuple[int, int]]
) -> None:
    infusion_runs = enrolled(**settings).ledger(COURSE, "2026-01-04").infusion_runs
    assert {d.label: (d.volume, d.minutes) for d in infusion_runs} == lengths


@pytest.mark.parametrize(
    ("when", "rate", "limit", "second", "third"),
    [
        (
            "2026-01-05 09:30",
            "50",
            "25",
            "1000-50",
            "500-100",
        ),  # 50 mL/h is under 100: later infusions may start at 100
        ("2026-01-05 10:30", "100", "50", "1000-50", "500-50"),
        ("2026-01-05 11:30", "150", "75", "1000-50", "500-50"),
        ("2026-01-05 12:00", "150", "75", "1000-50", "500-50"),  # exactly 3 hours
        ("2026-01-05 12:01", "200", "100", "500-50", "500-50"),
    ],
)
def test_a_reaction_halves_the_rate_and_slows_what_follows(
    when: str, rate: str, limit: str, second: str, third: str
) -> None:
    patient = infused(FIRST)
    before = patient.ledger(COURSE, when).infusion_runs[0].rate
    assert before == rate or when.endswith("12:00")  # at noon the rate is just going up
    patient.grade("IRR", 2, when)
    patient.do("infusion_paused", when, D1)
    infusion_runs = {d.label: d for d in patient.ledger(COURSE, when).infusion_runs}
    assert (infusion_runs["d1"].state, infusion_runs["d1"].rate, infusion_runs["d1"].resume_at_most) == (
        "interrupted",
        "0",
        limit,
    )
    assert (infusion_runs["d8"].profile, infusion_runs["d15"].profile) == (second, third)


def test_a_resumed_infusion_climbs_again_and_its_end_moves() -> None:
    patient = infused(FIRST)
    reaction = patient.grade("IRR", 2, "2026-01-05 11:30")
    patient.do("infusion_paused", "2026-01-05 11:30", D1)
    patient.grade("IRR", 0, "2026-01-05 12:15", of=reaction)
    patient.do("infusion_resumed", "2026-01-05 12:30", D1, rate="75")
    rates = [
        patient.ledger(COURSE, f"2026-01-05 {hour}:30").infusion_runs[0].rate for hour in (12, 13, 14, 15)
    ]
    assert rates == ["75", "125", "175", "200"]
    infusion_run = patient.ledger(COURSE, "2026-01-05 12:30").infusion_runs[0]
    assert infusion_run.projected_end is not None
    assert infusion_run.projected_end.isoformat() == "2026-01-05T09:30:00+00:00"  # 17:30 in Shanghai


@pytest.mark.parametrize(("rate", "raised"), [("75", False), ("76", True)])
def test_resumed_at_half_the_rate_or_less(rate: str, raised: bool) -> None:
    patient = infused(FIRST)
    patient.grade("IRR", 1, "2026-01-05 11:30")
    patient.do("infusion_paused", "2026-01-05 11:30", D1)
    patient.do("infusion_resumed", "2026-01-05 12:30", D1, rate=rate)
    assert ("RESUMED-TOO-FAST" in patient.raised("2026-01-05 12:30")) is raised


@pytest.mark.parametrize(
    ("grades", "stop"),
    [
        ((3,), "not asked"),
        ((3, 3), "not asked"),
        ((3, 2, 3), "not asked"),
        ((3, 3, 3), "proposed"),
        ((4,), "proposed"),
    ],
)
def test_grade_4_or_the_third_of_grade_3_stops_for_good(grades: tuple[int, ...], stop: str) -> None:
    patient = infused(FIRST)
    for n, grade in enumerate(grades):
        first = patient.grade("IRR", grade, f"2026-01-05 1{n}:10")
        patient.grade("IRR", 0, f"2026-01-05 1{n}:40", of=first)
    assert patient.decision("DARA_STOP", "2026-01-05 13:00") == stop


@pytest.mark.parametrize(
    ("premedicated", "raised"),
    [
        ("2026-01-05 05:59", True),
        ("2026-01-05 06:00", False),
        ("2026-01-05 08:00", False),
        ("2026-01-05 08:01", True),
    ],
)
def test_premedication_is_given_1_to_3_hours_before(premedicated: str, raised: bool) -> None:
    patient = enrolled()
    patient.do("premedicated", premedicated, D1)
    patient.do("infusion_started", "2026-01-05 09:00", D1)
    assert ("PREMEDICATION-OFF" in patient.raised("2026-01-05 10:00")) is raised


def test_after_a_long_gap_the_rates_start_as_for_the_first_infusion() -> None:
    patient = infused(FIRST, ("d8", "2026-01-12 09:00"))
    assert patient.ledger(COURSE, "2026-01-20").infusion_runs[2].profile == "500-100"
    assert patient.ledger(COURSE, "2026-04-12 09:00").infusion_runs[2].profile == "1000-50"


@pytest.mark.parametrize(
    ("value", "details", "gating", "blasts", "result"),
    [
        ("not-detected", {"sensitivity": "1e-5"}, "YES", "1", "NEG"),
        ("not-detected", {"sensitivity": "1e-4"}, "YES", "1", "NEG"),
        ("not-detected", {"sensitivity": "1e-3"}, "YES", "1", "INDETERMINATE"),
        ("not-detected", {}, "YES", "1", "INDETERMINATE"),
        ("not-detected", {"sensitivity": "1e-5"}, "NO", "1", "INDETERMINATE"),
        ("not-detected", {"sensitivity": "1e-5"}, "", "1", "INDETERMINATE"),
        ("not-evaluable", {}, "YES", "1", "INDETERMINATE"),
        ("9.9e-5", {}, "YES", "1", "NEG"),
        ("1e-4", {}, "YES", "1", "POS_QUANT"),
        ("positive-not-quantifiable", {"quantifiable_limit": "1e-4"}, "YES", "1", "POS_NQ"),
        ("positive-not-quantifiable", {"quantifiable_limit": "1e-3"}, "YES", "1", "INDETERMINATE"),
        ("5e-2", {}, "YES", "6", "HAEM_RELAPSE"),
        ("not-detected", {"sensitivity": "1e-5"}, "YES", "5", "HAEM_RELAPSE"),
        ("5e-3", {}, "YES", "4.9", "POS_QUANT"),
    ],
)
def test_mrd_at_d29(value: str, details: dict[str, str], gating: str, blasts: str, result: str) -> None:
    patient = infused(FIRST)
    if gating:
        patient.fact("cd38_independent_gating", gating, "2026-02-02", "C1-D29")
    patient.fact("marrow_blasts", blasts, "2026-02-02", "C1-D29")
    patient.fact("mrd", value, "2026-02-02", "C1-D29", **details)
    assert patient.decision("mrd_result[eval=C1-D29]", "2026-02-02 10:00") == result
    primary = {"NEG": "SUCCESS", "INDETERMINATE": "not asked"}.get(result, "FAILURE")
    assert patient.decision("primary", "2026-02-02 10:00") == primary
