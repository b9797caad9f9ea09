"""Subtrials and enrolments in what is proved and printed of a protocol."""

from dataclasses import replace

from analysis.pages.pages import protocol_page
from analysis.proof.prove import prove
from commands.protocol.data import protocol_data
from pathway.engine.compiler import compile_protocol
from pathway.language import Fact, Is, Not, Protocol, Reading, all_of
from tests.pathway.toy_platform import PLATFORM, A

ARM = Is(Reading("arm"), ("D",))


def found(protocol: Protocol) -> list[str]:
    return [finding.id for finding in prove(protocol).findings]


def test_a_slot_that_can_never_be_asked_for_is_found() -> None:
    first, second = PLATFORM.enrolments
    wrong = replace(first, ask=all_of(ARM, Not(ARM)))
    assert "impossible-guard:enrolment:D:ask:1+2" in found(replace(PLATFORM, enrolments=(wrong, second)))
    assert not [id_ for id_ in found(PLATFORM) if id_.startswith("impossible-guard:enrolment")]


def test_what_an_enrolment_reads_is_used_and_what_nothing_reads_is_not() -> None:
    other = Fact("other", "choice", "other", "clinician", A, values=("YES",))
    more = replace(PLATFORM, facts=(*PLATFORM.facts, other))
    assert [id_ for id_ in found(more) if id_.startswith("unused:")] == ["unused:fact:other"]


def test_an_enrolment_without_a_clause_is_no_definition() -> None:
    first, second = PLATFORM.enrolments
    silent = replace(first, source=None)  # type: ignore[arg-type]
    assert "malformed" in found(replace(PLATFORM, enrolments=(silent, second)))


def test_the_page_of_a_protocol_has_its_subtrials() -> None:
    page = protocol_page(compile_protocol(PLATFORM), "")
    for line in (
        "| **D** | an arm with dose levels |",
        "Design: rolling six, table P13. DLT window: 28 days from the first dose.",
        "| **1** (start) | level 1 |",
        "| **K** | an arm with two places |",
        "| `places` patients",
        "| anchor FIRST_D | decision dlt_verdict | decision response_verdict |",
    ):
        assert line in page


def test_the_vocabulary_of_a_protocol_has_its_subtrials_and_what_is_reported_to_their_governors() -> None:
    data = protocol_data(compile_protocol(PLATFORM))
    d, k = data["subtrials"]
    assert (d["id"], d["phase_one"]["design"]) == ("D", "rolling six")
    assert [level["id"] for level in d["phase_one"]["levels"]] == ["-1", "1", "2"]
    assert (k["cap"]["patients"], k["reservation_days"]) == (
        {"profile": "places"},
        {"profile": "reservation"},
    )
    asked = next(a for a in d["actions"] if a["id"] == "slot_asked")
    assert (asked["scopes"], asked["details"]) == (["subject"], ["country", "site"])
    assert [e["subtrial"] for e in data["enrolments"]] == ["D", "K"]
    assert d["ids"]["DLT-LIMIT"] == "alert"
