"""A look at a subtrial as it stands: status, levels and stages together say its phase, and whether patients may enter."""

from __future__ import annotations

from datetime import datetime

from pathway.record import Record
from pathway.subtrial.levels import Ladder, Latch
from pathway.subtrial.plan import Governor
from pathway.subtrial.questions import Settled
from pathway.subtrial.slots import SlotHolder
from pathway.subtrial.snapshot import Snapshot
from pathway.subtrial.stages import look_at_stages
from pathway.subtrial.status import STEPS, status_of


def look_at(
    governor: Governor,
    known: Record,
    places: dict[str, int],
    seats: list[SlotHolder],
    latches: dict[int, Latch],
    spent: set[str],
    time: datetime,
) -> Snapshot:
    """The subtrial as it stands at a moment. `known`: what is on record; `places`: the place of each event in it; `spent`: the
    answers of the meeting that have lost their ground."""
    subtrial = governor.subtrial
    status = status_of(governor, known, places, time)
    holding = sum(seat.holds for seat in seats)
    begun = status.active or bool(holding) or status.step == STEPS[3]
    levels = stages = None
    phase, entry, level, stage = status.step, ("OPEN", ""), "", ""
    settled: list[Settled] = []
    if subtrial.phase_one is not None:
        ids = [each.id for each in subtrial.phase_one.levels]
        levels = Ladder(governor, subtrial.phase_one, seats, known, latches, spent).look()
        settled += levels.settled
        entry = levels.entry
        if begun:
            phase = "STOP_PHASE1_TOXIC" if levels.stopped else "RP2D_DECLARED"
            if levels.current is not None:
                phase, level, stage = (
                    f"PHASE1_LEVEL({ids[levels.current]})",
                    ids[levels.current],
                    "PHASE1",
                )
            elif levels.recommended is not None:
                level = ids[levels.recommended]
    declared = levels is not None and levels.recommended is not None
    if subtrial.phase_two is not None and (subtrial.phase_one is None or declared):
        stages = look_at_stages(
            governor,
            subtrial.phase_two,
            seats,
            known,
            spent,
            level if declared else "",
            opened=begun,
            closed=status.stop in ("CLOSED", "WITHDRAWN"),
        )
        settled += stages.settled
        phase, entry, stage = stages.phase or phase, stages.entry, "PHASE2"
    elif declared:
        entry = (
            "ENROLMENT_COMPLETE",
            "the recommended dose is declared and the subtrial has no phase II",
        )
    cap = governor.number(subtrial.cap.patients) if subtrial.cap is not None else None
    if subtrial.cap is not None and entry[0] == "OPEN":
        if cap is None:
            entry = ("NOT_SET", "the number of patients is not set")
        elif holding >= cap:
            entry = ("ENROLMENT_COMPLETE", f"all {cap} places are taken")
    if not status.active and entry[0] == "OPEN":
        entry = ("NOT_ACTIVATED", f"{subtrial.id} is not activated anywhere now")
    if not begun:
        entry = ("NOT_ACTIVATED", f"{subtrial.id} is {status.step.lower()}, not activated anywhere")
    if status.stop:
        words = {"SUSPENDED": "entry is suspended", "HALTED_SAFETY": "halted for safety"}.get(
            status.stop, f"the subtrial is {status.stop.lower()}"
        )
        entry = (status.stop, f"{words}: {status.why}" if status.why else words)
        phase = phase if status.stop == "SUSPENDED" else status.stop
    if status.stop in ("CLOSED", "WITHDRAWN"):
        settled = [each for each in settled if not each.open]  # nothing is opened any more
    return Snapshot(
        status,
        levels,
        stages,
        phase,
        entry,
        level,
        stage,
        cap is not None and holding > cap,
        begun,
        settled,
    )
