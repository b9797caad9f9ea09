"""Which samples belong to a time point, and what cannot have happened in another order."""

from pathway.language import Act, AnchorDay, Order, Param, TimePoint, assumption, public
from protocols.hem_ismart.facts import CYCLES, STARTABLE, cycle
from protocols.shared import date_order

COUNTS = ("anc", "platelets")
END_OF_CYCLE = public(
    "P2",
    "P8",
    note="response at the end of each cycle, recovery to day 49; days before and after: assumption",
)


def end_of(number: str) -> tuple[TimePoint, TimePoint]:
    """The end of a cycle: counts that recover have until day 49; the marrow may be taken a few days after that. A better marrow does
    not unmake a bad one by itself: who is treated on is for a clinician to say."""
    point, start, begun = f"EOC{number}", f"C{number}_GIVEN", f"EOC{number}_CLOSES"
    return (
        TimePoint(point, f"counts at the end of cycle {number}, to the last day of recovery, before the next treatment", END_OF_CYCLE, of=start,
                  first=Param("evaluation_from"), last=Param("recovery_end"), until=begun, facts=COUNTS, latest=True),
        TimePoint(point, f"end of cycle {number}, before the next treatment", END_OF_CYCLE, of=start, first=Param("evaluation_from"),
                  last=Param("evaluation_to"), on_time=(25, Param("recovery_end")), until=begun, repeats=True),
    )  # fmt: skip


POINTS = (
    TimePoint("ENTRY", "before the first dose, or on its day", public("P2", note="how old it may be: not stated"), until="C1_GIVEN", latest=True),
    TimePoint("BASELINE", "before the first dose, or on its day", assumption("days of the questionnaires: not stated"), until="C1_GIVEN",
              latest=True),
    *(window for number in CYCLES for window in end_of(number)),
    TimePoint("OTHER", "any other day", assumption("says nothing about time"), anytime=True),
    TimePoint("FOLLOW-UP", "any day of follow-up", assumption("says nothing about time"), anytime=True),
)  # fmt: skip

HISTORY = ("last_cytotoxic", "last_bridging", "last_radiotherapy", "last_auto_hsct", "last_allo_hsct", "last_cell_therapy", "last_antibody",
           "last_surgery", "last_immunosuppression", "last_interacting_drug")  # fmt: skip

FIRST_DOSE = Act("cycle_started", cycle("1"))

ORDERS = (
    *date_order.after_birth("diagnosis_date", *HISTORY),
    *date_order.in_turn("the trial treats a relapsed or refractory disease: no dose before it was diagnosed", "diagnosis_date", "cycle_started"),
    *date_order.by_number("cycles are numbered in their turn", "cycle_started", "cycle", STARTABLE),
    *date_order.in_turn("a drug of a cycle before its first dose", "cycle_started", "drug_given"),
    *date_order.in_turn("a relapse is reported of a day before the diagnosis", "diagnosis_date", "relapse"),
    Order("included", AnchorDay("C1D1"), "the first dose comes before inclusion", date_order.CERTAIN),
    # By the report and not by its anchor: what ended before it began ends nothing until its day is right.
    Order(FIRST_DOSE, "off_treatment", "protocol treatment ends before its first dose", date_order.CERTAIN),
    Order(FIRST_DOSE, "hsct_done", "the transplant of this trial comes before its first dose", date_order.CERTAIN),
    *date_order.before_death("included", "cycle_started", "drug_given", "it_given", "pk_sampled", "hsct_done", "relapse", "second_malignancy"),
    *date_order.SAFETY,
)  # fmt: skip
