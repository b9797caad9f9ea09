"""From plan to plan: what is new, what moved, what was told and is no longer true."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pathway.changes import Announced, Change, changes
from pathway.plan import MilestoneState, Plan
from tests.pathway.toy import SITE, Life, enrolled, infused

NOON = datetime(2025, 2, 1, 12, tzinfo=UTC)
EMPTY = Plan(NOON, None, (), (), (), (), (), (), (), (), (), (), "")


def about(found: list[Change], name: str) -> list[tuple[str, str, int]]:
    return [(c.kind, c.state, c.generation) for c in found if c.id == name]


def test_nothing_is_said_twice() -> None:
    life = infused()
    assert life.tell("2025-03-11T09:00")
    assert life.tell("2025-03-11T09:00") == []
    assert life.tell("2025-03-11T10:00") == []


def test_what_comes_back_after_it_went_has_the_next_generation() -> None:
    life = infused()
    life.tell("2025-04-10T09:00")
    assert about(life.tell("2025-04-11T08:00"), "BL1-MISSING") == [("deviation", "raised", 1)]
    event = life.fact("2025-04-12T09:00", "mrd", "5e-5", unit="fraction", point="BL1-END")
    assert about(life.tell("2025-04-12T09:00"), "BL1-MISSING") == [("retraction", "resolved", 1)]
    life.void("2025-04-13T09:00", event.id)
    assert about(life.tell("2025-04-13T09:00"), "BL1-MISSING") == [("deviation", "raised", 2)]


def test_a_retraction_goes_to_those_who_were_told() -> None:
    life = infused()
    life.tell("2025-04-19T08:00")
    life.fact("2025-04-20T09:00", "mrd", "5e-5", unit="fraction", point="BL1-END")
    gone = next(c for c in life.tell("2025-04-20T09:00") if c.id == "BL1-MISSING")
    assert (gone.kind, gone.to) == ("retraction", ("coordinator", "clinician"))


def test_a_milestone_that_turns_out_otherwise_is_retracted_and_told_anew() -> None:
    life = enrolled()
    life.tell("2025-02-03T09:30")
    life.correct("2025-02-03T10:00", "e1", "2024-10-01")
    life.fact("2025-02-03T10:00", "blasts", "4000", unit="/uL")
    said = [c for c in life.tell("2025-02-03T10:00") if c.id == "RISK"]
    assert [(c.kind, c.text, c.generation) for c in said] == [
        ("retraction", "superseded: risk: MR (blasts was reported)", 1), ("milestone", "risk: HR", 2),
    ]  # fmt: skip
    assert all(c.to == ("clinician",) for c in said)


def test_a_moved_date_is_told_as_moved_under_the_same_key() -> None:
    life = infused()
    life.tell("2025-03-14T09:00")
    life.blina("2025-03-14T10:00", "paused")
    life.blina("2025-03-16T10:00", "resumed")
    moved = next(c for c in life.tell("2025-03-16T10:00") if c.id == "BL1-MARROW")
    assert (moved.key, moved.state, moved.due, moved.generation) == ("BL1-MARROW", "moved", "2025-04-09", 1)
    assert "2025-04-07" in moved.text
    assert moved.to == ()


def test_what_is_moot_is_withdrawn_and_what_comes_due_is_told_to_its_owner() -> None:
    life = enrolled()
    life.tell("2025-02-03T10:00")
    due = next(c for c in life.tell("2025-02-10T00:00") if c.id == "D8-BLASTS")
    assert (due.state, due.to) == ("due", ("laboratory",))
    life.do("2025-02-10T09:00", "withdrawn")
    assert ("item", "withdrawn", 1) in about(life.tell("2025-02-10T09:00"), "COUNT")


def test_an_item_that_was_done_before_anybody_was_told_is_not_told() -> None:
    life = enrolled()
    life.fact("2025-02-10T09:00", "blasts", "320", unit="/uL")
    assert about(life.tell("2025-02-10T10:00"), "D8-BLASTS") == []


def test_an_acknowledgement_is_told_once_and_to_nobody_in_particular() -> None:
    life = infused()
    life.tell("2025-04-11T08:00")
    life.submit("acknowledgement", "2025-04-11T09:00", "BL1-MISSING", role="coordinator")
    said = [c for c in life.tell("2025-04-11T09:00") if c.id == "BL1-MISSING"]
    assert [(c.state, c.to) for c in said] == [("acknowledged", ())]


def test_a_backdated_pause_withdraws_what_was_said_to_be_complete() -> None:
    life = infused()
    assert about(life.tell("2025-04-07T11:00"), "BLINA1-DONE") == [("milestone", "true", 1)]
    life.blina("2025-04-08T10:00", "paused", on="2025-04-01T10:00")
    life.blina("2025-04-08T10:00", "resumed", on="2025-04-03T10:00")
    assert about(life.tell("2025-04-08T10:00"), "BLINA1-DONE") == [("retraction", "untrue", 1)]
    assert about(life.tell("2025-04-09T11:00"), "BLINA1-DONE") == [("milestone", "true", 2)]


def test_the_hours_that_pass_say_nothing_by_themselves() -> None:
    life = infused()
    life.tell("2025-03-20T09:00")
    assert [c for c in life.tell("2025-03-20T19:00") if c.kind == "dose"] == []


def test_every_line_carries_the_site_s_time_and_the_study_day() -> None:
    life: Life = enrolled()
    said = life.tell("2025-02-10T00:00", cause="e9")
    assert {(c.at, c.local, c.day, c.subject, c.cause) for c in said} == {
        ("2025-02-09T23:00:00Z", "2025-02-10T00:00", "D8", "P1", "e9")
    }


def test_a_competing_event_is_named_as_one() -> None:
    life = enrolled()
    life.do("2025-02-20T09:00", "death")
    told = {c.id: c.text for c in life.tell("2025-02-20T10:00") if c.kind == "endpoint"}
    assert told == {"EFS": "EFS: death", "CIR": "CIR: competing event death"}


def test_what_comes_back_after_it_was_forgotten_is_never_taken_for_what_was_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pathway.changes.REMEMBERED", 1)
    announced = Announced()
    told: list[str] = []
    for number in (1, 2, 3, 1, 2, 3, 1):
        plan = replace(
            EMPTY, milestones=(MilestoneState("M", f"M[n={number}]", "so it is", "clinician", NOON),)
        )
        found, announced = changes(announced, plan, subject="P1", cause="e", tz=SITE.tz, day_one=None)
        told += [each.effect_key for each in found if each.kind == "milestone"]
    assert len(set(told)) == 7
    assert len(announced.statements) == 2
