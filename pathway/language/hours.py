"""What counts by the hour, so that a day alone does not say when it was."""

from __future__ import annotations

from pathway.language.protocol import Protocol

INFUSION_HOURS = (
    "infusion_started",
    "infusion_paused",
    "infusion_resumed",
    "infusion_ended",
    "infusion_stopped",
)
"""The actions between which a continuous infusion counts its hours."""


def by_the_hour(protocol: Protocol) -> frozenset[str]:
    """The actions of which a protocol counts the hours: of continuous infusions, and of doses that are infused in steps."""
    found = set(INFUSION_HOURS) if protocol.ledgers else set()
    for spec in protocol.doses:
        if (infusing := spec.infusing) is not None:
            found |= {spec.given, infusing.paused, infusing.resumed, infusing.ended, infusing.premedicated}
    return frozenset(found)
