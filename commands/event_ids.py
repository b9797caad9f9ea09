"""Ids of events: told before anything is sent, so that a command which had no answer can be sent again as the same event."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from rich.text import Text

from commands.screen import make_console
from commands.session import run
from pathway.errors import AllpathError

T = TypeVar("T")

AWAY: Final = 4
"""The exit status of what failed because server, worker or store did not answer: nobody knows whether it arrived."""


def new_id() -> str:
    """An id for an event that the caller gives none."""
    return f"e-{uuid.uuid4().hex[:12]}"


def run_once(
    id: str | None, work: Callable[[str], Coroutine[Any, Any, T]], *, as_json: bool, dry_run: bool = False
) -> T:
    """Do work that records one event, under `id` or a new one, which is told first. Raises what the work raises; where no
    answer came, the error says under which id to send it again."""
    event = id or new_id()
    if not dry_run:
        make_console(stderr=as_json).print(Text(f"id {event}", style="dim"))
    try:
        return run(work(event))
    except AllpathError as error:
        if dry_run or error.exit_status != AWAY:
            raise
        raise type(error)(f"{error}\nSend it again with --id {event}: it is recorded once") from error
