"""The calendar. C1D1 is the first dose of cycle 1; later cycles count from their own first day."""

from pathway.language import (
    Anchor,
    AnchorTime,
    DateOf,
    Done,
    Latest,
    Limit,
    Moment,
    Not,
    Offset,
    Param,
    Passed,
    Predicate,
    Reached,
    Reading,
    Sampled,
    Setting,
    Since,
    StudyDay,
    Taken,
    all_of,
    any_of,
    assumption,
    public,
    registry,
)
from protocols.hem_ismart.allocation import IN, slot_is
from protocols.hem_ismart.cycles import RECOVERED
from protocols.hem_ismart.facts import CYCLES, EVALUATIONS, REASONS, at, cycle
from protocols.hem_ismart.profile import SUBTRIALS
from protocols.hem_ismart.response import REMISSION, UNREMITTED, response

NEXT_CYCLE: dict[str, str] = {"2": "1", "3": "2"}


def start(number: str) -> Anchor:
    """The first day of a cycle: given, else 28 days after the one before, or when the counts have recovered if that is later."""
    given = (Done("cycle_started", cycle(number)),)
    if number == "1":
        return Anchor(
            "C1D1",
            "first dose of cycle 1",
            given,
            (Offset("C1D1_PLANNED", hours=Param("start_hour")),),
            registry(),
        )
    before = NEXT_CYCLE[number]
    length = Offset(f"C{before}D1", Param("cycle_days"))
    return Anchor(f"C{number}D1", f"first dose of cycle {number}", given, (Latest((length, Offset(f"RECOVERED_{before}"))), length),
                  public("P8"))  # fmt: skip


def days_of(number: str) -> tuple[Anchor, ...]:
    """The days of a cycle on which something ends."""
    first = f"C{number}D1"
    return (
        Anchor(f"C{number}D0", f"day before cycle {number}", (), (Offset(first, -1),), assumption("day n is counted from it")),
        Anchor(f"C{number}D28", f"last day of cycle {number}", (StudyDay(first, 28),), source=public("P2")),
        Anchor(f"C{number}D49", f"last day of recovery after cycle {number}", (StudyDay(first, Param("recovery_end")),), source=public("P8")),
    )  # fmt: skip


def bounds(number: str) -> tuple[Anchor, ...]:
    """What bounds the samples of a cycle's end, by reports alone: the plan of the next cycle rests on those samples."""
    return (
        Anchor(f"C{number}_GIVEN", f"first dose of cycle {number}, as reported", (Done("cycle_started", cycle(number)),), source=registry()),
        Anchor(f"EOC{number}_CLOSES", f"the treatment after cycle {number} has begun: next cycle, or transplant",
               (Done("cycle_started", cycle(str(int(number) + 1))), Done("hsct_done")), source=public("P8", note="transplant: assumption"),
               earliest=True),
    )  # fmt: skip


def evaluated(condition: dict[str, Predicate]) -> tuple[AnchorTime, ...]:
    """The evaluations of which the condition is true."""
    return tuple(
        Sampled(at(fact, point), condition[point]) for point in EVALUATIONS for fact in ("marrow_blasts", "lymphoma_response")
    )  # fmt: skip


IN_REMISSION: dict[str, Predicate] = {f"EOC{n}": response(n, *REMISSION) for n in CYCLES}
BACK: dict[str, Predicate] = {
    "EOC2": all_of(Taken("mrd_status[cycle=1]", ("NEGATIVE",)), Taken("mrd_status[cycle=2]", ("POSITIVE",))),
    "EOC3": all_of(
        any_of(*(Taken(f"mrd_status[cycle={n}]", ("NEGATIVE",)) for n in ("1", "2"))),
        Taken("mrd_status[cycle=3]", ("POSITIVE",)),
    ),
}
BY_DAY_0 = Setting("failure_date", ("DAY0",))

TREATMENT = (
    Anchor("C1D1_PLANNED", "planned day of the first dose", (), (DateOf(Reading("c1d1_planned")),), assumption()),
    *(start(n) for n in CYCLES),
    *(anchor for n in CYCLES for anchor in (*days_of(n), *bounds(n))),
    *(Anchor(f"RECOVERED_{n}", f"counts have recovered after cycle {n}", (Since(RECOVERED[n]),), source=assumption()) for n in ("1", "2")),
    Anchor("EOC1_DAY", "evaluation of cycle 1", (Sampled(at("marrow_blasts", "EOC1")), Sampled(at("lymphoma_response", "EOC1"))),
           (StudyDay("C1D1", 28),), public("P2"), earliest=True),
    Anchor("INCLUSION", "inclusion: as reported, else the first dose", (Done("included"),), (Offset("C1D1", hours=0),), assumption()),
    Anchor("DLT_END", "last day of the DLT window", (StudyDay("C1D1", Param("dlt_window")),), source=assumption("public: course 1")),
    *(Anchor(f"STARTED_{s}", f"first dose in subtrial {s}", (Offset("C1D1", hours=0, when=all_of(IN[s], Reached("C1D1"))),), source=registry())
      for s in SUBTRIALS),
    *(Anchor(f"EXPIRED_{s}", f"reservation in subtrial {s} expired", (Sampled(Reading("slot", point=s), slot_is(s, "EXPIRED")),),
             source=assumption()) for s in SUBTRIALS),
    Anchor("CONSENTED", "consent given", (Sampled(Reading("consent")),), source=public("P2")),
)  # fmt: skip

EVENTS = (
    Anchor("REMISSION", "first CR, CRp or CRi", evaluated(IN_REMISSION), source=public("P2"), earliest=True),
    Anchor("MRD_NEGATIVE", "MRD first negative at an evaluation",
           tuple(Sampled(at("mrd", f"EOC{n}"), Taken(f"mrd_status[cycle={n}]", ("NEGATIVE",))) for n in CYCLES), source=public("P2"), earliest=True),
    Anchor("MOLECULAR_RELAPSE", "MRD positive again after it was negative",
           (*(Sampled(at("mrd", point), when) for point, when in BACK.items()),
            Sampled(Reading("mrd", point="OTHER", since="MRD_NEGATIVE"), beyond=Param("mrd_negative"))), source=public("P2"), earliest=True),
    Anchor("FAILURE", "failure to achieve CR, CRp or CRi",
           (Offset("C1D1", when=all_of(UNREMITTED, BY_DAY_0)), Offset("EOC1_DAY", when=all_of(UNREMITTED, Not(BY_DAY_0)))),
           source=assumption("date not stated")),
    Anchor("RELAPSE_DAY", "relapse or progression stated, or 25 % blasts in a later marrow after remission",
           (Done("relapse"), Sampled(Reading("marrow_blasts", point="OTHER", since="REMISSION"), beyond=Limit("<", "25"))),
           source=public("P2", note="by a marrow: assumption"), earliest=True),
    Anchor("SECOND_CANCER", "second malignancy", (Done("second_malignancy"),), source=public("P2")),
    Anchor("HSCT_DAY", "stem cells given", (Done("hsct_done"),), source=public("P2")),
    Anchor("DEATH_DAY", "death", (Done("death"),), source=public("P2")),
    Anchor("WITHDRAWAL", "consent withdrawn", (Done("consent_withdrawn"),), source=public("P2")),
    Anchor("LOSS", "lost to follow-up", (Done("lost_to_follow_up"),), source=assumption()),
    Anchor("OFF_DAY", "protocol treatment over, as reported",
           (*(Done("off_treatment", (("reason", r),)) for r in REASONS), Done("hsct_done"), Done("relapse"), Done("death"),
            Done("consent_withdrawn"), Done("lost_to_follow_up")), source=public("P2"), earliest=True),
    Anchor("LAST_SEEN", "last seen or reported alive", (Sampled(Reading("survival")),), source=public("P2")),
    Anchor("CUT_OFF", "end of follow-up, 7 years", (), (Offset("C1D1", months=Param("follow_up_months")),), public("P2")),
)  # fmt: skip

ANCHORS = (*TREATMENT, *EVENTS)

FOLLOW_UP_OVER = all_of(Reached("C1D1"), Passed(Moment("CUT_OFF", at="close")))
