"""What is known of an InO-DLI patient: facts, actions and adverse events."""

from pathway.language import (
    Action,
    AdverseEventType,
    Fact,
    Outcome,
    Reading,
    Since,
    Unit,
    assumption,
    public,
    registry,
)
from protocols.shared import gvhd, seriousness, vod
from protocols.shared.plausible_change import SURFACE, WEIGHT

EVALUATIONS = ("C1-EVAL", "PRE-C2", "C2-EVAL")
POINTS = ("BASELINE", *EVALUATIONS, "OTHER")
CYCLES = ("1", "2")
DOSES = ("d1", "d8", "d15")
PUNCTURES = ("1", "2", "3", "4", "5", "6")
CELLS = (Unit("10^9/L"), Unit("G/L"), Unit("/uL", "0.001"))
ULN = (Unit("xULN"),)
YES_NO = ("YES", "NO")


VOD = vod.parts(
    vod.Sources(public("V7"), public("V8"), public("V10"), note="label: any grade stops the drug (L3, L6)"),
    "hsct_date",
    "DAY0",
)
"""Every patient here has had a transplant; the clocks of the scales count from it."""

SAFETY = seriousness.parts(
    seriousness.Clocks(public("S21", note="China: assumption"), public("S20", "S22"), public("S19", "S20")),
    saes={"VOD": ("VOD", Since(Outcome("vod", ("VOD",))))},
    about={"VOD": "VOD"},
)

GVHD = gvhd.parts(public("G36", "G37", note="acute: organ stages, MAGIC"), public("G38"))

FACTS = (
    # --- who
    Fact("consent", "choice", "Written informed consent", "coordinator", assumption(), values=("GIVEN", "REFUSED"), cardinality="latest"),
    Fact("disease", "choice", "B-ALL, lymphoma with marrow disease, or lymphoma without", "clinician", registry(),
         values=("B_ALL", "B_LBL", "B_LBL_NO_MARROW", "OTHER")),
    Fact("relapse_after_hsct", "choice", "Relapsed after allogeneic transplant: blasts in blood, marrow >= 5 %, or new "
         "extramedullary disease", "clinician", public("H11", note="implied by the registry text"), values=YES_NO),
    Fact("hsct_date", "date", "Last allogeneic transplant", "clinician", registry(), cardinality="max"),
    Fact("bsa", "number", "Body surface area", "clinician", assumption("which visit: not stated"), units=(Unit("m2"),), cardinality="latest",
         possible=("0.1", "4"), plausible=("0.4", "3"), details=("checked",), change=SURFACE),
    Fact("weight", "number", "Body weight", "clinician", assumption("actual weight: assumption"), units=(Unit("kg"),), cardinality="latest",
         possible=("2", "300"), plausible=("8", "200"), details=("checked",), change=WEIGHT),
    # --- response
    Fact("marrow_blasts", "number", "Lymphoblasts in marrow", "laboratory", registry(), units=(Unit("%"),), points=POINTS,
         cardinality="latest", possible=("0", "100")),
    Fact("platelets", "number", "Platelets", "laboratory", registry(), units=CELLS, points=POINTS, cardinality="latest", possible=("0", "5000")),
    Fact("anc", "number", "Neutrophils, absolute", "laboratory", registry(), units=CELLS, points=POINTS, cardinality="latest", possible=("0", "1000")),
    Fact("active_disease", "choice", "Any evidence of active disease beyond the marrow count", "clinician", registry(), values=YES_NO,
         points=POINTS, cardinality="latest"),
    Fact("disease_assessment", "choice", "Disease assessed: free of relapse and progression", "clinician", registry(), values=("FREE",),
         cardinality="latest"),
    Fact("survival", "choice", "Patient seen or reported alive", "coordinator", registry(), values=("ALIVE",), alive=("ALIVE",), cardinality="latest"),
    # --- before each dose
    Fact("bilirubin_uln", "number", "Total bilirubin, multiple of the upper limit of normal", "laboratory", public("L3"), units=ULN,
         cardinality="latest", possible=("0", "100")),
    Fact("transaminase_uln", "number", "AST or ALT, the higher, multiple of the upper limit of normal", "laboratory", public("L3"),
         units=ULN, cardinality="latest", possible=("0", "1000")),
    Fact("gilbert_or_haemolysis", "choice", "Bilirubin is raised by Gilbert's syndrome or haemolysis", "clinician", public("L3"), values=YES_NO,
         cardinality="latest"),
    Fact("cytopenia_of_disease", "choice", "Disease stable or better and the low counts judged to be due to it", "clinician",
         assumption("label list: passage not seen"), values=YES_NO, cardinality="latest"),
    *VOD.facts,
    # --- donor lymphocytes
    Fact("prior_agvhd", "choice", "Highest grade of earlier acute GvHD", "clinician", registry(), values=("0", "I", "II", "III", "IV")),
    Fact("hla_loss", "choice", "Test for loss of the mismatched HLA", "laboratory", registry(), values=("NEGATIVE", "POSITIVE"), cardinality="ever"),
    Fact("agvhd", "choice", "Acute GvHD now, as the clinician sees it", "clinician", public("G36"), values=("NONE", "PRESENT"), cardinality="latest"),
    Fact("cgvhd", "choice", "Chronic GvHD now (NIH 2014)", "clinician", public("G38"), values=("NONE", "MILD", "MODERATE", "SEVERE"),
         cardinality="latest"),
    *GVHD.facts,
    *SAFETY.facts,
    Fact("ino_planned", "date", "Planned day of the first dose of inotuzumab ozogamicin", "clinician", assumption("not stated"), future=True,
         cardinality="latest"),
    Fact("dli_planned", "date", "Planned day of the donor lymphocytes", "clinician", assumption("timing not stated"), future=True,
         cardinality="latest"),
)  # fmt: skip

BY_CYCLE = (("cycle", CYCLES),)
BY_DOSE = (("cycle", CYCLES), ("dose", DOSES))

ACTIONS = (
    Action("consent_withdrawn", "Consent withdrawn", assumption(), ends="study"),
    Action("ino_given", "Inotuzumab ozogamicin given (detail dose: mg)", registry(), scopes=BY_DOSE, details=("dose",)),
    Action("ino_omitted", "A dose of inotuzumab ozogamicin is omitted; it stays omitted", assumption("EU SmPC table 4: passage not seen"),
           role="clinician", scopes=BY_DOSE, details=("cause",)),
    Action("ino_stopped", "Inotuzumab ozogamicin stopped for good", public("L3"), role="clinician", scopes=BY_CYCLE, details=("cause",)),
    Action("lp_given", "Lumbar puncture: cytarabine 50 mg, dexamethasone 5 mg, methotrexate 10 mg", registry(), scopes=(("k", PUNCTURES),), gives=True),
    Action("dli_given", "Donor lymphocytes given (detail dose: CD3+ cells)", registry(), scopes=(("dose", ("1",)),), details=("dose",)),
    Action("dli_omitted", "Donor lymphocytes will not be given", assumption(), role="clinician", scopes=(("dose", ("1",)),), details=("cause",)),
    Action("dli_stopped", "No more donor lymphocytes", assumption(), role="clinician"),
    *SAFETY.actions,
    Action("hsct_done", "Another transplant", assumption("not censored, shown"), role="clinician"),
    Action("progression", "Progression or relapse stated by the team", registry(), role="clinician", details=("site",), ends="treatment"),
    Action("death", "Death", registry(), details=("cause",), ends="life"),
    Action("lost_to_follow_up", "Lost to follow-up", assumption(), ends="study"),
)  # fmt: skip

ADVERSE_EVENTS = (
    AdverseEventType("VOD", "Veno-occlusive disease, sinusoidal obstruction syndrome: always of special interest", public("L3", "L6"),
                     scales=("CTCAE", "EBMT")),
    AdverseEventType("INFUSION_REACTION", "Infusion reaction", public("L3")),
    AdverseEventType("TOXICITY", "Other non-haematological toxicity", public("L3")),
)  # fmt: skip


def marrow(at: str) -> Reading:
    """The blasts of an evaluation."""
    return Reading("marrow_blasts", point=at)
