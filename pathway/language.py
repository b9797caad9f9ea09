"""The language of protocols: frozen data, no lambdas.

A protocol is one `Protocol` value that serialises to canonical JSON. Its terms (sources, parameters, predicates, moments)
are those of `pathway.terms`; here are the parts of a protocol. Every part carries its `Source`. Where a number is
configurable it is a `Param`, looked up in the patient's profile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pathway.terms import (
    ROLES,
    AllOf,
    Always,
    AnchorTime,
    AnyOf,
    AtLeast,
    Compare,
    Crit,
    DateOf,
    Dates,
    Day,
    Directed,
    Done,
    Entered,
    Exposure,
    Fresh,
    Graded,
    InPhase,
    Is,
    Known,
    Latest,
    Ledger,
    LedgerFlag,
    LedgerPoint,
    Limit,
    Moment,
    Not,
    NotObtainable,
    Offset,
    Operator,
    Outcome,
    Param,
    Passed,
    Predicate,
    Products,
    Reached,
    Recorded,
    ReviewIf,
    Role,
    Rose,
    Sampled,
    Scope,
    Setting,
    Severity,
    Since,
    Slot,
    Source,
    State,
    StudyDay,
    Taken,
    all_of,
    any_of,
    assumption,
    public,
    registry,
)

if TYPE_CHECKING:
    from pathway.dosing import Doses
    from pathway.trial_design import Enrolment, Subtrial

# --- profile, facts and events --------------------------------------------------------------------------------------


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
    different result for the same point is a conflict: REVIEW), `latest`, `max`, `series`. `supplier` is the role
    that is asked for it. `details`: what else may be reported with it, by name.
    """

    id: str
    type: Literal["number", "choice", "date"]
    text: str
    supplier: Role
    source: Source
    units: tuple[Unit, ...] = ()
    values: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    cardinality: Literal["one", "latest", "max", "series"] = "one"
    possible: tuple[str | None, str | None] = (None, None)
    plausible: tuple[str | None, str | None] = (None, None)
    never: bool = False
    future: bool = False
    qualifiers: bool = False
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a person does and reports: `do: infusion_started`.

    `scopes` maps label names to accepted values.
    """

    id: str
    text: str
    source: Source
    role: Role = "coordinator"
    scopes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    details: tuple[str, ...] = ()


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


# --- anchors ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Anchor:
    """An instant or site-local day that others count from: the first of `actual` that is known, else the first of
    `planned` that is known."""

    id: str
    text: str
    actual: tuple[AnchorTime, ...]
    planned: tuple[AnchorTime, ...] = ()
    source: Source = field(default_factory=assumption)
    earliest: bool = False


# --- the parts of a protocol ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Criterion:
    """A four-valued verdict with its clause.

    For an exclusion write what must hold, `Not(excluding condition)`.

    `group` gathers criteria for display ("inclusion", "exclusion", "blinatumomab", ...). A REVIEW is resolved by a
    judgement.
    """

    id: str
    text: str
    group: str
    holds: Predicate
    source: Source


@dataclass(frozen=True, slots=True)
class Band:
    """A named part of a number fact's range: every limit holds."""

    name: str
    limits: tuple[Limit | Param, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a decision table, one of: number fact with `bands`, choice fact, predicate (yes / no), decision
    (its options).

    `closed`: (band, predicate): once the predicate passes and the value is still missing, the protocol itself says
    that the input counts as `band`, which the explanation names. `grows` (of a `Compare` or `Graded`): a confirmation is
    bound to what passed: a higher value, a new occurrence or a higher grade asks again, although the cell is the same.
    """

    name: str
    of: Slot | Predicate | str
    bands: tuple[Band, ...] = ()
    closed: tuple[str, Predicate] | None = None
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """No proposal: a person picks one of the options."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: cells by input name (an input that is not named matches anything); `then` an outcome, a choice set, or
    None (this decision is not asked)."""

    when: tuple[tuple[str, tuple[str, ...]], ...]
    then: str | Param | Choice | None
    source: Source
    id: str = ""
    text: str = ""


def row(
    then: str | Param | Choice | None,
    source: Source,
    id: str = "",
    text: str = "",
    /,
    **cells: str | tuple[str, ...],
) -> Rule:
    """A `Rule` written as a table row: `row("HR", public("P1"), "R2", "over the limit", group="MR", mrd=("over",))`."""
    when = tuple((name, (cell,) if isinstance(cell, str) else cell) for name, cell in cells.items())
    return Rule(when, then, source, id, text)


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision table.

    Rules must be complete and exclusive; the outcome is known as soon as all rules still possible agree.

    `confirm=None`: computed and announced at once. Otherwise a person of that role (`clinician`, `meeting` or `sponsor`),
    and of no other, takes an option. `boundary`: where it passes, the case lies on a limit: shown, and never taken
    automatically. `options` are all outcomes. `enacted`: per option, what shows that it has been done. `on_reopen`: keep
    or suspend what was taken. `stays_open_while`: the question is only asked while this holds (None: always).
    """

    id: str
    text: str
    inputs: tuple[Input, ...]
    rules: tuple[Rule, ...]
    options: tuple[str, ...]
    source: Source
    confirm: Role | None = None
    boundary: Predicate | None = None
    enacted: tuple[tuple[str, Predicate], ...] = ()
    on_reopen: Literal["keep", "suspend"] = "suspend"
    asked: Predicate | None = None
    announce: bool = False
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out of a phase: proposed when `when` passes, entered at `planned` or when confirmed, whichever is later."""

    to: str
    when: Predicate
    source: Source
    planned: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of a track.

    Its exits form the decision `AFTER_<id>`, confirmed by `confirm` (None: entered without asking).

    `started_by`: the recorded fact that this phase has begun; it enters the phase whatever was confirmed, and if
    `only_when_started` nothing else does. `hit`: `exclusive` (two open exits are a choice) or `priority` (first
    wins). `terminal`: no exits needed.
    """

    id: str
    text: str
    source: Source
    exits: tuple[Exit, ...] = ()
    started_by: tuple[Done | LedgerPoint, ...] = ()
    only_when_started: bool = False
    confirm: Role | None = "clinician"
    hit: Literal["exclusive", "priority"] = "exclusive"
    on_reopen: Literal["keep", "suspend"] = "suspend"
    terminal: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """Phases in their order.

    `anywhere`: exits that recorded reality opens from every phase but terminal ones; not confirmed.
    """

    id: str
    text: str
    phases: tuple[Phase, ...]
    anywhere: tuple[Exit, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is due once: planned at `due`, window in local days around that day.

    `done` shows that it has been taken.

    `asked`: it is shown and due only while this holds (may read phases). `blocked_by`: a decision; while a person
    has not taken it the item is blocked, not late, and whoever holds the decision is reminded.
    """

    id: str
    text: str
    due: Moment
    done: Predicate
    owner: Role
    source: Source
    window: tuple[int, int] = (0, 0)
    asked: Predicate | None = None
    blocked_by: str = ""
    kind: Literal["assessment", "dose"] = "assessment"
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Series:
    """What is due again and again: every `every` days (or `months`) from `start`, counted from there and never
    chained.

    An occurrence is done by an observation of `fact` (any point) or the action within the window. The plan shows
    the next two occurrences and the overdue ones as one. `until`: nothing is due after it; `while_`: it pauses when
    this does not hold.
    """

    id: str
    text: str
    start: Moment
    owner: Role
    source: Source
    days: int = 0
    months: int = 0
    window: tuple[int, int] = (0, 0)
    fact: str = ""
    action: str = ""
    while_: Predicate | None = None
    until: Moment | None = None
    count: int | None = None
    pattern: tuple[int, ...] = ()
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Task:
    """Who must do what while a condition holds. `due`: None means as soon as possible. `done` ends it."""

    id: str
    text: str
    when: Predicate
    done: Predicate
    owner: Role
    source: Source
    due: Moment | None = None
    blocked_by: str = ""
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Milestone:
    """What a clinician is told once it is so, and told again if it turns out untrue.

    `value`: what the text ends with.
    """

    id: str
    text: str
    when: Predicate
    source: Source
    value: Slot | str | None = None
    to: Role = "clinician"
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of a ladder: from this moment (None: at once) the severity is this."""

    severity: Severity
    moment: Moment | None = None


@dataclass(frozen=True, slots=True)
class Deviation:
    """What is not as the protocol says, or needs action: raised while `when` holds, its severity by the rungs that
    have come.

    `kind="alert"` is a directive or notice to act on rather than a deviation from the protocol. Both are
    obligations: someone must acknowledge; the ladder of the profile (`escalation`) climbs until then. `blocks`
    names what waits for it.
    """

    id: str
    text: str
    when: Predicate
    rungs: tuple[Rung, ...]
    source: Source
    to: Role = "coordinator"
    kind: Literal["deviation", "alert"] = "deviation"
    blocks: tuple[str, ...] = ()
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Restart:
    """When an interrupted infusion may go on: grade at most this for at least so many days; then low dose for
    `low_days`."""

    grade_at_most: int
    for_days: int = 0
    low_days: int = 0
    resolve_within_days: int | None = None
    stop_if_recurs_at_low_dose: bool = False


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
    An end at most one hour short counts as complete: the clock may have changed. A later `infusion_started` counts the
    days anew if the infusion had ended or was paused; while it ran, it is ignored and flagged.
    `ended_by`: actions without this scope that end the infusion too, such as death.
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
    hospital_days: int
    cap_per_day: str = ""
    cap_unit: str = ""
    dose_by: str = ""
    dose_bands: tuple[DoseBand, ...] = ()
    ended_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Time to event: start anchor, event anchors (the first counts; same day: the order given), competing events,
    censoring.

    `competing_first`: competing events win a tie. `horizon`: an anchor; what comes after that day does not count.
    """

    id: str
    text: str
    start: str
    events: tuple[tuple[str, str], ...]
    source: Source
    competing: tuple[tuple[str, str], ...] = ()
    censor: tuple[str, ...] = ()
    competing_first: bool = False
    horizon: str = ""


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
    """A finding of the prover that was looked at and accepted, by its id; shown in the protocol's documentation."""

    finding_id: str
    reason: str


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


__all__ = [
    "ROLES",
    "Action",
    "AdverseEventRule",
    "AdverseEventType",
    "AllOf",
    "Always",
    "Anchor",
    "AnchorTime",
    "AnyOf",
    "Assessment",
    "AtLeast",
    "Band",
    "Choice",
    "Compare",
    "Crit",
    "Criterion",
    "DateOf",
    "Dates",
    "Day",
    "Decision",
    "Deviation",
    "Directed",
    "Done",
    "DoseBand",
    "Endpoint",
    "Entered",
    "Exit",
    "Exposure",
    "Fact",
    "Fresh",
    "Graded",
    "Impossible",
    "InPhase",
    "Infusion",
    "Input",
    "Is",
    "Known",
    "Latest",
    "Ledger",
    "LedgerFlag",
    "LedgerPoint",
    "Limit",
    "Milestone",
    "Moment",
    "Not",
    "NotObtainable",
    "Offset",
    "Operator",
    "Outcome",
    "Param",
    "Passed",
    "Phase",
    "Predicate",
    "Products",
    "ProfileKey",
    "Protocol",
    "Reached",
    "Recorded",
    "Restart",
    "ReviewIf",
    "Role",
    "Rose",
    "Rule",
    "Rung",
    "Sampled",
    "Scope",
    "Series",
    "Setting",
    "Severity",
    "Since",
    "Slot",
    "Source",
    "State",
    "StudyDay",
    "Taken",
    "Task",
    "Track",
    "Unit",
    "Version",
    "Waiver",
    "all_of",
    "any_of",
    "assumption",
    "public",
    "registry",
    "row",
]
