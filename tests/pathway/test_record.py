"""The record keeps every event, and its indexes what counts today."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pathway.events import Event, EventKind
from pathway.language.terms import key_of
from pathway.record import Record

T = datetime(2025, 3, 1, tzinfo=UTC)


def event(
    n: int, kind: EventKind = "observation", *, name: str = "wbc", happened: int = 0, **more: Any
) -> Event:
    return Event(
        f"e{n}", kind, T + timedelta(hours=n), T + timedelta(hours=happened), "laboratory", name, **more
    )


def indexes(record: Record) -> dict[str, Any]:
    """Everything that an evaluation reads. Names without an event are the same as names never heard of."""
    out: dict[str, Any] = {"touched": record.touched, "voided": record.voided, "root": record.root}
    out["observations"] = {
        (name, point): found
        for name, points in record.observations.items()
        for point, found in points.items()
        if found
    }
    for name in ("actions", "adverse", "decisions", "judgements", "acks", "unobtainable"):
        out[name] = {key: found for key, found in getattr(record, name).items() if found}
    return out


def texts(record: Record, name: str = "wbc") -> list[str | None]:
    return [e.value for e in record.observations.get(name, {}).get("", [])]


def test_a_correction_replaces_what_it_corrects_and_keeps_its_place_in_the_chain() -> None:
    record = Record.of(
        [
            event(1, value="85"),
            event(2, "correction", value="58", target="e1"),
            event(3, "correction", value="59", target="e2"),
        ]
    )
    assert texts(record) == ["59"]
    head = record.head("e1")
    assert head is not None
    assert (head.id, head.kind, head.value) == ("e1", "observation", "59")
    assert [record.latest_of_chain(f"e{n}") for n in (1, 2, 3)] == ["e3", "e3", "e3"]
    assert [e.value for e in record.events] == ["85", "58", "59"]


def test_what_counts_again_after_a_void_is_known_until_it_is_said_anew() -> None:
    first, wrong = event(1, value="85"), event(2, "correction", value="58", target="e1")
    void = event(3, "void", target="e2")
    record = Record.of([first, wrong, void])
    assert [(v.id, gone.value, back.value) for v, gone, back in record.revived.values()] == [
        ("e3", "58", "85")
    ]
    record.append(event(4, "correction", value="59", target="e1"))
    assert record.revived == {}


def test_voiding_a_correction_that_was_corrected_since_revives_nothing() -> None:
    chain = [event(1, value="85"), event(2, "correction", value="58", target="e1")]
    record = Record.of(
        [*chain, event(3, "correction", value="59", target="e2"), event(4, "void", target="e2")]
    )
    assert (texts(record), record.revived) == (["59"], {})


def test_voiding_a_correction_brings_back_what_it_corrected() -> None:
    record = Record.of(
        [event(1, value="85"), event(2, "correction", value="58", target="e1"), event(3, "void", target="e2")]
    )
    assert texts(record) == ["85"]
    assert record.latest_of_chain("e1") == "e1"


def test_voiding_the_first_of_a_chain_voids_it_all() -> None:
    record = Record.of(
        [event(1, value="85"), event(2, "correction", value="58", target="e1"), event(3, "void", target="e1")]
    )
    assert texts(record) == []
    assert record.head("e2") is None
    assert record.latest_of_chain("e2") is None


def test_voiding_a_middle_correction_leaves_the_newest_in_force() -> None:
    record = Record.of([
        event(1, value="85"), event(2, "correction", value="58", target="e1"),
        event(3, "correction", value="59", target="e2"), event(4, "void", target="e2"),
    ])  # fmt: skip
    assert texts(record) == ["59"]


def test_a_voided_decision_no_longer_counts_and_the_one_before_does() -> None:
    record = Record.of(
        [
            event(1, "decision", name="course", value="IB"),
            event(2, "decision", name="course", value="ADE"),
            event(3, "void", target="e2"),
        ]
    )
    assert [e.value for e in record.decisions["course"]] == ["IB"]


def test_a_void_that_names_nothing_known_changes_nothing() -> None:
    record = Record.of(
        [
            event(1, value="85"),
            event(2, "void", target="e9"),
            event(3, "void", target="e2"),
            event(4, "correction", value="1", target="e7"),
        ]
    )
    assert texts(record) == ["85"]


def test_results_stand_in_clinical_order_however_late_they_come() -> None:
    record = Record.of(
        [event(1, value="2", happened=2), event(2, value="3", happened=3), event(3, value="1", happened=1)]
    )
    assert texts(record) == ["1", "2", "3"]


def test_a_corrected_sample_time_moves_the_result_in_clinical_order() -> None:
    record = Record.of(
        [
            event(1, value="a", happened=2),
            event(2, value="b", happened=3),
            event(3, "correction", value="a", happened=9, target="e1"),
        ]
    )
    assert texts(record) == ["b", "a"]


def test_confirmations_stand_in_the_order_in_which_they_were_recorded() -> None:
    record = Record.of(
        [
            event(1, "decision", name="d", value="A", happened=9),
            event(2, "decision", name="d", value="B", happened=1),
        ]
    )
    assert [e.value for e in record.decisions["d"]] == ["A", "B"]


def test_touched_tells_when_anything_about_a_value_was_last_recorded() -> None:
    record = Record.of(
        [event(1, value="85"), event(5, "correction", value="58", target="e1"), event(7, "void", target="e5")]
    )
    assert record.touched["wbc", ""] == T + timedelta(hours=7)


def test_a_correction_to_another_time_point_leaves_nothing_behind() -> None:
    record = Record.of(
        [
            event(1, name="mrd", point="EOI", value="1"),
            event(2, "correction", name="mrd", point="END", value="1", target="e1"),
        ]
    )
    assert record.observations["mrd"]["EOI"] == []
    assert [e.value for e in record.observations["mrd"]["END"]] == ["1"]
    assert record.touched["mrd", "EOI"] == record.touched["mrd", "END"] == T + timedelta(hours=2)


def test_keys_are_the_definition_and_its_scope() -> None:
    assert key_of("blina") == "blina"
    assert key_of("blina", (("cycle", "1"), ("course", "2"))) == "blina[cycle=1,course=2]"


KINDS: list[EventKind] = [
    "observation",
    "action",
    "adverse_event",
    "decision",
    "judgement",
    "acknowledgement",
    "not_obtainable",
]


@st.composite
def histories(draw: Callable[..., Any]) -> list[Event]:
    found: list[Event] = []
    for n in range(1, draw(st.integers(1, 14)) + 1):
        what = draw(st.sampled_from(["new", "new", "correction", "void"]))
        happened = draw(st.integers(0, 5))
        if what == "new":
            found.append(
                event(
                    n,
                    draw(st.sampled_from(KINDS)),
                    name=draw(st.sampled_from("ab")),
                    happened=happened,
                    value=str(n),
                )
            )
        else:
            target = f"e{draw(st.integers(1, n))}"
            name = next((e.name for e in found if e.id == target), "a")
            found.append(
                event(
                    n,
                    what,
                    name=name,
                    happened=happened,
                    value=str(n) if what == "correction" else None,
                    target=target,
                )
            )
    return found


@given(histories(), st.integers(0, 14))
def test_a_record_read_at_once_equals_one_that_grew_and_was_read_in_between(
    history: list[Event], cut: int
) -> None:
    more_than_seen = Record.of(history[:cut])
    indexes(more_than_seen)
    for following in history[cut:]:
        more_than_seen.append(following)
    assert indexes(more_than_seen) == indexes(Record.of(history))


@given(histories())
def test_nothing_that_was_voided_counts_and_everything_else_does(history: list[Event]) -> None:
    record = Record.of(history)
    counted = [e for by_point in record.observations.values() for found in by_point.values() for e in found]
    counted += [
        e
        for index in (record.actions, record.adverse, record.decisions, record.judgements, record.acks)
        for found in index.values()
        for e in found
    ]
    counted += [e for found in record.unobtainable.values() for e in found]
    roots = [e.id for e in history if e.kind not in ("correction", "void")]
    assert sorted(e.id for e in counted) == sorted(r for r in roots if r not in record.voided)
