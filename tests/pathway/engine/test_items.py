"""What is due, when it is late, and what only waits for a decision."""

# ruff: noqa: E501
# A table stays a table.

from dataclasses import replace
from datetime import date

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.language import Is, Reading, Recorded, Task, registry
from pathway.language.profile import make_profile
from pathway.plan import Item, Plan
from tests.pathway.toy import TOY, Life, berlin, enrolled, infused, item


def need(plan: Plan, key: str) -> Item:
    found = item(plan, key)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("at", "state"),
    [
        ("2025-02-09T23:59", "planned"), ("2025-02-10T00:00", "due"), ("2025-02-11T08:00", "due"),
        ("2025-02-11T23:59", "due"), ("2025-02-12T00:00", "late"),
    ],
)  # fmt: skip
def test_a_window_opens_with_its_first_local_day_and_closes_with_the_end_of_its_last(
    at: str, state: str
) -> None:
    found = need(enrolled().plan(at), "D8-BLASTS")
    assert (found.state, found.due, found.window) == (
        state,
        date(2025, 2, 10),
        (date(2025, 2, 10), date(2025, 2, 11)),
    )
    assert found.late_from == berlin("2025-02-12T00:00")


def test_an_item_is_done_by_what_shows_that_it_was_done_however_late() -> None:
    life = enrolled()
    life.fact("2025-02-20T09:00", "blasts", "320", unit="/uL")
    assert need(life.plan("2025-02-20T10:00"), "D8-BLASTS").state == "done"


def test_an_item_that_is_not_asked_for_is_not_shown_but_one_that_is_done_stays() -> None:
    life = enrolled()
    assert item(life.plan("2025-02-20T09:00"), "EOI-MARROW") is None
    life.fact("2025-02-20T09:00", "mrd", "1e-4", unit="fraction", point="EOI")
    assert need(life.plan("2025-02-20T10:00"), "EOI-MARROW").state == "done"


def test_a_length_that_is_not_set_gives_no_date() -> None:
    life = infused()
    life.do("2025-04-21T09:00", "course_started", scope=(("course", "IB"),))
    found = need(life.plan("2025-04-22T09:00"), "COURSE-END")
    assert (found.state, found.due, found.window, found.late_from) == ("not_set", None, None, None)
    life.profile = make_profile(TOY, simulation=True)
    assert need(life.plan("2025-04-22T09:00"), "COURSE-END").due == date(2025, 6, 2)


def test_what_waits_for_a_decision_is_blocked_and_never_late() -> None:
    life = infused()
    life.fact("2025-04-09T09:00", "mrd", "5e-5", unit="fraction", point="BL1-END", on="2025-04-08T09:00")
    life.decide("2025-04-09T10:00", "realloc", "STAY")
    life.decide("2025-04-09T11:00", "AFTER_BLINA_1", "COURSE_1")
    found = need(life.plan("2025-09-01T09:00"), "BLINA2-START")
    assert (found.state, found.blocked_by, found.kind) == ("blocked", "cycle2", "dose")
    life.decide("2025-09-01T10:00", "cycle2", "YES", role="meeting")
    found = need(life.plan("2025-09-01T11:00"), "BLINA2-START")
    assert (found.state, found.blocked_by) == ("late", None)


def test_a_moved_anchor_moves_the_date_and_keeps_the_key() -> None:
    life = infused()
    before = need(life.plan("2025-03-12T09:00"), "BL1-MARROW")
    life.blina("2025-03-14T10:00", "paused")
    life.blina("2025-03-16T10:00", "resumed")
    after = need(life.plan("2025-03-17T09:00"), "BL1-MARROW")
    assert (before.key, before.due, after.key, after.due) == (
        "BL1-MARROW",
        date(2025, 4, 7),
        "BL1-MARROW",
        date(2025, 4, 9),
    )


def test_a_task_without_a_date_is_due_at_once_and_never_late() -> None:
    life = Life()
    life.do("2025-02-01T09:00", "blood_count")
    assert need(life.plan("2025-12-01T09:00"), "SIGN").state == "due"


def test_a_task_ends_with_its_condition_and_is_late_after_its_day() -> None:
    life = enrolled()
    assert item(life.plan("2025-02-03T10:00"), "DONOR-SEARCH") is None
    life.correct("2025-02-03T10:00", "e1", "2024-10-01")
    life.fact("2025-02-03T10:01", "wbc", "400", unit="10^9/L", on="2025-02-02T09:00")
    assert need(life.plan("2025-02-17T23:59"), "DONOR-SEARCH").state == "due"
    assert need(life.plan("2025-02-18T00:00"), "DONOR-SEARCH").state == "late"
    life.do("2025-02-18T09:00", "donor_found")
    assert need(life.plan("2025-02-18T10:00"), "DONOR-SEARCH").state == "done"


def test_a_task_waits_for_the_decision_that_blocks_it() -> None:
    life = infused()
    life.fact("2025-03-12T09:00", "mrd", "2e-4", unit="fraction", point="EOI", on="2025-03-07T09:00")
    assert (
        need(life.plan("2026-03-12T10:00"), "WAIT").state,
        need(life.plan("2026-03-12T10:00"), "WAIT").blocked_by,
    ) == ("blocked", "course")


def series(plan: Plan, name: str) -> list[tuple[str, str, str]]:
    return [(i.key, i.state, str(i.due)) for i in plan.items if i.id == name]


def test_what_starts_waits_for_what_is_not_settled() -> None:
    clear = ("clear", Is(Reading("cns"), ("CNS1",)))
    go = Task(
        "GO",
        "give it",
        Recorded("consent"),
        Recorded("donor_found"),
        "clinician",
        registry(),
        needs=(clear,),
        ends_with="study",
    )
    life = Life(compile_protocol(replace(TOY, tasks=(*TOY.tasks, go))))
    life.do("2025-02-03T09:00", "consent")
    found = need(life.plan("2025-02-03T10:00"), "GO")
    assert (found.state, found.blocked_by) == ("blocked", "clear")
    life.fact("2025-02-04T09:00", "cns", "CNS1")
    assert need(life.plan("2025-02-04T10:00"), "GO").state == "due"
    life.fact("2025-02-05T09:00", "cns", "CNS2")
    assert need(life.plan("2025-02-05T10:00"), "GO").state == "blocked"


def test_a_series_shows_its_next_two_occurrences() -> None:
    assert series(enrolled().plan("2025-02-03T10:00"), "COUNT") == [
        ("COUNT[n=1]", "due", "2025-02-03"), ("COUNT[n=2]", "planned", "2025-02-10"),
    ]  # fmt: skip


def test_an_occurrence_done_late_or_early_does_not_move_the_ones_after_it() -> None:
    life = enrolled()
    life.do("2025-02-04T09:00", "blood_count")
    life.do("2025-02-13T09:00", "blood_count")
    life.do("2025-02-16T09:00", "blood_count")
    assert series(life.plan("2025-02-16T10:00"), "COUNT") == [
        ("COUNT[n=4]", "planned", "2025-02-24"), ("COUNT[n=5]", "planned", "2025-03-03"),
    ]  # fmt: skip


def test_what_is_overdue_is_one_item_that_says_how_much() -> None:
    life = enrolled()
    life.do("2025-02-03T10:00", "blood_count")
    plan = life.plan("2025-02-26T09:00")
    assert series(plan, "COUNT") == [
        ("COUNT[overdue=yes]", "late", "2025-02-10"), ("COUNT[n=5]", "planned", "2025-03-03"), ("COUNT[n=6]", "planned", "2025-03-10"),
    ]  # fmt: skip
    assert need(plan, "COUNT[overdue=yes]").text == "blood count (3 overdue)"
    life.do("2025-02-26T10:00", "blood_count")
    assert [k for k, _, _ in series(life.plan("2025-02-26T11:00"), "COUNT")] == ["COUNT[n=5]", "COUNT[n=6]"]


def test_an_occurrence_is_late_from_the_end_of_its_window() -> None:
    life = enrolled()
    assert series(life.plan("2025-02-04T23:59"), "COUNT")[0] == ("COUNT[n=1]", "due", "2025-02-03")
    assert series(life.plan("2025-02-05T00:00"), "COUNT")[0] == ("COUNT[overdue=yes]", "late", "2025-02-03")


def test_a_series_pauses_with_its_condition_and_owes_nothing_for_the_pause() -> None:
    life = infused()
    assert series(life.plan("2025-03-12T09:00"), "COUNT") == []
    life.void("2025-06-01T09:00", life.record.events[-1].id)
    assert not [
        s for s in series(life.plan("2025-06-01T09:00"), "COUNT") if s[1] == "late" and s[2] < "2025-02-10"
    ]


def test_a_monthly_series_counts_calendar_months_and_stops_after_its_last() -> None:
    life = enrolled()
    assert [d for _, _, d in series(life.plan("2025-02-04T09:00"), "CNS-LP")] == ["2025-02-17", "2025-03-17"]
    plan = life.plan("2027-02-04T09:00")
    assert series(plan, "CNS-LP") == [("CNS-LP[overdue=yes]", "late", "2025-02-17")]
    assert need(plan, "CNS-LP[overdue=yes]").text.endswith("(3 overdue)")
    for n in (2, 3, 4):
        life.fact(f"2027-03-0{n}T09:00", "cns", "CNS1", on=f"2025-0{n}-17T09:00")
    assert series(life.plan("2027-03-05T09:00"), "CNS-LP") == []
