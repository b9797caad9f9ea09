"""Findings of the prover that were looked at and accepted."""

from pathway.language import Waiver

DOUBT = "only a clinician gets there: the row is what the doubt between blasts and flow is about, so that nothing is known before"

WAIVERS = (
    Waiver("dead-row:d46_response:lost=no,over=no,agrees=no", DOUBT),
    Waiver("dead-row:flow_endpoint:treated=yes,in_window=yes,negative=yes/no,agrees=no", DOUBT),
    Waiver("dead-end:registration:ENROLLED", "a patient who stays on trial stays enrolled, follow-up included"),
    Waiver("dead-end:transplant:DONOR_SEARCH", "the search goes on until a marrow is low enough, or the patient is off study"),
    Waiver("dead-end:transplant:NOT_INDICATED", "most patients never need a transplant"),
    Waiver("dead-end:transplant:WATCH", "the watch list has no end of its own"),
    Waiver("result-unread:series:COUNTS-BLINA", "start criteria of counts are the site's own"),
    Waiver("result-unread:series:COUNTS-CHEMO", "start criteria of counts are the site's own"),
)  # fmt: skip
