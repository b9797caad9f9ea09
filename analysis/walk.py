"""Walking through definitions: every part of a kind, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def parts(node: object) -> Iterator[Any]:
    """The node and every dataclass under it, in the order of the text."""
    if is_dataclass(node) and not isinstance(node, type):
        yield node
        for f in fields(node):
            yield from parts(getattr(node, f.name))
    elif isinstance(node, tuple | list):
        for item in node:
            yield from parts(item)


def atoms(node: object, kind: type[T]) -> list[T]:
    """Every part of a kind under a node."""
    return [part for part in parts(node) if isinstance(part, kind)]
