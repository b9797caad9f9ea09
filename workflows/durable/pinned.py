"""The text that a workflow is pinned to: it goes on with that one, or stands still where everybody sees it."""

from __future__ import annotations

from typing import Final

from contracts.meeting_start import MeetingStart
from contracts.messages import PathwayStart
from contracts.subtrial_start import SubtrialStart
from pathway.engine.context import Compiled

Start = PathwayStart | SubtrialStart | MeetingStart
"""What any of the workflows is started with."""


class OtherText(RuntimeError):
    """The program has another text than the one a workflow is pinned to. A bare error: it stalls the task visibly, until a
    program with that text is deployed. It names the protocol and hashes, so logs may hold it."""

    loggable: Final = True


def pinned(start: Start, compiled: Compiled) -> Compiled:
    """The text, if it is the one that a start is pinned to. Raises OtherText, which stalls the task visibly."""
    if compiled.hash != start.protocol_hash:
        raise OtherText(
            f"{start.protocol} is not the text this was started with: {compiled.hash[:12]} here, "
            f"{start.protocol_hash[:12]} pinned. Deploy the program that has the pinned text"
        )
    return compiled
