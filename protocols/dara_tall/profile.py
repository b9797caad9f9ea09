"""DARA-TALL-DEFAULT-0: beyond title and population nearly nothing of this trial is public; all of this is to be replaced."""

from pathway.language import ProfileKey, assumption, public, registry
from protocols.dara_tall.facts import SAFETY

PROFILE = (
    ProfileKey("trial_status", "choice", "NOT_YET_RECRUITING", "status in the registry; nobody is enrolled before it recruits", registry(),
               options=("NOT_YET_RECRUITING", "RECRUITING", "SUSPENDED", "CLOSED")),
    ProfileKey("eligible_mrd", "limit", ">= 1e-4", "marrow MRD by flow that makes eligible", assumption()),
    ProfileKey("eligible_mrd_age", "days", "14", "greatest age of that marrow on day 1", assumption("inclusive")),
    ProfileKey("remission_blasts", "limit", "< 5", "marrow blasts (%) of a remission", assumption()),
    ProfileKey("first_dose", "choice", "WHOLE", "first dose: 16 mg/kg at once, or 8 mg/kg on d1 and d2", public("R7", note="the label permits the split"),
               options=("WHOLE", "SPLIT")),
    ProfileKey("dose_rounding", "number", "0.1", "doses are rounded to this, in mg; vials: the pharmacy's", assumption()),
    ProfileKey("mrd_negative", "limit", "< 1e-4", "MRD that is negative; the assay must be able to tell", assumption()),
    ProfileKey("evaluation_day", "days", "28", "days from d1 of a course to its MRD evaluation (d29)", assumption("after EA9213")),
    ProfileKey("evaluation_window", "days", "7", "days after that in which it may be done", assumption()),
    ProfileKey("evaluation_from", "days", "26", "days from d1 of a course before which no marrow can be its d29",
               assumption("two days early; after the last dose in any case")),
    ProfileKey("course_days", "days", "28", "length of a course", assumption()),
    ProfileKey("anew_after", "days", "90", "days since the last infusion after which rates start as for the first", public("R13", note="median gap 3.75 months; the rule: assumption")),
    ProfileKey("observe_hours", "days", "4", "hours of observation after the first infusion", assumption("most reactions come within 4 h (R13)")),
    ProfileKey("call_hours", "days", "73", "hours after the first infusion within which the family is called about delayed reactions", assumption("R13")),
    *SAFETY.profile,
)  # fmt: skip

REFERENCES = (
    ("R1", "NCT06570915, registry entry"),
    ("R3", "NCT05289687 (EA9213): daratumumab-hyaluronidase, MRD at day 29"),
    ("R5", "DELPHINUS (NCT03384654), Blood 2024;144(21), daratumumab in T-ALL"),
    ("R6", "Darzalex (intravenous), US prescribing information, section 2: premedication, dosage"),
    ("R7", "Darzalex, medical information: split first dose, lower infusion volumes, rates"),
    ("R8", "Darzalex, product information: interference with blood compatibility tests"),
    ("R10", "Darzalex, US prescribing information, section 2: infusion rates, missed doses, reactions"),
    ("R12", "Darzalex, US prescribing information, section 5: infusion-related reactions, ocular reactions"),
    ("R13", "Daratumumab, MAIA: frequency and time of infusion-related reactions, re-start after a gap"),
    ("R14", "Daratumumab pivotal trials: no dose modification, delay for cytopenia"),
    ("S19", "Seriousness of adverse events: the criteria (regulatory guidance)"),
    ("S20", "SUSAR reporting flow chart, EU Directive 2001/20/EC"),
    ("S21", "Regulation (EU) 536/2014, article 41"),
)  # fmt: skip

GAPS = (
    ("G1", "Eligibility, dose, number of doses and courses, intravenous or subcutaneous, with or without chemotherapy, MRD days and "
           "cut-off, endpoints, sample size and stopping rules are not public."),
    ("G2", "The registry text's 60 % for young adults is DELPHINUS's rate after cycle 1, not its overall response (80 %). No rule "
           "depends on it."),
    ("G3", "The registry text calls daratumumab humanized; the label says human. No rule depends on it."),
    ("G4", "Later infusions start at 100 mL/h by the older label text: no reaction at 100 mL/h or more in the first two. The newer: "
           "none in the one before."),
    ("G5", "Follow-up to 2028-09-01: reported as study_closed."),
    ("G6", "After a negative MRD: transplant, chemotherapy or observation, the investigator's choice."),
)  # fmt: skip
