"""Canonical JSON of definitions: the same protocol gives the same bytes, and so the same hash, on every machine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, fields, is_dataclass
from typing import Any


def to_data(value: Any) -> Any:
    """Plain lists and dicts of a definition.

    A dataclass becomes a dict with its class name under `is`; defaults are left out.
    """
    if is_dataclass(value) and not isinstance(value, type):
        out: dict[str, Any] = {"is": type(value).__name__}
        for f in fields(value):
            item = getattr(value, f.name)
            default = f.default_factory() if f.default_factory is not MISSING else f.default
            if default is MISSING or item != default:
                out[f.name] = to_data(item)
        return out
    if isinstance(value, tuple | list):
        return [to_data(item) for item in value]
    return value


def canonical_json(value: Any) -> str:
    """Canonical JSON text: sorted keys, no spaces, ASCII."""
    return json.dumps(to_data(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
