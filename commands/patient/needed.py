"""What a patient's pathway needs now, in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from commands.known_trials import protocol_text
from commands.options import Target
from commands.screen import print_steps, styled
from pathway.errors import ProtocolError, UnknownName
from pathway.patient.needed import Entry

if TYPE_CHECKING:
    from pathway.engine.context import Compiled


def print_entry(console: Console, entry: Entry, where: Target) -> None:
    """An entry, and under it the commands that settle it, as they are typed from where the reader is."""
    line = Text.assemble("  ", styled(entry.state), "  ", (entry.key, "bold"))
    line.append(f" {entry.text}" if entry.text else "")
    line.append(f"  {entry.when}" if entry.when else "")
    line.append(f"  → {entry.who}" if entry.who else "", style="dim")
    console.print(line)
    steps = [{"who": step.who, "what": step.what, "command": step.command} for step in entry.steps]
    print_steps(console, steps, where, indent="      ")


def compiled_of(name: str) -> Compiled | None:
    """The protocol, if this program has it: a pathway answers also where only its worker does."""
    try:
        return protocol_text(name)
    except (UnknownName, ProtocolError):
        return None
