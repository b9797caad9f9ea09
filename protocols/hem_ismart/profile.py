"""HEM-ISMART-DEFAULT-0: what no public text says and a team must set, confirm or replace; the references, and the gaps."""

from pathway.language import ProfileKey, Source, assumption, public

SUBTRIALS = ("B", "C", "D", "E")
ORDER = ("B", "C", "D", "E_PAM")
PLACES = ("first", "second", "third", "fourth")

DRUGS = {
    "C": ("RUXOLITINIB", "VENETOCLAX", "DEXAMETHASONE", "CYCLOPHOSPHAMIDE", "CYTARABINE"),
    "D": ("TRAMETINIB", "DEXAMETHASONE", "CYCLOPHOSPHAMIDE", "CYTARABINE"),
    "E": ("CAPIVASERTIB", "VENETOCLAX", "DEXAMETHASONE"),
}
"""Drugs of the subtrials whose days nobody has published."""


NOT_SEEN: Source = assumption("not published: not set")


def day_key(subtrial: str, drug: str, cycle: str) -> str:
    """The key that holds the first day of a drug in cycle 1, or in cycle 2 and later."""
    return f"{subtrial}_{drug}_cycle{cycle}".lower()


def simon(subtrial: str) -> tuple[ProfileKey, ...]:
    """The two-stage design of a subtrial. Nothing of it has been published: the stage opens once a team has set it."""
    low, phase = subtrial.lower(), f"subtrial {subtrial}, phase II"
    return (
        ProfileKey(f"simon_p0_{low}", "number", None, f"{phase}: response rate that is not worth pursuing", NOT_SEEN),
        ProfileKey(f"simon_p1_{low}", "number", None, f"{phase}: response rate that is", NOT_SEEN),
        ProfileKey(f"simon_alpha_{low}", "number", None, f"{phase}: error of the first kind", NOT_SEEN),
        ProfileKey(f"simon_beta_{low}", "number", None, f"{phase}: error of the second kind", NOT_SEEN),
        ProfileKey(f"simon_kind_{low}", "choice", None, f"{phase}: optimal or minimax design", NOT_SEEN, options=("optimal", "minimax")),
        ProfileKey(f"simon_phase1_counts_{low}", "choice", "NO", f"{phase}: patients of phase I at the recommended dose count",
                   assumption("not published"), options=("YES", "NO")),
    )  # fmt: skip


def governed(subtrial: str) -> tuple[ProfileKey, ...]:
    """The trial design of a subtrial."""
    low = subtrial.lower()
    return (
        ProfileKey(f"rolling6_table_{low}", "choice", "P13", f"subtrial {subtrial}: version of the rolling-six table",
                   assumption("the trial's own table must be confirmed by the sponsor"), options=("P13", "P14")),
        ProfileKey(f"reservation_{low}", "days", "7", f"subtrial {subtrial}: days for which a slot stays reserved", assumption()),
        *simon(subtrial),
    )  # fmt: skip


PROFILE = (
    # --- allocation
    *(ProfileKey(f"suggest_{place}", "choice", value, f"{place} in the order of suggestion among several matching subtrials",
                 assumption("engine default, not protocol"), options=ORDER) for place, value in zip(PLACES, ORDER, strict=True)),
    ProfileKey("profiling_days", "days", None, "days from consent after which missing profiling is warned of", NOT_SEEN),
    ProfileKey("venetoclax_exclusion", "choice", "ALL_VEN", "subtrials that a BCL2 binding-site mutation excludes from",
               assumption("stated for B; presumably all with venetoclax"), options=("ALL_VEN", "B_ONLY")),
    # --- eligibility
    ProfileKey("age_at_18", "choice", "REVIEW", "18 years of age at first diagnosis: <= 18 (P2) or < 18 (P8)",
               assumption("the sources differ"), options=("REVIEW", "INCLUDED", "EXCLUDED")),
    ProfileKey("karnofsky_from", "months", "156", "months of age from which Karnofsky is used, Lansky below",
               assumption("<= 12 years read as completed years")),
    ProfileKey("heart_rule", "choice", "OR", "shortening fraction and/or ejection fraction", assumption("and/or is ambiguous"),
               options=("OR", "AND")),
    ProfileKey("lab_hours", "days", "48", "hours before the first dose within which organ function counts", public("P2")),
    ProfileKey("pregnancy_days", "days", "7", "days before the first dose within which a pregnancy test counts", public("P2")),
    ProfileKey("start_hour", "days", "9", "hour of the planned first dose", assumption()),
    ProfileKey("cgvhd_limit", "choice", "MODERATE", "least chronic GvHD (NIH) that excludes; the text says grade 2", assumption(),
               options=("MILD", "MODERATE")),
    ProfileKey("entry_mrd", "choice", "REVIEW", "high MRD in morphological remission at entry: judged, or by high_mrd",
               assumption("no threshold is published"), options=("REVIEW", "LIMIT")),
    ProfileKey("high_mrd", "limit", None, "MRD that is high at entry, while entry_mrd is LIMIT", NOT_SEEN),
    # --- cycles
    ProfileKey("cycle_days", "days", "28", "length of a cycle", public("P2", "P8", note="E: assumption")),
    ProfileKey("recovery_end", "study_day", "D49", "last day of haematological recovery", public("P8", note="E: assumption")),
    ProfileKey("recovered_anc", "limit", ">= 0.5", "neutrophils (10^9/L) that have recovered", assumption("not published")),
    ProfileKey("recovered_platelets", "limit", ">= 50", "platelets (10^9/L) that have recovered", assumption("not published")),
    ProfileKey("c3_response", "choice", "CR", "what counts as CR at the end of cycle 2 for cycle 3", public("P8", note="CR read strictly"),
               options=("CR", "CR_CRp_CRi")),
    ProfileKey("dasatinib_last_day_c1", "study_day", None, "subtrial B, cycle 1: last day of dasatinib; the text says 28 days and d1-14",
               assumption("the source contradicts itself")),
    *(ProfileKey(day_key(s, drug, c), "study_day", None, f"subtrial {s}, {drug.lower()}: first day in cycle {c}{'' if c == '1' else ' and later'}",
                 NOT_SEEN) for s, drugs in DRUGS.items() for drug in drugs for c in ("1", "2")),
    *(ProfileKey(f"it_{n}_day", "study_day", None, f"intrathecal treatment {n} of a cycle{', CNS2 or CNS3 only' if n > 2 else ''}", NOT_SEEN)
      for n in (1, 2, 3, 4)),
    ProfileKey("pk_day", "study_day", None, "day of cycle 1 for the first pharmacokinetic samples", NOT_SEEN),
    # --- response
    ProfileKey("mrd_negative", "limit", "<= 1e-4", "MRD that is negative, by flow, inclusive", public("P2")),
    ProfileKey("cr_anc", "limit", ">= 1", "neutrophils (10^9/L) of CR and CRp", assumption("not published")),
    ProfileKey("cr_platelets", "limit", ">= 100", "platelets (10^9/L) of CR", assumption("not published")),
    ProfileKey("response_without_evaluation", "choice", "NO", "responder, if the patient died or left before the evaluation",
               assumption("by intention to treat"), options=("NO", "INEVALUABLE")),
    ProfileKey("failure_date", "choice", "EOC1", "date of a failure to remit: evaluation of cycle 1, or C1D1", assumption(),
               options=("EOC1", "DAY0")),
    ProfileKey("evaluation_from", "study_day", "D23", "first day of a cycle on which marrow, counts and imaging can be of its end",
               assumption("five days early")),
    ProfileKey("evaluation_to", "study_day", "D56", "last day on which marrow and imaging can be; counts only to recovery_end",
               assumption("the marrow of a patient whose counts have until D49 may come a week later")),
    # --- DLT
    ProfileKey("dlt_window", "study_day", "D28", "last day of the DLT window, inclusive", assumption("public: course 1 only")),
    ProfileKey("inevaluable_below", "limit", None, "share of the planned doses (%) of cycle 1 that is too small to judge DLT: < X", NOT_SEEN),
    # --- quality of life, follow-up
    ProfileKey("qol_adult_from", "months", "216", "months of age from which the young-adult form is used", assumption()),
    ProfileKey("follow_up_months", "months", "84", "months of follow-up from C1D1", public("P2")),
    # --- trial design
    *(key for s in SUBTRIALS for key in governed(s)),
)  # fmt: skip

REFERENCES = (
    ("P2", "ClinicalTrials.gov NCT05751044, subtrial B"),
    ("P4", "ClinicalTrials.gov NCT05658640, subtrial D"),
    ("P5", "ClinicalTrials.gov NCT05745714, subtrial C"),
    ("P6", "ClinicalTrials.gov NCT07175415, subtrial E"),
    ("P7", "ClinicalTrials.gov NCT05740449, subtrial A"),
    ("P8", "BSPHO: HEM-iSMART in Belgium"),
    ("P9", "Swiss register of human research: record on HEM-iSMART B, C, D"),
    ("P11", "Princess Maxima Center: HEM-iSMART subprotocol D"),
    ("P13", "Table 2 of PMC7221509: rolling six and 3+3 side by side"),
    ("P15", "Simon 1989: optimal two-stage designs for phase II clinical trials"),
    ("P16", "DFCI: phase I of venetoclax by rolling six, a comparable trial"),
    ("P17", "A published example of a rule for DLT evaluability"),
    ("P18", "PedsQL: generic and cancer modules, self and proxy forms"),
    ("S20", "SUSAR reporting flow chart, EU Directive 2001/20/EC"),
    ("S21", "Regulation (EU) 536/2014, article 41"),
    ("S22", "ECRIN: safety reporting by country"),
)  # fmt: skip

GAPS = (
    ("G1", "Countries and sites: 36 sites, 14 European countries and Israel in the registry text; 33 and 13 in the record of B; the Swiss "
           "record adds the fourteenth. Activation is recorded site by site, never assumed."),
    ("G2", "Status of B: to be activated Q3 2025 (registry text), recruiting with an estimated start (record). Kept as notes with their dates."),
    ("G3", "Target of B: ABL1 fusions (registry text) or wider (record: PDGFRB, ABL1 amplification, IC50). The wider list is used."),
    ("G4", "The Belgian notice speaks of T-ALL and T-LBL only; two B-ALL are enrolled. Both lineages are accepted."),
    ("G5", "MRD is negative at <= 1e-4, inclusive; the usual limit is < 1e-4. This trial's holds here."),
    ("G6", "Dasatinib in cycle 1: 28 days, or days 1-14? Not set."),
    ("G7", "MR counts as a response in lymphoma, but does not open cycle 2."),
    ("G8", "Not public: doses, list of DLTs, evaluability, parameters of Simon's design, what to do with several targets, quality-of-life "
           "instruments and days, limits of CR, entry MRD, calendars of C, D and E, formulations by country, exit to CAR-T, inclusion in a "
           "second subtrial."),
    ("G9", "Number and timing of relapses, definition of refractory and least marrow disease at entry are not stated: a clinician says R/R."),
    ("G10", "PR in leukaemia is not defined: M3 at entry and M2 now. Extramedullary disease that was not there at entry and is not reported "
            "counts as absent."),
    ("G11", "Shared eligibility rows are those of B's record; that they are the master protocol's is probable, not confirmed."),
    ("G12", "An actionable lesion whose subtrial excludes the patient does not make them unselected: the meeting decides about E."),
)  # fmt: skip
