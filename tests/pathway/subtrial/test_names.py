"""A patient who gets another pseudonym: a governor reads its record as if it had named the present one from the beginning."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pathway.changes import Announced, changes
from pathway.events import Event
from pathway.plan import Standing
from pathway.record import Record
from pathway.refusal import Refused
from pathway.subtrial.messages import (
    Channels,
    acknowledge,
    answers_due,
    standing_report,
    standings_due,
)
from pathway.subtrial.names import names_of, renames_of, told_under, under_present_names
from tests.pathway.subtrial.test_messages import SITE, plan
from tests.pathway.toy_subtrials import Life


def stands(life: Life, subject: str, number: int, formerly: str = "", **said: str) -> Event:
    """A message of the patient's pathway."""
    details = {"wants": "slot", "country": "NL", "site": "S01", "number": str(number), **said}
    if formerly:
        details["formerly"] = formerly
    event = life.report(
        "action",
        "standing",
        id=f"m{len(life.record.events)}",
        role="coordinator",
        scope=(("subject", subject),),
        details=tuple(sorted(details.items())),
    )
    assert event is not None
    return event


def lived(before: str, after: str) -> Life:
    """A dose finding in which a patient, on whose verdict a decision rests, gets another pseudonym; and what comes then."""
    life = Life("R")
    day = life.now.date().isoformat()
    stands(life, before, 1)
    stands(life, before, 2, started=day)
    life.enter("P2", "P3", "P4", "P5", "P6")
    life.wait(days=29)
    life.dlt("NO", "P2", "P3", "P4", "P5", "P6")
    stands(life, before, 3, started=day, dlt="NO")
    (key,) = life.open_decisions()
    life.decide(key, "ESCALATE")
    life.enter("P7")
    life.wait(days=1)
    stands(life, after, 4, before if before != after else "", started=day, dlt="NO")
    life.wait(days=1)
    stands(life, after, 5, before if before != after else "", started=day, dlt="YES")
    life.dlt("YES", "P2")
    return life


def test_a_renamed_patient_keeps_slot_verdicts_and_what_was_decided_on_them() -> None:
    renamed, always = lived("JM-1", "P1"), lived("P1", "P1")
    assert renamed.plan == always.plan
    there, here = renamed.json, always.json
    assert there == here
    assert "JM-1" not in repr(there)


def test_nothing_is_told_again_under_the_new_pseudonym() -> None:
    life = Life("R")
    stands(life, "JM-1", 1)
    life.enter("P2")
    told = Announced()

    def tell() -> list[str]:
        nonlocal told
        office = life.governor.site
        found, told = changes(told, life.plan.plan, subject="R", cause="x", tz=office.tz, day_one=None)
        return [each.key for each in found]

    assert "SLOT-RESERVED[subject=JM-1]" in tell()
    event = stands(life, "P1", 2, "JM-1")
    told = told_under(told, renames_of(event))
    assert tell() == []
    assert "SLOT-RESERVED[subject=P1]" in told.statements


def test_whoever_is_named_by_the_old_pseudonym_is_refused_and_the_present_one_is_named() -> None:
    life = Life("R")
    stands(life, "JM-1", 1)
    stands(life, "P1", 2, "JM-1")
    for name in ("slot_taken_up", "slot_released"):
        with pytest.raises(Refused, match="is called P1 now") as refused:
            life.do(name, "JM-1")
        assert refused.value.code == "renamed"
    # What was said before, sent again, is on record as it was.
    first = life.record.events[0]
    again = life.report(
        "action", "standing", id=first.id, role="coordinator", scope=first.scope, details=first.details
    )
    assert again is None


def test_renamed_twice_all_that_was_said_is_the_present_ones() -> None:
    life = Life("R")
    stands(life, "A1", 1)
    stands(life, "A2", 2, "A1")
    stands(life, "A3", 3, "A1 A2")
    assert names_of(life.record) == {"A1": "A3", "A2": "A3"}
    assert [each.subject for each in life.plan.slots] == ["A3"]


def test_a_pseudonym_within_another_is_left_alone() -> None:
    record = Record.of(
        Event(id_, "action", at, at, "coordinator", "standing", scope=(("subject", name),), details=details)
        for id_, at, name, details in (
            ("e1", Life("R").now, "P1", ()),
            ("e2", Life("R").now, "P10", ()),
            ("e3", Life("R").now, "NEW", (("formerly", "P1"),)),
        )
    )
    present = under_present_names(record)
    assert [dict(each.scope)["subject"] for each in present.events] == ["NEW", "P10", "NEW"]
    assert [dict(each.scope)["subject"] for each in record.events] == ["P1", "P10", "NEW"]
    acknowledged = replace(record.events[0], id="e4", kind="acknowledgement", name="SECOND-SLOT[subject=P10]")
    record.append(acknowledged)
    assert under_present_names(record).events[-1].name == "SECOND-SLOT[subject=P10]"


def test_a_patients_pathway_says_once_to_each_governor_how_the_patient_was_called() -> None:
    stand = plan(Standing("D", "slot"))
    sent, first = standings_due(Channels(), stand, SITE)
    for message in first:
        sent = acknowledge(sent, message)
    assert standings_due(sent, stand, SITE) == (sent, ())
    sent, again = standings_due(sent, stand, SITE, ("JM-1",))
    (message,) = again
    assert (message.number, dict(message.content)["formerly"]) == (2, "JM-1")
    assert standing_report("P1", message, Life("R").now).id == "P1:2"
    sent = acknowledge(sent, message)
    assert standings_due(sent, stand, SITE, ("JM-1",)) == (sent, ())


def test_a_governor_answers_to_the_present_pseudonym() -> None:
    life = Life("R")
    stands(life, "JM-1", 1)
    stands(life, "P1", 2, "JM-1")
    _, messages = answers_due(Channels(), life.plan.answers, life.record)
    assert [each.receiver for each in messages] == ["P1"]
