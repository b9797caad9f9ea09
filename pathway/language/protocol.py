"""A protocol: all parts of one version of a trial, and what was accepted of it."""

from __future__ import annotations

from dataclasses import dataclass

from pathway.language.facts import Action, AdverseEventType, Fact, ProfileKey
from pathway.language.ledgers import Doses, Infusion
from pathway.language.parts import (
    Anchor,
    Assessment,
    Criterion,
    Decision,
    Deviation,
    Endpoint,
    Milestone,
    Series,
    Task,
    Track,
)
from pathway.language.points import Order, TimePoint
from pathway.language.predicates import Predicate
from pathway.language.subtrials import Enrolment, Subtrial


@dataclass(frozen=True, slots=True)
class Version:
    """A protocol version. `date`: ISO day on which it was published here."""

    number: str
    date: str
    note: str


@dataclass(frozen=True, slots=True)
class Impossible:
    """A combination that no patient can have: the parts never all pass together. The prover relies on it."""

    parts: tuple[Predicate, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding of the prover that was looked at and accepted, by its id; shown in the protocol's documentation.

    `only`: of the patients that a `dead-end` can be about, those who are meant. It stays open for every other.
    """

    finding_id: str
    reason: str
    only: Predicate | None = None


@dataclass(frozen=True, slots=True)
class Protocol:
    """A trial protocol as data. Identifiers are those of the trial's own text wherever it has them."""

    name: str
    title: str
    registry: tuple[str, ...]
    version: Version
    profile_name: str
    references: tuple[tuple[str, str], ...]
    profile: tuple[ProfileKey, ...]
    facts: tuple[Fact, ...]
    actions: tuple[Action, ...]
    anchors: tuple[Anchor, ...]
    criteria: tuple[Criterion, ...]
    decisions: tuple[Decision, ...]
    tracks: tuple[Track, ...]
    adverse_events: tuple[AdverseEventType, ...] = ()
    ledgers: tuple[Infusion, ...] = ()
    doses: tuple[Doses, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    series: tuple[Series, ...] = ()
    tasks: tuple[Task, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    day_one: str = "D1"
    enrolled_group: str = ""
    gaps: tuple[tuple[str, str], ...] = ()
    impossible: tuple[Impossible, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    subtrials: tuple[Subtrial, ...] = ()
    enrolments: tuple[Enrolment, ...] = ()
    points: tuple[TimePoint, ...] = ()
    orders: tuple[Order, ...] = ()
