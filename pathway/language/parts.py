"""The language of protocols: frozen data, no lambdas.

A protocol is one `Protocol` value that serialises to canonical JSON. Its terms (sources, parameters, predicates, moments)
are those of `pathway.language`; here are the parts of a protocol. Every part carries its `Source`. Where a number is
configurable it is a `Param`, looked up in the patient's profile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pathway.language.anchor_times import AnchorTime, Done, LedgerPoint
from pathway.language.predicates import Predicate
from pathway.language.terms import (
    EndsWith,
    Limit,
    Moment,
    Param,
    Reading,
    Role,
    Scope,
    Severity,
    Source,
    assumption,
)

# --- profile, facts and events --------------------------------------------------------------------------------------


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
    that the input counts as `band`, which the explanation names. `bound_to_size` (of a `Compare` or `Graded`): a confirmation is
    bound to what passed: a higher value, a new occurrence or a higher grade asks again, although the cell is the same.
    """

    name: str
    of: Reading | Predicate | str
    bands: tuple[Band, ...] = ()
    closed: tuple[str, Predicate] | None = None
    bound_to_size: bool = False


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
    or suspend what was taken. `asked`: the question is only asked while this holds (None: always).

    `ends_with`: nobody is asked any more after that end, what was taken stands (of an option that is `enacted`: if it had been
    carried out by then), and late results open nothing; not said: the treatment if a person is asked, if it reads a ledger or
    picks the amounts of one, else the study; `never`: a question that outlives the patient,
    such as whether an event was serious. `latches`: outcomes of a computed table that stay once they were found, whatever values
    come later; a correction of the values behind them takes them back.
    `settled_by`: an anchor; what a computed table said when that came stands, by what had happened until then and as the record
    is corrected today. What it did not settle by then it may settle later. So an enrolment is ended, and never undone.
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
    scope: Scope = ()
    ends_with: EndsWith = ""
    latches: tuple[str, ...] = ()
    settled_by: str = ""


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
    wins). `terminal`: no exits needed. `lasts`, of a phase that is entered without asking on what may turn untrue again: True:
    to have entered it is history, which only a correction undoes; False: it is where the patient stands today.
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
    lasts: bool | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """Phases in their order.

    `anywhere`: exits that recorded reality opens from every phase but terminal ones; not confirmed. `ends_with`: after that end
    it asks nothing any more; not said: the study. `life` where care goes on without the study.
    """

    id: str
    text: str
    phases: tuple[Phase, ...]
    anywhere: tuple[Exit, ...] = ()
    ends_with: EndsWith = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is due once: planned at `due`, window in local days around that day.

    `done` shows that it has been taken.

    `asked`: it is shown and due only while this holds (may read phases). `blocked_by`: a decision; while a person
    has not taken it the item is blocked, not late, and whoever holds the decision is reminded. `ends_with`: with which end it
    is no longer asked for; not said: the study. `needs`: criteria, or conditions each with a name, that must
    pass before it may be done; the first that does not, or that cannot be told, blocks it. `prepares`: a dose, (key of its
    ledger, label), before which it is done; it is blocked by what bars that.
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
    ends_with: EndsWith = ""
    needs: tuple[str | tuple[str, Predicate], ...] = ()
    prepares: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """What is due again and again: every `every` days (or `months`) from `start`, counted from there and never
    chained.

    An occurrence is done by an observation of `fact` (any point) or the action within the window. The plan shows
    the next two occurrences and the overdue ones as one. `until`: nothing is due after it; `while_`: it pauses when
    this does not hold. `ends_with`: as of an assessment.
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
    ends_with: EndsWith = ""


@dataclass(frozen=True, slots=True)
class Task:
    """Who must do what while a condition holds. `due`: None means as soon as possible. `done` ends it.

    `ends_with`: as of an assessment; `never`: a duty that outlives the patient, such as a report to the sponsor. It must be said
    of a task that can stay due after an exit from treatment. `needs`: as of an assessment; what starts something waits for what
    is not settled.
    """

    id: str
    text: str
    when: Predicate
    done: Predicate
    owner: Role
    source: Source
    due: Moment | None = None
    blocked_by: str = ""
    scope: Scope = ()
    ends_with: EndsWith = ""
    needs: tuple[str | tuple[str, Predicate], ...] = ()


@dataclass(frozen=True, slots=True)
class Milestone:
    """What a clinician is told once it is so, and told again if it turns out untrue.

    `value`: what the text ends with. `expected`: it comes true by the calendar alone, and is worded so; else that is an error.
    `ends_with`: what becomes true after that end is not told any more (the result is, as late); not said: the end of the question
    whose answer is its `value`, else the study. `treatment`: nor what the end itself makes true.
    """

    id: str
    text: str
    when: Predicate
    source: Source
    value: Reading | str | None = None
    to: Role = "clinician"
    scope: Scope = ()
    expected: bool = False
    ends_with: EndsWith = ""


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
    names what waits for it. `ends_with` (not said: the study): after that end no time limit raises it, and no alert begins; a
    deviation that reports show is told all the same.
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
    ends_with: EndsWith = ""


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
