"""What was in force earlier: read once, event by event, and the same as if every moment were evaluated from nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pathway.engine.confirmations import counts, judge
from pathway.engine.context import Evaluation
from pathway.engine.results import Comparison, Resolved
from pathway.events import Event
from pathway.patient.evaluate import evaluate, evaluation
from pathway.plan import Plan
from pathway.record import Record
from pathway.rehearsal.rehearse import InProcess, rehearse
from pathway.rehearsal.scenario import read_scenario
from protocols import compiled
from runtime.yaml_tree import parse
from tests.pathway.engine.naive_past import naively

START = datetime(2025, 2, 3, 8, tzinfo=UTC)
SCENARIOS = Path(__file__).parents[3] / "scenarios"
LIVED = (
    "interfant-21/T01.yaml",
    "interfant-21/conflicting-results.yaml",
    "cbc-all2024-1/K01.yaml",
    "cbc-all2024-1/d03-relapse-criteria-then-a-good-marrow.yaml",
    "hem-ismart/H1.yaml",
    "ino-dli/dli-flare-before.yaml",
    "ino-dli/d06-vod-criteria-met-then-eased.yaml",
    "dara-tall/D7.yaml",
)
"""Patients of every protocol: answers that lapsed, outcomes that stayed, phases that last."""


@cache
def lived(name: str) -> Evaluation:
    """The last evaluation of a scenario's first patient."""
    file = SCENARIOS / name
    scenario = read_scenario(parse(file.read_text(), file.name), compiled)
    driver = InProcess(scenario)
    rehearse(scenario, driver)
    found = next(iter(driver.pathways.values())).evaluation
    assert found is not None
    return found


def plan_of(of: Evaluation, events: list[Event]) -> Plan:
    return evaluate(of.compiled, of.profile, of.site, events, events[-1].recorded + timedelta(hours=1))


# --- the same as read from nothing --------------------------------------------------------------------------------------

CHANGES = ("another value", "same again", "correction", "void", "not obtainable", "left out")
Change = tuple[str, int, int, int, int]
changes = st.lists(
    st.tuples(
        st.sampled_from(CHANGES),
        st.integers(1, 200),
        st.integers(0, 200),
        st.integers(0, 20),
        st.sampled_from((0, 0, 5, 600)),
    ),
    min_size=1,
    max_size=12,
)


def changed(events: list[Event], wanted: list[Change]) -> list[Event]:
    """The record with other reports, corrections and voids in it: late ones, and several at one instant."""
    found = list(events)
    for n, (what, place, whom, value, minutes) in enumerate(wanted):
        at = place % len(found)
        if what == "left out" or not at:
            del found[max(at, 1) : max(at, 1) + 1]
            continue
        news = _report(what, f"changed-{n}", found, found[:at], whom, value)
        if news is not None:
            late = found[at - 1].recorded + timedelta(minutes=minutes)
            found.insert(at, replace(news, recorded=min(late, found[at].recorded)))
    return found


def _report(
    what: str, id: str, events: list[Event], earlier: list[Event], whom: int, value: int
) -> Event | None:
    kinds = ("observation", "action", "adverse_event")
    reports = [e for e in earlier if e.kind in kinds]
    if not reports:
        return None
    of = reports[whom % len(reports)]
    values = [e.value for e in events if (e.kind, e.name) == (of.kind, of.name)]
    values += ["0.5", "0.00001"] if of.unit else []
    other = values[value % len(values)]
    match what:
        case "correction":
            return replace(of, id=id, kind="correction", target=of.id, value=other)
        case "void":
            gone = earlier[whom % len(earlier)]
            return replace(gone, id=id, kind="void", target=gone.id, value=None, seen=None)
        case "not obtainable":
            return replace(of, id=id, kind="not_obtainable", value=None)
        case "same again":
            return replace(of, id=id)
    return replace(of, id=id, value=other, occurred=earlier[-1].recorded)


@pytest.mark.parametrize("name", LIVED)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(wanted=changes)
def test_the_past_is_read_as_if_every_moment_were_evaluated_from_nothing(
    name: str, wanted: list[Change]
) -> None:
    of = lived(name)
    events = changed(of.record.events, wanted)
    now = events[-1].recorded + timedelta(hours=1)
    with naively():
        naive = plan_of(of, events)
    assert plan_of(of, events) == naive
    grown = Record()
    for n, event in enumerate(events):
        grown.append(event)
        if n + 1 == len(events) or events[n + 1].recorded != event.recorded:
            evaluation(of.compiled, of.profile, of.site, grown, event.recorded)
    assert evaluate(of.compiled, of.profile, of.site, grown, now) == naive


@pytest.mark.parametrize("name", ["interfant-21/conflicting-results.yaml", "ino-dli/dli-flare-before.yaml"])
def test_an_answer_that_lost_its_ground_later_had_not_lost_it_earlier(name: str) -> None:
    of = lived(name)
    events = of.record.events
    whole = Record.of(events)
    evaluation(of.compiled, of.profile, of.site, whole, events[-1].recorded)
    for length in range(1, len(events)):
        if events[length].recorded == events[length - 1].recorded:
            continue
        begun = Record.of(events[:length])
        begun.kept = {
            "pasts": whole.kept.get("pasts", {})
        }  # what was found out about the whole is no news of its beginning
        now = events[length - 1].recorded
        assert evaluate(of.compiled, of.profile, of.site, begun, now) == evaluate(
            of.compiled, of.profile, of.site, events[:length], now
        )


# --- what it costs ------------------------------------------------------------------------------------------------------


def worked_out(run: Callable[[], object]) -> int:
    """How many things were worked out meanwhile."""
    made = 0
    original = Evaluation._worked_out

    def counted(self: Evaluation, kind: int, number: int) -> object:
        nonlocal made
        made += 1
        return original(self, kind, number)

    with patch.object(Evaluation, "_worked_out", counted):
        run()
    return made


def with_counts(of: Evaluation, number: int) -> list[Event]:
    """The record, followed by weights and counts of every kind that the trial knows, one an hour."""
    events = of.record.events
    facts = [f.id for f in of.compiled.facts.values() if f.type == "number" and not f.points]
    names = [n for n in ("neutrophils", "anc", "platelets", "wbc", "bilirubin", "weight") if n in facts]
    at, like = events[-1].recorded, next(e for e in events if e.kind == "observation" and not e.point)
    return [
        *events,
        *(
            replace(like, id=f"more-{n}", name=names[n % len(names)], value="2.5", details=(),
                    recorded=at + timedelta(hours=n + 1), occurred=at + timedelta(hours=n + 1))
            for n in range(number)
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("name", LIVED)
def test_a_first_evaluation_costs_as_much_more_as_there_are_more_events(name: str) -> None:
    of = lived(name)
    costs = [worked_out(lambda n=n: plan_of(of, with_counts(of, n))) for n in (40, 80, 160)]  # type: ignore[misc]
    assert costs[2] - costs[1] <= 2.2 * (costs[1] - costs[0]) + 40
    assert costs[2] - costs[1] <= 80 * 40


@pytest.mark.parametrize("name", LIVED)
def test_one_more_event_costs_the_same_however_many_there_were(name: str) -> None:
    of = lived(name)

    def more(number: int) -> int:
        events = with_counts(of, number + 12)
        record = Record.of(events[:-12])
        now = events[-1].recorded

        def add() -> None:
            for event in events[-12:]:
                record.append(event)
                evaluate(of.compiled, of.profile, of.site, record, now)

        evaluate(of.compiled, of.profile, of.site, record, now)
        return worked_out(add)

    assert more(240) <= more(24) * 1.1


# --- what spares the walk -----------------------------------------------------------------------------------------------

yes_or_no = st.booleans()
options = st.sampled_from((None, "A", "B"))


@given(
    now=st.builds(Comparison, yes_or_no, yes_or_no, yes_or_no, yes_or_no, yes_or_no, yes_or_no, st.just(START)),
    proposal=options,
    possible=st.sampled_from(((), ("A",), ("A", "B"), ("B",))),
    choice=st.sampled_from(((), ("A", "B"))),
    none=yes_or_no,
    on_reopen=st.sampled_from(("keep", "suspend")),
)  # fmt: skip
def test_an_answer_that_counts_undone_counts_done_and_every_done_one_counts(
    now: Comparison,
    proposal: str | None,
    possible: tuple[str, ...],
    choice: tuple[str, ...],
    none: bool,
    on_reopen: str,
) -> None:
    taken = Event("t", "decision", START, START, "clinician", "D", value="A")
    found = Resolved(proposal=proposal, possible=possible, choice=choice, none=none)
    undone, done = found.copy(), found.copy()
    judge(undone, taken, now, False, on_reopen)
    judge(done, taken, now, True, on_reopen)
    assert counts(found, taken, now, on_reopen) == (undone.outcome is not None)
    assert done.outcome is not None
