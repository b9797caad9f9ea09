"""Scenario files: what they may say, what it becomes, and what is said of mistakes."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pathway.engine.compiler import compile_protocol
from pathway.engine.context import Compiled
from pathway.errors import UnknownName
from pathway.rehearsal.scenario import Scenario, read_scenario
from pathway.rehearsal.tree import Malformed, Problem
from runtime.yaml_tree import parse
from tests.pathway.toy_protocol import TOY

COMPILED = compile_protocol(TOY)
HEAD = """\
format: allpath.scenario/1
protocol: toy
sites: {S01: {zone: Europe/Berlin, country: DE}}
subjects: {P1: {site: S01}}
start: 2025-02-01
"""
FIRST = "- {id: e0, at: 2025-02-03 10:00, do: first_prednisone}\n"


def find(name: str) -> Compiled:
    if name.partition("@")[0] != "toy":
        raise UnknownName(f"protocol {name!r} is not known; did you mean toy?")
    return COMPILED


def read(text: str) -> Scenario:
    return read_scenario(parse(text, "s.yaml"), find)


def with_events(*events: str, expect: str = "", more: str = "") -> Scenario:
    lines = "".join(f"- {event}\n" for event in events)
    return read(f"{HEAD}{more}events:\n{FIRST}{lines}" + (f"expect:\n{expect}" if expect else ""))


def problems(text: str) -> list[str]:
    with pytest.raises(Malformed) as caught:
        read(text)
    assert caught.value.exit_status == 2
    return str(caught.value).splitlines()


# --- what it becomes --------------------------------------------------------------------------------------------------


def test_an_event_becomes_a_report_in_utc_with_the_role_that_reports_such_things() -> None:
    scenario = with_events(
        "{id: e3, at: D40, fact: mrd, point: EOI, value: 2e-4, unit: fraction, sampled: D33 08:30, "
        "with: {sensitivity: 1e-5, assay: PCR-IGTR}}"
    )
    report = scenario.events[1].report
    assert (report.id, report.kind, report.role) == ("e3", "observation", "laboratory")
    assert (report.name, report.point, report.value, report.unit) == ("mrd", "EOI", "2e-4", "fraction")
    assert report.at == datetime(2025, 3, 14, 8, tzinfo=UTC)
    assert report.occurred == datetime(2025, 3, 7, 7, 30, tzinfo=UTC)
    assert report.details == (("assay", "PCR-IGTR"), ("sensitivity", "1e-5"))


@pytest.mark.parametrize(
    ("event", "kind", "role", "name", "value", "target"),
    [
        ("fact: birth_date, value: 2024-06-08", "observation", "coordinator", "birth_date", "2024-06-08", ""),
        ("fact: consent, value: NO", "observation", "coordinator", "consent", "NO", ""),
        ("fact: vaccine, value: NEVER", "observation", "clinician", "vaccine", "NEVER", ""),
        ("fact: wbc, value: 85, unit: 10^9/L, as: clinician", "observation", "clinician", "wbc", "85", ""),
        (
            "fact: mrd, point: EOI, value: not-detected",
            "observation",
            "laboratory",
            "mrd",
            "not-detected",
            "",
        ),
        (
            "fact: mrd, point: EOI, with: {qualifier: not-detected}",
            "observation",
            "laboratory",
            "mrd",
            "not-detected",
            "",
        ),
        ("do: relapse", "action", "clinician", "relapse", None, ""),
        (
            "do: infusion_started, scope: {cycle: 1}, with: {dose: 15}",
            "action",
            "coordinator",
            "infusion_started",
            None,
            "",
        ),
        ("ae: CRS, grade: 3, scale: ASTCT", "adverse_event", "clinician", "CRS", "3", ""),
        ("ae: CRS, grade: 0, of: e1", "adverse_event", "clinician", "CRS", "0", "e1"),
        ("correct: e1, value: 90", "correction", "coordinator", "", "90", "e1"),
        ("void: e1, reason: wrong patient", "void", "coordinator", "", None, "e1"),
        (
            "void: auto-response-1, reason: taken too early",
            "void",
            "coordinator",
            "",
            None,
            "auto-response-1",
        ),
        (
            "not_obtainable: {fact: mrd, point: END}, reason: clotted",
            "not_obtainable",
            "coordinator",
            "mrd",
            None,
            "",
        ),
        ("not_obtainable: vaccine, reason: lost", "not_obtainable", "coordinator", "vaccine", None, ""),
        ("judge: I1, verdict: PASS, reason: seen", "judgement", "clinician", "I1", "PASS", ""),
        ("decide: response, option: GOOD", "decision", "clinician", "response", "GOOD", ""),
        (
            "decide: AFTER_SCREENING, option: OUT, as: meeting",
            "decision",
            "meeting",
            "AFTER_SCREENING",
            "OUT",
            "",
        ),
        ("acknowledge: EOI-MRD-MISSING", "acknowledgement", "coordinator", "EOI-MRD-MISSING", None, ""),
        (
            "acknowledge: 'AMENDED[decision=risk]'",
            "acknowledgement",
            "coordinator",
            "AMENDED[decision=risk]",
            None,
            "",
        ),
    ],
)
def test_every_kind_of_event(
    event: str, kind: str, role: str, name: str, value: str | None, target: str
) -> None:
    scenario = with_events(
        "{id: e1, at: 2025-02-04, fact: wbc, value: 85, unit: 10^9/L}", f"{{id: e2, at: 2025-02-05, {event}}}"
    )
    report = next(e.report for e in scenario.events if e.report.id == "e2")
    assert (report.kind, report.role, report.name, report.value, report.target) == (
        kind,
        role,
        name,
        value,
        target,
    )


def test_a_correction_keeps_the_unit_that_was_reported() -> None:
    scenario = with_events(
        "{id: e1, at: D2, fact: wbc, value: 85000, unit: /uL}",
        "{id: e2, at: D3, correct: e1, value: 86000}",
        "{id: e3, at: D4, correct: e2, value: 87, unit: 10^9/L}",
    )
    assert [e.report.unit for e in scenario.events[1:]] == ["/uL", "/uL", "10^9/L"]


def test_the_only_scale_of_an_adverse_event_need_not_be_said() -> None:
    (event,) = with_events("{id: e1, at: D4, ae: SEIZURE, grade: 2}").events[1:]
    assert event.report.details == (("scale", "CTCAE"),)


def test_events_are_submitted_by_time_and_then_as_in_the_file() -> None:
    scenario = with_events(
        "{id: z, at: D5, fact: consent, value: YES}",
        "{id: b, at: D4, fact: consent, value: YES}",
        "{id: a, at: D4, fact: vaccine, value: NEVER}",
    )
    assert [e.report.id for e in scenario.events] == ["e0", "b", "a", "z"]


def test_study_days_count_from_the_anchor_or_from_the_event_that_makes_d1() -> None:
    assert with_events("{id: e1, at: D2, fact: consent, value: YES}").events[1].report.at.day == 4
    other = with_events("{id: e1, at: D2, fact: consent, value: YES}", more="anchors: {D1: 2025-02-10}\n")
    assert other.events[1].report.at.day == 11


def test_a_backdated_first_dose_moves_d1_to_when_it_was_given() -> None:
    scenario = read(
        f"{HEAD}events:\n- {{id: e0, at: 2025-02-05, do: first_prednisone, occurred: 2025-02-03 08:00}}\n"
        "- {id: e1, at: D4, fact: consent, value: YES}\n"
    )
    assert scenario.events[1].report.at == datetime(2025, 2, 6, 8, tzinfo=UTC)


def test_infusion_days_count_from_the_start_of_their_cycle() -> None:
    scenario = with_events(
        "{id: s1, at: D36 22:00, do: infusion_started, scope: {cycle: 1}}",
        "{id: s2, at: D80, do: infusion_started, scope: {cycle: 2}}",
        "{id: e1, at: b15, cycle: 1, fact: consent, value: YES}",
        "{id: e2, at: b4 10:00, do: infusion_paused, scope: {cycle: 2}}",
    )
    at = {e.report.id: e.report.at for e in scenario.events}
    assert at["e1"] == datetime(2025, 3, 24, 8, tzinfo=UTC)
    assert at["e2"] == datetime(2025, 4, 26, 8, tzinfo=UTC)


def test_the_clock_runs_until_two_weeks_after_the_last_thing_in_the_file() -> None:
    scenario = with_events("{id: e1, at: 2025-03-20 10:00, fact: consent, value: YES}")
    assert scenario.until == datetime(2025, 4, 3, 8, tzinfo=UTC)  # 10:00 in summer time
    later = with_events(expect="- {at: 2025-05-01, phase: {treatment: SCREENING}}\n")
    assert later.until == datetime(2025, 5, 15, 7, tzinfo=UTC)
    assert with_events(more="until: D10\n").until == datetime(2025, 2, 12, 8, tzinfo=UTC)


def test_a_start_and_an_end_without_an_hour_take_in_their_whole_day() -> None:
    scenario = with_events(
        "{id: e1, at: 2025-02-01 07:30, fact: consent, value: YES}",
        expect="- {at: D10 23:59, has: [risk]}\n",
        more="until: D10\n",
    )
    assert scenario.start == datetime(2025, 2, 1, 6, 30, tzinfo=UTC)
    assert scenario.until == datetime(2025, 2, 12, 22, 59, tzinfo=UTC)


def test_an_expectation_without_a_moment_is_for_the_end() -> None:
    scenario = with_events(
        expect="- {phase: {treatment: SCREENING}}\n- {at: D3, has: [risk]}\n", more="until: D10\n"
    )
    assert [(e.index, e.at == scenario.until) for e in scenario.expectations] == [(1, False), (0, True)]


def test_expectations_become_checks() -> None:
    scenario = with_events(
        expect="- {at: D9, phase: {treatment: OUT}, criteria: {I1: FAIL}, has: [risk, 'REOPENED[decision=risk]'],\n"
        "  decisions: {risk: MR, AFTER_SCREENING: proposed}, never: [INFUSION], due: {EOI-MRD: D33},\n"
        "  dose: {blina: 5.0}}\n"
    )
    (expectation,) = scenario.expectations
    assert [(c.path, c.wanted or c.id) for c in expectation.checks] == [
        ("phase.treatment", "OUT"),
        ("criteria.I1", "FAIL"),
        ("decisions.risk", "MR"),
        ("decisions.AFTER_SCREENING", "proposed"),
        ("has", "risk"),
        ("has", "REOPENED[decision=risk]"),
        ("never", "INFUSION"),
        ("due.EOI-MRD", "2025-03-07"),
        ("dose.blina", "5.0"),
    ]


def test_several_patients_live_by_the_clocks_of_their_sites() -> None:
    scenario = read(
        "format: allpath.scenario/1\nprotocol: toy@1\n"
        "sites: {S01: {zone: Europe/Berlin}, S02: {zone: Australia/Sydney, country: AU}}\n"
        "subjects: {P1: {site: S01}, P2: {site: S02}}\nstart: 2025-02-01\n"
        "anchors: {D1: {P1: 2025-02-03, P2: 2025-03-03}}\n"
        "events:\n"
        "- {id: e1, at: D1, subject: P1, fact: consent, value: YES}\n"
        "- {id: e2, at: D1, subject: P2, fact: consent, value: YES}\n"
    )
    assert scenario.start == datetime(2025, 1, 31, 22, tzinfo=UTC)  # 09:00 in Sydney comes first
    assert [(e.subject, e.report.at) for e in scenario.events] == [
        ("P1", datetime(2025, 2, 3, 8, tzinfo=UTC)),
        ("P2", datetime(2025, 3, 2, 22, tzinfo=UTC)),
    ]


def test_a_profile_is_set_by_key() -> None:
    scenario = with_events(more="profile: {simulation: true, set: {eoi_day: D35, length_IB: 40}}\n")
    assert scenario.simulation
    assert scenario.overrides == (("eoi_day", "D35"), ("length_IB", "40"))


def test_what_the_file_expects_to_be_refused_is_left_to_the_door() -> None:
    scenario = with_events(
        "{id: e1, at: D2, fact: wbc, value: 85}",
        "{id: e2, at: D2, fact: mrd, point: NOW, value: x, unit: kg}",
        "{id: e3, at: D2, void: e1}",
        expect="- {event: e1, refused: unit_missing}\n- {event: e2, refused: unknown_point}\n"
        "- {event: e3, refused: unknown_event}\n",
    )
    assert [e.report.id for e in scenario.events] == ["e0", "e1", "e2", "e3"]


def test_the_same_report_may_be_sent_twice_but_an_id_does_not_change_its_meaning() -> None:
    once = "{id: e1, at: D2, fact: consent, value: YES}"
    assert len(with_events(once, "{id: e1, at: D3, fact: consent, value: YES}").events) == 3
    again = "{id: e1, at: D3, fact: consent, value: NO}"
    assert len(with_events(once, again, expect="- {event: e1, refused: content_differs}\n").events) == 3
    (line,) = problems(f"{HEAD}events:\n{FIRST}- {once}\n- {again}\n")
    assert line.startswith("s.yaml:9:8: the id e1 is taken by the event in line 8")


# --- mistakes ---------------------------------------------------------------------------------------------------------


def assert_points(line: str, text: str, pointed: str, said: str) -> None:
    """The message stands at the place of `pointed` in its line, and begins with `said`."""
    file, row, column, message = line.split(":", 3)
    assert file == "s.yaml"
    assert text.splitlines()[int(row) - 1][int(column) - 1 :].startswith(pointed)
    assert message.strip().startswith(said)


@pytest.mark.parametrize(
    ("event", "pointed", "said"),
    [
        (
            "{id: e1, at: D2, fact: wbcc, value: 85, unit: 10^9/L}",
            "wbcc",
            "fact: unknown 'wbcc'; nearest: wbc",
        ),
        ("{id: e1, at: D2, fact: wbc, value: 85}", "85", "wbc needs a unit; accepted: 10^9/L, /uL"),
        ("{id: e1, at: D2, fact: wbc, value: 85, unit: g/L}", "g/L", "'g/L' is not a unit of wbc"),
        ("{id: e1, at: D2, fact: wbc, value: 8k5, unit: /uL}", "8k5", "'8k5' is not a number"),
        ("{id: e1, at: D2, fact: wbc, value: 6000, unit: 10^9/L}", "6000", "wbc = 6000 10^9/L is impossible"),
        ("{id: e1, at: D2, fact: wbc, unit: 10^9/L}", "{", "wbc: value is missing"),
        (
            "{id: e1, at: D2, fact: wbc, value: [1], unit: 10^9/L}",
            "[1]",
            "value: expected a single value, not a list",
        ),
        ("{id: e1, at: D2, fact: consent, value: yes}", "yes", "consent cannot be 'yes'"),
        ("{id: e1, at: D2, fact: birth_date, value: 8.6.2024}", "8.6.2024", "birth_date must be a date"),
        (
            "{id: e1, at: D2, fact: mrd, value: 0, unit: fraction}",
            "{",
            "mrd: point is missing; accepted: EOI, END",
        ),
        ("{id: e1, at: D2, fact: wbc, point: EOI, value: 1, unit: /uL}", "EOI", "wbc has no time points"),
        (
            "{id: e1, at: D2, fact: wbc, valeu: 1, value: 1, unit: /uL}",
            "valeu",
            "fact event: unknown key 'valeu'; nearest: value",
        ),
        (
            "{id: e1, at: D2, fact: mrd, point: EOI, value: 0, unit: '%', with: {asay: x}}",
            "asay",
            "with: unknown 'asay'; nearest: assay",
        ),
        ("{id: e1, at: D2, fact: consent, value: YES, as: nurse}", "nurse", "as: unknown 'nurse'"),
        (
            "{id: e1, at: D2, fact: consent, value: YES, subject: P2}",
            "P2",
            "subject: unknown 'P2'; accepted: P1",
        ),
        ("{id: e1, at: D2, do: relaps}", "relaps", "do: unknown 'relaps'; nearest: relapse"),
        (
            "{id: e1, at: D2, do: infusion_started}",
            "{",
            "infusion_started: cycle is missing; say scope: {cycle: 1}",
        ),
        (
            "{id: e1, at: D2, do: infusion_started, scope: {cycle: 3}}",
            "3",
            "infusion_started cycle: unknown '3'; accepted: 1, 2",
        ),
        (
            "{id: e1, at: D2, do: relapse, scope: {cycle: 1}}",
            "cycle",
            "relapse scope: unknown 'cycle'; none is accepted here",
        ),
        (
            "{id: e1, at: D2, do: infusion_started, scope: {cycle: 1}, with: {dose: much}}",
            "much",
            "with dose: 'much' is not a number",
        ),
        ("{id: e1, at: D2, ae: CRS, grade: 6}", "6", "grade: unknown '6'; accepted: 0, 1, 2, 3, 4, 5"),
        (
            "{id: e1, at: D2, ae: CRS, grade: 3, scale: WHO}",
            "WHO",
            "scale: unknown 'WHO'; accepted: ASTCT, CTCAE",
        ),
        ("{id: e1, at: D2, correct: e9, value: 3}", "e9", "correct: unknown event 'e9'"),
        ("{id: e1, at: D2, correct: e0}", "{", "correct: it changes nothing"),
        ("{id: e1, at: D2, void: e0}", "{", "void event: reason is missing"),
        ("{id: e1, at: D2, judge: I2, verdict: PASS, reason: x}", "I2", "judge: unknown criterion 'I2'"),
        (
            "{id: e1, at: D2, judge: I1, verdict: PENDING, reason: x}",
            "PENDING",
            "verdict: unknown 'PENDING'; accepted: PASS, FAIL",
        ),
        (
            "{id: e1, at: D2, decide: respons, option: GOOD}",
            "respons",
            "decide: unknown decision 'respons'; nearest: response",
        ),
        ("{id: e1, at: D2, decide: response, option: BAD}", "BAD", "option: unknown 'BAD'"),
        (
            "{id: e1, at: D2, acknowledge: EOI-MISSING}",
            "EOI-MISSING",
            "acknowledge: unknown deviation or alert 'EOI-MISSING'; nearest: EOI-MRD-MISSING",
        ),
        ("{id: e1, at: D2, fact: consent, do: relapse, value: YES}", "{", "event: it must say one of"),
        ("{id: e1, at: D2}", "{", "event: it must say one of"),
        ("{at: D2, fact: consent, value: YES}", "{", "fact event: id is missing"),
        ("{id: D5, at: D2, fact: consent, value: YES}", "D5", "'D5' cannot be an event's id"),
        ("{id: auto-x, at: D2, fact: consent, value: YES}", "auto-x", "ids that begin with auto-"),
        (
            "{id: e1, at: 2025-01-31, fact: consent, value: YES}",
            "{",
            "this event (2025-01-31 09:00) is before start",
        ),
        (
            "{id: e1, at: 2025-03-30 02:10, fact: consent, value: YES}",
            "2025-03-30 02",
            "at of e1: 2025-03-30 02:10 does not exist in Europe/Berlin",
        ),
        ("{id: e1, at: e2 + 1d, fact: consent, value: YES}", "e2 + 1d", "at of e1: unknown event 'e2'"),
        (
            "{id: e1, at: e0-1d, fact: consent, value: YES}",
            "e0-1d",
            "at of e1: unknown event 'e0-1d'; write e0 - 1d, with blanks",
        ),
        (
            "{id: e1, at: e1 + 1d, fact: consent, value: YES}",
            "e1 + 1d",
            "at of e1: it counts from itself (event e1 -> event e1)",
        ),
        (
            "{id: e1, at: b3, fact: consent, value: YES}",
            "b3",
            "at of e1: b1 of which cycle? say cycle: 1; no infusion starts in this file",
        ),
        (
            "{id: e1, at: b3, cycle: 2, fact: consent, value: YES}",
            "b3",
            "at of e1: no infusion_started with scope cycle 2",
        ),
    ],
)
def test_a_mistake_in_an_event_is_told_where_it_is_with_what_would_be_accepted(
    event: str, pointed: str, said: str
) -> None:
    text = f"{HEAD}events:\n{FIRST}- {event}\n"
    (line,) = problems(text)
    assert_points(line, text, pointed, said)


@pytest.mark.parametrize(
    ("expect", "pointed", "said"),
    [
        ("{at: D3, phase: {treatmnt: OUT}}", "treatmnt", "phase: unknown id 'treatmnt'; accepted: treatment"),
        ("{at: D3, phase: {treatment: BLINA}}", "BLINA", "phase treatment: unknown 'BLINA'"),
        (
            "{at: D3, criteria: {I1: YES}}",
            "YES",
            "criteria I1: unknown 'YES'; accepted: PASS, FAIL, PENDING, REVIEW",
        ),
        ("{at: D3, decisions: {risk: LOW}}", "LOW", "decisions risk: unknown 'LOW'"),
        (
            "{at: D3, has: [EOI-MRD-MISING]}",
            "EOI-MRD-MISING",
            "has: unknown id 'EOI-MRD-MISING'; nearest: EOI-MRD-MISSING",
        ),
        ("{at: D3, never: OUT}", "OUT", "never: expected a list"),
        ("{at: D3, due: {EOI-MRD: soon}}", "soon", "due EOI-MRD: unknown event 'soon'"),
        ("{at: D3, due: {risk: D4}}", "risk", "due: unknown id 'risk'"),
        ("{at: D3, dose: {blina: full}}", "full", "dose blina: 'full' is not a number"),
        (
            "{at: D3, phases: {treatment: OUT}, has: []}",
            "phases",
            "expect 0: unknown key 'phases'; nearest: phase",
        ),
        ("{at: D3}", "{", "expect 0: it expects nothing"),
        ("{event: e9, refused: future}", "e9", "expect 0 event: unknown 'e9'"),
        ("{event: e0, refused: futur}", "futur", "expect 0 refused: unknown 'futur'; nearest: future"),
        ("{event: e0}", "{", "expect 0: refused is missing"),
        ("{event: e0, refused: future, at: D3}", "at", "expect 0: unknown key 'at'"),
    ],
)
def test_a_mistake_in_an_expectation_is_told_where_it_is(expect: str, pointed: str, said: str) -> None:
    text = f"{HEAD}events:\n{FIRST}expect:\n- {expect}\n"
    (line,) = problems(text)
    assert_points(line, text, pointed, said)


@pytest.mark.parametrize(
    ("old", "new", "pointed", "said"),
    [
        (
            "scenario/1",
            "scenario/2",
            "allpath.scenario/2",
            "format: unknown 'allpath.scenario/2'; accepted: allpath.scenario/1",
        ),
        (
            "protocol: toy",
            "protocol: tony",
            "tony",
            "protocol: protocol 'tony' is not known; did you mean toy?",
        ),
        ("Europe/Berlin", "Europe/Berln", "Europe/Berln", "site S01: time zone 'Europe/Berln' is not known"),
        ("zone: Europe/Berlin, ", "", "{country", "site S01: zone is missing"),
        ("DE", "Germany", "Germany", "site S01: 'Germany' is not a country code"),
        ("site: S01", "site: S02", "S02", "subject P1 site: unknown 'S02'; accepted: S01"),
        ("start:", "strat:", "strat", "scenario: unknown key 'strat'; nearest: start"),
        ("02-01", "02-04", "{id: e0", "this event (2025-02-03 10:00) is before start"),
        ("02-01", "02-01\nuntil: 2025-02-02", "{id: e0", "this event (2025-02-03 10:00) is after until"),
        ("02-01", "02-01\nconfirm: always", "always", "confirm: unknown 'always'; accepted: auto, manual"),
        ("02-01", "02-01\nanchors: {D2: 2025-02-03}", "D2", "anchors: unknown 'D2'; accepted: D1"),
        (
            "02-01",
            "02-01\nprofile: {simulation: yes}",
            "yes",
            "profile simulation: unknown 'yes'; accepted: true, false",
        ),
        (
            "02-01",
            "02-01\nprofile: {set: {eoi_dya: D3}}",
            "eoi_dya",
            "profile: unknown 'eoi_dya'; nearest: eoi_day",
        ),
        ("02-01", "02-01\nprofile: {set: {course: IC}}", "IC", "profile key course cannot be 'IC'"),
        ("02-01", "02-01\nprofile: {set: {length_IB: 3}}", "length_IB", "profile length_IB is a placeholder"),
        ("subjects: {P1: {site: S01}}\n", "", "format", "scenario: subjects is missing"),
        ("{P1: {site: S01}}", "{}", "{}", "subjects: at least one is needed"),
    ],
)
def test_a_mistake_in_the_head_is_told_where_it_is(old: str, new: str, pointed: str, said: str) -> None:
    assert old in HEAD
    text = f"{HEAD.replace(old, new)}events:\n{FIRST}"
    (line,) = problems(text)
    assert_points(line, text, pointed, said)


def test_moments_that_run_in_a_circle_are_told_once() -> None:
    (line,) = problems(
        f"{HEAD}events:\n{FIRST}- {{id: e1, at: e2 + 1d, fact: consent, value: YES}}\n"
        "- {id: e2, at: e1 + 1d, fact: consent, value: YES}\n"
    )
    assert "it counts from itself (event e1 -> event e2 -> event e1)" in line


def test_d1_that_counts_from_itself_asks_for_the_anchor() -> None:
    (line,) = problems(f"{HEAD}events:\n- {{id: e0, at: D1 09:00, do: first_prednisone}}\n")
    assert line.startswith("s.yaml:7:16: at of e0: ")
    assert "say anchors: {D1: DATE}" in line


def test_all_mistakes_of_a_file_are_told_together_in_its_order() -> None:
    lines = problems(
        HEAD.replace("country: DE", "contry: DE")
        + "events:\n- {id: e1, at: D9, fact: wbc, value: x, unit: y}\n- {id: e1, at: later, do: relapse}\n- 7\n"
        "expect:\n- {at: D9, has: [X]}\n"
    )
    where = [tuple(int(n) for n in line.split(":")[1:3]) for line in lines]
    assert where == sorted(where)
    assert [line for line, _ in where] == [3, 7, 7, 8, 8, 9, 11, 11]


def test_a_file_that_is_not_a_mapping_is_told() -> None:
    assert problems("- a\n")[0].startswith("s.yaml:1:1: scenario: expected a mapping")


# --- whatever is typed ------------------------------------------------------------------------------------------------

GOOD = f"""{HEAD}until: D200
confirm: auto
profile: {{simulation: true, set: {{eoi_day: D35}}}}
anchors: {{D1: 2025-02-03}}
events:
{FIRST}- {{id: e1, at: 2025-02-01, fact: birth_date, value: 2024-06-08}}
- {{id: e3, at: D40, fact: mrd, point: EOI, value: 2e-4, unit: fraction, sampled: D33, with: {{sensitivity: 1e-5}}}}
- {{id: e4, at: D36 10:00, do: infusion_started, scope: {{cycle: 1}}}}
- {{id: e5, at: e4 + 4d, ae: CRS, grade: 3, scale: ASTCT}}
- {{id: e6, at: b15, cycle: 1, correct: e3, value: 6e-4}}
- {{id: e7, at: D51, void: e5, reason: wrong patient}}
- {{id: e8, at: D70, not_obtainable: {{fact: mrd, point: END}}, reason: sample clotted}}
- {{id: e9, at: D71, judge: I1, verdict: PASS, as: clinician, reason: discussed}}
- {{id: e10, at: D72, decide: response, option: POOR, as: clinician, reason: not negative}}
- {{id: e11, at: D73, acknowledge: EOI-MRD-MISSING, as: coordinator}}
expect:
- {{at: D40, phase: {{treatment: INFUSION}}, criteria: {{I1: PASS}}, decisions: {{risk: MR}}}}
- {{at: D84, has: [MRD-KNOWN], never: [OUT], due: {{EOI-MRD: D33}}, dose: {{blina: 15}}}}
- {{event: e10, refused: not_proposed}}
"""
WORDS = re.findall(r"[\w.+^/-]+|[{}\[\]:,]|\n", GOOD)
TYPED = st.sampled_from(
    [*dict.fromkeys(WORDS), "", "D9999999", "b0", "9" * 40, "NaN", "1e999", "-", "&a", "*a", "'", "\t", "é"]
)


def test_the_example_is_good() -> None:
    assert len(read(GOOD).events) == 11


@settings(max_examples=300, deadline=None)
@given(
    at=st.lists(st.integers(0, len(WORDS) - 1), min_size=1, max_size=4),
    words=st.lists(TYPED, min_size=4, max_size=4),
)
def test_whatever_is_typed_is_read_or_told_as_a_mistake(at: list[int], words: list[str]) -> None:
    places = [m.span() for m in re.finditer(r"[\w.+^/-]+|[{}\[\]:,]|\n", GOOD)]
    text = GOOD
    for (start, end), word in sorted(zip([places[i] for i in at], words, strict=False), reverse=True):
        text = text[:start] + word + text[end:]
    try:
        read(text)
        found: tuple[Problem, ...] = ()
    except Malformed as error:
        found = error.problems or (Problem(0, 0, "said nothing"),)
    assert all(1 <= p.line <= text.count("\n") + 2 for p in found)


def test_a_choice_of_the_profile_that_there_is_not_is_answered_with_all_there_are() -> None:
    found = problems(f"{HEAD}profile: {{set: {{course: IC}}}}\nevents:\n{FIRST}")
    assert any(line.endswith("profile key course cannot be 'IC'; accepted: IB, ADE") for line in found)


@pytest.mark.parametrize(
    ("id_", "why"),
    [
        ("b9", "in a moment b9 is day 9 of an infusion; use another word, such as e9"),
        ("D3", "in a moment D3 is day 3 of the study; use another word, such as e3"),
        ("9b", "it must be a word of letters, digits, dots and dashes that begins with a letter, such as e3"),
    ],
)
def test_an_id_that_cannot_be_one_is_told_why(id_: str, why: str) -> None:
    found = problems(f"{HEAD}events:\n{FIRST}- {{id: {id_}, at: 2025-02-04, fact: consent, value: YES}}\n")
    assert any(line.endswith(f"{id_!r} cannot be an event's id: {why}") for line in found)
