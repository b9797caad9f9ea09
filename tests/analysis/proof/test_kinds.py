"""Each kind of clinical fault, seeded in a sound protocol, is found; and what looks like it and is none is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analysis.proof.prove import prove
from pathway.language import (
    Action,
    Closed,
    Compare,
    Deviation,
    Entered,
    Exit,
    Graded,
    InPhase,
    Input,
    Is,
    Known,
    Limit,
    Milestone,
    Moment,
    Not,
    NotObtainable,
    Outcome,
    Passed,
    Protocol,
    Reached,
    Reading,
    Recorded,
    Rung,
    Series,
    Task,
    VerdictIs,
    Waiver,
    all_of,
    any_of,
    assumption,
    row,
    without,
)
from tests.analysis.proof.test_prove import Change, add, decision, phase
from tests.analysis.sound_protocol import COURSE, MARKER, MRD, RESPONSE, SOUND, WBC, R
from tests.pathway.toy_platform import PLATFORM

POSITIVE = Is(MARKER, ("POSITIVE",))
GOOD = Compare(MRD, Limit("<", "1e-4"))
GRADE_NOW = Graded("CRS", 3, current=True)


def criterion(holds: Any) -> Change:
    """The protocol with the second criterion asking for something else."""
    return lambda p: replace(p, criteria=(p.criteria[0], replace(p.criteria[1], holds=holds)))


def input_of(of: Any) -> Change:
    """The protocol with another input in the table of responses."""
    mrd = RESPONSE.inputs[0]
    rules = (
        row("POOR", R, doubt="yes"),
        *(replace(r, when=(*r.when, ("doubt", ("no",)))) for r in RESPONSE.rules),
    )
    return decision(replace(RESPONSE, inputs=(mrd, Input("doubt", of)), rules=rules))


def ends(action: str, what: Any = "") -> Change:
    """The protocol with an action that ends something else, or nothing."""
    return lambda p: replace(
        p, actions=tuple(replace(a, ends=what) if a.id == action else a for a in p.actions)
    )


def milestone(text: str, when: Any) -> Change:
    return add("milestones", Milestone("TOLD", text, when, R))


def deviation(when: Any, *rungs: Rung, text: str = "told", kind: Any = "alert") -> Change:
    return add("deviations", Deviation("TOLD", text, when, rungs or (Rung("major"),), R, kind=kind))


def windowless(p: Protocol) -> Protocol:
    return replace(p, points=(replace(p.points[0], first=None, last=None),))


def unreasoned(p: Protocol) -> Protocol:
    (track,) = p.tracks
    return replace(p, tracks=(replace(track, anywhere=(replace(track.anywhere[0], source=assumption()),)),))


def both(*changes: Change) -> Change:
    def change(p: Protocol) -> Protocol:
        for each in changes:
            p = each(p)
        return p

    return change


OTHER_WAY = Exit("DONE", any_of(Recorded("course_ended"), VerdictIs(POSITIVE, ("PENDING", "REVIEW"))), R)
AUNT = Action("aunt_asked", "an aunt was asked", R)

SEEDED: dict[str, tuple[Change, str, str]] = {
    "a criterion passes until a value says otherwise": (
        criterion(Not(VerdictIs(POSITIVE, ("PASS",)))), "unknown-as-no:criterion:I2:marker", "passes while it is not known"),
    "a criterion passes because a value is not there": (
        criterion(Not(Known(MARKER))), "unknown-as-no:criterion:I2:marker", "not (marker is known)"),
    "a criterion passes because a time limit has no day yet": (
        criterion(Not(Passed(Moment("D1", days=7)))), "unknown-as-no:criterion:I2:D1", "takes unknown for no"),
    "a phase is left because something is not known": (
        phase("CHEMO", exits=(OTHER_WAY,)), "unknown-as-no:exit:treatment:CHEMO:DONE:marker", "opens also while marker"),
    "a table cannot tell unknown from no": (
        input_of(VerdictIs(POSITIVE, ("PASS",))), "unknown-as-no:decision:response:marker", "no other input tells them apart"),
    "a deviation is told only of what is known to be wrong": (
        deviation(all_of(Reached("D1"), VerdictIs(POSITIVE, ("FAIL",))), kind="deviation"),
        "unknown-as-no:deviation:TOLD:marker", "not told while marker is not known"),
    "a point has no time point": (
        lambda p: replace(p, points=()), "no-window:mrd:EOI", "there is no time point for it"),
    "a time point bounds nothing": (windowless, "malformed", "say `anytime`"),
    "an infusion runs on after a way out": (
        ends("death"), "malformed", "no action has ends='life'"),
    "a task outlives the patient": (
        both(ends("death"), add("tasks", Task("CALL", "call", POSITIVE, Recorded("course_ended"), "clinician", R))),
        "malformed", "no action has ends='life'"),
    "a question outlives the patient": (ends("death"), "malformed", "no action has ends='life'"),
    "a series outlives the patient": (
        both(ends("withdrawn"), add("series", Series("SEEN", "seen", Moment("D1"), "clinician", R, months=6, fact="consent"))),
        "malformed", "would run on"),
    "a milestone is announced by the clock": (
        milestone("Course done", all_of(Reached("D1"), Passed(Moment("D1", days=28)))), "clock-reports:milestone:TOLD",
        "the calendar alone makes it true"),
    "a phase that a planned day enters is announced as begun": (
        both(phase("INDUCTION", exits=(
            Exit("INFUSION", Outcome("course", ("A",)), R), Exit("CHEMO", Outcome("course", ("B",)), R, planned="D1"))),
            milestone("Chemotherapy started", Entered("treatment", "CHEMO"))),
        "clock-reports:milestone:TOLD", "treatment has entered CHEMO"),
    "an alert withdraws itself when the grade is lower": (
        deviation(GRADE_NOW), "forgotten:deviation:TOLD:CRS", "withdraws itself when that is lower"),
    "a question withdraws itself when the grade is lower": (
        decision(replace(COURSE, inputs=(*COURSE.inputs, Input("crs", GRADE_NOW)))), "forgotten:decision:course:CRS",
        "gone when it eases"),
    "an alert waits for what nobody is asked for": (
        both(add("facts", replace(SOUND.facts[3], id="aunt")), deviation(Is(Reading("aunt"), ("POSITIVE",)))),
        "endless-wait:deviation:TOLD:aunt", "nothing ever asks for it"),
    "an alert is silent as long as nobody knows": (
        deviation(all_of(Passed(Moment("D1", days=5)), Not(POSITIVE))), "malformed", "is silent while it is unknown"),
    "a way out says nothing of why": (unreasoned, "no-reason:anywhere:treatment:OUT", "nothing says why"),
    "a phase has no text": (phase("CHEMO", text=" "), "no-reason:phase:treatment:CHEMO", "CHEMO has no text"),
    "a deviation has no text": (deviation(Recorded("death"), text=""), "no-reason:deviation:TOLD", "no text"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", SEEDED)
def test_a_seeded_fault_of_a_kind_is_found_and_says_what_to_do(mistake: str) -> None:
    change, expected, said = SEEDED[mistake]
    found = {f.id: f for f in prove(change(SOUND)).open}
    assert expected in found, f"found only {sorted(found)}"
    assert any(said in line for line in (found[expected].text, *found[expected].facts)), found[expected]


NO_FAULT: dict[str, Change] = {
    "the condition itself waits": criterion(Not(Is(MARKER, ("NEGATIVE",)))),
    "what nobody reported has not been reported": criterion(all_of(POSITIVE, Not(Recorded("withdrawn")))),
    "the condition says what is when nothing comes": criterion(any_of(POSITIVE, NotObtainable(MARKER))),
    "the table has an input for what is not known": input_of(VerdictIs(GOOD, ("REVIEW",))),
    "the worst grade stays": deviation(Graded("CRS", 3)),
    "the text says that it is expected": milestone(
        "Recovery expected by now", all_of(Reached("D1"), Passed(Moment("D1", days=28)))),
    "a report makes it so": milestone("Course ended", Recorded("course_ended")),
    "another deviation tells of what is missing": both(
        deviation(all_of(Passed(Moment("D1", days=5)), without(GOOD)))),
    "a deviation is told of what is not known too": deviation(
        all_of(Reached("D1"), without(POSITIVE)), kind="deviation"),
    "the protocol says what absence means": criterion(
        Not(Closed(POSITIVE, Reached("D1"), "a marker that nobody has found by day 1 is not there"))),
    "a point may be of anytime": lambda p: replace(
        p, points=(replace(p.points[0], of="", first=None, last=None, anytime=True),)),
}  # fmt: skip
KINDS = (
    "unknown-as-no",
    "no-window",
    "no-end",
    "dead-question",
    "clock-reports",
    "forgotten",
    "endless-wait",
    "no-reason",
)


@pytest.mark.parametrize("case", NO_FAULT)
def test_what_only_looks_like_a_fault_is_not_reported(case: str) -> None:
    assert [f.id for f in prove(NO_FAULT[case](SOUND)).open if f.kind in KINDS] == []


# --- slots ----------------------------------------------------------------------------------------------------------


def looping() -> Protocol:
    """The platform with a request that is upheld in the phase that asks, and nowhere else."""
    first, second = PLATFORM.enrolments
    track = next(t for t in PLATFORM.tracks if t.id == "treatment_D")
    asked = next(p for p in track.phases if p.id == "REQUESTED_D")
    ask = all_of(first.ask, InPhase("treatment_D", (asked.id,)))
    return replace(PLATFORM, enrolments=(replace(first, ask=ask), second))


def test_a_request_that_its_own_answer_ends_is_found() -> None:
    loops = [f for f in prove(looping()).open if f.kind == "slot-loop"]
    assert [f.id for f in loops] == ["slot-loop:D:treatment_D:REQUESTED_D:RESERVED_D"]
    assert "asks anew, without end" in loops[0].text
    assert not [f for f in prove(PLATFORM).findings if f.kind == "slot-loop"]


# --- waivers --------------------------------------------------------------------------------------------------------

LEFT = any_of(Compare(WBC, Limit(">", "300")), POSITIVE)
STUCK = phase("CHEMO", exits=(Exit("DONE", all_of(Recorded("course_ended"), LEFT), R),))
DEAD_END = "dead-end:treatment:CHEMO"
NEGATIVE = Is(MARKER, ("NEGATIVE",))


def open_with(waiver: Waiver, change: Change = STUCK) -> list[str]:
    return [f.id for f in prove(replace(change(SOUND), waivers=(waiver,))).open]


def test_a_waiver_of_a_dead_end_hides_only_the_patients_whom_it_names() -> None:
    low = all_of(
        any_of(Compare(WBC, Limit("<=", "300")), NotObtainable(WBC)), any_of(NEGATIVE, NotObtainable(MARKER))
    )
    assert open_with(Waiver(DEAD_END, "they wait", low)) == []
    fewer = all_of(Compare(WBC, Limit("<=", "100")), NEGATIVE)
    assert open_with(Waiver(DEAD_END, "they wait", fewer)) == [f"{DEAD_END}:others"]


def test_a_waiver_of_a_dead_end_that_names_no_patients_is_a_finding() -> None:
    assert open_with(Waiver(DEAD_END, "they wait")) == [f"broad-waiver:{DEAD_END}"]


def test_what_hides_more_than_anybody_has_seen_cannot_be_waived() -> None:
    broken = phase("CHEMO", exits=(Exit("DONE", Recorded("over"), R),))
    assert sorted(open_with(Waiver("malformed", "later"), broken)) == ["broad-waiver:malformed", "malformed"]


def test_a_second_waiver_of_the_same_finding_is_a_finding() -> None:
    twice = (Waiver("unused:fact:height", "a"), Waiver("unused:fact:height", "b"))
    more = add("facts", replace(SOUND.facts[0], id="height"))(SOUND)
    assert [f.id for f in prove(replace(more, waivers=twice)).open] == [
        "stale-waiver:unused:fact:height:again"
    ]


def test_a_waiver_of_a_gap_in_a_table_of_adverse_events_hides_no_other_grade() -> None:
    (ledger,) = SOUND.ledgers
    less = [r for r in ledger.rules if r.id != "CRS-3"]
    waiver = (Waiver("adverse-gap:blina[cycle=1]:CRS:3", "the team is asked"),)
    one = replace(SOUND, ledgers=(replace(ledger, rules=tuple(less)),), waivers=waiver)
    assert prove(one).open == ()
    two = replace(one, ledgers=(replace(ledger, rules=tuple(r for r in less if r.id != "CRS-4")),))
    assert "adverse-gap:blina[cycle=1]:CRS:3+4" in [f.id for f in prove(two).open]
