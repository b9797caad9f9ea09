"""What is known of a patient: facts, actions and adverse events."""

from pathway.language import (
    Action,
    AdverseEventType,
    Fact,
    Graded,
    Reading,
    Since,
    TimePoint,
    Unit,
    all_of,
    assumption,
    public,
    registry,
)
from protocols.shared import seriousness
from protocols.shared.assays import FLOW
from protocols.shared.plausible_change import WEIGHT

COURSES = ("1", "2")
EVALUATIONS = ("C1-D29", "C2-D29")
POINTS = ("SCREENING", *EVALUATIONS, "OTHER")
LABELS = ("d1", "d2", "d8", "d15", "d22")
DOSES = tuple((c, label) for c in COURSES for label in LABELS if (c, label) != ("2", "d2"))
"""Every dose of both courses: course, label. Only the first dose of all may be split over d1 and d2."""

LIFE_THREATENING = all_of(Graded("IRR", 4))

SAFETY = seriousness.parts(
    seriousness.Clocks(
        public("S21", note="China: assumption"), public("S20", note="China: assumption"), public("S19", "S20")
    ),
    saes={"IRR": ("the infusion reaction", Since(LIFE_THREATENING))},
    about={"IRR": "IRR"},
)

FRACTION = (Unit("fraction"), Unit("%", "0.01"))

FACTS = (
    Fact("consent", "choice", "Written informed consent", "coordinator", assumption(), values=("GIVEN", "REFUSED"), cardinality="latest"),
    Fact("disease", "choice", "Disease", "laboratory", registry(), values=("T_ALL", "OTHER")),
    Fact("remission", "choice", "Remission after standard chemotherapy", "clinician", registry("CR or CRi: assumption"),
         values=("CR", "CRi", "NONE"), cardinality="latest"),
    Fact("weight", "number", "Body weight, actual", "clinician", assumption(), units=(Unit("kg"),), cardinality="latest",
         possible=("2", "300"), plausible=("8", "200"), details=("checked",), change=WEIGHT),
    Fact("marrow_blasts", "number", "Blasts in marrow", "laboratory", assumption(), units=(Unit("%"),), points=POINTS, cardinality="latest",
         possible=("0", "100")),
    Fact("mrd", "number", "Minimal residual disease in marrow, by flow", "laboratory", registry(), units=FRACTION, points=POINTS,
         cardinality="latest", possible=("0", "1"), qualifiers=True, specimens=("marrow",), assays=FLOW,
         details=("assay", "cells", "sensitivity", "quantifiable_limit")),
    Fact("cd38_independent_gating", "choice", "The flow panel finds the blasts without CD38, which daratumumab masks", "laboratory",
         assumption("effect: passage not seen"), values=("YES", "NO"), points=POINTS, cardinality="latest"),
    Fact("cd38", "choice", "CD38 on the blasts: recorded, not a condition", "laboratory", assumption(), values=("POSITIVE", "NEGATIVE"),
         cardinality="latest"),
    Fact("type_and_screen", "choice", "Blood group, antibody screen, before the first dose; red cells carry CD38", "laboratory", public("R8"),
         values=("DONE",), cardinality="latest",
         window=TimePoint("", "before the first infusion, by the hour: afterwards the drug disturbs it", public("R8"), of="C1_START", last=0, hours=True)),
    Fact("hbv", "choice", "Hepatitis B status, before and during treatment", "laboratory", assumption("passage not seen"),
         values=("NEGATIVE", "RESOLVED", "ACTIVE"), cardinality="latest"),
    *SAFETY.facts,
    Fact("dara_planned", "date", "Planned day of the first infusion", "clinician", assumption(), future=True, cardinality="latest"),
    Fact("disease_assessment", "choice", "Disease assessed: in remission", "clinician", assumption(), values=("FREE",), cardinality="latest"),
    Fact("survival", "choice", "Patient seen or reported alive", "coordinator", assumption(), values=("ALIVE",), alive=("ALIVE",), cardinality="latest"),
)  # fmt: skip

BY_DOSE = (("course", COURSES), ("dose", LABELS))

ACTIONS = (
    Action("consent_withdrawn", "Consent withdrawn", assumption(), ends="study"),
    Action("premedicated", "Premedication given: methylprednisolone, paracetamol, diphenhydramine", public("R6"), scopes=BY_DOSE, repeats=True),
    Action("postmedicated", "Methylprednisolone given on the two days after the infusion", public("R6"), scopes=BY_DOSE),
    Action("infusion_started", "Daratumumab infusion started (detail dose: mg)", public("R10"), scopes=BY_DOSE, details=("dose",)),
    Action("infusion_paused", "Infusion interrupted", public("R10"), scopes=BY_DOSE, details=("cause",), repeats=True),
    Action("infusion_resumed", "Infusion resumed (detail rate: mL/h)", public("R10"), scopes=BY_DOSE, details=("rate",), repeats=True),
    Action("infusion_ended", "Infusion over", public("R10"), scopes=BY_DOSE, details=("cause",)),
    Action("dose_omitted", "A dose will not be given", assumption(), role="clinician", scopes=BY_DOSE, details=("cause",)),
    Action("dara_stopped", "Daratumumab stopped for good", public("R12"), role="clinician", scopes=(("course", COURSES),), details=("cause",)),
    Action("observed", "Observation after the first infusion over", assumption(), role="clinician"),
    Action("called", "Family called about delayed reactions", assumption(), repeats=True),
    Action("blood_bank_told", "Blood bank told that the patient gets daratumumab", public("R8"), repeats=True),
    Action("eye_examined", "Ophthalmologist has seen the patient", public("R12"), role="clinician", repeats=True,
           about=(("", "OCULAR"),)),
    *SAFETY.actions,
    Action("hsct_done", "Transplanted: not an event of relapse-free survival", assumption(), role="clinician"),
    Action("relapse", "Relapse stated by the team", assumption(), role="clinician", details=("site",), ends="treatment"),
    Action("death", "Death", assumption(), details=("cause",), ends="life"),
    Action("lost_to_follow_up", "Lost to follow-up", assumption(), ends="study"),
    Action("study_closed", "The study has closed", registry("2028-09-01"), role="sponsor", ends="study"),
)  # fmt: skip

ADVERSE_EVENTS = (
    AdverseEventType("IRR", "Infusion-related reaction", public("R10", "R12")),
    AdverseEventType("OCULAR", "Ocular symptoms", public("R12")),
    AdverseEventType("INFECTION", "Infection", assumption()),
)  # fmt: skip


def mrd(at: str) -> Reading:
    """The MRD of an evaluation; a repeated sample counts from then on."""
    return Reading("mrd", point=at)


def blasts(at: str) -> Reading:
    """The marrow blasts of an evaluation."""
    return Reading("marrow_blasts", point=at)
