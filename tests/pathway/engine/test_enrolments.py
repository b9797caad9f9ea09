"""How a pathway stands towards subtrials: what it wants, when it began, what is said of toxicity and response."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.engine.context import Compiled, Evaluation
from pathway.errors import ProtocolError
from pathway.events import Event
from pathway.language import SLOT_STATES, Decision, Enrolment, Fact, Is, Protocol, Reading
from pathway.language.profile import make_profile
from pathway.patient.evaluate import evaluation
from pathway.patient.output import plan_json
from pathway.plan import Plan, Standing
from pathway.site import Site
from tests.pathway.toy_platform import PLATFORM, A
from tests.pathway.toy_protocol import TOY

COMPILED = compile_protocol(PLATFORM)
SITE = Site("S01", "Europe/Amsterdam", "NL")
BEGIN = datetime(2025, 3, 3, 8, tzinfo=UTC)


def event(n: int, **more: Any) -> Event:
    """The n-th event, an hour after the one before."""
    at = BEGIN + timedelta(hours=n)
    fields: dict[str, Any] = {"recorded": at, "occurred": at, "role": "coordinator", "id": f"e{n}"}
    return Event(**(fields | more))


def fact(n: int, name: str, value: str, **more: Any) -> Event:
    return event(n, kind="observation", name=name, value=value, **more)


def done(n: int, name: str, arm: str = "D", **more: Any) -> Event:
    scope = (("arm", arm),) if name != "withdrawn" else ()
    return event(n, kind="action", name=name, scope=scope, **more)


def plan(*events: Event, compiled: Compiled = COMPILED) -> Plan:

    return known(*events, compiled=compiled).plan


def known(*events: Event, compiled: Compiled = COMPILED) -> Evaluation:
    return evaluation(compiled, make_profile(compiled.protocol), SITE, events, BEGIN + timedelta(days=2))


def towards(arm: str, *events: Event) -> Standing:
    return next(s for s in plan(*events).standings if s.subtrial == arm)


# --- what a patient wants ---------------------------------------------------------------------------------------------


def test_a_patient_stands_towards_every_subtrial_in_the_protocols_order() -> None:
    assert plan().standings == (Standing("D"), Standing("K"))


def test_who_is_meant_for_an_arm_wants_to_hear_of_its_slots() -> None:
    assert towards("D", fact(0, "arm", "D")) == Standing("D", "notice")
    assert towards("K", fact(0, "arm", "D")) == Standing("K")


def test_who_asks_for_a_slot_wants_one() -> None:
    assert towards("D", fact(0, "arm", "D"), done(1, "slot_wanted")) == Standing("D", "slot")


def test_who_has_left_wants_nothing_more_and_has_begun_all_the_same() -> None:
    events = [fact(0, "arm", "K"), done(1, "slot_wanted"), done(2, "first_dose"), done(3, "withdrawn")]
    assert towards("D", *events) == Standing("D", "nothing", date(2025, 3, 3))


def test_the_first_dose_counts_on_the_day_at_the_site() -> None:
    late = datetime(2025, 3, 3, 23, 30, tzinfo=UTC)
    assert towards("D", done(1, "first_dose", occurred=late)).started == date(2025, 3, 4)


def test_toxicity_and_response_are_told_as_they_are_in_force_now() -> None:
    events = [fact(0, "dlt", "NO"), fact(1, "response", "YES")]
    assert towards("D", *events) == Standing("D"), "of a course that did not begin here"
    events.append(done(4, "first_dose"))
    assert (towards("D", *events).dlt, towards("D", *events).response) == ("NO", "YES")
    corrected = event(2, kind="correction", name="dlt", value="YES", target="e0")
    assert towards("D", *events, corrected).dlt == "YES"
    voided = event(3, kind="void", target="e0", reason="another patient")
    assert towards("D", *events, voided).dlt == ""


# --- what the governor said -------------------------------------------------------------------------------------------


def answer(n: int, state: str, at: int = 0, **details: str) -> Event:
    when = BEGIN + timedelta(hours=at)
    return event(n, id=f"slot:D:{n}", kind="observation", name="slot", point="D", value=state, recorded=when,
                 occurred=when, details=tuple(sorted(details.items())))  # fmt: skip


def test_the_standing_shows_what_the_governor_said_last() -> None:
    said = towards(
        "D", answer(1, "WAITING", reason="SUSPENDED: level 1 is full"), answer(2, "RESERVED", 5, level="1")
    )
    assert (said.slot, said.level, said.reason) == ("RESERVED", "1", "")


def test_two_answers_of_one_instant_count_in_the_order_in_which_they_came() -> None:
    answers = [answer(n, "RESERVED" if n == 10 else "WAITING") for n in range(1, 11)]
    assert towards("D", *answers).slot == "RESERVED"
    assert [m.id for m in plan(*answers).milestones] == ["SLOT-D"]


def pending() -> Compiled:
    """An arm that is asked for as long as it is the patient's, whatever the phase."""
    return compile_protocol(changed(ask=Is(Reading("arm"), ("D",))))


def test_a_slot_is_not_given_up_for_a_value_that_is_missing_now() -> None:
    events = [
        fact(0, "arm", "D"),
        answer(1, "RESERVED", 1),
        event(2, kind="void", target="e0", reason="another patient"),
    ]
    assert plan(*events, compiled=pending()).standings[0].wants == "slot"
    assert plan(events[0], events[2], compiled=pending()).standings[0].wants == "nothing"


def test_a_slot_is_given_up_when_it_is_known_not_to_be_wanted() -> None:
    events = [fact(0, "arm", "D"), answer(1, "RESERVED", 1), fact(2, "arm", "K")]
    assert plan(*events, compiled=pending()).standings[0].wants == "nothing"


# --- what is printed --------------------------------------------------------------------------------------------------


def test_a_plan_says_how_the_patient_stands_only_where_there_are_subtrials() -> None:
    shown = plan_json(known(done(1, "first_dose")))
    assert shown["standings"][0] == {
        "subtrial": "D", "wants": "slot", "started": "2025-03-03", "dlt": "", "response": "", "slot": "", "level": "",
        "reason": "", "until": "",
    }  # fmt: skip
    toy = compile_protocol(TOY)
    shown = plan_json(known(compiled=toy))
    assert "standings" not in shown


# --- what the compiler refuses ----------------------------------------------------------------------------------------


def changed(**enrolment: Any) -> Protocol:
    first, *rest = PLATFORM.enrolments
    return replace(PLATFORM, enrolments=(replace(first, **enrolment), *rest))


def with_slot(**more: Any) -> Protocol:
    facts = tuple(replace(f, **more) if f.id == "slot" else f for f in PLATFORM.facts)
    return replace(PLATFORM, facts=facts)


def without_slot() -> Protocol:
    facts = tuple(f for f in PLATFORM.facts if f.id != "slot")
    return replace(PLATFORM, facts=facts, tracks=(), milestones=(), enrolments=(bare(),))


def bare() -> Enrolment:
    enrolment: Enrolment = replace(PLATFORM.enrolments[0], ask=PLATFORM.enrolments[0].watch)
    return enrolment


def other_options() -> Protocol:
    arm = next(f for f in PLATFORM.facts if f.id == "arm")
    assert isinstance(arm, Fact)
    dlt = PLATFORM.decisions[0]
    assert isinstance(dlt, Decision)
    return replace(
        PLATFORM, decisions=(replace(dlt, options=(*dlt.options, "PERHAPS")), *PLATFORM.decisions[1:])
    )


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        (changed(subtrial="DD"), "subtrial 'DD' is not defined"),
        (changed(subtrial="K"), "enrolment K is defined twice"),
        (changed(started="FIRST"), "anchor 'FIRST' is not defined"),
        (changed(dlt="dtl_verdict"), "decision 'dtl_verdict' is not defined"),
        (other_options(), "has the option 'PERHAPS'; a governor understands YES, NO, INEVALUABLE"),
        (without_slot(), "there is no fact 'slot' for the governors' answers; write slot_fact('D', 'K', source=...)"),
        (with_slot(values=SLOT_STATES[:-1]), "cannot hold the governors' answers"),
        (with_slot(details=()), "cannot hold the governors' answers"),
        (replace(PLATFORM, subtrials=(*PLATFORM.subtrials, PLATFORM.subtrials[0])), "subtrial D is defined twice"),
    ],
)  # fmt: skip
def test_an_enrolment_that_cannot_work_is_refused_by_name(protocol: Protocol, message: str) -> None:
    with pytest.raises(ProtocolError, match="toy-platform") as refused:
        compile_protocol(protocol)
    assert message in str(refused.value)


def test_a_slot_fact_needs_a_point_for_each_enrolment() -> None:
    protocol = replace(
        with_slot(points=("K",)), tracks=(), milestones=(), enrolments=(replace(bare(), dlt="", response=""),)
    )
    with pytest.raises(ProtocolError, match="has no point 'D'"):
        compile_protocol(protocol)


def test_a_subtrial_without_verdicts_is_told_none() -> None:
    compiled = compile_protocol(changed(dlt="", response=""))
    standing = plan(fact(0, "dlt", "YES"), compiled=compiled).standings[0]
    assert (A.kind, standing.dlt) == ("assumption", "")
