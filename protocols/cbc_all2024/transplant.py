"""Transplant (the registry text is silent) and suspected relapse."""

from pathway.language import (
    Compare,
    Decision,
    Fresh,
    Input,
    Is,
    Not,
    Outcome,
    Param,
    Reading,
    Recorded,
    all_of,
    assumption,
    registry,
    row,
)
from protocols.cbc_all2024.facts import HSCT_FLOW, RISK
from protocols.cbc_all2024.response import D46_HIGH, REMISSION
from protocols.shared import relapse

HSCT_INDICATION = Decision(
    "hsct_indication",
    "Is transplant the direction of this patient? D46 >= 1e-2, relapse, or high risk by the backbone",
    inputs=(
        Input("relapse", Recorded("relapse")),
        Input("high_risk", Is(RISK, ("HR",))),
        Input("over", D46_HIGH),
        Input("response", "d46_response"),
    ),
    rules=(
        row("INDICATED", assumption("relapse"), relapse="yes"),
        row("INDICATED", assumption("high risk by the backbone; precedent N3"), relapse="no", high_risk="yes"),
        row("INDICATED", registry("1e-2 excludes; transplant: assumption"), relapse="no", high_risk="no", over="yes"),
        row("WATCH", assumption(), "", "1e-4 to < 1e-2: watch list", relapse="no", high_risk="no", over="no", response="POSITIVE"),
        row("NOT_INDICATED", assumption(), relapse="no", high_risk="no", over="no", response=("NEGATIVE", "OVER", "none")),
    ),
    options=("INDICATED", "WATCH", "NOT_INDICATED"),
    source=assumption("not part of the trial text"),
)  # fmt: skip

HSCT_ELIGIBLE = Decision(
    "hsct_eligible",
    "Eligible for transplant: latest marrow MRD < 1e-4 by flow",
    inputs=(
        Input("low", Compare(HSCT_FLOW, Param("hsct_mrd"))),
        Input("suspected", relapse.suspected("RELAPSE_DAY")),
    ),
    rules=(
        row("NOT_ELIGIBLE", assumption(), "", "a marrow that is suspected of relapse, not stated yet", suspected="yes"),
        row("ELIGIBLE", assumption(), low="yes", suspected="no"),
        row("NOT_ELIGIBLE", assumption(), low="no", suspected="no"),
    ),
    options=("ELIGIBLE", "NOT_ELIGIBLE"),
    source=assumption("not found; default"),
    asked=Outcome("hsct_indication", ("INDICATED",)),
)  # fmt: skip

FRESH_MARROW = Fresh(HSCT_FLOW, Param("hsct_mrd_max_age"), before="CONDITIONING")

HSCT_GO = Decision(
    "HSCT_GO",
    "Go to transplant: being eligible lasts, going needs a marrow of at most 14 days at conditioning",
    inputs=(
        Input("guard", all_of(
            Outcome("hsct_eligible", ("ELIGIBLE",)),
            FRESH_MARROW,
            Is(Reading("donor"), ("READY",)),
            Is(Reading("echo_clearance"), ("CLEARED",)),
            Is(Reading("infection_clearance"), ("CLEARED",)),
            Is(Reading("family_consent_hsct"), ("GIVEN",)),
        )),
    ),
    rules=(row("GO", assumption(), guard="yes"), row(None, assumption(), guard="no")),
    options=("GO",),
    source=assumption("group and MRD; freshness, donor, clearances and family consent"),
    confirm="clinician",
    asked=all_of(Outcome("hsct_indication", ("INDICATED",)), Not(Recorded("hsct_done"))),
    ends_with="study",  # a relapse is a reason for transplant
    enacted=(("GO", Recorded("conditioning_started")),),
)  # fmt: skip

RELAPSE_TABLE = relapse.table("B14", REMISSION)

DECISIONS = (HSCT_INDICATION, HSCT_ELIGIBLE, HSCT_GO, RELAPSE_TABLE)
