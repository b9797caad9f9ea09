"""The calendar: what days are counted from. D1 is the first prednisone dose, b1 the start of a cycle; real dates move planned ones."""

from pathway.language import (
    Anchor,
    DateOf,
    Done,
    LedgerPoint,
    Moment,
    Offset,
    Outcome,
    Param,
    Passed,
    Reached,
    Reading,
    Sampled,
    Since,
    StudyDay,
    Taken,
    all_of,
    assumption,
    public,
    registry,
)
from protocols.interfant21.blinatumomab import stop_decided
from protocols.interfant21.criteria import DIAGNOSED, LAST_VACCINE
from protocols.interfant21.facts import BL1_MRD, CRS_SIGNS, EOI_BLASTS, EOI_MRD, ICANS_SIGNS, SAFETY
from protocols.interfant21.risk import WITHOUT_BLINATUMOMAB


def course(name: str) -> tuple[tuple[str, str], ...]:
    """The scope label of a course."""
    return (("course", name),)


def point(name: str) -> tuple[tuple[str, str], ...]:
    """The scope label of a sampling point."""
    return (("point", name),)


def begun(option: str) -> Since:
    """When the chosen course of consolidation begins: once its time has come and it has been chosen."""
    return Since(all_of(Taken("consolidation", (option,)), Passed(Moment("CONSOLIDATION_START", at="same"))))


INDUCTION = (
    Anchor("D1", "first prednisone dose, study day 1", (Done("first_prednisone"),), source=assumption()),
    Anchor("DIAGNOSIS", "day of diagnosis", (DateOf(DIAGNOSED),), source=registry()),
    Anchor("D8", "day of the prednisone response", (), (StudyDay("D1", 8),), public("P6", "P19")),
    Anchor("EOI", "end of induction, about day 33", (), (StudyDay("D1", 33),), registry("about day 33 (G10)")),
    Anchor("EOI_POSTPONED", "end-of-induction marrow postponed", (Done("eoi_postponed"),), source=public("P9")),
    Anchor("EOI_POSTPONED_LAST", "end-of-induction marrow postponed again", (Done("eoi_postponed", last=True),), source=public("P9")),
    Anchor("EOI_SAMPLE", "end-of-induction marrow taken",
           (Done("marrow_sampled", point("EOI")), Sampled(EOI_BLASTS), Sampled(EOI_MRD)), source=registry()),
    Anchor("LIVE_VACCINE", "last live vaccine", (DateOf(LAST_VACCINE),), source=registry()),
    Anchor("VACCINE_GAP", "last day on which a live vaccine excludes", (), (Offset("LIVE_VACCINE", Param("live_vaccine_gap")),), registry()),
    Anchor("BLINA1_FREE", "first day on which a live vaccine does not exclude", (), (Offset("VACCINE_GAP", 1),), registry()),
)  # fmt: skip

CYCLE_1 = (
    Anchor("BLINA1_SLOT", "planned start of blinatumomab", (), (StudyDay("D1", Param("blina1_start")),), assumption()),
    Anchor("BLINA1_LATEST", "latest start of blinatumomab", (), (StudyDay("D1", Param("blina1_latest")),), assumption()),
    Anchor("AFTER_INDUCTION", "first day of what follows induction",
           (LedgerPoint("blina[cycle=1]", "start"), Done("course_started", course("CONSOLIDATION"))), (), registry(), earliest=True),
    Anchor("BLINA1_START", "b1 of cycle 1", (LedgerPoint("blina[cycle=1]", "start"),), (Offset("BLINA1_SLOT"),),
           registry("after induction, CNS1; day: assumption")),
    Anchor("BL1_PAUSED", "last interruption of cycle 1", (LedgerPoint("blina[cycle=1]", "last_pause"),), source=public("B3")),
    Anchor("BL1_OFF", "bag off cycle 1: ended, or stopped for good",
           (LedgerPoint("blina[cycle=1]", "stop"), Since(stop_decided("1")), LedgerPoint("blina[cycle=1]", "end")),
           (Offset("BLINA1_START", Param("blina_days")),), public("P7"), earliest=True),
    # A course that nobody has reported is only expected: without cycle 1, the end of induction is what is on record.
    Anchor("PAST_CYCLE_1", "end of blinatumomab cycle 1; without it the day after the end-of-induction marrow",
           (Offset("BL1_OFF", when=Reached("BLINA1_START")), Offset("EOI_SAMPLE", 1)), source=assumption()),
    Anchor("BL1_SAMPLE", "marrow after cycle 1 taken", (Done("marrow_sampled", point("BL1-END")), Sampled(BL1_MRD)),
           source=registry()),
)  # fmt: skip

COURSES = (
    # Without blinatumomab consolidation takes the place of cycle 1; with it, it follows the treatment-free interval.
    Anchor("CONSOLIDATION_START", "start of consolidation", (Done("course_started", course("CONSOLIDATION")),),
           (Since(all_of(WITHOUT_BLINATUMOMAB, Passed(Moment("BLINA1_SLOT", at="start")))),
            Offset("BL1_OFF", Param("treatment_free_days"))), assumption("label cycle of 28 + 14 days")),
    Anchor("IB_START", "IB begins", (), (begun("IB"),), assumption()),
    Anchor("ADE_START", "ADE begins", (), (begun("ADE_MAE"),), assumption()),
    Anchor("MAE_START", "MAE begins", (), (Offset("ADE_START", Param("length_ADE")),), assumption()),
    Anchor("CONSOLIDATION_END", "end of consolidation", (Done("course_ended", course("CONSOLIDATION")),),
           (Offset("IB_START", Param("length_IB")), Offset("MAE_START", Param("length_MAE"))),
           assumption("not set outside simulations (G5)")),
    Anchor("BLINA2_START", "b1 of cycle 2", (LedgerPoint("blina[cycle=2]", "start"),), (Offset("CONSOLIDATION_END"),),
           registry("after consolidation")),
    Anchor("BL2_PAUSED", "last interruption of cycle 2", (LedgerPoint("blina[cycle=2]", "last_pause"),), source=public("B3")),
    Anchor("BL2_OFF", "bag off cycle 2", (LedgerPoint("blina[cycle=2]", "stop"), Since(stop_decided("2")),
                                         LedgerPoint("blina[cycle=2]", "end")), (), public("P7"), earliest=True),
    Anchor("MARMA_START", "start of MARMA", (Done("course_started", course("MARMA")),), (Offset("CONSOLIDATION_END"),),
           public("P1")),
    Anchor("MARMA_END", "end of MARMA", (Done("course_ended", course("MARMA")),),
           (Offset("MARMA_START", Param("length_MARMA")),), assumption("not set outside simulations (G5)")),
    Anchor("OCTADAD_START", "start of OCTADAD", (Done("course_started", course("OCTADAD")),),
           (Offset("BL2_OFF", Param("treatment_free_days")), Offset("MARMA_END")),
           assumption("unchanged after cycle 2")),
    Anchor("OCTADAD_END", "end of OCTADAD", (Done("course_ended", course("OCTADAD")),),
           (Offset("OCTADAD_START", Param("length_OCTADAD")),), assumption("not set outside simulations (G5)")),
    Anchor("MAINTENANCE_START", "start of maintenance", (Done("course_started", course("MAINTENANCE")),),
           (Offset("OCTADAD_END"),), public("P4")),
    Anchor("MAINTENANCE_END", "end of maintenance", (Done("course_ended", course("MAINTENANCE")),),
           (StudyDay("D1", Param("maintenance_end")),), assumption("week 104")),
)  # fmt: skip

TRANSPLANT = (
    Anchor("HSCT_INDICATED", "transplant indicated", (Since(Outcome("hsct_indication", ("INDICATED",))),), source=registry()),
    Anchor("HSCT_ELIGIBLE_FROM", "eligible for transplant", (Since(Outcome("hsct_eligible", ("ELIGIBLE",))),),
           source=registry()),
    Anchor("CONDITIONING", "first day of conditioning", (Done("conditioning_started"),),
           (DateOf(Reading("conditioning_planned")),), assumption()),
)  # fmt: skip

EVENTS = (
    Anchor("TREATMENT_FAILURE", "treatment failure", (Done("treatment_failure"),)),
    Anchor("RELAPSE_DAY", "relapse", (Done("relapse"),), source=public("P13b")),
    Anchor("SECOND_MALIGNANCY", "second malignancy", (Done("second_malignancy"),)),
    Anchor("DEATH_DAY", "death", (Done("death"),)),
    Anchor("WITHDRAWAL", "consent withdrawn", (Done("consent_withdrawn"),), source=registry()),
    Anchor("LOSS", "lost to follow-up", (Done("lost_to_follow_up"),)),
    Anchor("STUDY_CLOSED", "study closed", (Done("study_closed"),)),
    Anchor("LAST_SEEN", "last seen or reported alive", (Sampled(Reading("survival")),)),
    Anchor("OFF_TREATMENT_DAY", "protocol treatment over",
           (Done("treatment_stopped"), Done("treatment_failure"), Done("relapse"), Done("second_malignancy"), Done("hsct_done")),
           (Offset("MAINTENANCE_END"),), earliest=True),
    Anchor("B_CELLS_RECOVERED", "B cells recovered", (Sampled(Reading("b_cells_recovered")),), source=registry()),
)  # fmt: skip

SHARED = (*CRS_SIGNS.anchors, *ICANS_SIGNS.anchors, *SAFETY.anchors)

ANCHORS = (*INDUCTION, *CYCLE_1, *COURSES, *TRANSPLANT, *EVENTS, *SHARED)
