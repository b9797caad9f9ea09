"""The door of a governor: who may say what, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from pathway.refusal import Refused
from tests.pathway.toy_subtrials import START, Life, names

P1 = (("subject", "P1"),)


@pytest.mark.parametrize(
    ("kind", "name", "more", "code"),
    [
        ("action", "slot_askd", {"scope": P1}, "unknown_action"),
        ("observation", "mrd", {"value": "1"}, "malformed"),
        ("action", "activated", {"details": (("country", "Netherlands"),)}, "malformed"),
        ("action", "activated", {}, "malformed"),
        ("action", "activated", {"details": (("country", "NL"), ("site", "S 01"))}, "malformed"),
        ("action", "activated", {"details": (("country", "NL"), ("from", "10 November"))}, "malformed"),
        ("action", "activated", {"details": (("country", "NL"), ("until", "2025-12-01"))}, "unknown_detail"),
        ("action", "activated", {"scope": P1, "details": (("country", "NL"),)}, "unknown_scope"),
        ("action", "activated", {"role": "laboratory", "details": (("country", "NL"),)}, "wrong_role"),
        ("action", "suspended", {"details": (("country", "NL"),)}, "unknown_detail"),
        ("action", "closed", {"role": "coordinator"}, "wrong_role"),
        ("action", "resumed", {"role": "clinician"}, "wrong_role"),
        ("action", "suspended", {"role": "operations"}, "wrong_role"),
        ("action", "slot_asked", {}, "unknown_scope"),
        ("action", "slot_asked", {"scope": P1}, "malformed"),
        ("action", "slot_asked", {"scope": (("subject", "Jan Jansen"),)}, "malformed"),
        ("action", "slot_asked", {"scope": P1, "at": START + timedelta(minutes=6)}, "future"),
        ("action", "slot_asked", {"scope": P1, "role": "nurse"}, "unknown_role"),
        ("action", "slot_asked", {"scope": P1, "value": "YES"}, "malformed"),
        ("action", "slot_taken_up", {"scope": P1, "details": (("level", "3"),)}, "unknown_detail"),
        ("action", "dlt", {"scope": P1, "details": (("value", "YES"),)}, "unknown_scope"),
        ("action", "dlt", {"scope": P1, "details": (("value", "maybe"),)}, "unknown_option"),
        ("action", "dlt", {"scope": P1}, "unknown_option"),
        ("action", "slot_released", {"scope": P1}, "unknown_scope"),
        ("action", "standing", {"scope": P1, "details": (("wants", "all"),)}, "unknown_option"),
        (
            "action",
            "standing",
            {"scope": P1, "details": (("wants", "slot"), ("started", "2025-11-05"))},
            "future",
        ),
        ("action", "standing", {"scope": P1, "details": (("wants", "slot"), ("number", "-1"))}, "malformed"),
        ("decision", "LEVEL[level=2]", {"value": "ESCALATE"}, "not_proposed"),
        ("decision", "R2b", {"value": "HR"}, "unknown_event"),
        ("acknowledgement", "DLT-LIMIT", {}, "not_waiting"),
        ("void", "", {"target": "e1", "reason": "wrong"}, "unknown_event"),
        ("correction", "", {"target": "e1"}, "unknown_event"),
    ],
)
def test_what_is_refused(kind: str, name: str, more: dict[str, Any], code: str) -> None:
    assert Life("D").refused(kind, name, **more) == code


def test_an_id_with_another_content_is_refused_and_with_the_same_is_recorded_once() -> None:
    life = Life("R")
    life.report("action", "slot_asked", id="a", scope=P1, details=(("country", "NL"), ("site", "S01")))
    again: dict[str, Any] = {"id": "a", "scope": P1, "details": (("site", "S01"), ("country", "NL"))}
    assert life.report("action", "slot_asked", **again) is None
    assert (
        life.refused("action", "slot_asked", **(again | {"scope": (("subject", "P2"),)})) == "content_differs"
    )


@pytest.mark.parametrize("role", ["clinician", "operations", "coordinator", "sponsor", "laboratory"])
def test_only_the_meeting_decides(role: str) -> None:
    life = escalating()
    assert life.refused("decision", "LEVEL[level=2]", value="ESCALATE", role=role) == "wrong_role"


def escalating() -> Life:
    """Level 1 cleared by three."""
    life = Life("R")
    life.enter(*names(1, 3))
    life.dlt("NO", *names(1, 3))
    return life


def test_a_decision_may_be_named_by_id_and_scope_or_by_key() -> None:
    for named in (
        {"name": "LEVEL", "scope": (("level", "2"),)},
        {"name": "LEVEL"},
        {"name": "LEVEL[level=2]"},
    ):
        life = escalating()
        event = life.report("decision", value="ESCALATE", **named)
        assert event is not None
        assert (event.name, event.scope) == ("LEVEL[level=2]", ())
        assert life.refused("decision", "LEVEL", value="ESCALATE") == "not_proposed"


def test_an_option_that_does_not_exist_names_those_that_do() -> None:
    assert escalating().refused("decision", "LEVEL", value="SKIP") == "unknown_option"


def test_a_decision_that_was_carried_out_is_not_taken_back() -> None:
    life = escalating()
    life.decide("LEVEL", "ESCALATE")
    life.ask("P4")
    assert (
        life.refused("decision", "LEVEL", value="STAY", override=True, reason="second thoughts")
        == "not_proposed"
    )


def test_one_that_was_not_carried_out_may_be_taken_back_with_a_reason() -> None:
    life = escalating()
    life.decide("LEVEL", "ESCALATE")
    life.decide("LEVEL", "STAY", override=True, reason="second thoughts")
    assert life.plan.level == "1"


def test_a_stop_is_voided_only_by_those_who_may_resume() -> None:
    life = Life("R")
    stop = life.do("halted_safety", reason="a signal", role="clinician")
    assert life.refused("void", target=stop, reason="a mistake", role="coordinator") == "wrong_role"
    assert life.refused("void", target=stop, role="meeting") == "reason_missing"
    life.report("void", target=stop, reason="a mistake", role="meeting")
    assert life.plan.entry[0] == "OPEN"


def test_a_verdict_is_corrected_by_its_value_and_only_the_newest_of_its_chain() -> None:
    life = Life("R")
    life.enter("P1")
    verdict = life.do("dlt", "P1", value="NO")
    life.report("correction", target=verdict, value="YES")
    assert life.level("1") == (1, 1, 0)
    assert life.refused("correction", target=verdict, value="NO") == "not_latest"


def test_an_alert_is_acknowledged_and_climbs_no_further() -> None:
    life = Life("R")
    life.enter("P1", "P2")
    life.dlt("YES", "P1", "P2")
    life.report("acknowledgement", "DLT-LIMIT", role="clinician")
    assert life.told() == []
    assert life.refused("acknowledgement", "DLT-LIMIT") == "not_waiting"


def test_an_alert_that_nobody_acknowledges_climbs() -> None:
    life = Life("R")
    life.enter("P1", "P2")
    life.dlt("YES", "P1", "P2")
    life.wait(hours=9)
    (alert,) = [o for o in life.plan.plan.alerts if o.id == "DLT-LIMIT"]
    assert alert.notified == ("meeting", "clinician", "operations")


def test_an_open_decision_is_reminded_of() -> None:
    life = escalating()
    life.wait(hours=72)
    assert "DECISION-OPEN[decision=LEVEL[level=2]]" in life.told()


def test_an_event_that_is_not_on_record_is_answered_with_the_nearest_never_with_all() -> None:
    life = Life("R")
    life.enter(*names(1, 30))
    for target, guess in (("g1x", "g1"), ("something", "")):
        with pytest.raises(Refused) as refused:
            life.report("void", target=target, reason="wrong")
        assert ("did you mean" in str(refused.value)) == bool(guess)
        assert len(str(refused.value)) < 100


def test_whatever_is_recorded_of_a_subtrial_says_who_recorded_it() -> None:
    life = Life("D")
    for kind, name, more in (
        ("action", "activated", {"details": (("country", "NL"),)}),
        ("action", "slot_asked", {"scope": P1, "details": (("country", "NL"), ("site", "S01"))}),
        ("action", "slot_taken_up", {"scope": P1, "details": (("level", "1"),)}),
        ("correction", "", {"details": (("site", "S02"),), "target": "g2"}),
        ("void", "", {"target": "g3", "reason": "wrong patient"}),
    ):
        event = life.report(kind, name, person="CO1", **more)
        assert event is not None, (kind, name)
        assert event.person == "CO1", (kind, name)
