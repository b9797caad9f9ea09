"""MRD at d29: a flow panel that needs CD38 cannot say negative under daratumumab. Then the second course, or what follows."""

from dataclasses import replace

from pathway.language import (
    Choice,
    Compare,
    Decision,
    Input,
    Known,
    Limit,
    Outcome,
    Param,
    Reached,
    Reading,
    Recorded,
    assumption,
    registry,
    row,
)
from protocols.dara_tall.facts import blasts, mrd
from protocols.shared import mrd as mrd_words

CLASSES = (*mrd_words.CLASSES, "HAEM_RELAPSE")
POSITIVE = ("POS_QUANT", "POS_NQ")


def result(at: str) -> Decision:
    """The class of an evaluation: the shared table, read where blasts and gating allow it. A relapse stays one beside a better
    repeat, until its sample is corrected."""
    by_sample = mrd_words.by_cutoff(
        "mrd_result",
        f"MRD, {at}",
        mrd(at),
        Param("mrd_negative"),
        registry("question of the trial; limits: assumption (G1)"),
        scope=(("eval", at),),
        first=(
            Input("relapse", Compare(blasts(at), Limit(">=", "5"))),
            Input("gating", Reading("cd38_independent_gating", point=at), closed=("NO", Known(mrd(at)))),
        ),
        before=(
            row("HAEM_RELAPSE", assumption("blasts of 5 % or more"), relapse="yes"),
            row("INDETERMINATE", assumption("the report must say that gating does not need CD38"), "", "negative, and the panel may have missed "
                "masked cells; a positive result counts", relapse="no", gating="NO", doubtful="no", not_quantifiable="no", negative="yes"),
        ),
        passed={"relapse": "no"},
        trusted={"gating": "YES"},
        extra=("HAEM_RELAPSE",),
    )  # fmt: skip
    return replace(by_sample, latches=("HAEM_RELAPSE",))


def found(at: str, *classes: str) -> Outcome:
    """The evaluation gave one of these."""
    return Outcome(f"mrd_result[eval={at}]", classes)


PRIMARY = Decision(
    "primary",
    "Primary endpoint: MRD negative at d29 of course 1; indeterminate is never a success",
    inputs=(Input("mrd", "mrd_result[eval=C1-D29]"),),
    rules=(
        row("SUCCESS", assumption(), mrd="NEG"),
        row("FAILURE", assumption(), mrd=("POS_QUANT", "POS_NQ", "HAEM_RELAPSE")),
        row(None, assumption(), mrd=("INDETERMINATE", "none")),
    ),
    options=("SUCCESS", "FAILURE"),
    source=assumption("endpoints are not public (G1)"),
)

C2_BEGUN = Recorded("infusion_started", (("course", "2"), ("dose", "d1")))

COURSE_2 = Decision(
    "course_2",
    "Second course: once, for MRD that is still positive",
    inputs=(Input("mrd", "mrd_result[eval=C1-D29]"),),
    rules=(
        row("COURSE_2", assumption(), mrd="POS_QUANT"),
        row(
            Choice(("COURSE_2", "OFF_TREATMENT")),
            assumption("positive below the quantifiable range"),
            mrd="POS_NQ",
        ),
        row(None, assumption(), "", "a repeated sample decides", mrd=("INDETERMINATE", "none")),
        row(None, assumption(), mrd=("NEG", "HAEM_RELAPSE")),
    ),
    options=("COURSE_2", "OFF_TREATMENT"),
    source=assumption("at most 2 courses (G1)"),
    confirm="clinician",
    asked=Reached("C1_START"),
    enacted=(("COURSE_2", C2_BEGUN),),
)

AFTER_NEGATIVE = Decision(
    "after_negative",
    "MRD negative: transplant, chemotherapy or observation?",
    inputs=(Input("first", "mrd_result[eval=C1-D29]"), Input("second", "mrd_result[eval=C2-D29]")),
    rules=(
        row(Choice(("HSCT", "CHEMOTHERAPY", "OBSERVATION")), assumption(), first="NEG"),
        row(
            Choice(("HSCT", "CHEMOTHERAPY", "OBSERVATION")),
            assumption(),
            first=(*POSITIVE, "INDETERMINATE"),
            second="NEG",
        ),
        row(None, assumption(), first=("HAEM_RELAPSE", "none")),
        row(
            None,
            assumption(),
            first=(*POSITIVE, "INDETERMINATE"),
            second=(*POSITIVE, "INDETERMINATE", "HAEM_RELAPSE", "none"),
        ),
    ),
    options=("HSCT", "CHEMOTHERAPY", "OBSERVATION"),
    source=assumption("investigator's choice (G6)"),
    confirm="clinician",
    on_reopen="keep",
)

DECISIONS = (result("C1-D29"), result("C2-D29"), PRIMARY, COURSE_2, AFTER_NEGATIVE)
