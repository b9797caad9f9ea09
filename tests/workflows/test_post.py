"""What becomes of letters, without a server."""

from __future__ import annotations

from pathway.events import Event, Report
from pathway.letters import Content, Correspondence, Letter, Line
from tests.workflows.conftest import START, later
from workflows.post import Due, Envelope, Outcome, Post, Posted


def says(**contents: str) -> Due:
    """A sender that would say these things to these receivers."""

    def due(sent: Correspondence) -> tuple[Correspondence, tuple[Letter, ...]]:
        letters = []
        for receiver, text in sorted(contents.items()):
            line = sent.to(receiver) or Line(receiver)
            content = wants(text)
            if line.under_way is None and line.acknowledged != content:
                letters.append(Letter(receiver, line.number + 1, content))
        return sent, tuple(letters)

    return due


def report(letter: Letter) -> Report:
    return Report(
        id=f"P1:{letter.number}", kind="action", at=START, role="coordinator", details=letter.content
    )


def wants(text: str) -> Content:
    return (("wants", text),)


def sent(post: Post, due: Due) -> list[str]:
    """What a courier would carry now."""
    return [f"{each.letter.receiver}:{each.letter.number}" for each in post.new(due, report)]


def outcome(receiver: str, number: int, text: str, state: str, code: str = "") -> Outcome:
    letter = Letter(receiver, number, wants(text))
    envelope = Envelope(letter=letter, report=report(letter))
    return Outcome.model_validate({"envelope": envelope, "state": state, "code": code})


def acknowledged(name: str) -> Event:
    return Event("a1", "acknowledgement", later(days=1), later(days=1), "operations", name=name)


def test_a_letter_under_way_is_not_posted_again_and_is_kept_as_it_was_across_runs() -> None:
    post = Post(Posted())
    assert sent(post, says(D="slot")) == ["D:1"]
    post.take([outcome("D", 1, "slot", "away")], START)
    assert sent(post, says(D="nothing")) == []
    again = Post(Posted.model_validate_json(post.posted().model_dump_json()))
    assert again.waiting == post.waiting
    assert again.waiting[0].report.details == wants("slot")


def test_what_has_changed_meanwhile_is_said_in_the_next_letter() -> None:
    post = Post(Posted())
    post.take([outcome("D", 1, "slot", "delivered")], START)
    assert sent(post, says(D="slot")) == []
    assert sent(post, says(D="nothing")) == ["D:2"]


def test_a_receiver_that_does_not_answer_keeps_its_letter_and_holds_up_nobody_else() -> None:
    post = Post(Posted())
    post.take([outcome("D", 1, "slot", "away"), outcome("E", 1, "slot", "delivered")], START)
    assert list(post.away) == ["D"]
    assert sent(post, says(D="slot", E="nothing")) == ["E:2"]
    post.take([outcome("D", 1, "slot", "delivered")], START)
    assert not post.away
    assert not post.faults


def test_a_refused_letter_is_an_alert_to_operations_and_is_not_sent_over_and_over() -> None:
    post = Post(Posted())
    assert post.take([outcome("D", 1, "slot", "refused", "unknown_action")], START)
    (fault,) = post.faults
    alert = fault.alert()
    assert (alert.state, alert.to, alert.severity) == ("raised", "operations", "critical")
    assert "unknown_action" in alert.text
    assert sent(post, says(D="slot")) == []


def test_to_acknowledge_a_refused_letter_sends_it_once_more() -> None:
    post = Post(Posted())
    post.take([outcome("D", 1, "slot", "refused", "unknown_action")], START)
    post.heard(acknowledged("LETTER-REFUSED[to=D]"))
    assert post.faults[0].alert().state == "acknowledged"
    assert sent(post, says(D="slot")) == ["D:2"]
    assert post.take([outcome("D", 2, "slot", "delivered")], later(days=1))
    assert not post.faults
    post.heard(acknowledged("LETTER-REFUSED[to=D]"))
    assert sent(post, says(D="slot")) == []


def test_a_letter_that_is_refused_again_is_an_alert_again() -> None:
    post = Post(Posted())
    post.take([outcome("D", 1, "slot", "refused", "unknown_action")], START)
    post.heard(acknowledged("LETTER-REFUSED"))
    post.take([outcome("D", 2, "slot", "refused", "unknown_action")], later(days=1))
    assert post.faults[0].alert().state == "raised"
    assert post.faults[0].since == later(days=1)


def test_an_outcome_that_comes_late_changes_nothing() -> None:
    post = Post(Posted())
    post.take([outcome("D", 1, "slot", "delivered")], START)
    assert not post.take([outcome("D", 1, "slot", "refused", "old")], START)
    post.take([outcome("D", 2, "nothing", "away")], START)
    assert not post.take([outcome("D", 1, "slot", "refused", "old")], START)
    assert [each.letter.number for each in post.waiting] == [2]


def test_a_closed_receiver_needs_no_letter_and_nobody_is_told() -> None:
    post = Post(Posted())
    assert not post.take([outcome("P1", 1, "WAITING", "closed")], START)
    assert not post.waiting
    assert sent(post, says(P1="WAITING")) == []
