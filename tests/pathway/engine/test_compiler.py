"""A definition that does not hang together is refused when it is compiled, with the nearest name."""

from dataclasses import replace
from typing import Any

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import (
    Anchor,
    Assessment,
    Compare,
    Crit,
    Criterion,
    Decision,
    Deviation,
    Entered,
    Exit,
    InPhase,
    Input,
    Is,
    Known,
    LedgerIs,
    Limit,
    Milestone,
    Moment,
    Not,
    Offset,
    Outcome,
    Param,
    Passed,
    Phase,
    Predicate,
    Protocol,
    Reading,
    Recorded,
    Rung,
    Sampled,
    Series,
    StudyDay,
    Task,
    Track,
    registry,
    row,
)
from pathway.language.canonical import canonical_json, content_hash
from tests.pathway.toy import TOY

# ruff: noqa: E501
# A table stays a table.

R = registry()


def having(part: str, *more: Any) -> Protocol:
    changed: dict[str, Any] = {part: (*getattr(TOY, part), *more)}
    return replace(TOY, **changed)


def holding(node: Predicate) -> Protocol:
    return having("criteria", Criterion("NEW", "", "", node, R))


def deciding(*inputs: Input, rules: Any = (), options: tuple[str, ...] = ("A",)) -> Protocol:
    return having("decisions", Decision("new", "", inputs, rules or (row("A", R),), options, R))


@pytest.mark.parametrize(
    ("protocol", "nearest"),
    [
        (holding(Known(Reading("wbcc"))), "did you mean wbc?"),
        (holding(Known(Reading("mrd", "EOII"))), "did you mean EOI?"),
        (holding(Known(Reading("mrd"))), "needs a point"),
        (holding(Known(Reading("wbc", "EOI"))), "no point"),
        (holding(Known(Reading("wbc", until="D11"))), "did you mean D1?"),
        (holding(Is(Reading("cns"), ("CNS11",))), "did you mean CNS1?"),
        (holding(Is(Reading("birth_date"), ("NEVER",))), "can never be"),
        (holding(Compare(Reading("cns"), Limit("<", "1"))), "a number is needed"),
        (holding(Compare(Reading("wbc"), Param("hihg"))), "did you mean high?"),
        (holding(Compare(Reading("wbc"), Param("blina_days"))), "limit is needed"),
        (holding(Crit("I22")), "did you mean I2?"),
        (holding(Recorded("consnt")), "did you mean consent?"),
        (holding(Recorded("infusion_started", (("cycle", "9"),))), "no scope cycle=9"),
        (holding(LedgerIs("blina", ("complete",))), "blina[cycle=1]"),
        (holding(Outcome("rsk", ("HR",))), "did you mean risk?"),
        (holding(Outcome("risk", ("HIGH",))), "no option 'HIGH'"),
        (holding(Passed(Moment("D1", Param("course")))), "is of type choice"),
        (deciding(Input("x", "rsk")), "did you mean risk?"),
        (deciding(Input("x", Crit("I2")), rules=(row("A", R, y="yes"),)), "does not have"),
        (deciding(Input("x", Crit("I2")), rules=(row("A", R, x="maybe"),)), "it can be yes, no"),
        (deciding(Input("x", Crit("I2")), rules=(row("B", R, x="yes"),)), "not among its options"),
        (having("tracks", Track("t", "", (Phase("P", "", R, (Exit("Q", Known(Reading("wbc")), R),)),))), "not one of its phases"),
        (having("assessments", Assessment("N", "", Moment("D1"), InPhase("treatmnt", ("OFF",)), "clinician", R)), "did you mean treatment?"),
        (having("assessments", Assessment("N", "", Moment("D1"), InPhase("treatment", ("OF",)), "clinician", R)), "did you mean OFF?"),
        (having("assessments", Assessment("N", "", Moment("D1"), Known(Reading("wbc")), "clinician", R, blocked_by="AFTER_OFF")), "no phase"),
        (having("series", Series("N", "", Moment("D1"), "clinician", R, fact="wbc")), "exactly one of days and months"),
        (having("facts", TOY.facts[0]), "defined twice"),
        (having("decisions", TOY.decisions[0]), "defined twice"),
    ],
)  # fmt: skip
def test_a_reference_to_nothing_is_refused_with_the_nearest_name(protocol: Protocol, nearest: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        compile_protocol(protocol)
    assert nearest in str(refused.value)
    assert "toy-core" in str(refused.value)


@pytest.mark.parametrize(
    "protocol",
    [
        holding(Not(Crit("NEW"))),
        having("anchors", Anchor("A", "", (Offset("B", 1),)), Anchor("B", "", (), (Offset("A", 1),))),
        having("anchors", Anchor("A", "", (Sampled(Reading("wbc", until="A")),))),
        deciding(Input("x", "new"), rules=(row("A", R),)),
        replace(having("criteria", Criterion("NEW", "", "", Outcome("new", ("A",)), R)),
                decisions=(*TOY.decisions, Decision("new", "", (Input("x", Crit("NEW")),), (row("A", R),), ("A",), R))),
        having("anchors", Anchor("A", "", (StudyDay("A2", 3),)), Anchor("A2", "", (Sampled(Reading("wbc", since="A3")),)), Anchor("A3", "", (Offset("A", 1),))),
    ],
)  # fmt: skip
def test_what_depends_on_itself_is_refused(protocol: Protocol) -> None:
    with pytest.raises(ProtocolError, match="a cycle"):
        compile_protocol(protocol)


@pytest.mark.parametrize("node", [InPhase("treatment", ("OFF",)), Entered("treatment", "OFF")])
def test_criteria_and_decisions_never_read_phases(node: Predicate) -> None:
    for protocol in (holding(node), deciding(Input("x", node))):
        with pytest.raises(ProtocolError, match="never depend on phases"):
            compile_protocol(protocol)


def test_a_track_reads_only_those_before_it() -> None:
    phases = (
        Phase("P", "", R, (Exit("Q", InPhase("treatment", ("OFF",)), R),)),
        Phase("Q", "", R, terminal=True),
    )
    compile_protocol(replace(TOY, tracks=(*TOY.tracks, Track("later", "", phases))))
    with pytest.raises(ProtocolError, match="may not be read here"):
        compile_protocol(replace(TOY, tracks=(Track("sooner", "", phases), *TOY.tracks)))


@pytest.mark.parametrize(
    "protocol",
    [
        having("milestones", Milestone("SIGN", "", Known(Reading("wbc")), R)),
        having("milestones", Milestone("RISK", "", Known(Reading("wbc")), R)),
        having("deviations", Deviation("RISK", "", Known(Reading("wbc")), (Rung("minor"),), R)),
        having(
            "tasks",
            Task(
                "COUNT", "", Known(Reading("wbc")), Known(Reading("cns")), "clinician", R, ends_with="study"
            ),
        ),
        having("deviations", Deviation("AMENDED", "", Known(Reading("wbc")), (Rung("minor"),), R)),
    ],
)
def test_two_things_that_are_told_never_share_a_key(protocol: Protocol) -> None:
    with pytest.raises(ProtocolError, match="defined twice"):
        compile_protocol(protocol)


def test_a_question_has_one_place_among_all_tracks() -> None:
    phases = (
        Phase("INDUCTION", "", R, (Exit("Q", Known(Reading("wbc")), R),)),
        Phase("Q", "", R, terminal=True),
    )
    with pytest.raises(ProtocolError, match="INDUCTION is defined twice"):
        compile_protocol(replace(TOY, tracks=(*TOY.tracks, Track("t", "", phases))))


def test_the_hash_is_that_of_the_content() -> None:
    assert compile_protocol(TOY).hash == content_hash(TOY)
    assert content_hash(replace(TOY, title="Another")) != content_hash(TOY)
    assert canonical_json(TOY) == canonical_json(replace(TOY))
