"""Where a definition is written: file and line, found by its id in the source of the protocol's package."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from pathway.language import Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """A file, as seen from the working folder, and a line; empty where the source is not known."""

    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file else "(source not known)"


@dataclass(frozen=True, slots=True)
class _Call:
    """A call whose first argument is an id, or an f-string that ids are made from."""

    kind: str
    id: str
    pattern: re.Pattern[str] | None
    place: Place
    node: ast.Call


class SourceLocations:
    """Looks places up by class and id: `SourceLocations(protocol).of("Decision", "risk_initial")`."""

    def __init__(self, protocol: Protocol) -> None:
        self._calls = [call for module in _modules(protocol) for call in _calls(module)]

    def of(self, kinds: str | tuple[str, ...], id: str) -> Place:
        """The place of the definition with that id; of anything of that id if no class matches."""
        call = self._find((kinds,) if isinstance(kinds, str) else kinds, id)
        return call.place if call is not None else Place()

    def row(self, decision: str, number: int) -> Place:
        """The place of a row of a decision table, counted from 0; of the decision where rows are made by a loop."""
        return self._element(("Decision",), decision, "rules", number)

    def exit(self, phase: str, number: int) -> Place:
        """The place of an exit of a phase, counted from 0."""
        return self._element(("Phase",), phase, "exits", number)

    def _find(self, kinds: tuple[str, ...], id: str) -> _Call | None:
        exact = [c for c in self._calls if c.id == id]
        made = [c for c in self._calls if c.pattern is not None and c.pattern.fullmatch(id)]
        for found in (
            [c for c in exact if c.kind in kinds],
            [c for c in made if c.kind in kinds],
            exact,
            made,
        ):
            if found:
                return found[0]
        return None

    def _element(self, kinds: tuple[str, ...], id: str, keyword: str, number: int) -> Place:
        call = self._find(kinds, id)
        if call is None:
            return Place()
        values = [k.value for k in call.node.keywords if k.arg == keyword]
        if not values and kinds == ("Decision",) and len(call.node.args) > 3:
            values = [call.node.args[3]]
        if values and isinstance(values[0], ast.Tuple) and number < len(values[0].elts):
            element = values[0].elts[number]
            if not any(isinstance(e, ast.Starred) for e in values[0].elts):
                return Place(call.place.file, element.lineno)
        return call.place


def _modules(protocol: Protocol) -> list[ModuleType]:
    """The module that holds the protocol (or, for a changed copy, one of its name) with all modules under it, and what
    protocols share."""
    holders = [
        (name, module)
        for name, module in sorted(sys.modules.items())
        if getattr(module, "__name__", "") == name and getattr(module, "__file__", None)
    ]
    found = [
        name
        for name, module in holders
        if any(isinstance(v, Protocol) and v.name == protocol.name for v in list(vars(module).values()))
    ]
    if not found:
        return []
    # The folder of the definition, not the registry that imports it.
    home = max(found, key=lambda n: (n.startswith("protocols."), _makes_one(sys.modules[n]), n.count(".")))
    homes = (home, f"{home.split('.')[0]}.shared")
    return [m for top in homes for name, m in holders if name == top or name.startswith(top + ".")]


@cache
def _makes_one(module: ModuleType) -> bool:
    """Whether a module makes a protocol, rather than importing one."""
    try:
        return re.search(r"\bProtocol\(", Path(str(module.__file__)).read_text(encoding="utf-8")) is not None
    except OSError:
        return False


@cache
def _calls(module: ModuleType) -> tuple[_Call, ...]:
    path = Path(str(module.__file__))
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return ()
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    found: list[_Call] = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        first, place = node.args[0], Place(str(shown), node.lineno)
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            found.append(_Call(node.func.id, first.value, None, place, node))
        elif isinstance(first, ast.JoinedStr):
            parts = [
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"
                for part in first.values
            ]
            found.append(_Call(node.func.id, "", re.compile("".join(parts)), place, node))
    return tuple(found)
