"""The protocols of this house: what each trial says, as data. A published version never changes; an amendment is a new one."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from functools import cache

from pathway.compiled import Compiled, compile_protocol
from pathway.errors import UnknownName
from pathway.language import Protocol


def _discovered() -> tuple[Protocol, ...]:
    """Every `Protocol` that a file or folder beside this one defines under a name of its own."""
    found: dict[str, Protocol] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        for value in vars(importlib.import_module(f"{__name__}.{module}")).values():
            if isinstance(value, Protocol):
                found[f"{value.name}@{value.version.number}"] = value
    return tuple(sorted(found.values(), key=lambda p: (p.name, p.version.date, p.version.number)))


ALL: tuple[Protocol, ...] = _discovered()
"""Every published version, oldest first within a trial."""


def find(name: str) -> Protocol:
    """The protocol `name@version`, or the newest version of `name`. Raises UnknownName with the nearest valid one."""
    versions = {f"{p.name}@{p.version.number}": p for p in ALL}
    newest = {p.name: p for p in ALL}
    found = versions.get(name) or newest.get(name)
    if found is not None:
        return found
    names = [*newest, *versions]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"nearest: {close[0]}; " if close else ""
    raise UnknownName(f"protocol {name!r} is not known; {hint}accepted: {', '.join(names)}")


def compiled(name: str) -> Compiled:
    """The compiled protocol of that name; the same object every time. Raises UnknownName."""
    protocol = find(name)
    return _compiled(f"{protocol.name}@{protocol.version.number}")


@cache
def _compiled(versioned: str) -> Compiled:
    return compile_protocol(find(versioned))
