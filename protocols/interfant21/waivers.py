"""Findings of the prover that were looked at and accepted."""

from pathway.language import InPhase, Not, Outcome, VerdictIs, Waiver

BOTH = "both are offered to the team; confirming one moots the other"
SITE = "start criteria of counts are the site's own"
DIFFERS = "compares the grade entered last with what the signs give now: once they agree there is nothing left to decide"

WAIVERS = (
    Waiver("exits-together:treatment:POST_BLINA1_DECISION:CONSOLIDATION+HSCT", BOTH),
    Waiver("exits-together:treatment:CONSOLIDATION:BLINA_2+HSCT", BOTH),
    Waiver("exits-together:treatment:CONSOLIDATION:MARMA+HSCT", BOTH),
    Waiver("exits-together:treatment:BLINA_2:OCTADAD+HSCT", BOTH),
    Waiver("exits-together:treatment:MARMA:OCTADAD+HSCT", BOTH),
    Waiver("exits-together:treatment:OCTADAD:MAINTENANCE+HSCT", BOTH),
    Waiver("exits-together:treatment:MAINTENANCE:END_OF_TREATMENT+HSCT", BOTH),
    Waiver(
        "dead-end:registration:ENROLLED",
        "a patient stays enrolled, follow-up included, until off study",
        Not(VerdictIs(Outcome("eligibility", ("NOT_ELIGIBLE",)), ("PASS",))),
    ),
    Waiver(
        "dead-end:follow_up:NOT_STARTED",
        "a screen failure has no follow-up",
        InPhase("registration", ("SCREENING", "SCREEN_FAILURE", "OFF_STUDY")),
    ),
    Waiver(
        "impossible-guard:deviation:HSCT-GO-LAPSED:1+2+3",
        "a go stays taken while its marrow ages: time, which the proof leaves out",
    ),
    Waiver(
        "unused:criterion:I4",
        "shown; eligibility reads consent and its withdrawal apart, so that a withdrawal makes nobody ineligible",
    ),
    Waiver("unused:fact:bsa", "reported for the pharmacy, which makes the daily dose of it"),
    Waiver("unused:fact:platelets", "reported with each blood count for the site's own start criteria"),
    Waiver("result-unread:assessment:BL1-D15-MARROW", "for information only, a time point of the pilot"),
    Waiver("result-unread:series:COUNTS-BLINA1", SITE),
    Waiver("result-unread:series:COUNTS-BLINA2", SITE),
    Waiver("result-unread:series:COUNTS-CHEMO", SITE),
    Waiver("result-unread:series:COUNTS-MAINTENANCE", SITE),
    Waiver(
        "unknown-as-no:deviation:HSCT-MRD-POSITIVE:mrd BL1-END|EOC|BL2-END|PRE-OCTADAD|PRE-HSCT|OTHER",
        "a transplant planned without any marrow result is told by HSCT-MRD-STALE, which asks for one of the last 14 days",
    ),
    Waiver(
        "unknown-as-no:decision:icans_grade:untestable",
        "entered only of whoever cannot be tested; the score is asked for of all others",
    ),
    Waiver(
        "unknown-as-no:decision:risk:kmt2a",
        "until KMT2A is known the group is computed for whoever prepares, and told to nobody: RISK-GROUP waits for the result",
    ),
    Waiver("forgotten:deviation:CRS-GRADE-DIFFERS:CRS", DIFFERS),
    Waiver("forgotten:deviation:ICANS-GRADE-DIFFERS:NEUROTOXICITY", DIFFERS),
)
