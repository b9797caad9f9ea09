"""Tables propose as soon as they can, and what people have taken stays, moves on or is asked again."""

# ruff: noqa: E501
# A table stays a table.

from dataclasses import replace

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.language import (
    Action,
    Band,
    Choice,
    Decision,
    Exit,
    Fact,
    Input,
    Limit,
    Outcome,
    Phase,
    Protocol,
    Reading,
    Recorded,
    Track,
    Unit,
    Version,
    registry,
    row,
)
from pathway.language.profile import make_profile
from pathway.plan import DecisionState
from pathway.refusal import Refused
from tests.pathway.toy import Life, decision, enrolled, infused, notice

R = registry()
A, B = Reading("a"), Reading("b")
LOW, HIGH = Band("low", (Limit("<", "10"),)), Band("high", (Limit(">=", "10"),))


def table(on_reopen: str) -> Protocol:
    """Two numbers decide one of two ways; a second question rests on the first."""
    number = [Fact(n, "number", n, "laboratory", R, units=(Unit("u"),), cardinality="latest") for n in "ab"]
    return Protocol(
        f"table-{on_reopen}", "", (), Version("1", "2025-01-01", ""), "T-0", (), (),
        facts=tuple(number),
        actions=(Action("done", "done", R), Action("other", "other", R)),
        anchors=(),
        criteria=(),
        decisions=(
            Decision(
                "first", "", (Input("a", A, (LOW, HIGH)), Input("b", B, (LOW, HIGH))),
                (row("X", R, a="low"), row("Y", R, a="high", b="low"), row("X", R, a="high", b="high")),
                ("X", "Y", "Z"), R, confirm="clinician", enacted=(("X", Recorded("done")),),
                on_reopen="keep" if on_reopen == "keep" else "suspend",
            ),
            Decision("second", "", (Input("first", "first"),), (row("P", R, first="X"), row("Q", R, first=("Y", "Z", "none"))),
                     ("P", "Q"), R, confirm="clinician"),
            Decision("mirror", "", (Input("first", "first"),), (row("P", R, first="X"), row("Q", R, first=("Y", "Z", "none"))),
                     ("P", "Q"), R),
        ),
        tracks=(Track("t", "", (Phase("START", "", R, (Exit("END", Outcome("first", ("X",)), R),)), Phase("END", "", R, terminal=True))),),
    )  # fmt: skip


PROTOCOLS = {how: compile_protocol(table(how)) for how in ("keep", "suspend")}


def decided(how: str, a: str = "5", b: str | None = None) -> Life:
    """X is confirmed on a = 5 (low)."""
    life = Life(PROTOCOLS[how], make_profile(PROTOCOLS[how].protocol))
    life.fact("2025-02-01T09:00", "a", a, unit="u")
    if b is not None:
        life.fact("2025-02-01T09:01", "b", b, unit="u")
    life.decide("2025-02-01T10:00", "first", "X")
    return life


def first(life: Life, at: str = "2025-02-05T09:00") -> DecisionState:
    return decision(life.plan(at), "first")


@pytest.mark.parametrize("how", ["keep", "suspend"])
@pytest.mark.parametrize(
    ("row_", "events", "state", "same_outcome"),
    [
        ("1: nothing changed", [], "in_force", True),
        ("1: a blank was filled and the proposal is the same", [("b", "5")], "in_force", True),
        ("2: other value, same band, same proposal", [("a", "6")], "amended", True),
        ("3: done, and today's proposal is another", ["done", ("a", "12"), ("b", "5")], "diverged", True),
        ("3: done before the values changed", [("a", "12"), ("b", "5"), "done"], "diverged", True),
        ("4: other band, and the proposal is what was taken", [("b", "12"), ("a", "12")], "in_force", True),
        ("5: other band, other proposal", [("a", "12"), ("b", "5")], "reopened", False),
        ("5: other band, not known yet", [("a", "12")], "reopened", False),
    ],
)  # fmt: skip
def test_the_five_rows_of_the_confirmation_table(
    how: str, row_: str, events: list[str | tuple[str, str]], state: str, same_outcome: bool
) -> None:
    life = decided(how)
    for n, what in enumerate(events):
        at = f"2025-02-02T09:0{n}"
        if isinstance(what, str):
            life.do(at, what)
        elif what[0] == "a":
            life.correct(at, "e1", what[1], unit="u")
        else:
            life.fact(at, what[0], what[1], unit="u")
    found = first(life)
    assert found.state == state, row_
    assert (found.in_force == "X") is (same_outcome or how == "keep"), row_


@pytest.mark.parametrize(("how", "downstream"), [("keep", "P"), ("suspend", None)])
def test_keep_isolates_what_is_downstream_and_suspend_spreads(how: str, downstream: str | None) -> None:
    life = decided(how)
    life.decide("2025-02-01T11:00", "second", "P")
    life.fact("2025-02-02T09:00", "a", "12", unit="u")
    life.fact("2025-02-02T09:01", "b", "5", unit="u")
    plan = life.plan("2025-02-03T09:00")
    assert decision(plan, "mirror").in_force == downstream
    assert decision(plan, "second").in_force == downstream
    assert decision(plan, "second").state == ("in_force" if how == "keep" else "reopened")


def test_what_is_proposed_is_not_yet_taken_and_nothing_downstream_follows_from_it() -> None:
    life = Life(PROTOCOLS["keep"], make_profile(PROTOCOLS["keep"].protocol))
    life.fact("2025-02-01T09:00", "a", "5", unit="u")
    plan = life.plan("2025-02-01T10:00")
    assert (decision(plan, "first").state, decision(plan, "first").proposal) == ("proposed", "X")
    assert decision(plan, "mirror").in_force is None
    assert decision(plan, "second").state == "waiting"
    life.decide("2025-02-01T11:00", "first", "Z", override=True)
    assert decision(life.plan("2025-02-01T12:00"), "mirror").in_force == "Q"


def test_an_override_stays_while_the_values_do_and_is_asked_again_when_they_move() -> None:
    life = Life(PROTOCOLS["suspend"], make_profile(PROTOCOLS["suspend"].protocol))
    life.fact("2025-02-01T09:00", "a", "5", unit="u")
    life.decide("2025-02-01T11:00", "first", "Z", override=True)
    assert first(life).in_force == "Z"
    life.fact("2025-02-02T09:00", "a", "12", unit="u")
    life.fact("2025-02-02T09:00", "b", "5", unit="u")
    assert (first(life).state, first(life).in_force, first(life).proposal) == ("reopened", None, "Y")


def test_only_the_latest_confirmation_that_is_not_voided_counts() -> None:
    life = decided("keep")
    second = life.decide("2025-02-01T11:00", "first", "Z", override=True)
    assert first(life).in_force == "Z"
    life.void("2025-02-01T12:00", second.id)
    assert first(life).in_force == "X"
    life.void("2025-02-01T13:00", "e2")
    assert (first(life).state, first(life).in_force) == ("proposed", None)


def test_an_answer_that_has_lost_its_ground_does_not_come_back_by_itself() -> None:
    life = decided("suspend")
    wrong = life.fact("2025-02-02T09:00", "a", "12", unit="u")
    assert first(life).state == "reopened"
    life.void("2025-02-03T09:00", wrong.id)
    assert (first(life).state, first(life).in_force, first(life).proposal) == ("reopened", None, "X")
    life.decide("2025-02-03T10:00", "first", "X")
    assert (first(life).state, first(life).in_force) == ("in_force", "X")


def test_an_answer_that_is_kept_while_it_is_asked_again_stands_when_the_value_comes_back() -> None:
    life = decided("keep")
    wrong = life.fact("2025-02-02T09:00", "a", "12", unit="u")
    assert (first(life).state, first(life).in_force) == ("reopened", "X")
    life.void("2025-02-03T09:00", wrong.id)
    assert (first(life).state, first(life).in_force) == ("in_force", "X")


def test_what_was_entered_and_mended_in_one_sitting_has_taken_nothing_away() -> None:
    life = decided("suspend")
    wrong = life.fact("2025-02-02T09:00", "a", "12", unit="u")
    life.void("2025-02-02T09:00", wrong.id)
    life.do("2025-02-03T09:00", "other")
    assert (first(life).state, first(life).in_force) == ("in_force", "X")


def test_an_amended_value_with_the_same_conclusion_is_told_as_minor_and_its_acknowledgement_lasts() -> None:
    life = decided("keep")
    life.correct("2025-02-02T09:00", "e1", "6", unit="u")
    raised = notice(life.plan("2025-02-02T10:00"), "AMENDED[decision=first]")
    assert raised is not None
    assert (raised.severity, raised.state) == ("minor", "raised")
    life.submit("acknowledgement", "2025-02-02T11:00", "AMENDED")
    life.do("2025-02-03T09:00", "other")
    kept = notice(life.plan("2025-02-04T10:00"), "AMENDED[decision=first]")
    assert kept is not None
    assert (kept.state, kept.since) == ("acknowledged", raised.since)


def test_a_later_sample_with_the_same_conclusion_amends_nothing() -> None:
    life = decided("keep")
    life.fact("2025-02-02T09:00", "a", "6", unit="u")
    assert first(life).state == "in_force"
    assert notice(life.plan("2025-02-02T10:00"), "AMENDED[decision=first]") is None


def test_the_acknowledgement_of_a_divergence_lasts_through_later_events() -> None:
    life = decided("keep")
    life.do("2025-02-01T11:00", "done")
    life.fact("2025-02-02T09:00", "a", "12", unit="u")
    life.fact("2025-02-02T09:01", "b", "5", unit="u")
    life.submit("acknowledgement", "2025-02-02T11:00", "DIVERGED")
    life.do("2025-02-03T09:00", "other")
    kept = notice(life.plan("2025-02-04T10:00"), "DIVERGED")
    assert kept is not None
    assert kept.state == "acknowledged"


@pytest.mark.parametrize(
    ("born", "wbc", "blasts", "outcome"),
    [
        ("2024-06-08", None, None, "MR"), ("2024-06-08", "500", "5000", "MR"),
        ("2024-10-01", "300", None, "HR"), ("2024-10-01", "299.9", "1000", "HR"), ("2024-10-01", "299.9", "999", "MR"),
        ("2024-10-01", None, "5000", "HR"), ("2024-10-01", None, "320", None), ("2024-10-01", "85", None, None),
        (None, "85", "320", "MR"), (None, "400", "320", None),
    ],
)  # fmt: skip
def test_an_outcome_is_known_as_soon_as_every_possible_rule_agrees(
    born: str | None, wbc: str | None, blasts: str | None, outcome: str | None
) -> None:
    life = Life()
    life.fact("2025-02-01T09:00", "diagnosis_date", "2025-02-01")
    for name, value, unit in (("birth_date", born, ""), ("wbc", wbc, "10^9/L"), ("blasts", blasts, "/uL")):
        if value is not None:
            life.fact("2025-02-01T09:10", name, value, unit=unit)
    assert decision(life.plan("2025-02-01T10:00"), "initial").in_force == outcome


def test_absence_counts_as_unknown_only_once_the_protocol_says_that_the_time_is_over() -> None:
    life = enrolled()
    life.correct("2025-02-03T10:00", "e1", "2024-10-01")
    before = decision(life.plan("2025-02-11T23:59"), "initial")
    assert (before.in_force, [m.what for m in before.missing]) == (None, ["blasts"])
    assert decision(life.plan("2025-02-12T00:00"), "initial").in_force == "MR"
    life.fact("2025-02-13T09:00", "blasts", "4000", unit="/uL", on="2025-02-10T09:00")
    assert decision(life.plan("2025-02-13T10:00"), "initial").in_force == "HR"


def mrd(value: str) -> Life:
    life = infused()
    life.fact("2025-04-09T09:00", "mrd", value, unit="fraction", point="BL1-END", on="2025-04-08T09:00")
    return life


def test_a_case_on_the_limit_is_shown_and_needs_words() -> None:
    life = mrd("1e-4")
    found = decision(life.plan("2025-04-09T10:00"), "realloc")
    assert (found.proposal, found.boundary, found.rule) == ("HR", True, "R2b")
    with pytest.raises(Refused) as refused:
        life.decide("2025-04-09T10:00", "realloc", "HR", reason="")
    assert refused.value.code == "reason_missing"
    assert decision(mrd("0.000101").plan("2025-04-09T10:00"), "realloc").boundary is False


def test_a_choice_set_proposes_nothing_and_takes_only_its_options_without_an_override() -> None:
    life = infused()
    life.fact("2025-03-12T09:00", "mrd", "5e-4", unit="fraction", point="EOI", on="2025-03-07T09:00")
    found = decision(life.plan("2025-03-12T10:00"), "course")
    assert (found.state, found.proposal, found.options) == ("choice", None, ("ADE", "MARMA"))
    with pytest.raises(Refused) as refused:
        life.decide("2025-03-12T10:00", "course", "IB")
    assert refused.value.code == "not_proposed"
    life.decide("2025-03-12T10:01", "course", "MARMA")
    assert decision(life.plan("2025-03-12T11:00"), "course").in_force == "MARMA"


def test_a_value_under_review_is_a_question_and_never_an_answer() -> None:
    life = infused()
    life.fact("2025-04-09T09:00", "mrd", "not-evaluable", point="BL1-END", on="2025-04-08T09:00")
    found = decision(life.plan("2025-04-09T10:00"), "realloc")
    assert (found.state, found.proposal, found.in_force, found.open) == ("review", None, None, True)


def test_what_a_profile_key_decides_follows_the_profile() -> None:
    assert decision(_low(None).plan("2025-03-12T10:00"), "course").proposal == "IB"
    assert decision(_low("ADE").plan("2025-03-12T10:00"), "course").proposal == "ADE"


def _low(course: str | None) -> Life:
    life = infused()
    life.profile = make_profile(life.compiled.protocol, {"course": course} if course else None)
    life.fact("2025-03-12T09:00", "mrd", "2e-4", unit="fraction", point="EOI", on="2025-03-07T09:00")
    return life


def test_a_question_that_is_not_asked_any_more_is_not_shown() -> None:
    life = mrd("5e-5")
    assert decision(life.plan("2025-04-09T10:00"), "realloc").proposal == "STAY"
    life.correct("2025-04-09T11:00", "e1", "2024-10-01")
    life.fact("2025-04-09T11:01", "wbc", "400", unit="10^9/L", on="2025-02-02T09:00")
    assert "realloc" not in [d.key for d in life.plan("2025-04-09T12:00").decisions]


def test_a_correction_of_a_course_s_length_counts_as_a_changed_value() -> None:
    life = enrolled()
    life.fact(
        "2025-02-03T10:00",
        "steroid",
        "12",
        unit="mg/m2/day",
        on="2025-01-10T09:00",
        details={"days": "7", "route": "systemic"},
    )
    leaves = life.compiled.criterion_leaves[list(life.compiled.criteria).index("E5")]
    before = leaves.values(_context(life))
    life.correct("2025-02-03T11:00", life.record.events[-1].id, details={"days": "8"})
    assert leaves.values(_context(life)) != before


def _context(life: Life):  # type: ignore[no-untyped-def]
    from pathway.patient.evaluate import context
    from tests.pathway.toy import berlin

    return context(life.compiled, life.profile, life.site, life.record, berlin("2025-02-04T09:00"))


def test_a_choice_in_a_table_that_nobody_confirms_is_a_question_to_a_clinician() -> None:
    protocol = Protocol(
        "pick", "", (), Version("1", "2025-01-01", ""), "T-0", (), (),
        facts=(Fact("a", "number", "", "laboratory", R, units=(Unit("u"),)),),
        actions=(), anchors=(), criteria=(),
        decisions=(Decision("d", "", (Input("a", A, (LOW, HIGH)),), (row("X", R, a="low"), row(Choice(("X", "Y")), R, a="high")), ("X", "Y"), R),),
        tracks=(Track("t", "", (Phase("START", "", R, terminal=True),)),),
    )  # fmt: skip
    compiled = compile_protocol(protocol)
    life = Life(compiled, make_profile(protocol))
    life.fact("2025-02-01T09:00", "a", "12", unit="u")
    found = decision(life.plan("2025-02-01T10:00"), "d")
    assert (found.open, found.role, found.in_force) == (True, "clinician", None)
    life.decide("2025-02-01T11:00", "d", "Y")
    assert decision(life.plan("2025-02-01T12:00"), "d").in_force == "Y"
    life.correct("2025-02-01T13:00", "e1", "13")
    assert decision(life.plan("2025-02-01T14:00"), "d").in_force is None


def test_while_the_table_cannot_tell_nobody_is_told_that_the_conclusion_is_the_same() -> None:
    life = decided("keep")
    life.do("2025-02-01T11:00", "done")
    life.correct("2025-02-02T09:00", "e1", "15")
    assert first(life, "2025-02-02T09:00").state == "amended"
    told = notice(life.plan("2025-02-02T09:00"), "AMENDED")
    assert told is not None
    assert told.text.endswith("whether the conclusion is the same is not known yet (a: 5, now 15)")
    life.fact("2025-02-02T10:00", "b", "15", unit="u")
    told = notice(life.plan("2025-02-02T10:00"), "AMENDED")
    assert told is not None
    assert told.text.endswith("the conclusion is the same (a: 5, now 15)")
    life.correct("2025-02-02T11:00", "e5", "5")
    assert notice(life.plan("2025-02-02T11:00"), "DIVERGED") is not None


LEFT = Protocol(
    "left", "", (), Version("1", "2025-01-01", ""), "T-0", (), (),
    facts=tuple(
        Fact(n, "number", n, "laboratory", R, units=(Unit("u"),), cardinality="latest") for n in ("a", "b", "c")
    ),
    actions=(Action("done", "done", R),),
    anchors=(),
    criteria=(),
    decisions=(
        Decision("group", "", (Input("a", A, (LOW, HIGH)), Input("b", B, (LOW, HIGH))),
                 (row("GOOD", R, a="low", b="low"), row("FAIR", R, a="low", b="high"), row("BAD", R, a="high")),
                 ("GOOD", "FAIR", "BAD"), R),
        Decision("gate", "", (Input("group", "group"), Input("c", Reading("c"), (LOW, HIGH))),
                 (row(Choice(("GO", "WAIT")), R, group=("GOOD", "FAIR"), c="high"),
                  row("GO", R, group=("GOOD", "FAIR"), c="low"), row("STOP", R, group=("BAD", "none"))),
                 ("GO", "WAIT", "STOP"), R, confirm="clinician", enacted=(("GO", Recorded("done")),)),
    ),
    tracks=(Track("t", "", (Phase("START", "", R, (Exit("END", Recorded("done"), R),)), Phase("END", "", R, terminal=True))),),
)  # fmt: skip


def test_an_option_that_is_out_diverges_at_once_even_while_the_rest_is_open() -> None:
    life = Life(compile_protocol(LEFT), make_profile(LEFT))
    life.fact("2025-02-01T09:00", "c", "5", unit="u", id="c")
    life.fact("2025-02-01T09:01", "a", "5", unit="u", id="a")
    life.decide("2025-02-01T10:00", "gate", "GO")
    life.do("2025-02-01T11:00", "done")
    life.correct("2025-02-02T09:00", "a", "15", id="a2")
    plan = life.plan("2025-02-02T09:00")
    assert notice(plan, "AMENDED") is None
    assert notice(plan, "DIVERGED") is not None


def test_a_question_is_reminded_of_from_when_it_was_asked_and_not_from_an_older_value() -> None:
    life = Life(compile_protocol(LEFT), make_profile(LEFT))
    life.fact("2025-02-01T09:00", "c", "15", unit="u")
    life.fact("2025-02-11T09:00", "a", "5", unit="u")
    plan = life.plan("2025-02-11T09:00")
    gate = decision(plan, "gate")
    assert gate.open
    assert gate.since == plan.at
    assert notice(plan, "DECISION-OPEN") is None
    assert notice(life.plan("2025-02-14T08:59"), "DECISION-OPEN") is None
    assert notice(life.plan("2025-02-14T09:00"), "DECISION-OPEN") is not None


def test_what_a_person_must_judge_does_not_read_like_a_choice() -> None:
    life = Life(compile_protocol(JUDGED), make_profile(JUDGED))
    life.fact("2025-02-01T09:00", "a", "5", unit="u")
    plan = life.plan("2025-02-01T09:00")
    assert decision(plan, "group").state == "review"
    told = [c.text for c in life.tell("2025-02-01T09:00") if c.kind == "decision"]
    assert told == ["group: to be judged by the clinician, one of GOOD, BAD"]


JUDGED = replace(
    LEFT,
    name="judged",
    decisions=(
        Decision("group", "", (Input("a", A, (LOW, HIGH)),), (row(Choice(("GOOD", "BAD")), R, a="low"), row("BAD", R, a="high")), ("GOOD", "BAD"), R),
    ),
)  # fmt: skip
