"""What is due when: premedication, observation, calls, MRD, safety reports, follow-up."""

from pathway.language import (
    Assessment,
    Graded,
    Known,
    LedgerFlag,
    Moment,
    Not,
    NotObtainable,
    Outcome,
    Param,
    Predicate,
    Reached,
    Reading,
    Recorded,
    Series,
    Taken,
    Task,
    all_of,
    any_of,
    assumption,
    public,
    without,
)
from protocols.dara_tall.anchors import scope
from protocols.dara_tall.daratumumab import OVER, ledger
from protocols.dara_tall.facts import COURSES, DOSES, SAFETY, mrd
from protocols.dara_tall.phases import ON_STUDY
from protocols.dara_tall.response import found

PREMEDICATION = (
    "methylprednisolone 100 mg IV (after the second infusion 60 mg may do), paracetamol 650-1000 mg, diphenhydramine 25-50 mg, "
    "1 to 3 hours before"
)
POSTMEDICATION = "methylprednisolone 20 mg on each of the 2 days after; with COPD consider bronchodilators and inhaled steroid"


def wanted(course: str, label: str) -> Predicate:
    """The dose belongs to the patient's plan."""
    parts: tuple[Predicate, ...] = (Taken("course_2", ("COURSE_2",)),) if course == "2" else ()
    parts += (Outcome("first_dose", ("SPLIT",)),) if label == "d2" else ()
    return all_of(ON_STUDY, without(OVER), *parts)


def around(course: str, label: str) -> tuple[Assessment, ...]:
    """What goes with a dose. Its day is the ledger's; these follow the plain weeks until the dose is given."""
    day, over = f"C{course}_{label.upper()}", f"C{course}_{label.upper()}_OVER"
    before = Assessment("PREMED", f"Premedication before {label} of course {course}: {PREMEDICATION}", Moment(day),
                        Recorded("premedicated", scope(course, label)), "clinician", public("R6"), window=(-1, 1),
                        asked=wanted(course, label), blocked_by="clear_to_dose", needs=(("eligibility", Outcome("eligibility", ("ELIGIBLE",))),), prepares=(ledger(course), label),
                        scope=scope(course, label))  # fmt: skip
    after = Assessment("POSTMED", f"After {label} of course {course}: {POSTMEDICATION}", Moment(over, days=1),
                       Recorded("postmedicated", scope(course, label)), "clinician", public("R6"), window=(0, 1),
                       asked=all_of(ON_STUDY, Reached(over)), scope=scope(course, label))  # fmt: skip
    return before, after


def evaluated(at: str) -> Predicate:
    """The MRD is known and can be read, or cannot be had."""
    return any_of(
        all_of(Known(mrd(at)), found(at, "NEG", "POS_QUANT", "POS_NQ", "HAEM_RELAPSE")),
        NotObtainable(mrd(at)),
    )


ASSESSMENTS = (
    Assessment("TYPE-AND-SCREEN", "Type and screen, before the first dose", Moment("D1"), Known(Reading("type_and_screen")), "laboratory", public("R8"),
               window=(-14, 0), asked=ON_STUDY),
    Assessment("HBV-STATUS", "Hepatitis B status, before the first dose", Moment("D1"), Known(Reading("hbv")), "laboratory", assumption(),
               window=(-28, 0), asked=ON_STUDY),
    *(item for course, label in DOSES for item in around(course, label)),
    Assessment("C1-MRD", "MRD at d29: marrow by flow, gating without CD38; requested also after a stop", Moment("C1_EVAL"), evaluated("C1-D29"),
               "laboratory", assumption(), window=(0, 7), asked=all_of(ON_STUDY, Reached("C1_START"))),
    Assessment("C2-MRD", "MRD at d29 of course 2", Moment("C2_EVAL"), evaluated("C2-D29"), "laboratory", assumption(), window=(0, 7),
               asked=all_of(ON_STUDY, Reached("C2_START"))),
)  # fmt: skip

SERIES = (
    Series("HBV-WATCH", "Hepatitis B during treatment", Moment("C1_START", months=1), "laboratory", assumption("interval"), months=1,
           window=(-7, 7), fact="hbv", while_=all_of(ON_STUDY, Reached("C1_START"), without(OVER))),
    Series("FOLLOW-UP", "Follow-up: remission, survival; every 3 months", Moment("C1_START", months=3), "coordinator", assumption("interval"),
           months=3, window=(-14, 14), fact="disease_assessment", while_=all_of(ON_STUDY, Reached("C1_START"))),
)  # fmt: skip


TASKS = (
    Task("OBSERVE", "Observe for 4 hours after the first infusion", Reached("C1_END"),
         Recorded("observed"), "clinician", assumption("R13"), due=Moment("C1_END", hours=Param("observe_hours")), ends_with="study"),
    Task("CALL", "Call the family about delayed reactions, by 73 hours after the first infusion", Reached("C1_START"), Recorded("called"),
         "coordinator", assumption("R13"), due=Moment("C1_START", hours=Param("call_hours")), ends_with="study"),
    Task("BLOOD-BANK-NOTICE", "Tell the blood bank that the antibody screen is disturbed from now on", all_of(ON_STUDY, Reached("C1_START")),
         Recorded("blood_bank_told"), "coordinator", public("R8"), ends_with="study"),
    Task("EYES", "Ocular symptoms: an ophthalmologist before daratumumab goes on", Graded("OCULAR", 1), Recorded("eye_examined"), "clinician",
         public("R12"), ends_with="study"),
    Task("REPEAT-MRD", "The MRD cannot be read: repeat the sample, gating without CD38, sensitivity 1e-4 or better",
         any_of(found("C1-D29", "INDETERMINATE"), found("C2-D29", "INDETERMINATE")), Not(Reached("C1_START")), "laboratory", assumption(),
         ends_with="treatment"),
    Task("STOP-DARA", "The stop for good is decided: record dara_stopped", Taken("DARA_STOP", ("STOP",)),
         any_of(*(Recorded("dara_stopped", (("course", c),)) for c in COURSES)), "clinician", public("R12"), ends_with="study"),
    *(
        Task("INTERRUPT", f"Course {c}: reaction, interrupt at once; when it is over go on at half the rate or less",
             LedgerFlag(ledger(c), "reaction_running"), Not(LedgerFlag(ledger(c), "reaction_running")), "clinician", public("R10"),
             scope=(("course", c),), ends_with="study")
        for c in COURSES
    ),
    *SAFETY.tasks,
)  # fmt: skip
