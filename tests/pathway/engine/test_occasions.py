"""A question belongs to its occasion, entering is history, and only a report makes something begun or done."""

# ruff: noqa: E501
# A table stays a table.

from dataclasses import replace

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import (
    Action,
    AdverseEventType,
    Anchor,
    Choice,
    Compare,
    Decision,
    Deviation,
    Done,
    Entered,
    Exit,
    Fact,
    Graded,
    Input,
    Is,
    Known,
    Limit,
    Milestone,
    Moment,
    Not,
    Outcome,
    Passed,
    Phase,
    Predicate,
    Protocol,
    Reading,
    Recorded,
    Rung,
    Task,
    Track,
    Unit,
    Version,
    all_of,
    any_of,
    registry,
    row,
)
from pathway.language.profile import make_profile
from tests.pathway.toy import Life, decision, notice

R = registry()
MARROW, OTHERS = Reading("marrow"), Reading("others")
CONSENTED = all_of(Is(Reading("consent"), ("GIVEN",)), Not(Recorded("withdrawn")))

TRIAL = Protocol(
    "occasions", "", (), Version("1", "2025-01-01", ""), "T-0", (), (),
    facts=(
        Fact("consent", "choice", "consent", "coordinator", R, values=("GIVEN", "REFUSED"), cardinality="latest"),
        Fact("marrow", "number", "a suspected marrow", "laboratory", R, units=(Unit("%"),), cardinality="latest"),
        Fact("others", "number", "other tests on that marrow", "laboratory", R, cardinality="latest", about=(("", "marrow"),)),
    ),
    actions=(
        Action("withdrawn", "consent withdrawn", R),
        Action("first_dose", "first dose", R),
        Action("eyes_seen", "eyes seen", R, about=(("", "OCULAR"),)),
        Action("course_started", "a course began", R),
    ),
    adverse_events=(AdverseEventType("OTHER", "another event", R), AdverseEventType("OCULAR", "eyes", R)),
    anchors=(Anchor("D1", "first dose", (Done("first_dose"),)),),
    criteria=(),
    decisions=(
        Decision("go_on", "", (Input("grave", Graded("OTHER", 4)),),
                 (row(Choice(("CONTINUE", "STOP")), R, grave="yes"), row(None, R, grave="no")), ("CONTINUE", "STOP"), R, confirm="clinician"),
        Decision("stopped", "", (Input("ever", Outcome("go_on", ("STOP",), ever=True)),),
                 (row("YES", R, ever="yes"), row("NO", R, ever="no")), ("YES", "NO"), R),
        Decision("relapse", "", (Input("high", Compare(MARROW, Limit(">=", "5"))), Input("other", Compare(OTHERS, Limit(">=", "1")))),
                 (row("YES", R, high="yes", other="yes"), row("NO", R, high="yes", other="no"), row("NO", R, high="no")), ("YES", "NO"), R),
    ),
    tracks=(
        Track("t", "", (
            Phase("SCREENING", "", R, (Exit("IN", CONSENTED, R), Exit("OUT", Not(CONSENTED), R)), confirm=None),
            Phase("IN", "", R, (Exit("OFF", Recorded("withdrawn"), R),), confirm=None, lasts=True),
            Phase("OUT", "", R, terminal=True),
            Phase("OFF", "", R, terminal=True),
        )),
    ),
    tasks=(Task("EYES", "an ophthalmologist", Graded("OCULAR", 1), Recorded("eyes_seen"), "clinician", R, ends_with="study"),),
)  # fmt: skip
COMPILED = compile_protocol(TRIAL)


def life() -> Life:
    return Life(COMPILED, make_profile(TRIAL))


def go_on(lived: Life, at: str) -> tuple[str, str | None]:
    found = decision(lived.plan(at), "go_on")
    return found.state, found.in_force


def test_an_answer_about_one_event_does_not_answer_the_next() -> None:
    lived = life()
    first = lived.ae("2025-02-01T09:00", "OTHER", 4, details={"scale": "CTCAE"})
    lived.decide("2025-02-01T10:00", "go_on", "CONTINUE")
    lived.ae("2025-02-02T09:00", "OTHER", 1, target=first.id, details={"scale": "CTCAE"})
    assert go_on(lived, "2025-02-03T09:00") == ("in_force", "CONTINUE")
    lived.ae("2025-02-04T09:00", "OTHER", 4, details={"scale": "CTCAE"})
    assert go_on(lived, "2025-02-04T10:00") == ("reopened", None)
    raised = notice(lived.plan("2025-02-04T10:00"), "REOPENED[decision=go_on]")
    assert raised is not None
    assert raised.since >= lived.record.events[-1].recorded


def test_the_same_event_asks_again_only_when_it_is_graver() -> None:
    lived = life()
    first = lived.ae("2025-02-01T09:00", "OTHER", 4, details={"scale": "CTCAE"})
    lived.decide("2025-02-01T10:00", "go_on", "CONTINUE")
    lived.ae("2025-02-02T09:00", "OTHER", 4, target=first.id, details={"scale": "CTCAE"})
    assert go_on(lived, "2025-02-02T10:00") == ("in_force", "CONTINUE")
    lived.ae("2025-02-03T09:00", "OTHER", 5, target=first.id, details={"scale": "CTCAE"})
    assert go_on(lived, "2025-02-03T10:00") == ("reopened", None)


def test_a_verdict_stays_with_its_event_when_the_next_is_judged_otherwise() -> None:
    lived = life()
    first = lived.ae("2025-02-01T09:00", "OTHER", 4, details={"scale": "CTCAE"})
    lived.decide("2025-02-01T10:00", "go_on", "STOP")
    lived.ae("2025-02-04T09:00", "OTHER", 4, details={"scale": "CTCAE"})
    assert decision(lived.plan("2025-02-04T10:00"), "stopped").in_force == "YES"
    lived.decide("2025-02-04T11:00", "go_on", "CONTINUE")
    assert go_on(lived, "2025-02-04T12:00") == ("in_force", "CONTINUE")
    assert decision(lived.plan("2025-02-04T12:00"), "stopped").in_force == "YES"
    lived.void("2025-02-05T09:00", first.id)
    assert decision(lived.plan("2025-02-05T10:00"), "stopped").in_force == "NO"


def test_other_tests_belong_to_the_marrow_that_they_were_made_on() -> None:
    lived = life()
    lived.fact("2025-02-01T09:00", "marrow", "8", unit="%")
    lived.fact("2025-02-02T09:00", "others", "0")
    assert decision(lived.plan("2025-02-02T10:00"), "relapse").in_force == "NO"
    lived.fact("2025-03-01T09:00", "marrow", "8", unit="%")
    assert decision(lived.plan("2025-03-01T10:00"), "relapse").in_force is None
    lived.fact("2025-03-02T09:00", "others", "1")
    assert decision(lived.plan("2025-03-02T10:00"), "relapse").in_force == "YES"


def test_what_was_done_for_one_event_is_due_again_for_the_next() -> None:
    lived = life()
    first = lived.ae("2025-02-01T09:00", "OCULAR", 2, details={"scale": "CTCAE"})
    lived.do("2025-02-02T09:00", "eyes_seen")
    lived.ae("2025-02-03T09:00", "OCULAR", 0, target=first.id, details={"scale": "CTCAE"})
    assert [i.state for i in lived.plan("2025-02-03T10:00").items] == ["done"]
    lived.ae("2025-02-05T09:00", "OCULAR", 1, details={"scale": "CTCAE"})
    assert [i.state for i in lived.plan("2025-02-05T10:00").items] == ["due"]


def test_whoever_was_enrolled_has_been_and_a_correction_says_otherwise() -> None:
    lived = life()
    given = lived.fact("2025-02-01T09:00", "consent", "GIVEN")
    lived.do("2025-02-10T09:00", "withdrawn")
    assert lived.plan("2025-02-10T10:00").tracks[0].phase == "OFF"
    assert [p for p, _, _ in lived.plan("2025-02-10T10:00").tracks[0].path] == ["SCREENING", "IN", "OFF"]
    lived.correct("2025-02-11T09:00", given.id, "REFUSED")
    assert lived.plan("2025-02-11T10:00").tracks[0].phase == "OUT"


def test_a_way_in_beside_an_end_says_whether_it_lasts() -> None:
    track = TRIAL.tracks[0]
    phases = tuple(replace(p, lasts=None) for p in track.phases)
    with pytest.raises(ProtocolError, match="lasts=True"):
        compile_protocol(replace(TRIAL, tracks=(replace(track, phases=phases),)))


BY_DATE = Passed(Moment("D1", days=3))
STARTED = Recorded("course_started")


@pytest.mark.parametrize("when", [BY_DATE, any_of(STARTED, BY_DATE), all_of(BY_DATE, Not(STARTED))])
def test_what_the_calendar_alone_would_announce_is_refused(when: Predicate) -> None:
    told = Milestone("BEGUN", "the course has begun", when, R)
    with pytest.raises(ProtocolError, match="calendar alone"):
        compile_protocol(replace(TRIAL, milestones=(told,)))
    compile_protocol(replace(TRIAL, milestones=(replace(told, expected=True),)))


def test_a_phase_entered_on_its_planned_day_is_no_report() -> None:
    exits = (Exit("COURSE", Recorded("first_dose"), R, planned="D1"),)
    track = Track("c", "", (Phase("BEFORE", "", R, exits), Phase("COURSE", "", R, started_by=(Done("course_started"),), exits=(Exit("END", STARTED, R),)),
                            Phase("END", "", R, terminal=True)))  # fmt: skip
    told = Milestone("BEGUN", "the course has begun", Entered("c", "COURSE"), R)
    with pytest.raises(ProtocolError, match="calendar alone"):
        compile_protocol(replace(TRIAL, tracks=(track,), milestones=(told,)))


def test_no_task_is_done_and_no_option_enacted_by_the_calendar_alone() -> None:
    with pytest.raises(ProtocolError, match="done by the calendar alone"):
        compile_protocol(replace(TRIAL, tasks=(replace(TRIAL.tasks[0], done=any_of(STARTED, BY_DATE)),)))
    enacted = replace(TRIAL.decisions[0], enacted=(("STOP", BY_DATE),))
    with pytest.raises(ProtocolError, match="enacted by the calendar alone"):
        compile_protocol(replace(TRIAL, decisions=(enacted, *TRIAL.decisions[1:])))


def test_what_is_expected_is_worded_so() -> None:
    told = Milestone("BEGUN", "the course has begun", BY_DATE, R, expected=True)
    trial = replace(TRIAL, milestones=(told,))
    lived = Life(compile_protocol(trial), make_profile(trial))
    lived.do("2025-02-01T09:00", "first_dose")
    assert [m.text for m in lived.plan("2025-02-10T10:00").milestones] == [
        "Expected by its date and not reported; report it when it is so: the course has begun"
    ]


def test_an_alarm_that_would_be_silent_while_a_value_is_missing_is_refused() -> None:
    measured = any_of(Known(MARROW), Compare(OTHERS, Limit("<", "1")))
    missing = Deviation("MISSING", "no marrow", Not(measured), (Rung("major"),), R)
    with pytest.raises(ProtocolError, match="is silent while it is unknown"):
        compile_protocol(replace(TRIAL, deviations=(missing,)))
