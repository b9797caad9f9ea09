"""What a model of the solver says of a slot, as people write it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import z3

from pathway.words import number_words

if TYPE_CHECKING:
    from analysis.world import SlotVar

EPOCH = date(2025, 1, 1)
"""The day from which the solver counts."""


def value_text(value: Any) -> str:
    """A number of a model as people write it."""
    fraction = value.as_fraction() if hasattr(value, "as_fraction") else value
    try:
        return number_words(str(Decimal(fraction.numerator) / Decimal(fraction.denominator)))
    except (ArithmeticError, AttributeError):
        return str(value)


def day_text(value: Any) -> str:
    """A day of a model as a date."""
    return (EPOCH + timedelta(days=value.as_long())).isoformat()


def slot_words(made: SlotVar, model: Any) -> str:
    """What a model says of a slot."""

    def yes(unknown: Any) -> bool:
        return bool(z3.is_true(model.eval(unknown, True)))

    if yes(made.review):
        return f"{made.name} needs a review"
    if not yes(made.known):
        return f"{made.name} is missing" + (", declared not obtainable" if yes(made.declared) else "")
    value = model.eval(made.value, True)
    if made.fact.type == "choice":
        return f"{made.name} = {made.fact.values[value.as_long()]}"
    if made.fact.type == "date":
        return f"{made.name} = {'NEVER' if yes(made.never) else day_text(value)}"
    unit = f" {made.fact.units[0].name}" if made.fact.units else ""
    if yes(made.open):
        return f"{made.name} is not detected or not quantifiable, below {value_text(value)}{unit}"
    return f"{made.name} = {value_text(value)}{unit}"
