"""The calendar: what days are counted from. D1 is the first steroid dose, b1 = D29 the start of blinatumomab; real dates move planned ones."""

from itertools import pairwise

from pathway.language import (
    Anchor,
    DateOf,
    Done,
    Known,
    Latest,
    LedgerIs,
    LedgerPoint,
    Offset,
    Outcome,
    Param,
    Reading,
    Sampled,
    Setting,
    Since,
    StudyDay,
    assumption,
    public,
    registry,
)
from protocols.cbc_all2024.blinatumomab import STARTED, STOP_DECIDED
from protocols.cbc_all2024.criteria import LITERAL_E9
from protocols.cbc_all2024.facts import CRS_SIGNS, D19_FLOW, D46_FLOW, D46_NGS, HDMTX, ICANS_SIGNS, SAFETY


def course(name: str) -> tuple[tuple[str, str], ...]:
    """The scope label of a course."""
    return (("course", name),)


def point(name: str) -> tuple[tuple[str, str], ...]:
    """The scope label of a sampling point."""
    return (("point", name),)


INDUCTION = (
    Anchor("D1", "first dose of the dexamethasone prephase, study day 1", (Done("first_steroid"),), source=assumption()),
    Anchor("DIAGNOSIS", "day of diagnosis", (DateOf(Reading("diagnosis_date")),), source=assumption()),
    Anchor("INDUCTION_START", "end of the prephase, first anthracycline", (), (Offset("D1", Param("prephase_days")),), public("C3")),
    Anchor("D19", "day of the D19 marrow", (), (StudyDay("D1", 19),), registry()),
    Anchor("D19_SAMPLE", "D19 marrow taken", (Done("marrow_sampled", point("D19")), Sampled(D19_FLOW)), source=registry()),
    Anchor("ENROLMENT", "enrolled; until that is reported the first day on which it was possible",
           (Done("enrolled"),), (Since(Known(D19_FLOW)),), assumption()),
    Anchor("E9_END", "end of the look-back of E9", (), (Offset("ENROLMENT", when=LITERAL_E9), Offset("D1")), assumption("H2")),
)  # fmt: skip

BLINATUMOMAB = (
    Anchor("BLINA_SLOT", "planned start of blinatumomab, D29", (), (StudyDay("D1", Param("blina_start")),), registry()),
    Anchor("BLINA_IN_TIME", "last day of a start in time", (), (Offset("BLINA_SLOT", Param("start_tolerance")),), assumption()),
    Anchor("BLINA_LATEST", "latest start of blinatumomab", (), (StudyDay("D1", Param("blina_latest")),), assumption()),
    Anchor("BLINA_BEGUN", "first start of the infusion, as reported", (Done("infusion_started"),), source=registry()),
    Anchor("BLINA_START", "b1", (LedgerPoint("blina", "start"),), (Offset("BLINA_SLOT"),), registry()),
    Anchor("BLINA_OFF", "bag off: 336 h given, or stopped for good",
           (LedgerPoint("blina", "stop"), Since(STOP_DECIDED), LedgerPoint("blina", "end")),
           (Offset("BLINA_START", Param("blina_days")),), registry(), earliest=True),
    Anchor("BLINA_OFF_24H", "24 hours after bag off", (Offset("BLINA_OFF", hours=24),), source=assumption()),
)  # fmt: skip

END_OF_INDUCTION = (
    # Last infusion day + 3: bag comes off on the morning after the last infusion day.
    Anchor("D46", "end-of-induction marrow: D46, after a pause three days after the last infusion day if that is later", (),
           (Latest((StudyDay("D1", 46), Offset("BLINA_OFF", 2, when=STARTED))), StudyDay("D1", 46)),
           registry("D46; after a pause: assumption")),
    Anchor("D46_OPENS", "the end-of-induction marrow counts from here", (), (StudyDay("D1", Param("d46_opens")),), assumption()),
    Anchor("D46_CLOSES", "and to here", (), (StudyDay("D1", Param("d46_closes")),), assumption()),
    Anchor("D46_SAMPLE", "end-of-induction marrow taken",
           (Done("marrow_sampled", point("D46")), Sampled(D46_FLOW), Sampled(D46_NGS), Sampled(Reading("marrow_blasts", point="D46"))),
           source=registry()),
)  # fmt: skip

# What bounds the samples of a time point, by reports and the ledger alone: decisions rest on those samples.
NOT_GIVEN = LedgerIs("blina", ("not_started",))
BOUNDS = (
    Anchor("DIAGNOSIS_MARROW_CLOSES", "last day of the marrow of diagnosis", (Offset("D1", Param("diagnosis_after_steroid")),),
           source=assumption()),
    Anchor("BLINA_GIVEN", "blinatumomab started, as reported", (Done("infusion_started"),), source=registry()),
    # Nobody who got no blinatumomab has a bag that comes off; whoever gets it has no end of induction before that.
    Anchor("TREATED", "bag off; without blinatumomab the first day of induction",
           (LedgerPoint("blina", "stop"), LedgerPoint("blina", "end"), Offset("D1", when=NOT_GIVEN)), source=registry()),
    Anchor("CONSOLIDATION_GIVEN", "consolidation begun, as reported",
           (Done("course_started", course("CONSOLIDATION")), Done("hdmtx_started", course("1"))), source=assumption(), earliest=True),
    *(Anchor(f"HDMTX{n}_GIVEN", f"high-dose methotrexate, course {n}, as reported", (Done("hdmtx_started", course(n)),), source=public("C5"))
      for n in HDMTX),
)  # fmt: skip

CONSOLIDATION = (
    Anchor("CONSOLIDATION_START", "start of consolidation",
           (Done("course_started", course("CONSOLIDATION")), Done("hdmtx_started", course("1"))),
           (StudyDay("D1", Param("consolidation_start")),), assumption(), earliest=True),
    Anchor("HDMTX1_START", "first high-dose methotrexate", (Done("hdmtx_started", course("1")),), (Offset("CONSOLIDATION_START"),),
           public("C5")),
    *(
        Anchor(f"HDMTX{n}_START", f"high-dose methotrexate, course {n}", (Done("hdmtx_started", course(n)),),
               (Offset(f"HDMTX{before}_START", Param("hdmtx_interval")),), public("C5", "C8"))
        for before, n in pairwise(HDMTX)
    ),
    Anchor("CONSOLIDATION_END", "end of consolidation", (Done("course_ended", course("CONSOLIDATION")),),
           (Offset("HDMTX2_START", Param("hdmtx_interval"), when=Setting("hdmtx_courses", ("2",))),
            Offset("HDMTX4_START", Param("hdmtx_interval"))), assumption()),
)  # fmt: skip

LATER = (
    Anchor("MAINTENANCE_1_START", "start of maintenance 1", (Done("course_started", course("MAINTENANCE_1")),),
           (Offset("CONSOLIDATION_END"),), public("C2")),
    Anchor("MAINTENANCE_1_END", "end of maintenance 1", (Done("course_ended", course("MAINTENANCE_1")),),
           (Offset("MAINTENANCE_1_START", Param("length_maintenance_1")),), assumption("not set outside simulations (H4)")),
    Anchor("REINDUCTION_START", "start of reinduction", (Done("course_started", course("REINDUCTION_1")),),
           (StudyDay("D1", Param("reinduction_start")), Offset("MAINTENANCE_1_END")), assumption("position: H4")),
    Anchor("REINDUCTION_END", "end of the second reinduction", (Done("course_ended", course("REINDUCTION_2")),),
           (Offset("REINDUCTION_START", Param("length_reinduction")),), assumption("not set outside simulations (H4)")),
    Anchor("MAINTENANCE_2_START", "start of maintenance 2", (Done("course_started", course("MAINTENANCE_2")),),
           (Offset("REINDUCTION_END"),), public("C2")),
    Anchor("MAINTENANCE_2_END", "end of maintenance 2 and of treatment", (Done("course_ended", course("MAINTENANCE_2")),),
           (StudyDay("D1", Param("treatment_end")), StudyDay("D1", Param("maintenance_2_end"))), assumption("H4")),
    Anchor("CONDITIONING", "first day of conditioning", (Done("conditioning_started"),), (DateOf(Reading("conditioning_planned")),),
           assumption()),
    Anchor("HSCT_INDICATED", "transplant indicated", (Since(Outcome("hsct_indication", ("INDICATED",))),), source=assumption()),
)  # fmt: skip

EVENTS = (
    Anchor("RELAPSE_DAY", "relapse", (Done("relapse"),), source=public("B14")),
    Anchor("SECOND_CANCER", "second cancer", (Done("second_malignancy"),)),
    Anchor("DEATH_DAY", "death", (Done("death"),)),
    Anchor("WITHDRAWAL", "consent withdrawn", (Done("consent_withdrawn"),)),
    Anchor("LOSS", "lost to follow-up", (Done("lost_to_follow_up"),)),
    Anchor("STUDY_CLOSED", "study closed", (Done("study_closed"),)),
    Anchor("LAST_SEEN", "last seen or reported alive", (Sampled(Reading("survival")),)),
    Anchor("OFF_TREATMENT_DAY", "protocol treatment over",
           (Done("treatment_stopped"), Done("relapse"), Done("second_malignancy"), Done("hsct_done")),
           (Offset("MAINTENANCE_2_END"),), earliest=True),
)  # fmt: skip

SHARED = (*CRS_SIGNS.anchors, *ICANS_SIGNS.anchors, *SAFETY.anchors)

ANCHORS = (*INDUCTION, *BLINATUMOMAB, *END_OF_INDUCTION, *BOUNDS, *CONSOLIDATION, *LATER, *EVENTS, *SHARED)
