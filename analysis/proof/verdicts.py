"""Verdicts as formulas: when a predicate passes, fails or waits, and how those of its parts make one."""

from __future__ import annotations

from dataclasses import dataclass

import z3

from analysis.proof.encode_times import NO, YES
from analysis.proof.expressions import Expr, both, either


@dataclass(slots=True)
class Verdict:
    """When a predicate is PASS, FAIL or PENDING (else REVIEW), and when all that is pending is declared not obtainable.

    `doubt`: a part of it is REVIEW, whatever else waits.
    """

    passes: Expr
    fails: Expr
    waits: Expr
    hopeless: Expr = YES
    doubt: Expr = NO

    @property
    def review(self) -> Expr:
        """A person must judge."""
        return z3.Not(z3.Or(self.passes, self.fails, self.waits))

    @property
    def stuck(self) -> Expr:
        """A person must judge, also because nothing that is missing can still come."""
        return z3.Or(self.review, z3.And(self.waits, self.hopeless))


def two_valued(passes: Expr) -> Verdict:
    """A predicate that speaks of the record: PASS or FAIL."""
    return Verdict(passes, z3.Not(passes), NO)


def negated(verdict: Verdict) -> Verdict:
    """The verdict of `Not`."""
    return Verdict(verdict.fails, verdict.passes, verdict.waits, verdict.hopeless, verdict.doubt)


def every(parts: list[Verdict]) -> Verdict:
    """The verdict of `AllOf`."""
    fails = either(*(p.fails for p in parts))
    waits = z3.And(z3.Not(fails), either(*(p.waits for p in parts)))
    return Verdict(
        both(*(p.passes for p in parts)),
        fails,
        waits,
        both(*(z3.Implies(p.waits, p.hopeless) for p in parts)),
        doubt_of(parts),
    )


def doubt_of(parts: list[Verdict]) -> Expr:
    """When a part is REVIEW, whatever else waits."""
    return either(*(z3.Or(p.review, z3.And(p.waits, p.doubt)) for p in parts))


def at_least(n: int, parts: list[Verdict]) -> Verdict:
    """The verdict of `AtLeast`."""
    passes = z3.AtLeast(*(p.passes for p in parts), n)
    fails = z3.AtLeast(*(p.fails for p in parts), len(parts) - n + 1)
    waits = z3.And(z3.Not(passes), z3.Not(fails), either(*(p.waits for p in parts)))
    hopeless = both(*(z3.Implies(p.waits, p.hopeless) for p in parts))
    return Verdict(passes, fails, waits, hopeless, doubt_of(parts))
