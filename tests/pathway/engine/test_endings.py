"""Ends: what still runs when treatment is over, what is asked then, and what comes too late."""

from dataclasses import replace
from typing import Any

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import (
    Choice,
    Decision,
    InPhase,
    Input,
    Is,
    Known,
    Milestone,
    Not,
    Order,
    Predicate,
    Reading,
    Recorded,
    Task,
    all_of,
    any_of,
    registry,
    row,
)
from tests.pathway.toy import TOY, Life, decision, infused, notice

R = registry()
CLEAR = Input("clear", Is(Reading("cns"), ("CNS1",)))
GO = Decision(
    "go", "go?", (CLEAR,), (row("YES", R, clear="yes"), row(None, R, clear="no")), ("YES",), R, confirm="clinician",
    enacted=(("YES", Recorded("donor_found")),),
)  # fmt: skip
PICK = Decision(
    "pick", "which?", (CLEAR,), (row(Choice(("A", "B")), R, clear="yes"), row("A", R, clear="no")), ("A", "B"), R,
    confirm="clinician",
)  # fmt: skip
BELOW = Decision(
    "below",
    "what follows",
    (Input("pick", "pick"),),
    (row("X", R, pick="A"), row("Y", R, pick="B")),
    ("X", "Y"),
    R,
)

PUMP = "DISCONNECT[ledger=blina[cycle=1]]"


@pytest.mark.parametrize("action", ["relapse", "withdrawn"])
def test_an_exit_from_treatment_asks_to_disconnect_until_the_end_is_reported(action: str) -> None:
    life = infused()
    assert notice(life.plan("2025-03-14T10:00"), PUMP) is None
    life.do("2025-03-15T10:00", action)
    told = notice(life.plan("2025-03-15T10:00"), PUMP)
    assert told is not None
    assert (told.severity, told.state) == ("critical", "raised")
    assert notice(life.plan("2025-03-25T10:00"), PUMP) is not None
    life.blina("2025-03-25T12:00", "ended")
    done = life.plan("2025-03-25T12:00")
    assert notice(done, PUMP) is None
    assert done.ledgers[0].state == "stopped"


def test_time_completes_no_infusion_after_treatment_has_ended() -> None:
    life = infused()
    life.do("2025-03-15T10:00", "relapse")
    assert life.plan("2025-04-20T10:00").ledgers[0].state == "running"


def test_what_was_complete_before_the_end_stays_complete() -> None:
    life = infused()
    life.blina("2025-04-07T11:00", "ended")
    life.do("2025-04-10T10:00", "relapse")
    plan = life.plan("2025-04-10T10:00")
    assert plan.ledgers[0].state == "complete"
    assert notice(plan, PUMP) is None


def test_death_is_itself_the_end_of_an_infusion() -> None:
    life = infused()
    life.do("2025-03-15T10:00", "death")
    plan = life.plan("2025-04-20T10:00")
    assert (plan.ledgers[0].state, plan.ledgers[0].dose) == ("stopped", "0")
    assert notice(plan, PUMP) is None


def test_a_start_after_the_end_of_treatment_is_told() -> None:
    life = infused()
    life.do("2025-03-15T10:00", "relapse")
    life.blina("2025-03-15T11:00", "ended")
    life.blina("2025-05-01T10:00", "started", "2")
    assert notice(life.plan("2025-05-01T10:00"), "AFTER-EXIT[ledger=blina[cycle=2]]") is not None


def test_a_result_after_death_is_told_as_late_and_opens_no_question() -> None:
    life = infused()
    life.do("2025-03-15T10:00", "death")
    before = life.plan("2025-03-15T12:00")
    life.fact("2025-03-17T10:00", "mrd", "0.002", point="EOI", unit="fraction", on="2025-03-07T09:00")
    after = life.plan("2025-04-20T10:00")
    late = notice(after, "LATE-RESULT[point=EOI]")
    assert late is not None
    assert late.severity == "info"
    assert {m.key for m in after.milestones} == {m.key for m in before.milestones}
    assert not [d.key for d in after.decisions if d.open]
    assert notice(after, "DECISION-OPEN") is None
    assert not [i.key for i in after.items if i.state in ("due", "late", "planned", "blocked")]


@pytest.mark.parametrize(
    ("when", "says", "stays"),
    [
        (Known(Reading("cns")), "", True),  # nothing in it ends by a relapse
        (Known(Reading("cns")), "treatment", False),
        (Known(Reading("cns")), "never", False),
        (InPhase("treatment", ("PREPHASE",)), "", False),  # a relapse leads from every phase of it
        (all_of(Known(Reading("cns")), Not(Recorded("relapse"))), "", False),
        (any_of(InPhase("treatment", ("PREPHASE",)), Known(Reading("cns"))), "", True),
    ],
)
def test_a_task_that_outlives_an_exit_from_treatment_says_so(when: Predicate, says: Any, stays: bool) -> None:
    task = Task("X", "x", when, Recorded("donor_found"), "clinician", R, ends_with=says)
    changed = replace(TOY, tasks=(*TOY.tasks, task))
    if not stays:
        compile_protocol(changed)
        return
    with pytest.raises(ProtocolError, match="'X' outlives an exit from treatment, such as 'relapse'"):
        compile_protocol(changed)


def test_late_results_of_one_evaluation_are_told_once_a_day() -> None:
    life = infused()
    life.do("2025-03-15T10:00", "death")
    for at, value in (("2025-03-17T10:00", "0.002"), ("2025-03-17T10:01", "0.003")):
        life.fact(at, "mrd", value, point="EOI", unit="fraction", on="2025-03-07T09:00")
        late = [o for o in life.plan(at).alerts if o.id == "LATE-RESULT"]
        assert [(o.key, "times" in o.text) for o in late] == [("LATE-RESULT[point=EOI]", False)]
    life.fact("2025-03-19T10:00", "mrd", "0.004", point="EOI", unit="fraction", on="2025-03-07T09:00")
    (again,) = [o for o in life.plan("2025-03-19T11:00").alerts if o.id == "LATE-RESULT"]
    assert "(2 times, the last known since 2025-03-19)" in again.text


def test_an_end_of_a_day_that_cannot_be_acts_from_its_report_on() -> None:
    order = Order("infusion_started", "relapse", "relapse before the drug", registry())
    life = infused(compiled=compile_protocol(replace(TOY, orders=(*TOY.orders, order))))
    life.do("2025-03-15T10:00", "relapse", on="2025-01-10T10:00")
    plan = life.plan("2025-03-15T12:00")
    assert notice(plan, "AFTER-EXIT[ledger=blina]") is None
    assert {"DISCONNECT", "IMPOSSIBLE-ORDER"} <= {o.id for o in (*plan.alerts, *plan.deviations)}


def asked_until(**more: object) -> Life:
    """A go that was confirmed and not carried out, a question that nobody answered, and a table below it; then a relapse."""
    go = replace(GO, **more)  # type: ignore[arg-type]
    life = Life(compile_protocol(replace(TOY, decisions=(*TOY.decisions, go, PICK, BELOW))))
    life.fact("2025-04-08T09:00", "cns", "CNS1")
    life.decide("2025-04-08T10:00", "go", "YES")
    return life


def test_what_was_confirmed_and_not_carried_out_is_over_with_treatment() -> None:
    life = asked_until()
    life.do("2025-04-09T09:00", "relapse")
    life.do("2025-04-10T09:00", "donor_found")
    found = decision(life.plan("2025-04-10T10:00"), "go")
    assert (found.state, found.in_force, found.open) == ("none", None, False)


def test_what_was_carried_out_before_the_end_stands() -> None:
    life = asked_until()
    life.do("2025-04-08T11:00", "donor_found")
    life.do("2025-04-09T09:00", "relapse")
    assert decision(life.plan("2025-04-10T10:00"), "go").in_force == "YES"


def test_what_says_that_it_outlives_treatment_stays() -> None:
    life = asked_until(ends_with="study")
    life.do("2025-04-09T09:00", "relapse")
    assert decision(life.plan("2025-04-10T10:00"), "go").in_force == "YES"


def test_a_table_below_a_question_that_was_closed_unanswered_asks_nobody() -> None:
    life = asked_until()
    assert decision(life.plan("2025-04-08T12:00"), "pick").open
    life.do("2025-04-09T09:00", "relapse")
    plan = life.plan("2025-04-20T09:00")
    assert not [d.key for d in plan.decisions if d.open and d.key in ("pick", "below")]
    assert not [
        a.key for a in plan.alerts if a.key in ("DECISION-OPEN[decision=pick]", "REVIEW[decision=below]")
    ]


def test_a_corrected_day_of_death_does_not_bring_up_what_came_late() -> None:
    life = infused()
    dead = life.do("2025-03-15T10:00", "death")
    life.fact("2025-03-17T10:00", "mrd", "0.002", point="EOI", unit="fraction", on="2025-03-07T09:00")
    before = life.plan("2025-03-18T10:00")
    life.correct("2025-03-20T10:00", dead.id, on="2025-03-14T10:00")
    after = life.plan("2025-03-20T10:00")
    assert {m.key for m in after.milestones} == {m.key for m in before.milestones}


def test_a_second_day_of_death_makes_the_death_no_untruth() -> None:
    told = Milestone("DEAD", "Death", Recorded("death"), registry())
    life = infused(compiled=compile_protocol(replace(TOY, milestones=(*TOY.milestones, told))))
    life.do("2025-03-15T10:00", "death")
    life.do("2025-03-16T10:00", "death", on="2025-03-14T10:00")
    assert "DEAD" in {m.key for m in life.plan("2025-03-16T12:00").milestones}


def test_a_protocol_whose_exit_does_not_say_what_it_ends_is_refused() -> None:
    silent = tuple(replace(a, ends="") if a.id == "relapse" else a for a in TOY.actions)
    with pytest.raises(
        ProtocolError, match="'relapse' leads from anywhere to OFF, and does not say what it ends"
    ):
        compile_protocol(replace(TOY, actions=silent))


def test_a_protocol_with_a_ledger_and_without_death_is_refused() -> None:
    silent = tuple(replace(a, ends="") if a.id == "death" else a for a in TOY.actions)
    with pytest.raises(ProtocolError, match="nothing ends ledger"):
        compile_protocol(replace(TOY, actions=silent))
