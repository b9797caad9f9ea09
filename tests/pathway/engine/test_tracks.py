"""Where the patient is: confirmed exits, recorded reality, and what happens when either is taken back."""

from dataclasses import replace

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.language import (
    Action,
    Anchor,
    Done,
    Exit,
    Fact,
    Is,
    Offset,
    Phase,
    Protocol,
    Reading,
    Recorded,
    Track,
    Version,
    registry,
)
from pathway.language.profile import make_profile
from tests.pathway.toy import Life, berlin, decision, enrolled, infused, notice, phase

R = registry()


def path(life: Life, at: str, track: str = "treatment") -> list[tuple[str, str]]:
    found = next(t for t in life.plan(at).tracks if t.id == track)
    return [(name, how) for name, _, how in found.path]


def consolidated() -> Life:
    """Infusion 1 complete and good, course 1 confirmed."""
    life = infused()
    life.fact("2025-04-09T09:00", "mrd", "5e-5", unit="fraction", point="BL1-END", on="2025-04-08T09:00")
    life.decide("2025-04-10T09:00", "realloc", "STAY")
    life.decide("2025-04-10T10:00", "AFTER_BLINA_1", "COURSE_1")
    return life


def test_a_confirmed_exit_takes_effect_at_its_planned_day_and_not_before() -> None:
    life = consolidated()
    assert phase(life.plan("2025-04-20T23:59")) == "BLINA_1"
    assert phase(life.plan("2025-04-21T00:00")) == "COURSE_1"
    assert life.plan("2025-04-20T23:59").next_at == berlin("2025-04-21T00:00")


def test_a_confirmation_after_the_planned_day_takes_effect_when_it_is_given() -> None:
    life = infused()
    life.fact("2025-04-29T09:00", "mrd", "5e-5", unit="fraction", point="BL1-END", on="2025-04-08T09:00")
    life.decide("2025-04-30T10:00", "AFTER_BLINA_1", "COURSE_1")
    track = next(t for t in life.plan("2025-05-01T09:00").tracks if t.id == "treatment")
    assert (track.phase, track.since) == ("COURSE_1", berlin("2025-04-30T10:00"))


def test_a_phase_that_only_a_start_opens_is_not_entered_by_confirmation() -> None:
    life = infused()
    life.void("2025-03-11T09:00", life.record.events[-1].id)
    assert phase(life.plan("2025-06-01T09:00")) == "INDUCTION"


def test_what_has_begun_has_begun_and_the_missing_confirmation_is_a_deviation() -> None:
    life = enrolled()
    life.fact("2025-03-07T12:00", "cns", "CNS2", on="2025-03-07T09:00")
    life.blina("2025-03-10T10:00", "started")
    plan = life.plan("2025-03-10T11:00")
    assert phase(plan) == "BLINA_1"
    assert notice(plan, "STARTED-UNCONFIRMED[phase=BLINA_1]") is not None
    assert path(life, "2025-03-10T11:00")[-1] == ("BLINA_1", "recorded")


def test_what_has_begun_as_confirmed_is_no_deviation() -> None:
    plan = infused().plan("2025-03-10T11:00")
    assert phase(plan) == "BLINA_1"
    assert notice(plan, "STARTED-UNCONFIRMED") is None


def test_a_start_before_its_planned_day_enters_at_once() -> None:
    life = consolidated()
    life.do("2025-04-15T09:00", "course_started", scope=(("course", "IB"),))
    track = next(t for t in life.plan("2025-04-15T10:00").tracks if t.id == "treatment")
    assert (track.phase, track.since) == ("COURSE_1", berlin("2025-04-15T09:00"))


def test_a_backdated_start_redates_the_phase() -> None:
    life = consolidated()
    life.do("2025-04-25T09:00", "course_started", scope=(("course", "IB"),), on="2025-04-22T09:00")
    life.correct("2025-04-25T10:00", life.record.events[-1].id, on="2025-04-16T09:00")
    track = next(t for t in life.plan("2025-04-26T10:00").tracks if t.id == "treatment")
    assert track.since == berlin("2025-04-16T09:00")


def test_voiding_an_old_transition_returns_the_patient_and_later_confirmations_are_replayed() -> None:
    life = enrolled()
    life.fact("2025-02-10T12:00", "blasts", "320", unit="/uL", on="2025-02-10T09:00")
    old = life.decide("2025-02-10T13:00", "AFTER_PREPHASE", "INDUCTION")
    life.fact("2025-03-07T12:00", "cns", "CNS2", on="2025-03-07T09:00")
    life.decide("2025-03-08T12:00", "AFTER_INDUCTION", "COURSE_1")
    assert phase(life.plan("2025-05-01T09:00")) == "COURSE_1"
    life.void("2025-05-01T10:00", old.id)
    assert phase(life.plan("2025-05-01T10:00")) == "PREPHASE"
    life.decide("2025-05-01T11:00", "AFTER_PREPHASE", "INDUCTION")
    track = next(t for t in life.plan("2025-05-01T12:00").tracks if t.id == "treatment")
    assert track.phase == "COURSE_1"
    instants = [at for _, at, _ in track.path]
    assert instants == sorted(instants)
    assert track.since == berlin("2025-05-01T11:00")


def test_the_first_of_two_ways_wins_only_if_those_before_it_are_ruled_out() -> None:
    life = consolidated()
    assert decision(life.plan("2025-04-22T09:00"), "AFTER_COURSE_1").proposal is None
    life.decide("2025-04-22T10:00", "cycle2", "YES", role="meeting")
    assert decision(life.plan("2025-04-22T11:00"), "AFTER_COURSE_1").proposal == "BLINA_2"


def test_a_terminal_phase_is_left_for_nothing_and_facts_are_still_recorded() -> None:
    life = consolidated()
    life.do("2025-04-22T09:00", "withdrawn")
    assert phase(life.plan("2025-04-22T10:00")) == "OFF"
    life.do("2025-04-23T09:00", "course_started", scope=(("course", "IB"),))
    life.do("2025-04-24T09:00", "death")
    plan = life.plan("2025-04-25T10:00")
    assert phase(plan) == "OFF"
    assert next(e for e in plan.endpoints if e.id == "EFS").event is not None


@pytest.mark.parametrize("what", ["withdrawn", "relapse", "death"])
def test_some_exits_are_open_from_everywhere_without_asking(what: str) -> None:
    for life in (enrolled(), infused(), consolidated()):
        life.do("2025-04-22T09:00", what)
        assert path(life, "2025-04-22T10:00")[-1] == ("OFF", "automatic")


def test_voiding_a_death_brings_the_patient_back() -> None:
    life = consolidated()
    event = life.do("2025-04-22T09:00", "death")
    life.void("2025-04-23T09:00", event.id)
    assert phase(life.plan("2025-04-23T10:00")) == "COURSE_1"


def test_tracks_run_side_by_side_and_a_phase_without_a_question_is_left_by_itself() -> None:
    life = infused()
    assert phase(life.plan("2025-03-11T09:00"), "transplant") == "NO_HSCT"
    life.correct("2025-03-11T09:00", "e1", "2024-10-01")
    life.fact("2025-03-11T09:01", "wbc", "400", unit="10^9/L", on="2025-02-02T09:00")
    plan = life.plan("2025-03-11T10:00")
    assert (phase(plan), phase(plan, "transplant")) == ("BLINA_1", "SEARCH")


def test_a_proposal_to_go_lapses_when_the_marrow_is_fifteen_days_old() -> None:
    life = infused()
    life.correct("2025-03-11T09:00", "e1", "2024-10-01")
    life.fact("2025-03-11T09:01", "wbc", "400", unit="10^9/L", on="2025-02-02T09:00")
    life.do("2025-03-11T09:02", "donor_found")
    life.fact("2025-04-09T09:00", "mrd", "5e-5", unit="fraction", point="BL1-END", on="2025-04-08T23:30")
    assert decision(life.plan("2025-04-22T23:59"), "AFTER_SEARCH").proposal == "READY"
    assert decision(life.plan("2025-04-23T00:00"), "AFTER_SEARCH").proposal is None
    life.fact("2025-04-23T09:00", "conditioning", "2025-04-22")
    assert decision(life.plan("2025-04-23T10:00"), "AFTER_SEARCH").proposal == "READY"


def test_a_planned_conditioning_day_in_the_future_is_planned_and_counts_back() -> None:
    life = infused()
    life.correct("2025-03-11T09:00", "e1", "2024-10-01")
    life.fact("2025-03-11T09:01", "wbc", "400", unit="10^9/L", on="2025-02-02T09:00")
    life.do("2025-03-11T09:02", "donor_found")
    life.fact("2025-04-09T09:00", "mrd", "5e-5", unit="fraction", point="BL1-END", on="2025-04-08T09:00")
    life.fact("2025-04-09T10:00", "conditioning", "2025-04-23")
    plan = life.plan("2025-04-09T11:00")
    assert [actual for name, _, actual in plan.anchors if name == "conditioning"] == [False]
    assert decision(plan, "AFTER_SEARCH").proposal is None
    life.fact("2025-04-10T10:00", "conditioning", "2025-04-22")
    assert decision(life.plan("2025-04-10T11:00"), "AFTER_SEARCH").proposal == "READY"


def test_an_exit_from_everywhere_that_a_terminal_phase_held_back_is_taken_no_earlier_than_what_follows() -> (
    None
):
    ends = (
        Phase("A", "", R, (Exit("END", Recorded("other"), R),), confirm=None),
        Phase("END", "", R, terminal=True),
        Phase("LATER", "", R, started_by=(Done("begun"),)),
        Phase("OFF", "", R, terminal=True),
    )
    protocol = replace(WAY, tracks=(Track("t", "", ends, (Exit("OFF", Recorded("start"), R),)),))
    life = Life(compile_protocol(protocol), make_profile(protocol))
    for day, what in (("01", "other"), ("02", "start")):
        life.do(f"2025-02-{day}T09:00", what)
    assert phase(life.plan("2025-02-02T10:00"), "t") == "END"
    life.do("2025-02-03T09:00", "begun")
    track = life.plan("2025-02-03T10:00").tracks[0]
    assert [(name, at) for name, at, _ in track.path[2:]] == [
        ("LATER", berlin("2025-02-03T09:00")),
        ("OFF", berlin("2025-02-03T09:00")),
    ]


WAY = Protocol(
    "way", "", (), Version("1", "2025-01-01", ""), "T-0", (), (),
    facts=(Fact("go", "choice", "", "laboratory", R, values=("YES", "NO"), cardinality="latest"),),
    actions=(Action("start", "", R), Action("other", "", R), Action("begun", "", R)),
    anchors=(Anchor("start", "", (Done("start"),)), Anchor("ten", "", (), (Offset("start", 10),))),
    criteria=(),
    decisions=(),
    tracks=(Track("t", "", (
        Phase("A", "", R, (Exit("B", Is(Reading("go"), ("YES",)), R, "ten"), Exit("C", Is(Reading("go"), ("NO",)), R, "ten"))),
        Phase("B", "", R, terminal=True, started_by=(Done("begun"),)),
        Phase("C", "", R, terminal=True),
    )),),
)  # fmt: skip


def way() -> Life:
    """Confirmed on the first day, to be entered on the eleventh."""
    life = Life(compile_protocol(WAY), make_profile(WAY))
    life.do("2025-02-01T09:00", "start")
    life.fact("2025-02-01T10:00", "go", "YES")
    life.decide("2025-02-01T11:00", "AFTER_A", "B")
    return life


def test_a_value_that_turns_before_the_planned_day_keeps_the_patient_where_they_are() -> None:
    life = way()
    life.fact("2025-02-05T10:00", "go", "NO")
    plan = life.plan("2025-02-20T09:00")
    assert (phase(plan, "t"), decision(plan, "AFTER_A").state) == ("A", "reopened")


def test_a_value_that_turns_after_the_planned_day_leaves_the_patient_where_they_went() -> None:
    life = way()
    life.fact("2025-02-15T10:00", "go", "NO")
    plan = life.plan("2025-02-20T09:00")
    assert (phase(plan, "t"), decision(plan, "AFTER_A").state) == ("B", "diverged")


def test_a_value_that_turned_in_time_does_not_lose_its_effect_when_it_is_reported_again() -> None:
    life = way()
    life.fact("2025-02-05T10:00", "go", "NO")
    life.fact("2025-02-15T10:00", "go", "NO")
    assert phase(life.plan("2025-02-20T09:00"), "t") == "A"


def test_a_value_that_is_confirmed_in_time_and_turns_later_leaves_the_patient_where_they_went() -> None:
    life = way()
    life.fact("2025-02-05T10:00", "go", "YES")
    life.fact("2025-02-15T10:00", "go", "NO")
    assert phase(life.plan("2025-02-20T09:00"), "t") == "B"


def test_a_confirmed_transition_stays_in_force_once_it_has_begun_whatever_turns() -> None:
    life = way()
    life.do("2025-02-03T09:00", "begun")
    life.fact("2025-02-05T10:00", "go", "NO")
    plan = life.plan("2025-02-20T09:00")
    assert (phase(plan, "t"), decision(plan, "AFTER_A").state, decision(plan, "AFTER_A").open) == (
        "B",
        "diverged",
        False,
    )
