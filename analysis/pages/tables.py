"""Tables and citations in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pathway.language import Source

Lines = Iterator[str]


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Lines:
    """A Markdown table with an empty line after it; nothing for no rows."""
    body = [f"| {' | '.join(_cell(c) for c in row)} |" for row in rows]
    if body:
        yield f"| {' | '.join(columns)} |"
        yield f"|{'---|' * len(columns)}"
        yield from body
        yield ""


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def cite(source: Source) -> str:
    """A source in a cell: its kind or keys, and its note."""
    kind = ", ".join(source.keys) if source.kind == "public" else source.kind
    kind = f"*{kind}*" if source.kind != "public" else kind
    return f"{kind}: {source.note}" if source.note else kind
