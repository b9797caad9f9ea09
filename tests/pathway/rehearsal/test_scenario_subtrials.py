"""Scenarios with governors: slots asked for and given, who comes first, letters in order, and what a file may say of it."""

import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pathway.engine.compiler import compile_protocol
from pathway.engine.context import Compiled
from pathway.rehearsal.rehearse import InProcess, Progress, Rehearsed, Settle, StepTo, Stuck, Submit, rehearse
from pathway.rehearsal.scenario import Scenario, read_scenario
from pathway.rehearsal.scenario_subtrials import statements_of
from pathway.rehearsal.story import as_text, tell
from pathway.rehearsal.tree import Malformed, accepted
from runtime.yaml_tree import parse
from tests.pathway.toy_platform import PLATFORM
from tests.pathway.toy_protocol import TOY

COMPILED = compile_protocol(PLATFORM)
TEST = compile_protocol(TOY)
OPEN = "{id: open, at: 2025-03-03 08:00, governor: D, do: activated, with: {country: NL}}"


def read(
    *events: str,
    expect: tuple[str, ...] = (),
    subjects: int = 4,
    head: str = "",
    compiled: Compiled = COMPILED,
) -> Scenario:
    names = ", ".join(f"P{n}: {{site: S01}}" for n in range(1, subjects + 1))
    text = (
        "format: allpath.scenario/1\nprotocol: toy-platform\n"
        "sites: {S01: {zone: Europe/Amsterdam, country: NL}, S02: {zone: Europe/London, country: UK}}\n"
        f"subjects: {{{names}}}\nstart: 2025-03-03 08:00\nuntil: 2025-06-01\nconfirm: auto\n{head}events:\n"
    )
    text += "".join(f"- {event}\n" for event in events)
    text += ("expect:\n" + "".join(f"- {entry}\n" for entry in expect)) if expect else ""
    return read_scenario(parse(text, "s.yaml"), lambda name: compiled)


def play(*events: str, expect: tuple[str, ...] = (), subjects: int = 4) -> Rehearsed:
    return rehearse(read(*events, expect=expect, subjects=subjects))


def unmet(rehearsed: Rehearsed) -> list[tuple[str, str, str]]:
    return [(u.path, u.wanted, u.got) for u in rehearsed.unmet]


def wants(n: int, at: str = "2025-03-03", arm: str = "D") -> str:
    return f"{{id: w{n}, at: {at}, subject: P{n}, do: slot_wanted, scope: {{arm: {arm}}}}}"


def begins(n: int, at: str = "2025-03-04", arm: str = "D") -> str:
    return f"{{id: f{n}, at: {at}, subject: P{n}, do: first_dose, scope: {{arm: {arm}}}}}"


def dlt(n: int, value: str, at: str = "2025-04-02") -> str:
    return f"{{id: t{n}, at: {at}, subject: P{n}, fact: dlt, value: {value}}}"


def six(*verdicts: str) -> list[str]:
    """Six patients on level 1, the first of them with verdicts."""
    events = [OPEN, *(wants(n) for n in range(1, 7)), *(begins(n) for n in range(1, 7))]
    return events + [dlt(n, v) for n, v in enumerate(verdicts, 1)]


# --- slots ------------------------------------------------------------------------------------------------------------


def test_a_patient_who_asks_gets_a_slot_at_once_and_takes_it_up_with_the_first_dose() -> None:
    done = play(OPEN, wants(1), begins(1), expect=(
        "{at: 2025-03-03 10:00, governor: D, slots: {P1: RESERVED 1, P2: none}, levels: {1: [1, 0, 1]}}",
        "{at: 2025-03-03 10:00, subject: P1, slot: {D: RESERVED}, phase: {treatment_D: RESERVED_D}}",
        "{at: 2025-03-03 10:00, subject: P2, slot: {D: none, K: none}}",
        "{at: 2025-03-04 10:00, governor: D, slots: {P1: ENROLLED}, phase: {subtrial: PHASE1_LEVEL}, level: 1, waiting: []}",
        "{at: 2025-03-04 10:00, subject: P1, slot: {D: ENROLLED}, phase: {treatment_D: TREATMENT_D}}",
    ))  # fmt: skip
    assert unmet(done) == []


def test_r1_three_without_toxicity_escalate_and_the_fourth_enters_the_next_level() -> None:
    events = [
        OPEN,
        *(wants(n) for n in (1, 2, 3)),
        *(begins(n) for n in (1, 2, 3)),
        *(dlt(n, "NO") for n in (1, 2, 3)),
    ]
    done = play(*events, wants(4, "2025-04-03"), expect=(
        "{at: 2025-04-01, governor: D, levels: {1: [3, 0, 3]}}",
        "{at: 2025-04-03, governor: D, level: 2, levels: {1: [3, 0, 0], 2: [1, 0, 1]}, slots: {P4: RESERVED 2}}",
        "{at: 2025-04-03, subject: P4, slot: {D: RESERVED}}",
    ))  # fmt: skip
    assert unmet(done) == []


def test_r2_one_still_pending_keeps_the_fourth_on_the_level() -> None:
    events = [
        OPEN,
        *(wants(n) for n in (1, 2, 3)),
        *(begins(n) for n in (1, 2, 3)),
        *(dlt(n, "NO") for n in (1, 2)),
    ]
    done = play(*events, wants(4, "2025-04-03"), expect=(
        "{at: 2025-04-03, governor: D, level: 1, levels: {1: [4, 0, 2]}, slots: {P4: RESERVED 1}}",
    ))  # fmt: skip
    assert unmet(done) == []


def test_r4_the_seventh_waits_and_a_second_toxicity_closes_the_level_at_once() -> None:
    done = play(*six("YES"), wants(7, "2025-04-03"), dlt(2, "YES", "2025-04-04"), subjects=7, expect=(
        "{at: 2025-04-03, governor: D, levels: {1: [6, 1, 5]}, waiting: [P7], slots: {P7: WAITING}}",
        "{at: 2025-04-03, subject: P7, slot: {D: WAITING}, phase: {treatment_D: REQUESTED_D}}",
        "{at: 2025-04-04, governor: D, levels: {1: [6, 2, 4]}, slots: {P3: ENROLLED 1}}",
    ))  # fmt: skip
    assert unmet(done) == []


def test_a_corrected_toxicity_reaches_the_governor() -> None:
    done = play(*six("NO"), "{id: c, at: 2025-04-05, subject: P1, correct: t1, value: YES}", subjects=6, expect=(
        "{at: 2025-04-04, governor: D, levels: {1: [6, 0, 5]}}",
        "{at: 2025-04-05, governor: D, levels: {1: [6, 1, 5]}}",
    ))  # fmt: skip
    assert unmet(done) == []


def test_a_slot_that_is_not_taken_up_in_time_expires() -> None:
    done = play(OPEN, wants(1), expect=(
        "{at: 2025-03-10 23:59, subject: P1, slot: {D: RESERVED}}",
        "{at: 2025-03-11 00:00, subject: P1, slot: {D: EXPIRED}}",
        "{at: 2025-03-11, governor: D, slots: {P1: EXPIRED}, levels: {1: [0, 0, 0]}}",
    ))  # fmt: skip
    assert unmet(done) == []


def test_who_withdraws_gives_the_slot_back() -> None:
    done = play(wants(1, arm="K"), wants(2, arm="K"), wants(3, "2025-03-04", "K"),
                "{id: off, at: 2025-03-05, subject: P1, do: withdrawn}", expect=(
        "{at: 2025-03-04, subject: P3, slot: {K: ENROLMENT_COMPLETE}}",
        "{at: 2025-03-04, governor: K, entry: ENROLMENT_COMPLETE, waiting: [P3]}",
        "{at: 2025-03-05, governor: K, slots: {P1: RELEASED, P3: RESERVED}, waiting: []}",
        "{at: 2025-03-05, subject: P3, slot: {K: RESERVED}}",
    ))  # fmt: skip
    assert unmet(done) == []


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_of_three_who_ask_at_one_instant_for_two_places_the_first_two_of_the_file_get_them(
    order: tuple[int, int, int],
) -> None:
    a, b, c = order
    done = play(*(wants(n, arm="K") for n in order), expect=(
        f"{{at: 2025-03-03 09:00, governor: K, slots: {{P{a}: RESERVED, P{b}: RESERVED, P{c}: WAITING}}, waiting: [P{c}]}}",
        f"{{at: 2025-03-03 09:00, subject: P{b}, slot: {{K: RESERVED}}}}",
        f"{{at: 2025-03-03 09:00, subject: P{c}, slot: {{K: ENROLMENT_COMPLETE}}}}",
    ))  # fmt: skip
    assert unmet(done) == []


def test_an_activation_lets_those_in_who_wait_for_it_in_the_order_in_which_they_asked() -> None:
    late = OPEN.replace("2025-03-03 08:00", "2025-03-06")
    done = play(wants(2), wants(1, "2025-03-04"), late, expect=(
        "{at: 2025-03-05, governor: D, waiting: [P2, P1]}",
        "{at: 2025-03-05, subject: P1, slot: {D: WAITING}}",
        "{at: 2025-03-06, governor: D, slots: {P1: RESERVED, P2: RESERVED}, waiting: []}",
    ))  # fmt: skip
    assert unmet(done) == []


def test_patients_whose_pathway_is_elsewhere_count_and_are_answered_by_nobody() -> None:
    ask = "{{id: x{n}, at: 2025-03-03 08:30, governor: K, do: slot_asked, {how}}}"
    events = [
        ask.format(n=1, how="scope: {subject: X1}, with: {country: NL, site: S01}"),
        ask.format(n=2, how="with: {subject: X2, country: NL, site: S01}"),
        "{id: x1_taken, at: 2025-03-03 08:45, governor: K, do: slot_taken_up, scope: {subject: X1}}",
    ]
    done = play(*events, wants(1, arm="K"), expect=(
        "{at: 2025-03-03 09:30, governor: K, slots: {X1: ENROLLED, X2: RESERVED}, waiting: [P1]}",
        "{at: 2025-03-03 09:30, subject: P1, slot: {K: ENROLMENT_COMPLETE}}",
    ))  # fmt: skip
    assert unmet(done) == []
    assert sorted(done.plans) == ["P1", "P2", "P3", "P4"]


# --- decisions of the meeting -----------------------------------------------------------------------------------------

THREE = [
    OPEN,
    *(wants(n) for n in (1, 2, 3)),
    *(begins(n) for n in (1, 2, 3)),
    *(dlt(n, "NO") for n in (1, 2, 3)),
]


def test_what_a_governor_proposes_is_taken_by_the_rehearsal_as_what_patients_propose_is() -> None:
    done = play(*THREE)
    taken = [e.report for e in done.log if hasattr(e, "report") and e.report.id.startswith("auto-")]
    assert [(r.name, r.role) for r in taken] == [("LEVEL[level=2]", "meeting")]


def test_a_decision_of_the_file_comes_before_the_automatic_one() -> None:
    event = "{id: m, at: 2025-04-02, governor: D, decide: 'LEVEL[level=2]', option: ESCALATE}"
    done = play(
        *THREE, event, expect=("{at: 2025-04-02, governor: D, level: 2, decisions: {LEVEL: ESCALATE}}",)
    )
    assert unmet(done) == []
    assert [c.cause for c in done.timeline if c.subject == "D" and c.state == "in_force ESCALATE"] == ["m"]


def test_a_decision_says_which_meeting_took_it() -> None:
    event = "{id: m, at: 2025-04-02, governor: D, decide: LEVEL, option: ESCALATE, with: {meeting: 2025-W14}}"
    done = play(
        *THREE, event, expect=("{at: 2025-04-02, governor: D, decisions: {'LEVEL[level=2]': ESCALATE}}",)
    )
    assert unmet(done) == []
    with pytest.raises(Malformed, match="with: unknown 'week'"):
        read(*THREE, event.replace("meeting:", "week:"))


def test_nobody_but_the_meeting_decides_for_a_subtrial() -> None:
    event = "{id: m, at: 2025-04-02, governor: D, decide: 'LEVEL[level=2]', option: ESCALATE, as: clinician}"
    assert unmet(play(*THREE, event, expect=("{event: m, refused: wrong_role}",))) == []


def test_a_governors_events_can_be_corrected_and_voided() -> None:
    events = [
        "{id: x, at: 2025-03-03 08:30, governor: D, do: slot_asked, scope: {subject: X1}, with: {country: NL, site: S01}}",
        "{id: xf, at: 2025-03-04, governor: D, do: slot_taken_up, scope: {subject: X1}}",
        "{id: xt, at: 2025-04-02, governor: D, do: dlt, scope: {subject: X1}, with: {value: NO}}",
        "{id: xc, at: 2025-04-03, governor: D, correct: xt, with: {value: YES}}",
        "{id: xv, at: 2025-04-04, governor: D, void: xc, reason: another patient}",
    ]
    done = play(OPEN, *events, expect=(
        "{at: 2025-04-02, governor: D, levels: {1: [1, 0, 0]}}",
        "{at: 2025-04-03, governor: D, levels: {1: [1, 1, 0]}}",
        "{at: 2025-04-04, governor: D, levels: {1: [1, 0, 0]}}",
    ))  # fmt: skip
    assert unmet(done) == []


# --- order and determinism --------------------------------------------------------------------------------------------


def test_the_log_of_a_step_has_subjects_in_the_order_of_the_file_then_governors_by_id() -> None:
    done = play(OPEN, wants(2), wants(1))
    start = [c.subject for c in done.timeline if c.at == "2025-03-03T07:00:00Z" and c.cause == "clock"]
    assert list(dict.fromkeys(start)) == ["P1", "P2", "P3", "P4", "D", "K"]


def test_the_cause_of_what_a_letter_brings_is_the_letter() -> None:
    done = play(OPEN, wants(1))
    reserved = next(c for c in done.timeline if c.subject == "P1" and c.key == "SLOT-D")
    assert (reserved.cause, reserved.local) == ("slot:D:1", "2025-03-03T09:00")


def test_the_story_tells_of_patients_and_of_subtrials() -> None:
    told = as_text(tell(play(OPEN, wants(1), begins(1))))
    for line in (
        "P1 · D0 · Mon 2025-03-03",
        "Slot in a subtrial, D: RESERVED (level 1, until 2025-03-11 00:00)  [sponsor, slot:D:1]",
        "subtrial D · Mon 2025-03-03",
        "Activated (country NL)  [coordinator, open]",
        "P1 wants a slot (country NL, site S01)  [coordinator, P1:1]",
        "P1: first dose 2025-03-04 (country NL, site S01)  [coordinator, P1:2]",
    ):
        assert line in told


def test_the_story_has_patients_and_subtrials_in_one_order_of_time() -> None:
    story = tell(play(OPEN, wants(1), wants(2), begins(1)))
    days = [page.date for page in story.pages]
    assert days == sorted(days)
    speakers = [page.who for page in story.pages]
    assert "subtrial D" in speakers[: len(speakers) - 1 - speakers[::-1].index("P1")]


EVENTS: tuple[Callable[[int, str], str], ...] = (
    lambda n, arm: f"subject: P{n}, do: slot_wanted, scope: {{arm: {arm}}}",
    lambda n, arm: f"subject: P{n}, do: first_dose, scope: {{arm: {arm}}}",
    lambda n, arm: f"subject: P{n}, do: withdrawn",
    lambda n, arm: f"subject: P{n}, fact: arm, value: {arm}",
    lambda n, arm: f"subject: P{n}, fact: dlt, value: {'YES' if n % 2 else 'NO'}",
    lambda n, arm: f"subject: P{n}, fact: response, value: {'YES' if n % 2 else 'INEVALUABLE'}",
    lambda n, arm: (
        f"governor: {arm}, do: slot_asked, scope: {{subject: X{n}}}, with: {{country: NL, site: S01}}"
    ),
    lambda n, arm: f"governor: {arm}, do: slot_released, scope: {{subject: X{n}}}",
    lambda n, arm: f"governor: {arm}, do: slot_taken_up, scope: {{subject: X{n}}}",
    lambda n, arm: f"governor: {arm}, do: dlt, scope: {{subject: X{n}}}, with: {{value: YES}}",
    lambda n, arm: f"governor: {arm}, do: activated, with: {{country: NL}}",
    lambda n, arm: f"governor: {arm}, do: suspended, as: meeting, reason: to be looked at",
    lambda n, arm: f"governor: {arm}, do: resumed, as: meeting",
)
MOMENTS = st.tuples(st.integers(0, 40), st.sampled_from((8, 9, 23)))
HAPPENS = st.lists(
    st.tuples(MOMENTS, st.sampled_from(EVENTS), st.integers(1, 4), st.sampled_from(("D", "K"))), max_size=14
)


@settings(max_examples=40, deadline=None)
@given(HAPPENS)
def test_whatever_happens_letters_come_to_an_end_and_no_two_get_the_last_place(
    happens: list[tuple[tuple[int, int], Callable[[int, str], str], int, str]],
) -> None:
    events = [
        f"{{id: e{k}, at: 2025-03-03 {hour:02d}:00 + {day}d, {say(n, arm)}}}".replace(" 08:00 + 0d", " 08:00")
        for k, ((day, hour), say, n, arm) in enumerate(happens)
    ]
    scenario = read(*events) if events else read(OPEN)
    first, second = rehearse(scenario), rehearse(scenario)
    assert first.json() == second.json()
    assert first.log == second.log
    for change in first.timeline:
        if change.subject in ("D", "K") and change.kind != "refusal":
            assert change.id in statements_of(COMPILED.subtrials[change.subject])
    unstarted = [s for s in first.governors["K"]["slots"] if s["state"] == "RESERVED"]
    enrolled = [s for s in first.governors["K"]["slots"] if s["state"] == "ENROLLED"]
    assert len(unstarted) <= max(0, 2 - len(enrolled))
    for n in range(1, 5):
        for standing in first.plans[f"P{n}"]["standings"]:
            held = [
                s["state"] for s in first.governors[standing["subtrial"]]["slots"] if s["subject"] == f"P{n}"
            ]
            if standing["slot"] in ("RESERVED", "ENROLLED"):
                assert held == [standing["slot"]]


class Endless(InProcess):
    """A governor that cannot make up its mind."""

    def _round(self, found: dict[str, Progress]) -> bool:
        return True


def test_messages_without_end_are_a_fault_and_not_an_endless_rehearsal() -> None:
    scenario = read(OPEN)
    with pytest.raises(Stuck, match="still messages to deliver"):
        rehearse(scenario, Endless(scenario))


def test_a_driver_that_is_asked_twice_delivers_nothing_twice() -> None:
    scenario = read(OPEN, wants(1))
    driver = InProcess(scenario)
    driver.step_to(StepTo(scenario.events[-1].report.at))
    assert driver.settle(Settle()) == {}
    for event in scenario.events:
        driver.submit(Submit(event.subject, event.report))
    brought = driver.settle(Settle())
    assert [r.id for r in brought["P1"].messages] == ["slot:D:1"]
    assert [r.id for r in brought["D"].messages] == ["P1:1"]
    assert driver.settle(Settle()) == {}


# --- what is printed --------------------------------------------------------------------------------------------------


def test_governors_are_printed_by_the_id_of_their_subtrial() -> None:
    shown = play(OPEN, wants(1)).json()
    assert sorted(shown["governors"]) == ["D", "K"]
    assert {entry["subject"] for entry in shown["timeline"]} == {"P1", "P2", "P3", "P4", "D", "K"}


def test_a_protocol_without_subtrials_has_no_governors() -> None:
    text = (
        "format: allpath.scenario/1\nprotocol: toy\nsites: {S01: {zone: Europe/Berlin}}\nsubjects: {P1: {site: S01}}\n"
        "start: 2025-02-01\nevents:\n- {id: c, at: 2025-02-01, fact: consent, value: YES}\n"
    )
    shown = rehearse(read_scenario(parse(text, "s.yaml"), lambda name: TEST)).json()
    assert shown["governors"] == {}
    assert "standings" not in shown["plans"]["P1"]


# --- what a file may say ----------------------------------------------------------------------------------------------


def test_the_governors_days_are_those_of_the_office() -> None:
    scenario = read("{id: open, at: 2025-03-03 20:00, governor: D, do: activated, with: {country: NL}}",
                    head="office: {zone: Asia/Tokyo}\n")  # fmt: skip
    assert {g.site.zone for g in scenario.governors} == {"Asia/Tokyo"}
    assert scenario.events[0].report.at.isoformat() == "2025-03-03T11:00:00+00:00"


def test_without_an_office_the_first_sites_zone_counts() -> None:
    assert [asdict(g.site)["zone"] for g in read(OPEN).governors] == ["Europe/Amsterdam", "Europe/Amsterdam"]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("{id: g, at: 2025-03-04, governor: E, do: activated}", "governor: unknown 'E'; accepted: D, K"),
        ("{id: g, at: 2025-03-04, governor: D, do: activate}", "do: unknown 'activate'; nearest: activated"),
        ("{id: g, at: 2025-03-04, governor: D, fact: dlt, value: YES}", "a governor has no fact"),
        ("{id: g, at: 2025-03-04, governor: D, do: dlt, with: {value: NO}}", "the patient is missing; say scope: {subject: P1}"),
        ("{id: g, at: 2025-03-04, governor: D, subject: P1, do: dlt}", "for a patient say scope: {subject: P1}"),
        ("{id: g, at: 2025-03-04, governor: D, do: closed, scope: {subject: P1}}", "closed: unknown scope 'subject'"),
        ("{id: g, at: 2025-03-04, governor: D, do: activated, with: {contry: NL}}", "with: unknown 'contry'; nearest: country"),
        ("{id: g, at: 2025-03-04, governor: D, void: w1, reason: x}", "void: unknown event 'w1'"),
        ("{id: g, at: 2025-03-04, governor: D, decide: LEVEL}", "decide event: option is missing"),
        ("{id: g, at: 2025-03-04, governor: D, decide: LEVELS, option: ESCALATE}", "decide: unknown decision 'LEVELS'"),
        ("{id: g, at: 2025-03-04, governor: D, acknowledge: DLT-LIMITS}", "nearest: DLT-LIMIT"),
    ],
)  # fmt: skip
def test_a_wrong_event_of_a_governor_is_told_with_its_place(event: str, message: str) -> None:
    with pytest.raises(Malformed) as wrong:
        read(wants(1), event)
    assert message in str(wrong.value)
    assert {p.line for p in wrong.value.problems} == {10}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{governor: E, level: 1}", "governor: unknown 'E'"),
        ("{governor: D, level: 3}", "level: unknown '3'"),
        ("{governor: D, levels: {1: [3, 0]}}", "levels 1: say how many patients, DLTs and pending ones"),
        ("{governor: D, levels: {7: [3, 0, 1]}}", "levels: unknown '7'"),
        ("{governor: D, slots: {P9: RESERVED}}", "slots: unknown 'P9'"),
        ("{governor: D, slots: {P1: RESERVD}}", "nearest: RESERVED"),
        ("{governor: D, slots: {P1: RESERVED 9}}", "unknown level '9'"),
        ("{governor: D, waiting: [X9]}", "waiting: unknown 'X9'"),
        ("{governor: D, phase: {treatment: CLOSED}}", "phase: unknown 'treatment'"),
        ("{governor: D, phase: {subtrial: PHASE1}}", "phase subtrial: unknown 'PHASE1'; nearest: PHASE1_LEVEL"),
        ("{governor: D, never: [LEVEL-OPEND]}", "never: unknown id 'LEVEL-OPEND'; nearest: LEVEL-OPENED"),
        ("{governor: D, decisions: {LEVL: none}}", "decisions: unknown id 'LEVL'; nearest: LEVEL"),
        ("{governor: D, items: {TAKEUP: due}}", "items: unknown id 'TAKEUP'; nearest: TAKE-UP"),
        ("{governor: D}", "it expects nothing; say one of phase, level, levels, entry, slots, waiting"),
        ("{governor: D, criteria: {I1: PASS}}", "unknown key 'criteria'"),
        ("{subject: P1, slot: {E: RESERVED}}", "slot: unknown id 'E'"),
        ("{subject: P1, slot: {D: HELD}}", "slot D: unknown 'HELD'"),
    ],
)  # fmt: skip
def test_a_wrong_expectation_of_a_governor_is_told_with_its_place(entry: str, message: str) -> None:
    with pytest.raises(Malformed, match=r"s\.yaml:11:") as wrong:
        read(OPEN, expect=(entry,))
    assert message in str(wrong.value)


def test_what_the_documentation_shows_can_be_written() -> None:
    text = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    shown = text.split("## Subtrials and their governors")[1].split("```yaml\n")[1].split("```")[0]
    scenario = read(*(line.removeprefix("- ") for line in shown.splitlines()))
    assert [e.report.name or e.report.target for e in scenario.events] == [
        "activated", "slot_asked", "slot_taken_up", "dlt", "g4", "LEVEL[level=2]", "DLT-LIMIT[level=1]",
    ]  # fmt: skip


def test_no_subject_may_have_the_name_of_a_subtrial() -> None:
    text = (
        "format: allpath.scenario/1\nprotocol: toy-platform\nsites: {S01: {zone: Europe/Amsterdam}}\n"
        "subjects: {D: {site: S01}}\nstart: 2025-03-03\nevents: []\n"
    )
    with pytest.raises(Malformed, match="D is a subtrial; a patient needs another name"):
        read_scenario(parse(text, "s.yaml"), lambda name: COMPILED)


def test_a_trial_without_subtrials_has_no_office_and_no_governor() -> None:
    text = (
        "format: allpath.scenario/1\nprotocol: toy\nsites: {S01: {zone: Europe/Berlin}}\nsubjects: {P1: {site: S01}}\n"
        "office: {zone: Europe/Berlin}\nstart: 2025-02-01\nevents:\n- {id: g, at: 2025-02-01, governor: D, do: closed}\n"
    )
    with pytest.raises(Malformed) as wrong:
        read_scenario(parse(text, "s.yaml"), lambda name: TEST)
    assert [p.message for p in wrong.value.problems] == [
        "office: toy has no subtrials, so no governor sits anywhere",
        "governor: unknown 'D'; none is accepted here",
    ]


def test_what_is_not_as_expected_of_a_governor_says_what_is_so() -> None:
    done = play(OPEN, wants(1), expect=(
        "{at: 2025-03-03 10:00, governor: D, level: 2, levels: {1: [2, 0, 0]}, slots: {P1: WAITING}, waiting: [P1],"
        " entry: CLOSED}",
    ))  # fmt: skip
    assert unmet(done) == [
        ("level", "2", "1"),
        ("levels.1", "2 0 0", "1 0 1"),
        ("entry", "CLOSED", "OPEN"),
        ("slots.P1", "WAITING", "RESERVED 1"),
        ("waiting", "P1", "nobody"),
    ]


ALONE = """format: allpath.scenario/1
protocol: toy-platform
{office}events:
- {{id: open, at: 2025-03-03 08:00, governor: D, do: activated, with: {{country: NL, site: S01}}}}
- {{id: ask, at: 2025-03-04, {whose}do: slot_asked, scope: {{subject: P1}}, with: {{country: NL, site: S01}}}}
expect:
- {{at: 2025-03-05, {whose}slots: {{P1: RESERVED}}}}
"""


def alone(office: str = "office: {zone: Europe/Amsterdam}\n", whose: str = "governor: D, ") -> Scenario:
    return read_scenario(parse(ALONE.format(office=office, whose=whose), "s.yaml"), lambda name: COMPILED)


def test_governors_play_alone_where_the_file_says_where_they_sit() -> None:
    done = rehearse(alone())
    assert done.ok
    assert not done.plans
    assert "P1: RESERVED" in as_text(tell(done))


def test_without_patients_sites_and_an_office_it_is_asked_where_the_governors_sit() -> None:
    with pytest.raises(Malformed, match=re.escape("office is missing; say office: {zone: Europe/Amsterdam}")):
        alone(office="")


def test_without_patients_everything_is_a_governors() -> None:
    with pytest.raises(Malformed) as wrong:
        alone(whose="")
    said = str(wrong.value)
    assert "event ask: the file has no subjects, so governor is missing; accepted:" in said
    assert "expect 0: governor is missing; accepted:" in said


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            "{id: e, at: 2025-03-04, governor: D, do: slot_asked, scope: {subject: X1}, with: {country: NL, site: S09}}",
            "with site: unknown site 'S09'",
        ),
        (
            "{id: e, at: 2025-03-04, governor: D, do: dlt, scope: {subject: X1}, with: {value: MAYBE}}",
            "dlt: unknown value 'MAYBE'; accepted: YES, NO, INEVALUABLE",
        ),
        (
            "{id: e, at: 2025-03-04, governor: D, do: dlt, scope: {subject: X1}, with: {country: NL}}",
            "dlt: value is missing; accepted: YES, NO, INEVALUABLE",
        ),
        (
            "{id: e, at: 2025-03-04, governor: D, do: slot_taken_up, scope: {subject: X1}, with: {level: 7}}",
            "slot_taken_up: unknown level '7'",
        ),
        (
            "{id: e, at: 2025-03-04, governor: D, decide: 'LEVEL[level=7]', option: ESCALATE}",
            "decide LEVEL: unknown level '7'",
        ),
        (
            "{id: e, at: 2025-03-04, governor: D, decide: LEVEL, scope: {level: 7}, option: ESCALATE}",
            "decide LEVEL: unknown level '7'",
        ),
        (
            "{id: e, at: 2025-03-04, governor: D, decide: 'RP2D[level=1]', option: '1'}",
            "decide RP2D: unknown label 'level'",
        ),
        (
            "{id: b9, at: 2025-03-04, governor: D, do: suspended}",
            "'b9' cannot be an event's id: in a moment b9 is day 9 of an infusion; use another word, such as e9",
        ),
    ],
)  # fmt: skip
def test_what_a_governor_cannot_take_is_said_before_the_run(event: str, message: str) -> None:
    with pytest.raises(Malformed) as wrong:
        read(OPEN, event)
    assert message in str(wrong.value)


def test_no_message_ends_in_a_bare_semicolon() -> None:
    with pytest.raises(Malformed) as wrong:
        read(OPEN, expect=("{at: 2025-04-01, governor: D, has: [QQQQ]}",))
    assert not str(wrong.value).rstrip().endswith(";")
    assert not accepted("QQQQ", [f"N{n}" for n in range(40)]).endswith(";")
    assert accepted("QQQQ", [f"N{n}" for n in range(40)])
