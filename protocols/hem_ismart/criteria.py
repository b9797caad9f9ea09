"""Eligibility as in the record of subtrial B (1.3): each limit is the text's own, and what it leaves open is a key of the profile."""

from pathway.language import (
    Choice,
    Closed,
    Compare,
    Crit,
    Criterion,
    Dates,
    Day,
    Decision,
    Fresh,
    Input,
    Is,
    Limit,
    Not,
    Outcome,
    Param,
    Predicate,
    Reached,
    Reading,
    ReviewIf,
    Setting,
    Source,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    row,
)
from protocols.hem_ismart.facts import BCL2_LESIONS, EXCLUSIONS, at

BIRTH, DIAGNOSED = Reading("birth_date"), Reading("diagnosis_date")


def before(fact: str) -> Reading:
    """The last value before the first dose."""
    return Reading(fact, until="C1D1")


def measured(fact: str, op: str, value: str) -> Compare:
    """A number before the first dose, against a limit."""
    return Compare(before(fact), Limit(op, value))  # type: ignore[arg-type]


def fresh(fact: str) -> Fresh:
    """Sampled within 48 h before the first dose."""
    return Fresh(before(fact), before="C1D1", hours=Param("lab_hours"))


def waited(fact: str, days: int = 0, months: int = 0) -> Dates:
    """Never, or so long before the first dose; the day itself passes."""
    return Dates(Day("C1D1"), ">=", Day(before(fact), days=days, months=months), never="PASS")


def younger(months: int) -> Dates:
    """Younger than that on the day of the first dose."""
    return Dates(Day("C1D1"), "<", Day(BIRTH, months=months))


def told(fact: str, *values: str) -> Is:
    """A choice fact had one of the values before the first dose: what comes later makes nobody ineligible."""
    return Is(before(fact), values)


def diagnosed(op: str, months: int) -> Dates:
    """The day of first diagnosis against a birthday."""
    return Dates(Day(DIAGNOSED), op, Day(BIRTH, months=months))  # type: ignore[arg-type]


AT_18 = all_of(diagnosed(">=", 216), diagnosed("<", 228))
"""18 years old at first diagnosis: the sources differ."""
OF_AGE = any_of(
    diagnosed("<", 216),
    all_of(AT_18, Setting("age_at_18", ("INCLUDED",))),
    all_of(Setting("age_at_18", ("REVIEW",)), Not(ReviewIf(AT_18, "<= 18 years (P2) or < 18 years (P8)"))),
)
KARNOFSKY = Dates(Day("C1D1"), ">=", Day(BIRTH, months=Param("karnofsky_from")))
SHORTENING = any_of(
    all_of(younger(36), measured("shortening_fraction", ">", "35")),
    all_of(Not(younger(36)), measured("shortening_fraction", ">", "29")),
)
EJECTION = measured("lvef", ">=", "50")
CREATININE, GFR = measured("creatinine_uln", "<=", "1.5"), measured("gfr", ">=", "60")
BLASTS, MRD = at("marrow_blasts", "ENTRY"), at("mrd", "ENTRY")
MORPHOLOGICAL = Compare(BLASTS, Limit(">=", "5"))
LYMPHOMA = Is(Reading("disease"), ("B_LBL", "T_LBL"))
TRANSAMINASES_OVER = any_of(measured("alt_uln", ">", "5"), measured("ast_uln", ">", "5"))
DIAGNOSIS_ONLY = any_of(
    Is(Reading("molecular_report"), ("DIAGNOSIS",)), Is(Reading("flow_report"), ("DIAGNOSIS",))
)
WITHDRAWN_BEFORE = all_of(
    Reached("WITHDRAWAL"), any_of(Not(Reached("C1D1")), Dates(Day("WITHDRAWAL"), "<", Day("C1D1")))
)
SPONSOR_ASKS = Choice(("APPROVED", "REFUSED"))


def sponsor_approval(what: str, text: str, asked: Predicate, source: Source, *values: Input) -> Decision:
    """An approval that only the sponsor gives; nothing is proposed. It covers `values` as high as they were seen."""
    return Decision("SPONSOR_APPROVAL", text, (Input("needed", asked), *values), (row(SPONSOR_ASKS, source, needed="yes"),), ("APPROVED", "REFUSED"),
                    source, confirm="sponsor", asked=asked, scope=(("for", what),))  # fmt: skip


def approved(what: str) -> Outcome:
    """The sponsor has approved."""
    return Outcome(f"SPONSOR_APPROVAL[for={what}]", ("APPROVED",))


APPROVALS = (
    sponsor_approval("PROFILING", "Profiling of diagnosis only: does the sponsor accept it?", DIAGNOSIS_ONLY, public("P2")),
    sponsor_approval("TRANSAMINASES", "ALT or AST above 5 x ULN: does the sponsor confirm that the disease is the cause?", TRANSAMINASES_OVER,
                     public("P2"), *(Input(name, measured(f"{name}_uln", ">", "5"), bound_to_size=True) for name in ("alt", "ast"))),
)  # fmt: skip


def inclusion(id: str, text: str, holds: Predicate, source: Source | None = None) -> Criterion:
    """A criterion of the shared list."""
    return Criterion(id, text, "inclusion", holds, source or public("P2"))


def exclusion(id: str, text: str, holds: Predicate, source: Source | None = None) -> Criterion:
    """What must hold so that the patient is not excluded."""
    return Criterion(id, text, "exclusion", holds, source or public("P2"))


# What time or treatment does not change: a patient who fails one of these is not eligible.
LASTING = (
    inclusion("AGE-DIAGNOSIS", "at least 12 months and at most 18 years at first diagnosis", all_of(diagnosed(">=", 12), OF_AGE)),
    inclusion("AGE-INCLUSION", "younger than 21 years on the day of inclusion", Dates(Day("INCLUSION"), "<", Day(BIRTH, months=252))),
    inclusion("DISEASE", "ALL or lymphoblastic lymphoma, relapsed or refractory",
              all_of(Is(Reading("disease"), ("B_ALL", "T_ALL", "B_LBL", "T_LBL")), told("disease_status", "RELAPSED", "REFRACTORY")), registry()),
    inclusion("CONSENT", "informed consent and age-appropriate assent, not withdrawn",
              all_of(told("consent", "GIVEN"), told("assent", "GIVEN", "NOT_REQUIRED"), Not(WITHDRAWN_BEFORE))),
    inclusion("PROFILING", "molecular profiling and flow of the relapsed or refractory disease; of diagnosis only with the sponsor's approval",
              any_of(all_of(Is(Reading("molecular_report"), ("RELAPSE",)), Is(Reading("flow_report"), ("RELAPSE",))),
                     all_of(DIAGNOSIS_ONLY, approved("PROFILING")))),
)  # fmt: skip

ENTRY_HIGH = all_of(Not(MORPHOLOGICAL), any_of(
    all_of(Setting("entry_mrd", ("LIMIT",)), Compare(MRD, Param("high_mrd"))),
    all_of(Setting("entry_mrd", ("REVIEW",)), Not(Compare(MRD, Param("mrd_negative"))),
           ReviewIf(Not(Compare(MRD, Param("mrd_negative"))), "is this MRD high? The threshold is not published")),
))  # fmt: skip

# What can be measured again, or passes with time.
CHANGING = (
    inclusion("ENTRY-DISEASE", "marrow blasts of 5 % or more (M2, M3), or morphological remission with high MRD; lymphoma by imaging",
              any_of(LYMPHOMA, MORPHOLOGICAL, ENTRY_HIGH), public("P2", note="strata of the primary endpoint; least level: not stated")),
    inclusion("PERFORMANCE", "Karnofsky (over 12 years) or Lansky (to 12) of 50 or more",
              any_of(all_of(KARNOFSKY, measured("karnofsky", ">=", "50")), all_of(Not(KARNOFSKY), measured("lansky", ">=", "50")))),
    inclusion("INTAKE", "can take the drugs by mouth", told("oral_intake", "YES")),
    inclusion("CREATININE", "creatinine <= 1.5 x ULN for age, or GFR >= 60", any_of(CREATININE, GFR)),
    inclusion("BILIRUBIN", "direct bilirubin <= 2 x ULN, with Gilbert's syndrome <= 3",
              any_of(measured("bilirubin_direct_uln", "<=", "2"),
                     all_of(measured("bilirubin_direct_uln", "<=", "3"), told("gilbert", "YES")))),
    inclusion("ALT", "ALT <= 5 x ULN; above, if the sponsor confirms that the disease is the cause",
              any_of(measured("alt_uln", "<=", "5"), approved("TRANSAMINASES"))),
    inclusion("AST", "AST <= 5 x ULN; above, if the sponsor confirms that the disease is the cause",
              any_of(measured("ast_uln", "<=", "5"), approved("TRANSAMINASES"))),
    inclusion("LABS-48H", "creatinine or GFR, bilirubin, ALT and AST sampled within 48 hours before the first dose",
              all_of(any_of(all_of(CREATININE, fresh("creatinine_uln")), all_of(GFR, fresh("gfr"))),
                     *(fresh(f) for f in ("bilirubin_direct_uln", "alt_uln", "ast_uln")))),
    inclusion("HEART", "shortening fraction > 29 % (> 35 % below 3 years) and/or ejection fraction >= 50 %",
              any_of(all_of(Setting("heart_rule", ("OR",)), any_of(SHORTENING, EJECTION)),
                     all_of(Setting("heart_rule", ("AND",)), SHORTENING, EJECTION)), public("P2", note="and/or: OR is an assumption")),
    inclusion("QTC", "QTcF <= 450 ms, no significant arrhythmia", all_of(measured("qtcf", "<=", "450"), told("arrhythmia", "NO"))),
    inclusion("PREGNANCY-TEST", "negative, or not applicable, within 7 days before the first dose",
              any_of(Is(before("pregnancy_test"), ("NOT_APPLICABLE",)),
                     all_of(Is(before("pregnancy_test"), ("NEGATIVE",)),
                            Fresh(before("pregnancy_test"), Param("pregnancy_days"), "C1D1")))),
    inclusion("CONTRACEPTION", "contraception to 6 months after therapy", told("contraception", "YES")),
    exclusion("WASHOUT-CYTOTOXIC", "at least 7 days since cytotoxic treatment", waited("last_cytotoxic", 7)),
    exclusion("WASHOUT-BRIDGING", "hydroxyurea, 6-MP, oral MTX and steroids until 48 h before", waited("last_bridging", 2),
              public("P2", note="48 h as 2 days: assumption")),
    exclusion("WASHOUT-RADIOTHERAPY", "no radiotherapy within 21 days, palliative radiotherapy apart", waited("last_radiotherapy", 21)),
    exclusion("WASHOUT-AUTO-HSCT", "at least 2 calendar months since autologous transplant", waited("last_auto_hsct", months=2)),
    exclusion("WASHOUT-ALLO-HSCT", "at least 3 calendar months since allogeneic transplant", waited("last_allo_hsct", months=3)),
    exclusion("WASHOUT-CELL", "at least 42 days since immunotherapy other than antibodies, such as CAR-T", waited("last_cell_therapy", 42)),
    exclusion("WASHOUT-ANTIBODY", "at least 21 days or 5 half-lives, whichever is less, since an antibody or investigational agent",
              any_of(waited("last_antibody", 21),
                     Dates(Day("C1D1"), ">=", Day(before("last_antibody"), plus=(Reading("antibody_half_life"), 5)), never="PASS"))),
    exclusion("SURGERY", "no major surgery within 21 days", waited("last_surgery", 21)),
    exclusion("GVHD", "no active acute GvHD of any grade, no chronic GvHD of grade 2, no drug for GvHD",
              all_of(told("agvhd", "NONE"), told("gvhd_drug", "NO"),
                     Not(any_of(told("cgvhd", "MODERATE", "SEVERE"), all_of(Setting("cgvhd_limit", ("MILD",)), told("cgvhd", "MILD"))))),
              public("P2", note="grade 2 as NIH moderate: assumption")),
    exclusion("IMMUNOSUPPRESSION", "no immunosuppression after allogeneic transplant within 1 month", waited("last_immunosuppression", months=1)),
    exclusion("INTERACTIONS", "no CYP3A, P-gp or QT drug, grapefruit and the like within 72 hours", waited("last_interacting_drug", 3),
              public("P2", note="72 h as 3 days: assumption")),
    exclusion("TOXICITY", "no unresolved toxicity of grade 2 or more (CTCAE v5)", Compare(before("toxicity_grade"), Limit("<", "2"))),
    exclusion("OTHER-EXCLUSIONS", "no hepatitis, HIV or uncontrolled infection, COVID, tuberculosis, bone disorder, malabsorption, breast "
              "feeding, hypersensitivity", all_of(*(Is(Reading("exclusion", point=p, until="C1D1"), ("ABSENT",)) for p in EXCLUSIONS))),
)  # fmt: skip


ARM = {"B": "dasatinib arm", "C": "ruxolitinib arm", "D": "trametinib arm", "E": "capivasertib arm"}
"""How what belongs to one subtrial only is headed."""


REPORTED = Is(Reading("molecular_report"), ("RELAPSE", "DIAGNOSIS"))
NOT_NAMED = "what the molecular report does not name was looked for and not found"


def lesion_is(lesion: str, *values: str) -> Closed:
    """What the report says of a lesion. One that it does not name is not there; before the report nothing is known of it."""
    return Closed(Is(at("alteration", lesion), values), REPORTED, NOT_NAMED)


def any_lesion(lesions: tuple[str, ...], *values: str) -> Predicate:
    """One of the lesions has one of the values."""
    return any_of(*(lesion_is(lesion, *values) for lesion in lesions))


def no_resistance(subtrial: str) -> Criterion:
    """No known BCL2 binding-site mutation; of an uncertain one a clinician says whether it counts."""
    holds = all_of(
        REPORTED,
        Not(any_lesion(BCL2_LESIONS, "PRESENT")),
        ReviewIf(
            any_lesion(BCL2_LESIONS, "UNCERTAIN"), "a BCL2 mutation is uncertain: neither there nor not there"
        ),
    )
    if subtrial != "B":
        holds = any_of(Setting("venetoclax_exclusion", ("B_ONLY",)), holds)  # type: ignore[assignment]
    source = (
        public("P2") if subtrial == "B" else assumption("stated for B; presumably all arms with venetoclax")
    )
    return Criterion(
        f"{subtrial}-BCL2",
        "no BCL2 binding-site mutation (Gly101Val, Phe104Leu, Phe104Cys)",
        f"subtrial {subtrial}",
        holds,
        source,
    )


SUBTRIAL_CRITERIA = {
    "B": (
        no_resistance("B"),
        Criterion("B-PRIOR", "no earlier dasatinib and venetoclax in combination; either alone is allowed", ARM["B"],
                  Not(told("prior_dasatinib_venetoclax", "IN_COMBINATION")), public("P2")),
    ),
    "C": (no_resistance("C"),),
    "D": (
        Criterion("D-WEIGHT", "below 6 years: at least 7 kg", ARM["D"],
                  any_of(Not(younger(72)), measured("weight", ">=", "7")), public("P4", note="the rest of the rule was not seen")),
    ),
    "E": (no_resistance("E"),),
}  # fmt: skip
"""What excludes from one subtrial only. `<S>-TARGET` of the allocation comes besides."""

GIVEN = all_of(Is(Reading("consent"), ("GIVEN",)), Is(Reading("assent"), ("GIVEN", "NOT_REQUIRED")))
"""Consent and assent, as they stand now."""


def refused(until: str = "") -> Predicate:
    """Consent or assent is refused; `until` an anchor: as it was then."""
    return any_of(*(Is(Reading(fact, until=until), ("REFUSED",)) for fact in ("consent", "assent")))


MASTER_LASTING = all_of(*(Crit(c.id) for c in LASTING))
MASTER_CHANGING = all_of(*(Crit(c.id) for c in CHANGING))
