"""What only time shows as done does not close a question that a changed value has opened."""

from pathway.engine.compiler import compile_protocol
from pathway.language import (
    Action,
    Anchor,
    Band,
    Decision,
    Done,
    Exit,
    Fact,
    Input,
    Limit,
    Moment,
    Passed,
    Phase,
    Protocol,
    Reading,
    Recorded,
    Track,
    Unit,
    Version,
    all_of,
    registry,
    row,
)
from pathway.language.profile import make_profile
from tests.pathway.toy import Life, decision, notice

R = registry()
BEGINS = all_of(Recorded("begun"), Passed(Moment("start", days=10, at="start")))
"""Reported as planned, and its day has come."""
COMPILED = compile_protocol(
    Protocol(
        "by-time", "", (), Version("1", "2025-01-01", ""), "T-0", (), (),
        facts=(Fact("a", "number", "a", "laboratory", R, units=(Unit("u"),)),),
        actions=(Action("begun", "begun", R),),
        anchors=(Anchor("start", "start", (Done("begun"),)),),
        criteria=(),
        decisions=(
            Decision(
                "course", "", (Input("a", Reading("a"), (Band("low", (Limit("<", "10"),)), Band("high", (Limit(">=", "10"),)))),),
                (row("X", R, a="low"), row("Y", R, a="high")), ("X", "Y"), R,
                confirm="clinician", enacted=(("X", BEGINS),), on_reopen="keep",
            ),
        ),
        tracks=(Track("t", "", (Phase("START", "", R, (Exit("END", Recorded("begun"), R),), confirm=None),
                                Phase("END", "", R, terminal=True))),),
    )
)  # fmt: skip


def taken() -> Life:
    """X is taken on a = 5; it begins on 11 February."""
    life = Life(COMPILED, make_profile(COMPILED.protocol))
    life.do("2025-02-01T09:00", "begun")
    life.fact("2025-02-01T09:01", "a", "5", unit="u")
    life.decide("2025-02-01T10:00", "course", "X")
    return life


def test_a_question_that_was_opened_before_the_planned_start_stays_open_after_it() -> None:
    life = taken()
    life.correct("2025-02-08T09:00", "e2", "12", unit="u")
    found = decision(life.plan("2025-02-12T09:00"), "course")
    assert (found.state, found.proposal, found.open) == ("reopened", "Y", True)
    raised = notice(life.plan("2025-02-12T09:00"), "REOPENED[decision=course]")
    assert raised is not None
    assert raised.severity == "critical"


def test_a_correction_after_the_start_diverges() -> None:
    life = taken()
    life.correct("2025-02-12T09:00", "e2", "12", unit="u")
    assert decision(life.plan("2025-02-13T09:00"), "course").state == "diverged"
