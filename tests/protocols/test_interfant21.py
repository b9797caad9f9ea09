"""Interfant-21, table by table."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import protocols
from pathway.errors import UnknownName
from pathway.language.profile import make_profile
from pathway.refusal import Refused
from pathway.rehearsal.rehearse import rehearse
from pathway.rehearsal.scenario import read_scenario
from protocols import ALL, compiled, find
from protocols.interfant21 import INTERFANT_21
from runtime.yaml_tree import load
from tests.protocols.infant import (
    COMPILED,
    Infant,
    day,
    duties,
    induced,
    mrd,
    newborn,
    outcomes,
    phases,
    states,
    verdicts,
)


def other(fact: str, value: str | None) -> dict[str, Any]:
    """One fact that differs."""
    return {fact: value}


SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios" / "interfant-21").glob("*.yaml"))


# --- the definition -----------------------------------------------------------------------------------------


def test_protocols_are_found_by_name_and_by_version() -> None:
    assert find("interfant-21") is INTERFANT_21
    assert find("interfant-21@1.0") in ALL
    assert compiled("interfant-21") is compiled("interfant-21@1.0")


def test_an_unknown_protocol_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match="nearest: interfant-21"):
        find("interfant21")


def test_a_published_version_never_changes() -> None:
    lock = json.loads((Path(protocols.__file__).parent / "versions.lock").read_text())
    assert lock == {
        f"{p.name}@{p.version.number}": compiled(f"{p.name}@{p.version.number}").hash for p in ALL
    }


def test_every_citation_is_in_the_reference_table() -> None:
    known = dict(INTERFANT_21.references)
    parts: tuple[Any, ...] = (
        *INTERFANT_21.facts, *INTERFANT_21.actions, *INTERFANT_21.anchors, *INTERFANT_21.criteria, *INTERFANT_21.decisions,
        *INTERFANT_21.assessments, *INTERFANT_21.series, *INTERFANT_21.tasks, *INTERFANT_21.milestones,
        *INTERFANT_21.deviations, *INTERFANT_21.ledgers, *INTERFANT_21.endpoints, *INTERFANT_21.profile,
        *(rule for d in INTERFANT_21.decisions for rule in d.rules),
        *(rule for ledger in INTERFANT_21.ledgers for rule in ledger.rules),
        *(phase for t in INTERFANT_21.tracks for phase in t.phases),
        *(way for t in INTERFANT_21.tracks for phase in t.phases for way in phase.exits),
    )  # fmt: skip
    assert {key for part in parts for key in part.source.keys} <= set(known)
    assert not any("http" in text for text in known.values())


def test_ids_are_those_of_the_facts_file() -> None:
    ids = {c.id for c in INTERFANT_21.criteria}
    assert {f"I{n}" for n in range(1, 5)} | {"E1", "E2", "E3", "E4", "E5a", "E5b"} | {
        f"X{n}" for n in range(1, 7)
    } <= ids
    rules = {rule.id for d in INTERFANT_21.decisions for rule in d.rules}
    assert {"R1", "R2", "R2b", "R3", "R4"} <= rules
    assert {g for g, _ in INTERFANT_21.gaps} == {f"G{n}" for n in range(1, 11)}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_trajectory(path: Path) -> None:
    result = rehearse(read_scenario(load(path), compiled))
    assert result.unmet == ()


# --- 1. eligibility -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "value", "failing"),
    [
        ("disease", "RELAPSED", {"I1", "E4"}),
        ("lineage", "T_ALL", {"I1", "E2"}),
        ("lineage", "MPAL_OTHER", {"I1"}),
        ("lineage", "MPAL_B", set()),
        ("kmt2a", "GERMLINE", {"I2", "E1"}),
        ("consent", "REFUSED", {"I4"}),
        ("last_chemotherapy", "2025-01-04", {"E5b"}),
        ("last_chemotherapy", "2025-01-03", set()),
    ],
)
def test_what_makes_a_patient_ineligible(fact: str, value: str, failing: set[str]) -> None:
    plan = newborn(**other(fact, value)).plan()
    found = {c for c, verdict in verdicts(plan).items() if verdict == "FAIL" and not c.startswith("X")}
    assert found == failing
    assert outcomes(plan)["eligibility"] == ("NOT_ELIGIBLE" if failing else "ELIGIBLE")


@pytest.mark.parametrize(
    ("fact", "pending"),
    [
        ("kmt2a", {"I2", "E1"}),
        ("consent", {"I4"}),
        ("prior_steroid", {"E5a"}),
        ("last_chemotherapy", {"E5b"}),
    ],
)
def test_a_missing_fact_is_pending_and_never_negative(fact: str, pending: set[str]) -> None:
    plan = newborn(**other(fact, None)).plan()
    assert {c for c, v in verdicts(plan).items() if v == "PENDING" and not c.startswith("X")} == pending
    assert states(plan)["eligibility"] == "waiting"
    assert phases(plan)["registration"] == "SCREENING"


@pytest.mark.parametrize(("age", "verdict"), [(0, "PASS"), (365, "PASS"), (366, "FAIL")])
def test_age_counts_in_days(age: int, verdict: str) -> None:
    born = date(2025, 2, 1) - timedelta(days=age)
    found = verdicts(newborn(birth_date=born.isoformat()).plan())
    assert (found["I3"], found["E3"]) == (verdict, verdict)


@pytest.mark.parametrize(
    ("dose", "days", "route", "first", "verdict"),
    [
        ("10", "20", "systemic", "2025-01-10", "PASS"),
        ("10.1", "8", "systemic", "2025-01-10", "FAIL"),
        ("12", "7", "systemic", "2025-01-10", "PASS"),
        ("12", "8", "systemic", "2025-01-10", "FAIL"),
        ("12", "60", "inhaled", "2024-12-03", "PASS"),
        ("12", "30", "systemic", "2024-12-10", "PASS"),  # five of its days lie in the window
        ("12", "33", "systemic", "2024-12-10", "FAIL"),  # eight of them
    ],
)
def test_steroid_before_diagnosis(dose: str, days: str, route: str, first: str, verdict: str) -> None:
    infant = newborn(prior_steroid=None)
    infant.tell("prior_steroid", dose, "mg/m2/day", sampled=f"D{(date.fromisoformat(first) - date(2025, 2, 2)).days}",
                days=days, route=route)  # fmt: skip
    assert verdicts(infant.plan())["E5a"] == verdict


# --- 1c. blinatumomab ---------------------------------------------------------------------------------------


def test_prednisone_may_start_before_eligibility_is_known_but_blinatumomab_may_not() -> None:
    infant = induced(newborn(auto=True, kmt2a=None))
    plan = infant.plan()
    assert phases(plan)["registration"] == "SCREENING"
    assert phases(plan)["treatment"] == "EOI_DECISION"
    assert outcomes(plan)["blina_status"] == "eligible"
    assert states(plan)["AFTER_EOI_DECISION"] == "waiting" or not outcomes(plan)["AFTER_EOI_DECISION"]


@pytest.mark.parametrize(
    ("lineage", "cd19", "verdict"),
    [
        ("B_PRECURSOR", "NEGATIVE", "FAIL"),
        ("B_PRECURSOR", "POSITIVE", "PASS"),
        ("MPAL_B", "NEGATIVE", "REVIEW"),
        ("MPAL_B", "POSITIVE", "PASS"),
    ],
)
def test_x1(lineage: str, cd19: str, verdict: str) -> None:
    assert verdicts(newborn(lineage=lineage, cd19=cd19).plan())["X1"] == verdict


def test_cns_disease_at_diagnosis_alone_does_not_decide_x2() -> None:
    assert verdicts(newborn(cns="CNS3").plan())["X2"] == "PENDING"


@pytest.mark.parametrize(("before", "verdict"), [(28, "FAIL"), (29, "PASS")])
def test_a_live_vaccine_must_lie_more_than_28_days_before_the_start(before: int, verdict: str) -> None:
    given = (day("D36") - timedelta(days=before)).date()
    infant = newborn(live_vaccine=given.isoformat() if given <= date(2025, 2, 1) else None)
    if given > date(2025, 2, 1):
        infant.do("first_prednisone", "D1")
        infant.tell("live_vaccine", given.isoformat(), at="D9")
    else:
        infant.do("first_prednisone", "D1")
    assert verdicts(infant.plan())["X4"] == verdict


@pytest.mark.parametrize(("blasts", "verdict"), [("24.9", "PASS"), ("25", "REVIEW")])
def test_marrow_m3_is_for_a_clinician_to_judge(blasts: str, verdict: str) -> None:
    infant = induced(newborn(), blasts=blasts)
    assert verdicts(infant.plan())["X6"] == verdict
    if verdict == "REVIEW":
        assert outcomes(infant.judge("X6", "PASS").plan())["blina_status"] == "eligible"


def test_hypersensitivity_shown_by_the_infusion_stops_it_without_making_its_start_wrong() -> None:
    infant = induced(newborn(auto=True))
    infant.do("infusion_started", "D36", cycle="1")
    infant.suffer("HYPERSENSITIVITY", 2, "D38")
    plan = infant.plan()
    assert verdicts(plan)["X3"] == "FAIL"
    assert outcomes(plan)["BLINA_1_STOP"] == "STOP"
    assert outcomes(plan)["blina_status"] == "stopped_permanently"
    assert "DIVERGED" not in duties(plan)


def test_a_start_against_the_last_lumbar_puncture_is_recorded_and_critical() -> None:
    infant = induced(newborn(auto=True), cns="CNS2")
    infant.do("infusion_started", "D36", cycle="1")
    plan = infant.plan()
    assert phases(plan)["treatment"] == "BLINA_1"
    assert duties(plan)["BLINA-NOT-CNS1"] == "critical"


# --- 4b. risk at diagnosis and day 8 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("young", "wbc", "blasts", "group"),
    [
        (False, "500", "5000", "MR"),
        (False, None, None, "MR"),
        (True, "300", None, "HR"),
        (True, "299.9", "1000", "HR"),
        (True, "299.9", "999", "MR"),
        (True, "299.9", None, None),
        (True, None, "1000", "HR"),
        (True, None, "999", None),
    ],
)
def test_initial_risk(young: bool, wbc: str | None, blasts: str | None, group: str | None) -> None:
    infant = newborn(birth_date="2024-11-01" if young else "2024-06-06", wbc=wbc)
    infant.do("first_prednisone", "D1")
    if blasts is not None:
        infant.tell("blood_blasts", blasts, "/uL", "D8", "D8")
    plan = infant.plan("D8")
    assert outcomes(plan).get("risk_initial") == group
    assert outcomes(plan).get("risk") == group


@pytest.mark.parametrize(("wbc", "group"), [("299.9", "MR"), (None, None)])
def test_a_day_8_count_that_never_came_counts_as_unknown_once_the_window_has_closed(
    wbc: str | None, group: str | None
) -> None:
    infant = newborn(birth_date="2024-11-01", wbc=wbc).do("first_prednisone", "D1")
    assert outcomes(infant.plan("D9 23:59"))["d8_response"] is None
    plan = infant.plan("D10 00:00")
    assert outcomes(plan)["d8_response"] == "UNKNOWN"
    assert outcomes(plan)["risk_initial"] == group


def test_the_highest_count_before_the_first_steroid_dose_decides() -> None:
    infant = newborn(birth_date="2024-11-01", wbc="299")
    infant.tell("wbc", "310", "10^9/L").do("first_prednisone", "D1").tell("wbc", "100", "10^9/L", at="D2")
    assert outcomes(infant.plan())["risk_initial"] == "HR"
    later = newborn(birth_date="2024-11-01", wbc="299").do("first_prednisone", "D1")
    later.tell("wbc", "310", "10^9/L", at="D2").tell("blood_blasts", "10", "/uL", "D8", "D8")
    assert outcomes(later.plan())["risk_initial"] == "MR"


def test_exactly_300_is_high_with_a_notice() -> None:
    infant = newborn(birth_date="2024-11-01", wbc="300")
    assert "WBC-AT-LIMIT" in duties(infant.plan())
    assert (
        outcomes(newborn({"wbc_hr_operator": "> 300"}, birth_date="2024-11-01", wbc="300").plan())[
            "risk_initial"
        ]
        is None
    )


def test_white_cells_that_cannot_be_had_ask_a_clinician_only_where_they_matter() -> None:
    infant = newborn(birth_date="2024-11-01", wbc=None).do("first_prednisone", "D1")
    infant.tell("blood_blasts", "10", "/uL", "D8", "D8").lose("wbc", at="D9")
    assert states(infant.plan())["RISK_WITHOUT_WBC"] == "choice"
    assert outcomes(infant.decide("RISK_WITHOUT_WBC", "HR").plan())["risk_initial"] == "HR"


@pytest.mark.parametrize(("born", "group"), [("2024-08-01", "MR"), ("2024-08-02", "HR")])
def test_exactly_six_months_is_not_young(born: str, group: str) -> None:
    assert outcomes(newborn(birth_date=born, wbc="600").plan())["risk_initial"] == group


# --- 4c. end of induction -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blasts", "residual", "cns", "extramedullary", "outcome"),
    [
        ("1", "2e-4", "CNS1", None, "CR"),
        ("1", "9.9e-3", "CNS1", None, "CR"),
        ("1", "1e-2", "CNS1", None, "NO_CR"),
        ("8", "4e-2", "CNS1", None, "NO_CR"),
        ("1", "1e-4", "CNS2", None, "NO_CR_CNS_ONLY"),
        ("1", "4e-2", "CNS2", None, "NO_CR"),
        ("1", "1e-4", "CNS1", "PRESENT", "NO_CR"),
        ("1", "1e-4", "CNS1", "RESOLVED", "CR"),
        ("1", "1e-4", "CNS1", "", None),
        ("1", None, "CNS1", None, None),
    ],
)
def test_remission(
    blasts: str, residual: str | None, cns: str, extramedullary: str | None, outcome: str | None
) -> None:
    infant = induced(
        newborn(extramedullary="NONE" if extramedullary is None else "PRESENT"), blasts=blasts, cns=cns
    )
    if extramedullary:
        infant.tell("extramedullary", extramedullary, "", "EOI", "D34")
    if residual is not None:
        mrd(infant, "EOI", residual, "D40", "D33")
    assert outcomes(infant.plan("D40")).get("cr_eoi") == outcome


@pytest.mark.parametrize(("blasts", "outcome"), [("4.9", "CR"), ("5", "NO_CR")])
def test_blasts_decide_only_once_the_mrd_cannot_be_had(blasts: str, outcome: str) -> None:
    infant = induced(newborn(), blasts=blasts)
    assert outcomes(infant.plan("D40"))["cr_eoi"] is None
    assert outcomes(infant.lose("mrd", "EOI").plan())["cr_eoi"] == outcome


@pytest.mark.parametrize(
    ("residual", "level"), [("4.99e-4", "MR-low"), ("5e-4", "MR-high"), ("9e-3", "MR-high")]
)
def test_level_of_mr(residual: str, level: str) -> None:
    assert outcomes(mrd(induced(newborn()), "EOI", residual, "D40", "D33").plan())["mr_level"] == level


def test_hr_has_no_level() -> None:
    infant = mrd(induced(newborn(birth_date="2024-11-01", wbc="412")), "EOI", "2e-3", "D40", "D33")
    assert "mr_level" not in outcomes(infant.plan())


def test_an_own_threshold_reallocates_after_induction() -> None:
    settings = {"eoi_mrd_realloc": ">= 1e-3"}
    assert outcomes(mrd(induced(newborn(settings)), "EOI", "1e-3", "D40", "D33").plan())["risk_eoi"] == "HR"
    assert outcomes(mrd(induced(newborn()), "EOI", "1e-3", "D40", "D33").plan())["risk_eoi"] == "MR"


def test_a_correction_keeps_later_stages_apart_from_earlier_ones() -> None:
    infant = mrd(induced(newborn()), "EOI", "2e-2", "D40", "D33")
    plan = infant.plan()
    assert (outcomes(plan)["risk_initial"], outcomes(plan)["risk_eoi"], outcomes(plan)["risk"]) == (
        "MR",
        "HR",
        "HR",
    )


# --- 4c to 4e. after cycle 1 --------------------------------------------------------------------------------


def after_cycle_1(residual: str, eoi: str = "2e-4", sensitivity: str = "1e-5", **facts: Any) -> Infant:
    infant = induced(newborn(auto=True, **facts))
    infant.do("infusion_started", "D36 10:00", cycle="1")
    mrd(infant, "EOI", eoi, "D40", "D33")
    infant.do("marrow_sampled", "D64 12:00", point="BL1-END")
    return mrd(infant, "BL1-END", residual, "D70", "D64 12:00", sensitivity)


@pytest.mark.parametrize(
    ("residual", "sensitivity", "group", "second"),
    [
        ("9.9e-5", "1e-5", "MR", "YES"),
        ("1.01e-4", "1e-5", "HR", "NO"),
        ("not-detected", "1e-4", "MR", "YES"),
        ("not-detected", "5e-4", None, None),
        ("not-evaluable", "1e-5", None, None),
    ],
)
def test_group_after_cycle_1(residual: str, sensitivity: str, group: str | None, second: str | None) -> None:
    found = outcomes(after_cycle_1(residual, sensitivity=sensitivity).plan())
    assert (found["risk_blina1"], found["blina2_planned"]) == (group, second)


@pytest.mark.parametrize("option", ["HR", "MR"])
def test_exactly_the_limit_is_never_taken_without_a_person_and_never_gets_cycle_2(option: str) -> None:
    infant = after_cycle_1("1e-4")
    plan = infant.plan()
    r2b = next(d for d in plan.decisions if d.id == "R2b")
    assert (r2b.state, r2b.proposal, r2b.boundary) == ("proposed", "HR", True)
    assert outcomes(plan)["risk_blina1"] is None
    if option == "MR":
        infant._admit("decision", "R2b", value="MR", role="clinician", reason="public rule", override=True)
    else:
        infant.decide("R2b", "HR")
    found = outcomes(infant.plan())
    assert (found["risk_blina1"], found["blina2_planned"]) == (option, "NO")


def test_a_coordinator_may_not_decide() -> None:
    infant = after_cycle_1("1e-4")
    with pytest.raises(Refused) as refused:
        infant._admit("decision", "R2b", value="HR", role="coordinator", reason="clear enough")
    assert refused.value.code == "wrong_role"


@pytest.mark.parametrize(("eoi", "course", "length"), [("2e-4", "IB", 42), ("5e-4", "ADE_MAE", 56)])
def test_consolidation_follows_the_level_and_a_simulated_course_has_its_placeholder_length(
    eoi: str, course: str, length: int
) -> None:
    infant = after_cycle_1("5e-5", eoi=eoi)
    plan = infant.plan()
    assert outcomes(plan)["consolidation"] == course
    infant.live_until(day("D78"))
    ends = {anchor: found for anchor, found, _ in infant.plan().anchors}
    assert ends["CONSOLIDATION_START"] == date(2025, 4, 21)
    assert ends["CONSOLIDATION_END"] == date(2025, 4, 21) + timedelta(days=length)


def test_the_team_picks_the_course_of_hr() -> None:
    plan = after_cycle_1("4e-5", birth_date="2024-11-01", wbc="412").plan()
    assert states(plan)["consolidation"] == "choice"


def test_lengths_that_nobody_knows_stay_unknown_outside_simulations() -> None:
    infant = after_cycle_1("5e-5")
    infant.profile = make_profile(COMPILED.protocol)
    infant.live_until(day("D140"))
    plan = infant.plan()
    assert "CONSOLIDATION_END" not in {anchor for anchor, _, _ in plan.anchors}
    assert phases(plan)["treatment"] == "CONSOLIDATION"
    eoc = next(i for i in plan.items if i.id == "EOC-MARROW")
    assert (eoc.state, eoc.due) == ("not_set", None)


# --- 5. blinatumomab ----------------------------------------------------------------------------------------


def running() -> Infant:
    return induced(newborn(auto=True)).do("infusion_started", "D36 10:00", cycle="1")


def ledger(infant: Infant, at: str = "") -> tuple[str, str]:
    found = next(k for k in infant.plan(at).ledgers if k.key == "blina[cycle=1]")
    return found.state, found.dose


@pytest.mark.parametrize(
    ("event", "grade", "directive"),
    [
        ("CRS", 1, "continue"),
        ("CRS", 2, "consider_pause"),
        ("CRS", 3, "interrupt"),
        ("CRS", 4, "stop"),
        ("NEUROTOXICITY", 3, "interrupt"),
        ("NEUROTOXICITY", 4, "stop"),
        ("OTHER", 3, "interrupt"),
        ("OTHER", 4, "review"),
        ("HYPERSENSITIVITY", 1, "stop"),
    ],
)
def test_adverse_events(event: str, grade: int, directive: str) -> None:
    infant = running().suffer(event, grade, "D40 12:00")
    plan = infant.plan()
    found = next(k for k in plan.ledgers if k.key == "blina[cycle=1]")
    assert directive in [action for _, action, _ in found.directives]
    asked = {"stop": "STOP", "review": None}
    if directive in asked:
        decision = next(d for d in plan.decisions if d.id == "BLINA_1_STOP")
        assert decision.in_force == asked[directive]
        assert directive != "review" or decision.state == "choice"


def test_one_seizure_does_not_stop_two_do() -> None:
    infant = running().suffer("SEIZURE", 2, "D40")
    assert outcomes(infant.plan()).get("blina_status") == "eligible"
    assert outcomes(infant.suffer("SEIZURE", 2, "D41").plan())["blina_status"] == "stopped_permanently"


def test_a_stop_that_is_decided_but_not_recorded_does_not_lead_to_cycle_2() -> None:
    infant = running()
    infant.suffer("SEIZURE", 2, "D40").suffer("SEIZURE", 2, "D41")
    mrd(infant, "EOI", "2e-4", "D42", "D33")
    mrd(infant, "BL1-END", "5e-5", "D55", "D45")
    infant.live_until(day("D70"))
    found = outcomes(infant.plan())
    assert (found["blina_status"], found["blina2_planned"]) == ("stopped_permanently", "NO")


def test_grade_3_neurotoxicity_at_the_low_dose_stops_for_good() -> None:
    infant = running().suffer("NEUROTOXICITY", 3, "D40 10:00").do("infusion_paused", "D40 10:00", cycle="1")
    infant.suffer("NEUROTOXICITY", 0, "D41 10:00").do("infusion_resumed", "D44 10:00", cycle="1")
    assert ledger(infant) == ("running", "5")
    assert outcomes(infant.suffer("NEUROTOXICITY", 3, "D46").plan())["BLINA_1_STOP"] == "STOP"


def test_an_event_of_cycle_2_does_not_stop_cycle_1_after_the_fact() -> None:
    infant = after_cycle_1("5e-5").do("infusion_started", "D120 10:00", cycle="2").suffer("CRS", 4, "D121")
    found = outcomes(infant.plan())
    assert found.get("BLINA_1_STOP") is None
    assert found["BLINA_2_STOP"] == "STOP"


def test_a_short_infusion_is_critical() -> None:
    infant = running().do("infusion_ended", "D60", cycle="1")
    assert duties(infant.plan())["BLINA1-SHORT"] == "critical"


# --- 6. transplant ------------------------------------------------------------------------------------------


def ready_for_transplant(residual: str = "4e-5") -> Infant:
    infant = after_cycle_1(residual, eoi="2e-3", birth_date="2024-11-01", wbc="412")
    infant.auto = False
    infant.tell("echo_clearance", "CLEARED", at="D72").tell("infection_clearance", "CLEARED")
    return infant.tell("family_consent_hsct", "GIVEN").tell("donor", "READY")


def test_going_to_transplant_needs_everything_and_lapses_with_the_marrow() -> None:
    infant = ready_for_transplant()
    assert states(infant.plan("D78 23:59"))["HSCT_GO"] == "proposed"
    plan = infant.plan("D79 00:00")
    assert outcomes(plan).get("HSCT_GO") is None
    assert outcomes(plan)["hsct_eligible"] == "ELIGIBLE"


@pytest.mark.parametrize(("planned", "go"), [("2025-04-21", True), ("2025-04-22", False)])
def test_the_age_of_the_marrow_counts_back_from_the_planned_day(planned: str, go: bool) -> None:
    infant = ready_for_transplant().tell("conditioning_planned", planned)
    assert (states(infant.plan()).get("HSCT_GO") == "proposed") == go


def test_exactly_the_limit_does_not_qualify() -> None:
    found = outcomes(ready_for_transplant("1e-4").plan())
    assert found["hsct_eligible"] == "NOT_ELIGIBLE"


def test_transplant_and_marma_open_together_are_a_choice_and_one_moots_the_other() -> None:
    infant = ready_for_transplant().decide("consolidation", "IB", "D73")
    infant.tell("donor", "FOUND", at="D74")
    infant.auto = True
    infant.live_until(day("D119"))
    infant.auto = False
    infant.tell("mrd", "4e-5", "fraction", "PRE-HSCT", "D119 10:00", "D118", sensitivity="1e-5").tell(
        "donor", "READY"
    )
    infant.decide("HSCT_GO", "GO", "D120 10:00")
    after = next(d for d in infant.plan().decisions if d.id == "AFTER_CONSOLIDATION")
    assert (after.state, set(after.options)) == ("choice", {"MARMA", "HSCT"})
    infant.decide("AFTER_CONSOLIDATION", "HSCT")
    infant.live_until(day("D130"))
    assert phases(infant.plan())["treatment"] == "CONSOLIDATION"
    infant.do("conditioning_started", role="clinician")
    assert phases(infant.plan())["treatment"] == "HSCT"


# --- 7 and 8 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deviation", "before", "after", "severity"),
    [
        ("KMT2A-MISSING", "D14 07:59", "D14 08:00", "minor"),
        ("KMT2A-MISSING", "", "D28 08:00", "major"),
        ("EOI-MARROW-MISSING", "D36 07:59", "D36 08:00", "minor"),
        ("EOI-MARROW-MISSING", "", "D41 08:00", "major"),
        ("EOI-LP-MISSING", "D36 07:59", "D36 08:00", "minor"),
        ("D8-BLASTS-MISSING", "D9 07:59", "D9 08:00", "major"),
        ("MRD-MARKER-MISSING", "D28 07:59", "D28 08:00", "minor"),
    ],
)
def test_warnings_fall_due_in_the_morning_of_the_day_named(
    deviation: str, before: str, after: str, severity: str
) -> None:
    infant = newborn(kmt2a=None).do("first_prednisone", "D1")
    if before:
        assert deviation not in duties(infant.plan(before))
    assert duties(infant.plan(after))[deviation] == severity


def test_a_postponed_marrow_is_silent_for_seven_days_and_asked_for_again() -> None:
    infant = newborn().do("first_prednisone", "D1").do("eoi_postponed", "D34 10:00", role="clinician")
    assert "EOI-MARROW-MISSING" not in duties(infant.plan("D41 07:59"))
    plan = infant.plan("D41 08:00")
    assert duties(plan)["EOI-MARROW-MISSING"] == duties(plan)["EOI-LP-MISSING"] == "major"
    assert next(i.state for i in plan.items if i.id == "EOI-POSTPONED") == "due"
    infant.do("eoi_postponed", "D42 10:00", role="clinician")
    assert "EOI-MARROW-MISSING" not in duties(infant.plan("D49 07:59"))
    assert "EOI-MARROW-MISSING" in duties(infant.plan("D49 08:00"))


def test_a_notice_keeps_its_date_when_the_phase_changes() -> None:
    infant = newborn(auto=True).do("first_prednisone", "D1")
    raised = next(o.since for o in infant.plan("D9 08:00").deviations if o.id == "D8-BLASTS-MISSING")
    infant.live_until(day("D20"))
    assert phases(infant.plan())["treatment"] == "INDUCTION"
    assert next(o.since for o in infant.plan().deviations if o.id == "D8-BLASTS-MISSING") == raised


def test_a_live_vaccine_before_b_cell_recovery() -> None:
    infant = running().tell("live_vaccine", "2025-03-15", at="D42")
    plan = infant.plan()
    assert duties(plan)["LIVE-VACCINE-AFTER-START"] == "major"
    assert verdicts(plan)["X4"] == "PASS"


@pytest.mark.parametrize(
    ("marrow", "others", "repeat", "outcome"),
    [
        ("25", None, None, "RELAPSE"),
        ("24.9", "1", None, "RELAPSE"),
        ("24.9", "0", None, "REPEAT_MARROW"),
        ("5", "1", None, "RELAPSE"),
        ("4.9", "1", None, "REPEAT_MARROW"),
        ("1", "2", None, "RELAPSE"),
        ("1", "1", "2", "RELAPSE"),
        ("1", "1", "1", "NO_RELAPSE"),
        ("0.99", "2", None, "NO_RELAPSE"),
        ("24.9", None, None, None),
    ],
)
def test_relapse_by_the_consensus_table(
    marrow: str, others: str | None, repeat: str | None, outcome: str | None
) -> None:
    infant = after_cycle_1("5e-5").tell("suspected_marrow", marrow, "%", at="D90")
    if others is not None:
        infant.tell("relapse_other_tests", others)
    if repeat is not None:
        infant.tell("relapse_repeat_tests", repeat)
    assert outcomes(infant.plan())["relapse_marrow"] == outcome


def test_endpoints_count_from_diagnosis_and_the_first_event_counts() -> None:
    infant = after_cycle_1("5e-5").do("relapse", "D300", role="clinician").do("death", "D400")
    found = {e.id: (e.event, e.days) for e in infant.plan().endpoints}
    assert found["EFS"] == (("RELAPSE", date(2025, 11, 29)), 301)
    assert found["OS"] == (("DEATH", date(2026, 3, 9)), 401)


def test_stopping_blinatumomab_does_not_end_the_study() -> None:
    infant = running().suffer("CRS", 4, "D40").do("infusion_stopped", "D40 12:00", cycle="1")
    assert phases(infant.plan())["registration"] == "ENROLLED"
    assert phases(infant.plan())["treatment"] == "POST_BLINA1_DECISION"
