"""The infusion ledger: hours net of pauses, doses, and what the adverse-event table directs."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathway.engine.results import Run
from pathway.language.profile import make_profile
from pathway.patient.evaluate import context
from pathway.plan import LedgerState
from tests.pathway.toy import COMPILED, PROFILE, SITE, TOY, Life, berlin, infused, notice

DAY = timedelta(days=1)


def state(life: Life, at: str) -> LedgerState:
    return life.plan(at).ledgers[0]


def run(life: Life, at: str) -> Run:
    return context(COMPILED, life.profile, SITE, life.record, berlin(at)).ledger(0)


def clock(life: Life, at: str) -> list[tuple[str, str]]:
    """The doses as (Berlin time, dose)."""
    return [(when.astimezone(SITE.tz).strftime("%m-%d %H:%M"), dose) for when, dose in state(life, at).steps]


def end(life: Life, at: str) -> str:
    found = state(life, at).projected_end
    return "" if found is None else found.astimezone(SITE.tz).strftime("%Y-%m-%d %H:%M")


def restarted() -> Life:
    """CRS grade 3 at the end of infusion day 4, resolved, restarted three days later (b8)."""
    life = infused()
    life.ae("2025-03-14T10:00", "CRS", 3)
    life.blina("2025-03-14T10:01", "paused", on="2025-03-14T10:00")
    life.ae("2025-03-16T10:00", "CRS", 0)
    life.blina("2025-03-17T10:00", "resumed")
    return life


def test_672_hours_across_the_change_of_clocks_end_one_hour_later_by_the_clock() -> None:
    life = infused()
    assert end(life, "2025-03-11T10:00") == "2025-04-07 11:00"
    assert state(life, "2025-04-07T10:59").state == "running"
    over = state(life, "2025-04-07T11:00")
    assert (over.state, over.given_hours, over.dose) == ("end_expected", "672", "15")
    life.blina("2025-04-07T11:00", "ended")
    done = state(life, "2025-04-07T11:00")
    assert (done.state, done.given_hours, done.dose) == ("complete", "672", "0")


def test_t13_a_pause_of_three_days_moves_the_end_by_three_days_and_the_dose_steps_up_on_b15() -> None:
    life = restarted()
    assert clock(life, "2025-03-20T10:00") == [
        ("03-10 10:00", "15"),
        ("03-14 10:00", "0"),
        ("03-17 10:00", "5"),
    ]
    assert state(life, "2025-03-24T09:59").dose == "5"
    assert state(life, "2025-03-24T10:00").dose == "15"
    assert end(life, "2025-03-24T10:00") == "2025-04-10 11:00"
    life.blina("2025-04-10T11:00", "ended")
    assert clock(life, "2025-04-11T10:00")[-2:] == [("03-24 10:00", "15"), ("04-10 11:00", "0")]
    plan = restarted().plan("2025-03-24T10:00")
    marrow = next(i for i in plan.items if i.id == "BL1-MARROW")
    assert str(marrow.due) == "2025-04-10"
    assert notice(plan, "LONG-PAUSE") is None


def test_t15_a_second_seizure_directs_a_stop_and_the_marrow_follows_the_stop() -> None:
    life = infused()
    life.ae("2025-03-14T10:00", "SEIZURE", 2)
    assert notice(life.plan("2025-03-14T10:00"), "STOP-NOW") is None
    life.ae("2025-03-19T10:00", "SEIZURE", 1)
    assert state(life, "2025-03-19T10:00").directives == (("SEIZURE-2", "stop", berlin("2025-03-19T10:00")),)
    assert notice(life.plan("2025-03-19T10:00"), "STOP-NOW") is not None
    life.blina("2025-03-19T11:00", "stopped")
    plan = life.plan("2025-03-19T12:00")
    assert (plan.ledgers[0].state, plan.ledgers[0].given_hours, plan.ledgers[0].dose) == (
        "stopped",
        "217",
        "0",
    )
    assert notice(plan, "STOP-NOW") is None
    assert str(next(i for i in plan.items if i.id == "BL1-MARROW").due) == "2025-03-19"


def test_seizures_count_by_clinical_time_and_before_the_infusion_too() -> None:
    life = infused()
    life.ae("2025-03-19T10:00", "SEIZURE", 1)
    life.ae("2025-03-20T10:00", "SEIZURE", 2, on="2025-02-20T10:00")
    assert state(life, "2025-03-20T11:00").directives == (("SEIZURE-2", "stop", berlin("2025-03-19T10:00")),)


def test_a_seizure_that_goes_on_is_not_a_second_one() -> None:
    life = infused()
    first = life.ae("2025-03-19T10:00", "SEIZURE", 1)
    life.ae("2025-03-19T11:00", "SEIZURE", 3, target=first.id)
    assert state(life, "2025-03-19T12:00").directives == ()


@pytest.mark.parametrize(("resumed", "supervised"), [("2025-03-14T13:59", False), ("2025-03-14T14:00", True)])
def test_a_pause_of_four_hours_needs_a_supervised_restart(resumed: str, supervised: bool) -> None:
    life = infused()
    life.blina("2025-03-14T10:00", "paused")
    assert ("long_pause" in run(life, "2025-03-14T13:59").flags) is False
    life.blina(resumed, "resumed")
    assert ("supervised_restart" in run(life, "2025-03-14T15:00").flags) is supervised
    assert ("long_pause" in run(life, "2025-03-14T15:00").flags) is supervised


def test_an_open_pause_crosses_four_hours_by_itself() -> None:
    life = infused()
    life.blina("2025-03-14T10:00", "paused")
    assert "long_pause" in run(life, "2025-03-14T14:00").flags


@pytest.mark.parametrize(("resumed", "over"), [("2025-03-21T10:00", False), ("2025-03-21T11:00", True)])
@pytest.mark.parametrize("cause", ["event", "none"])
def test_seven_days_exactly_go_on_in_the_same_cycle_and_an_hour_more_asks(
    resumed: str, over: bool, cause: str
) -> None:
    life = infused()
    if cause == "event":
        life.ae("2025-03-14T10:00", "CRS", 3)
    life.blina("2025-03-14T10:00", "paused")
    assert notice(life.plan("2025-03-21T10:00"), "LONG-PAUSE") is None
    life.blina(resumed, "resumed")
    plan = life.plan("2025-03-25T10:00")
    assert (notice(plan, "LONG-PAUSE") is not None) is over
    assert end(life, "2025-03-25T10:00") == ("2025-04-14 12:00" if over else "2025-04-14 11:00")


def test_a_pause_that_lasts_crosses_seven_days_by_itself() -> None:
    life = infused()
    life.blina("2025-03-14T10:00", "paused")
    at = life.plan("2025-03-21T10:00").next_at
    assert at is not None
    assert notice(life.plan(at), "LONG-PAUSE") is not None
    assert at - berlin("2025-03-21T10:00") <= timedelta(minutes=1)


@pytest.mark.parametrize(
    ("paused", "resumed", "over"),
    [
        ("2025-03-27T10:00", "2025-04-03T10:00", False),  # an hour less than seven times 24
        ("2025-03-27T10:00", "2025-04-03T11:00", True),
        ("2025-10-23T10:00", "2025-10-30T10:00", False),  # an hour more
        ("2025-10-23T10:00", "2025-10-30T10:30", True),
    ],
)
def test_seven_days_over_a_change_of_clocks_are_seven_days(paused: str, resumed: str, over: bool) -> None:
    life = Life()
    life.blina("2025-03-10T10:00" if paused < "2025-06" else "2025-10-10T10:00", "started")
    life.blina(paused, "paused")
    life.blina(resumed, "resumed")
    assert (notice(life.plan(resumed), "LONG-PAUSE") is not None) is over


def test_days_of_the_adverse_event_table_are_local_days_too() -> None:
    life = infused()
    life.ae("2025-03-27T10:00", "NEURO", 3)
    life.ae("2025-03-28T10:00", "NEURO", 1)
    assert state(life, "2025-03-31T09:59").directives != ()
    assert state(life, "2025-03-31T10:00").directives == ()


def end_report(life: Life, at: str) -> tuple[str, str, str] | None:
    found = [i for i in life.plan(at).items if i.id == "REPORT-END"]
    return (found[0].state, found[0].owner, str(found[0].due)) if found else None


def test_by_its_hours_an_infusion_is_only_expected_to_be_over_and_the_coordinator_is_asked() -> None:
    life = infused()
    assert end_report(life, "2025-04-07T10:59") is None
    plan = life.plan("2025-04-07T11:00")
    assert (plan.ledgers[0].state, [m.id for m in plan.milestones if m.id == "BLINA1-DONE"]) == (
        "end_expected",
        ["BLINA1-DONE"],
    )
    assert end_report(life, "2025-04-07T11:00") == ("due", "coordinator", "2025-04-07")
    assert plan.next_at == berlin("2025-04-08T11:00")
    assert end_report(life, "2025-04-08T11:00") == ("late", "coordinator", "2025-04-07")
    life.blina("2025-04-09T09:00", "ended", on="2025-04-07T11:30")
    told = life.plan("2025-04-09T09:00")
    assert end_report(life, "2025-04-09T09:00") == ("done", "coordinator", "2025-04-07")
    assert [m.since for m in told.milestones if m.id == "BLINA1-DONE"] == [berlin("2025-04-07T11:30")]


def test_what_counts_from_an_expected_end_goes_on_and_is_not_called_reported() -> None:
    life = infused()
    anchors = {name: actual for name, _, actual in life.plan("2025-04-08T10:00").anchors}
    assert anchors["bl1_off"] is False
    life.blina("2025-04-08T10:00", "ended", on="2025-04-07T11:00")
    assert {name: actual for name, _, actual in life.plan("2025-04-08T10:00").anchors}["bl1_off"] is True


def test_an_infusion_that_ran_on_ended_when_it_is_reported_to_have_ended() -> None:
    life = infused()
    life.blina("2025-04-07T15:00", "ended")
    found = state(life, "2025-04-07T15:00")
    assert (found.state, found.given_hours, found.projected_end) == (
        "complete",
        "676",
        berlin("2025-04-07T15:00"),
    )


def test_grade_4_while_the_end_is_only_expected_still_directs_a_stop() -> None:
    life = infused()
    life.ae("2025-04-07T14:00", "CRS", 4)
    assert [d[:2] for d in state(life, "2025-04-07T14:00").directives] == [("CRS-4", "stop")]
    life.blina("2025-04-07T16:00", "ended", on="2025-04-07T11:00")
    assert state(life, "2025-04-07T16:00").directives == ()


def test_death_after_the_last_hour_reports_no_end_and_nobody_is_asked_for_one() -> None:
    life = infused()
    life.do("2025-04-20T10:00", "death")
    assert state(life, "2025-04-20T10:00").state == "end_expected"
    assert end_report(life, "2025-04-20T10:00") is None


def neuro(*grades: tuple[str, int], resumed: str = "") -> Life:
    life = infused()
    reports: list[tuple[str, Any]] = [*grades, *([(resumed, None)] if resumed else [])]
    for at, grade in sorted(reports, key=lambda r: r[0]):
        if grade is None:
            life.blina(at, "resumed")
        else:
            life.ae(at, "NEURO", grade)
            if (at, grade) == grades[0]:
                life.blina(at, "paused")
    return life


def test_a_hold_lasts_until_the_grade_has_been_low_for_three_days() -> None:
    life = neuro(("2025-03-14T10:00", 3), ("2025-03-15T10:00", 1))
    held = (("NEURO-3", "interrupt", berlin("2025-03-14T10:00")),)
    assert state(life, "2025-03-18T09:59").directives == held
    assert state(life, "2025-03-18T10:00").directives == ()


def test_a_grade_that_comes_back_within_three_days_starts_the_wait_anew() -> None:
    life = neuro(
        ("2025-03-14T10:00", 3), ("2025-03-15T10:00", 1), ("2025-03-16T10:00", 2), ("2025-03-17T10:00", 0)
    )
    assert state(life, "2025-03-20T09:59").directives != ()
    assert state(life, "2025-03-20T10:00").directives == ()


def test_a_recurrence_at_the_low_dose_is_a_stop_for_good() -> None:
    life = neuro(
        ("2025-03-14T10:00", 3), ("2025-03-15T10:00", 1), ("2025-03-22T10:00", 3), resumed="2025-03-18T10:00"
    )
    assert [d[:2] for d in state(life, "2025-03-22T10:00").directives] == [("NEURO-3", "stop")]


def test_a_recurrence_at_the_low_dose_is_a_stop_even_if_the_restart_came_too_early() -> None:
    life = neuro(
        ("2025-03-14T10:00", 3), ("2025-03-15T10:00", 1), ("2025-03-19T10:00", 3), resumed="2025-03-16T10:00"
    )
    assert [d[:2] for d in state(life, "2025-03-19T10:00").directives] == [("NEURO-3", "stop")]


def test_a_recurrence_at_the_full_dose_is_a_new_hold() -> None:
    life = neuro(
        ("2025-03-14T10:00", 3), ("2025-03-15T10:00", 1), ("2025-03-25T10:00", 3), resumed="2025-03-18T10:00"
    )
    assert [d[:2] for d in state(life, "2025-03-25T10:00").directives] == [("NEURO-3", "interrupt")]


@pytest.mark.parametrize(
    ("event", "resolved", "stop"),
    [
        ("NEURO", "2025-03-21T10:00", False), ("NEURO", "2025-03-21T11:00", True),
        ("OTHER", "2025-03-28T10:00", False), ("OTHER", "2025-03-28T11:00", True),
    ],
)  # fmt: skip
def test_what_takes_too_long_to_resolve_is_a_stop_for_good(event: str, resolved: str, stop: bool) -> None:
    life = infused()
    life.ae("2025-03-14T10:00", event, 3)
    life.ae(resolved, event, 1)
    actions = [d[1] for d in state(life, "2025-04-05T10:00").directives]
    assert actions == (["stop"] if stop else [])


def test_too_long_is_seen_without_another_report() -> None:
    life = infused()
    life.ae("2025-03-14T10:00", "NEURO", 3)
    assert [d[1] for d in state(life, "2025-03-21T10:00").directives] == ["interrupt"]
    assert [d[1:] for d in state(life, "2025-03-21T10:01").directives] == [
        ("stop", berlin("2025-03-21T10:00"))
    ]


def test_an_episode_that_resolved_in_time_is_not_a_stop_when_another_follows() -> None:
    life = neuro(
        ("2025-03-12T10:00", 3),
        ("2025-03-17T10:00", 1),
        ("2025-03-29T10:00", 3),
        ("2025-03-30T10:00", 1),
        resumed="2025-03-20T10:00",
    )
    assert [d[1] for d in state(life, "2025-03-31T10:00").directives] == ["interrupt"]
    assert state(life, "2025-04-03T10:00").directives == ()


def test_an_episode_that_resolved_is_not_a_stop_when_the_grade_rises_a_little_later() -> None:
    life = neuro(("2025-03-12T10:00", 3), ("2025-03-13T10:00", 1), ("2025-03-19T10:00", 2))
    assert state(life, "2025-03-30T10:00").directives == ()


def test_a_directed_stop_does_not_pass_when_the_grade_falls() -> None:
    life = infused()
    life.ae("2025-03-14T10:00", "CRS", 4)
    life.ae("2025-03-16T10:00", "CRS", 0)
    assert [d[:2] for d in state(life, "2025-03-30T10:00").directives] == [("CRS-4", "stop")]


def test_a_question_to_a_clinician_does_not_pass_when_the_grade_falls() -> None:
    life = infused()
    life.ae("2025-03-14T10:00", "OTHER", 4)
    life.ae("2025-03-16T10:00", "OTHER", 1)
    assert [d[:2] for d in state(life, "2025-03-30T10:00").directives] == [("OTHER-4", "review")]


def test_a_pause_reported_two_days_late_moves_the_end_back_then() -> None:
    life = infused()
    assert end(life, "2025-03-16T10:00") == "2025-04-07 11:00"
    life.blina("2025-03-16T10:00", "paused", on="2025-03-14T10:00")
    now = state(life, "2025-03-16T10:00")
    assert (now.state, now.given_hours, now.dose, now.projected_end) == ("paused", "96", "0", None)
    life.blina("2025-03-16T11:00", "resumed", on="2025-03-14T12:00")
    assert end(life, "2025-03-16T12:00") == "2025-04-07 13:00"


def test_a_pause_reported_after_the_last_hour_makes_an_infusion_run_on() -> None:
    life = infused()
    assert state(life, "2025-04-08T10:00").state == "end_expected"
    life.blina("2025-04-08T10:00", "paused", on="2025-04-01T10:00")
    life.blina("2025-04-08T10:00", "resumed", on="2025-04-03T10:00")
    assert (state(life, "2025-04-08T10:00").state, end(life, "2025-04-08T10:00")) == (
        "running",
        "2025-04-09 11:00",
    )


def test_days_at_the_low_dose_are_counted_net_of_further_pauses() -> None:
    life = restarted()
    life.blina("2025-03-19T10:00", "paused")
    life.blina("2025-03-20T10:00", "resumed")
    life.blina("2025-03-21T10:00", "paused")
    life.blina("2025-03-23T10:00", "resumed")
    assert state(life, "2025-03-27T09:59").dose == "5"
    assert state(life, "2025-03-27T10:00").dose == "15"
    assert end(life, "2025-03-27T10:00") == "2025-04-13 11:00"


@pytest.mark.parametrize(
    ("ended", "result"),
    [("2025-04-07T10:00", "complete"), ("2025-04-07T09:59", "short"), ("2025-03-20T10:00", "short")],
)
def test_an_infusion_that_ended_early_is_short(ended: str, result: str) -> None:
    life = infused()
    life.blina(ended, "ended")
    found = state(life, "2025-04-20T10:00")
    assert (found.state, found.dose) == (result, "0")


def test_an_infusion_may_end_while_it_is_paused() -> None:
    life = infused()
    life.blina("2025-03-14T10:00", "paused")
    life.blina("2025-03-15T10:00", "ended")
    found = state(life, "2025-04-20T10:00")
    assert (found.state, found.given_hours, found.pauses) == (
        "short",
        "96",
        ((berlin("2025-03-14T10:00"), None, ""),),
    )


def test_a_restart_after_the_stop_does_not_undo_it() -> None:
    life = infused()
    life.blina("2025-03-14T10:00", "paused")
    life.blina("2025-03-15T10:00", "stopped")
    life.blina("2025-03-16T10:00", "resumed")
    found = run(life, "2025-03-20T10:00")
    assert (found.state, found.dose) == ("stopped", "0")
    assert "resumed_after_end" in found.flags
    assert found.steps == sorted(found.steps)


def test_a_pause_reported_for_after_the_end_does_not_count() -> None:
    life = infused()
    life.blina("2025-04-10T10:00", "paused", on="2025-04-09T10:00")
    found = run(life, "2025-04-30T10:00")
    assert (found.state, found.pauses, found.end) == ("end_expected", [], berlin("2025-04-07T11:00"))
    assert found.odd
    assert "interrupted" not in found.flags


def test_resumed_without_a_recorded_pause_assumes_one_from_the_event_that_asked_for_it() -> None:
    life = infused()
    life.ae("2025-03-14T10:00", "CRS", 3)
    life.blina("2025-03-17T10:00", "resumed")
    found = run(life, "2025-03-17T11:00")
    assert [(p.start, p.end, p.assumed) for p in found.pauses] == [
        (berlin("2025-03-14T10:00"), berlin("2025-03-17T10:00"), True)
    ]
    assert "resumed_without_pause" in found.flags
    assert found.dose == "5"


def test_resumed_without_any_reason_to_pause_is_flagged_and_moves_nothing() -> None:
    life = infused()
    life.blina("2025-03-17T10:00", "resumed")
    assert "resumed_without_pause" in run(life, "2025-03-17T11:00").flags
    assert end(life, "2025-03-17T11:00") == "2025-04-07 11:00"


def test_a_reported_dose_is_the_dose_and_a_difference_is_flagged() -> None:
    life = infused()
    life.ae("2025-03-14T10:00", "CRS", 3)
    life.blina("2025-03-14T10:00", "paused")
    life.blina("2025-03-17T10:00", "resumed", details={"dose": "15.0"})
    found = run(life, "2025-03-18T10:00")
    assert found.dose == "15"
    assert "dose_differs" in found.flags


def test_the_planned_dose_written_otherwise_is_no_difference() -> None:
    life = infused()
    life.void("2025-03-10T11:00", life.record.events[-1].id)
    life.blina("2025-03-10T12:00", "started", details={"dose": "15.0"})
    assert "dose_differs" not in run(life, "2025-03-10T13:00").flags


def test_the_second_cycle_has_a_ledger_of_its_own() -> None:
    life = infused()
    life.blina("2025-06-01T10:00", "started", "2")
    first, second = life.plan("2025-06-02T10:00").ledgers
    assert (first.state, second.state) == ("end_expected", "running")


def test_an_infusion_of_a_length_that_is_not_set_never_completes_by_itself() -> None:
    life = Life(profile=make_profile(TOY, {"blina_days": "not set"}))
    life.blina("2025-03-10T10:00", "started")
    found = state(life, "2026-03-10T10:00")
    assert (found.state, found.projected_end) == ("running", None)
    life.blina("2026-03-11T10:00", "ended")
    assert state(life, "2026-03-11T10:00").state == "complete"


def test_voiding_the_start_takes_the_infusion_back() -> None:
    life = infused()
    life.void("2025-03-11T10:00", life.record.events[-1].id)
    assert state(life, "2025-03-11T11:00").state == "not_started"
    assert end(life, "2025-03-11T11:00") == ""


HOURS = st.lists(st.integers(1, 500), min_size=0, max_size=8, unique=True).map(sorted)


@given(HOURS)
def test_hours_given_and_hours_paused_add_up_to_the_time_since_the_start(marks: list[int]) -> None:
    life = infused()
    start = berlin("2025-03-10T10:00")
    for n, hour in enumerate(marks):
        life.submit(
            "action",
            start + timedelta(hours=hour),
            f"infusion_{'resumed' if n % 2 else 'paused'}",
            scope=(("cycle", "1"),),
        )
    now = start + timedelta(hours=marks[-1] if marks else 0)
    found = context(COMPILED, PROFILE, SITE, life.record, now).ledger(0)
    paused = sum(((p.end or now) - p.start for p in found.pauses), timedelta(0))
    since = now - found.as_of if found.state == "running" and found.as_of else timedelta(0)
    assert found.given + since + paused == now - start
    if found.state == "running":
        assert found.end == start + timedelta(hours=672) + paused
    assert found.steps == sorted(found.steps, key=lambda s: s[0])


def test_a_start_after_the_end_counts_the_days_anew() -> None:
    life = infused()
    life.blina("2025-03-14T10:00", "paused")
    life.blina("2025-03-23T10:00", "ended")
    life.blina("2025-03-24T10:00", "started")
    found = state(life, "2025-03-25T10:00")
    assert (found.state, found.given_hours, end(life, "2025-03-25T10:00")) == (
        "running",
        "0",
        "2025-04-21 11:00",
    )


def test_a_second_start_while_it_runs_is_ignored_and_flagged() -> None:
    life = infused()
    life.blina("2025-03-12T10:00", "started")
    assert end(life, "2025-03-13T10:00") == "2025-04-07 11:00"
    assert "started_twice" in run(life, "2025-03-13T10:00").flags


def test_a_stop_takes_effect_when_it_is_true_and_not_when_it_is_signed() -> None:
    life = infused()
    life.blina("2025-03-14T10:01", "paused", on="2025-03-14T10:00")
    life.ae("2025-03-14T10:05", "NEURO", 4)
    life.ae("2025-03-16T10:00", "NEURO", 0)
    found = run(life, "2025-03-25T10:00")
    assert (found.state, found.dose) == ("stopped", "0")
    assert "pause_over_limit" not in found.flags
    assert "long_pause" not in found.flags


def test_an_infusion_resumed_in_spite_of_a_stop_is_told() -> None:
    life = infused()
    life.ae("2025-03-14T10:00", "CRS", 4)
    life.blina("2025-03-14T10:10", "paused")
    assert "given_after_stop" not in run(life, "2025-03-14T10:10").flags
    life.blina("2025-03-16T10:00", "resumed")
    assert "given_after_stop" in run(life, "2025-03-16T10:00").flags
    assert notice(life.plan("2025-03-16T10:00"), "DESPITE-STOP[ledger=blina[cycle=1]]") is not None


def test_an_episode_that_began_during_a_pause_for_another_cause_lowers_the_restart() -> None:
    life = infused()
    life.blina("2025-03-14T10:00", "paused")
    life.ae("2025-03-14T13:00", "CRS", 3)
    life.ae("2025-03-15T10:00", "CRS", 0)
    life.blina("2025-03-16T10:00", "resumed")
    assert state(life, "2025-03-17T10:00").dose == "5"
    assert state(life, "2025-03-23T10:00").dose == "15"


def test_a_peak_that_is_reported_after_the_restart_shows_that_the_dose_differs() -> None:
    life = infused()
    grade2 = life.ae("2025-03-14T10:00", "CRS", 2)
    life.blina("2025-03-14T10:30", "paused")
    life.ae("2025-03-15T10:00", "CRS", 0, target=grade2.id)
    life.blina("2025-03-16T10:00", "resumed", details={"dose": "15"})
    assert "dose_differs" not in run(life, "2025-03-16T10:00").flags
    life.ae("2025-03-16T15:00", "CRS", 3, target=grade2.id, on="2025-03-14T20:00")
    assert "dose_differs" in run(life, "2025-03-16T15:00").flags


def test_days_counted_anew_after_an_episode_begin_at_the_low_dose() -> None:
    life = infused()
    life.ae("2025-03-14T10:00", "CRS", 3)
    life.blina("2025-03-14T10:01", "paused")
    life.ae("2025-03-16T10:00", "CRS", 0)
    life.blina("2025-03-22T09:30", "ended")
    life.blina("2025-03-22T10:00", "started", details={"dose": "5"})
    assert "dose_differs" not in run(life, "2025-03-22T10:00").flags
    assert state(life, "2025-03-29T09:59").dose == "5"
    assert state(life, "2025-03-29T10:00").dose == "15"


def test_an_end_before_the_start_is_told_and_leaves_the_true_end_unknown() -> None:
    life = infused()
    life.blina("2025-03-12T10:00", "ended", on="2025-03-08T10:00")
    plan = life.plan("2025-03-12T10:00")
    assert notice(plan, "IMPOSSIBLE-ORDER[ledger=blina[cycle=1]]") is not None
    assert plan.ledgers[0].projected_end is None
    assert state(life, "2025-04-20T10:00").state == "running"


def test_a_pause_after_the_end_asks_whether_it_still_runs() -> None:
    life = infused()
    assert notice(life.plan("2025-04-08T10:00"), "IMPOSSIBLE-ORDER") is None
    life.blina("2025-04-09T10:00", "paused")
    assert notice(life.plan("2025-04-09T10:00"), "IMPOSSIBLE-ORDER[ledger=blina[cycle=1]]") is not None
