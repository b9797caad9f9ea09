"""Response by the limits of the registry text, mind <= and >; it picks the doses of cycle 2."""

from pathway.language import (
    Choice,
    Decision,
    Input,
    Is,
    Known,
    Not,
    Outcome,
    Predicate,
    Reached,
    Reading,
    Recorded,
    all_of,
    any_of,
    assumption,
    registry,
    row,
)
from protocols.ino_dli.facts import marrow
from protocols.shared import remission
from protocols.shared.remission import INO_DLI

LIMITS = registry(
    "blasts <= 5 %; CR platelets > 100 and neutrophils > 1, CRi > 50 and > 0.5; no evidence of active disease"
)


def response(at: str, asked: Predicate) -> Decision:
    """The response at an evaluation. NOT_CRi: the marrow is clear, the counts reach neither CR nor CRi."""
    return Decision(
        "response",
        f"Response, {at}",
        inputs=(
            Input("lymphoma_only", Is(Reading("disease"), ("B_LBL_NO_MARROW",))),
            *remission.inputs(INO_DLI, marrow(at), *(Reading(f, point=at) for f in ("active_disease", "platelets", "anc"))),
        ),
        rules=(
            *remission.rules(INO_DLI, LIMITS, passed=(("lymphoma_only", "no"),)),
            row(Choice(("CR", "CRi", "NONE")), assumption("no criteria of its own; imaging"), lymphoma_only="yes"),
        ),
        options=("CR", "CRi", "NOT_CRi", "NONE"),
        source=LIMITS,
        asked=asked,
        scope=(("eval", at),),
    )  # fmt: skip


def responded(at: str, *classes: str) -> Outcome:
    """The response at an evaluation is one of these."""
    return Outcome(f"response[eval={at}]", classes)


REMISSION_CLASSES = ("CR", "CRi")
C2_BEGUN = Recorded("ino_given", (("cycle", "2"), ("dose", "d1")))

C2_PLAN = Decision(
    "c2_plan",
    "Doses of cycle 2: 0.5/0.5/0.5 in CR or CRi, else 0.8/0.5/0.5; a re-check of marrow and counts before it comes first",
    inputs=(Input("recheck", "response[eval=PRE-C2]"), Input("evaluation", "response[eval=C1-EVAL]")),
    rules=(
        row("REDUCED", registry(), recheck=REMISSION_CLASSES),
        row("FULL", registry(), recheck=("NOT_CRi", "NONE")),
        row("REDUCED", registry(), recheck="none", evaluation=REMISSION_CLASSES),
        row("FULL", registry(), recheck="none", evaluation=("NOT_CRi", "NONE")),
        row(None, registry(), recheck="none", evaluation="none"),
    ),
    options=("REDUCED", "FULL"),
    source=registry("1.5 mg/m2, not the 1.6 of the phase 1/2 study"),
    confirm="clinician",
    asked=all_of(Reached("DAY0"), Not(Recorded("ino_stopped"))),
    enacted=(("REDUCED", C2_BEGUN), ("FULL", C2_BEGUN)),
)  # fmt: skip

EVALUATED = any_of(Known(marrow("C1-EVAL")), Known(Reading("active_disease", point="C1-EVAL")))

CRR = Decision(
    "crr",
    "Response rate at 1 month; CR and CRi are told apart, both rates are shown",
    inputs=(
        Input("response", "response[eval=C1-EVAL]"),
    ),
    rules=(
        row("CR", registry(), response="CR"),
        row("CRi", registry(), response="CRi"),
        row("NON_RESPONDER", registry(), response=("NOT_CRi", "NONE")),
        # The response is not asked for only where the patient died first; until then it waits.
        row("NON_RESPONDER", assumption("by intention to treat"), "", "died before the evaluation", response="none"),
    ),
    options=("CR", "CRi", "NON_RESPONDER"),
    source=registry("text: CR rate; label: CRR (G2)"),
    asked=Reached("DAY0"),
)  # fmt: skip

DECISIONS = (
    response("C1-EVAL", all_of(Reached("DAY0"), any_of(EVALUATED, Not(Reached("DEATH_DAY"))))),
    response("PRE-C2", Known(marrow("PRE-C2"))),
    response("C2-EVAL", Known(marrow("C2-EVAL"))),
    C2_PLAN,
    CRR,
)
