"""Dose-limiting toxicity (1.7): cycle 1, judged by the meeting case by case; the verdict that the governor of the subtrial hears."""

from pathway.language import (
    Always,
    Choice,
    Closed,
    Compare,
    Dates,
    Day,
    Decision,
    Graded,
    Input,
    Is,
    Moment,
    Not,
    Outcome,
    Param,
    Passed,
    Predicate,
    Reached,
    Reading,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    row,
)
from protocols.hem_ismart.cycles import counts
from protocols.hem_ismart.facts import DLT_EVENTS

COMPARABLE = public(
    "P16",
    note="list of DLTs not public: grade 3 or more, not haematological, possibly related, as in a comparable trial",
)
JUDGED = Choice(("DLT", "NOT_DLT"))
WINDOW_OVER = Passed(Moment("DLT_END", at="close"))
RECOVERY_OVER = Passed(Moment("C1D49", at="close"))


def in_window(anchor: str) -> Predicate:
    """It has happened, not after the last day of the window, nor, by a day that is wrong, before its first."""
    inside = all_of(Dates(Day(anchor), ">=", Day("C1D1")), Dates(Day(anchor), "<=", Day("DLT_END")))
    return all_of(Reached("C1D1"), Reached(anchor), VerdictIs(inside, ("PASS",)))


def severe(event: str, grade: int = 3) -> Graded:
    """An adverse event in the window."""
    return Graded(event, grade, since="C1D1", until="DLT_END")


DIED = in_window("DEATH_DAY")
FATAL = any_of(*(severe(event, 5) for event in DLT_EVENTS))
# Counts that had recovered by day 28 are done with: what is low later belongs to what came later. Others have until day 49. Counts
# that nobody has reported have not recovered, unless none can come any more.
LOW_AT_28 = Not(VerdictIs(counts("1", until="DLT_END"), ("PASS",)))
KNOWN_LOW = VerdictIs(counts("1", until="C1D49"), ("FAIL",))
NONE_TO_COME = any_of(Reached("DEATH_DAY"), Reached("WITHDRAWAL"), Reached("LOSS"))
LOW_AT_49 = any_of(
    KNOWN_LOW, all_of(Not(VerdictIs(counts("1", until="C1D49"), ("PASS",))), Not(NONE_TO_COME))
)
NEXT_BEGUN = Reached("C2D1")
NOT_IN_TIME = all_of(LOW_AT_28, LOW_AT_49, Not(NEXT_BEGUN))
TO_RECOVER = all_of(NOT_IN_TIME, Not(RECOVERY_OVER))
LEFT_EARLY = any_of(*(in_window(a) for a in ("OFF_DAY", "WITHDRAWAL", "LOSS")))
NOT_RECOVERED = all_of(Reached("C1D1"), NOT_IN_TIME, RECOVERY_OVER, any_of(KNOWN_LOW, Not(LEFT_EARLY)))


def judgement(event: str, text: str, asked: Predicate, toxicity: Predicate | None = None) -> Decision:
    """Is it a DLT? Judged at the coordinating meeting; every new occurrence of a toxicity, and a higher grade, asks again."""
    inputs = (Input("occurred", asked if toxicity is None else toxicity, bound_to_size=toxicity is not None),)
    return Decision("DLT_JUDGEMENT", f"{text}: dose-limiting?", inputs, (row(JUDGED, COMPARABLE, occurred="yes"),), ("DLT", "NOT_DLT"),
                    COMPARABLE, confirm="meeting", asked=asked, scope=(("event", event),), ends_with="never")  # fmt: skip


JUDGEMENTS = (
    *(
        judgement(event, f"{event} of grade 3 or more in the DLT window", all_of(Reached("C1D1"), severe(event)), severe(event))
        for event in DLT_EVENTS
    ),
    judgement("DEATH", "Death in the DLT window, of nothing that was reported with grade 5", all_of(DIED, Not(FATAL))),
    judgement("COUNTS", "Counts that have not recovered, or that nobody has reported, by day 49", NOT_RECOVERED),
)  # fmt: skip

EVENTS = (*DLT_EVENTS, "DEATH", "COUNTS")


def stated(value: str) -> Closed:
    """Somebody has said so."""
    return Closed(Is(Reading("dlt_evaluability"), (value,)), Always(),
                  "a patient counts as evaluable or not by the rule until the meeting or the site says otherwise")  # fmt: skip


EVALUABLE = any_of(
    stated("EVALUABLE"),
    all_of(
        Not(stated("INEVALUABLE")),
        Not(LEFT_EARLY),
        Not(Compare(Reading("dose_share"), Param("inevaluable_below"))),
    ),
)
"""At least one dose and the window completed; a share of the doses only if the team sets one."""

DLT = Decision(
    "dlt",
    "DLT in cycle 1, C1D1 to C1D28",
    inputs=(
        Input("judged", any_of(*(Outcome(f"DLT_JUDGEMENT[event={e}]", ("DLT",), ever=True) for e in EVENTS))),
        Input("died", DIED),
        Input("evaluable", EVALUABLE),
        Input("over", WINDOW_OVER),
        Input("to_recover", TO_RECOVER),
    ),
    rules=(
        row("YES", COMPARABLE, judged="yes"),
        row("INEVALUABLE", assumption(), "", "died in the window, not of a DLT: replaced", judged="no", died="yes"),
        row("INEVALUABLE", assumption(), "", "not evaluable: replaced", judged="no", died="no", evaluable="no"),
        row(None, assumption(), "", "the window is open", judged="no", died="no", evaluable="yes", over="no"),
        row(None, assumption(), "", "counts have until day 49", judged="no", died="no", evaluable="yes", over="yes", to_recover="yes"),
        row("NO", assumption("window and evaluability: not public"), "", "no DLT by the end of day 28", judged="no", died="no",
            evaluable="yes", over="yes", to_recover="no"),
    ),
    options=("YES", "NO", "INEVALUABLE"),
    source=public("P2", note="during course 1; days, list and evaluability: assumption"),
    asked=Reached("C1D1"),
    ends_with="never",
)  # fmt: skip

DECISIONS = (*JUDGEMENTS, DLT)
