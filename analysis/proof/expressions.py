"""Expressions of the solver: exact numbers, comparisons, and what holds for none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import z3

Expr = Any
"""An expression of the solver; its package carries no types."""


def number(text: str) -> Expr:
    """A decimal as an exact number of the solver."""
    return z3.Q(*Decimal(text).as_integer_ratio())


def both(*parts: Expr) -> Expr:
    """Conjunction; true for none."""
    return z3.And(*parts) if parts else z3.BoolVal(True)


def either(*parts: Expr) -> Expr:
    """Disjunction; false for none."""
    return z3.Or(*parts) if parts else z3.BoolVal(False)


def exact(op: str, left: Expr, right: Expr) -> Expr:
    """A comparison of two numbers."""
    return {
        "<": left < right,
        "<=": left <= right,
        "=": left == right,
        ">=": left >= right,
        ">": left > right,
    }[op]
