"""A look at a subtrial at one moment: its phase, whether patients may enter, and what began to be true at some moment."""

from __future__ import annotations

from dataclasses import dataclass, field

from pathway.subtrial.levels import FULL, Levels
from pathway.subtrial.plan import Governor
from pathway.subtrial.questions import Settled
from pathway.subtrial.stages import Stages
from pathway.subtrial.status import Status

CLOSED = ("CLOSED", "WITHDRAWN", "STOP_PHASE1_TOXIC", "STOPPED_FUTILITY")
"""Codes of entry that mean: never again, as things are."""


ENTRY_CODES = {
    "OPEN": "patients may enter",
    "NOT_ACTIVATED": "not activated, or not for this country and site on this day",
    "NOT_SET": "a number of the design is not set",
    "SUSPENDED": "nobody enters until more is known, or until entry is resumed",
    "LEVEL_DECISION_OPEN": "a decision about the dose level is open",
    "RESUME_OPEN": "a decision to resume a dose level is open",
    "TOXICITY_REVIEW": "a review of dose-limiting toxicity is open",
    "STAGE_DECISION_OPEN": "a decision to open a stage is open",
    "STAGE_HOLD": "responses of stage 1 are awaited",
    "ENROLMENT_COMPLETE": "all places are taken",
    "HALTED_SAFETY": "halted for safety",
    "STOP_PHASE1_TOXIC": "phase I has stopped for toxicity",
    "STOPPED_FUTILITY": "phase II has stopped for futility",
    "WITHDRAWN": "the subtrial is withdrawn",
    "CLOSED": "the subtrial is closed",
}
"""Every code of `SubtrialPlan.entry` and `Answer.reason`, in words; an answer also has EXPIRED."""


MILESTONES = {
    "LEVEL-OPENED": "a dose level is open",
    "RP2D-DECLARED": "the recommended phase II dose is declared",
    "MTD-FOUND": "the recommended dose is declared below a toxic level: the maximum tolerated dose is found",
    "MTD-NOT-REACHED": "the recommended dose is declared and no level was toxic: the maximum tolerated dose was not reached",
    "PHASE1-STOPPED": "phase I has stopped for toxicity",
    "STAGE1-OPENED": "phase II is open",
    "STAGE2-OPENED": "stage 2 of phase II is open",
    "FUTILITY": "phase II has stopped for futility after stage 1",
    "FINAL-ANALYSIS": "the final analysis can be made: promising or not",
    "ENROLMENT-COMPLETE": "all places are taken",
    "HALTED_SAFETY": "halted for safety",
    "WITHDRAWN": "the subtrial is withdrawn",
    "CLOSED": "the subtrial is closed",
    "SLOT-WAITING": "a patient asked and waits",
    "SLOT-RESERVED": "a slot was given, with its dose level",
    "SLOT-ENROLLED": "a patient began treatment, with the dose level",
    "SLOT-EXPIRED": "a slot was not taken up in time",
    "SLOT-RELEASED": "a slot or a request was given back",
    "SLOT-WITHDRAWN": "a slot that was not taken up was taken back: entry has stopped",
}
"""Every milestone of a governor, in words. Those of slots tell what became of each patient, and stay."""


def entry_state(code: str) -> str:
    """What a patient who only watches is told of an entry code: one of the first five `SLOT_STATES`."""
    if code in ("OPEN", "ENROLMENT_COMPLETE"):
        return code
    if code in ("NOT_ACTIVATED", "NOT_SET"):
        return "NOT_OPEN"
    return "CLOSED" if code in CLOSED else "SUSPENDED"


@dataclass(slots=True)
class Snapshot:
    """The subtrial at one moment, between two changes. `level` and `stage`: where the next patient would enter.
    `over_cap`: more patients than the cap. `begun`: it is, or was, active somewhere."""

    status: Status
    levels: Levels | None
    stages: Stages | None
    phase: str
    entry: tuple[str, str]
    level: str = ""
    stage: str = ""
    over_cap: bool = False
    begun: bool = False
    settled: list[Settled] = field(default_factory=list)


def milestones_of(governor: Governor, look: Snapshot) -> dict[str, tuple[str, str]]:
    """The milestones that are true: (id, text) by key."""
    name, phase = governor.id, governor.subtrial.phase_one
    out: dict[str, tuple[str, str]] = {}
    if phase is not None and look.levels is not None and look.begun:
        levels = look.levels
        for i, level in enumerate(phase.levels):
            if levels.counts[i].n or (i == levels.current and levels.entry[0] == "OPEN"):
                out[f"LEVEL-OPENED[level={level.id}]"] = (
                    "LEVEL-OPENED",
                    f"{name}: dose level {level.id} is open ({level.text})",
                )
        if levels.recommended is not None:
            mtd = (
                "the maximum tolerated dose"
                if levels.blocked < len(phase.levels)
                else "the MTD was not reached"
            )
            text = f"{name}: dose level {phase.levels[levels.recommended].id} is the recommended phase II dose; {mtd}"
            out["RP2D-DECLARED"] = ("RP2D-DECLARED", text)
            found = "MTD-FOUND" if levels.blocked < len(phase.levels) else "MTD-NOT-REACHED"
            out[found] = (found, _mtd(governor, levels))
        if levels.stopped:
            out["PHASE1-STOPPED"] = (
                "PHASE1-STOPPED",
                f"{name}: phase I has stopped for toxicity, no dose level is tolerable",
            )
    if look.stages is not None:
        state = look.stages.state
        if state.stage >= 1:
            out["STAGE1-OPENED"] = ("STAGE1-OPENED", f"{name}: phase II is open")
        if state.stage == 2:
            out["STAGE2-OPENED"] = ("STAGE2-OPENED", f"{name}: stage 2 of phase II is open")
        if state.state == "STOPPED_FUTILITY":
            out["FUTILITY"] = ("FUTILITY", f"{name}: phase II has stopped for futility after stage 1")
        if state.verdict:
            out["FINAL-ANALYSIS"] = ("FINAL-ANALYSIS", f"{name}: {state.verdict}")
    for stop in ("HALTED_SAFETY", "WITHDRAWN", "CLOSED"):
        if look.status.stop == stop:
            out[stop] = (stop, f"{name}: {stop.replace('_', ' ').lower()}")
    if look.entry[0] == "ENROLMENT_COMPLETE":
        out["ENROLMENT-COMPLETE"] = ("ENROLMENT-COMPLETE", f"{name}: enrolment is complete")
    return out


def _mtd(governor: Governor, levels: Levels) -> str:
    """What was found of the maximum tolerated dose: the highest level below the toxic one."""
    phase = governor.subtrial.phase_one
    ids = [level.id for level in phase.levels] if phase is not None else []
    if levels.blocked < len(ids):
        below = ids[levels.blocked - 1] if levels.blocked else "none"
        return f"{governor.id}: the maximum tolerated dose is level {below}; level {ids[levels.blocked]} is toxic"
    return f"{governor.id}: the maximum tolerated dose was not reached"


def truths(governor: Governor, look: Snapshot) -> list[str]:
    """Keys of what is true and must be dated: milestones, levels with too many DLTs or patients, stages with too many."""
    out = list(milestones_of(governor, look))
    phase = governor.subtrial.phase_one
    if phase is not None and look.levels is not None:
        for level, counts in zip(phase.levels, look.levels.counts, strict=True):
            if counts.t >= 2:
                out.append(f"DLT-LIMIT[level={level.id}]")
            if counts.n > FULL:
                out.append(f"OVER-ENROLLED[level={level.id}]")
    if look.stages is not None:
        state = look.stages.state
        limit = state.n_total if state.stage == 2 else state.n1
        if limit is not None and state.n > limit:
            out.append("OVER-ENROLLED[stage=PHASE2]")
    if look.over_cap:
        out.append("OVER-ENROLLED")
    out += [f"VERDICT-VOIDED[decision={s.question.key}]" for s in look.settled if s.gone]
    return out
