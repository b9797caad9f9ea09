"""What the script of a rehearsal asks of its driver, and what it is told.

Besides the subjects there is a governor for each subtrial of the protocol. It goes by the subtrial's id, which no subject has,
wherever a subject is named here: in commands, answers and changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pathway.changes import Change
from pathway.events import Report
from pathway.plan import Plan
from pathway.subtrial.plan import SubtrialPlan

Json = dict[str, Any]
MOST_ROUNDS = 100
"""Confirmations at one instant, and rounds of messages; beyond it they chase each other."""


@dataclass(frozen=True, slots=True)
class StepTo:
    """Set the clock of every subject and governor to this instant (UTC, never back).

    Answered by a `Progress` for each of them. No message is delivered.
    """

    at: datetime


@dataclass(frozen=True, slots=True)
class Submit:
    """Hand in a report for a subject or to a governor, at the instant that the clock shows.

    Answered by the `Progress` of every subject or governor whose plan it may have changed, or by a `Refusal`. No message is
    delivered.
    """

    subject: str
    report: Report


@dataclass(frozen=True, slots=True)
class Settle:
    """Deliver messages until there are none, at the instant that the clock shows; asked only where there are governors.

    In rounds: first the subjects in the order of the file, each with the messages that are due when its turn comes, by subtrial;
    then the governors by id, each with the answers that are due when its turn comes, by subject. A message is recorded by its
    receiver, and the sender has it acknowledged, before the next one is delivered. Over when a round delivers nothing; `Stuck`
    after `MOST_ROUNDS`.

    Answered by the `Progress` of every subject and governor that received a message: its plan now, the `messages` in their order,
    and the changes of all of them.
    """


@dataclass(frozen=True, slots=True)
class Show:
    """Give the final plans as JSON. Answered by `Shown`."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The plan of a subject now, and what changed with the last command.

    Of a governor `governor` is its whole plan, and `plan` the part of it that is like a patient's. `messages`: the reports that
    the last `Settle` delivered.
    """

    plan: Plan
    changes: tuple[Change, ...]
    governor: SubtrialPlan | None = None
    messages: tuple[Report, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The door's answer to a report that it does not admit. `text` says why and what would be accepted."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The JSON of each subject's plan (`plan_json`) and of each governor's (`subtrial_json`), by id."""

    plans: Mapping[str, Json]
    governors: Mapping[str, Json] = field(default_factory=dict)


Command = StepTo | Submit | Settle | Show
Answer = Mapping[str, Progress] | Refusal | Shown
