"""What no code reads is not in the language: a field that nothing goes by would be a promise to whoever writes a protocol."""

import ast
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pathway.language

HOUSE = Path(pathway.language.__file__).resolve().parent.parent.parent
DEFINITIONS = (
    "anchor_times.py",
    "facts.py",
    "ledgers.py",
    "parts.py",
    "predicates.py",
    "protocol.py",
    "subtrials.py",
    "terms.py",
)
"""Where the language is defined: what stands there does not count as reading it."""
ALLOWED: set[tuple[str, str]] = set()


def language() -> dict[str, tuple[str, ...]]:
    """The fields of every dataclass of the language, in their order."""
    kinds = [v for v in vars(pathway.language).values() if isinstance(v, type) and is_dataclass(v)]
    return {kind.__name__: tuple(f.name for f in fields(kind)) for kind in kinds}


def trees() -> Iterator[ast.Module]:
    for folder in ("pathway", "analysis"):
        for file in sorted((HOUSE / folder).rglob("*.py")):
            if file.parent.name != "language" or file.name not in DEFINITIONS:
                yield ast.parse(file.read_text())


def read() -> tuple[set[str], set[tuple[str, str]]]:
    """Attributes that are read of anything, and (class, field) of what a pattern takes."""
    known = language()
    attributes: set[str] = set()
    patterns: set[tuple[str, str]] = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                attributes.add(node.attr)
            elif isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Name):
                names = known.get(node.cls.id, ())
                taken = [
                    *zip(names, node.patterns, strict=False),
                    *zip(node.kwd_attrs, node.kwd_patterns, strict=True),
                ]
                patterns |= {(node.cls.id, name) for name, pattern in taken if _takes(pattern)}
    return attributes, patterns


def _takes(pattern: ast.pattern) -> bool:
    """Whether a pattern looks at what it stands for: `_` does not."""
    return not (isinstance(pattern, ast.MatchAs) and pattern.name is None and pattern.pattern is None)


def test_every_field_of_the_language_is_read_by_the_engine_or_the_analysis() -> None:
    attributes, patterns = read()
    unread = {
        (kind, name)
        for kind, names in language().items()
        for name in names
        if name not in attributes and (kind, name) not in patterns
    }
    assert unread == ALLOWED
