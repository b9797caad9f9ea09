"""Rows and cells of decision tables, in words."""

from __future__ import annotations

from pathway.language import Choice, Input, Limit, Param, Reading, Rule
from pathway.language.terms import reading_name
from pathway.language.words import number_words


def row_name(rule: Rule, number: int) -> str:
    """A row as people point at it: its number from 1, and its id."""
    return f"row {number + 1}{f' ({rule.id})' if rule.id else ''}"


def row_words(rule: Rule) -> str:
    """A row in words: cells and outcome."""
    cells = ", ".join(f"{name} {'/'.join(wanted)}" for name, wanted in rule.when) or "in every case"
    return f"{cells} -> {then_words(rule.then)}"


def then_words(then: str | Param | Choice | None) -> str:
    """What a row says."""
    if isinstance(then, Choice):
        return f"{' or '.join(then.options)} (a person picks)"
    return f"profile {then.key}" if isinstance(then, Param) else then or "not asked"


def cell_words(item: Input, cell: str) -> str:
    """An input in a cell, in words."""
    if isinstance(item.of, Reading):
        band = next((b for b in item.bands if b.name == cell), None)
        limits = (
            " and ".join(
                f"{x.op} {number_words(x.value)}" if isinstance(x, Limit) else x.key for x in band.limits
            )
            if band
            else ""
        )
        return f"{item.name}: {reading_name(item.of)} is {cell}{f' ({limits})' if limits else ''}"
    return f"{item.name}: {f'decision {item.of} ' if isinstance(item.of, str) else ''}is {cell}"


def stable_name(rules: tuple[Rule, ...], number: int) -> str:
    """A name of a row that lasts: its id where that is its own, else its cells."""
    rule = rules[number]
    if rule.id and sum(r.id == rule.id for r in rules) == 1:
        return rule.id
    return ",".join(f"{name}={'/'.join(wanted)}" for name, wanted in rule.when) or "always"
