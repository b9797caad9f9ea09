"""Eligibility: what the registry text implies. Everything else about it is not public (G3)."""

from pathway.language import (
    Crit,
    Criterion,
    Decision,
    Input,
    Is,
    Not,
    Reading,
    Recorded,
    all_of,
    assumption,
    public,
    registry,
    row,
)

CRITERIA = (
    Criterion("CONSENT", "written informed consent, not withdrawn", "inclusion",
              all_of(Is(Reading("consent"), ("GIVEN",)), Not(Recorded("consent_withdrawn"))), assumption()),
    Criterion("DISEASE", "B-ALL or B-lymphoblastic lymphoma", "inclusion",
              Is(Reading("disease"), ("B_ALL", "B_LBL", "B_LBL_NO_MARROW")), registry()),
    Criterion("RELAPSE-AFTER-HSCT", "relapse after allogeneic transplant", "inclusion", Is(Reading("relapse_after_hsct"), ("YES",)),
              registry("definition: H11")),
)  # fmt: skip

ELIGIBILITY = Decision(
    "eligibility",
    "May the patient be enrolled?",
    inputs=(
        Input("consent", Crit("CONSENT")),
        Input("disease", Crit("DISEASE")),
        Input("relapse", Crit("RELAPSE-AFTER-HSCT")),
    ),
    rules=(
        row("ELIGIBLE", registry(), consent="yes", disease="yes", relapse="yes"),
        row("NOT_ELIGIBLE", registry(), disease="no"),
        row("NOT_ELIGIBLE", registry(), disease="yes", relapse="no"),
        row("NOT_ELIGIBLE", assumption(), disease="yes", relapse="yes", consent="no"),
    ),
    options=("ELIGIBLE", "NOT_ELIGIBLE"),
    source=public("H11", note="everything else is not public (G3)"),
    settled_by="DAY0",
)  # fmt: skip
