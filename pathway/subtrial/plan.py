"""What a governor says: the plan of a subtrial, with its levels, slots, stage, activations, and an answer to each patient.

Plain data, ordered, every part with a stable key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from pathway.designs.rolling_six import DEFAULT_TABLE, find_table
from pathway.engine.context import Compiled
from pathway.errors import ProtocolError, UnknownName
from pathway.events import Seen
from pathway.language import Param, RollingSix, Source, Subtrial
from pathway.language.parsing import nearest
from pathway.language.profile import Profile
from pathway.plan import Plan
from pathway.site import Site


@dataclass(frozen=True, slots=True)
class Answer:
    """What a governor answers to a patient.

    `state` is one of `SLOT_STATES`; `level`: the dose level of the slot, by its id; `reason` is a code, a colon and words
    (`SUSPENDED: ...`), or "". `until`: the instant (UTC) at which a reservation expires (the end of its last local day), None if
    it has no end or is none.
    """

    subject: str
    state: str
    level: str = ""
    reason: str = ""
    until: datetime | None = None

    @property
    def code(self) -> str:
        """The code of the reason, "" without one."""
        return self.reason.partition(":")[0]


class Governor:
    """What governs one subtrial: its definition, the profile's values, and the coordinating office whose zone gives local days.

    Raises UnknownName if the protocol has no such subtrial, ProtocolError if its definition names what does not exist.
    """

    def __init__(self, compiled: Compiled, subtrial_id: str, profile: Profile, site: Site) -> None:
        known = {s.id: s for s in compiled.protocol.subtrials}
        if subtrial_id not in known:
            raise UnknownName(f"subtrial {subtrial_id!r} is not known; {nearest(subtrial_id, list(known))}")
        self.compiled, self.profile, self.site = compiled, profile, site
        self.subtrial: Subtrial = known[subtrial_id]
        self._check()

    def _check(self) -> None:
        for key in self.keys():
            if key not in self.profile.values:
                raise ProtocolError(
                    f"subtrial {self.id}: profile key {key!r} is not defined; {nearest(key, list(self.profile.values))}"
                )
        phase = self.subtrial.phase_one
        if phase is None:
            return
        ids = [level.id for level in phase.levels]
        if len(set(ids)) != len(ids):
            raise ProtocolError(f"subtrial {self.id}: a dose level is defined twice")
        if phase.start not in ids:
            raise ProtocolError(
                f"subtrial {self.id}: dose level {phase.start!r} is not defined; {nearest(phase.start, ids)}"
            )
        if isinstance(phase.design, RollingSix):
            find_table(self.text(phase.design.table) or DEFAULT_TABLE)

    def keys(self) -> tuple[str, ...]:
        """The profile keys that the subtrial's rules rest on, in the order of its definition."""
        subtrial = self.subtrial
        parts: list[object] = [
            subtrial.reservation_days,
            subtrial.cap.patients if subtrial.cap is not None else None,
        ]
        if subtrial.phase_one is not None:
            parts += [subtrial.phase_one.window_days, getattr(subtrial.phase_one.design, "table", None)]
        if subtrial.phase_two is not None:
            names = ("p0", "p1", "alpha", "beta", "kind", "phase_one_counts")
            parts += [getattr(subtrial.phase_two, name) for name in names]
        return tuple(dict.fromkeys(part.key for part in parts if isinstance(part, Param)))

    @property
    def id(self) -> str:
        """The id of the subtrial."""
        return self.subtrial.id

    def number(self, value: int | Param | None) -> int | None:
        """A whole number of the design; None if the profile does not set it, or sets what is no whole number."""
        if isinstance(value, Param):
            found = self.profile.parsed.get(value.key)
            return found if isinstance(found, int) else None
        return value

    def text(self, value: str | Param) -> str | None:
        """A text of the design; None if the profile does not set it."""
        return self.profile.values.get(value.key) if isinstance(value, Param) else value


@dataclass(frozen=True, slots=True)
class LevelState:
    """A dose level: `n` patients with a slot who are not inevaluable, `t` DLTs, `p` pending, `ok` = n - t - p.

    `state`: `not_opened`, `open`, `held` (open, but nobody enters for now), `left` (the trial has moved on), `closed`
    (stopped from below), `toxic`, `rp2d`. `advice`: what the design says of these counts; `reason` in words, with the row of its
    table.
    """

    id: str
    text: str
    state: str
    n: int
    t: int
    p: int
    ok: int
    advice: str
    reason: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class SlotState:
    """A slot that was given, or taken without one.

    `state`: RESERVED, ENROLLED, EXPIRED, RELEASED, WITHDRAWN (taken back because entry stopped). `level`: the dose level, or "".
    `stage`: PHASE1, PHASE2 or "". `since` when it got into this state; `until`: the instant at which a reservation expires,
    None if it has no end or is none. `started`: the day of the first dose, None also where only a
    verdict is on record. `window_ends`: the end of the DLT window.
    """

    subject: str
    site: str
    country: str
    level: str
    stage: str
    state: str
    since: datetime
    until: datetime | None = None
    started: date | None = None
    dlt: str = ""
    response: str = ""
    window_ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A patient who asked for a slot and has none. In the order in which they will be served."""

    subject: str
    site: str
    country: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class StageState:
    """A two-stage design: `stage` 1 or 2 (0: not open), the numbers of the design, and the counts so far.

    `n`: patients with a slot who are not inevaluable; `evaluable`, `responders`, `pending` of those. `state`: as a
    phase of the subtrial (`NOT_OPEN`, `NOT_SET`, `PHASE2_STAGE1`, `STAGE1_HOLD`, `STOPPED_FUTILITY`, `PHASE2_STAGE2`,
    `FINAL_ANALYSIS`).
    `verdict`: `promising`, `not promising`, or "" before the final analysis.
    """

    stage: int
    state: str
    n1: int | None
    r1: int | None
    n_total: int | None
    r: int | None
    n: int
    evaluable: int
    responders: int
    pending: int
    advice: str
    reason: str
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Activation:
    """A cell of the activation matrix as last recorded. `site` "": the whole country. `on`: local day from which it counts."""

    country: str
    site: str
    state: str
    on: date
    event: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """Why a decision is put, or was taken: reasons as (text, verdict, value), the rule, its source, what is missing (what, who),
    the profile keys it rests on, how it was decided, what it is
    about, and whether what was authorised has been done."""

    rule: str
    reasons: tuple[tuple[str, str, str], ...]
    source: Source
    missing: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()
    decided: str = ""
    text: str = ""
    enacted: bool = False


@dataclass(slots=True)
class SubtrialPlan:
    """All that is true of a subtrial at `plan.at`; constant until `plan.next_at` unless an event comes.

    `status`: the phase of the track `subtrial`. `level`: the dose level that is current, "" without one. `entry`: whether
    patients may enter now: OPEN, or why not (a code of `Answer.reason`), with words. `answers` by subject, in the order of
    first contact.
    `told` and `seen` by decision key: why it is put, and what a person who decides it sees.
    """

    plan: Plan
    status: str
    level: str
    entry: tuple[str, str]
    levels: tuple[LevelState, ...] = ()
    slots: tuple[SlotState, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    stage: StageState | None = None
    activations: tuple[Activation, ...] = ()
    answers: dict[str, Answer] = field(default_factory=dict)
    told: dict[str, Announcement] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
