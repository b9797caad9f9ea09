"""The swimmer plot: one bar for each child from day one, the longest on top, each end by a mark of its own."""

from datetime import date
from xml.etree import ElementTree as ET

from tests.web.drawing.played import SVG, elements, one, played, texts
from web.drawing.swimmers import Segment, Swimmer, swimmer_of, swimmers

DAY_ONE = date(2025, 1, 1)


def child(subject: str, until: date, **values: object) -> Swimmer:
    segments = (
        Segment("INDUCTION", DAY_ONE, date(2025, 2, 1)),
        Segment("CONSOLIDATION", date(2025, 2, 1), None),
    )
    return Swimmer(subject, DAY_ONE, until, segments, **values)  # type: ignore[arg-type]


def names(svg: str) -> list[str]:
    return [element.text or "" for element in elements(svg, "name")]


def test_the_longest_stands_on_top_and_of_the_same_length_the_first_by_name() -> None:
    plot = swimmers(
        [child("B", date(2025, 3, 1)), child("C", date(2025, 6, 1)), child("A", date(2025, 3, 1))]
    )
    assert names(plot) == ["C", "A", "B"]


def test_the_order_of_the_cohort_does_not_matter() -> None:
    cohort = [child("B", date(2025, 3, 1)), child("A", date(2025, 6, 1))]
    assert swimmers(cohort).count("segment") == swimmers(cohort[::-1]).count("segment")
    assert names(swimmers(cohort)) == names(swimmers(cohort[::-1]))


def test_each_end_has_a_mark_of_its_own() -> None:
    off = date(2025, 2, 20)
    plot = swimmers([
        child("ON", date(2025, 3, 1)),
        child("OFF", date(2025, 3, 1), off=off),
        child("RELAPSE", date(2025, 3, 1), events=(("RELAPSE", date(2025, 2, 25)),)),
    ])  # fmt: skip
    assert len([*elements(plot, "mark m-still-on")]) == 3  # two children, and the legend
    assert len([*elements(plot, "mark m-off")]) == 2
    assert len([*elements(plot, "mark m-event")]) == 2
    assert "RELAPSE: RELAPSE, D56" in texts(plot)


def test_bars_begin_at_day_one_and_phases_follow_one_another() -> None:
    plot = swimmers([child("A", date(2025, 6, 1))])
    bars = [
        (float(r.attrib["x"]), float(r.attrib["width"]))
        for r in ET.fromstring(plot).iter(f"{SVG}rect")
        if r.get("height") == "18"
    ]
    (first, wide), (second, _) = bars
    assert first == 150
    assert abs(first + wide - second) < 0.2


def test_a_child_without_day_one_has_no_bar_and_is_named() -> None:
    plot = swimmers([Swimmer("NEW", None, date(2025, 3, 1)), child("A", date(2025, 3, 1))])
    assert names(plot) == ["A"]
    assert "No day one yet: NEW" in texts(plot)


def test_an_empty_cohort_gives_an_empty_plot() -> None:
    assert "0 children" in texts(swimmers([]))[1]


def test_names_that_look_like_markup_stay_names() -> None:
    plot = swimmers([child("<script>", date(2025, 3, 1))])
    assert "<script" not in plot


def test_patients_of_scenarios_swim() -> None:
    patient, _ = one("interfant-21/T02")
    swimmer = swimmer_of(patient)
    assert swimmer.day_one == date(2025, 2, 3)
    assert (swimmer.off, swimmer.segments[-1].phase) == (date(2025, 5, 24), "OFF_TREATMENT")
    cohort = [swimmer_of(p) for name in ("interfant-21/T01", "hem-ismart/busy-week") for p, _ in played(name)]
    assert len(names(swimmers(cohort))) == sum(1 for s in cohort if s.day_one is not None)


def test_nobody_swims_on_after_their_death() -> None:
    patient, _ = one("ino-dli/I9-nrm")
    swimmer = swimmer_of(patient)
    assert swimmer.events
    assert swimmer.until == max(day for _, day in swimmer.events)
