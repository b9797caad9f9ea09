"""Consent to the study withdrawn: off study at once, and care goes on. Whoever never had the drug stays on the backbone."""

from pathway.language import (
    Decision,
    InPhase,
    Input,
    LedgerIs,
    Not,
    Recorded,
    Taken,
    all_of,
    any_of,
    assumption,
    row,
)

NOT_STARTED = LedgerIs("blina", ("not_started",))

TREATMENT_OVER = any_of(
    *(Recorded(act) for act in ("relapse", "second_malignancy", "treatment_stopped", "hsct_done", "lost_to_follow_up", "study_closed"))
)  # fmt: skip

CARE_AFTER_WITHDRAWAL = Decision(
    "CARE_AFTER_WITHDRAWAL",
    "Consent to the study is withdrawn before the drug: does care go on with the backbone alone?",
    inputs=(Input("before_drug", all_of(Recorded("consent_withdrawn"), NOT_STARTED)),),
    asked=Not(any_of(TREATMENT_OVER, *(Recorded("course_started", (("course", name),)) for name in ("CONSOLIDATION", "MAINTENANCE_1")))),
    rules=(
        row("BACKBONE_ONLY", assumption("nobody is left without a plan"), before_drug="yes"),
        row(None, assumption(), before_drug="no"),
    ),
    options=("BACKBONE_ONLY", "OTHER_CARE"),
    source=assumption("the registry text ends the study, and says nothing of care"),
    confirm="clinician",
    enacted=(("BACKBONE_ONLY", Recorded("course_started", (("course", "INDUCTION_2"),))),),
    ends_with="life",
)  # fmt: skip

ON_THE_BACKBONE = Taken("CARE_AFTER_WITHDRAWAL", ("BACKBONE_ONLY",))

OFF_CARE = any_of(
    all_of(Recorded("consent_withdrawn"), Not(NOT_STARTED)),
    Taken("CARE_AFTER_WITHDRAWAL", ("OTHER_CARE",)),
    *(Recorded(act) for act in ("lost_to_follow_up", "death", "study_closed")),
)
"""The end of care by this plan. Whoever withdraws from the study before the drug goes on with the backbone."""

STILL_TREATED = any_of(
    Not(
        any_of(
            *(Recorded(act) for act in ("consent_withdrawn", "lost_to_follow_up", "death", "study_closed"))
        )
    ),
    Not(InPhase("treatment", ("END_OF_TREATMENT", "OFF_TREATMENT"))),
)
"""On study, or off it and still treated by this plan: what is asked for the patient's sake goes on."""

DECISIONS = (CARE_AFTER_WITHDRAWAL,)
