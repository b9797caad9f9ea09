"""Phases and what leads from one to the next. Every change is proposed by the engine and confirmed by a clinician."""

from pathway.language import (
    Done,
    Exit,
    InPhase,
    Known,
    LedgerPoint,
    Moment,
    Not,
    NotObtainable,
    Outcome,
    Passed,
    Phase,
    Reached,
    Reading,
    Recorded,
    Taken,
    Track,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
)
from protocols.interfant21.anchors import course
from protocols.interfant21.blinatumomab import CYCLE2_BARRED, CYCLE2_CLEAR
from protocols.interfant21.choices import FRESH_MARROW
from protocols.interfant21.criteria import CYCLE1_CLEAR, EXCLUDED_BEYOND
from protocols.interfant21.facts import BL1_MRD, CNS_EOI, EOI_BLASTS, EOI_MRD

OFF_STUDY = any_of(
    Recorded("consent_withdrawn"), Recorded("lost_to_follow_up"), Recorded("death"), Recorded("study_closed")
)

REGISTRATION = Track(
    "registration",
    "Registration",
    phases=(
        Phase("SCREENING", "Screening; prephase may start while KMT2A is pending", assumption(), exits=(
            Exit("ENROLLED", Outcome("eligibility", ("ELIGIBLE",)), registry()),
            Exit("SCREEN_FAILURE", Outcome("eligibility", ("NOT_ELIGIBLE",)), registry()),
        )),
        Phase("ENROLLED", "Enrolled", registry(), exits=(
            Exit("OFF_STUDY", Outcome("eligibility", ("NOT_ELIGIBLE",)), assumption("found ineligible after enrolment")),
        )),
        Phase("SCREEN_FAILURE", "Screen failure", registry(), terminal=True),
        Phase("OFF_STUDY", "Off study", assumption(), terminal=True),
    ),
    anywhere=(Exit("OFF_STUDY", OFF_STUDY, assumption("consent withdrawn, lost, died, or the study closed")),),
)  # fmt: skip

ENROLLED = InPhase("registration", ("ENROLLED",))
TO_HSCT = Exit("HSCT", all_of(Taken("HSCT_GO", ("GO",)), FRESH_MARROW), registry("cancels the courses that remain"),
               planned="CONDITIONING")  # fmt: skip

# The two deadlines run side by side: the EOI MRD is needed before consolidation, not before blinatumomab.
EOI_MRD_READ = any_of(Known(EOI_MRD), NotObtainable(EOI_MRD))
# Nobody is asked about a missing BL1-END MRD of a patient who is HR already: nothing hangs on it but the transplant.
BL1_MRD_READ = any_of(
    all_of(Known(BL1_MRD), Outcome("risk_blina1", ("HR", "MR"))),
    Taken("BL1_MRD_UNAVAILABLE", ("HR", "MR")),
    all_of(NotObtainable(BL1_MRD), Outcome("risk_eoi", ("HR",))),
)
# What cannot be had does not hold the patient in induction: remission and X2 then go to a clinician.
EOI_DONE = all_of(
    any_of(Reached("EOI_SAMPLE"), all_of(NotObtainable(EOI_MRD), NotObtainable(EOI_BLASTS))),
    any_of(Known(CNS_EOI), NotObtainable(CNS_EOI)),
)
CONSOLIDATION_DONE = Passed(Moment("CONSOLIDATION_END", at="same"))

OFF_TREATMENT = any_of(
    Recorded("relapse"),
    Recorded("treatment_failure"),
    Recorded("second_malignancy"),
    Recorded("treatment_stopped"),
    OFF_STUDY,
    all_of(Recorded("first_prednisone"), InPhase("registration", ("SCREEN_FAILURE", "OFF_STUDY"))),
)

TREATMENT = Track(
    "treatment",
    "Treatment",
    phases=(
        Phase("NOT_STARTED", "Not started", assumption(), confirm=None, exits=(
            Exit("PREPHASE", Recorded("first_prednisone"), assumption(), planned="D1"),
        )),
        Phase("PREPHASE", "Prednisone prephase, D1 to D7, with one intrathecal MTX", public("P6", "P19"),
              started_by=(Done("first_prednisone"),), only_when_started=True, exits=(
            Exit("INDUCTION", any_of(Known(Reading("blood_blasts", point="D8")), Passed(Moment("D8", days=1, at="close"))),
                 public("P6"), planned="D8"),
        )),
        Phase("INDUCTION", "Induction, D8 to D32: dexamethasone, vincristine, asparaginase, daunorubicin", public("P4"),
              started_by=(Done("course_started", course("INDUCTION")),), exits=(
            Exit("EOI_DECISION", EOI_DONE, registry()),
        )),
        Phase("EOI_DECISION", "End of induction: remission, CNS; the MRD may arrive later", registry(), exits=(
            Exit("BLINA_1", all_of(ENROLLED, CYCLE1_CLEAR), registry(), planned="BLINA1_SLOT"),
            Exit("CONSOLIDATION",
                 all_of(ENROLLED, VerdictIs(CYCLE1_CLEAR, ("FAIL",)), EOI_MRD_READ,
                        any_of(EXCLUDED_BEYOND, Taken("BLINA1_WAIT", ("CONSOLIDATION",)))),
                 registry("treat per protocol without blinatumomab; not while waiting opens it in time: assumption"),
                 planned="BLINA1_SLOT"),
        )),
        Phase("BLINA_1", "Blinatumomab cycle 1", registry(), started_by=(LedgerPoint("blina[cycle=1]", "start"),),
              only_when_started=True, exits=(
            Exit("POST_BLINA1_DECISION", Reached("BL1_OFF"), registry()),
        )),
        Phase("POST_BLINA1_DECISION", "After cycle 1: the plan waits for the BL1-END MRD", registry(), exits=(
            Exit("CONSOLIDATION", all_of(BL1_MRD_READ, EOI_MRD_READ), registry(), planned="CONSOLIDATION_START"),
            TO_HSCT,
        )),
        Phase("CONSOLIDATION", "Consolidation: IB, or ADE and MAE", public("P4"),
              started_by=(Done("course_started", course("CONSOLIDATION")),), exits=(
            Exit("BLINA_2", all_of(CONSOLIDATION_DONE, Outcome("blina2_planned", ("YES",)), CYCLE2_CLEAR), registry(),
                 planned="BLINA2_START"),
            Exit("MARMA", all_of(CONSOLIDATION_DONE, any_of(Outcome("blina2_planned", ("NO",)), CYCLE2_BARRED)), public("P1"),
                 planned="MARMA_START"),
            TO_HSCT,
        )),
        Phase("BLINA_2", "Blinatumomab cycle 2, in place of MARMA", registry(),
              started_by=(LedgerPoint("blina[cycle=2]", "start"),), only_when_started=True, exits=(
            Exit("OCTADAD", Reached("BL2_OFF"), assumption(), planned="OCTADAD_START"),
            TO_HSCT,
        )),
        Phase("MARMA", "MARMA (also MARAM): high-dose cytarabine, high-dose MTX, 6-MP, asparaginase", public("P4"),
              started_by=(Done("course_started", course("MARMA")),), exits=(
            Exit("OCTADAD", Passed(Moment("MARMA_END", at="same")), public("P4"), planned="OCTADAD_START"),
            TO_HSCT,
        )),
        Phase("OCTADAD", "OCTADAD", public("P4"), started_by=(Done("course_started", course("OCTADAD")),), exits=(
            Exit("MAINTENANCE", Passed(Moment("OCTADAD_END", at="same")), public("P4"), planned="MAINTENANCE_START"),
            TO_HSCT,
        )),
        Phase("MAINTENANCE", "Maintenance: 6-MP, MTX, to week 104", public("P4"),
              started_by=(Done("course_started", course("MAINTENANCE")),), exits=(
            Exit("END_OF_TREATMENT", Passed(Moment("MAINTENANCE_END", at="same")), assumption("week 104 is over"), planned="MAINTENANCE_END"),
            TO_HSCT,
        )),
        Phase("END_OF_TREATMENT", "End of treatment", assumption(), terminal=True),
        Phase("HSCT", "Transplant: from conditioning on", registry(), started_by=(Done("conditioning_started"),),
              only_when_started=True, exits=(
            Exit("OFF_TREATMENT", Recorded("hsct_done"), assumption("off chemotherapy, on study")),
        ), confirm=None),
        Phase("OFF_TREATMENT", "Off protocol treatment", assumption(), terminal=True),
    ),
    anywhere=(
        Exit("OFF_TREATMENT", OFF_TREATMENT, assumption("relapse, failure, second cancer, a stop, or off study: each ends treatment")),
    ),
)  # fmt: skip

# Computed: tasks that only prepare, such as the donor search, do not wait for a confirmation.
TRANSPLANT = Track(
    "transplant",
    "Transplant",
    phases=(
        Phase("NOT_INDICATED", "Not indicated", registry(), confirm=None, exits=(
            Exit("DONOR_SEARCH", Outcome("hsct_indication", ("INDICATED",)), assumption()),
        )),
        Phase("DONOR_SEARCH", "Donor search; transplant not yet possible", assumption(), confirm=None, exits=(
            Exit("HSCT_ELIGIBLE", Outcome("hsct_eligible", ("ELIGIBLE",)), registry()),
        )),
        Phase("HSCT_ELIGIBLE", "Eligible: high risk and MRD < 1e-4 after cycle 1", registry(), confirm=None, exits=(
            Exit("DONE", Recorded("hsct_done"), registry()),
        )),
        Phase("DONE", "Transplanted", registry(), started_by=(Done("hsct_done"),), terminal=True),
        Phase("CLOSED", "Not done: treatment is over", assumption(), terminal=True),
    ),
    anywhere=(
        Exit("CLOSED", all_of(InPhase("treatment", ("END_OF_TREATMENT", "OFF_TREATMENT")), Not(Recorded("hsct_done"))),
             assumption("treatment is over: no transplant is planned")),
    ),
)  # fmt: skip

FOLLOW_UP = Track(
    "follow_up",
    "Follow-up",
    phases=(
        Phase("NOT_STARTED", "Not started", assumption(), confirm=None, exits=(
            Exit("FOLLOW_UP", all_of(InPhase("treatment", ("END_OF_TREATMENT", "OFF_TREATMENT")), ENROLLED), assumption()),
        )),
        Phase("FOLLOW_UP", "Follow-up, survival until the study's end", assumption(), confirm=None, exits=(
            Exit("ENDED", OFF_STUDY, assumption("nobody is followed after that")),
        )),
        Phase("ENDED", "Ended", assumption(), terminal=True),
    ),
    anywhere=(Exit("ENDED", OFF_STUDY, assumption("nobody is followed after that")),),
)  # fmt: skip

TRACKS = (REGISTRATION, TREATMENT, TRANSPLANT, FOLLOW_UP)
