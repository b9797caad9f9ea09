"""Eligibility: every condition but the population is a default to be replaced (G1)."""

from pathway.language import (
    Compare,
    Crit,
    Criterion,
    Decision,
    Fresh,
    Input,
    Is,
    Not,
    Param,
    Reading,
    Recorded,
    Setting,
    all_of,
    assumption,
    public,
    registry,
    row,
)
from protocols.dara_tall.facts import blasts, mrd

CRITERIA = (
    Criterion("CONSENT", "written informed consent, not withdrawn", "inclusion",
              all_of(Is(Reading("consent"), ("GIVEN",)), Not(Recorded("consent_withdrawn"))), assumption()),
    Criterion("DISEASE", "T-ALL", "inclusion", Is(Reading("disease"), ("T_ALL",)), registry()),
    Criterion("REMISSION", "CR or CRi after standard chemotherapy, marrow blasts < 5 %", "inclusion",
              all_of(Is(Reading("remission"), ("CR", "CRi")), Compare(blasts("SCREENING"), Param("remission_blasts"))), assumption()),
    Criterion("MRD", "MRD by flow of 1e-4 or more", "inclusion", Compare(mrd("SCREENING"), Param("eligible_mrd")), registry("limit: assumption")),
    Criterion("MRD-AGE", "that marrow is at most 14 days old on d1", "inclusion", Fresh(mrd("SCREENING"), Param("eligible_mrd_age"), before="D1"),
              assumption()),
    Criterion("RECRUITING", "the trial recruits", "trial", Setting("trial_status", ("RECRUITING",)), registry()),
    Criterion("BLOOD-BANK", "type and screen before the first dose", "before the first dose", Is(Reading("type_and_screen"), ("DONE",)), public("R8")),
    Criterion("HBV", "hepatitis B status known before the first dose", "before the first dose",
              Is(Reading("hbv"), ("NEGATIVE", "RESOLVED", "ACTIVE")), assumption("passage not seen; results that disagree: not known")),
)  # fmt: skip

ELIGIBILITY = Decision(
    "eligibility",
    "May the patient be enrolled?",
    inputs=(
        Input("disease", Crit("DISEASE")),
        Input("remission", Crit("REMISSION")),
        Input("mrd", Crit("MRD")),
        Input("age", Crit("MRD-AGE")),
        Input("consent", Crit("CONSENT")),
    ),
    rules=(
        row("NOT_ELIGIBLE", registry(), disease="no"),
        row("NOT_ELIGIBLE", assumption(), disease="yes", remission="no"),
        row("NOT_ELIGIBLE", registry(), disease="yes", remission="yes", mrd="no"),
        row("NOT_ELIGIBLE", assumption(), disease="yes", remission="yes", mrd="yes", age="no"),
        row("NOT_ELIGIBLE", assumption(), disease="yes", remission="yes", mrd="yes", age="yes", consent="no"),
        row("ELIGIBLE", registry(), disease="yes", remission="yes", mrd="yes", age="yes", consent="yes"),
    ),
    options=("ELIGIBLE", "NOT_ELIGIBLE"),
    source=registry("population; limits: assumption (G1)"),
    settled_by="C1_START",
)  # fmt: skip

CLEAR = Decision(
    "clear_to_dose",
    "May the first dose be prepared: enrolled, type and screen done, hepatitis B known",
    inputs=(
        Input("eligible", "eligibility"),
        Input("recruiting", Crit("RECRUITING")),
        Input("blood_bank", Crit("BLOOD-BANK")),
        Input("hbv", Is(Reading("hbv"), ("NEGATIVE", "RESOLVED", "ACTIVE"))),
    ),
    rules=(
        row("CLEAR", public("R8"), eligible="ELIGIBLE", recruiting="yes", blood_bank="yes", hbv="yes"),
        row(None, registry(), eligible=("NOT_ELIGIBLE", "none")),
        row(None, registry(), eligible="ELIGIBLE", recruiting="no"),
        row("NOT_CLEAR", public("R8"), eligible="ELIGIBLE", recruiting="yes", blood_bank="no"),
    ),
    options=("CLEAR", "NOT_CLEAR"),
    source=public("R8"),
)  # fmt: skip

DECISIONS = (ELIGIBILITY, CLEAR)
