"""The calendar. Day 0 is the first dose of cycle 1; it is also that cycle's day 1."""

from pathway.language import (
    Anchor,
    AnchorTime,
    DateOf,
    Done,
    Latest,
    LedgerPoint,
    Offset,
    Param,
    Reading,
    Sampled,
    Since,
    Taken,
    assumption,
    public,
    registry,
)
from protocols.ino_dli.facts import CYCLES, DOSES, EVALUATIONS, SAFETY, marrow
from protocols.ino_dli.inotuzumab import VOD_FOUND, ledger
from protocols.ino_dli.response import responded
from protocols.shared import gvhd


def sampled(*classes: str) -> tuple[AnchorTime, ...]:
    """The evaluations that found one of these responses."""
    return tuple(Sampled(marrow(at), responded(at, *classes)) for at in EVALUATIONS)


def dose(cycle: str, label: str, days: int) -> Anchor:
    """The day of a dose: given, else its place in the cycle; what shifts it is the ledger's to say."""
    start = "C1_PLANNED" if cycle == "1" else "C2_PLANNED"
    return Anchor(f"C{cycle}_{label.upper()}", f"cycle {cycle}, {label}", (Done("ino_given", (("cycle", cycle), ("dose", label))),),
                  (Offset(start, days),), registry())  # fmt: skip


def given(cycle: str, label: str) -> Done:
    """A dose, as reported."""
    return Done("ino_given", (("cycle", cycle), ("dose", label)))


def last_dose(cycle: str) -> Anchor:
    """The last dose of a cycle, as reported."""
    return Anchor(f"C{cycle}_LAST", f"last dose of cycle {cycle} so far", tuple(given(cycle, label) for label in reversed(DOSES)),
                  source=registry())  # fmt: skip


WINDOW, MONTH = Param("evaluation_window"), Param("evaluation_months")

# What may count, by reported doses alone: the windows of the samples that the ledgers read cannot rest on the ledgers.
EVALUATED = (
    Anchor("C2_GIVEN", "first dose of cycle 2, as reported", (given("2", "d1"),), source=registry()),
    *(last_dose(c) for c in CYCLES),
    Anchor("C1_EVAL_CLOSES", "last day of the evaluation of cycle 1: a month and a week after its last dose; once cycle 2 has begun, after its "
           "first, or the day on which cycle 2 began if that is later",
           (Offset("C1_LAST", WINDOW, MONTH), Latest((Offset("DAY0", WINDOW, MONTH), given("2", "d1")))),
           source=registry("1 month after InO; after the first or the last dose: not stated"), earliest=True),
    Anchor("C2_EVAL_CLOSES", "last day of the evaluation of cycle 2: its length and a week after its last dose",
           (Offset("C2_LAST_MONTH", WINDOW),), source=assumption("28 days")),
    Anchor("C2_LAST_MONTH", "length of cycle 2 after its last dose", (Offset("C2_LAST", Param("cycle2_days")),), source=public("L2")),
)  # fmt: skip

ANCHORS = (
    Anchor("C1_PLANNED", "planned first dose", (Done("ino_given", (("cycle", "1"), ("dose", "d1"))),),
           (DateOf(Reading("ino_planned")),), assumption("not set: the plan asks")),
    Anchor("DAY0", "first dose of inotuzumab ozogamicin", (Done("ino_given", (("cycle", "1"), ("dose", "d1"))),), source=registry("day 0: assumption")),
    Anchor("C2_PLANNED", "planned first dose of cycle 2", (), (Offset("DAY0", Param("cycle1_days")),), public("L2")),
    Anchor("C2_START", "first dose of cycle 2", (LedgerPoint(ledger("2"), "start"),), (Offset("C2_PLANNED"),), registry()),
    Anchor("C2_END", "end of cycle 2", (), (Offset("C2_START", Param("cycle2_days")),), public("L2")),
    Anchor("C1_EVAL", "evaluation 1 month after the first dose", (), (Offset("DAY0", months=Param("evaluation_months")),), registry()),
    Anchor("CR_DAY", "first evaluation of CR", sampled("CR"), source=registry(), earliest=True),
    Anchor("REMISSION", "first evaluation of CR or CRi", sampled("CR", "CRi"), source=registry(), earliest=True),
    Anchor("LAST_DOSE", "last dose of inotuzumab ozogamicin", (LedgerPoint(ledger("2"), "last_dose"), LedgerPoint(ledger("1"), "last_dose"))),
    Anchor("VOD_DAY", "VOD diagnosed", (Since(VOD_FOUND),), source=public("V7")),
    Anchor("AGVHD_SEVERE_DAY", "acute GvHD of grade III or IV by its findings", (Since(Taken("agvhd_severe", ("YES",))),), source=registry()),
    Anchor("AGVHD_DAY", "acute GvHD by its findings", (Since(gvhd.ACUTE_FOUND),), source=public("G36", "G37")),
    Anchor("CGVHD_DAY", "chronic GvHD by its findings", (Since(gvhd.CHRONIC_FOUND),), source=public("G38")),
    Anchor("DLI_DAY", "donor lymphocytes given", (Done("dli_given"),), source=registry()),
    Anchor("DLI_PLANNED", "planned day of donor lymphocytes", (Done("dli_given"), DateOf(Reading("dli_planned")))),
    Anchor("PROGRESSION_DAY", "first progression on record", (Done("progression"),), source=registry()),
    Anchor("DEATH_DAY", "death", (Done("death"),), source=registry()),
    Anchor("WITHDRAWAL", "consent withdrawn", (Done("consent_withdrawn"),)),
    Anchor("LOSS", "lost to follow-up", (Done("lost_to_follow_up"),)),
    Anchor("LAST_ASSESSED", "last assessed and free of relapse and progression", (Sampled(Reading("disease_assessment")),), source=registry()),
    Anchor("LAST_SEEN", "last seen or reported alive", (Sampled(Reading("survival")),)),
    Anchor("CUT_OFF", "end of follow-up", (), (Offset("DAY0", months=Param("follow_up_months")),), registry()),
    *(dose(c, label, days) for c in CYCLES for label, days in (("d1", 0), ("d8", 7), ("d15", 14))),
    *EVALUATED,
    *SAFETY.anchors,
)  # fmt: skip
