"""Which samples belong to a time point, and what cannot have happened in another order."""

from pathway.language import AnchorDay, Onset, Order, Param, TimePoint, assumption
from protocols.dara_tall.facts import COURSES
from protocols.shared import date_order

PANEL = ("cd38_independent_gating",)
EVALUATION_DAY = assumption(
    "d29 + 7 d, before course 2; where doses came late, counted from a week after the last one"
)


def evaluation(course: str) -> tuple[TimePoint, TimePoint]:
    """d29 of a course. What was indeterminate is decided by a repeated sample (D5), with its own panel; where it is better than one
    beyond a limit, a clinician says which counts."""
    point, text = f"C{course}-D29", f"d29 of course {course}: after its last dose, before the next course"
    of, first, since, until = (
        f"C{course}_START",
        Param("evaluation_from"),
        f"C{course}_LAST",
        f"C{course}_D29_CLOSES",
    )
    return (
        TimePoint(point, f"panel: {text}", EVALUATION_DAY, of=of, first=first, since=since, until=until, facts=PANEL, latest=True),
        TimePoint(point, text, EVALUATION_DAY, of=of, first=first, since=since, until=until, repeats=True),
    )  # fmt: skip


POINTS = (
    # How old a marrow may be on day 1 is for eligibility: the criterion counts it back from there.
    TimePoint("SCREENING", "before the first infusion, or on its day", assumption("the marrow that makes eligible: the last one"),
              until="C1_START", latest=True),
    *(window for course in COURSES for window in evaluation(course)),
    TimePoint("OTHER", "any other day", assumption("says nothing about time"), anytime=True),
)  # fmt: skip

ORDERS = (
    *date_order.to_the_hour("an infusion is over before it began", "infusion_started", "infusion_ended"),
    *date_order.to_the_hour("an infusion is interrupted or resumed before it began", "infusion_started", "infusion_paused", "infusion_resumed"),
    *date_order.in_turn("what follows an infusion is given before it", "infusion_started", "postmedicated"),
    # An observation that is taken for not over goes on: until the hour is right, it does not count.
    Order(AnchorDay("C1_END"), "observed", "the observation is over before the infusion was", date_order.CERTAIN, by_hour=True, counts=False),
    Order(AnchorDay("C1_START"), Onset("IRR"), "an infusion reaction before any infusion", date_order.CERTAIN, by_hour=True),
    Order(AnchorDay("C1_START"), "hsct_done", "the transplant of this trial comes before its first dose", date_order.CERTAIN),
    *date_order.before_death("infusion_started", "infusion_resumed", "premedicated", "hsct_done", "relapse"),
    *date_order.SAFETY,
)  # fmt: skip
