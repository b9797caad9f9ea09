"""The terms of the protocol language: provenance, parameters, references to values, and moments.

Frozen data. `pathway.language` makes predicates, times of anchors and the parts of a protocol of them, and hands them on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["coordinator", "clinician", "laboratory", "sponsor", "meeting", "operations"]
ROLES: tuple[Role, ...] = ("coordinator", "clinician", "laboratory", "sponsor", "meeting", "operations")
Severity = Literal["info", "minor", "major", "critical"]
Ends = Literal["", "treatment", "study", "life"]
"""What an action ends: protocol treatment, the study for this patient, or life; each ends those before it."""
EndsWith = Literal["", "treatment", "study", "life", "never"]
"""With which end something is no longer asked; "": as the engine's rules say."""
Scope = tuple[tuple[str, str], ...]
Operator = Literal["<", "<=", "=", ">=", ">"]


# --- provenance -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from: the registry text, public sources (keys into `Protocol.references`) or our
    assumption."""

    kind: Literal["registry", "public", "assumption"]
    keys: tuple[str, ...] = ()
    note: str = ""


def registry(note: str = "") -> Source:
    """The rule is in the registry text of the trial."""
    return Source("registry", (), note)


def public(*keys: str, note: str = "") -> Source:
    """The rule is in public sources; `keys` are entries of `Protocol.references`."""
    return Source("public", keys, note)


def assumption(note: str = "") -> Source:
    """The rule is ours; a trial team must confirm or replace it."""
    return Source("assumption", (), note)


# --- parameters --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Param:
    """A reference to a key of the profile."""

    key: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A comparison with a number in the fact's canonical unit, written as decimal text: `Limit(">=", "300")`."""

    op: Operator
    value: str


# --- references to values ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of a fact, at a point where the fact has points.

    `points` with several entries: the latest by sample time among them. `until`/`since`: only samples taken not
    after / not before the named anchor (`until` limits once the anchor is on record, `since` also by its
    planned day). `strictly`: taken before
    `until`, same instant excluded.
    """

    fact: str
    point: str = ""
    points: tuple[str, ...] = ()
    until: str = ""
    since: str = ""
    strictly: bool = False
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Day:
    """A site-local day: a date fact or an anchor, shifted by calendar months (clipped to the month's end), then by
    days.

    `plus`: then by the number fact (in days) times the integer, rounded up to whole days: five half-lives.
    """

    of: Reading | str
    days: int | Param = 0
    months: int | Param = 0
    plus: tuple[Reading, int] | None = None


# --- moments and keys --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment counted from an anchor.

    First `months` calendar months, then `days` local days, on which `at` picks the instant: `start` (00:00), `warn`
    (the profile's `warn_hour`, 08:00), `close` (end of the local day), `same` (the anchor's own clock time;
    midnight if it is only a day). `hours` are elapsed hours added to the anchor's instant (then `at` is ignored).
    """

    anchor: str
    days: int | Param = 0
    months: int | Param = 0
    hours: int | Param | None = None
    at: Literal["start", "warn", "close", "same"] = "warn"


DECIDERS = ("clinician", "meeting", "sponsor")
"""The roles that may take a decision or judge a criterion."""


def decider(confirm: str | None) -> str:
    """The one role that may take a decision: what its protocol says. A clinician, where that is no role that decides.

    Of a computed decision (`confirm` None) that is under review, a clinician picks.
    """
    return confirm if confirm in DECIDERS else "clinician"


def key_of(id: str, scope: Scope = ()) -> str:
    """The stable key of a definition's instance: `ID` or `ID[cycle=1]`."""
    return f"{id}[{','.join(f'{k}={v}' for k, v in scope)}]" if scope else id


def reading_name(reading: Reading) -> str:
    """How a slot is called everywhere: `mrd BL1-END`, `birth_date`, `cns EOI|OTHER`."""
    points = reading.point or "|".join(reading.points)
    return f"{reading.fact} {points}" if points else reading.fact
