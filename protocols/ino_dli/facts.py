"""What is known of an InO-DLI patient: facts, actions and adverse events."""

from pathway.language import Action, AdverseEventType, Fact, Slot, Unit, assumption, public, registry

EVALUATIONS = ("C1-EVAL", "PRE-C2", "C2-EVAL")
POINTS = ("BASELINE", *EVALUATIONS, "OTHER")
CYCLES = ("1", "2")
DOSES = ("d1", "d8", "d15")
PUNCTURES = ("1", "2", "3", "4", "5", "6")
SAES = ("VOD", "1", "2", "3", "4")
"""Serious adverse events are numbered by who reports them; that of a VOD has its name."""

CELLS = (Unit("10^9/L"), Unit("G/L"), Unit("/uL", "0.001"))
ULN = (Unit("xULN"),)
YES_NO = ("YES", "NO")


def finding(id: str, text: str) -> Fact:
    """A sign of VOD: yes or no."""
    return Fact(id, "choice", text, "clinician", public("V7", "V8"), values=YES_NO, cardinality="latest")


FACTS = (
    # --- who
    Fact("consent", "choice", "Written informed consent", "coordinator", assumption(), values=("GIVEN", "REFUSED"), cardinality="latest"),
    Fact("disease", "choice", "B-ALL, lymphoma with marrow disease, or lymphoma without", "clinician", registry(),
         values=("B_ALL", "B_LBL", "B_LBL_NO_MARROW", "OTHER")),
    Fact("relapse_after_hsct", "choice", "Relapsed after allogeneic transplant: blasts in blood, marrow >= 5 %, or new "
         "extramedullary disease", "clinician", public("H11", note="implied by the registry text"), values=YES_NO),
    Fact("hsct_date", "date", "Last allogeneic transplant", "clinician", registry(), cardinality="latest"),
    Fact("bsa", "number", "Body surface area", "clinician", assumption("which visit: not stated"), units=(Unit("m2"),), cardinality="latest",
         possible=("0.1", "4"), plausible=("0.4", "3"), details=("checked",)),
    Fact("weight", "number", "Body weight", "clinician", assumption("actual weight: assumption"), units=(Unit("kg"),), cardinality="latest",
         possible=("2", "300"), plausible=("8", "200"), details=("checked",)),
    # --- response
    Fact("marrow_blasts", "number", "Lymphoblasts in marrow", "laboratory", registry(), units=(Unit("%"),), points=POINTS,
         cardinality="latest", possible=("0", "100")),
    Fact("platelets", "number", "Platelets", "laboratory", registry(), units=CELLS, points=POINTS, cardinality="latest", possible=("0", "5000")),
    Fact("anc", "number", "Neutrophils, absolute", "laboratory", registry(), units=CELLS, points=POINTS, cardinality="latest", possible=("0", "1000")),
    Fact("active_disease", "choice", "Any evidence of active disease beyond the marrow count", "clinician", registry(), values=YES_NO,
         points=POINTS, cardinality="latest"),
    Fact("disease_assessment", "choice", "Disease assessed: free of relapse and progression", "clinician", registry(), values=("FREE",),
         cardinality="latest"),
    Fact("survival", "choice", "Patient seen or reported alive", "coordinator", registry(), values=("ALIVE",), cardinality="latest"),
    # --- before each dose
    Fact("bilirubin_uln", "number", "Total bilirubin, multiple of the upper limit of normal", "laboratory", public("L3"), units=ULN,
         cardinality="latest", possible=("0", "100")),
    Fact("transaminase_uln", "number", "AST or ALT, the higher, multiple of the upper limit of normal", "laboratory", public("L3"),
         units=ULN, cardinality="latest", possible=("0", "1000")),
    Fact("gilbert_or_haemolysis", "choice", "Bilirubin is raised by Gilbert's syndrome or haemolysis", "clinician", public("L3"), values=YES_NO,
         cardinality="latest"),
    Fact("cytopenia_of_disease", "choice", "Disease stable or better and the low counts judged to be due to it", "clinician",
         assumption("label list: passage not seen"), values=YES_NO, cardinality="latest"),
    # --- VOD
    Fact("vod_onset", "date", "Day of the first sign that raised the suspicion of VOD", "clinician", public("V10"), cardinality="latest"),
    Fact("bilirubin", "number", "Total bilirubin; the criteria take 2 mg/dL for 34 umol/L", "laboratory", public("V7"),
         units=(Unit("mg/dL"), Unit("umol/L", "0.05882353")), cardinality="latest", possible=("0", "100")),
    Fact("weight_gain", "number", "Weight gain since baseline", "clinician", public("V7"), units=(Unit("%"),), cardinality="latest",
         possible=("-50", "100")),
    finding("hepatomegaly", "Hepatomegaly, painful in adults"),
    finding("ascites", "Ascites"),
    finding("ultrasound", "Haemodynamic or ultrasound evidence, such as reversed portal flow"),
    finding("histology", "Histology proves VOD"),
    finding("refractory_platelets", "Thrombocytopenia refractory to transfusion"),
    finding("weight_rising", "Weight gain on 3 consecutive days despite diuretics"),
    finding("bilirubin_rising", "Bilirubin rising on 3 consecutive days"),
    Fact("vod_days_to_full", "number", "Days from the first symptom to the full picture", "clinician", public("V10"), cardinality="latest",
         possible=("0", "100")),
    finding("bilirubin_doubling", "Bilirubin doubled within 48 h"),
    Fact("transaminase_normal", "number", "Transaminases, multiple of normal", "laboratory", public("V10"), cardinality="latest", possible=("0", "1000")),
    Fact("creatinine_baseline", "number", "Creatinine, multiple of baseline", "laboratory", public("V10"), cardinality="latest", possible=("0", "100")),
    finding("organ_failure", "Multi-organ failure"),
    Fact("vod_risk_factors", "number", "Risk factors for VOD; the earlier transplant is one", "clinician", public("V10"), cardinality="latest",
         possible=("0", "20")),
    # --- donor lymphocytes
    Fact("prior_agvhd", "choice", "Highest grade of earlier acute GvHD", "clinician", registry(), values=("0", "I", "II", "III", "IV")),
    Fact("hla_loss", "choice", "Test for loss of the mismatched HLA", "laboratory", registry(), values=("NEGATIVE", "POSITIVE"), cardinality="latest"),
    Fact("agvhd", "choice", "Acute GvHD now", "clinician", public("G36"), values=("NONE", "PRESENT"), cardinality="latest"),
    Fact("cgvhd", "choice", "Chronic GvHD now (NIH 2014)", "clinician", public("G38"), values=("NONE", "MILD", "MODERATE", "SEVERE"),
         cardinality="latest"),
    Fact("ino_planned", "date", "Planned day of the first dose of inotuzumab ozogamicin", "clinician", assumption("not stated"), future=True,
         cardinality="latest"),
    Fact("dli_planned", "date", "Planned day of the donor lymphocytes", "clinician", assumption("timing not stated"), future=True,
         cardinality="latest"),
)  # fmt: skip

BY_CYCLE = (("cycle", CYCLES),)
BY_DOSE = (("cycle", CYCLES), ("dose", DOSES))
BY_SAE = (("sae", SAES),)

ACTIONS = (
    Action("consent_withdrawn", "Consent withdrawn", assumption()),
    Action("ino_given", "Inotuzumab ozogamicin given (detail dose: mg)", registry(), scopes=BY_DOSE, details=("dose",)),
    Action("ino_omitted", "A dose of inotuzumab ozogamicin is omitted; it stays omitted", assumption("EU SmPC table 4: passage not seen"),
           role="clinician", scopes=BY_DOSE, details=("cause",)),
    Action("ino_stopped", "Inotuzumab ozogamicin stopped for good", public("L3"), role="clinician", scopes=BY_CYCLE, details=("cause",)),
    Action("lp_given", "Lumbar puncture: cytarabine 50 mg, dexamethasone 5 mg, methotrexate 10 mg", registry(), scopes=(("k", PUNCTURES),)),
    Action("dli_given", "Donor lymphocytes given (detail dose: CD3+ cells)", registry(), scopes=(("dose", ("1",)),), details=("dose",)),
    Action("dli_omitted", "Donor lymphocytes will not be given", assumption(), role="clinician", scopes=(("dose", ("1",)),), details=("cause",)),
    Action("dli_stopped", "No more donor lymphocytes", assumption(), role="clinician"),
    Action("sae_aware", "The investigator has become aware of a serious adverse event", public("S21"), role="clinician", scopes=BY_SAE),
    Action("sae_reported", "Serious adverse event reported to the sponsor", public("S21"), scopes=BY_SAE),
    Action("susar_aware", "The sponsor has found it related and unexpected (detail fatal: yes, also if life-threatening)", public("S20"),
           role="sponsor", scopes=BY_SAE, details=("fatal",)),
    Action("susar_reported", "SUSAR reported", public("S20"), role="sponsor", scopes=BY_SAE),
    Action("susar_followed_up", "Follow-up report of a fatal SUSAR", public("S20"), role="sponsor", scopes=BY_SAE),
    Action("hsct_done", "Another transplant", assumption("not censored, shown"), role="clinician"),
    Action("progression", "Progression or relapse stated by the team", registry(), role="clinician", details=("site",)),
    Action("death", "Death", registry(), details=("cause",)),
    Action("lost_to_follow_up", "Lost to follow-up", assumption()),
)  # fmt: skip

ADVERSE_EVENTS = (
    AdverseEventType("VOD", "Veno-occlusive disease, sinusoidal obstruction syndrome: always of special interest", public("L3", "L6"),
                     scales=("CTCAE", "EBMT")),
    AdverseEventType("INFUSION_REACTION", "Infusion reaction", public("L3")),
    AdverseEventType("TOXICITY", "Other non-haematological toxicity", public("L3")),
)  # fmt: skip


def marrow(at: str) -> Slot:
    """The blasts of an evaluation."""
    return Slot("marrow_blasts", point=at)
