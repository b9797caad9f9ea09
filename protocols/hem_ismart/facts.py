"""What is known of a HEM-iSMART patient: facts, actions and adverse events."""

from pathway.language import (
    Action,
    AdverseEventType,
    Fact,
    Reading,
    Unit,
    assumption,
    public,
    registry,
    slot_fact,
)
from protocols.hem_ismart.profile import SUBTRIALS
from protocols.shared.assays import FLOW
from protocols.shared.cns import CLASSES as CNS
from protocols.shared.plausible_change import WEIGHT

B_LESIONS = ("NUP214::ABL1", "ABL1-FUSION", "ABL1-AMPLIFICATION", "PDGFRB-FUSION")
C_LESIONS = ("CRLF2", "EPOR", "JAK1", "JAK2", "JAK3", "IL7R", "SH2B3", "USP9X-DDX3X", "STAT5B", "DNM2", "PTPN2", "P2RY8-FUSION",
             "JAK-STAT-OTHER")  # fmt: skip
D_LESIONS = ("KRAS", "NRAS", "HRAS", "FLT3", "PTPN11", "MAP2K1", "CBL", "NF1-DELETION", "RAS-MAPK-OTHER")
PAM_LESIONS = ("PI3K-AKT-MTOR",)
BCL2_LESIONS = ("BCL2-G101V", "BCL2-F104L", "BCL2-F104C")
LESIONS = (*B_LESIONS, *C_LESIONS, *D_LESIONS, *PAM_LESIONS, "OTHER-ACTIONABLE", *BCL2_LESIONS)

EXCLUSIONS = (
    "HEPATITIS-HIV",
    "INFECTION",
    "COVID",
    "TUBERCULOSIS",
    "BONE",
    "GI-MALABSORPTION",
    "BREAST-FEEDING",
    "HYPERSENSITIVITY",
)
CYCLES = ("1", "2", "3")
STARTABLE = (*CYCLES, "4", "5", "6")
EVALUATIONS = ("EOC1", "EOC2", "EOC3")
POINTS = ("ENTRY", *EVALUATIONS, "OTHER")
QOL_POINTS = ("BASELINE", *EVALUATIONS, "FOLLOW-UP")
TREATMENTS = ("1", "2", "3", "4")
REASONS = ("HSCT", "OTHER_CONSOLIDATION", "NR", "PD_RELAPSE", "TOXICITY", "DLT", "WITHDRAWAL", "COMPLETED")
DLT_EVENTS = (
    "INFECTION",
    "FEBRILE_NEUTROPENIA",
    "HEPATIC",
    "CARDIAC",
    "NEUROLOGICAL",
    "SKIN",
    "TUMOUR_LYSIS",
    "OTHER",
)

CELLS = (Unit("10^9/L"), Unit("G/L"), Unit("/uL", "0.001"))
ULN, PERCENT, DAYS = (Unit("xULN"),), (Unit("%"),), (Unit("d"),)
YES_NO = ("YES", "NO")


def latest(
    id: str,
    text: str,
    *values: str,
    points: tuple[str, ...] = (),
    details: tuple[str, ...] = (),
    labels: bool = False,
    ever: bool = False,
    ever_at: tuple[str, ...] = (),
) -> Fact:
    """A choice that a clinician reports; the latest counts, or what was `ever` so, in the order of the values."""
    return Fact(
        id,
        "choice",
        text,
        "clinician",
        public("P2"),
        values=values,
        points=points,
        cardinality="ever" if ever else "latest",
        details=details,
        labels=labels,
        ever_at=ever_at,
    )


def lab(id: str, text: str, units: tuple[Unit, ...], highest: str, points: tuple[str, ...] = ()) -> Fact:
    """A number from the laboratory; the latest counts."""
    return Fact(
        id,
        "number",
        text,
        "laboratory",
        public("P2"),
        units=units,
        cardinality="latest",
        possible=("0", highest),
        points=points,
    )


def last(id: str, text: str) -> Fact:
    """When something was last given or done, or NEVER: the latest day counts, whichever was entered last."""
    return Fact(id, "date", text, "clinician", public("P2"), never=True, cardinality="ever")


FACTS = (
    # --- who
    Fact("consent", "choice", "Informed consent of parents or legal guardian, and patient", "coordinator", public("P2"), values=("GIVEN", "REFUSED"),
         cardinality="latest"),
    Fact("assent", "choice", "Age-appropriate assent", "coordinator", public("P2"), values=("GIVEN", "NOT_REQUIRED", "REFUSED"),
         cardinality="latest"),
    Fact("birth_date", "date", "Date of birth", "coordinator", public("P2")),
    Fact("diagnosis_date", "date", "First diagnosis", "clinician", public("P2")),
    Fact("disease", "choice", "Disease", "clinician", registry(), values=("B_ALL", "T_ALL", "B_LBL", "T_LBL", "OTHER")),
    latest("disease_status", "Relapsed or refractory; number of relapses and definition of refractory: not stated", "RELAPSED", "REFRACTORY",
           "NEITHER"),
    Fact("weight", "number", "Body weight", "clinician", public("P4"), units=(Unit("kg"),), cardinality="latest", possible=("2", "300"),
         plausible=("5", "150"), change=WEIGHT),
    Fact("karnofsky", "number", "Karnofsky performance", "clinician", public("P2"), cardinality="latest", possible=("0", "100")),
    Fact("lansky", "number", "Lansky play performance", "clinician", public("P2"), cardinality="latest", possible=("0", "100")),
    latest("oral_intake", "Can swallow capsules, or a solution is allowed; tube only if indicated", *YES_NO),
    # --- profiling
    Fact("molecular_report", "choice", "Advanced molecular profiling reported: of the relapsed or refractory disease, or of diagnosis only",
         "laboratory", public("P2"), values=("RELAPSE", "DIAGNOSIS"), cardinality="latest"),
    Fact("flow_report", "choice", "Flow cytometry reported: of the relapsed or refractory disease, or of diagnosis only", "laboratory",
         public("P2"), values=("RELAPSE", "DIAGNOSIS"), cardinality="latest"),
    Fact("alteration", "choice", "Molecular alteration; what the complete report does not name is absent", "laboratory", public("P2", "P4"),
         values=("PRESENT", "ABSENT", "UNCERTAIN"), points=LESIONS, labels=True, cardinality="latest", details=("variant", "gene", "method", "vaf")),
    Fact("dasatinib_ic50", "number", "Ex-vivo dasatinib IC50; only that of the centralised laboratory counts", "laboratory", public("P2"),
         units=(Unit("nM"),), points=("CENTRAL", "LOCAL"), labels=True, cardinality="latest", possible=("0", "1000000")),
    # --- organ function
    lab("creatinine_uln", "Creatinine, multiple of the upper limit for age", ULN, "100"),
    lab("gfr", "Glomerular filtration rate", (Unit("mL/min/1.73m2"),), "400"),
    lab("bilirubin_direct_uln", "Direct bilirubin, multiple of the upper limit of normal", ULN, "1000"),
    latest("gilbert", "Gilbert's syndrome", *YES_NO),
    lab("alt_uln", "ALT, multiple of the upper limit of normal", ULN, "1000"),
    lab("ast_uln", "AST, multiple of the upper limit of normal", ULN, "1000"),
    lab("shortening_fraction", "Shortening fraction", PERCENT, "100"),
    lab("lvef", "Left-ventricular ejection fraction", PERCENT, "100"),
    lab("qtcf", "QTc by Fridericia", (Unit("ms"),), "1000"),
    latest("arrhythmia", "Significant arrhythmia", *YES_NO),
    Fact("pregnancy_test", "choice", "Pregnancy test", "laboratory", public("P2"), values=("NEGATIVE", "POSITIVE", "NOT_APPLICABLE"),
         cardinality="latest"),
    latest("contraception", "Contraception until 6 months after therapy, where needed", *YES_NO),
    # --- earlier treatment
    last("last_cytotoxic", "Last day of cytotoxic treatment; not hydroxyurea, 6-MP, oral MTX, steroids, intrathecal"),
    last("last_bridging", "Last hydroxyurea, 6-MP, oral MTX or steroid"),
    last("last_radiotherapy", "Last radiotherapy that was not palliative"),
    last("last_auto_hsct", "Last autologous transplant"),
    last("last_allo_hsct", "Last allogeneic transplant"),
    last("last_cell_therapy", "Last immunotherapy other than antibodies, such as CAR-T"),
    last("last_antibody", "Last antibody or investigational agent"),
    Fact("antibody_half_life", "number", "Half-life of that agent", "clinician", public("P2"), units=DAYS, cardinality="latest", possible=("0", "365")),
    last("last_surgery", "Last major surgery; not port, shunt, gastrostomy, biopsy"),
    last("last_immunosuppression", "Last immunosuppression after allogeneic transplant"),
    last("last_interacting_drug", "Last CYP3A, P-gp or QT drug, grapefruit and the like"),
    latest("prior_dasatinib_venetoclax", "Earlier dasatinib and venetoclax", "NONE", "ONE", "BOTH_APART", "IN_COMBINATION", ever=True),
    latest("agvhd", "Active acute GvHD", "NONE", "PRESENT"),
    latest("cgvhd", "Chronic GvHD (NIH)", "NONE", "MILD", "MODERATE", "SEVERE"),
    latest("gvhd_drug", "A drug to treat or prevent GvHD", *YES_NO),
    latest("exclusion", "Other reasons for exclusion", "ABSENT", "PRESENT", points=EXCLUSIONS, labels=True, ever_at=("HYPERSENSITIVITY",)),
    Fact("toxicity_grade", "number", "Highest grade (CTCAE v5) of earlier toxicity that has not resolved", "clinician", public("P2"),
         cardinality="latest", possible=("0", "5")),
    # --- slot and start
    slot_fact(*SUBTRIALS, source=assumption("answers of the governors of the subtrials")),
    Fact("c1d1_planned", "date", "Planned day of the first dose", "coordinator", assumption(), future=True, cardinality="latest"),
    # --- response
    lab("marrow_blasts", "Blasts in marrow", PERCENT, "100", POINTS),
    Fact("mrd", "number", "MRD in marrow by flow", "laboratory", public("P2"), units=(Unit("fraction"), Unit("%", "0.01")), points=POINTS,
         cardinality="latest", possible=("0", "1"), qualifiers=True, specimens=("marrow",), assays=FLOW,
         details=("assay", "sensitivity", "quantifiable_limit")),
    lab("anc", "Neutrophils", CELLS, "1000", POINTS),
    lab("platelets", "Platelets", CELLS, "5000", POINTS),
    latest("extramedullary", "Extramedullary disease", "PRESENT", "ABSENT", points=POINTS),
    latest("cns", "CNS status", *CNS, points=POINTS),
    latest("lymphoma_response", "Response by the international paediatric NHL criteria", "CR", "PR", "MR", "SD", "PD", points=EVALUATIONS),
    # --- safety, quality of life, follow-up
    Fact("dlt_evaluability", "choice", "Evaluable for DLT, as stated by the meeting; overrides the rule", "meeting", assumption(),
         values=("EVALUABLE", "INEVALUABLE"), cardinality="latest"),
    Fact("dose_share", "number", "Share of the planned doses of cycle 1 that was given", "clinician", public("P17"), units=PERCENT,
         cardinality="latest", possible=("0", "200")),
    Fact("qol_self", "choice", "Questionnaire filled in by the patient", "coordinator", registry(), values=("DONE", "NOT_DONE"), points=QOL_POINTS,
         cardinality="latest", details=("form",)),
    Fact("qol_proxy", "choice", "Questionnaire filled in by a parent", "coordinator", registry(), values=("DONE", "NOT_DONE"), points=QOL_POINTS,
         cardinality="latest", details=("form",)),
    latest("conmed_check", "Concomitant drugs checked for CYP3A, P-gp and QT", "CLEAR", "INTERACTION", details=("drug",)),
    Fact("survival", "choice", "Seen or reported alive, free of relapse unless reported", "coordinator", public("P2"), values=("ALIVE",), alive=("ALIVE",),
         cardinality="latest"),
)  # fmt: skip

BY_CYCLE = (("cycle", STARTABLE),)
DRUG_LABELS = ("DASATINIB", "RUXOLITINIB", "TRAMETINIB", "CAPIVASERTIB", "VENETOCLAX", "DEXAMETHASONE", "CYCLOPHOSPHAMIDE", "CYTARABINE",
               "CYTARABINE-2")  # fmt: skip

ACTIONS = (
    Action("included", "Included in a subtrial; else the first dose counts", assumption()),
    Action("cycle_started", "First dose of a cycle", public("P2"), role="clinician", scopes=BY_CYCLE),
    Action("drug_given", "A drug of the cycle begun (detail dose)", public("P2"), role="clinician",
           scopes=(*BY_CYCLE, ("drug", DRUG_LABELS)), details=("dose", "formulation")),
    Action("it_given", "Intrathecal treatment", public("P2"), role="clinician", scopes=(*BY_CYCLE, ("n", TREATMENTS)), details=("drugs",), gives=True),
    Action("pk_sampled", "Pharmacokinetic samples of cycle 1", public("P2"), repeats=True),
    Action("off_treatment", "Protocol treatment ended", public("P2"), role="clinician", scopes=(("reason", REASONS),), details=("cause",), ends="treatment"),
    Action("hsct_done", "Stem cells given", public("P2"), role="clinician", ends="treatment"),
    Action("relapse", "Relapse or progression stated by the team", public("P2"), role="clinician", details=("site",), ends="treatment"),
    Action("second_malignancy", "Second malignancy", public("P2"), role="clinician", ends="treatment"),
    Action("death", "Death", public("P2"), details=("cause",), ends="life"),
    Action("consent_withdrawn", "Consent withdrawn", public("P2"), ends="study"),
    Action("lost_to_follow_up", "Lost to follow-up", assumption(), ends="study"),
)  # fmt: skip

ADVERSE_EVENTS = (
    *(
        AdverseEventType(event, text, public("P16", note="grade 3 or more in cycle 1 is judged for DLT"))
        for event, text in (
            ("INFECTION", "Infection, sepsis"),
            ("FEBRILE_NEUTROPENIA", "Febrile neutropenia"),
            ("HEPATIC", "Liver toxicity"),
            ("CARDIAC", "Heart toxicity, QTc"),
            ("NEUROLOGICAL", "Neurological toxicity"),
            ("SKIN", "Skin toxicity"),
            ("TUMOUR_LYSIS", "Tumour lysis"),
            ("OTHER", "Other toxicity that is not haematological"),
        )
    ),
)  # fmt: skip


def at(fact: str, point: str) -> Reading:
    """A fact at an evaluation."""
    return Reading(fact, point=point)


def cycle(number: str) -> tuple[tuple[str, str], ...]:
    """The scope label of a cycle."""
    return (("cycle", number),)
