"""The end of a sitting: one line that says what was entered, and to whom the rest is told together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from contracts.sitting import SITTING_OPEN, Sitting
from pathway.changes import SITTING, Change
from pathway.engine.obligations import RANK

KINDS: Final = ("milestone", "decision", "deviation", "alert", "retraction")
"""Kinds of changes that people are told of."""


def cause_of(sitting: str) -> str:
    """The cause of everything that a sitting changes."""
    return f"{SITTING}{sitting}"


def summary(sitting: Sitting, made: Sequence[Change], frame: Change, *, ended: bool) -> Change:
    """The line that tells of a sitting, to everybody whom one of the changes `made` at its end concerns.

    `frame`: any change of that instant. A sitting that was not `ended` has closed by itself, and says so to the coordinator too.
    """
    told = [each for each in made if each.kind in KINDS and each.to]
    to = dict.fromkeys(role for each in told for role in each.to)
    severities = [each.severity for each in told if each.severity]
    words = f"{sitting.entries} entries in one sitting"
    if not ended:
        to |= {"coordinator": None}
        minutes = int(SITTING_OPEN.total_seconds() // 60)
        words = f"a sitting was not ended, and closed by itself after {minutes} minutes: {words}"
    notices = f"{len(told)} {'notice' if len(told) == 1 else 'notices'}" if told else "nothing to be told"
    return replace(
        frame,
        kind="sitting",
        id="SITTING",
        key=cause_of(sitting.id),
        state="ended" if ended else "closed",
        text=f"{words}; {notices}",
        to=tuple(to),
        due="",
        severity=max(severities, key=lambda each: RANK[each], default=""),
        generation=1,
    )
