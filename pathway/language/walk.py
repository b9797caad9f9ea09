"""Walking through definitions: every part of a kind, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def children(node: object) -> Iterator[Any]:
    """The dataclasses right under a node, in the order of the text; what stands in tuples stands right under it."""
    return iter(_under(node, []))


def parts(node: object) -> Iterator[Any]:
    """The node and every dataclass under it, in the order of the text."""
    kind: Any = type(node)
    found: list[Any] = [] if field_names(kind) is None else [node]
    _gather(node, found)
    return iter(found)


def new_parts(node: object, seen: set[int]) -> Iterator[Any]:
    """Those parts that `seen` does not hold, by their `id`; they are added to it. What is under a part that was seen was seen."""
    found: list[Any] = []
    kind: Any = type(node)
    if field_names(kind) is not None:
        if id(node) in seen:
            return iter(())
        seen.add(id(node))
        found.append(node)
    _gather_new(node, found, seen)
    return iter(found)


@cache
def field_names(kind: Any) -> tuple[str, ...] | None:
    """The names of the fields of a dataclass; None of anything else."""
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) else None


PLAIN = ("str", "int", "bool", "str | None", "int | None", "tuple[str, ...]")


@cache
def _holding(kind: Any) -> tuple[str, ...] | None:
    """The fields of a dataclass that may hold parts; None of anything else. What is declared as text or number holds none."""
    return tuple(f.name for f in fields(kind) if f.type not in PLAIN) if is_dataclass(kind) else None


def _under(node: object, found: list[Any]) -> list[Any]:
    kind: Any = type(node)
    names = _holding(kind)
    if names is not None:
        values: Iterable[Any] = [getattr(node, name) for name in names]
    else:
        values = node if isinstance(node, tuple | list) else ()
    for value in values:
        kind = type(value)
        if kind is str or kind is int or value is None:
            continue
        if kind is tuple or kind is list:
            _under(value, found)
        elif field_names(kind) is not None:
            found.append(value)
    return found


def _gather(node: object, found: list[Any]) -> None:
    for child in _under(node, []):
        found.append(child)
        _gather(child, found)


def _gather_new(node: object, found: list[Any], seen: set[int]) -> None:
    for child in _under(node, []):
        if id(child) not in seen:
            seen.add(id(child))
            found.append(child)
            _gather_new(child, found, seen)


def atoms(node: object, kind: type[T]) -> list[T]:
    """Every part of a kind under a node."""
    return [part for part in parts(node) if isinstance(part, kind)]
