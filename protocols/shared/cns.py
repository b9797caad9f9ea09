"""CNS status from the cerebrospinal fluid, with the Steinherz-Bleyer rule for traumatic punctures.

The clinician enters the class. Where the counts are reported the class is computed beside it; BFM's TLP+ and TLP- are another
scheme.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pathway.language import (
    Band,
    Decision,
    Deviation,
    Fact,
    Input,
    Is,
    Known,
    Limit,
    Outcome,
    Products,
    Reading,
    Rung,
    Source,
    Taken,
    Task,
    Unit,
    all_of,
    any_of,
    row,
    without,
)
from protocols.shared.rule_set import Cell, RuleSet, with_cells

VERSION = "CNS-1-2-3"
CLASSES = ("CNS1", "CNS2a", "CNS2b", "CNS2c", "CNS3a", "CNS3b", "CNS3c")
FACTS = ("csf_wbc", "csf_blasts", "csf_rbc", "cns_signs", "blood_wbc", "blood_rbc")


def facts(points: tuple[str, ...], source: Source) -> tuple[Fact, ...]:
    """What the table reads, at the punctures named by `points`."""
    per_ul = (Unit("/uL"),)
    return (
        Fact("csf_wbc", "number", "White cells in the cerebrospinal fluid", "laboratory", source, units=per_ul, points=points,
             cardinality="latest", possible=("0", "1000000")),
        Fact("csf_blasts", "choice", "Blasts in the cerebrospinal fluid on cytospin", "laboratory", source, values=("YES", "NO"),
             points=points, cardinality="latest"),
        Fact("csf_rbc", "number", "Red cells in the cerebrospinal fluid", "laboratory", source, units=per_ul, points=points,
             cardinality="latest", possible=("0", "10000000")),
        Fact("cns_signs", "choice", "Clinical signs of CNS leukaemia: facial palsy, brain or eye, hypothalamic", "clinician", source,
             values=("YES", "NO"), points=points, cardinality="latest"),
        Fact("blood_wbc", "number", "White cells in blood on the day of the puncture", "laboratory", source,
             units=(Unit("/uL"), Unit("10^9/L", "1000"), Unit("G/L", "1000")), points=points, cardinality="latest",
             possible=("0", "5000000")),
        Fact("blood_rbc", "number", "Red cells in blood on the day of the puncture", "laboratory", source,
             units=(Unit("/uL"), Unit("10^12/L", "1000000"), Unit("T/L", "1000000")), points=points, cardinality="latest",
             possible=("0", "10000000")),
    )  # fmt: skip


def name(point: str) -> str:
    """The key of the decision at a puncture."""
    return f"cns_class[point={point}]"


def steinherz_bleyer(point: str) -> Products:
    """(CSF white / CSF red) > 2 x (blood white / blood red)."""
    csf_wbc, csf_rbc, wbc, rbc = (
        Reading(f, point=point) for f in ("csf_wbc", "csf_rbc", "blood_wbc", "blood_rbc")
    )
    return Products((csf_wbc, rbc), ">", (wbc, csf_rbc), times="2")


def table(point: str, source: Source, cells: Iterable[Cell] = ()) -> Decision:
    """The decision `cns_class`; INDETERMINATE while the blood counts that the rule needs are missing."""
    wbc, rbc = Reading("csf_wbc", point=point), Reading("csf_rbc", point=point)
    blasts = {"signs": "NO", "blasts": "YES"}
    decision = Decision(
        "cns_class",
        f"CNS class by the counts, {point}: the clinician enters the class that counts",
        inputs=(
            Input("signs", Reading("cns_signs", point=point)),
            Input("blasts", Reading("csf_blasts", point=point)),
            Input("white", wbc, bands=(Band("under_5", (Limit("<", "5"),)), Band("from_5", (Limit(">=", "5"),)))),
            Input("red", rbc, bands=(Band("under_10", (Limit("<", "10"),)), Band("from_10", (Limit(">=", "10"),)))),
            Input("steinherz_bleyer", steinherz_bleyer(point), closed=("unknown", all_of(Known(wbc), Known(rbc)))),
        ),
        rules=(
            row("CNS1", source, "CNS1", "no blasts, any white cells", signs="NO", blasts="NO"),
            row("CNS2a", source, "CNS2a", white="under_5", red="under_10", **blasts),
            row("CNS2b", source, "CNS2b", white="under_5", red="from_10", **blasts),
            row("CNS2c", source, "CNS2c", white="from_5", red="from_10", steinherz_bleyer="no", **blasts),
            row("CNS3a", source, "CNS3a", white="from_5", red="under_10", **blasts),
            row("CNS3b", source, "CNS3b", white="from_5", red="from_10", steinherz_bleyer="yes", **blasts),
            row("CNS3c", source, "CNS3c", "clinical signs, whatever the fluid", signs="YES"),
            row("INDETERMINATE", source, "NO-BLOOD-COUNT", "the blood counts of that day are missing",
                white="from_5", red="from_10", steinherz_bleyer="unknown", **blasts),
        ),
        options=(*CLASSES, "INDETERMINATE"),
        source=replace(source, note=f"{VERSION}; some copies print the rule without the red cells: wrong, not used"),
        asked=any_of(Known(Reading("csf_blasts", point=point)), Known(Reading("cns_signs", point=point))),
        scope=(("point", point),),
    )  # fmt: skip
    return with_cells(decision, cells)


def parts(
    points: tuple[str, ...], source: Source, *, entered: str = "cns", cells: Iterable[Cell] = ()
) -> RuleSet:
    """Facts and a table per puncture; beside the entered class (fact `entered`: CNS1, CNS2, CNS3) a task and a deviation."""

    def task(point: str) -> Task:
        return Task(
            "ENTER-CNS", f"The CNS class of {point} is computed: enter the class that counts", Taken(name(point), CLASSES),
            Known(Reading(entered, point=point)), "clinician", source, scope=(("point", point),), ends_with="study",
        )  # fmt: skip

    def blood(point: str) -> Task:
        counts = (Known(Reading("blood_wbc", point=point)), Known(Reading("blood_rbc", point=point)))
        return Task(
            "CNS-BLOOD-COUNT", f"Traumatic puncture, {point}: the blood counts of that day are missing",
            Taken(name(point), ("INDETERMINATE",)), all_of(*counts), "laboratory", source, scope=(("point", point),), ends_with="study",
        )  # fmt: skip

    def differs(point: str) -> Deviation:
        slot = Reading(entered, point=point)
        same = any_of(
            *(
                all_of(
                    Is(slot, (broad,)), Outcome(name(point), tuple(c for c in CLASSES if c.startswith(broad)))
                )
                for broad in ("CNS1", "CNS2", "CNS3")
            )
        )
        return Deviation(
            "CNS-CLASS-DIFFERS", f"The entered CNS class of {point} is not the one that the counts give: correct one of them",
            all_of(Taken(name(point), CLASSES), Known(slot), without(same)), (Rung("major"),), source, to="clinician",
            scope=(("point", point),),
        )  # fmt: skip

    return RuleSet(
        VERSION,
        facts=facts(points, source),
        decisions=tuple(table(point, source, cells) for point in points),
        tasks=tuple(make(point) for point in points for make in (task, blood)) if entered else (),
        deviations=tuple(differs(point) for point in points) if entered else (),
    )
