"""Products of numbers: ratios compared without a division; and grades that count from a day on."""

from dataclasses import replace

import pytest

from pathway.language import (
    AdverseEventType,
    Anchor,
    Criterion,
    Graded,
    Not,
    Predicate,
    Products,
    Reading,
    Sampled,
)
from pathway.language.words import words
from tests.protocols.shared_trial import SOURCE, Bedside, patient, trial
from tests.protocols.test_shared_disease import number

A, B, C, D = (Reading(x) for x in "abcd")
RATIO = Products((A, D), ">", (B, C), times="2")
"""a/b > 2 c/d"""


def judged(
    test: Predicate, kinds: tuple[AdverseEventType, ...] = (), anchors: tuple[Anchor, ...] = ()
) -> Bedside:
    facts = tuple(number(x, "u", qualifiers=x == "a") for x in "abcd")
    protocol = replace(
        trial(facts=facts, adverse_events=kinds, anchors=anchors),
        criteria=(Criterion("T", "t", "inclusion", test, SOURCE),),
    )
    return patient(protocol)


def verdict(of: Bedside, when: str = "2025-03-02") -> str:
    return next(c.verdict for c in of.plan(when).criteria if c.id == "T")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (("1", "1", "1", "1"), "FAIL"),
        (("2.0000000000000000001", "1", "1", "1"), "PASS"),
        (("2", "1", "1", "1"), "FAIL"),
        (("0.02", "0.1", "0.1", "1.01"), "PASS"),
        (("not-detected", "1", "1", "1"), "REVIEW"),
        (("3", "1", "", "1"), "PENDING"),
        (("not-detected", "1", "1", ""), "PENDING"),
    ],
)
def test_a_ratio_is_compared_exactly_and_never_guessed(values: tuple[str, ...], found: str) -> None:
    of = judged(RATIO)
    for fact, value in zip("abcd", values, strict=True):
        if value:
            of.fact(fact, value, "2025-03-01")
    assert verdict(of) == found


def test_what_a_ratio_waits_for_is_named() -> None:
    of = judged(RATIO)
    of.fact("a", "1", "2025-03-01")
    missing = next(c.missing for c in of.plan("2025-03-02").criteria if c.id == "T")
    assert sorted(m.what for m in missing) == ["b", "c", "d"]


def test_a_ratio_is_said_in_words() -> None:
    assert words(RATIO, patient(trial()).profile) == "a x d > 2 x b x c"


@pytest.mark.parametrize(
    ("graded", "found"), [("2025-03-04", "PASS"), ("2025-03-05 00:00", "FAIL"), ("2025-03-06", "FAIL")]
)
def test_grades_count_from_the_day_of_the_anchor_on(graded: str, found: str) -> None:
    kind = AdverseEventType("CRS", "CRS", SOURCE)
    signs = Anchor("SIGNS", "signs", (Sampled(A),), source=SOURCE)
    of = judged(Not(Graded("CRS", 2, since="SIGNS")), (kind,), (signs,))
    of.grade("CRS", 2, graded)
    of.fact("a", "1", "2025-03-05 18:00")
    assert verdict(of, "2025-03-07") == found
