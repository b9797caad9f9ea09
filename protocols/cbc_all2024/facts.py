"""What is known of a CBC-ALL2024-1 patient: facts, actions and adverse events."""

from pathway.language import (
    Action,
    AdverseEventType,
    Fact,
    Param,
    Reading,
    TimePoint,
    Unit,
    assumption,
    public,
    registry,
)
from protocols.shared import cns, crs, icans, relapse, seriousness
from protocols.shared.assays import FLOW, NGS
from protocols.shared.blinatumomab_label import CRS, LIVER, NEUROTOXICITY, OTHER, SEIZURE
from protocols.shared.plausible_change import WEIGHT_FROM_BIRTH

SAMPLING_POINTS = (
    "D19",
    "PRE-BLINA",
    "D46",
    "WATCH",
    "WEEK-12-16",
    "END-OF-CONSOLIDATION",
    "END-OF-TREATMENT",
    "PRE-HSCT",
    "OTHER",
)
"""Time points of marrow samples after diagnosis. WATCH: after two courses of HD-MTX, where D46 was 1e-4 to < 1e-2."""

AFTER_INDUCTION = SAMPLING_POINTS[2:]
COURSES = (
    "INDUCTION_2",
    "CONSOLIDATION",
    "MAINTENANCE_1",
    "REINDUCTION_1",
    "REINDUCTION_2",
    "MAINTENANCE_2",
    "HIGH_RISK",
)
HDMTX = ("1", "2", "3", "4")
LEVELS = ("20H", "44H", "68H", "LATER")
LEVEL_POINTS = tuple(f"C{n}-{level}" for n in HDMTX for level in LEVELS)
"""C1-44H: the level 44 to 48 h after the start of the first course."""

FRACTION = (Unit("fraction"), Unit("%", "0.01"))
CELLS = (Unit("10^9/L"), Unit("G/L"), Unit("/uL", "0.001"))
YES_NO = ("YES", "NO")

CRS_SIGNS = crs.parts(public("B8"))
ICANS_SIGNS = icans.parts(public("B9"), birth="birth_date")
CNS_COUNTS = cns.parts(("DIAGNOSIS",), public("B12", "B15"))
SAFETY = seriousness.parts(
    seriousness.Clocks(
        public("S21", note="China: assumption"),
        public("S20", "S22", note="China: assumption"),
        public("S19", "S20"),
    )
)

FACTS = (
    # --- who and what
    Fact("birth_date", "date", "Date of birth", "coordinator", registry("I1")),
    Fact("diagnosis_date", "date", "Date of diagnosis", "coordinator", assumption("the date used for I1")),
    Fact("consent", "choice", "Informed consent by subject or guardian, ethics-approved form", "coordinator", registry("I5"),
         values=("GIVEN", "REFUSED"), cardinality="latest"),
    Fact("morphology", "choice", "ALL on marrow morphology", "laboratory", registry("I2"), values=("ALL", "NOT_ALL")),
    Fact("immunophenotype", "choice", "Immunophenotype", "laboratory", registry("I3"),
         values=("B_ALL", "T_ALL", "MPAL", "OTHER")),
    Fact("provisional_risk", "choice", "Provisional risk, entered by a physician: the criteria of 2020 are not public",
         "clinician", registry("I4, E10"), values=("LR", "IR", "HR"), cardinality="latest"),
    Fact("surface_igm", "choice", "Surface IgM", "laboratory", registry("E1"), values=("POSITIVE", "NEGATIVE")),
    Fact("from_cml", "choice", "ALL evolved from CML", "clinician", registry("E2"), values=YES_NO),
    Fact("down_syndrome", "choice", "Down syndrome", "clinician", registry("E3"), values=YES_NO),
    Fact("congenital_disease", "choice", "Major congenital or hereditary disease", "clinician", registry("E3"),
         values=("NONE", "WITHOUT_ORGAN_DYSFUNCTION", "WITH_ORGAN_DYSFUNCTION")),
    Fact("secondary_leukaemia", "choice", "Other secondary leukaemia", "clinician", registry("E4"), values=YES_NO),
    Fact("cns", "choice", "CNS status by lumbar puncture and signs; entered, at diagnosis computed beside it where the counts are "
         "reported", "clinician",
         public("C10", note="registry: CNS involvement, not defined"), values=("CNS1", "CNS2", "CNS3"), points=("DIAGNOSIS", "IT"),
         cardinality="max"),
    Fact("epilepsy", "choice", "Epilepsy, ever", "clinician", registry("E6"), values=("NO", "YES"), cardinality="ever"),
    Fact("last_convulsion", "date", "Last convulsion before enrolment; later ones are adverse events", "clinician",
         registry("E6"), never=True, cardinality="ever"),
    Fact("immunodeficiency", "choice", "Known congenital immunodeficiency", "clinician", registry("E7"), values=YES_NO),
    Fact("metabolic_disease", "choice", "Known metabolic disease", "clinician", registry("E7"), values=YES_NO),
    Fact("heart_disease", "choice", "Congenital heart disease", "clinician", registry("E8"),
         values=("NONE", "WITHOUT_INSUFFICIENCY", "WITH_INSUFFICIENCY")),
    Fact("weight", "number", "Body weight; the last one before b1 decides the dose of blinatumomab", "clinician",
         public("B6"), units=(Unit("kg"), Unit("g", "0.001")), cardinality="latest", possible=("2", "200"), plausible=("2.5", "120"),
         change=WEIGHT_FROM_BIRTH),
    # --- treatment before D1
    Fact("prior_steroid", "number", "Glucocorticoid before D1 as prednisone, one report a course; 0 says that there was none",
         "clinician", registry("E9a"), units=(Unit("mg/m2/day"),), cardinality="series", possible=("0", "2000"), details=("days",)),
    Fact("prior_abl_inhibitor", "number", "ABL kinase inhibitor before D1, one report a course; 0 says that there was none",
         "clinician", registry("E9b"), units=(Unit("mg/day"),), cardinality="series", possible=("0", "2000"), details=("days", "drug")),
    Fact("last_chemotherapy", "date", "Last chemotherapy before D1", "clinician", registry("E9c"), never=True, cardinality="ever"),
    Fact("last_radiotherapy", "date", "Last radiotherapy before D1, leaving out emergency radiotherapy for airway compression",
         "clinician", registry("E9c"), never=True, cardinality="ever"),
    Fact("airway_radiotherapy", "date", "Emergency radiotherapy for airway compression; it does not exclude", "clinician",
         registry("E9c"), never=True, cardinality="ever"),
    # --- before the start of blinatumomab
    Fact("philadelphia", "choice", "Philadelphia chromosome, BCR-ABL1", "laboratory", assumption("H13"), values=("POSITIVE", "NEGATIVE")),
    Fact("cd19", "choice", "CD19 on the blasts", "laboratory", assumption("H13"), values=("POSITIVE", "NEGATIVE"),
         cardinality="latest"),
    Fact("hypersensitivity", "choice", "Hypersensitivity to blinatumomab or an excipient", "clinician",
         public("B5", note="label contraindication; not in the registry text"), values=("NONE", "KNOWN"), cardinality="ever"),
    Fact("neurology_check", "choice", "Neurological examination and seizure history before the start", "clinician", assumption(),
         values=("CLEARED", "NOT_CLEARED"), cardinality="latest",
         window=TimePoint("", "in the days before blinatumomab", assumption("section 3: D28 -3..0 d"), of="D1",
                          first=Param("neurology_opens"), until="BLINA_GIVEN", on_time=(24, 27))),
    # --- marrow
    Fact("mrd_flow", "number", "MRD in marrow by flow cytometry", "laboratory",
         registry("named for the end of induction; D19 by flow: assumption"), units=FRACTION, points=SAMPLING_POINTS,
         possible=("0", "1"), qualifiers=True, specimens=("marrow",), assays=FLOW,
         details=("assay", "sensitivity", "quantifiable_limit", "cells")),
    Fact("mrd_ngs", "number", "MRD in marrow by next-generation sequencing", "laboratory", registry(), units=FRACTION,
         points=SAMPLING_POINTS, possible=("0", "1"), qualifiers=True, specimens=("marrow",), assays=NGS,
         details=("assay", "sensitivity", "quantifiable_limit", "cells")),
    Fact("marrow_blasts", "number", "Blasts in marrow by morphology", "laboratory", public("B13"), units=(Unit("%"),),
         points=("DIAGNOSIS", *SAMPLING_POINTS), possible=("0", "100")),
    Fact("ngs_clone", "choice", "Clone in the diagnosis sample that NGS can follow", "laboratory", assumption(),
         values=("TRACKABLE", "NONE"), cardinality="latest"),
    # --- blood
    Fact("neutrophils", "number", "Neutrophils, reported with each blood count", "laboratory", assumption("local start criteria"),
         units=CELLS, cardinality="series", possible=("0", "1000")),
    Fact("mtx_level", "number", "Methotrexate in plasma", "laboratory", public("C5"), units=(Unit("umol/L"),),
         points=LEVEL_POINTS, cardinality="latest", possible=("0", "10000")),
    Fact("b_cells_recovered", "choice", "B cells and immunoglobulins recovered after blinatumomab", "laboratory", assumption(),
         values=YES_NO, cardinality="latest", about=(("", "infusion_started"),)),
    # --- organs and transplant
    Fact("echo_clearance", "choice", "Echocardiogram, judged for the anthracycline course or transplant that comes next",
         "clinician", assumption(), values=("CLEARED", "NOT_CLEARED"), cardinality="latest"),
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
    *relapse.facts("B14"),
    Fact("survival", "choice", "Patient seen or reported alive", "coordinator", assumption(), values=("ALIVE",), alive=("ALIVE",), cardinality="latest"),
)  # fmt: skip

CARE = ("consent_withdrawn",)
"""The exits from the study after which care goes on by this plan (withdrawal.py)."""

ACTIONS = (
    Action("first_steroid", "First dose of the dexamethasone prephase: study day D1", assumption("day numbering")),
    Action("enrolled", "Enrolled in the trial", assumption("else the day of the D19 result counts")),
    Action("consent_withdrawn", "Consent to the trial withdrawn", assumption(), ends="study"),
    Action("drug_consent_withdrawn", "Consent to blinatumomab withdrawn, not to the trial", assumption()),
    Action("marrow_sampled", "Marrow taken, result still to come", assumption(), scopes=(("point", ("DIAGNOSIS", *SAMPLING_POINTS)),), repeats=True),
    Action("d19_marrow_counts", "The D19 marrow counts as the marrow before blinatumomab", assumption("H14"), role="clinician"),
    Action("drug_ordered", "Drug, pump and bed ordered", assumption(), repeats=True),
    Action("discharged", "Out of hospital after the first days of blinatumomab", public("B1")),
    Action("infusion_started", "Blinatumomab started (b1)", registry(), details=("dose",)),
    Action("infusion_paused", "Blinatumomab interrupted", public("B3"), details=("cause",), repeats=True),
    Action("infusion_resumed", "Blinatumomab resumed", public("B3"), details=("dose",), repeats=True),
    Action("infusion_stopped", "Blinatumomab stopped for good", public("B3"), details=("cause",)),
    Action("infusion_ended", "Bag off: the course has ended", registry()),
    Action("bag_change_missed", "A bag change was missed by more than 4 hours", assumption(), repeats=True),
    Action("course_started", "Course of chemotherapy started", assumption(), scopes=(("course", COURSES),), details=("regimen",),
           gives_after=CARE),
    Action("course_ended", "Course of chemotherapy ended", assumption(), scopes=(("course", COURSES),)),
    Action("hdmtx_started", "High-dose methotrexate started: 24 h, 10 % in the first half hour; dose in g/m2", public("C5"),
           scopes=(("course", HDMTX),), details=("dose",), gives_after=CARE),
    Action("induction_2_planned", "Backbone part 2 planned in parallel", assumption()),
    Action("rescue_increased", "Leucovorin rescue increased", public("C5"), role="clinician", scopes=(("course", HDMTX),), repeats=True),
    Action("donor_search_started", "Donor search started", assumption(), repeats=True),
    Action("hla_typed", "HLA typing done", assumption(), repeats=True),
    Action("conditioning_started", "Conditioning for transplant started", assumption(), role="clinician"),
    Action("hsct_done", "Stem cells given", assumption(), role="clinician"),
    Action("relapse", "Relapse stated by the team", public("B14"), role="clinician", details=("site",), ends="treatment"),
    Action("second_malignancy", "Second cancer", assumption(), role="clinician", ends="treatment"),
    Action("treatment_stopped", "Protocol treatment ended early", assumption(), role="clinician", details=("cause",), ends="treatment"),
    Action("lost_to_follow_up", "Lost to follow-up", assumption(), ends="study"),
    Action("death", "Death", assumption(), details=("cause",), ends="life"),
    *SAFETY.actions,
    Action("study_closed", "The study has closed", assumption(), role="sponsor", ends="study"),
)  # fmt: skip

ADVERSE_EVENTS = (
    CRS,
    NEUROTOXICITY,
    SEIZURE,
    AdverseEventType("HYPERSENSITIVITY", "Hypersensitivity to blinatumomab or an excipient", public("B5")),
    LIVER,
    OTHER,
)

# Slots that several rules read.
RISK = Reading("provisional_risk")
D19_FLOW = Reading("mrd_flow", point="D19")
D46_FLOW = Reading("mrd_flow", point="D46")
D46_NGS = Reading("mrd_ngs", point="D46")
LATEST_FLOW = Reading("mrd_flow", points=AFTER_INDUCTION)
HSCT_FLOW = Reading("mrd_flow", points=AFTER_INDUCTION, since="RELAPSE_DAY")
