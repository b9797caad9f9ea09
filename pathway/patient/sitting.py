"""Many reports at once: each through the same door, on a record that grows; all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pathway.engine.context import Compiled, Evaluation
from pathway.events import Event, Report
from pathway.language.profile import Profile
from pathway.patient.admission import admit, known_as
from pathway.record import Record
from pathway.refusal import Refused
from pathway.site import Site

TAKEN: Final = ("observation", "action", "adverse_event", "not_obtainable", "correction", "void")
"""What is entered in a sitting. Answers are bound to what their author saw, and are given one by one."""
TOLD: Final = 20
"""Faults that a refusal lists."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a sitting would record. `known`: for each report the id under which it is on record then, empty where it is refused.

    `faults`: the number of each report that is refused, counted from 0, and why.
    """

    events: tuple[Event, ...]
    known: tuple[str, ...]
    faults: tuple[tuple[int, Refused], ...]


def admit_all(
    compiled: Compiled, profile: Profile, site: Site, record: Record, reports: Sequence[Report], now: datetime
) -> Admitted:
    """What all these reports would become, one after the other. Changes nothing."""
    grown = Record.of(record.events)
    events: list[Event] = []
    known: list[str] = []
    faults: list[tuple[int, Refused]] = []
    for number, report in enumerate(reports):
        # The door of what happened reads the record alone: no plan is made between two rows.
        door = Evaluation(compiled, profile, site, grown, now)
        try:
            if report.kind not in TAKEN:
                raise Refused(
                    "malformed", f"a {report.kind} is given by itself: it is bound to what its author saw"
                )
            event = admit(door, report, now)
            known.append(report.id if event is not None else known_as(door, report, now))
        except Refused as refused:
            faults.append((number, refused))
            known.append("")
            continue
        if event is not None:
            grown.append(event)
            events.append(event)
    return Admitted(tuple(events), tuple(known), tuple(faults))


def refuse(reports: Sequence[Report], admitted: Admitted) -> None:
    """Raise Refused with all faults, the first twenty of them in words, if there is any."""
    if not admitted.faults:
        return
    lines = [f"{reports[number].id}: {refused}" for number, refused in admitted.faults[:TOLD]]
    more = len(admitted.faults) - len(lines)
    raise Refused(
        admitted.faults[0][1].code,
        f"{len(admitted.faults)} of {len(reports)} entries cannot be recorded, so none is:\n"
        + "\n".join(lines)
        + (f"\nand {more} more" if more else ""),
    )
