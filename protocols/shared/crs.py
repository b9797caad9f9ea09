"""Cytokine release syndrome, graded from its signs: ASTCT 2019. Organ toxicities do not enter the grade; they are CTCAE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pathway.language import (
    Anchor,
    Compare,
    Decision,
    Fact,
    Input,
    Is,
    Known,
    Limit,
    Predicate,
    Reading,
    Recorded,
    Sampled,
    Source,
    Unit,
    all_of,
    any_of,
    assumption,
    row,
)
from protocols.shared.entered_grade import differs
from protocols.shared.rule_set import Cell, RuleSet, chosen, with_cells

SIGNS = "CRS_SIGNS"
"""The day of the last temperature: it opens a set of signs, the others count from that day on."""

FEVER = Reading("temperature")
TREATED, OTHER_CAUSE = Reading("fever_treated", since=SIGNS), Reading("crs_other_cause", since=SIGNS)
PRESSURE, OXYGEN, FLOW = (Reading(f, since=SIGNS) for f in ("hypotension", "oxygen", "oxygen_flow"))
PRESSURES = ("NONE", "NO_VASOPRESSOR", "ONE_VASOPRESSOR", "SEVERAL_VASOPRESSORS")
DEVICES = ("NONE", "NASAL", "BLOW_BY", "MASK", "POSITIVE_PRESSURE")
GRADES = ("0", "1", "2", "3", "4", "5", "NOT_GRADABLE")

# Grade, hypotension, hypoxia: by device, and by nasal flow in L/min.
Row = tuple[str, str, str, Limit | None]
VERSIONS: dict[str, tuple[Row, ...]] = {
    "ASTCT-2019": (
        ("4", "SEVERAL_VASOPRESSORS", "POSITIVE_PRESSURE", None),
        ("3", "ONE_VASOPRESSOR", "MASK", Limit(">", "6")),
        ("2", "NO_VASOPRESSOR", "BLOW_BY", Limit("<=", "6")),
    ),
}
FEVER_FROM = Limit(">=", "38")
CRS_DEATH = Recorded("death", where=("cause", "CRS"))


def facts(source: Source) -> tuple[Fact, ...]:
    """The signs, as the ward reports them once a day or at a change."""
    yes_no = ("YES", "NO")
    return (
        Fact("temperature", "number", "Temperature: opens the signs of a day for the grade of CRS", "clinician", source,
             units=(Unit("degC"), Unit("°C")), cardinality="latest", possible=("20", "46"), plausible=("33", "42.5"),
             details=("checked",)),
        Fact("fever_treated", "choice", "Antipyretic, tocilizumab or steroid given for the fever of this CRS: fever is no longer needed",
             "clinician", source, values=yes_no, cardinality="latest"),
        Fact("crs_other_cause", "choice", "Fever, hypotension and hypoxia are due to something else", "clinician", source, values=yes_no,
             cardinality="latest", about=(("", "temperature"),)),
        Fact("hypotension", "choice", "Hypotension, by what it needs; vasopressin beside another vasopressor is not counted", "clinician",
             source, values=PRESSURES, cardinality="latest"),
        Fact("oxygen", "choice", "Oxygen: nasal cannula (report the flow too), blow-by, mask (face, non-rebreather, Venturi), or positive "
             "pressure (CPAP, BiPAP, intubation)", "clinician", source, values=DEVICES, cardinality="latest"),
        Fact("oxygen_flow", "number", "Flow by nasal cannula", "clinician", source, units=(Unit("L/min"),), cardinality="latest",
             possible=("0", "80")),
    )  # fmt: skip


def hypoxia(device: str, flow: Limit | None) -> Predicate:
    """The hypoxia of a grade: its device, or nasal oxygen with its flow."""
    by_device = Is(OXYGEN, (device,))
    return (
        by_device if flow is None else any_of(by_device, all_of(Is(OXYGEN, ("NASAL",)), Compare(FLOW, flow)))
    )


def grade(source: Source, death: Predicate, table: tuple[Row, ...], version: str) -> Decision:
    """The decision `crs_grade`: the more severe column; fever of 38 degrees or more, or treated, and no other cause."""
    columns = {
        g: any_of(Is(PRESSURE, (pressure,)), hypoxia(device, flow)) for g, pressure, device, flow in table
    }
    signs = {f"grade_{g}": test for g, test in columns.items()}
    names = list(signs)
    graded = [
        row(g, source, f"GRADE-{g}", "", dead="no", other_cause="NO", counts="yes",
            **dict.fromkeys(names[:i], "no"), **{names[i]: "yes"})
        for i, g in enumerate(columns)
    ]  # fmt: skip
    none = dict.fromkeys(names, "no")
    alive = {"dead": "no", "other_cause": "NO"}
    return Decision(
        "crs_grade",
        "Grade of CRS by the signs of the day: ASTCT",
        inputs=(
            Input("dead", death),
            Input("other_cause", OTHER_CAUSE),
            Input("fever", Compare(FEVER, FEVER_FROM)),
            Input("counts", any_of(Compare(FEVER, FEVER_FROM), Is(TREATED, ("YES",)))),
            *(Input(name, test) for name, test in signs.items()),
        ),
        rules=(
            row("5", source, "GRADE-5", "death due to CRS", dead="yes"),
            *graded,
            row("1", source, "GRADE-1", "fever alone", counts="yes", fever="yes", **none, **alive),
            row("0", source, "TREATED", "no fever and no sign any more", counts="yes", fever="no", **none, **alive),
            *(
                row("NOT_GRADABLE", source, f"NO-FEVER-{g}", "no fever, and none was treated", counts="no", **alive,
                    **dict.fromkeys(names[:i], "no"), **{names[i]: "yes"})
                for i, g in enumerate(columns)
            ),
            row("0", source, "NO-SIGN", "", counts="no", **none, **alive),
            row("NOT_GRADABLE", source, "OTHER-CAUSE", "due to something else", dead="no", other_cause="YES"),
        ),
        options=GRADES,
        source=replace(source, note=f"{version}; the label acts on CTCAE grades, which are entered"),
        asked=any_of(*(Known(s) for s in (FEVER, Reading("hypotension"), Reading("oxygen")))),
    )  # fmt: skip


def parts(
    source: Source,
    *,
    death: Predicate = CRS_DEATH,
    version: str = "ASTCT-2019",
    cells: Iterable[Cell] = (),
    event: str = "CRS",
) -> RuleSet:
    """Facts, anchor and table; with the adverse event `event` also the deviation `CRS-GRADE-DIFFERS`.

    `death`: what says that the patient died of CRS.
    """
    return RuleSet(
        version,
        facts=facts(source),
        anchors=(Anchor(SIGNS, "day of the last temperature: signs of CRS count from it", (Sampled(FEVER),), source=assumption()),),
        decisions=(with_cells(grade(source, death, chosen(VERSIONS, version, "CRS"), version), cells),),
        deviations=(differs("CRS-GRADE-DIFFERS", event, "crs_grade", GRADES, SIGNS, source),) if event else (),
    )  # fmt: skip
