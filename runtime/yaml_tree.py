"""Reads a YAML file as a tree of source text with positions.

Every scalar stays what the author typed: YAML would turn `NO` into false, `1.0e-4` into a binary float and `10:30` into
630.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from pathway.rehearsal.tree import Entries, Items, Malformed, Node, Problem, Scalar, Tree

LARGEST = 4_000_000
"""Characters. A scenario of two years has some ten thousand; beyond this it is the wrong file."""
STANDARD_TAG = "tag:yaml.org,2002:"


def load(path: Path) -> Tree:
    """The tree of a UTF-8 file. Raises `Malformed` with line and column; OSError when the file cannot be read."""
    return parse(_decoded(path.read_bytes(), str(path)), str(path))


def parse(text: str, file: str) -> Tree:
    """The tree of a text; `file` is the name that messages begin with. Raises `Malformed`."""
    if len(text) > LARGEST:
        raise Malformed(
            file, [Problem(1, 1, f"the file has {len(text)} characters; at most {LARGEST} are read")]
        )
    try:
        root = YAML(typ="safe", pure=True).compose(StringIO(text))
    except ReaderError as error:
        line, column = _position(text, error.position)
        message = f"the character {_shown(error.character)} is not allowed in YAML"
        raise Malformed(file, [Problem(line, column, message)]) from error
    except MarkedYAMLError as error:
        raise Malformed(file, [_syntax(error)]) from error
    except YAMLError as error:
        raise Malformed(file, [Problem(1, 1, " ".join(str(error).split()))]) from error
    except RecursionError as error:
        raise Malformed(file, [Problem(1, 1, "nested too deeply")]) from error
    if root is None:
        raise Malformed(file, [Problem(1, 1, "the file is empty")])
    builder = _Builder(file)
    tree = Tree(file, builder.node(root))
    if builder.problems:
        raise Malformed(file, builder.problems)
    return tree


class _Builder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.done: dict[int, Node] = {}
        self.open: set[int] = set()

    def node(self, raw: object) -> Node:
        """An alias composes to the very node it names, so each is built once; one that holds itself is refused."""
        if not isinstance(raw, ScalarNode | SequenceNode | MappingNode):
            raise TypeError(f"ruamel.yaml composed {type(raw).__name__}")
        line, column = raw.start_mark.line + 1, raw.start_mark.column + 1
        if id(raw) in self.open:
            raise Malformed(self.file, [Problem(line, column, "this node contains itself")])
        if id(raw) not in self.done:
            # Scalars are text whatever YAML would make of them; a tag that asks for more has no place here.
            if not str(raw.tag).removeprefix(STANDARD_TAG).isalpha():
                self.problems.append(Problem(line, column, f"tags such as {raw.tag} are not used here"))
            self.open.add(id(raw))
            self.done[id(raw)] = self._built(raw, line, column)
            self.open.remove(id(raw))
        return self.done[id(raw)]

    def _built(self, raw: ScalarNode | SequenceNode | MappingNode, line: int, column: int) -> Node:
        if isinstance(raw, ScalarNode):
            return Scalar(raw.value, line, column)
        if isinstance(raw, SequenceNode):
            return Items(tuple(self.node(item) for item in raw.value), line, column)
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, int] = {}
        for raw_key, raw_value in raw.value:
            key = self.node(raw_key)
            value = self.node(raw_value)
            if not isinstance(key, Scalar):
                self.problems.append(Problem(key.line, key.column, "a key must be a single word"))
                continue
            if key.text in seen:
                message = f"the key {key.text!r} is here twice; first in line {seen[key.text]}"
                self.problems.append(Problem(key.line, key.column, message))
                continue
            seen[key.text] = key.line
            entries.append((key, value))
        return Entries(tuple(entries), line, column)


def _syntax(error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    message = error.problem or error.context or "not YAML"
    if "'\\t'" in message:
        message = "a tab; indent and separate with blanks"
    elif message == "but found another document":
        message = "a second document begins here; one file holds one"
    elif error.context_mark is not None and error.context and error.context_mark.line != line - 1:
        message = f"{message} ({error.context} that begins in line {error.context_mark.line + 1})"
    return Problem(line, column, " ".join(message.split()))


def _decoded(raw: bytes, file: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _position(raw[: error.start].decode("utf-8", "replace"), None)
        raise Malformed(file, [Problem(line, column, "not UTF-8 text; save the file as UTF-8")]) from error


def _position(text: str, index: int | None) -> tuple[int, int]:
    before = text if index is None else text[:index]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _shown(character: object) -> str:
    code = ord(character) if isinstance(character, str) else character
    return f"U+{code:04X}" if isinstance(code, int) else repr(character)
