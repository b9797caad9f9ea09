"""What becomes of messages, without a server."""

from __future__ import annotations

from contracts.delivery import Envelope, Outcome, Posted
from pathway.events import Event, Report
from pathway.subtrial.messages import Channel, Channels, Content, PeerMessage
from tests.workflows.conftest import START, later
from workflows.durable.peer_outbox import Due, PeerOutbox


def says(**contents: str) -> Due:
    """A sender that would say these things to these receivers."""

    def due(sent: Channels) -> tuple[Channels, tuple[PeerMessage, ...]]:
        messages = []
        for receiver, text in sorted(contents.items()):
            line = sent.to(receiver) or Channel(receiver)
            content = wants(text)
            if line.under_way is None and line.acknowledged != content:
                messages.append(PeerMessage(receiver, line.number + 1, content))
        return sent, tuple(messages)

    return due


def report(message: PeerMessage) -> Report:
    return Report(
        id=f"P1:{message.number}", kind="action", at=START, role="coordinator", details=message.content
    )


def wants(text: str) -> Content:
    return (("wants", text),)


def sent(peer_outbox: PeerOutbox, due: Due) -> list[str]:
    """What a delivery would carry now."""
    return [f"{each.message.receiver}:{each.message.number}" for each in peer_outbox.new(due, report)]


def outcome(receiver: str, number: int, text: str, state: str, code: str = "") -> Outcome:
    message = PeerMessage(receiver, number, wants(text))
    envelope = Envelope(message=message, report=report(message))
    return Outcome.model_validate({"envelope": envelope, "state": state, "code": code})


def acknowledged(name: str) -> Event:
    return Event("a1", "acknowledgement", later(days=1), later(days=1), "operations", name=name)


def test_a_letter_under_way_is_not_posted_again_and_is_kept_as_it_was_across_runs() -> None:
    peer_outbox = PeerOutbox(Posted())
    assert sent(peer_outbox, says(D="slot")) == ["D:1"]
    peer_outbox.take([outcome("D", 1, "slot", "away")], START)
    assert sent(peer_outbox, says(D="nothing")) == []
    again = PeerOutbox(Posted.model_validate_json(peer_outbox.posted().model_dump_json()))
    assert again.waiting == peer_outbox.waiting
    assert again.waiting[0].report.details == wants("slot")


def test_what_has_changed_meanwhile_is_said_in_the_next_letter() -> None:
    peer_outbox = PeerOutbox(Posted())
    peer_outbox.take([outcome("D", 1, "slot", "delivered")], START)
    assert sent(peer_outbox, says(D="slot")) == []
    assert sent(peer_outbox, says(D="nothing")) == ["D:2"]


def test_a_receiver_that_does_not_answer_keeps_its_letter_and_holds_up_nobody_else() -> None:
    peer_outbox = PeerOutbox(Posted())
    peer_outbox.take([outcome("D", 1, "slot", "away"), outcome("E", 1, "slot", "delivered")], START)
    assert list(peer_outbox.away) == ["D"]
    assert sent(peer_outbox, says(D="slot", E="nothing")) == ["E:2"]
    peer_outbox.take([outcome("D", 1, "slot", "delivered")], START)
    assert not peer_outbox.away
    assert not peer_outbox.faults


def test_a_refused_letter_is_an_alert_to_operations_and_is_not_sent_over_and_over() -> None:
    peer_outbox = PeerOutbox(Posted())
    assert peer_outbox.take([outcome("D", 1, "slot", "refused", "unknown_action")], START)
    (fault,) = peer_outbox.faults
    alert = fault.alert()
    assert (alert.state, alert.to, alert.severity) == ("raised", "operations", "critical")
    assert "unknown_action" in alert.text
    assert sent(peer_outbox, says(D="slot")) == []


def test_to_acknowledge_a_refused_letter_sends_it_once_more() -> None:
    peer_outbox = PeerOutbox(Posted())
    peer_outbox.take([outcome("D", 1, "slot", "refused", "unknown_action")], START)
    peer_outbox.heard(acknowledged("LETTER-REFUSED[to=D]"))
    assert peer_outbox.faults[0].alert().state == "acknowledged"
    assert sent(peer_outbox, says(D="slot")) == ["D:2"]
    assert peer_outbox.take([outcome("D", 2, "slot", "delivered")], later(days=1))
    assert not peer_outbox.faults
    peer_outbox.heard(acknowledged("LETTER-REFUSED[to=D]"))
    assert sent(peer_outbox, says(D="slot")) == []


def test_a_letter_that_is_refused_again_is_an_alert_again() -> None:
    peer_outbox = PeerOutbox(Posted())
    peer_outbox.take([outcome("D", 1, "slot", "refused", "unknown_action")], START)
    peer_outbox.heard(acknowledged("LETTER-REFUSED"))
    peer_outbox.take([outcome("D", 2, "slot", "refused", "unknown_action")], later(days=1))
    assert peer_outbox.faults[0].alert().state == "raised"
    assert peer_outbox.faults[0].since == later(days=1)


def test_an_outcome_that_comes_late_changes_nothing() -> None:
    peer_outbox = PeerOutbox(Posted())
    peer_outbox.take([outcome("D", 1, "slot", "delivered")], START)
    assert not peer_outbox.take([outcome("D", 1, "slot", "refused", "old")], START)
    peer_outbox.take([outcome("D", 2, "nothing", "away")], START)
    assert not peer_outbox.take([outcome("D", 1, "slot", "refused", "old")], START)
    assert [each.message.number for each in peer_outbox.waiting] == [2]


def test_a_closed_receiver_needs_no_letter_and_nobody_is_told() -> None:
    peer_outbox = PeerOutbox(Posted())
    assert not peer_outbox.take([outcome("P1", 1, "WAITING", "closed")], START)
    assert not peer_outbox.waiting
    assert sent(peer_outbox, says(P1="WAITING")) == []
