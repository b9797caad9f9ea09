"""Dose levels: the acceptance cases R1 to R10, and the moves between levels."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pathway.record import Record
from tests.pathway.toy_subtrials import Life, names


def on_level_two(life: Life) -> Life:
    """Level 1 cleared by three, level 2 open."""
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    life.decide("LEVEL[level=2]", "ESCALATE")
    return life


def test_r1_three_without_dlt_escalate_and_the_fourth_enters_the_next_level() -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    assert life.level("1") == (3, 0, 0)
    life.ask("P4")
    assert (life.state("P4"), life.reason("P4")) == ("WAITING", "LEVEL_DECISION_OPEN")
    assert life.open_decisions() == {"LEVEL[level=2]": "ESCALATE"}
    life.decide("LEVEL[level=2]", "ESCALATE")
    answer = life.plan.answers["P4"]
    assert (answer.state, answer.level) == ("RESERVED", "2")
    assert life.plan.status == "PHASE1_LEVEL(2)"
    assert life.states() == {"-1": "not_opened", "1": "left", "2": "open"}


def test_r2_one_of_three_pending_the_fourth_enters_the_same_level() -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", "P1", "P2")
    assert life.level("1") == (3, 0, 1)
    life.ask("P4")
    assert life.plan.answers["P4"].level == "1"
    assert life.level("1") == (4, 0, 2)


def test_r3_six_with_two_pending_suspend_then_escalate_in_a_disputed_cell_and_a_late_dlt_rolls_nothing_back() -> (
    None
):
    life = Life("R")
    life.enter(*names(1, 6))
    life.dlt("NO", *names(1, 4))
    assert life.level("1") == (6, 0, 2)
    life.ask("P7")
    assert (life.state("P7"), life.reason("P7")) == ("WAITING", "SUSPENDED")
    assert "(6, 0, 2)" in life.plan.answers["P7"].reason
    life.dlt("NO", "P5")
    assert life.level("1") == (6, 0, 1)
    assert life.open_decisions() == {"LEVEL[level=2]": "ESCALATE"}
    (reason,) = life.plan.told["LEVEL[level=2]"].reasons
    assert "Disputed cell" in reason[2]
    assert "P14" in reason[2]
    life.decide("LEVEL[level=2]", "ESCALATE")
    assert life.plan.answers["P7"].level == "2"
    life.dlt("YES", "P6")
    assert life.level("1") == (6, 1, 0)
    assert life.plan.level == "2"
    assert life.state("P7") == "RESERVED"
    assert [d.state for d in life.plan.plan.decisions] == ["in_force"]


def test_r4_the_second_dlt_stops_the_level_at_once_and_those_pending_keep_being_observed() -> None:
    life = Life("R", window="28")
    life.enter(*names(1, 5))
    life.dlt("YES", "P1")
    assert life.level("1") == (5, 1, 4)
    life.enter("P6")
    assert life.level("1") == (6, 1, 5)
    life.ask("P7")
    assert life.reason("P7") == "SUSPENDED"
    life.dlt("YES", "P2")
    assert life.level("1") == (6, 2, 4)
    assert life.states()["1"] == "toxic"
    assert life.open_decisions() == {"LEVEL[level=-1]": "DE_ESCALATE"}
    assert life.reason("P7") == "LEVEL_DECISION_OPEN"
    due = {i.key: i.state for i in life.plan.plan.items if i.id == "DLT-VERDICT"}
    assert [due[f"DLT-VERDICT[subject=P{n}]"] for n in (3, 4, 5, 6)] == ["planned"] * 4
    alert = next(o for o in life.plan.plan.alerts if o.key == "DLT-LIMIT[level=1]")
    assert (alert.severity, alert.notified) == ("critical", ("meeting", "clinician"))
    life.decide("LEVEL[level=-1]", "REOPEN")
    assert life.plan.answers["P7"].level == "-1"


def test_r5_two_dlts_on_the_next_level_make_a_full_lower_level_the_mtd() -> None:
    life = Life("R")
    life.enter(*names(1, 6))
    life.dlt("YES", "P1")
    life.dlt("NO", *names(2, 6))
    life.decide("LEVEL[level=2]", "ESCALATE")
    life.enter(*names(7, 9))
    life.dlt("YES", "P7", "P8")
    assert life.level("2") == (3, 2, 1)
    assert life.open_decisions() == {"RP2D": "1"}
    assert "MTD" in life.plan.told["RP2D"].rule
    life.decide("RP2D", "1")
    assert life.plan.status == "RP2D_DECLARED"
    assert life.states() == {"-1": "not_opened", "1": "rp2d", "2": "toxic"}
    assert "maximum tolerated dose" in next(
        m.text for m in life.plan.plan.milestones if m.id == "RP2D-DECLARED"
    )


def test_r7_six_on_the_top_level_with_one_dlt_the_mtd_is_not_reached_and_the_top_is_recommended() -> None:
    life = on_level_two(Life("R"))
    life.enter(*names(4, 9))
    life.dlt("YES", "P4")
    life.dlt("NO", *names(5, 9))
    assert life.level("2") == (6, 1, 0)
    assert life.open_decisions() == {"RP2D": "2"}
    life.decide("RP2D", "2")
    assert "the MTD was not reached" in next(
        m.text for m in life.plan.plan.milestones if m.id == "RP2D-DECLARED"
    )


def test_r10_two_dlts_on_the_lowest_level_stop_phase_one_at_once() -> None:
    life = Life("R")
    life.enter(*names(1, 2))
    life.dlt("YES", *names(1, 2))
    life.decide("LEVEL[level=-1]", "REOPEN")
    life.enter(*names(3, 4))
    life.ask("P5")
    life.dlt("YES", *names(3, 4))
    assert life.level("-1")[1] == 2
    assert life.plan.status == "STOP_PHASE1_TOXIC"
    assert life.open_decisions() == {}
    assert (life.state("P5"), life.reason("P5")) == ("CLOSED", "STOP_PHASE1_TOXIC")
    assert "PHASE1-STOPPED" in [m.id for m in life.plan.plan.milestones]


def test_the_top_level_is_filled_to_six_although_the_table_says_escalate() -> None:
    life = on_level_two(Life("R"))
    life.enter(*names(4, 6))
    life.dlt("NO", *names(4, 6))
    assert life.plan.levels[2].advice == "ESCALATE"
    life.enter(*names(7, 9))
    assert life.level("2") == (6, 0, 3)
    life.ask("P10")
    assert life.reason("P10") == "SUSPENDED"
    life.dlt("NO", *names(7, 9))
    assert life.open_decisions() == {"RP2D": "2"}


def test_a_lower_level_with_fewer_than_six_is_reopened_up_to_six() -> None:
    life = on_level_two(Life("R"))
    life.enter(*names(4, 5))
    life.dlt("YES", *names(4, 5))
    life.ask(*names(6, 10))
    assert life.open_decisions() == {"LEVEL[level=1]": "REOPEN"}
    life.decide("LEVEL[level=1]", "REOPEN")
    assert [life.state(p) for p in names(6, 10)] == ["RESERVED"] * 3 + ["WAITING"] * 2
    assert life.level("1") == (6, 0, 3)
    life.start(*names(6, 8))
    life.dlt("NO", *names(6, 8))
    assert life.open_decisions() == {"RP2D": "1"}


def test_one_who_becomes_inevaluable_is_replaced() -> None:
    life = Life("R")
    life.enter(*names(1, 6))
    life.ask("P7")
    assert life.state("P7") == "WAITING"
    life.dlt("INEVALUABLE", "P6")
    assert life.level("1") == (6, 0, 6)
    assert life.state("P7") == "RESERVED"
    assert life.state("P6") == "ENROLLED"


def test_a_dlt_learnt_late_on_a_level_already_left_halts_all_above_it_and_people_review() -> None:
    life = Life("R")
    life.enter(*names(1, 6))
    life.dlt("YES", "P1")
    life.dlt("NO", *names(2, 6))
    life.decide("LEVEL[level=2]", "ESCALATE")
    life.ask("P7", "P8", "P9")
    life.start("P7")
    life.count += 1
    verdict = next(e for e in life.record.events if e.name == "dlt" and e.scope[0][1] == "P2")
    life.report("correction", target=verdict.id, details=(("value", "YES"),))
    assert life.level("1") == (6, 2, 0)
    assert {"DLT-LATE[level=1]", "DLT-LIMIT[level=1]", "DIVERGED[decision=LEVEL[level=2]]"} <= set(
        life.told()
    )
    assert life.states() == {"-1": "not_opened", "1": "toxic", "2": "closed"}
    assert [life.state(p) for p in ("P7", "P8", "P9")] == ["ENROLLED", "WAITING", "WAITING"]
    assert "taken back" in life.plan.answers["P8"].reason
    assert life.open_decisions() == {"TOXICITY[level=1]": None}
    assert life.refused("decision", "LEVEL[level=-1]", value="REOPEN") == "not_proposed"
    life.decide("TOXICITY[level=1]", "DE_ESCALATE")
    life.decide("LEVEL[level=-1]", "REOPEN")
    assert [life.plan.answers[p].level for p in ("P8", "P9")] == ["-1", "-1"]


def test_a_corrected_dlt_does_not_resume_a_level_until_the_meeting_confirms_it() -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("YES", "P1")
    wrong = life.do("dlt", "P2", value="YES")
    life.ask("P4")
    assert life.states()["1"] == "toxic"
    life.report("void", target=wrong, reason="another patient")
    assert life.open_decisions() == {"RESUME[level=1]": "RESUME"}
    assert life.reason("P4") == "RESUME_OPEN"
    life.decide("RESUME[level=1]", "RESUME")
    assert life.plan.answers["P4"].level == "1"
    life.dlt("YES", "P3")
    assert life.states()["1"] == "toxic"
    assert life.state("P4") == "WAITING"


def test_a_reservation_on_a_level_that_de_escalates_is_taken_back_and_the_patient_waits_in_the_old_place() -> (
    None
):
    life = Life("R")
    life.enter(*names(1, 3))
    life.ask("P4", "P5", "P6", "P7")
    life.dlt("YES", "P1", "P2")
    assert [w.subject for w in life.plan.waiting] == ["P4", "P5", "P6", "P7"]
    assert life.level("1") == (3, 2, 1)


def test_the_meeting_may_stay_on_the_level_with_a_reason_and_is_asked_again_when_it_is_full() -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    assert life.refused("decision", "LEVEL[level=2]", value="STAY") == "not_proposed"
    assert life.refused("decision", "LEVEL[level=2]", value="STAY", override=True) == "reason_missing"
    life.decide("LEVEL[level=2]", "STAY", override=True, reason="more data wanted")
    life.ask("P4")
    assert life.plan.answers["P4"].level == "1"
    life.start("P4")
    life.enter("P5", "P6")
    life.ask("P7")
    assert life.state("P7") == "WAITING"
    life.dlt("NO", "P4", "P5", "P6")
    assert life.open_decisions() == {"LEVEL[level=2]": "ESCALATE"}
    assert not [o for o in life.plan.plan.alerts if o.id == "AMENDED"]


def test_an_escalation_that_nobody_has_used_is_open_again_when_a_verdict_changes() -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", "P1", "P2")
    verdict = life.do("dlt", "P3", value="NO")
    life.decide("LEVEL[level=2]", "ESCALATE")
    assert life.plan.level == "2"
    life.report("correction", target=verdict, details=(("value", "YES"),))
    assert life.level("1") == (3, 1, 0)
    assert life.plan.level == "1"
    assert life.open_decisions() == {}
    life.ask("P4")
    assert life.plan.answers["P4"].level == "1"


def test_an_escalation_that_was_used_stands_and_diverges() -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", "P1", "P2")
    verdict = life.do("dlt", "P3", value="NO")
    life.decide("LEVEL[level=2]", "ESCALATE")
    life.ask("P4")
    life.report("correction", target=verdict, details=(("value", "YES"),))
    opened, review = life.plan.plan.decisions
    assert (opened.state, opened.in_force, life.plan.level) == ("diverged", "ESCALATE", "2")
    assert (review.key, review.state) == ("ESCALATION[level=2]", "choice")
    assert life.state("P4") == "RESERVED"


@pytest.mark.parametrize(("option", "level"), [("CONTINUE", "2"), ("REOPEN", "1")])
def test_nobody_enters_a_level_that_the_design_would_not_open_today_until_the_meeting_has_looked(
    option: str, level: str
) -> None:
    life = on_level_two(Life("R"))
    life.enter("P4")
    verdict = next(e for e in life.record.events if e.name == "dlt" and e.scope[0][1] == "P2")
    life.report("correction", target=verdict.id, details=(("value", "YES"),))
    life.ask("P5")
    assert (life.plan.entry[0], life.state("P5")) == ("LEVEL_DECISION_OPEN", "WAITING")
    life.decide("ESCALATION[level=2]", option)
    assert (life.plan.entry[0], life.plan.level, life.state("P5")) == ("OPEN", level, "RESERVED")


def test_a_decision_is_bound_to_what_was_seen() -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    digest = life.plan.plan.decisions[0].digest
    life.start("P9")
    life.dlt("NO", "P9")
    assert life.refused("decision", "LEVEL[level=2]", value="ESCALATE", expected=digest) == "moved"


@pytest.mark.parametrize("option", ["ESCALATE", "STAY"])
def test_of_two_who_decide_what_both_have_seen_the_second_is_refused(option: str) -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    digest = life.plan.plan.decisions[0].digest
    life.report("decision", "LEVEL[level=2]", value="ESCALATE", expected=digest)
    again = {"value": option, "expected": digest, "override": True, "reason": "second thoughts"}
    assert life.refused("decision", "LEVEL[level=2]", **again) == "moved"


@pytest.mark.parametrize(
    ("table", "advice"),
    [("P13", ["SAME_LEVEL", "SAME_LEVEL", "ESCALATE"]), ("P14", ["ESCALATE", "ESCALATE", "SUSPEND"])],
)
def test_the_table_is_chosen_by_the_profile(table: str, advice: list[str]) -> None:
    found = []
    for n in (4, 5, 6):
        life = Life("R", table=table)
        life.enter(*names(1, n))
        life.dlt("NO", *names(1, n - 1))
        found.append(life.plan.levels[1].advice)
    assert found == advice


def test_in_three_plus_three_nobody_enters_while_a_cohort_is_observed() -> None:
    life = Life("T")
    life.enter(*names(1, 3))
    life.ask("P4")
    assert life.reason("P4") == "SUSPENDED"
    life.wait(days=28)
    life.dlt("NO", *names(1, 2))
    life.dlt("YES", "P3")
    assert life.plan.answers["P4"].level == "1"
    life.ask(*names(5, 7))
    assert life.state("P7") == "WAITING"


def test_more_than_six_on_a_level_are_said_and_nobody_else_enters() -> None:
    life = Life("R")
    life.enter(*names(1, 6))
    life.start("P7")
    assert life.level("1") == (7, 0, 7)
    assert {"ENTERED-WHILE-SUSPENDED[subject=P7]", "OVER-ENROLLED[level=1]"} <= set(life.told())
    life.ask("P8")
    assert life.reason("P8") == "SUSPENDED"
    life.dlt("NO", *names(1, 7))
    assert life.open_decisions() == {"LEVEL[level=2]": "ESCALATE"}


def test_a_window_that_ends_without_a_verdict_stays_pending_and_is_asked_for() -> None:
    life = Life("R", window="28")
    life.enter("P1")
    assert life.plan.plan.next_at is not None
    assert life.plan.plan.next_at.isoformat() == "2025-12-01T07:00:00+00:00"
    life.now = life.plan.plan.next_at
    assert {i.key: i.state for i in life.plan.plan.items} == {"DLT-VERDICT[subject=P1]": "late"}
    assert life.level("1") == (1, 0, 1)


def test_a_lower_recommended_level_may_be_taken_with_a_reason_a_toxic_one_never() -> None:
    life = on_level_two(Life("R"))
    life.enter(*names(4, 9))
    life.dlt("NO", *names(4, 9))
    (decision,) = [d for d in life.plan.plan.decisions if d.open]
    assert decision.options == ("2", "1")
    life.decide("RP2D", "1", override=True, reason="exposure")
    assert life.states()["1"] == "rp2d"


def test_confirm_auto_runs_up_to_the_top() -> None:
    life = Life("R", confirm=True)
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    life.enter(*names(4, 9))
    life.dlt("NO", *names(4, 9))
    assert [p for p, _, _ in life.plan.plan.tracks[0].path] == [
        "ACTIVATED", "PHASE1_LEVEL(1)", "PHASE1_LEVEL(2)", "RP2D_DECLARED",
    ]  # fmt: skip


def test_a_patient_treated_on_a_higher_level_without_a_decision_opens_it_for_nobody_else() -> None:
    life = Life("R")
    life.enter("P1")
    life.do("slot_taken_up", "P2", level="2")
    assert life.level("2") == (1, 0, 1)
    assert life.states()["2"] == "closed"
    life.ask("P3")
    assert life.plan.answers["P3"].level == "1"


def test_an_escalation_that_is_voided_after_patients_entered_lets_nobody_else_in() -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    event = life.report("decision", "LEVEL", value="ESCALATE")
    assert event is not None
    life.ask("P4")
    life.report("void", target=event.id, reason="not the meeting's decision")
    life.ask("P5")
    assert (life.state("P4"), life.state("P5")) == ("RESERVED", "WAITING")
    assert life.open_decisions() == {"LEVEL[level=2]": "ESCALATE"}


def test_r10_stopping_on_the_current_level_is_not_learnt_late() -> None:
    life = Life("R")
    life.enter(*names(1, 2))
    life.dlt("YES", *names(1, 2))
    life.decide("LEVEL[level=-1]", "DE_ESCALATE")
    life.enter(*names(3, 4))
    life.dlt("YES", *names(3, 4))
    assert life.plan.status == "STOP_PHASE1_TOXIC"
    assert [key for key in life.told() if key.startswith("DLT-LATE")] == []


def test_a_level_that_was_reopened_and_is_toxic_now_goes_down_without_a_review_of_late_dlts() -> None:
    life = on_level_two(Life("R"))
    life.enter(*names(4, 5))
    life.dlt("YES", *names(4, 5))
    life.decide("LEVEL[level=1]", "REOPEN")
    life.enter("P6", "P7")
    life.dlt("YES", "P6", "P7")
    assert life.open_decisions() == {"LEVEL[level=-1]": "DE_ESCALATE"}


def test_r6_new_verdicts_on_a_reopened_level_do_not_question_the_escalation_that_was_taken_back() -> None:
    life = on_level_two(Life("R"))
    life.enter(*names(4, 5))
    life.dlt("YES", *names(4, 5))
    life.decide("LEVEL[level=1]", "REOPEN")
    life.enter(*names(6, 8))
    life.dlt("NO", *names(6, 7))
    life.dlt("YES", "P8")
    assert [key for key in life.told() if key.startswith(("DIVERGED", "AMENDED"))] == []
    life.decide("RP2D", "1")
    assert [key for key in life.told() if key.startswith(("DIVERGED", "AMENDED"))] == []
    assert life.states() == {"-1": "not_opened", "1": "rp2d", "2": "toxic"}


def test_one_dlt_learnt_late_stops_entry_on_the_next_level_and_is_a_minor_note_to_the_meeting() -> None:
    life = on_level_two(Life("R"))
    life.enter("P4")
    verdict = next(e for e in life.record.events if e.name == "dlt" and e.scope[0][1] == "P2")
    life.report("correction", target=verdict.id, details=(("value", "YES"),))
    assert life.level("1") == (3, 1, 0)
    (told,) = [o for o in life.plan.plan.deviations if o.id == "DIVERGED"]
    assert (told.severity, told.notified, life.plan.entry[0]) == (
        "minor",
        ("meeting",),
        "LEVEL_DECISION_OPEN",
    )
    life.wait(days=3)
    (told,) = [o for o in life.plan.plan.deviations if o.id == "DIVERGED"]
    assert told.notified == ("meeting",)


@pytest.mark.parametrize("option", ["DE_ESCALATE", "REOPEN"])
def test_going_to_a_lower_level_is_understood_by_either_name(option: str) -> None:
    life = Life("R")
    life.enter(*names(1, 2))
    life.dlt("YES", *names(1, 2))
    event = life.report("decision", "LEVEL[level=-1]", id="down", value=option)
    assert event is not None
    assert event.value == "DE_ESCALATE"
    assert life.report("decision", "LEVEL[level=-1]", id="down", value=option) is None
    assert life.plan.level == "-1"
    life.enter("P3")
    (decision,) = life.plan.plan.decisions
    assert (decision.state, decision.in_force) == ("in_force", "DE_ESCALATE")


def test_a_decision_recorded_as_reopen_before_still_opens_a_lower_level_that_was_never_open() -> None:
    life = Life("R")
    life.enter(*names(1, 2))
    life.dlt("YES", *names(1, 2))
    event = life.report("decision", "LEVEL[level=-1]", value="DE_ESCALATE")
    assert event is not None
    assert event.seen is not None
    before = life.record.events[:-1]
    life.record = Record()
    for each in (*before, replace(event, value="REOPEN", seen=replace(event.seen, proposal="REOPEN"))):
        life.record.append(each)
    life.enter("P3")
    assert life.plan.level == "-1"
    assert [d.state for d in life.plan.plan.decisions] == ["in_force"]


def test_the_maximum_tolerated_dose_is_found_or_not_reached_by_an_id_of_its_own() -> None:
    found = Life("R")
    found.enter(*names(1, 6))
    found.dlt("NO", *names(1, 6))
    found.decide("LEVEL[level=2]", "ESCALATE")
    found.enter("P7", "P8")
    found.dlt("YES", "P7", "P8")
    found.decide("RP2D", "1")
    top = on_level_two(Life("R"))
    top.enter(*names(4, 9))
    top.dlt("NO", *names(4, 9))
    top.decide("RP2D", "2")
    said = [
        {m.id: m.text for m in life.plan.plan.milestones if m.id.startswith("MTD")} for life in (found, top)
    ]
    assert said == [
        {"MTD-FOUND": "R: the maximum tolerated dose is level 1; level 2 is toxic"},
        {"MTD-NOT-REACHED": "R: the maximum tolerated dose was not reached"},
    ]


def test_a_closed_subtrial_asks_for_no_further_level() -> None:
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    assert life.open_decisions() == {"LEVEL[level=2]": "ESCALATE"}
    life.do("closed", role="meeting")
    assert life.open_decisions() == {}
    assert life.refused("decision", "LEVEL[level=2]", value="ESCALATE") == "not_proposed"
    assert [key for key in life.told() if key.startswith("DECISION-OPEN")] == []


@pytest.mark.parametrize("value", ["NO", "YES"])
def test_a_seventh_evaluable_patient_by_a_late_correction_is_told_and_counts(value: str) -> None:
    life = Life("R")
    life.enter(*names(1, 6))
    judged = life.do("dlt", "P6", value="INEVALUABLE")
    life.enter("P7")
    life.dlt("NO", *names(1, 5), "P7")
    life.report("correction", target=judged, details=(("value", value),))
    assert life.level("1") == (7, int(value == "YES"), 0)
    assert "OVER-ENROLLED[level=1]" in life.told()
    assert life.open_decisions() == {"LEVEL[level=2]": "ESCALATE"}


def test_a_verdict_that_comes_with_the_end_of_the_window_is_never_late() -> None:
    life = Life("R", window="28")
    life.enter("P1")
    (item,) = life.plan.plan.items
    assert item.due is not None
    assert item.due.isoformat() == "2025-12-01"
    life.now = datetime(2025, 12, 1, 6, 59, tzinfo=UTC)  # 07:59 in Amsterdam
    assert [i.state for i in life.plan.plan.items] == ["planned"]
    life.dlt("NO", "P1")
    assert [i.state for i in life.plan.plan.items] == ["done"]


def test_nobody_can_say_before_the_end_of_the_window_that_there_was_no_dlt() -> None:
    life = Life("R", window="28")
    life.enter(*names(1, 3))
    life.wait(days=10)
    life.dlt("NO", *names(1, 2))
    assert life.level("1") == (3, 0, 3)
    assert life.told() == [f"VERDICT-EARLY[subject={name}]" for name in names(1, 2)]
    life.dlt("YES", "P3")
    assert life.level("1") == (3, 1, 2)
    life.now = datetime(2025, 11, 30, 22, 59, tzinfo=UTC)  # 23:59 in Amsterdam, on day 28
    assert life.level("1") == (3, 1, 2)
    assert life.plan.plan.next_at == datetime(2025, 11, 30, 23, tzinfo=UTC)
    life.wait(minutes=1)
    assert life.level("1") == (3, 1, 2)  # time alone makes nobody evaluable
    early = [o for o in life.plan.plan.deviations if o.id == "VERDICT-EARLY"]
    assert [(o.severity, "coordinator" in (o.to, *o.notified)) for o in early] == [("major", True)] * 2
    life.dlt("NO", "P1")
    assert life.level("1") == (3, 1, 1)
    assert life.told() == ["VERDICT-EARLY[subject=P2]"]


def test_who_is_judged_free_of_dlt_on_the_last_day_counts_when_it_is_over() -> None:
    life = Life("R", window="28")
    life.enter("P1")
    life.wait(days=27)
    life.dlt("NO", "P1")
    assert (life.level("1"), life.told()) == ((1, 0, 1), ["VERDICT-LAST-DAY[subject=P1]"])
    life.wait(days=1)
    assert life.level("1") == (1, 0, 0)


def test_a_verdict_of_a_day_before_the_first_dose_never_counts() -> None:
    life = Life("R", window="28")
    life.enter("P1")
    scope = (("subject", "P1"),)
    life.report(
        "action", "dlt", scope=scope, details=(("value", "NO"),), occurred=life.now - timedelta(days=2)
    )
    assert life.told() == ["VERDICT-BEFORE-DOSE[subject=P1]"]
    life.wait(days=40)
    assert life.level("1") == (1, 0, 1)
    life.dlt("NO", "P1")
    assert life.level("1") == (1, 0, 0)
