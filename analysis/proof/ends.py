"""What ends with what: the actions that end treatment, study or life, and with which of these a question is over."""

from __future__ import annotations

from typing import Any, Final

from pathway.language import Decision, Directed, LedgerFlag, LedgerIs, Protocol
from pathway.language.terms import key_of
from pathway.language.walk import atoms

LEVELS: Final = ("treatment", "study", "life")
"""What an action can end (`Action.ends`); each is also an end of what stands before it."""


def level_of(item: Any, protocol: Protocol) -> str:
    """With which end the engine closes what is asked: what it says itself, else the study; what a person is asked, and a question
    about doses: treatment."""
    said = str(item.ends_with)
    if said or not isinstance(item, Decision):
        return said or "study"
    picks = any(course.by == key_of(item.id, item.scope) for course in protocol.doses)
    about = bool(
        atoms(item.inputs, LedgerIs) or atoms(item.inputs, LedgerFlag) or atoms(item.inputs, Directed)
    )
    return "treatment" if picks or about or item.confirm is not None else "study"


def ends_level(ends: str, level: str) -> bool:
    """Whether an action that ends this is an end of that level; nothing ends `never`."""
    return bool(ends) and level != "never" and LEVELS.index(ends) >= LEVELS.index(level)
