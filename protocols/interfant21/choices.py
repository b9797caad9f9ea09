"""What the team chooses after the groups are known: consolidation, transplant, and what a suspected relapse is."""

from pathway.language import (
    Choice,
    Compare,
    Decision,
    Fresh,
    Input,
    Is,
    Known,
    Limit,
    Moment,
    Not,
    NotObtainable,
    Outcome,
    Param,
    Passed,
    Reached,
    Reading,
    Recorded,
    Taken,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    row,
)
from protocols.interfant21.facts import BL1_MRD, LATEST_MRD
from protocols.interfant21.risk import WITHOUT_BLINATUMOMAB
from protocols.shared import relapse

CONSOLIDATION_BEGUN = Recorded("course_started", (("course", "CONSOLIDATION"),))
"""Only the report shows that the chosen course is being given, not its day."""

CONSOLIDATION = Decision(
    "consolidation",
    "Course of consolidation: IB, or ADE and MAE; it waits for the end-of-induction MRD",
    inputs=(Input("group", "risk_blina1"), Input("level", "mr_level")),
    rules=(
        row(Param("consolidation_MR_low"), assumption("lymphoid-style after P10"), group="MR", level="MR-low"),
        row(Param("consolidation_MR_high"), assumption("myeloid-style after P10"), group="MR", level="MR-high"),
        row(Choice(("IB", "ADE_MAE")), assumption("no sub-label without MRD"), group="MR", level="none"),
        row(Param("consolidation_HR"), assumption("the team picks the bridge course"), group="HR"),
    ),
    options=("IB", "ADE_MAE"),
    source=assumption("4d; courses of Interfant-06 (P4); not public for Interfant-21 (G5)"),
    confirm="clinician",
    asked=any_of(Reached("BL1_OFF"), all_of(WITHOUT_BLINATUMOMAB, Reached("EOI_SAMPLE"))),
    enacted=(("IB", CONSOLIDATION_BEGUN), ("ADE_MAE", CONSOLIDATION_BEGUN)),
    on_reopen="keep",
)  # fmt: skip

# --- transplant ------------------------------------------------------------------------------------------------------------

HSCT_WITHOUT_BLINA = Decision(
    "HSCT_NO_BLINA",
    "MR without blinatumomab, MRD >= 1e-4 before OCTADAD: transplant or not?",
    inputs=(
        Input("without_blinatumomab", WITHOUT_BLINATUMOMAB),
        Input("group", "risk_blina1"),
        Input("mrd_positive", Compare(Reading("mrd", point="PRE-OCTADAD"), Limit(">=", "1e-4"))),
    ),
    rules=(
        row(Choice(("HSCT", "NO_HSCT")), public("P3", "P4"), without_blinatumomab="yes", group="MR", mrd_positive="yes"),
        row(None, public("P3", "P4"), without_blinatumomab="yes", group="MR", mrd_positive="no"),
        row(None, public("P3", "P4"), without_blinatumomab="yes", group="HR"),
        row(None, public("P3", "P4"), without_blinatumomab="no"),
    ),
    options=("HSCT", "NO_HSCT"),
    source=public("P3", "P4", note="rule of Interfant-06 (G7); the pilot abstract mentions 0.05 %, text damaged (P8)"),
    confirm="clinician",
    asked=Known(Reading("mrd", point="PRE-OCTADAD")),
)  # fmt: skip

HSCT_INDICATION = Decision(
    "hsct_indication",
    "Is transplant the direction of this patient?",
    inputs=(
        Input("group", "risk_blina1"),
        Input("decided", Taken("HSCT_NO_BLINA", ("HSCT",))),
    ),
    rules=(
        row("INDICATED", registry(), group="HR"),
        row("INDICATED", public("P3", "P4"), group="MR", decided="yes"),
        row("NOT_INDICATED", registry(), group="MR", decided="no"),
    ),
    options=("INDICATED", "NOT_INDICATED"),
    source=registry("HR, and MR reallocated by R1, R2, R2b, R3, R4"),
)

AFTER_CYCLE_1 = any_of(
    all_of(Reached("BL1_OFF"), any_of(Known(BL1_MRD), NotObtainable(BL1_MRD))),
    all_of(WITHOUT_BLINATUMOMAB, Passed(Moment("CONSOLIDATION_START", at="start"))),
)

HSCT_ELIGIBLE = Decision(
    "hsct_eligible",
    "Eligible for transplant: cycle 1 over, latest marrow MRD < 1e-4; it lasts until a worse result",
    inputs=(
        Input("after_cycle_1", AFTER_CYCLE_1),
        Input("mrd_low", Compare(LATEST_MRD, Param("hsct_mrd"))),
        Input("relapse", any_of(Recorded("relapse"), relapse.suspected())),
    ),
    rules=(
        row(
            "NOT_ELIGIBLE",
            registry("it lasts until a worse result"),
            "",
            "relapse, or a marrow that is suspected of it",
            after_cycle_1="yes",
            relapse="yes",
        ),
        row("ELIGIBLE", registry(), after_cycle_1="yes", mrd_low="yes", relapse="no"),
        row("NOT_ELIGIBLE", registry(), after_cycle_1="yes", mrd_low="no", relapse="no"),
        row("NOT_ELIGIBLE", registry("earliest after cycle 1"), after_cycle_1="no"),
    ),
    options=("ELIGIBLE", "NOT_ELIGIBLE"),
    source=registry("MRD negative, defined as < 0.01 %; exactly 1e-4 does not qualify"),
    boundary=Compare(LATEST_MRD, Limit("=", "1e-4")),
    asked=Outcome("hsct_indication", ("INDICATED",)),
)

FRESH_MARROW = Fresh(LATEST_MRD, Param("hsct_mrd_max_age"), before="CONDITIONING")

HSCT_GO = Decision(
    "HSCT_GO",
    "Go to transplant: being eligible lasts, going needs a marrow of at most 14 days at conditioning",
    inputs=(
        Input(
            "guard",
            all_of(
                Outcome("hsct_eligible", ("ELIGIBLE",)),
                FRESH_MARROW,
                Is(Reading("donor"), ("READY",)),
                Is(Reading("echo_clearance"), ("CLEARED",)),
                Is(Reading("infection_clearance"), ("CLEARED",)),
                Is(Reading("family_consent_hsct"), ("GIVEN",)),
            ),
        ),
    ),
    rules=(row("GO", registry(), guard="yes"), row(None, registry(), guard="no")),
    options=("GO",),
    source=registry("group and MRD; freshness, donor, clearances and family consent: assumption"),
    confirm="clinician",
    asked=all_of(Outcome("hsct_indication", ("INDICATED",)), Not(Recorded("hsct_done"))),
    enacted=(("GO", Recorded("conditioning_started")),),
)

# --- relapse (after remission only) -----------------------------------------------------------------------------------------

REMISSION_REACHED = any_of(
    Taken("cr_eoi", ("CR",)), Compare(Reading("mrd", point="BL1-END"), Limit("<", "1e-2"))
)

RELAPSE_TABLE = relapse.table("P13b", REMISSION_REACHED)

DECISIONS = (CONSOLIDATION, HSCT_WITHOUT_BLINA, HSCT_INDICATION, HSCT_ELIGIBLE, HSCT_GO, RELAPSE_TABLE)
