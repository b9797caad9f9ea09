"""The end of induction: response on D46, what it means for the trial and for further chemotherapy (4c), and the two endpoints."""

from pathway.language import (
    Always,
    Choice,
    Compare,
    Dates,
    Day,
    Decision,
    Input,
    Is,
    Known,
    Limit,
    NotObtainable,
    Outcome,
    Param,
    Reading,
    ReviewIf,
    Taken,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    row,
)
from protocols.cbc_all2024.blinatumomab import STARTED
from protocols.cbc_all2024.facts import D46_FLOW, D46_NGS, RISK
from protocols.shared import mrd

NEGATIVE, EXCLUDED = Compare(D46_FLOW, Param("d46_neg")), Compare(D46_FLOW, Param("d46_exclude"))
UNOBTAINABLE = NotObtainable(D46_FLOW)
AGREES = ReviewIf(
    all_of(
        VerdictIs(Compare(Reading("marrow_blasts", point="D46"), Limit(">=", "5")), ("PASS",)),
        VerdictIs(EXCLUDED, ("FAIL",)),
    ),
    "5 % blasts or more, and flow below 1e-2: one of the two is wrong, a clinician says which",
)

D46_RESPONSE = Decision(
    "d46_response",
    "Flow MRD at the end of induction: exactly 1e-4 is positive, exactly 1e-2 is over",
    inputs=(Input("lost", UNOBTAINABLE), Input("negative", NEGATIVE), Input("over", EXCLUDED), Input("agrees", AGREES)),
    rules=(
        row("NEGATIVE", registry(), lost="no", negative="yes", over="no", agrees="yes"),
        row("POSITIVE", registry(), lost="no", negative="no", over="no", agrees="yes"),
        row("OVER", registry("E11"), lost="no", over="yes"),
        # What the doubt is between: an outcome that hangs on it is not known before a clinician says which.
        row("OVER", assumption(), "", "5 % blasts or more are right", lost="no", over="no", agrees="no"),
        row(None, assumption("D46_UNAVAILABLE asks"), lost="yes"),
    ),
    options=("NEGATIVE", "POSITIVE", "OVER"),
    source=registry("a missing marrow never counts as negative"),
)  # fmt: skip

D46_UNAVAILABLE = Decision(
    "D46_UNAVAILABLE",
    "The D46 marrow cannot be had: how is the patient treated? It never counts as negative. A new marrow closes the question",
    inputs=(Input("provisional", RISK),),
    rules=(row(Choice(("IR", "HR")), assumption(), provisional=("LR", "IR", "HR")),),
    options=("IR", "HR"),
    source=assumption("the sources do not say"),
    confirm="clinician",
    asked=UNOBTAINABLE,
    ends_with="life",
)  # fmt: skip

FINAL_RISK = Decision(
    "final_risk",
    "Risk for further chemotherapy",
    inputs=(
        Input("provisional", RISK),
        Input("response", "d46_response"),
        Input("without_marrow", "D46_UNAVAILABLE"),
    ),
    rules=(
        row("HR", assumption("high risk by the backbone"), provisional="HR"),
        row("HR", assumption(), provisional=("LR", "IR"), response="OVER"),
        row(Param("after_d46_lr_negative"), assumption("H7"), provisional="LR", response="NEGATIVE"),
        row("IR", assumption(), provisional="IR", response="NEGATIVE"),
        row(Param("after_d46_lr_positive"), assumption("cf. N2, C7"), provisional="LR", response="POSITIVE"),
        row("IR", assumption(), "", "persistent MRD", provisional="IR", response="POSITIVE"),
        row("IR", assumption(), provisional=("LR", "IR"), response="none", without_marrow="IR"),
        row("HR", assumption(), provisional=("LR", "IR"), response="none", without_marrow="HR"),
    ),
    options=("LR", "IR", "HR"),
    source=assumption("4c; the registry text has no rule for chemotherapy after D46"),
)  # fmt: skip

RISK_IN_FORCE = Decision(
    "risk",
    "Risk in force: the provisional one until D46 has been read. Told, not used: nothing clinical reads it",
    inputs=(
        # What waits has not been read yet; what is in doubt is not told as the lower risk of before.
        Input("final", "final_risk", closed=("not_yet", Always())),
        Input("provisional", RISK),
    ),
    rules=(
        *(row(r, assumption(), final=r) for r in ("LR", "IR", "HR")),
        *(row(r, registry("entered by a physician"), final=("not_yet", "none"), provisional=r) for r in ("LR", "IR")),
    ),
    options=("LR", "IR", "HR"),
    source=assumption(),
)  # fmt: skip

HDMTX_DOSE = Decision(
    "hdmtx_dose",
    "High-dose methotrexate in g/m2: LR 3, IR and HR 5, by the final risk",
    inputs=(Input("risk", "final_risk"),),
    rules=(row("3", public("C5"), risk="LR"), row("5", public("C5"), risk=("IR", "HR"))),
    options=("3", "5"),
    source=public("C5"),
)  # fmt: skip

REMISSION = any_of(
    Compare(D46_FLOW, Limit("<", "1e-2")), Compare(Reading("marrow_blasts", point="D46"), Limit("<", "5"))
)
"""General consensus (B13), not this trial's text."""

# --- the two questions of the trial ------------------------------------------------------------------------------------

IN_WINDOW = all_of(
    Dates(Day("D46_SAMPLE"), ">=", Day("D46_OPENS")), Dates(Day("D46_SAMPLE"), "<=", Day("D46_CLOSES"))
)  # fmt: skip


def endpoint(id: str, text: str, slot: Reading, limit: str, clone: bool) -> Decision:
    """MET, NOT_MET or NOT_EVALUABLE."""
    trackable = (Input("clone", Is(Reading("ngs_clone"), ("TRACKABLE",))),) if clone else ()
    yes = {"clone": "yes"} if clone else {"agrees": "yes"}
    checked = () if clone else (Input("agrees", AGREES),)
    return Decision(
        id,
        text,
        inputs=(
            Input("treated", STARTED),
            Input("in_window", IN_WINDOW, closed=("no_marrow", NotObtainable(slot))),
            *trackable,
            *checked,
            Input("negative", Compare(slot, Param(limit)), closed=("no_marrow", NotObtainable(slot))),
        ),
        rules=(
            row("MET", registry(), treated="yes", in_window="yes", negative="yes", **yes),
            row("NOT_MET", registry(), treated="yes", in_window="yes", negative="no", **yes),
            row("NOT_EVALUABLE", assumption("no dose"), treated="no"),
            row("NOT_EVALUABLE", assumption("marrow not in its window"), treated="yes", in_window=("no", "no_marrow")),
            *((row("NOT_EVALUABLE", assumption("no trackable clone"), treated="yes", in_window="yes", clone="no"),) if clone else ()),
            *((row("NOT_MET", assumption(), "", "5 % blasts or more are right", treated="yes", in_window="yes", negative=("yes", "no"), agrees="no"),)
              if not clone else ()),
            row("NOT_EVALUABLE", assumption("no result"), treated="yes", in_window="yes", negative="no_marrow", **({"clone": "yes"} if clone else {})),
        ),
        options=("MET", "NOT_MET", "NOT_EVALUABLE"),
        source=registry("evaluable: at least one dose, marrow in its window, a trackable clone for NGS: assumption"),
        asked=any_of(Known(slot), NotObtainable(slot)),
    )  # fmt: skip


FLOW_ENDPOINT = endpoint(
    "flow_endpoint", "Flow MRD < 1e-4 at the end of induction", D46_FLOW, "d46_neg", clone=False
)
NGS_ENDPOINT = endpoint(
    "ngs_endpoint", "NGS MRD < 1e-6 at the end of induction", D46_NGS, "ngs_neg", clone=True
)

D46_READ = any_of(Outcome("d46_response", ("NEGATIVE", "POSITIVE")), Taken("D46_UNAVAILABLE", ("IR",)))
D46_HIGH = any_of(Outcome("d46_response", ("OVER",)), Taken("D46_UNAVAILABLE", ("HR",)))

D46_WORDS = mrd.response(
    "mrd_response",
    D46_FLOW,
    Compare(Reading("marrow_blasts", point="D46"), Limit("<", "5")),
    public("S8"),
    scope=(("point", "D46"),),
)
"""The words of the adult consensus, for reports; no rule of this trial reads them."""

DECISIONS = (
    D46_RESPONSE,
    D46_UNAVAILABLE,
    FINAL_RISK,
    RISK_IN_FORCE,
    HDMTX_DOSE,
    FLOW_ENDPOINT,
    NGS_ENDPOINT,
    D46_WORDS,
)
