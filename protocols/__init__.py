"""The protocols of this house: what each trial says, as data. A published version never changes; an amendment is a new one.

A file or folder beside this one is read when a protocol is asked for that it may define; all of them when `ALL` or `BROKEN` is.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import json
import pkgutil
import re
import traceback
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pathway.language
from pathway.errors import AllpathError, ProtocolError, UnknownName, told
from pathway.language import Protocol, Version
from pathway.language.signatures import told_call

if TYPE_CHECKING:
    from pathway.engine.context import Compiled

LOCK: Final = Path(__file__).resolve().with_name("versions.lock")
"""The hashes of published versions: a version that stands here never changes."""


OWN_FILE: Final = (
    "a protocol in a file of your own is named by its path: allpath prove mine.py, allpath protocol show mine.py, "
    "allpath rehearse --protocol mine.py FILE; to enrol in it, put the file into protocols/"
)
"""What everybody hears who names a protocol that this program does not have."""


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
    if isinstance(error, ProtocolError) and error.each:
        return told([fault(each, source) for each in error.each])
    # A package is read from its __init__.py; what it imports from other packages lies beside its folder.
    folder = source.parent.parent if source.name == "__init__.py" else source.parent
    own = Path(__file__).resolve()
    file, line, said = source, None, _said(error)
    for frame in traceback.extract_tb(error.__traceback__):
        at = Path(frame.filename).resolve()
        if at != own and (at.is_relative_to(folder.resolve()) or at.is_relative_to(own.parent)):
            file, line = Path(frame.filename), frame.lineno
    if isinstance(error, ProtocolError) and (error.path or error.wrong):
        file, line = _line_of(error, source) or (file, line)
    if isinstance(error, SyntaxError) and error.filename:
        file, line, said = Path(error.filename), error.lineno, error.msg
    shown = file.resolve()
    if shown.is_relative_to(Path.cwd()):
        shown = shown.relative_to(Path.cwd())
    return f"{shown}{f', line {line}' if line else ''}: {type(error).__name__}: {said}"


def _said(error: Exception) -> str:
    """The words of an error; of a call that does not fit also what would."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if not isinstance(error, TypeError) or not frames:
        return str(error)
    return told_call(str(error), {**vars(pathway.language), **frames[-1].f_globals, **frames[-1].f_locals})


def _line_of(error: ProtocolError, source: Path) -> tuple[Path, int] | None:
    """Where the part of a protocol that an error leads to is written: the field at fault, the text at fault, or the part itself."""
    package = source.name == "__init__.py"
    files = sorted(source.parent.glob("*.py")) if package else [source]
    scope: list[tuple[Path, ast.AST]] = [
        (file, ast.parse(file.read_text(encoding="utf-8"), str(file))) for file in files
    ]
    found, whole = False, [*scope]
    for step in error.path:
        field, _, id_ = step.rpartition(" ")
        calls = [
            (file, node)
            for file, tree in scope
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and id_ in _ids(node)
        ]
        kind = field.replace("_", "").replace(" ", "")[:4]
        same = [(file, node) for file, node in calls if ast.unparse(node.func).lower().startswith(kind)]
        if calls:
            scope, found = [*(same or calls)], True
    last = error.path[-1].partition(" ")[0] if error.path else ""
    for file, tree in reversed(scope):
        for keyword in tree.keywords if isinstance(tree, ast.Call) else ():
            if keyword.arg == last:
                return file, keyword.value.lineno
    for file, tree in reversed(scope):
        texts = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value == error.wrong]
        if texts and error.wrong is not None:
            return file, max(node.lineno for node in texts)
    # What a part rests on may be written elsewhere, under a name: if its text stands in one place only, there.
    named = [
        (file, node.lineno)
        for file, tree in whole
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and error.wrong is not None and node.value == error.wrong
    ]
    if len(named) == 1:
        return named[0]
    file, tree = scope[-1]
    return (file, tree.lineno) if found and isinstance(tree, ast.Call) else None


def _ids(call: ast.Call) -> set[object]:
    """What a part may go by: its first argument, or its id, key or name."""
    named = [k.value for k in call.keywords if k.arg in ("id", "key", "name", "to")]
    return {each.value for each in [*call.args[:1], *named] if isinstance(each, ast.Constant)}


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


ALL: tuple[Protocol, ...]
"""Every published version, oldest first within a trial."""
BROKEN: tuple[Broken, ...]
"""The files that were skipped."""


def __getattr__(name: str) -> Any:
    """`ALL` and `BROKEN`, the first time that they are asked for."""
    if name not in ("ALL", "BROKEN"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    load()
    return globals()[name]


def load() -> None:
    """Read every file, unless that has been done."""
    if "ALL" not in globals() or "BROKEN" not in globals():
        found, broken, _ = _discovered()
        globals().setdefault("ALL", found)
        globals().setdefault("BROKEN", broken)


def prepare(name: str = "") -> None:
    """Compile the protocol of that name, so that it is there when it is asked for; every one if it is not known which will be.

    What cannot be compiled fails where it is used.
    """
    found, _ = _everything()
    every = [f"{protocol.name}@{protocol.version.number}" for protocol in found]
    for each in [name] if name in every else every:
        with suppress(AllpathError):
            compiled(each)


def _everything() -> tuple[tuple[Protocol, ...], tuple[Broken, ...]]:
    """`ALL` and `BROKEN`."""
    load()
    return globals()["ALL"], globals()["BROKEN"]


def known_broken() -> tuple[Broken, ...]:
    """The files that cannot be read, of those that were read so far."""
    known: tuple[Broken, ...] | None = globals().get("BROKEN")
    return known if known is not None else tuple(m.broken for m in _read.values() if m.broken)


@dataclass(frozen=True, slots=True)
class _Module:
    """A file or folder that was read: the protocols in it, or what is wrong."""

    source: Path
    own: dict[str, Protocol]
    broken: Broken | None = None


_read: dict[str, _Module] = {}


def _discovered() -> tuple[tuple[Protocol, ...], tuple[Broken, ...], dict[str, Path]]:
    """Every `Protocol` that a file or folder beside this one defines under a name of its own, what cannot be read, and the
    files of what can."""
    modules = [_module(name, source) for name, source in _sources().items()]
    return (
        _sorted(p for module in modules for p in module.own.values()),
        tuple(module.broken for module in modules if module.broken),
        {name: module.source for module in modules for name in module.own},
    )


def _sources() -> dict[str, Path]:
    """The files and folders beside this one, by the names of their modules."""
    found = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        folder = Path(module.module_finder.path)  # type: ignore[union-attr]
        found[module.name] = (
            folder / module.name / "__init__.py" if module.ispkg else folder / f"{module.name}.py"
        )
    return found


def _module(name: str, source: Path) -> _Module:
    """A file or folder, read once."""
    if name not in _read:
        # One file that is being written must not stop the patients of another trial: whatever is wrong is kept, and told.
        try:
            own = defined(vars(importlib.import_module(f"{__name__}.{name}")).values())
            _read[name] = _Module(source, own)
        except Exception as error:  # noqa: BLE001  # nothing is lost: it is told by every command
            _read[name] = _Module(source, {}, Broken(fault(error, source), _names(source)))
    return _read[name]


def _sorted(found: Iterable[Protocol]) -> tuple[Protocol, ...]:
    named = {f"{p.name}@{p.version.number}": p for p in found}
    return tuple(sorted(named.values(), key=lambda p: (p.name, p.version.date, p.version.number)))


@cache
def _texts() -> dict[str, str]:
    """The text of each file or folder, by the name of its module."""
    found = {}
    for name, source in _sources().items():
        files = sorted(source.parent.glob("*.py")) if source.name == "__init__.py" else [source]
        found[name] = "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)
    return found


def written_names() -> tuple[str, ...]:
    """The names of all protocols, and perhaps of other things, as they stand in the files; without reading them as Python
    where the name of every protocol is written out."""
    if "ALL" in globals():
        return tuple(dict.fromkeys(p.name for p in _everything()[0]))
    names: dict[str, None] = {}
    for name, text in _texts().items():
        if _COMPUTED.search(text):
            names |= {p.name: None for p in _module(name, _sources()[name]).own.values()}
        names |= dict.fromkeys(_WRITTEN.findall(text))
    return tuple(names)


_WRITTEN: Final = re.compile(r"""\bProtocol\(\s*(?:name\s*=\s*)?["']([^"']+)["']""")
_COMPUTED: Final = re.compile(
    r"""\bProtocol\(\s*+(?:name\s*=\s*+(?!["'])|(?!name\s*=|["']|\)))|\breplace\([^()]*\bname\s*="""
)
"""A protocol whose name is not written out where it is made: then the file is read."""
_IMPORTED: Final = re.compile(rf"\b{__name__}\.(\w+)|\bfrom {__name__} import ([\w, ]+)")


def _among(name: str) -> tuple[tuple[Protocol, ...], tuple[Broken, ...]]:
    """The protocols and faults of the files that may define a protocol of that name."""
    return _everything() if "ALL" in globals() or "BROKEN" in globals() else _of_files(name)


@lru_cache(maxsize=64)
def _of_files(name: str) -> tuple[tuple[Protocol, ...], tuple[Broken, ...]]:
    """Those that write it, those that import one of these, because an amendment may be made of an older version, and those whose
    names are computed. Worked out once: every run of every pathway asks for its protocol."""
    texts, sources = _texts(), _sources()
    wanted = {
        module
        for module, text in texts.items()
        if f'"{name}"' in text
        or f"'{name}'" in text
        or _COMPUTED.search(text)
        or module.replace("_", "-") == name
    }
    imports = {
        module: {
            word for pair in _IMPORTED.findall(text) for part in pair for word in re.findall(r"\w+", part)
        }
        - {module}
        for module, text in texts.items()
    }
    while more := {module for module in texts if imports[module] & wanted} - wanted:
        wanted |= more
    modules = [_module(module, sources[module]) for module in texts if module in wanted]
    found = _sorted(p for module in modules for p in module.own.values())
    if not any(p.name == name for p in found):
        return _everything()
    return found, tuple(module.broken for module in modules if module.broken)


def _names(source: Path) -> tuple[str, ...]:
    """The names that a file or folder which cannot be read may be meant by: its own, and those that stand in its text."""
    package = source.name == "__init__.py"
    own = source.parent.name if package else source.stem
    files = sorted(source.parent.glob("*.py")) if package else [source]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    written = [name for text in texts for name in re.findall(r"\bname\s*=\s*[\"']([^\"']+)[\"']", text)]
    return tuple(dict.fromkeys((own, own.replace("_", "-"), *written)))


def check_locked(versioned: str, text: str) -> None:
    """Raises ProtocolError if a version (`name@version`) was published with another text than the one with this hash."""
    known: dict[str, str] = json.loads(LOCK.read_text(encoding="utf-8")) if LOCK.is_file() else {}
    published = known.get(versioned, text)
    if published != text:
        raise ProtocolError(
            f"{versioned} has changed since it was published ({text[:12]} here, {published[:12]} published): nobody is enrolled in "
            "it; give the new text a version of its own"
        )


def refuse_broken() -> None:
    """For what speaks of all protocols, such as a check before a release. Raises BrokenProtocol if a file was skipped."""
    _, broken = _everything()
    if broken:
        raise BrokenProtocol("; ".join(each.why for each in broken))


def _by_name(found: Sequence[Protocol]) -> tuple[dict[str, Protocol], dict[str, Protocol]]:
    """The newest version of each, and every version by `name@version`."""
    return {p.name: p for p in found}, {f"{p.name}@{p.version.number}": p for p in found}


def find(name: str) -> Protocol:
    """The protocol `name@version`, or the newest version of `name`.

    Raises UnknownName with the nearest valid one, and BrokenProtocol if a file that may define it cannot be read: the newest
    version may be in there.
    """
    found, broken = _among(name.partition("@")[0])
    newest, versions = _by_name(found)
    if name in versions:
        return versions[name]
    for each in broken:
        if name.partition("@")[0] in each.names:
            raise BrokenProtocol(each.why)
    if name in newest:
        return newest[name]
    newest, versions = _by_name(_everything()[0])
    names = [*newest, *versions]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"nearest: {close[0]}; " if close else ""
    raise UnknownName(f"protocol {name!r} is not known; {hint}accepted: {', '.join(names)}; {OWN_FILE}")


def compiled(name: str) -> Compiled:
    """The compiled protocol of that name; the same object every time. Raises UnknownName and ProtocolError."""
    protocol = find(name)
    return _compiled(f"{protocol.name}@{protocol.version.number}")


@cache
def _compiled(versioned: str) -> Compiled:
    protocol = find(versioned)
    return compile_from(protocol, next((m.source for m in _read.values() if versioned in m.own), None))


def compile_from(protocol: Protocol, source: Path | None) -> Compiled:
    """A protocol that stands in a file, compiled. Raises BrokenProtocol with file, line and error; ProtocolError where the file is
    not known."""
    # Names and definitions are asked for more often than the engine is needed.
    from pathway.engine.compiler import compile_protocol

    try:
        return compile_protocol(protocol)
    except (
        AllpathError,
        TypeError,
        AttributeError,
        ValueError,
        ArithmeticError,
        LookupError,
        RecursionError,
    ) as error:
        if source is None:
            raise
        raise BrokenProtocol(fault(error, source)) from error
