"""The plan: everything that is true of a patient's pathway at one instant.

Plain data, ordered, every part with a stable key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

Verdict = Literal["PASS", "FAIL", "PENDING", "REVIEW"]
TO_BE_RECORDED: Final = "(to be recorded)"
"""Ends the text of an item that was left out and that nobody has reported so."""


@dataclass(slots=True)
class Missing:
    """A value that somebody must supply: what (a reading's name such as `mrd BL1-END`), and who.

    `why`: the real cause, where something is on record and does not count; "" where there is nothing.
    """

    what: str
    who: str
    why: str = ""


@dataclass(slots=True)
class CriterionState:
    """A criterion's verdict.

    `judged`: a clinician's judgement is in force. `digest` binds a judgement to what was seen: the values, and the
    judgement in force.
    """

    id: str
    group: str
    verdict: Verdict
    since: datetime | None
    judged: bool
    digest: str
    missing: tuple[Missing, ...] = ()


@dataclass(slots=True)
class DecisionState:
    """A decision instance.

    `state`: `waiting` (inputs missing), `review`, `proposed`, `choice`, `in_force`, `computed`, `amended` (in
    force; values changed, same conclusion), `diverged` (done, but today's proposal differs), `reopened`.

    `in_force`: the option that counts downstream, None if there is none. `open`: a person is asked now. `digest`, while open:
    what the person sees (proposal, values, bands), to be sent back with the decision.
    """

    id: str
    key: str
    state: str
    proposal: str | None
    options: tuple[str, ...]
    in_force: str | None
    role: str
    since: datetime | None
    open: bool
    boundary: bool
    digest: str
    rule: str = ""
    missing: tuple[Missing, ...] = ()
    confirmed_by: str = ""


@dataclass(slots=True)
class TrackState:
    """Where the patient is on a track.

    `path`: every phase entered, in order, with its instant and how it was entered.
    """

    id: str
    phase: str
    since: datetime | None
    path: tuple[tuple[str, datetime, str], ...] = ()


@dataclass(slots=True)
class Item:
    """Something to be done.

    `kind`: assessment, task, dose. `state`: `planned`, `due` (window open), `late`, `done`, `missed`, `blocked`,
    `not_set` (no date can be given yet). `due` site-local day, `window` first and last local day, `late_from`
    instant. `due_at`: the instant (UTC) by which it is due, where hours are counted and not days.
    """

    id: str
    key: str
    kind: Literal["assessment", "task", "dose"]
    state: str
    text: str
    owner: str
    due: date | None
    window: tuple[date, date] | None = None
    since: datetime | None = None
    blocked_by: str | None = None
    late_from: datetime | None = None
    due_at: datetime | None = None


@dataclass(slots=True)
class DoseState:
    """A dose of a course: `amount` per unit of size, `measured` in all, both "" while not known.

    `state`: `planned`, `held`, `omit` (held too long, to be recorded), `omitted`, `given`. `held`: (from, to or None, rules).
    """

    label: str
    state: str
    amount: str
    measured: str
    due: date | None
    at: datetime | None
    held: tuple[tuple[date, date | None, str], ...] = ()


@dataclass(slots=True)
class LedgerState:
    """An infusion, or a course of doses (`doses`, `total` of the course, `given_hours` the sum given, `dose` the next one).

    `given_hours` net of pauses as of `as_of`; while `running` it grows from there. `dose` is decimal text in
    `unit`: the level in force (0 while paused or stopped). `pauses`: (from, to or None, cause).
    """

    id: str
    key: str
    state: str
    given_hours: str
    as_of: datetime | None
    dose: str
    unit: str
    start: datetime | None
    projected_end: datetime | None
    steps: tuple[tuple[datetime, str], ...] = ()
    pauses: tuple[tuple[datetime, datetime | None, str], ...] = ()
    directives: tuple[tuple[str, str, datetime], ...] = ()
    doses: tuple[DoseState, ...] = ()
    total: str = ""
    text: str = ""
    infusion_runs: tuple[InfusionRunState, ...] = ()


@dataclass(slots=True)
class InfusionRunState:
    """How a dose runs: `state` `running`, `interrupted`, `resumed`, `ended`; `rate` in mL/h, 0 while interrupted.

    `resume_at_most`: mL/h after the last reaction, "" without one. `minutes`: the length without a reaction.
    """

    label: str
    profile: str
    volume: int
    state: str
    rate: str
    minutes: int
    resume_at_most: str
    projected_end: datetime | None


@dataclass(slots=True)
class MilestoneState:
    """A milestone that is true, since when, and for whom. `text` says it whole; `times`: how often it has been so, and `said`
    the text without that, where it was more than once."""

    id: str
    key: str
    text: str
    to: str
    since: datetime
    times: int = 1
    said: str = ""


@dataclass(slots=True)
class Obligation:
    """A deviation or alert that someone must acknowledge.

    `state`: `raised` or `acknowledged`. `rung`: how many steps it has climbed (protocol rungs, then escalation);
    `notified`: the roles of the rung now due; `next_rung` its next step.
    """

    id: str
    key: str
    kind: Literal["deviation", "alert"]
    severity: str
    state: str
    text: str
    to: str
    notified: tuple[str, ...]
    since: datetime
    rung: int
    next_rung: datetime | None = None


@dataclass(slots=True)
class EndpointState:
    """Time to event in local days.

    `event`: (name, day) or None; `censored`: day or None; `days` from start to either. `competing`: what happened keeps
    the event of the endpoint from happening.
    """

    id: str
    start: date | None
    event: tuple[str, date] | None
    censored: date | None
    days: int | None
    competing: bool = False


@dataclass(slots=True)
class Standing:
    """How a patient stands towards a subtrial: what its governor is told whenever it changes.

    `wants`: nothing, `notice` (whether there are slots) or a `slot`. `started`: site-local day of the first dose, once known
    from the record. `dlt` and `response` since then: `YES`, `NO`, `INEVALUABLE`, or "" while not known.

    `slot`, `level`, `reason`, `until` (UTC text): what the governor last answered, "" before it has.
    """

    subtrial: str
    wants: Literal["nothing", "notice", "slot"] = "nothing"
    started: date | None = None
    dlt: str = ""
    response: str = ""
    slot: str = ""
    level: str = ""
    reason: str = ""
    until: str = ""


@dataclass(slots=True)
class Plan:
    """All that is true at `at`.

    Constant until `next_at` unless an event comes (None: time alone changes nothing any more).
    """

    at: datetime
    next_at: datetime | None
    tracks: tuple[TrackState, ...]
    criteria: tuple[CriterionState, ...]
    decisions: tuple[DecisionState, ...]
    items: tuple[Item, ...]
    ledgers: tuple[LedgerState, ...]
    milestones: tuple[MilestoneState, ...]
    deviations: tuple[Obligation, ...]
    alerts: tuple[Obligation, ...]
    endpoints: tuple[EndpointState, ...]
    anchors: tuple[tuple[str, date, bool], ...]
    group: str
    standings: tuple[Standing, ...] = ()
