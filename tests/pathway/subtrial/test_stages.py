"""Two stages: the acceptance cases of section 5.3 (0.20 against 0.40, 5 % and 20 %: 3/13, 12/43)."""

from tests.pathway.toy_subtrials import Life, names


def entered(life: Life, first: int, last: int, responders: int, known: int | None = None) -> Life:
    """Patients enter, the first of them respond, the others do not; of those beyond `known` nothing is known."""
    people = names(first, last)
    life.enter(*people)
    life.responded("YES", *people[:responders])
    life.responded("NO", *people[responders : len(people) if known is None else known])
    return life


def test_three_of_thirteen_stop_for_futility() -> None:
    life = entered(Life("S"), 1, 13, 3)
    assert life.plan.status == "STOPPED_FUTILITY"
    life.ask("P14")
    assert (life.state("P14"), life.reason("P14")) == ("CLOSED", "STOPPED_FUTILITY")
    assert life.open_decisions() == {}


def test_four_of_thirteen_open_stage_two_when_the_meeting_confirms() -> None:
    life = entered(Life("S"), 1, 13, 4)
    life.ask("P14")
    assert (life.state("P14"), life.reason("P14")) == ("WAITING", "STAGE_DECISION_OPEN")
    assert life.open_decisions() == {"STAGE2": "OPEN"}
    life.decide("STAGE2", "OPEN")
    assert life.plan.status == "PHASE2_STAGE2"
    assert life.state("P14") == "RESERVED"


def test_twelve_of_forty_three_are_not_promising_and_thirteen_are() -> None:
    for responders, verdict in ((12, "not promising"), (13, "promising")):
        life = entered(Life("S", confirm=True), 1, 13, 4)
        entered(life, 14, 43, responders - 4)
        assert life.plan.status == "FINAL_ANALYSIS"
        assert life.plan.stage is not None
        assert life.plan.stage.verdict == verdict
        life.ask("P44")
        assert life.state("P44") == "ENROLMENT_COMPLETE"


def test_more_than_r1_responders_go_on_without_a_hold() -> None:
    life = entered(Life("S", confirm=True), 1, 13, 4, known=9)
    life.ask("P14")
    assert life.state("P14") == "RESERVED"
    assert life.plan.status == "PHASE2_STAGE2"


def test_three_responders_after_twelve_and_one_pending_hold_entry() -> None:
    life = entered(Life("S", confirm=True), 1, 13, 3, known=12)
    life.ask("P14")
    assert life.plan.status == "STAGE1_HOLD"
    assert (life.state("P14"), life.reason("P14")) == ("WAITING", "STAGE_HOLD")
    assert {i.key: i.state for i in life.plan.plan.items}["RESPONSE[subject=P13]"] == "due"
    life.responded("YES", "P13")
    assert life.state("P14") == "RESERVED"


def test_one_who_is_inevaluable_for_response_is_replaced() -> None:
    life = entered(Life("S"), 1, 13, 0, known=0)
    life.ask("P14")
    assert life.reason("P14") == "STAGE_HOLD"
    life.responded("INEVALUABLE", "P13")
    assert life.state("P14") == "RESERVED"


def test_a_futile_trial_with_a_response_corrected_asks_for_stage_two() -> None:
    life = entered(Life("S"), 1, 13, 3)
    assert life.plan.status == "STOPPED_FUTILITY"
    life.correct("response", "P13", "YES")
    assert life.open_decisions() == {"STAGE2": "OPEN"}


def test_stage_two_that_has_begun_stops_in_the_moment_in_which_a_response_is_corrected_to_r1() -> None:
    life = entered(Life("S", confirm=True), 1, 13, 4)
    life.enter("P14")
    life.confirm = False
    life.ask("P15")
    life.correct("response", "P1", "NO")
    (stage,) = life.plan.plan.decisions
    assert (stage.state, stage.proposal, stage.options) == ("reopened", "STOP", ("STOP", "OPEN"))
    assert (life.plan.status, life.plan.entry[0]) == ("PHASE2_STAGE2", "STAGE_DECISION_OPEN")
    assert (life.state("P14"), life.state("P15")) == ("ENROLLED", "WAITING")
    assert "REOPENED[decision=STAGE2]" in life.told()
    life.ask("P16")
    assert (life.state("P16"), life.reason("P16")) == ("WAITING", "STAGE_DECISION_OPEN")


def test_the_meeting_stops_a_stage_that_should_not_have_been_opened() -> None:
    life = entered(Life("S", confirm=True), 1, 13, 4)
    life.enter("P14")
    life.correct("response", "P1", "NO")
    assert (life.plan.status, life.plan.entry[0]) == ("FINAL_ANALYSIS", "CLOSED")
    life.responded("YES", "P14")
    assert life.plan.entry[0] == "CLOSED"


def test_the_meeting_goes_on_with_such_a_stage_only_with_a_reason() -> None:
    life = entered(Life("S", confirm=True), 1, 13, 4)
    life.enter("P14")
    life.confirm = False
    life.correct("response", "P1", "NO")
    assert life.refused("decision", "STAGE2", value="OPEN") == "not_proposed"
    life.decide("STAGE2", "OPEN", override=True, reason="the committee advised it")
    life.ask("P15")
    assert life.state("P15") == "RESERVED"
    life.responded("NO", "P14")
    assert life.plan.entry[0] == "OPEN"


def test_a_stage_whose_ground_has_come_back_is_confirmed_again_by_a_person() -> None:
    life = entered(Life("S", confirm=True), 1, 13, 4)
    life.enter("P14")
    life.confirm = False
    life.correct("response", "P1", "NO")
    life.correct("response", "P1", "YES")
    assert life.open_decisions() == {"STAGE2": "OPEN"}
    assert life.plan.entry[0] == "STAGE_DECISION_OPEN"


def test_a_stage_of_which_a_response_was_voided_is_left_to_the_meeting() -> None:
    life = entered(Life("S", confirm=True), 1, 13, 4)
    life.enter("P14")
    life.confirm = False
    voided = life.record.actions["response"][0].id
    life.report("void", target=voided, reason="another patient")
    assert life.open_decisions() == {"STAGE2": None}
    assert life.plan.entry[0] == "STAGE_DECISION_OPEN"
    assert {"VERDICT-VOIDED[decision=STAGE2]", "REOPENED[decision=STAGE2]"} <= set(life.told())


def test_a_slot_of_stage_two_that_nobody_has_taken_up_is_taken_back() -> None:
    life = entered(Life("S", confirm=True), 1, 13, 4)
    life.confirm = False
    life.ask("P14")
    life.correct("response", "P1", "NO")
    assert (life.plan.status, life.state("P14")) == ("STOPPED_FUTILITY", "CLOSED")
    assert "LAPSED[decision=STAGE2]" in life.told()


def test_contradictory_responses_are_pending_and_told() -> None:
    life = entered(Life("S"), 1, 13, 4)
    life.responded("NO", "P1")
    assert (life.plan.status, life.open_decisions()) == ("STAGE1_HOLD", {})
    assert "RESPONSE-CONFLICT[subject=P1]" in life.told()


def test_parameters_that_are_not_set_are_asked_for_and_phase_two_cannot_open() -> None:
    life = Life("D")
    life.do("activated", country="NL", site="S01")
    life.enter(*names(1, 6))
    life.dlt("NO", *names(1, 6))
    life.decide("LEVEL[level=2]", "ESCALATE")
    life.enter(*names(7, 12))
    life.dlt("NO", *names(7, 12))
    life.decide("RP2D", "2")
    life.ask("P13")
    assert life.plan.status == "RP2D_DECLARED"
    assert life.reason("P13") == "NOT_SET"
    decision = next(d for d in life.plan.plan.decisions if d.id == "PHASE2")
    assert (decision.state, [m.what for m in decision.missing]) == ("waiting", ["p0", "p1"])
    assert [i.state for i in life.plan.plan.items if i.id == "PARAMETERS"] == ["not_set"]
    known = Life("D", p0="0.20", p1="0.40")
    known.record, known.now = life.record, life.now
    assert known.open_decisions() == {"PHASE2": "OPEN"}


def test_after_dose_finding_phase_two_opens_at_the_recommended_level() -> None:
    life = Life("RS")
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    life.decide("LEVEL[level=2]", "ESCALATE")
    life.enter(*names(4, 9))
    life.dlt("NO", *names(4, 9))
    life.decide("RP2D", "2")
    life.ask("P10")
    assert life.reason("P10") == "STAGE_DECISION_OPEN"
    life.decide("PHASE2", "OPEN")
    assert life.plan.answers["P10"].level == "2"
    assert life.plan.status == "PHASE2_STAGE1"
    assert life.level("2") == (6, 0, 0)


def test_a_dlt_learnt_late_at_the_recommended_level_halts_phase_two() -> None:
    life = Life("RS", confirm=True)
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    life.enter(*names(4, 9))
    life.dlt("YES", "P4")
    life.dlt("NO", *names(5, 9))
    life.enter("P10")
    life.ask("P11")
    assert life.plan.status == "PHASE2_STAGE1"
    life.dlt("YES", "P5")
    assert (life.state("P10"), life.state("P11"), life.reason("P11")) == (
        "ENROLLED",
        "WAITING",
        "TOXICITY_REVIEW",
    )
    assert "DLT-LATE[level=2]" in life.told()
    assert life.open_decisions() == {"TOXICITY[level=2]": None}
