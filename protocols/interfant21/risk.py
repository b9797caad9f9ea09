"""Risk group by stage: at diagnosis and day 8 (4b), at the end of induction, after blinatumomab cycle 1 (4c). One way, MR to HR.

Each stage is a decision of its own. What follows rests on the stage it belongs to, never on "the latest known"; `risk` only tells
which allocation is in force.
"""

from pathway.language import (
    Always,
    Band,
    Choice,
    Compare,
    Dates,
    Day,
    Decision,
    Input,
    Is,
    LedgerIs,
    Limit,
    Moment,
    NotObtainable,
    Outcome,
    Param,
    Passed,
    Reading,
    Recorded,
    Taken,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    row,
)
from protocols.interfant21.criteria import BIRTH, DIAGNOSED, EXCLUDED_BEYOND
from protocols.interfant21.facts import (
    BL1_MRD,
    CNS_BEFORE_BLINATUMOMAB,
    CNS_EOI,
    EOI_BLASTS,
    EOI_MRD,
    WBC_BEFORE_STEROID,
)
from protocols.shared import mrd, remission

# --- diagnosis and day 8 ------------------------------------------------------------------------------------------------

D8_RESPONSE = Decision(
    "d8_response",
    "Prednisone response: blood blasts on day 8",
    inputs=(
        Input(
            "poor",
            Compare(Reading("blood_blasts", point="D8"), Param("ppr_operator")),
            closed=("unknown", Passed(Moment("D8", days=1, at="close"))),
        ),
    ),
    rules=(
        row("POOR", public("P6"), poor="yes"),
        row("GOOD", public("P6"), poor="no"),
        row("UNKNOWN", public("P1", note="good or unknown"), "", "the day-8 window has closed without a count", poor="unknown"),
    ),
    options=("GOOD", "POOR", "UNKNOWN"),
    source=public("P6", note="cut-off; window: assumption"),
)  # fmt: skip

YOUNG = Dates(Day(DIAGNOSED), "<", Day(BIRTH, months=Param("young_rule")))

RISK_WITHOUT_WBC = Decision(
    "RISK_WITHOUT_WBC",
    "White cells before steroid cannot be had: the clinician allocates",
    inputs=(
        Input("young", YOUNG),
        Input("response", "d8_response"),
    ),
    rules=(
        row(Choice(("HR", "MR")), assumption(), young="yes", response=("GOOD", "UNKNOWN")),
        row(None, public("P1", "P2"), young="yes", response="POOR"),
        row(None, public("P1", "P2"), young="no"),
    ),
    options=("HR", "MR"),
    source=assumption("the sources do not say"),
    confirm="clinician",
    asked=NotObtainable(WBC_BEFORE_STEROID),
)

RISK_INITIAL = Decision(
    "risk_initial",
    "Risk group at diagnosis and day 8 (KMT2A rearranged is given)",
    inputs=(
        Input("young", YOUNG),
        Input(
            "wbc_high",
            Compare(WBC_BEFORE_STEROID, Param("wbc_hr_operator")),
            closed=("unobtainable", NotObtainable(WBC_BEFORE_STEROID)),
        ),
        Input("response", "d8_response"),
        Input("without_wbc", "RISK_WITHOUT_WBC"),
    ),
    rules=(
        row("MR", public("P1", "P2"), young="no"),
        row("HR", public("P1", "P2", "P3", "P4"), young="yes", wbc_high="yes"),
        row("HR", public("P1", "P2", "P3", "P4"), young="yes", wbc_high=("no", "unobtainable"), response="POOR"),
        row("MR", public("P1", "P2"), young="yes", wbc_high="no", response="GOOD"),
        row("MR", public("P1", note="good or unknown"), young="yes", wbc_high="no", response="UNKNOWN"),
        row("HR", assumption(), young="yes", wbc_high="unobtainable", response=("GOOD", "UNKNOWN"), without_wbc="HR"),
        row("MR", assumption(), young="yes", wbc_high="unobtainable", response=("GOOD", "UNKNOWN"), without_wbc="MR"),
    ),
    options=("HR", "MR"),
    source=public("P1", "P2", note="HR = young AND (WBC OR poor response); G1"),
    boundary=all_of(YOUNG, Compare(WBC_BEFORE_STEROID, Limit("=", "300"))),
)  # fmt: skip

# --- end of induction ---------------------------------------------------------------------------------------------------

EOI_MRD_UNOBTAINABLE = NotObtainable(EOI_MRD)

MARROW_EOI = Decision(
    "marrow_eoi",
    "Marrow at the end of induction: MRD decides, blasts only where there is no MRD",
    inputs=(
        Input("mrd", Compare(EOI_MRD, Param("cr_marrow")), closed=("unobtainable", EOI_MRD_UNOBTAINABLE)),
        Input(
            "blasts",
            EOI_BLASTS,
            bands=remission.MARROW,
        ),
    ),
    rules=(
        row("REMISSION", public("P13a"), mrd="yes"),
        row("NO_REMISSION", public("P13a"), mrd="no"),
        row("REMISSION", public("P13a"), mrd="unobtainable", blasts="M1"),
        row("NO_REMISSION", public("P13a"), mrd="unobtainable", blasts=("M2", "M3")),
    ),
    options=("REMISSION", "NO_REMISSION"),
    source=public("P13a", "P13c"),
)

CNS_EOI_STATUS = Decision(
    "cns_eoi",
    "CNS at the end of induction: by the end-of-induction sample; a later CNS1 opens blinatumomab and unmakes nothing here",
    inputs=(
        Input("cns1", Is(CNS_EOI, ("CNS1",)), closed=("unobtainable", NotObtainable(CNS_EOI))),
        Input("later_cns1", Is(CNS_BEFORE_BLINATUMOMAB, ("CNS1",))),
    ),
    rules=(
        row("CNS1", registry(), cns1="yes"),
        row("NOT_CNS1", registry(), cns1="no"),
        row("CNS1", assumption("without that sample the last one before b1"), cns1="unobtainable", later_cns1="yes"),
        row("NOT_CNS1", assumption("without that sample the last one before b1"), cns1="unobtainable", later_cns1="no"),
    ),
    options=("CNS1", "NOT_CNS1"),
    source=assumption("the sources do not say which sample remission is judged on"),
    latches=("NOT_CNS1",),
)  # fmt: skip

CR_EOI = Decision(
    "cr_eoi",
    "Complete remission at the end of induction: marrow, CNS1, no extramedullary disease",
    inputs=(
        Input("marrow", "marrow_eoi"),
        Input(
            "extramedullary_clear",
            any_of(
                Is(Reading("extramedullary", point="DIAGNOSIS"), ("NONE",)),
                Is(Reading("extramedullary", point="EOI"), ("NONE", "RESOLVED")),
            ),
        ),
        Input("cns", "cns_eoi"),
    ),
    rules=(
        row("CR", public("P13a"), marrow="REMISSION", extramedullary_clear="yes", cns="CNS1"),
        row("NO_CR", public("P13a"), marrow="NO_REMISSION"),
        row("NO_CR", public("P13a"), marrow="REMISSION", extramedullary_clear="no"),
        row("NO_CR_CNS_ONLY", public("P13a"), "", "only the CNS keeps the patient from remission",
            marrow="REMISSION", extramedullary_clear="yes", cns="NOT_CNS1"),
    ),
    options=("CR", "NO_CR", "NO_CR_CNS_ONLY"),
    source=public("P13a", note="general consensus, not Interfant-21's own text"),
)  # fmt: skip

R4 = Decision(
    "R4",
    "Only the CNS keeps the end of induction from remission: HR or not?",
    inputs=(Input("initial", "risk_initial"), Input("cr", "cr_eoi")),
    rules=(
        row(Choice(("HR", "MR")), assumption(), "R4", initial="MR", cr="NO_CR_CNS_ONLY"),
        row(None, assumption(), initial="MR", cr=("CR", "NO_CR")),
        row(None, assumption(), initial="HR"),
    ),
    options=("HR", "MR"),
    source=assumption(
        "blinatumomab is excluded by X2 until a lumbar puncture before b1 shows CNS1; the question stays"
    ),
    confirm="clinician",
)

RISK_EOI = Decision(
    "risk_eoi",
    "Risk group after induction",
    inputs=(
        Input("initial", "risk_initial"),
        Input("cr", "cr_eoi"),
        Input("cns_only", "R4"),
        Input("mrd_realloc", Compare(EOI_MRD, Param("eoi_mrd_realloc")), closed=("unobtainable", EOI_MRD_UNOBTAINABLE)),
    ),
    rules=(
        row("HR", public("P1"), initial="HR"),
        row("HR", public("P1"), "R1", "not in remission at the end of induction", initial="MR", cr="NO_CR"),
        row("HR", registry(), "R3", "insufficient MRD response after induction",
            initial="MR", cr="CR", mrd_realloc="yes"),
        row("MR", public("P1"), initial="MR", cr="CR", mrd_realloc=("no", "unobtainable")),
        row("HR", assumption(), "R4", initial="MR", cr="NO_CR_CNS_ONLY", cns_only="HR"),
        row("HR", registry(), "R3", "insufficient MRD response after induction",
            initial="MR", cr="NO_CR_CNS_ONLY", cns_only="MR", mrd_realloc="yes"),
        row("MR", assumption(), "R4", initial="MR", cr="NO_CR_CNS_ONLY", cns_only="MR", mrd_realloc=("no", "unobtainable")),
    ),
    options=("HR", "MR"),
    source=public("P1", note="one way, MR to HR; R3 is off unless eoi_mrd_realloc is set (G3)"),
)  # fmt: skip

MR_LEVEL = Decision(
    "mr_level",
    "Sub-label of MR by end-of-induction MRD; HR patients have none",
    inputs=(
        Input("group", "risk_eoi"),
        Input("high", Compare(EOI_MRD, Param("mr_high_operator")), closed=("unobtainable", EOI_MRD_UNOBTAINABLE)),
    ),
    rules=(
        row("MR-high", public("P1", "P2"), group="MR", high="yes"),
        row("MR-low", public("P1", "P2"), group="MR", high="no"),
        row(None, assumption("the team picks the course"), group="MR", high="unobtainable"),
        row(None, public("P1", "P2"), group="HR"),
    ),
    options=("MR-low", "MR-high"),
    source=public("P1", "P2", note="exactly 5e-4 is MR-high"),
    boundary=Compare(EOI_MRD, Limit("=", "5e-4")),
)  # fmt: skip

# --- after blinatumomab cycle 1 -------------------------------------------------------------------------------------------

BL1_MRD_UNOBTAINABLE = NotObtainable(BL1_MRD)
BL1_MRD_BANDS = (
    Band("good", (Param("blina1_good"),)),
    Band("at_limit", (Limit("=", "1e-4"),)),
    Band("over", (Limit(">", "1e-4"),)),
)

WITHOUT_BLINATUMOMAB = all_of(
    LedgerIs("blina[cycle=1]", ("not_started",)),
    any_of(
        Outcome("blina_status", ("stopped_permanently",)),
        all_of(
            Outcome("blina_status", ("excluded",)),
            any_of(EXCLUDED_BEYOND, Taken("BLINA1_WAIT", ("CONSOLIDATION",))),
        ),
        Recorded("course_started", (("course", "CONSOLIDATION"),)),
    ),
)
"""Cycle 1 was not given: the patient is excluded, not only until a day that comes in time, or went on to consolidation. The group after induction stands."""

R2B = Decision(
    "R2b",
    "BL1-END MRD of exactly 1e-4: the registry text calls negative < 0.01 %, the public rule reallocates over 0.01 %",
    inputs=(Input("group", "risk_eoi"), Input("mrd", BL1_MRD, bands=BL1_MRD_BANDS)),
    rules=(
        row(Param("blina1_equal_1e-4"), assumption("not negative is insufficient"), "R2b", group="MR", mrd="at_limit"),
        row(None, public("P1"), group="HR"),
    ),
    options=("HR", "MR"),
    source=assumption("conflict between the registry text and P1 (G2): to be confirmed by a clinician"),
    confirm="clinician",
    asked=VerdictIs(Compare(BL1_MRD, Limit("=", "1e-4")), ("PASS",)),
    boundary=Compare(BL1_MRD, Limit("=", "1e-4")),
)  # fmt: skip

BL1_MRD_GAP = Decision(
    "BL1_MRD_UNAVAILABLE",
    "BL1-END MRD cannot be had: HR, or MR without cycle 2; it never counts as negative. A new marrow closes the question",
    inputs=(Input("group", "risk_eoi"), Input("without", WITHOUT_BLINATUMOMAB)),
    rules=(
        row(Choice(("HR", "MR")), assumption(), group="MR", without="no"),
        row(None, assumption(), group="MR", without="yes"),
        row(None, assumption(), group="HR"),
    ),
    options=("HR", "MR"),
    source=assumption("the sources do not say"),
    confirm="clinician",
    asked=BL1_MRD_UNOBTAINABLE,
)

RISK_BLINA1 = Decision(
    "risk_blina1",
    "Risk group after blinatumomab cycle 1",
    inputs=(
        Input("eoi", "risk_eoi"),
        Input("without_blinatumomab", WITHOUT_BLINATUMOMAB),
        Input("mrd", BL1_MRD, bands=BL1_MRD_BANDS, closed=("unobtainable", BL1_MRD_UNOBTAINABLE)),
        Input("at_limit", "R2b"),
        Input("gap", "BL1_MRD_UNAVAILABLE"),
    ),
    rules=(
        row("HR", public("P1"), eoi="HR"),
        row("MR", assumption("no rule for patients without blinatumomab (G7)"), eoi="MR", without_blinatumomab="yes"),
        row("MR", public("P1"), eoi="MR", without_blinatumomab="no", mrd="good"),
        row("HR", public("P1"), "R2", "MRD over the limit after cycle 1", eoi="MR", without_blinatumomab="no", mrd="over"),
        row("HR", assumption(), "R2b", eoi="MR", without_blinatumomab="no", mrd="at_limit", at_limit="HR"),
        row("MR", assumption(), "R2b", eoi="MR", without_blinatumomab="no", mrd="at_limit", at_limit="MR"),
        row("HR", assumption(), eoi="MR", without_blinatumomab="no", mrd="unobtainable", gap="HR"),
        row("MR", assumption(), eoi="MR", without_blinatumomab="no", mrd="unobtainable", gap="MR"),
    ),
    options=("HR", "MR"),
    source=registry("insufficient MRD response after the 1st cycle; limits: P1"),
)  # fmt: skip

RISK = Decision(
    "risk",
    "Risk group in force: the initial one until a later stage says HR. Told, not used: nothing clinical reads it. KMT2A germline has none",
    inputs=(
        Input("germline", VerdictIs(Is(Reading("kmt2a"), ("GERMLINE",)), ("PASS",))),
        Input("initial", "risk_initial"),
        # What waits has not been read yet; what is in doubt is not told as the lower risk of before.
        Input("eoi", "risk_eoi", closed=("not_yet", Always())),
        Input("blina1", "risk_blina1", closed=("not_yet", Always())),
    ),
    rules=(
        row(None, assumption("the groups are those of rearranged KMT2A"), germline="yes"),
        row("HR", public("P1", "P2"), germline="no", initial="HR"),
        row("HR", public("P1"), "", "reallocated", germline="no", initial="MR", eoi="HR"),
        row(
            "HR",
            public("P1"),
            "",
            "reallocated",
            germline="no",
            initial="MR",
            eoi=("MR", "not_yet", "none"),
            blina1="HR",
        ),
        row(
            "MR",
            public("P1", "P2"),
            germline="no",
            initial="MR",
            eoi=("MR", "not_yet", "none"),
            blina1=("MR", "not_yet", "none"),
        ),
    ),
    options=("HR", "MR"),
    source=public("P1", "P2"),
)

# --- the same results in the words of the adult consensus -------------------------------------------------------------------


def worded(at: str) -> Decision:
    """For reports; no rule of this trial reads it."""
    clear = Compare(Reading("marrow_blasts", point=at), Limit("<", "5"))
    return mrd.response("mrd_response", Reading("mrd", point=at), clear, public("S8"), scope=(("point", at),))


DECISIONS = (
    D8_RESPONSE,
    RISK_WITHOUT_WBC,
    RISK_INITIAL,
    MARROW_EOI,
    CNS_EOI_STATUS,
    CR_EOI,
    R4,
    RISK_EOI,
    MR_LEVEL,
    R2B,
    BL1_MRD_GAP,
    RISK_BLINA1,
    RISK,
    worded("EOI"),
    worded("BL1-END"),
)
