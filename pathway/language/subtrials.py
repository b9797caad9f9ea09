"""The language of trial designs: subtrials with their slots, dose levels and stages, and how a patient stands towards them.

Frozen data, part of a `Protocol`. A subtrial is run by a governor of its own (`pathway.subtrial.govern`), which patients
ask for a slot. A plain enrolment cap is a subtrial without dose levels and stages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pathway.language.facts import Fact
from pathway.language.predicates import AllOf, AnyOf, AtLeast, Is, Predicate, VerdictIs
from pathway.language.terms import Param, Reading, Role, Source

SubtrialStatus = Literal[
    "PLANNED",
    "SUBMITTED",
    "APPROVED",
    "ACTIVATED",
    "SUSPENDED",
    "HALTED_SAFETY",
    "WITHDRAWN",
    "CLOSED",
]
SLOT_STATES = (
    "NOT_OPEN",
    "OPEN",
    "SUSPENDED",
    "ENROLMENT_COMPLETE",
    "CLOSED",
    "WAITING",
    "RESERVED",
    "EXPIRED",
    "ENROLLED",
    "RELEASED",
)
"""What a governor answers to a patient: may one ask (the first five), and what became of the patient's own request."""
SLOT_FACT = "slot"
"""The fact in which a pathway keeps the governors' answers: a choice of `SLOT_STATES` with a point for each subtrial,
cardinality `latest`, details `level`, `reason`, `until`."""
SLOT_DETAILS = ("level", "reason", "until")
"""Details of an answer: the dose level of the slot, the reason in words, the last day of a reservation."""


def slot_fact(*subtrials: str, source: Source) -> Fact:
    """The fact that a protocol with subtrials needs: what their governors answer, with a point for each of them."""
    return Fact(
        SLOT_FACT,
        "choice",
        "Slot in a subtrial; as its governor answers",
        "sponsor",
        source,
        values=SLOT_STATES,
        points=subtrials,
        labels=True,
        cardinality="latest",
        details=SLOT_DETAILS,
    )


def two_slots(asks: Mapping[str, Predicate]) -> Predicate:
    """The patient has slots in two subtrials at once. `asks`: by subtrial, whether the patient is to have one there.

    A reservation where the patient asks for none is on its way back: who moves from one subtrial to another gives the first
    slot up in the moment of asking for the second, and the answers of the governors come one after the other.
    """
    held = []
    for subtrial, wanted in asks.items():
        slot = Reading(SLOT_FACT, subtrial)
        reserved = AllOf((VerdictIs(Is(slot, ("RESERVED",)), ("PASS",)), VerdictIs(wanted, ("PASS",))))
        held.append(AnyOf((VerdictIs(Is(slot, ("ENROLLED",)), ("PASS",)), reserved)))
    return AtLeast(2, tuple(held))


ROLLING_SIX_TABLES = ("P13", "P14")
"""The versions of the rolling-six decision table, which `pathway.designs.rolling_six` holds."""


@dataclass(frozen=True, slots=True)
class RollingSix:
    """Rolling six by the named version of its decision table (in `pathway/designs/tables`, or the profile key that names it)."""

    table: str | Param = "P13"


@dataclass(frozen=True, slots=True)
class ThreePlusThree:
    """The traditional 3+3 design."""


DoseFinding = RollingSix | ThreePlusThree
"""The dose-finding designs; another one is one more class here and one more function in `pathway.designs.dose_finding`."""


@dataclass(frozen=True, slots=True)
class DoseLevel:
    """A dose level, by the name that the protocol gives it ("-1")."""

    id: str
    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class PhaseOne:
    """Dose finding over `levels`, lowest first, beginning at `start`.

    `window_days`: local days of the DLT window, the day of the first dose included. A window that has ended without a
    verdict stays pending, and is asked for.
    """

    design: DoseFinding
    levels: tuple[DoseLevel, ...]
    start: str
    window_days: int | Param
    source: Source


@dataclass(frozen=True, slots=True)
class SimonTwoStage:
    """Simon's two-stage design for a response rate of `p0` against `p1`, with errors `alpha` and `beta` (decimal text).

    `kind`: optimal (smallest expected size under p0) or minimax (smallest size). A `Param` that is not set: the stage cannot
    open, and the plan asks for it. `phase_one_counts`: choice YES or NO: patients of phase I at the recommended dose count.
    """

    p0: str | Param
    p1: str | Param
    alpha: str | Param
    beta: str | Param
    kind: Literal["optimal", "minimax"] | Param
    source: Source
    phase_one_counts: Literal["YES", "NO"] | Param = "NO"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many patients."""

    patients: int | Param
    source: Source


@dataclass(frozen=True, slots=True)
class StatusNote:
    """What a source said of a subtrial's status on a day (ISO date). For people; it opens nothing."""

    status: str
    on: str
    source: Source


@dataclass(frozen=True, slots=True)
class Subtrial:
    """An arm with slots. `begins`: its status before anything is recorded; `confirm`: who decides what its governor proposes.

    Activation is recorded per country and site, with dates, and never follows from a status note. A reservation that is not
    taken up by the first dose within `reservation_days` local days expires. `activation=False`: open everywhere from the
    start (a plain cap).
    """

    id: str
    text: str
    source: Source
    reservation_days: int | Param
    registry: tuple[str, ...] = ()
    notes: tuple[StatusNote, ...] = ()
    begins: SubtrialStatus = "PLANNED"
    activation: bool = True
    phase_one: PhaseOne | None = None
    phase_two: SimonTwoStage | None = None
    cap: Cap | None = None
    confirm: Role = "meeting"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """How a pathway stands towards a subtrial; its governor is told whenever that changes (`plan.standings`).

    `watch`: it wants to hear whether there are slots for it. `ask`: it wants one; a request that was made stands while this is
    PENDING or REVIEW. Both may read phases. `started`: the anchor
    of the first dose, which takes the slot up. `dlt` and `response`: decisions with the options YES, NO, INEVALUABLE; ""
    if the subtrial has no use for it.
    """

    subtrial: str
    watch: Predicate
    ask: Predicate
    started: str
    source: Source
    dlt: str = ""
    response: str = ""
