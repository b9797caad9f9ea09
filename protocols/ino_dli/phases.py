"""Where the patient is: registration, treatment, donor lymphocytes, follow-up. That a dose is held is the ledger's to say."""

from pathway.language import (
    AllOf,
    Done,
    Exit,
    InPhase,
    Known,
    LedgerIs,
    Moment,
    Not,
    Outcome,
    Passed,
    Phase,
    Reached,
    Recorded,
    Taken,
    Track,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    without,
)
from protocols.ino_dli.facts import marrow
from protocols.ino_dli.inotuzumab import STOPPED, ledger
from protocols.ino_dli.places import HAS_PLACE, NO_PLACE, OFF_STUDY

BEGUN = Reached("DAY0")
C2_BEGUN = Reached("C2_START")
DONE_1, DONE_2 = LedgerIs(ledger("1"), ("complete",)), LedgerIs(ledger("2"), ("complete",))

REGISTRATION = Track(
    "registration",
    "Registration",
    phases=(
        Phase("SCREENING", "Screening", registry(), confirm=None, exits=(
            Exit("ENROLLED", all_of(Outcome("eligibility", ("ELIGIBLE",)), HAS_PLACE), registry("slot of 23")),
            Exit("SCREEN_FAILURE", Outcome("eligibility", ("NOT_ELIGIBLE",)), registry()),
            Exit("OFF_STUDY", OFF_STUDY, assumption("before a place was taken up")),
            Exit("NO_PLACE", all_of(Outcome("eligibility", ("ELIGIBLE",)), NO_PLACE), registry("stop at 23")),
        ), hit="priority"),
        Phase("ENROLLED", "Enrolled", registry(), confirm=None, lasts=True, exits=(Exit("OFF_STUDY", OFF_STUDY, assumption("died, withdrawn, or lost")),)),
        Phase("SCREEN_FAILURE", "Not eligible", registry(), terminal=True),
        Phase("NO_PLACE", "Eligible, but all 23 places are taken: not enrolled", registry("stop at 23"), terminal=True),
        Phase("OFF_STUDY", "Off study", assumption(), terminal=True),
    ),
)  # fmt: skip

TO_C2 = (
    Exit("C2_REDUCED", all_of(C2_BEGUN, Taken("c2_plan", ("REDUCED",))), registry()),
    Exit("C2_FULL", all_of(C2_BEGUN, Taken("c2_plan", ("FULL",))), registry()),
    Exit(
        "C2_UNPLANNED",
        all_of(C2_BEGUN, without(Taken("c2_plan", ("REDUCED", "FULL")))),
        assumption("given before its doses were decided"),
    ),
)
TO_EVAL_2 = (
    Exit(
        "RESPONSE_EVAL_2",
        any_of(Known(marrow("C2-EVAL")), Passed(Moment("C2_END", at="start"))),
        assumption("28 days"),
    ),
)

TREATMENT = Track(
    "treatment",
    "Treatment",
    phases=(
        Phase("NOT_STARTED", "Before the first dose", registry(), confirm=None, exits=(Exit("C1_DOSE", BEGUN, registry()),)),
        Phase("C1_DOSE", "Cycle 1: days 1, 8, 15", registry(), started_by=(Done("ino_given", (("cycle", "1"), ("dose", "d1"))),),
              confirm=None, exits=(*TO_C2, Exit("C1_REST", all_of(DONE_1, Not(C2_BEGUN)), public("L2")))),
        Phase("C1_REST", "After the last dose of cycle 1", public("L2"), confirm=None, exits=(
            *TO_C2,
            Exit("RESPONSE_EVAL_1", all_of(any_of(Known(marrow("C1-EVAL")), Passed(Moment("C1_EVAL", at="start"))), Not(C2_BEGUN)), registry()),
        )),
        Phase("RESPONSE_EVAL_1", "Evaluated, cycle 2 to come: doses by the response, start by the blood counts", registry(), confirm=None,
              exits=TO_C2),
        Phase("C2_REDUCED", "Cycle 2, 0.5/0.5/0.5 mg/m2", registry(), confirm=None, exits=TO_EVAL_2),
        Phase("C2_FULL", "Cycle 2, 0.8/0.5/0.5 mg/m2", registry(), confirm=None, exits=TO_EVAL_2),
        Phase("C2_UNPLANNED", "Cycle 2 begun, its doses not decided", assumption(), confirm=None, exits=(*TO_EVAL_2, *TO_C2[:2]),
              hit="priority"),
        Phase("RESPONSE_EVAL_2", "Evaluated after cycle 2; further cycles are for people to decide (G4)", assumption(), exits=(
            Exit("TREATMENT_DONE", Outcome("response[eval=C2-EVAL]", ("CR", "CRi", "NOT_CRi", "NONE")), assumption("at most two cycles, and the second is evaluated")),
        )),
        Phase("TREATMENT_DONE", "Planned cycles given", assumption(), terminal=True),
        Phase("INO_STOPPED", "Stopped for good", public("L3"), terminal=True),
        Phase("OFF_TREATMENT", "Progression, death, or off study", registry(), terminal=True),
    ),
    anywhere=(
        Exit("INO_STOPPED", STOPPED, public("L3")),
        Exit("OFF_TREATMENT", any_of(Reached("PROGRESSION_DAY"), OFF_STUDY), registry()),
    ),
)  # fmt: skip

TO_HOLD = Exit("DLI_HOLD", Taken("dli", ("HOLD",)), registry())
TO_NOT_INDICATED = Exit("DLI_NOT_INDICATED", Taken("dli", ("NOT_INDICATED",)), registry())
TO_ELIGIBLE = Exit("DLI_ELIGIBLE", Taken("dli", ("ELIGIBLE",)), registry())


def eligible_and(option: str) -> AllOf:
    """The conditions are met and a clinician has taken the option. Lymphocytes once given stay decided, met or not."""
    return all_of(Taken("dli", ("ELIGIBLE",)), Taken("DLI_GO", (option,)))


DLI = Track(
    "dli",
    "Donor lymphocytes",
    phases=(
        Phase("DLI_CHECK", "Conditions not yet asked for", registry(), confirm=None, exits=(TO_HOLD, TO_NOT_INDICATED, TO_ELIGIBLE)),
        Phase("DLI_HOLD", "A condition is not met now, or not known", registry(), confirm=None, exits=(TO_NOT_INDICATED, TO_ELIGIBLE)),
        Phase("DLI_NOT_INDICATED", "Not indicated", registry(), confirm=None, exits=(TO_HOLD, TO_ELIGIBLE)),
        Phase("DLI_ELIGIBLE", "All four conditions met", registry(), confirm=None, exits=(
            TO_HOLD,
            TO_NOT_INDICATED,
            Exit("DLI_SCHEDULED", eligible_and("GIVE"), registry()),
            Exit("DLI_CLOSED", eligible_and("DO_NOT_GIVE"), registry()),
        )),
        Phase("DLI_SCHEDULED", "To be given", registry(), confirm=None, exits=(
            Exit("DLI_GIVEN", Recorded("dli_given"), registry()),
            TO_HOLD,
            TO_NOT_INDICATED,
        ), hit="priority"),
        Phase("DLI_CLOSED", "Will not be given", assumption(), terminal=True),
        Phase("DLI_GIVEN", "Given: GvHD surveillance", registry(), started_by=(Done("dli_given"),), terminal=True),
    ),
    anywhere=(
        Exit("DLI_CLOSED", all_of(any_of(OFF_STUDY, Recorded("dli_omitted"), Recorded("dli_stopped")), Not(Recorded("dli_given"))), assumption("off study, or lymphocytes are given up")),
    ),
)  # fmt: skip

FOLLOW_UP = Track(
    "follow_up",
    "Follow-up",
    phases=(
        Phase("NOT_STARTED", "On treatment", registry(), confirm=None, exits=(
            Exit("FOLLOW_UP", InPhase("treatment", ("TREATMENT_DONE", "INO_STOPPED", "OFF_TREATMENT")), registry()),
            Exit("END", any_of(OFF_STUDY, all_of(BEGUN, Passed(Moment("CUT_OFF", at="close")))), registry()),
        ), hit="priority"),
        Phase("FOLLOW_UP", "Follow-up to 2 years from the first dose", registry(), confirm=None, lasts=False, exits=(
            Exit("END", any_of(OFF_STUDY, all_of(BEGUN, Passed(Moment("CUT_OFF", at="close")))), registry()),
        )),
        Phase("END", "Ended", registry(), terminal=True),
    ),
)  # fmt: skip

TRACKS = (REGISTRATION, TREATMENT, DLI, FOLLOW_UP)


def treatment(*phases: str) -> InPhase:
    """The treatment track is in one of the phases."""
    return InPhase("treatment", phases)


ON_STUDY = InPhase("registration", ("ENROLLED",))
FREE = all_of(ON_STUDY, Not(Reached("PROGRESSION_DAY")))
"""On study, without progression."""
