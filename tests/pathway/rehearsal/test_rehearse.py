"""Rehearsals: the order of things, confirmations, refusals, expectations, and what is printed."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.engine.context import Compiled
from pathway.rehearsal.rehearse import (
    InProcess,
    Progress,
    Refusal,
    Rehearsed,
    Settle,
    Show,
    Shown,
    StepTo,
    Stuck,
    Submit,
    rehearse,
    rehearse_with,
    script,
)
from pathway.rehearsal.scenario import Scenario, read_scenario
from pathway.rehearsal.story import as_text, tell
from runtime.yaml_tree import parse
from tests.pathway.toy_protocol import TOY

COMPILED = compile_protocol(TOY)
HEAD = """\
format: allpath.scenario/1
protocol: toy
sites: {S01: {zone: Europe/Berlin, country: DE}}
subjects: {P1: {site: S01}}
start: 2025-02-01
anchors: {D1: 2025-02-03}
"""
ENROLLED = (
    "{id: c, at: 2025-02-01, fact: consent, value: YES}",
    "{id: w, at: 2025-02-01, fact: wbc, value: 85, unit: 10^9/L}",
    "{id: d1, at: D1, do: first_prednisone}",
)


def scenario(*events: str, expect: tuple[str, ...] = (), head: str = HEAD, auto: bool = True) -> Scenario:
    def find(name: str) -> Compiled:
        return COMPILED

    text = f"{head}confirm: {'auto' if auto else 'manual'}\nevents:\n"
    text += "".join(f"- {event}\n" for event in events)
    if expect:
        text += "expect:\n" + "".join(f"- {entry}\n" for entry in expect)
    return read_scenario(parse(text, "s.yaml"), find)


def play(*events: str, expect: tuple[str, ...] = (), auto: bool = True) -> Rehearsed:
    return rehearse(scenario(*ENROLLED, *events, expect=expect, auto=auto))


def mrd(value: str, id_: str = "m", at: str = "D40") -> str:
    return f"{{id: {id_}, at: {at}, fact: mrd, point: EOI, value: {value}, unit: fraction, sampled: D33}}"


def unmet(rehearsed: Rehearsed) -> list[tuple[int | None, str, str, str]]:
    return [(u.expect, u.path, u.wanted, u.got) for u in rehearsed.unmet]


def decided(rehearsed: Rehearsed, key: str = "response") -> list[tuple[str, str, str]]:
    return [(c.local, c.cause, c.state) for c in rehearsed.timeline if c.key == f"decision {key}"]


# --- confirmations ----------------------------------------------------------------------------------------------------


def test_a_sole_proposal_is_taken_when_it_appears() -> None:
    done = play(mrd("2e-4"))
    assert done.ok
    assert decided(done) == [
        ("2025-03-14T09:00", "m", "proposed GOOD"),
        ("2025-03-14T09:00", "auto-response-1", "in_force GOOD"),
    ]


def test_without_auto_confirmation_nobody_decides() -> None:
    done = play(
        mrd("2e-4"), expect=("{phase: {treatment: SCREENING}, decisions: {response: proposed}}",), auto=False
    )
    assert done.ok


@pytest.mark.parametrize(("value", "state"), [("9e-4", "choice"), ("5e-4", "proposed"), ("2e-4", "GOOD")])
def test_a_choice_and_a_boundary_case_wait_for_a_person(value: str, state: str) -> None:
    assert play(mrd(value), expect=(f"{{decisions: {{response: {state}}}}}",)).ok


def test_an_implausible_value_waits_for_a_person() -> None:
    done = rehearse(
        scenario(
            "{id: w, at: D1, fact: wbc, value: 4000, unit: 10^9/L}", expect=("{decisions: {risk: review}}",)
        )
    )
    assert done.ok


def test_an_explicit_decision_at_the_same_moment_comes_before_the_automatic_one() -> None:
    done = play(
        mrd("2e-4"),
        "{id: x, at: D40, decide: response, option: POOR, reason: the assay is doubted}",
        expect=("{decisions: {response: POOR}}",),
    )
    assert done.ok
    assert [c for _, c, _ in decided(done)] == ["m", "x"]


def test_a_decision_that_needs_an_earlier_one_of_the_same_moment_finds_it_taken() -> None:
    done = rehearse(
        scenario(
            "{id: c, at: D1, fact: consent, value: YES}",
            "{id: w, at: D1, fact: wbc, value: 85, unit: 10^9/L}",
            mrd("9e-4", at="D40"),
            "{id: r, at: D40, decide: response, option: POOR, reason: high}",
            expect=("{decisions: {response: POOR, AFTER_SCREENING: TREATMENT}}",),
        )
    )
    assert done.ok


def test_a_reopened_decision_is_taken_again_under_a_new_id() -> None:
    head = HEAD.replace("anchors", "profile: {simulation: true}\nanchors")
    done = rehearse(
        scenario(
            *ENROLLED,
            mrd("5e-4"),
            "{id: r, at: D41, decide: response, option: POOR, reason: on the limit}",
            "{id: k, at: D42, correct: m, value: 2e-4}",
            expect=("{at: D41, decisions: {response: POOR}}", "{decisions: {response: GOOD}}"),
            head=head,
        )
    )
    assert done.ok
    assert decided(done)[-1] == ("2025-03-16T09:00", "auto-response-1", "in_force GOOD")


def test_an_automatic_confirmation_can_be_voided_and_is_taken_again() -> None:
    done = play(
        mrd("2e-4"),
        "{id: v, at: D41, void: auto-response-1, reason: by mistake}",
        expect=("{decisions: {response: GOOD}}",),
    )
    assert done.ok
    assert decided(done)[-1][1] == "auto-response-2"


def test_an_option_that_is_not_proposed_needs_a_reason() -> None:
    alone = play(mrd("2e-4"), "{id: x, at: D41, decide: response, option: POOR}", auto=False)
    assert [u.path for u in alone.unmet] == ["event x"]
    assert "refused not_proposed" in alone.unmet[0].got
    assert play(
        mrd("2e-4"),
        "{id: x, at: D41, decide: response, option: POOR, reason: the assay is doubted}",
        expect=("{decisions: {response: POOR}}",),
    ).ok


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_a_refusal_that_nobody_expected_is_unmet() -> None:
    done = play("{id: x, at: D5, judge: I1, verdict: PASS, reason: sure}")
    assert not done.ok
    assert done.exit_status == 1
    assert unmet(done) == [
        (None, "event x", "accepted", "refused not_waiting: I1 is PASS; only a REVIEW is judged")
    ]
    assert [(c.kind, c.id, c.state, c.cause) for c in done.timeline if c.kind == "refusal"] == [
        ("refusal", "x", "not_waiting", "x")
    ]


@pytest.mark.parametrize(
    ("events", "code"),
    [
        (("{id: x, at: D5, fact: vaccine, value: 2025-03-01}",), "future"),
        (("{id: x, at: D5, do: relapse, occurred: D6}",), "future"),
        (("{id: x, at: D5, fact: wbc, value: 85}",), "unit_missing"),
        (("{id: x, at: D5, fact: wbc, value: 85, unit: kg}",), "unknown_unit"),
        (("{id: x, at: D5, fact: mrd, point: NOW, value: 0, unit: fraction}",), "unknown_point"),
        (("{id: x, at: D5, decide: response, option: GOOD, reason: sure}",), "not_proposed"),
        ((mrd("2e-4"), "{id: x, at: D40, decide: response, option: GOOD, as: coordinator}"), "wrong_role"),
        ((mrd("9e-4"), "{id: x, at: D41, decide: response, option: BEST}"), "unknown_option"),
        ((mrd("5e-4"), "{id: x, at: D41, decide: response, option: POOR}"), "reason_missing"),
        ((mrd("9e-4"), mrd("8e-4", "m2", "D42"), "{id: y, at: D43, correct: m, value: 7e-4}",
          "{id: x, at: D44, correct: m, value: 6e-4}"), "not_latest"),
        (("{id: x, at: D5, fact: vaccine, value: NEVER}", "{id: x, at: D6, fact: vaccine, value: 2024-09-01}"),
         "content_differs"),
        ((mrd("9e-4"), "{id: x, at: D41, not_obtainable: {fact: mrd, point: EOI}, reason: lost}"), "not_waiting"),
        (("{id: x, at: D5, acknowledge: EOI-MRD-MISSING}",), "not_waiting"),
    ],
)  # fmt: skip
def test_an_expected_refusal_is_met_by_its_code(events: tuple[str, ...], code: str) -> None:
    done = play(*events, expect=(f"{{event: x, refused: {code}}}",))
    assert unmet(done) == []


def test_an_expected_refusal_that_does_not_come_is_unmet() -> None:
    done = play("{id: x, at: D5, fact: consent, value: YES}", expect=("{event: x, refused: future}",))
    assert unmet(done) == [(0, "event x", "refused future", "accepted")]


def test_another_refusal_than_the_expected_one_is_unmet() -> None:
    done = play("{id: x, at: D5, decide: response, option: GOOD}", expect=("{event: x, refused: moved}",))
    assert [(u.expect, u.wanted, u.got) for u in done.unmet] == [(0, "refused moved", "refused not_proposed")]


def test_a_decision_made_on_an_outdated_view_has_moved() -> None:
    events = (
        mrd("9e-4"),
        "{id: k, at: D41, correct: m, value: 8e-4}",
        "{id: x, at: D42, decide: response, option: POOR, reason: high, seen: m}",
    )
    assert unmet(play(*events, expect=("{event: x, refused: moved}",))) == []
    assert play(*events[:2], events[2].replace("seen: m", "seen: k")).ok


def test_the_same_report_sent_twice_changes_nothing() -> None:
    done = play(
        "{id: x, at: D5, fact: vaccine, value: NEVER}", "{id: x, at: D6, fact: vaccine, value: NEVER}"
    )
    assert done.ok


# --- expectations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "path", "wanted", "got"),
    [
        ("at: D2, phase: {treatment: OUT}", "phase.treatment", "OUT", "TREATMENT"),
        ("at: D2, criteria: {I1: FAIL}", "criteria.I1", "FAIL", "PASS"),
        ("at: D2, decisions: {risk: HR}", "decisions.risk", "HR", "MR"),
        ("at: D2, decisions: {response: GOOD}", "decisions.response", "GOOD", "waiting"),
        (
            "at: D2, decisions: {AFTER_TREATMENT: INFUSION}",
            "decisions.AFTER_TREATMENT",
            "INFUSION",
            "waiting",
        ),
        ("at: D2, has: [MRD-KNOWN]", "has", "MRD-KNOWN", "not in the timeline so far"),
        ("at: D41, never: [MRD-KNOWN]", "never", "no MRD-KNOWN", "it is in the timeline"),
        ("at: D2, due: {EOI-MRD: D34}", "due.EOI-MRD", "2025-03-08", "2025-03-07"),
        ("at: D2, due: {EOI-MRD: none}", "due.EOI-MRD", "none", "2025-03-07"),
        ("at: D2, dose: {blina: 15}", "dose.blina", "15", "not started"),
        ("at: D41, dose: {blina: 5}", "dose.blina", "5", "15"),
    ],
)
def test_an_unmet_expectation_says_what_was_wanted_and_what_was_got(
    entry: str, path: str, wanted: str, got: str
) -> None:
    events = (mrd("9e-4"), "{id: s, at: D36, do: infusion_started, scope: {cycle: 1}}")
    met = "{at: D2, criteria: {I1: PASS}}"
    assert unmet(play(*events, expect=(met, f"{{{entry}}}"))) == [(1, path, wanted, got)]


def test_expectations_that_are_met() -> None:
    done = play(
        mrd("9e-4"),
        "{id: s, at: D36 10:00, do: infusion_started, scope: {cycle: 1}}",
        "{id: a, at: s + 4d, ae: CRS, grade: 3, scale: ASTCT}",
        "{id: p, at: s + 4d, do: infusion_paused, scope: {cycle: 1}}",
        expect=(
            "{at: 2025-02-01, phase: {treatment: TREATMENT}, never: [EOI-MRD-MISSING, INFUSION]}",
            "{at: D33, due: {EOI-MRD: D33}, never: [EOI-MRD-MISSING]}",
            "{at: D36 08:00, has: [EOI-MRD-MISSING]}",
            "{at: b4, dose: {blina: 15.0}, phase: {treatment: INFUSION}}",
            "{at: b6, dose: {'blina[cycle=1]': 0}}",
            "{at: D41, has: [SCREENING, TREATMENT, risk, EOI-MRD, 'blina[cycle=1]'], decisions: {response: none}}",
        ),
    )
    assert unmet(done) == []


def test_an_infusion_that_is_over_has_the_dose_it_ended_with_or_none() -> None:
    start = "{id: s, at: D36, do: infusion_started, scope: {cycle: 1}}"
    done = play(
        start,
        expect=("{at: b30, dose: {blina: 15}}", "{at: b30, dose: {blina: 0}}", "{at: b30, dose: {blina: 5}}"),
    )
    assert unmet(done) == [(2, "dose.blina", "5", "0 or 15")]


def test_an_expectation_sees_everything_of_its_moment() -> None:
    """A warning that falls due at 08:00 and a result that comes at 08:00: the result settles it."""
    done = play(
        mrd("2e-4", at="D36 08:00"),
        expect=("{at: D36 08:00, decisions: {response: GOOD}, has: [EOI-MRD-MISSING]}",),
    )
    assert done.ok
    assert [(c.kind, c.cause) for c in done.timeline if c.id == "EOI-MRD-MISSING"] == [
        ("deviation", "clock"),
        ("retraction", "m"),
    ]


# --- several patients -------------------------------------------------------------------------------------------------


def test_several_patients_step_together() -> None:
    head = """\
format: allpath.scenario/1
protocol: toy
sites: {S01: {zone: Europe/Berlin}, S02: {zone: Australia/Sydney}}
subjects: {P1: {site: S01}, P2: {site: S02}}
start: 2025-02-01
"""
    played = scenario(
        "{id: a, at: 2025-02-03, subject: P1, do: first_prednisone}",
        "{id: b, at: 2025-02-03, subject: P2, do: first_prednisone}",
        "{id: c, at: D40, subject: P1, fact: consent, value: YES}",
        expect=("{at: D36 08:00, subject: P2, has: [EOI-MRD-MISSING]}",),
        head=head,
    )
    steps: list[StepTo] = []

    class Watched(InProcess):
        def step_to(self, command: StepTo) -> Mapping[str, Progress]:
            steps.append(command)
            return super().step_to(command)

    done = rehearse(played, Watched(played))
    assert done.ok
    raised = [(c.subject, c.local) for c in done.timeline if c.id == "EOI-MRD-MISSING" and c.cause == "clock"]
    assert raised[:2] == [("P2", "2025-03-10T08:00"), ("P1", "2025-03-10T08:00")]
    assert [s.at for s in steps] == sorted({s.at for s in steps})
    assert [c.at for c in done.timeline] == sorted(c.at for c in done.timeline)


# --- drivers ----------------------------------------------------------------------------------------------------------


async def test_a_driver_across_a_network_gives_the_same_result() -> None:
    played = scenario(*ENROLLED, mrd("2e-4"), "{id: x, at: D41, judge: I1, verdict: PASS, reason: sure}")
    inside = InProcess(played)

    class Remote:
        async def step_to(self, command: StepTo) -> Mapping[str, Progress]:
            return inside.step_to(command)

        async def submit(self, command: Submit) -> Mapping[str, Progress] | Refusal:
            return inside.submit(command)

        async def settle(self, command: Settle) -> Mapping[str, Progress]:
            return inside.settle(command)

        async def show(self, command: Show) -> Shown:
            return inside.show(command)

    assert (await rehearse_with(played, Remote())).json() == rehearse(played).json()


def test_the_script_begins_at_the_start_and_ends_at_the_end() -> None:
    played = scenario(*ENROLLED)
    driver = InProcess(played)
    play = script(played)
    command = next(play)
    assert command == StepTo(played.start)
    last: StepTo | Submit | None = None
    while not isinstance(command, Show):
        assert not isinstance(command, Settle)
        last = command
        answer = driver.step_to(command) if isinstance(command, StepTo) else driver.submit(command)
        command = play.send(answer)
    assert last == StepTo(played.until)


def test_a_plan_that_asks_to_be_woken_in_the_past_is_an_error_and_not_a_hang() -> None:
    played = scenario(*ENROLLED)

    class Backwards(InProcess):
        def step_to(self, command: StepTo) -> Mapping[str, Progress]:
            answer = super().step_to(command)
            return {
                subject: replace(p, plan=replace(p.plan, next_at=command.at - timedelta(days=1)))
                for subject, p in answer.items()
            }

    with pytest.raises(Stuck, match="asks to be woken at") as caught:
        rehearse(played, Backwards(played))
    assert caught.value.exit_status == 1


def test_confirmations_that_never_settle_are_an_error_and_not_a_hang() -> None:
    played = scenario(*ENROLLED)

    class Deaf(InProcess):
        def submit(self, command: Submit) -> Mapping[str, Progress] | Refusal:
            if command.report.id.startswith("auto-"):
                pathway = self.pathways[command.subject]
                assert pathway.evaluation is not None
                return {command.subject: Progress(pathway.evaluation.plan, ())}
            return super().submit(command)

    with pytest.raises(Stuck, match="confirmations"):
        rehearse(played, Deaf(played))


# --- what is printed --------------------------------------------------------------------------------------------------


def test_the_result_is_the_documented_json() -> None:
    done = play(mrd("2e-4"), expect=("{at: D2, phase: {treatment: OUT}}",))
    printed = json.loads(json.dumps(done.json()))
    assert list(printed) == [
        "format", "ok", "protocol", "profile", "unmet", "timeline", "plans", "governors",
    ]  # fmt: skip
    assert printed["format"] == "allpath.rehearsal/1"
    assert printed["ok"] is False
    assert set(printed["protocol"]) == {"name", "version", "hash"}
    assert printed["unmet"] == [{"expect": 0, "path": "phase.treatment", "wanted": "OUT", "got": "TREATMENT"}]
    line = next(entry for entry in printed["timeline"] if entry["id"] == "MRD-KNOWN")
    assert {k: line[k] for k in ("at", "local", "day", "subject", "cause", "kind")} == {
        "at": "2025-03-14T08:00:00Z",
        "local": "2025-03-14T09:00",
        "day": "D40",
        "subject": "P1",
        "cause": "m",
        "kind": "milestone",
    }
    assert {"id", "key", "state", "text"} <= set(line)
    plan = printed["plans"]["P1"]
    assert {
        "at",
        "next_at",
        "tracks",
        "criteria",
        "decisions",
        "items",
        "ledgers",
        "milestones",
        "deviations",
    } <= set(plan)


def test_a_rehearsal_is_the_same_every_time() -> None:
    events = (mrd("2e-4"), "{id: s, at: D36, do: infusion_started, scope: {cycle: 1}}")
    assert json.dumps(play(*events).json()) == json.dumps(play(*events).json())


def test_the_story_tells_what_was_reported_and_what_followed_day_by_day() -> None:
    story = as_text(
        tell(
            play(
                mrd("9e-4"),
                "{id: s, at: D36 10:00, do: infusion_started, scope: {cycle: 1}}",
                expect=("{at: D41, decisions: {response: GOOD}}",),
            )
        )
    )
    assert "D1 · Mon 2025-02-03\n  09:00  first dose of prednisone  [coordinator, d1]" in story
    assert "AFTER_SCREENING confirmed: TREATMENT  [clinician, auto-AFTER_SCREENING-1]" in story
    assert "-> ! deviation EOI-MRD-MISSING, raised" in story
    assert "residual disease, EOI: 9e-4 fraction (sampled 2025-03-07 09:00)  [laboratory, m]" in story
    assert story.endswith(
        "Not as expected:\n  line 15, 2025-03-15 09:00 decisions.response: expected GOOD; got choice\n"
    )


def test_the_story_hides_what_is_only_planned() -> None:
    done = play()
    assert "planned: marrow" not in as_text(tell(done))
    assert "planned: marrow at the end of induction, 2025-03-07" in as_text(tell(done, verbose=True))
