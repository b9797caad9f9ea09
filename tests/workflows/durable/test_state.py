"""What is carried from run to run, without a server."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from client.pathways import new_start
from contracts.messages import PathwayStart
from pathway.engine.context import Evaluation
from pathway.record import Record
from pathway.refusal import Refused
from pathway.site import Site
from protocols import compiled
from tests.workflows.conftest import START, action, later, mrd, weight
from workflows.durable import activity_options as calls
from workflows.durable.patient_entity import Patient
from workflows.durable.state import State


def fresh() -> State[Evaluation]:
    start = new_start("toy", "P1", Site("S01"), started_at=START)
    return State(start, Patient(start, compiled("toy")), START)


def next_run(state: State[Evaluation]) -> State[Evaluation]:
    """The state that the following run takes up, through the wire format."""
    start = state.start.model_copy(update={"carried": state.carry(None)})
    assert isinstance(start, PathwayStart)
    start = PathwayStart.model_validate_json(start.model_dump_json())
    return State(start, Patient(start, compiled("toy")), START)


def published(state: State[Evaluation]) -> int:
    batch = state.next_batch()
    state.acknowledge(batch.revision)
    return batch.revision


def test_a_run_takes_up_what_the_one_before_left() -> None:
    state = fresh()
    state.accept(action("e1", "therapy_started"), START)
    published(state)
    state.step(later(days=41), 100)
    state.accept(mrd(at=later(days=41)), later(days=41))
    again = next_run(state)
    assert again.plan == state.plan
    assert again.kept.announced == state.kept.announced
    assert again.receipt("m1") == state.receipt("m1")
    lists = {"items", "items_at", "obligations", "obligations_at", "decisions", "decisions_at"}
    whole = {*lists, "zone", "protocol", "protocol_hash", "profile"}
    assert again.next_batch().model_dump(exclude=whole) == state.next_batch().model_dump(exclude=whole)


def test_a_batch_in_flight_is_sent_again_as_it_was() -> None:
    state = fresh()
    first = state.next_batch()
    state.accept(weight(1), START)
    again = next_run(state)
    assert again.next_batch() == first
    again.acknowledge(first.revision)
    assert [event.id for event in again.next_batch().events] == ["w1"]
    assert again.next_batch().revision == first.revision + 1


def test_the_timeline_that_is_carried_is_bounded_and_nothing_unpublished_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "CARRIED_TIMELINE", 3)
    state = fresh()
    state.accept(action("e1", "therapy_started"), START)
    state.step(later(days=60), 100)
    announced = len(state.kept.timeline)
    assert announced > 5
    state = next_run(state)
    assert (state.kept.earlier, len(state.kept.timeline)) == (0, announced)
    published(state)
    state = next_run(state)
    assert (state.kept.earlier, len(state.kept.timeline)) == (announced - 3, 3)
    state.accept(mrd(at=later(days=60)), later(days=60))
    batch = state.next_batch()
    assert batch.changes == tuple(state.kept.timeline[3:])


def test_a_store_that_lost_revisions_gets_every_event_and_what_was_told_since() -> None:
    state = fresh()
    published(state)
    for number in range(3):
        state.accept(weight(number), START)
        published(state)
    state.accept(mrd(), START)
    lost = state.next_batch()
    whole = state.whole_batch(lost.entries_before)
    assert whole.complete
    assert whole.revision == lost.revision + 1
    assert [event.id for event in whole.events] == ["w0", "w1", "w2", "m1"]
    assert (whole.changes, whole.entries_before) == (lost.changes, lost.entries_before)
    assert whole.items == state.plan.items
    assert whole.items_at is None
    assert state.unrecorded == 4


def test_a_batch_holds_only_the_items_that_changed() -> None:
    state = fresh()
    state.accept(weight(1), START)
    published(state)
    state.accept(weight(2, at=later(days=1)), later(days=1))
    batch = state.next_batch()
    assert batch.items_at is not None
    assert (batch.items, batch.obligations, batch.decisions) == ((), (), ())


def test_the_first_batch_of_a_run_and_one_after_a_replay_hold_everything() -> None:
    state = fresh()
    published(state)
    state = next_run(state)
    state.accept(weight(1), START)
    assert state.next_batch().items_at is None
    published(state)
    state.accept(weight(2), START)
    # It is made again by a program that may say something else than the one that had it sent.
    assert state.next_batch(replaying=True).items_at is not None
    published(state)
    state.accept(weight(3), START)
    assert state.next_batch().items_at is None


def test_a_step_stops_after_so_many_moments_and_goes_on_when_asked_again() -> None:
    state = fresh()
    state.accept(action("e1", "therapy_started"), START)
    state.step(later(days=60), 2)
    assert START < state.kept.now < later(days=60)
    state.step(later(days=60), 100)
    assert state.kept.now == later(days=60)


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parents[1] / "carried").glob("*.json")), ids=lambda file: file.stem
)
def test_carried_state_of_every_schema_version_is_read(file: Path) -> None:
    start = PathwayStart.model_validate_json(file.read_text())
    state = State(start, Patient(start, compiled("toy")), START)
    assert [event.id for event in state.record.events] == ["e1", "m1"]
    assert state.receipt("m1").changes


def test_what_is_carried_does_not_grow_with_the_life_of_a_pathway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MAX_ANSWERS", 5)
    monkeypatch.setattr(calls, "CARRIED_TIMELINE", 5)
    state = fresh()
    sizes = []
    for number in range(30):
        state.accept(weight(number), START)
        published(state)
        carried = state.carry(None)
        sizes.append((len(carried.answered), len(carried.timeline), len(carried.announced.statements)))
    assert sizes[-1] == sizes[10]
    assert sizes[-1][:2] == (5, min(5, len(carried.timeline)))


def test_an_event_sent_again_long_after_is_still_known_to_be_on_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "MAX_ANSWERS", 2)
    state = fresh()
    for number in range(9):
        state.accept(weight(number), START)
        published(state)
    assert not state.accept(weight(0), START)
    receipt = state.receipt("w0")
    assert (receipt.recorded, receipt.revision) == (True, state.kept.published)


def test_an_answer_is_kept_as_long_as_the_store_does_not_have_the_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "MAX_ANSWERS", 2)
    state = fresh()
    published(state)
    for number in range(9):
        state.accept(weight(number), START)
    again = next_run(state)
    assert not again.receipt("w0").recorded
    assert again.receipt("w0").revision == state.kept.published + 1


def test_a_record_that_is_full_refuses_in_words_and_keeps_what_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "MAX_EVENTS", 3)
    state = fresh()
    for number in range(3):
        state.accept(weight(number), START)
    with pytest.raises(Refused, match="holds 3 events, and no more than 3 are carried") as refused:
        state.check(weight(3), START)
    assert refused.value.code == "record_full"
    assert not state.accept(weight(1), START)
    assert [event.id for event in state.record.events] == ["w0", "w1", "w2"]


class Counting(Patient):
    """A patient that counts how often it is evaluated."""

    evaluations = 0

    def evaluate(self, record: Record, now: datetime) -> Evaluation:
        self.evaluations += 1
        return super().evaluate(record, now)


def test_an_accepted_event_is_evaluated_once_and_its_plan_is_printed_and_explained_from_that() -> None:
    start = new_start("toy", "P1", Site("S01"), started_at=START)
    subject = Counting(start, compiled("toy"))
    state = State(start, subject, START)
    assert subject.evaluations == 1
    state.check(action("e1", "therapy_started"), START)
    assert subject.evaluations == 1  # the validator goes by what is known
    state.accept(action("e1", "therapy_started"), START)
    assert subject.evaluations == 2
    assert state.subject.json(state.record, state.evaluation)["at"]
    assert state.subject.explain(state.evaluation, "risk").id == "risk"
    assert subject.evaluations == 2
