"""Where the patient is. Premedication, infusion and observation of each dose are items and the ledger's states."""

from pathway.language import (
    Crit,
    Done,
    Exit,
    InPhase,
    Known,
    LedgerPoint,
    Moment,
    Not,
    Outcome,
    Passed,
    Phase,
    Reached,
    Taken,
    Track,
    all_of,
    any_of,
    assumption,
    public,
    registry,
)
from protocols.dara_tall.daratumumab import STOPPED, ledger
from protocols.dara_tall.facts import mrd
from protocols.dara_tall.response import found

OFF_STUDY = any_of(Reached("DEATH_DAY"), Reached("WITHDRAWAL"), Reached("LOSS"), Reached("STUDY_CLOSED"))

REGISTRATION = Track(
    "registration",
    "Registration",
    phases=(
        Phase("SCREENING", "Screening", registry(), confirm=None, exits=(
            Exit("ENROLLED", all_of(Outcome("eligibility", ("ELIGIBLE",)), Crit("RECRUITING")), registry("not before the trial recruits")),
            Exit("SCREEN_FAILURE", Outcome("eligibility", ("NOT_ELIGIBLE",)), assumption("a criterion is not met")),
        )),
        Phase("ENROLLED", "Enrolled", registry(), confirm=None, lasts=True, exits=(Exit("OFF_STUDY", OFF_STUDY, assumption("died, withdrawn, lost, or the study closed")),)),
        Phase("SCREEN_FAILURE", "Not eligible", assumption(), terminal=True),
        Phase("OFF_STUDY", "Off study", assumption(), terminal=True),
    ),
)  # fmt: skip

TREATMENT = Track(
    "treatment",
    "Treatment",
    phases=(
        Phase("NOT_STARTED", "Before the first infusion", assumption(), confirm=None, exits=(Exit("COURSE_1", Reached("C1_START"), assumption()),)),
        Phase("COURSE_1", "Course 1: a dose a week", assumption(), started_by=(LedgerPoint(ledger("1"), "start"),), confirm=None, exits=(
            Exit("MRD_EVAL_1", any_of(Known(mrd("C1-D29")), Passed(Moment("C1_EVAL", at="start"))), assumption()),
        )),
        Phase("MRD_EVAL_1", "MRD at d29", assumption(), confirm=None, exits=(
            Exit("COURSE_2", all_of(Taken("course_2", ("COURSE_2",)), Reached("C2_START")), assumption()),
            Exit("OFF_TREATMENT", any_of(found("C1-D29", "NEG"), Taken("course_2", ("OFF_TREATMENT",))), assumption("MRD negative, or a clinician ends it")),
        ), hit="priority"),
        Phase("COURSE_2", "Course 2", assumption(), started_by=(Done("infusion_started", (("course", "2"), ("dose", "d1"))),), confirm=None, exits=(
            Exit("MRD_EVAL_2", any_of(Known(mrd("C2-D29")), Passed(Moment("C2_EVAL", at="start"))), assumption()),
        )),
        Phase("MRD_EVAL_2", "MRD after course 2", assumption(), confirm=None, exits=(
            Exit("OFF_TREATMENT", found("C2-D29", "NEG", "POS_QUANT", "POS_NQ"), assumption("at most 2 courses")),
        )),
        Phase("OFF_TREATMENT", "Off treatment: plan, positive after course 2, relapse, reaction, withdrawal, death", assumption(), terminal=True),
    ),
    anywhere=(Exit("OFF_TREATMENT", any_of(STOPPED, Reached("RELAPSE_DAY"), OFF_STUDY), public("R12")),),
)  # fmt: skip

FOLLOW_UP = Track(
    "follow_up",
    "Follow-up",
    phases=(
        Phase("NOT_STARTED", "On treatment", assumption(), confirm=None, exits=(
            Exit("FOLLOW_UP", all_of(InPhase("treatment", ("OFF_TREATMENT",)), Not(OFF_STUDY)), assumption()),
        )),
        Phase("FOLLOW_UP", "Follow-up to the end of the study", registry("2028-09-01"), confirm=None, exits=(Exit("ENDED", OFF_STUDY, registry()),)),
        Phase("ENDED", "Ended", registry(), terminal=True),
    ),
    anywhere=(Exit("ENDED", OFF_STUDY, registry()),),
)  # fmt: skip

TRACKS = (REGISTRATION, TREATMENT, FOLLOW_UP)
ON_STUDY = InPhase("registration", ("ENROLLED",))
