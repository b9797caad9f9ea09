"""Which samples and acts count for a time point, and what is said of those that do not."""

from dataclasses import replace
from typing import Any

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import (
    Action,
    Anchor,
    Assessment,
    Done,
    Moment,
    Protocol,
    Reached,
    Recorded,
    TimePoint,
    registry,
)
from pathway.patient.explain import explain
from pathway.plan import Plan
from pathway.record import Record
from pathway.refusal import Refused
from tests.pathway.toy import TOY, Life, decision, enrolled, infused, item, notice

R = registry()
EOI_SCOPE = (("point", "EOI"),)
POINTS = (
    TimePoint("EOI", "end of induction", R, of="D1", first=27, last=44, on_time=(30, 35)),
    TimePoint(
        "BL1-END", "after cycle 1", R, of="bl1_off", first=-1, last=14, since="b1", until="conditioning"
    ),
    TimePoint("HSCT", "before transplant", R, anytime=True),
)
POINTED = replace(
    TOY,
    points=POINTS,
    actions=(*TOY.actions, Action("marrow", "marrow taken", R, scopes=(("point", ("EOI", "BL1-END", "HSCT")),), repeats=True)),
    anchors=(*TOY.anchors, Anchor("taken", "marrow taken", (Done("marrow", EOI_SCOPE),))),
    assessments=(
        *TOY.assessments,
        Assessment("TAKEN", "marrow", Moment("D1", 32), Recorded("marrow", EOI_SCOPE), "clinician", R, (-2, 7), Reached("D1")),
    ),
)  # fmt: skip
COMPILED = compile_protocol(POINTED)


def mrd(life: Life, at: str, value: str, on: str, point: str = "EOI", **more: object) -> str:
    return life.fact(at, "mrd", value, unit="fraction", point=point, on=on, **more).id


def told(plan: Plan, id: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(o.key, o.notified) for o in (*plan.alerts, *plan.deviations) if o.id == id]


def same_from_scratch(life: Life, at: str) -> None:
    """What follows from the evaluation before is what follows from the record alone."""
    plan = life.plan(at)
    fresh = Life(life.compiled)
    fresh.record = Record.of(life.record.events)
    again = fresh.plan(at)
    assert (plan.decisions, plan.alerts, plan.deviations, plan.anchors, plan.items) == (
        again.decisions, again.alerts, again.deviations, again.anchors, again.items,
    )  # fmt: skip


def test_a_sample_of_another_time_does_not_count_and_is_told_to_supplier_and_coordinator() -> None:
    life = infused(compiled=COMPILED)
    mrd(life, "2025-03-11T09:00", "2e-4", "2025-02-04T09:00")
    plan = life.plan("2025-03-11T10:00")
    found = decision(plan, "course")
    assert (found.state, found.in_force, found.proposal) == ("review", None, None)
    assert told(plan, "SAMPLE-OUTSIDE") == [
        ("SAMPLE-OUTSIDE[fact=mrd,point=EOI]", ("coordinator", "laboratory"))
    ]
    text = notice(plan, "SAMPLE-OUTSIDE").text  # type: ignore[union-attr]
    assert "2025-02-04" in text
    assert "2025-03-02 to 2025-03-19" in text
    assert next(a for a in plan.anchors if a[0] == "EOI")[2] is False


def test_what_does_not_belong_is_still_missing_to_whoever_asks_for_it() -> None:
    life = infused(compiled=COMPILED)
    mrd(life, "2025-03-11T09:00", "2e-4", "2025-02-04T09:00")
    plan = life.plan("2025-03-11T10:00")
    assert "EOI-RESULT" not in [m.id for m in plan.milestones]
    assert (item(plan, "EOI-MARROW") is None) or item(plan, "EOI-MARROW").state != "done"  # type: ignore[union-attr]


@pytest.mark.parametrize("right", [{"on": "2025-03-07T09:00"}, {"details": {"belongs": "yes"}}])
def test_a_corrected_day_or_a_judgement_that_it_belongs_lets_it_count(right: dict[str, Any]) -> None:
    life = infused(compiled=COMPILED)
    sample = mrd(life, "2025-03-11T09:00", "2e-4", "2025-02-04T09:00")
    life.plan("2025-03-11T10:00")
    life.correct("2025-03-11T11:00", sample, **right)
    plan = life.plan("2025-03-11T12:00")
    assert decision(plan, "course").proposal == "IB"
    assert not told(plan, "SAMPLE-OUTSIDE")
    same_from_scratch(life, "2025-03-11T12:00")


def test_a_judgement_that_it_belongs_does_not_outlive_its_day() -> None:
    life = infused(compiled=COMPILED)
    sample = mrd(life, "2025-03-11T09:00", "2e-4", "2025-02-04T09:00", details={"belongs": "yes"})
    assert decision(life.plan("2025-03-11T10:00"), "course").proposal == "IB"
    life.correct("2025-03-11T11:00", sample, on="2025-02-05T09:00")
    assert decision(life.plan("2025-03-11T12:00"), "course").state == "review"


def test_whether_it_belongs_is_said_by_yes_or_no_and_only_where_there_are_points() -> None:
    life = infused(compiled=COMPILED)
    with pytest.raises(Refused, match="say yes or no"):
        mrd(life, "2025-03-11T09:00", "2e-4", "2025-02-04T09:00", details={"belongs": "perhaps"})
    with pytest.raises(Refused, match="no detail"):
        life.fact("2025-03-11T09:00", "wbc", "80", unit="10^9/L", details={"belongs": "yes"})


def test_if_one_sample_belongs_it_alone_counts() -> None:
    life = infused(compiled=COMPILED)
    mrd(life, "2025-03-11T09:00", "6e-4", "2025-02-04T09:00")
    mrd(life, "2025-03-11T10:00", "2e-4", "2025-03-07T09:00")
    plan = life.plan("2025-03-11T11:00")
    assert decision(plan, "course").proposal == "IB"
    assert told(plan, "SAMPLE-OUTSIDE")


@pytest.mark.parametrize(
    ("day", "late"),
    [("2025-03-05", False), ("2025-03-10", False), ("2025-03-04", True), ("2025-03-19", True)],
)
def test_a_sample_off_schedule_counts_with_a_deviation(day: str, late: bool) -> None:
    life = infused(compiled=COMPILED)
    mrd(life, "2025-03-19T12:00", "2e-4", f"{day}T09:00")
    plan = life.plan("2025-03-19T13:00")
    assert decision(plan, "course").proposal == "IB"
    assert [o.kind for o in plan.deviations if o.id == "SAMPLE-OFF-SCHEDULE"] == ["deviation"] * late


def test_a_sample_waits_for_the_anchor_that_it_counts_from_and_says_so() -> None:
    life = enrolled(COMPILED)
    mrd(life, "2025-03-11T09:00", "5e-5", "2025-03-10T09:00", point="BL1-END")
    plan = life.plan("2025-03-11T10:00")
    found = decision(plan, "realloc")
    assert found.state == "waiting"
    assert "first infusion day" in found.missing[0].why
    assert found.missing[0].who == "coordinator"
    assert told(plan, "SAMPLE-WAITS")
    lines = explain(life.evaluation("2025-03-11T10:00"), "realloc").lines()
    assert any("waits for: first infusion day" in line for line in lines)
    life.blina("2025-03-11T11:00", "started", on="2025-03-10T10:00")
    assert not told(life.plan("2025-03-11T12:00"), "SAMPLE-OUTSIDE")
    # The cycle ends four weeks later: only then is it sure that the sample was no sample of its end.
    assert told(life.plan("2025-04-08T12:00"), "SAMPLE-OUTSIDE")
    same_from_scratch(life, "2025-04-08T12:00")


def test_a_sample_of_before_the_cycle_never_tells_of_it() -> None:
    life = infused(compiled=COMPILED)
    mrd(life, "2025-03-11T09:00", "5e-5", "2025-03-07T09:00", point="BL1-END")
    plan = life.plan("2025-03-11T10:00")
    assert decision(plan, "realloc").state == "review"
    assert told(plan, "SAMPLE-OUTSIDE")


def test_a_sample_on_the_planned_day_waits_without_a_word() -> None:
    life = infused(compiled=COMPILED)
    mrd(life, "2025-04-06T10:00", "5e-5", "2025-04-06T09:00", point="BL1-END")
    plan = life.plan("2025-04-06T11:00")
    assert decision(plan, "realloc").state == "waiting"
    assert not told(plan, "SAMPLE-WAITS")
    assert decision(life.plan("2025-04-07T12:00"), "realloc").proposal == "STAY"
    same_from_scratch(life, "2025-04-07T12:00")


def test_when_the_anchor_moves_the_window_moves() -> None:
    life = infused(compiled=COMPILED)
    mrd(life, "2025-03-11T09:00", "2e-4", "2025-03-07T09:00")
    assert decision(life.plan("2025-03-11T10:00"), "course").proposal == "IB"
    first = next(e.id for e in life.record.events if e.name == "first_prednisone")
    life.correct("2025-03-11T11:00", first, on="2025-02-20T09:00")
    plan = life.plan("2025-03-11T12:00")
    assert decision(plan, "course").state == "review"
    same_from_scratch(life, "2025-03-11T12:00")


def test_an_act_of_another_time_is_not_done() -> None:
    life = enrolled(COMPILED)
    taken = life.do("2025-02-22T10:00", "marrow", scope=EOI_SCOPE)
    plan = life.plan("2025-03-06T11:00")
    assert item(plan, "TAKEN").state == "due"  # type: ignore[union-attr]
    assert "taken" not in [a[0] for a in plan.anchors]
    assert [key for key, _ in told(plan, "SAMPLE-OUTSIDE")] == ["SAMPLE-OUTSIDE[action=marrow,point=EOI]"]
    life.correct("2025-03-06T12:00", taken.id, details={"belongs": "yes"})
    plan = life.plan("2025-03-06T13:00")
    assert item(plan, "TAKEN").state == "done"  # type: ignore[union-attr]
    same_from_scratch(life, "2025-03-06T13:00")


def test_of_several_points_a_later_report_of_a_doubtful_day_is_for_a_person() -> None:
    life = infused(compiled=COMPILED)
    life.do("2025-03-11T08:00", "donor_found")
    life.fact("2025-03-11T08:30", "conditioning", "2025-03-20")
    mrd(life, "2025-03-11T09:00", "5e-5", "2025-03-10T09:00", point="HSCT")
    test = life.compiled.reading_index
    marrow = next(n for reading, n in test.items() if reading.points == ("EOI", "BL1-END", "HSCT"))
    assert life.evaluation("2025-03-11T10:00").reading(marrow).state == "known"
    mrd(life, "2025-03-12T09:00", "2e-3", "2025-02-04T09:00")
    assert life.evaluation("2025-03-12T10:00").reading(marrow).state == "review"


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (POINTS[:2], "point 'HSCT' of mrd does not say which samples belong"),
        ((*POINTS, TimePoint("C9", "", R, anytime=True)), "'C9' is not a point of anything"),
        ((*POINTS, TimePoint("EOI", "", R, of="D1", last=3)), "'EOI' is defined twice"),
        ((*POINTS, TimePoint("EOI", "", R, of="D1", last=3, facts=("wbc",))), "'wbc' has no point EOI"),
        ((*POINTS[:2], TimePoint("HSCT", "", R)), "'HSCT' has no bounds"),
        ((*POINTS[:2], TimePoint("HSCT", "", R, of="D1", anytime=True)), "has bounds all the same"),
        ((*POINTS[:2], TimePoint("HSCT", "", R, since="D1", last=3)), "days and no anchor"),
        ((*POINTS[:2], TimePoint("HSCT", "", R, of="D9", last=3)), "anchor 'D9' of time point HSCT"),
        ((*POINTS[:2], TimePoint("HSCT", "", R, of="high_since", first=3)), "cycle"),
    ],
)
def test_a_point_without_sense_is_a_load_error(points: tuple[TimePoint, ...], words: str) -> None:
    if words == "cycle":
        # MRD at EOI decides the course: it cannot count from what it decides.
        points = (TimePoint("EOI", "", R, of="EOI", first=0), *POINTS[1:])
    with pytest.raises(ProtocolError, match=words):
        compile_protocol(replace(POINTED, points=points))


BEFORE_D1 = TimePoint("", "until the first dose, by the hour", R, of="D1", last=0, hours=True)


def of_fact(name: str, window: TimePoint) -> Protocol:
    return replace(TOY, facts=tuple(replace(f, window=window) if f.id == name else f for f in TOY.facts))


def test_a_fact_without_points_says_when_it_must_be_sampled_and_what_was_later_is_told() -> None:
    life = enrolled(compile_protocol(of_fact("lineage", BEFORE_D1)))
    late = life.fact("2025-02-05T10:00", "lineage", "T", on="2025-02-03T10:00")
    key = "SAMPLE-OUTSIDE[fact=lineage]"
    assert told(life.plan("2025-02-05T11:00"), "SAMPLE-OUTSIDE") == [(key, ("coordinator", "laboratory"))]
    text = next(o.text for o in life.plan("2025-02-05T11:00").alerts if o.key == key)
    assert "lineage of 2025-02-03 does not belong to it, which accepts samples until 2025-02-03 09:00" in text
    life.correct("2025-02-05T12:00", late.id, details={"belongs": "yes"})
    assert told(life.plan("2025-02-05T13:00"), "SAMPLE-OUTSIDE") == []
    same_from_scratch(life, "2025-02-05T13:00")


@pytest.mark.parametrize(
    ("name", "window", "words"),
    [
        ("lineage", replace(BEFORE_D1, id="EOI"), "for a fact without points"),
        ("mrd", BEFORE_D1, "for a fact without points"),
        ("lineage", TimePoint("", "", R), "has no bounds"),
        ("lineage", TimePoint("", "", R, of="D9", last=0), "anchor 'D9'"),
    ],
)
def test_a_window_of_a_fact_without_sense_is_a_load_error(name: str, window: TimePoint, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        compile_protocol(of_fact(name, window))


@pytest.mark.parametrize(("day", "inside"), [("2025-01-10", True), ("2025-03-12", False)])
def test_a_point_that_would_close_before_it_opens_is_not_closed_by_that_day(day: str, inside: bool) -> None:
    point = TimePoint("BL1-END", "after cycle 1", R, of="b1", first=5, until="found")
    found = Anchor("found", "donor found", (Done("donor_found"),))
    life = infused(
        compiled=compile_protocol(
            replace(POINTED, points=(POINTS[0], point, POINTS[2]), anchors=(*POINTED.anchors, found))
        )
    )
    life.do("2025-03-20T10:00", "donor_found", on=f"{day}T10:00")
    mrd(life, "2025-04-08T09:00", "2e-5", "2025-04-06T09:00", "BL1-END")
    told_of = {o.id for o in life.plan("2025-04-08T10:00").alerts}
    assert ("SAMPLE-OUTSIDE" in told_of) is not inside
