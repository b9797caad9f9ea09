"""What a model of the solver says of a slot, as people write it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pathway.language.words import number_words

if TYPE_CHECKING:
    pass

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
