"""Which samples belong to a time point, and what cannot have happened in another order."""

from pathway.language import AnchorDay, Onset, Order, Param, Source, TimePoint, assumption, registry
from protocols.ino_dli.facts import PUNCTURES
from protocols.shared import date_order

COUNTS = ("platelets", "anc")


def evaluation(
    point: str, text: str, source: Source, of: str, first: Param, since: str, until: str
) -> tuple[TimePoint, TimePoint]:
    """An evaluation: counts recover, and the last ones say so; a better marrow does not unmake a bad one by itself."""
    return (
        TimePoint(point, f"counts: {text}", source, of=of, first=first, since=since, until=until, facts=COUNTS, latest=True),
        TimePoint(point, text, source, of=of, first=first, since=since, until=until, repeats=True),
    )  # fmt: skip


POINTS = (
    TimePoint("BASELINE", "before the first dose, or on its day", assumption("which visit: not stated"), until="DAY0", latest=True),
    *evaluation("C1-EVAL", "1 month after inotuzumab ozogamicin: from the end of a cycle of 21 days to a month and a week after its last dose",
                registry("1 month after InO; which dose it counts from, and the days around it: assumption"), "DAY0", Param("evaluation_from"),
                "C1_LAST", "C1_EVAL_CLOSES"),
    # A delay for counts has no end, so the re-check has none but the first dose of cycle 2.
    *evaluation("PRE-C2", "after the last dose of cycle 1, before the first of cycle 2", assumption("the re-check before cycle 2"), "DAY0",
                Param("recheck_from"), "C1_LAST", "C2_GIVEN"),
    *evaluation("C2-EVAL", "at the end of cycle 2, to its length and a week after its last dose", assumption("28 days"), "C2_GIVEN",
                Param("evaluation_from"), "C2_LAST", "C2_EVAL_CLOSES"),
    TimePoint("OTHER", "any other day", assumption("says nothing about time"), anytime=True),
)  # fmt: skip

ORDERS = (
    *date_order.in_turn("the progression or relapse that this trial treats comes after the transplant", "hsct_date", "progression"),
    *date_order.in_turn("another transplant comes after the last one before the trial", "hsct_date", "hsct_done"),
    *date_order.in_turn("the trial treats a relapse after transplant: no dose before it", "hsct_date", "ino_given"),
    *date_order.in_turn("donor lymphocytes after transplant: none before it", "hsct_date", "dli_given"),
    *date_order.by_number("punctures are numbered in their turn", "lp_given", "k", PUNCTURES),
    # A puncture that is taken for not of the series is asked for again: until the day is right, it does not count.
    Order(AnchorDay("REMISSION"), "lp_given", "the series of punctures begins after remission", date_order.CERTAIN, counts=False),
    Order(AnchorDay("DAY0"), Onset("INFUSION_REACTION"), "an infusion reaction before any infusion", date_order.CERTAIN),
    *date_order.before_death("ino_given", "lp_given", "dli_given", "hsct_done", "progression", "hsct_date"),
    *date_order.SAFETY,
)  # fmt: skip
