"""Findings of the prover that were looked at and accepted."""

from pathway.language import Waiver
from protocols.hem_ismart.facts import BCL2_LESIONS

BCL2 = "+".join(f"alteration {lesion}" for lesion in BCL2_LESIONS)
DATABASE = "answers go to the trial's own quality-of-life database; whether they came is told in treatment"
NAMED = "what the molecular report does not name was not found; the report itself must be there"
LATER = "a subtrial stays a candidate until something is known to bar it; its own screening asks for all of it before a slot"

WAIVERS = (
    *(Waiver(f"unknown-as-no:criterion:{x}-BCL2:{BCL2}", NAMED) for x in ("B", "C", "E")),
    Waiver("unknown-as-no:criterion:E-GENERIC-TARGET:alteration OTHER-ACTIONABLE", NAMED),
    *(
        Waiver(f"unknown-as-no:decision:{table}:{barred}", LATER)
        for table in ("allocation", "allocation_suggestion", "ALLOCATION_DECISION")
        for barred in ("B-BCL2", "B-PRIOR", "C-BCL2", "D-WEIGHT", "E-BCL2")
    ),
    *(
        Waiver(f"unknown-as-no:decision:ALLOCATION_DECISION:{target}", LATER)
        for target in ("B-TARGET+B-BCL2+B-PRIOR+slot B", "C-TARGET+C-BCL2+slot C", "D-TARGET+D-WEIGHT+slot D",
                       "E-PAM-TARGET+E-BCL2+slot E", "E-GENERIC-TARGET+E-BCL2+slot E")
    ),
    Waiver("unknown-as-no:decision:DLT_JUDGEMENT[event=COUNTS]:anc EOC1|OTHER+platelets EOC1|OTHER",
           "counts that nobody reports by day 49 have not recovered: the meeting is asked"),
    Waiver("unknown-as-no:decision:dlt:dlt_evaluability", "a patient counts as evaluable or not by the rule until somebody says otherwise"),
    *(
        Waiver(f"unknown-as-no:decision:response[cycle={k}]:{site} ENTRY", "disease outside the marrow that nobody found at entry is none to follow")
        for k in ("1", "2", "3") for site in ("cns", "extramedullary")
    ),
    Waiver("unknown-as-no:decision:SPONSOR_APPROVAL[for=CYCLE_3]:response[cycle=2]",
           "without the response that lets cycle 3 follow, the sponsor is asked"),
    Waiver("result-unread:series:QOL-FOLLOW-UP", DATABASE),
    Waiver("result-unread:series:QOL-FOLLOW-UP-PROXY", DATABASE),
)  # fmt: skip
