"""The protocols of this house: what each trial says, as data. A published version never changes; an amendment is a new one."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pathway.engine.compiler import compile_protocol
from pathway.engine.context import Compiled
from pathway.errors import AllpathError, ProtocolError, UnknownName
from pathway.language import Protocol, Version


class BrokenProtocol(ProtocolError):
    """A file of protocols that cannot be used. Its message speaks of protocol text only, so logs may hold it."""

    loggable = True


@dataclass(frozen=True, slots=True)
class Broken:
    """A file or folder that was skipped. `why`: file, line and error; `names`: the protocols that it may define."""

    why: str
    names: tuple[str, ...]


def fault(error: Exception, source: Path) -> str:
    """Where a file, or one beside it that it imports, cannot be read, and why: `protocols/kept.py, line 3: NameError: ...`.

    The line is that of the syntax error, else the last one in the folder of the protocols that was being carried out.
    """
    # A package is read from its __init__.py; what it imports from other packages lies beside its folder.
    folder = source.parent.parent if source.name == "__init__.py" else source.parent
    own = Path(__file__).resolve()
    file, line, said = source, None, str(error)
    for frame in traceback.extract_tb(error.__traceback__):
        at = Path(frame.filename).resolve()
        if at != own and (at.is_relative_to(folder.resolve()) or at.is_relative_to(own.parent)):
            file, line = Path(frame.filename), frame.lineno
    if isinstance(error, SyntaxError) and error.filename:
        file, line, said = Path(error.filename), error.lineno, error.msg
    shown = file.resolve()
    if shown.is_relative_to(Path.cwd()):
        shown = shown.relative_to(Path.cwd())
    return f"{shown}{f', line {line}' if line else ''}: {type(error).__name__}: {said}"


def defined(values: Iterable[object]) -> dict[str, Protocol]:
    """The protocols among the values of a module, by `name@version`. Raises ProtocolError for one that cannot be named so."""
    found = [p for p in values if isinstance(p, Protocol)]
    for p in found:
        version: object = p.version
        if not isinstance(version, Version) or not all(
            isinstance(text, str) for text in (p.name, version.number, version.date)
        ):
            raise ProtocolError(
                f"{p.name}: name and version are texts: "
                'name="revax-1", version=Version("1.0", "2026-01-15", "first text")'
            )
    return {f"{p.name}@{p.version.number}": p for p in found}


def _discovered() -> tuple[tuple[Protocol, ...], tuple[Broken, ...], dict[str, Path]]:
    """Every `Protocol` that a file or folder beside this one defines under a name of its own, what cannot be read, and the
    files of what can."""
    found: dict[str, Protocol] = {}
    broken: list[Broken] = []
    files: dict[str, Path] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        folder = Path(module.module_finder.path)  # type: ignore[union-attr]
        source = folder / module.name / "__init__.py" if module.ispkg else folder / f"{module.name}.py"
        # One file that is being written must not stop the patients of another trial: whatever is wrong is kept, and told.
        try:
            values = vars(importlib.import_module(f"{__name__}.{module.name}")).values()
            own = defined(values)
        except Exception as error:  # noqa: BLE001  # nothing is lost: it is told by every command
            broken.append(Broken(fault(error, source), _names(source)))
            continue
        found |= own
        files |= dict.fromkeys(own, source)
    protocols = sorted(found.values(), key=lambda p: (p.name, p.version.date, p.version.number))
    return tuple(protocols), tuple(broken), files


def _names(source: Path) -> tuple[str, ...]:
    """The names that a file or folder which cannot be read may be meant by: its own, and those that stand in its text."""
    package = source.name == "__init__.py"
    own = source.parent.name if package else source.stem
    files = sorted(source.parent.glob("*.py")) if package else [source]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    written = [name for text in texts for name in re.findall(r"\bname\s*=\s*[\"']([^\"']+)[\"']", text)]
    return tuple(dict.fromkeys((own, own.replace("_", "-"), *written)))


ALL, BROKEN, _FILES = _discovered()
"""`ALL`: every published version, oldest first within a trial. `BROKEN`: the files that were skipped."""


def refuse_broken() -> None:
    """For what speaks of all protocols, such as a check before a release. Raises BrokenProtocol if a file was skipped."""
    if BROKEN:
        raise BrokenProtocol("; ".join(each.why for each in BROKEN))


def find(name: str) -> Protocol:
    """The protocol `name@version`, or the newest version of `name`.

    Raises UnknownName with the nearest valid one, and BrokenProtocol if a file that may define it cannot be read: the newest
    version may be in there.
    """
    versions = {f"{p.name}@{p.version.number}": p for p in ALL}
    if name in versions:
        return versions[name]
    for each in BROKEN:
        if name.partition("@")[0] in each.names:
            raise BrokenProtocol(each.why)
    newest = {p.name: p for p in ALL}
    if name in newest:
        return newest[name]
    names = [*newest, *versions]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"nearest: {close[0]}; " if close else ""
    raise UnknownName(f"protocol {name!r} is not known; {hint}accepted: {', '.join(names)}")


def compiled(name: str) -> Compiled:
    """The compiled protocol of that name; the same object every time. Raises UnknownName and ProtocolError."""
    protocol = find(name)
    return _compiled(f"{protocol.name}@{protocol.version.number}")


@cache
def _compiled(versioned: str) -> Compiled:
    try:
        return compile_protocol(find(versioned))
    except AllpathError as error:
        if versioned not in _FILES:
            raise
        raise BrokenProtocol(fault(error, _FILES[versioned])) from error
    except (TypeError, AttributeError, ValueError, ArithmeticError, LookupError) as error:
        if versioned not in _FILES:
            raise
        raise BrokenProtocol(fault(error, _FILES[versioned])) from error
