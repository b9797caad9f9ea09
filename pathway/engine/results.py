"""What an evaluation works out: the types, without the functions."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter

from pathway.clock import BEGINNING
from pathway.events import Event
from pathway.language import AdverseEventRule, Crit, Directed, Hold, Outcome, Rate, Reading, Rule, Stop, Taken
from pathway.plan import Verdict

Needs = tuple[frozenset[str], tuple[tuple[int, int], ...]]
"""The names for which a function asks the record itself, and the others that it asks, by kind and number."""


@dataclass(slots=True)
class Held:
    """A dose that waits: from its day (or the check, if that came later) to the check that lifted it (None: still held)."""

    label: str
    rules: tuple[str, ...]
    opened: datetime
    since: date
    until: date | None
    reduces: bool


@dataclass(slots=True)
class Planned:
    """A dose of the course. `state`: `planned`, `held`, `omit` (held too long), `omitted` (recorded), `given`.

    `amount` per unit of size and `measured` in all; None while the decision behind it or the size is not known.
    """

    label: str
    amount: Decimal | None
    measured: Decimal | None
    due: date | None
    earliest: date | None
    state: str
    at: datetime | None = None
    held: list[Held] = field(default_factory=list)


@dataclass(slots=True)
class Course:
    """The doses of a ledger. `level`: how often it has been reduced; `lower_next`: the same for the next cycle.

    `first`: the first dose of all cycles. `row`: the outcome that picks the amounts, None while it is open. `infusion_runs`: how
    the doses were infused, over all cycles. `size_doubt`: why the weight or surface cannot be gone by, "" if it can. `episodes`:
    the holds. `twice`: doses of which two reports are on record.
    """

    doses: list[Planned]
    level: int = 0
    lower_next: int = 0
    first: datetime | None = None
    row: str | None = None
    total: Decimal | None = None
    counted: tuple[datetime, ...] = ()
    infusion_runs: list[InfusionRun] = field(default_factory=list)
    size_doubt: str = ""
    episodes: list[Episode] = field(default_factory=list)
    twice: tuple[str, ...] = ()


@dataclass(slots=True)
class Cell:
    """What an input may be: the cells still possible, what it waits for, whether a person must judge it.

    `doubt`: something under review keeps it open, whatever else it waits for.
    """

    possible: tuple[str, ...]
    since: datetime | None = None
    missing: tuple[int, ...] = ()
    review: bool = False
    closed: bool = False
    size: str = ""
    doubt: bool = False


@dataclass(frozen=True, slots=True)
class Fallen:
    """An answer that has lost its ground, and since when; `done`: it was carried out, and nobody is asked.

    `voided`: what it was given on has been voided or corrected; else a later report has taken the ground away.
    """

    taken: Event
    at: datetime
    done: bool
    voided: bool = True


@dataclass(slots=True)
class Resolved:
    """A decision as it stands.

    `outcome` counts downstream; `possible` are the outcomes that are left while it is open, `may_be_none`: so is that
    it is not asked. `offered`: since when what a person is asked has been so. `earlier`: the answers for occasions of the
    question that are still on record, one for each. `fallen`: the answer that has lost its ground, where no state tells it.
    `doubt`: something under review keeps it open, whatever else it waits for. `stood`: when it was settled for good;
    `otherwise`: what the table says today if that is something else, and since when. `closed`: it was over before it was
    answered: nobody knows the answer, and nobody will be asked for it.
    """

    asked: bool = True
    none: bool = False
    proposal: str | None = None
    choice: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    may_be_none: bool = False
    outcome: str | None = None
    state: str = "waiting"
    since: datetime | None = None
    missing: tuple[int, ...] = ()
    review: bool = False
    rules: tuple[Rule, ...] = ()
    boundary: bool = False
    open: bool = False
    taken: Event | None = None
    bands: tuple[tuple[str, str], ...] = ()
    changed_at: datetime | None = None
    offered: datetime | None = None
    earlier: tuple[Event, ...] = ()
    doubt: bool = False
    cells: tuple[Cell, ...] = field(default=())
    fallen: Fallen | None = None
    stood: datetime | None = None
    otherwise: tuple[str, datetime] | None = None
    closed: bool = False

    def copy(self) -> Resolved:
        """Another one with the same values, to be changed."""
        return Resolved(*_VALUES(self))


_VALUES = attrgetter(*(each.name for each in fields(Resolved)))


@dataclass(slots=True)
class Comparison:
    """What a person saw against what is: `changed_at` is when a value that they saw, or else a blank, last changed.

    `amended`: a value that they saw no longer stands. A later sample beside it, or an upstream decision, does not amend it.
    `grown`: an occasion of the question that they did not see, or a graver one. `same_offer`: the same proposal, or the same
    options to choose from. `shaken`: a guard that let them through is for a person to judge now.
    """

    same_values: bool
    amended: bool
    filled: bool
    grown: bool
    same_bands: bool
    same_offer: bool
    changed_at: datetime | None
    shaken: bool = False


@dataclass(slots=True)
class Offer:
    """What the exits of a phase offer to a patient who is there: `found`, before anybody's answer is looked at.

    `taken`: the latest answer that leads to a phase of the track, `now` what its author saw against that; None if there is none.
    """

    found: Resolved
    taken: Event | None = None
    now: Comparison | None = None


@dataclass(slots=True)
class Reaction:
    """A reaction with its highest grade, and the rate at which it began. `over`: when it was resolved."""

    at: datetime
    grade: int
    rate: Fraction
    over: datetime | None = None


@dataclass(slots=True)
class InfusionRun:
    """An infusion. `key`: its ledger; `number` counts from 1, over all cycles; `state` `planned`: not begun yet.

    `steps`: (from, mL/h); `end` None while unknown.
    """

    label: str
    number: int
    rate: Rate
    start: datetime | None
    state: str = "planned"
    steps: list[tuple[datetime, Fraction]] = field(default_factory=list)
    end: datetime | None = None
    reactions: list[Reaction] = field(default_factory=list)
    key: str = ""
    resumed: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class Episode:
    """A hold from the check that opened it to the one that closed it (None: still open)."""

    rule: Hold
    opened: datetime
    closed: datetime | None = None


@dataclass(slots=True)
class Pause:
    """A pause of the infusion; `end` None while it lasts. `rule`: the directive that it follows, if any."""

    start: datetime
    end: datetime | None
    rule: AdverseEventRule | None
    assumed: bool = False


@dataclass(slots=True)
class Directive:
    """An adverse-event rule, or a stop, that applies. `until`: when it was satisfied (None: still in force).

    `began`: the adverse event itself, of a stop `since`; `known`: when it was on record. `calm`: since when the grade has been
    low enough, long enough or not. `lifted`: it is over because a clinician went on in spite of it. `by`: the report.
    """

    rule: AdverseEventRule | Stop
    action: str
    since: datetime
    began: datetime
    until: datetime | None = None
    calm: datetime | None = None
    why: str = ""
    known: datetime = BEGINNING
    lifted: bool = False
    by: Event | None = None

    @property
    def episode(self) -> AdverseEventRule | None:
        """The rule, if it is one of adverse events."""
        return self.rule if isinstance(self.rule, AdverseEventRule) else None


@dataclass(slots=True)
class Halt:
    """A stop rule that came true: its id, and from when to when it holds (None: nobody has lifted it)."""

    id: str
    text: str
    since: datetime
    until: datetime | None = None


@dataclass(slots=True)
class Run:
    """The state of one infusion at an instant.

    `steps`: (from, dose) in the order of time; `flags` name what happened when, `raised` each time that it did. `course`: the
    doses, where the ledger is one of single doses. `left`: the exit from treatment that found it going, until its end is
    reported; `closed`: treatment has ended, nothing more is due. `odd`: since when, reports that cannot be true as they
    stand; `stray`: restarts with no pause before them. `stops`: the stop rules in force. `unsettled`: those of which it is not
    known whether they are. `undecided`: since when a hold, of this course or the one before, has lasted so long that a clinician
    is asked whether the drug is given at all.
    """

    state: str = "not_started"
    start: datetime | None = None
    end: datetime | None = None
    stop: datetime | None = None
    resumed: datetime | None = None
    given: timedelta = timedelta(0)
    as_of: datetime | None = None
    dose: str = "0"
    steps: list[tuple[datetime, str]] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    directives: list[Directive] = field(default_factory=list)
    flags: dict[str, datetime] = field(default_factory=dict)
    raised: dict[str, list[datetime]] = field(default_factory=dict)
    unit: str = ""
    last_dose: datetime | None = None
    course: Course | None = None
    left: Event | None = None
    closed: bool = False
    odd: list[tuple[datetime, str]] = field(default_factory=list)
    stray: list[tuple[datetime, str]] = field(default_factory=list)
    stops: list[Halt] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    undecided: datetime | None = None

    def directed(self, node: Directed) -> list[Directive]:
        """The directives that a predicate speaks of."""
        return [
            d
            for d in self.directives
            if d.action in node.actions
            and (d.until is None or (node.lifted and d.lifted))
            and (not node.rules or d.rule.id in node.rules)
        ]

    def flag(self, name: str, at: datetime) -> None:
        """Remember when the flag first became true, and that it did so again."""
        self.flags.setdefault(name, at)
        times = self.raised.setdefault(name, [])
        if at not in times:
            times.append(at)


@dataclass(slots=True)
class Result:
    """A verdict, since when, and which slots (by index) it waits for.

    `doubt` of what is PENDING: something else that it rests on is under review.
    """

    verdict: Verdict
    since: datetime | None = None
    missing: tuple[int, ...] = ()
    doubt: bool = False


@dataclass(slots=True)
class Point:
    """An anchor's value: the site-local day, the instant if there is one, and whether it is on record or only
    planned. `expected`: it counts as come because the end of an infusion was planned for then and nobody has reported another."""

    day: date
    instant: datetime | None
    actual: bool
    since: datetime | None
    event: Event | None = None
    expected: bool = False

    @property
    def reported(self) -> bool:
        """Whether it is on record, and not only expected by its date."""
        return self.actual and not self.expected


@dataclass(slots=True)
class TrackRun:
    """A track's state: the phases entered with instant and manner (`start`, `confirmed`, `recorded`, `automatic`)."""

    phase: str
    since: datetime
    path: list[tuple[str, datetime, str]]
    exits: dict[str, Resolved] = field(default_factory=dict)
    unconfirmed: list[tuple[str, datetime]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mentions:
    """The slots and profile keys that a part of a definition names, in the order of the text; keys once each. `leads`: what its
    slots are found by, those and the criteria and decisions that it reads, once each."""

    readings: tuple[Reading, ...]
    params: tuple[str, ...]
    leads: tuple[Reading | Crit | Outcome | Taken, ...]
