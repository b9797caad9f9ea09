"""An enrolment that was a mistake is annulled: it ends, it is no withdrawal, and what was open has ended."""

import pytest

from pathway.patient.enrolment import ANNULLED, as_ended
from pathway.refusal import Refused
from tests.pathway.patient.test_admission import asked

LATER = "2025-03-12T10:00"
MUCH_LATER = "2026-03-12T10:00"


def test_an_annulled_enrolment_has_nothing_to_do_to_decide_or_to_be_reminded_of_ever() -> None:
    life = asked()
    assert any(each.open for each in life.plan(LATER).decisions)
    life.submit("annulment", LATER, role="coordinator", reason="enrolled twice", id="x1")
    for at in (LATER, MUCH_LATER):
        plan = life.plan(at)
        assert {track.phase for track in plan.tracks} == {ANNULLED}
        assert (plan.items, plan.deviations, plan.alerts, plan.next_at) == ((), (), (), None)
        assert not any(each.open for each in plan.decisions)
    assert plan.tracks[0].path[-1][0] == ANNULLED
    assert plan.tracks[0].path[-1][2] == "x1"


def test_what_was_open_has_ended_and_has_not_become_untrue() -> None:
    life = asked()
    life.tell(LATER)
    life.submit("annulment", LATER, role="coordinator", reason="enrolled twice")
    told = as_ended(life.tell(LATER))
    words = {each.state for each in told if each.kind == "retraction"}
    assert words == {"ended"}
    assert all(each.text.startswith("ended: ") for each in told if each.kind == "retraction")
    assert ANNULLED in {each.id for each in told if each.kind == "phase"}


@pytest.mark.parametrize(
    ("role", "reason", "code"), [("laboratory", "so", "wrong_role"), ("coordinator", " ", "reason_missing")]
)
def test_it_needs_a_reason_and_a_role_that_may_say_so(role: str, reason: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        asked().submit("annulment", LATER, role=role, reason=reason)
    assert refused.value.code == code
