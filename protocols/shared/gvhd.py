"""Graft-versus-host disease: organ stages and the MAGIC grade of the acute form, the NIH 2014 global score of the chronic one.

"NIH definitions" in a protocol may also mean CTCAE: ask which.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pathway.language import (
    AtLeast,
    Band,
    Compare,
    Decision,
    Deviation,
    Fact,
    Input,
    Is,
    Known,
    Limit,
    Outcome,
    Predicate,
    Reading,
    Rung,
    Source,
    Taken,
    Unit,
    VerdictIs,
    all_of,
    any_of,
    row,
    without,
)
from protocols.shared.rule_set import Cell, RuleSet, with_cells

VERSION = "MAGIC; NIH-2014"
STAGES = ("0", "1", "2", "3", "4")
ACUTE = ("0", "I", "II", "III", "IV")
CHRONIC = ("NONE", "MILD", "MODERATE", "SEVERE")
ORGANS = ("SKIN", "MOUTH", "EYES", "GUT", "LIVER", "LUNG", "JOINTS", "GENITAL")
SKIN, BULLAE, BILIRUBIN, UPPER, STOOL, STOOL_KG, GUT_SEVERE = (
    Reading(f)
    for f in (
        "gvhd_skin",
        "gvhd_bullae",
        "gvhd_bilirubin",
        "gvhd_upper_gut",
        "gvhd_stool",
        "gvhd_stool_kg",
        "gvhd_gut_severe",
    )
)


def _bands(*limits: str) -> tuple[Band, ...]:
    """Stages from 0 on, by the limits at which the next begins: `>= 2` or `> 3`."""
    edges = [Limit(">=" if text.startswith(">=") else ">", text.split()[1]) for text in limits]
    below = {">=": "<", ">": "<="}
    bands = []
    for n in range(len(edges) + 1):
        lower = (edges[n - 1],) if n else ()
        upper = (Limit(below[edges[n].op], edges[n].value),) if n < len(edges) else ()  # type: ignore[arg-type]
        bands.append(Band(str(n), (*lower, *upper)))
    return tuple(bands)


# The stages by organ: where the next one begins. Stage 4 of skin and gut is said by a sign of its own.
SKIN_STAGES = _bands("> 0", ">= 25", "> 50")
LIVER_STAGES = _bands(">= 2", "> 3", "> 6", "> 15")
GUT_ADULT = _bands(">= 500", ">= 1000", "> 1500")
GUT_CHILD = _bands(">= 10", ">= 20", "> 30")
ADULT = Compare(Reading("weight"), Limit(">", "50"))
"""Adult volumes from more than 50 kg."""


def acute_facts(source: Source) -> tuple[Fact, ...]:
    """Findings due to acute GvHD; report 0 or NO for an organ without it. The trial's own fact `weight` is read."""
    yes_no = ("YES", "NO")
    return (
        Fact("gvhd_skin", "number", "Skin with the rash of acute GvHD", "clinician", source, units=(Unit("%BSA"),), cardinality="latest",
             possible=("0", "100")),
        Fact("gvhd_bullae", "choice", "Generalised erythroderma with bullae over more than 5 % of the skin", "clinician", source,
             values=yes_no, cardinality="latest"),
        Fact("gvhd_bilirubin", "number", "Bilirubin where it is due to acute GvHD, else 0", "clinician", source,
             units=(Unit("mg/dL"), Unit("umol/L", "0.05882353")), cardinality="latest", possible=("0", "100")),
        Fact("gvhd_upper_gut", "choice", "Upper gut: acute GvHD proven by biopsy", "clinician", source, values=yes_no, cardinality="latest"),
        Fact("gvhd_stool", "number", "Diarrhoea of acute GvHD, more than 50 kg", "clinician", source, units=(Unit("mL/day"),),
             cardinality="latest", possible=("0", "20000")),
        Fact("gvhd_stool_kg", "number", "Diarrhoea of acute GvHD, 50 kg or less", "clinician", source, units=(Unit("mL/kg/day"),),
             cardinality="latest", possible=("0", "500")),
        Fact("gvhd_gut_severe", "choice", "Gut: severe pain with or without ileus, or bloody stool", "clinician", source, values=yes_no,
             cardinality="latest"),
    )  # fmt: skip


def chronic_facts(source: Source) -> tuple[Fact, ...]:
    """The organ scores."""
    return (
        Fact("cgvhd_score", "choice", "Chronic GvHD, score of the organ (NIH 2014)", "clinician", source, values=("0", "1", "2", "3"),
             points=ORGANS, labels=True, cardinality="latest"),
    )  # fmt: skip


def _staged(
    organ: str,
    text: str,
    slot: Reading,
    bands: tuple[Band, ...],
    severe: Reading,
    source: Source,
    asked: Predicate,
) -> Decision:
    return Decision(
        f"agvhd_{organ}",
        f"Acute GvHD, stage of the {text}",
        inputs=(Input("severe", severe), Input("stage", slot, bands=bands)),
        rules=(
            row("4", source, "4", severe="YES"),
            *(row(b.name, source, b.name, severe="NO", stage=b.name) for b in bands),
        ),
        options=STAGES,
        source=source,
        asked=asked,
    )


def acute(source: Source, cells: Iterable[Cell] = ()) -> tuple[Decision, ...]:
    """The stages of skin, liver and gut, and the decision `agvhd_grade`."""
    asked = any_of(*(Known(s) for s in (SKIN, BULLAE, BILIRUBIN, UPPER, STOOL, STOOL_KG, GUT_SEVERE)))
    liver = Decision(
        "agvhd_liver", "Acute GvHD, stage of the liver", (Input("bilirubin", BILIRUBIN, bands=LIVER_STAGES),),
        tuple(row(b.name, source, b.name, bilirubin=b.name) for b in LIVER_STAGES), STAGES, source, asked=asked,
    )  # fmt: skip
    gut = Decision(
        "agvhd_gut",
        "Acute GvHD, stage of the lower gut; by volume per kg up to 50 kg",
        inputs=(
            Input("severe", GUT_SEVERE),
            Input("over_50_kg", ADULT),
            Input("volume", STOOL, bands=GUT_ADULT),
            Input("per_kg", STOOL_KG, bands=GUT_CHILD),
        ),
        rules=(
            row("4", source, "4", severe="YES"),
            *(row(b.name, source, b.name, severe="NO", over_50_kg="yes", volume=b.name) for b in GUT_ADULT),
            *(
                row(b.name, source, f"{b.name}-CHILD", severe="NO", over_50_kg="no", per_kg=b.name)
                for b in GUT_CHILD
            ),
        ),
        options=STAGES,
        source=source,
        asked=asked,
    )
    grade = Decision(
        "agvhd_grade",
        "Acute GvHD, overall grade (MAGIC)",
        inputs=(
            Input("skin", "agvhd_skin"),
            Input("liver", "agvhd_liver"),
            Input("upper", UPPER),
            Input("lower", "agvhd_gut"),
        ),
        rules=(
            row("IV", source, "IV-SKIN", skin="4"),
            row("IV", source, "IV-LIVER", skin=("0", "1", "2", "3"), liver="4"),
            row("IV", source, "IV-GUT", skin=("0", "1", "2", "3"), liver=("0", "1", "2", "3"), lower="4"),
            row(
                "III",
                source,
                "III-LIVER",
                skin=("0", "1", "2", "3"),
                liver=("2", "3"),
                lower=("0", "1", "2", "3"),
            ),
            row("III", source, "III-GUT", skin=("0", "1", "2", "3"), liver=("0", "1"), lower=("2", "3")),
            row("II", source, "II-GUT", skin=("0", "1", "2", "3"), liver=("0", "1"), lower="1"),
            row("II", source, "II-LIVER", skin=("0", "1", "2", "3"), liver="1", lower="0"),
            row("II", source, "II-UPPER", skin=("0", "1", "2", "3"), liver="0", upper="YES", lower="0"),
            row("II", source, "II-SKIN", skin="3", liver="0", upper="NO", lower="0"),
            row("I", source, "I", skin=("1", "2"), liver="0", upper="NO", lower="0"),
            row("0", source, "0", skin="0", liver="0", upper="NO", lower="0"),
        ),
        options=ACUTE,
        source=replace(source, note=VERSION),
        asked=asked,
    )
    skin = _staged("skin", "skin", SKIN, SKIN_STAGES, BULLAE, source, asked)
    return skin, liver, gut, with_cells(grade, cells)


def chronic(source: Source, cells: Iterable[Cell] = ()) -> Decision:
    """The decision `cgvhd_grade`, by the scores of all eight organs."""
    score = {organ: Reading("cgvhd_score", point=organ) for organ in ORGANS}
    lung = score["LUNG"]
    others = [slot for organ, slot in score.items() if organ != "LUNG"]
    severe = any_of(Is(lung, ("2", "3")), *(Is(s, ("3",)) for s in others))
    moderate = any_of(
        Is(lung, ("1",)), *(Is(s, ("2",)) for s in others), AtLeast(3, tuple(Is(s, ("1",)) for s in others))
    )
    mild = any_of(*(Is(s, ("1",)) for s in others))
    decision = Decision(
        "cgvhd_grade",
        "Chronic GvHD, global severity (NIH 2014)",
        inputs=(Input("severe", severe), Input("moderate", moderate), Input("mild", mild)),
        rules=(
            row("SEVERE", source, "SEVERE", "any organ 3, or lung 2 or more", severe="yes"),
            row(
                "MODERATE",
                source,
                "MODERATE",
                "three organs 1, or any 2, or lung 1",
                severe="no",
                moderate="yes",
            ),
            row(
                "MILD", source, "MILD", "one or two organs 1, lung 0", severe="no", moderate="no", mild="yes"
            ),
            row("NONE", source, "NONE", severe="no", moderate="no", mild="no"),
        ),
        options=CHRONIC,
        source=replace(source, note=VERSION),
        asked=any_of(*(Known(s) for s in score.values())),
    )
    return with_cells(decision, cells)


ACUTE_FOUND = Taken("agvhd_grade", ACUTE[1:])
CHRONIC_FOUND = Taken("cgvhd_grade", CHRONIC[1:])


def differs(
    source: Source, acute_fact: Reading, none: str, present: tuple[str, ...], chronic_fact: Reading
) -> tuple[Deviation, ...]:
    """Where entered GvHD is not what the findings give. `none`, `present`: the values of the entered acute fact."""

    def deviation(id: str, kind: str, when: Predicate) -> Deviation:
        text = f"The entered {kind} GvHD is not what its findings give: correct one of them"
        return Deviation(id, text, when, (Rung("major"),), source, to="clinician")

    def entered(slot: Reading, *values: str) -> Predicate:
        return VerdictIs(Is(slot, values), ("PASS",))

    return (
        deviation("AGVHD-DIFFERS", "acute",
                  any_of(all_of(ACUTE_FOUND, entered(acute_fact, none)),
                         all_of(Taken("agvhd_grade", ("0",)), entered(acute_fact, *present)))),
        deviation("CGVHD-DIFFERS", "chronic",
                  all_of(Taken("cgvhd_grade", CHRONIC), Known(chronic_fact),
                         without(any_of(*(all_of(Outcome("cgvhd_grade", (c,)), Is(chronic_fact, (c,))) for c in CHRONIC))))),
    )  # fmt: skip


def parts(
    acute_source: Source,
    chronic_source: Source,
    *,
    cells: Iterable[Cell] = (),
    chronic_cells: Iterable[Cell] = (),
) -> RuleSet:
    """Facts and tables of both forms."""
    return RuleSet(
        VERSION,
        facts=(*acute_facts(acute_source), *chronic_facts(chronic_source)),
        decisions=(*acute(acute_source, cells), chronic(chronic_source, chronic_cells)),
    )
