"""Freshness in elapsed hours, waits in half-lives, adverse events within a window."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pathway.changes import Announced, changes
from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.events import Event, Seen
from pathway.language import (
    Action,
    AdverseEventType,
    Anchor,
    Choice,
    Criterion,
    DateOf,
    Dates,
    Day,
    Decision,
    Done,
    Exit,
    Fact,
    Fresh,
    Graded,
    Input,
    Moment,
    Offset,
    Param,
    Phase,
    ProfileKey,
    Protocol,
    Reached,
    Reading,
    Recorded,
    StudyDay,
    Task,
    Track,
    Unit,
    Version,
    assumption,
    row,
)
from pathway.language.profile import make_profile
from pathway.patient.evaluate import evaluate
from pathway.plan import Item, Plan
from pathway.plan_json import item_json
from pathway.site import Site

A = assumption()
LAB = Reading("lab")
WASHED = Dates(Day("START"), ">=", Day(Reading("last"), plus=(Reading("half_life"), 5)), never="PASS")
TOXIC = Graded("TOX", 3, since="START", until="END")


def protocol(**more: Any) -> Protocol:
    fields: dict[str, Any] = {
        "name": "hours", "title": "hours", "registry": (), "version": Version("1", "2025-01-01", ""),
        "profile_name": "X", "references": (),
        "profile": (ProfileKey("hour", "days", "9", "hour of the start", A), ProfileKey("unset", "days", None, "not set", A)),
        "facts": (
            Fact("lab", "number", "lab", "laboratory", A, cardinality="latest"),
            Fact("planned", "date", "planned start", "coordinator", A, future=True, cardinality="latest"),
            Fact("last", "date", "last dose", "clinician", A, never=True, cardinality="ever"),
            Fact("half_life", "number", "half-life", "clinician", A, units=(Unit("d"),), cardinality="latest"),
        ),
        "actions": (Action("start", "start", A),),
        "adverse_events": (AdverseEventType("TOX", "toxicity", A),),
        "anchors": (
            Anchor("DAY", "planned day", (), (DateOf(Reading("planned")),), A),
            Anchor("START", "start", (Done("start"),), (Offset("DAY", hours=Param("hour")),), A),
            Anchor("LATER", "never known", (), (Offset("DAY", hours=Param("unset")),), A),
            Anchor("END", "last day of the window", (StudyDay("START", 3),), source=A),
        ),
        "criteria": (
            Criterion("FRESH", "48 h", "x", Fresh(LAB, before="START", hours=48), A),
            Criterion("FRESH-NOW", "48 h before now", "x", Fresh(LAB, hours=48), A),
            Criterion("FRESH-UNSET", "a length that is not set", "x", Fresh(LAB, hours=Param("unset")), A),
            Criterion("WASHED", "5 half-lives", "x", WASHED, A),
            Criterion("LATE", "an unset hour", "x", Reached("LATER"), A),
        ),
        "decisions": (
            Decision("toxic", "toxic?", (Input("severe", TOXIC),), (row(Choice(("YES", "NO")), A, severe="yes"),),
                     ("YES", "NO"), A, confirm="clinician", asked=TOXIC),
        ),
        "tracks": (Track("t", "t", (Phase("ONE", "one", A, exits=(Exit("TWO", Recorded("start"), A),)),
                                    Phase("TWO", "two", A, terminal=True))),),
        "day_one": "START",
    }  # fmt: skip
    return Protocol(**(fields | more))


COMPILED = compile_protocol(protocol())
PROFILE = make_profile(COMPILED.protocol)
SITE = Site("S01", "Europe/Amsterdam", "NL")


def at(text: str) -> datetime:
    """Site time, winter: an hour ahead of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=1)


def fact(name: str, value: str, when: str) -> Event:
    return Event(
        f"{name} {when}", "observation", at(when), role="clinician", name=name, value=value, occurred=at(when)
    )


def started(when: str) -> Event:
    return Event("start", "action", at(when), role="clinician", name="start", occurred=at(when))


def toxicity(when: str, grade: str = "3") -> Event:
    return Event(
        f"tox {when}", "adverse_event", at(when), role="clinician", name="TOX", value=grade, occurred=at(when)
    )


def plan(now: str, *events: Event) -> Plan:
    return evaluate(COMPILED, PROFILE, SITE, events, at(now))


def verdict(criterion: str, now: str, *events: Event) -> str:
    return next(c.verdict for c in plan(now, *events).criteria if c.id == criterion)


PLANNED = fact("planned", "2025-11-03", "2025-10-30 09:00")


@pytest.mark.parametrize(
    ("drawn", "wanted"),
    [("2025-11-01 08:00", "FAIL"), ("2025-11-01 08:59", "FAIL"), ("2025-11-01 09:00", "PASS"), ("2025-11-02 20:00", "PASS")],
)  # fmt: skip
def test_a_sample_is_fresh_by_the_hour_of_the_planned_start(drawn: str, wanted: str) -> None:
    assert verdict("FRESH", "2025-11-02 21:00", PLANNED, fact("lab", "1", drawn)) == wanted


def test_a_start_that_is_late_makes_a_sample_old_before_it_is_recorded() -> None:
    known = (PLANNED, fact("lab", "1", "2025-11-01 12:00"))
    assert verdict("FRESH", "2025-11-03 12:00", *known) == "PASS"
    assert verdict("FRESH", "2025-11-03 12:01", *known) == "FAIL"
    assert verdict("FRESH", "2025-11-05 12:00", *known, started("2025-11-03 12:00")) == "PASS"
    assert verdict("FRESH", "2025-11-05 12:00", *known, started("2025-11-03 12:30")) == "FAIL"


def test_the_plan_says_when_a_sample_will_be_too_old() -> None:
    found = plan("2025-11-02 12:00", fact("lab", "1", "2025-11-01 12:00")).next_at
    assert found == at("2025-11-03 12:00") + timedelta(seconds=1)


def test_without_a_sample_freshness_waits_and_without_a_length_it_is_off() -> None:
    assert verdict("FRESH", "2025-11-02 12:00", PLANNED) == "PENDING"
    assert verdict("FRESH-UNSET", "2025-11-02 12:00", fact("lab", "1", "2025-11-02 11:00")) == "FAIL"
    assert verdict("LATE", "2025-11-05 12:00", PLANNED) == "FAIL"


def test_without_an_anchor_freshness_counts_from_now() -> None:
    lab = fact("lab", "1", "2025-11-01 12:00")
    assert verdict("FRESH-NOW", "2025-11-03 12:00", lab) == "PASS"
    assert verdict("FRESH-NOW", "2025-11-03 12:01", lab) == "FAIL"


def test_hours_are_elapsed_hours_when_clocks_change() -> None:
    """Amsterdam, 2025-10-26: the night has 25 hours."""
    planned = fact("planned", "2025-10-27", "2025-10-20 09:00")
    drawn = Event("lab", "observation", datetime(2025, 10, 25, 7, tzinfo=UTC), role="laboratory", name="lab", value="1",
                  occurred=datetime(2025, 10, 25, 7, tzinfo=UTC))  # fmt: skip
    # 09:00 summer time to 09:00 winter time two days later: 49 hours.
    assert verdict("FRESH", "2025-10-26 12:00", planned, drawn) == "FAIL"


@pytest.mark.parametrize(
    ("half_life", "wanted"), [("2.8", "PASS"), ("2.81", "FAIL"), ("0", "PASS"), ("9000", "FAIL")]
)
def test_five_half_lives_round_up_to_whole_days(half_life: str, wanted: str) -> None:
    last = fact("last", "2025-10-20", "2025-10-30 09:00")
    assert (
        verdict("WASHED", "2025-11-01 09:00", PLANNED, last, fact("half_life", half_life, "2025-10-30 10:00"))
        == wanted
    )


def test_an_unknown_half_life_is_asked_for_and_never_needs_none() -> None:
    last = fact("last", "2025-10-20", "2025-10-30 09:00")
    found = next(c for c in plan("2025-11-01 09:00", PLANNED, last).criteria if c.id == "WASHED")
    assert (found.verdict, [m.what for m in found.missing]) == ("PENDING", ["half_life"])
    assert verdict("WASHED", "2025-11-01 09:00", PLANNED, fact("last", "NEVER", "2025-10-30 09:00")) == "PASS"


@pytest.mark.parametrize(
    ("when", "asked"),
    [("2025-11-02 23:59", False), ("2025-11-03 08:00", True), ("2025-11-05 23:59", True), ("2025-11-06 00:01", False)],
)  # fmt: skip
def test_an_adverse_event_counts_on_the_days_of_the_window(when: str, asked: bool) -> None:
    found = plan("2025-11-08 09:00", started("2025-11-03 09:00"), toxicity(when)).decisions
    assert ("toxic" in [d.key for d in found]) is asked


def test_who_judged_one_report_is_told_of_a_further_one() -> None:
    first = (started("2025-11-03 09:00"), toxicity("2025-11-03 10:00"))
    before = plan("2025-11-03 11:00", *first)
    shown = next(d for d in before.decisions if d.key == "toxic")
    assert shown.open
    seen = Seen(None, (("TOX reported from START to END", "grade 3 on 2025-11-03"),), (("severe", "yes"),))
    judged = Event("judged", "decision", at("2025-11-03 12:00"), role="clinician", name="toxic", value="NO",
                   occurred=at("2025-11-03 12:00"), seen=seen)  # fmt: skip
    after = plan("2025-11-04 12:00", *first, judged)
    assert [o.id for o in after.alerts] == []
    again = plan("2025-11-04 12:00", *first, judged, toxicity("2025-11-04 10:00"))
    assert next(d.in_force for d in again.decisions if d.key == "toxic") == "NO"
    assert [o.id for o in again.alerts] == ["AMENDED"]


def test_a_half_life_must_be_a_number() -> None:
    wrong = Criterion(
        "W", "", "x", Dates(Day("START"), ">=", Day(Reading("last"), plus=(Reading("planned"), 5))), A
    )
    with pytest.raises(ProtocolError, match="a number is needed"):
        compile_protocol(protocol(criteria=(wrong,)))


REPORT = compile_protocol(
    protocol(
        name="report",
        tasks=(Task("REPORT", "report it", Reached("START"), Recorded("told"), "clinician", A, due=Moment("START", hours=24)),),
        actions=(Action("start", "start", A), Action("told", "told", A)),
    )
)  # fmt: skip


def report_of(now: str, *events: Event) -> Item:
    found = evaluate(REPORT, make_profile(REPORT.protocol), SITE, events, at(now))
    return next(i for i in found.items if i.id == "REPORT")


@pytest.mark.parametrize(
    ("now", "state"), [("2025-11-22 14:00", "due"), ("2025-11-23 13:59", "due"), ("2025-11-23 14:00", "late")]
)
def test_what_is_due_within_hours_is_late_from_that_very_instant(now: str, state: str) -> None:
    found = report_of(now, started("2025-11-22 14:00"))
    assert (found.state, found.due) == (state, date(2025, 11, 23))
    assert found.due_at == found.late_from == at("2025-11-23 14:00")


def test_the_hour_is_in_the_json_and_in_what_people_are_told() -> None:
    life = evaluate(
        REPORT, make_profile(REPORT.protocol), SITE, [started("2025-11-22 14:00")], at("2025-11-22 15:00")
    )
    assert item_json(next(i for i in life.items if i.id == "REPORT"))["due_at"] == "2025-11-23T13:00:00Z"
    told, _ = changes(Announced(), life, subject="P1", cause="start", tz=SITE.tz, day_one=None)
    assert next(c.due for c in told if c.id == "REPORT") == "2025-11-23 14:00"


def test_what_is_due_by_the_day_has_no_hour() -> None:
    by_day = compile_protocol(
        protocol(
            name="by-day",
            tasks=(
                Task(
                    "REPORT",
                    "report it",
                    Reached("START"),
                    Recorded("start"),
                    "clinician",
                    A,
                    due=Moment("END"),
                ),
            ),
        )
    )
    found = evaluate(
        by_day, make_profile(by_day.protocol), SITE, [started("2025-11-22 14:00")], at("2025-11-22 15:00")
    )
    assert "due_at" not in item_json(next(i for i in found.items if i.id == "REPORT"))
