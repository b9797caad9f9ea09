"""MRD: each result as it is on record, nothing missing or undetected as a number, the limits those of the protocol."""

import re
from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from pathway.events import Event
from tests.web.drawing.played import at, corrected, elements, mrd, one, results, texts, voided
from web.drawing.mrd import Values, short, values_of
from web.drawing.mrd_chart import Scale, scale_of, strip_of
from web.drawing.track import drawn


@pytest.mark.parametrize(
    ("value", "details", "kind", "shown", "place"),
    [
        ("0.0002", {"sensitivity": "0.00001"}, "quantified", "2e-4", "0.0002"),
        ("0.5", {}, "quantified", "0.5", "0.5"),
        (
            "not-detected",
            {"sensitivity": "0.00001"},
            "not-detected",
            "not detected, sensitivity 1e-5",
            "0.00001",
        ),
        ("not-detected", {}, "not-detected", "not detected", None),
        ("0", {"sensitivity": "0.00001"}, "not-detected", "not detected, sensitivity 1e-5", "0.00001"),
        ("0", {}, "not-detected", "not detected", None),
        (
            "positive-not-quantifiable",
            {"quantifiable_limit": "0.0001"},
            "below",
            "positive, below 1e-4",
            "0.0001",
        ),
        ("positive-not-quantifiable", {}, "below", "positive", None),
        (
            "0.00005",
            {"quantifiable_limit": "0.0001", "sensitivity": "0.00001"},
            "below",
            "positive, below 1e-4",
            "0.0001",
        ),
        ("0.000001", {"sensitivity": "0.00001"}, "below", "<1e-5", "0.00001"),
        ("<0.0001", {}, "below", "<1e-4", "0.0001"),
        (">0.1", {}, "above", ">0.1", "0.1"),
        ("not-evaluable", {}, "no-value", "not evaluable", None),
    ],
)
def test_a_result_is_read_as_its_laboratory_gave_it(
    value: str, details: dict[str, str], kind: str, shown: str, place: str | None
) -> None:
    (result,) = results(replace(mrd("e1", value), details=tuple(details.items())))
    assert (result.kind, result.shown) == (kind, shown)
    assert result.place == (Decimal(place) if place is not None else None)
    assert (result.day.isoformat(), result.study_day, result.said) == ("2025-03-07", "D33", value)


def test_undetected_is_hollow_below_the_scale_and_never_a_number_on_it() -> None:
    patient, _ = one("interfant-21/T01")
    svg = drawn(patient, (mrd("e1", "not-detected", sensitivity="0.00001"),)).svg
    (group,) = elements(svg, "result not-detected")
    lowest = max(float(line.attrib["y1"]) for line in elements(svg, "decade"))
    (mark,) = elements(_text(group), "mark m-not-detected")
    assert float(mark.attrib["transform"].split()[1].rstrip(")")) > lowest
    assert [*elements(_text(group), "reach")]  # up to what the assay could still see
    assert not [*elements(svg, "mark m-quantified")]


def _text(element: ET.Element) -> str:
    return ET.tostring(element, encoding="unicode")


def test_undetected_with_no_stated_sensitivity_says_nothing_of_what_was_seen() -> None:
    patient, _ = one("interfant-21/T01")
    svg = drawn(patient, (mrd("e1", "not-detected"),)).svg
    assert not [*elements(svg, "reach")]


def test_the_strips_below_the_scale_keep_apart_what_has_no_number() -> None:
    first = mrd("e1", "0.001")
    read = results(
        mrd("e2", "not-detected", day=7, point="BL1-END"),
        mrd("e3", "positive-not-quantifiable", day=8, point="BL2-END"),
        mrd("e4", "not-evaluable", day=9, point="PRE-HSCT"),
        first,
        corrected(first, "e5", "0.002"),
    )
    assert {r.event: strip_of(r) for r in read if r.kind != "superseded"} == {
        "e1": "", "e2": "not-detected", "e3": "below", "e4": "no-value",
    }  # fmt: skip
    assert [strip_of(r) for r in read if r.kind == "superseded"] == ["superseded"]


def test_what_was_corrected_stands_beside_what_counts_and_not_on_the_scale() -> None:
    first = mrd("e1", "0.001")
    old, new = sorted(results(first, corrected(first, "e2", "0.002")), key=lambda r: r.kind == "quantified")
    assert (old.kind, old.shown, old.place) == ("superseded", "1e-3, corrected", None)
    assert (new.kind, new.shown, new.place) == ("quantified", "2e-3", Decimal("0.002"))


def test_what_was_voided_is_told_and_does_not_count() -> None:
    first = mrd("e1", "0.001")
    (result,) = results(first, voided(first, "e2"))
    assert (result.kind, result.shown, result.place) == ("superseded", "1e-3, voided", None)


def test_where_the_correction_was_voided_the_first_value_counts_again() -> None:
    first = mrd("e1", "0.001")
    second = corrected(first, "e2", "0.002")
    read = results(first, second, voided(second, "e3"))
    assert sorted((r.kind, r.shown) for r in read) == [("quantified", "1e-3"), ("superseded", "2e-3, voided")]


def test_two_results_for_one_point_are_both_shown_and_both_in_doubt() -> None:
    read = results(mrd("e1", "0.001"), mrd("e2", "0.00001", day=7))
    assert [(r.kind, r.shown) for r in read] == [("doubted", "1e-3?"), ("doubted", "1e-5?")]
    assert all("which is right?" in r.note for r in read)


def test_doubt_does_not_turn_what_was_found_into_nothing_or_the_other_way() -> None:
    read = results(mrd("e1", "positive-not-quantifiable"), mrd("e2", "not-detected", day=7))
    assert [(r.kind, r.read, strip_of(r)) for r in read] == [
        ("doubted", "below", "below"),
        ("doubted", "not-detected", "not-detected"),
    ]


def test_a_sample_that_cannot_be_had_is_no_result() -> None:
    lost = Event("e1", "not_obtainable", at(6), at(6), "coordinator", "mrd", "EOI", reason="family declines")
    (result,) = results(lost)
    assert (result.kind, result.place, result.shown) == ("no-value", None, "not obtainable")
    assert "family declines" in result.note


def test_results_stand_by_the_time_of_the_sample_and_not_by_that_of_the_report() -> None:
    late = replace(mrd("e1", "0.001"), recorded=at(60))
    assert [r.event for r in results(mrd("e2", "0.0001", day=20, point="BL1-END"), late)] == ["e1", "e2"]


def test_the_day_of_a_sample_is_the_one_at_the_site() -> None:
    (result,) = results(replace(mrd("e1", "0.001"), occurred=at(6, 23)))
    assert result.day.isoformat() == "2025-03-08"


def test_the_limits_are_those_that_the_protocol_compares_with() -> None:
    patient, events = one("interfant-21/T01")
    (values,) = values_of(patient, events)
    assert [limit.text for limit in values.limits] == ["1e-2", "5e-4", "1e-4"]
    assert "mrd BL1-END > 1e-4 (over)" in values.limits[-1].uses
    assert not any(re.search(r"(?<![<>])=", use) for limit in values.limits for use in limit.uses)
    assert any("hsct_mrd" in use for use in values.limits[-1].uses)
    assert {"limit 1e-2", "limit 5e-4", "limit 1e-4"} <= set(texts(drawn(patient, events).svg))


def test_a_limit_of_the_profile_is_the_patients_own() -> None:
    patient, events = one("interfant-21/T01")
    key = {"key": "mr_high_operator", "value": ">= 0.0007", "text": "", "kind": "public"}
    decisions = [{**d, "assumptions": [*d["assumptions"], key]} for d in patient.plan["decisions"]]
    own = replace(patient, plan={**patient.plan, "decisions": decisions})
    assert [limit.text for limit in values_of(own, events)[0].limits] == ["1e-2", "7e-4", "1e-4"]


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("cbc-all2024-1/K01", {"mrd_flow": ["0.1", "1e-2", "1e-3", "1e-4"], "mrd_ngs": ["1e-6"]}),
        ("hem-ismart/H6", {"mrd": ["1e-4"]}),
        ("ino-dli/I14", {}),
    ],
)
def test_each_trial_has_its_own_facts_and_limits(name: str, limits: dict[str, list[str]]) -> None:
    patient, events = one(name)
    assert {v.fact: [limit.text for limit in v.limits] for v in values_of(patient, events)} == limits


def test_a_higher_value_stands_higher_and_every_number_stands_on_the_scale() -> None:
    patient, events = one("interfant-21/T02")
    (values,) = values_of(patient, events)
    scale = scale_of(values, 100)
    numbers = sorted(r.place for r in values.results if r.place is not None)
    places = [scale.of(number) for number in numbers]
    assert places == sorted(places, reverse=True)
    assert all(scale.top <= place <= scale.bottom for place in places)


def test_a_number_far_below_others_widens_the_scale() -> None:
    assert scale_of(values_with("0.00000003"), 0) == Scale(0, -8, 0)


def values_with(value: str) -> Values:
    patient, _ = one("interfant-21/T01")
    return values_of(patient, (mrd("e1", value),))[0]


def test_no_line_is_drawn_across_what_is_no_number() -> None:
    patient, _ = one("interfant-21/T01")
    points = ("EOI", "BL1-END", "BL2-END")
    joined = [
        mrd(f"e{i}", v, day=6 + i * 30, point=p)
        for i, (v, p) in enumerate(zip(("0.01", "0.001", "0.0001"), points, strict=True))
    ]
    broken = [joined[0], mrd("e1", "not-detected", day=36, point="BL1-END"), joined[2]]
    assert len([*elements(drawn(patient, joined).svg, "course")]) == 1
    assert len([*elements(drawn(patient, broken).svg, "course")]) == 0


@pytest.mark.parametrize(
    ("number", "text"),
    [("0.0001", "1e-4"), ("0.00025", "2.5e-4"), ("0.1", "0.1"), ("1", "1"), ("0.05", "5e-2"), ("300", "300")],
)
def test_small_numbers_are_written_as_protocols_write_them(number: str, text: str) -> None:
    assert short(Decimal(number)) == text
