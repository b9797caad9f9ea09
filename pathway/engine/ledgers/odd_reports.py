"""Reports of an infusion that cannot be true as they stand: before its start, or after its end."""

from __future__ import annotations

from datetime import datetime

from pathway.engine.ledgers.directives import actions_of
from pathway.language import Infusion
from pathway.record import Record

MARKS = (
    ("infusion_ended", "an end"),
    ("infusion_stopped", "a stop"),
    ("infusion_paused", "a pause"),
    ("infusion_resumed", "a restart"),
)


def impossible(
    spec: Infusion, record: Record, start: datetime | None, over: datetime | None, *, planned: bool = False
) -> list[tuple[datetime, str]]:
    """Reports that cannot be true as they stand, each since when it is on record: before the start, or after the end.

    `planned`: the end is only expected.
    """
    found = []
    end = "the planned end, and no end is reported" if planned else "the end"
    for action, what in MARKS:
        for event in actions_of(record, spec, action):
            early = start is not None and event.occurred < start
            late = (
                over is not None
                and event.occurred > over
                and action in ("infusion_paused", "infusion_resumed")
            )
            if early:
                found.append(
                    (event.recorded, f"{what} is reported for a time before the start: when did it end?")
                )
            elif late:
                found.append(
                    (event.recorded, f"{what} is reported for a time after {end}: is it still running?")
                )
    return sorted(found)
