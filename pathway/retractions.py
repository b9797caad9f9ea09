"""How something that was told has ended, in one word and with the reason: not everything that is over was untrue.

| word | of what | when |
|---|---|---|
| `resolved` | deviations, alerts | somebody has seen to it: what was missing came, what was asked was done or decided |
| `ended` | all | its time or its phase is over |
| `superseded` | milestones, decisions, end points | something else is so now |
| `untrue` | all | it was never so: what it rested on was corrected, voided, or reported late |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from pathway.events import Event

Word = Literal["resolved", "ended", "superseded", "untrue"]
ABOUT_PEOPLE: Final = (
    "REVIEW", "DECISION-OPEN", "AMENDED", "REOPENED", "DIVERGED", "SAMPLE-OUTSIDE", "SAMPLE-WAITS", "IMPLAUSIBLE", "NOT-COUNTED",
    "CONFLICT", "REPORTED-TWICE", "IMPOSSIBLE-ORDER", "DISCONNECT", "REVIVED", "GROUND-VOIDED", "GROUND-LOST",
    "WHICH-EVENT",
)  # fmt: skip
"""Notices that ask a person for something: they were true while they asked, whatever has answered them."""
LATE: Final = timedelta(hours=1)
"""What happened so long before it was reported changes what was so in between."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The word, and the reason in words ("" where the word says it all)."""

    word: Word
    why: str


def how_it_ended(
    kind: str, id: str, event: Event | None, *, by_clock: bool, replaced: bool, left: bool
) -> Ending:
    """How a statement of a kind ended.

    `event`: what brought it about; None of the clock (`by_clock`) and of messages. `replaced`: the same is told anew, with
    other words; `left`: a phase was left in the same moment.
    """
    obligation = kind in ("deviation", "alert")
    if event is None:
        if replaced:
            return Ending("superseded", "")
        return (
            Ending("ended", "by the calendar")
            if by_clock
            else Ending("resolved" if obligation else "ended", "")
        )
    why = _why(event)
    if event.kind in ("correction", "void"):
        return Ending("resolved" if obligation and id in ABOUT_PEOPLE else "untrue", why)
    if obligation:
        return Ending("ended" if left and event.kind != "decision" else "resolved", why)
    if replaced or event.kind in ("decision", "observation"):
        return Ending("superseded", why)
    if event.recorded - event.occurred > LATE:
        return Ending("untrue", f"{why}, reported late")
    return Ending("ended", why)


def _why(event: Event) -> str:
    """What happened, without its value."""
    match event.kind:
        case "correction":
            return f"{event.target} was corrected"
        case "void":
            return f"{event.target} does not count"
        case "decision":
            return f"{event.name} was answered"
        case "judgement":
            return f"{event.name} was judged"
        case "not_obtainable":
            return f"{event.name} cannot be had"
        case "acknowledgement":
            return f"{event.name} was acknowledged"
        case _:
            return f"{event.name} {event.point}".strip() + " was reported"
