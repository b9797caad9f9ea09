"""Reads a CSV file, as a spreadsheet saves it, as a tree of source text with positions.

The first line names the columns. Commas, semicolons and tabs separate; which of them, the first line shows. Each line is one
entry, without the cells that are empty. Blank lines, and lines that begin with #, are passed over.
"""

from __future__ import annotations

from pathlib import Path

from pathway.rehearsal.tree import Entries, Items, Malformed, Node, Problem, Scalar, Tree

LARGEST = 4_000_000
"""Characters; beyond this it is the wrong file."""


def load(path: Path) -> Tree:
    """The tree of a UTF-8 file: a list of mappings. Raises `Malformed` with line and column; OSError."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Malformed(
            str(path), [Problem(line, 1, "not UTF-8 text; save the file as CSV UTF-8")]
        ) from error
    return parse(text, str(path))


def parse(text: str, file: str) -> Tree:
    """The tree of a text; `file` is the name that messages begin with. Raises `Malformed`."""
    if len(text) > LARGEST:
        raise Malformed(
            file, [Problem(1, 1, f"the file has {len(text)} characters; at most {LARGEST} are read")]
        )
    problems: list[Problem] = []
    rows: list[Node] = []
    heads: list[Scalar] | None = None
    separator = ","
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip(" ,;\t") or line.lstrip().startswith("#"):
            continue
        if heads is None:
            separator = max(",;\t", key=line.count)
        cells = _cells(line, number, separator, problems)
        if heads is None:
            heads = cells
            seen: set[str] = set()
            for head in heads:
                if head.text in seen:
                    problems.append(
                        Problem(head.line, head.column, f"the column {head.text!r} is here twice")
                    )
                seen.add(head.text)
            continue
        problems += [
            Problem(cell.line, cell.column, f"{cell.text!r} stands beyond the last column")
            for cell in cells[len(heads) :]
            if cell.text
        ]
        found = tuple(
            (Scalar(head.text, cell.line, cell.column), cell)
            for head, cell in zip(heads, cells, strict=False)
            if cell.text
        )
        rows.append(Entries(found, number, 1))
    if heads is None:
        problems.append(Problem(1, 1, "the file is empty"))
    if problems:
        raise Malformed(file, problems)
    return Tree(file, Items(tuple(rows), 1, 1))


def _cells(line: str, number: int, separator: str, problems: list[Problem]) -> list[Scalar]:
    """The cells of a line. A cell in quotes may hold the separator, and a quote written twice."""
    cells: list[Scalar] = []
    at = 0
    while True:
        start = at
        if line[at : at + 1] == '"':
            text = ""
            at += 1
            while True:
                end = line.find('"', at)
                if end < 0:
                    problems.append(
                        Problem(number, start + 1, "a quote is opened and not closed in this line")
                    )
                    return cells
                text += line[at:end]
                at = end + 1
                if line[at : at + 1] != '"':
                    break
                text += '"'
                at += 1
            end = line.find(separator, at)
            end = len(line) if end < 0 else end
        else:
            end = line.find(separator, at)
            end = len(line) if end < 0 else end
            text = line[at:end]
        cells.append(Scalar(text.strip(), number, start + 1))
        if end >= len(line):
            return cells
        at = end + 1
