"""The language of dose courses: planned doses by label, what holds them, and how each of them is infused. Frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pathway.language.predicates import Predicate
from pathway.language.terms import Limit, Param, Reading, Scope, Source

DOSE_FLAGS = (
    "complete",
    "dose_differs",
    "exhausted",
    "given_after_exit",
    "given_after_omission",
    "given_after_stop",
    "given_twice",
    "given_while_held",
    "held",
    "held_to_omit",
    "held_to_reduce",
    "held_to_review",
    "later_slow",
    "left_running",
    "premedicated_again",
    "premedication_off",
    "reaction_open",
    "reaction_running",
    "reaction_stop",
    "reduced",
    "resumed_rate_unknown",
    "resumed_too_fast",
    "resumed_unresolved",
    "second_slow",
    "stop_directed",
    "too_close",
)
"""The flags of a course of doses, for `LedgerFlag`."""


INFUSION_STATES = ("not_started", "running", "end_expected", "paused", "complete", "stopped", "short")
DOSE_STATES = ("not_started", "running", "held", "paused", "complete", "stopped")
"""The states of a ledger, for `LedgerIs`. `end_expected`: its hours are over by the clock, and nobody has reported its end, so
that `complete` is not known. `paused` of a course is an infusion that was interrupted."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One finding, read from the newest value at each check. Exactly one of these:

    `fact` with `limit` (a `Param` limit that is not set: never), `fact` below the value of the slot `below`, choice `fact`
    among `values`, choice `fact` not among `unless` (also while unknown), or adverse event `event` of a grade of
    `at_least` and higher than it was before the first dose.
    """

    fact: str = ""
    limit: Limit | Param | None = None
    below: Reading | None = None
    values: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    event: str = ""
    at_least: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """What holds doses: while every group has a sign. It opens and closes with the checks, in clinical time.

    `within`: a value that a sign compares must have been sampled at most so many local days before the dose. An older one, or
    none, or one under review, is not known, and while the hold hangs on it the dose is blocked; given all the same, it is told.
    It must be said wherever a sign compares a value: what has not been measured is no reason to give a dose.

    `labels`: only these doses (none named: all). `when`: only patients for whom this passes, or may. `reduces`: a hold of
    `Doses.reduce_after` days lowers the next cycle. `lifted_by`: an action; once open the hold lasts until that is on record,
    whatever becomes of the signs.
    """

    id: str
    text: str
    signs: tuple[tuple[Sign, ...], ...]
    source: Source
    labels: tuple[str, ...] = ()
    when: Predicate | None = None
    reduces: bool = True
    lifted_by: str = ""
    within: int | Param | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """What stops a course or an infusion for good from the moment at which it is true: doses are blocked at once, an infusion is
    directed to stop, and what is given all the same is a deviation. Only `lifted_by` lifts it: once true it
    stays so, whatever is reported afterwards, unless what made it true is corrected.

    While `when` waits or is under review nothing is stopped, and doses are blocked until it is settled: what starts waits.
    """

    id: str
    text: str
    when: Predicate
    source: Source


@dataclass(frozen=True, slots=True)
class Rate:
    """An infusion of `volume` mL that starts at `start` mL/h and goes up by `step` each hour to at most `top`."""

    id: str
    volume: int
    start: int
    step: int
    top: int


@dataclass(frozen=True, slots=True)
class Infusing:
    """How each dose is infused, and what a reaction does to it. Rates by the number of the infusion.

    `first`, `second`, `later`; `part`: a first dose that is split in two, each part. After an early reaction (grade 1
    or more within `early_hours` of the infusion before) the second stays at `second_reacted`; after any reaction in
    the first two infusions at or over `late_rate` the later ones at `later_reacted`. Counted anew after a gap of
    `anew_after` days.

    Any reaction interrupts at once; it goes on at no more than `resume_at_most` of the rate at which it happened.
    `stop_grade` stops for good, as does the `third`-th reaction of `third_grade`. Actions (scope of the dose):
    `paused`, `resumed` (detail `rate`), `ended`, `premedicated`: `premedication` hours before the start.
    """

    reaction: str
    first: Rate
    part: Rate
    second: Rate
    second_reacted: Rate
    later: Rate
    later_reacted: Rate
    early_hours: int
    late_rate: int
    anew_after: int | Param
    resume_at_most: str
    stop_grade: int
    third_grade: int
    third: int
    paused: str
    resumed: str
    ended: str
    premedicated: str
    premedication: tuple[int, int]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doses:
    """A course of single doses: labels with their days (day 1 is the first dose), amounts per unit of `size`.

    `by`: a decision whose outcome picks the row of `amounts` ("" where there is only one row); until it is taken the
    doses are blocked by it. An amount of "0": no such dose. `measure` is what amount times size comes to, rounded to
    `rounding`. `start` is the anchor of the planned first day.

    `shift`: `spacing`: later doses keep their day, but stay `spacing` days behind the dose before; `interval`: they
    keep their distance to the dose before, so a late dose moves all that follow.

    A dose that is held `omit_after` days is omitted, except those in `never_omitted`; what is recorded as omitted
    stays so. A hold of `reduce_after` days lowers the next cycle (`previous` names the ledger before) to
    `reduced_to` of its total, a second one also drops the last dose, a third one stops; it is never raised again. A
    hold of more than `review_after` days asks a person.

    Actions with the scope of the course and `dose`: `given` (detail `dose`: the amount in `measure`), `omitted`; with
    the scope of the course: `stopped`. Flags: `held`, `held_to_omit`, `held_to_reduce`, `held_to_review`, `reduced`,
    `exhausted`, `dose_differs`, `too_close`, `given_while_held`, `given_after_omission`, `given_after_stop`.
    `cancelled`: nothing more is due; `asked`: the doses are shown (both may read phases); `needs`: criteria that must pass
    before a dose may be given, it is blocked by the first that does not. `stops`: what stops the course for good when it is true;
    `lifted_by`: (decision, option) by which a clinician goes on in spite of what was on record then, reactions included.
    """

    id: str
    text: str
    item: str
    scope: Scope
    labels: tuple[str, ...]
    days: tuple[int, ...]
    amounts: tuple[tuple[str, tuple[str, ...]], ...]
    unit: str
    size: Reading
    measure: str
    start: str
    given: str
    omitted: str
    stopped: str
    source: Source
    by: str = ""
    rounding: str | Param = "0.001"
    size_cap: Param | None = None
    window: tuple[int, int] = (0, 0)
    shift: Literal["spacing", "interval"] = "spacing"
    spacing: int | Param = 0
    holds: tuple[Hold, ...] = ()
    omit_after: int | Param | None = None
    never_omitted: tuple[str, ...] = ()
    reduce_after: int | Param | None = None
    reduced_to: str = "0.75"
    review_after: int | Param | None = None
    previous: str = ""
    tolerance: str = "0.05"
    infusing: Infusing | None = None
    needs: tuple[str, ...] = ()
    asked: Predicate | None = None
    cancelled: Predicate | None = None
    stops: tuple[Stop, ...] = ()
    lifted_by: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Restart:
    """When an interrupted infusion may go on: grade at most this for at least so many local days; then low dose for
    `low_days`. `review_if_recurs`: another episode at the full dose holds it, and a clinician decides whether it goes on.
    `stop_if_at_low_dose`: a key of the profile that, at `STOP`, stops for good what comes at the low dose, be it the first
    time. `anew_if_above`: a grade above `grade_at_most` during the days at the low dose makes them count anew from its end."""

    grade_at_most: int
    for_days: int = 0
    low_days: int = 0
    resolve_within_days: int | None = None
    stop_if_recurs_at_low_dose: bool = False
    review_if_recurs: bool = False
    stop_if_at_low_dose: Param | None = None
    anew_if_above: bool = False


@dataclass(frozen=True, slots=True)
class AdverseEventRule:
    """A row of a ledger's adverse-event table.

    Grades inclusive; `nth`: only from that occurrence on (by clinical time).

    `action`: `continue`, `consider_pause`, `interrupt`, `stop` (permanently), `review` (a clinician must choose).
    """

    id: str
    event: str
    grades: tuple[int, int]
    action: Literal["continue", "consider_pause", "interrupt", "stop", "review"]
    text: str
    source: Source
    nth: int = 1
    restart: Restart | None = None


@dataclass(frozen=True, slots=True)
class DoseBand:
    """The doses of an infusion for a part of the range of `Infusion.dose_by`: every limit holds."""

    limits: tuple[Limit, ...]
    dose: str
    low_dose: str
    unit: str


@dataclass(frozen=True, slots=True)
class Infusion:
    """A continuous infusion of `days` x 24 h net of pauses.

    Dose per day in `unit`; pauses, restarts and steps follow the record. `dose_by`: the number fact (a weight) whose
    last value before the start picks the first of `dose_bands` that fits; without one `dose` and `low_dose` stand.

    The actions are `infusion_started`, `infusion_paused`, `infusion_resumed`, `infusion_stopped` (permanently),
    `infusion_ended`, all with this scope; details `dose` on start and resume. Lengths in days, limits in hours.
    `same_cycle_pause` in days.
    An end at most `end_tolerance` hours short counts as complete. Without a report it is expected when the hours are over
    (`end_expected`): what counts from the end goes by the expected one, and says so, and the coordinator is asked for the report
    (REPORT-END, late after a day). A later `infusion_started` counts the days anew if the infusion
    had ended or was paused; while it ran, it is ignored and flagged.

    What ends it besides: death, and a directed stop once it is off. After an exit from treatment (`Action.ends`) time completes
    nothing, its end is a stop, and until that is reported somebody is told to disconnect. `stops`: what
    stops it besides its adverse events. `lifted_by`: (decision, option) by which a clinician goes on in spite of a stop or the
    question of one.
    """

    id: str
    text: str
    scope: Scope
    days: int | Param
    dose: str
    low_dose: str
    unit: str
    rules: tuple[AdverseEventRule, ...]
    source: Source
    same_cycle_pause: int | Param
    supervised_pause_hours: int
    dose_by: str = ""
    dose_bands: tuple[DoseBand, ...] = ()
    end_tolerance: int | Param = 0
    stops: tuple[Stop, ...] = ()
    lifted_by: tuple[tuple[str, str], ...] = ()


FLAGS = (
    "bag_missed",
    "complete",
    "dose_differs",
    "dose_step",
    "end_expected",
    "given_after_exit",
    "given_after_stop",
    "interrupted",
    "left_running",
    "long_pause",
    "low_dose",
    "pause_over_limit",
    "restarted",
    "resumed_after_end",
    "resumed_without_pause",
    "short",
    "started_twice",
    "step_put_off",
    "supervised_restart",
    "was_interrupted",
)
