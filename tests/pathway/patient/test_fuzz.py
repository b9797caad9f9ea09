"""On every sequence of accepted events the core answers, the same way however it is asked, and knows when it will change."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pathway.changes import Announced, changes, statements
from pathway.engine.compiler import compile_protocol
from pathway.engine.context import Compiled
from pathway.events import Event, Report
from pathway.language import ROLES, Fact
from pathway.language.canonical import canonical_json
from pathway.language.profile import make_profile
from pathway.patient.admission import admit
from pathway.patient.evaluate import evaluate, evaluation
from pathway.patient.output import plan_json
from pathway.plan import Plan
from pathway.record import Record
from pathway.refusal import CODES, Refused
from pathway.site import Site
from protocols import ALL
from tests.pathway.toy import TOY

COMPILED = {p.name: compile_protocol(p) for p in (TOY, *ALL)}
SITES = (Site("S1"), Site("S2", "America/New_York", "US", "US"), Site("S3", "Australia/Lord_Howe", "AU"))
START = datetime(2025, 2, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
STEPS = (0, 0, 1, 1, 3, 24, 24, 24 * 7, 24 * 7, 24 * 30, 24 * 200)
INTERFERE = ("0", "1", "yes", "15", "5.0", "7", "systemic", "ASTCT", "1e-5")

Draw = Callable[[st.SearchStrategy[Any]], Any]


@cache
def among(*options: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(options)


def pick(draw: Draw, *options: Any) -> Any:
    return draw(among(*options))


def value_of(draw: Draw, fact: Fact, now: datetime) -> tuple[str, str]:
    if fact.type == "choice":
        return pick(draw, *fact.values), ""
    if fact.type == "date":
        days = draw(st.integers(-400, 60 if fact.future else 0))
        day = (now.date() if draw(st.booleans()) else date(2025, 2, 3)) + timedelta(days=days)
        return ("NEVER" if fact.never and draw(st.booleans()) else day.isoformat()), ""
    if fact.qualifiers and draw(st.integers(0, 3)) == 0:
        return pick(draw, "not-detected", "positive-not-quantifiable", "not-evaluable"), ""
    number = pick(draw, "0", "0.00005", "0.0001", "0.0005", "0.2", "5", "12", "85", "300", "1000", "4000")
    return number, fact.units[0].name if fact.units else ""


def report(draw: Draw, compiled: Compiled, record: Record, plan: Plan, number: int, now: datetime) -> Report:
    """Something that somebody might send: mostly sensible, sometimes not."""
    kind = pick(
        draw, "observation", "observation", "observation", "action", "action", "action", "adverse_event", "adverse_event",
        "correction", "void", "not_obtainable", "judgement", "decision", "decision", "decision", "acknowledgement",
    )  # fmt: skip
    happened = (
        now - timedelta(hours=pick(draw, 0, 0, 0, 1, 30, 24 * 8, 24 * 60)) if draw(st.booleans()) else None
    )
    base = Report(
        f"e{number}",
        kind,
        now,
        pick(draw, "clinician", "clinician", "meeting", *ROLES),
        reason=pick(draw, "so", "so", ""),
    )
    details = tuple(
        {
            pick(
                draw,
                "dose",
                "days",
                "sensitivity",
                "checked",
                "route",
                "scale",
                "cause",
                "belongs",
                "specimen",
            ): pick(draw, *INTERFERE)
        }.items()
    )
    details = details if draw(st.integers(0, 3)) == 0 else ()
    if kind in ("observation", "not_obtainable"):
        fact = compiled.facts[pick(draw, *compiled.facts)]
        value, unit = value_of(draw, fact, now)
        point = pick(draw, *fact.points) if fact.points else ""
        if kind == "not_obtainable":
            return replace(base, name=fact.id, point=point)
        return replace(
            base, name=fact.id, value=value, unit=unit, point=point, occurred=happened, details=details
        )
    if kind == "action":
        action = compiled.actions[pick(draw, *compiled.actions)]
        scope = tuple((label, pick(draw, *(values or ("1",)))) for label, values in action.scopes)
        return replace(base, name=action.id, scope=scope, occurred=happened, details=details)
    if kind == "adverse_event" and compiled.adverse_events:
        name = pick(draw, *compiled.adverse_events)
        return replace(
            base, name=name, value=str(draw(st.integers(0, 5))), occurred=happened, details=details
        )
    target = pick(draw, *[e.id for e in record.events]) if record.events else ""
    if kind == "void":
        return replace(base, target=target)
    if kind == "correction":
        head = record.head(target)
        target = (record.latest_of_chain(target) or target) if draw(st.booleans()) else target
        said: tuple[str | None, str] = (None, "")
        if head is not None and head.name in compiled.facts and draw(st.booleans()):
            said = value_of(draw, compiled.facts[head.name], now)
        return replace(base, target=target, value=said[0], unit=said[1], occurred=happened, details=details)
    if kind == "judgement":
        return replace(
            base,
            name=pick(draw, *compiled.criteria) if compiled.criteria else "",
            value=pick(draw, "PASS", "FAIL"),
        )
    if kind == "decision":
        asked = [d for d in plan.decisions if d.open] or list(plan.decisions)
        if not asked:
            return replace(base, name="none")
        state = asked[draw(st.integers(0, len(asked) - 1))]
        option = state.proposal if state.proposal and draw(st.booleans()) else pick(draw, *state.options)
        return replace(
            base,
            name=state.key,
            value=option,
            override=draw(st.booleans()),
            expected=pick(draw, "", state.digest),
        )
    raised = [o.key for o in (*plan.deviations, *plan.alerts)]
    return replace(base, name=pick(draw, *raised) if raised else "none")


class Lived:
    """A patient's accepted events, and the instant after the last of them."""

    def __init__(
        self, compiled: Compiled, site: Site, events: list[Event], now: datetime, simulation: bool
    ) -> None:
        self.compiled, self.site, self.events, self.now = compiled, site, events, now
        self.profile = make_profile(compiled.protocol, simulation=simulation)

    def plan(self, now: datetime | None = None) -> Plan:
        return evaluate(self.compiled, self.profile, self.site, self.events, now or self.now)


@st.composite
def lives(draw: Draw, name: str) -> Lived:
    compiled, site, simulation = COMPILED[name], pick(draw, *SITES), draw(st.booleans())
    profile = make_profile(compiled.protocol, simulation=simulation)
    record, now = Record(), START
    refused: list[Refused] = []
    for number in range(draw(st.integers(1, 30))):
        now += pick(draw, *STEPS) * HOUR
        known = evaluation(compiled, profile, site, record, now)
        try:
            event = admit(known, report(draw, compiled, record, known.plan, number, now), now)
        except Refused as refusal:
            refused.append(refusal)
            continue
        if event is not None:
            record.append(event)
    assert all(refusal.code in CODES and str(refusal) for refusal in refused)
    return Lived(compiled, site, list(record.events), now, simulation)


def any_life(examples: int) -> Callable[[Callable[..., None]], Any]:
    def over(test: Callable[..., None]) -> Any:
        @pytest.mark.parametrize("name", list(COMPILED))
        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        @given(data=st.data())
        def run(name: str, data: st.DataObject) -> None:
            test(data.draw(lives(name)), data)

        return run

    return over


def frozen(plan: Plan) -> Plan:
    """The plan without the instant it was made at."""
    return replace(plan, at=START)


@any_life(60)
def test_the_plan_is_constant_until_it_says_that_it_changes(lived: Lived, data: st.DataObject) -> None:
    if not lived.events:
        return
    now = lived.now
    for _ in range(4):
        plan = lived.plan(now)
        if plan.next_at is None:
            later = [now + timedelta(days=data.draw(st.integers(1, 4000)))]
        else:
            assert plan.next_at > now
            span = plan.next_at - now
            later = [now + span * share / 100 for share in (1, data.draw(st.integers(2, 98)), 99)]
            later.append(plan.next_at - timedelta(microseconds=1))
        for at in later:
            assert frozen(lived.plan(at)) == frozen(plan)
        now = plan.next_at or now


@any_life(40)
def test_the_plan_is_the_same_however_the_record_was_built(lived: Lived, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(lived.events)))
    more_than_seen = Record.of(lived.events[:cut])
    evaluate(lived.compiled, lived.profile, lived.site, more_than_seen, lived.now)
    for event in lived.events[cut:]:
        more_than_seen.append(event)
    assert evaluate(lived.compiled, lived.profile, lived.site, more_than_seen, lived.now) == lived.plan()
    assert lived.plan() == lived.plan()


@any_life(40)
def test_every_statement_of_a_plan_has_a_key_of_its_own(lived: Lived, data: st.DataObject) -> None:
    plan = lived.plan(lived.now + timedelta(days=data.draw(st.integers(0, 900))))
    for part in (plan.items, plan.decisions, plan.milestones, (*plan.deviations, *plan.alerts), plan.ledgers):
        keys = [entry.key for entry in part]
        assert len(keys) == len(set(keys))
    told = [s.key for s in statements(plan)]
    assert len(told) == len(set(told))


@any_life(30)
def test_a_plan_can_always_be_shown_and_told_and_telling_it_twice_says_nothing(
    lived: Lived, data: st.DataObject
) -> None:
    known = evaluation(lived.compiled, lived.profile, lived.site, lived.events, lived.now)
    plan = known.plan
    assert canonical_json(plan_json(known))
    said, told = changes(Announced(), plan, subject="P1", cause="", tz=lived.site.tz, day_one=None)
    again, _ = changes(told, plan, subject="P1", cause="", tz=lived.site.tz, day_one=None)
    assert again == []
    keys = [change.effect_key for change in said]
    assert len(keys) == len(set(keys))


@any_life(30)
def test_a_walk_through_the_phases_never_goes_back_in_time(lived: Lived, data: st.DataObject) -> None:
    for track in lived.plan().tracks:
        instants = [at for _, at, _ in track.path[1:]]
        assert instants == sorted(instants)
        assert track.phase == track.path[-1][0]


# --- what was worked out before -----------------------------------------------------------------------------------------


def told(lived: Lived, record: Record | list[Event], now: datetime) -> tuple[Plan, str]:
    """The plan and its JSON."""
    known = evaluation(lived.compiled, lived.profile, lived.site, record, now)
    return replace(known.plan), canonical_json(plan_json(known))


@any_life(25)
def test_a_record_that_grows_never_shows_what_was_worked_out_before(
    lived: Lived, data: st.DataObject
) -> None:
    """Event by event, with time that passes in between: the plan is that of a record which nobody has evaluated yet."""
    growing = Record()
    for number, event in enumerate(lived.events):
        growing.append(event)
        later = lived.events[number + 1].recorded if number + 1 < len(lived.events) else lived.now
        asked = data.draw(st.sampled_from((0, 0, 1, 2)))
        for share in range(asked):
            now = event.recorded + (later - event.recorded) * share / 2
            assert told(lived, growing, now) == told(lived, lived.events[: number + 1], now)
    plan, text = told(lived, growing, lived.now)
    for _ in range(3):
        now = plan.next_at or plan.at + timedelta(days=400)
        plan, text = told(lived, growing, now)
        assert (plan, text) == told(lived, lived.events, now)
