"""INO-DLI-DEFAULT-0: every number that the registry text leaves to the trial team, the references, and the gaps."""

from pathway.language import ProfileKey, assumption, public, registry
from protocols.ino_dli.facts import SAFETY, VOD

ON_OFF = ("ON", "OFF")


def switch(key: str, text: str) -> ProfileKey:
    """A label rule that the trial team can switch off."""
    return ProfileKey(
        f"label_{key}",
        "choice",
        "ON",
        f"label rule: {text}",
        assumption("the trial's own rules are not public"),
        options=ON_OFF,
    )


PROFILE = (
    # --- cycles and doses
    ProfileKey("cycle1_days", "days", "21", "length of cycle 1; the label extends it to 28 for remission or recovery", public("L2", "L4")),
    ProfileKey("cycle2_days", "days", "28", "length of cycle 2", public("L2", "L4")),
    ProfileKey("dose_spacing", "days", "6", "least days between two doses", assumption("US label, table 1, footnote: passage not seen")),
    ProfileKey("dose_rounding", "number", "0.001", "doses are rounded to this, in mg", assumption()),
    ProfileKey("bsa_cap", "number", None, "largest body surface that counts, in m2", assumption()),
    ProfileKey("omit_after", "days", "7", "days of hold after which a dose within a cycle is omitted", assumption("EU SmPC table 4: passage not seen")),
    ProfileKey("reduce_after", "days", "14", "days of hold after which the next cycle is lowered by 25 %", assumption("EU SmPC table 4: passage not seen")),
    ProfileKey("review_after", "days", "28", "days of hold beyond which a permanent stop is considered", assumption("EU SmPC table 4: passage not seen")),
    ProfileKey("slot_days", "days", None, "days for which a place is kept without a first dose", assumption("not stated: places do not expire")),
    # --- label rules
    switch("vod", "VOD of any grade stops for good"),
    switch("liver", "liver tests hold each dose"),
    switch("reaction", "a severe infusion reaction stops for good"),
    switch("toxicity", "other toxicity of grade 2 holds each dose"),
    switch("counts", "blood counts hold the next cycle"),
    ProfileKey("liver_bilirubin", "limit", "> 1.5", "bilirubin (x ULN) that holds a dose; either test holds", public("L3", note="label: and/or unclear; either: assumption")),
    ProfileKey("liver_transaminase", "limit", "> 2.5", "AST or ALT (x ULN) that holds a dose; either test holds", public("L3", note="label: and/or unclear; either: assumption")),
    ProfileKey("liver_days", "days", "3", "days before a dose within which its liver tests are taken; older ones are not known", assumption()),
    ProfileKey("counts_days", "days", "3", "days before day 1 of cycle 2 within which neutrophils and platelets are counted; older ones are not known",
               assumption()),
    # --- evaluations
    ProfileKey("evaluation_months", "days", "1", "calendar months from the first dose to the evaluation", registry("1 month after InO; from day 1: assumption")),
    ProfileKey("evaluation_window", "days", "7", "days after that in which it may be done", assumption()),
    ProfileKey("evaluation_from", "days", "20", "days from the first dose of a cycle before which no marrow can be its evaluation",
               assumption("d21, the last day of a cycle of 21 days")),
    ProfileKey("recheck_from", "days", "14", "days from the first dose before which no sample can be the re-check before cycle 2",
               assumption("d15; after the last dose of cycle 1 in any case")),
    *(ProfileKey(f"lp{k}_months", "days", str(k - 1), f"calendar months from remission to lumbar puncture {k}",
                 registry("once a month after remission; first on the day of remission: assumption")) for k in range(1, 7)),
    # --- VOD, safety, follow-up
    *VOD.profile,
    ProfileKey("vod_watch", "days", "56", "days after the last dose for which VOD is watched for", public("L6", note="length: derived")),
    *SAFETY.profile,
    ProfileKey("follow_up_months", "days", "24", "calendar months of follow-up from the first dose", registry()),
)  # fmt: skip

REFERENCES = (
    ("L2", "Besponsa, US prescribing information, section 2: dosage and administration"),
    ("L3", "Besponsa, EU-type product information, dosing and dose modifications"),
    ("L4", "Besponsa, US prescribing information: recommended dosage and cycles (review)"),
    ("L5", "DeAngelo et al.: inotuzumab ozogamicin phase 1/2, fractionated doses"),
    ("L6", "Besponsa, EU-type product information: hepatotoxicity, VOD/SOS"),
    ("V7", "EBMT criteria of SOS/VOD in adults (2016), diagnosis"),
    ("V8", "EBMT criteria of SOS/VOD in children"),
    ("V9", "EBMT refined diagnostic criteria 2023, doi 10.1038/s41409-023-01992-8 as cited by s41409-024-02215-4"),
    ("V10", "EBMT criteria of SOS/VOD in adults (2016), severity"),
    ("H11", "Chinese consensus: relapse of acute leukaemia after allogeneic transplant"),
    ("S19", "Seriousness of adverse events: the criteria (regulatory guidance)"),
    ("S20", "SUSAR reporting flow chart, EU Directive 2001/20/EC"),
    ("S21", "Regulation (EU) 536/2014, article 41"),
    ("S22", "ECRIN: safety reporting by country"),
    ("G36", "PDQ: acute GvHD, organ stages"),
    ("G37", "Acute GvHD, overall grade by MAGIC (passage not seen)"),
    ("G38", "NIH consensus 2014 on chronic GvHD"),
)  # fmt: skip

GAPS = (
    ("G1", "Remission is <= 5 % blasts with floors for platelets and neutrophils; the usual limit is < 5 % and the usual CRi has no "
           "floor. The registry text's limits hold for this trial only."),
    ("G2", "The endpoint says CR rate, the dose rule CR or CRi: both rates are shown."),
    ("G3", "No inclusion or exclusion list is public; only B-ALL or lymphoma relapsed after transplant is implied."),
    ("G4", "Cycle length, number of cycles, what follows cycle 2, DLI timing and number, evaluation anchor: profile or a person."),
    ("G5", "Toxicity rules are the label's, not the trial's; each can be switched off."),
    ("G6", "A second transplant: not censored, shown."),
    ("G7", "NRM is called transplant-related although no transplant is part of the trial: death without progression."),
    ("G8", "When a place is asked for and how long it is kept without a first dose: not stated. Eligible patients ask; no end."),
    ("G9", "Lymphoma without marrow disease has no response criteria of its own: a clinician classifies."),
)  # fmt: skip
