"""The governor of a subtrial: who has a slot, which dose level or stage is open, and what it answers to each patient.

`plan = govern(governor, record, now)`: a pure function of the events about the subtrial and the clock, as a patient's plan is.
"""

from __future__ import annotations

from datetime import datetime

from pathway.clock import BEGINNING, close_of
from pathway.engine.context import Evaluation
from pathway.events import seen_digest
from pathway.plan import DecisionState, MilestoneState, Missing, Plan, TrackState
from pathway.record import Record
from pathway.subtrial.admission import admit_to
from pathway.subtrial.answers import answers_of, waiting_of
from pathway.subtrial.dlt_window import window_of
from pathway.subtrial.fold import Fold
from pathway.subtrial.levels import TOO_MANY
from pathway.subtrial.names import under_present_names
from pathway.subtrial.notices import items_of, obligations_of
from pathway.subtrial.output import subtrial_json
from pathway.subtrial.plan import (
    Activation,
    Announcement,
    Answer,
    Governor,
    LevelState,
    SlotState,
    StageState,
    SubtrialPlan,
    Waiting,
)
from pathway.subtrial.questions import Settled
from pathway.subtrial.snapshot import entry_state, milestones_of

KEPT = "governor fold"
"""Where a record keeps how far it has been folded; no event has this name."""


def govern(governor: Governor, record: Record, now: datetime) -> SubtrialPlan:
    """What is true of the subtrial at `now` (aware UTC). Never raises on accepted events; constant until `.plan.next_at`."""
    record = under_present_names(record)
    last = record.last_touched()
    ctx = Evaluation(
        governor.compiled, governor.profile, governor.site, record, now if last is None else max(now, last)
    )
    fold = _folded(governor, record).copied()
    fold.pass_until(ctx.passed)
    look = fold.look
    items = items_of(fold, ctx)
    obligations = obligations_of(fold, ctx)
    for obligation in obligations:
        if obligation.next_rung is not None:
            ctx.passed(obligation.next_rung)
    milestones = [
        MilestoneState(name, key, text, governor.subtrial.confirm, fold.true.get(key, ctx.start))
        for key, (name, text) in milestones_of(governor, look).items()
    ]
    milestones += fold.slots
    shown = [s for s in look.settled if s.question.asks or s.question.missing or s.taken is not None]
    plan = Plan(
        now,
        ctx.next_at,
        _tracks(fold),
        (),
        tuple(_decision(governor, fold, s) for s in shown),
        tuple(items),
        (),
        tuple(milestones),
        tuple(o for o in obligations if o.kind == "deviation"),
        tuple(o for o in obligations if o.kind == "alert"),
        (),
        (),
        "",
    )
    return SubtrialPlan(
        plan,
        look.phase,
        look.level,
        look.entry,
        _levels(governor, fold),
        tuple(_slot(fold, ctx, subject) for subject, seat in fold.seats.items() if seat.granted is not None),
        waiting_of(fold),
        look.stages.state if look.stages is not None else None,
        tuple(cell.entry for cell in look.status.cells),
        answers_of(fold),
        {s.question.key: _told(s) for s in shown},
        {s.question.key: s.question.seen for s in shown},
    )


def _folded(governor: Governor, record: Record) -> Fold:
    """The fold over all events. Kept with the record: a new event is folded onto what came before it."""
    kept = record.kept.setdefault(KEPT, {})
    name = (governor.id, governor.compiled.hash, governor.profile.hash, governor.site)
    fold: Fold | None = kept.get(name)
    if fold is None:
        fold = kept[name] = Fold(governor)
    for event in record.events[len(fold.known.events) :]:
        fold.take(event)
    return fold


def _tracks(fold: Fold) -> tuple[TrackState, ...]:
    """Track `subtrial`: its phase; track `entry`: whether patients may enter, in the words of `SLOT_STATES`."""
    path = fold.path or [(fold.look.phase, BEGINNING, "start")]
    entries = fold.entries or [(entry_state(fold.look.entry[0]), BEGINNING, "start")]
    return tuple(
        TrackState(name, steps[-1][0], steps[-1][1], tuple(steps))
        for name, steps in (("subtrial", path), ("entry", entries))
    )


def _decision(governor: Governor, fold: Fold, found: Settled) -> DecisionState:
    question = found.question
    since = fold.marks[question.key][1] if question.key in fold.marks else None
    return DecisionState(
        question.id,
        question.key,
        found.state,
        question.proposal,
        question.options or ((found.in_force,) if found.in_force else ()),
        found.in_force,
        governor.subtrial.confirm,
        found.taken.recorded if found.taken is not None and found.in_force else since,
        found.open,
        False,
        seen_digest(question.seen) if found.open else "",
        question.rule,
        tuple(Missing(what, who) for what, who in question.missing),
        found.taken.id if found.taken is not None and found.in_force else "",
    )


def _told(found: Settled) -> Announcement:
    question, taken = found.question, found.taken
    decided = ""
    if taken is not None:
        who = f"the {taken.role}{f' {taken.person}' if taken.person else ''}"
        decided = f"{taken.value} by {who} on {taken.recorded.date().isoformat()}, event {taken.id}"
        decided += f": {taken.reason}" if taken.reason else ""
    return Announcement(
        question.rule,
        question.reasons,
        question.source,
        question.missing,
        question.keys,
        decided,
        question.text,
        question.enacted,
    )


def _levels(governor: Governor, fold: Fold) -> tuple[LevelState, ...]:
    phase, levels, look = governor.subtrial.phase_one, fold.look.levels, fold.look
    if phase is None or levels is None:
        return ()
    out = []
    for i, level in enumerate(phase.levels):
        counts, advised = levels.counts[i], levels.advised[i]
        used = f"LEVEL-OPENED[level={level.id}]" in fold.true
        if i == levels.recommended and i < levels.blocked:
            state = "rp2d"
        elif advised.advice == TOO_MANY:
            state = "toxic"
        elif used and (i >= levels.blocked or i > levels.top):
            state = "closed"
        elif i == levels.current and look.begun:
            state = "open" if look.entry[0] == "OPEN" else "held"
        else:
            state = "left" if used else "not_opened"
        out.append(
            LevelState(
                level.id,
                level.text,
                state,
                counts.n,
                counts.t,
                counts.p,
                counts.cleared,
                advised.advice,
                advised.reason,
                fold.true.get(f"LEVEL-OPENED[level={level.id}]"),
            )
        )
    return tuple(out)


def _slot(fold: Fold, ctx: Evaluation, subject: str) -> SlotState:
    seat = fold.seats[subject]
    window = window_of(fold.governor, seat)
    return SlotState(
        subject,
        seat.said.site,
        seat.said.country,
        seat.level,
        seat.stage,
        seat.state,
        seat.since or ctx.start,
        seat.until,
        seat.said.started,
        "" if seat.early else seat.said.dlt,
        seat.said.response,
        close_of(window[1], ctx.tz) if window is not None else None,
    )


__all__ = [
    "Activation",
    "Announcement",
    "Answer",
    "Governor",
    "LevelState",
    "SlotState",
    "StageState",
    "SubtrialPlan",
    "Waiting",
    "admit_to",
    "govern",
    "subtrial_json",
]
