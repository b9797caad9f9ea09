"""Which samples belong to which time point, and what comes before what. The days of samples are public in outline only: section 3
of the facts gives planned days and windows, all of them engineering defaults. What is accepted beyond a window is assumed here."""

from pathway.language import Act, AnchorDay, Onset, Order, Param, TimePoint, assumption, public, registry
from protocols.interfant21.facts import CNS_COUNTS, CYCLES
from protocols.shared import date_order

CSF = ("cns", *(fact.id for fact in CNS_COUNTS.facts if fact.points))

EOI_FIRST, EOI_LAST = Param("eoi_sample_first"), Param("eoi_sample_last")
BEFORE_B1 = "AFTER_INDUCTION"

# A result that cannot be placed is repeated (shared rules, PNQ): where a class hangs on it, a marrow of another day is a repeat.
POINTS = (
    TimePoint("DIAGNOSIS", "Work-up at diagnosis, until the end of the prephase with its lumbar puncture", of="D1", last=6,
              on_time=(-7, 6), latest=True, source=assumption("window -7..0 d; the puncture with the prephase's intrathecal dose belongs")),
    TimePoint("D8", "Prednisone response, read on day 8", of="D1", first=7, last=8, on_time=(7, 8),
              source=public("P6", note="window 0..+1 d: assumption")),
    TimePoint("EOI", "End of induction, before the next treatment begins", of="D1", first=EOI_FIRST, last=EOI_LAST,
              until=BEFORE_B1, on_time=(30, 39), repeats=True,
              source=registry("about day 33 (G10); window -2..+7 d, postponed for pancytopenia (P9): assumption")),
    TimePoint("EOI", "End-of-induction lumbar puncture, before b1", of="D1", first=EOI_FIRST, last=EOI_LAST, until=BEFORE_B1,
              on_time=(30, 35), facts=CSF, latest=True, source=registry("about day 33; window -2..+3 d, before b1: assumption")),
    TimePoint("BL1-D15", "Mid-cycle 1", of="BLINA1_START", first=1, until="BL1_OFF", on_time=(12, 16),
              source=public("P8", note="pilot, b15 -2..+2 d; any day of the infusion is accepted: assumption")),
    TimePoint("BL1-END", "After blinatumomab cycle 1, before consolidation", of="BL1_OFF", first=-3,
              last=Param("bl1_sample_last"), since="BLINA1_START", until="CONSOLIDATION_START", on_time=(-1, 7), repeats=True,
              source=registry("after the 1st cycle; b29 -1..+4 d, after a stop +1..7 d: assumption")),
    TimePoint("EOC", "End of consolidation", of="PAST_CYCLE_1", first=7, until="OCTADAD_START",
              source=public("P11", note="Interfant-06; bounds: assumption")),
    TimePoint("BL2-END", "After blinatumomab cycle 2", since="BLINA2_START", until="MAINTENANCE_START", source=assumption()),
    TimePoint("PRE-OCTADAD", "Before OCTADAD", of="PAST_CYCLE_1", first=28, until="OCTADAD_START",
              source=public("P3", "P4", note="-7..0 d: assumption; a course lies between: assumption")),
    TimePoint("PRE-HSCT", "Before conditioning; how old it may be is a rule of its own", since="PAST_CYCLE_1",
              until="CONDITIONING", source=registry("earliest after blinatumomab cycle 1; bounds: assumption")),
    TimePoint("OTHER", "Any other sample: read by its own day", anytime=True, source=assumption()),
)  # fmt: skip

ORDERS = (
    *date_order.after_birth("diagnosis_date", "last_chemotherapy", "live_vaccine", "first_prednisone"),
    *date_order.in_turn("treatment begins before the diagnosis", "diagnosis_date", "first_prednisone"),
    *date_order.in_turn("protocol treatment ends before it began", "first_prednisone", "treatment_stopped"),
    *date_order.in_turn("a relapse is reported of a day before the diagnosis", "diagnosis_date", "relapse"),
    *date_order.in_turn("treatment has failed before it began", "first_prednisone", "treatment_failure"),
    *date_order.in_turn("a course is over before it began", "course_started", "course_ended"),
    *date_order.by_number(
        "cycles of blinatumomab are numbered in their turn", "infusion_started", *CYCLES[0]
    ),
    *date_order.in_turn(
        "out of hospital after the first days of a cycle, before it began", "infusion_started", "discharged"
    ),
    *date_order.sampled_in_turn(
        "the marrow after a cycle was taken before that of the end of induction",
        "mrd",
        "EOI",
        "BL1-END",
        "BL2-END",
    ),
    *date_order.in_turn(
        "transplant comes before conditioning, or before D1",
        "first_prednisone",
        "conditioning_started",
        "hsct_done",
    ),
    Order(
        AnchorDay("BLINA1_START"),
        Onset("CRS"),
        "a cytokine release syndrome before blinatumomab",
        date_order.CERTAIN,
    ),
    Order(
        Act("infusion_started", (("cycle", "1"),)),
        Act("course_started", (("course", "CONSOLIDATION"),)),
        "consolidation comes after the first cycle of blinatumomab",
        date_order.CERTAIN,
        counts=False,
    ),
    *date_order.SAFETY,
    *date_order.before_death(
        "diagnosis_date", "first_prednisone", "hsct_done", "relapse", "second_malignancy"
    ),
)
