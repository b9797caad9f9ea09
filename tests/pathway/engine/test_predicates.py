"""Four-valued logic, and predicates that never take what is missing for a no."""

from datetime import UTC, datetime
from itertools import product
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathway.engine.predicates import predicate
from pathway.language import (
    Always,
    Closed,
    Is,
    Not,
    Predicate,
    Reading,
    Recorded,
    ReviewIf,
    Taken,
    VerdictIs,
    all_of,
    any_of,
    without,
)
from pathway.language import AtLeast as AtLeastOf
from pathway.patient.evaluate import context
from pathway.plan import Verdict
from tests.linked import linked
from tests.pathway.toy import COMPILED, PROFILE, SITE, Life, criterion, enrolled, infused

T = datetime(2025, 2, 1, tzinfo=UTC)
VERDICTS: tuple[Verdict, ...] = ("PASS", "FAIL", "PENDING", "REVIEW")
P, F, W, V = VERDICTS


LINKER = linked(COMPILED)
LEAF: dict[str, Predicate] = {
    P: Always(),
    F: Not(Always()),
    W: Is(Reading("cns", until="b1"), ("CNS1",)),
    V: ReviewIf(Always(), ""),
}
"""A predicate of each verdict while nothing is on record."""


def verdict(node: object) -> str:
    ctx = context(COMPILED, PROFILE, SITE, (), T)
    return predicate(cast(Predicate, node), LINKER)(ctx).verdict


def leaves(verdicts: tuple[Verdict, ...]) -> tuple[Any, ...]:
    return tuple(LEAF[v] for v in verdicts)


@pytest.mark.parametrize(
    ("parts", "both", "either"),
    [
        ((P, P), P, P), ((P, F), F, P), ((P, W), W, P), ((P, V), V, P),
        ((F, F), F, F), ((F, W), F, W), ((F, V), F, V),
        ((W, W), W, W), ((W, V), W, W), ((V, V), V, V),
    ],
)  # fmt: skip
def test_the_truth_tables_of_and_and_or(parts: tuple[Verdict, Verdict], both: str, either: str) -> None:
    for order in (parts, parts[::-1]):
        assert verdict(all_of(*leaves(order))) == both
        assert verdict(any_of(*leaves(order))) == either


@pytest.mark.parametrize(("part", "negated", "reviewed"), [(P, F, V), (F, P, P), (W, W, W), (V, V, V)])
def test_the_truth_tables_of_not_and_of_left_to_a_clinician(
    part: Verdict, negated: str, reviewed: str
) -> None:
    assert verdict(Not(LEAF[part])) == negated
    assert verdict(ReviewIf(LEAF[part], "")) == reviewed


@pytest.mark.parametrize("part", VERDICTS)
def test_not_passing_for_whatever_reason_is_two_valued(part: Verdict) -> None:
    assert verdict(without(LEAF[part])) == (F if part == P else P)


@pytest.mark.parametrize(
    ("cns", "reported", "expected"),
    [
        ((), False, W),
        ((), True, F),  # what nobody has reported by then is not so
        (("CNS1",), False, P),
        (("CNS2",), True, F),
        (("CNS1", "CNS2"), True, V),  # what is in doubt stays in doubt
    ],
)
def test_what_absence_means_is_said_by_the_protocol(
    cns: tuple[str, ...], reported: bool, expected: str
) -> None:
    life = Life()
    for value in cns:
        life.fact("2025-02-03T10:00", "cns", value, on="2025-02-03T09:00")
    if reported:
        life.do("2025-02-03T11:00", "consent")
    node = Closed(
        Is(Reading("cns", until="b1"), ("CNS1",)),
        Recorded("consent"),
        "what is not reported by then is not so",
    )
    closed = predicate(node, linked(life.compiled))
    assert closed(life.evaluation("2025-02-03T12:00")).verdict == expected


@pytest.mark.parametrize(
    ("result", "answer", "taken"),
    [
        (None, None, W),  # what it hangs on is not known yet
        ("5e-5", None, W),  # nobody has answered: that is no answer
        ("5e-5", "STAY", P),
        ("5e-5", "HR", F),
    ],
)
def test_an_open_question_is_no_answer(result: str | None, answer: str | None, taken: str) -> None:
    life = infused()
    if result is not None:
        life.fact("2025-04-09T12:00", "mrd", result, point="BL1-END", unit="fraction", on="2025-04-08T09:00")
    if answer is not None:
        life.decide("2025-04-10T09:00", "realloc", answer, override=answer == "HR")
    test = predicate(Taken("realloc", ("STAY",)), linked(life.compiled))
    assert test(life.evaluation("2025-04-10T10:00")).verdict == taken


def test_a_question_that_does_not_apply_is_a_plain_no() -> None:
    life = Life()
    life.fact("2025-02-01T09:00", "birth_date", "2024-10-01")
    life.fact("2025-02-01T09:01", "diagnosis_date", "2025-02-01")
    life.fact("2025-02-01T09:02", "wbc", "400", unit="10^9/L")
    test = predicate(Taken("realloc", ("HR",)), linked(life.compiled))
    assert test(life.evaluation("2025-02-05T09:00")).verdict == F


@pytest.mark.parametrize("part", VERDICTS)
def test_asking_for_a_verdict_is_two_valued(part: Verdict) -> None:
    for wanted in VERDICTS:
        assert verdict(VerdictIs(LEAF[part], (wanted,))) == (P if part == wanted else F)


MANY = st.lists(st.sampled_from(VERDICTS), min_size=1, max_size=5).map(tuple)


@given(MANY)
def test_de_morgan_holds_for_and_and_or(parts: tuple[Verdict, ...]) -> None:
    negated = tuple(Not(leaf) for leaf in leaves(parts))
    assert verdict(Not(all_of(*leaves(parts)))) == verdict(any_of(*negated))
    assert verdict(Not(any_of(*leaves(parts)))) == verdict(all_of(*negated))


@given(MANY, st.integers(1, 5))
def test_de_morgan_holds_for_at_least(parts: tuple[Verdict, ...], n: int) -> None:
    negated = tuple(Not(leaf) for leaf in leaves(parts))
    few = len(parts) - n + 1
    assert verdict(Not(AtLeastOf(n, leaves(parts)))) == (verdict(AtLeastOf(few, negated)) if few > 0 else P)


@given(MANY)
def test_at_least_all_is_and_and_at_least_one_is_or(parts: tuple[Verdict, ...]) -> None:
    assert verdict(AtLeastOf(len(parts), leaves(parts))) == verdict(all_of(*leaves(parts)))
    assert verdict(AtLeastOf(1, leaves(parts))) == verdict(any_of(*leaves(parts)))


@given(MANY, st.sampled_from(["all", "any"]), st.integers(1, 4))
def test_what_is_known_in_spite_of_gaps_stays_whatever_fills_them(
    parts: tuple[Verdict, ...], kind: str, n: int
) -> None:
    def value(of: tuple[Verdict, ...]) -> str:
        return verdict(all_of(*leaves(of)) if kind == "all" else AtLeastOf(n, leaves(of)))

    before = value(parts)
    if before in (P, F):
        for filled in product(*((P, F) if v in (W, V) else (v,) for v in parts)):
            assert value(filled) == before


def test_with_nothing_on_record_no_value_is_taken_for_a_no() -> None:
    life = Life()
    life.do("2025-02-01T09:00", "blood_count")
    plan = life.plan("2030-01-01T09:00")
    for name in ("I2", "I3", "E5", "X2", "X4", "X5", "YOUNG"):
        found = criterion(plan, name)
        assert found.verdict == "PENDING", name
        assert found.missing, name


def test_a_rule_without_a_limit_is_switched_off() -> None:
    assert criterion(enrolled().plan("2025-02-10T09:00"), "OFF").verdict == "FAIL"


def test_what_is_missing_is_named_with_who_supplies_it() -> None:
    missing = criterion(enrolled().plan("2025-02-10T09:00"), "X2").missing
    assert [(m.what, m.who) for m in missing] == [("cns", "laboratory")]


@pytest.mark.parametrize(("born", "verdict_"), [("2024-02-02", "PASS"), ("2024-02-01", "FAIL")])
def test_365_days_of_age_pass_and_366_fail(born: str, verdict_: str) -> None:
    life = Life()
    life.fact("2025-02-01T09:00", "diagnosis_date", "2025-02-01")
    life.fact("2025-02-01T09:00", "birth_date", born)
    assert criterion(life.plan("2025-02-01T10:00"), "I3").verdict == (
        "PASS" if born == "2024-02-02" else verdict_
    )


@pytest.mark.parametrize(("diagnosed", "young"), [("2025-07-14", "PASS"), ("2025-07-15", "FAIL")])
def test_six_months_are_calendar_months(diagnosed: str, young: str) -> None:
    life = Life()
    life.fact("2025-08-01T09:00", "birth_date", "2025-01-15")
    life.fact("2025-08-01T09:00", "diagnosis_date", diagnosed)
    assert criterion(life.plan("2025-08-01T10:00"), "YOUNG").verdict == young


@pytest.mark.parametrize(
    ("dose", "details", "expected"),
    [
        ("10", {"days": "20", "route": "systemic"}, "PASS"),
        ("12", {"days": "7", "route": "systemic"}, "PASS"),
        ("12", {"days": "8", "route": "systemic"}, "FAIL"),
        ("12", {"days": "8.0", "route": "systemic"}, "FAIL"),
        ("90", {"days": "15", "route": "inhaled"}, "PASS"),
        ("12", {"days": "8", "route": "oral"}, "FAIL"),
        ("12", {"route": "oral"}, "REVIEW"),
        ("12", {"route": "systemic"}, "REVIEW"),
        ("12", {"days": "8"}, "REVIEW"),
        ("0", {}, "PASS"),
    ],
)
def test_days_of_an_earlier_drug_are_counted_by_dose_length_and_route(
    dose: str, details: dict[str, str], expected: str
) -> None:
    life = enrolled()
    life.fact("2025-02-03T10:00", "steroid", dose, unit="mg/m2/day", on="2025-01-10T09:00", details=details)
    assert criterion(life.plan("2025-02-03T11:00"), "E5").verdict == expected


def test_two_courses_add_up_and_shared_days_count_once() -> None:
    life = enrolled()
    details = {"days": "5", "route": "systemic"}
    life.fact("2025-02-03T10:00", "steroid", "12", unit="mg/m2/day", on="2025-01-10T09:00", details=details)
    life.fact("2025-02-03T10:00", "steroid", "12", unit="mg/m2/day", on="2025-01-12T09:00", details=details)
    assert criterion(life.plan("2025-02-03T11:00"), "E5").verdict == "PASS"
    life.fact(
        "2025-02-03T12:00",
        "steroid",
        "12",
        unit="mg/m2/day",
        on="2025-01-20T09:00",
        details={"days": "1", "route": "systemic"},
    )
    assert criterion(life.plan("2025-02-03T13:00"), "E5").verdict == "FAIL"


@pytest.mark.parametrize(
    ("given_on", "expected"), [("2025-02-10", "FAIL"), ("2025-02-09", "PASS"), ("NEVER", "PASS")]
)
def test_a_vaccine_28_days_before_is_too_late_and_29_is_not(given_on: str, expected: str) -> None:
    life = infused()
    life.fact("2025-03-10T11:00", "vaccine", given_on)
    assert criterion(life.plan("2025-03-10T12:00"), "X4").verdict == expected


def test_a_grade_counts_now_only_by_its_latest_report() -> None:
    life = infused()
    life.ae("2025-03-12T09:00", "CRS", 3)
    assert [a.id for a in life.plan("2025-03-12T10:00").alerts if a.id == "HIGH-GRADE"]
    life.ae("2025-03-13T09:00", "CRS", 1)
    assert not [a.id for a in life.plan("2025-03-13T10:00").alerts if a.id == "HIGH-GRADE"]


def test_a_report_of_an_earlier_hour_does_not_become_the_latest_grade() -> None:
    life = infused()
    life.ae("2025-03-13T09:00", "CRS", 1)
    life.ae("2025-03-13T10:00", "CRS", 3, on="2025-03-12T09:00")
    assert not [a.id for a in life.plan("2025-03-13T11:00").alerts if a.id == "HIGH-GRADE"]


@pytest.mark.parametrize(
    ("first", "second", "rises"),
    [
        ("0.00001", "0.0001", True), ("0.00001", "0.000099", False), ("0.0001", "0.0001", False), ("0", "0.0001", True),
        ("not-detected", "0.00001", True), ("not-detected", "positive-not-quantifiable", True),
        ("not-detected", "not-detected", False), ("0.001", "positive-not-quantifiable", False),
    ],
)  # fmt: skip
def test_mrd_rises_by_a_log_or_from_nothing(first: str, second: str, rises: bool) -> None:
    life = infused()
    for value, point, day in ((first, "EOI", "2025-03-07"), (second, "BL1-END", "2025-03-20")):
        unit = "" if value[0].isalpha() else "fraction"
        details = {"sensitivity": "1e-5", "quantifiable_limit": "1e-4"} if value[0].isalpha() else {}
        life.fact(f"{day}T15:00", "mrd", value, unit=unit, point=point, on=f"{day}T09:00", details=details)
    assert ("RISE" in [m.id for m in life.plan("2025-03-21T09:00").milestones]) is rises


def test_a_judgement_settles_a_review_for_the_values_judged_and_no_others() -> None:
    life = enrolled()
    life.fact("2025-02-03T10:00", "steroid", "12", unit="mg/m2/day", details={"days": "8"})
    assert criterion(life.plan("2025-02-03T11:00"), "E5").verdict == "REVIEW"
    life.submit("judgement", "2025-02-03T12:00", "E5", "PASS", reason="it was inhaled")
    found = criterion(life.plan("2025-02-03T13:00"), "E5")
    assert (found.verdict, found.judged) == ("PASS", True)
    life.fact("2025-02-04T10:00", "steroid", "20", unit="mg/m2/day", details={"days": "3"})
    found = criterion(life.plan("2025-02-04T11:00"), "E5")
    assert (found.verdict, found.judged) == ("REVIEW", False)
