"""Repeat samples of a time point: the latest counts while all are on the same side of every limit; else a clinician decides."""

from dataclasses import replace

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import TimePoint, registry
from pathway.plan import Plan
from pathway.record import Record
from tests.pathway.toy import TOY, Life, decision, infused

R = registry()


def pointed(*, repeats: bool) -> Life:
    """A child at the start of the infusion, in a trial whose marrow at the end of induction may be repeated or not."""
    points = (
        TimePoint("EOI", "end of induction", R, of="D1", first=27, last=44, repeats=repeats),
        TimePoint("BL1-END", "after cycle 1", R, anytime=True),
        TimePoint("HSCT", "before transplant", R, anytime=True),
    )
    return infused(compiled=compile_protocol(replace(TOY, points=points)))


def mrd(life: Life, at: str, value: str, on: str, **details: str) -> str:
    return life.fact(at, "mrd", value, unit="fraction", point="EOI", on=on, details=details).id


def course(life: Life, at: str) -> tuple[str, str | None]:
    plan: Plan = life.plan(at)
    fresh = Life(life.compiled)
    fresh.record = Record.of(life.record.events)
    assert plan.decisions == fresh.plan(at).decisions
    found = decision(plan, "course")
    return found.state, found.proposal or found.in_force


# The table reads the marrow at 5e-4.
@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        ("2e-4", "3e-4", ("proposed", "IB")),
        ("2e-4", "6e-4", ("review", None)),
        ("6e-4", "2e-4", ("review", None)),
        ("6e-4", "7e-4", ("choice", None)),
        ("4.9e-4", "5e-4", ("review", None)),
        ("5e-4", "5e-4", ("choice", None)),
    ],
)
def test_a_repeat_counts_on_the_same_side_of_the_limit(
    first: str, second: str, stands: tuple[str, str | None]
) -> None:
    life = pointed(repeats=True)
    mrd(life, "2025-03-11T09:00", first, "2025-03-07T09:00")
    mrd(life, "2025-03-12T09:00", second, "2025-03-09T09:00")
    assert course(life, "2025-03-12T10:00") == stands


def test_without_the_word_of_the_point_a_different_result_is_a_conflict() -> None:
    life = pointed(repeats=False)
    mrd(life, "2025-03-11T09:00", "2e-4", "2025-03-07T09:00")
    mrd(life, "2025-03-12T09:00", "3e-4", "2025-03-09T09:00")
    assert course(life, "2025-03-12T10:00") == ("review", None)


def test_two_results_of_one_day_are_a_conflict_as_ever() -> None:
    life = pointed(repeats=True)
    mrd(life, "2025-03-11T09:00", "2e-4", "2025-03-07T09:00")
    mrd(life, "2025-03-12T09:00", "3e-4", "2025-03-07T15:00")
    assert course(life, "2025-03-12T10:00") == ("review", None)
    mrd(life, "2025-03-13T09:00", "3e-4", "2025-03-09T09:00")  # a third one settles nothing
    assert course(life, "2025-03-13T10:00") == ("review", None)


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        ("not-detected 1e-3", "2e-4", ("proposed", "IB")),  # it says what the first had left open
        ("not-detected 1e-3", "6e-4", ("choice", None)),
        ("6e-4", "not-detected 1e-3", ("review", None)),  # it leaves open what was known
        ("9e-5", "not-detected 1e-5", ("proposed", "IB")),
        (
            "2e-4",
            "not-detected 1e-5",
            ("proposed", "IB"),
        ),  # apart at 1e-4, and both below the limit of this table
        ("2e-4", "not-evaluable", ("proposed", "IB")),
        ("not-evaluable", "2e-4", ("proposed", "IB")),
    ],
)
def test_what_a_repeat_says_of_a_limit_counts_and_not_how_it_was_found(
    first: str, second: str, stands: tuple[str, str | None]
) -> None:
    life = pointed(repeats=True)
    for at, on, text in (("2025-03-11", "2025-03-07", first), ("2025-03-12", "2025-03-09", second)):
        value, _, sensitivity = text.partition(" ")
        details = {"sensitivity": sensitivity} if sensitivity else {}
        mrd(life, f"{at}T09:00", value, f"{on}T09:00", **details)
    assert course(life, "2025-03-12T10:00") == stands


def test_the_notice_names_both_days_and_that_a_clinician_says_which() -> None:
    life = pointed(repeats=True)
    mrd(life, "2025-03-11T09:00", "2e-4", "2025-03-07T09:00")
    mrd(life, "2025-03-12T09:00", "6e-4", "2025-03-09T09:00")
    evaluation = life.evaluation("2025-03-12T10:00")
    index = life.compiled.fact_reading("mrd", "EOI")
    assert index is not None
    note = evaluation.reading(index).note
    assert "0.0002 of 2025-03-07, 0.0006 of 2025-03-09" in note
    assert "A clinician says which" in note


def test_a_confirmation_is_not_told_to_be_amended_by_a_repeat_on_the_same_side() -> None:
    life = pointed(repeats=True)
    mrd(life, "2025-03-11T09:00", "2e-4", "2025-03-07T09:00")
    life.decide("2025-03-11T12:00", "course", "IB")
    mrd(life, "2025-03-12T09:00", "3e-4", "2025-03-09T09:00")
    assert course(life, "2025-03-12T10:00") == ("in_force", "IB")


def latest(**said: bool) -> Life:
    """The same trial with a marrow of which the latest counts."""
    facts = tuple(replace(f, cardinality="latest") if f.id == "mrd" else f for f in TOY.facts)
    points = (
        TimePoint("EOI", "end of induction", R, of="D1", first=27, last=44, **said),  # type: ignore[arg-type]
        TimePoint("BL1-END", "after cycle 1", R, anytime=True),
        TimePoint("HSCT", "before transplant", R, anytime=True),
    )
    return infused(compiled=compile_protocol(replace(TOY, facts=facts, points=points)))


def test_of_a_fact_of_which_the_latest_counts_a_window_says_whether_a_better_sample_unmakes_a_bad_one() -> (
    None
):
    with pytest.raises(ProtocolError, match="does not say what a second mrd does"):
        latest()
    for life, stands in ((latest(repeats=True), ("review", None)), (latest(latest=True), ("proposed", "IB"))):
        mrd(life, "2025-03-11T09:00", "6e-4", "2025-03-07T09:00")
        mrd(life, "2025-03-12T09:00", "2e-4", "2025-03-09T09:00")
        assert course(life, "2025-03-12T10:00") == stands
