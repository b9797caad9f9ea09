"""Mistakes in dose ledgers, seeded in copies of the real ones, are found with what a clinician needs to see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from analysis.proof.check_dose_courses import course_findings
from analysis.proof.check_guards import guard_findings
from analysis.proof.check_holds import hold_findings
from analysis.proof.check_infusions import infusion_findings
from analysis.proof.counterexample import Counterexample
from analysis.proof.findings import Finding
from analysis.proof.source_locations import SourceLocations
from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import DoseBand, Hold, Limit, Param, Protocol, Restart, Setting, Sign, Taken, all_of
from pathway.language.profile import make_profile
from protocols import find

Change = Callable[[Protocol], Protocol]


def course(number: int = 0, **changes: Any) -> Change:
    """One course of doses changed."""
    return lambda p: replace(
        p, doses=tuple(replace(d, **changes) if n == number else d for n, d in enumerate(p.doses))
    )


def hold(name: str, **changes: Any) -> Change:
    """A hold of the first course changed."""

    def change(p: Protocol) -> Protocol:
        holds = tuple(replace(h, **changes) if h.id == name else h for h in p.doses[0].holds)
        return course(holds=holds)(p)

    return change


def infusing(**changes: Any) -> Change:
    """How the first course is infused changed."""
    return lambda p: course(infusing=replace(p.doses[0].infusing, **changes))(p)  # type: ignore[type-var]


def infusion(**changes: Any) -> Change:
    """The first infusion changed."""
    return lambda p: replace(p, ledgers=(replace(p.ledgers[0], **changes), *p.ledgers[1:]))


def rule(name: str, **changes: Any) -> Change:
    """An adverse-event rule of the first infusion changed."""

    def change(p: Protocol) -> Protocol:
        rules = tuple(replace(r, **changes) if r.id == name else r for r in p.ledgers[0].rules)
        return infusion(rules=rules)(p)

    return change


def setting(key: str, value: str) -> Change:
    """Another default of the profile."""
    return lambda p: replace(
        p, profile=tuple(replace(k, default=value) if k.key == key else k for k in p.profile)
    )


def unread(flag: str) -> Change:
    """Without the deviations that read a flag."""
    return lambda p: replace(p, deviations=tuple(d for d in p.deviations if flag not in repr(d)))


INO, DARA, CBC, INFANT = "ino-dli", "dara-tall", "cbc-all2024-1", "interfant-21"
INO1, DARA1, BLINA, BLINA1 = "ino[cycle=1]", "dara[course=1]", "blina", "blina[cycle=1]"
UP_TO_45 = DoseBand((Limit("<", "45"),), "15", "5", "ug/m2/day")
NEVER_OPEN = Hold(
    "NEVER",
    "no such bilirubin",
    ((Sign("bilirubin_uln", limit=Limit("<", "0")),),),
    find(INO).doses[0].source,
    within=3,
)

MISTAKES: dict[str, tuple[str, Change, str, str]] = {
    "a weight has no dose band": (
        CBC, infusion(dose_bands=(UP_TO_45, DoseBand((Limit(">", "45"),), "28", "9", "ug/day"))),
        f"dose-gap:{BLINA}:weight:45", "weight = 45 kg lies in no dose band"),
    "a weight has two dose bands": (
        CBC, infusion(dose_bands=(UP_TO_45, DoseBand((Limit(">=", "40"),), "28", "9", "ug/day"))),
        f"dose-overlap:{BLINA}:weight:1+2", "weight = 40 kg lies in 2 dose bands"),
    "a hold opens at a value that is impossible": (
        INO, course(holds=(NEVER_OPEN,)), f"dead-hold:{INO1}:NEVER", "possible: 0 to"),
    "a hold asks for a grade that there is not": (
        INO, hold("TOXICITY", signs=((Sign(event="TOXICITY", at_least=6),),)), f"dead-hold:{INO1}:TOXICITY",
        "grades go up to 5"),
    "a hold asks for two values at once": (
        INO, hold("LIVER-BILIRUBIN", signs=((Sign("anc", limit=Limit("<", "1")),), (Sign("anc", limit=Limit(">", "1")),))),
        f"dead-hold:{INO1}:LIVER-BILIRUBIN", "and one of: anc > 1"),
    "a hold holds at every value": (
        INO, hold("LIVER-TRANSAMINASES", signs=((Sign("transaminase_uln", limit=Limit(">=", "0")),),)),
        f"endless-hold:{INO1}:LIVER-TRANSAMINASES", "transaminase_uln >= 0"),
    "a hold is for no patient": (
        INO, hold("TOXICITY", when=all_of(Setting("label_toxicity", ("ON",)), Setting("label_toxicity", ("OFF",)))),
        f"impossible-guard:hold:{INO1}:TOXICITY:1+2", "never together"),
    "a dose is omitted after the next cycle is lowered": (
        INO, setting("omit_after", "20"),
        f"hold-order:{INO1}:the-next-cycle-is-lowered-after", "the next cycle is lowered after 14 days of hold"),
    "a stop is considered before the next cycle is lowered": (
        INO, setting("review_after", "14"),
        f"hold-order:{INO1}:a-person-is-asked-after-days", "a person is asked after 14 days of hold"),
    "a dose is omitted as soon as it is held": (
        INO, setting("omit_after", "0"),
        f"hold-order:{INO1}:the-dose-is-omitted-after-days", "the dose is omitted after 0 days of hold"),
    "a reduction leaves nothing": (
        INO, course(reduced_to="-0.25"), f"wrong-dose:{INO1}:a-reduction-to-of-the-dose", "a reduction to -0.25"),
    "an amount is below zero": (
        INO, course(amounts=(("", ("0.8", "0.5", "-0.5")),)),
        f"wrong-dose:{INO1}:an-amount-is-below-zero", "0.8, 0.5, -0.5 mg/m2"),
    "doses are planned closer than they may be": (
        INO, setting("dose_spacing", "8"), f"wrong-dose:{INO1}:days-and-are-days-apart-and", "7 days apart, and doses must be 8"),
    "a later dose is planned for an earlier day": (
        INO, course(days=(1, 15, 8)), f"wrong-dose:{INO1}:day-comes-after-day", "day 8 comes after day 15"),
    "a dose is rounded to nothing": (
        INO, setting("dose_rounding", "1"), f"wrong-dose:{INO1}:bsa-makes-mg-rounded-to-steps", "rounded to steps of 1: no dose"),
    "nothing makes a dose due": (
        DARA, lambda p: course(1, amounts=(("COURSE_2", ("16", "0", "16", "16", "0")),))(
            course(amounts=(("WHOLE", ("16", "0", "16", "16", "0")), ("SPLIT", ("8", "8", "16", "16", "0"))))(p)),
        f"never-given:{DARA1}:d22", "amount is 0 in every row"),
    "a course is asked for when it is cancelled": (
        INO, lambda p: course(cancelled=p.doses[0].asked)(p), f"never-given:{INO1}", "never together: asked for"),
    "an outcome has no amounts": (
        DARA, course(amounts=(("WHOLE", ("16", "0", "16", "16", "16")),)), f"dose-gap:{DARA1}:SPLIT",
        "profile key first_dose = SPLIT"),
    "a dose that differs is read by nobody": (
        INO, unread("dose_differs"), f"flag-unread:{INO1}:dose_differs", "nobody hears of it"),
    "a rate never reaches its top": (
        DARA, lambda p: infusing(first=replace(p.doses[0].infusing.first, step=0))(p),  # type: ignore[union-attr]
        f"wrong-dose:{DARA1}:the-rate-of-first-never-gets", "the rate of first never"),
    "no reaction stops for good": (
        DARA, infusing(stop_grade=6), f"wrong-dose:{DARA1}:grade-stops-for-good-and-irr", "has grades up to 5"),
    "premedication has no hour": (
        DARA, infusing(premedication=(3, 1)),
        f"wrong-dose:{DARA1}:premedication-is-to-be-given-in", "premedication is to be given in no hour"),
    "an infusion may go on at the grade that stops it": (
        INFANT, rule("CRS-3", restart=Restart(grade_at_most=3, low_days=7)),
        f"dead-restart:{BLINA1}:CRS-3:grade-interrupts-and-at-grade-it",
        "it is over as it begins"),
    "an infusion may never go on": (
        INFANT, rule("NEURO-3", restart=Restart(grade_at_most=-1, low_days=7)),
        f"dead-restart:{BLINA1}:NEURO-3:no-grade-is-at-most-the",
        "may never go on"),
    "the low dose outlasts the infusion": (
        CBC, rule("CRS-3", restart=Restart(grade_at_most=0, low_days=14)), f"dead-restart:{BLINA}:CRS-3:days-at-the-low-dose-and",
        "the full dose is never reached"),
    "a restart after a stop for good": (
        INFANT, rule("CRS-4", restart=Restart(grade_at_most=0)),
        f"dead-restart:{BLINA1}:CRS-4:it-says-how-to-go-on", "nothing is to be restarted"),
    "a rule for a grade that there is not": (
        INFANT, rule("CRS-4", grades=(6, 7)), f"dead-restart:{BLINA1}:CRS-4:no-crs-ever-meets-it-its", "its grades are 0 to 5"),
    "a pause over the limit is read by nobody": (
        CBC, lambda p: replace(unread("pause_over_limit")(p), decisions=tuple(
            replace(d, inputs=(replace(d.inputs[0], of=Taken("BLINA_STOP", ("STOP",))),)) if d.id == "BLINA_PAUSE" else d
            for d in p.decisions)),
        f"flag-unread:{BLINA}:pause_over_limit", "nobody hears of it"),
}  # fmt: skip


def ledger_findings(protocol: Protocol, guards: bool = False) -> dict[str, Finding]:
    """What is found in the ledgers of a protocol, and of conditions that hold for nobody if `guards`."""
    compiled = compile_protocol(protocol)
    witness, places = Counterexample(compiled, make_profile(protocol)), SourceLocations(protocol)
    parts = (infusion_findings, hold_findings, course_findings, *((guard_findings,) if guards else ()))
    found = [finding for part in parts for finding in part(witness, places)]
    return {f.id: f for f in found}


@pytest.mark.parametrize("name", [INO, DARA, CBC, INFANT])
def test_the_ledgers_of_a_real_protocol_have_no_finding(name: str) -> None:
    waived = {w.finding_id for w in find(name).waivers}
    assert [f.text for f in ledger_findings(find(name)).values() if f.id not in waived] == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_dose_ledger_is_found_with_its_counterexample(mistake: str) -> None:
    name, change, expected, fact = MISTAKES[mistake]
    found = ledger_findings(change(find(name)), expected.startswith("impossible-guard"))
    assert expected in found, f"found only {sorted(found)}"
    finding = found[expected]
    assert any(fact in line for line in (finding.text, *finding.facts)), (finding.text, finding.facts)
    assert finding.place.file.startswith("protocols/"), finding.place


def test_a_hold_of_a_dose_that_there_is_not_is_refused_when_the_definition_is_loaded() -> None:
    with pytest.raises(ProtocolError, match="dose of ino 'd22' is not defined; accepted: d1, d8, d15"):
        compile_protocol(hold("TOXICITY", labels=("d22",))(find(INO)))


def test_a_key_of_the_profile_that_is_not_set_puts_no_hold_out_of_order() -> None:
    protocol = find(INO)
    assert protocol.doses[0].review_after == Param("review_after")
    open_ = replace(
        protocol,
        profile=tuple(replace(k, default=None) if k.key == "review_after" else k for k in protocol.profile),
    )
    assert not any(f.startswith("hold-order") for f in ledger_findings(open_))
