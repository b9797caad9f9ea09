"""Neurotoxicity of immune effector cells, graded from its signs: ASTCT 2019. The worst domain not due to another cause.

Intracranial haemorrhage and tremor are not part of it (CTCAE).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pathway.language import (
    Anchor,
    Compare,
    Dates,
    Day,
    Decision,
    Fact,
    Input,
    Is,
    Known,
    Limit,
    Not,
    Predicate,
    Reading,
    Recorded,
    Sampled,
    Source,
    Unit,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    row,
)
from protocols.shared.entered_grade import differs
from protocols.shared.rule_set import Cell, RuleSet, chosen, with_cells

SIGNS = "ICANS_SIGNS"
"""The day on which consciousness was last assessed: it opens a set of signs, the others count from that day on."""

CONSCIOUSNESS = Reading("consciousness")
ICE, CAPD, UNABLE, SEIZURE, LENGTH, WEAKNESS, OEDEMA = (
    Reading(f, since=SIGNS)
    for f in ("ice", "capd", "untestable", "icans_seizure", "icans_seizure_length", "deep_weakness", "oedema")
)
GRADES = ("0", "1", "2", "3", "4", "5")
ICE_FROM_MONTHS = 144
ICANS_DEATH = Recorded("death", where=("cause", "ICANS"))


def ice(low: str, high: str) -> Predicate:
    """Points of the ICE score, inclusive."""
    return all_of(Compare(ICE, Limit(">=", low)), Compare(ICE, Limit("<=", high)))


# Grade; ICE; CAPD; consciousness; seizure, motor weakness, oedema. Worst first.
Row = tuple[str, Predicate | None, Predicate | None, str, tuple[Predicate, ...]]
VERSIONS: dict[str, tuple[Row, ...]] = {
    "ASTCT-2019": (
        ("4", None, None, "UNAROUSABLE", (
            VerdictIs(Is(UNABLE, ("YES",)), ("PASS",)),
            any_of(Is(SEIZURE, ("REPETITIVE",)), all_of(Is(SEIZURE, ("RESOLVED",)), Compare(LENGTH, Limit(">", "300")))),
            Is(WEAKNESS, ("YES",)),
            Is(OEDEMA, ("DIFFUSE",)),
        )),
        # ICE 0 and awake, as in global aphasia, is 3; unarousable is 4 by consciousness.
        ("3", ice("0", "2"), Compare(CAPD, Limit(">=", "9")), "TO_TOUCH", (
            all_of(Is(SEIZURE, ("RESOLVED",)), Compare(LENGTH, Limit("<=", "300"))),
            Is(OEDEMA, ("FOCAL",)),
        )),
        ("2", ice("3", "6"), None, "TO_VOICE", ()),
        # CAPD of 1 and 2 are told apart by arousal only.
        ("1", ice("7", "9"), all_of(Compare(CAPD, Limit(">", "0")), Compare(CAPD, Limit("<", "9"))), "SPONTANEOUSLY", ()),
    ),
}  # fmt: skip


def facts(source: Source, *, older: bool) -> tuple[Fact, ...]:
    """The signs. `older`: the trial has patients of 12 years or more, who are tested with ICE."""
    tests = (
        Fact("ice", "number", "ICE score: orientation 4, naming 3, command 1, writing 1, attention 1", "clinician", source,
             cardinality="latest", possible=("0", "10")),
        Fact("developmental_delay", "choice", "Developmental delay: CAPD at any age", "clinician", source, values=("YES", "NO"),
             cardinality="latest"),
    )  # fmt: skip
    return (
        Fact("consciousness", "choice", "Awake, or awakens: opens the signs of a day for the grade of neurotoxicity. Report what is due "
             "to another cause (sedation) as AWAKE", "clinician", source,
             values=("AWAKE", "SPONTANEOUSLY", "TO_VOICE", "TO_TOUCH", "UNAROUSABLE"), cardinality="latest"),
        *(tests if older else ()),
        Fact("capd", "number", "Cornell assessment of paediatric delirium", "clinician", source, cardinality="latest", possible=("0", "32")),
        Fact("untestable", "choice", "Unarousable: the test cannot be performed", "clinician", source, values=("YES", "NO"),
             cardinality="latest"),
        Fact("icans_seizure", "choice", "Seizure, clinical or on EEG: RESOLVED with its length, REPETITIVE without return to baseline",
             "clinician", source, values=("NONE", "RESOLVED", "REPETITIVE"), cardinality="latest"),
        Fact("icans_seizure_length", "number", "Length of the longest seizure", "clinician", source,
             units=(Unit("s"), Unit("min", "60")), cardinality="latest", possible=("0", "86400")),
        Fact("deep_weakness", "choice", "Deep focal motor weakness", "clinician", source, values=("YES", "NO"), cardinality="latest"),
        Fact("oedema", "choice", "Cerebral oedema: FOCAL on imaging; DIFFUSE, or posturing, VI palsy, papilloedema, Cushing's triad",
             "clinician", source, values=("NONE", "FOCAL", "DIFFUSE"), cardinality="latest"),
    )  # fmt: skip


def by_ice(birth: str) -> Predicate:
    """Tested with ICE: 12 years or older on that day, no developmental delay."""
    return all_of(
        Dates(Day(SIGNS), ">=", Day(Reading(birth), months=ICE_FROM_MONTHS)),
        Not(Is(Reading("developmental_delay"), ("YES",))),
    )


def _test(
    of_ice: Predicate | None, of_capd: Predicate | None, older: Predicate | None
) -> tuple[Predicate, ...]:
    """What the test of the patient's age gives."""
    if older is None:
        return () if of_capd is None else (of_capd,)
    found = (
        None if of_ice is None else all_of(older, of_ice),
        None if of_capd is None else all_of(Not(older), of_capd),
    )
    return tuple(part for part in found if part is not None)


def grade(source: Source, death: Predicate, table: tuple[Row, ...], birth: str, version: str) -> Decision:
    """The decision `icans_grade`."""
    older = by_ice(birth) if birth else None
    tests = {
        f"grade_{g}": any_of(*_test(of_ice, of_capd, older), Is(CONSCIOUSNESS, (awakens,)), *others)
        for g, of_ice, of_capd, awakens, others in table
    }
    names = list(tests)
    return Decision(
        "icans_grade",
        "Grade of neurotoxicity (ICANS) by the signs of the day: ASTCT",
        inputs=(Input("dead", death), *(Input(n, t) for n, t in tests.items())),
        rules=(
            row("5", source, "GRADE-5", "death due to ICANS", dead="yes"),
            *(
                row(g, source, f"GRADE-{g}", "", dead="no", **dict.fromkeys(names[:i], "no"), **{names[i]: "yes"})
                for i, (g, *_) in enumerate(table)
            ),
            row("0", source, "NO-SIGN", "", dead="no", **dict.fromkeys(names, "no")),
        ),
        options=GRADES,
        source=replace(source, note=f"{version}; CAPD 0 is grade 0: assumption"),
        asked=Known(CONSCIOUSNESS),
    )  # fmt: skip


def parts(
    source: Source, *, birth: str = "", death: Predicate = ICANS_DEATH, version: str = "ASTCT-2019", cells: Iterable[Cell] = (),
    event: str = "NEUROTOXICITY",
) -> RuleSet:  # fmt: skip
    """Facts, anchor and table; with the adverse event `event` also the deviation `ICANS-GRADE-DIFFERS`.

    `birth`: the date fact of birth; none where every patient is younger than 12 years, so that CAPD is the only test.
    """
    table = chosen(VERSIONS, version, "ICANS")
    return RuleSet(
        version,
        facts=facts(source, older=bool(birth)),
        anchors=(Anchor(SIGNS, "day of the last assessment of consciousness: signs of neurotoxicity count from it",
                        (Sampled(CONSCIOUSNESS),), source=assumption()),),
        decisions=(with_cells(grade(source, death, table, birth, version), cells),),
        deviations=(differs("ICANS-GRADE-DIFFERS", event, "icans_grade", GRADES, SIGNS, source),) if event else (),
    )  # fmt: skip
