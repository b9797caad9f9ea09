"""Events: the only state.

An accepted event is frozen, canonical (values in canonical units, instants in UTC) and never changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pathway.language import Scope

EventKind = Literal[
    "observation",
    "action",
    "adverse_event",
    "correction",
    "void",
    "not_obtainable",
    "judgement",
    "decision",
    "acknowledgement",
    "annulment",
    "transfer",
    "rename",
]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person saw when they decided: the proposal, every known input value, and the band each input lay in."""

    proposal: str | None
    values: tuple[tuple[str, str], ...]
    bands: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One accepted event.

    `recorded`: when the house accepted it (UTC). `occurred`: clinical time, the sample's for an observation (UTC).
    `name`: fact, action, adverse-event type, criterion, decision key or obligation key, by kind. `value`: canonical
    text (a decimal in the canonical unit, a choice, an ISO date; the option of a decision; the verdict of a
    judgement; an AE grade). `target`: the event that a correction or void speaks of, or the AE report that a report
    continues. `person`: who entered it, by a short code as claimed; empty if nobody said.
    """

    id: str
    kind: EventKind
    recorded: datetime
    occurred: datetime
    role: str
    name: str = ""
    point: str = ""
    scope: Scope = ()
    value: str | None = None
    unit: str = ""
    details: tuple[tuple[str, str], ...] = ()
    target: str = ""
    reason: str = ""
    seen: Seen | None = None
    override: bool = False
    typed_unit: str = ""
    person: str = ""

    def detail(self, name: str) -> str | None:
        """The detail of that name, or None."""
        for key, value in self.details:
            if key == name:
                return value
        return None


@dataclass(frozen=True, slots=True)
class Report:
    """What a person or system submits, as text, before it is admitted.

    Field meanings as in `Event`.

    `at`: instant of recording (aware). `occurred`: clinical time, default `at`. `value` with `unit` as typed.
    `expected`: digest of the decision as the person saw it (`plan.decision.digest`); empty: bound to the plan as it
    is now, which on the real clock is refused for decisions.
    """

    id: str
    kind: EventKind
    at: datetime
    role: str
    name: str = ""
    point: str = ""
    scope: Scope = ()
    value: str | None = None
    unit: str = ""
    occurred: datetime | None = None
    details: tuple[tuple[str, str], ...] = ()
    target: str = ""
    reason: str = ""
    expected: str = ""
    override: bool = False
    person: str = ""


def seen_digest(shown: Seen, answer: str = "") -> str:
    """What a person saw, as a short text that a confirmation sends back.

    `answer`: the id of the event that answers the question as it is shown; so what was seen before an answer is not what is
    seen after it, even where every value is the same.
    """
    text = repr((shown.proposal, shown.values, sorted(shown.bands))) + answer
    return hashlib.sha256(text.encode()).hexdigest()[:16]
