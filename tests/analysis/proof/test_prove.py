"""Each class of mistake, seeded in a sound protocol, is found with the counterexample that shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from analysis.proof.prove import prove
from pathway.language import (
    AdverseEventRule,
    Anchor,
    Assessment,
    Band,
    Compare,
    Crit,
    Decision,
    Done,
    Exit,
    Fact,
    Impossible,
    Input,
    Known,
    LedgerIs,
    Limit,
    Moment,
    Not,
    Outcome,
    Passed,
    Protocol,
    Reached,
    Reading,
    Recorded,
    Task,
    VerdictIs,
    Waiver,
    all_of,
    public,
    row,
)
from tests.analysis.sound_protocol import COURSE, MARKER, MRD, OUTSIDE, RESPONSE, RISK, SOUND, WBC, R

Change = Callable[[Protocol], Protocol]


def decision(changed: Decision) -> Change:
    """The protocol with one decision changed."""
    return lambda p: replace(p, decisions=tuple(changed if d.id == changed.id else d for d in p.decisions))


def bands(*made: Band) -> Change:
    """The white-cell bands of the risk table."""
    young, _ = RISK.inputs
    return decision(replace(RISK, inputs=(young, Input("wbc", WBC, made))))


def phase(id: str, **changes: Any) -> Change:
    """The protocol with one phase changed."""

    def change(p: Protocol) -> Protocol:
        (track,) = p.tracks
        phases = tuple(replace(x, **changes) if x.id == id else x for x in track.phases)
        return replace(p, tracks=(replace(track, phases=phases),))

    return change


def rules(*more: AdverseEventRule, without: str = "") -> Change:
    """The protocol with other adverse-event rules."""

    def change(p: Protocol) -> Protocol:
        (ledger,) = p.ledgers
        kept = tuple(r for r in ledger.rules if r.id != without)
        return replace(p, ledgers=(replace(ledger, rules=(*kept, *more)),))

    return change


def add(field: str, *parts: object) -> Change:
    """The protocol with more parts."""
    return lambda p: replace(p, **{field: (*getattr(p, field), *parts)})  # type: ignore[arg-type]


INTO_CHEMO = Exit("CHEMO", Outcome("course", ("B",)), R)
EXCLUSIVE = replace(RISK, rules=(*RISK.rules, row("HR", R, "R4", wbc="high")))
NOBODY: Any = "nobody"
UNREAD = Fact("height", "number", "height", "clinician", R)

MISTAKES: dict[str, tuple[Change, str, str]] = {
    "a row is removed": (
        decision(replace(RISK, rules=RISK.rules[:2])), "gap:risk:young=yes,wbc=high", "wbc: wbc is high (>= 300)"),
    "a limit is shifted by one upwards": (
        bands(Band("low", (Limit("<", "300"),)), Band("high", (Limit(">=", "301"),))), "band-gap:risk:wbc:low..high",
        "wbc = 300 10^9/L lies in no band"),
    "a limit is shifted by one downwards": (
        bands(Band("low", (Limit("<", "300"),)), Band("high", (Limit(">=", "299"),))), "band-overlap:risk:wbc:low+high",
        "wbc = 299 10^9/L lies in the bands low and high"),
    "both bands claim the limit": (
        bands(Band("low", (Limit("<=", "300"),)), Band("high", (Limit(">=", "300"),))), "band-overlap:risk:wbc:low+high",
        "wbc = 300 10^9/L lies in the bands low and high"),
    "no band claims the limit": (
        bands(Band("low", (Limit("<", "300"),)), Band("high", (Limit(">", "300"),))), "band-gap:risk:wbc:low..high",
        "wbc = 300 10^9/L lies in no band"),
    "a profile limit no longer meets the next band": (
        lambda p: replace(p, profile=(replace(p.profile[0], default="< 5e-5"),)), "band-gap:response:mrd:good..at_limit",
        "mrd EOI = 5e-5 fraction lies in no band"),
    "two rows answer the same patient differently": (
        decision(EXCLUSIVE), "overlap:risk:R1+R4", "row 4 (R4): wbc high -> HR"),
    "two rows say the same of the same patient": (
        decision(replace(RISK, rules=(*RISK.rules, row("MR", R, "R5", wbc="low")))), "overlap:risk:R1+R5", "both say MR"),
    "missing MRD has no row": (
        decision(replace(RESPONSE, rules=(RESPONSE.rules[0], row("POOR", R, mrd="at_limit"), RESPONSE.rules[2]))),
        "malformed", "closed cell of mrd 'unobtainable' is not defined"),
    "a row asks for what an earlier decision rules out": (
        decision(replace(COURSE, inputs=(*COURSE.inputs, Input("old", Not(Compare(Reading("age"), Limit("<", "180"))))),
                         rules=(*COURSE.rules[:2], row("A", R, risk="HR", old="no"), row("B", R, "X", risk="HR", old="yes")))),
        "dead-row:course:X", "never together: old: is yes"),
    "an option is never offered": (
        decision(replace(RISK, options=("MR", "HR", "LR"))), "dead-option:risk:LR", "no patient is ever proposed or offered LR"),
    "a condition contradicts itself": (
        add("milestones", replace(SOUND.milestones[0], id="BOTH", when=all_of(Crit("I2"), Not(Crit("I2"))))),
        "impossible-guard:milestone:BOTH:1+2", "never together: criterion I2"),
    "a condition contradicts a table": (
        add("milestones", replace(SOUND.milestones[0], id="OLD-HR",
                                  when=all_of(Outcome("risk", ("HR",)), Compare(Reading("age"), Limit(">=", "180"))))),
        "impossible-guard:milestone:OLD-HR:1+2", "never together: age >= 180"),
    "a phase is cut off": (
        phase("INDUCTION", exits=(Exit("INFUSION", Outcome("course", ("A", "B")), R),)), "unreachable-phase:treatment:CHEMO",
        "no exit of any phase leads there"),
    "a phase is entered only when it is recorded": (
        phase("INDUCTION", exits=(INTO_CHEMO,)), "unreachable-phase:treatment:INFUSION", "nobody is asked to begin it"),
    "a phase has no exit": (
        lambda p: replace(phase("CHEMO", exits=())(p), tracks=(replace(phase("CHEMO", exits=())(p).tracks[0], anywhere=()),)),
        "no-exit:treatment:CHEMO", "CHEMO: chemotherapy"),
    "only death leads out of a phase": (
        phase("CHEMO", exits=()), "dead-end:treatment:CHEMO", "whatever is known of the patient"),
    "a phase has no exit for some patients": (
        phase("INDUCTION", exits=(Exit("INFUSION", Outcome("risk", ("HR",)), R),
                                  Exit("CHEMO", all_of(Outcome("risk", ("MR",)), Outcome("response", ("GOOD",))), R))),
        "dead-end:treatment:INDUCTION", "mrd EOI = "),
    "exits leave out the limit itself": (
        phase("INDUCTION", exits=(Exit("INFUSION", Compare(WBC, Limit(">", "300")), R),
                                  Exit("CHEMO", Compare(WBC, Limit("<", "300")), R))),
        "dead-end:treatment:INDUCTION", "wbc = 300 10^9/L"),
    "an exit waits for a value that cannot be had": (
        phase("CHEMO", exits=(Exit("DONE", Known(Reading("mrd", point="EOI")), R),)), "dead-end:treatment:CHEMO",
        "mrd EOI is missing, declared not obtainable"),
    "an exit is closed by what has happened": (
        phase("CHEMO", exits=(Exit("DONE", all_of(Recorded("course_ended"), Not(Recorded("first_dose"))), R),)),
        "dead-end:treatment:CHEMO", "on record: first_dose"),
    "a phase waits for an end that a stopped infusion never has": (
        phase("INFUSION", exits=(Exit("DONE", LedgerIs("blina[cycle=1]", ("complete",)), R),)),
        "dead-end:treatment:INFUSION", "blina[cycle=1] ends: "),
    "two exits are open at once": (
        phase("INDUCTION", exits=(*SOUND.tracks[0].phases[1].exits, Exit("DONE", Compare(WBC, Limit(">=", "300")), R))),
        "exits-together:treatment:INDUCTION:INFUSION+DONE", "wbc = "),
    "a fact is not used": (add("facts", UNREAD), "unused:fact:height", "height: height"),
    "an action is not used": (
        add("actions", replace(SOUND.actions[0], id="weighed")), "unused:action:weighed", "weighed: first dose"),
    "an anchor is not used": (
        add("anchors", Anchor("D2", "second day", (Done("first_dose"),), source=R)), "unused:anchor:D2", "D2"),
    "a criterion is not used": (
        add("criteria", replace(SOUND.criteria[0], id="I9")), "unused:criterion:I9", "I9: consent given"),
    "nothing reads an assessment": (
        lambda p: replace(add("facts", Fact("echo", "choice", "echo", "clinician", R, values=("OK",)))(p), assessments=(
            *p.assessments, Assessment("ECHO", "echo", Moment("D1"), Known(Reading("echo")), "clinician", R))),
        "result-unread:assessment:ECHO", "result: echo"),
    "a task is done when it begins": (
        add("tasks", Task("AGAIN", "again", Recorded("first_dose"), Reached("D1"), "clinician", R)), "never-due:task:AGAIN",
        "done: D1 is on record"),
    "nobody supplies a fact": (
        lambda p: replace(p, facts=tuple(replace(f, supplier=NOBODY) if f.id == "wbc" else f for f in p.facts)),
        "malformed", "supplier: 'nobody' is not known"),
    "an anchor has no time": (
        lambda p: replace(p, anchors=(*p.anchors, Anchor("X", "x", (), source=R)),
                          milestones=(*p.milestones, replace(p.milestones[0], id="X-CAME", when=Reached("X")))),
        "unsupplied:anchor:X", "X: x"),
    "a rule cites nothing": (
        decision(replace(RISK, rules=(*RISK.rules[:2], row("HR", public(), "R3", young="yes", wbc="high")))),
        "no-clause:Decision risk: Rule R3", "without a reference"),
    "a rule cites what is not there": (
        decision(replace(RISK, source=public("P9"))), "malformed", "reference 'P9' is not defined"),
    "derived facts go in a circle": (
        decision(replace(RISK, inputs=(*RISK.inputs, Input("course", "course")))), "cycle", "decision course"),
    "a name is not known": (phase("CHEMO", exits=(Exit("DONE", Recorded("over"), R),)), "malformed", "'over' is not defined"),
    "an adverse event is left out": (
        rules(without="CRS-3"), "adverse-gap:blina[cycle=1]:CRS:3", "of grade 3 is not answered"),
    "a later occurrence is answered more mildly": (
        rules(AdverseEventRule("CRS-X", "CRS", (4, 4), "continue", "continue", R, nth=2)),
        "adverse-overlap:blina[cycle=1]:CRS-4+CRS-X", "CRS-X: grade 4 to 4, from occurrence 2 on -> continue"),
    "two directives answer one adverse event": (
        rules(AdverseEventRule("CRS-X", "CRS", (3, 4), "stop", "stop", R)), "adverse-overlap:blina[cycle=1]:CRS-3+CRS-X",
        "CRS-3: grade 3 to 3, from occurrence 1 on -> interrupt"),
    "a waiver accepts what is not there": (
        lambda p: replace(p, waivers=(Waiver("gap:gone", "it was there once"),)), "stale-waiver:gap:gone", "it was there once"),
}  # fmt: skip


def test_a_sound_protocol_has_no_finding() -> None:
    proof = prove(SOUND)
    assert [f.id for f in proof.findings] == []
    assert proof.questions > 0


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_seeded_mistake_is_found_with_its_counterexample(mistake: str) -> None:
    change, expected, fact = MISTAKES[mistake]
    proof = prove(change(SOUND))
    found = {f.id: f for f in proof.open}
    assert expected in found, f"found only {sorted(found)}"
    finding = found[expected]
    assert any(fact in line for line in (finding.text, *finding.facts)), (finding.text, finding.facts)


def test_a_waived_finding_is_not_open_and_keeps_its_reason() -> None:
    changed = replace(
        add("facts", UNREAD)(SOUND), waivers=(Waiver("unused:fact:height", "for a later version"),)
    )
    proof = prove(changed)
    assert proof.open == ()
    assert [(f.id, f.waived) for f in proof.waived] == [("unused:fact:height", "for a later version")]


def test_a_later_occurrence_may_be_answered_more_severely() -> None:
    more = AdverseEventRule("CRS-AGAIN", "CRS", (3, 3), "stop", "stop", R, nth=2)
    assert prove(rules(more)(SOUND)).open == ()


def test_what_is_declared_impossible_is_not_reported() -> None:
    gap = decision(replace(RISK, rules=RISK.rules[:2]))(SOUND)
    never = Impossible(
        (Compare(Reading("age"), Limit("<", "180")), Compare(WBC, Limit(">=", "300"))), "made up"
    )
    ids = [f.id for f in prove(replace(gap, impossible=(never,))).open]
    assert not any(found.startswith("gap:") for found in ids)


def test_combinations_that_two_correlated_inputs_exclude_are_not_reported() -> None:
    again = Input("not_young", Not(Compare(Reading("age"), Limit("<", "180"))))
    table = replace(RISK, inputs=(*RISK.inputs, again), rules=(
        row("MR", R, not_young="yes"), row("MR", R, young="yes", wbc="low"), row("HR", R, young="yes", wbc="high"),
    ))  # fmt: skip
    assert prove(decision(table)(SOUND)).open == ()


def test_a_finding_names_file_and_line_of_the_definition() -> None:
    proof = prove(decision(replace(RISK, rules=RISK.rules[:2]))(SOUND))
    (gap,) = (f for f in proof.open if f.kind == "gap")
    assert gap.place.file.endswith("sound_protocol.py")
    text = Path(gap.place.file).read_text(encoding="utf-8").splitlines()[gap.place.line - 1]
    assert text.startswith("RISK = Decision(")


def test_two_proofs_print_the_same_ids() -> None:
    changed = phase("CHEMO", exits=(Exit("DONE", Known(MARKER), R),))(add("facts", UNREAD)(SOUND))
    first, second = prove(changed), prove(changed)
    assert [f.id for f in first.findings] == [f.id for f in second.findings]


def test_a_proof_is_the_same_whatever_was_proved_before() -> None:
    alone = prove(SOUND)
    prove(decision(EXCLUSIVE)(SOUND))
    again = prove(SOUND)
    assert (alone.questions, alone.steps) == (again.questions, again.steps)
    assert alone.steps > 0


def test_a_proof_is_the_same_in_every_process() -> None:
    code = "from analysis.proof.prove import prove; from tests.analysis.sound_protocol import SOUND; print(prove(SOUND).steps)"

    def steps(seed: str) -> int:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = [sys.executable, "-c", code]
        return int(subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout)

    assert steps("1") == steps("2") == prove(SOUND).steps


def test_what_the_solver_cannot_settle_is_open_and_no_proof() -> None:
    proof = prove(SOUND, effort=10)
    assert {f.kind for f in proof.open} == {"not-settled"}
    ids = {f.id for f in proof.open}
    assert {"not-settled:gap:risk", "not-settled:dead-end:treatment:CHEMO"} <= ids
    assert all("the solver gave up" in f.facts[0] for f in proof.open)


def test_combinations_that_leave_no_patient_are_told() -> None:
    nobody = Impossible((Known(WBC),), "a"), Impossible((Not(Known(WBC)),), "b")
    assert "impossible-guard:patients" in {f.id for f in prove(replace(SOUND, impossible=nobody)).open}


def test_death_is_no_way_out_of_a_phase() -> None:
    changed = phase("CHEMO", exits=(Exit("DONE", Crit("I2"), R),))(SOUND)
    assert changed.tracks[0].anywhere[0].when == OUTSIDE
    (end,) = (f for f in prove(changed).open if f.kind == "dead-end")
    assert any("marker = NEGATIVE" in line for line in end.facts)


def test_a_gap_is_found_where_an_input_cannot_be_told_and_no_row_is_left() -> None:
    unreadable = Input("unreadable", VerdictIs(Compare(MRD, Limit("<", "1e-4")), ("REVIEW",)))
    low = Input("low", Compare(MRD, Limit("<", "1e-4")))
    table = replace(RESPONSE, inputs=(unreadable, low, *RESPONSE.inputs[1:]), rules=(
        row("GOOD", R, unreadable="no", low="yes"), row("POOR", R, unreadable="no", low="no"),
    ))  # fmt: skip
    found = {f.id: f for f in prove(decision(table)(SOUND)).open}
    assert "gap:response:unreadable=yes" in found


def test_an_infusion_that_has_ended_is_told_from_when_it_ended() -> None:
    after = Exit(
        "DONE", all_of(LedgerIs("blina[cycle=1]", ("complete",)), Passed(Moment("BAG_OFF", days=400))), R
    )
    stop = Exit("OUT", LedgerIs("blina[cycle=1]", ("stopped", "short")), R)
    assert prove(phase("INFUSION", exits=(after, stop))(SOUND)).open == ()


def test_a_counterexample_comes_with_the_events_of_such_a_patient() -> None:
    (gap,) = (f for f in prove(decision(replace(RISK, rules=RISK.rules[:2]))(SOUND)).open if f.kind == "gap")
    assert gap.replay is not None
    values = {e.name: Decimal(e.value or "") for e in gap.replay.events}
    assert values["age"] < 180
    assert values["wbc"] >= 300
    assert gap.to_dict()["replay"]["unsaid"] == []
