"""What is known of an Interfant-21 patient: facts, actions and adverse events."""

from pathway.language import (
    Action,
    AdverseEventType,
    Fact,
    Reading,
    TimePoint,
    Unit,
    assumption,
    public,
    registry,
)
from protocols.shared import cns, crs, icans, relapse, seriousness
from protocols.shared.blinatumomab_label import CRS, LIVER, NEUROTOXICITY, OTHER, SEIZURE
from protocols.shared.plausible_change import WEIGHT_FROM_BIRTH

SAMPLING_POINTS = ("EOI", "BL1-D15", "BL1-END", "EOC", "BL2-END", "PRE-OCTADAD", "PRE-HSCT", "OTHER")
"""Time points of marrow samples after diagnosis. The names TP1, TP2, TP3 are not used by any Interfant-21 text."""

AFTER_BLINATUMOMAB = ("BL1-END", "EOC", "BL2-END", "PRE-OCTADAD", "PRE-HSCT", "OTHER")
"""Where a marrow can tell whether transplant is possible: never before blinatumomab cycle 1 is over."""

COURSES = ("INDUCTION", "CONSOLIDATION", "MARMA", "OCTADAD", "MAINTENANCE")
CYCLES = (("cycle", ("1", "2")),)

BLASTS = (Unit("%"),)
FRACTION = (Unit("fraction"), Unit("%", "0.01"))
CELLS = (Unit("10^9/L"), Unit("G/L"), Unit("/uL", "0.001"))

CRS_SIGNS = crs.parts(public("B8"))
ICANS_SIGNS = icans.parts(public("B9"))
"""CAPD only: every patient is an infant."""

CNS_COUNTS = cns.parts(("DIAGNOSIS", "EOI"), public("B12", "B13"))
SAFETY = seriousness.parts(seriousness.Clocks(public("S21"), public("S20", "S22"), public("S19", "S20")))


FACTS = (
    # --- who and what
    Fact("birth_date", "date", "Date of birth", "coordinator", registry("age limit")),
    Fact("diagnosis_date", "date", "Date of diagnosis", "coordinator", registry("age limit")),
    Fact("consent", "choice", "Written informed consent of parent or guardian", "coordinator", registry(),
         values=("GIVEN", "REFUSED"), cardinality="latest"),
    Fact("disease", "choice", "Newly diagnosed or relapsed", "clinician", registry(), values=("NEW", "RELAPSED")),
    Fact("lineage", "choice", "Lineage by WHO, revised 4th edition 2017", "laboratory", registry(),
         values=("B_PRECURSOR", "MPAL_B", "MPAL_OTHER", "T_ALL", "OTHER")),
    Fact("kmt2a", "choice", "KMT2A, by split-signal FISH", "laboratory",
         public("P3", note="FISH was mandatory in Interfant-06"), values=("REARRANGED", "GERMLINE")),
    Fact("cd19", "choice", "CD19 on the blasts at diagnosis", "laboratory", registry(), values=("POSITIVE", "NEGATIVE")),
    Fact("weight", "number", "Body weight", "clinician", assumption(), units=(Unit("kg"), Unit("g", "0.001")),
         cardinality="latest", possible=("0.3", "40"), plausible=("1.5", "20"), details=("checked",), change=WEIGHT_FROM_BIRTH),
    Fact("bsa", "number", "Body surface area", "clinician", assumption(), units=(Unit("m2"),), cardinality="latest",
         possible=("0.05", "2"), plausible=("0.12", "0.8"), details=("checked",), change=WEIGHT_FROM_BIRTH),
    # --- treatment before diagnosis
    Fact("prior_steroid", "number",
         "Steroid before diagnosis as prednisone equivalent, one report a course; 0 says that there was none",
         "clinician", registry(), units=(Unit("mg/m2/day"),), cardinality="series", possible=("0", "2000"),
         details=("days", "route")),
    Fact("last_chemotherapy", "date", "Last day of any chemotherapy before diagnosis", "clinician", registry(), never=True,
         cardinality="ever"),
    # --- blood
    Fact("wbc", "number", "White cells in blood; the highest before the first steroid dose counts", "laboratory",
         public("P1", "P2", note="highest value before steroid: assumption"), units=CELLS, cardinality="max",
         possible=("0", "5000"), plausible=("0.1", "2000"), details=("checked",),
         window=TimePoint("", "until the first dose of prednisone, by the hour", assumption("section 4b: highest value before the first steroid dose"),
                          of="D1", last=0, hours=True)),
    Fact("blood_blasts", "number", "Blasts in blood, absolute", "laboratory", public("P6"),
         units=(Unit("/uL"), Unit("10^9/L", "1000")), points=("D8", "OTHER"), possible=("0", "5000000"),
         plausible=("0", "1000000"), details=("checked",)),
    Fact("neutrophils", "number", "Neutrophils, reported with each blood count", "laboratory", assumption("local start criteria"),
         units=CELLS, cardinality="series", possible=("0", "1000")),
    Fact("platelets", "number", "Platelets", "laboratory", assumption("local start criteria"), units=CELLS,
         cardinality="series", possible=("0", "5000")),
    # --- marrow, cerebrospinal fluid, other sites
    Fact("marrow_blasts", "number", "Blasts in marrow by morphology: M1 < 5 %, M2 5 to < 25 %, M3 >= 25 %", "laboratory",
         public("P13c"), units=BLASTS, points=("DIAGNOSIS", *SAMPLING_POINTS), possible=("0", "100")),
    Fact("mrd", "number", "Minimal residual disease in marrow", "laboratory", registry(), units=FRACTION,
         points=SAMPLING_POINTS, possible=("0", "1"), qualifiers=True, specimens=("marrow", "bone marrow"),
         details=("assay", "specimen", "sensitivity", "quantifiable_limit")),
    Fact("marker_sensitivity", "number", "Sensitivity of the patient's MRD marker", "laboratory", assumption(),
         units=FRACTION, cardinality="latest", possible=("0", "1"), details=("assay",)),
    Fact("cns", "choice", "CNS status by lumbar puncture and signs; entered, computed beside it where the counts are reported: rules for traumatic "
         "taps vary", "clinician", public("B12"), values=("CNS1", "CNS2", "CNS3"), points=("DIAGNOSIS", "EOI", "OTHER"),
         cardinality="latest"),
    Fact("extramedullary", "choice",
         "Disease outside marrow and CNS; RESOLVED: gone, or a mass reduced to a third or less", "clinician",
         public("P13a"), values=("NONE", "PRESENT", "RESOLVED"), points=("DIAGNOSIS", "EOI", "OTHER"), cardinality="latest"),
    # --- what speaks against blinatumomab
    Fact("hypersensitivity", "choice", "Hypersensitivity to blinatumomab or an excipient", "clinician", registry(),
         values=("NONE", "PROVEN"), cardinality="ever"),
    Fact("live_vaccine", "date", "Last live vaccine", "clinician", registry(), never=True, cardinality="ever"),
    Fact("live_vaccine_planned", "choice", "Is a live vaccine planned before the B cells have recovered?", "clinician",
         registry(), values=("YES", "NO"), cardinality="latest"),
    Fact("b_cells_recovered", "choice", "B cells and immunoglobulins recovered after blinatumomab", "laboratory",
         registry("the live-vaccine ban ends then; each cycle takes them away again: assumption"), values=("YES", "NO"),
         cardinality="latest", about=(("", "infusion_started"),)),
    # --- organs and transplant
    Fact("echo_clearance", "choice", "Echocardiogram, judged for the next anthracycline course or transplant", "clinician",
         assumption(), values=("CLEARED", "NOT_CLEARED"), cardinality="latest"),
    Fact("infection_clearance", "choice", "No infection speaks against transplant", "clinician", assumption(),
         values=("CLEARED", "NOT_CLEARED"), cardinality="latest"),
    Fact("donor", "choice", "Donor", "clinician", assumption(), values=("NONE", "FOUND", "READY"), cardinality="latest"),
    Fact("family_consent_hsct", "choice", "The family consents to transplant", "clinician", assumption(),
         values=("GIVEN", "REFUSED"), cardinality="latest"),
    Fact("conditioning_planned", "date", "Planned first day of conditioning", "clinician", assumption(), future=True,
         cardinality="latest"),
    # --- the signs of a day, for a grade beside the entered one
    *CRS_SIGNS.facts,
    *ICANS_SIGNS.facts,
    *CNS_COUNTS.facts,
    *SAFETY.facts,
    # --- suspected marrow relapse
    *relapse.facts("P13b"),
    Fact("survival", "choice", "Patient seen or reported alive", "coordinator", assumption("survival until the study's end"),
         values=("ALIVE",), alive=("ALIVE",), cardinality="latest"),
)  # fmt: skip

ACTIONS = (
    Action("first_prednisone", "First dose of prednisone: study day D1", assumption("day numbering")),
    Action("consent_withdrawn", "Consent withdrawn", registry(), ends="study"),
    Action("marrow_sampled", "Marrow taken, result still to come", assumption(),
           scopes=(("point", ("DIAGNOSIS", *SAMPLING_POINTS)),), repeats=True),
    Action("eoi_postponed", "End-of-induction marrow postponed for pancytopenia; to be renewed every 7 days",
           public("P9", note="pilot, citing Interfant-06"), role="clinician", details=("reason",), repeats=True),
    Action("it_given", "Lumbar puncture with intrathecal chemotherapy", public("P4"),
           scopes=(("course", ("PREPHASE", *COURSES[:-1])),), repeats=True, gives=True),
    Action("infusion_started", "Blinatumomab cycle started (b1)", registry(), scopes=CYCLES, details=("dose",), repeats=True),
    Action("infusion_paused", "Blinatumomab interrupted", public("B3"), scopes=CYCLES, details=("cause",), repeats=True),
    Action("infusion_resumed", "Blinatumomab resumed", public("B3"), scopes=CYCLES, details=("dose",), repeats=True),
    Action("infusion_stopped", "Blinatumomab stopped for good", public("B3"), scopes=CYCLES, details=("cause",), repeats=True),
    Action("infusion_ended", "Bag off: the cycle has ended", public("P7"), scopes=CYCLES, repeats=True),
    Action("bag_change_missed", "A bag change was missed by more than 4 hours", assumption(), scopes=CYCLES, repeats=True),
    Action("discharged", "Out of hospital after the first days of the cycle", public("B1"), scopes=CYCLES),
    Action("course_started", "Course of chemotherapy started", assumption(), scopes=(("course", COURSES),),
           details=("regimen",)),
    Action("course_ended", "Course of chemotherapy ended", assumption(), scopes=(("course", COURSES),)),
    Action("donor_search_started", "Donor search started", assumption()),
    Action("family_typed", "Family typed", assumption()),
    Action("conditioning_started", "Conditioning for transplant started", public("P18"), role="clinician"),
    Action("hsct_done", "Stem cells given", registry(), role="clinician"),
    Action("treatment_failure", "No remission: treatment failure stated by the team", assumption("time point to be set"),
           role="clinician", ends="treatment"),
    Action("relapse", "Relapse stated by the team", public("P13b"), role="clinician", details=("site",), ends="treatment"),
    Action("second_malignancy", "Second malignancy", assumption(), role="clinician", ends="treatment"),
    Action("treatment_stopped", "Protocol treatment ended early: toxicity, decision of physician or parents", assumption(),
           role="clinician", details=("cause",), ends="treatment"),
    Action("lost_to_follow_up", "Lost to follow-up", assumption(), repeats=True, ends="study"),
    Action("death", "Death", assumption(), details=("cause",), ends="life"),
    *SAFETY.actions,
    Action("study_closed", "The study has closed", assumption(), role="sponsor", ends="study"),
)  # fmt: skip

ADVERSE_EVENTS = (
    CRS,
    NEUROTOXICITY,
    SEIZURE,
    AdverseEventType("HYPERSENSITIVITY", "Proven hypersensitivity to blinatumomab or an excipient", registry()),
    LIVER,
    OTHER,
)  # fmt: skip

# Slots that several rules read.
CNS_EOI = Reading("cns", point="EOI")
CNS_BEFORE_BLINATUMOMAB = Reading("cns", points=("EOI", "OTHER"), until="BLINA1_START")
WBC_BEFORE_STEROID = Reading("wbc", until="D1")
EOI_MRD = Reading("mrd", point="EOI")
EOI_BLASTS = Reading("marrow_blasts", point="EOI")
BL1_MRD = Reading("mrd", point="BL1-END")
LATEST_MRD = Reading("mrd", points=AFTER_BLINATUMOMAB)
