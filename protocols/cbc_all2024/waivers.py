"""Findings of the prover that were looked at and accepted."""

from pathway.language import Not, Outcome, Predicate, VerdictIs, Waiver, all_of
from protocols.cbc_all2024.facts import HDMTX
from protocols.cbc_all2024.phases import FOUND_INELIGIBLE
from protocols.cbc_all2024.response import D46_HIGH

SITE = "start criteria of counts are the site's own"
DIFFERS = "compares the grade entered last with what the signs give now: once they agree there is nothing left to decide"


def while_not(*ways: Predicate) -> Predicate:
    """The patients for whom none of these holds, or is known to."""
    return all_of(*(Not(VerdictIs(way, ("PASS",))) for way in ways))


def indicated(*options: str) -> Predicate:
    """What the transplant indication says."""
    return Outcome("hsct_indication", options)


DOUBT = "only a clinician gets there: the row is what the doubt between blasts and flow is about, so that nothing is known before"

WAIVERS = (
    Waiver("dead-row:d46_response:lost=no,over=no,agrees=no", DOUBT),
    Waiver("dead-row:flow_endpoint:treated=yes,in_window=yes,negative=yes/no,agrees=no", DOUBT),
    Waiver("unknown-as-no:decision:d46_response:marrow_blasts D46", "a doubt needs both: without blasts the flow alone speaks"),
    Waiver("unknown-as-no:decision:flow_endpoint:marrow_blasts D46", "a doubt needs both: without blasts the flow alone speaks"),
    Waiver("dead-end:registration:ENROLLED", "a patient who stays on trial stays enrolled, follow-up included",
           while_not(FOUND_INELIGIBLE, D46_HIGH)),
    Waiver("dead-end:transplant:DONOR_SEARCH", "the search goes on until a marrow is low enough, or the patient is off study",
           while_not(Outcome("hsct_eligible", ("ELIGIBLE",)))),
    Waiver("dead-end:transplant:NOT_INDICATED", "most patients never need a transplant", while_not(indicated("WATCH", "INDICATED"))),
    Waiver("dead-end:transplant:WATCH", "the watch list has no end of its own", while_not(indicated("INDICATED", "NOT_INDICATED"))),
    Waiver("dead-question:decision:CARE_AFTER_WITHDRAWAL", "put on the withdrawal, while treatment goes on: the plan rests on the answer"),
    Waiver("dead-question:decision:D46_UNAVAILABLE", "whoever left the study before the drug is still treated by the answer"),
    *(
        Waiver(f"dead-question:{kind}[course={n}]", "methotrexate that is in the child is measured and answered for, whoever has left the study")
        for n in HDMTX
        for kind in ("assessment:MTX-20H", "assessment:MTX-44H", "assessment:MTX-68H", "task:MTX-UNTIL-SAFE", "task:MTX-RESCUE")
    ),
    Waiver("result-unread:series:COUNTS-BLINA", SITE),
    Waiver("result-unread:series:COUNTS-CHEMO", SITE),
    Waiver("unknown-as-no:criterion:E5:cns IT", "E5 asks for the fluid of the diagnosis; a later one counts where there was one"),
    Waiver("unknown-as-no:criterion:E9a:D1", "only where the profile reads E9 by the letter: before day 14 induction adds nothing to it"),
    Waiver("unknown-as-no:exit:registration:AWAIT_D19:BACKBONE_ONLY:d19_entry",
           "without a verdict by the latest start nobody enters: the backbone goes on without trial drug"),
    Waiver("unknown-as-no:exit:registration:SCREENING:BACKBONE_ONLY:eligibility",
           "without a verdict by the latest start nobody enters: the backbone goes on without trial drug"),
    Waiver("unknown-as-no:deviation:CONVULSION-FOUND-LATE:E6",
           "only a convulsion that came to light asks whether to go on; a history that nobody has taken is told as BLINA-NOT-ELIGIBLE"),
    Waiver("unknown-as-no:decision:BLINA_REVIEW:E6", "only what came to light calls for a review; what is not known blocks the start"),
    Waiver("unknown-as-no:decision:icans_grade:untestable", "entered only of whoever cannot be tested; the score is asked for of all others"),
    Waiver("forgotten:deviation:CRS-GRADE-DIFFERS:CRS", DIFFERS),
    Waiver("forgotten:deviation:ICANS-GRADE-DIFFERS:NEUROTOXICITY", DIFFERS),
)  # fmt: skip
