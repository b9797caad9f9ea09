"""What every module of the project imports of the project, read off the text: late and type-checking imports included."""

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "pathway", "protocols", "analysis", "contracts", "workflows", "client", "activities", "store", "runtime", "commands",
    "people", "web",
)  # fmt: skip
PROCESSES = ("worker", "starter")

Graph = Mapping[str, frozenset[str]]


@cache
def files() -> Mapping[str, Path]:
    """The modules of the product by name: rooms and processes, without tests and benchmarks."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    paths += [ROOT / f"{name}.py" for name in PROCESSES]
    return {_name(path): path for path in paths}


@cache
def imports() -> Graph:
    """Every module with the modules of the project that it imports. `from pathway.language import Fact` is `pathway.language`."""
    return {module: frozenset(_imported(path)) - {module} for module, path in files().items()}


def reached(graph: Graph, start: str) -> frozenset[str]:
    """What `start` imports, directly or not: with itself only where it is part of a circle."""
    found: set[str] = set()
    todo = list(graph[start])
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo += graph.get(node, ())
    return frozenset(found)


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(path: Path) -> Iterable[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            # `a.b.C` is the module `a.b`; what is not ours ends as "".
            while name and name not in files():
                name = name.rpartition(".")[0]  # noqa: PLW2901
            if name:
                yield name
