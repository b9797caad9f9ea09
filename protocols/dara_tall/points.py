"""Which samples belong to a time point, and what cannot have happened in another order."""

from pathway.language import Param, TimePoint, assumption
from protocols.dara_tall.facts import COURSES
from protocols.shared import date_order

EVALUATION_DAY = assumption(
    "d29 + 7 d, before course 2; where doses came late, counted from a week after the last one"
)

POINTS = (
    # How old a marrow may be on day 1 is for eligibility: the criterion counts it back from there.
    TimePoint("SCREENING", "before the first infusion, or on its day", assumption("the marrow that makes eligible"), until="C1_START"),
    # What was indeterminate is decided by a repeated sample (D5).
    *(
        TimePoint(f"C{course}-D29", f"d29 of course {course}: after its last dose, before the next course", EVALUATION_DAY, of=f"C{course}_START",
                  first=Param("evaluation_from"), since=f"C{course}_LAST", until=f"C{course}_D29_CLOSES", repeats=True)
        for course in COURSES
    ),
    TimePoint("OTHER", "any other day", assumption("says nothing about time"), anytime=True),
)  # fmt: skip

ORDERS = (
    *date_order.in_turn("an infusion is over before it began", "infusion_started", "infusion_ended"),
    *date_order.in_turn("an infusion is interrupted before it began", "infusion_started", "infusion_paused"),
    *date_order.in_turn("an infusion is resumed before it began", "infusion_started", "infusion_resumed"),
    *date_order.before_death("infusion_started", "infusion_resumed", "premedicated", "hsct_done", "relapse"),
    *date_order.SAFETY,
)  # fmt: skip
