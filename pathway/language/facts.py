"""What can be recorded of a patient: facts with their units and points, actions, adverse events; and the keys of the profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pathway.language.points import Change, TimePoint
from pathway.language.terms import Ends, Role, Source


@dataclass(frozen=True, slots=True)
class ProfileKey:
    """A key of the profile with its type and default. `default=None` means not set: the plan says so and asks.

    Types: `days` and `months` (integers), `study_day` ("D36" of the study calendar, D1 is the first), `limit` ("<
    1e-4", in canonical
    units), `choice` (one of `options`), `number`. `simulation=True`: a placeholder that exists only in simulations.
    """

    key: str
    type: Literal["days", "months", "study_day", "limit", "choice", "number"]
    default: str | None
    text: str
    source: Source
    options: tuple[str, ...] = ()
    simulation: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """An accepted input unit; a value times `factor` is in the canonical unit. `factor` is decimal text."""

    name: str
    factor: str = "1"


@dataclass(frozen=True, slots=True)
class Fact:
    """A typed slot filled by observations.

    `type`: `number` (Decimal, canonical unit = first of `units`), `choice` (one of `values`), `date` (site-local
    day; with `never=True` the word NEVER is accepted and means: it is known that there is none). `points`: the time
    points an observation may name; () means that it has none and may not name one. `possible` are the bounds beyond
    which a value is refused, `plausible` those beyond which it needs a review. `cardinality`: `one` (a second,
    different result for the same point is a conflict: REVIEW), `latest`, `max` (the highest number, the latest date, the
    last of `values`, which are given in their order; NEVER comes before every date), `ever` (as `max`, of what stays once it
    was so: a later report that says less contradicts it, and whoever supplies it is asked which is right), `series`.
    `ever_at`: the points at which it is `ever`, whatever it is at the others. `supplier` is the role that is asked for it.
    `details`: what else may be reported with it, by name. `alive`: values that say that the patient lives: after a
    death they are a conflict, and somebody is told.
    `specimens`, `assays`: what it may have been measured in, and by (words of which the detail `assay` holds one): of anything
    else a result does not count until it is corrected, or, of the assay, confirmed as checked.
    `window`: of a fact without points, when it must be sampled to count ("before the first dose"): a TimePoint without an id.
    `about`: (point, what) where the fact speaks of one occurrence of something: an adverse event, a fact or an action ("" for
    every point). A value counts for the occurrence that was the newest when it was sampled; a new one has none yet.
    """

    id: str
    type: Literal["number", "choice", "date"]
    text: str
    supplier: Role
    source: Source
    units: tuple[Unit, ...] = ()
    values: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    cardinality: Literal["one", "latest", "max", "ever", "series"] = "one"
    possible: tuple[str | None, str | None] = (None, None)
    plausible: tuple[str | None, str | None] = (None, None)
    never: bool = False
    future: bool = False
    qualifiers: bool = False
    details: tuple[str, ...] = ()
    labels: bool = False
    specimens: tuple[str, ...] = ()
    change: Change | None = None
    about: tuple[tuple[str, str], ...] = ()
    alive: tuple[str, ...] = ()
    ever_at: tuple[str, ...] = ()
    window: TimePoint | None = None
    assays: tuple[str, ...] = ()

    def counted(self, point: str) -> str:
        """The cardinality at a point."""
        return "ever" if point in self.ever_at else self.cardinality


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a person does and reports: `do: infusion_started`.

    `scopes` maps label names to accepted values. `repeats`: it can be done again and again. Else it is done once in each scope,
    and a second, different report is a conflict that somebody settles by correcting or voiding. `about`: as of a `Fact`, by
    the value of a scope. `ends`: what it is over with: the protocol's `treatment`, the `study` for this patient (and with it
    the treatment), or `life` (and with it both). What runs then ends, and what is asked of people: see `ends_with` of
    whatever is asked, and `pathway.engine.endings`. `gives`: it gives treatment of the protocol, so that it is told when it
    comes after an exit from treatment (AFTER-EXIT). Unsaid, that holds for what a ledger counts, what has the detail `dose`, and
    what begins a phase. `gives_after`: the exits after which it may be given all the same, because care goes on.
    """

    id: str
    text: str
    source: Source
    role: Role = "coordinator"
    scopes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    details: tuple[str, ...] = ()
    repeats: bool = False
    about: tuple[tuple[str, str], ...] = ()
    ends: Ends = ""
    gives: bool | None = None
    gives_after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdverseEventType:
    """A kind of adverse event with the scales its grades may be given in.

    Grade 0 means resolved.

    `occurrences=True`: every report of grade >= 1 is a new occurrence (seizures), unless it names an earlier one
    with `of`.
    """

    id: str
    text: str
    source: Source
    grades: tuple[int, int] = (0, 5)
    scales: tuple[str, ...] = ("CTCAE",)
    occurrences: bool = False
