"""A file as a tree of text with positions, and a reader that gathers every mistake before it complains.

Scenario files come in through this seam: whoever reads the file (`runtime.yaml_tree`) gives source text only, never a
guess at numbers, dates or truth values. Lines and columns start at 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pathway.errors import AllpathError


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf: its source text without quotes."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Items:
    """A list of nodes."""

    items: tuple[Node, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping: its keys with their positions, in the order of the file. No key comes twice."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int


Node = Scalar | Items | Entries


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole file."""

    file: str
    root: Node


class Problem(NamedTuple):
    """One mistake in a file. Sorts by position."""

    line: int
    column: int
    message: str


class Malformed(AllpathError):
    """A file that cannot be used. The message has one line for each problem: `file:line:column: what is wrong`."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(f"{file}:{p.line}:{p.column}: {p.message}" for p in self.problems))


LISTED = 16
"""A message lists what would be accepted up to this many names, and the nearest ones beyond."""


def nearest(text: str, names: Iterable[str]) -> str | None:
    """The name that is most like the text, capitals apart, or None when none is like it."""
    by_fold = {name.casefold(): name for name in reversed(list(names))}
    close = difflib.get_close_matches(text.casefold(), list(by_fold), n=1, cutoff=0.55)
    return by_fold[close[0]] if close else None


def accepted(text: str, names: Sequence[str], where: str = "") -> str:
    """The end of a message about a name that does not exist: the nearest one and what would be accepted.

    `where` says where the names are listed, for when there are too many to list here.
    """
    parts = []
    names = list(dict.fromkeys(names))
    guess = nearest(text, names)
    if guess is not None and len(names) > 1:
        parts.append(f"nearest: {guess}")
    if not names:
        parts.append("none is accepted here")
    elif len(names) <= LISTED:
        parts.append("accepted: " + ", ".join(names))
    elif where:
        parts.append(f"listed by {where}")
    elif not parts:
        parts.append("accepted: " + ", ".join(names))
    return "; ".join(parts)


@dataclass(slots=True)
class Reader:
    """Takes nodes apart. Whatever is wrong is noted and read as None, so that one pass finds all of it."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, node: Node, message: str) -> None:
        """Notes a problem at the node, once."""
        problem = Problem(node.line, node.column, " ".join(message.split()))
        if problem not in self.problems:
            self.problems.append(problem)

    def stop_if_wrong(self) -> None:
        """Raises `Malformed` if any problem was noted."""
        if self.problems:
            raise Malformed(self.file, self.problems)

    def entries(self, node: Node, what: str) -> tuple[tuple[Scalar, Node], ...]:
        """The entries of a mapping with free keys."""
        if not isinstance(node, Entries):
            self.wrong(node, f"{what}: expected a mapping such as {{key: value}}, not {kind_of(node)}")
            return ()
        return node.entries

    def record(
        self, node: Node, what: str, keys: Sequence[str], required: Sequence[str] = ()
    ) -> dict[str, Node]:
        """The entries of a mapping whose keys are fixed."""
        found: dict[str, Node] = {}
        for key, value in self.entries(node, what):
            if key.text in keys:
                found[key.text] = value
            else:
                self.wrong(key, f"{what}: unknown key {key.text!r}; {accepted(key.text, keys)}")
        if isinstance(node, Entries):
            for name in required:
                if name not in found:
                    self.wrong(node, f"{what}: {name} is missing")
        return found

    def items(self, node: Node, what: str) -> tuple[Node, ...]:
        """The nodes of a list."""
        if not isinstance(node, Items):
            self.wrong(node, f"{what}: expected a list such as [a, b], not {kind_of(node)}")
            return ()
        return node.items

    def text(self, node: Node | None, what: str) -> str | None:
        """The text of a leaf, trimmed; None (and a problem) when it is empty. None stays None."""
        if node is None:
            return None
        if not isinstance(node, Scalar):
            self.wrong(node, f"{what}: expected a single value, not {kind_of(node)}")
            return None
        if not node.text.strip():
            self.wrong(node, f"{what}: the value is empty")
            return None
        return node.text.strip()

    def name(self, node: Node | None, what: str, names: Sequence[str], where: str = "") -> str | None:
        """A text that must be one of the names."""
        text = self.text(node, what)
        if node is None or text is None or text in names:
            return text
        self.wrong(node, f"{what}: unknown {text!r}; {accepted(text, names, where)}")
        return None

    def flag(self, node: Node | None, what: str) -> bool | None:
        """`true` or `false`."""
        text = self.name(node, what, ("true", "false"))
        return None if text is None else text == "true"


def kind_of(node: Node) -> str:
    """What a node is, for messages."""
    if isinstance(node, Scalar):
        return f"the text {node.text.strip()!r}" if node.text.strip() else "an empty value"
    return "a list" if isinstance(node, Items) else "a mapping"
