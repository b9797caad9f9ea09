"""Phases and what leads from one to the next (section 2b): the trial on one track, the treatment on the other."""

from pathway.language import (
    Done,
    Exit,
    InPhase,
    LedgerPoint,
    Moment,
    Not,
    NotObtainable,
    Outcome,
    Passed,
    Phase,
    Predicate,
    Reached,
    Recorded,
    Setting,
    Taken,
    Track,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
)
from protocols.cbc_all2024.anchors import course
from protocols.cbc_all2024.criteria import BARRED, START_CLEAR
from protocols.cbc_all2024.facts import D19_FLOW
from protocols.cbc_all2024.marrow import PRE_BLINA_MARROW
from protocols.cbc_all2024.methotrexate import recovered
from protocols.cbc_all2024.response import D46_HIGH, D46_READ
from protocols.cbc_all2024.withdrawal import NOT_STARTED, OFF_CARE, ON_THE_BACKBONE

OFF_STUDY = any_of(
    Recorded("consent_withdrawn"), Recorded("lost_to_follow_up"), Recorded("death"), Recorded("study_closed")
)  # fmt: skip
TOO_LATE = Passed(Moment("BLINA_LATEST", at="close"))
INELIGIBLE = Outcome("eligibility", ("NOT_ELIGIBLE",))
FOUND_INELIGIBLE = Taken("eligibility", ("NOT_ELIGIBLE",))
"""Two-valued: a criterion that is open again makes nobody ineligible."""
TO_OFF_STUDY = Exit(
    "OFF_STUDY", OFF_STUDY, assumption("consent withdrawn, lost, died, or the study closed: off study")
)

REGISTRATION = Track(
    "registration",
    "Trial: backbone registration at diagnosis, D19 gate, screening, enrolment",
    phases=(
        Phase("REGISTERED", "Registered on the backbone; D19 marrow to come", assumption(), confirm=None, exits=(
            Exit("AWAIT_D19", any_of(Reached("D19_SAMPLE"), NotObtainable(D19_FLOW), Passed(Moment("D19", days=1, at="close"))),
                 assumption("or its window is over")),
        )),
        Phase("AWAIT_D19", "D19 marrow taken; chemotherapy continues", registry(), exits=(
            Exit("BACKBONE_ONLY", Outcome("d19_entry", ("BACKBONE_ONLY",)), registry("I4, E10")),
            Exit("SCREENING", Outcome("d19_entry", ("MAY_ENTER",)), registry("I4")),
            Exit("BACKBONE_ONLY", all_of(NotObtainable(D19_FLOW), Passed(Moment("BLINA_SLOT", at="start"))),
                 assumption("sample lost: never eligible by default")),
            Exit("BACKBONE_ONLY", all_of(VerdictIs(Outcome("d19_entry", ("MAY_ENTER",)), ("PENDING", "REVIEW")),
                                         Passed(Moment("BLINA_LATEST"))), assumption("no verdict by the latest start")),
        )),
        Phase("SCREENING", "May enter by D19; trial offered, criteria checked", assumption(), exits=(
            Exit("ENROLLED", Outcome("eligibility", ("ELIGIBLE",)), registry()),
            Exit("BACKBONE_ONLY", INELIGIBLE, registry("an exclusion, or consent refused")),
            Exit("BACKBONE_ONLY", all_of(VerdictIs(Outcome("eligibility", ("ELIGIBLE",)), ("PENDING", "REVIEW")), TOO_LATE),
                 assumption("not settled by the latest start")),
        )),
        Phase("ENROLLED", "Enrolled: drug, pump and bed ordered", registry(), started_by=(Done("enrolled"),), exits=(
            Exit("BACKBONE_ONLY", all_of(NOT_STARTED, any_of(FOUND_INELIGIBLE, TOO_LATE)),
                 assumption("found ineligible before the start, or the latest start has passed")),
            Exit("OFF_STUDY", all_of(Not(NOT_STARTED), FOUND_INELIGIBLE), assumption("found ineligible after the start")),
            Exit("TRIAL_WITHDRAWN", D46_HIGH, registry("E11")),
        ), hit="priority"),
        Phase("BACKBONE_ONLY", "Backbone without trial drug", assumption(), confirm=None, exits=(TO_OFF_STUDY,)),
        Phase("TRIAL_WITHDRAWN", "Withdrawn by E11: D46 MRD >= 1e-2", registry("meaning of E11: assumption (H3)"), confirm=None,
              exits=(TO_OFF_STUDY,)),
        Phase("OFF_STUDY", "Off study", assumption(), terminal=True),
    ),
    anywhere=(TO_OFF_STUDY,),
)  # fmt: skip


def registered(*phases: str) -> Predicate:
    """The trial track is in one of the phases."""
    return InPhase("registration", phases)


def over(anchor: str) -> Passed:
    """The moment of an anchor has come."""
    return Passed(Moment(anchor, at="same"))


WITHOUT_BLINATUMOMAB = all_of(
    NOT_STARTED,
    any_of(registered("BACKBONE_ONLY"), all_of(registered("OFF_STUDY"), ON_THE_BACKBONE), all_of(registered("ENROLLED"), BARRED)),
)  # fmt: skip
CAT_REPLACED = Setting("blina_replaces_cat", ("true",))
TO_HSCT = Exit(
    "HSCT", Taken("HSCT_GO", ("GO",)), assumption("cancels the courses that remain"), planned="CONDITIONING"
)
TO_HIGH_RISK = Exit("HIGH_RISK_PATH", D46_HIGH, registry("1e-2 excludes; path: assumption"))

TREATMENT = Track(
    "treatment",
    "Treatment",
    ends_with="life",  # off study, care goes on: the backbone is still asked for
    phases=(
        Phase("NOT_STARTED", "Not started", assumption(), confirm=None, exits=(
            Exit("INDUCTION_1", Recorded("first_steroid"), assumption(), planned="D1"),
        )),
        Phase("INDUCTION_1", "Dexamethasone prephase and induction part 1, D1 to D28", public("C3", "C8"),
              started_by=(Done("first_steroid"),), only_when_started=True, exits=(
            Exit("BLINA_14", all_of(registered("ENROLLED"), PRE_BLINA_MARROW, START_CLEAR), registry(), planned="BLINA_SLOT"),
            Exit("INDUCTION_2", WITHOUT_BLINATUMOMAB, assumption(), planned="BLINA_SLOT"),
        )),
        Phase("BLINA_14", "Blinatumomab, D29 to D42: 14 x 24 h", registry(), started_by=(LedgerPoint("blina", "start"),),
              only_when_started=True, exits=(
            Exit("EOI_ASSESSMENT", all_of(Reached("BLINA_OFF"), CAT_REPLACED), registry()),
            Exit("INDUCTION_2", all_of(Reached("BLINA_OFF"), Not(CAT_REPLACED)), assumption("H6")),
        )),
        Phase("INDUCTION_2", "Induction part 2 of the backbone: CAT, or CAT+ for LR with more than 0.1 %", public("C2"),
              started_by=(Done("course_started", course("INDUCTION_2")),), exits=(
            Exit("EOI_ASSESSMENT", Passed(Moment("D46", at="start")), assumption("same D46 table")),
        )),
        Phase("EOI_ASSESSMENT", "End of induction: the D46 marrow decides; a missing one is never negative", registry(), exits=(
            Exit("CONSOLIDATION", D46_READ, registry("limits; path: assumption"), planned="CONSOLIDATION_START"),
            TO_HIGH_RISK,
        )),
        Phase("CONSOLIDATION", "Consolidation: high-dose methotrexate, 3 or 5 g/m2", public("C5", "C8"),
              started_by=(Done("course_started", course("CONSOLIDATION")), Done("hdmtx_started", course("1"))), exits=(
            TO_HSCT,
            TO_HIGH_RISK,
            Exit("MAINTENANCE_1", any_of(
                    all_of(Setting("hdmtx_courses", ("4",)), Recorded("hdmtx_started", course("4")), recovered("4")),
                    all_of(Setting("hdmtx_courses", ("2",)), Recorded("hdmtx_started", course("2")), recovered("2")),
                    Recorded("course_ended", course("CONSOLIDATION")),
                 ),
                 assumption("last HD-MTX recovered"), planned="CONSOLIDATION_END"),
        ), hit="priority"),
        Phase("MAINTENANCE_1", "Maintenance 1 (interim continuation): 5 courses", public("C2"),
              started_by=(Done("course_started", course("MAINTENANCE_1")),), exits=(
            TO_HSCT,
            Exit("REINDUCTION", over("REINDUCTION_START"), public("C2", note="position: assumption"), planned="REINDUCTION_START"),
        ), hit="priority"),
        Phase("REINDUCTION", "Reinduction 1 and 2", public("C2"),
              started_by=(Done("course_started", course("REINDUCTION_1")),), exits=(
            TO_HSCT,
            Exit("MAINTENANCE_2", over("REINDUCTION_END"), public("C2"), planned="MAINTENANCE_2_START"),
        ), hit="priority"),
        Phase("MAINTENANCE_2", "Maintenance 2", public("C2"),
              started_by=(Done("course_started", course("MAINTENANCE_2")),), exits=(
            TO_HSCT,
            Exit("END_OF_TREATMENT", over("MAINTENANCE_2_END"), assumption("the last course is over"), planned="MAINTENANCE_2_END"),
        ), hit="priority"),
        Phase("END_OF_TREATMENT", "End of treatment", assumption(), terminal=True),
        Phase("HIGH_RISK_PATH", "High-risk path of the backbone, transplant evaluated", assumption(),
              started_by=(Done("course_started", course("HIGH_RISK")),), exits=(
            TO_HSCT,
            Exit("END_OF_TREATMENT", Recorded("course_ended", course("HIGH_RISK")), assumption("the path is over")),
        ), hit="priority"),
        Phase("HSCT", "Transplant: from conditioning on", assumption(), started_by=(Done("conditioning_started"),),
              only_when_started=True, confirm=None, exits=(
            Exit("OFF_TREATMENT", Recorded("hsct_done"), assumption("off chemotherapy, on study")),
        )),
        Phase("OFF_TREATMENT", "Off protocol treatment", assumption(), terminal=True),
    ),
    anywhere=(
        # Blinatumomab was confirmed and never came; that the patient is back on the backbone is what a clinician confirmed.
        Exit("INDUCTION_2", all_of(NOT_STARTED, TOO_LATE, registered("BACKBONE_ONLY")), assumption("latest start passed")),
        Exit("OFF_TREATMENT",
             any_of(Recorded("relapse"), Recorded("second_malignancy"), Recorded("treatment_stopped"), OFF_CARE),
             assumption("relapse, second cancer, a stop, or the end of care: each of them ends protocol treatment")),
    ),
)  # fmt: skip

# Computed: tasks that only prepare, such as the donor search, do not wait for a confirmation.
TRANSPLANT = Track(
    "transplant",
    "Transplant",
    phases=(
        Phase("NOT_INDICATED", "Not indicated", assumption(), confirm=None, exits=(
            Exit("WATCH", Outcome("hsct_indication", ("WATCH",)), assumption()),
            Exit("DONOR_SEARCH", Outcome("hsct_indication", ("INDICATED",)), assumption()),
        )),
        Phase("WATCH", "Watch list: D46 of 1e-4 to < 1e-2; HLA typing, second marrow after two HD-MTX", assumption(), confirm=None, exits=(
            Exit("DONOR_SEARCH", Outcome("hsct_indication", ("INDICATED",)), assumption()),
            Exit("NOT_INDICATED", Outcome("hsct_indication", ("NOT_INDICATED",)), assumption()),
        )),
        Phase("DONOR_SEARCH", "Donor search; transplant not yet possible", assumption(), confirm=None, exits=(
            Exit("HSCT_ELIGIBLE", Outcome("hsct_eligible", ("ELIGIBLE",)), assumption()),
        )),
        Phase("HSCT_ELIGIBLE", "Eligible: latest MRD < 1e-4", assumption(), confirm=None, exits=(
            Exit("TRANSPLANTED", Recorded("hsct_done"), assumption("stem cells given")),
        )),
        Phase("TRANSPLANTED", "Transplanted", assumption(), started_by=(Done("hsct_done"),), terminal=True),
        Phase("CLOSED", "Off study before", assumption(), terminal=True),
    ),
    anywhere=(Exit("CLOSED", all_of(OFF_STUDY, Not(Recorded("hsct_done"))), assumption("off study: no transplant is planned")),),
)  # fmt: skip

FOLLOW_UP = Track(
    "follow_up",
    "Follow-up",
    phases=(
        Phase("ON_TREATMENT", "Not begun", assumption(), confirm=None, exits=(
            Exit("FOLLOW_UP", all_of(InPhase("treatment", ("END_OF_TREATMENT", "OFF_TREATMENT")), Not(OFF_STUDY)), assumption()),
        )),
        Phase("FOLLOW_UP", "Follow-up, survival to 2030-05-31", registry("completion date; visits: assumption"), confirm=None, exits=(
            Exit("ENDED", OFF_STUDY, assumption("nobody is followed after that")),
        )),
        Phase("ENDED", "Ended", assumption(), terminal=True),
    ),
    anywhere=(Exit("ENDED", OFF_STUDY, assumption("nobody is followed after that")),),
)  # fmt: skip

TRACKS = (REGISTRATION, TREATMENT, TRANSPLANT, FOLLOW_UP)
