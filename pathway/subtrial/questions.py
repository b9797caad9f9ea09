"""What a governor asks the meeting, and whether an answer still counts.

A question's answer is bound to the values seen, as a patient's decision is: the first of five conditions that matches says
what becomes of it when those values change (`core`, "Decision tables").
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from pathway.events import Event, Seen
from pathway.language import Source

REOPENED = "reopened"
DECISIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "LEVEL": (
        "open a dose level: the next higher one (or STAY, and fill this one), or below a toxic one the next lower: "
        "DE_ESCALATE to one that was never open, REOPEN one that was (either name is understood)",
        ("ESCALATE", "STAY", "DE_ESCALATE", "REOPEN"),
    ),
    "RESUME": ("resume entry on a level whose DLTs are no longer on record", ("RESUME",)),
    "TOXICITY": ("review: too many DLTs, learnt after the trial had left the level", ("DE_ESCALATE", "STOP")),
    "ESCALATION": (
        "review: the counts under which a level was opened have changed, and the design would not open it today",
        ("CONTINUE", "REOPEN"),
    ),
    "RP2D": ("declare the recommended phase II dose: a dose level", ()),
    "PHASE2": ("open phase II at the recommended dose", ("OPEN",)),
    "STAGE2": ("open stage 2 of phase II, or stop", ("OPEN", "STOP")),
}
"""Every decision that a governor may ask for, by id: in words, and its options (of RP2D: the dose levels)."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that is, or was, put to the people who confirm.

    `proposal`: the option that the design proposes; None with `options`: a choice set; None without: it does not ask now.
    `values`: what it rests on as far as it is known, `bands`: what the design makes of it. `enacted`: what was authorised has
    been done. `options` that differ from a proposal may be taken with a reason.
    """

    id: str
    key: str
    text: str
    proposal: str | None
    options: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    bands: tuple[tuple[str, str], ...]
    rule: str
    source: Source
    reasons: tuple[tuple[str, str, str], ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()
    enacted: bool = False

    @property
    def asks(self) -> bool:
        """Whether there is something to decide now."""
        return self.proposal is not None or bool(self.options)

    @property
    def seen(self) -> Seen:
        """What a person sees who decides now."""
        return Seen(self.proposal, self.values, self.bands)


@dataclass(frozen=True, slots=True)
class Settled:
    """A question as it stands: its state (as in `DecisionState`), what is in force, by which event, whether a person is asked.
    `lapsed`: the answer that has lost its ground; `gone`: what it had been decided on and is not on record today."""

    question: Question
    state: str
    in_force: str | None
    taken: Event | None = None
    lapsed: Event | None = None
    gone: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether a person is asked now."""
        return self.question.asks and self.state in ("proposed", "choice", REOPENED)


def settle(question: Question, taken: Event | None, spent: Collection[str] = ()) -> Settled:
    """The question with its latest answer, if that still counts. `spent`: answers that have lost their ground before; they come
    back only if a person gives them again."""
    found = _settled(question, taken, spent)
    if taken is None or taken.seen is None:
        return found
    today = dict(question.values)
    return replace(found, gone=tuple(f"{k} {v}" for k, v in taken.seen.values if k not in today))


def _settled(question: Question, taken: Event | None, spent: Collection[str]) -> Settled:
    asks = question.asks
    if taken is None or taken.value is None:
        if question.missing:
            return Settled(question, "waiting", None)
        state = "proposed" if question.proposal is not None else "choice" if asks else "none"
        return Settled(question, state, None)
    if taken.id in spent:
        return Settled(question, REOPENED if asks else "none", None, lapsed=taken)
    option, seen = taken.value, taken.seen or question.seen
    then, today = dict(seen.values), dict(question.values)
    same = all(today.get(name) == value for name, value in then.items())
    same_proposal = seen.proposal == question.proposal
    in_force = Settled(question, "in_force" if same else "amended", option, taken)
    if same and (same_proposal or len(then) == len(today)):
        return in_force
    if same_proposal and all(dict(question.bands).get(name) == band for name, band in seen.bands):
        return in_force
    if question.enacted:
        differs = question.proposal is not None or not question.options
        return (
            Settled(question, "diverged", option, taken)
            if differs and question.proposal != option
            else in_force
        )
    if question.proposal == option:
        return Settled(question, "in_force", option, taken)
    return Settled(question, REOPENED if asks else "none", None, lapsed=taken)


def latest(answers: list[Event], options: tuple[str, ...], after: datetime | None = None) -> Event | None:
    """The latest answer (not voided) that is one of `options` and was recorded after `after`."""
    for event in reversed(answers):
        if event.value in options and (after is None or event.recorded >= after):
            return event
    return None
