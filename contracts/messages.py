"""Everything that enters or leaves a pathway: one frozen model in, one out.

Tolerant inside: unknown fields are ignored, fields are only ever added, with defaults. So a run that an older program
started is read by a newer one. A validation error never quotes a value.
"""

from __future__ import annotations

from typing import Any, Final, Self

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from contracts.base import Clock, Code, KnownSite, Message, OptionalCode, clock_and_settings
from contracts.delivery import Posted
from contracts.publish import PublishBatch
from contracts.renaming import Renamed
from contracts.sitting import Sitting
from contracts.statement import Statement
from pathway.changes import Announced, Change
from pathway.events import Event, Report
from pathway.plan import Plan
from pathway.site import Site
from pathway.subtrial.plan import SubtrialPlan

SCHEMA_VERSION: Final = 1
"""Version of the state that a run hands to the next. Raised with every change that an older program
could misread.
"""

CONTINUE_AFTER: Final = 20
"""Accepted updates and due moments after which a run continues as new: a cold replay of 20 costs 0.1 s,
of 60 0.26 s.
"""

EVENTS_PAGE: Final = 500
"""Events that one answer holds: far below the size at which the server refuses it."""

# --- the start, and what one run hands to the next ------------------------------------------------


class Answered(Message):
    """What was answered to an accepted event, so that it can be answered again: with its changes, which
    name it as cause.
    """

    revision: int
    next_at: AwareDatetime | None


class Archived(Message):
    """When, by which role and why a pathway was closed."""

    at: AwareDatetime
    role: str
    reason: str


class Carried(Message):
    """The state that one run hands to the next. What is not here can be computed from it.

    While a run goes on it changes (`workflows.durable.state`): the one message that is not frozen.
    """

    model_config = ConfigDict(frozen=False)

    schema_version: int = SCHEMA_VERSION
    now: AwareDatetime
    """The clock when the run ended: it never goes back."""
    events: tuple[Event, ...] = ()
    announced: Announced = Announced()
    timeline: list[Change] = Field(default_factory=list)
    """The newest entries, and all that the store does not have yet."""
    answered: dict[str, Answered] = Field(default_factory=dict)
    """The answers to the newest events, and to all that the store does not have yet."""
    revision: int = 0
    """Number of the last batch for the store that was made."""
    published: int = 0
    """Number of the last batch that the store has acknowledged."""
    sent_events: int = 0
    """How many events the batches made so far hold."""
    sent_changes: int = 0
    """How many entries of the timeline they hold."""
    earlier: int = 0
    """How many entries of the timeline are no longer carried."""
    unsent: bool = False
    """Whether something happened since the last batch was made."""
    in_flight: PublishBatch | None = None
    """The batch that the store has not acknowledged yet: it is sent again exactly as it was, as it may
    have arrived.
    """
    archived: Archived | None = None
    renaming: str = ""
    """The event by which the pathway is being renamed: until it is, nothing is taken. It never outlasts a run."""
    renamed: Renamed | None = None
    """As whom it goes on elsewhere; then it is archived here, without a word to anybody."""
    handed_over: bool = False
    """Whether a pathway with another pseudonym has left this to a new one, which has not taken it up yet."""
    posted: Posted = Posted()
    """The messages to and from governors of subtrials: what was written, and what is under way."""
    sitting: Sitting | None = None
    """What is being entered together, until it is at its end: nobody is told anything before."""
    wake_at: AwareDatetime | None = None
    """The next moment of the plan, as the store's newest receipt named it."""
    runs: int = 0
    """How many runs came before."""

    @model_validator(mode="before")
    @classmethod
    def _upgraded(cls, data: Any) -> Any:
        return upgrade(data) if isinstance(data, dict) else data


class PathwayStart(Message):
    """The input of a pathway. It is validated before it is sent: an input that does not decode fails its
    task for ever.
    """

    subject: Code
    """Pseudonym of the patient in the trial."""
    trial: Code
    """Name of the protocol."""
    version: str
    protocol_hash: str
    """Content hash of the protocol version: the pathway stalls visibly rather than go on under another
    text.
    """
    profile: dict[str, str] = Field(default_factory=dict)
    """Values of the profile that differ from the protocol's own, as text."""
    simulation: bool = False
    site: KnownSite
    clock: Clock = "real"
    started_at: AwareDatetime | None = None
    """Where a stepped clock begins."""
    label: OptionalCode = ""
    """Tells rehearsals of the same scenario apart: part of the workflow id."""
    continue_after: int = Field(default=CONTINUE_AFTER, ge=1)
    sitting: OptionalCode = ""
    """The id of the sitting with which the pathway begins: what happened before it was there follows at once."""
    formerly: tuple[Code, ...] = ()
    """The pseudonyms that the patient had before, oldest first."""
    carried: Carried | None = None
    statement: Statement | None = None
    """Who asks, signed by the house; None where roles are claimed."""

    @model_validator(mode="after")
    def _clock_and_settings_agree(self) -> Self:
        clock_and_settings(self)
        return self

    @property
    def rehearsal(self) -> bool:
        """Whether no patient is behind this pathway."""
        return self.clock == "stepped"

    @property
    def protocol(self) -> str:
        """Protocol name with version, `interfant-21@2.0`."""
        return f"{self.trial}@{self.version}"

    @property
    def workflow_id(self) -> str:
        """The workflow id that this pathway has for good."""
        return pathway_id(self.trial, self.subject, rehearsal=self.rehearsal, label=self.label)


def pathway_id(trial: str, subject: str, *, rehearsal: bool = False, label: str = "") -> str:
    """The workflow id of a pathway: `patient/interfant-21/P1`, or `rehearsal-patient/interfant-21/LABEL/P1`.

    No code has a slash in it, so that no two pathways share an id, whatever trial, label and subject are.
    """
    return "/".join(
        part for part in ("rehearsal-patient" if rehearsal else "patient", trial, label, subject) if part
    )


class PathwayEnd(Message):
    """What an archived pathway leaves behind."""

    subject: str
    events: int
    revision: int
    archived: Archived
    renamed: Renamed | None = None
    """As whom it goes on, if it is not at its end."""


# --- updates --------------------------------------------------------------------------------------


class RecordRequest(Message):
    """One report to be recorded. Its id makes it idempotent, for good and across runs.

    `at_once`: answer when it is accepted, without waiting for the store. So do the messages between workflows: what waits
    for an activity of the other side could fill the workers with calls that wait for each other.
    """

    report: Report
    at_once: bool = False
    statement: Statement | None = None
    """Who asks, signed by the house; None where roles are claimed."""


class Receipt(Message):
    """The answer to an accepted report. `recorded`: the store has it too; else it is accepted, and not yet recorded.

    `event_id`: under which it is on record; another than the report's own if an earlier event says the same, and then nothing
    has changed.

    `revision` is that of the batch that brings the event to the store. `changes`: what it changed in the plan.
    """

    event_id: str
    accepted: bool = True
    recorded: bool
    revision: int
    changes: tuple[Change, ...] = ()
    next_at: AwareDatetime | None = None
    plan: Plan | None = None
    """The plan right after the event, in rehearsals; None in production, and for an answer that is given
    again.
    """
    governor: SubtrialPlan | None = None
    """The whole plan of a subtrial, where there is a `plan`."""
    messages: int = 0
    """How many messages are due now, in rehearsals: they go with `deliver`."""


class StepRequest(Message):
    """Move a stepped clock to an instant, through every due moment on the way."""

    to: AwareDatetime
    since: int = 0
    """The position in the timeline that the caller has read up to: what was told since is in the answer."""


class StepReceipt(Message):
    """Where a stepped clock stands. `now` is before the instant asked for if there were too many moments
    for one update.
    """

    now: AwareDatetime
    revision: int
    recorded: bool
    changes: tuple[Change, ...] = ()
    position: int
    """The present end of the timeline."""
    plan: Plan
    governor: SubtrialPlan | None = None
    """The whole plan, of a subtrial."""
    messages: int = 0
    """How many messages are due now: they go with `deliver`."""


class Delivered(Message):
    """A message that has arrived, as its receiver was to record it. `messages`: how many the receiver has to send then."""

    receiver: str
    report: Report
    messages: int


class DeliverReceipt(Message):
    """The messages that were delivered, on a stepped clock, in the order of their receivers."""

    delivered: tuple[Delivered, ...]


class ArchiveRequest(Message):
    """Close the pathway: nothing more will be recorded. Every claim about who asks is recorded as claimed."""

    role: str
    reason: str
    statement: Statement | None = None
    """Who asks, signed by the house; None where roles are claimed."""


class ArchiveReceipt(Message):
    """The answer to a closed pathway."""

    archived: Archived
    revision: int
    recorded: bool


# --- queries --------------------------------------------------------------------------------------


class Nothing(Message):
    """The argument of a query that needs none."""


class PlanView(Message):
    """The plan in the format of scenario output (`plans` in `docs/scenarios.md`)."""

    subject: str
    protocol: str
    protocol_hash: str
    now: AwareDatetime
    revision: int
    plan: dict[str, Any]


class TimelineView(Message):
    """What was told, in order: the newest entries. `earlier`: how many older ones only the store still
    has.
    """

    earlier: int
    entries: tuple[Change, ...]


class EventsRequest(Message):
    """Which events are asked for: those after the first `after`, at most `EVENTS_PAGE` at once."""

    after: int = Field(default=0, ge=0)


class EventsView(Message):
    """Events of the record in the order of entry, and how many it has."""

    events: tuple[Event, ...]
    total: int


class ExplainRequest(Message):
    """Which decision to explain: its id or key."""

    decision: str


class ExplanationView(Message):
    """Why a decision is as it is, as text to read and as data."""

    text: str = ""
    data: dict[str, Any] = Field(default_factory=dict)
    unknown: str = ""
    """Why there is nothing to explain. Part of the answer, as the SDK cannot decrypt the message of a
    failed query.
    """


class StateView(Message):
    """How a pathway stands, for operations. `unrecorded`: events that the store does not have yet.

    `messages_waiting` under way to governors or patients; `messages_away`: those whose receiver does not answer.
    `messages_refused`: receiver and code of every message that was refused.
    """

    subject: str
    trial: str
    version: str
    site: str
    place: Site | None = None
    """Where the patient is, with every zone that days are counted in; None from an older program."""
    clock: Clock
    now: AwareDatetime
    next_at: AwareDatetime | None
    events: int
    unrecorded: int
    revision: int
    published: int
    store_away: bool
    archived: bool
    renamed: Renamed | None = None
    runs: int
    messages_waiting: int = 0
    messages_away: tuple[str, ...] = ()
    messages_refused: tuple[str, ...] = ()
    schema_version: int = SCHEMA_VERSION


# --- upgrades of carried state --------------------------------------------------------------------


def upgrade(data: dict[str, Any]) -> dict[str, Any]:
    """Bring carried state of an older schema up to the present one, step by step. Raises ValueError on a
    newer one.
    """
    version = data.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or version < 1 or version > SCHEMA_VERSION:
        raise ValueError(
            f"carried state has schema version {version}; this program reads 1 to {SCHEMA_VERSION}. "
            "A newer program wrote it: start that one again"
        )
    while version < SCHEMA_VERSION:
        data = UPGRADES[version](data)
        version += 1
    return {**data, "schema_version": SCHEMA_VERSION}


UPGRADES: Final[dict[int, Any]] = {}
"""From schema version n to n + 1. Every entry has a stored example in `tests/workflows/carried/`."""
