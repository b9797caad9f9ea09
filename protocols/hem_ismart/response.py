"""Response at the end of each cycle, MRD, entry strata, and who counts as a responder in phase II (1.6)."""

from pathway.language import (
    Band,
    Choice,
    Closed,
    Compare,
    Decision,
    Input,
    Is,
    Known,
    Limit,
    Not,
    Param,
    Predicate,
    Reached,
    Taken,
    all_of,
    any_of,
    assumption,
    public,
    row,
)
from protocols.hem_ismart.criteria import LYMPHOMA
from protocols.hem_ismart.facts import CYCLES, at, cycle
from protocols.shared.cns import CLASSES as CNS

CNS3 = tuple(c for c in CNS if c.startswith("CNS3"))
CLASSES = ("CR", "CRp", "CRi", "PR", "MR", "NR", "PD")
REMISSION = ("CR", "CRp", "CRi")
MARROW = (
    Band("M1", (Limit("<", "5"),)),
    Band("M2", (Limit(">=", "5"), Limit("<", "25"))),
    Band("M3", (Limit(">=", "25"),)),
)
COUNTS = assumption(
    "limits of counts are not public; CR 1.0 and 100, CRp platelets lower, CRi neutrophils lower"
)
PARTIAL = assumption("PR is not defined for leukaemia: M3 at entry, M2 now")


def outside(point: str) -> Predicate:
    """Extramedullary disease now. Where there was some at entry, its state must be known."""
    place, fluid = at("extramedullary", point), at("cns", point)
    none_before = (
        "where there was none at entry nobody looks again unless something is suspected, and then reports it"
    )
    return any_of(
        *(
            any_of(Closed(now, Not(before), none_before), all_of(before, now))
            for before, now in (
                (Is(at("extramedullary", "ENTRY"), ("PRESENT",)), Is(place, ("PRESENT",))),
                (Is(at("cns", "ENTRY"), CNS3), Is(fluid, CNS3)),
            )
        )
    )


def evaluation(number: str) -> Predicate:
    """A result of the evaluation is on record."""
    return any_of(*(Known(at(fact, f"EOC{number}")) for fact in ("marrow_blasts", "lymphoma_response")))


def response_table(number: str) -> Decision:
    """The response at the end of a cycle."""
    point = f"EOC{number}"
    no = {"lymphoma": "no"}
    return Decision(
        "response",
        f"Response at the end of cycle {number}",
        inputs=(
            Input("lymphoma", LYMPHOMA),
            Input("imaging", at("lymphoma_response", point)),
            Input("marrow", at("marrow_blasts", point), bands=MARROW),
            Input("entry", at("marrow_blasts", "ENTRY"), bands=MARROW),
            Input("outside", outside(point)),
            Input("neutrophils", Compare(at("anc", point), Param("cr_anc"))),
            Input("platelets", Compare(at("platelets", point), Param("cr_platelets"))),
        ),
        rules=(
            *(row(c, public("P2"), lymphoma="yes", imaging=c) for c in ("CR", "PR", "MR", "PD")),
            row("NR", public("P2"), lymphoma="yes", imaging="SD"),
            row("CR", COUNTS, **no, marrow="M1", outside="no", neutrophils="yes", platelets="yes"),
            row("CRp", COUNTS, **no, marrow="M1", outside="no", neutrophils="yes", platelets="no"),
            row("CRi", COUNTS, **no, marrow="M1", outside="no", neutrophils="no"),
            row(Choice(("PR", "NR")), PARTIAL, "", "marrow clear, disease elsewhere: a clinician classifies", **no, marrow="M1", outside="yes"),
            row("PR", PARTIAL, **no, marrow="M2", entry="M3"),
            row("NR", PARTIAL, **no, marrow="M2", entry="M2"),
            row("NR", PARTIAL, **no, marrow="M3", entry=("M2", "M3")),
            row("PD", assumption(), "", "blasts again after morphological remission at entry", **no, marrow=("M2", "M3"), entry="M1"),
        ),
        options=CLASSES,
        source=public("P2", note="counts and PR: assumption"),
        asked=all_of(Reached(f"C{number}D1"), any_of(evaluation(number), Not(Reached("OFF_DAY")))),
        scope=cycle(number),
    )  # fmt: skip


def mrd_table(number: str) -> Decision:
    """MRD at the end of a cycle, where the marrow is in morphological remission."""
    point = f"EOC{number}"
    return Decision(
        "mrd_status",
        f"MRD at the end of cycle {number}, in morphological remission: negative at <= 1e-4, inclusive",
        inputs=(Input("negative", Compare(at("mrd", point), Param("mrd_negative"))),),
        rules=(row("NEGATIVE", public("P2"), negative="yes"), row("POSITIVE", public("P2"), negative="no")),
        options=("NEGATIVE", "POSITIVE"),
        source=public("P2"),
        asked=all_of(Reached(f"C{number}D1"), any_of(evaluation(number), Not(Reached("OFF_DAY"))),
                     Compare(at("marrow_blasts", point), Limit("<", "5"))),
        scope=cycle(number),
    )  # fmt: skip


def response(number: str, *classes: str) -> Taken:
    """The response at the end of a cycle is one of these."""
    return Taken(f"response[cycle={number}]", classes)


CLASSIFIED = any_of(response("1", *CLASSES), Reached("OFF_DAY"))
"""Nothing is said of responder or cycle 2 before the response itself is known, whatever a first result makes likely."""

STRATUM = Decision(
    "stratum",
    "Stratum of the primary endpoint",
    inputs=(Input("lymphoma", LYMPHOMA), Input("morphological", Compare(at("marrow_blasts", "ENTRY"), Limit(">=", "5")))),
    rules=(
        row("LYMPHOMA", public("P2"), lymphoma="yes"),
        row("MORPHOLOGICAL", public("P2"), lymphoma="no", morphological="yes"),
        row("HIGH_MRD", public("P2"), "", "morphological remission; whether its MRD is high is for eligibility", lymphoma="no", morphological="no"),
    ),
    options=("LYMPHOMA", "MORPHOLOGICAL", "HIGH_MRD"),
    source=public("P2"),
    asked=Known(at("marrow_blasts", "ENTRY")),
)  # fmt: skip

WITHOUT = Param("response_without_evaluation")
RESPONDER = Decision(
    "responder",
    "Responder in phase II, after one cycle",
    inputs=(
        Input("lymphoma", LYMPHOMA),
        Input("morphological", Compare(at("marrow_blasts", "ENTRY"), Limit(">=", "5"))),
        Input("response", "response[cycle=1]"),
        Input("mrd", "mrd_status[cycle=1]"),
    ),
    rules=(
        row("YES", public("P2"), "", "M2 or M3 at entry, now CR, CRp or CRi", lymphoma="no", morphological="yes", response=REMISSION),
        row("NO", public("P2"), lymphoma="no", morphological="yes", response=("PR", "MR", "NR", "PD")),
        row("YES", public("P2"), "", "high MRD at entry, now negative", lymphoma="no", morphological="no", response=CLASSES, mrd="NEGATIVE"),
        row("NO", public("P2"), lymphoma="no", morphological="no", response=CLASSES, mrd=("POSITIVE", "none")),
        row("YES", public("P2"), "", "lymphoma: CR, PR or MR", lymphoma="yes", response=("CR", "CRp", "CRi", "PR", "MR")),
        row("NO", public("P2"), lymphoma="yes", response=("NR", "PD")),
        row(WITHOUT, assumption(), "", "died or left before the evaluation", response="none"),
    ),
    options=("YES", "NO", "INEVALUABLE"),
    source=public("P2"),
    asked=all_of(Reached("C1D1"), CLASSIFIED),
)  # fmt: skip

ANY_REMISSION = any_of(*(response(n, *REMISSION) for n in CYCLES))
UNREMITTED = all_of(
    response("1", "PR", "MR", "NR", "PD"),
    Not(ANY_REMISSION),
    any_of(response("2", "PR", "MR", "NR", "PD"), Taken("C2_GATE", ("CLOSED",)), Reached("OFF_DAY")),
    Not(LYMPHOMA),
)
"""No CR, CRp or CRi by the end of cycle 2, or by the end of treatment."""

DECISIONS = (*(response_table(n) for n in CYCLES), *(mrd_table(n) for n in CYCLES), STRATUM, RESPONDER)
