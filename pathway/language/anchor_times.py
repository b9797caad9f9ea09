"""The times of anchors: the ways in which a protocol says when a thing was, or will be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pathway.language.predicates import AllOf, AnyOf, Crit, Known, Outcome, Predicate, Taken, VerdictIs
from pathway.language.terms import Limit, Param, Reading, Scope


@dataclass(frozen=True, slots=True)
class Done:
    """The first time that the action is on record (clinical time); `last`: of an action that repeats, the last one."""

    action: str
    scope: Scope = ()
    last: bool = False


@dataclass(frozen=True, slots=True)
class Sampled:
    """The sample time of the slot's value; with `when` only while that passes.

    With `beyond`: that of the first sample known to lie outside the limit, whatever was found later.
    """

    reading: Reading
    when: Predicate | None = None
    beyond: Limit | Param | None = None


@dataclass(frozen=True, slots=True)
class DateOf:
    """The site-local day that a date fact states."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class LedgerPoint:
    """A point of a ledger: `start`, `end` (projected while it runs; once that has passed it counts, as
    expected until it is reported), `stop`, `last_pause`,
    `resume`; of a course of doses also `last_dose`."""

    ledger: str
    point: Literal["start", "end", "stop", "last_pause", "resume", "last_dose"]


@dataclass(frozen=True, slots=True)
class Since:
    """When the decision came into force with the option, or the criterion or predicate became true."""

    of: Outcome | Taken | Crit | AllOf | AnyOf | Known | VerdictIs


@dataclass(frozen=True, slots=True)
class StudyDay:
    """A study day of the profile (`Param` of type study_day), or a number, counted from an anchor that is day 1."""

    anchor: str
    day: int | Param


@dataclass(frozen=True, slots=True)
class Offset:
    """Another anchor's time shifted; a `Param` that is not set makes the planned time unknown ("not set").

    `hours`: elapsed hours added to its instant instead, for what may not be rounded to days. With `when` only while
    that passes.
    """

    anchor: str
    days: int | Param = 0
    months: int | Param = 0
    hours: int | Param | None = None
    when: Predicate | None = None


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest of several times; unknown while one of them is, actual once all of them are."""

    times: tuple[AnchorTime, ...]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The first time that one of the values was stated of an earlier occurrence (`Fact.about`) without the action after it.

    A clock that ran when the next occurrence came goes on until it is answered.
    """

    reading: Reading
    values: tuple[str, ...]
    action: str
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Recurred:
    """When the newest occurrence of an adverse event was reported, if there was one before it and the action answered each of
    those: what one occurrence has begun does not serve the next."""

    event: str
    action: str
    scope: Scope = ()


AnchorTime = (
    Done | Sampled | DateOf | LedgerPoint | Since | StudyDay | Offset | Latest | Unanswered | Recurred
)
