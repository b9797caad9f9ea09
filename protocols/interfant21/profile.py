"""IF21-DEFAULT-0: every number that the public texts leave to the trial team, and the references that rules cite."""

from pathway.language import ProfileKey, assumption, public, registry
from protocols.interfant21.facts import SAFETY
from protocols.shared import blinatumomab_label

PROFILE = (
    ProfileKey("age_max_days", "days", "365", "highest age at diagnosis, in days", registry()),
    ProfileKey("young_rule", "months", "6", "calendar months of age under which an infant is young at diagnosis",
               assumption("month arithmetic; JPLSG used 180 days (P15)")),
    ProfileKey("wbc_hr_operator", "limit", ">= 300", "white cells (10^9/L) that count as high",
               assumption("Interfant-06 and -99 say >=, the German page >")),
    ProfileKey("ppr_operator", "limit", ">= 1000", "blood blasts per uL on day 8: poor response", public("P6")),
    ProfileKey("mr_high_operator", "limit", ">= 5e-4", "EOI MRD of MR-high", public("P1", "P2")),
    ProfileKey("cr_marrow", "limit", "< 1e-2", "EOI MRD of a marrow in remission; without MRD blasts < 5 %", public("P13a")),
    ProfileKey("eoi_mrd_realloc", "limit", None, "EOI MRD that by itself reallocates MR to HR (R3); no source states one",
               assumption()),
    ProfileKey("blina1_good", "limit", "< 1e-4", "BL1-END MRD of a good response", registry()),
    ProfileKey("blina1_equal_1e-4", "choice", "HR", "proposal for a BL1-END MRD of exactly 1e-4 (R2b), to be confirmed",
               assumption(), options=("HR", "MR")),
    ProfileKey("blina1_start", "study_day", "D36", "planned start of blinatumomab cycle 1", assumption()),
    ProfileKey("blina1_latest", "study_day", "D47", "latest start of blinatumomab cycle 1", assumption()),
    ProfileKey("blina_days", "days", "28", "infusion days of a blinatumomab cycle", public("P7", "B3")),
    ProfileKey("treatment_free_days", "days", "14", "days without treatment after a blinatumomab cycle",
               assumption("label cycle of 28 + 14 days (B6)")),
    ProfileKey("infusion_end_tolerance", "days", "1", "hours by which an infusion may end short and still be complete",
               assumption("bags are changed by the clock on the wall, which may have changed meanwhile")),
    ProfileKey("same_cycle_pause_max", "days", "7", "longest pause after which a cycle is simply completed", public("B3")),
    ProfileKey("live_vaccine_gap", "days", "28", "a live vaccine must lie more than so many days before a cycle",
               assumption("registry: 28 days; inclusive by assumption")),
    ProfileKey("consolidation_MR_low", "choice", "IB", "consolidation of MR-low", assumption("after P10"),
               options=("IB", "ADE_MAE", "REVIEW")),
    ProfileKey("consolidation_MR_high", "choice", "ADE_MAE", "consolidation of MR-high", assumption("after P10"),
               options=("IB", "ADE_MAE", "REVIEW")),
    ProfileKey("consolidation_HR", "choice", "REVIEW", "bridge course of HR: the team picks", assumption(),
               options=("IB", "ADE_MAE", "REVIEW")),
    ProfileKey("hsct_mrd", "limit", "< 1e-4", "marrow MRD that transplant requires", registry()),
    ProfileKey("hsct_mrd_stale", "days", "-3", "days from conditioning at which a marrow that is too old becomes critical; before, its renewal "
               "is a task", assumption()),
    ProfileKey("eoi_postponed_for", "days", "7", "days for which a postponement of the end-of-induction marrow silences the warning",
               assumption("to be renewed every 7 days (P9)")),
    ProfileKey("hsct_mrd_max_age", "days", "14", "greatest age of that marrow at conditioning", assumption()),
    ProfileKey("maintenance_end", "study_day", "D728", "end of maintenance (week 104)", assumption()),
    ProfileKey("result_turnaround", "days", "10", "days within which an MRD result is expected", assumption()),
    ProfileKey("eoi_sample_first", "study_day", "D26", "first day of a sample that counts as end of induction; earlier is reviewed",
               assumption("one week before D33")),
    ProfileKey("eoi_sample_last", "study_day", "D60", "last day of a sample that counts as end of induction; later is reviewed",
               assumption("room for a postponement for pancytopenia")),
    ProfileKey("bl1_sample_last", "days", "14", "days after bag off of cycle 1 on which a marrow still tells of it",
               assumption("the treatment-free interval")),
    *blinatumomab_label.PROFILE,
    *SAFETY.profile,
    # Not clinical: lengths that only let a simulated clock advance.
    ProfileKey("length_IB", "days", "42", "length of IB", assumption("placeholder"), simulation=True),
    ProfileKey("length_ADE", "days", "28", "length of ADE", assumption("placeholder"), simulation=True),
    ProfileKey("length_MAE", "days", "28", "length of MAE", assumption("placeholder"), simulation=True),
    ProfileKey("length_MARMA", "days", "56", "length of MARMA", assumption("placeholder"), simulation=True),
    ProfileKey("length_OCTADAD", "days", "56", "length of OCTADAD", assumption("placeholder"), simulation=True),
)  # fmt: skip

REFERENCES = (
    ("P1", "GPOH, kinderkrebsinfo.de: Interfant-21, page for professionals (English)"),
    ("P2", "GPOH, kinderkrebsinfo.de: Interfant-21, Studienportal (German)"),
    ("P3", "GPOH, kinderkrebsinfo.de: Interfant-06, closed trials"),
    ("P4", "Outcome of infants younger than 1 year with acute lymphoblastic leukemia treated with the Interfant-06 "
           "protocol. Blood 2018;132(Suppl 1), ASH abstract"),
    ("P5", "Improved outcome with hematopoietic stem cell transplantation in infants with MLL-rearranged ALL: results "
           "from the Interfant-99 study. Blood 2010;116(15):2644"),
    ("P6", "Prednisone response is the strongest predictor of treatment outcome in infant ALL. Blood 1999;94(4):1209"),
    ("P7", "Blinatumomab added to chemotherapy in infant lymphoblastic leukemia. N Engl J Med 2023, "
           "doi 10.1056/NEJMoa2214171 (pilot)"),
    ("P8", "Pilot study of blinatumomab in infants with KMT2A-rearranged ALL, conference abstract"),
    ("P9", "EudraCT 2016-004674-17, registry entry of the pilot (BlinFant)"),
    ("P10", "MRD has prognostic value in infant KMT2A-rearranged ALL (Interfant-06), report on the MRD study"),
    ("P11", "Interfant-06 MRD study, doi 10.1182/blood-2020-134303"),
    ("P12", "NCT05327894, registry text as mirrored"),
    ("P13a", "Ponte-di-Legno consensus on remission, treatment failure and relapse in paediatric ALL (2022): remission"),
    ("P13b", "Ponte-di-Legno consensus (2022): table of relapse definitions"),
    ("P13c", "Ponte-di-Legno consensus (2022): table of remission time points by group; M2/M3 bounds"),
    ("P14", "BFM phase B calendar, table in Blood"),
    ("P15", "Intensive chemotherapy in infant ALL (JPLSG). Blood 2019;134(Suppl 1):2626, ASH abstract"),
    ("P16", "Interfant-06 results, abstract of the J Clin Oncol publication as mirrored"),
    ("P17", "Blinatumomab plus chemotherapy in infants with KMT2A-r ALL, long-term results (report)"),
    ("P18", "Low rate of nonrelapse mortality in under-4-year-olds with ALL given chemotherapeutic conditioning (FORUM). "
            "Blood Adv 2024;8(2):416"),
    ("P19", "Interfant-99. Lancet 2007, doi 10.1016/S0140-6736(07)61126-X"),
    ("P20", "Interfant-21 in Belgium, BSPHO trial page"),
    ("B1", "Blinatumomab US label, Dosage and Administration: administration and hospitalisation"),
    ("B2", "Blinatumomab US label, Dosage and Administration: premedication and preparation"),
    ("B3", "Blinatumomab US label, Dosage and Administration: dosage modifications for adverse reactions"),
    ("B4", "Management of adverse events of blinatumomab, table of dose modifications (review, adult doses)"),
    ("B5", "Blinatumomab monograph: use in infants from 1 month, preservative and weight 5.4 kg"),
    ("B6", "Blinatumomab dosing by weight, table: 15 ug/m2/day, at most 28 ug/day below 45 kg; cycle of 28 + 14 days"),
    ("B7", "Blinatumomab product information, EU-type text: premedication"),
    ("B8", "ASTCT consensus grading of cytokine release syndrome, table"),
    ("B8b", "Blinatumomab US label, older administration text: do not flush the line"),
    ("B9", "ASTCT consensus grading of ICANS with CAPD below 12 years"),
    ("B10", "Blinatumomab, cytokine release syndrome: grades and management, table"),
    ("B11", "Blinatumomab US label, Warnings: elevated liver enzymes (copy)"),
    ("B12", "BMJ Best Practice, ALL: diagnostic criteria, CNS status"),
    ("B13", "CNS disease in childhood ALL: classes and the Steinherz-Bleyer rule (review)"),
    ("S19", "Seriousness of adverse events: the criteria (regulatory guidance)"),
    ("S20", "SUSAR reporting flow chart, EU Directive 2001/20/EC"),
    ("S21", "Regulation (EU) 536/2014, article 41"),
    ("S22", "ECRIN: safety reporting by country"),
    ("S8", "Adult consensus on MRD assessment in ALL: response terms, table"),
)  # fmt: skip

GAPS = (
    ("G1", "The HR white-cell limit (under, over, >= 300) and the age (older, younger than 6 months) differ between sources: "
           "HR = young and (WBC >= 300 or poor response)."),
    ("G2", "Exactly 0.01 % after blinatumomab: the registry text calls negative < 0.01 %, the public rule reallocates over "
           "0.01 %. R2b, to be confirmed."),
    ("G3", "The registry text reallocates for insufficient MRD response after induction without a threshold; public: only "
           "without remission. R3, key eoi_mrd_realloc, not set."),
    ("G4", "The registry text treats MR without good response according to current standard and also as HR with transplant. "
           "Both: no cycle 2, HR track."),
    ("G5", "Type of consolidation per stratum, days of courses, end of maintenance and the HR bridge are not public: profile."),
    ("G6", "Blinatumomab dose and start day in Interfant-21 itself: only pilot and label are public."),
    ("G7", "No MRD rule for patients without blinatumomab: Interfant-06 rule, MRD >= 1e-4 before OCTADAD asks for a decision."),
    ("G8", "Windows, turnaround, follow-up and secondary endpoints are not public: profile and defaults."),
    ("G9", "Premedication differs between US and EU label texts: the site's label edition."),
    ("G10", "The registry text gives the end of induction only as about day 33: D33."),
)  # fmt: skip
