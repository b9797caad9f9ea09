"""Seriousness and its clocks, the label of blinatumomab, VOD, the calendar: the shared rules, and every case beside them."""

from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from pathway.language import (
    Action,
    AdverseEventType,
    Anchor,
    Criterion,
    Deviation,
    Done,
    Fact,
    Infusion,
    LedgerFlag,
    Moment,
    Offset,
    Predicate,
    Protocol,
    Reached,
    Reading,
    Recorded,
    Rung,
    Task,
)  # fmt: skip
from protocols.shared import blinatumomab_label, calendar, seriousness, vod
from tests.protocols.shared_trial import SOURCE, Bedside, patient, trial
from tests.protocols.test_shared_toxicity import holes

CLOCKS = seriousness.Clocks(SOURCE, SOURCE, SOURCE)
ONE = {"sae": "1"}


@cache
def watched() -> Protocol:
    return trial(seriousness.parts(CLOCKS))


def event(criterion: str = "", grade: str = "", laboratory: str = "") -> Bedside:
    of = patient(watched())
    for fact, value in (
        ("sae_criterion", criterion),
        ("sae_grade", grade),
        ("sae_laboratory_only", laboratory),
    ):
        if value:
            of.fact(fact, value, "2025-11-21 18:30", "1")
    return of


@pytest.mark.parametrize(
    ("criterion", "grade", "laboratory", "found"),
    [
        ("NONE", "5", "NO", "SERIOUS"),
        ("NONE", "4", "NO", "SERIOUS"),
        # Grade 4 neutropenia of an out-patient: an adverse event without a clock.
        ("NONE", "4", "YES", "NOT_SERIOUS"),
        ("MEDICALLY_IMPORTANT", "4", "YES", "SERIOUS"),
        ("NONE", "3", "NO", "NOT_SERIOUS"),
        ("HOSPITALISATION", "3", "NO", "SERIOUS"),
        ("HOSPITALISATION", "1", "NO", "SERIOUS"),
        ("NONE", "1", "NO", "NOT_SERIOUS"),
        *((c, "2", "NO", "SERIOUS") for c in seriousness.CRITERIA[:-1]),
        # What is missing is never negative.
        ("", "5", "NO", "SERIOUS"),
        ("", "3", "NO", "waiting"),
        ("NONE", "4", "", "waiting"),
        ("NONE", "", "", "waiting"),
        ("DEATH", "", "", "SERIOUS"),
    ],
)
def test_grade_is_not_seriousness(criterion: str, grade: str, laboratory: str, found: str) -> None:
    assert event(criterion, grade, laboratory).decision("serious[sae=1]", "2025-11-21 19:00") == found


def test_an_event_that_is_not_serious_starts_no_clock() -> None:
    of = event("NONE", "4", "YES")
    assert of.item("SAE-REPORT[sae=1]", "2025-11-30") is None
    assert "SAE-LATE" not in of.raised("2025-11-30")


def test_24_hours_run_from_awareness_weekend_or_not() -> None:
    of = patient(watched())
    of.do("sae_aware", "2025-11-21 18:30", ONE)  # a Friday
    assert "SAE-LATE" not in of.raised("2025-11-22 18:29")
    assert "SAE-LATE" in of.raised("2025-11-22 18:30")


def test_what_was_found_serious_starts_the_clock_without_a_further_report() -> None:
    of = event("HOSPITALISATION", "3", "NO")
    assert "SAE-LATE" in of.raised("2025-11-22 18:30")


def test_a_report_within_the_24_hours_is_in_time() -> None:
    of = patient(watched())
    of.do("sae_aware", "2025-11-21 18:30", ONE)
    of.do("sae_reported", "2025-11-22 18:29", ONE)
    assert "SAE-LATE" not in of.raised("2025-11-23")


def due(of: Bedside, key: str, when: str) -> date | None:
    item = of.item(key, when)
    return None if item is None else item.due


def test_a_fatal_susar_is_reported_in_7_days_and_followed_up_in_8_more() -> None:
    of = patient(watched())
    of.do("susar_aware", "2025-11-22 14:00", ONE, fatal="yes")
    assert due(of, "SUSAR-REPORT[fatal=yes,sae=1]", "2025-11-23") == date(2025, 11, 29)
    assert due(of, "SUSAR-FOLLOW-UP[sae=1]", "2025-11-23") == date(2025, 12, 7)
    assert due(of, "SUSAR-REPORT[fatal=no,sae=1]", "2025-11-23") is None
    assert "SUSAR-LATE" not in of.raised("2025-11-29 23:59")
    assert "SUSAR-LATE" in of.raised("2025-11-30 00:00")


def test_another_susar_is_reported_in_15_days() -> None:
    of = patient(watched())
    of.do("susar_aware", "2025-11-22 14:00", ONE)
    assert due(of, "SUSAR-REPORT[fatal=no,sae=1]", "2025-11-23") == date(2025, 12, 7)
    assert "SUSAR-LATE" not in of.raised("2025-12-07 23:59")
    assert "SUSAR-LATE" in of.raised("2025-12-08 00:00")


@pytest.mark.parametrize(
    ("upgraded", "last_day"),
    [
        ("2025-11-25 10:00", date(2025, 12, 2)),  # 7 days from the upgrade
        ("2025-11-30 10:00", date(2025, 12, 7)),
        ("2025-12-03 10:00", date(2025, 12, 7)),  # never beyond the original 15th day
    ],
)
def test_a_later_upgrade_to_fatal_restarts_the_7_days_within_the_15(upgraded: str, last_day: date) -> None:
    of = patient(watched())
    of.do("susar_aware", "2025-11-22 14:00", ONE)
    of.do("susar_upgraded", upgraded, ONE)
    assert due(of, "SUSAR-REPORT[fatal=yes,sae=1]", "2025-12-04") == last_day
    assert due(of, "SUSAR-REPORT[fatal=no,sae=1]", "2025-12-04") is None


def test_a_clock_starts_once() -> None:
    of = patient(watched())
    of.do("susar_aware", "2025-11-22 14:00", ONE)
    of.do("susar_aware", "2025-11-28 14:00", ONE)
    assert due(of, "SUSAR-REPORT[fatal=no,sae=1]", "2025-11-29") == date(2025, 12, 7)


def test_an_upgrade_that_is_the_first_word_of_a_susar_starts_its_clock() -> None:
    of = patient(watched())
    of.do("susar_upgraded", "2025-11-22 14:00", ONE)
    assert due(of, "SUSAR-REPORT[fatal=yes,sae=1]", "2025-11-23") == date(2025, 11, 29)


def test_a_reported_susar_is_not_late() -> None:
    of = patient(watched())
    of.do("susar_aware", "2025-11-22 14:00", ONE, fatal="yes")
    of.do("susar_reported", "2025-11-29 20:00", ONE)
    assert "SUSAR-LATE" not in of.raised("2025-12-20")


def test_the_table_of_seriousness_answers_every_combination_once() -> None:
    assert holes(watched()) == []


# --- the label of blinatumomab ------------------------------------------------------------------------------------


@cache
def infusing() -> Protocol:
    kinds = (
        blinatumomab_label.CRS, blinatumomab_label.NEUROTOXICITY, blinatumomab_label.SEIZURE, blinatumomab_label.LIVER,
        blinatumomab_label.OTHER,
    )  # fmt: skip
    scope = (("cycle", ("1",)),)
    actions = tuple(
        Action(f"infusion_{a}", a, SOURCE, scopes=scope, details=("dose", "cause"))
        for a in ("started", "paused", "resumed", "stopped", "ended")
    )
    ledger = Infusion(
        "blina", "Blinatumomab", (("cycle", "1"),), 28, "28", "9", "ug/day",
        blinatumomab_label.rules("9 ug/day", "28 ug/day", "label"), SOURCE, 7, 4,
    )  # fmt: skip
    flags = (("LONG", "long_pause"), ("OVER", "pause_over_limit"))
    told = tuple(
        Deviation(name, name, LedgerFlag(KEY, flag), (Rung("minor"),), SOURCE) for name, flag in flags
    )
    made = trial(actions=actions, adverse_events=kinds)
    profile = (*made.profile, *blinatumomab_label.PROFILE)
    return replace(made, profile=profile, ledgers=(ledger,), deviations=told)


CYCLE = {"cycle": "1"}
KEY = "blina[cycle=1]"


def running() -> Bedside:
    of = patient(infusing())
    of.do("infusion_started", "2025-03-01 10:00", CYCLE, dose="28")
    return of


def directed(of: Bedside, when: str) -> dict[str, str]:
    """What the table directs now, by its row."""
    return {rule: action for rule, action, _ in of.ledger(KEY, when).directives}


@pytest.mark.parametrize(
    ("kind", "grade", "row", "action"),
    [
        ("CRS", 1, "CRS-1", "continue"),
        ("CRS", 2, "CRS-2", "consider_pause"),
        ("CRS", 3, "CRS-3", "interrupt"),
        ("CRS", 4, "CRS-4", "stop"),
        ("NEUROTOXICITY", 2, "NEURO-1", "continue"),
        ("NEUROTOXICITY", 3, "NEURO-3", "interrupt"),
        ("NEUROTOXICITY", 4, "NEURO-4", "stop"),
        ("LIVER", 2, "LIVER-1", "continue"),
        ("LIVER", 3, "LIVER-3", "interrupt"),
        ("LIVER", 4, "LIVER-4", "review"),
        ("OTHER", 2, "OTHER-1", "continue"),
        ("OTHER", 3, "OTHER-3", "interrupt"),
        ("OTHER", 4, "OTHER-4", "review"),
    ],
)
def test_what_the_label_directs(kind: str, grade: int, row: str, action: str) -> None:
    of = running()
    of.grade(kind, grade, "2025-03-05 10:00")
    assert directed(of, "2025-03-05 11:00").get(row) == action


def test_the_second_seizure_ever_stops_for_good() -> None:
    of = running()
    of.grade("SEIZURE", 2, "2025-03-05 10:00")
    assert "stop" not in directed(of, "2025-03-05 11:00").values()
    of.grade("SEIZURE", 1, "2025-03-20 10:00")
    assert directed(of, "2025-03-20 11:00")["SEIZURE-2"] == "stop"


@pytest.mark.parametrize(("resumed", "supervised"), [("2025-03-05 13:59", False), ("2025-03-05 14:00", True)])
def test_an_interruption_of_four_hours_asks_for_a_supervised_restart(resumed: str, supervised: bool) -> None:
    of = running()
    of.do("infusion_paused", "2025-03-05 10:00", CYCLE)
    of.do("infusion_resumed", resumed, CYCLE, dose="28")
    assert ("LONG" in of.raised("2025-03-06")) is supervised


@pytest.mark.parametrize(("resumed", "new_cycle"), [("2025-03-17 10:00", False), ("2025-03-17 11:00", True)])
def test_an_interruption_of_exactly_seven_days_completes_the_same_cycle(
    resumed: str, new_cycle: bool
) -> None:
    of = running()
    of.grade("CRS", 3, "2025-03-10 09:00")
    of.do("infusion_paused", "2025-03-10 10:00", CYCLE, cause="CRS")
    of.grade("CRS", 0, "2025-03-12 09:00")
    of.do("infusion_resumed", resumed, CYCLE, dose="9")
    run = of.ledger(KEY, "2025-03-18")
    assert ("OVER" in of.raised("2025-03-18")) is new_cycle
    if not new_cycle:
        assert run.projected_end is not None
        assert run.projected_end.date() == date(2025, 4, 5)  # 29 March and 7 days


@pytest.mark.parametrize(("resolved", "stops"), [("2025-03-12 10:00", False), ("2025-03-12 10:01", True)])
def test_neurotoxicity_of_grade_3_that_takes_more_than_seven_days_stops_for_good(
    resolved: str, stops: bool
) -> None:
    of = running()
    of.grade("NEUROTOXICITY", 3, "2025-03-05 10:00")
    of.do("infusion_paused", "2025-03-05 10:00", CYCLE)
    of.grade("NEUROTOXICITY", 1, resolved)
    assert ("stop" in directed(of, "2025-03-16").values()) is stops


def test_neurotoxicity_of_grade_3_at_the_low_dose_stops_for_good() -> None:
    of = running()
    of.grade("NEUROTOXICITY", 3, "2025-03-05 10:00")
    of.do("infusion_paused", "2025-03-05 10:00", CYCLE)
    of.grade("NEUROTOXICITY", 0, "2025-03-06 10:00")
    of.do("infusion_resumed", "2025-03-09 10:00", CYCLE, dose="9")
    of.grade("NEUROTOXICITY", 3, "2025-03-11 10:00")
    assert "stop" in directed(of, "2025-03-11 11:00").values()


# --- VOD ----------------------------------------------------------------------------------------------------------


@cache
def transplanted() -> Protocol:
    rules = vod.parts(vod.Sources(SOURCE, SOURCE, SOURCE), "hsct_date", "FIRST_DOSE")
    kind = AdverseEventType("VOD", "VOD", SOURCE)
    return trial(
        rules,
        facts=(Fact("hsct_date", "date", "Transplant", "clinician", SOURCE),),
        actions=(Action("dose_given", "A dose was given", SOURCE),),
        adverse_events=(kind,),
        anchors=(Anchor("FIRST_DOSE", "the first dose", (Done("dose_given"),), source=SOURCE),),
    )


ABSENT = dict.fromkeys(
    (
        "hepatomegaly",
        "ascites",
        "ultrasound",
        "histology",
        "refractory_platelets",
        "weight_rising",
        "bilirubin_rising",
    ),
    "NO",
)
WITHOUT = ABSENT | {"bilirubin": "1", "weight_gain": "0", "vod_onset": "2025-03-10"}


@pytest.mark.parametrize(
    ("scale", "transplant", "values", "found"),
    [
        ("EBMT_ADULT_2016", "2025-02-20", {"bilirubin": "2", "ascites": "YES", "hepatomegaly": "YES"}, "VOD"),
        (
            "EBMT_ADULT_2016",
            "2025-02-20",
            {"bilirubin": "1.9", "ascites": "YES", "hepatomegaly": "YES"},
            "NO_VOD",
        ),
        ("EBMT_ADULT_2016", "2025-02-20", {"bilirubin": "2", "ascites": "YES", "weight_gain": "5"}, "NO_VOD"),
        ("EBMT_ADULT_2016", "2025-02-20", {"bilirubin": "2", "ascites": "YES", "weight_gain": "5.1"}, "VOD"),
        # Day 21 is early, day 22 late: then histology, or two signs with ultrasound, are enough.
        ("EBMT_ADULT_2016", "2025-02-17", {"histology": "YES"}, "NO_VOD"),
        ("EBMT_ADULT_2016", "2025-02-16", {"histology": "YES"}, "VOD"),
        (
            "EBMT_ADULT_2016",
            "2025-02-16",
            {"ultrasound": "YES", "ascites": "YES", "hepatomegaly": "YES"},
            "VOD",
        ),
        ("EBMT_ADULT_2016", "2025-02-16", {"ascites": "YES", "hepatomegaly": "YES"}, "NO_VOD"),
        ("EBMT_PAEDIATRIC", "2025-02-20", {"refractory_platelets": "YES", "bilirubin_rising": "YES"}, "VOD"),
        ("EBMT_PAEDIATRIC", "2025-02-20", {"weight_rising": "YES", "bilirubin": "2"}, "VOD"),
        ("EBMT_PAEDIATRIC", "2025-02-20", {"ascites": "YES"}, "NO_VOD"),
    ],
)
def test_vod_by_the_scale_of_the_site(
    scale: str, transplant: str, values: dict[str, str], found: str
) -> None:
    of = patient(transplanted(), vod_scale=scale)
    of.fact("hsct_date", transplant, "2025-03-01")
    for fact, value in (WITHOUT | values).items():
        of.fact(fact, value, "2025-03-10 12:00")
    assert of.decision("vod", "2025-03-10 13:00") == found


@pytest.mark.parametrize(
    ("dose", "found"),
    [("2025-03-10 08:00", "waiting"), ("2025-03-11 08:00", "VOD")],
    ids=["day-21", "day-22"],
)
def test_what_nobody_has_said_the_beginning_of_began_after_the_first_dose(
    dose: str, found: str | None
) -> None:
    of = patient(transplanted(), vod_scale="EBMT_ADULT_2016")
    of.fact("hsct_date", "2025-02-17", "2025-03-01")
    of.do("dose_given", dose)
    for fact, value in (WITHOUT | {"histology": "YES"}).items():
        if fact != "vod_onset":
            of.fact(fact, value, "2025-03-12 12:00")
    assert of.decision("vod", "2025-03-12 13:00") == found
    of.fact("vod_onset", "2025-03-10", "2025-03-12 14:00")
    # What was found stays; before it was, a day that is said counts.
    assert of.decision("vod", "2025-03-12 15:00") == ("VOD" if found == "VOD" else "NO_VOD")


SMALL = {
    "vod_days_to_full": "8", "bilirubin": "2", "bilirubin_doubling": "NO", "transaminase_normal": "2", "weight_gain": "4",
    "creatinine_baseline": "1.1", "organ_failure": "NO", "vod_risk_factors": "1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, "MILD"),
        ({"vod_risk_factors": "2"}, "MODERATE"),
        ({"vod_days_to_full": "7", "bilirubin": "3"}, "MODERATE"),
        ({"vod_days_to_full": "5", "weight_gain": "5"}, "MODERATE"),
        ({"vod_days_to_full": "7", "bilirubin": "3", "vod_risk_factors": "2"}, "SEVERE"),
        ({"vod_days_to_full": "4", "bilirubin": "5"}, "SEVERE"),
        ({"bilirubin_doubling": "YES", "creatinine_baseline": "1.5"}, "SEVERE"),
        ({"bilirubin": "8", "weight_gain": "10"}, "VERY_SEVERE"),
        ({"transaminase_normal": "8.1", "creatinine_baseline": "2"}, "VERY_SEVERE"),
        ({"organ_failure": "YES"}, "VERY_SEVERE"),
    ],
)
def test_severity_of_vod(values: dict[str, str], found: str) -> None:
    of = patient(transplanted())
    of.grade("VOD", 1, "2025-03-10 09:00")
    for fact, value in (SMALL | values).items():
        of.fact(fact, value, "2025-03-10 12:00")
    assert of.decision("vod_severity", "2025-03-10 13:00") == found


def test_the_tables_of_vod_answer_every_combination_once() -> None:
    assert holes(transplanted()) == []


# --- calendar -----------------------------------------------------------------------------------------------------


def dated(test: Predicate, **moments: Moment) -> Bedside:
    """A patient of a trial with that test, a month series, and tasks at the moments; the first infusion on 31 January."""
    tasks = tuple(
        Task(name, name, Reached("FIRST"), Recorded("done"), "clinician", SOURCE, due=m)
        for name, m in moments.items()
    )
    protocol = replace(
        trial(
            actions=(Action("first", "first", SOURCE), Action("done", "done", SOURCE)),
            facts=(
                Fact("echo", "choice", "echo", "clinician", SOURCE, values=("OK",), cardinality="latest"),
            ),
            anchors=(
                Anchor("FIRST", "first", (Done("first"),), source=SOURCE),
                Anchor("TENTH", "tenth", (), (Offset("FIRST", 10),), SOURCE),
            ),
        ),
        criteria=(Criterion("TEST", "test", "inclusion", test, SOURCE),),
        tasks=tasks,
    )
    of = patient(protocol)
    of.do("first", "2025-01-31 10:00")
    return of


def verdict(of: Bedside, when: str) -> str:
    return next(c.verdict for c in of.plan(when).criteria if c.id == "TEST")


@pytest.mark.parametrize(
    ("day", "found"), [(1, date(2025, 1, 31)), (8, date(2025, 2, 7)), (29, date(2025, 2, 28))]
)
def test_day_n_is_the_first_day_and_n_minus_1(day: int, found: date) -> None:
    of = dated(calendar.elapsed("FIRST", 1), DUE=calendar.on_day("FIRST", day))
    assert due(of, "DUE", "2025-02-01") == found


@pytest.mark.parametrize(
    ("months", "found"),
    [(1, date(2025, 2, 28)), (2, date(2025, 3, 31)), (3, date(2025, 4, 30)), (13, date(2026, 2, 28))],
)
def test_months_are_clipped_and_counted_from_the_first_date(months: int, found: date) -> None:
    of = dated(calendar.elapsed("FIRST", 1), DUE=calendar.month("FIRST", months))
    assert due(of, "DUE", "2025-02-01") == found


@pytest.mark.parametrize(("sampled", "found"), [("2025-02-03", "PASS"), ("2025-02-02 23:59", "FAIL")])
def test_within_seven_days_before_includes_the_seventh(sampled: str, found: str) -> None:
    of = dated(calendar.within_days_before(Reading("echo"), 7, "TENTH"))
    of.fact("echo", "OK", sampled)
    assert verdict(of, "2025-02-04") == found


@pytest.mark.parametrize(("when", "found"), [("2025-02-13 23:59", "FAIL"), ("2025-02-14 00:00", "PASS")])
def test_at_least_fourteen_days_have_elapsed_from_the_fourteenth_on(when: str, found: str) -> None:
    assert verdict(dated(calendar.elapsed("FIRST", 14)), when) == found
