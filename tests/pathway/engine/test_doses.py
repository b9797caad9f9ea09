"""Dose ledgers: days, holds, omissions, reductions, amounts; and the rates of infusions."""

import random
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.engine.ledgers.rates import minutes, run_rate
from pathway.errors import ProtocolError
from pathway.events import Report
from pathway.language import Rate
from pathway.patient.admission import admit
from pathway.patient.evaluate import evaluate, evaluation
from pathway.patient.output import plan_json
from pathway.record import Record
from pathway.refusal import Refused
from pathway.site import Site
from protocols import compiled
from protocols.ino_dli import INO_DLI
from tests.protocols.bedside import Patient

C1, C2 = "ino[cycle=1]", "ino[cycle=2]"
D15 = "INO-DOSE[cycle=1,dose=d15]"


def treated(*doses: tuple[str, str], bsa: str = "1.73", **settings: str) -> Patient:
    """A patient who has had these doses of cycle 1."""
    patient = Patient("ino-dli", settings)
    patient.fact("consent", "GIVEN", "2025-02-24")
    patient.fact("disease", "B_ALL", "2025-02-24")
    patient.fact("relapse_after_hsct", "YES", "2025-02-24")
    patient.fact("bsa", bsa, "2025-02-24")
    for label, day in doses:
        patient.do("ino_given", f"{day} 10:00", {"cycle": "1", "dose": label})
    return patient


def liver(patient: Patient, day: str, bilirubin: str = "0.8") -> None:
    """Both liver tests of a day."""
    patient.fact("bilirubin_uln", bilirubin, day)
    patient.fact("transaminase_uln", "1.0", day)


BEFORE_D15 = (("d1", "2025-03-03"), ("d8", "2025-03-10"))


# --- days -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("d8", "d15"),
    [
        ("2025-03-10", "2025-03-17"),
        ("2025-03-11", "2025-03-17"),
        ("2025-03-12", "2025-03-18"),
        ("2025-03-14", "2025-03-20"),
    ],
)
def test_a_late_dose_moves_the_next_only_as_far_as_the_spacing_asks(d8: str, d15: str) -> None:
    patient = treated(("d1", "2025-03-03"), ("d8", d8))
    assert patient.dose(C1, "d15", "2025-03-15").due == date.fromisoformat(d15)


def test_doses_that_follow_the_first_are_planned_and_never_late_before_it() -> None:
    patient = treated()
    patient.fact("ino_planned", "2025-03-03", "2025-02-25")
    liver(patient, "2025-04-19")
    states = {label: patient.item(f"INO-DOSE[cycle=1,dose={label}]", "2025-04-20") for label in ("d1", "d8")}
    assert [i.state for i in states.values() if i is not None] == ["late", "planned"]


def test_without_a_planned_day_the_plan_says_not_set() -> None:
    item = treated().item("INO-DOSE[cycle=1,dose=d1]", "2025-03-01")
    assert item is not None
    assert (item.state, item.due) == ("not_set", None)


# --- amounts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bsa", "settings", "d1", "d8", "total"),
    [
        ("1.73", {}, "1.384", "0.865", "3.114"),
        ("0.6", {}, "0.48", "0.3", "1.08"),
        ("1.73", {"dose_rounding": "0.05"}, "1.4", "0.85", "3.1"),
        ("2.2", {"bsa_cap": "2"}, "1.6", "1", "3.6"),
    ],
)
def test_amounts_are_per_m2_exact_and_rounded_as_the_profile_says(
    bsa: str, settings: dict[str, str], d1: str, d8: str, total: str
) -> None:
    ledger = treated(bsa=bsa, **settings).ledger(C1, "2025-03-01")
    assert [d.measured for d in ledger.doses[:2]] == [d1, d8]
    assert ledger.total == total


def test_a_dose_keeps_the_size_that_was_known_when_it_was_given() -> None:
    patient = treated(("d1", "2025-03-03"))
    patient.fact("bsa", "1.8", "2025-03-09")
    ledger = patient.ledger(C1, "2025-03-10")
    assert [d.measured for d in ledger.doses] == ["1.384", "0.9", "0.9"]
    assert (ledger.given_hours, ledger.dose) == ("1.384", "0.9")


@pytest.mark.parametrize(
    ("given", "differs"), [("1.384", False), ("1.45", False), ("1.46", True), ("1.3", True)]
)
def test_a_dose_that_differs_by_more_than_5_percent_is_a_deviation(given: str, differs: bool) -> None:
    patient = treated()
    patient.do("ino_given", "2025-03-03 10:00", {"cycle": "1", "dose": "d1"}, dose=given)
    assert ("DOSE-DIFFERS" in patient.raised("2025-03-04")) is differs


# --- holds ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("checks", "now", "state", "due"),
    [
        # held from the day it was due; given when a check lifts it, if that is within 7 days
        ([("1.6", "2025-03-17")], "2025-03-18", "held", "2025-03-17"),
        ([("1.5", "2025-03-17")], "2025-03-18", "planned", "2025-03-17"),
        ([("1.6", "2025-03-17"), ("1.5", "2025-03-20")], "2025-03-20 10:00", "planned", "2025-03-20"),
        ([("1.6", "2025-03-17"), ("1.5", "2025-03-23")], "2025-03-23 10:00", "planned", "2025-03-23"),
        ([("1.6", "2025-03-17"), ("1.5", "2025-03-24")], "2025-03-24 10:00", "omit", "2025-03-24"),
        ([("1.6", "2025-03-17")], "2025-03-23 23:59", "held", "2025-03-17"),
        ([("1.6", "2025-03-17")], "2025-03-24 00:00", "omit", "2025-03-17"),
        # a check before the day counts from the day only
        ([("2.4", "2025-03-12"), ("1.2", "2025-03-16")], "2025-03-17", "planned", "2025-03-17"),
        ([("2.4", "2025-03-12"), ("1.2", "2025-03-22")], "2025-03-22 10:00", "planned", "2025-03-22"),
        # an episode that reopens on the day it closed goes on
        ([("1.6", "2025-03-17"), ("1.4", "2025-03-20"), ("1.7", "2025-03-20 18:00")], "2025-03-21", "held", "2025-03-17"),
        ([("1.6", "2025-03-17"), ("1.4", "2025-03-20"), ("1.7", "2025-03-20 18:00"), ("1", "2025-03-24")],
         "2025-03-25", "omit", "2025-03-24"),
    ],
)  # fmt: skip
def test_a_hold_is_an_episode_over_repeated_checks(
    checks: list[tuple[str, str]], now: str, state: str, due: str
) -> None:
    patient = treated(*BEFORE_D15)
    for value, when in checks:
        patient.fact("bilirubin_uln", value, when)
    dose = patient.dose(C1, "d15", now)
    assert (dose.state, str(dose.due)) == (state, due)


def test_a_held_dose_is_blocked_and_not_late() -> None:
    patient = treated(*BEFORE_D15)
    patient.fact("bilirubin_uln", "1.6", "2025-03-17")
    item = patient.item(D15, "2025-03-22")
    assert item is not None
    assert (item.state, item.blocked_by) == ("blocked", "hold LIVER-BILIRUBIN")


@pytest.mark.parametrize(
    ("bilirubin", "transaminase", "blocked_by"),
    [
        ((), (), "unknown bilirubin_uln transaminase_uln"),
        (("0.8", "2025-03-17"), (), "unknown transaminase_uln"),
        # 3 days old still counts, 4 days old is not known
        (("0.8", "2025-03-14"), ("1.0", "2025-03-14"), None),
        (("0.8", "2025-03-13"), ("1.0", "2025-03-17"), "unknown bilirubin_uln"),
        # one test that is over its limit holds, whatever the other is
        (("1.6", "2025-03-17"), (), "hold LIVER-BILIRUBIN"),
    ],
)  # fmt: skip
def test_a_dose_waits_for_what_its_holds_compare(
    bilirubin: tuple[str, ...], transaminase: tuple[str, ...], blocked_by: str | None
) -> None:
    patient = treated(*BEFORE_D15)
    for fact, check in (("bilirubin_uln", bilirubin), ("transaminase_uln", transaminase)):
        if check:
            patient.fact(fact, *check)
    item = patient.item(D15, "2025-03-17 12:00")
    assert item is not None
    assert (item.state, item.blocked_by) == ("blocked" if blocked_by else "due", blocked_by)


def test_a_sign_that_is_not_told_lifts_no_hold() -> None:
    patient = treated(*BEFORE_D15)
    patient.fact("bilirubin_uln", "1.6", "2025-03-17")
    patient.fact("bilirubin_uln", ">1", "2025-03-19")
    assert patient.dose(C1, "d15", "2025-03-20").state == "held"
    patient.fact("bilirubin_uln", "1.4", "2025-03-20")
    assert patient.dose(C1, "d15", "2025-03-20 12:00").state == "planned"


def test_two_checks_of_one_instant_that_disagree_neither_open_nor_lift_a_hold() -> None:
    patient = treated(*BEFORE_D15)
    patient.fact("bilirubin_uln", "1.6", "2025-03-17 08:00")
    patient.fact("bilirubin_uln", "1.2", "2025-03-17 08:00")
    item = patient.item(D15, "2025-03-17 12:00")
    assert item is not None
    assert item.blocked_by == "unknown bilirubin_uln transaminase_uln"


def test_two_holds_that_overlap_are_one() -> None:
    patient = treated(*BEFORE_D15)
    patient.fact("bilirubin_uln", "1.6", "2025-03-17")
    patient.fact("transaminase_uln", "3", "2025-03-19")
    patient.fact("bilirubin_uln", "1", "2025-03-21")
    patient.fact("transaminase_uln", "2", "2025-03-24")
    dose = patient.dose(C1, "d15", "2025-03-25")
    assert dose.state == "omit"
    assert dose.held == ((date(2025, 3, 17), date(2025, 3, 24), "LIVER-BILIRUBIN LIVER-TRANSAMINASES"),)


@pytest.mark.parametrize(("recorded", "state"), [(False, "planned"), (True, "omitted")])
def test_a_correction_undoes_an_omission_until_it_is_recorded(recorded: bool, state: str) -> None:
    patient = treated(*BEFORE_D15)
    patient.fact("bilirubin_uln", "1.6", "2025-03-17")
    wrong = patient.fact("bilirubin_uln", "1.7", "2025-03-20")
    assert patient.dose(C1, "d15", "2025-03-24").state == "omit"
    if recorded:
        patient.do("ino_omitted", "2025-03-24 10:00", {"cycle": "1", "dose": "d15"})
    patient.correct(wrong, "1.4", "2025-03-24 11:00")
    assert patient.dose(C1, "d15", "2025-03-24 12:00").state == state


@pytest.mark.parametrize(
    ("lifted", "factor"), [("2025-03-30", "0.5"), ("2025-03-31", "0.375"), ("2025-04-20", "0.375")]
)
def test_a_hold_of_14_days_lowers_the_next_cycle_once(lifted: str, factor: str) -> None:
    patient = treated(*BEFORE_D15)
    patient.fact("bilirubin_uln", "1.6", "2025-03-17")
    patient.fact("bilirubin_uln", "1", lifted)
    for fact, value in (("marrow_blasts", "1"), ("platelets", "130"), ("anc", "2"), ("active_disease", "NO")):
        patient.fact(fact, value, "2025-04-21", "C1-EVAL")
    patient.decide("c2_plan", "REDUCED", "2025-04-22")
    doses = patient.ledger(C2, "2025-04-23").doses
    assert [d.amount for d in doses] == [factor] * 3


def test_a_second_long_hold_drops_the_last_dose_and_it_is_never_raised_again() -> None:
    patient = treated(*BEFORE_D15)
    patient.fact("bilirubin_uln", "1.6", "2025-03-17")
    patient.fact("bilirubin_uln", "1", "2025-04-01")
    patient.fact("transaminase_uln", "4", "2025-04-03")  # another hold, of the first dose of cycle 2
    assert [d.label for d in patient.ledger(C2, "2025-04-16").doses] == ["d1", "d8", "d15"]
    patient.fact("transaminase_uln", "1", "2025-04-17")
    assert [d.label for d in patient.ledger(C2, "2025-04-17").doses] == ["d1", "d8"]
    assert [d.label for d in patient.ledger(C2, "2025-06-17").doses] == ["d1", "d8"]


@pytest.mark.parametrize(("now", "asked"), [("2025-04-14 23:59", False), ("2025-04-15 00:00", True)])
def test_a_hold_of_more_than_28_days_asks_a_person(now: str, asked: bool) -> None:
    patient = treated(*BEFORE_D15)
    patient.fact("bilirubin_uln", "1.6", "2025-03-17")
    assert ("HELD-28-DAYS" in patient.raised(now)) is asked


@pytest.mark.parametrize(("before", "held"), [(0, True), (2, False), (3, False)])
def test_toxicity_counts_only_above_what_it_was_before_treatment(before: int, held: bool) -> None:
    patient = treated()
    if before:
        patient.grade("TOXICITY", before, "2025-02-26")
    patient.do("ino_given", "2025-03-03 10:00", {"cycle": "1", "dose": "d1"})
    patient.grade("TOXICITY", 2, "2025-03-09")
    assert (patient.dose(C1, "d8", "2025-03-10").state == "held") is held


# --- rates ----------------------------------------------------------------------------------------------------------------

FIRST, SECOND, LATER = Rate("1", 1000, 50, 50, 200), Rate("2", 500, 50, 50, 200), Rate("3", 500, 100, 50, 200)
NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(("rate", "length"), [(FIRST, 390), (SECOND, 240), (LATER, 195)])
def test_the_length_of_an_infusion_without_a_reaction(rate: Rate, length: int) -> None:
    assert minutes(rate) == length
    assert run_rate(rate, NINE, [])[1] == NINE + timedelta(minutes=length)


@pytest.mark.parametrize("seed", range(40))
def test_an_infusion_gives_its_volume_whatever_happens_to_it(seed: int) -> None:
    chance = random.Random(seed)
    marks: list[tuple[datetime, Fraction | None]] = []
    now = NINE
    for _ in range(chance.randint(0, 4)):
        now += timedelta(minutes=chance.randint(1, 90))
        marks.append((now, None))
        now += timedelta(minutes=chance.randint(1, 90))
        marks.append((now, Fraction(chance.choice([25, 50, 75, 100]))))
    steps, end = run_rate(FIRST, NINE, marks)
    assert end is not None
    length = [(b - a, rate) for (a, rate), (b, _) in pairwise(steps)]
    poured = sum((rate * Fraction(int(d.total_seconds()), 3600) for d, rate in length), Fraction(0))
    assert abs(float(poured) - 1000) < 0.1
    assert all(rate <= 200 for _, rate in steps)


# --- promises of the engine -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", [{"labels": ("d1", "d8")}, {"given": "ino"}, {"start": "NOWHERE"}, {"by": "nobody"}]
)
def test_a_course_that_does_not_fit_is_refused(change: dict[str, object]) -> None:
    from dataclasses import replace

    broken = replace(INO_DLI.doses[1], **change)  # type: ignore[arg-type]
    with pytest.raises(ProtocolError):
        compile_protocol(replace(INO_DLI, doses=(INO_DLI.doses[0], broken, INO_DLI.doses[2])))


def _report(chance: random.Random, trial: str, n: int, now: datetime) -> Report:
    protocol = compiled(trial)
    when = now - timedelta(minutes=chance.choice([0, 0, 10, 300, 9000]))
    if chance.random() < 0.45:
        action = chance.choice([a for a in protocol.actions.values() if a.scopes])
        scope = tuple(sorted((label, chance.choice(values)) for label, values in action.scopes))
        details = (("rate", chance.choice(["0", "25", "75", "200"])),) if "rate" in action.details else ()
        return Report(
            f"e{n}", "action", now, "clinician", action.id, scope=scope, occurred=when, details=details
        )
    if chance.random() < 0.3:
        kind = chance.choice(list(protocol.adverse_events))
        return Report(
            f"e{n}", "adverse_event", now, "clinician", kind, value=str(chance.randint(0, 4)), occurred=when
        )
    fact = chance.choice(list(protocol.facts.values()))
    value = (
        chance.choice(fact.values)
        if fact.values
        else chance.choice(["0", "0.6", "1.6", "2.6", "5", "50", "101"])
    )
    value = now.date().isoformat() if fact.type == "date" else value
    unit = fact.units[0].name if fact.units else ""
    point = chance.choice(fact.points) if fact.points else ""
    return Report(
        f"e{n}", "observation", now, "clinician", fact.id, point, value=value, unit=unit, occurred=when
    )


@pytest.mark.parametrize("trial", ["ino-dli", "dara-tall"])
@pytest.mark.parametrize("seed", range(12))
def test_any_history_has_a_plan_that_is_constant_until_it_says(trial: str, seed: int) -> None:
    from pathway.language.profile import make_profile

    chance, protocol, site = random.Random(seed), compiled(trial), Site("S", "Asia/Shanghai")
    profile = make_profile(protocol.protocol, {"trial_status": "RECRUITING"} if trial == "dara-tall" else {})
    record, now = Record(), datetime(2026, 1, 1, 1, tzinfo=UTC)
    for n in range(30):
        now += timedelta(minutes=chance.choice([1, 60, 300, 1440, 9000]))
        try:
            known = evaluation(protocol, profile, site, record, now)
            event = admit(known, _report(chance, trial, n, now), now)
        except Refused:
            continue
        assert event is not None
        record.append(event)
        plan = evaluate(protocol, profile, site, record, now)
        assert plan.next_at is None or plan.next_at > now
        between = (
            now + (plan.next_at - now) * 0.99 if plan.next_at is not None else now + timedelta(days=3000)
        )
        later = evaluate(protocol, profile, site, record, between)
        later.at = plan.at
        assert later == plan
    assert plan_json(evaluation(protocol, profile, site, record, now))
