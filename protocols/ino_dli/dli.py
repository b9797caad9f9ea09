"""Donor lymphocytes: four conditions, and what is not known holds them; it never counts as negative."""

from pathway.language import (
    Always,
    Dates,
    Day,
    Decision,
    Doses,
    Input,
    Is,
    Not,
    Reached,
    Reading,
    Recorded,
    Taken,
    all_of,
    any_of,
    assumption,
    registry,
    row,
)
from protocols.ino_dli.inotuzumab import VOD_FOUND
from protocols.shared import gvhd

ALWAYS = Always()
VOD_BEFORE = all_of(VOD_FOUND, any_of(Not(Reached("DLI_DAY")), Dates(Day("VOD_DAY"), "<=", Day("DLI_DAY"))))
"""What comes after the lymphocytes, GvHD above all, is no reason against having given them."""

# What the findings give holds the lymphocytes too, whatever was entered; findings alone never clear them.
ACUTE_NOW = all_of(
    gvhd.ACUTE_FOUND, any_of(Not(Reached("DLI_DAY")), Dates(Day("AGVHD_DAY"), "<=", Day("DLI_DAY")))
)
CHRONIC_NOW = all_of(
    gvhd.CHRONIC_FOUND, any_of(Not(Reached("DLI_DAY")), Dates(Day("CGVHD_DAY"), "<=", Day("DLI_DAY")))
)

SEVERE = Decision(
    "agvhd_severe",
    "Acute GvHD of grade III or IV by its findings, now or before",
    inputs=(Input("grade", "agvhd_grade"),),
    rules=(
        row("YES", registry("no previous grade III-IV"), grade=("III", "IV")),
        row("NO", registry(), grade=("0", "I", "II")),
        row(None, registry(), grade="none"),
    ),
    options=("YES", "NO"),
    source=registry(),
    latches=("YES",),
)
SEVERE_BEFORE = all_of(
    Taken("agvhd_severe", ("YES",)),
    Not(gvhd.ACUTE_FOUND),
    any_of(Not(Reached("DLI_DAY")), Dates(Day("AGVHD_SEVERE_DAY"), "<=", Day("DLI_DAY"))),
)

DLI = Decision(
    "dli",
    "Donor lymphocytes: no earlier grade III-IV acute GvHD, no HLA loss, no acute and no chronic GvHD now",
    inputs=(
        Input("severe_before", any_of(Is(Reading("prior_agvhd"), ("III", "IV")), SEVERE_BEFORE), closed=("unknown", ALWAYS)),
        Input("hla_lost", Is(Reading("hla_loss", until="DLI_DAY"), ("POSITIVE",)), closed=("unknown", ALWAYS)),
        Input("acute", any_of(Is(Reading("agvhd", until="DLI_DAY"), ("PRESENT",)), ACUTE_NOW), closed=("unknown", ALWAYS)),
        Input("chronic", any_of(Is(Reading("cgvhd", until="DLI_DAY"), ("MILD", "MODERATE", "SEVERE")), CHRONIC_NOW),
              closed=("unknown", ALWAYS)),
        Input("vod", VOD_BEFORE),
    ),
    rules=(
        row("NOT_INDICATED", registry(), "", "earlier grade III-IV acute GvHD", severe_before="yes"),
        row("NOT_INDICATED", registry(), "", "HLA loss: lymphocytes of the same donor cannot see the leukaemia",
            severe_before=("no", "unknown"), hla_lost="yes"),
        row("HOLD", assumption("missing is not negative"), severe_before="unknown", hla_lost=("no", "unknown")),
        row("HOLD", assumption("missing is not negative"), severe_before="no", hla_lost="unknown"),
        row("HOLD", registry(), "", "acute GvHD now, or not known", severe_before="no", hla_lost="no", acute=("yes", "unknown")),
        row("HOLD", registry(), "", "chronic GvHD now, or not known", severe_before="no", hla_lost="no", acute="no", chronic=("yes", "unknown")),
        row("HOLD", assumption(), "", "VOD", severe_before="no", hla_lost="no", acute="no", chronic="no", vod="yes"),
        row("ELIGIBLE", registry(), severe_before="no", hla_lost="no", acute="no", chronic="no", vod="no"),
    ),
    options=("ELIGIBLE", "HOLD", "NOT_INDICATED"),
    source=registry("an earlier grade I-II that resolved does not exclude"),
    asked=Reached("DAY0"),
)  # fmt: skip

DLI_GO = Decision(
    "DLI_GO",
    "Give donor lymphocytes? When, how often and from whom is not public",
    inputs=(Input("dli", "dli"),),
    rules=(
        row("GIVE", registry(), dli="ELIGIBLE"),
        row(None, registry(), dli=("HOLD", "NOT_INDICATED", "none")),
    ),
    options=("GIVE", "DO_NOT_GIVE"),
    source=registry("indication; timing and number: not stated (G4)"),
    confirm="clinician",
    asked=any_of(Reached("REMISSION"), Reached("DLI_PLANNED")),
    enacted=(("GIVE", Recorded("dli_given")),),
)

DECISIONS = (SEVERE, DLI, DLI_GO)

DOSE_LEDGERS = (
    Doses(
        "dli",
        "Donor lymphocytes",
        item="DLI-DOSE",
        scope=(),
        labels=("1",),
        days=(1,),
        amounts=(("GIVE", ("10000000",)),),
        by="DLI_GO",
        unit="CD3+/kg",
        size=Reading("weight"),
        measure="CD3+ cells",
        rounding="1",
        start="DLI_PLANNED",
        given="dli_given",
        omitted="dli_omitted",
        stopped="dli_stopped",
        source=registry("1 x 10^7 CD3+ cells per kg; actual weight: assumption"),
        asked=all_of(Taken("dli", ("ELIGIBLE",)), any_of(Reached("REMISSION"), Reached("DLI_PLANNED"))),
        cancelled=any_of(Reached("DEATH_DAY"), Reached("WITHDRAWAL"), Taken("DLI_GO", ("DO_NOT_GIVE",))),
    ),
)
