"""A patient's timeline: everything is in it or in the table, in its order of time, each state by a shape of its own."""

import copy
import re
from collections import Counter
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pathway.events import Event
from pathway.patient.needed import Patient
from tests.web.drawing.played import SCENARIOS, SVG, elements, mrd, one, played, texts
from web.drawing.courses import courses
from web.drawing.entries import NO_DAY, happenings, items, plain
from web.drawing.shapes import MARKS
from web.drawing.track import LEGEND, Drawing, drawn

SHIPPED = sorted(
    path.relative_to(SCENARIOS).with_suffix("").as_posix() for path in SCENARIOS.glob("*/*.yaml")
)
SOME = (
    "interfant-21/T01", "interfant-21/T02", "interfant-21/T16", "cbc-all2024-1/d46-corrected", "dara-tall/second-course",
    "hem-ismart/busy-week", "ino-dli/I14",
)  # fmt: skip


def with_items(patient: Patient, *items: dict[str, Any]) -> Patient:
    plan = copy.deepcopy(patient.plan)
    plan["items"] = [*items]
    return replace(patient, plan=plan)


def item(state: str, **values: Any) -> dict[str, Any]:
    made = {
        "id": "MARROW", "key": "MARROW", "kind": "assessment", "state": state, "text": "Marrow", "due": "2025-03-07",
        "window": ["2025-03-05", "2025-03-14"], "owner": "clinician", "since": "2025-03-07T08:00:00Z", "blocked_by": None,
        "late_from": None,
    }  # fmt: skip
    return {**made, **values}


def check_whole(patient: Patient, drawing: Drawing) -> None:
    """Everything that the plan holds has its row."""
    plan = patient.plan
    kinds = Counter(row.kind for row in drawing.rows)
    assert kinds["phase"] == sum(len(track["path"]) for track in plan["tracks"])
    assert kinds["course"] == len(plan["ledgers"])
    assert kinds["milestone"] == len(plan["milestones"])
    assert kinds["decision"] + kinds["decision to come"] == len(plan["decisions"])
    assert kinds["deviation"] + kinds["alert"] == len(plan["deviations"]) + len(plan["alerts"])
    told = [row.what for row in drawing.rows]
    for each in plan["items"]:
        assert f"{each['key']}: {each['text']}" in told
    for ledger in plan["ledgers"]:
        for dose in ledger.get("doses", ()):
            assert f"{plain(ledger['key'])}: dose {dose['label']}" in told


@pytest.mark.parametrize("name", SOME)
def test_every_phase_item_course_dose_milestone_decision_and_notice_of_the_plan_is_in_the_table(
    name: str,
) -> None:
    for patient, events in played(name):
        check_whole(patient, drawn(patient, events))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SHIPPED), st.data())
def test_every_shipped_patient_is_drawn_whole_within_the_picture_and_in_order_of_time(
    name: str, data: st.DataObject
) -> None:
    for patient, events in played(name):
        keys = [zoom.key for zoom in drawn(patient, events).phases]
        assert len(keys) == len(set(keys))
        drawing = drawn(patient, events, phase=data.draw(st.sampled_from(["", *keys])))
        check_whole(patient, drawing)
        root = ET.fromstring(drawing.svg)
        high = float(root.attrib["viewBox"].split()[3])
        for line in root.iter(f"{SVG}text"):
            assert 0 <= float(line.attrib["x"]) <= 1200
            assert 0 < float(line.attrib["y"]) <= high
        for rect in root.iter(f"{SVG}rect"):
            left, width = float(rect.attrib["x"]), float(rect.attrib["width"])
            assert left >= 0
            assert width >= 0
            assert left + width <= 1200
        for lane in elements(drawing.svg, "lane"):
            phases = [
                r
                for g in lane.iter(f"{SVG}g")
                if "phase" in g.get("class", "").split()
                for r in g.iter(f"{SVG}rect")
            ]
            starts = [float(rect.attrib["x"]) for rect in phases]
            assert starts == sorted(starts)


def test_the_same_patient_gives_the_same_drawing() -> None:
    patient, events = one("interfant-21/T01")
    assert drawn(patient, events) == drawn(copy.deepcopy(patient.__class__(**_fields(patient))), events)


def _fields(patient: Patient) -> dict[str, Any]:
    kept = {
        name: getattr(patient, name)
        for name in ("subject", "protocol", "site", "rehearsal", "archived", "now", "compiled")
    }
    return {**kept, "plan": copy.deepcopy(patient.plan)}


def test_drawing_changes_neither_the_plan_nor_the_events() -> None:
    patient, events = one("interfant-21/T13")
    before = copy.deepcopy(patient.plan)
    drawn(patient, events)
    assert patient.plan == before


def test_words_that_look_like_markup_stay_words() -> None:
    patient, _ = one("interfant-21/T01")
    bad = '<script>alert("1")</script>&'
    plan = copy.deepcopy(patient.plan)
    plan["items"][0] |= {"text": bad, "id": bad, "key": bad, "owner": bad}
    plan["milestones"][0] |= {"key": bad, "text": bad}
    plan["tracks"][0]["path"][0][0] = bad
    plan["alerts"] = [
        {
            "id": bad,
            "key": bad,
            "severity": "major",
            "state": "raised",
            "text": bad,
            "to": [],
            "since": plan["at"],
        }
    ]
    events = (mrd("e1", "0.001", assay=bad, specimen="\x00\x1b"),)
    svg = drawn(replace(patient, plan=plan, subject=bad), events).svg
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg
    assert any(bad in text for text in texts(svg))
    assert "\x00" not in svg


def test_looks_are_classes_only_so_that_a_strict_policy_lets_them_through() -> None:
    patient, events = one("interfant-21/T13")
    for element in ET.fromstring(drawn(patient, events).svg).iter():
        assert not {name for name in element.attrib if name == "style" or name.startswith("on")}
        assert element.tag not in (f"{SVG}style", f"{SVG}script", f"{SVG}foreignObject")


def test_the_drawing_scales_and_says_what_it_is() -> None:
    patient, events = one("interfant-21/T13")
    root = ET.fromstring(drawn(patient, events).svg)
    assert root.attrib["role"] == "img"
    assert re.fullmatch(r"0 0 1200 \d+", root.attrib["viewBox"])
    assert [child.tag for child in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert "treatment in CONSOLIDATION" in (root[1].text or "")


@pytest.mark.parametrize("state", ["done", "due", "late", "missed", "blocked", "planned"])
def test_each_state_of_an_item_has_a_shape_of_its_own_and_its_word_in_the_legend(state: str) -> None:
    patient, _ = one("interfant-21/T01")
    drawing = drawn(with_items(patient, item(state)), ())
    assert len([*elements(drawing.svg, f"mark m-{state}")]) == 2  # the item, and the legend
    assert [row.state for row in drawing.rows if row.what == "MARROW: Marrow"] == [state]


ONE_LANE = (
    ("done", "due", "late", "missed", "blocked", "planned"),
    ("answered", "asked", "reopened"),
    ("given", "dose-planned", "held", "omitted"),
    ("quantified", "not-detected", "below", "above", "doubted", "no-value", "superseded"),
)
FILLED = ("done", "given", "quantified")
"""Told from the hollow one of the same outline by being filled: what is there from what is not there."""


@pytest.mark.parametrize("states", ONE_LANE)
def test_what_stands_in_one_lane_differs_by_shape(states: tuple[str, ...]) -> None:
    shapes = [(*MARKS[state], state in FILLED) for state in states]
    assert len(set(shapes)) == len(shapes)


def test_every_shape_has_its_word_in_the_legend() -> None:
    assert {shape for shape, _ in LEGEND} | {"still-on", "off"} == set(MARKS)


def test_what_has_no_day_stands_in_the_table_and_is_counted_in_the_drawing() -> None:
    patient, _ = one("interfant-21/T01")
    nowhere = item("not_set", due="", window=["", ""])
    drawing = drawn(with_items(patient, nowhere), ())
    row = next(row for row in drawing.rows if row.what == "MARROW: Marrow")
    assert (row.begins, row.ends, row.state) == (NO_DAY, "", "not set")
    assert any(text.startswith("With no day yet: ") for text in texts(drawing.svg))
    assert not any("MARROW" in text for text in texts(drawing.svg))


def test_what_is_done_without_having_been_due_stands_where_it_was_done() -> None:
    patient, _ = one("interfant-21/T01")
    lanes = items(with_items(patient, item("done", due="", window=["", ""]))).lanes
    assert [(m.shape, m.at.isoformat()) for lane in lanes for m in lane.marks] == [
        ("done", "2025-03-07T08:00:00+00:00")
    ]


def test_what_is_late_has_a_line_from_the_end_of_its_window_to_today() -> None:
    patient, _ = one("interfant-21/T01")
    (lane,) = items(with_items(patient, item("late"))).lanes
    (tail,) = [bar for bar in lane.bars if bar.look == "overdue"]
    assert (tail.begins.isoformat(), tail.ends) == ("2025-03-14T23:00:00+00:00", patient.now)


def test_what_lies_beyond_the_drawing_is_told() -> None:
    patient, events = one("interfant-21/T01")
    drawing = drawn(patient, events)
    far = [row for row in drawing.rows if row.what.startswith("FOLLOW-UP-LATER")]
    assert far
    assert all("later than drawn" in row.note for row in far)
    assert any(re.match(r"Later than drawn: \d+, the last on 20\d\d", text) for text in texts(drawing.svg))


def test_a_phase_can_be_looked_at_by_itself() -> None:
    patient, events = one("interfant-21/T13")
    whole, near = drawn(patient, events), drawn(patient, events, phase="BLINA_1")
    assert (whole.phase, near.phase) == ("", "BLINA_1")
    assert [zoom.key for zoom in near.phases if zoom.chosen] == ["BLINA_1"]
    assert len(near.rows) == len(whole.rows)
    bars = {}
    for name, drawing in (("whole", whole), ("near", near)):
        for group in elements(drawing.svg, "bar phase"):
            title, rect = group.find(f"{SVG}title"), group.find(f"{SVG}rect")
            if title is not None and rect is not None and ": BLINA 1," in (title.text or ""):
                bars[name] = float(rect.attrib["width"])
    assert bars["near"] > 0.8 * 960
    assert bars["near"] > 3 * bars["whole"]
    assert not any("MAINTENANCE" in text for text in texts(near.svg))
    assert any("pause, CRS-3" in text for text in texts(near.svg))


def test_a_phase_that_was_never_entered_gives_the_whole() -> None:
    patient, events = one("interfant-21/T13")
    assert drawn(patient, events, phase="NO_SUCH").svg == drawn(patient, events).svg


def test_a_phase_that_was_entered_twice_can_be_told_apart() -> None:
    patient, events = one("interfant-21/T13")
    plan = copy.deepcopy(patient.plan)
    path = next(track["path"] for track in plan["tracks"] if track["id"] == "treatment")
    path += [
        ["BLINA_1", "2025-06-01T08:00:00Z", "confirmed"],
        ["BLINA_1", "2025-07-01T08:00:00Z", "confirmed"],
    ]
    drawing = drawn(replace(patient, plan=plan), events)
    begins = {
        zoom.key: zoom.begins for zoom in drawing.phases if "BLINA_1" in zoom.key and "POST" not in zoom.key
    }
    assert begins == {
        "BLINA_1": "2025-03-10 (D36)",
        "treatment.BLINA_1": "2025-06-01 (D119)",
        "treatment.BLINA_1.2": "2025-07-01 (D149)",
    }


def test_an_infusion_shows_its_start_its_pause_and_its_steps() -> None:
    patient, events = one("interfant-21/T13")
    drawing = drawn(patient, events, phase="BLINA_1")
    rows = {(row.what, row.kind, row.begins, row.ends) for row in drawing.rows}
    assert ("blina[cycle=1]: pause", "pause", "2025-03-14 (D40)", "2025-03-17 (D43)") in rows
    assert ("blina[cycle=1]: dose 5 ug/m2/day", "dose step", "2025-03-17 (D43)", "") in rows
    assert ("blina[cycle=2]", "course", NO_DAY, "") in rows
    assert {"15 ug/m2/day", "5 ug/m2/day", "paused"} <= set(texts(drawing.svg))
    assert len([*elements(drawing.svg, "bar pause")]) == 1
    assert len([*elements(drawing.svg, "bar infusion")]) == 2


def test_what_still_runs_is_projected_and_not_drawn_as_given() -> None:
    patient, events = one("cbc-all2024-1/d01-neuro-3-during-a-pause-for-the-line")
    drawing = drawn(patient, events)
    assert len([*elements(drawing.svg, "bar projected")]) == 1
    assert any("projected to end 2025-04-19" in text for text in texts(drawing.svg))


def test_doses_are_drawn_as_given_and_as_planned() -> None:
    patient, events = one("ino-dli/I14")
    course = next(ledger for ledger in patient.plan["ledgers"] if ledger.get("doses") and ledger["start"])
    states = {dose["state"] for dose in course["doses"]}
    drawing = drawn(patient, events)
    assert "given" in states
    assert [*elements(drawing.svg, "mark m-given")]


def test_a_course_of_doses_is_drawn_as_given_up_to_the_last_dose_that_was_given() -> None:
    patient, _ = one("ino-dli/I8a")
    course = next(ledger for ledger in patient.plan["ledgers"] if ledger["key"] == "ino[cycle=1]")
    lane = next(lane for lane in courses(patient).lanes if lane.name == "ino[cycle=1]")
    last = max(dose["at"] for dose in course["doses"] if dose["at"])
    assert [bar.ends.isoformat() for bar in lane.bars if bar.look == "doses"] == [last.replace("Z", "+00:00")]


def test_marks_that_stand_together_are_drawn_as_one_that_names_them_all() -> None:
    patient, events = one("interfant-21/T01")
    drawing = drawn(patient, events)
    told = "\n".join(texts(drawing.svg))
    for each in patient.plan["milestones"]:
        assert each["key"] in told


def test_a_decision_that_waits_is_in_the_table_with_what_it_waits_for() -> None:
    patient, _ = one("interfant-21/T16")
    waiting = next(d for d in patient.plan["decisions"] if d["state"] == "waiting" and d["missing"])
    row = next(r for r in drawn(patient, ()).rows if r.what == plain(waiting["key"]))
    assert row.kind == "decision to come"
    assert waiting["missing"][0]["what"] in row.note
    assert not any(mark.name == row.what for lane in happenings(patient).lanes for mark in lane.marks)


def test_without_the_protocol_a_patient_is_drawn_by_the_calendar() -> None:
    patient, events = one("interfant-21/T01")
    drawing = drawn(replace(patient, compiled=None), events)
    assert any(row.begins == "2025-03-10" for row in drawing.rows)
    assert [value.fact for value in drawing.values] == ["mrd"]
    assert drawing.values[0].limits == ()


def test_a_patient_of_whom_nothing_is_known_is_drawn_empty() -> None:
    patient, _ = one("interfant-21/T01")
    empty: dict[str, Any] = {name: [] for name in patient.plan} | {
        "at": patient.plan["at"],
        "next_at": None,
        "group": "",
    }
    drawing = drawn(replace(patient, plan=empty), no_events())
    assert drawing.rows == ()
    assert any(text.startswith("no result yet; limit 1e-2") for text in texts(drawing.svg))


def no_events() -> tuple[Event, ...]:
    return ()
