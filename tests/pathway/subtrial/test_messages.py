"""Letters between pathways and governors: sent when something is new, once, in order, and safely again after a crash."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pathway.events import Event
from pathway.plan import Plan, Standing
from pathway.record import Record
from pathway.site import Site
from pathway.subtrial.messages import (
    Answer,
    Channels,
    PeerMessage,
    acknowledge,
    answer_report,
    answers_due,
    standing_report,
    standings_due,
)

SITE = Site("S01", "Europe/Amsterdam", "NL")
AT = datetime(2025, 3, 3, 8, tzinfo=UTC)
NOTHING = Channels()


def plan(*standings: Standing) -> Plan:
    return Plan(AT, None, (), (), (), (), (), (), (), (), (), (), "", standings)


def due(sent: Channels, *standings: Standing) -> tuple[Channels, tuple[PeerMessage, ...]]:
    return standings_due(sent, plan(*standings), SITE)


def told(sent: Channels, *standings: Standing) -> Channels:
    """All that is due has arrived."""
    sent, messages = due(sent, *standings)
    for message in messages:
        sent = acknowledge(sent, message)
    return sent


def record_of(*subjects: str) -> Record:
    """A governor's record in which these pathways have written."""
    return Record.of(
        Event(f"{s}:1", "action", AT, AT, "coordinator", "standing", scope=(("subject", s),))
        for s in subjects
    )


# --- what is sent, and when -------------------------------------------------------------------------------------------


def test_a_governor_hears_nothing_of_a_patient_who_has_nothing_to_do_with_its_subtrial() -> None:
    assert due(NOTHING, Standing("D"), Standing("E")) == (NOTHING, ())


def test_the_first_letter_says_all_there_is_to_say() -> None:
    _, messages = due(NOTHING, Standing("D", "slot", date(2025, 3, 3), "NO"))
    content = (
        ("country", "NL"),
        ("dlt", "NO"),
        ("site", "S01"),
        ("started", "2025-03-03"),
        ("wants", "slot"),
    )
    assert messages == (PeerMessage("D", 1, content),)


def test_nothing_is_told_twice() -> None:
    sent = told(NOTHING, Standing("D", "slot"))
    assert due(sent, Standing("D", "slot"))[1] == ()


def test_what_the_governor_answered_is_no_news_to_it() -> None:
    sent = told(NOTHING, Standing("D", "slot"))
    assert due(sent, Standing("D", "slot", slot="RESERVED", level="1", until="2025-03-10T23:00:00Z"))[1] == ()


def test_a_corrected_verdict_is_one_more_letter() -> None:
    sent = told(NOTHING, Standing("D", "slot", date(2025, 3, 3), "NO"))
    _, messages = due(sent, Standing("D", "slot", date(2025, 3, 3), "YES"))
    assert [(x.receiver, x.number, dict(x.content)["dlt"]) for x in messages] == [("D", 2, "YES")]


def test_who_wants_nothing_any_more_says_so_once() -> None:
    sent = told(NOTHING, Standing("D", "slot"))
    _, messages = due(sent, Standing("D"))
    assert dict(messages[0].content)["wants"] == "nothing"
    assert due(told(sent, Standing("D")), Standing("D"))[1] == ()


def test_a_patient_who_moves_to_another_site_tells_the_governor() -> None:
    sent = told(NOTHING, Standing("D", "slot"))
    moved = standings_due(sent, plan(Standing("D", "slot")), Site("S02", "Europe/Berlin", "DE"))[1]
    assert [(dict(x.content)["site"], dict(x.content)["country"]) for x in moved] == [("S02", "DE")]


def test_letters_are_numbered_for_each_receiver_and_come_in_the_order_of_their_names() -> None:
    sent = told(NOTHING, Standing("D", "notice"))
    _, messages = due(sent, Standing("E", "slot"), Standing("D", "slot"))
    assert [(x.receiver, x.number) for x in messages] == [("D", 2), ("E", 1)]


# --- crashes ----------------------------------------------------------------------------------------------------------


def test_a_letter_that_is_under_way_is_sent_again_with_its_number_and_words() -> None:
    sent, first = due(NOTHING, Standing("D", "notice"))
    again, messages = due(sent, Standing("D", "slot"))
    assert messages == first
    assert again == sent


def test_what_has_changed_meanwhile_follows_once_the_letter_has_arrived() -> None:
    sent, first = due(NOTHING, Standing("D", "notice"))
    sent, messages = due(acknowledge(sent, first[0]), Standing("D", "slot"))
    assert [(x.number, dict(x.content)["wants"]) for x in messages] == [(2, "slot")]


def test_a_letter_is_finished_even_if_the_sender_would_say_something_else_by_now() -> None:
    sent, first = due(NOTHING, Standing("D", "notice"))
    assert due(sent)[1] == first


def test_an_acknowledgement_that_comes_late_or_twice_changes_nothing() -> None:
    sent, first = due(NOTHING, Standing("D", "notice"))
    sent = acknowledge(sent, first[0])
    assert acknowledge(sent, first[0]) == sent
    sent, _ = due(sent, Standing("D", "slot"))
    assert acknowledge(sent, first[0]) == sent


WANTS = st.sampled_from(("nothing", "notice", "slot"))
STATES = st.dictionaries(
    st.sampled_from(("D", "E")), st.tuples(WANTS, st.sampled_from(("", "NO", "YES"))), max_size=2
)


@given(st.lists(st.tuples(STATES, st.booleans()), max_size=12))
def test_however_often_letters_are_lost_the_governor_ends_up_knowing_what_is_so(
    steps: list[tuple[dict[str, tuple[Any, str]], bool]],
) -> None:
    sent = NOTHING
    received: dict[str, dict[int, Any]] = {}

    def post(states: Mapping[str, tuple[Any, str]], arrives: bool) -> None:
        nonlocal sent
        standings = [
            Standing(s, *((states[s][0], None, states[s][1]) if s in states else ())) for s in ("D", "E")
        ]
        sent, messages = due(sent, *standings)
        for message in messages:
            known = received.setdefault(message.receiver, {})
            assert known.get(message.number, message.content) == message.content
            known[message.number] = message.content
            if arrives:
                sent = acknowledge(sent, message)

    states: dict[str, tuple[Any, str]] = {}
    for states, arrives in steps:
        post(states, arrives)
    for _ in range(2):
        post(states, True)
    for receiver, messages in received.items():
        assert sorted(messages) == list(range(1, len(messages) + 1))
        wants, dlt = states.get(receiver, ("nothing", ""))
        last = dict(messages[max(messages)])
        assert (last["wants"], last.get("dlt", "")) == (wants, dlt)


# --- answers ----------------------------------------------------------------------------------------------------------


def test_only_patients_whose_pathway_has_written_are_answered() -> None:
    answers = {"P1": Answer("P1", "RESERVED", "1"), "X1": Answer("X1", "WAITING")}
    _, messages = answers_due(NOTHING, answers, record_of("P1"))
    assert messages == (PeerMessage("P1", 1, (("level", "1"), ("state", "RESERVED"))),)


def test_answers_go_out_in_the_order_of_the_subjects() -> None:
    answers = {s: Answer(s, "WAITING", reason="SUSPENDED: level 1 is full") for s in ("P3", "P1", "P2")}
    _, messages = answers_due(NOTHING, answers, record_of("P2", "P3", "P1"))
    assert [x.receiver for x in messages] == ["P1", "P2", "P3"]


# --- as they are recorded ---------------------------------------------------------------------------------------------


def test_a_standing_is_an_action_of_the_subject_in_the_governors_record() -> None:
    _, messages = due(NOTHING, Standing("D", "slot"))
    report = standing_report("P1", messages[0], AT)
    assert (report.id, report.kind, report.name, report.scope) == (
        "P1:1",
        "action",
        "standing",
        (("subject", "P1"),),
    )
    assert dict(report.details) == {"country": "NL", "number": "1", "site": "S01", "wants": "slot"}


def test_an_answer_is_an_observation_of_the_slot_in_the_patients_record() -> None:
    until = datetime(2025, 3, 10, 23, tzinfo=UTC)
    _, messages = answers_due(NOTHING, {"P1": Answer("P1", "RESERVED", "1", "", until)}, record_of("P1"))
    report = answer_report("D", messages[0], AT)
    assert (report.id, report.kind, report.name, report.point, report.value, report.role) == (
        "slot:D:1", "observation", "slot", "D", "RESERVED", "sponsor",
    )  # fmt: skip
    assert dict(report.details) == {"level": "1", "until": "2025-03-10T23:00:00Z"}
