"""How things look in a terminal: one console, colours with one meaning each, tables that fit a narrow window."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from commands.errors import NOTICE
from commands.options import Target
from pathway.changes import Change

PIPE_WIDTH: Final = 120
"""Columns of what is not printed to a terminal: wide enough for every table, so that nothing is cut for a program."""

STATE_STYLES: Final = {
    "late": "bold red",
    "missed": "red",
    "due": "yellow",
    "today": "yellow",
    "raised": "bold red",
    "critical": "bold white on red",
    "major": "bold red",
    "minor": "yellow",
    "blocked": "magenta",
    "proposed": "cyan",
    "choice": "cyan",
    "reopened": "bold cyan",
    "review": "magenta",
    "REVIEW": "magenta",
    "PENDING": "yellow",
    "FAIL": "red",
    "PASS": "green",
    "in_force": "green",
    "computed": "green",
    "done": "green",
    "running": "green",
    "paused": "yellow",
    "stopped": "red",
    "planned": "dim",
    "not_set": "dim",
    "week": "dim",
}
"""Red: late or wrong. Yellow: due. Cyan: a person is asked. Magenta: waits for something else. Green: settled."""

KIND_STYLES: Final = {
    "phase": "bold blue",
    "milestone": "green",
    "deviation": "red",
    "alert": "red",
    "decision": "cyan",
    "retraction": "magenta",
    "refusal": "bold red",
    "endpoint": "bold",
    "dose": "blue",
}
MARKS: Final = {
    "phase": "▶",
    "milestone": "✓",
    "deviation": "!",
    "alert": "!",
    "decision": "?",
    "retraction": "↩",
    "refusal": "✗",
    "endpoint": "■",
    "dose": "●",
    "item": "·",
    "sitting": "≡",
}


def make_console(*, stderr: bool = False) -> Console:
    """A console on the present standard output. NO_COLOR and a pipe switch colours off; a pipe is wide."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(stderr=stderr, highlight=False, width=width, emoji=False)


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, default=str) + "\n")


def notice(console: Console) -> None:
    """The line under every human view."""
    console.print(Text(NOTICE, style="dim"))


def warn(text: str) -> None:
    """Something that the reader must know about what is printed; on standard error."""
    make_console(stderr=True).print(Text(f"note: {text}", style="yellow"), soft_wrap=True)


def styled(word: str, *, style: str | None = None) -> Text:
    """A state in its colour, with blanks for underscores."""
    return Text(word.replace("_", " "), style=style if style is not None else STATE_STYLES.get(word, ""))


def table(
    columns: Sequence[str | tuple[str, dict[str, Any]]], rows: Iterable[Sequence[Any]], *, title: str = ""
) -> Table:
    """A light table. A column is its heading, or (heading, options of rich)."""
    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for column in columns:
        heading, options = column if isinstance(column, tuple) else (column, {})
        made.add_column(heading, header_style="dim", **{"overflow": "fold", **options})
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return made


def print_steps(
    console: Console, steps: Sequence[Mapping[str, str]], where: Target, *, indent: str = ""
) -> None:
    """How something is settled, a line each: who does what, and the command, which is never broken, to be copied."""
    for step in steps:
        plain = step["what"].startswith("record ") and "," not in step["what"]
        what = "" if plain else f", {step['what']}"
        console.print(
            Text.assemble((f"{indent}{step['who']}{what}: ", "dim"), (where.typed(step["command"]), "cyan")),
            soft_wrap=True,
        )


def change_line(change: Change, *, with_day: bool = True) -> Text:
    """One change as a line: when, a mark in the colour of its kind, what."""
    style = KIND_STYLES.get(change.kind, "")
    if change.kind == "item":
        style = STATE_STYLES.get(change.state, "")
    line = Text()
    if with_day:
        line.append(f"{change.local.replace('T', ' ')}  {change.day:>5}  ", style="dim")
    line.append(f"{MARKS.get(change.kind, '·')} ", style=style)
    line.append(change_words(change), style=style)
    if change.to:
        line.append(f"  → {', '.join(change.to)}", style="dim")
    return line


def change_words(change: Change) -> str:
    """A change in words, without its moment."""
    match change.kind:
        case "item":
            due = f", {change.due}" if change.due and change.state != "moved" else ""
            word = "" if change.state == "moved" else f" ({change.state.replace('_', ' ')}{due})"
            return f"{change.id}: {change.text}{word}"
        case "deviation" | "alert":
            severity = f"{change.severity} " if change.severity else ""
            return f"{severity}{change.kind} {change.id}: {change.text} ({change.state})"
        case "milestone":
            return f"{change.id}: {change.text}"
        case "refusal":
            return f"refused ({change.state}): {change.text}"
        case _:
            return change.text
