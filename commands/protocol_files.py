"""Protocols from files that are not part of this program: a copy to try something on, one that is being written."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from commands.errors import UsageError
from pathway.language import Protocol

if TYPE_CHECKING:
    from pathway.engine.context import Compiled

IMPORTED = re.compile(r"^\s*(?:from|import)\s+protocols\.(\w+)", re.MULTILINE)


def is_path(name: str) -> bool:
    """Whether what was named is a file or folder rather than a protocol of this program."""
    return name.endswith(".py") or "/" in name or "\\" in name or Path(name).is_dir()


def compiled_in(name: str) -> Compiled:
    """The newest protocol that a file or folder defines, compiled. Raises `UsageError` as `protocols_in` does, and
    `BrokenProtocol` with file and line."""
    from protocols import compile_from

    return compile_from(protocols_in(name)[-1], source_of(name))


def source_of(name: str) -> Path:
    """The file that is read for a path."""
    path = Path(name)
    return path / "__init__.py" if path.is_dir() else path


def protocols_in(name: str) -> list[Protocol]:
    """The protocols that a file or folder defines.

    It stands for the part of `protocols` that its own imports name, so that a copy of a folder imports its own files. Raises
    `UsageError` where there is no such file, it cannot be read as Python, or it defines no protocol.
    """
    from protocols import defined, fault

    path = Path(name)
    source = source_of(name)
    if not source.is_file():
        raise UsageError(f"{name}: no such file; accepted: a Python file, or a folder with an __init__.py")
    module = f"protocols.{_stands_for(path)}"
    for known in [m for m in sys.modules if m == module or m.startswith(f"{module}.")]:
        del sys.modules[known]
    spec = importlib.util.spec_from_file_location(
        module, source, submodule_search_locations=[str(path)] if path.is_dir() else None
    )
    if spec is None or spec.loader is None:
        raise UsageError(
            f"{name} is no Python file; accepted: a Python file, or a folder with an __init__.py"
        )
    made = importlib.util.module_from_spec(spec)
    sys.modules[module] = made
    try:
        spec.loader.exec_module(made)
        found = defined(vars(made).values())
    except Exception as error:
        raise UsageError(f"{name} cannot be read: {fault(error, source)}") from error
    if not found:
        raise UsageError(f"{name} defines no Protocol under a name of its own")
    return list(found.values())


def _stands_for(path: Path) -> str:
    """Under which name the files of a folder import each other; else its own."""
    own = re.sub(r"\W", "_", path.resolve().stem)
    if not path.is_dir():
        return own
    named = Counter(
        name
        for file in sorted(path.glob("*.py"))
        for name in IMPORTED.findall(file.read_text(encoding="utf-8"))
        if name != "shared"
    )
    return named.most_common(1)[0][0] if named else own
