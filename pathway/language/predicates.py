"""The predicates of the protocol language: what a rule asks of a record, answered with one of four verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pathway.language.terms import Day, Limit, Moment, Operator, Param, Reading, Scope


@dataclass(frozen=True, slots=True)
class Is:
    """A choice fact has one of the values. (A date fact with `never`: `Is(slot, ("NEVER",))`; a number with qualifiers:
    `Is(slot, ("positive-not-quantifiable",))`.)"""

    reading: Reading
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """A number fact against a limit. Bounds of undetected or unquantifiable results that straddle it give REVIEW.

    A `Param` limit whose profile value is not set gives FAIL: the rule is switched off, and says so.
    """

    reading: Reading
    limit: Limit | Param


@dataclass(frozen=True, slots=True)
class Dates:
    """Compares two site-local days. A date fact that is NEVER gives `never`."""

    left: Day
    op: Operator
    right: Day
    never: Literal["PASS", "FAIL"] = "FAIL"


@dataclass(frozen=True, slots=True)
class Exposure:
    """The number of distinct local days on which any reported course of a fact exceeded a dose compares true.

    Each observation is one course: its value is the dose, `sampled` its first day, detail `days` its length.
    `unless`: a course with that detail does not count; any other word counts, and where the detail is not there a person says. A
    course of which the length is not known is REVIEW. Counted from `window_months` calendar months and `window_days` before
    the day `before` (exclusive of that day itself).
    """

    reading: Reading
    dose: Limit
    days: Limit
    before: Day
    window_days: int
    unless: tuple[str, str] = ("", "")
    window_months: int = 0


@dataclass(frozen=True, slots=True)
class Rose:
    """The latest value of a number fact is at least `factor` times the one before, or positive after not detected."""

    reading: Reading
    factor: str


@dataclass(frozen=True, slots=True)
class Products:
    """The product of the numbers on the left compares true with `times` times the product of those on the right.

    Ratios are written without a division: `a/b > 2 c/d` is `Products((a, d), ">", (c, b), times="2")`. PENDING while one of
    them is missing; one that is known only within bounds gives REVIEW.
    """

    left: tuple[Reading, ...]
    op: Operator
    right: tuple[Reading, ...]
    times: str = "1"


@dataclass(frozen=True, slots=True)
class Fresh:
    """The sample of the slot was taken at most `days` local days before the anchor if that is known, else before
    now.

    With `hours`: at most so many elapsed hours (`days` is ignored) before the anchor's instant once that is on record;
    until then before its planned instant or now, whichever is later.
    """

    reading: Reading
    days: int | Param = 0
    before: str = ""
    hours: int | Param | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """PASS when the slot has a value (also one under review), else FAIL. Speaks of the record, not of the patient."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class NotObtainable:
    """PASS when somebody declared that the slot cannot be had and it has no value, else FAIL."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class Recorded:
    """PASS when the action is on record, else FAIL: closed world, an action that nobody reported has not been
    reported."""

    action: str
    scope: Scope = ()
    where: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Graded:
    """An adverse event of the type is on record with a grade of at least `at_least`.

    `current=True`: the latest of each occurrence. `scale`: only grades given in it. `since`, `until`: only reports of events not
    before, and not after, the local day of that anchor. With `until` the reports belong to the values seen by whoever decides on
    them: a further one is told as an amendment, and asks again where it changes a cell. `told_since`: only reports that were
    recorded on the day of that anchor or later.
    """

    event: str
    at_least: int
    current: bool = False
    scale: str = ""
    since: str = ""
    until: str = ""
    told_since: str = ""


@dataclass(frozen=True, slots=True)
class Passed:
    """PASS once the moment has come, else FAIL; FAIL also while the moment is not known."""

    moment: Moment


@dataclass(frozen=True, slots=True)
class Reached:
    """PASS when the anchor is known from the record (not planned) and has come, else FAIL."""

    anchor: str


@dataclass(frozen=True, slots=True)
class LedgerIs:
    """PASS when the ledger is in one of the states, else FAIL.

    States: `not_started`, `running`, `paused`, `complete`, `stopped` (permanently), `short` (ended with hours missing);
    a course of doses is `held` while its next dose is.
    """

    ledger: str
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Directed:
    """PASS while an adverse-event rule of the ledger directs one of the actions (see `AdverseEventRule`), else FAIL.

    `lifted`: also what a clinician has overridden. The question by whose answer it is lifted must say so: else its answer
    would take away the ground that it was given on.
    """

    ledger: str
    actions: tuple[str, ...]
    rules: tuple[str, ...] = ()
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class LedgerFlag:
    """PASS when the ledger shows the flag, since it did; else FAIL.

    `was_interrupted` (ever), `interrupted` (now), `restarted`, `long_pause` (as long as needs a supervised restart),
    `supervised_restart`, `pause_over_limit` (after an adverse event), `low_dose`, `dose_step` (back to full dose), `dose_differs`
    (reported other than directed), `bag_missed`, `resumed_without_pause`, `resumed_after_end`, `started_twice` (while
    running), `complete`, `short`.
    """

    ledger: str
    flag: str


@dataclass(frozen=True, slots=True)
class Crit:
    """The verdict of a criterion."""

    id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """PASS when the effective outcome of the decision is among the options, FAIL when it is another, PENDING while
    there is none.

    `ever`: PASS too when one of them was the answer for an earlier occurrence of what the question is about (an adverse event)
    that is still on record.
    """

    decision: str
    options: tuple[str, ...]
    ever: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """As `Outcome`, of what is in force: PASS with one of the options, FAIL with another one or where nobody is asked, PENDING or
    REVIEW while the question could still be answered so.

    That something has not been taken, for whatever reason, is `without(Taken(...))`.
    """

    decision: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InPhase:
    """PASS when the track is in one of the phases.

    Allowed in `asked` and `while_` only, and in tracks that come later.
    """

    track: str
    phases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entered:
    """PASS when the track has ever entered the phase. Same restriction as `InPhase`."""

    track: str
    phase: str


@dataclass(frozen=True, slots=True)
class VerdictIs:
    """PASS when the inner predicate has one of the verdicts: two-valued, for "refused", "still missing", "needs
    review"."""

    part: Predicate
    verdicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    n: int
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Predicate


@dataclass(frozen=True, slots=True)
class ReviewIf:
    """REVIEW where the part passes, PASS where it fails: the sources leave the case to a clinician."""

    part: Predicate
    note: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The part, and FAIL where it waits although `by` passes: the protocol itself says that what nobody has reported by then is
    not so, and `why`, in a sentence that a clinician reads.

    The part is one value or criterion, or its negation: what waits of several would hide what is in doubt. A value under
    review stays under review.
    """

    part: Predicate
    by: Predicate
    why: str


@dataclass(frozen=True, slots=True)
class Setting:
    """PASS when the profile's choice key has one of the values, else FAIL: what a trial team switches on and off."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Always:
    """PASS."""


Predicate = (
    Is
    | Compare
    | Dates
    | Exposure
    | Rose
    | Products
    | Fresh
    | Known
    | NotObtainable
    | Recorded
    | Graded
    | Passed
    | Reached
    | LedgerIs
    | Directed
    | LedgerFlag
    | Crit
    | Outcome
    | Taken
    | InPhase
    | Entered
    | VerdictIs
    | AllOf
    | AnyOf
    | AtLeast
    | Not
    | ReviewIf
    | Closed
    | Setting
    | Always
)


def all_of(*parts: Predicate) -> AllOf:
    """Every part must pass."""
    return AllOf(parts)


def any_of(*parts: Predicate) -> AnyOf:
    """One part must pass."""
    return AnyOf(parts)


def without(part: Predicate) -> VerdictIs:
    """PASS while the part does not pass, for whatever reason: it fails, is not known, or nobody has decided yet.

    For alarms, and for what goes on until somebody decides; `Not` would be silent for as long as nothing is known.
    """
    return VerdictIs(part, ("FAIL", "PENDING", "REVIEW"))
