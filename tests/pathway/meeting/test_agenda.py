"""What an agenda is bound by, and where the rule of each of its lines comes from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pathway.engine.compiler import compile_protocol
from pathway.meeting.agenda import Agenda, Entry
from pathway.meeting.sources import OWN, with_sources
from tests.meeting_trial import TRIAL
from tests.pathway.toy_subtrials import COMPILED

ASKED = Entry(
    "decisions", "decisions|patient/meet/P1|A", "patient/meet/P1", "P1", "S01", "ALLOCATION", "which", "proposed",
    owner="meeting", options=("B", "D"), decision="A", reasons=("rule: A3",),
)  # fmt: skip


def agenda(*entries: Entry) -> Agenda:
    at = datetime(2025, 11, 5, 13, tzinfo=UTC)
    return Agenda("meet", "2025-W45", "frozen", "e", at, None, entries)


def test_an_agenda_that_was_kept_before_lines_had_a_source_has_the_digest_that_it_had() -> None:
    kept = agenda(replace(ASKED, what="A"))
    assert kept.digest == "45bd4b047f3c1a4a8998477279bec95ce83758727e785149e059ef6bb1bc7af2"
    assert agenda(replace(ASKED, what="A", source="a paper")).digest != kept.digest


def test_every_line_says_the_source_of_its_rule() -> None:
    where = replace(ASKED, section="enrolled", what="B", state="CYCLE_1", decision="")
    own = replace(ASKED, section="overdue", what="DECISION-OPEN", decision="")
    asked, phase, notice = with_sources(compile_protocol(TRIAL), (ASKED, where, own))
    assert asked.source == phase.source == "assumption made up for tests"
    assert notice.source == OWN


def test_a_line_of_a_subtrial_has_the_source_of_its_question_or_of_the_subtrial() -> None:
    line = replace(ASKED, section="subtrials", subject="D", what="PHASE1", decision="")
    plain, put = with_sources(COMPILED, (line, replace(line, source="of the question")))
    assert plain.source
    assert plain.source != OWN
    assert put.source == "of the question"
