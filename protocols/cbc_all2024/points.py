"""Which samples belong to a time point, and what cannot have happened in another order. No window is public (section 3)."""

from itertools import pairwise

from pathway.language import AnchorDay, Onset, Order, Param, TimePoint, assumption, public, registry
from protocols.cbc_all2024.facts import CNS_COUNTS, HDMTX
from protocols.shared import date_order

MARROW_OF_DIAGNOSIS = ("marrow_blasts", "marrow_sampled")
FIRST_PUNCTURE = ("cns", *(fact.id for fact in CNS_COUNTS.facts))

DIAGNOSIS = (
    TimePoint("DIAGNOSIS", "around the day of diagnosis, not after the steroid has begun to work", registry("window: assumption"), of="DIAGNOSIS",
              first=-14, last=Param("diagnosis_days"), until="DIAGNOSIS_MARROW_CLOSES", facts=MARROW_OF_DIAGNOSIS),
    TimePoint("DIAGNOSIS", "the first lumbar puncture, and the blood of that day", assumption("no window is public"), of="DIAGNOSIS", first=-14,
              last=Param("first_csf_days"), facts=FIRST_PUNCTURE, latest=True),
    TimePoint("IT", "each intrathecal treatment: any day", assumption("says nothing about time"), anytime=True),
)  # fmt: skip

INDUCTION = (
    TimePoint("D19", "about D19, on schedule from D18 to D20", registry("D19; days around it: assumption"), of="D1", first=Param("d19_opens"),
              last=Param("d19_closes"), on_time=(17, 19)),
    # The schedule is counted back from the start, which may move: D26 to D29 for a start on D29.
    TimePoint("PRE-BLINA", "in the days before blinatumomab", registry("before and after; days: assumption"), of="D1",
              first=Param("pre_blina_opens"), until="BLINA_GIVEN"),
    # A repeat marrow is a new sample with its own day: assumption.
    # D43 to D50 is when it is an end point, after a pause too; who comes late is still treated by it, and D46-OUT-OF-WINDOW says so.
    TimePoint("D46", "end of induction: from D43, after bag off, before consolidation", registry("D46; window: assumption"), of="D1",
              first=Param("d46_opens"), last=Param("d46_last"), since="TREATED", until="CONSOLIDATION_GIVEN", repeats=True),
)  # fmt: skip

LATER = (
    TimePoint("WATCH", "after the second course of high-dose methotrexate", assumption("watch list (section 6)"), of="HDMTX2_GIVEN", first=7, last=35,
              on_time=(11, 21)),
    TimePoint("WEEK-12-16", "weeks 10 to 18 from D1, on schedule from 12 to 16", assumption("no window is public"), of="D1", first=70, last=126,
              on_time=(84, 112)),
    TimePoint("END-OF-CONSOLIDATION", "from the third week of consolidation to 12 weeks after its planned 8", assumption("no window is public"),
              of="CONSOLIDATION_GIVEN", first=21, last=140),
    # Marrows of the end are taken before anybody reports it, and after an early stop too: only what cannot be is kept out.
    TimePoint("END-OF-TREATMENT", "not in the first four months", assumption("length of treatment is not public (H4)"), of="D1", first=120),
    # How fresh it must be is counted back from conditioning by the rule that reads it.
    TimePoint("PRE-HSCT", "after induction, before conditioning", assumption("transplant is not part of the trial text"), of="D1",
              first=Param("d46_opens"), until="CONDITIONING"),
    TimePoint("OTHER", "any other day", assumption("says nothing about time"), anytime=True),
)  # fmt: skip

LEVEL_HOURS = {"20H": (18, 26), "44H": (42, 50), "68H": (66, 74), "LATER": (70, 1008)}
"""Hours from the start of the infusion in which a level tells of its time: 2 h either side of 20 to 24, 44 to 48, 68 to 72 h. The level
falls all the time: one of 56 h says nothing of 44 h. Later ones to six weeks."""

LEVELS = tuple(
    TimePoint(f"C{n}-{hours}", f"methotrexate of course {n}, {hours}: by the hour from the start of the infusion, before the next course",
              public("C5", note="20 to 24, 44 to 48, 68 to 72 h; 2 h either side: assumption"), of=f"HDMTX{n}_GIVEN", first=first, last=last, hours=True,
              until=f"HDMTX{after}_GIVEN" if after else "", latest=True)
    for n, after in pairwise((*HDMTX, ""))
    for hours, (first, last) in LEVEL_HOURS.items()
)  # fmt: skip

POINTS = (*DIAGNOSIS, *INDUCTION, *LATER, *LEVELS)

ORDERS = (
    *date_order.after_birth("diagnosis_date", "first_steroid", "last_convulsion", "last_chemotherapy", "last_radiotherapy", "airway_radiotherapy"),
    *date_order.in_turn("enrolment needs the marrow of D19", "diagnosis_date", "enrolled"),
    *date_order.in_turn("blinatumomab and enrolment come after D1", "first_steroid", "enrolled"),
    *date_order.in_turn("blinatumomab and enrolment come after D1", "first_steroid", "infusion_started"),
    *date_order.in_turn("protocol treatment ends before it began", "first_steroid", "treatment_stopped"),
    *date_order.in_turn("a course is over before it began", "course_started", "course_ended"),
    *date_order.by_number("courses of high-dose methotrexate are numbered in their turn", "hdmtx_started", "course", HDMTX),
    *date_order.in_turn("out of hospital after the first days of blinatumomab, before it began", "infusion_started", "discharged"),
    *date_order.in_turn("the rescue of a course is increased before it began", "hdmtx_started", "rescue_increased"),
    *date_order.in_turn("blinatumomab ends before it began", "infusion_started", "infusion_ended"),
    *date_order.in_turn("blinatumomab is stopped before it began", "infusion_started", "infusion_stopped"),
    *date_order.in_turn("blinatumomab is interrupted before it began", "infusion_started", "infusion_paused"),
    *date_order.in_turn("blinatumomab is resumed before it began", "infusion_started", "infusion_resumed"),
    *date_order.in_turn("stem cells are given before conditioning began", "conditioning_started", "hsct_done"),
    *date_order.in_turn("a relapse is reported of a day before the diagnosis", "diagnosis_date", "relapse"),
    *date_order.before_death("first_steroid", "enrolled", "infusion_started", "infusion_resumed", "course_started",
                             "hdmtx_started", "conditioning_started", "hsct_done", "relapse", "second_malignancy"),
    Order(AnchorDay("BLINA_START"), Onset("CRS"), "a cytokine release syndrome before blinatumomab", date_order.CERTAIN),
    *date_order.SAFETY,
)  # fmt: skip
