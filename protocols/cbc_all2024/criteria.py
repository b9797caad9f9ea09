"""Eligibility (section 1 of the facts file) and the checks before blinatumomab starts, which the registry text does not name."""

from pathway.language import (
    AllOf,
    Compare,
    Crit,
    Criterion,
    Dates,
    Day,
    Decision,
    Exposure,
    Graded,
    Input,
    Is,
    Known,
    Limit,
    Moment,
    Not,
    NotObtainable,
    Param,
    Passed,
    Predicate,
    Reached,
    Reading,
    Recorded,
    ReviewIf,
    Setting,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    row,
)
from protocols.cbc_all2024.facts import D19_FLOW, D46_FLOW, RISK

BIRTH, DIAGNOSED = Reading("birth_date"), Reading("diagnosis_date")
CONSENT_GIVEN = Is(Reading("consent"), ("GIVEN",))
CONVULSION = Reading("last_convulsion")
LITERAL_E9 = Setting("e9_lookback_end", ("ENROLMENT",))


def absent(fact: str) -> Predicate:
    """A yes-no fact is NO."""
    return Is(Reading(fact), ("NO",))


def enters(risk: str, limit: str) -> AllOf:
    """A provisional risk with its D19 limit."""
    return all_of(Is(RISK, (risk,)), Compare(D19_FLOW, Param(limit)))


def free_for_three_months(fact: str) -> Predicate:
    """Never, or last more than three calendar months before the look-back ends. A later date does not tell what was before."""
    last = Day(Reading(fact))
    return all_of(
        any_of(Dates(last, "<", Day("E9_END", months=-3), never="PASS"), Dates(last, ">=", Day("E9_END"))),
        ReviewIf(
            Dates(last, ">=", Day("E9_END")), "induction's own treatment does not count: what was before D1?"
        ),
    )


RISK_ASKED = all_of(Not(Known(RISK)), Is(RISK, ("LR",)))
"""PENDING while the provisional risk is unknown, and nothing otherwise: then no D19 value decides, not even a low one."""

INCLUSION = (
    Criterion("I1", "older than 1 month and younger than 18 years at diagnosis, both strict, by calendar date", "inclusion",
              all_of(Dates(Day(DIAGNOSED), ">", Day(BIRTH, months=Param("age_over_months"))),
                     Dates(Day(DIAGNOSED), "<", Day(BIRTH, months=Param("age_under_months")))),
              registry("date used: assumption")),
    Criterion("I2", "ALL on marrow morphology", "inclusion", Is(Reading("morphology"), ("ALL",)), registry()),
    Criterion("I3", "immunophenotype B-ALL", "inclusion", Is(Reading("immunophenotype"), ("B_ALL",)), registry()),
    Criterion("I4", "provisional LR with D19 MRD >= 1e-3, or IR with >= 1e-4", "inclusion",
              all_of(any_of(enters("LR", "d19_lr"), enters("IR", "d19_ir"), RISK_ASKED),
                     ReviewIf(Compare(D19_FLOW, Param("d19_review")), "1e-1 is beyond intermediate risk in the national pathway")),
              registry("D19 by flow; upper bound: assumption")),
    Criterion("I5", "informed consent by subject or guardian, not withdrawn", "inclusion",
              all_of(CONSENT_GIVEN, Not(Recorded("consent_withdrawn"))), registry()),
)  # fmt: skip

EXCLUSION = (
    Criterion("E1", "surface IgM positive", "exclusion", Is(Reading("surface_igm"), ("NEGATIVE",)), registry()),
    Criterion("E2", "ALL evolved from CML", "exclusion", absent("from_cml"), registry()),
    Criterion("E3", "Down syndrome, or a major congenital or hereditary disease with organ dysfunction", "exclusion",
              all_of(absent("down_syndrome"), Not(Is(Reading("congenital_disease"), ("WITH_ORGAN_DYSFUNCTION",)))),
              registry("Down syndrome alone is enough: assumption")),
    Criterion("E4", "other secondary leukaemia", "exclusion", absent("secondary_leukaemia"), registry()),
    Criterion("E5", "CNS involvement: CNS3; CNS2 goes to a clinician", "exclusion",
              all_of(Not(Is(Reading("cns", point="DIAGNOSIS"), ("CNS3",))),
                     Not(VerdictIs(Is(Reading("cns", point="IT"), ("CNS3",)), ("PASS",))),
                     Not(all_of(Setting("cns_fail", ("CNS2",)), Is(Reading("cns", point="DIAGNOSIS"), ("CNS2",)))),
                     ReviewIf(all_of(Setting("cns_review", ("CNS2",)), Is(Reading("cns", point="DIAGNOSIS"), ("CNS2",))),
                              "CNS involvement is not defined (H5)")),
              registry("CNS3, CNS2: assumption")),
    Criterion("E6", "epilepsy ever, or a convulsion in the calendar month before enrolment", "exclusion",
              all_of(absent("epilepsy"),
                     any_of(Dates(Day(CONVULSION), "<", Day("ENROLMENT", months=-1), never="PASS"),
                            all_of(Reached("ENROLMENT"), Dates(Day(CONVULSION), ">", Day("ENROLMENT"))))),
              registry("calendar month: assumption")),
    Criterion("E7", "known congenital immunodeficiency or metabolic disease", "exclusion",
              all_of(absent("immunodeficiency"), absent("metabolic_disease")), registry()),
    Criterion("E8", "congenital heart disease with cardiac insufficiency: both", "exclusion",
              Not(Is(Reading("heart_disease"), ("WITH_INSUFFICIENCY",))), registry()),
    Criterion("E9a", "glucocorticoid on 14 days or more within one month", "exclusion",
              all_of(Not(Exposure(Reading("prior_steroid"), Limit(">", "0"), Limit(">=", "14"), before=Day("E9_END"), window_days=0,
                                  window_months=1)),
                     Not(all_of(LITERAL_E9, Passed(Moment("D1", days=13, at="close"))))),
              registry("look-back from D1, so that induction does not count: assumption (H2)")),
    Criterion("E9b", "ABL kinase inhibitor on more than 7 days within one month", "exclusion",
              Not(Exposure(Reading("prior_abl_inhibitor"), Limit(">", "0"), Limit(">", "7"), before=Day("E9_END"), window_days=0,
                           window_months=1)),
              registry("look-back from D1: assumption (H2)")),
    Criterion("E9c", "chemotherapy or radiotherapy within 3 months, except emergency radiotherapy for airway compression",
              "exclusion",
              all_of(free_for_three_months("last_chemotherapy"), free_for_three_months("last_radiotherapy"),
                     Not(all_of(LITERAL_E9, Reached("D1")))),
              registry("look-back from D1, so that induction does not count: assumption (H2)")),
    Criterion("E10", "initial diagnosis high risk", "exclusion", Not(Is(RISK, ("HR",))),
              registry("the criteria are not public: entered by a physician")),
    Criterion("E11", "D46 MRD >= 1e-2: withdrawal from the trial", "withdrawal", Not(Compare(D46_FLOW, Param("d46_exclude"))),
              registry("after treatment, so no screening criterion: assumption (H3)")),
)  # fmt: skip

# The label and common sense, not the registry text. S-PH and S-CD19 only ask.
START_CHECKS = (
    Criterion("S-PH", "Philadelphia-positive disease: E9b suggests that it is allowed, the US label is for Ph-negative", "start",
              ReviewIf(Is(Reading("philadelphia"), ("POSITIVE",)), "not named by the registry text (H13)"),
              public("B5", note="review: assumption")),
    Criterion("S-CD19", "CD19-negative blasts: the drug needs CD19", "start",
              ReviewIf(Is(Reading("cd19"), ("NEGATIVE",)), "not named by the registry text (H13)"), assumption()),
    Criterion("S-HYPERSENSITIVITY", "known hypersensitivity to blinatumomab", "start",
              all_of(Is(Reading("hypersensitivity"), ("NONE",)), Not(Graded("HYPERSENSITIVITY", 1))), public("B5")),
    Criterion("S-NEURO", "neurological examination and seizure history before the start allow it", "start",
              Is(Reading("neurology_check", until="BLINA_START"), ("CLEARED",)), assumption("for E6")),
)  # fmt: skip

CRITERIA = (*INCLUSION, *EXCLUSION, *START_CHECKS)

# A withdrawal ends the study, but it does not make a patient ineligible who was eligible: I5 is told apart here.
ALL_MET = all_of(
    CONSENT_GIVEN,
    *(Crit(c.id) for c in (*INCLUSION, *EXCLUSION) if c.id not in ("I5", "E11")),
    any_of(Setting("e11_evaluated", ("D46",)), Crit("E11")),
)  # fmt: skip

D19_ENTRY = Decision(
    "d19_entry",
    "The D19 gate (4b): LR from 1e-3, IR from 1e-4, both limits enter; HR never does",
    inputs=(Input("high_risk", Is(RISK, ("HR",))), Input("lost", NotObtainable(D19_FLOW)), Input("I4", Crit("I4"))),
    rules=(
        row("BACKBONE_ONLY", registry("E10"), high_risk="yes"),
        row(None, assumption(), "", "sample lost: no verdict, backbone at D29", high_risk="no", lost="yes"),
        row("MAY_ENTER", registry(), high_risk="no", lost="no", I4="yes"),
        row("BACKBONE_ONLY", registry(), high_risk="no", lost="no", I4="no"),
    ),
    options=("MAY_ENTER", "BACKBONE_ONLY"),
    source=registry("waits for the provisional risk, whatever the value"),
)  # fmt: skip

ELIGIBILITY = Decision(
    "eligibility",
    "Eligibility: every inclusion criterion, no exclusion criterion",
    inputs=(Input("criteria", ALL_MET),),
    rules=(row("ELIGIBLE", registry(), criteria="yes"), row("NOT_ELIGIBLE", registry(), criteria="no")),
    options=("ELIGIBLE", "NOT_ELIGIBLE"),
    source=registry("E11 is evaluated at D46: assumption (H3)"),
    settled_by="BLINA_BEGUN",
)  # fmt: skip

DRUG_REFUSED = Recorded("drug_consent_withdrawn")
START_CLEAR = all_of(*(Crit(c.id) for c in START_CHECKS), Not(DRUG_REFUSED))

# The same as it stood when the infusion began: a hypersensitivity shown by the infusion does not make its start wrong.
START_WAS_CLEAR = all_of(
    Crit("S-PH"), Crit("S-CD19"), Crit("S-NEURO"), Is(Reading("hypersensitivity", until="BLINA_START"), ("NONE",))
)  # fmt: skip

BARRED = any_of(
    *(VerdictIs(Crit(x), ("FAIL",)) for x in ("S-PH", "S-CD19", "S-HYPERSENSITIVITY")), DRUG_REFUSED
)
"""What waiting does not heal; a neurological check can be repeated."""
