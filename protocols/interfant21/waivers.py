"""Findings of the prover that were looked at and accepted."""

from pathway.language import Waiver

BOTH = "both are offered to the team; confirming one moots the other"
SITE = "start criteria of counts are the site's own"

WAIVERS = (
    Waiver("exits-together:treatment:POST_BLINA1_DECISION:CONSOLIDATION+HSCT", BOTH),
    Waiver("exits-together:treatment:CONSOLIDATION:BLINA_2+HSCT", BOTH),
    Waiver("exits-together:treatment:CONSOLIDATION:MARMA+HSCT", BOTH),
    Waiver("exits-together:treatment:BLINA_2:OCTADAD+HSCT", BOTH),
    Waiver("exits-together:treatment:MARMA:OCTADAD+HSCT", BOTH),
    Waiver("exits-together:treatment:OCTADAD:MAINTENANCE+HSCT", BOTH),
    Waiver("exits-together:treatment:MAINTENANCE:END_OF_TREATMENT+HSCT", BOTH),
    Waiver("dead-end:registration:ENROLLED", "a patient stays enrolled, follow-up included, until off study"),
    Waiver("dead-end:follow_up:NOT_STARTED", "a screen failure has no follow-up"),
    Waiver(
        "impossible-guard:deviation:HSCT-GO-LAPSED",
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
)
