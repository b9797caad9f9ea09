"""What a governor's ids are: all listed, in words, and a wrong one caught before the run."""

import pytest

from commands.protocol.data import protocol_data
from pathway.record import Record
from pathway.rehearsal.scenario import read_scenario
from pathway.rehearsal.scenario_subtrials import statements_of
from pathway.rehearsal.tree import Malformed
from pathway.subtrial.messages import Channel, Channels, acknowledge, answers_due
from pathway.subtrial.plan import Answer
from pathway.subtrial.snapshot import ENTRY_CODES
from runtime.yaml_tree import parse
from tests.pathway.toy_subtrials import COMPILED, SUBTRIALS, Life, names

HEAD = (
    "format: allpath.scenario/1\nprotocol: toy-subtrials\nsites: {S01: {zone: Europe/Berlin, country: NL}}\n"
    "subjects: {P1: {site: S01}}\nstart: 2025-03-01\nevents:\n"
    "- {id: g1, at: 2025-03-01, governor: D, do: activated, with: {country: NL}}\nexpect:\n"
)


def wrong(entry: str) -> str:
    """The one mistake in an expectation."""
    with pytest.raises(Malformed) as found:
        read_scenario(parse(f"{HEAD}- {entry}\n", "s.yaml"), lambda name: COMPILED)
    (problem,) = found.value.problems
    return problem.message


def test_a_code_of_entry_that_does_not_exist_is_caught_with_those_that_do() -> None:
    assert wrong("{at: 2025-03-02, governor: D, entry: OPENED}").startswith(
        "entry: unknown 'OPENED'; nearest: OPEN; accepted: OPEN, NOT_ACTIVATED, "
    )


def test_an_id_that_a_governor_never_tells_is_answered_with_where_the_ids_are_listed() -> None:
    said = wrong("{at: 2025-03-02, governor: D, has: [MTD]}")
    assert said == "has: unknown id 'MTD'; listed by `allpath protocol show`, in the tables of a governor"


def test_what_a_protocol_shows_of_its_governors_is_all_that_they_can_tell() -> None:
    shown = protocol_data(COMPILED)["governors"]
    listed = {each["id"] for part in ("decisions", "milestones", "items", "notices") for each in shown[part]}
    told = {id_ for s in SUBTRIALS for id_, kind in statements_of(s).items() if kind != "phase"}
    assert told <= listed
    assert all(each["text"] for part in shown.values() for each in part)
    assert [each["id"] for each in shown["entry"]] == list(ENTRY_CODES)
    level = next(each for each in shown["decisions"] if each["id"] == "LEVEL")
    assert level["options"] == ["ESCALATE", "STAY", "DE_ESCALATE", "REOPEN"]


def test_hundreds_of_patients_are_written_to_and_each_line_stays_in_its_place() -> None:
    life = Life("R")
    record = Record()
    for n, subject in enumerate(names(1, 300)):
        life.record, life.count = Record(), n
        event = life.report("action", "standing", id=f"{subject}:1", role="coordinator", scope=(("subject", subject),),
                            details=(("number", "1"), ("wants", "notice")))  # fmt: skip
        assert event is not None
        record.append(event)
    answers = {subject: Answer(subject, "OPEN") for subject in names(1, 300)}
    sent, messages = answers_due(Channels(), answers, record)
    assert len(messages) == 300
    for message in reversed(messages):
        sent = acknowledge(sent, message)
    assert [line.receiver for line in sent.lines] == sorted(answers)
    assert sent.to("P77") == Channel("P77", 1, (("state", "OPEN"),))
    assert (sent.to("P0"), sent.to("X")) == (None, None)
    assert answers_due(sent, answers, record) == (sent, ())
