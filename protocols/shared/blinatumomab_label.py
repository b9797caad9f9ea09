"""Blinatumomab by its label: the adverse events, and what each grade (CTCAE) asks for. Doses are worded by the trial.

Newer labels grade neurotoxicity with ICANS; their table was not seen. Some reviews stop after any grade 4 or any seizure: a
trial that takes them replaces the rows.
"""

from pathway.language import (
    AdverseEventRule,
    AdverseEventType,
    Param,
    ProfileKey,
    Restart,
    assumption,
    public,
)

CRS = AdverseEventType("CRS", "Cytokine release syndrome", public("B8", note="label actions were written for CTCAE grades: B10"),
                       scales=("ASTCT", "CTCAE"))  # fmt: skip
NEUROTOXICITY = AdverseEventType("NEUROTOXICITY", "Neurotoxicity, ICANS; below 12 years graded with CAPD", public("B9"),
                                 scales=("ASTCT", "CTCAE"))  # fmt: skip
SEIZURE = AdverseEventType("SEIZURE", "Seizure", public("B3", "B4"), occurrences=True)
LIVER = AdverseEventType(
    "LIVER", "Liver: grade 3 is AST or ALT over 5 x ULN, or bilirubin over 3 x ULN", public("B11")
)
OTHER = AdverseEventType("OTHER", "Other clinically relevant adverse event", public("B4"))


PROFILE = (
    ProfileKey("neuro3_at_low_dose", "choice", "STOP", "neurotoxicity of grade 3 that comes at the low dose, be it the first: stop for good, or hold",
               assumption("the trials' tables stop at a recurrence, the shared rules at any (section 8): the stricter"), options=("STOP", "HOLD")),
)  # fmt: skip

LABEL_SILENT = assumption("the label asks for nothing at this grade")


def rules(
    low: str, full: str, note: str, dexamethasone: str = "5 mg/m2 (max 8 mg)"
) -> tuple[AdverseEventRule, ...]:
    """The table. `low`, `full`: the dose after an interruption, and what it is stepped up to; `note`: which label text."""
    return (
        AdverseEventRule("CRS-1", "CRS", (1, 1), "continue", "continue, supportive care", public("B10")),
        AdverseEventRule("CRS-2", "CRS", (2, 2), "consider_pause", "continue, supportive care; consider interruption", public("B10")),
        AdverseEventRule("CRS-3", "CRS", (3, 3), "interrupt",
                         f"interrupt; dexamethasone {dexamethasone} every 8 h up to 3 days, taper over 4; when resolved "
                         f"{low}, to {full} after 7 days if it does not recur", public("B3", note=note),
                         restart=Restart(grade_at_most=0, low_days=7, anew_if_above=True)),
        AdverseEventRule("CRS-4", "CRS", (4, 5), "stop", "stop for good; dexamethasone as for grade 3", public("B3", note=note)),
        AdverseEventRule("NEURO-1", "NEUROTOXICITY", (1, 2), "continue", "continue, supportive care", LABEL_SILENT),
        AdverseEventRule("NEURO-3", "NEUROTOXICITY", (3, 3), "interrupt",
                         f"hold until grade <= 1 for 3 days, restart at {low}, to {full} after 7 days of grade <= 1; stop for good if it "
                         "comes at the low dose or takes more than 7 days to resolve; again at the full dose: a clinician decides",
                         public("B3", "B4", note=f"{note}; again at the full dose, grade 2 at the low dose: assumption, one text stops at any "
                                                 "recurrence"),
                         restart=Restart(grade_at_most=1, for_days=3, low_days=7, resolve_within_days=7,
                                         stop_if_recurs_at_low_dose=True, review_if_recurs=True,
                                         stop_if_at_low_dose=Param("neuro3_at_low_dose"), anew_if_above=True)),
        AdverseEventRule("NEURO-4", "NEUROTOXICITY", (4, 5), "stop", "stop for good", public("B4", note=note)),
        AdverseEventRule("SEIZURE-2", "SEIZURE", (1, 5), "stop", "more than one seizure: stop for good",
                         public("B3", "B4", note=note), nth=2),
        AdverseEventRule("LIVER-1", "LIVER", (1, 2), "continue", "continue, check again", LABEL_SILENT),
        AdverseEventRule("LIVER-3", "LIVER", (3, 3), "interrupt", "AST or ALT over 5 x ULN, or bilirubin over 3 x ULN: interrupt",
                         public("B11", note="when to go on is not said: grade <= 1: assumption"), restart=Restart(grade_at_most=1)),
        AdverseEventRule("LIVER-4", "LIVER", (4, 5), "review", "consider stopping for good", public("B4", note=note)),
        AdverseEventRule("OTHER-1", "OTHER", (1, 2), "continue", "continue, supportive care", LABEL_SILENT),
        AdverseEventRule("OTHER-3", "OTHER", (3, 3), "interrupt",
                         f"hold until grade <= 1 for 3 days, restart at {low}, to {full} after 7 days; stop for good if it takes "
                         "more than 14 days to resolve", public("B4", note=note),
                         restart=Restart(grade_at_most=1, for_days=3, low_days=7, resolve_within_days=14)),
        AdverseEventRule("OTHER-4", "OTHER", (4, 5), "review", "consider stopping for good", public("B4", note=note)),
    )  # fmt: skip
