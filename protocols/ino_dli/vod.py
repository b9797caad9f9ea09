"""VOD / SOS: the EBMT criteria by name, and the severity table of adults. Every patient here has had a transplant: high risk."""

from pathway.language import (
    AllOf,
    AtLeast,
    Choice,
    Compare,
    Dates,
    Day,
    Decision,
    Graded,
    Input,
    Is,
    Known,
    Limit,
    Outcome,
    Predicate,
    Setting,
    Slot,
    all_of,
    any_of,
    assumption,
    public,
    row,
)


def yes(fact: str) -> Is:
    """A finding is there."""
    return Is(Slot(fact), ("YES",))


def number(fact: str, op: str, value: str) -> Compare:
    """A number fact against a limit."""
    return Compare(Slot(fact), Limit(op, value))  # type: ignore[arg-type]


def within(fact: str, low: str, high: str) -> AllOf:
    """`low <= x < high`."""
    return all_of(number(fact, ">=", low), number(fact, "<", high))


BILIRUBIN, WEIGHT = number("bilirubin", ">=", "2"), number("weight_gain", ">", "5")
CLASSICAL = all_of(BILIRUBIN, AtLeast(2, (yes("hepatomegaly"), WEIGHT, yes("ascites"))))
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
LATE = Dates(Day(Slot("vod_onset")), ">", Day(Slot("hsct_date"), days=21))
"""More than 21 days after the last transplant; no scale counts from inotuzumab."""

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
SUSPECTED = any_of(*(Known(Slot(fact)) for fact in SIGNS), Graded("VOD", 1))

VOD = Decision(
    "vod",
    "VOD by the criteria of the site, or stated by the clinician",
    inputs=(
        Input("stated", Graded("VOD", 1)),
        Input("adult", ADULT),
        Input("child", CHILD),
        Input("classical", CLASSICAL),
        Input("late", LATE),
        Input("late_signs", LATE_SIGNS),
        Input("paediatric", PAEDIATRIC),
    ),
    rules=(
        row("VOD", public("V7"), "", "stated by the clinician", stated="yes"),
        row("VOD", public("V7"), "EBMT-ADULT-2016", "bilirubin >= 2 mg/dL and two of three", stated="no", adult="yes", classical="yes"),
        row("VOD", public("V7"), "EBMT-ADULT-2016-LATE", "histology, or two of four and haemodynamic evidence",
            stated="no", adult="yes", classical="no", late="yes", late_signs="yes"),
        row("NO_VOD", public("V7"), stated="no", adult="yes", classical="no", late="yes", late_signs="no"),
        row("NO_VOD", public("V7"), stated="no", adult="yes", classical="no", late="no"),
        row("VOD", public("V8"), "EBMT-PAEDIATRIC", "two of five, no time limit", stated="no", adult="no", child="yes", paediatric="yes"),
        row("NO_VOD", public("V8"), stated="no", adult="no", child="yes", paediatric="no"),
        row(Choice(("VOD", "NO_VOD")), assumption("EBMT 2023: limits not seen"), "EBMT-2023", "", stated="no", adult="no", child="no"),
    ),
    options=("VOD", "NO_VOD"),
    source=public("V7", "V8", note="label: any grade stops the drug (L3, L6)"),
    asked=SUSPECTED,
    announce=True,
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
AT_RISK: Predicate = number("vod_risk_factors", ">=", "2")

VOD_SEVERITY = Decision(
    "vod_severity",
    "Severity of VOD: the highest column with two criteria; two risk factors raise mild and moderate by one",
    inputs=(
        Input("very_severe", VERY_SEVERE),
        Input("severe", SEVERE),
        Input("moderate", MODERATE),
        Input("at_risk", AT_RISK),
    ),
    rules=(
        row("VERY_SEVERE", public("V10"), very_severe="yes"),
        row("SEVERE", public("V10"), very_severe="no", severe="yes"),
        row("SEVERE", public("V10"), "", "raised for risk factors", very_severe="no", severe="no", moderate="yes", at_risk="yes"),
        row("MODERATE", public("V10"), very_severe="no", severe="no", moderate="yes", at_risk="no"),
        row("MODERATE", public("V10"), "", "raised for risk factors", very_severe="no", severe="no", moderate="no", at_risk="yes"),
        row("MILD", public("V10"), very_severe="no", severe="no", moderate="no", at_risk="no"),
    ),
    options=("MILD", "MODERATE", "SEVERE", "VERY_SEVERE"),
    source=public("V10", note="two weight cells are misprinted in the copy seen: read as < 5 % and < 10 %"),
    asked=Outcome("vod", ("VOD",)),
    announce=True,
)  # fmt: skip

DECISIONS = (VOD, VOD_SEVERITY)
