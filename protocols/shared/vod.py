"""VOD / SOS: the EBMT criteria by name, and the severity table of adults.

The site's profile says which scale (`vod_scale`). Their clocks count from the last transplant; no scale counts from a drug.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pathway.language import (
    AllOf,
    AtLeast,
    Choice,
    Compare,
    Dates,
    Day,
    Decision,
    Fact,
    Graded,
    Input,
    Is,
    Known,
    Limit,
    Not,
    Operator,
    Outcome,
    ProfileKey,
    Reached,
    Reading,
    Setting,
    Source,
    Unit,
    all_of,
    any_of,
    assumption,
    row,
)
from protocols.shared.rule_set import Cell, RuleSet, with_cells

VERSION = "EBMT-2016"
SCALES = ("EBMT_ADULT_2016", "EBMT_PAEDIATRIC", "EBMT_2023")
SEVERITIES = ("MILD", "MODERATE", "SEVERE", "VERY_SEVERE")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a trial takes the criteria of adults and of children and the severity table from; `note` to the diagnosis."""

    adult: Source
    child: Source
    severity: Source
    note: str = ""

    @property
    def both(self) -> Source:
        """Adults and children together."""
        return Source("public", (*self.adult.keys, *self.child.keys))


def yes(fact: str) -> Is:
    """A finding is there."""
    return Is(Reading(fact), ("YES",))


def number(fact: str, op: Operator, value: str) -> Compare:
    """A number fact against a limit."""
    return Compare(Reading(fact), Limit(op, value))


BILIRUBIN, WEIGHT = number("bilirubin", ">=", "2"), number("weight_gain", ">", "5")
CLASSICAL: AllOf = all_of(BILIRUBIN, AtLeast(2, (yes("hepatomegaly"), WEIGHT, yes("ascites"))))
LATE_SIGNS = any_of(
    yes("histology"),
    all_of(yes("ultrasound"), AtLeast(2, (BILIRUBIN, yes("hepatomegaly"), WEIGHT, yes("ascites")))),
)
PAEDIATRIC = AtLeast(
    2,
    (
        yes("refractory_platelets"),
        any_of(yes("weight_rising"), WEIGHT),
        yes("hepatomegaly"),
        yes("ascites"),
        any_of(yes("bilirubin_rising"), BILIRUBIN),
    ),
)
ADULT, CHILD = Setting("vod_scale", ("EBMT_ADULT_2016",)), Setting("vod_scale", ("EBMT_PAEDIATRIC",))
SIGNS = (
    "hepatomegaly",
    "ascites",
    "ultrasound",
    "histology",
    "refractory_platelets",
    "weight_rising",
    "bilirubin_rising",
    "vod_onset",
)
LATE_AFTER_DAYS = 21


def facts(sources: Sources) -> tuple[Fact, ...]:
    """The findings that the tables read."""

    def finding(id: str, text: str) -> Fact:
        return Fact(id, "choice", text, "clinician", sources.both, values=("YES", "NO"), cardinality="latest")

    severity = sources.severity
    return (
        Fact("vod_onset", "date", "Day of the first sign that raised the suspicion of VOD", "clinician", severity, cardinality="latest"),
        Fact("bilirubin", "number", "Total bilirubin; the criteria take 2 mg/dL for 34 umol/L", "laboratory", sources.adult,
             units=(Unit("mg/dL"), Unit("umol/L", "0.05882353")), cardinality="latest", possible=("0", "100")),
        Fact("weight_gain", "number", "Weight gain since baseline", "clinician", sources.adult, units=(Unit("%"),), cardinality="latest",
             possible=("-50", "100")),
        finding("hepatomegaly", "Hepatomegaly, painful in adults"),
        finding("ascites", "Ascites"),
        finding("ultrasound", "Haemodynamic or ultrasound evidence, such as reversed portal flow"),
        finding("histology", "Histology proves VOD"),
        finding("refractory_platelets", "Thrombocytopenia refractory to transfusion"),
        finding("weight_rising", "Weight gain on 3 consecutive days despite diuretics"),
        finding("bilirubin_rising", "Bilirubin rising on 3 consecutive days"),
        Fact("vod_days_to_full", "number", "Days from the first symptom to the full picture", "clinician", severity, cardinality="latest",
             possible=("0", "100")),
        finding("bilirubin_doubling", "Bilirubin doubled within 48 h"),
        Fact("transaminase_normal", "number", "Transaminases, multiple of normal", "laboratory", severity, cardinality="latest",
             possible=("0", "1000")),
        Fact("creatinine_baseline", "number", "Creatinine, multiple of baseline", "laboratory", severity, cardinality="latest",
             possible=("0", "100")),
        finding("organ_failure", "Multi-organ failure"),
        Fact("vod_risk_factors", "number", "Risk factors for VOD; an earlier transplant is one", "clinician", severity, cardinality="latest",
             possible=("0", "20")),
    )  # fmt: skip


def diagnosis(sources: Sources, transplant: str, begun: str) -> Decision:
    """The decision `vod`; `transplant`: the date fact of the last transplant, `begun`: the anchor of the first dose.

    Our assumption: as long as nobody has said when it began, what is suspected began after the first dose.
    """
    # More than 21 days after it the late criteria count as well.
    limit = Day(Reading(transplant), days=LATE_AFTER_DAYS)
    late = any_of(
        Dates(Day(Reading("vod_onset")), ">", limit),
        all_of(Not(Known(Reading("vod_onset"))), Reached(begun), Dates(Day(begun), ">", limit)),
    )
    adult, child = sources.adult, sources.child
    return Decision(
        "vod",
        "VOD by the criteria of the site, or stated by the clinician",
        inputs=(
            Input("stated", Graded("VOD", 1)),
            Input("adult", ADULT),
            Input("child", CHILD),
            Input("classical", CLASSICAL),
            Input("late", late),
            Input("late_signs", LATE_SIGNS),
            Input("paediatric", PAEDIATRIC),
        ),
        rules=(
            row("VOD", adult, "STATED", "stated by the clinician", stated="yes"),
            row("VOD", adult, "EBMT-ADULT-2016", "bilirubin >= 2 mg/dL and two of three", stated="no", adult="yes", classical="yes"),
            row("VOD", adult, "EBMT-ADULT-2016-LATE", "histology, or two of four and haemodynamic evidence",
                stated="no", adult="yes", classical="no", late="yes", late_signs="yes"),
            row("NO_VOD", adult, "NO-ADULT-LATE", stated="no", adult="yes", classical="no", late="yes", late_signs="no"),
            row("NO_VOD", adult, "NO-ADULT", stated="no", adult="yes", classical="no", late="no"),
            row("VOD", child, "EBMT-PAEDIATRIC", "two of five, no time limit", stated="no", adult="no", child="yes", paediatric="yes"),
            row("NO_VOD", child, "NO-PAEDIATRIC", stated="no", adult="no", child="yes", paediatric="no"),
            row(Choice(("VOD", "NO_VOD")), assumption("EBMT 2023: limits not seen"), "EBMT-2023", "", stated="no", adult="no", child="no"),
        ),
        options=("VOD", "NO_VOD"),
        source=replace(sources.both, note=sources.note),
        asked=any_of(*(Known(Reading(fact)) for fact in SIGNS), Graded("VOD", 1)),
        latches=("VOD",),
    )  # fmt: skip


# A criterion counts for its own column and those below: two in different columns make the lower one.
VERY_SEVERE = any_of(
    yes("organ_failure"),
    AtLeast(2, (number("bilirubin", ">=", "8"), number("transaminase_normal", ">", "8"), number("weight_gain", ">=", "10"),
                number("creatinine_baseline", ">=", "2"))),
)  # fmt: skip
SEVERE = AtLeast(2, (
    number("vod_days_to_full", "<=", "4"),
    any_of(number("bilirubin", ">=", "5"), yes("bilirubin_doubling")),
    number("transaminase_normal", ">", "5"),
    number("weight_gain", ">=", "5"),
    number("creatinine_baseline", ">=", "1.5"),
))  # fmt: skip
MODERATE = AtLeast(2, (
    number("vod_days_to_full", "<=", "7"),
    number("bilirubin", ">=", "3"),
    number("transaminase_normal", ">", "2"),
    number("weight_gain", ">=", "5"),
    number("creatinine_baseline", ">=", "1.2"),
))  # fmt: skip
AT_RISK = number("vod_risk_factors", ">=", "2")


def severity(source: Source, cells: Iterable[Cell] = ()) -> Decision:
    """The decision `vod_severity`."""
    decision = Decision(
        "vod_severity",
        "Severity of VOD: the highest column with two criteria; two risk factors raise mild and moderate by one",
        inputs=(
            Input("very_severe", VERY_SEVERE),
            Input("severe", SEVERE),
            Input("moderate", MODERATE),
            Input("at_risk", AT_RISK),
        ),
        rules=(
            row("VERY_SEVERE", source, "VERY-SEVERE", very_severe="yes"),
            row("SEVERE", source, "SEVERE", very_severe="no", severe="yes"),
            row("SEVERE", source, "MODERATE-RAISED", "raised for risk factors", very_severe="no", severe="no", moderate="yes", at_risk="yes"),
            row("MODERATE", source, "MODERATE", very_severe="no", severe="no", moderate="yes", at_risk="no"),
            row("MODERATE", source, "MILD-RAISED", "raised for risk factors", very_severe="no", severe="no", moderate="no", at_risk="yes"),
            row("MILD", source, "MILD", very_severe="no", severe="no", moderate="no", at_risk="no"),
        ),
        options=SEVERITIES,
        source=replace(source, note="two weight cells are misprinted in the copy seen: read as < 5 % and < 10 %"),
        asked=Outcome("vod", ("VOD",)),
    )  # fmt: skip
    return with_cells(decision, cells)


def parts(
    sources: Sources,
    transplant: str,
    begun: str,
    *,
    cells: Iterable[Cell] = (),
    severity_cells: Iterable[Cell] = (),
) -> RuleSet:
    """Facts, the profile key of the scale, and both tables. The trial has the adverse event VOD."""
    return RuleSet(
        VERSION,
        facts=facts(sources),
        decisions=(with_cells(diagnosis(sources, transplant, begun), cells), severity(sources.severity, severity_cells)),
        profile=(
            ProfileKey("vod_scale", "choice", SCALES[0], "criteria by which VOD is diagnosed", assumption("choice per site"),
                       options=SCALES),
        ),
    )  # fmt: skip
