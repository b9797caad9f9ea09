"""A sitting is judged once: at its end people are told what is true then, and if it has no end, after five minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from client.pathways import new_start
from contracts.messages import PathwayStart
from contracts.sitting import SITTING_OPEN, RecordManyRequest
from pathway.changes import Change
from pathway.engine.context import Evaluation
from pathway.events import Report
from pathway.refusal import Refused
from pathway.site import Site
from protocols import compiled
from tests.workflows.conftest import action, later, mrd, weight
from workflows.durable.patient_entity import Patient
from workflows.durable.state import State

NOW = later(days=60)
"""Two months after the first dose: without the marrow result of day 33 a critical deviation is long overdue."""


def begun(sitting: str = "") -> State[Evaluation]:
    start = new_start("toy", "P1", Site("S01"), started_at=NOW, sitting=sitting)
    return State(start, Patient(start, compiled("toy")), NOW)


def next_run(state: State[Evaluation]) -> State[Evaluation]:
    start = state.start.model_copy(update={"carried": state.carry(None)})
    assert isinstance(start, PathwayStart)
    start = PathwayStart.model_validate_json(start.model_dump_json())
    return State(start, Patient(start, compiled("toy")), NOW)


def past(report: Report, days: float) -> Report:
    return replace(report, at=NOW, occurred=later(days=days))


FIRST_DOSE = past(action("d1", "therapy_started"), 0)
VISIT = past(action("v1", "visit"), 0.02)
MARROW = past(mrd("m1", value="2e-5"), 33)
BACKLOG = (FIRST_DOSE, VISIT, MARROW)


def entered(
    state: State[Evaluation], *reports: Report, more: bool = False, now: datetime = NOW
) -> list[Change]:
    before = len(state.kept.timeline)
    state.accept_many(RecordManyRequest(sitting="s1", reports=reports, more=more), now)
    return state.kept.timeline[before:]


def deviations(changes: list[Change]) -> set[str]:
    return {each.id for each in changes if each.kind in ("deviation", "alert", "retraction")}


def test_one_by_one_a_backlog_tells_what_its_next_line_makes_untrue() -> None:
    state = begun()
    for report in BACKLOG:
        state.accept(report, NOW)
    assert {"MRD-MISSING", "NO-VISIT"} <= deviations(state.kept.timeline)


def test_in_one_sitting_nobody_is_told_what_a_later_entry_makes_untrue() -> None:
    state = begun("s1")
    assert state.kept.timeline == []
    told = entered(state, *BACKLOG)
    assert deviations(told) == set()
    assert {each.cause for each in told} == {"sitting s1"}
    assert told[-1].kind == "sitting"
    assert told[-1].text.startswith("3 entries in one sitting")


def test_what_is_true_at_the_end_is_told_then_and_the_summary_goes_to_those_whom_it_concerns() -> None:
    told = entered(begun("s1"), FIRST_DOSE, VISIT)
    assert deviations(told) == {"MRD-MISSING"}
    (missing,) = (each for each in told if each.id == "MRD-MISSING")
    assert set(missing.to) <= set(told[-1].to)
    assert told[-1].severity == "critical"


def test_parts_of_one_sitting_are_told_with_the_last_one() -> None:
    state = begun("s1")
    assert entered(state, FIRST_DOSE, more=True) == []
    assert entered(next_run(state), VISIT, MARROW)[-1].text.startswith("3 entries")


def test_a_sitting_in_a_pathway_that_is_under_way_takes_back_what_it_makes_untrue() -> None:
    state = begun()
    state.accept(FIRST_DOSE, NOW)
    told = entered(state, VISIT, MARROW)
    assert {(each.kind, each.id) for each in told} >= {
        ("retraction", "NO-VISIT"),
        ("retraction", "MRD-MISSING"),
    }


def test_a_sitting_is_refused_as_a_whole_with_every_fault() -> None:
    state = begun("s1")
    wrong = (replace(MARROW, id="x1", value="many"), VISIT, replace(VISIT, id="x2", name="visti"))
    with pytest.raises(Refused) as refused:
        entered(state, FIRST_DOSE, *wrong)
    assert "2 of 4 entries cannot be recorded, so none is" in str(refused.value)
    assert "x1: " in str(refused.value)
    assert "x2: action 'visti' is not known" in str(refused.value)
    assert state.record.events == []


def test_a_correction_in_the_same_sitting_finds_what_it_corrects() -> None:
    state = begun("s1")
    right = Report("c1", "correction", NOW, "laboratory", target="m1", value="3e-5", unit="fraction")
    entered(state, MARROW, right)
    head = state.record.head("m1")
    assert head is not None
    assert head.value == "0.00003"


def test_answers_are_not_given_in_a_sitting() -> None:
    answer = Report("a1", "decision", NOW, "clinician", "AFTER_INDUCTION", value="CONSOLIDATION")
    with pytest.raises(Refused, match="given by itself"):
        entered(begun("s1"), answer)


def test_the_same_sitting_sent_again_records_nothing_twice_and_tells_nothing_twice() -> None:
    state = begun("s1")
    entered(state, *BACKLOG)
    assert entered(state, *(replace(each, id=f"again-{each.id}") for each in BACKLOG)) == []
    assert [each.id for each in state.record.events] == ["d1", "v1", "m1"]


def test_a_sitting_that_is_broken_off_closes_by_itself_and_says_so() -> None:
    state = begun("s1")
    entered(state, FIRST_DOSE, VISIT, more=True)
    assert state.due == NOW + SITTING_OPEN
    # The plan's own moments pass in silence until then.
    state.advance(NOW + SITTING_OPEN - timedelta(seconds=1))
    assert state.kept.timeline == []
    state = next_run(state)
    assert state.advance(NOW + SITTING_OPEN)
    assert deviations(state.kept.timeline) == {"MRD-MISSING"}
    last = state.kept.timeline[-1]
    assert (last.kind, last.state, "coordinator" in last.to) == ("sitting", "closed", True)
    assert "was not ended, and closed by itself after 5 minutes: 2 entries" in last.text
    # From then on everything is told as usual.
    state.accept(replace(MARROW, at=state.kept.now), state.kept.now)
    assert ("retraction", "MRD-MISSING") in {(each.kind, each.id) for each in state.kept.timeline}


def test_a_pathway_that_begins_with_a_sitting_that_never_comes_speaks_after_five_minutes() -> None:
    state = begun("s1")
    state.step(NOW + SITTING_OPEN, 100)
    assert state.kept.timeline[-1].state == "closed"
    assert len(state.kept.timeline) > 1


def test_an_entry_outside_the_sitting_is_recorded_and_told_with_it() -> None:
    state = begun("s1")
    entered(state, FIRST_DOSE, more=True)
    assert state.accept(weight(1, at=NOW), NOW)
    assert state.kept.timeline == []
    assert entered(state, VISIT, MARROW)[-1].text.startswith("3 entries")


def test_an_open_sitting_ends_with_an_archived_pathway() -> None:
    from contracts.messages import ArchiveRequest

    state = begun("s1")
    entered(state, FIRST_DOSE, more=True)
    state.archive(ArchiveRequest(role="coordinator", reason="over"), NOW)
    assert (state.kept.sitting, state.due) == (None, None)
