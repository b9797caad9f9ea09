"""Walking through definitions: every part of a kind, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def children(node: object) -> Iterator[Any]:
    """The dataclasses right under a node, in the order of the text; what stands in tuples stands right under it."""
    values = (getattr(node, f.name) for f in fields(node)) if is_dataclass(node) else node
    for value in values if isinstance(values, Iterable) else ():
        if is_dataclass(value) and not isinstance(value, type):
            yield value
        elif isinstance(value, tuple | list):
            yield from children(value)


def parts(node: object) -> Iterator[Any]:
    """The node and every dataclass under it, in the order of the text."""
    if is_dataclass(node) and not isinstance(node, type):
        yield node
    for child in children(node):
        yield from parts(child)


def atoms(node: object, kind: type[T]) -> list[T]:
    """Every part of a kind under a node."""
    return [part for part in parts(node) if isinstance(part, kind)]
