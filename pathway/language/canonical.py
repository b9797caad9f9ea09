"""Canonical JSON of definitions: the same protocol gives the same bytes, and so the same hash, on every machine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any


def to_data(value: Any) -> Any:
    """Plain lists and dicts of a definition.

    A dataclass becomes a dict with its class name under `is`; defaults are left out.
    """
    return _data(value, {})


def _data(value: Any, known: dict[int, Any]) -> Any:
    kind: Any = type(value)
    if kind is str or kind is int or value is None:
        return value
    if isinstance(value, tuple | list):
        return [_data(item, known) for item in value]
    defaults = _defaults(kind)
    if defaults is None:
        return value
    # The same reading or predicate stands in many places, and is turned into data once.
    if id(value) not in known:
        out: dict[str, Any] = {"is": kind.__name__}
        for name, default in defaults:
            item = getattr(value, name)
            if item is not default and (default is MISSING or item != default):
                out[name] = _data(item, known)
        known[id(value)] = out
    return known[id(value)]


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...] | None:
    """The fields of a dataclass with their defaults; None of anything else."""
    if not is_dataclass(kind):
        return None
    return tuple(
        (f.name, f.default if f.default_factory is MISSING else f.default_factory()) for f in fields(kind)
    )


def canonical_json(value: Any) -> str:
    """Canonical JSON text: sorted keys, no spaces, ASCII."""
    return json.dumps(to_data(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
