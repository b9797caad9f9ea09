"""What a pathway takes: nothing new once it is archived or full."""

from __future__ import annotations

from contracts.messages import Carried
from pathway.refusal import Refused
from workflows.durable import activity_options as calls


def check_open(kept: Carried, events: int, more: int) -> None:
    """Refuse `more` new events in a pathway that is archived, or that would be too full with them. Raises `Refused`."""
    if kept.archived is not None:
        raise Refused(
            "archived", f"this pathway was archived on {kept.archived.at.date()}; nothing more is recorded"
        )
    if events + more > calls.MAX_EVENTS:
        raise Refused(
            "record_full",
            f"this record holds {events} events, and no more than {calls.MAX_EVENTS} are carried: "
            "nothing was recorded. Tell operations; what is on record stays, and the pathway goes on",
        )
